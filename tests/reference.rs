//! The lists that are generated: the program's rules, and the reference of rules/README.md.

use std::fmt::Write;

use paritylint::judge::rule_file::On;
use paritylint::judge::{builtin, conditions, names};
use paritylint::model::{Dimension, schema};
use paritylint::report::rules::explain;

use crate::fixtures::{Case, cases, files_of};
use crate::support::{audited_by_all, deep, expect_file, files, read_text, root, tree_of};

#[test]
fn the_list_of_rules_is_the_folder() {
    let all = files(&root().join("rules")).into_keys();
    let there: Vec<String> = all.filter(|path| path.ends_with(".toml") && !path.starts_with("knowledge/")).collect();
    let listed: Vec<&str> = builtin::FILES.iter().map(|(path, _)| *path).collect();
    let paste = there.join("\",\n    \"");
    assert!(listed == there, "src/judge/builtin.rs should list, sorted:\n    \"{paste}\",");
}

fn names_of(on: On) -> String {
    conditions::NAMES
        .iter()
        .filter(|row| row.on.contains(&on))
        .map(|row| format!("`{}`", row.name))
        .collect::<Vec<_>>()
        .join(", ")
}

fn code(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

fn names_table() -> String {
    let mut out = String::from("| name | what it is |\n|---|---|\n");
    for row in &conditions::NAMES {
        let _ = writeln!(out, "| `{}` | {} |", row.name, row.what);
    }
    let _ = writeln!(
        out,
        "\nA rule on a fact has {}; on a pair {}; on a problem {}.",
        names_of(On::Fact),
        names_of(On::Pair),
        names_of(On::Problem)
    );
    let _ = writeln!(out, "Every fact has {} besides its attributes,", code(&names::OF_FACT));
    let _ =
        writeln!(out, "an environment {}, a component {},", code(&names::OF_ENVIRONMENT), code(&names::OF_COMPONENT));
    let _ = writeln!(out, "a problem {}.", code(&names::OF_PROBLEM));
    out
}

fn filters() -> String {
    let mut out = String::from("| filter | what it gives |\n|---|---|\n");
    for (name, what) in conditions::FILTERS {
        let _ = writeln!(out, "| `{name}` | {what} |");
    }
    out
}

fn tests() -> String {
    let mut out = String::from("| test | what it says |\n|---|---|\n");
    for row in &conditions::TESTS {
        let arguments = if row.arguments == 0 { "" } else { "(…)" };
        let _ = writeln!(out, "| `is {}{arguments}` | {} |", row.name, row.what);
    }
    out
}

fn attributes() -> String {
    let mut out = String::new();
    for dimension in Dimension::ALL {
        let _ = write!(out, "### {}\n\n| attribute | type | what it is |\n|---|---|---|\n", dimension.name());
        for row in schema::attributes(dimension) {
            let kind = format!("{:?}", row.kind).to_lowercase();
            let _ = writeln!(out, "| `{}` | {kind} | {} |", row.name, row.meaning);
        }
        out.push('\n');
    }
    out.trim_end().to_owned() + "\n"
}

/// Replaces what stands between two marks.
fn section(text: &str, name: &str, body: &str) -> String {
    let (start, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->"));
    let (before, rest) = text.split_once(&start).unwrap();
    let (_, after) = rest.split_once(&end).unwrap();
    format!("{before}{start}\n{body}\n{end}{after}")
}

/// What is said of a rule's first firing case, as `explain` shows it.
fn sample(rule: &str, all: &[Case]) -> Option<String> {
    all.iter().filter(|case| case.rule == rule && case.name.starts_with("fires-")).find_map(|case| {
        let tree = tree_of(files_of(case));
        let (audit, _) = audited_by_all(&tree);
        let finding = audit.findings.iter().find(|finding| finding.rule == rule)?;
        let mut out = format!("{}: {}\n", finding.severity.name(), finding.message);
        for place in finding.locations.iter().take(3) {
            let text = tree.text(place.span.file).unwrap_or_default();
            let line = text.get(..place.span.start as usize).unwrap_or_default().matches('\n').count() + 1;
            let _ = writeln!(out, "{}:{line} {}", tree.path(place.span.file), place.label);
        }
        Some(out)
    })
}

#[test]
fn every_rule_has_a_sample_of_what_it_says() {
    deep(|| {
        let all = cases();
        let mut text = String::new();
        for rule in &builtin::rules().0 {
            let sample = sample(&rule.name, &all).unwrap_or_else(|| panic!("{} has no sample", rule.name));
            let _ = write!(text, "## {}\n{sample}\n", rule.name);
        }
        expect_file(&root().join("rules/samples.txt"), &text);
    });
}

#[test]
fn what_is_explained_of_every_rule_is_complete_and_fits_80_columns() {
    for rule in &builtin::rules().0 {
        let text = explain(rule);
        for title in
            ["Why", "What to do", "Severity", "When it fires", "When it stays", "To allow it", "A sample", "Read on"]
        {
            let tool = rule.dimension == Dimension::Tool;
            assert!(tool || text.lines().any(|line| line.starts_with(title)), "{} lacks {title}:\n{text}", rule.name);
        }
        let long = text.lines().find(|line| line.chars().count() > 80 && !line.contains("://"));
        assert!(long.is_none(), "{}: {long:?}", rule.name);
    }
}

#[test]
fn the_reference_of_rules_is_up_to_date() {
    let path = root().join("rules/README.md");
    let mut text = read_text(&path);
    for (name, body) in
        [("names", names_table()), ("filters", filters()), ("tests", tests()), ("attributes", attributes())]
    {
        text = section(&text, name, &body);
    }
    expect_file(&path, &text);
}

#[test]
fn the_example_of_the_reference_is_a_rule() {
    let text = read_text(&root().join("rules/README.md"));
    let examples: Vec<&str> = text.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(!examples.is_empty());
    for example in examples.into_iter().filter(|example| example.contains("summary =")) {
        let loaded = paritylint::judge::load("policy/example.toml", example);
        assert!(loaded.is_ok(), "{:?}\n{example}", loaded.err());
    }
}
