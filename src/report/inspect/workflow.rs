//! `inspect` of one workflow: what GitHub's published parser and evaluator make of it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::Request;
use crate::discover::{Disk, Source};
use crate::formats::workflow::data::{Data, js_number, number_text};
use crate::formats::workflow::evaluate::{Contexts, Variables};
use crate::formats::workflow::expression::Reading;
use crate::formats::workflow::matrix::{self, Row};
use crate::formats::workflow::template::{Kind, Token, read};
use crate::model::{FileId, Reason, Span};

/// The document, or why there is none.
pub fn document(request: &Request) -> Result<Value, String> {
    let path = request.paths.first().ok_or("no file given")?;
    let template = read(&text_of(path)?);
    let faults = template.faults.iter().map(|fault| json!({"line": fault.line, "message": fault.message}));
    let mut document = json!({
        "kind": "workflow",
        "ok": template.faults.is_empty(),
        "error": template.faults.first().map(|fault| &fault.message),
        "errors": faults.collect::<Vec<_>>(),
        "name": null,
        "on": [],
        "env": {},
        "jobs": [],
        "actionlint": null,
    });
    if let Some(root) = template.root.filter(|root| matches!(root.kind, Kind::Map(_))) {
        let own = Contexts { reading: Reading::Library, ..Contexts::of_run(&request.vars) };
        let jobs = root.get("jobs").map_or(&[][..], Token::entries).iter();
        let jobs = jobs.filter(|(_, job)| matches!(job.kind, Kind::Map(_) | Kind::List(_)));
        document["name"] = plain(root.get("name"));
        document["on"] = events(root.get("on"));
        document["env"] = value(&texts(root.get("env"), own));
        document["jobs"] = jobs.map(|(id, job)| job_value(&root, id, job, &request.vars)).collect();
    }
    Ok(document)
}

fn text_of(path: &std::path::Path) -> Result<String, String> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(std::path::Path::new("."));
    let name = path.file_name().and_then(|name| name.to_str()).ok_or("not a file")?;
    let bytes = Disk::new(folder).read(name).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A value with its expressions as they are written.
fn plain(token: Option<&Token>) -> Value {
    match token.map(|token| &token.kind) {
        None | Some(Kind::Null | Kind::Insert) => Value::Null,
        Some(Kind::Bool(yes)) => Value::Bool(*yes),
        Some(Kind::Number(number)) => value(&Data::Number(*number)),
        Some(Kind::Text(text)) => Value::from(text.as_str()),
        Some(Kind::Expression(text)) => json!({ "expr": text }),
        Some(Kind::List(items)) => items.iter().map(|item| plain(Some(item))).collect(),
        Some(Kind::Map(entries)) => {
            Value::Object(entries.iter().map(|(key, value)| (key.name().to_owned(), plain(Some(value)))).collect())
        }
    }
}

/// The events that start it; an expression, which is not allowed here, is an object of one name.
fn events(on: Option<&Token>) -> Value {
    match on.map(|on| &on.kind) {
        Some(Kind::Text(event)) => json!([event]),
        Some(Kind::List(_)) => plain(on),
        Some(Kind::Map(entries)) => entries.iter().map(|(key, _)| key.name()).collect(),
        Some(Kind::Expression(_)) => json!(["expr"]),
        _ => json!([]),
    }
}

/// A value with its expressions evaluated; one that is not known has its own text as the reason.
fn fill(token: Option<&Token>, contexts: Contexts<'_>) -> Data {
    match token.map(|token| &token.kind) {
        None | Some(Kind::Null | Kind::Insert) => Data::Null,
        Some(Kind::Bool(yes)) => Data::Bool(*yes),
        Some(Kind::Number(number)) => Data::Number(*number),
        Some(Kind::Text(text)) => Data::Text(text.clone()),
        Some(Kind::Expression(text)) => match contexts.expression(text) {
            Data::Unknown(_) => Data::Unknown(Reason::new(text.clone())),
            data => data,
        },
        Some(Kind::List(items)) => Data::List(items.iter().map(|item| fill(Some(item), contexts)).collect()),
        Some(Kind::Map(entries)) => {
            let mut filled: Vec<(String, Data)> = Vec::new();
            for (key, value) in entries {
                put(&mut filled, key.name(), fill(Some(value), contexts));
            }
            Data::Map(filled)
        }
    }
}

