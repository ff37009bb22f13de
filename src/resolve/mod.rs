//! From a plan to facts: typed components first, in order (build, installs, variables, command, settings, services), then
//! one room a dimension.

mod assembled;
mod at_start;
mod beside;
mod brought_up;
pub mod build;
mod buttons;
mod by_flag;
mod by_hand;
mod called;
mod cells;
pub mod components;
mod configuration;
mod copied;
mod copy_sources;
mod deployed;
mod differing;
mod disks;
mod edited;
mod edited_lists;
mod entry;
mod env_file;
mod exports;
mod flask_app;
mod from_stage;
mod gate;
mod handed_out;
mod handing_on;
pub mod hosted;
mod hosted_names;
mod idle;
mod import_roots;
mod in_earnest;
mod install_paths;
mod installers;
pub mod installs;
mod interpreters;
pub mod job;
mod job_services;
mod job_variables;
mod lacking;
pub mod left_behind;
mod left_out;
mod legs;
pub mod machine;
mod mounted;
mod node;
mod nowhere;
mod offered;
mod optional_words;
mod outside;
mod overlaid;
mod own_program;
mod own_text;
mod own_wheels;
mod ownership;
pub mod part;
pub mod picked;
pub mod pipeline;
pub mod process;
mod procfiles;
mod pytest;
pub mod reading;
mod refresh;
mod rehearsed;
pub mod required;
mod runner;
mod sampled;
mod samples;
mod selected;
mod server_options;
pub mod services;
pub mod settings;
mod speaker;
pub mod state;
mod stood_by;
pub mod supervised;
mod system_installs;
mod test_variables;
mod tested_app;
pub mod together;
mod told_installs;
mod told_python;
mod told_server;
mod told_variables;
mod turns;
mod unneeded;
pub mod unread;
mod unselected;
mod unset;
mod untested;
mod venvs;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use components::Context;
use part::{Part, ProcessPart};
use rayon::prelude::*;
use rehearsed::Rehearsal;
use state::Statements;

use crate::discover::Config;
use crate::environments::plan::Runs;
use crate::environments::settings::Module;
use crate::environments::{Plan, Planned};
use crate::formats::python;
use crate::links::{Meaning, Repository, meaning};
use crate::model::{Attr, Component, ComponentKind, FileId, Model, Origin, Role, Unresolved};

/// What one environment came to.
struct Resolved {
    planned: Planned,
    statements: Statements,
    components: Vec<Component>,
    unresolved: Vec<Unresolved>,
    files: Vec<FileId>,
    rehearsal: Option<Rehearsal>,
    wants: Vec<lacking::Want>,
    have: Option<lacking::Have>,
    idle: Vec<idle::Idle>,
    /// The variables that its settings read.
    read: BTreeSet<String>,
    /// The files that its settings are made of.
    settings: Option<Vec<FileId>>,
}

/// What the environments of one project say of each other.
#[derive(Default)]
struct Others {
    /// What its production wants of services.
    wants: Vec<lacking::Want>,
    /// The names that its production reads.
    read: BTreeSet<String>,
    /// The settings files of each of its test environments.
    of_tests: Vec<Vec<FileId>>,
    /// The products that its production uses.
    products: cells::Products,
}

impl Others {
    fn by_project(all: &mut [Resolved]) -> BTreeMap<String, Self> {
        let mut projects: BTreeMap<String, Self> = BTreeMap::new();
        for resolved in all {
            let environment = &resolved.planned.environment;
            let own = projects.entry(environment.project.clone()).or_default();
            match environment.role {
                Role::Test => own.of_tests.extend(resolved.settings.clone()),
                Role::Production => {
                    cells::products(&resolved.statements, &mut own.products);
                    own.wants.append(&mut resolved.wants);
                    own.read.append(&mut resolved.read);
                }
                _ => {}
            }
        }
        projects
    }

    fn state(&self, resolved: &mut Resolved) {
        cells::settle(&mut resolved.statements, &self.products);
        idle::state(&mut resolved.statements, &resolved.idle, &self.read);
        if let Some(have) = &resolved.have {
            lacking::state(&mut resolved.statements, have, &self.wants);
        }
        if let Some(rehearsal) = &resolved.rehearsal {
            rehearsed::state(&mut resolved.statements, rehearsal, &self.of_tests);
        }
    }
}

