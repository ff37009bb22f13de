//! Which images of a Dockerfile are environments: the whole, or those of its stages that are named for one.

use super::images::build;
use super::plan::ImageBuild;
use super::published::{plain, publishing};
use super::words::naming;
use crate::discover::paths;
use crate::formats::dockerfile::{Action, Build, CopyFrom, Stage};
use crate::links::Repository;
use crate::model::{FileId, Role, Span, Spanned};

/// An image to look at, and what names its environment.
pub(super) struct Asked {
    /// The image.
    pub(super) image: ImageBuild,
    /// The role and the word that says it.
    pub(super) named: Option<(Role, String)>,
    /// What says it.
    pub(super) by: &'static str,
    /// Where.
    pub(super) at: Span,
}

/// The images of a Dockerfile: where its stages are named for environments, each of them; else what is built as it stands.
/// What is published is production's, whatever the stages are called.
pub(super) fn asked(repository: &Repository<'_>, file: FileId, named: Option<(Role, String)>) -> Vec<Asked> {
    let image = plain(repository, file, None);
    let whole = |named| Asked { image: image.clone(), named, by: "the file name", at: Span::new(file, 0, 0) };
    let Some(build) = build(repository, &image).filter(|_| named.is_none()) else { return vec![whole(named)] };
    // An argument chooses among the stages: whoever gives it says which.
    let here = |stage: &Stage| stage.base.stage.is_some_and(|below| below < build.own);
    if build.stages.iter().any(|stage| here(stage) && stage.base.raw.value.contains('$')) {
        return vec![whole(None)];
    }
    let published = publishing(repository, file).is_some();
    let last = build.own.saturating_sub(1);
    let mut found = Vec::new();
    let mut whole_named = false;
    for (at, stage) in build.stages.iter().enumerate() {
        let Some(name) = &stage.name else { continue };
        let Some((role, word)) = role_of(&build, at, &name.value) else { continue };
        whole_named |= at == last || role == Role::Production;
        if published && role == Role::Production {
            continue;
        }
        let image = ImageBuild { target: Some(name.value.clone()), ..image.clone() };
        found.push(Asked { image, named: Some((role, word)), by: "the stage", at: name.span });
    }
    if published || !whole_named {
        let target = image.target.as_ref().and_then(|target| {
            build.stages.iter().position(|stage| stage.name.as_ref().is_some_and(|name| name.value == *target))
        });
        let at = target.unwrap_or(last);
        let stage = build.stages.get(at).and_then(|stage| stage.name.as_ref());
        let role = |name: &Spanned<String>| {
            let (role, _) =
                role_of(&build, at, &name.value).filter(|(role, _)| published && *role == Role::Production)?;
            Some(Asked { named: Some((role, role.name().to_owned())), by: "the stage", at: name.span, ..whole(None) })
        };
        found.insert(0, stage.and_then(role).unwrap_or_else(|| whole(None)));
    }
    found
}

/// The role that a stage is named for: its name is a role's word, or holds one and nothing is built from it.
fn role_of(build: &Build, at: usize, name: &str) -> Option<(Role, String)> {
    // What every stage is called says nothing of one.
    let words: Vec<&str> = name.split(['-', '_', '.']).filter(|word| !word.eq_ignore_ascii_case("stage")).collect();
    let bare = if words.is_empty() { name.to_owned() } else { words.join("-") };
    let naming = naming(&bare);
    let (role, word) = naming.role.filter(|_| !naming.build && !naming.shared)?;
    // What is called after production in the end and is more than a part of another image is that, whatever tools others lay over it.
    let ends = role == Role::Production && bare.ends_with(&word) && !copied(build, at);
    (word == bare || ends || !copied(build, at) && !based_on(build, at)).then_some((role, word))
}

/// Whether other stages take files from a stage.
fn copied(build: &Build, at: usize) -> bool {
    let from =
        |action: &Action| matches!(action, Action::Copy { from: Some(CopyFrom::Stage(from)), .. } if *from == at);
    build.stages.iter().any(|stage| stage.steps.iter().any(|step| from(&step.action)))
}

/// Whether another stage begins with a stage.
fn based_on(build: &Build, at: usize) -> bool {
    build.stages.iter().any(|stage| stage.base.stage == Some(at))
}

/// Folders that say how something is built or run, not what it is.
const PLAIN: [&str; 5] = ["build", "container", "docker", "image", "runtime"];

