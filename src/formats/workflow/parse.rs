//! From YAML to jobs and steps.

use std::collections::BTreeMap;

use super::evaluate::condition_text;
use super::matrix::Matrix;
use super::{Action, Ci, ContainerSpec, Defaults, Job, RunText, Step, Texts, Trigger, Workflow, data};
use crate::formats::small::tree::{self, Kind, Node};
use crate::model::{FileId, Problem, Span, Spanned};

/// Reads a workflow.
pub fn parse(file: FileId, text: &str) -> Workflow {
    let (root, problems) = tree::yaml(file, text);
    let mut workflow = Workflow {
        file,
        name: None,
        on: Vec::new(),
        env: Texts::new(),
        defaults: Defaults::default(),
        jobs: Vec::new(),
        problems,
        ci: Ci::GitHub,
        callers: Vec::new(),
    };
    let Some(root) = root else {
        workflow.problem(Span::new(file, 0, 0), "the workflow is empty");
        return workflow;
    };
    if !matches!(root.kind, Kind::Map(_)) {
        workflow.problem(root.span, "a workflow is a mapping");
        return workflow;
    }
    workflow.name = field(&root, "name");
    match root.get("on") {
        Some(on) => workflow.on = triggers(on),
        None => workflow.problem(root.span, "the workflow has no `on`"),
    }
    workflow.env = texts(root.get("env"));
    workflow.defaults = defaults(root.get("defaults"));
    let jobs = root.get("jobs");
    if jobs.is_none_or(|jobs| jobs.entries().is_empty()) {
        workflow.problem(root.span, "the workflow has no `jobs`");
    }
    for (id, node) in jobs.map_or(&[][..], Node::entries) {
        let (job, problems) = job(id, node, &workflow.defaults);
        workflow.jobs.push(job);
        workflow.problems.extend(problems);
    }
    workflow
}

impl Workflow {
    fn problem(&mut self, span: Span, message: &str) {
        self.problems.push(Problem::new(span, message));
    }
}

/// Reads an action's file (`action.yml`).
pub fn action(file: FileId, text: &str) -> Action {
    let (root, problems) = tree::yaml(file, text);
    let runs = root.as_ref().and_then(|root| root.get("runs"));
    let none = Defaults::default();
    Action {
        file,
        using: runs.and_then(|runs| field(runs, "using")),
        inputs: inputs(root.as_ref().and_then(|root| root.get("inputs"))),
        image: runs.and_then(|runs| field(runs, "image")),
        steps: runs.and_then(|runs| runs.get("steps")).map(|steps| list(steps, &none, &none)).unwrap_or_default(),
        problems,
    }
}

/// A scalar as GitHub turns it into text: `3.10` becomes `3.1`, null is empty.
fn scalar(node: &Node) -> Option<String> {
    match &node.kind {
        Kind::Number(number, _) => Some(data::number_text(*number)),
        Kind::Null => Some(String::new()),
        _ => node.scalar(),
    }
}

fn spanned(node: &Node) -> Option<Spanned<String>> {
    scalar(node).map(|text| Spanned::new(text, node.span))
}

fn field(node: &Node, key: &str) -> Option<Spanned<String>> {
    node.get(key).filter(|value| value.kind != Kind::Null).and_then(spanned)
}

fn many(node: Option<&Node>) -> Vec<Spanned<String>> {
    node.map(|node| node.one_or_many().iter().filter_map(spanned).collect()).unwrap_or_default()
}

/// A mapping of texts. One expression in the place of the mapping stands under an empty name.
fn texts(node: Option<&Node>) -> Texts {
    let Some(node) = node else { return Texts::new() };
    if let Some(text) = node.as_str() {
        return Texts::from([(String::new(), Spanned::new(text.to_owned(), node.span))]);
    }
    let entry = |(key, value): &(Spanned<String>, Node)| Some((key.value.clone(), spanned(value)?));
    node.entries().iter().filter_map(entry).collect()
}

fn defaults(node: Option<&Node>) -> Defaults {
    let Some(run) = node.and_then(|node| node.get("run")) else { return Defaults::default() };
    Defaults { shell: field(run, "shell"), working_directory: field(run, "working-directory") }
}

fn inputs(node: Option<&Node>) -> BTreeMap<String, Option<Spanned<String>>> {
    let entries = node.map_or(&[][..], Node::entries);
    entries.iter().map(|(key, value)| (key.value.clone(), field(value, "default"))).collect()
}

