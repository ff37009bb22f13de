//! `check --format json`, version 1.

use std::collections::BTreeMap;

use serde::Serialize;

use super::lines::Lines;
use super::redact::Redactor;
use super::values;
use crate::discover::Tree;
use crate::model::{Attr, Audit, Certainty, Fact, Finding, Known, Severity, Span};

#[derive(Serialize)]
struct Document<'a> {
    version: u8,
    tool: Tool,
    reference: Option<&'a str>,
    as_of: &'a str,
    environments: Vec<EnvironmentOut<'a>>,
    facts: Vec<FactOut>,
    findings: Vec<FindingOut<'a>>,
    unresolved: Vec<UnresolvedOut>,
    verdicts: BTreeMap<&'a str, TallyOut>,
    summary: Summary,
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct EnvironmentOut<'a> {
    project: &'a str,
    name: &'a str,
    role: &'static str,
    files: Vec<&'a str>,
    evidence: Vec<EvidenceOut>,
    confidence: &'static str,
}

#[derive(Serialize)]
struct EvidenceOut {
    path: String,
    line: usize,
    text: String,
}

#[derive(Serialize)]
struct FactOut {
    project: String,
    environment: String,
    component: Option<String>,
    dimension: &'static str,
    key: String,
    value: Option<String>,
    attributes: BTreeMap<&'static str, AttributeOut>,
    locations: Vec<LocationOut>,
}

#[derive(Serialize)]
struct AttributeOut {
    value: serde_json::Value,
    certainty: &'static str,
    reason: Option<String>,
}

#[derive(Serialize)]
struct LocationOut {
    path: String,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    environment: Option<String>,
    label: String,
}

#[derive(Serialize)]
struct FindingOut<'a> {
    rule: &'a str,
    severity: &'static str,
    project: &'a str,
    component: Option<&'a str>,
    dimension: &'static str,
    key: String,
    environments: BTreeMap<&'a str, String>,
    message: String,
    help: String,
    part_of: Option<&'a str>,
    lowered: Option<LoweredOut>,
    items: Vec<ItemOut>,
    locations: Vec<LocationOut>,
    fingerprint: &'a str,
    suppressed: Option<SuppressedOut<'a>>,
}

#[derive(Serialize)]
struct LoweredOut {
    from: &'static str,
    because: String,
}

#[derive(Serialize)]
struct ItemOut {
    key: String,
    value: String,
    fingerprint: String,
}

#[derive(Serialize)]
struct SuppressedOut<'a> {
    by: &'static str,
    reason: String,
    until: Option<&'a str>,
}

#[derive(Serialize)]
struct UnresolvedOut {
    environment: Option<String>,
    what: String,
    reason: String,
    answer_with: Option<String>,
}

#[derive(Serialize)]
struct TallyOut {
    fired: usize,
    silent: usize,
    undecided: usize,
}

#[derive(Serialize, Default)]
struct Summary {
    error: usize,
    warning: usize,
    note: usize,
    suppressed: usize,
}

struct Writer<'a> {
    lines: Lines<'a>,
    redactor: Redactor,
}

/// The whole document, with a newline at the end.
pub fn render(audit: &Audit, tree: &Tree) -> String {
    let writer = Writer { lines: Lines::new(tree), redactor: Redactor::new(audit) };
    let document = Document {
        version: 1,
        tool: Tool { name: "paritylint", version: env!("CARGO_PKG_VERSION") },
        reference: audit.references.values().next().map(String::as_str),
        as_of: &audit.as_of,
        environments: writer.environments(audit),
        facts: audit.model.facts.iter().map(|fact| writer.fact(fact)).collect(),
        findings: audit.findings.iter().map(|finding| writer.finding(finding)).collect(),
        unresolved: writer.unresolved(audit),
        verdicts: audit
            .verdicts
            .iter()
            .map(|(rule, tally)| {
                (rule.as_str(), TallyOut { fired: tally.fired, silent: tally.silent, undecided: tally.undecided })
            })
            .collect(),
        summary: summary(audit),
    };
    let mut out = serde_json::to_string_pretty(&document).unwrap_or_default();
    out.push('\n');
    out
}

/// A finding a line, as in the document's `findings`.
pub fn lines(audit: &Audit, tree: &Tree) -> String {
    let writer = Writer { lines: Lines::new(tree), redactor: Redactor::new(audit) };
    let line = |finding| serde_json::to_string(&writer.finding(finding)).unwrap_or_default() + "\n";
    audit.findings.iter().map(line).collect()
}

fn summary(audit: &Audit) -> Summary {
    let mut summary = Summary::default();
    for finding in &audit.findings {
        if finding.suppressed.is_some() {
            summary.suppressed += 1;
        } else if finding.part_of.is_none() {
            match finding.severity {
                Severity::Error => summary.error += 1,
                Severity::Warning => summary.warning += 1,
                Severity::Note => summary.note += 1,
            }
        }
    }
    summary
}

