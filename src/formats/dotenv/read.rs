//! What the readers share: the file, what was found so far, and lines that are commented out.

use super::{Dialect, Dotenv, Entry, compose, lines, python};
use crate::formats::World;
use crate::model::{FileId, Problem, Span, Spanned};

pub(super) struct Reader<'a> {
    pub(super) file: FileId,
    pub(super) text: &'a str,
    pub(super) world: &'a World,
    pub(super) out: Dotenv,
}

/// What the value of an entry came to.
pub(super) struct Made {
    pub(super) text: String,
    pub(super) known: bool,
    pub(super) rests_on: Option<String>,
}

impl Made {
    /// A value that stands there as it is.
    pub(super) fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), known: true, rests_on: None }
    }
}

pub(super) fn file(file: FileId, text: &str, dialect: Dialect, world: &World) -> Dotenv {
    let mut reader = Reader { file, text, world, out: Dotenv::default() };
    match dialect {
        Dialect::PythonDotenv => python::read(&mut reader),
        Dialect::Compose => compose::read(&mut reader),
        Dialect::ComposeRaw => compose::read_raw(&mut reader),
        Dialect::DjangoEnviron => lines::environ(&mut reader),
        Dialect::Decouple => lines::decouple(&mut reader),
    }
    reader.out
}

impl Reader<'_> {
    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, start, end)
    }

    pub(super) fn problem(&mut self, start: usize, end: usize, message: &str) {
        self.out.problems.push(Problem::new(self.span(start, end), message));
    }

    /// The byte at an offset; 0 behind the end.
    pub(super) fn byte(&self, at: usize) -> u8 {
        self.text.as_bytes().get(at).copied().unwrap_or_default()
    }

    /// The text between two offsets.
    pub(super) fn slice(&self, start: usize, end: usize) -> &str {
        self.text.get(start..end).unwrap_or_default()
    }

    /// The end of the line at an offset, its newline left out.
    pub(super) fn line_end(&self, at: usize) -> usize {
        self.text.get(at..).and_then(|rest| rest.find('\n')).map_or(self.text.len(), |n| at + n)
    }

    /// The first offset from `at` on whose character does not satisfy `skip`.
    pub(super) fn skip(&self, at: usize, skip: impl Fn(char) -> bool) -> usize {
        let Some(rest) = self.text.get(at..) else { return at };
        at + rest.find(|c| !skip(c)).unwrap_or(rest.len())
    }

    /// A name at a place; `None` where only the name stands.
    pub(super) fn push(&mut self, name: &str, at: usize, value: Option<(Made, Span)>) {
        let name = Spanned::new(name.to_owned(), self.span(at, at + name.len()));
        let entry = match value {
            Some((made, span)) => Entry {
                name,
                value: Some(Spanned::new(made.text, span)),
                known: made.known,
                rests_on: made.rests_on,
                commented: false,
            },
            None => Entry { name, value: None, known: true, rests_on: None, commented: false },
        };
        self.out.entries.push(entry);
    }

    /// A comment from `at` (behind its sign) to `end`: `# NAME=value` is kept as what the file offers.
    pub(super) fn comment(&mut self, at: usize, end: usize) {
        let start = self.skip(at, |c| c == ' ' || c == '\t').min(end);
        let bare = self.slice(start, end).to_owned();
        let bare = bare.strip_prefix("export ").map_or(bare.as_str(), str::trim_start);
        let start = end - bare.len();
        let Some((name, value)) = bare.split_once('=') else { return };
        let shaped = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        if name.is_empty() || !name.chars().all(shaped) {
            return;
        }
        let from = start + name.len() + 1;
        let lead = value.len() - value.trim_start_matches([' ', '\t', '"', '\'']).len();
        let value = value.trim_matches(|c: char| c.is_whitespace() || c == '"' || c == '\'');
        let entry = Entry {
            name: Spanned::new(name.to_owned(), self.span(start, start + name.len())),
            value: Some(Spanned::new(value.to_owned(), self.span(from + lead, from + lead + value.len()))),
            known: true,
            rests_on: None,
            commented: true,
        };
        self.out.entries.push(entry);
    }

    /// The last entry of a name so far.
    pub(super) fn before(&self, name: &str) -> Option<&Entry> {
        self.out.entries.iter().rev().find(|entry| !entry.commented && entry.name.value == name)
    }
}