/// Resolves every environment of a plan.
pub fn resolve(repository: &Repository<'_>, plan: Plan, config: &Config, as_of: &str) -> Model {
    let several = plan.roots.len() > 1;
    let mut views: BTreeMap<&str, Repository<'_>> = BTreeMap::new();
    for root in plan.roots.iter().filter(|_| several) {
        views.insert(if root.is_empty() { "." } else { root }, repository.view(&plan.roots, root));
    }
    let modules: BTreeMap<&str, Vec<Module>> =
        views.iter().map(|(name, view)| (*name, crate::environments::settings::modules(view))).collect();
    let contexts: BTreeMap<&str, Context<'_, '_>> =
        views.iter().map(|(name, view)| (*name, Context::new(view, as_of))).collect();
    let (whole, all_modules) = (Context::new(repository, as_of), crate::environments::settings::modules(repository));
    let kinds: Vec<(String, Role)> = plan
        .environments
        .iter()
        .map(|planned| (planned.environment.project.clone(), planned.environment.role))
        .collect();
    let first = |at: usize| kinds.iter().position(|kind| *kind == kinds[at]) == Some(at);
    let environments: Vec<(Planned, bool)> =
        plan.environments.into_iter().enumerate().map(|(at, planned)| (planned, first(at))).collect();
    let mut all: Vec<Resolved> = environments
        .into_par_iter()
        .map(|(planned, first)| {
            let project = planned.environment.project.clone();
            let context = contexts.get(project.as_str()).unwrap_or(&whole);
            one(context, planned, first, modules.get(project.as_str()).unwrap_or(&all_modules))
        })
        .collect();
    let mut model = Model { not_found: plan.not_found, nothing: plan.nothing, ..Model::default() };
    model.unresolved.extend(plan.collection.map(reading::left_out));
    let others = Others::by_project(&mut all);
    for mut resolved in all {
        if let Some(others) = others.get(&resolved.planned.environment.project) {
            others.state(&mut resolved);
        }
        model.secrets.append(&mut resolved.statements.secrets);
        model.secret_spans.append(&mut resolved.statements.secret_spans);
        model.coverage.append(&mut resolved.statements.coverage);
        model.components.append(&mut resolved.components);
        model.unresolved.append(&mut resolved.unresolved);
        let mut environment = resolved.planned.environment;
        for file in resolved.files {
            if !environment.files.contains(&file) {
                environment.files.push(file);
            }
        }
        model.environments.push(environment);
        model.facts.extend(resolved.statements.finish());
    }
    model.facts.sort_by(|a, b| a.id.cmp(&b.id));
    model.problems = unread::problems(repository, &model);
    let _ = config;
    model
}

fn one(context: &Context<'_, '_>, planned: Planned, first: bool, modules: &[Module]) -> Resolved {
    let tree = context.repository.tree;
    let mut statements = Statements::new(&planned.environment.project, &planned.environment.name);
    let mut parts = components::of(context, &planned);
    for part in &mut parts {
        picked::add(context, part);
        installs::doubt_installers(part);
    }
    disks::add(context.repository, &planned, &mut parts);
    let first_run = legs::first(context, &planned, &parts);
    let run = first_run.as_deref().unwrap_or(&parts);
    let mut loaded = settings::load(context, &planned, run, modules);
    if let Some(loaded) = &mut loaded {
        stood_by::doubt(&parts, loaded, context.as_of);
        flask_app::turn_on(context, loaded);
    }
    let button = buttons::of(tree, &planned);
    for part in &parts {
        state::image::state(&mut statements, part, tree, context.as_of);
        state::runtime::state(&mut statements, part, tree, context.as_of, button);
        state::system_package::state(&mut statements, part, tree);
        state::package::state(&mut statements, part, tree);
        let tested = test_variables::seen(context, planned.environment.role, part);
        state::variable::state(&mut statements, tested.as_ref().unwrap_or(part), loaded.as_ref(), tree);
        state::process::state(&mut statements, part, tree, &|process| debugger(context, part, process));
    }
    state::process::scheduler(&mut statements, &parts);
    state::process::kinds(&mut statements, &planned, &parts);
    state::only_server::state(&mut statements, planned.environment.role, &parts);
    state::locked::passed_over(&mut statements, context.repository, &planned, &parts);
    let alone = legs::of_main(&planned, loaded.as_ref());
    let declared = services::all_declared(context, alone.as_ref().unwrap_or(&planned), &parts);
    let used = services::all_used(context.repository, &planned, loaded.as_ref(), run);
    unneeded::state(&mut statements, context.repository, &used);
    together::join(&mut statements, &jobs(&planned, &parts));
    let role = planned.environment.role;
    state::service::state(&mut statements, role, &used, &declared, &talks(&parts), context.as_of);
    state::service::proxies(&mut statements, &services::proxies::of(tree, &parts));
    if let Some(loaded) = &loaded {
        state::setting::state(&mut statements, loaded, tree);
        for other in differing::of(context, &planned, &parts, modules, loaded) {
            state::setting::of_component(&mut statements, &other, differing::SETTING, tree);
        }
        state::setting::served(&mut statements, &parts, loaded);
        called::state(&mut statements, context.repository, loaded, &used);
        state::deliberate::state(&mut statements, tree, &planned, (&parts, loaded), &used);
        state::given::asked(&mut statements, loaded, &planned.config.provides, tree);
        state::locked::needed(&mut statements, loaded, &parts);
        legs::state(&mut statements, context, (&planned, run), modules, loaded);
    }
    pipeline::state(&mut statements, context.repository, &planned, first);
    let unresolved = reading::unresolved(context, &planned, &parts, loaded.as_ref());
    let files = reading::files(&parts, loaded.as_ref());
    let components = parts.iter().map(|part| component(context, &planned, part)).collect();
    let wants = lacking::wants(&used, &declared, &parts, loaded.as_ref(), tree);
    let have = lacking::have(context, &planned, &parts, &used, &declared, loaded.as_ref());
    let idle = idle::of(context, planned.environment.role, &used, &declared, loaded.as_ref());
    let read = idle::read_by(loaded.as_ref());
    let rehearsal = loaded.as_ref().and_then(|loaded| rehearsed::of(context, &planned, &parts, loaded));
    let settings = loaded.as_ref().map(|loaded| loaded.settings.files.iter().map(|(file, _)| *file).collect());
    Resolved { planned, statements, components, unresolved, files, rehearsal, wants, have, idle, read, settings }
}

