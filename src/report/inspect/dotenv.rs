//! `inspect` of one file of variables, as one dialect reads it or as all do.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::Request;
use crate::discover::{Disk, Source};
use crate::formats::dotenv::{self, Dialect, Dotenv};
use crate::formats::{Var, Vars, World};
use crate::model::{Certainty, FileId, Known, Origin, Reason};

const DIALECTS: [(&str, Dialect); 5] = [
    ("python-dotenv", Dialect::PythonDotenv),
    ("compose", Dialect::Compose),
    ("compose-raw", Dialect::ComposeRaw),
    ("django-environ", Dialect::DjangoEnviron),
    ("decouple", Dialect::Decouple),
];

/// The document, or why there is none.
pub fn document(request: &Request) -> Result<Value, String> {
    let path = request.paths.first().ok_or("a file of variables is needed")?;
    let name = path.file_name().and_then(|name| name.to_str()).ok_or("a file of variables is needed")?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let bytes = Disk::new(folder).read(name).map_err(|error| format!("{}: {error}", path.display()))?;
    let text = String::from_utf8(bytes).ok();
    let wanted = request.dialect.as_deref().unwrap_or("python-dotenv");
    let document = |(name, dialect): &(&str, Dialect)| match &text {
        Some(text) => of(name, *dialect, text, request),
        None => refused(name, "not UTF-8"),
    };
    if wanted == "all" {
        return Ok(DIALECTS.iter().map(document).collect());
    }
    let found = DIALECTS.iter().find(|(name, _)| *name == wanted);
    found.map(document).ok_or_else(|| format!("no such dialect: {wanted}"))
}

fn refused(name: &str, why: &str) -> Value {
    json!({"kind": "dotenv", "dialect": name, "ok": false, "error": why, "values": {}, "lines": null, "bad_lines": null})
}

/// The variables around a reader: those of the request, and what Compose always sees.
fn world(dialect: Dialect, request: &Request) -> World {
    let set = |(name, value): (&String, &String)| (name.clone(), Var::set(value.clone(), Origin::default()));
    let mut vars = Vars::new();
    if matches!(dialect, Dialect::Compose | Dialect::ComposeRaw) {
        for name in ["PATH", "HOME", "COMPOSE_PROJECT_NAME"] {
            let value = Known::Unknown(Reason::new(format!("{name} is set outside")));
            vars.insert(name.into(), Var { value, certainty: Certainty::Stated, origin: Origin::default() });
        }
    }
    vars.extend(request.env.iter().map(set));
    World::Closed(vars)
}

fn of(name: &str, dialect: Dialect, text: &str, request: &Request) -> Value {
    let read = dotenv::parse(FileId(0), text, dialect, &world(dialect, request));
    if let Some(problem) =
        read.problems.first().filter(|_| matches!(dialect, Dialect::Compose | Dialect::ComposeRaw))
    {
        return refused(name, &problem.message);
    }
    let mut values = Map::new();
    for entry in read.entries.iter().filter(|entry| !entry.commented) {
        let value = match &entry.value {
            Some(value) if entry.known => json!(value.value),
            Some(_) => json!({"$unknown": "made of what is not known here"}),
            None => Value::Null,
        };
        values.insert(entry.name.value.clone(), value);
    }
    let (lines, bad) = if dialect == Dialect::PythonDotenv { numbers(&read, text) } else { (Value::Null, Value::Null) };
    json!({"kind": "dotenv", "dialect": name, "ok": true, "error": null, "values": values, "lines": lines, "bad_lines": bad})
}

/// The lines of the last bindings, and those that are refused.
fn numbers(read: &Dotenv, text: &str) -> (Value, Value) {
    let line = |start: u32| {
        let before = text.get(..start as usize).unwrap_or_default().replace("\r\n", "\n");
        before.matches(['\n', '\r']).count() + 1
    };
    let mut lines = Map::new();
    for entry in read.entries.iter().filter(|entry| !entry.commented) {
        lines.insert(entry.name.value.clone(), json!(line(entry.name.span.start)));
    }
    let bad: Vec<usize> = read.problems.iter().map(|problem| line(problem.span.start)).collect();
    (lines.into(), json!(bad))
}
