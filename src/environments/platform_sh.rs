//! Platform.sh and Upsun: `.platform.app.yaml`, an application with its build, its command, its workers and the services beside it.
//! Source: <https://docs.platform.sh/create-apps/app-reference/single-runtime-image.html>.

use super::plan::{CommandLine, NativeBuild, Planned, Runs, Setup};
use super::platform::line;
use super::platform_files::{add, planned};
use crate::discover::paths;
use crate::formats::small::tree::{self, Node};
use crate::formats::small::{CommandText, texts};
use crate::formats::{Var, Vars};
use crate::knowledge::hosts::engine;
use crate::links::Repository;
use crate::model::{FileId, Origin, Spanned};

/// Where the services stand, from the repository's root.
const SERVICES: &str = ".platform/services.yaml";

/// The environment of a file's applications: one at the top, or several by name.
pub(super) fn of(repository: &Repository<'_>, file: FileId, root: &Node) -> Option<Planned> {
    let mut found = planned(file, "Platform.sh reads the file");
    let beside = paths::parent(repository.tree.path(file));
    let top = if [".platform", ".upsun"].contains(&paths::name(beside)) { paths::parent(beside) } else { beside };
    let named = root.get("applications").map_or(&[][..], Node::entries).iter();
    let named = named.map(|(name, node)| (Some(name.value.clone()), node));
    let listed = root.items().iter().chain(std::iter::once(root)).map(|node| (None, node));
    for (name, node) in named.chain(listed) {
        application(&mut found, name, node, top);
    }
    if found.units.is_empty() {
        return None;
    }
    let shared = paths::join(top, SERVICES).and_then(|path| repository.tree.find(&path));
    let shared = shared.and_then(|file| Some((file, repository.tree.parsed(file, tree::yaml).ok()?)));
    services(&mut found, root.get("services"));
    if let Some((file, parsed)) = &shared {
        found.add_file(*file);
        services(&mut found, parsed.0.as_ref());
    }
    Some(found)
}

/// Adds an application of Python: its command, its workers, and what runs when it is deployed.
fn application(found: &mut Planned, name: Option<String>, node: &Node, top: &str) {
    let runtime = node.field("type").and_then(|kind| {
        let version = kind.value.strip_prefix("python:")?.to_owned();
        Some(("python", Spanned::new(version, kind.span)))
    });
    let command = |keys: &[&str]| node.path(keys).and_then(CommandText::of).map(|command| line(&command));
    let Some((runtime, start)) = runtime.zip(command(&["web", "commands", "start"])) else { return };
    let source = node.path(&["source", "root"]).and_then(Node::scalar).unwrap_or_default();
    let folder = paths::join(top, source.trim_start_matches('/')).unwrap_or_else(|| top.to_owned());
    let given = node.path(&["variables", "env"]);
    let given: Vars =
        texts(given).into_iter().map(|(name, text)| (name, Var::set(text.value, Origin::set(text.span)))).collect();
    let build = command(&["hooks", "build"]);
    let name = name.or_else(|| Some(node.field("name")?.value)).unwrap_or_else(|| "app".to_owned());
    let mut unit = |name: &str, command: CommandLine| {
        let native = Some(NativeBuild { folder: folder.clone(), build: build.clone() });
        add(found, name, Runs::Process { command, image: None, native }, &given);
        let setup =
            Setup { runtimes: vec![runtime.clone()], folder: folder.clone(), by: "Platform.sh", ..Setup::default() };
        found.setups.insert(name.to_owned(), setup);
    };
    unit(&name, start);
    for (worker, node) in node.get("workers").map_or(&[][..], Node::entries) {
        let start = node.path(&["commands", "start"]).and_then(CommandText::of);
        if let Some(start) = &start {
            unit(&worker.value, line(start));
        }
    }
    if let Some(deploy) = command(&["hooks", "deploy"]) {
        unit(&format!("{name}-release"), deploy);
    }
}

/// Adds the services that the host keeps: `type: postgresql:16`.
fn services(found: &mut Planned, services: Option<&Node>) {
    for (name, service) in services.map_or(&[][..], Node::entries) {
        let Some(kind) = service.field("type") else { continue };
        let (product, version) = kind.value.split_once(':').unwrap_or((&kind.value, "latest"));
        let Some(image) = engine("platform-sh", product) else { continue };
        let image = Spanned::new(format!("{image}:{version}"), kind.span);
        add(found, &name.value, Runs::Pulled { image, command: None }, &Vars::new());
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::environments;

    const APP: &str = "name: shop\ntype: 'python:3.12'\nweb: {commands: {start: gunicorn shop.wsgi}}\nhooks:\n  build: pip install -r requirements.txt\n";
    const NEEDS: (&str, &str) = ("requirements.txt", "django\ngunicorn\n");

    #[test]
    fn an_application_with_its_services_is_production_and_a_dockerfile_beside_it_is_not() {
        let services = (".platform/services.yaml", "db: {type: 'postgresql:16', disk: 256}\n");
        let image = ("Dockerfile", "FROM python:3.9\nCOPY . .\nCMD gunicorn shop.wsgi\n");
        let found = environments(&[(".platform.app.yaml", APP), services, image, NEEDS]);
        assert_eq!(found, ["production production: .platform.app.yaml .platform/services.yaml"]);
    }

    #[test]
    fn applications_may_stand_by_name_and_those_of_other_languages_are_none() {
        let indented = APP.trim_end().replace('\n', "\n    ");
        let several = format!("applications:\n  shop:\n    {indented}\n");
        assert_eq!(
            environments(&[(".upsun/config.yaml", &several), NEEDS]),
            ["production production: .upsun/config.yaml"]
        );
        let other = APP.replace("python:3.12", "nodejs:20");
        assert!(environments(&[(".platform.app.yaml", &other), NEEDS]).is_empty());
    }
}
