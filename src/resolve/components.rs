//! From what the plan says runs to typed components.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::build::{self, Built};
use super::hosted;
use super::outside;
use super::ownership;
use super::part::{Host, ImagePart, Part};
use super::process::{self, CommandWords};
use super::samples;
use crate::discover::{Presence, paths};
use crate::environments::plan::{ImageBuild, Planned, Runs, Unit};
use crate::environments::samples::template_of;
use crate::environments::words::naming;
use crate::environments::{compose as inferred, images as inferred_images};
use crate::formats::compose::{EnvFileUse, Project, Provider, Service};
use crate::formats::shell::Word;
use crate::formats::{Var, World};
use crate::knowledge::{images, processes};
use crate::links::{Container, Repository};
use crate::model::{Certainty, ComponentKind, FileId, Known, Origin, Problem, Reason, Role, SpanMap, Spanned};

/// What resolution of components needs.
pub struct Context<'a, 't> {
    /// The repository.
    pub repository: &'a Repository<'t>,
    /// The date for floating tags.
    pub as_of: &'a str,
    /// Builds that were resolved already: services and environments share them.
    pub builds: Mutex<BTreeMap<ImageBuild, Option<Arc<Built<'t>>>>>,
}

impl<'a, 't> Context<'a, 't> {
    /// What resolution of a repository's, or one project's, environments starts from.
    pub fn new(repository: &'a Repository<'t>, as_of: &'a str) -> Self {
        Self { repository, as_of, builds: Mutex::default() }
    }
}

/// The components of an environment.
pub fn of<'t>(context: &Context<'_, 't>, planned: &Planned) -> Vec<Part<'t>> {
    let mut parts = Vec::new();
    for unit in &planned.units {
        parts.extend(one(context, planned, unit));
    }
    for unit in &planned.units {
        if let Runs::Job { workflow, job } = &unit.runs {
            super::job_services::add(context, (*workflow, job), &mut parts);
        }
    }
    if planned.units.is_empty() {
        parts.extend(super::machine::by_name(context, planned));
    }
    parts
}

fn one<'t>(context: &Context<'_, 't>, planned: &Planned, unit: &Unit) -> Option<Part<'t>> {
    let mut part = match &unit.runs {
        Runs::Compose { project, service, folder, instead } => {
            let instead = instead.as_ref().map(|line| CommandWords {
                words: ["/bin/sh", "-c", &line.text].iter().map(|word| Word::known(*word, line.span)).collect(),
                span: line.span,
                map: Some(line.map.clone()),
            });
            let called = service;
            let service = project.services.get(service).filter(|service| !cut_off(project, service))?;
            let mut part = composed(context, project, service, folder, instead);
            hosted::added(context, &mut part, unit, planned);
            if planned.environment.role == Role::Development {
                super::by_hand::within(context.repository, &mut part, called);
            }
            part
        }
        Runs::Image(image) => hosted::built(context, unit, image, None, planned)?,
        Runs::Process { command, image: Some(image), .. } => {
            hosted::built(context, unit, image, Some(command), planned)?
        }
        Runs::Process { command, image: None, native } => {
            hosted::native(context, unit, command, native.as_ref(), planned)
        }
        Runs::Pulled { image, command } => hosted::pulled(context, unit, image, command.as_ref(), planned),
        Runs::Container(run) => hosted::contained(context, unit, run, planned),
        Runs::Job { workflow, job } => super::job::of(context, *workflow, job, &unit.name)?,
        Runs::Machine { folder } => super::machine::of(context, planned, folder),
    };
    outside::provide(context, &mut part, planned, unit);
    Some(part)
}

pub(super) fn built<'t>(context: &Context<'_, 't>, image: &ImageBuild) -> Option<Arc<Built<'t>>> {
    let known = context.builds.lock().ok().and_then(|builds| builds.get(image).cloned());
    if let Some(known) = known {
        return known;
    }
    let build = inferred_images::build(context.repository, image);
    let built =
        build.and_then(|build| build::resolve(context.repository.tree, build, image, context.as_of)).map(Arc::new);
    if let Ok(mut builds) = context.builds.lock() {
        builds.insert(image.clone(), built.clone());
    }
    built
}

