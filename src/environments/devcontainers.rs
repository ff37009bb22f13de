//! Development containers: an image, a Dockerfile or services of compose files, and what the editor adds to them.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::base_role;
use super::plan::{CommandLine, ImageBuild, Planned, Runs, Setup, Unit};
use super::platform::line;
use crate::discover::{Kind, paths};
use crate::formats::compose::Project;
use crate::formats::small::devcontainer::{self, Devcontainer, Feature};
use crate::links::Repository;
use crate::model::{Confidence, FileId, Role, Span, SpanMap, Spanned};

/// Adds the environments that development containers are. One in which the editor opens a service of what is developed in
/// anyway, the same image, is another way into that, and so is a bare image beside it.
pub(super) fn add(repository: &Repository<'_>, all: &mut Vec<Planned>) {
    for planned in infer(repository) {
        let opened = planned.setups.keys().next().cloned().unwrap_or_default();
        let image = |of: &Planned| {
            let mut units = of.units.iter().filter(|unit| unit.name == opened);
            units.find_map(|unit| worked_in(repository, unit))
        };
        let own = image(&planned);
        // A bare image, or one that is built for the editor alone, holds its tools; what one develops in are the containers that are described beside it.
        let bare = planned.units.iter().all(|unit| match &unit.runs {
            Runs::Image(image) => repository.tree.path(image.dockerfile).contains(".devcontainer/"),
            runs => matches!(runs, Runs::Pulled { .. }),
        });
        let composed = |known: &Planned| known.units.iter().any(|unit| matches!(unit.runs, Runs::Compose { .. }));
        let same = |known: &&mut Planned| {
            known.environment.role == Role::Development
                && (own.is_some() && image(known) == own || bare && composed(known))
        };
        match all.iter_mut().find(same) {
            Some(known) => {
                for evidence in planned.environment.because {
                    known.add_evidence(evidence.span, evidence.text);
                }
                // Containers of services only are what stands beside the code that the editor's container holds.
                if known.units.iter().all(
                    |unit| matches!(&unit.runs, Runs::Compose { project, .. } if base_role::only_services(project)),
                ) {
                    known.units.extend(planned.units);
                    known.setups.extend(planned.setups);
                    known.variables.extend(planned.variables);
                }
            }
            None => all.push(planned),
        }
    }
}

/// The image of a service of compose files: that which is built, or the name of the one that is pulled.
fn worked_in(repository: &Repository<'_>, unit: &Unit) -> Option<(Option<ImageBuild>, Option<String>)> {
    let Runs::Compose { project, service, .. } = &unit.runs else { return None };
    let service = project.services.get(service)?;
    let built = super::compose::image_of(repository, project, service).map(|image| ImageBuild { span: None, ..image });
    let pulled = service.image.as_ref().filter(|_| built.is_none()).and_then(|image| image.value.one().cloned());
    (built.is_some() || pulled.is_some()).then_some((built, pulled))
}

/// The environments that development containers are; one that is named for what it adds to the same compose files is a variant.
fn infer(repository: &Repository<'_>) -> Vec<Planned> {
    let mut files = repository.of(Kind::Devcontainer).to_vec();
    files.sort_by_key(|file| repository.tree.path(*file).matches('/').count());
    let mut found: Vec<Planned> = Vec::new();
    for planned in files.into_iter().filter_map(|file| one(repository, file)) {
        let files = |planned: &Planned| {
            let all = planned.environment.files.iter().copied();
            all.filter(|file| !repository.of(Kind::Devcontainer).contains(file)).collect::<BTreeSet<FileId>>()
        };
        let same = |known: &Planned| !files(&planned).is_empty() && files(known) == files(&planned);
        if !found.iter().any(same) {
            found.push(planned);
        }
    }
    found
}

