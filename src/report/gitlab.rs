//! `check --format gitlab`: a Code Quality report.
//! <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>

use serde::Serialize;

use super::entries::entries;
use crate::discover::Tree;
use crate::model::{Audit, Severity};

#[derive(Serialize)]
struct Issue<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    description: String,
    check_name: &'a str,
    categories: [&'static str; 1],
    fingerprint: &'a str,
    severity: &'static str,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    lines: Range,
}

#[derive(Serialize)]
struct Range {
    begin: usize,
    end: usize,
}

/// One issue a finding that is counted.
pub fn render(audit: &Audit, tree: &Tree) -> String {
    let entries = entries(audit, tree);
    let issues: Vec<Issue<'_>> = entries
        .iter()
        .filter(|entry| entry.counts())
        .filter_map(|entry| {
            let place = entry.primary()?;
            Some(Issue {
                kind: "issue",
                description: format!("{} ({})", entry.message, entry.help),
                check_name: &entry.finding.rule,
                categories: ["Compatibility"],
                fingerprint: &entry.finding.fingerprint,
                severity: match entry.finding.severity {
                    Severity::Error => "critical",
                    Severity::Warning => "minor",
                    Severity::Note => "info",
                },
                location: Location { path: &place.path, lines: Range { begin: place.line, end: place.end_line } },
            })
        })
        .collect();
    serde_json::to_string_pretty(&issues).unwrap_or_default() + "\n"
}
