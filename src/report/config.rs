//! The configuration itself: what is in force and where it is said, and the JSON Schema of what may be said.

use std::fmt::Write;

use serde_json::{Map, Value as Json, json};

use super::lines::Lines;
use crate::discover::config::keys::{Key, Kind, ROLES, SEVERITIES, TOP};
use crate::discover::config::node::Node;
use crate::discover::{Config, Tree};
use crate::judge::builtin;

/// Where origins stand.
const COLUMN: usize = 48;

/// Every value, as TOML writes it, one a line; with the place that says it, if that is asked for.
pub fn values(config: &Config, tree: &Tree, as_of: &str, origins: bool) -> String {
    let lines = Lines::from_here(tree);
    let said = config.values();
    let place = |node: &Node| {
        let place = lines.place(node.span);
        format!("{}:{}", place.path, place.line)
    };
    let mut rows: Vec<(String, String)> =
        said.iter().map(|(key, node)| (format!("{key} = {}", node.plain()), place(node))).collect();
    for (key, value) in [("profile", "core"), ("fail-on", "error"), ("policy.as-of", as_of)] {
        if !said.iter().any(|(known, _)| known == key) {
            rows.push((format!("{key} = \"{value}\""), "default".into()));
        }
    }
    let mut out = String::new();
    for (value, origin) in rows {
        let wide = value.chars().count();
        let _ = match (origins, wide < COLUMN) {
            (false, _) => writeln!(out, "{value}"),
            (true, true) => writeln!(out, "{value:COLUMN$}# {origin}"),
            (true, false) => writeln!(out, "# {origin}\n{value}"),
        };
    }
    out
}

/// The JSON Schema of `paritylint.toml`, and of `[tool.paritylint]`.
pub fn schema() -> String {
    let mut schema = table(TOP);
    if let Some(Json::Object(rules)) = schema.pointer_mut("/properties/rules") {
        let known: Map<String, Json> = builtin::rules()
            .0
            .into_iter()
            .map(|rule| (rule.name, described(of(Kind::Severity), &rule.file.summary)))
            .collect();
        rules.insert("properties".into(), Json::Object(known));
    }
    let head = json!({ "$schema": "http://json-schema.org/draft-07/schema#", "title": "paritylint.toml" });
    if let (Json::Object(all), Json::Object(head)) = (&mut schema, head) {
        all.extend(head);
    }
    serde_json::to_string_pretty(&schema).unwrap_or_default() + "\n"
}

fn described(mut schema: Json, means: &str) -> Json {
    if let Json::Object(all) = &mut schema {
        all.insert("description".into(), means.into());
    }
    schema
}

fn table(keys: &[Key]) -> Json {
    let properties: Map<String, Json> =
        keys.iter().map(|key| (key.name.to_owned(), described(of(key.kind), key.means))).collect();
    let required: Vec<&str> = keys.iter().filter(|key| key.required).map(|key| key.name).collect();
    let mut schema = json!({ "type": "object", "additionalProperties": false, "properties": properties });
    if let (Json::Object(all), false) = (&mut schema, required.is_empty()) {
        all.insert("required".into(), required.into());
    }
    schema
}

fn of(kind: Kind) -> Json {
    match kind {
        Kind::Text | Kind::File | Kind::Versions | Kind::Service => json!({ "type": "string", "minLength": 1 }),
        Kind::Job => json!({ "type": "string", "pattern": "^.+:[^:]+$" }),
        Kind::Day => json!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" }),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Word(words) => json!({ "enum": words }),
        Kind::List(inner) => json!({ "type": "array", "items": of(*inner) }),
        Kind::OneOrMore(inner) => json!({ "anyOf": [of(*inner), { "type": "array", "items": of(*inner) }] }),
        Kind::Table(keys) => table(keys),
        Kind::Named(inner) => json!({ "type": "object", "additionalProperties": of(*inner) }),
        Kind::Severity => {
            let words = json!({ "enum": SEVERITIES });
            let roles: Map<String, Json> = ROLES.iter().map(|role| ((*role).to_owned(), words.clone())).collect();
            json!({ "anyOf": [words, { "type": "object", "additionalProperties": false, "properties": roles }] })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::Overlay;

    #[test]
    fn the_schema_has_every_key_and_every_rule() {
        let schema: Json = serde_json::from_str(&schema()).unwrap();
        for key in TOP {
            assert_eq!(schema["properties"][key.name]["description"], key.means, "{}", key.name);
        }
        assert!(schema["properties"]["rules"]["properties"]["libc-drift"]["description"].is_string());
        assert_eq!(schema["properties"]["allow"]["items"]["required"], json!(["rule", "reason"]));
        assert_eq!(schema["additionalProperties"], false);
    }

    #[test]
    fn every_value_is_shown_with_its_place() {
        let own = "extends = \"base.toml\"\nignore = [\"b\"]\n[rules]\nserver-drift = \"off\"\n";
        let base = "fail-on = \"warning\"\nignore = [\"a\"]\n";
        let tree = Tree::open(Box::new(Overlay::of([("paritylint.toml", own), ("base.toml", base)]))).unwrap();
        let shown = values(&Config::read(&tree), &tree, "2026-01-01", true);
        let rows: Vec<Vec<&str>> =
            shown.lines().map(|line| line.split('#').map(str::trim).collect::<Vec<_>>()).collect();
        assert_eq!(
            rows,
            [
                ["extends = \"base.toml\"", "paritylint.toml:1"],
                ["fail-on = \"warning\"", "base.toml:1"],
                ["ignore[] = \"a\"", "base.toml:2"],
                ["ignore[] = \"b\"", "paritylint.toml:2"],
                ["rules.server-drift = \"off\"", "paritylint.toml:4"],
                ["profile = \"core\"", "default"],
                ["policy.as-of = \"2026-01-01\"", "default"],
            ]
        );
    }
}
