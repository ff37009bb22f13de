//! Whether a lock still fits its manifest: the content hashes of Poetry and pipenv.

use std::fmt::Write;

use serde_json::{Map, Number, Value};
use sha2::{Digest, Sha256};

use super::data::{Data, Node};
use crate::formats::requirements::{normalize, versions};

/// Whether the hash in a `poetry.lock` is that of the manifest; `None` if the manifest has values that are not hashed alike.
pub(super) fn poetry(manifest: &Node, lock: &Node, lock_text: &str) -> Option<bool> {
    let Some(hash) = lock.path(&["metadata", "content-hash"]).and_then(Node::text) else { return Some(false) };
    if poetry_hash(manifest, true)? == hash {
        return Some(true);
    }
    // Before Poetry 2.3 the groups of `[dependency-groups]` were left out.
    let first = lock_text.lines().next().unwrap_or_default();
    let version = first.split("Poetry ").nth(1).and_then(|rest| rest.split(' ').next());
    let old = version.and_then(|v| versions::satisfies(v, "<2.3.0")) == Some(true);
    Some(old && poetry_hash(manifest, false)? == hash)
}

fn poetry_hash(manifest: &Node, with_groups: bool) -> Option<String> {
    let mut project = Map::new();
    for key in ["requires-python", "dependencies", "optional-dependencies"] {
        if let Some(node) = manifest.path(&["project", key]) {
            project.insert(key.into(), value(node)?);
        }
    }
    let groups = manifest.get("dependency-groups").filter(|g| with_groups && !g.entries().is_empty());
    let mut tool = Map::new();
    for key in ["dependencies", "source", "extras", "dev-dependencies", "group"] {
        match manifest.path(&["tool", "poetry", key]) {
            Some(node) => _ = tool.insert(key.into(), value(node)?),
            None if key == "group" || !project.is_empty() || groups.is_some() => {}
            None => _ = tool.insert(key.into(), Value::Null),
        }
    }
    let mut all = Map::new();
    if !project.is_empty() {
        all.insert("project".into(), Value::Object(project));
    }
    if let Some(groups) = groups {
        all.insert("dependency-groups".into(), value(groups)?);
    }
    if all.is_empty() {
        all = tool;
    } else {
        all.insert("tool".into(), Value::Object([("poetry".to_owned(), Value::Object(tool))].into_iter().collect()));
    }
    Some(digest(&Value::Object(all), ", ", ": "))
}

/// Whether the hash in a `Pipfile.lock` is that of the Pipfile; `None` if that cannot be told. Newer pipenv normalizes the
/// names of packages before.
pub(super) fn pipfile(pipfile: &Node, lock: &Node, normalized: bool) -> Option<bool> {
    let sources = value(pipfile.get("source")?)?;
    let table = |key: &str| pipfile.get(key).map_or(Some(Value::Object(Map::new())), value);
    let section = |node: Option<&Node>| {
        let mut out = Map::new();
        for (name, node) in node.map_or(&[][..], Node::entries) {
            let name = if normalized { normalize(&name.value) } else { name.value.clone() };
            out.insert(name, value(node)?);
        }
        Some(Value::Object(out))
    };
    let mut meta = Map::new();
    meta.insert("sources".into(), sources);
    meta.insert("requires".into(), table("requires")?);
    let mut all = Map::new();
    for (name, node) in pipfile.entries() {
        if !["source", "packages", "dev-packages", "requires", "scripts", "pipfile", "pipenv"].contains(&&*name.value) {
            all.insert(name.value.clone(), section(Some(node))?);
        }
    }
    all.insert("_meta".into(), Value::Object(meta));
    all.insert("default".into(), section(pipfile.get("packages"))?);
    all.insert("develop".into(), section(pipfile.get("dev-packages"))?);
    let found = digest(&Value::Object(all), ",", ":");
    Some(lock.path(&["_meta", "hash", "sha256"]).and_then(Node::text) == Some(found.as_str()))
}

fn value(node: &Node) -> Option<Value> {
    Some(match &node.data {
        Data::Null => Value::Null,
        Data::Bool(yes) => Value::Bool(*yes),
        Data::Text(text) => Value::String(text.clone()),
        Data::Other(text) => Value::Number(Number::from(text.replace('_', "").parse::<i64>().ok()?)),
        Data::List(items) => Value::Array(items.iter().map(value).collect::<Option<_>>()?),
        Data::Table(entries) => {
            let mut out = Map::new();
            for (key, node) in entries {
                out.insert(key.value.clone(), value(node)?);
            }
            Value::Object(out)
        }
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

fn digest(value: &Value, comma: &str, colon: &str) -> String {
    let mut text = String::new();
    write(value, comma, colon, &mut text);
    hex(&Sha256::digest(text.as_bytes()))
}

/// JSON as Python's `json.dumps(…, sort_keys=True)` writes it.
fn write(value: &Value, comma: &str, colon: &str, out: &mut String) {
    match value {
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at == 0 { "" } else { comma });
                write(item, comma, colon, out);
            }
            out.push(']');
        }
        Value::Object(entries) => {
            let mut entries: Vec<_> = entries.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            out.push('{');
            for (at, (key, item)) in entries.into_iter().enumerate() {
                out.push_str(if at == 0 { "" } else { comma });
                string(key, out);
                out.push_str(colon);
                write(item, comma, colon, out);
            }
            out.push('}');
        }
        Value::String(text) => string(text, out),
        other => out.push_str(&other.to_string()),
    }
}

fn string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(c),
            other => {
                let mut units = [0; 2];
                for unit in other.encode_utf16(&mut units) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::locks::data;
    use crate::model::FileId;

    #[test]
    fn texts_are_escaped_as_python_does() {
        let mut out = String::new();
        string("é\u{1F600}\"\u{7f}", &mut out);
        assert_eq!(out, "\"\\u00e9\\ud83d\\ude00\\\"\\u007f\"");
    }

    #[test]
    fn a_pipfile_is_hashed_with_normalized_names() {
        let pipfile = |name: &str| {
            let text = format!("[[source]]\nurl = \"u\"\n[packages]\n{name} = \"*\"\n");
            data::toml(FileId(0), &text).0
        };
        let text =
            "{\"_meta\":{\"requires\":{},\"sources\":[{\"url\":\"u\"}]},\"default\":{\"a-b\":\"*\"},\"develop\":{}}";
        let hash = hex(&Sha256::digest(text));
        let lock = data::json(FileId(0), &format!("{{\"_meta\": {{\"hash\": {{\"sha256\": \"{hash}\"}}}}}}")).0;
        assert_eq!(super::pipfile(&pipfile("A_b"), &lock, true), Some(true));
        assert_eq!(super::pipfile(&pipfile("A_b"), &lock, false), Some(false));
        assert_eq!(super::pipfile(&data::toml(FileId(0), "").0, &lock, true), None);
    }

    #[test]
    fn a_lock_is_fresh_while_what_it_rests_on_is_unchanged() {
        let manifest = |version: &str| {
            let text = format!("[tool.poetry.dependencies]\npython = \"^3.8\"\na = \"{version}\"\n");
            data::toml(FileId(0), &text).0
        };
        let hash = poetry_hash(&manifest("1"), true).unwrap_or_default();
        let (lock, _) = data::toml(FileId(0), &format!("[metadata]\ncontent-hash = \"{hash}\"\n"));
        assert_eq!(poetry(&manifest("1"), &lock, ""), Some(true));
        assert_eq!(poetry(&manifest("2"), &lock, ""), Some(false));
    }
}
