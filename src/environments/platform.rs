//! Environments that a platform's files define: Procfile, app.json, devcontainers.

use super::images;
use super::plan::{CommandLine, ImageBuild, Planned, Runs, Unit};
use super::words::naming;
use crate::discover::{Kind, paths};
use crate::formats::small::{CommandText, app_json, devcontainer, procfile};
use crate::links::Repository;
use crate::model::{Confidence, FileId, Role, Span};

/// The environments of Procfiles; `known` are those of stronger runners.
pub fn procfiles(repository: &Repository<'_>, known: &[Planned]) -> Vec<Planned> {
    let mut found = Vec::new();
    for file in repository.of(Kind::Procfile) {
        let path = repository.tree.path(*file);
        let Ok(procfile) = repository.tree.parsed(*file, procfile::parse) else { continue };
        let naming = naming(path);
        let plain = paths::name(path) == "Procfile";
        if procfile.is_empty() || naming.template || !(plain || naming.role.is_some()) {
            continue;
        }
        let commands = procfile.iter().map(|process| process.command.text.as_str()).collect::<Vec<_>>().join("\n");
        let develops =
            ["runserver", "npm run", "--reload", "yarn ", "make "].iter().any(|sign| commands.contains(sign));
        let app = app_json_beside(repository, path);
        let (role, word, why) = match naming.role {
            Some((role, word)) => (role, word, "the Procfile's name"),
            None if develops && app.is_none() => {
                (Role::Development, "host".to_owned(), "the Procfile starts development tools")
            }
            None => (Role::Production, "production".to_owned(), "a platform reads the Procfile"),
        };
        let taken = known.iter().any(|planned| planned.environment.role == role && planned.environment.name == word);
        let word = if taken { "platform".to_owned() } else { word };
        let confidence = if role == Role::Production { Confidence::Invoked } else { Confidence::Named };
        let mut planned = Planned::new(&word, role, confidence).because(Span::new(*file, 0, 0), why);
        if let Some(app) = app {
            planned.add_evidence(Span::new(app, 0, 0), "app.json describes the same application");
        }
        let image = if role == Role::Production { platform_image(repository, paths::parent(path)) } else { None };
        if let Some(image) = &image {
            planned.add_file(image.dockerfile);
        }
        for process in procfile.iter() {
            let command = line(&process.command);
            let runs = Runs::Process { command, image: image.clone(), native: None };
            planned.units.push(Unit { name: process.name.value.clone(), runs });
        }
        found.push(planned);
    }
    found
}

/// A command of a file as one to run.
pub(super) fn line(command: &CommandText) -> CommandLine {
    CommandLine { text: command.text.clone(), map: command.map.clone(), span: command.span }
}

fn app_json_beside(repository: &Repository<'_>, path: &str) -> Option<FileId> {
    let file = repository.tree.find(&paths::join(paths::parent(path), "app.json")?)?;
    let app = repository.tree.parsed(file, app_json::parse).ok()?;
    app.0.is_heroku.then_some(file)
}

/// The Dockerfile whose image a Procfile's commands run in: one that has no command of its own, or is named for production.
fn platform_image(repository: &Repository<'_>, folder: &str) -> Option<ImageBuild> {
    if app_json_beside(repository, &paths::join(folder, "Procfile")?).is_some()
        || repository.tree.find("runtime.txt").is_some()
    {
        return None;
    }
    let mut best: Option<(u8, FileId)> = None;
    for file in
        repository.of(Kind::Dockerfile).iter().filter(|file| paths::parent(repository.tree.path(**file)) == folder)
    {
        let path = repository.tree.path(*file);
        let plain = paths::name(path) == "Dockerfile";
        let role = naming(path).role.map(|(role, _)| role);
        let image = ImageBuild {
            dockerfile: *file,
            context: folder.into(),
            target: None,
            args: Default::default(),
            span: None,
        };
        let build = images::build(repository, &image)?;
        let command = build.target.and_then(|target| build.stages.get(target)).is_some_and(|stage| stage.cmd.is_some());
        // An image that starts by itself needs no Procfile: a buildpack reads that, where it can tell what to install.
        let rank = match (role, plain, command) {
            (Some(Role::Production), _, _) => 3,
            (None, false, _) => 2,
            (None, true, true) if by_buildpack(repository, folder) => 0,
            (None, true, _) => 1,
            _ => 0,
        };
        if rank > 0 && best.is_none_or(|(known, _)| known < rank) {
            best = Some((rank, *file));
        }
    }
    let dockerfile = best?.1;
    Some(ImageBuild { dockerfile, context: folder.into(), target: None, args: Default::default(), span: None })
}

