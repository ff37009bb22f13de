//! One run of a job for every combination of its matrix, expressions evaluated.

use std::collections::BTreeMap;

use super::data::Data;
use super::evaluate::{Contexts, Env, Piece, Variables, pieces};
use super::matrix::{self, Row};
use super::{ContainerSpec, Inputs, Job, Step, Texts, Workflow};
use crate::formats::small::tree::Node;
use crate::model::{Known, Reason, Span, Spanned};

/// One run of a job.
#[derive(Clone, Debug)]
pub struct RunInstance {
    /// The combination, as text.
    pub matrix: BTreeMap<String, Known<String>>,
    /// The combination with types and places; empty without a matrix, none where only a run could tell.
    pub row: Result<Row, Reason>,
    /// `runs-on`, evaluated.
    pub runs_on: Data,
    /// The labels of `runs-on`, each with its place.
    pub labels: Vec<(Known<String>, Span)>,
    /// `env` of workflow and job.
    pub env: Env,
    /// Versions that `actions/setup-python` is asked for.
    pub python: Vec<(Known<String>, Span)>,
    /// Versions that `astral-sh/setup-uv` is asked for.
    pub uv_python: Vec<(Known<String>, Span)>,
    /// Versions of uv itself that `astral-sh/setup-uv` is asked for.
    pub uv: Vec<(Known<String>, Span)>,
    /// Files that `actions/setup-python` reads its version from.
    pub python_files: Vec<(Known<String>, Span)>,
    /// Versions that `actions/setup-node` is asked for.
    pub node: Vec<(Known<String>, Span)>,
    /// Files that `actions/setup-node` reads its version from.
    pub node_files: Vec<(Known<String>, Span)>,
    /// Versions that `pnpm/action-setup` is asked for.
    pub pnpm: Vec<(Known<String>, Span)>,
    /// The container that the steps run in.
    pub container: Option<Container>,
    /// Service containers.
    pub services: BTreeMap<String, Container>,
    /// The steps.
    pub steps: Vec<StepInstance>,
    /// The texts that `matrix.name` and `inputs.name` stand for.
    pub values: BTreeMap<String, Spanned<String>>,
}

/// A container, expressions evaluated.
#[derive(Clone, Debug)]
pub struct Container {
    /// The image; `Absent` if an expression leaves it empty, which means no container.
    pub image: (Known<String>, Span),
    /// Its variables.
    pub env: Env,
    /// `ports`.
    pub ports: Vec<(Known<String>, Span)>,
    /// `volumes`.
    pub volumes: Vec<(Known<String>, Span)>,
    /// `options`.
    pub options: Option<(Known<String>, Span)>,
    /// Its extent, key included.
    pub span: Span,
}

/// A step, expressions evaluated.
#[derive(Clone, Debug)]
pub struct StepInstance {
    /// Its index in the job's steps.
    pub index: usize,
    /// `name`.
    pub name: Option<Known<String>>,
    /// `uses`.
    pub uses: Option<Spanned<String>>,
    /// The script with its expressions evaluated; the raw text with its places is `Step::run`.
    pub run: Option<Known<String>>,
    /// The folder that the script runs in.
    pub working_directory: Option<Known<String>>,
    /// `with`.
    pub with: Env,
    /// `env` of the step alone.
    pub env: Env,
    /// Whether it runs, where the file decides it (`if: matrix.x == 1`); success of earlier steps is taken as given.
    pub runs: Known<bool>,
}

/// Where the values of `matrix.name` and `inputs.name` are written.
type Places = BTreeMap<String, Span>;

/// Every run of a job, for every caller of a reusable workflow; one with an unknown row where the matrix is only known at
/// run time.
pub fn expand(workflow: &Workflow, job: &Job, vars: &BTreeMap<String, String>) -> Vec<RunInstance> {
    let mut runs = Vec::new();
    for (inputs, row) in settings(workflow, job, vars) {
        runs.push(instance(workflow, job, vars, row, inputs));
    }
    runs
}

/// What a job hands to the workflow that it reuses, for each of its runs.
pub fn handed(workflow: &Workflow, job: &Job, vars: &BTreeMap<String, String>) -> Vec<Inputs> {
    let mut all = Vec::new();
    for (inputs, row) in settings(workflow, job, vars) {
        let matrix = row.as_ref().ok().map(matrix::context);
        let data = inputs.map(as_data);
        let contexts = Contexts { matrix: matrix.as_ref(), inputs: data.as_ref(), ..Contexts::of_run(vars) };
        let places = places(row.as_deref().unwrap_or_default(), inputs);
        let value = |(name, text): (&String, &Spanned<String>)| {
            let value = typed(contexts.template(&text.value));
            (name.clone(), (value, place(&text.value, text.span, &places)))
        };
        all.push(job.with.iter().map(value).collect());
    }
    all
}

