//! `explain` and `rules`: what the rules are, in words.

use std::fmt::Write;

use crate::judge::Rule;
use crate::model::Role;

/// The width texts are broken at.
const WIDTH: usize = 78;

/// A text broken into lines, each after `indent`.
fn wrapped(text: &str, indent: &str) -> String {
    let mut out = String::new();
    let mut line = String::from(indent);
    for word in text.split_whitespace() {
        if line.len() > indent.len() && line.chars().count() + 1 + word.chars().count() > WIDTH {
            out.push_str(line.trim_end());
            out.push('\n');
            line.clear();
            line.push_str(indent);
        }
        if line.len() > indent.len() {
            line.push(' ');
        }
        line.push_str(word);
    }
    out.push_str(line.trim_end());
    out.push('\n');
    out
}

fn roles(rule: &Rule) -> String {
    let row = |role: &Role| {
        let severity = rule.roles.get(role).map_or("off", |severity| severity.name());
        format!("{} {severity}", role.name())
    };
    Role::ALL.iter().map(row).collect::<Vec<_>>().join(", ")
}

/// All of a rule.
pub fn explain(rule: &Rule) -> String {
    let file = &rule.file;
    let mut out = format!("{}\n{}\n", rule.name, wrapped(&file.summary, "  "));
    let mut section = |title: &str, body: String| {
        let _ = write!(out, "{title}\n{body}\n");
    };
    section("Why", wrapped(&file.why, "  "));
    section("What to do", wrapped(&file.fix, "  ") + &mended(rule));
    section("Severity", wrapped(&format!("{} (profile {})", roles(rule), rule.profile()), "  "));
    let mut fires: Vec<String> =
        vec![format!("judged on every {} of dimension {}", file.on.name(), rule.dimension.name())];
    if let Some(compare) = &file.compare {
        fires.push(format!("compares {compare}"));
    }
    fires.extend(file.when.iter().map(|condition| format!("when {condition}")));
    fires.extend(file.severity.iter().map(|row| format!("{} instead, when {}", row.is, row.when)));
    section("When it fires", fires.iter().map(|line| wrapped(line, "  ")).collect());
    let guards = file
        .unless
        .iter()
        .map(|guard| (&guard.name, &guard.because))
        .chain(file.upheld.iter().map(|g| (&g.name, &g.because)));
    let silent: String = guards.map(|(name, because)| wrapped(&format!("{name}: {because}"), "  ")).collect();
    if !silent.is_empty() {
        section("When it stays silent on purpose", silent);
    }
    section("To allow it", allowed(&rule.name));
    if let Some(sample) = sample(&rule.name) {
        section("A sample", sample.lines().fold(String::new(), |out, line| out + &wrapped(line, "  ")));
    }
    if !file.subsumes.is_empty() {
        section("It explains", wrapped(&file.subsumes.join(", "), "  "));
    }
    section("Read on", file.references.iter().fold(String::new(), |out, address| out + "  " + address + "\n"));
    if !file.controls.is_empty() {
        section("Evidence towards", wrapped(&file.controls.join(", "), "  "));
    }
    out.trim_end().to_owned() + "\n"
}

/// What a finding of every rule looks like: `## RULE`, then what is said of a fixture of it.
const SAMPLES: &str = include_str!("../../rules/samples.txt");

/// What a finding of a rule looks like.
fn sample(name: &str) -> Option<&'static str> {
    let mut all = SAMPLES.split("## ").skip(1).filter_map(|part| part.split_once('\n'));
    all.find(|(title, _)| *title == name).map(|(_, body)| body.trim_end())
}

/// Whether the program mends it by itself.
fn mended(rule: &Rule) -> String {
    let line = match &rule.file.edit {
        Some(edit) if edit.risky => "where it is plain, `check --fix --unsafe-fixes` does it: look at it first",
        Some(_) => "where it is plain, `check --fix` does it",
        None => return String::new(),
    };
    wrapped(line, "  ")
}

/// How a difference is accepted: at its line, or in the configuration.
fn allowed(name: &str) -> String {
    format!(
        "  at its line:\n    # paritylint: allow[{name}] the reason\n  or in paritylint.toml:\n    \
         [[allow]]\n    rule = \"{name}\"\n    reason = \"…\"\n"
    )
}

/// A line a rule.
pub fn list(all: &[Rule]) -> String {
    let width = all.iter().map(|rule| rule.name.len()).max().unwrap_or(0);
    let mut out = String::new();
    let mut dimension = "";
    for rule in all {
        if rule.dimension.name() != dimension {
            dimension = rule.dimension.name();
            let _ = writeln!(out, "{dimension}");
        }
        let room = WIDTH.saturating_sub(width + 4);
        let summary: String = if rule.file.summary.chars().count() > room {
            rule.file.summary.chars().take(room.saturating_sub(1)).chain(['…']).collect()
        } else {
            rule.file.summary.clone()
        };
        let _ = writeln!(out, "  {:width$}  {summary}", rule.name);
    }
    out
}
