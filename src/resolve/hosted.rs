//! What platforms and editors run: images that are built here, images that are pulled, and code that the platform builds.

use super::components::{Context, built as build, entry_words, image_part, lay, own_command};
use super::installs::{self, Place};
use super::part::{Host, Otherwise, Part, ProcessPart, RuntimePart};
use super::process::{self, CommandWords};
use super::{build as builds, machine, offered, runner, supervised};
use crate::environments::plan::{ImageBuild, NativeBuild, Planned, Setup, Unit};
use crate::environments::{CommandLine, ContainerRun};
use crate::formats::requirements::MarkerEnv;
use crate::formats::shell::{self, Dialect, Word};
use crate::formats::small::{CommandText, supervisord};
use crate::formats::{Vars, World};
use crate::knowledge::{images, services};
use crate::links::repository::words;
use crate::links::{Container, Meaning, meaning};
use crate::model::{Certainty, ComponentKind, Known, Origin, Reason, Role, Spanned};

/// An image that the repository builds, with the platform's command behind its entry point, else its own.
pub fn built<'t>(
    context: &Context<'_, 't>,
    unit: &Unit,
    image: &ImageBuild,
    command: Option<&CommandLine>,
    planned: &Planned,
) -> Option<Part<'t>> {
    let built = build(context, image)?;
    let mut part = Part::new(&unit.name, ComponentKind::App, Host::Container);
    part.world = World::Open(Default::default());
    part.span = built.image.origin.primary();
    lay(&mut part, &built, true);
    give(&mut part, planned.variables.get(&unit.name));
    let setup = planned.setups.get(&unit.name);
    let line = command.map(|command| behind(entry_words(&built), command));
    let own = || own_command(&built).or_else(|| supervised::of_base(&built));
    let told = line.is_some();
    if let Some(command) = line.or_else(own).filter(|_| !idle(setup)) {
        process::start(&mut part, &command, context.repository.tree);
        // Of an image that is deployed, nothing here may say for what.
        if !told && matches!(planned.environment.role, Role::Production | Role::Staging) {
            offered::add(&mut part, &command, context.repository.tree);
        }
    }
    prepare(context, &mut part, setup, planned.environment.role);
    Some(part)
}

fn idle(setup: Option<&Setup>) -> bool {
    setup.is_some_and(|setup| setup.idle)
}

/// A command as the argument of an entry point; by itself it is for a shell, as is one that only a shell understands.
fn behind(entry: Vec<Word>, command: &CommandLine) -> CommandWords {
    let (span, map) = (command.span, Some(command.map.clone()));
    let shell = || ["/bin/sh", "-c", &command.text].iter().map(|word| Word::known(*word, span)).collect::<Vec<_>>();
    if entry.is_empty() {
        return CommandWords { words: shell(), span, map };
    }
    let text = CommandText { text: command.text.clone(), span, map: command.map.clone() };
    let plain = !command.text.contains(['$', '&', ';', '|', '>', '<', '`']);
    let own = if plain {
        supervisord::words(&text, &|_| None).iter().map(|word| Word::known(word.value.as_str(), word.span)).collect()
    } else {
        shell()
    };
    CommandWords { words: entry.into_iter().chain(own).collect(), span, map: None }
}

/// Variables that a platform's file gives.
fn give(part: &mut Part<'_>, given: Option<&Vars>) {
    for (name, var) in given.into_iter().flatten() {
        part.world.vars_mut().insert(name.clone(), var.clone());
        part.providers.insert(name.clone(), "platform");
    }
}

/// A process of a platform that builds the code by itself.
pub fn native<'t>(
    context: &Context<'_, 't>,
    unit: &Unit,
    command: &CommandLine,
    native: Option<&NativeBuild>,
    planned: &Planned,
) -> Part<'t> {
    let tree = context.repository.tree;
    let own = || crate::discover::paths::parent(tree.path(command.span.file)).to_owned();
    let folder = native.map_or_else(own, |native| native.folder.clone());
    let mut part = Part::new(&unit.name, ComponentKind::App, Host::Container);
    part.world = World::Open(Default::default());
    let mut container = Container::checkout(tree, &folder);
    // Where builders of Heroku's kind put the code.
    container.mount(&folder, "/app");
    part.container = Some(container);
    part.folder.clone_from(&folder);
    part.span = Some(command.span);
    give(&mut part, planned.variables.get(&unit.name));
    match native.and_then(|native| native.build.as_ref()) {
        Some(build) => machine::platform_build(context, &mut part, &folder, build),
        None if is_server(tree.path(command.span.file)) => {
            machine::server_installs(context, &mut part, planned.environment.role, &folder, command.span);
        }
        None => machine::platform_installs(context, &mut part, &folder, command.span),
    }
    let setup = planned.setups.get(&unit.name);
    if let Some(image) = setup.and_then(|setup| setup.image.as_ref()) {
        let about = images::describe(&image.value, context.as_of);
        let origin = Origin::set(image.span);
        part.runtimes.extend(builds::runtimes(&about, &origin, &Certainty::Stated));
        part.image = Some(image_part(Known::One(image.value.clone()), Certainty::Stated, origin, Some(about)));
    }
    if !idle(setup) {
        process::start(&mut part, &behind(Vec::new(), command), tree);
    }
    prepare(context, &mut part, setup, planned.environment.role);
    part
}