/// Texts that are `true` or `false` are that: an input is typed by its declaration.
pub fn typed(data: Data) -> Data {
    match data {
        Data::Text(text) if text == "true" => Data::Bool(true),
        Data::Text(text) if text == "false" => Data::Bool(false),
        other => other,
    }
}

fn settings<'w>(
    workflow: &'w Workflow,
    job: &Job,
    vars: &BTreeMap<String, String>,
) -> Vec<(Option<&'w Inputs>, Result<Row, Reason>)> {
    let callers: Vec<Option<&Inputs>> =
        if workflow.callers.is_empty() { vec![None] } else { workflow.callers.iter().map(Some).collect() };
    let mut all = Vec::new();
    for inputs in callers {
        let data = inputs.map(as_data);
        match job.matrix.rows(Contexts { inputs: data.as_ref(), ..Contexts::of_run(vars) }) {
            Ok(rows) => all.extend(rows.into_iter().map(|row| (inputs, Ok(row)))),
            Err(reason) => all.push((inputs, Err(reason))),
        }
    }
    all
}

fn as_data(inputs: &Inputs) -> Data {
    Data::Map(inputs.iter().map(|(name, (value, _))| (name.clone(), value.clone())).collect())
}

fn places(row: &[matrix::Cell], inputs: Option<&Inputs>) -> Places {
    let cells = row.iter().map(|cell| (format!("matrix.{}", cell.name), cell.span));
    let handed = inputs.into_iter().flatten().map(|(name, (_, span))| (format!("inputs.{name}"), *span));
    cells.chain(handed).collect()
}

/// Evaluates texts; an expression in the place of the whole mapping is spread if it gives one.
fn env(texts: &Texts, contexts: Contexts<'_>) -> Env {
    texts.iter().map(|(name, text)| (name.clone(), (contexts.template(&text.value).known(), text.span))).collect()
}

fn instance(
    workflow: &Workflow,
    job: &Job,
    vars: &BTreeMap<String, String>,
    row: Result<Row, Reason>,
    inputs: Option<&Inputs>,
) -> RunInstance {
    let data = row.as_ref().ok().map(matrix::context);
    let handed = inputs.map(as_data);
    let bare = Contexts { matrix: data.as_ref(), inputs: handed.as_ref(), ..Contexts::of_run(vars) };
    let mut variables = env(&workflow.env, bare);
    let outer = variables.clone();
    variables.extend(env(&job.env, Contexts { env: Variables::Known(&outer), ..bare }));
    let contexts = Contexts { env: Variables::Known(&variables), ..bare };
    let steps: Vec<StepInstance> =
        job.steps.iter().enumerate().map(|(index, step)| step_instance(index, step, &variables, contexts)).collect();
    let cells = row.as_deref().unwrap_or_default();
    let places = places(cells, inputs);
    let python = |input| asked(job, &steps, "actions/setup-python@", input, &places);
    // An action of somebody's own that is told of a version sets that up.
    let by_others = || {
        let other =
            |uses: &str| !["actions/setup-python@", "astral-sh/setup-uv@"].iter().any(|own| uses.starts_with(own));
        of_steps(job, &steps, &other, "python-version", &places)
    };
    let own_python = python("python-version");
    let runs_on = job.runs_on.as_ref().map_or(Data::Null, |node| contexts.node(node));
    RunInstance {
        values: values(cells, inputs, &places),
        matrix: cells.iter().map(|cell| (cell.name.clone(), cell.value.known())).collect(),
        labels: job.runs_on.as_ref().map(|node| labels(node, contexts, &places)).unwrap_or_default(),
        runs_on,
        python: if own_python.is_empty() { by_others() } else { own_python },
        uv_python: asked(job, &steps, "astral-sh/setup-uv@", "python-version", &places),
        uv: asked(job, &steps, "astral-sh/setup-uv@", "version", &places),
        python_files: python("python-version-file"),
        node: asked(job, &steps, "actions/setup-node@", "node-version", &places),
        node_files: asked(job, &steps, "actions/setup-node@", "node-version-file", &places),
        pnpm: asked(job, &steps, "pnpm/action-setup@", "version", &places),
        container: job.container.as_ref().map(|spec| container(spec, contexts, &places)),
        services: job.services.iter().map(|(name, spec)| (name.clone(), container(spec, contexts, &places))).collect(),
        steps,
        env: variables,
        row,
    }
}

/// The texts of a run's own values. Where something else starts the workflow as well, its inputs are not what callers hand it.
fn values(cells: &[matrix::Cell], inputs: Option<&Inputs>, places: &Places) -> BTreeMap<String, Spanned<String>> {
    let of_matrix = cells.iter().map(|cell| (format!("matrix.{}", cell.name), cell.value.text()));
    let of_inputs = inputs.into_iter().flatten().map(|(name, (value, _))| (format!("inputs.{name}"), value.text()));
    let placed = |(name, text): (String, Option<String>)| {
        let span = *places.get(&name)?;
        Some((name, Spanned::new(text?, span)))
    };
    let parts = cells.iter().flat_map(|cell| {
        let parts = parts(&cell.value).into_iter();
        parts.filter_map(|(part, text)| Some((format!("matrix.{}{part}", cell.name), Spanned::new(text?, cell.span))))
    });
    of_matrix.chain(of_inputs).filter_map(placed).chain(parts).collect()
}

