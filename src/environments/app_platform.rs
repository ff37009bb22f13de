//! DigitalOcean's App Platform: `.do/app.yaml`, an app of services, workers and jobs with its databases.
//! Source: <https://docs.digitalocean.com/products/app-platform/reference/app-spec/>.

use super::plan::{ImageBuild, NativeBuild, Planned, Runs};
use super::platform::line;
use super::platform_files::{add, in_image, planned};
use crate::discover::paths;
use crate::formats::small::CommandText;
use crate::formats::small::tree::Node;
use crate::formats::{Var, Vars};
use crate::knowledge::hosts;
use crate::links::Repository;
use crate::model::{FileId, Known, Origin, Reason, Spanned};

/// The environment of an app.
pub(super) fn of(repository: &Repository<'_>, file: FileId, root: &Node) -> Option<Planned> {
    let root = root.get("spec").unwrap_or(root);
    let mut found = planned(file, "App Platform reads the file");
    let shared = variables(root.get("envs"));
    for part in ["services", "workers", "jobs"] {
        for component in root.get(part).map_or(&[][..], Node::items) {
            let Some(name) = component.field("name") else { continue };
            let Some(runs) = runs(repository, component) else { continue };
            let mut given = shared.clone();
            given.extend(variables(component.get("envs")));
            add(&mut found, &name.value, runs, &given);
        }
    }
    if found.units.is_empty() {
        return None;
    }
    for database in root.get("databases").map_or(&[][..], Node::items) {
        let Some((name, engine)) = database.field("name").zip(database.field("engine")) else { continue };
        let Some(image) = hosts::engine("app-platform", &engine.value) else { continue };
        let version = database.field("version").map_or(String::new(), |version| format!(":{}", version.value));
        let image = Spanned::new(format!("{image}{version}"), engine.span);
        add(&mut found, &name.value, Runs::Pulled { image, command: None }, &Vars::new());
    }
    Some(found)
}

/// What a component runs: an image of the repository or another, or what a buildpack makes of its folder.
fn runs(repository: &Repository<'_>, component: &Node) -> Option<Runs> {
    let command = component.get("run_command").and_then(CommandText::of).map(|command| line(&command));
    let source = component.field("source_dir").map_or_else(String::new, |source| source.value);
    let folder = paths::join("", source.trim_start_matches('/')).unwrap_or_default();
    if let Some(image) = component.get("image") {
        let parts = [image.field("registry"), image.field("repository")].into_iter().flatten();
        let name = parts.map(|part| part.value).collect::<Vec<_>>().join("/");
        let tag = image.field("tag").map_or(String::new(), |tag| format!(":{}", tag.value));
        let image = Spanned::new(format!("{name}{tag}"), image.span);
        return Some(Runs::Pulled { image, command });
    }
    let named = component.field("dockerfile_path");
    let own = paths::join(&folder, "Dockerfile").and_then(|path| repository.tree.find(&path));
    let dockerfile = match &named {
        Some(named) => repository.tree.find(&paths::join("", named.value.trim_start_matches('/'))?),
        None => own,
    };
    if let Some(dockerfile) = dockerfile {
        let span = named.map(|named| named.span);
        let image =
            ImageBuild { dockerfile, context: folder, target: None, args: std::collections::BTreeMap::new(), span };
        return Some(in_image(&image, command));
    }
    let build = component.get("build_command").and_then(CommandText::of).map(|command| line(&command));
    let python = component.field("environment_slug").is_none_or(|slug| slug.value == "python");
    let native = Some(NativeBuild { folder, build });
    Some(Runs::Process { command: command.filter(|_| python)?, image: None, native })
}

/// The variables of an app or a component; a secret is given, its value is not known.
fn variables(node: Option<&Node>) -> Vars {
    let mut all = Vars::new();
    for entry in node.map_or(&[][..], Node::items) {
        let Some(key) = entry.field("key") else { continue };
        if entry.field("scope").is_some_and(|scope| scope.value == "BUILD_TIME") {
            continue;
        }
        let secret = entry.field("type").is_some_and(|kind| kind.value == "SECRET");
        let value = entry
            .field("value")
            .filter(|value| !secret && !value.value.starts_with("EV[") && !value.value.contains("${"));
        let unknown = Known::Unknown(Reason::at("App Platform gives it", key.span));
        let var = match value {
            Some(value) => Var::set(value.value, Origin::set(value.span)),
            None => Var { value: unknown, ..Var::set("", Origin::set(key.span)) },
        };
        all.insert(key.value, var);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::super::tests::environments;

    #[test]
    fn an_app_with_services_is_production() {
        let app = "name: shop\nenvs:\n- {key: MODE, value: live}\nservices:\n- name: web\n  source_dir: site\n  dockerfile_path: site/Dockerfile\n  github: {repo: a/b}\ndatabases:\n- {name: db, engine: PG, version: '17'}\n";
        let image = ("site/Dockerfile", "FROM python:3.12\nCOPY . .\nCMD gunicorn a.wsgi\n");
        let needs = ("site/requirements.txt", "django\n");
        let found = environments(&[(".do/app.yaml", app), image, needs]);
        assert_eq!(found, ["production production: .do/app.yaml site/Dockerfile"]);
        let template = format!("spec:\n  {}\n", app.trim_end().replace('\n', "\n  "));
        let found = environments(&[(".do/deploy.template.yaml", template.as_str()), image, needs]);
        assert_eq!(found, ["production production: .do/deploy.template.yaml site/Dockerfile"]);
    }
}
