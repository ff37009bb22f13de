//! What must not change when a project changes in a way that says nothing new.

use std::collections::BTreeMap;

use paritylint::discover::classify::classify;
use paritylint::model::{Audit, Finding, Severity};

use crate::fixtures::{cases, files_of};
use crate::support::{audited, deep, files, root, tree_of};

type Files = BTreeMap<String, Vec<u8>>;

/// The whole projects.
const PROJECTS: [&str; 6] = ["a-two-images", "b-promotion", "d-flask-sqlite", "e-kustomize", "f-monorepo", "g-stages"];

/// Rules about something that is not there.
const ABSENCE: [&str; 13] = [
    "app-or-middleware-drift",
    "deploy-not-gated-by-tests",
    "missing-production-package",
    "missing-runtime-library",
    "no-staging-before-production",
    "process-missing",
    "production-only-package",
    "required-variable-missing",
    "requirements-not-installed",
    "scheduler-not-started",
    "setting-only-in-one",
    "system-package-drift",
    "variable-set-drift",
];

fn project(name: &str) -> Files {
    files(&root().join("fixtures/projects").join(name))
}

fn audit_of(files: Files) -> Audit {
    audited(&tree_of(files)).0
}

/// What is said of something absent, as a warning or an error.
fn of_absence(audit: &Audit) -> Vec<String> {
    let absent = |finding: &&Finding| {
        let value = |value: &String| value == "absent" || value.starts_with("not ") || value == "nothing";
        ABSENCE.contains(&finding.rule.as_str()) || finding.environments.values().any(value)
    };
    let loud = audit.findings.iter().filter(|finding| finding.severity >= Severity::Warning);
    loud.filter(absent).map(|finding| format!("{} {}", finding.rule, finding.key)).collect()
}

#[test]
fn a_file_less_is_never_a_reason_to_miss_something() {
    deep(|| {
        for name in PROJECTS {
            let whole = project(name);
            let before = of_absence(&audit_of(whole.clone()));
            for path in whole.keys().filter(|path| classify(path).is_some()) {
                let mut fewer = whole.clone();
                fewer.remove(path);
                let new: Vec<String> =
                    of_absence(&audit_of(fewer)).into_iter().filter(|one| !before.contains(one)).collect();
                assert!(new.is_empty(), "{name} without {path}: {new:?}");
            }
        }
    });
}

/// What is said anew of something absent where a file less is there, for each file of a tree.
fn gained(name: &str, whole: &Files) -> Vec<String> {
    let before = of_absence(&audit_of(whole.clone()));
    let mut all = Vec::new();
    for path in whole.keys().filter(|path| classify(path).is_some()) {
        let mut fewer = whole.clone();
        fewer.remove(path);
        let new: Vec<String> = of_absence(&audit_of(fewer)).into_iter().filter(|one| !before.contains(one)).collect();
        if !new.is_empty() {
            all.push(format!("{name} without {path}: {new:?}"));
        }
    }
    all
}

/// The first tree of each rule in which it fires and that nothing configures: configuration names files that must be there.
fn firing() -> Vec<(String, Files)> {
    let mut seen = std::collections::BTreeSet::new();
    let mut all = Vec::new();
    for case in cases().iter().filter(|case| case.expected.severity.is_some()) {
        let whole = files_of(case);
        if !whole.contains_key("paritylint.toml") && seen.insert(case.rule.clone()) {
            all.push((format!("{}/{}", case.rule, case.name), whole));
        }
    }
    all
}

#[test]
fn a_file_less_gains_nothing_in_the_fixtures_of_rules_either() {
    deep(|| {
        let all: Vec<String> = firing().iter().flat_map(|(name, whole)| gained(name, whole)).collect();
        // Without the workflow that runs the tests, what deploys really does not wait for them.
        let gate = |one: &&String| one.contains(".github/workflows/") && one.contains("[\"deploy-not-gated-by-tests");
        let all: Vec<&String> = all.iter().filter(|one| !gate(one)).collect();
        assert!(all.is_empty(), "{} of them:\n{all:#?}", all.len());
    });
}

/// Words that mean the same, each for the other.
const SYNONYMS: [(&str, &str); 7] = [
    ("production", "prod"),
    ("staging", "stage"),
    ("development", "develop"),
    ("dev", "devel"),
    ("db", "database"),
    ("web", "site"),
    ("shop", "store"),
];

/// A text with every word put in another's place.
fn renamed(text: &str) -> String {
    let mut out = String::new();
    let mut word = String::new();
    for c in text.chars().chain(['\n']) {
        if c.is_ascii_alphanumeric() {
            word.push(c);
            continue;
        }
        let other = SYNONYMS.iter().find_map(|(a, b)| (*a == word).then_some(*b).or((*b == word).then_some(*a)));
        // `libpq-dev`, `django.db`, `dj-database-url` and the group `dev` of uv are names of others, and not ours to rename.
        let group = c == ' ' && (out.is_empty() || out.ends_with('\n')) || out.ends_with("[package.");
        let theirs = word == "dev" && (group || out.ends_with('-') && c != '.') || out.ends_with("django.");
        let theirs = theirs
            || word == "database" && out.ends_with(['_', '-']) && out.trim_end_matches(['_', '-']).ends_with("dj");
        out.push_str(other.filter(|_| !theirs).unwrap_or(&word));
        word.clear();
        out.push(c);
    }
    out.pop();
    out
}

/// The findings without the names of things.
fn shape(audit: &Audit) -> Vec<String> {
    let line = |finding: &Finding| {
        let (folded, items) = (finding.part_of.is_some(), finding.items.len());
        let of = finding.deviating.len();
        format!("{} {} {} of {of} with {items}, {folded}", finding.rule, finding.severity.name(), finding.role.name())
    };
    let mut lines: Vec<String> = audit.findings.iter().map(line).collect();
    lines.sort();
    lines
}

/// A tree in other words.
fn in_other_words(whole: &Files) -> Files {
    let text = |text: &[u8]| renamed(std::str::from_utf8(text).unwrap());
    whole.iter().map(|(path, bytes)| (renamed(path), text(bytes).into_bytes())).collect()
}

#[test]
fn other_words_for_the_same_lead_to_the_same_findings() {
    deep(|| {
        for name in PROJECTS {
            let whole = project(name);
            assert_eq!(shape(&audit_of(in_other_words(&whole))), shape(&audit_of(whole)), "{name}");
        }
    });
}

#[test]
fn other_words_lead_to_the_same_findings_in_the_fixtures_of_rules_too() {
    deep(|| {
        let differ = |(name, whole): (String, Files)| {
            let (other, own) = (shape(&audit_of(in_other_words(&whole))), shape(&audit_of(whole)));
            (other != own).then(|| format!("{name}: {other:#?} for {own:#?}"))
        };
        let all: Vec<String> = firing().into_iter().filter_map(differ).collect();
        assert!(all.is_empty(), "{} of them:\n{}", all.len(), all.join("\n"));
    });
}
