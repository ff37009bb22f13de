//! `inspect` of a file of variables: what each reader makes of it.

use serde_json::{Map, Value, json};

use super::Request;
use crate::discover::{Disk, Source};
use crate::formats::dotenv::{self, Dialect, Dotenv};
use crate::formats::world::{Var, Vars, World};
use crate::model::{FileId, Origin};

/// The document, or why there is none; of `--dialect all` a list of them.
pub fn document(request: &Request) -> Result<Value, String> {
    let path = request.paths.first().ok_or("a file is needed")?;
    let name = path.file_name().and_then(|name| name.to_str()).ok_or("a file is needed")?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(std::path::Path::new("."));
    let bytes = Disk::new(folder).read(name).map_err(|error| format!("{}: {error}", path.display()))?;
    let wanted = request.dialect.as_deref().unwrap_or("python-dotenv");
    if wanted == "all" {
        return Ok(Dialect::ALL.into_iter().map(|dialect| one(dialect, &bytes, request)).collect());
    }
    let dialect = Dialect::of(wanted).ok_or_else(|| format!("no such dialect: {wanted}"))?;
    Ok(one(dialect, &bytes, request))
}

fn one(dialect: Dialect, bytes: &[u8], request: &Request) -> Value {
    let compose = matches!(dialect, Dialect::Compose | Dialect::ComposeRaw);
    let Ok(text) = std::str::from_utf8(bytes) else {
        return whole(dialect, Some("not UTF-8"), &Map::new(), &Default::default());
    };
    let vars: Vars = request.env.iter().map(|(k, v)| (k.clone(), Var::set(v.clone(), Origin::default()))).collect();
    let read = dotenv::parse(FileId(0), text, dialect, &World::Closed(vars));
    if let Some(problem) = read.problems.first().filter(|_| compose) {
        return whole(dialect, Some(&problem.message), &Map::new(), &Default::default());
    }
    let mut values = Map::new();
    for entry in read.entries.iter().filter(|entry| !entry.commented) {
        let value = entry.value.as_ref().map(|value| value.value.clone());
        values.insert(entry.name.value.clone(), json!(value));
    }
    let places = if dialect == Dialect::PythonDotenv { places(text, &read) } else { Default::default() };
    whole(dialect, None, &values, &places)
}

/// Lines of the last binding of each name, and lines that are no binding, as python-dotenv counts them.
fn places(text: &str, read: &Dotenv) -> (Value, Value) {
    let line = |at: usize| {
        let before = text.get(..at).unwrap_or_default();
        1 + before.matches('\n').count() + before.matches('\r').count() - before.matches("\r\n").count()
    };
    let mut lines = Map::new();
    for entry in read.entries.iter().filter(|entry| !entry.commented) {
        lines.insert(entry.name.value.clone(), json!(line(entry.name.span.range().start)));
    }
    let bad = read.problems.iter().map(|problem| {
        let start = problem.span.range().start;
        let before = text.get(..start).unwrap_or_default();
        let blank = &before[before.trim_end().len()..];
        // A bad statement begins with the blank lines above it, behind the end of the line before those.
        let first = if before.len() == blank.len() { 0 } else { blank.find('\n').map_or(blank.len(), |n| n + 1) };
        line(start - blank.len() + first)
    });
    (Value::Object(lines), bad.collect())
}

fn whole(dialect: Dialect, error: Option<&str>, values: &Map<String, Value>, places: &(Value, Value)) -> Value {
    json!({
        "kind": "dotenv",
        "dialect": dialect.name(),
        "ok": error.is_none(),
        "error": error,
        "values": values,
        "lines": places.0,
        "bad_lines": places.1,
    })
}
