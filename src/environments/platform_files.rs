//! Environments that the files of platforms define: fly.toml, render.yaml, heroku.yml.

use std::collections::BTreeMap;

use super::plan::{CommandLine, ImageBuild, NativeBuild, Planned, Runs, Unit};
use super::platform::line;
use super::words::naming;
use super::{hosts, images, retired, targets};
use crate::discover::aside::is_aside;
use crate::discover::classify::classify;
use crate::discover::{Kind, paths};
use crate::formats::small::fly::Fly;
use crate::formats::small::heroku_yml::{HerokuYml, Run};
use crate::formats::small::render::{Blueprint, Service};
use crate::formats::small::{Texts, fly, heroku_yml, procfile, render};
use crate::formats::{Var, Vars};
use crate::links::Repository;
use crate::model::{Confidence, FileId, Known, Origin, Reason, Role, Span, SpanMap, Spanned};

/// The environments of platforms' files; `known` are those of stronger runners.
pub fn infer(repository: &Repository<'_>, known: &[Planned]) -> Vec<Planned> {
    let mut found: Vec<Planned> = Vec::new();
    // Manifests of Cloud Foundry may lie where those of Kubernetes do.
    let manifests = repository.of(Kind::Kubernetes).iter().filter(|file| {
        let text = repository.tree.text(**file).unwrap_or_default();
        paths::name(repository.tree.path(**file)).starts_with("manifest") && text.contains("\napplications:")
    });
    let services = services(repository);
    for file in repository.of(Kind::Platform).iter().chain(manifests).chain(&services) {
        let path = repository.tree.path(*file);
        let name = paths::name(path);
        let naming = naming(path);
        let offered = naming.template && paths::name(paths::parent(path)) != ".do";
        if offered || retired::is_unused(repository, *file) {
            continue;
        }
        let (platform, more) = match name {
            "heroku.yml" => ("heroku", of_heroku(repository, *file).into_iter().collect::<Vec<_>>()),
            "render.yaml" | "render.yml" => ("render", of_render(repository, *file)),
            _ if name.starts_with("fly.") => ("fly", of_fly(repository, *file).into_iter().collect()),
            _ => hosts::of(repository, *file),
        };
        // A manifest of Cloud Foundry with a name that says no environment is for one that is not known.
        let named = naming.role.clone().or_else(|| targets::word_of(name));
        // One beside a `Staticfile` deploys a folder of pages.
        let pages =
            paths::join(paths::parent(path), "Staticfile").is_some_and(|page| repository.tree.find(&page).is_some());
        let aside = platform == "cloud-foundry" && (pages || named.is_none() && !name.starts_with("manifest."));
        for mut planned in more.into_iter().filter(|_| !aside) {
            // The platform's own name in the file's says nothing more.
            let said = named.clone().filter(|_| platform != "digitalocean");
            if let Some((role, word)) = said.filter(|(_, word)| planned.environment.name == PLAIN && word != platform) {
                planned.environment.role = role;
                planned.environment.name = word;
            }
            // Several files of one host and one name are one environment's.
            let spread = ["app-engine", "cloud-foundry", "serverless"].contains(&platform);
            let joined = |other: &&mut Planned| spread && is_one(other, &planned);
            if let Some(other) = found.iter_mut().find(joined) {
                join(other, planned);
                continue;
            }
            let taken = |other: &Planned| other.environment.name == planned.environment.name;
            if planned.environment.name == PLAIN && (known.iter().any(taken) || found.iter().any(taken)) {
                platform.clone_into(&mut planned.environment.name);
            }
            found.push(planned);
        }
    }
    found
}

/// The files of services of App Engine, which are called as one likes: `worker.yaml` beside `app.yaml`, or without it.
fn services(repository: &Repository<'_>) -> Vec<FileId> {
    let tree = repository.tree;
    let yaml = |path: &str| (path.ends_with(".yaml") || path.ends_with(".yml")) && classify(path).is_none();
    let says = |text: &str, key: &str| text.lines().any(|line| line.starts_with(key));
    let serves = |file: FileId| {
        let text = tree.text(file).unwrap_or_default();
        says(text, "runtime: python") && says(text, "service: ") && (says(text, "env") || says(text, "entrypoint"))
    };
    let files = tree.files().filter(|(file, path)| yaml(path) && !is_aside(path) && serves(*file));
    files.map(|(file, _)| file).collect()
}

