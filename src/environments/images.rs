//! Environments that Dockerfiles define by themselves.

use std::collections::BTreeSet;

pub use super::contexts::context_of;
pub use super::own_images::build;
use super::plan::{ImageBuild, Planned, Runs, Unit};
use super::published::pushed;
use super::stages::{self, Asked};
use super::starts::runs_something;
use super::words::{naming, selected};
use crate::discover::{Kind, paths};
use crate::formats::dockerfile::{self, Build, BuildInputs, BuiltBase};
use crate::formats::{Var, Vars};
use crate::knowledge::{images as known_images, services};
use crate::links::Repository;
use crate::model::{Confidence, FileId, Known, Origin, Reason, Role, Span};

/// Builds a Dockerfile as asked on given base images.
pub(super) fn of_file(repository: &Repository<'_>, image: &ImageBuild, bases: Vec<BuiltBase>) -> Option<Build> {
    let dockerfile = repository.dockerfile(image.dockerfile)?;
    let text = repository.tree.text(image.dockerfile).ok()?;
    let mut args = Vars::new();
    for (name, value) in &image.args {
        let origin = image.span.map(Origin::set).unwrap_or_default();
        let unknown = || Known::Unknown(Reason::new(format!("build argument {name} comes from outside")));
        let value = value.clone().map_or_else(unknown, Known::One);
        args.insert(name.clone(), Var { value, certainty: crate::model::Certainty::Stated, origin });
    }
    let inputs = BuildInputs { args, target: image.target.clone(), bases, ..BuildInputs::default() };
    Some(dockerfile::build(&dockerfile, text, &inputs))
}

/// The evidence of a production that is the image which another environment builds.
pub(super) const AS_IT_STANDS: &str = "the Dockerfile, built as it stands";

/// The evidence of a production that is an image which no other environment builds.
pub(super) const PLAIN: &str = "the plain Dockerfile";

/// The role that the variables of an image select, and where.
pub fn selector(repository: &Repository<'_>, image: &ImageBuild) -> Option<(Role, String, Span)> {
    let build = build(repository, image)?;
    let stage = build.stages.get(build.target?)?;
    stage.env.iter().find_map(|(name, var)| {
        let (role, word) = selected(name, var.value.one()?)?;
        Some((role, word, var.origin.primary()?))
    })
}

/// Whether an image has anything to do with Python.
pub(super) fn is_python(repository: &Repository<'_>, file: FileId) -> bool {
    let Ok(text) = repository.tree.text(file) else { return false };
    [
        "python",
        "pip ",
        "uv ",
        "poetry",
        "manage.py",
        "gunicorn",
        "celery",
        "conda",
        "DJANGO_SETTINGS_MODULE",
        "FLASK_APP",
    ]
    .iter()
    .any(|word| text.contains(word))
}

