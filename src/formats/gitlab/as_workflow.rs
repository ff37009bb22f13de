//! A pipeline in the shape of a workflow, so that both kinds of CI are judged by the same rules.

use std::collections::{BTreeMap, BTreeSet};

use super::{Job, Pipeline, Service};
use crate::formats::small::CommandText;
use crate::formats::small::tree::{Kind, Node};
use crate::formats::workflow::{self, Ci, ContainerSpec, Defaults, Matrix, RunText, Step, Texts, Trigger, Workflow};
use crate::model::{FileId, Span, SpanMap, Spanned};

/// The pipeline of a file as a workflow.
pub fn workflow(pipeline: Pipeline, file: FileId) -> Workflow {
    let mut jobs = Vec::new();
    add_jobs(&pipeline, None, &mut jobs);
    let at = Span::new(file, 0, 0);
    let event = |name: &str| Trigger::of(Spanned::new(name.to_owned(), at));
    let merges = |text: &str| text.contains("merge_request");
    let rules = pipeline.rules.iter().chain(pipeline.jobs.iter().flat_map(|job| &job.rules));
    let conditions = rules.filter_map(|rule| rule.condition.as_ref());
    let mut conditions = conditions.chain(pipeline.jobs.iter().filter_map(|job| job.doubted.as_ref()));
    let merged = conditions.any(|condition| merges(&condition.value))
        || pipeline.jobs.iter().flat_map(|job| &job.only).any(|word| merges(&word.value));
    let mut on = vec![event("push")];
    on.extend(merged.then(|| event("pull_request")));
    Workflow {
        file,
        name: None,
        on,
        env: Texts::new(),
        defaults: Defaults::default(),
        jobs,
        problems: pipeline.problems,
        ci: Ci::GitLab,
        callers: Vec::new(),
    }
}

/// The jobs of a pipeline, then those of the pipelines that it triggers; one whose name is taken has its trigger's before
/// it. They wait for the job that starts them, and what needs a job that waits for its pipeline waits for all of them.
fn add_jobs(pipeline: &Pipeline, parent: Option<&workflow::Job>, out: &mut Vec<workflow::Job>) {
    let taken: BTreeSet<String> = out.iter().map(|job| job.id.value.clone()).collect();
    let id = |name: &str| match parent {
        Some(parent) if taken.contains(name) => format!("{}-{name}", parent.id.value),
        _ => name.to_owned(),
    };
    let start = out.len();
    for job in &pipeline.jobs {
        let mut made = as_job(pipeline, job);
        made.id.value = id(&made.id.value);
        for need in &mut made.needs {
            need.value = id(&need.value);
        }
        if let Some(parent) = parent {
            made.needs.push(parent.id.clone());
            made.by_hand |= parent.by_hand;
            made.continue_on_error |= parent.continue_on_error;
        }
        out.push(made);
    }
    let end = out.len();
    for (at, job) in pipeline.jobs.iter().enumerate() {
        let Some(trigger) = &job.trigger else { continue };
        let Some((child, starter)) = trigger.child.as_ref().zip(out.get(start + at).cloned()) else { continue };
        let from = out.len();
        add_jobs(child, Some(&starter), out);
        let started: Vec<Spanned<String>> = out.iter().skip(from).map(|job| job.id.clone()).collect();
        let waiting = out.iter_mut().take(end).skip(start).filter(|_| trigger.depends);
        for job in waiting.filter(|job| job.needs.iter().any(|need| need.value == starter.id.value)) {
            job.needs.extend(started.iter().cloned());
        }
    }
}

/// An expression that nobody can evaluate.
const UNDECIDED: &str = "${{ inputs.unknown }}";

/// `$NAME` as an expression that asks for the variable of that name.
fn expanded(text: &Spanned<String>) -> Spanned<String> {
    let mut out = String::new();
    let mut rest = text.value.as_str();
    while let Some(at) = rest.find('$') {
        out.push_str(rest.get(..at).unwrap_or_default());
        let tail = rest.get(at + 1..).unwrap_or_default();
        if let Some(after) = tail.strip_prefix('$') {
            out.push('$');
            rest = after;
            continue;
        }
        let word = |text: &str| text.len() - text.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_').len();
        let braced = tail.strip_prefix('{').map(|inner| (inner, word(inner)));
        let (name, after) = match braced {
            Some((inner, end)) if inner.get(end..).is_some_and(|rest| rest.starts_with('}')) => {
                (inner.get(..end), inner.get(end + 1..))
            }
            Some(_) => (None, None),
            None => (tail.get(..word(tail)), tail.get(word(tail)..)),
        };
        match name.filter(|name| !name.is_empty()) {
            Some(name) => {
                out.push_str("${{ env.");
                out.push_str(name);
                out.push_str(" }}");
            }
            None => out.push('$'),
        }
        rest = if name.is_some_and(|name| !name.is_empty()) { after.unwrap_or_default() } else { tail };
    }
    out.push_str(rest);
    // Inputs of a component are only known where it is included.
    if out.contains("$[[") {
        out = UNDECIDED.into();
    }
    Spanned::new(out, text.span)
}

