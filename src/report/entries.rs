//! Findings as the formats for programs show them: redacted, with lines and columns.

use super::lines::{Lines, Place};
use super::redact::Redactor;
use crate::discover::Tree;
use crate::model::{Audit, Finding, Severity, Suppression};

/// A place of a finding.
pub(super) struct At {
    /// Where.
    pub(super) place: Place,
    /// What is to be seen there.
    pub(super) label: String,
}

/// A finding, ready to be written down.
pub(super) struct Entry<'a> {
    /// The finding itself, for what holds no text of the project.
    pub(super) finding: &'a Finding,
    /// The headline.
    pub(super) message: String,
    /// What it lists, as `key value`.
    pub(super) items: Vec<String>,
    /// Further lines: explanations, and why it is less severe than its rule says.
    pub(super) notes: Vec<String>,
    /// What to do.
    pub(super) help: String,
    /// The places, primary first.
    pub(super) places: Vec<At>,
}

impl Entry<'_> {
    /// The primary place. Every finding has one.
    pub(super) fn primary(&self) -> Option<&Place> {
        self.places.first().map(|at| &at.place)
    }

    /// Whether it is counted: neither accepted nor explained by another.
    pub(super) fn counts(&self) -> bool {
        self.finding.suppressed.is_none() && self.finding.part_of.is_none()
    }

    /// Headline, items, notes and help as lines of plain text.
    pub(super) fn text(&self) -> String {
        let mut lines = vec![self.message.clone()];
        lines.extend(self.places.iter().map(|at| format!("{}:{}: {}", at.place.path, at.place.line, at.label)));
        if self.items.len() > 1 {
            lines.push(self.items.join(", "));
        }
        lines.extend(self.notes.iter().cloned());
        lines.push(format!("help: {}", self.help));
        lines.join("\n")
    }
}

/// All findings in report order, with paths from the root of the repository.
pub(super) fn entries<'a>(audit: &'a Audit, tree: &Tree) -> Vec<Entry<'a>> {
    let (lines, redactor) = (Lines::in_repository(tree), Redactor::new(audit));
    let one = |finding: &'a Finding| {
        let lowered = finding.lowered.as_ref().map(|lowered| {
            format!("not {} {}, because {}", article(lowered.from), lowered.from.name(), lowered.because)
        });
        let places = finding.locations.iter();
        Entry {
            finding,
            message: redactor.text(&finding.message),
            items: finding.items.iter().map(|item| redactor.text(&item.words())).collect(),
            notes: finding.notes.iter().cloned().chain(lowered).map(|note| redactor.text(&note)).collect(),
            help: redactor.text(&finding.help),
            places: places
                .map(|location| At { place: lines.place(location.span), label: redactor.text(&location.label) })
                .collect(),
        }
    };
    audit.findings.iter().map(one).collect()
}

/// The article before a severity's word.
fn article(severity: Severity) -> &'static str {
    if severity == Severity::Error { "an" } else { "a" }
}

/// Why a finding is accepted, as one clause.
pub(super) fn accepted(suppression: &Suppression) -> String {
    let until = suppression.until.as_ref().map(|day| format!(", until {day}")).unwrap_or_default();
    format!("{} ({}{until})", suppression.reason, suppression.by)
}

/// Counts of what is counted: errors, warnings, notes.
pub(super) fn counts(entries: &[Entry<'_>]) -> [usize; 3] {
    [Severity::Error, Severity::Warning, Severity::Note]
        .map(|severity| entries.iter().filter(|entry| entry.counts() && entry.finding.severity == severity).count())
}

/// `1 error, 2 warnings, 0 notes`.
pub(super) fn counted(entries: &[Entry<'_>]) -> String {
    let [errors, warnings, notes] = counts(entries);
    let some = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    [some(errors, "error"), some(warnings, "warning"), some(notes, "note")].join(", ")
}
