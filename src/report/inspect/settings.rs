//! `inspect` of a settings module.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::Request;
use crate::discover::{Disk, Tree};
use crate::formats::python::{Evaluator, Kind, Settings, Val};
use crate::formats::world::{Var, World};
use crate::model::{Origin, Reason, Span};

/// The document, or why there is none.
pub fn document(request: &Request) -> Result<Value, String> {
    let root = request.paths.first().ok_or("a folder is needed")?;
    let module = request.settings.as_deref().ok_or("--settings is needed")?;
    let tree = Tree::open(Box::new(Disk::with_ignored(root))).map_err(|e| e.to_string())?;
    let mut roots = vec![String::new()];
    roots.extend(request.python_paths.iter().filter_map(|p| p.to_str()).map(|p| p.trim_matches('/').to_owned()));
    let mut vars: BTreeMap<String, Var> = BTreeMap::new();
    if !request.open {
        for (name, value) in [("PATH", "/usr/local/bin:/usr/bin:/bin"), ("HOME", "/nonexistent"), ("LANG", "C.UTF-8")] {
            vars.insert(name.into(), Var::set(value, Origin::default()));
        }
        for (name, value) in &request.env {
            vars.insert(name.clone(), Var::set(value, Origin::default()));
        }
    }
    let world = if request.open { World::Open(vars) } else { World::Closed(vars) };
    let evaluator = Evaluator::new(&tree, roots);
    let evaluator = if request.open { evaluator } else { evaluator.whole() };
    let settings = evaluator.module(module, &world, request.class.as_deref());
    if settings.file.is_none() {
        return Err(format!("{module} is not in the repository"));
    }
    Ok(render(&tree, &settings, request))
}