fn put(entries: &mut Vec<(String, Data)>, name: &str, value: Data) {
    match entries.iter_mut().find(|(known, _)| known == name) {
        Some((_, old)) => *old = value,
        None => entries.push((name.to_owned(), value)),
    }
}

/// Numbers and truth values become texts.
fn text(data: Data) -> Data {
    match data {
        Data::Bool(yes) => Data::Text(yes.to_string()),
        Data::Number(number) => Data::Text(number_text(number)),
        other => other,
    }
}

fn each_text(data: Data) -> Data {
    match data {
        Data::Map(entries) => Data::Map(entries.into_iter().map(|(name, value)| (name, text(value))).collect()),
        Data::Null => Data::Map(Vec::new()),
        Data::List(items) => {
            Data::Map(items.into_iter().enumerate().map(|(at, item)| (at.to_string(), text(item))).collect())
        }
        other => other,
    }
}

/// A mapping of texts.
fn texts(token: Option<&Token>, contexts: Contexts<'_>) -> Data {
    each_text(fill(token, contexts))
}

/// Lays one set of variables over another; a set that is not known leaves its reason among them.
fn lay_over(under: Data, over: Data) -> Data {
    let mut all = Vec::new();
    for data in [under, over] {
        match data {
            Data::Map(entries) => entries.into_iter().for_each(|(name, value)| put(&mut all, &name, value)),
            Data::Unknown(reason) => put(&mut all, "$unknown", Data::Text(reason.text)),
            _ => {}
        }
    }
    Data::Map(all)
}

fn job_value(root: &Token, id: &Token, job: &Token, vars: &BTreeMap<String, String>) -> Value {
    let own = Contexts { reading: Reading::Library, ..Contexts::of_run(vars) };
    let written = job.get("strategy").and_then(|strategy| strategy.get("matrix"));
    let rows = match fill(written, own) {
        Data::Unknown(_) => None,
        Data::Null => Some(vec![Row::new()]),
        Data::Map(entries) if entries.iter().any(|(_, value)| matches!(value, Data::Unknown(_))) => None,
        data => Some(matrix::rows_of(&data, Span::new(FileId(0), 0, 0))),
    };
    let runs: Vec<Value> = match &rows {
        Some(rows) => rows.iter().map(|row| run_value(root, job, Some(&matrix::context(row)), own)).collect(),
        None => vec![run_value(root, job, None, own)],
    };
    let needs = match job.get("needs").map(|needs| &needs.kind) {
        None | Some(Kind::Null) => json!([]),
        Some(Kind::List(_)) => plain(job.get("needs")),
        Some(_) => json!([plain(job.get("needs"))]),
    };
    json!({
        "id": id.name(),
        "line": id.line,
        "needs": needs,
        "uses": plain(job.get("uses")),
        "if": condition(job),
        "dynamic_matrix": rows.is_none(),
        "runs": runs,
    })
}

/// `if`: an expression, or text that is one without `${{ }}`.
fn condition(token: &Token) -> Value {
    match token.get("if").map(|condition| &condition.kind) {
        Some(Kind::Expression(text)) => Value::from(text.as_str()),
        Some(Kind::Bool(yes)) => Value::from(yes.to_string()),
        Some(Kind::Number(number)) => Value::from(number_text(*number)),
        _ => plain(token.get("if")),
    }
}