/// The environments of Dockerfiles that no environment of `known` builds for its role.
pub fn infer(repository: &Repository<'_>, known: &[Planned]) -> Vec<Planned> {
    let built: BTreeSet<(FileId, Role)> = known.iter().flat_map(|planned| built_by(repository, planned)).collect();
    let mut found = Vec::new();
    let others = super::programs::images(repository);
    for file in repository.of(Kind::Dockerfile).iter().filter(|file| !others.contains(file)) {
        let path = repository.tree.path(*file);
        let naming = naming(path);
        let elsewhere = |twin: &FileId| built.iter().any(|(used, _)| used == twin);
        let twins: Vec<FileId> = twins(repository, *file).into_iter().filter(|twin| !elsewhere(twin)).collect();
        // Of several the one that is published, or the first, stands for all.
        let first = |one: FileId| (pushed(repository, one).is_none(), one);
        if twins.iter().any(|twin| first(*twin) < first(*file)) {
            continue;
        }
        if naming.template || naming.build || !is_python(repository, *file) || path.contains(".devcontainer/") {
            continue;
        }
        let plain = is_plain(path) || stands_for_plain(repository, *file);
        // A base that others build on, or a demonstration, runs nowhere by itself.
        let nested = !paths::parent(path).is_empty();
        let demonstrates = naming.role.as_ref().is_some_and(|(_, word)| word == "demo");
        if nested && (naming.shared || demonstrates) {
            continue;
        }
        let named = naming.shared && !plain;
        for asked in stages::asked(repository, *file, naming.role) {
            let runs = |build: &Build| (!named || runs_something(build)) && !super::starts::idles(build);
            let Some(whole) = build(repository, &asked.image).filter(runs) else { continue };
            // An image without a command, beside one that has one, is not what runs.
            let idle = || plain && !runs_something(&whole) && pushed(repository, *file).is_none();
            if idle() && !runners_beside(repository, *file).is_empty() {
                continue;
            }
            let mut one = of_one(repository, &asked, &whole, plain, &built, known);
            if let Some(planned) = &mut one {
                for twin in &twins {
                    planned.add_file(*twin);
                }
            }
            found.extend(one);
        }
    }
    super::unnamed::drop_unnamed(repository, &mut found);
    super::image_parts::join(repository, &mut found);
    // What is published is what is deployed; the Dockerfile of a developer's machine beside it is not.
    let published: BTreeSet<FileId> =
        repository.of(Kind::Dockerfile).iter().copied().filter(|file| pushed(repository, *file).is_some()).collect();
    let stands_for =
        |planned: &Planned| planned.units.iter().any(|unit| image_file(unit).is_some_and(|f| published.contains(&f)));
    if found.iter().any(|planned| planned.environment.role == Role::Production && stands_for(planned)) {
        // Nor is one that starts only what it is told, which people tell it.
        let told = |file: FileId| {
            let image = super::published::plain(repository, file, None);
            build(repository, &image).is_some_and(|build| super::starts::only_hands_over(repository, &image, &build))
        };
        let aside = |file: FileId| built.contains(&(file, Role::Development)) || told(file);
        found.retain(|planned| {
            planned.environment.role != Role::Production
                || stands_for(planned)
                || !planned.units.iter().any(|unit| image_file(unit).is_some_and(aside))
        });
    }
    found
}

/// Whether a file is called just what builders look for.
pub(super) fn is_plain(path: &str) -> bool {
    ["dockerfile", "containerfile"].contains(&paths::name(path).to_ascii_lowercase().as_str())
}

/// Whether a Dockerfile, as it is published or stands, has a command.
pub(super) fn has_command(repository: &Repository<'_>, file: FileId) -> bool {
    let image = super::published::plain(repository, file, None);
    build(repository, &image).is_some_and(|build| runs_something(&build))
}

/// The other Dockerfiles of a file's folder that have a command and are for production or for nothing by their names.
fn runners_beside(repository: &Repository<'_>, file: FileId) -> Vec<FileId> {
    let folder = |file: FileId| paths::parent(repository.tree.path(file));
    // In the root a platform may say what an image runs; elsewhere any other image may be what runs.
    let beside = |one: &str, other: &str| one == other || !one.is_empty();
    let runs = |other: &FileId| {
        let naming = naming(repository.tree.path(*other));
        let may = !naming.template && !naming.build && naming.role.is_none_or(|(role, _)| role == Role::Production);
        *other != file && beside(folder(file), folder(*other)) && may && is_python(repository, *other)
    };
    let beside = repository.of(Kind::Dockerfile).iter().copied().filter(runs);
    beside.filter(|other| has_command(repository, *other)).collect()
}

/// Whether a Dockerfile is the only one with a command beside a plain one that has none.
fn stands_for_plain(repository: &Repository<'_>, file: FileId) -> bool {
    let folder = paths::parent(repository.tree.path(file));
    let mut plain = repository.of(Kind::Dockerfile).iter().copied().filter(|other| {
        let path = repository.tree.path(*other);
        *other != file && paths::parent(path) == folder && is_plain(path)
    });
    plain.next().is_some_and(|plain| !has_command(repository, plain) && runners_beside(repository, plain) == [file])
}

