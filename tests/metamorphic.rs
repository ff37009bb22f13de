//! What must not change when a project changes in a way that says nothing new.

use std::collections::BTreeMap;

use paritylint::discover::classify::classify;
use paritylint::model::{Audit, Finding, Severity};

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
        // `libpq-dev` is a package of the distribution, and not ours to rename.
        let package = out.ends_with('-') && c != '.' && word == "dev";
        out.push_str(other.filter(|_| !package).unwrap_or(&word));
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

#[test]
fn other_words_for_the_same_lead_to_the_same_findings() {
    deep(|| {
        for name in PROJECTS {
            let whole = project(name);
            let other: Files = whole
                .iter()
                .map(|(path, text)| {
                    let text = String::from_utf8(text.clone()).unwrap();
                    (renamed(path), renamed(&text).into_bytes())
                })
                .collect();
            assert_eq!(shape(&audit_of(other)), shape(&audit_of(whole)), "{name}");
        }
    });
}