fn texts(from: &crate::formats::small::Texts) -> Texts {
    from.iter().map(|(name, text)| (name.clone(), expanded(text))).collect()
}

fn as_job(pipeline: &Pipeline, job: &Job) -> workflow::Job {
    let mut env = texts(&job.inherited);
    env.extend(texts(&job.variables));
    for row in &job.matrix {
        for (name, value) in row {
            env.insert(name.clone(), Spanned::new(format!("${{{{ matrix.{name} }}}}"), value.span));
        }
    }
    ruled(&mut env, pipeline, job);
    env.extend(texts(&pipeline.handed));
    settle(&mut env);
    let started = job
        .environment
        .as_ref()
        .filter(|environment| environment.action.as_ref().is_none_or(|action| action.value == "start"));
    let mut steps = steps(job.before_script.iter().chain(&job.script), false);
    steps.extend(self::steps(job.after_script.iter(), true));
    workflow::Job {
        id: job.name.clone(),
        span: job.span,
        name: None,
        needs: needs(pipeline, job),
        condition: condition(job),
        uses: None,
        with: Texts::new(),
        secrets: Texts::new(),
        runs_on: None,
        environment: started.map(|environment| environment.name.clone()),
        by_hand: job.by_hand(),
        container: job.image.as_ref().map(|image| container(image, Texts::new(), image.span)),
        services: job.services.iter().map(|service| (service_name(service), service_spec(service))).collect(),
        env,
        defaults: Defaults::default(),
        matrix: rows(job),
        continue_on_error: job.allow_failure,
        steps,
        outputs: Texts::new(),
    }
}

/// Variables within variables; what asks for itself or for one that nothing here gives stays open.
fn settle(env: &mut Texts) {
    const ASKS: &str = "${{ env.";
    for _ in 0..8 {
        let known: BTreeMap<String, String> = env
            .iter()
            .filter(|(_, text)| !text.value.contains("${{"))
            .map(|(name, text)| (format!("{ASKS}{name} }}}}"), text.value.clone()))
            .collect();
        let mut changed = false;
        for text in env.values_mut().filter(|text| text.value.contains(ASKS)) {
            for (asked, value) in &known {
                let filled = text.value.replace(asked, value);
                changed |= filled != text.value;
                text.value = filled;
            }
        }
        if !changed {
            return;
        }
    }
}

/// Variables that rules set, which win over those of the pipeline and of the job: only the run tells which rule holds.
fn ruled(env: &mut Texts, pipeline: &Pipeline, job: &Job) {
    let outer = pipeline.rules.iter().flat_map(|rule| &rule.variables);
    let outer = outer.filter(|(name, _)| job.inherited.contains_key(*name) && !job.variables.contains_key(*name));
    for (name, text) in outer.chain(job.rules.iter().flat_map(|rule| &rule.variables)) {
        let same = env.get(name).is_some_and(|known| known.value == expanded(text).value);
        if !same {
            env.insert(name.clone(), Spanned::new(UNDECIDED.to_owned(), text.span));
        }
    }
}

fn rows(job: &Job) -> Matrix {
    if job.matrix.is_empty() {
        return Matrix::default();
    }
    let row = |row: &BTreeMap<String, Spanned<String>>| {
        let cell = |(name, value): (&String, &Spanned<String>)| {
            let node = Node::new(Kind::Text(value.value.clone()), value.span);
            (Spanned::new(name.clone(), value.span), node)
        };
        Node::new(Kind::Map(row.iter().map(cell).collect()), job.span)
    };
    let include = Node::new(Kind::List(job.matrix.iter().map(row).collect()), job.span);
    Matrix { include: Some(include), span: Some(job.span), ..Matrix::default() }
}