/// Other Dockerfiles of just the same text above or below: one is a link to the other, or a copy for a tool that looks there.
fn twins(repository: &Repository<'_>, file: FileId) -> Vec<FileId> {
    let text = |file: FileId| repository.tree.text(file).unwrap_or_default();
    let folder = |file: FileId| paths::parent(repository.tree.path(file));
    let below = |one: &str, other: &str| one.is_empty() && !other.is_empty() || other.starts_with(&format!("{one}/"));
    let same = |other: &FileId| {
        let apart = below(folder(file), folder(*other)) || below(folder(*other), folder(file));
        *other != file && apart && text(*other) == text(file)
    };
    repository.of(Kind::Dockerfile).iter().copied().filter(same).collect()
}

/// The Dockerfile of a unit that is an image by itself.
pub(super) fn image_file(unit: &Unit) -> Option<FileId> {
    if let Runs::Image(image) = &unit.runs { Some(image.dockerfile) } else { None }
}

fn of_one(
    repository: &Repository<'_>,
    asked: &Asked,
    build: &Build,
    plain: bool,
    built: &BTreeSet<(FileId, Role)>,
    known: &[Planned],
) -> Option<Planned> {
    let (image, named) = (&asked.image, asked.named.clone());
    let file = image.dockerfile;
    let has = |role: Role| known.iter().any(|planned| planned.environment.role == role && !planned.units.is_empty());
    let used = built.iter().any(|(used, _)| *used == file);
    let start = Span::new(file, 0, 0);
    let mut planned = if let Some((role, word, span)) = selector(repository, image) {
        let mut planned =
            Planned::new(&word, role, Confidence::Invoked).because(span, format!("a variable selects {}", role.name()));
        if let Some((other, _)) = named.filter(|(other, _)| *other != role) {
            let text = format!("{} says {}", asked.by, other.name());
            planned.environment.although.push(crate::model::Evidence { span: start, text });
        }
        planned
    } else if let Some((role, word)) = named {
        Planned::new(&word, role, Confidence::Named).because(asked.at, format!("{} says {}", asked.by, role.name()))
    } else if !plain && (used || pushed(repository, file).is_none() && repository.of(Kind::Dockerfile) != [file]) {
        return None;
    } else {
        let why = if used { AS_IT_STANDS } else { PLAIN };
        Planned::new("production", Role::Production, Confidence::Named).because(start, why)
    };
    let role = planned.environment.role;
    if !super::developed::holds_project(repository, image, build) || is_service(build) {
        return None;
    }
    // What runs in production is said elsewhere: a Dockerfile that nothing names or publishes is another's.
    let bare = asked.named.is_none()
        && pushed(repository, file).is_none()
        && planned.environment.confidence < Confidence::Invoked;
    let said = |planned: &Planned| {
        planned.environment.role == role
            && !planned.units.is_empty()
            && !super::developed::is_guessed(&planned.environment)
    };
    if bare && role == Role::Production && (known.iter().any(said) || super::code_deploy::is_there(repository.tree)) {
        return None;
    }
    if built.contains(&(file, role)) || has(role) && (used || role == Role::Production && !plain_alone(built, file)) {
        return None;
    }
    // Where an orchestrator says what runs in production, a Dockerfile that nothing names or publishes runs elsewhere.
    let orchestrated = |planned: &Planned| {
        planned.environment.role == role && planned.units.iter().any(|unit| matches!(unit.runs, Runs::Container(_)))
    };
    if asked.named.is_none() && pushed(repository, file).is_none() && known.iter().any(orchestrated) {
        return None;
    }
    // A component beside those that an environment builds, which it does not start, is none of its own.
    let around = |file: FileId| paths::parent(paths::parent(repository.tree.path(file)));
    let beside = |other: &FileId| *other != file && !around(file).is_empty() && around(*other) == around(file);
    if role != Role::Production && built.iter().any(|(other, known)| *known == role && beside(other)) {
        return None;
    }
    if !runs_something(build) && role != Role::Production {
        return None;
    }
    if let Some(span) = pushed(repository, file) {
        planned.add_evidence(span, "a workflow builds and publishes it");
        // What starts a development server may be published for developers.
        if !super::developed::develops(repository, image, build) {
            planned.at_least(Confidence::Invoked);
        }
    }
    let name = stages::component(&image.context);
    planned.add_file(file);
    planned.units.push(Unit { name: name.into(), runs: Runs::Image(image.clone()) });
    Some(planned)
}

