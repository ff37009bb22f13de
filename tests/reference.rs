//! The lists that are generated: the program's rules, and the reference of rules/README.md.

use std::fmt::Write;

use paritylint::judge::rule_file::On;
use paritylint::judge::{builtin, conditions, names};
use paritylint::model::{Dimension, schema};

use crate::support::{expect_file, files, read_text, root};

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