/// The jobs that it waits for: those it names, else all of earlier stages that the pipeline cannot go on without.
fn needs(pipeline: &Pipeline, job: &Job) -> Vec<Spanned<String>> {
    if let Some(needs) = &job.needs {
        return needs.clone();
    }
    let stage = |job: &Job| {
        let name = job.stage.as_ref().map_or("test", |stage| stage.value.as_str());
        pipeline.stages.iter().position(|stage| stage.value == name)
    };
    let own = stage(job);
    let before = |other: &&Job| {
        let optional = other.by_hand() && other.allow_failure;
        stage(other).zip(own).is_some_and(|(other, own)| other < own) && !optional
    };
    pipeline.jobs.iter().filter(before).map(|other| other.name.clone()).collect()
}

/// When it runs, and what its being there depends on.
fn condition(job: &Job) -> Option<Spanned<String>> {
    let own = condition_of(job);
    match (own, job.doubted.clone()) {
        (Some(own), Some(doubted)) => {
            Some(Spanned::new(format!("({}) && ({})", doubted.value, own.value), doubted.span))
        }
        (own, doubted) => own.or(doubted),
    }
}

/// When it runs: `when` in GitHub's words, else its rules as they are written.
fn condition_of(job: &Job) -> Option<Spanned<String>> {
    if let Some(when) = &job.when {
        let word = match when.value.as_str() {
            "always" => Some("always()"),
            "on_failure" => Some("failure()"),
            _ => None,
        };
        if let Some(word) = word {
            return Some(Spanned::new(word.to_owned(), when.span));
        }
    }
    let runs = || job.rules.iter().filter(|rule| !super::never(rule));
    // A rule that asks for nothing holds where no other does.
    if runs().any(|rule| rule.condition.is_none() && rule.changes.is_empty() && rule.exists.is_empty()) {
        return None;
    }
    let rules: Vec<&Spanned<String>> = runs().filter_map(|rule| rule.condition.as_ref()).collect();
    let first = rules.first()?;
    let all: Vec<&str> = rules.iter().map(|rule| rule.value.as_str()).collect();
    Some(Spanned::new(all.join(" || "), first.span))
}

/// The name that a job reaches a service by.
fn service_name(service: &Service) -> String {
    if let Some(alias) = &service.alias {
        return alias.value.split([',', ' ']).next().unwrap_or_default().to_owned();
    }
    let image = service.image.value.split(['@']).next().unwrap_or_default();
    // The colon of a port stands before the last slash.
    let from = image.rfind('/').map_or(0, |slash| slash + 1);
    let end = image.get(from..).and_then(|last| last.find(':')).map_or(image.len(), |colon| from + colon);
    image.get(..end).unwrap_or_default().replace('/', "-")
}

fn service_spec(service: &Service) -> ContainerSpec {
    container(&service.image, texts(&service.variables), service.span)
}

fn container(image: &Spanned<String>, env: Texts, span: Span) -> ContainerSpec {
    ContainerSpec {
        image: expanded(image),
        env,
        ports: Vec::new(),
        volumes: Vec::new(),
        options: None,
        span,
        key: span,
        node: Node::new(Kind::Text(image.value.clone()), image.span),
    }
}

/// The lines of a script as steps: one, or one for every file that they stand in.
pub(crate) fn steps<'a>(lines: impl Iterator<Item = &'a CommandText>, tolerant: bool) -> Vec<Step> {
    let mut out: Vec<Step> = Vec::new();
    for line in lines {
        let open = out.last_mut().filter(|step| step.span.file == line.span.file).and_then(|step| step.run.as_mut());
        match open {
            Some(run) => {
                run.text.push('\n');
                let at = u32::try_from(run.text.len()).unwrap_or(u32::MAX);
                run.text.push_str(&line.text);
                if let SpanMap::Pieces { starts, .. } = &mut run.map {
                    starts.extend(pieces(line).into_iter().map(|(inside, file)| (inside + at, file)));
                }
            }
            None => out.push(step(line, tolerant)),
        }
    }
    out
}

fn pieces(line: &CommandText) -> Vec<(u32, u32)> {
    match &line.map {
        SpanMap::Linear { base, .. } => vec![(0, *base)],
        SpanMap::Pieces { starts, .. } => starts.clone(),
        SpanMap::Whole(span) => vec![(0, span.start)],
    }
}

fn step(line: &CommandText, tolerant: bool) -> Step {
    let map = SpanMap::Pieces { file: line.span.file, starts: pieces(line) };
    let run = RunText { text: line.text.clone(), map, span: line.span, shell: None, working_directory: None };
    Step {
        id: None,
        name: None,
        uses: None,
        run: Some(run),
        with: Texts::new(),
        env: Texts::new(),
        condition: None,
        continue_on_error: tolerant,
        span: line.span,
    }
}