/// Lays what a build made into a component.
pub(super) fn lay<'t>(part: &mut Part<'t>, built: &Built<'t>, open: bool) {
    part.image = Some(built.image.clone());
    part.installs.clone_from(&built.installs);
    part.runtimes.clone_from(&built.runtimes);
    part.container = Some(built.container.clone());
    part.commands.clone_from(&built.commands);
    part.releases.extend(built.commands.iter().filter(|(argv, _)| process::migrates(argv)).cloned());
    part.folder = built.image.context.clone().unwrap_or_default();
    let Some(stage) = built.stage() else { return };
    part.user.clone_from(&stage.user);
    part.healthcheck = stage.healthcheck.as_ref().map(|check| {
        let text = check.command.as_ref().map_or_else(|| check.kind.clone(), |command| command.argv().join(" "));
        Spanned::new(text, check.span)
    });
    for (name, var) in &stage.env {
        let mut var = var.clone();
        if open {
            var.certainty = Certainty::Default { variable: Some(name.clone()) };
        }
        part.world.vars_mut().insert(name.clone(), var);
        part.providers.insert(name.clone(), "image");
    }
    super::env_file::copied(part, built);
}

/// The command of the stage that runs, entry point first.
pub(super) fn own_command(built: &Built<'_>) -> Option<CommandWords> {
    let stage = built.stage()?;
    let (mut words, mut span, mut map) = (Vec::new(), None, None);
    for command in [&stage.entrypoint, &stage.cmd].into_iter().flatten() {
        let (more, at) = build::command_words(command);
        if let crate::formats::dockerfile::Command::Shell { map: lines, .. } = command {
            map = words.is_empty().then(|| lines.clone());
        }
        words.extend(more);
        span = Some(at);
    }
    Some(CommandWords { words, span: span?, map })
}

fn composed<'t>(
    context: &Context<'_, 't>,
    project: &Project,
    service: &Service,
    folder: &str,
    instead: Option<CommandWords>,
) -> Part<'t> {
    let tree = context.repository.tree;
    let image = inferred::image_of(context.repository, project, service);
    let built = image.as_ref().and_then(|image| built(context, image));
    let kind = ownership::kind_of(service, built.as_deref(), context);
    let mut part = Part::new(&service.name.value, kind, Host::Container);
    part.span = Some(service.name.span);
    part.hostname = Some(service.name.value.clone());
    part.needs = service.depends_on.keys().cloned().collect();
    if let Some(built) = built.as_deref() {
        lay(&mut part, built, false);
        // What an image rests on may be for the build alone to say: the name that is pulled is known.
        if let (Some(own), Some(image)) = (&mut part.image, service.image.as_ref().filter(|_| service.build.is_none()))
        {
            if matches!(own.reference, Known::Unknown(_)) {
                (own.reference, own.certainty) = (image.value.clone(), image.certainty.clone());
                own.origin = image.origin.clone();
            } else if let (Some(name), Some(place)) = (image.value.one(), image.origin.primary()) {
                own.pulled_as = Some(Spanned::new(name.clone(), place));
            }
        }
    } else if let Some(image) = &service.image {
        let about = image.value.one().map(|reference| images::describe(reference, context.as_of));
        part.runtimes =
            about.iter().flat_map(|about| build::runtimes(about, &image.origin, &image.certainty)).collect();
        part.image = Some(image_part(image.value.clone(), image.certainty.clone(), image.origin.clone(), about));
        part.container = Some(Container::checkout(tree, folder));
        part.installs.packages_complete = Err(Reason::new("the image is not built here"));
        part.installs.system_complete = Err(Reason::new("the image is not built here"));
    } else {
        let reason = Reason::at("the image's Dockerfile is not in the repository", service.name.span);
        part.image =
            Some(image_part(Known::Unknown(reason.clone()), Certainty::Stated, Origin::set(service.name.span), None));
        part.installs.packages_complete = Err(reason.clone());
        part.installs.system_complete = Err(reason);
    }
    checked(&mut part, service);
    variables(&mut part, project, service, tree);
    mounts(&mut part, service, folder);
    if let Some(user) = &service.user {
        part.user =
            user.value.one().map(|name| Spanned::new(name.clone(), user.origin.primary().unwrap_or(service.name.span)));
    }
    if let Some(command) = instead.or_else(|| effective(service, built.as_deref()))
        && (kind == ComponentKind::App || schedules(&command))
    {
        process::start(&mut part, &command, tree);
    }
    part
}