/// Whether a file starts programs on a server that installs nothing by itself: a unit of systemd, also one that a guide tells to
/// write, programs of supervisord.
fn is_server(path: &str) -> bool {
    let name = crate::discover::paths::name(path);
    let guide = [".md", ".rst", ".txt", ".adoc"].iter().any(|end| name.ends_with(end));
    name.contains(".service") || name.contains("supervisor") || name.ends_with(".j2") || guide
}

/// An image that the repository does not build.
pub fn pulled<'t>(
    context: &Context<'_, 't>,
    unit: &Unit,
    image: &Spanned<String>,
    command: Option<&CommandLine>,
    planned: &Planned,
) -> Part<'t> {
    let origin = Origin::set(image.span);
    let about = images::describe(&image.value, context.as_of);
    let service = services::by_image(&about.repository).is_some() && command.is_none();
    let kind = if service { ComponentKind::Service } else { ComponentKind::App };
    let setup = planned.setups.get(&unit.name);
    let folder = setup.map(|setup| setup.folder.clone()).unwrap_or_default();
    let mut part = Part::new(&unit.name, kind, Host::Container);
    part.world = World::Open(Default::default());
    part.span = Some(image.span);
    part.runtimes = builds::runtimes(&about, &origin, &Certainty::Stated);
    part.container = Some(Container::checkout(context.repository.tree, &folder));
    part.folder = folder;
    part.installs.packages_complete = Err(Reason::at("the image is not built here", image.span));
    part.installs.system_complete = Err(Reason::at("the image is not built here", image.span));
    part.image = Some(image_part(Known::One(image.value.clone()), Certainty::Stated, origin, Some(about)));
    give(&mut part, planned.variables.get(&unit.name));
    if let Some(command) = command.filter(|_| !idle(setup)) {
        process::start(&mut part, &behind(Vec::new(), command), context.repository.tree);
    }
    prepare(context, &mut part, setup, planned.environment.role);
    part
}

/// A container of an orchestrator. Where its variables are all written down, no other is set.
pub fn contained<'t>(context: &Context<'_, 't>, unit: &Unit, run: &ContainerRun, planned: &Planned) -> Part<'t> {
    let built = run.image.as_ref().and_then(|image| build(context, image));
    let open = run.more.is_some();
    let mut part = match built.as_deref() {
        Some(built) => {
            let mut part = Part::new(&unit.name, ComponentKind::App, Host::Container);
            lay(&mut part, built, open);
            let named = run.reference.as_ref().filter(|image| !filled(&image.value));
            if let (Some(image), Some(name)) = (&mut part.image, named) {
                image.pulled_as = Some(name.clone());
            }
            part
        }
        None => foreign(context, unit, run),
    };
    let ours = part.kind == ComponentKind::App;
    part.span = Some(run.span);
    part.hostname.clone_from(&run.host);
    if open {
        part.world = World::Open(part.world.vars().clone());
        part.unseen.clone_from(&run.more);
    }
    give(&mut part, planned.variables.get(&unit.name));
    let words = |texts: &[Spanned<String>]| -> Vec<Word> {
        texts.iter().map(|word| Word::known(word.value.as_str(), word.span)).collect()
    };
    let mut argv = words(&run.entry);
    if argv.is_empty() && !run.command.is_empty() {
        argv.extend(built.as_deref().map(entry_words).unwrap_or_default());
    }
    argv.extend(words(&run.command));
    let said = run.entry.first().or(run.command.first()).map(|first| first.span);
    let command = match said {
        Some(span) => Some(CommandWords { words: argv, span, map: None }),
        None => built.as_deref().and_then(|built| own_command(built).or_else(|| supervised::of_base(built))),
    };
    if let Some(command) = command.filter(|_| ours) {
        process::start(&mut part, &command, context.repository.tree);
    }
    part
}

/// Whether the name of an image has parts that are filled in when it is deployed.
fn filled(text: &str) -> bool {
    text.contains(['$', '{', '<', '%']) || text.is_empty()
}

