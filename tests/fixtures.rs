//! Fixtures of single rules: `base/` with an overlay folder for each case, and beside it what is expected.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use paritylint::judge::Record;
use paritylint::model::{Audit, Severity};
use paritylint::report::{json, text};
use serde::Deserialize;

use crate::support::{audited_by_all, deep, files, read_dir, read_text, root, tree_of};

/// What a case expects: a finding, or what stopped the rule.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expected {
    /// The severity of the finding.
    pub(crate) severity: Option<String>,
    /// The environments that deviate; silent: those of the candidate that was stopped, if it matters.
    #[serde(default)]
    pub(crate) environments: Vec<String>,
    /// The key of the finding, or of the candidate that was stopped.
    pub(crate) key: Option<String>,
    /// Silent: what stopped a candidate (a guard, `compare`, a condition, `undecided`).
    pub(crate) by: Option<String>,
    /// Silent: the environments are there, but nothing is stated in them that the rule could judge.
    #[serde(default)]
    pub(crate) unstated: bool,
    /// Fires: it is the only finding of the rule.
    #[serde(default)]
    pub(crate) only: bool,
}

/// One case.
pub(crate) struct Case {
    pub(crate) rule: String,
    pub(crate) dimension: String,
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    pub(crate) expected: Expected,
}

/// Every case of every rule.
pub(crate) fn cases() -> Vec<Case> {
    let mut found = Vec::new();
    for dimension in read_dir(&root().join("fixtures")).into_iter().filter(|path| !path.ends_with("projects")) {
        for rule in read_dir(&dimension) {
            for expectation in
                read_dir(&rule).into_iter().filter(|path| path.extension().is_some_and(|end| end == "toml"))
            {
                let name = expectation.file_stem().unwrap().to_str().unwrap().to_owned();
                let expected: Expected = toml::from_str(&read_text(&expectation)).unwrap();
                let last = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
                found.push(Case {
                    rule: last(&rule),
                    dimension: last(&dimension),
                    folder: rule.join(&name),
                    name,
                    expected,
                });
            }
        }
    }
    found
}

/// The tree of a case: the base with the overlay's files over it.
pub(crate) fn files_of(case: &Case) -> BTreeMap<String, Vec<u8>> {
    let mut all = files(&case.folder.parent().unwrap().join("base"));
    all.extend(files(&case.folder));
    all.remove(".keep");
    all
}

/// What is wrong with what a case came to.
pub(crate) fn wrong(case: &Case, audit: &Audit, records: &[Record]) -> Option<String> {
    let findings: Vec<_> = audit.findings.iter().filter(|finding| finding.rule == case.rule).collect();
    let mine: Vec<&Record> = records.iter().filter(|record| record.rule == case.rule).collect();
    if let Some(severity) = &case.expected.severity {
        let severity = Severity::of(severity).unwrap();
        let fits = findings.iter().any(|finding| {
            finding.severity == severity
                && case.expected.environments.iter().all(|name| finding.deviating.contains(name))
                && case.expected.key.as_ref().is_none_or(|key| finding.key == *key)
        });
        let found: Vec<String> = findings
            .iter()
            .map(|finding| {
                format!("{} {:?} {} ({:?})", finding.severity.name(), finding.deviating, finding.key, finding.lowered)
            })
            .collect();
        let alone = !case.expected.only || findings.len() == 1;
        return (!fits || !alone).then(|| format!("expected {:?}, found {found:?}; said {mine:?}", case.expected));
    }
    if let Some(finding) = findings.first() {
        return Some(format!("fires: {}", finding.message));
    }
    let meant = |record: &Record| {
        let there = &case.expected.environments;
        (there.is_empty() || there.contains(&record.environment))
            && case.expected.key.as_ref().is_none_or(|key| record.key == *key)
    };
    if case.expected.unstated {
        let there = |name: &String| audit.model.environments.iter().any(|one| one.name == *name);
        if let Some(absent) = case.expected.environments.iter().find(|name| !there(name)) {
            return Some(format!("there is no environment {absent}"));
        }
        let judged = mine.iter().find(|record| meant(record));
        return judged.map(|record| format!("{record:?} is a candidate"));
    }
    let Some(by) = &case.expected.by else { return None };
    let stopped = mine.iter().any(|record| record.said == *by && meant(record));
    (!stopped).then(|| format!("nothing was stopped by {by}; said {mine:?}"))
}