/// The health check that the file gives in place of the image's.
fn checked(part: &mut Part<'_>, service: &Service) {
    let Some((check, span)) = service.healthcheck.as_ref().and_then(|check| Some((check, check.span?))) else { return };
    let test = check.test.as_deref().unwrap_or_default();
    if check.disable || test.first().is_some_and(|word| word == "NONE") {
        part.healthcheck = None;
    } else if let Some(words) = test.get(1..).filter(|words| !words.is_empty()) {
        part.healthcheck = Some(Spanned::new(words.join(" "), span));
    }
}

pub(super) fn image_part(
    reference: Known<String>,
    certainty: Certainty,
    origin: Origin,
    about: Option<images::Image>,
) -> ImagePart {
    ImagePart {
        reference,
        certainty,
        origin,
        about,
        dockerfile: None,
        pulled_as: None,
        context: None,
        target: None,
        platform: None,
        stages: Vec::new(),
        missing: Vec::new(),
        told: Vec::new(),
    }
}

/// Whether a command is, or is handed to a start script as, a daemon that runs what a crontab says.
fn schedules(command: &CommandWords) -> bool {
    let words = command.words.iter().filter_map(|word| word.text.one());
    words.into_iter().any(|word| processes::server(&[word]).is_some_and(|server| server.id == "cron"))
}

/// The command that runs: what the file says over what the image says.
fn effective(service: &Service, built: Option<&Built<'_>>) -> Option<CommandWords> {
    let line = service.entrypoint.as_ref().or(service.command.as_ref());
    let Some(line) = line else { return built.and_then(own_command) };
    let mut words = match &service.entrypoint {
        Some(entrypoint) => entrypoint.words.clone(),
        None => built.map(entry_words).unwrap_or_default(),
    };
    words.extend(service.command.iter().flat_map(|command| command.words.clone()));
    Some(CommandWords { words, span: line.origin.primary()?, map: None })
}

/// The words of an image's entry point.
pub(super) fn entry_words(built: &Built<'_>) -> Vec<Word> {
    let entry = built.stage().and_then(|stage| stage.entrypoint.as_ref());
    entry.map(|command| build::command_words(command).0).unwrap_or_default()
}

/// Whether a file of variables is one that may be left out: what is named for production or staging is there, where those run.
fn is_extra(used: &EnvFileUse) -> bool {
    let deployed = |(role, _)| matches!(role, Role::Production | Role::Staging);
    !used.required && !naming(&used.path).role.is_some_and(deployed)
}

fn variables(part: &mut Part<'_>, project: &Project, service: &Service, tree: &crate::discover::Tree) {
    let fault = broken(project, service.name.span.file).next();
    let mut open = fault.is_some();
    part.unseen = fault.map(|fault| Reason::at(fault.message.clone(), fault.span));
    for used in project.env_files.iter().filter(|used| used.service == service.name.value) {
        if let Presence::Here(file) = used.presence {
            let fault = broken(project, file).next();
            open |= fault.is_some();
            part.unseen =
                part.unseen.take().or_else(|| fault.map(|fault| Reason::at(fault.message.clone(), fault.span)));
            continue;
        }
        open = true;
        if used.written {
            continue;
        }
        match template_of(tree, &used.path) {
            None if is_extra(used) || lies_over(project, service, &used.path) => {}
            Some(sample) => samples::stand_in(part, tree, sample, used.span),
            None => part.unseen = Some(Reason::at(format!("{} is not in the repository", used.path), used.span)),
        }
    }
    for (name, given) in &service.environment {
        let provider = match given.provider {
            // A sample that the file itself names is no stand-in: it runs.
            _ if given.var.certainty.is_default() && samples::is_shown(&given.var.origin, tree) => "sample",
            Provider::EnvFile => "dotenv",
            Provider::Environment => "compose",
        };
        let mut var = given.var.clone();
        if given.pass_through {
            let reason = Reason::new(format!("{name} is passed through from the shell"));
            var.value = Known::Unknown(reason.answered_with(format!("provides = [\"{name}\"]")));
        }
        part.world.vars_mut().insert(name.clone(), var);
        part.providers.insert(name.clone(), provider);
    }
    secrets(part, service);
    if open || part.container.is_none() {
        part.world = World::Open(part.world.vars().clone());
    }
}

