//! Text for people: nothing of ours passes column 80, and nothing shows a secret.

mod blocks;
mod check;
mod compare;
mod envs;
mod faults;
mod header;
mod init;
mod layout;
mod matrix;
mod snippet;
mod why;

#[cfg(test)]
mod tests;

pub use check::check;
pub use compare::compare;
pub use envs::envs;
pub use faults::faults;
pub use init::init;
pub use why::why;

use std::ops::Range;

use super::lines::Lines;
use super::redact::Redactor;
use crate::discover::Tree;
use crate::model::{Audit, Location, Span};

/// The last column that text of ours may use.
pub const WIDTH: usize = 80;

/// How much of a finding is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Style {
    /// Errors in full, warnings concise.
    #[default]
    Default,
    /// Source lines for all.
    Full,
    /// Source lines for none.
    Concise,
}

/// What the caller knows of the terminal and of the user's wishes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Whether to use colours.
    pub color: bool,
    /// How much of a finding is shown.
    pub style: Style,
    /// Findings and the summary only.
    pub quiet: bool,
    /// Source lines for all, and notes.
    pub verbose: bool,
    /// Whether the output can hold more than ASCII.
    pub utf8: bool,
    /// Whether the project has a configuration or a baseline.
    pub has_config: bool,
    /// Equal rows too.
    pub all: bool,
}

/// What every text output needs: places, redaction, colours.
struct Page<'a> {
    audit: &'a Audit,
    lines: Lines<'a>,
    redactor: Redactor,
    options: &'a Options,
}

impl<'a> Page<'a> {
    fn new(audit: &'a Audit, tree: &'a Tree, options: &'a Options) -> Self {
        Self { audit, lines: Lines::from_here(tree), redactor: Redactor::new(audit), options }
    }

    /// A text without secrets and control characters, on one line.
    fn say(&self, text: &str) -> String {
        layout::one_line(&self.redactor.text(text))
    }

    /// `path:line`.
    fn place(&self, span: Span) -> String {
        let place = self.lines.place(span);
        layout::one_line(&format!("{}:{}", place.path, place.line))
    }

    /// The source line of a place, redacted, without its indentation.
    fn source_line(&self, span: Span) -> String {
        layout::one_line(&self.redacted_line(span).0).trim().to_owned()
    }

    /// What stands at a place, a few lines of it as one.
    fn quoted(&self, span: Span) -> String {
        let mut found = String::new();
        let mut at = span.start as usize;
        for _ in 0..4 {
            let (line, range) = self.redacted_line(Span::new(span.file, at, span.end as usize));
            let piece = layout::one_line(line.get(range).unwrap_or(&line)).trim().to_owned();
            let open = found.is_empty() || found.ends_with(['(', '[', '{']) || piece.starts_with([')', ']', '}']);
            found.push_str(if open { "" } else { " " });
            found.push_str(&piece);
            at = self.lines.range(span.file, self.lines.line_of(span.file, at).0).end + 1;
            if at >= span.end as usize {
                break;
            }
        }
        found
    }

    /// The first line of a place without its secrets, and the place's range in it.
    fn redacted_line(&self, span: Span) -> (String, Range<usize>) {
        let (line, _) = self.lines.line_of(span.file, span.start as usize);
        let range = self.lines.range(span.file, line);
        let text = self.lines.text(span.file).get(range.clone()).unwrap_or_default();
        let (shown, shift) = self.redactor.line(text, Span::new(span.file, range.start, range.end));
        let inside = |offset: u32| (offset as usize).clamp(range.start, range.end) - range.start;
        let place = shift.range(inside(span.start)..inside(span.end));
        let place = if place.is_empty() { 0..shown.len() } else { place };
        (shown, place)
    }

    /// `environment: what is to be seen there`.
    fn label(&self, location: &Location) -> String {
        let label = self.say(&location.label);
        match &location.environment {
            Some(name) if label.is_empty() => name.clone(),
            Some(name) if !layout::has_word(&label, name) => format!("{name}: {label}"),
            _ => label,
        }
    }

    /// The whole output, ready to print.
    fn finish(&self, text: &str) -> String {
        layout::fit(text, WIDTH, self.options.utf8)
    }
}
