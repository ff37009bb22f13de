//! A CI job that runs the tests, as a component: its runner or container, its Python, what its steps install and set.

use std::collections::BTreeMap;

use super::build;
use super::components::Context;
use super::installers;
use super::installs::{self, Place};
use super::job_variables;
use super::node;
use super::part::{Host, ImagePart, Otherwise, Part, ProcessPart, RuntimePart};
use super::required;
use super::runner;
use super::turns::{self, Turn};
use crate::discover::paths;
use crate::formats::requirements::MarkerEnv;
use crate::formats::shell::{self, Dialect};
use crate::formats::workflow::{self, Job, Workflow};
use crate::formats::{Var, Vars, World};
use crate::knowledge::images;
use crate::links::container::{CHECKOUT, Container};
use crate::links::repository::words;
use crate::links::{Meaning, console_scripts};
use crate::model::{Certainty, ComponentKind, FileId, Known, Origin, Reason, Span, Spanned};

/// The component of a job.
pub fn of<'t>(context: &Context<'_, 't>, file: FileId, id: &str, name: &str) -> Option<Part<'t>> {
    let workflow = context.repository.workflow(file)?;
    let job = workflow.jobs.iter().find(|job| job.id.value == id)?;
    let instances = workflow::expand(&workflow, job, &BTreeMap::new());
    Some(of_runs(context, &workflow, job, &instances, name))
}

/// The component of some runs of a job.
pub(super) fn of_runs<'t>(
    context: &Context<'_, 't>,
    workflow: &Workflow,
    job: &Job,
    instances: &[workflow::RunInstance],
    name: &str,
) -> Part<'t> {
    let mut part = Part::new(name, ComponentKind::App, Host::Runner);
    part.span = Some(job.id.span);
    image(&mut part, job, instances, context.as_of);
    runtimes(context, &mut part, job, instances);
    let mut vars = job_variables::of(workflow, job, instances);
    vars.insert("CI".into(), Var::set("true", Origin::set(job.id.span)));
    for name in vars.keys() {
        part.providers.insert(name.clone(), "ci");
    }
    for (name, var) in job_variables::written(context, workflow, job) {
        vars.entry(name.clone()).or_insert(var);
        part.providers.entry(name).or_insert("dotenv");
    }
    part.world = World::Closed(vars);
    let tree = context.repository.tree;
    part.container = Some(Container::checkout(tree, ""));
    let every = turns::of(workflow, job, instances);
    let checkout = workflow.ci.checkout();
    turns::together(&mut part, &every, job.id.span, |part, turn| steps(context, part, (job, checkout), turn));
    if !part.installs.installs_python {
        part.installs.packages_complete =
            Err(Reason::at("no step of the job installs packages by a known command", job.id.span));
    }
    build::brought(&part.installs, &mut part.runtimes);
    let known: Vec<&str> = part.runtimes.iter().map(|runtime| runtime.tool).collect();
    let installers = installers::of_job(tree, job, &part.commands);
    let new: Vec<RuntimePart> = installers.into_iter().filter(|one| !known.contains(&one.tool)).collect();
    part.runtimes.extend(new);
    let order = part.processes.iter().position(|process| process.server.is_none());
    if part.processes.len() > 1 {
        part.processes.truncate(order.map_or(1, |at| at + 1));
    }
    part
}

/// The values a matrix gives, as one known: a matrix runs all of them.
pub(super) fn every(values: Vec<Known<String>>, span: Span) -> Known<String> {
    let mut all: Vec<String> = Vec::new();
    for value in values {
        match value {
            Known::Unknown(reason) => return Known::Unknown(reason),
            value => all.extend(value.values().iter().cloned()),
        }
    }
    all.sort();
    all.dedup();
    match all.len() {
        0 => Known::Absent,
        1 => Known::One(all.remove(0)),
        _ => Known::Every(all, Reason::at("the matrix runs all of them", span)),
    }
}