fn one(repository: &Repository<'_>, file: FileId) -> Option<Planned> {
    let read = repository.tree.parsed(file, devcontainer::parse).ok()?;
    let container = &read.0;
    let folder = paths::parent(repository.tree.path(file)).to_owned();
    let mut planned = Planned::new("devcontainer", Role::Development, Confidence::Invoked)
        .because(Span::new(file, 0, 0), "editors open the development container");
    let name = if container.compose_files.is_empty() {
        let runs = image(repository, container, &folder)?;
        planned.units.push(Unit { name: "app".into(), runs });
        "app".to_owned()
    } else {
        composed(repository, container, &folder, &mut planned)?
    };
    let setup = setup(container, project_folder(&folder));
    planned.setups.insert(name.clone(), setup);
    planned.variables.insert(name, container.variables());
    Some(planned)
}

/// The folder that the editor opens: the one that holds `.devcontainer`.
fn project_folder(folder: &str) -> String {
    let parts: Vec<&str> = folder.split('/').take_while(|part| *part != ".devcontainer").collect();
    parts.join("/")
}

fn image(repository: &Repository<'_>, container: &Devcontainer, folder: &str) -> Option<Runs> {
    let Some(name) = &container.dockerfile else {
        let image = container.image.clone().filter(|image| !image.value.contains("${"))?;
        return Some(Runs::Pulled { image, command: None });
    };
    let dockerfile = repository.tree.find(&paths::join(folder, &name.value)?)?;
    let context = container.context.as_ref().and_then(|context| paths::join(folder, &context.value));
    let arg = |(name, text): (&String, &Spanned<String>)| {
        (name.clone(), (!text.value.contains("${")).then(|| text.value.clone()))
    };
    Some(Runs::Image(ImageBuild {
        dockerfile,
        context: context.unwrap_or_else(|| folder.to_owned()),
        target: container.target.as_ref().map(|target| target.value.clone()),
        args: container.args.iter().map(arg).collect(),
        span: Some(name.span),
    }))
}

/// Adds the services of the compose files that the editor starts; the name of the one that it works in.
fn composed(
    repository: &Repository<'_>,
    container: &Devcontainer,
    folder: &str,
    planned: &mut Planned,
) -> Option<String> {
    let at = |path: &Spanned<String>| repository.tree.find(&paths::join(folder, &path.value)?);
    let files: Vec<FileId> = container.compose_files.iter().filter_map(at).collect();
    let first = *files.first()?;
    let own = container.service.as_ref().map(|service| service.value.clone()).unwrap_or_default();
    let project = with_named(super::compose::load(repository, &files), container, &own);
    let folder = paths::parent(repository.tree.path(first)).to_owned();
    for compose in files {
        planned.add_file(compose);
    }
    let started = started(container, &project, &own);
    for name in project.services.keys().filter(|name| started.is_empty() || started.contains(*name)) {
        let runs =
            Runs::Compose { project: project.clone(), service: name.clone(), folder: folder.clone(), instead: None };
        planned.units.push(Unit { name: name.clone(), runs });
    }
    Some(own)
}

/// A project in which the services that the editor names are on, whatever their profiles.
fn with_named(project: Arc<Project>, container: &Devcontainer, own: &str) -> Arc<Project> {
    let named = container.run_services.iter().map(|service| service.value.as_str()).chain([own]);
    let off: Vec<&str> = named.filter(|name| project.inactive.contains_key(*name)).collect();
    if off.is_empty() {
        return project;
    }
    let mut active = (*project).clone();
    for name in off {
        let service = active.inactive.remove(name).map(|service| (name.to_owned(), service));
        active.services.extend(service);
    }
    Arc::new(active)
}

/// The services that are started: those that `runServices` names, the one worked in, and what they need; all where it
/// names none.
fn started(container: &Devcontainer, project: &Project, own: &str) -> BTreeSet<String> {
    if container.run_services.is_empty() {
        return BTreeSet::new();
    }
    let named = container.run_services.iter().map(|service| service.value.clone());
    let mut waiting: Vec<String> = named.chain([own.to_owned()]).collect();
    let mut all = BTreeSet::new();
    while let Some(name) = waiting.pop() {
        if let Some(service) = project.services.get(&name).filter(|_| all.insert(name.clone())) {
            waiting.extend(service.depends_on.keys().cloned());
        }
    }
    all
}

