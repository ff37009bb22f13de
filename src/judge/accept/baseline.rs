//! Baselines: what was found before and is not to fail the run.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::model::{Audit, Finding, Part, Suppression};

/// A baseline as it is written.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    version: u8,
    findings: Vec<Known>,
}

/// One thing that was found before: no path and no line, so that it stays what it is when files move.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// The rule.
    pub rule: String,
    /// The project.
    pub project: String,
    /// The environment.
    pub environment: String,
    /// The component, where it is about one.
    pub component: Option<String>,
    /// The key.
    pub key: String,
    /// Its identity.
    pub fingerprint: String,
}

impl Baseline {
    /// Everything that an audit found and nobody accepted otherwise.
    pub fn of(audit: &Audit) -> Self {
        let accepted = |finding: &&Finding| finding.suppressed.as_ref().is_none_or(|why| why.by == "baseline");
        let of_part = |finding: &Finding, part: &Part| Known {
            rule: finding.rule.clone(),
            project: finding.project.clone(),
            environment: part.environment.clone(),
            component: part.component.clone(),
            key: part.key.clone(),
            fingerprint: part.fingerprint.clone(),
        };
        let found = audit.findings.iter().filter(accepted);
        let known = found.flat_map(|finding| finding.parts.iter().map(|part| of_part(finding, part)));
        let sorted: BTreeSet<Known> = known.collect();
        Self { version: 1, findings: sorted.into_iter().collect() }
    }

    /// Reads one.
    pub fn read(text: &str) -> Result<Self, String> {
        let read: Self = serde_json::from_str(text).map_err(|error| format!("not a baseline: {error}"))?;
        if read.version == 1 { Ok(read) } else { Err(format!("baseline of version {}; expected 1", read.version)) }
    }

    /// Its text, one finding a line, so that changes are easy to review and to merge.
    pub fn text(&self) -> String {
        let rows: Vec<String> = self
            .findings
            .iter()
            .map(|known| format!("    {}", serde_json::to_string(known).unwrap_or_default()))
            .collect();
        let body = if rows.is_empty() { String::new() } else { format!("\n{}\n  ", rows.join(",\n")) };
        format!("{{\n  \"version\": 1,\n  \"findings\": [{body}]\n}}\n")
    }

    /// The fingerprints in it.
    pub fn prints(&self) -> BTreeSet<String> {
        self.findings.iter().map(|known| known.fingerprint.clone()).collect()
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.findings.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    /// Entries that no longer occur although their rule was judged.
    pub fn mended(&self, occurring: &BTreeSet<String>, judged: &dyn Fn(&str) -> bool) -> Vec<&Known> {
        let gone = |known: &&Known| !occurring.contains(&known.fingerprint) && judged(&known.rule);
        self.findings.iter().filter(gone).collect()
    }
}

/// The reason of what a baseline, or a revision, knows already.
pub fn suppression(known_from: &str) -> Suppression {
    Suppression { by: "baseline", reason: known_from.to_owned(), until: None }
}