fn is_one(one: &Planned, other: &Planned) -> bool {
    let why = |planned: &Planned| planned.environment.because.first().map(|evidence| evidence.text.clone());
    one.environment.name == other.environment.name && why(one) == why(other)
}

fn join(one: &mut Planned, mut other: Planned) {
    // Units of one name are told apart; of settings that differ none is that of all.
    for unit in &mut other.units {
        if one.units.iter().any(|known| known.name == unit.name) {
            let name = format!("{}-{}", unit.name, one.units.len());
            if let Some(given) = other.variables.remove(&unit.name) {
                other.variables.insert(name.clone(), given);
            }
            if let Some(setup) = other.setups.remove(&unit.name) {
                other.setups.insert(name.clone(), setup);
            }
            unit.name = name;
        }
    }
    if one.settings != other.settings {
        one.settings = None;
    }
    one.setups.extend(std::mem::take(&mut other.setups));
    other.environment.files.iter().for_each(|file| one.add_file(*file));
    for evidence in other.environment.because {
        one.add_evidence(evidence.span, evidence.text);
    }
    one.units.extend(other.units);
    one.variables.extend(other.variables);
    one.only_named &= other.only_named;
}

/// The name of an environment that nothing else is said of.
const PLAIN: &str = "production";

/// The environment of a platform's file.
pub(super) fn planned(file: FileId, why: &str) -> Planned {
    Planned::new(PLAIN, Role::Production, Confidence::Invoked).because(Span::new(file, 0, 0), why)
}

fn vars(texts: impl IntoIterator<Item = (String, Spanned<String>)>) -> Vars {
    texts.into_iter().map(|(name, text)| (name, Var::set(text.value, Origin::set(text.span)))).collect()
}

fn args(texts: &Texts) -> BTreeMap<String, Option<String>> {
    texts.iter().map(|(name, text)| (name.clone(), Some(text.value.clone()))).collect()
}

/// Adds a unit with its variables.
pub(super) fn add(planned: &mut Planned, name: &str, runs: Runs, given: &Vars) {
    if let Runs::Process { image: Some(image), .. } | Runs::Image(image) = &runs {
        planned.add_file(image.dockerfile);
    }
    planned.variables.insert(name.to_owned(), given.clone());
    planned.units.push(Unit { name: name.to_owned(), runs });
}

/// What an image runs: a command of the file, or its own.
pub(super) fn in_image(image: &ImageBuild, command: Option<CommandLine>) -> Runs {
    match command {
        Some(command) => Runs::Process { command, image: Some(image.clone()), native: None },
        None => Runs::Image(image.clone()),
    }
}

/// What a fly.toml runs a command in.
enum FlyImage {
    /// An image that is built from a Dockerfile.
    Built(ImageBuild),
    /// An image that is pulled.
    Pulled(Spanned<String>),
    /// What a builder makes of the folder.
    Native(String),
}

impl FlyImage {
    fn of(repository: &Repository<'_>, file: FileId, fly: &Fly) -> Option<Self> {
        let folder = paths::parent(repository.tree.path(file)).to_owned();
        if let Some(image) = &fly.image {
            return Some(Self::Pulled(image.clone()));
        }
        if fly.builder.is_some() {
            return Some(Self::Native(folder));
        }
        let named = fly.dockerfile.as_ref();
        let dockerfile = paths::join(&folder, named.map_or("Dockerfile", |name| name.value.as_str()))
            .and_then(|path| repository.tree.find(&path))
            .or_else(|| repository.tree.find(&named?.value))?;
        Some(Self::Built(ImageBuild {
            dockerfile,
            context: context(repository, dockerfile, &folder),
            target: fly.target.as_ref().map(|target| target.value.clone()),
            args: args(&fly.args),
            span: named.map(|name| name.span),
        }))
    }

    fn runs(&self, command: Option<CommandLine>) -> Option<Runs> {
        Some(match self {
            Self::Built(image) => in_image(image, command),
            Self::Pulled(image) => Runs::Pulled { image: image.clone(), command },
            Self::Native(folder) => {
                let native = Some(NativeBuild { folder: folder.clone(), build: None });
                Runs::Process { command: command?, image: None, native }
            }
        })
    }
}