fn run_value(root: &Token, job: &Token, row: Option<&Data>, own: Contexts<'_>) -> Value {
    let bare = Contexts { matrix: row, ..own };
    let outer = lay_over(texts(root.get("env"), bare), Data::Null);
    let env = lay_over(outer.clone(), texts(job.get("env"), Contexts { env: Variables::Object(&outer), ..bare }));
    let all = Contexts { env: Variables::Object(&env), ..bare };
    let steps: Vec<Step> =
        job.get("steps").map_or(&[][..], Token::items).iter().map(|step| Step::of(step, all)).collect();
    let services = match fill(job.get("services"), all) {
        Data::Map(services) => {
            Value::Object(services.into_iter().map(|(name, service)| (name, container(service))).collect())
        }
        Data::Null => json!({}),
        other => value(&other),
    };
    json!({
        "matrix": row.map_or(Value::Null, value),
        "runs_on": value(&fill(job.get("runs-on"), all)),
        "container": container(fill(job.get("container"), all)),
        "services": services,
        "env": value(&env),
        "python_versions": steps.iter().flat_map(Step::pythons).collect::<Vec<_>>(),
        "steps": steps.into_iter().map(|step| step.document).collect::<Vec<_>>(),
    })
}

struct Step {
    document: Value,
    uses: String,
    with: Data,
}

impl Step {
    fn of(step: &Token, all: Contexts<'_>) -> Self {
        let with = texts(step.get("with"), all);
        let document = json!({
            "uses": plain(step.get("uses")),
            "run": value(&text(fill(step.get("run"), all))),
            "name": value(&text(fill(step.get("name"), all))),
            "if": condition(step),
            "env": value(&texts(step.get("env"), all)),
            "with": value(&with),
        });
        let uses = document["uses"].as_str().unwrap_or_default().to_ascii_lowercase();
        Self { document, uses, with }
    }

    /// The Pythons that it sets up.
    fn pythons(&self) -> Vec<Value> {
        let Data::Map(with) = &self.with else { return Vec::new() };
        let input = |name: &str| with.iter().find(|(input, _)| input == name).map(|(_, value)| value);
        if !self.uses.starts_with("actions/setup-python@") {
            return Vec::new();
        }
        match (input("python-version"), input("python-version-file")) {
            (Some(Data::Text(versions)), _) => {
                versions.split('\n').map(str::trim).filter(|line| !line.is_empty()).map(Value::from).collect()
            }
            (Some(other), _) => vec![value(other)],
            (None, Some(file)) => vec![json!({ "file": value(file) })],
            (None, None) => Vec::new(),
        }
    }
}

fn container(data: Data) -> Value {
    let Data::Map(entries) = data else {
        return match data {
            Data::Null | Data::Unknown(_) => value(&data),
            image => json!({"image": value(&text(image)), "env": {}, "ports": [], "volumes": [], "options": null}),
        };
    };
    let field = |name: &str| entries.iter().find(|(key, _)| key == name).map_or(Data::Null, |(_, value)| value.clone());
    let list = |name: &str| match field(name) {
        Data::List(items) => items.into_iter().map(|item| value(&text(item))).collect(),
        Data::Null => json!([]),
        other => value(&other),
    };
    json!({
        "image": value(&text(field("image"))),
        "env": value(&each_text(field("env"))),
        "ports": list("ports"),
        "volumes": list("volumes"),
        "options": value(&field("options")),
    })
}

fn value(data: &Data) -> Value {
    match data {
        Data::Null => Value::Null,
        Data::Bool(yes) => Value::Bool(*yes),
        Data::Number(number) => serde_json::from_str(&js_number(*number)).unwrap_or(Value::Null),
        Data::Text(text) => Value::from(text.as_str()),
        Data::List(items) => items.iter().map(value).collect(),
        Data::Map(entries) => {
            Value::Object(entries.iter().map(|(name, item)| (name.clone(), value(item))).collect::<Map<_, _>>())
        }
        Data::Unknown(reason) => json!({ "$unknown": reason.text }),
    }
}