/// Whether a file of variables that is not there would lie over one that is (`web.env.local` over `web.env`): what a person
/// adds on a machine of his own is no part of what the environment has.
fn lies_over(project: &Project, service: &Service, path: &str) -> bool {
    let under = |other: &&EnvFileUse| {
        other.service == service.name.value
            && matches!(other.presence, Presence::Here(_))
            && path.strip_prefix(other.path.as_str()).is_some_and(|rest| rest.starts_with('.'))
    };
    project.env_files.iter().find(under).is_some()
}

/// A secret that a service has is a file; what starts there often hands it on as the variable of that name.
fn secrets(part: &mut Part<'_>, service: &Service) {
    for name in service.secrets.iter().map(|name| name.to_uppercase()) {
        if part.world.vars().contains_key(&name) {
            continue;
        }
        let at = service.name.span;
        let value = Known::Unknown(Reason::at(format!("the service has a secret of the name {name}"), at));
        part.world.vars_mut().insert(name.clone(), Var { value, ..Var::set("", Origin::set(at)) });
        part.providers.insert(name, "compose");
    }
}

/// A fault for which more stands in a file than was read of it.
fn broken(project: &Project, file: FileId) -> impl Iterator<Item = &Problem> {
    let twice = |problem: &Problem| problem.message.ends_with("stands twice");
    project.problems.iter().filter(move |problem| problem.span.file == file && !twice(problem))
}

/// Why nothing is known of what an environment's compose file gives: reading ended within its services.
pub(super) fn unread(planned: &Planned) -> Option<Reason> {
    planned.units.iter().find_map(|unit| match &unit.runs {
        Runs::Compose { project, service, .. } => {
            let service = project.services.get(service)?;
            let fault = broken(project, service.name.span.file).next()?;
            cut_off(project, service).then(|| Reason::at(fault.message.clone(), fault.span))
        }
        _ => None,
    })
}

/// Whether reading ended within a service.
fn cut_off(project: &Project, service: &Service) -> bool {
    let place = service.name.span;
    broken(project, place.file).any(|problem| {
        let behind = |other: &&Service| {
            let other = other.name.span;
            other.file == place.file && place.start < other.start && other.start < problem.span.start
        };
        place.start < problem.span.start && !project.services.values().any(|other| behind(&other))
    })
}

fn mounts(part: &mut Part<'_>, service: &Service, folder: &str) {
    if let (Some(platform), Some(image)) = (&service.platform, &mut part.image)
        && let Some(name) = platform.value.one()
    {
        let span = platform.origin.primary().unwrap_or(service.name.span);
        image.platform = Some(Spanned::new(name.clone(), span));
    }
    for mount in &service.volumes {
        part.volumes.push(mount.target.clone());
        let Some(source) = mount.source.as_deref().filter(|_| mount.kind == "bind") else { continue };
        let Some(outside) = paths::join("", source).or_else(|| paths::join(folder, source)) else { continue };
        let code = part.container.as_ref().is_some_and(|container| {
            mount.target.trim_end_matches('/') == container.workdir || container.holds_folder(&mount.target)
        });
        let ours = part.container.as_ref().is_some_and(|container| container.is_code(&outside));
        if code && ours && !mount.read_only {
            part.mounts.push(Spanned::new(format!("{source}:{}", mount.target), mount.span));
        }
        if let Some(container) = &mut part.container {
            container.mount(&outside, &mount.target);
        }
    }
    if let (Some(dir), Some(container)) = (&service.working_dir, &mut part.container)
        && let Some(dir) = dir.value.one()
    {
        container.workdir.clone_from(dir);
    }
}

/// How a text that is no slice of a file lies over it.
pub fn whole(span: crate::model::Span) -> SpanMap {
    SpanMap::Whole(span)
}