fn of_fly(repository: &Repository<'_>, file: FileId) -> Option<Planned> {
    let read = repository.tree.parsed(file, fly::parse).ok()?;
    let fly = &read.0;
    let image = FlyImage::of(repository, file, fly)?;
    let mut planned = planned(file, "Fly.io reads the file");
    let mut given = of_fly_itself(fly, file);
    given.extend(vars(fly.env.clone()));
    let groups: Vec<(&str, CommandLine)> =
        fly.processes.iter().map(|(name, command)| (name.value.as_str(), line(command))).collect();
    if let Some(procfile) = procfile_of(repository, &image).filter(|_| groups.is_empty()) {
        planned.add_file(procfile);
    }
    for (name, command) in &groups {
        add(&mut planned, name, image.runs(Some(command.clone()))?, &given);
    }
    if groups.is_empty() {
        for (name, command) in of_builder(repository, &image) {
            add(&mut planned, &name, image.runs(Some(command))?, &given);
        }
        if let Some(runs) = image.runs(words(&fly.cmd)).filter(|_| planned.units.is_empty()) {
            add(&mut planned, "app", runs, &given);
        }
    }
    if let Some(runs) = fly.release_command.as_ref().and_then(|command| image.runs(Some(line(command)))) {
        add(&mut planned, "release", runs, &given);
    }
    (!planned.units.is_empty()).then_some(planned)
}

fn procfile_of(repository: &Repository<'_>, image: &FlyImage) -> Option<FileId> {
    let FlyImage::Native(folder) = image else { return None };
    repository.tree.find(&paths::join(folder, "Procfile")?)
}

/// The processes of the Procfile that a builder reads.
fn of_builder(repository: &Repository<'_>, image: &FlyImage) -> Vec<(String, CommandLine)> {
    let read = procfile_of(repository, image).and_then(|file| repository.tree.parsed(file, procfile::read).ok());
    let processes = read.iter().flat_map(|read| &read.0);
    processes.map(|process| (process.name.value.clone(), line(&process.command))).collect()
}

/// The variables that Fly.io sets in every machine; the name of the application may be another when it is deployed.
fn of_fly_itself(fly: &Fly, file: FileId) -> Vars {
    let chosen = |name: &str| {
        let span = fly.app.as_ref().map_or(Span::new(file, 0, 0), |app| app.span);
        let value = Known::Unknown(Reason::at(format!("Fly.io sets {name}"), span));
        (name.to_owned(), Var { value, ..Var::set("", Origin::set(span)) })
    };
    ["FLY_APP_NAME", "FLY_REGION", "FLY_MACHINE_ID", "FLY_ALLOC_ID"].map(chosen).into()
}

/// A list of words as one command.
fn words(words: &[Spanned<String>]) -> Option<CommandLine> {
    let span = words.first()?.span.to(words.last()?.span);
    let quoted: Vec<String> = words.iter().map(|word| format!("'{}'", word.value.replace('\'', "'\\''"))).collect();
    Some(CommandLine { text: quoted.join(" "), map: SpanMap::Whole(span), span })
}

/// The folder that a platform builds in: that of its file, where the Dockerfile's sources are there.
pub(super) fn context(repository: &Repository<'_>, dockerfile: FileId, folder: &str) -> String {
    let own = images::context_of(repository, dockerfile);
    if own.starts_with(folder) && paths::parent(repository.tree.path(dockerfile)) != own {
        own
    } else {
        folder.to_owned()
    }
}

fn of_render(repository: &Repository<'_>, file: FileId) -> Vec<Planned> {
    let Ok(read) = repository.tree.parsed(file, render::parse) else { return Vec::new() };
    let mut found: Vec<Planned> = blueprint(repository, file, &read.0).into_iter().collect();
    for (name, one) in &read.0.environments {
        let Some(mut planned) = blueprint(repository, file, one) else { continue };
        let role = naming(&format!("{}.x", name.value)).role.map_or(Role::Production, |(role, _)| role);
        planned.environment.role = role;
        planned.environment.name.clone_from(&name.value);
        found.push(planned);
    }
    found
}

fn blueprint(repository: &Repository<'_>, file: FileId, blueprint: &Blueprint) -> Option<Planned> {
    let mut planned = planned(file, "Render reads the blueprint");
    for service in &blueprint.services {
        let Some(name) = service.name.as_ref().filter(|_| !service.is_keyvalue()) else { continue };
        let Some(runs) = service_runs(repository, file, service) else { continue };
        let given = blueprint.variables(service);
        add(&mut planned, &name.value, runs, &given);
        if let (Some(command), Some(Unit { runs, .. })) = (&service.pre_deploy, planned.units.last().cloned()) {
            let runs = instead(runs, line(command));
            add(&mut planned, &format!("{}-release", name.value), runs, &given);
        }
    }
    (!planned.units.is_empty()).then_some(planned)
}

