//! `check --format markdown`: for a job summary or a comment on a change.

use std::fmt::Write;

use super::entries::{Entry, accepted, counted, entries};
use crate::discover::Tree;
use crate::model::Audit;

/// What is compared, the counts, a row a finding, and the places of each.
pub fn render(audit: &Audit, tree: &Tree) -> String {
    let entries = entries(audit, tree);
    let mut out = String::from("## Environment parity\n\n");
    let names = |reference: bool| {
        let named = |name: &str| audit.references.values().any(|known| known == name);
        let all = audit.model.environments.iter().map(|environment| environment.name.as_str());
        all.filter(|name| named(name) == reference).map(code).collect::<Vec<_>>().join(", ")
    };
    if let Some(nothing) = &audit.model.nothing {
        let _ = writeln!(out, "{}\n", escape(nothing));
    } else if !names(false).is_empty() {
        let _ = writeln!(out, "Compared {} with {}.\n", names(false), names(true));
    }
    let _ = writeln!(out, "**{}**\n", counted(&entries));
    let shown: Vec<&Entry<'_>> = entries.iter().filter(|entry| entry.counts()).collect();
    if !shown.is_empty() {
        out.push_str("| severity | rule | finding | where |\n| --- | --- | --- | --- |\n");
        for entry in &shown {
            let place = entry.primary().map(|place| code(&format!("{}:{}", place.path, place.line)));
            let (severity, rule) = (entry.finding.severity.name(), code(&entry.finding.rule));
            let _ =
                writeln!(out, "| {severity} | {rule} | {} | {} |", escape(&entry.message), place.unwrap_or_default());
        }
        out.push('\n');
    }
    for entry in &shown {
        details(&mut out, entry);
    }
    let suppressed: Vec<&Entry<'_>> = entries.iter().filter(|entry| entry.finding.suppressed.is_some()).collect();
    if !suppressed.is_empty() {
        let _ = writeln!(out, "Accepted: {}\n", suppressed.len());
        for entry in suppressed {
            let why = entry.finding.suppressed.as_ref().map(accepted).unwrap_or_default();
            let _ = writeln!(out, "- {} {}: {}", code(&entry.finding.rule), escape(&entry.message), escape(&why));
        }
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

fn details(out: &mut String, entry: &Entry<'_>) {
    let (severity, rule) = (entry.finding.severity.name(), &entry.finding.rule);
    let _ = writeln!(out, "<details><summary>{severity}: {} ({rule})</summary>\n", escape(&entry.message));
    for at in &entry.places {
        let _ = writeln!(out, "- {} {}", code(&format!("{}:{}", at.place.path, at.place.line)), escape(&at.label));
    }
    if entry.items.len() > 1 {
        let _ = writeln!(out, "\n{}", escape(&entry.items.join(", ")));
    }
    for note in &entry.notes {
        let _ = writeln!(out, "\n{}", escape(note));
    }
    let _ = writeln!(out, "\nWhat to do: {}\n\n</details>\n", escape(&entry.help));
}

/// Text that must not become markup.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' => out.push(' '),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// A span of code, whatever it holds, in a table or outside.
fn code(text: &str) -> String {
    let text = text.replace(['\n', '\r'], " ").replace('|', "\\|");
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    if longest > 0 { format!("{fence} {text} {fence}") } else { format!("{fence}{text}{fence}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_texts_is_shown_not_obeyed() {
        assert_eq!(escape("a|b <c> _d_"), "a\\|b &lt;c&gt; \\_d\\_");
        assert_eq!(code("a`b"), "`` a`b ``");
    }
}