fn image(part: &mut Part<'_>, job: &Job, instances: &[workflow::RunInstance], as_of: &str) {
    if let Some(container) = &job.container {
        part.host = Host::Container;
        let references = instances
            .iter()
            .map(|instance| instance.container.as_ref().map_or(Known::Absent, |container| container.image.0.clone()))
            .collect();
        let reference = every(references, container.image.span);
        let about = reference.one().map(|reference| images::describe(reference, as_of));
        let place = instances.iter().find_map(|instance| Some(instance.container.as_ref()?.image.1));
        let origin = handed(place.unwrap_or(container.image.span), job);
        part.runtimes = about.iter().flat_map(|about| build::runtimes(about, &origin, &Certainty::Stated)).collect();
        part.image = Some(plain(reference, origin, about));
        return;
    }
    let span = job.runs_on.as_ref().map_or(job.id.span, |node| node.span);
    let labels =
        instances.iter().filter_map(|instance| instance.labels.first()).map(|(label, _)| label.clone()).collect();
    let label = match every(labels, span) {
        Known::Absent => Known::Unknown(Reason::at("the file does not say what the job runs on", span)),
        label => label,
    };
    let about = label.one().and_then(|label| runner(label, as_of));
    part.image = Some(plain(label, Origin::set(span), about));
}

/// What a hosted runner is, as an image is described.
fn runner(label: &str, as_of: &str) -> Option<images::Image> {
    let runner = images::runner_at(label, as_of)?;
    let known = |text: Option<String>| {
        text.map_or_else(|| Known::Unknown(Reason::new("only its owner knows the runner")), Known::One)
    };
    let mut about = images::describe("runner", as_of);
    about.distro = known(runner.distro.map(str::to_owned));
    about.release = known(runner.release);
    about.libc = known(runner.libc.map(str::to_owned));
    about.variant = Known::Absent;
    about.python = Known::Absent;
    Some(about)
}