/// Whether an image is a known service's with something added, started as that is.
fn is_service(build: &Build) -> bool {
    let Some(stage) = build.target.and_then(|target| build.stages.get(target)) else { return false };
    let name = known_images::describe(&stage.base.raw.value, "").repository;
    stage.base.stage.is_none() && stage.cmd.is_none() && services::by_image(&name).is_some()
}

fn plain_alone(built: &BTreeSet<(FileId, Role)>, file: FileId) -> bool {
    !built.iter().any(|(other, _)| *other == file)
}

/// The Dockerfiles that an environment builds.
pub fn builds(repository: &Repository<'_>, planned: &Planned) -> Vec<FileId> {
    built_by(repository, planned).into_iter().map(|(file, _)| file).collect()
}

fn built_by(repository: &Repository<'_>, planned: &Planned) -> Vec<(FileId, Role)> {
    let role = planned.environment.role;
    let file = |unit: &Unit| match &unit.runs {
        Runs::Compose { project, service, .. } => {
            super::compose::image_of(repository, project, project.services.get(service)?).map(|image| image.dockerfile)
        }
        runs => runs.image().map(|image| image.dockerfile),
    };
    planned.units.iter().filter_map(file).map(|file| (file, role)).collect()
}

/// A variable that is set for sure.
pub fn var(value: &str, span: Option<Span>) -> Var {
    Var::set(value, span.map(Origin::set).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::super::tests::environments;

    #[test]
    fn a_component_that_no_stack_starts_is_no_environment_beside_those_that_it_does() {
        let image = |version: &str| format!("FROM python:{version}\nCOPY . /code\nCMD python work.py\n");
        let (old, new) = (image("3.8"), image("3.9"));
        let found = environments(&[
            ("docker/dev/old/Dockerfile", old.as_str()),
            ("docker/dev/new/Dockerfile", new.as_str()),
            (
                "docker-compose.dev.yml",
                "services: {new: {build: {context: ., dockerfile: docker/dev/new/Dockerfile}}}\n",
            ),
            ("requirements.txt", "django\n"),
            ("work.py", "import django\n"),
        ]);
        assert!(found.iter().any(|line| line.starts_with("dev development")), "{found:?}");
        assert!(!found.iter().any(|line| line.contains("docker/dev/old/Dockerfile")), "{found:?}");
    }

    #[test]
    fn an_image_that_starts_a_development_server_may_be_published_for_developers() {
        use crate::discover::{Config, Overlay, Tree};
        use crate::model::Confidence;
        let flow = "on: push\njobs: {image: {runs-on: u, steps: [{uses: docker/build-push-action@v6, with: {push: true, tags: acme/shop}}]}}\n";
        let with = |start: &str| {
            let image = format!("FROM python:3.12\nCOPY . /app\nCMD {start}\n");
            let files =
                [(".github/workflows/image.yml", flow), ("Dockerfile", &image), ("manage.py", ""), ("a/wsgi.py", "")];
            let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
            let plan = super::super::infer(&crate::links::Repository::read(&tree), &Config::read(&tree), false);
            plan.environments.iter().map(|planned| planned.environment.confidence).collect::<Vec<_>>()
        };
        assert_eq!(with("gunicorn a.wsgi"), [Confidence::Invoked]);
        assert_eq!(with("python manage.py runserver 0.0.0.0:8000"), [Confidence::Named]);
    }
}
