//! From a verdict that fires to a finding: words, places, identity.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::candidate::Candidate;
use super::conditions::engine;
use super::object::{NUMBERED, Touched, text_of, told};
use super::rule::Rule;
use super::verdict::{Scope, role};
use crate::model::{
    Environment, Fact, Finding, Location, Lowered, Part, Replacement, Secret, Severity, Span, StepKind,
};

/// Places of one side that are shown besides the first.
const PLACES: usize = 6;

/// Makes the finding of a candidate; none if no place can be shown for it.
pub fn finding(
    rule: &Rule,
    candidate: &Candidate<'_>,
    scope: &Scope<'_>,
    severity: Severity,
    lowered: Option<Lowered>,
) -> Option<Finding> {
    let touched = Touched::default();
    let values = scope.values(candidate, &touched);
    let message = engine().render_str(&rule.file.message, values).unwrap_or_else(|_| rule.file.summary.clone());
    let secrets = scope.model.secrets.as_slice();
    // What only the other environment has stands there.
    let missing = candidate.other.is_none() && *candidate.fact.id.environment != *candidate.environment.name;
    let owner = candidate.reference.filter(|_| missing).unwrap_or(candidate.environment);
    let mut locations = side(rule, candidate.fact, owner, secrets);
    if let (Some(other), Some(reference)) = (candidate.other, candidate.reference) {
        for location in side(rule, other, reference, secrets) {
            if !locations.iter().any(|known| known.span == location.span) {
                locations.push(location);
            }
        }
    }
    if locations.is_empty() {
        let evidence = candidate.environment.because.first()?;
        let label = format!("{}: {}", candidate.environment.name, evidence.text);
        locations.push(Location { span: evidence.span, environment: Some(candidate.environment.name.clone()), label });
    }
    let mut environments = BTreeMap::new();
    environments.insert(owner.name.clone(), shown(rule, candidate.fact, secrets));
    if missing {
        environments.insert(candidate.environment.name.clone(), "absent".to_owned());
    }
    if let (Some(other), Some(reference)) = (candidate.other, candidate.reference) {
        environments.insert(reference.name.clone(), shown(rule, other, secrets));
    }
    let mut finding = Finding {
        rule: rule.name.clone(),
        severity,
        project: candidate.environment.project.clone(),
        component: candidate.fact.id.component.as_ref().map(ToString::to_string),
        dimension: rule.dimension,
        key: candidate.fact.id.key.clone(),
        environments,
        deviating: vec![candidate.environment.name.clone()],
        role: role(candidate, rule),
        drift: rule.is_drift(),
        message,
        help: rule.file.fix.trim().to_owned(),
        notes: Vec::new(),
        locations,
        parts: Vec::new(),
        list: rule.file.group,
        items: Vec::new(),
        fingerprint: String::new(),
        part_of: None,
        lowered,
        suppressed: None,
        edit: edit(rule, candidate, scope),
    };
    seal(&mut finding);
    finding.parts.push(Part {
        key: finding.key.clone(),
        value: shown(rule, candidate.fact, secrets),
        component: finding.component.clone(),
        environment: candidate.environment.name.clone(),
        severity: finding.severity,
        message: finding.message.clone(),
        locations: finding.locations.clone(),
        fingerprint: finding.fingerprint.clone(),
    });
    Some(finding)
}

/// The change that would mend a finding, by the rule's edit; none where its condition does not surely hold.
fn edit(rule: &Rule, candidate: &Candidate<'_>, scope: &Scope<'_>) -> Option<Replacement> {
    let edit = rule.file.edit.as_ref()?;
    let touched = Touched::default();
    let values = scope.values(candidate, &touched);
    let holds = engine().compile_expression(&edit.when).and_then(|when| when.eval(values.clone())).ok()?.is_true();
    let text = engine().render_str(edit.append.as_ref().unwrap_or(&edit.with), values).ok()?;
    let attr = candidate.fact.get(&edit.replace)?;
    let (span, was) = (attr.origin.primary()?, text_of(attr));
    let change = Replacement { span, was, text, append: edit.append.is_some(), risky: edit.risky };
    (holds && touched.take().is_empty()).then_some(change)
}

/// The value a finding speaks of.
fn shown(rule: &Rule, fact: &Fact, secrets: &[Secret]) -> String {
    let attribute = rule.file.compare.as_deref().unwrap_or(&rule.file.at);
    fact.get(attribute).map_or_else(|| "absent".to_owned(), |attr| told(attr, secrets))
}

/// The places of one side: the attribute's own first, then the steps that led to it, then further attributes.
fn side(rule: &Rule, fact: &Fact, environment: &Environment, secrets: &[Secret]) -> Vec<Location> {
    let mut locations: Vec<Location> = Vec::new();
    let mut add = |span: Span, label: String| {
        if !locations.iter().any(|known| known.span == span) && locations.len() <= PLACES {
            locations.push(Location { span, environment: Some(environment.name.clone()), label });
        }
    };
    for name in std::iter::once(&rule.file.at).chain(&rule.file.also) {
        let Some(attr) = fact.get(name) else { continue };
        let mut steps = attr.origin.steps.iter();
        if let Some(first) = steps.next() {
            add(first.span, labelled(&environment.name, &label(name, attr, secrets)));
        }
        for step in steps {
            // That a value stands where it stands says nothing.
            let words = if step.kind == StepKind::Set { "" } else { step.kind.words() };
            add(step.span, labelled(&environment.name, words));
        }
    }
    locations
}

/// The environment and what is said of it, if anything is.
fn labelled(environment: &str, text: &str) -> String {
    if text.is_empty() || text == environment { environment.to_owned() } else { format!("{environment}: {text}") }
}

/// What is said at an attribute's place: its value, or, of a yes or no, its name.
fn label(name: &str, attr: &crate::model::Attr, secrets: &[Secret]) -> String {
    match attr.value.one() {
        Some(crate::model::Value::Bool(true)) => name.replace('_', " "),
        Some(crate::model::Value::Bool(false)) => format!("not {}", name.replace('_', " ")),
        _ if attr.value.is_unknown() => String::new(),
        _ => told(attr, secrets),
    }
}

/// Gives a finding its identity, once it holds all environments and items that it will hold.
pub fn seal(finding: &mut Finding) {
    finding.fingerprint = fingerprint(finding, &finding.key);
}

/// SHA-256 of rule, project, component, dimension, key and the sorted values, or items: no path, line, message or severity.
pub fn fingerprint(finding: &Finding, key: &str) -> String {
    let mut hash = Sha256::new();
    let mut add = |part: &str, end: u8| {
        hash.update(part.as_bytes());
        hash.update([end]);
    };
    // The number of a secret rests on what else there is.
    let named = |value: &str| {
        if value.starts_with(NUMBERED) { "a secret".to_owned() } else { value.trim().to_lowercase() }
    };
    let component = finding.component.as_deref().unwrap_or_default();
    for part in [&finding.rule, &finding.project, component, finding.dimension.name(), key] {
        add(part, 0);
    }
    for (environment, value) in &finding.environments {
        add(environment, 1);
        // The value of a list's environment is that of one of its items.
        if finding.items.is_empty() {
            add(&named(value), 0);
        }
    }
    for item in &finding.items {
        add(&item.key, 1);
        add(&named(&item.value), 0);
    }
    hash.finalize().iter().take(16).fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}