fn plain(reference: Known<String>, origin: Origin, about: Option<images::Image>) -> ImagePart {
    ImagePart {
        reference,
        certainty: Certainty::Stated,
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

/// The pnpm of the project's own file, where a step sets it up and is told of none.
fn pnpm(context: &Context<'_, '_>, part: &Part<'_>, job: &Job) -> Option<RuntimePart> {
    let sets_up =
        |step: &&workflow::Step| step.uses.as_ref().is_some_and(|uses| uses.value.starts_with("pnpm/action-setup@"));
    let step = job.steps.iter().find(sets_up)?;
    if part.runtimes.iter().any(|runtime| runtime.tool == "pnpm") {
        return None;
    }
    let path = step.with.get("package_json_file").map_or("package.json", |path| &path.value);
    let version = node::pnpm(context.repository.tree, path)?;
    let origin = Origin::set(version.span).then(crate::model::StepKind::Selected, step.span);
    let (tool, declared_in, certainty) = ("pnpm", "package.json", Certainty::Stated);
    Some(RuntimePart { tool, version: Known::One(version.value), declared_in, origin, certainty })
}

/// The Pythons that setup steps choose; without one, that of the file which they read.
fn runtimes(context: &Context<'_, '_>, part: &mut Part<'_>, job: &Job, instances: &[workflow::RunInstance]) {
    tools(part, instances);
    part.runtimes.extend(pnpm(context, part, job));
    if !part.runtimes.iter().any(|runtime| runtime.tool == "node") {
        let files = instances.iter().flat_map(|instance| &instance.node_files);
        part.runtimes.extend(files.clone().next().and_then(|(file, at)| node::of_file(context, file, *at)));
    }
    let mut versions = Vec::new();
    let mut span = None;
    let mut declared_in = "setup-python";
    // What another step found out (`steps.python.outputs.python-version`) is what that was told.
    let told = |instance: &workflow::RunInstance| instance.uv_python.iter().any(|(version, _)| !version.is_unknown());
    let asked = |instance: &workflow::RunInstance| !instance.uv_python.is_empty() && instance.python.is_empty();
    let by_uv = instances.iter().any(|instance| told(instance) || asked(instance));
    if by_uv {
        declared_in = "setup-uv";
    }
    for instance in instances {
        for (version, at) in if by_uv { &instance.uv_python } else { &instance.python } {
            versions.push(version.clone());
            span.get_or_insert(*at);
        }
    }
    let found =
        if versions.is_empty() { of_files(context, job, instances) } else { read_by_step(context, job, &versions) };
    if found.is_some() || versions.is_empty() {
        part.runtimes.splice(0..0, found);
        return;
    }
    let Some(span) = span else { return };
    let version = every(versions, span);
    let part_of =
        RuntimePart { tool: "python", version, declared_in, origin: handed(span, job), certainty: Certainty::Stated };
    part.runtimes.insert(0, part_of);
}

/// The Python of `.python-version`, where what is not known of a version is what a step reads from there for the next:
/// `echo "PYTHON_VERSION=$(cat .python-version)" >> $GITHUB_ENV`.
fn read_by_step(context: &Context<'_, '_>, job: &Job, versions: &[Known<String>]) -> Option<RuntimePart> {
    const FILE: &str = ".python-version";
    let hands_on = |text: &str| ["$GITHUB_ENV", "$GITHUB_OUTPUT", "::set-output"].iter().any(|to| text.contains(to));
    let reads = |line: &str| ["cat ", "<", "head "].iter().any(|verb| line.contains(verb)) && line.contains(FILE);
    let mut steps = job.steps.iter().filter_map(|step| step.run.as_ref());
    let step = steps.find(|run| hands_on(&run.text) && run.text.lines().any(reads))?;
    let open = versions.iter().all(Known::is_unknown);
    let (version, at, declared_in) = super::machine::first_python(context, "", None, &[FILE]).filter(|_| open)?;
    let origin = Origin::set(at).then(crate::model::StepKind::Used, step.span);
    let (tool, certainty) = ("python", Certainty::Stated);
    Some(RuntimePart { tool, version: Known::One(version), declared_in, origin, certainty })
}

/// The Python of the file that a setup step is told of, or that it finds by itself.
fn of_files(context: &Context<'_, '_>, job: &Job, instances: &[workflow::RunInstance]) -> Option<RuntimePart> {
    let action = |step: &workflow::Step| {
        let name = step.uses.as_ref()?.value.split('@').next()?;
        ["actions/setup-python", "astral-sh/setup-uv", "jdx/mise-action"].into_iter().find(|known| *known == name)
    };
    let (step, action) = job.steps.iter().find_map(|step| Some((step, action(step)?)))?;
    let named = instances.iter().flat_map(|instance| &instance.python_files).next();
    let (version, at, declared_in) = match (action, named) {
        ("jdx/mise-action", _) => {
            super::machine::mise_python(context, step.with.get("working_directory").map_or("", |dir| &dir.value))
        }
        ("actions/setup-python", Some((file, _))) => {
            let path = file.one()?;
            let range = || required::of_file(context.repository.tree, path);
            match paths::name(path) {
                "pyproject.toml" => range().map(|(version, at)| (version, at, required::DECLARED_IN)),
                _ => super::machine::declared_python(context, "", Some(path), false),
            }
        }
        // Without a version and a file both take this one.
        ("actions/setup-python", None) => super::machine::first_python(context, "", None, &[".python-version"]),
        _ => super::machine::declared_python(context, "", None, true),
    }?;
    let origin = Origin::set(at).then(crate::model::StepKind::Selected, step.span);
    let (tool, certainty) = ("python", Certainty::Stated);
    Some(RuntimePart { tool, version: Known::One(version), declared_in, origin, certainty })
}

/// Where a value of a job is written; one that a caller hands to its workflow is used in the job.
fn handed(span: Span, job: &Job) -> Origin {
    let origin = Origin::set(span);
    if span.file == job.id.span.file { origin } else { origin.then(crate::model::StepKind::Used, job.id.span) }
}

/// The versions of Node and of uv that setup steps choose.
fn tools(part: &mut Part<'_>, instances: &[workflow::RunInstance]) {
    let mut add = |tool, declared_in, found: Vec<(Known<String>, Span)>| {
        let Some((_, span)) = found.first() else { return };
        let span = *span;
        let version = every(found.into_iter().map(|(version, _)| version).collect(), span);
        let origin = Origin::set(span);
        part.runtimes.push(RuntimePart { tool, version, declared_in, origin, certainty: Certainty::Stated });
    };
    add("node", "setup-node", instances.iter().flat_map(|instance| instance.node.clone()).collect());
    add("pnpm", "setup step", instances.iter().flat_map(|instance| instance.pnpm.clone()).collect());
    add("uv", "setup-uv", instances.iter().flat_map(|instance| instance.uv.clone()).collect());
}

/// What a step that sets conda up installs.
fn conda_setup(context: &Context<'_, '_>, part: &mut Part<'_>, step: &workflow::Step) {
    let action = step.uses.as_ref().and_then(|uses| uses.value.split('@').next()).unwrap_or_default();
    if !["conda-incubator/setup-miniconda", "mamba-org/setup-micromamba", "mamba-org/provision-with-micromamba"]
        .contains(&action)
    {
        return;
    }
    let input = |name: &str| step.with.get(name).filter(|value| !value.value.contains("${{"));
    let text = match (input("environment-file"), input("create-args"), input("python-version")) {
        (Some(file), ..) => format!("conda env create -f {}", file.value),
        (None, Some(words), _) => format!("conda create {}", words.value),
        (None, None, Some(version)) => format!("conda create python={}", version.value),
        _ => return,
    };
    super::machine::command(context, part, &text, "", step.span);
}

/// The variables that a step sees: those of its job, and the folder of the checkout, which is no news to anybody.
fn seen(part: &Part<'_>, own: &Vars, checkout: Option<&str>, span: Span) -> World {
    let mut vars = part.world.vars().clone();
    vars.extend(own.clone());
    if let Some(name) = checkout {
        vars.entry(name.to_owned()).or_insert_with(|| Var::set(CHECKOUT, Origin::set(span)));
    }
    World::Open(vars)
}

/// A script with the folder of the checkout where an expression asks for it.
fn placed(run: &workflow::RunText, span: Span) -> workflow::RunText {
    let place = Spanned::new(CHECKOUT.to_owned(), span);
    workflow::with_values(run, &BTreeMap::from([("github.workspace".to_owned(), place)]))
}

fn steps(context: &Context<'_, '_>, part: &mut Part<'_>, (job, checkout): (&Job, Option<&'static str>), turn: &Turn) {
    let tree = context.repository.tree;
    let python = part.python().map(str::to_owned);
    for (step, run) in job.steps.iter().zip(&turn.runs) {
        let Some(run) = run.as_ref().filter(|_| step.run.is_some()) else {
            conda_setup(context, part, step);
            continue;
        };
        let folder = run.working_directory.as_ref().map_or_else(
            || job.defaults.working_directory.as_ref().map(|dir| dir.value.clone()).unwrap_or_default(),
            |dir| dir.value.clone(),
        );
        let folder = paths::join("", &folder).unwrap_or_default();
        let run = placed(run, job.id.span);
        let container = Container::checkout(tree, &folder);
        let script = shell::parse(&run.text, &run.map, Dialect::Github);
        let evaluation = shell::evaluate(&script, &seen(part, &turn.vars, checkout, job.id.span), &[], &container);
        let place = Place {
            tree,
            container: &container,
            workdir: container.workdir.clone(),
            stage: job.id.value.clone(),
            context: folder.clone(),
            markers: MarkerEnv::linux(python.as_deref()),
        };
        let mut all = Vec::new();
        for call in evaluation.commands {
            let behind = runner::followed(vec![call.clone()], &container, tree);
            // A runner brings its environment before it runs what its call comes to.
            let brings = behind.len() != 1 || words(&behind[0]) != words(&call);
            all.extend(brings.then_some((call, true)));
            all.extend(behind.into_iter().map(|executed| (executed, false)));
        }
        for (executed, brings) in &all {
            let argv = words(executed);
            installs::run(&mut part.installs, executed, &place);
            if *brings {
                continue;
            }
            part.commands.push((argv.clone(), executed.span));
            if console_scripts::meaning_in(tree, &argv) == Meaning::Tests {
                part.folder.clone_from(&folder);
                for (name, word) in &executed.assigns {
                    if let Some(value) = word.text.one() {
                        let var = Var::set(value.clone(), Origin::set(word.span));
                        part.world.vars_mut().insert(name.clone(), var);
                        part.providers.insert(name.clone(), "ci");
                    }
                }
                // What the step, or the target that it makes, exported before.
                for (name, var) in executed.vars.iter().filter(|(name, _)| checkout != Some(name.as_str())) {
                    if !part.world.vars().contains_key(name) && var.value.one().is_some() {
                        part.world.vars_mut().insert(name.clone(), var.clone());
                        part.providers.insert(name.clone(), "ci");
                    }
                }
                let process = ProcessPart {
                    key: "test".into(),
                    argv,
                    server: None,
                    module: None,
                    origin: Origin::set(executed.span),
                    script: None,
                    maybe: None,
                    unless: None,
                    otherwise: Otherwise::Other,
                    vars: std::sync::Arc::clone(&executed.vars),
                    options: Default::default(),
                };
                if !part.processes.iter().any(|known| known.argv == process.argv) {
                    part.processes.push(process);
                }
            }
        }
    }
}