/// Whether a buildpack can tell what a folder needs.
fn by_buildpack(repository: &Repository<'_>, folder: &str) -> bool {
    let known = ["requirements.txt", "Pipfile.lock", "Pipfile", "poetry.lock", "uv.lock", "setup.py"];
    known.iter().any(|name| paths::join(folder, name).is_some_and(|path| repository.tree.find(&path).is_some()))
}

/// The test environment that `app.json` names.
pub fn app_json_tests(repository: &Repository<'_>) -> Vec<Planned> {
    let mut found = Vec::new();
    for file in repository.of(Kind::AppJson) {
        let Ok(app) = repository.tree.parsed(*file, app_json::parse) else { continue };
        if !app.0.environments.contains_key("test") {
            continue;
        }
        let mut planned = Planned::new("test", Role::Test, Confidence::Invoked)
            .because(Span::new(*file, 0, 0), "app.json defines a test environment");
        let folder = paths::parent(repository.tree.path(*file)).to_owned();
        planned.units.push(Unit { name: "test".into(), runs: Runs::Machine { folder } });
        found.push(planned);
    }
    found
}

/// Development containers that are no compose project.
pub fn devcontainers(repository: &Repository<'_>) -> Vec<Planned> {
    let mut found = Vec::new();
    for file in repository.of(Kind::Devcontainer) {
        let Ok(read) = repository.tree.parsed(*file, devcontainer::parse) else { continue };
        let container = &read.0;
        let folder = paths::parent(repository.tree.path(*file)).to_owned();
        let mut planned = Planned::new("devcontainer", Role::Development, Confidence::Invoked)
            .because(Span::new(*file, 0, 0), "editors open the development container");
        if container.compose_files.is_empty() {
            let Some(name) = &container.dockerfile else { continue };
            let Some(dockerfile) = paths::join(&folder, &name.value).and_then(|path| repository.tree.find(&path))
            else {
                continue;
            };
            let context =
                container.context.as_ref().and_then(|context| paths::join(&folder, &context.value)).unwrap_or(folder);
            let arg = |(name, text): (&String, &crate::model::Spanned<String>)| {
                (name.clone(), (!text.value.contains("${")).then(|| text.value.clone()))
            };
            let image = ImageBuild {
                dockerfile,
                context,
                target: container.target.as_ref().map(|target| target.value.clone()),
                args: container.args.iter().map(arg).collect(),
                span: Some(name.span),
            };
            planned.variables.insert("app".into(), container.variables());
            planned.units.push(Unit { name: "app".into(), runs: Runs::Image(image) });
        } else {
            let at = |path: &crate::model::Spanned<String>| repository.tree.find(&paths::join(&folder, &path.value)?);
            let files: Vec<FileId> = container.compose_files.iter().filter_map(at).collect();
            if files.is_empty() {
                continue;
            }
            let project = super::compose::load(repository, &files);
            let folder = paths::parent(repository.tree.path(files[0])).to_owned();
            for compose in files {
                planned.add_file(compose);
            }
            for name in project.services.keys() {
                let runs = Runs::Compose {
                    project: project.clone(),
                    service: name.clone(),
                    folder: folder.clone(),
                    instead: None,
                };
                planned.units.push(Unit { name: name.clone(), runs });
            }
        }
        found.push(planned);
    }
    found
}