fn setup(container: &Devcontainer, folder: String) -> Setup {
    let mut setup = Setup { folder, ..Setup::default() };
    for feature in &container.features {
        setup.runtimes.extend(runtime(feature));
        setup.commands.extend(packages(feature));
    }
    // That of `initializeCommand` runs on the person's machine.
    for name in
        ["onCreateCommand", "updateContentCommand", "postCreateCommand", "postStartCommand", "postAttachCommand"]
    {
        setup.commands.extend(container.commands.get(name).into_iter().flatten().map(line));
    }
    setup.idle = container.override_command.unwrap_or(container.compose_files.is_empty());
    setup
}

/// The interpreter that a feature puts before that of the image; the system's own goes behind it.
fn runtime(feature: &Feature) -> Option<(&'static str, Spanned<String>)> {
    let (tool, default) = match feature.name() {
        "python" => ("python", "os-provided"),
        "node" => ("node", "lts"),
        _ => return None,
    };
    let unsaid = || Spanned::new(default.to_owned(), feature.reference.span);
    let version = feature.version.clone().unwrap_or_else(unsaid);
    (!["os-provided", "none"].contains(&version.value.as_str())).then_some((tool, version))
}

/// The packages of the distribution that a feature installs.
fn packages(feature: &Feature) -> Option<CommandLine> {
    let packages =
        feature.packages.as_ref().filter(|_| ["apt-packages", "apt-get-packages"].contains(&feature.name()))?;
    let names: Vec<&str> = packages.value.split([',', ' ']).filter(|name| !name.is_empty()).collect();
    let text = format!("apt-get install -y {}", names.join(" "));
    Some(CommandLine { text, map: SpanMap::Whole(packages.span), span: packages.span })
}

#[cfg(test)]
mod tests {

    #[test]
    fn an_editor_that_opens_what_is_developed_in_makes_no_other_environment() {
        let opens = |name: &str, files: &str| {
            let container = format!("{{\"dockerComposeFile\": [{files}], \"service\": \"{name}\"}}");
            let found = super::super::tests::environments(&[
                ("Dockerfile", "FROM python:3.12\nCOPY . /app\nCMD gunicorn a.wsgi\n"),
                ("compose.yaml", "services: {web: {build: ., volumes: ['.:/app']}, db: {image: postgres}}\n"),
                (
                    ".devcontainer/compose.yaml",
                    "services: {web: {command: sleep infinity}, tool: {image: 'python:3.12'}}\n",
                ),
                (".devcontainer/devcontainer.json", &container),
            ]);
            found.into_iter().filter(|line| line.contains(" development: ")).collect::<Vec<_>>()
        };
        let base = "\"../compose.yaml\"";
        let both = format!("{base}, \"compose.yaml\"");
        let one = ["development development: compose.yaml .devcontainer/devcontainer.json"];
        assert_eq!(opens("web", base), one);
        assert_eq!(opens("web", &both), one, "it only waits there");
        assert_eq!(opens("tool", &both).len(), 2, "another image");
    }

    #[test]
    fn a_bare_image_beside_containers_for_development_is_another_way_into_them() {
        let beside = |services: &str| {
            let found = super::super::tests::environments(&[
                ("Dockerfile", "FROM python:3.12\nCOPY . /app\nCMD gunicorn a.wsgi\n"),
                ("compose.yaml", services),
                (".devcontainer/devcontainer.json", "{\"image\": \"python:3.13\"}"),
            ]);
            found.into_iter().filter(|line| line.contains(" development: ")).collect::<Vec<_>>()
        };
        let one = ["development development: compose.yaml .devcontainer/devcontainer.json"];
        assert_eq!(beside("services: {web: {build: ., volumes: ['.:/app']}}\n"), one);
        assert_eq!(beside("services: {db: {image: postgres}}\n"), one);
    }

    #[test]
    fn a_development_container_may_have_a_name() {
        let file = (".devcontainer/cloud.devcontainer.json", "{\"image\": \"python:3.12\"}");
        let app = ("Dockerfile", "FROM python:3.12\nCOPY . /app\nCMD gunicorn a.wsgi\n");
        let found = super::super::tests::environments(&[app, file]);
        let named = "devcontainer development: .devcontainer/cloud.devcontainer.json".to_owned();
        assert!(found.contains(&named), "{found:?}");
    }
}