fn choices(node: Option<&Node>) -> BTreeMap<String, Vec<Spanned<String>>> {
    let entries = node.map_or(&[][..], Node::entries);
    let chosen = entries.iter().map(|(key, value)| (key.value.clone(), many(value.get("options"))));
    chosen.filter(|(_, options)| !options.is_empty()).collect()
}

fn triggers(node: &Node) -> Vec<Trigger> {
    if node.entries().is_empty() {
        return many(Some(node)).into_iter().map(Trigger::of).collect();
    }
    let event = |(event, filters): &(Spanned<String>, Node)| Trigger {
        event: event.clone(),
        branches: many(filters.get("branches")),
        tags: many(filters.get("tags")),
        types: many(filters.get("types")),
        workflows: many(filters.get("workflows")),
        paths: many(filters.get("paths")),
        inputs: inputs(filters.get("inputs")),
        choices: choices(filters.get("inputs")),
    };
    node.entries().iter().map(event).collect()
}

fn condition(node: &Node) -> Option<Spanned<String>> {
    field(node, "if").map(|text| Spanned::new(condition_text(&text.value), text.span))
}

fn tolerant(node: &Node) -> bool {
    node.get("continue-on-error").is_some_and(|value| value.as_bool() != Some(false))
}

fn job(id: &Spanned<String>, node: &Node, outer: &Defaults) -> (Job, Vec<Problem>) {
    let own = defaults(node.get("defaults"));
    let mut problems = Vec::new();
    let uses = field(node, "uses");
    if !matches!(node.kind, Kind::Map(_)) {
        problems.push(Problem::new(id.span, format!("the job `{}` is not a mapping", id.value)));
    } else if uses.is_none() && (node.get("steps").is_none() || node.get("runs-on").is_none()) {
        problems.push(Problem::new(id.span, format!("the job `{}` needs `runs-on` and `steps`, or `uses`", id.value)));
    }
    let environment = node.get("environment");
    let services = node.get("services").map_or(&[][..], Node::entries);
    let spec = |(key, node): &(Spanned<String>, Node)| Some((key.value.clone(), container(key.span, node)?));
    let container_key = node.entries().iter().find(|(key, _)| key.value == "container");
    let job = Job {
        id: id.clone(),
        span: id.span.to(node.span),
        name: field(node, "name"),
        needs: many(node.get("needs")),
        condition: condition(node),
        uses,
        with: texts(node.get("with")),
        secrets: texts(node.get("secrets")),
        runs_on: node.get("runs-on").cloned(),
        environment: environment.and_then(|node| field(node, "name").or_else(|| spanned(node))),
        by_hand: false,
        container: container_key.and_then(|(key, node)| container(key.span, node)),
        services: services.iter().filter_map(spec).collect(),
        env: texts(node.get("env")),
        matrix: node.path(&["strategy", "matrix"]).map(Matrix::of).unwrap_or_default(),
        continue_on_error: tolerant(node),
        steps: node.get("steps").map(|steps| list(steps, &own, outer)).unwrap_or_default(),
        outputs: texts(node.get("outputs")),
        defaults: own,
    };
    (job, problems)
}

fn container(key: Span, node: &Node) -> Option<ContainerSpec> {
    let image = match &node.kind {
        Kind::Map(_) => field(node, "image")?,
        _ => spanned(node)?,
    };
    Some(ContainerSpec {
        image,
        env: texts(node.get("env")),
        ports: many(node.get("ports")),
        volumes: many(node.get("volumes")),
        options: field(node, "options"),
        span: key.to(node.span),
        key,
        node: node.clone(),
    })
}

fn list(steps: &Node, own: &Defaults, outer: &Defaults) -> Vec<Step> {
    steps.items().iter().map(|node| step(node, own, outer)).collect()
}

fn step(node: &Node, own: &Defaults, outer: &Defaults) -> Step {
    let first = |a: Option<Spanned<String>>, b: &Option<Spanned<String>>, c: &Option<Spanned<String>>| {
        a.or_else(|| b.clone()).or_else(|| c.clone())
    };
    let run = node.get("run").and_then(|script| {
        Some(RunText {
            text: scalar(script)?,
            map: script.map.clone(),
            span: script.span,
            shell: first(field(node, "shell"), &own.shell, &outer.shell),
            working_directory: first(
                field(node, "working-directory"),
                &own.working_directory,
                &outer.working_directory,
            ),
        })
    });
    Step {
        id: field(node, "id"),
        name: field(node, "name"),
        uses: field(node, "uses"),
        run,
        with: texts(node.get("with")),
        env: texts(node.get("env")),
        condition: condition(node),
        continue_on_error: tolerant(node),
        span: node.span,
    }
}