/// The same image or build with another command.
fn instead(runs: Runs, command: CommandLine) -> Runs {
    match runs {
        Runs::Image(image) => Runs::Process { command, image: Some(image), native: None },
        Runs::Process { image, native, .. } => Runs::Process { command, image, native },
        Runs::Pulled { image, .. } => Runs::Pulled { image, command: Some(command) },
        other => other,
    }
}

fn service_runs(repository: &Repository<'_>, file: FileId, service: &Service) -> Option<Runs> {
    let beside = paths::parent(repository.tree.path(file));
    let root = service.root.as_ref().map_or("", |root| root.value.as_str());
    let folder = paths::join(beside, root)?;
    let command = service.start.as_ref().map(line);
    if let Some(image) = &service.image {
        return Some(Runs::Pulled { image: image.clone(), command });
    }
    if !service.is_docker() {
        let build = service.build.as_ref().map(line);
        return Some(Runs::Process { command: command?, image: None, native: Some(NativeBuild { folder, build }) });
    }
    // Paths start at the repository's root; some are written from the service's own.
    let named = service.dockerfile.as_ref();
    let name = named.map_or("Dockerfile", |name| name.value.as_str());
    let from_root = || repository.tree.find(&paths::join(beside, name)?).map(|file| (file, beside.to_owned()));
    let own = || repository.tree.find(&paths::join(&folder, name)?).map(|file| (file, folder.clone()));
    let (dockerfile, base) = if named.is_some() { from_root().or_else(own) } else { own() }?;
    let context = service.context.as_ref().and_then(|context| paths::join(&base, &context.value)).unwrap_or(folder);
    let span = named.map(|name| name.span).or(Some(service.span));
    Some(in_image(&ImageBuild { dockerfile, context, target: None, args: BTreeMap::new(), span }, command))
}

fn of_heroku(repository: &Repository<'_>, file: FileId) -> Option<Planned> {
    let read = repository.tree.parsed(file, heroku_yml::parse).ok()?;
    let heroku = &read.0;
    let mut planned = planned(file, "Heroku builds what the file says");
    let app =
        paths::join(paths::parent(repository.tree.path(file)), "app.json").and_then(|path| repository.tree.find(&path));
    let mut given = app.map(|app| super::platform::heroku(repository, app, None)).unwrap_or_default();
    given.extend(vars(heroku.setup_config.clone()));
    for run in heroku.run.iter().chain(&heroku.release) {
        let Some(image) = heroku_image(repository, file, heroku, run) else { continue };
        add(&mut planned, &run.name.value, in_image(&image, run.command.as_ref().map(line)), &given);
    }
    for name in heroku.docker.keys().filter(|name| !heroku.run.iter().any(|run| run.name.value == **name)) {
        let Some(build) = heroku.docker.get(name) else { continue };
        let own = Run { name: Spanned::new(name.clone(), build.dockerfile.span), command: None, image: None };
        if let Some(image) = heroku_image(repository, file, heroku, &own) {
            add(&mut planned, name, in_image(&image, None), &given);
        }
    }
    if let Some(app) = app {
        planned.add_file(app);
    }
    (!planned.units.is_empty()).then_some(planned)
}

/// The image of a process type; that of `web` where it has none of its own.
fn heroku_image(repository: &Repository<'_>, file: FileId, heroku: &HerokuYml, run: &Run) -> Option<ImageBuild> {
    let named = run.image.as_ref().map_or(run.name.value.as_str(), |image| image.value.as_str());
    let build = heroku.docker.get(named).or_else(|| heroku.docker.get("web"))?;
    let folder = paths::parent(repository.tree.path(file)).to_owned();
    Some(ImageBuild {
        dockerfile: repository.tree.find(&paths::join(&folder, &build.dockerfile.value)?)?,
        context: paths::join(&folder, paths::parent(&build.dockerfile.value))?,
        target: build.target.as_ref().map(|target| target.value.clone()),
        args: args(&heroku.config),
        span: Some(build.dockerfile.span),
    })
}