/// The parts of a value with the expression that asks for each: `[0]`, `.name`.
fn parts(value: &Data) -> Vec<(String, Option<String>)> {
    match value {
        Data::List(items) => items.iter().enumerate().map(|(at, item)| (format!("[{at}]"), item.text())).collect(),
        Data::Map(entries) => entries.iter().map(|(name, item)| (format!(".{name}"), item.text())).collect(),
        _ => Vec::new(),
    }
}

fn step_instance(index: usize, step: &Step, outer: &Env, contexts: Contexts<'_>) -> StepInstance {
    let own = env(&step.env, contexts);
    let mut all = outer.clone();
    all.extend(own.clone());
    let inner = Contexts { env: Variables::Known(&all), ..contexts };
    let runs = step.condition.as_ref().map_or(Known::One(true), |condition| match inner.expression(&condition.value) {
        Data::Unknown(reason) => Known::Unknown(reason),
        data => Known::One(data.truth().unwrap_or(true)),
    });
    StepInstance {
        index,
        name: step.name.as_ref().map(|name| inner.template(&name.value).known()),
        uses: step.uses.clone(),
        run: step.run.as_ref().map(|run| inner.template(&run.text).known()),
        working_directory: step
            .run
            .as_ref()
            .and_then(|run| Some(inner.template(&run.working_directory.as_ref()?.value).known())),
        with: env(&step.with, inner),
        env: own,
        runs,
    }
}

/// The place of a text: that of the value where the text is nothing but `${{ matrix.name }}` or `${{ inputs.name }}`.
fn place(text: &str, span: Span, places: &Places) -> Span {
    let pieces = pieces(text.trim());
    let [Piece::Expression(inner)] = pieces.as_slice() else { return span };
    places.get(inner.trim()).copied().unwrap_or(span)
}

fn labels(node: &Node, contexts: Contexts<'_>, places: &Places) -> Vec<(Known<String>, Span)> {
    let nodes = node.get("labels").map_or_else(|| node.one_or_many(), Node::one_or_many);
    let mut out = Vec::new();
    for node in nodes {
        let span = node.as_str().map_or(node.span, |text| place(text, node.span, places));
        match contexts.node(node) {
            Data::List(items) => out.extend(items.iter().map(|item| (item.known(), span))),
            Data::Map(_) => {}
            data => out.push((data.known(), span)),
        }
    }
    out
}

/// What a setup action is asked for in one of its inputs; several lines are several answers.
fn asked(job: &Job, steps: &[StepInstance], action: &str, input: &str, places: &Places) -> Vec<(Known<String>, Span)> {
    of_steps(job, steps, &|uses| uses.starts_with(action), input, places)
}

/// What the steps of some actions are asked for in one of their inputs.
fn of_steps(
    job: &Job,
    steps: &[StepInstance],
    action: &dyn Fn(&str) -> bool,
    input: &str,
    places: &Places,
) -> Vec<(Known<String>, Span)> {
    let mut out = Vec::new();
    for (step, written) in steps.iter().zip(&job.steps) {
        let used = written.uses.as_ref().is_some_and(|uses| action(&uses.value.to_ascii_lowercase()));
        let (true, Some((value, span))) = (used, step.with.get(input)) else { continue };
        let span = written.with.get(input).map_or(*span, |text| place(&text.value, *span, places));
        match value {
            Known::One(text) => {
                let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
                out.extend(lines.map(|line| (Known::One(line.to_owned()), span)));
            }
            other => out.push((other.clone(), span)),
        }
    }
    out
}

fn container(spec: &ContainerSpec, contexts: Contexts<'_>, places: &Places) -> Container {
    let image = match contexts.template(&spec.image.value) {
        Data::Map(entries) => {
            let image = entries.into_iter().find(|(name, _)| name == "image");
            image.map_or(Known::Absent, |(_, data)| data.known())
        }
        data => data.known(),
    };
    let image = if image.one().is_some_and(String::is_empty) { Known::Absent } else { image };
    let list = |texts: &[Spanned<String>]| {
        texts.iter().map(|text| (contexts.template(&text.value).known(), text.span)).collect()
    };
    Container {
        image: (image, place(&spec.image.value, spec.image.span, places)),
        env: env(&spec.env, contexts),
        ports: list(&spec.ports),
        volumes: list(&spec.volumes),
        options: spec.options.as_ref().map(|text| (contexts.template(&text.value).known(), text.span)),
        span: spec.span,
    }
}