#[test]
fn every_case_comes_out_as_expected() {
    deep(|| {
        let mut bad = Vec::new();
        for case in cases() {
            let tree = tree_of(files_of(&case));
            let (audit, records) = audited_by_all(&tree);
            if let Some(wrong) = wrong(&case, &audit, &records) {
                bad.push(format!("{}/{}/{}: {wrong}", case.dimension, case.rule, case.name));
            }
        }
        assert!(bad.is_empty(), "{} cases:\n{}", bad.len(), bad.join("\n"));
    });
}

#[test]
fn every_rule_has_a_firing_and_a_silent_case_and_one_for_every_guard() {
    let (rules, _) = paritylint::judge::builtin::rules();
    let all = cases();
    for rule in &rules {
        let mine: Vec<&Case> = all.iter().filter(|case| case.rule == rule.name).collect();
        assert!(mine.iter().any(|case| case.name.starts_with("fires-")), "{} has no firing case", rule.name);
        assert!(mine.iter().any(|case| case.name.starts_with("silent-")), "{} has no silent case", rule.name);
        let guards =
            rule.file.unless.iter().map(|guard| &guard.name).chain(rule.file.upheld.iter().map(|guard| &guard.name));
        for guard in guards {
            assert!(
                mine.iter().any(|case| case.name == format!("silent-{guard}")),
                "{}: no case silent-{guard}",
                rule.name
            );
        }
        for row in &rule.file.severity {
            assert!(
                mine.iter().any(|case| case.name == format!("fires-{}", row.name)),
                "{}: no case fires-{}",
                rule.name,
                row.name
            );
        }
    }
}

/// Lines of one tree that the other has not, or the other way round, whichever are more, summed over the files.
fn distance(a: &BTreeMap<String, Vec<u8>>, b: &BTreeMap<String, Vec<u8>>) -> usize {
    let lines = |bytes: Option<&Vec<u8>>| {
        let text = bytes.map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default();
        text.lines().map(str::to_owned).collect::<Vec<String>>()
    };
    let missing = |from: &[String], there: &[String]| {
        let mut there = there.to_vec();
        let found = |line: &&String, there: &mut Vec<String>| {
            there.iter().position(|other| other == *line).map(|at| there.remove(at)).is_some()
        };
        from.iter().filter(|line| !found(line, &mut there)).count()
    };
    let paths: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    let one = |path: &String| {
        let (here, there) = (lines(a.get(path)), lines(b.get(path)));
        missing(&here, &there).max(missing(&there, &here))
    };
    paths.into_iter().map(one).sum()
}

#[test]
fn every_rule_fires_and_is_silent_on_trees_that_are_10_lines_apart_at_most() {
    let all = cases();
    let trees: Vec<_> = all.iter().map(|case| (case, files_of(case))).collect();
    let of = |rule: &str, start: &str| {
        let fits = |case: &Case| case.rule == rule && case.name.starts_with(start);
        trees.iter().filter(|(case, _)| fits(case)).map(|(_, tree)| tree).collect::<Vec<_>>()
    };
    let rules: BTreeSet<&String> = all.iter().map(|case| &case.rule).collect();
    for rule in rules {
        let (fires, silent) = (of(rule, "fires-"), of(rule, "silent-"));
        let nearest = fires.iter().flat_map(|a| silent.iter().map(move |b| distance(a, b))).min();
        assert!(nearest.is_some_and(|lines| lines <= 10), "{rule}: {nearest:?} lines apart");
    }
}

#[test]
fn what_is_said_of_every_case_fits_80_columns_and_shows_no_secret() {
    deep(|| {
        let options = text::Options { verbose: true, all: true, utf8: true, ..text::Options::default() };
        let full = text::Options { style: text::Style::Full, ..options };
        let mut bad = Vec::new();
        for case in cases() {
            let tree = tree_of(files_of(&case));
            let (audit, _) = audited_by_all(&tree);
            let outputs = [
                text::check(&audit, &tree, &options),
                text::check(&audit, &tree, &full),
                text::envs(&audit, &tree, &options),
                text::compare(&audit, &tree, &options),
            ];
            for line in outputs.iter().flat_map(|output| output.lines()) {
                if line.chars().count() > 80 {
                    bad.push(format!("{}/{}: {line}", case.rule, case.name));
                }
            }
            for secret in ["q7Rw2mZ9xT4kLp8v", "u2Kd8wPz4sXe7nVb", "b3Nf6yHs1cJd5gQa"] {
                let palette = case.name == "silent-no-secret";
                let shown = outputs.iter().any(|output| output.contains(secret)) && !palette;
                if shown || json::render(&audit, &tree).contains(secret) && !palette {
                    bad.push(format!("{}/{} shows a secret", case.rule, case.name));
                }
            }
        }
        assert!(bad.is_empty(), "{}", bad.join("\n"));
    });
}
