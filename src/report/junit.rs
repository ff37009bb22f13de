//! `check --format junit`: a test case a finding; those that fail the run are failures.

use std::fmt::Write;

use super::entries::{Entry, accepted, entries};
use crate::discover::Tree;
use crate::model::{Audit, Severity};

/// The report; `fails` says which severities fail the run.
pub fn render(audit: &Audit, tree: &Tree, fails: &dyn Fn(Severity) -> bool) -> String {
    let entries = entries(audit, tree);
    let shown: Vec<&Entry<'_>> = entries.iter().filter(|entry| entry.finding.part_of.is_none()).collect();
    let failing = |entry: &&&Entry<'_>| entry.counts() && fails(entry.finding.severity);
    let failures = shown.iter().filter(failing).count();
    let skipped = shown.iter().filter(|entry| entry.finding.suppressed.is_some()).count();
    let tests = shown.len().max(1);
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        out,
        "<testsuites name=\"paritylint\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" time=\"0\">\n  \
         <testsuite name=\"paritylint\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\" time=\"0\">"
    );
    if shown.is_empty() {
        // An empty suite is an error to most readers.
        out.push_str("    <testcase classname=\"paritylint\" name=\"no drift\" time=\"0\"/>\n");
    }
    for entry in &shown {
        case(&mut out, entry, failing(&entry));
    }
    out.push_str("  </testsuite>\n</testsuites>\n");
    out
}

fn case(out: &mut String, entry: &Entry<'_>, fails: bool) {
    let finding = entry.finding;
    let (rule, message) = (escape(&finding.rule), escape(&entry.message));
    let _ = writeln!(out, "    <testcase classname=\"paritylint.{rule}\" name=\"{message}\" time=\"0\">");
    let text = escape(&entry.text());
    let _ = match (&finding.suppressed, fails) {
        (Some(why), _) => writeln!(out, "      <skipped message=\"{}\"/>", escape(&accepted(why))),
        (None, true) => {
            let kind = finding.severity.name();
            writeln!(out, "      <failure message=\"{message}\" type=\"{kind}\">{text}</failure>")
        }
        (None, false) => writeln!(out, "      <system-out>{}: {text}</system-out>", finding.severity.name()),
    };
    out.push_str("    </testcase>\n");
}

/// Text for XML 1.0: what it cannot hold at all is replaced.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c if c < ' ' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_cannot_hold_is_replaced() {
        assert_eq!(escape("a<b>\"&\u{1}"), "a&lt;b&gt;&quot;&amp;\u{fffd}");
    }
}