impl Writer<'_> {
    fn environments<'a>(&'a self, audit: &'a Audit) -> Vec<EnvironmentOut<'a>> {
        let one = |environment: &'a crate::model::Environment| EnvironmentOut {
            project: &environment.project,
            name: &environment.name,
            role: environment.role.name(),
            files: environment.files.iter().map(|file| self.lines.file(*file)).collect(),
            evidence: environment
                .because
                .iter()
                .map(|evidence| {
                    let place = self.lines.place(evidence.span);
                    EvidenceOut { path: place.path, line: place.line, text: self.redactor.text(&evidence.text) }
                })
                .collect(),
            confidence: environment.confidence.name(),
        };
        audit.model.environments.iter().map(one).collect()
    }

    fn location(&self, span: Span, environment: Option<String>, label: &str) -> LocationOut {
        let place = self.lines.place(span);
        LocationOut {
            path: place.path,
            line: place.line,
            column: place.column,
            end_line: place.end_line,
            end_column: place.end_column,
            environment,
            label: self.redactor.text(label),
        }
    }

    fn fact(&self, fact: &Fact) -> FactOut {
        let environment = fact.id.environment.to_string();
        let mut spans: Vec<(Span, &'static str)> = Vec::new();
        let plain = crate::model::schema::plain(fact.id.dimension);
        let first = fact.attributes.get(plain).into_iter();
        for attr in first.chain(fact.attributes.values()) {
            for step in &attr.origin.steps {
                if !spans.iter().any(|(known, _)| *known == step.span) {
                    spans.push((step.span, step.kind.words()));
                }
            }
        }
        FactOut {
            project: fact.id.project.to_string(),
            component: fact.id.component.as_ref().map(ToString::to_string),
            dimension: fact.id.dimension.name(),
            key: fact.id.key.clone(),
            value: values::full(fact, &self.redactor),
            attributes: fact.attributes.iter().map(|(name, attr)| (*name, self.attribute(attr))).collect(),
            locations: spans
                .iter()
                .take(12)
                .map(|(span, words)| self.location(*span, Some(environment.clone()), words))
                .collect(),
            environment,
        }
    }

    fn attribute(&self, attr: &Attr) -> AttributeOut {
        use serde_json::Value as Json;
        let text = |value: &crate::model::Value| self.redactor.value(value);
        let value = match &attr.value {
            Known::One(crate::model::Value::List(items)) => {
                Json::Array(items.iter().map(|item| Json::String(self.redactor.text(item))).collect())
            }
            Known::One(value) => Json::String(text(value)),
            Known::OneOf(values, _) | Known::Every(values, _) => {
                Json::Array(values.iter().map(|v| Json::String(text(v))).collect())
            }
            Known::Absent | Known::Unknown(_) => Json::Null,
        };
        let (certainty, reason) = match (&attr.value, &attr.certainty) {
            (Known::Unknown(reason) | Known::OneOf(_, reason), _) => {
                ("unknown", Some(self.redactor.text(&reason.text)))
            }
            (_, Certainty::Default { variable }) => {
                ("default", variable.as_ref().map(|name| self.redactor.text(&format!("unless {name} is set"))))
            }
            (Known::Every(_, why), _) => ("stated", Some(self.redactor.text(&why.text))),
            _ => ("stated", None),
        };
        AttributeOut { value, certainty, reason }
    }

    fn finding<'a>(&self, finding: &'a Finding) -> FindingOut<'a> {
        FindingOut {
            rule: &finding.rule,
            severity: finding.severity.name(),
            project: &finding.project,
            component: finding.component.as_deref(),
            dimension: finding.dimension.name(),
            key: finding.key.clone(),
            environments: finding
                .environments
                .iter()
                .map(|(name, value)| (name.as_str(), self.redactor.text(value)))
                .collect(),
            message: self.redactor.text(&finding.message),
            help: self.redactor.text(&finding.help),
            part_of: finding.part_of.as_deref(),
            lowered: finding
                .lowered
                .as_ref()
                .map(|lowered| LoweredOut { from: lowered.from.name(), because: self.redactor.text(&lowered.because) }),
            items: finding
                .items
                .iter()
                .map(|item| ItemOut {
                    key: self.redactor.text(&item.key),
                    value: self.redactor.text(&item.value),
                    fingerprint: item.fingerprint.clone(),
                })
                .collect(),
            locations: finding
                .locations
                .iter()
                .map(|location| self.location(location.span, location.environment.clone(), &location.label))
                .collect(),
            fingerprint: &finding.fingerprint,
            suppressed: finding.suppressed.as_ref().map(|s| SuppressedOut {
                by: s.by,
                reason: self.redactor.text(&s.reason),
                until: s.until.as_deref(),
            }),
        }
    }

    fn unresolved(&self, audit: &Audit) -> Vec<UnresolvedOut> {
        let one = |unresolved: &crate::model::Unresolved| UnresolvedOut {
            environment: unresolved.environment.clone(),
            what: self.redactor.text(&unresolved.what),
            reason: self.redactor.text(&unresolved.reason),
            answer_with: unresolved.answer_with.as_ref().map(|line| self.redactor.text(line)),
        };
        audit.model.unresolved.iter().map(one).collect()
    }
}
