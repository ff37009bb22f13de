//! `check --format github`: workflow commands that GitHub shows beside the lines of a change.
//! <https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions>

use std::fmt::Write;

use super::entries::entries;
use crate::discover::Tree;
use crate::model::{Audit, Severity};

/// One command a finding that is counted.
pub fn render(audit: &Audit, tree: &Tree) -> String {
    let mut out = String::new();
    for entry in entries(audit, tree).iter().filter(|entry| entry.counts()) {
        let Some(place) = entry.primary() else { continue };
        let command = match entry.finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "notice",
        };
        let title = property(&format!("{}: {}", entry.finding.rule, entry.message));
        let (path, text) = (property(&place.path), data(&entry.text()));
        let _ = write!(out, "::{command} file={path},line={},endLine={}", place.line, place.end_line);
        if place.line == place.end_line {
            // GitHub takes columns only where a span is on one line.
            let _ = write!(out, ",col={},endColumn={}", place.column, place.end_column);
        }
        let _ = writeln!(out, ",title={title}::{text}");
    }
    out
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_a_property_is_escaped() {
        assert_eq!(property("a: 50%, b\n"), "a%3A 50%25%2C b%0A");
        assert_eq!(data("a: b, 5%"), "a: b, 5%25");
    }
}