/// The name of what is built from a folder.
pub(super) fn component(folder: &str) -> &str {
    let name = paths::name(folder);
    let above = paths::name(paths::parent(folder));
    match name {
        "" | "." => "app",
        _ if PLAIN.contains(&name) && !above.is_empty() && above != "." => above,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::super::plan::Runs;
    use super::super::tests::environments;
    use super::{Repository, Role};
    use crate::discover::{Config, Overlay, Tree};

    #[test]
    fn that_a_stage_is_one_says_nothing() {
        let docker = |end: &str| {
            format!("FROM python:3.12 AS build-stage\nCOPY . /app\nFROM build-stage AS {end}\nCMD gunicorn a.wsgi\n")
        };
        for (end, want) in
            [("runtime-stage", "production production"), ("dev-stage", "dev development"), ("stage", "stage staging")]
        {
            let found = environments(&[("Dockerfile", &docker(end)), ("a/wsgi.py", "")]);
            assert!(found.iter().any(|line| line.starts_with(want)), "{end}: {found:?}");
            assert_eq!(found.iter().any(|line| line.contains(" staging: ")), end == "stage", "{end}: {found:?}");
        }
    }

    #[test]
    fn what_others_lay_tools_over_is_still_production() {
        let docker = |copies: &str| {
            format!(
                "FROM python:3.12 AS shop\nCOPY . /app\nFROM shop AS shop_prod\nRUN pip install gunicorn\nFROM shop_prod AS shop_console\n{copies}RUN apt-get install -y nano\n"
            )
        };
        let compose = "services: {web: {build: {context: ., target: shop}, command: flask run, volumes: ['.:/app']}}\n";
        let found = |copies: &str| {
            let all = environments(&[
                ("docker/Dockerfile.web", &docker(copies)),
                ("compose.yml", compose),
                ("a/wsgi.py", ""),
            ]);
            all.iter().any(|line| line.starts_with("prod production"))
        };
        assert!(found(""));
        assert!(!found("COPY --from=shop_prod /app /srv\n"));
    }

    #[test]
    fn the_stage_for_production_of_what_is_published_is_production() {
        let docker = "FROM python:3.12 AS base\nCOPY . /app\nFROM base AS test\nCMD pytest\nFROM base AS production\nCMD gunicorn a.wsgi\n";
        let flow = "on: push\njobs:\n  image:\n    runs-on: u\n    steps:\n      - uses: docker/build-push-action@v6\n        with: {context: ., file: docker/web.Dockerfile, push: true, tags: acme/shop}\n";
        let compose = "services: {web: {build: {context: ., dockerfile: docker/web.Dockerfile, target: base}, command: flask run, volumes: ['.:/app']}}\n";
        let found = environments(&[
            ("docker/web.Dockerfile", docker),
            (".github/workflows/image.yml", flow),
            ("compose.yml", compose),
            ("a/wsgi.py", "import os\n"),
        ]);
        let live = "production production: docker/web.Dockerfile .github/workflows/image.yml".to_owned();
        assert!(found.contains(&live), "{found:?}");
    }

    #[test]
    fn what_is_built_from_folders_for_building_is_named_for_what_they_lie_in() {
        let all = ["", ".", "raster/runtime", "raster", "runtime", "./docker"].map(super::component);
        assert_eq!(all, ["app", "app", "raster", "raster", "runtime", "docker"]);
    }

    #[test]
    fn a_base_in_a_folder_for_development_is_no_production() {
        let base = "services: {web: {build: .., command: gunicorn a.wsgi}}\n";
        let over = "services: {web: {command: flask run, volumes: ['..:/app']}}\n";
        let image = "FROM python:3.12\nCOPY . /app\nCMD gunicorn a.wsgi\n";
        let in_folder = |folder: &str| {
            let (base_path, over_path) = (format!("{folder}/compose.yml"), format!("{folder}/compose.override.yml"));
            let found = environments(&[("Dockerfile", image), (base_path.as_str(), base), (over_path.as_str(), over)]);
            found.iter().any(|line| line.contains("production: ") && line.contains("compose.yml"))
        };
        assert_eq!((in_folder("stack"), in_folder("dev")), (true, false));
    }

    #[test]
    fn what_is_published_for_developers_is_not_deployed_where_a_stage_for_production_is() {
        let docker = |last: &str| {
            format!(
                "FROM python:3.12 AS app\nCOPY . /app\nFROM app AS dev\nCMD python manage.py runserver\nFROM app AS {last}\nCMD gunicorn a.wsgi\n"
            )
        };
        let flow = "on: push\njobs:\n  image:\n    runs-on: u\n    steps:\n      - uses: docker/build-push-action@v6\n        with: {push: true, target: dev, tags: acme/shop}\n";
        let target = |last: &str| {
            let docker = docker(last);
            let files =
                [("Dockerfile", docker.as_str()), (".github/workflows/image.yml", flow), ("a/wsgi.py", "import os\n")];
            let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
            let plan = super::super::infer(&Repository::read(&tree), &Config::read(&tree), false);
            let production = plan.environments.iter().find(|planned| planned.environment.role == Role::Production);
            production.and_then(|planned| match &planned.units[0].runs {
                Runs::Image(image) => image.target.clone(),
                _ => None,
            })
        };
        assert_eq!(target("prod").as_deref(), Some("prod"));
        assert_eq!(target("other").as_deref(), Some("dev"));
    }
}
