//! Every edit of a rule mends its finding, brings none, and changes nothing elsewhere.

use std::collections::BTreeMap;

use paritylint::fix;
use paritylint::judge::builtin;
use paritylint::model::{Audit, Finding};

use crate::fixtures::{Case, cases, files_of};
use crate::support::{audited_by_all, deep, tree_of};

/// What is known of every environment but those that deviate: the fact and its values.
fn elsewhere(audit: &Audit, finding: &Finding) -> Vec<String> {
    let others =
        audit.model.facts.iter().filter(|fact| !finding.deviating.iter().any(|name| **name == *fact.id.environment));
    let values = |fact: &paritylint::model::Fact| {
        let known: BTreeMap<_, _> = fact.attributes.iter().map(|(name, attr)| (*name, &attr.value)).collect();
        format!("{:?} {known:?}", fact.id)
    };
    others.map(values).collect()
}

/// What is wrong with the edit of a case's finding; none where it has no edit that can be made.
fn tried(case: &Case) -> Option<Result<(), String>> {
    let tree = tree_of(files_of(case));
    let (before, _) = audited_by_all(&tree);
    let mut mendable = fix::mendable(&before, true).into_iter();
    let finding = mendable.find(|finding| finding.rule == case.rule)?;
    let edited = fix::apply(&tree, finding.edit.as_ref()?)?;
    let mut files = files_of(case);
    files.extend(edited.into_iter().map(|(path, text)| (path, text.into_bytes())));
    let (after, _) = audited_by_all(&tree_of(files));
    let gained: Vec<&String> = after
        .findings
        .iter()
        .filter(|new| !before.findings.iter().any(|old| old.fingerprint == new.fingerprint))
        .map(|new| &new.message)
        .collect();
    Some(match () {
        () if !fix::mends(&before, &after, finding) => Err(format!("does not mend; new: {gained:?}")),
        () if elsewhere(&before, finding) != elsewhere(&after, finding) => Err("changes facts elsewhere".to_owned()),
        () => Ok(()),
    })
}

#[test]
fn every_edit_mends_its_finding_and_changes_nothing_elsewhere() {
    deep(|| {
        let mut bad = Vec::new();
        let all = cases();
        for rule in builtin::rules().0.iter().filter(|rule| rule.file.edit.is_some()) {
            let mine = all.iter().filter(|case| case.rule == rule.name && case.name.starts_with("fires-"));
            let outcomes: Vec<_> = mine.filter_map(|case| Some((&case.name, tried(case)?))).collect();
            if outcomes.is_empty() {
                bad.push(format!("{}: no case whose finding can be edited", rule.name));
            }
            let wrong = |(name, outcome): (&String, Result<(), String>)| {
                Some(format!("{}/{name}: {}", rule.name, outcome.err()?))
            };
            bad.extend(outcomes.into_iter().filter_map(wrong));
        }
        assert!(bad.is_empty(), "{}", bad.join("\n"));
    });
}