/// The components that are jobs which run the tests.
fn jobs(planned: &Planned, parts: &[Part<'_>]) -> Vec<Arc<str>> {
    let is_job = |part: &&Part<'_>| {
        planned.units.iter().any(|unit| *unit.name == *part.name && matches!(unit.runs, Runs::Job { .. }))
    };
    let jobs = parts.iter().filter(is_job).map(|part| Arc::clone(&part.name));
    if planned.environment.role == Role::Test { jobs.collect() } else { Vec::new() }
}

/// Clients and wait loops of start scripts: evidence for the product behind a variable.
fn talks(parts: &[Part<'_>]) -> Vec<(&'static str, Origin)> {
    let commands = parts.iter().filter(|part| part.kind == ComponentKind::App).flat_map(|part| &part.commands);
    commands
        .filter_map(|(argv, span)| {
            if let Meaning::Talks(product) = meaning::of(argv) { Some((product, Origin::set(*span))) } else { None }
        })
        .collect()
}

/// Whether the program a process starts turns an interactive debugger on.
fn debugger(context: &Context<'_, '_>, part: &Part<'_>, process: &ProcessPart) -> Option<Attr> {
    let words = meaning::unwrapped(&process.argv);
    let script = words.iter().find(|word| word.ends_with(".py"))?;
    let file = part.container.as_ref()?.find(script)?;
    let facts = python::entry_points(context.repository.tree, file);
    let debugs =
        |call: &&python::RunCall| call.keywords.iter().any(|(name, _)| name == "debug" || name == "use_debugger");
    let call = facts.runs.iter().find(debugs)?;
    let on =
        call.keywords.iter().any(|(name, value)| (name == "debug" || name == "use_debugger") && value.value == "True");
    Some(Attr::bool(on, Origin::set(call.span).join(&process.origin)))
}

fn component(context: &Context<'_, '_>, planned: &Planned, part: &Part<'_>) -> Component {
    let serving = part.processes.iter().find(|process| process.server.is_some());
    let image = part.image.as_ref();
    Component {
        project: planned.environment.project.as_str().into(),
        environment: planned.environment.name.as_str().into(),
        name: part.name.clone(),
        kind: part.kind,
        build_context: image.and_then(|image| image.context.clone()),
        dockerfile: image.and_then(|image| image.dockerfile).map(|file| context.repository.tree.path(file).to_owned()),
        server: serving.and_then(|process| process.server.as_ref()).map(|server| server.id.to_owned()),
        module: serving.and_then(|process| process.module.clone()),
        image_repository: image
            .filter(|image| image.dockerfile.is_none())
            .and_then(|image| image.about.as_ref())
            .map(|about| about.repository.clone()),
        span: part.span,
    }
}
