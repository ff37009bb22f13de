//! `check --format sarif`: SARIF 2.1.0. <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::entries::{At, Entry, accepted, entries};
use super::lines::Lines;
use crate::discover::Tree;
use crate::judge::Rule;
use crate::model::{Audit, Severity};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// What paths are relative to. Where that lies is not said: a log is the same on every machine.
const BASE: &str = "SRCROOT";

/// The log of one run. `rules` are those that were judged.
/// `compared`: whether a baseline or a revision was there to compare with.
pub fn render(audit: &Audit, tree: &Tree, rules: &[Rule], compared: bool) -> String {
    let entries = entries(audit, tree);
    let used: Vec<&Rule> = rules.iter().filter(|rule| entries.iter().any(|e| e.finding.rule == rule.name)).collect();
    let index: BTreeMap<&str, usize> = used.iter().enumerate().map(|(at, rule)| (rule.name.as_str(), at)).collect();
    let broken: Vec<Json> = {
        let lines = Lines::in_repository(tree);
        audit.broken_rules.iter().map(|(path, line, text)| notification(&lines.shown(path), *line, text)).collect()
    };
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "paritylint",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": used.iter().map(|rule| about(rule)).collect::<Vec<_>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": { BASE: { "description": { "text": "the root of the repository" } } },
            "invocations": [{ "executionSuccessful": broken.is_empty(), "toolConfigurationNotifications": broken }],
            "results": entries.iter().map(|entry| result(entry, &index, compared)).collect::<Vec<_>>(),
        }],
    });
    serde_json::to_string_pretty(&log).unwrap_or_default() + "\n"
}

fn level(severity: Severity) -> &'static str {
    severity.name()
}

fn about(rule: &Rule) -> Json {
    let file = &rule.file;
    let worst = rule.roles.values().max().copied().unwrap_or(Severity::Note);
    let help = format!("{}\n\nWhat to do: {}", file.why.trim(), file.fix.trim());
    let links = file.references.iter().map(|address| format!("- <{address}>")).collect::<Vec<_>>().join("\n");
    let mut about = json!({
        "id": rule.name,
        "name": rule.name,
        "shortDescription": { "text": file.summary },
        "fullDescription": { "text": file.why.trim() },
        "help": { "text": help, "markdown": format!("{help}\n\n{links}") },
        "defaultConfiguration": { "level": level(worst) },
        "properties": { "tags": [rule.dimension.name()], "controls": file.controls, "profile": rule.profile() },
    });
    if let (Some(first), Some(map)) = (file.references.first(), about.as_object_mut()) {
        map.insert("helpUri".into(), json!(first));
    }
    about
}

fn result(entry: &Entry<'_>, index: &BTreeMap<&str, usize>, compared: bool) -> Json {
    let finding = entry.finding;
    let (first, others) = entry.places.split_at(entry.places.len().min(1));
    let mut text = entry.message.clone();
    if entry.items.len() > 1 {
        text = format!("{text}: {}", entry.items.join(", "));
    }
    for note in &entry.notes {
        text = format!("{text}\n{note}");
    }
    let mut result = json!({
        "ruleId": finding.rule,
        "level": level(finding.severity),
        "message": { "text": text },
        "locations": first.iter().map(|at| location(at, None)).collect::<Vec<_>>(),
        "relatedLocations": others.iter().zip(1..).map(|(at, id)| location(at, Some(id))).collect::<Vec<_>>(),
        "partialFingerprints": { "paritylint/v1": finding.fingerprint },
        "properties": {
            "project": finding.project,
            "dimension": finding.dimension.name(),
            "environments": finding.environments.keys().collect::<Vec<_>>(),
        },
    });
    let Some(map) = result.as_object_mut() else { return result };
    if let Some(at) = index.get(finding.rule.as_str()) {
        map.insert("ruleIndex".into(), json!(at));
    }
    if let (Some(cause), Some(Json::Object(properties))) = (&finding.part_of, map.get_mut("properties")) {
        properties.insert("part_of".into(), json!(cause));
    }
    if compared {
        let known = finding.suppressed.as_ref().is_some_and(|why| why.by == "baseline");
        map.insert("baselineState".into(), json!(if known { "unchanged" } else { "new" }));
    }
    let suppressions: Vec<Json> = finding
        .suppressed
        .iter()
        .map(|why| {
            let kind = if why.by == "inline" { "inSource" } else { "external" };
            json!({ "kind": kind, "status": "accepted", "justification": accepted(why) })
        })
        .collect();
    if !suppressions.is_empty() {
        map.insert("suppressions".into(), json!(suppressions));
    }
    result
}

fn location(at: &At, id: Option<usize>) -> Json {
    let place = &at.place;
    let mut location = json!({
        "physicalLocation": {
            "artifactLocation": { "uri": uri(&place.path), "uriBaseId": BASE },
            "region": {
                "startLine": place.line,
                "startColumn": place.column,
                "endLine": place.end_line,
                "endColumn": place.end_column,
            },
        },
        "message": { "text": at.label },
    });
    if let (Some(id), Some(map)) = (id, location.as_object_mut()) {
        map.insert("id".into(), json!(id));
    }
    location
}

fn notification(path: &str, line: usize, message: &str) -> Json {
    json!({
        "level": "error",
        "message": { "text": message },
        "locations": [{ "physicalLocation": {
            "artifactLocation": { "uri": uri(path), "uriBaseId": BASE },
            "region": { "startLine": line.max(1) },
        } }],
    })
}

/// A path as a relative URI.
fn uri(path: &str) -> String {
    use std::fmt::Write;
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_relative_addresses() {
        assert_eq!(uri("a b/Ä.py"), "a%20b/%C3%84.py");
    }
}
