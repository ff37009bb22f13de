//! `inspect` of one workflow.

use serde_json::{Map, Value, json};

use super::Request;
use crate::discover::{Disk, Source};
use crate::formats::workflow::data::{Data, number_text};
use crate::formats::workflow::evaluate::{Contexts, Env};
use crate::formats::workflow::{Container, Job, RunInstance, StepInstance, Workflow, expand, parse};
use crate::model::{FileId, Known, Reason, Span};

/// The document, or why there is none.
pub fn document(request: &Request) -> Result<Value, String> {
    let path = request.paths.first().ok_or("no file given")?;
    let text = read(path)?;
    let workflow = parse(FileId(0), &text);
    let line = |span: Span| text.get(..span.range().start).map_or(1, |before| before.matches('\n').count() + 1);
    let contexts = Contexts { matrix: None, env: None, vars: &request.vars };
    let problems = &workflow.problems;
    let jobs = workflow.jobs.iter().map(|job| job_value(&workflow, job, request, line(job.id.span)));
    Ok(json!({
        "kind": "workflow",
        "ok": problems.is_empty(),
        "error": problems.first().map(|problem| &problem.message),
        "errors": problems.iter().map(|p| json!({"line": line(p.span), "message": p.message})).collect::<Vec<_>>(),
        "name": workflow.name.as_ref().map(|name| &name.value),
        "on": workflow.on.iter().map(|trigger| &trigger.event.value).collect::<Vec<_>>(),
        "env": workflow.env.iter().map(|(k, text)| (k.clone(), data(&contexts.template(&text.value), true))).collect::<Map<_, _>>(),
        "jobs": jobs.collect::<Vec<_>>(),
        "actionlint": null,
    }))
}

fn read(path: &std::path::Path) -> Result<String, String> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(std::path::Path::new("."));
    let name = path.file_name().and_then(|name| name.to_str()).ok_or("not a file")?;
    let bytes = Disk::new(folder).read(name).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn job_value(workflow: &Workflow, job: &Job, request: &Request, line: usize) -> Value {
    let runs = expand(workflow, job, &request.vars);
    json!({
        "id": job.id.value,
        "line": line,
        "needs": job.needs.iter().map(|need| &need.value).collect::<Vec<_>>(),
        "uses": job.uses.as_ref().map(|uses| &uses.value),
        "if": job.condition.as_ref().map(|condition| &condition.value),
        "dynamic_matrix": runs.iter().any(|run| run.row.is_err()),
        "runs": runs.iter().map(|run| run_value(job, run)).collect::<Vec<_>>(),
    })
}

fn run_value(job: &Job, run: &RunInstance) -> Value {
    let row = run.row.as_ref().ok();
    let matrix = row.map(|row| row.iter().map(|cell| (cell.name.clone(), data(&cell.value, false))).collect());
    let versions = run.python.iter().map(|(version, _)| known(version));
    let files = run.python_files.iter().map(|(file, _)| json!({ "file": known(file) }));
    json!({
        "matrix": matrix.map_or(Value::Null, Value::Object),
        "runs_on": data(&run.runs_on, false),
        "container": run.container.as_ref().map_or(Value::Null, container),
        "services": run.services.iter().map(|(name, spec)| (name.clone(), container(spec))).collect::<Map<_, _>>(),
        "env": env(&run.env),
        "python_versions": versions.chain(files).collect::<Vec<_>>(),
        "steps": run.steps.iter().map(|step| step_value(job, step)).collect::<Vec<_>>(),
    })
}

fn step_value(job: &Job, step: &StepInstance) -> Value {
    let written = job.steps.get(step.index);
    json!({
        "uses": step.uses.as_ref().map(|uses| &uses.value),
        "run": step.run.as_ref().map(known),
        "name": step.name.as_ref().map(known),
        "if": written.and_then(|step| step.condition.as_ref()).map(|condition| &condition.value),
        "env": env(&step.env),
        "with": env(&step.with),
    })
}

fn container(container: &Container) -> Value {
    // An image that evaluates to nothing means no container; the document shows the text as it is.
    let image = if container.image.0 == Known::Absent { Value::from("") } else { known(&container.image.0) };
    let list = |items: &[(Known<String>, Span)]| items.iter().map(|(item, _)| known(item)).collect::<Vec<_>>();
    json!({
        "image": image,
        "env": env(&container.env),
        "ports": list(&container.ports),
        "volumes": list(&container.volumes),
        "options": container.options.as_ref().map(|(options, _)| known(options)),
    })
}

fn env(env: &Env) -> Value {
    if let Some((value, _)) = env.get("") {
        let why = Reason::new("the mapping is an expression");
        return unknown(if let Known::Unknown(reason) = value { reason } else { &why });
    }
    Value::Object(env.iter().map(|(name, (value, _))| (name.clone(), known(value))).collect())
}

fn known(value: &Known<String>) -> Value {
    match value {
        Known::One(text) => Value::from(text.as_str()),
        Known::Unknown(reason) => unknown(reason),
        _ => Value::Null,
    }
}

fn unknown(reason: &Reason) -> Value {
    json!({ "$unknown": reason.text })
}

fn data(value: &Data, as_text: bool) -> Value {
    match value {
        Data::Unknown(reason) => unknown(reason),
        Data::List(items) => items.iter().map(|item| data(item, as_text)).collect(),
        Data::Map(entries) => {
            Value::Object(entries.iter().map(|(key, value)| (key.clone(), data(value, as_text))).collect())
        }
        Data::Number(number) if !as_text => {
            serde_json::from_str(&number_text(*number)).unwrap_or_else(|_| Value::from(number_text(*number)))
        }
        Data::Bool(yes) if !as_text => Value::Bool(*yes),
        Data::Null => Value::Null,
        other => Value::from(other.text()),
    }
}