/// A container whose image the repository does not build.
fn foreign<'t>(context: &Context<'_, 't>, unit: &Unit, run: &ContainerRun) -> Part<'t> {
    let tree = context.repository.tree;
    let span = run.reference.as_ref().map_or(run.span, |image| image.span);
    let known = run.reference.as_ref().filter(|image| !filled(&image.value));
    let about = known.map(|image| images::describe(&image.value, context.as_of));
    let product = about.as_ref().is_some_and(|about| {
        let name = &about.repository;
        services::by_image(name).is_some() || services::is_edge_only(name) || services::is_admin_tool(name)
    });
    let kind = if product { ComponentKind::Service } else { ComponentKind::App };
    let mut part = Part::new(&unit.name, kind, Host::Container);
    let origin = Origin::set(span);
    part.runtimes = about.iter().flat_map(|about| builds::runtimes(about, &origin, &Certainty::Stated)).collect();
    part.container = Some(Container::checkout(tree, ""));
    part.installs.packages_complete = Err(Reason::at("the image is not built here", span));
    part.installs.system_complete = Err(Reason::at("the image is not built here", span));
    let why = || Known::Unknown(Reason::at("the image is named when it is deployed", span));
    let reference = known.map_or_else(why, |image| Known::One(image.value.clone()));
    part.image = Some(image_part(reference, Certainty::Stated, origin, about));
    part
}

/// What an editor adds to the service of a compose file that it works in.
pub fn added(context: &Context<'_, '_>, part: &mut Part<'_>, unit: &Unit, planned: &Planned) {
    let setup = planned.setups.get(&unit.name);
    give(part, planned.variables.get(&unit.name));
    if idle(setup) {
        part.processes.clear();
    }
    prepare(context, part, setup, planned.environment.role);
}

/// Puts in what a development container adds to its image: interpreters that go before the image's, what its commands install
/// and start, and the server that is started by hand there.
fn prepare(context: &Context<'_, '_>, part: &mut Part<'_>, setup: Option<&Setup>, role: Role) {
    let Some(setup) = setup else { return };
    let declared_in = if setup.by.is_empty() { "feature" } else { setup.by };
    for (tool, version) in setup.runtimes.iter().rev() {
        let known = version.value.starts_with(|c: char| c.is_ascii_digit());
        let value = if known {
            Known::One(version.value.clone())
        } else {
            Known::Unknown(Reason::at(format!("the feature chooses the version ({})", version.value), version.span))
        };
        let (origin, certainty) = (Origin::set(version.span), Certainty::Stated);
        part.runtimes.insert(0, RuntimePart { tool, version: value, declared_in, origin, certainty });
    }
    let tree = context.repository.tree;
    let mut container = Container::checkout(tree, &setup.folder);
    let python = part.python().map(str::to_owned);
    for command in &setup.commands {
        let script = shell::parse(&command.text, &command.map, Dialect::Bash);
        let commands = shell::evaluate(&script, &part.world, &[], &container).commands;
        let named: Vec<String> = commands.iter().flat_map(words).collect();
        for folder in named.iter().flat_map(|word| workspaces(word)) {
            container.mount("", folder);
        }
        for executed in runner::followed(commands, &container, tree) {
            let place = Place {
                tree,
                container: &container,
                workdir: container.workdir.clone(),
                stage: part.name.to_string(),
                context: setup.folder.clone(),
                markers: MarkerEnv::linux(python.as_deref()),
            };
            installs::run(&mut part.installs, &executed, &place);
            let argv = words(&executed);
            part.commands.push((argv.clone(), executed.span));
            // A step that passes is done before anything runs.
            if let Meaning::Serves(found) = meaning::of(&argv)
                && !matches!(found.kind, "oneshot" | "registration")
            {
                part.processes.push(ProcessPart {
                    key: part.name.to_string(),
                    argv,
                    server: Some(found),
                    module: None,
                    origin: Origin::set(executed.span),
                    script: None,
                    maybe: None,
                    unless: None,
                    otherwise: Otherwise::Other,
                    vars: executed.vars.clone(),
                    options: Default::default(),
                });
            }
        }
    }
    if role == Role::Development {
        let key = part.name.to_string();
        super::by_hand::start(context.repository, part, &key, false);
    }
}

/// The folders in which editors put a checkout that a command names: `/workspaces/NAME`.
fn workspaces(text: &str) -> impl Iterator<Item = &str> {
    const ABOVE: &str = "/workspaces/";
    text.match_indices(ABOVE).filter_map(|(at, _)| {
        let name = text.get(at + ABOVE.len()..)?;
        let end = name.find(|c: char| !c.is_alphanumeric() && !"-_.".contains(c)).unwrap_or(name.len());
        (end > 0).then(|| text.get(at..at + ABOVE.len() + end)).flatten()
    })
}