/// Whether it is set, the places, and the library.
type Reads<'s> = BTreeMap<&'s str, (bool, Vec<(String, usize)>, &'s str)>;

fn render(tree: &Tree, settings: &Settings, request: &Request) -> Value {
    let absent = |value: &Val| matches!(&value.kind, Kind::OneOf(all) if all.iter().any(|v| v.kind == Kind::Undefined));
    let own = settings.values.iter().filter(|(name, _)| !settings.computed.contains(*name));
    let listed = own.filter(|(_, value)| request.open || !absent(value));
    let values: serde_json::Map<String, Value> =
        listed.map(|(name, value)| (name.clone(), decided(tagged(tree, value), request.open))).collect();
    // A setting that is left out would be said not to exist.
    let doubtful = settings.values.iter().find(|(_, value)| !request.open && absent(value));
    let values = match (&settings.incomplete, doubtful) {
        // The importer sets up one class, and gives all of them the defaults of Django.
        _ if settings.by_importer && request.open => json!({}),
        _ if settings.by_importer => {
            json!({ "$unknown": "the importer of django-configurations decides what is in its classes" })
        }
        (Some(why), _) if !request.open => unknown(tree, why),
        (_, Some((name, _))) => json!({ "$unknown": format!("whether there is a setting {name}") }),
        _ => Value::Object(values),
    };
    let by_pydantic = settings.reads.iter().filter(|read| read.via == "pydantic");
    let values = in_any_case(values, &by_pydantic.map(|read| read.name.as_str()).collect());
    let mut reads: Reads<'_> = BTreeMap::new();
    for read in &settings.reads {
        let row = reads.entry(&read.name).or_insert((read.set, Vec::new(), read.via));
        row.1.push((tree.path(read.span.file).to_owned(), line(tree, read.span)));
    }
    let reads: Vec<Value> = reads
        .into_iter()
        .map(|(name, (set, mut at, via))| {
            at.sort();
            at.dedup();
            let by = if via == "os" { Value::Null } else { json!(via) };
            json!({ "name": name, "set": set, "at": at, "by": by })
        })
        .collect();
    json!({
        "kind": "settings",
        "ok": true,
        "module": settings.module,
        "class": request.class,
        "settings": values,
        "env_reads": match &settings.reads_unsure {
            Some(why) if !request.open => unknown(tree, why),
            _ => json!(reads),
        },
    })
}

/// Pydantic finds its variables in any case: in small letters as well.
fn in_any_case(value: Value, names: &BTreeSet<&str>) -> Value {
    match value {
        Value::Object(map) => {
            let entries = map.into_iter().map(|(key, value)| match value {
                Value::Array(mut items) if key == "variables" => {
                    let ours = items.iter().filter_map(Value::as_str).filter(|name| names.contains(name));
                    let small: Vec<Value> = ours.map(|name| json!(name.to_ascii_lowercase())).collect();
                    items.extend(small);
                    (key, Value::Array(items))
                }
                other => (key, in_any_case(other, names)),
            });
            entries.collect()
        }
        Value::Array(items) => items.into_iter().map(|item| in_any_case(item, names)).collect(),
        other => other,
    }
}

/// In a closed world there is one answer: several are none.
fn decided(value: Value, open: bool) -> Value {
    match value {
        Value::Object(map) if !open && map.keys().any(|key| key == "$one_of" || key == "$depends") => {
            json!({ "$unknown": "it rests on what the files do not decide" })
        }
        Value::Object(map) => map.into_iter().map(|(key, value)| (key, decided(value, open))).collect(),
        Value::Array(items) => items.into_iter().map(|value| decided(value, open)).collect(),
        other => other,
    }
}

/// What is not known, and the place that could not be followed.
fn unknown(tree: &Tree, why: &Reason) -> Value {
    match why.span {
        Some(span) => json!({ "$unknown": why.text, "at": [tree.path(span.file), line(tree, span)] }),
        None => json!({ "$unknown": why.text }),
    }
}

/// Whether a key of a dict is a plain value.
fn settled_key(key: &Val) -> bool {
    match &key.kind {
        Kind::Tuple(items) => items.iter().all(settled_key),
        Kind::Opaque(_) | Kind::Unknown(_) | Kind::OneOf(_) | Kind::Depends { .. } | Kind::Undefined => false,
        _ => true,
    }
}

/// The line of a place, from 1.
fn line(tree: &Tree, span: Span) -> usize {
    let text = tree.text(span.file).unwrap_or_default();
    let end = (span.start as usize).min(text.len());
    text.get(..end).map_or(1, |before| before.matches('\n').count() + 1)
}

/// A value of the document.
fn tagged(tree: &Tree, value: &Val) -> Value {
    let tagged = |value: &Val| tagged(tree, value);
    let list = |items: &[Val]| items.iter().map(tagged).collect::<Vec<_>>();
    match &value.kind {
        Kind::None => json!({ "type": "none" }),
        Kind::Bool(b) => json!({ "type": "bool", "value": b }),
        Kind::Int(n) => match i64::try_from(*n) {
            Ok(n) => json!({ "type": "int", "value": n }),
            Err(_) => json!({ "$unknown": "a large number" }),
        },
        Kind::Float(n) => json!({ "type": "float", "value": n }),
        Kind::Str(t) => json!({ "type": "str", "value": t }),
        Kind::Bytes(b) => json!({ "type": "bytes", "value": b.iter().map(|b| char::from(*b)).collect::<String>() }),
        Kind::List(items) => json!({ "type": "list", "items": list(items) }),
        Kind::Tuple(items) => json!({ "type": "tuple", "items": list(items) }),
        Kind::Set(items) => json!({ "type": "set", "items": list(items) }),
        Kind::Dict(items) if items.iter().any(|(key, _)| !settled_key(key)) => {
            json!({ "$unknown": "a key is not known" })
        }
        Kind::Dict(items) => {
            let items: Vec<Value> = items.iter().map(|(k, v)| json!([tagged(k), tagged(v)])).collect();
            json!({ "type": "dict", "items": items })
        }
        Kind::Path(t) => json!({ "type": "path", "value": t }),
        Kind::Timedelta(n) => json!({ "type": "timedelta", "value": n }),
        Kind::Tagged(tag, t) => json!({ "type": tag, "value": t }),
        Kind::Lazy(t) => json!({ "type": "lazy_str", "value": t }),
        Kind::Enum(class, v) => json!({ "type": "enum", "of": class, "value": tagged(v) }),
        Kind::Secret(v) => json!({ "type": "secret", "value": tagged(v) }),
        Kind::Opaque(what) => json!({ "$unknown": what }),
        Kind::Unknown(why) => unknown(tree, why),
        Kind::OneOf(items) if items.iter().any(|v| matches!(v.kind, Kind::Unknown(_))) => {
            json!({ "$unknown": "one of several values, not all of them known" })
        }
        Kind::OneOf(items) => json!({ "$one_of": list(items) }),
        Kind::Depends { variables, default } => {
            json!({ "$depends": { "variables": variables, "default": default.as_deref().map(tagged) } })
        }
        Kind::Undefined => json!({ "type": "absent" }),
    }
}
