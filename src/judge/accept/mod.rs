//! What is accepted: allowances of the configuration and of comments, then a baseline. Part by part: a finding of which
//! some parts are accepted goes on with the others.

pub mod allowance;
pub mod baseline;
pub mod comments;

use std::collections::{BTreeMap, BTreeSet};

use allowance::Allowance;

use super::{Options, gather};
use crate::model::{Finding, Location, Model, Part, ReadProblem, Span, Suppression};

/// Accepts the parts of the findings that `covers` knows a reason for. What is folded into a finding is covered with it, and only
/// a finding that explains no other, or all of whose own are covered, goes whole.
pub(super) fn accept(findings: &mut [Finding], covers: &mut dyn FnMut(&Finding, &Part) -> Option<Suppression>) {
    for finding in findings.iter_mut().filter(|finding| finding.suppressed.is_none()) {
        let reasons: Vec<Option<Suppression>> =
            finding.parts.clone().iter().map(|part| covers(finding, part)).collect();
        match reasons.iter().flatten().next() {
            Some(first) if reasons.iter().all(Option::is_some) => finding.suppressed = Some(first.clone()),
            Some(_) => keep(finding, &reasons),
            None => {}
        }
    }
    follow_causes(findings);
}

/// Goes on with the parts that are not accepted: their places, their environments, their words.
fn keep(finding: &mut Finding, reasons: &[Option<Suppression>]) {
    let places =
        |parts: &[Part]| -> Vec<Location> { parts.iter().flat_map(|part| part.locations.iter().cloned()).collect() };
    let before = places(&finding.parts);
    let parts = std::mem::take(&mut finding.parts);
    finding.parts = parts.into_iter().zip(reasons).filter(|(_, why)| why.is_none()).map(|(part, _)| part).collect();
    let after = places(&finding.parts);
    finding.locations.retain(|place| after.contains(place) || !before.contains(place));
    gather::word(finding);
}

/// A folded finding is accepted with its cause. A cause that is accepted stays, if something folded into it is not.
fn follow_causes(findings: &mut [Finding]) {
    let accepted: Vec<(String, Suppression)> = findings
        .iter()
        .filter(|finding| finding.part_of.is_none())
        .filter_map(|finding| Some((finding.fingerprint.clone(), finding.suppressed.clone()?)))
        .collect();
    for (cause, why) in accepted {
        let folded = |finding: &&mut Finding| finding.part_of.as_ref() == Some(&cause);
        let by_baseline = why.by == "baseline";
        let all = findings.iter().filter(|f| f.part_of.as_ref() == Some(&cause)).all(|f| f.suppressed.is_some());
        if by_baseline && !all {
            // Something new is explained by something old: it must not hide behind it.
            for finding in findings.iter_mut().filter(|f| f.part_of.as_ref() == Some(&cause) && f.suppressed.is_none())
            {
                finding.part_of = None;
            }
        } else {
            findings.iter_mut().filter(folded).for_each(|finding| finding.suppressed = Some(why.clone()));
        }
    }
}

/// Accepts what allowances cover, and says what is wrong with them.
pub(super) fn allowances(
    findings: &mut [Finding],
    options: &Options,
    model: &Model,
    references: &BTreeMap<String, String>,
) -> Vec<ReadProblem> {
    let (mut written, mut comments) = (options.allowances.clone(), options.comments.clone());
    accept(findings, &mut |finding, part| {
        let reference = references.get(&finding.project).map(String::as_str);
        let held = options.finals.contains(&finding.rule);
        let comment = comments.iter_mut().find(|comment| !held && comment.covers(finding, part, reference));
        if let Some(comment) = comment {
            comment.used = true;
            return Some(comment.suppression());
        }
        let holds = |allowance: &&mut Allowance| {
            let out = held && allowance.own || allowance.expired(&options.as_of);
            !out && allowance.covers(finding, part)
        };
        let allowance = written.iter_mut().find(holds)?;
        allowance.used = true;
        Some(allowance.suppression())
    });
    let reached_by: Vec<(String, String)> =
        model.environments.iter().map(|one| (one.project.clone(), one.name.clone())).collect();
    let problem = |kind, span: Span, message: String| ReadProblem {
        kind,
        file: span.file,
        span: Some(span),
        message,
        reached_by: reached_by.clone(),
    };
    let mut problems = Vec::new();
    let held = |rule: &String| {
        let held = options.finals.contains(rule);
        if held { format!("{rule} is final in a shared configuration: it is not accepted here") } else { String::new() }
    };
    // What is wrong with a shared one is not this repository's to mend.
    for allowance in written.iter().filter(|allowance| allowance.own) {
        let rule = &allowance.says.rule;
        if let (true, Some(until)) = (allowance.expired(&options.as_of), &allowance.says.until) {
            problems.push(problem(
                "allowance-expired",
                allowance.span,
                format!("the allowance of {rule} ended on {until}"),
            ));
        } else if !allowance.used && options.looks_at(rule) {
            let unused = format!("no finding of {rule} is accepted by it");
            let message = Some(held(rule)).filter(|text| !text.is_empty()).unwrap_or(unused);
            problems.push(problem("allowance-unused", allowance.span, message));
        }
    }
    for comment in comments.iter().filter(|comment| !comment.used) {
        let rules = comment.rules.join(", ");
        if comment.reason.is_empty() {
            problems.push(problem("allowance-unused", comment.span, format!("it gives no reason to accept {rules}")));
        } else if comment.rules.iter().any(|rule| options.looks_at(rule)) {
            let unused = format!("no finding of {rules} is accepted by it");
            let message = comment.rules.iter().map(held).find(|text| !text.is_empty()).unwrap_or(unused);
            problems.push(problem("allowance-unused", comment.span, message));
        }
    }
    problems
}

/// Accepts what was known before.
pub fn known_before(findings: &mut [Finding], known: &BTreeSet<String>, from: &str) {
    accept(findings, &mut |_, part| known.contains(&part.fingerprint).then(|| baseline::suppression(from)));
}

/// The fingerprints of all parts of all findings.
pub fn prints(findings: &[Finding]) -> BTreeSet<String> {
    findings.iter().flat_map(|finding| finding.parts.iter().map(|part| part.fingerprint.clone())).collect()
}
