//! Reading characters: blanks, comments, operators, here-document bodies.

use super::ast::{Dialect, Heredoc, Part, Word};
use crate::model::{Problem, Span, SpanMap};

/// A syntax error, already recorded.
#[derive(Debug)]
pub(super) struct Fail;

pub(super) type Read<T> = Result<T, Fail>;

/// Nesting beyond this is not read.
const MAX_DEPTH: usize = 60;

pub(super) struct Pending {
    pub(super) delimiter: String,
    pub(super) quoted: bool,
    pub(super) strip: bool,
    pub(super) index: usize,
}

pub(super) struct Parser<'t> {
    pub(super) text: &'t str,
    pub(super) pos: usize,
    pub(super) map: &'t SpanMap,
    /// Where `text` starts in the mapped text.
    pub(super) shift: usize,
    /// The place of everything, where offsets do not lead back to the file.
    pub(super) whole: Option<Span>,
    pub(super) dialect: Dialect,
    pub(super) depth: usize,
    pub(super) problems: Vec<Problem>,
    pub(super) heredocs: Vec<Heredoc>,
    pub(super) pending: Vec<Pending>,
}

pub(super) fn is_name(c: u8) -> bool {
    c.is_ascii_alphanumeric() || c == b'_'
}

/// The length of a variable name at the start of `text`.
pub(super) fn name_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    if bytes.first().is_none_or(u8::is_ascii_digit) {
        return 0;
    }
    bytes.iter().take_while(|&&c| is_name(c)).count()
}

/// Whether a character ends a word, unless quoted.
pub(super) fn ends_word(c: u8) -> bool {
    matches!(c, b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'(' | b')' | b'<' | b'>')
}

impl<'t> Parser<'t> {
    pub(super) fn peek(&self) -> u8 {
        self.peek_at(0)
    }

    /// The byte `n` further; 0 past the end.
    pub(super) fn peek_at(&self, n: usize) -> u8 {
        self.text.as_bytes().get(self.pos + n).copied().unwrap_or(0)
    }

    pub(super) fn at_end(&self) -> bool {
        self.pos >= self.text.len()
    }

    pub(super) fn rest(&self) -> &'t str {
        self.text.get(self.pos..).unwrap_or("")
    }

    pub(super) fn starts(&self, with: &str) -> bool {
        self.text.as_bytes().get(self.pos..).is_some_and(|rest| rest.starts_with(with.as_bytes()))
    }

    /// Steps over `with` if it is next.
    pub(super) fn eat(&mut self, with: &str) -> bool {
        let found = self.starts(with);
        if found {
            self.pos += with.len();
        }
        found
    }

    /// The length of the character at `pos`.
    pub(super) fn char_len(&self) -> usize {
        self.rest().chars().next().map_or(1, char::len_utf8)
    }

    pub(super) fn slice(&self, start: usize, end: usize) -> &'t str {
        self.text.get(start..end.min(self.text.len())).unwrap_or("")
    }

    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        self.whole.unwrap_or_else(|| self.map.span(self.shift + start, self.shift + end.max(start)))
    }

    pub(super) fn fail<T>(&mut self, at: usize, message: impl Into<String>) -> Read<T> {
        let span = self.span(at, at);
        self.problems.push(Problem::new(span, message));
        Err(Fail)
    }

    /// Reads something nested.
    pub(super) fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        if self.depth >= MAX_DEPTH {
            return self.fail(self.pos, "nested too deeply to be read");
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    /// Skips blanks, continuations and a comment; not the end of the line.
    pub(super) fn blanks(&mut self) {
        loop {
            match self.peek() {
                b' ' | b'\t' => self.pos += 1,
                b'\\' if self.peek_at(1) == b'\n' => self.pos += 2,
                b'\\' if self.peek_at(1) == b'\r' && self.peek_at(2) == b'\n' => self.pos += 3,
                b'\r' if matches!(self.peek_at(1), b'\n' | 0) => self.pos += 1,
                b'#' => self.pos += self.rest().find('\n').unwrap_or(self.rest().len()),
                _ => return,
            }
        }
    }

    /// Skips blanks, comments and ends of lines.
    pub(super) fn newlines(&mut self) {
        loop {
            self.blanks();
            if self.peek() != b'\n' {
                return;
            }
            self.pos += 1;
            self.heredoc_bodies();
        }
    }

    /// Goes to the line after `pos`.
    pub(super) fn next_line(&mut self) {
        self.pos = self.rest().find('\n').map_or(self.text.len(), |at| self.pos + at + 1);
        self.pending.clear();
    }

    /// The unquoted word here, if it is nothing but plain characters: what can be a reserved word.
    pub(super) fn plain_word(&self) -> &'t str {
        let rest = self.rest();
        let bytes = rest.as_bytes();
        let length = bytes.iter().take_while(|&&c| !ends_word(c) && !b"'\"`$\\\r".contains(&c)).count();
        match bytes.get(length) {
            Some(b'\'' | b'"' | b'`' | b'$' | b'\\') => "",
            _ => rest.get(..length).unwrap_or(""),
        }
    }

    /// Steps over a reserved word if it is next.
    pub(super) fn reserved(&mut self, word: &str) -> bool {
        self.blanks();
        let found = self.plain_word() == word;
        if found {
            self.pos += word.len();
        }
        found
    }

    pub(super) fn expect(&mut self, word: &str) -> Read<()> {
        self.newlines();
        if self.reserved(word) {
            return Ok(());
        }
        self.fail(self.pos, format!("expected `{word}`"))
    }

    /// Reads the bodies of the here-documents that the line before announced.
    fn heredoc_bodies(&mut self) {
        for pending in std::mem::take(&mut self.pending) {
            let start = self.pos;
            let mut text = String::new();
            loop {
                let line_end = self.rest().find('\n').map_or(self.text.len(), |at| self.pos + at);
                let mut line = self.slice(self.pos, line_end);
                if pending.strip {
                    line = line.trim_start_matches('\t');
                }
                let done = line.strip_suffix('\r').unwrap_or(line) == pending.delimiter;
                let end = self.pos;
                if self.at_end() || done {
                    self.pos = (line_end + 1).min(self.text.len());
                    if done && line_end < self.text.len() {
                        self.pos = line_end;
                        self.pos += 1;
                    }
                    let span = self.span(start, end);
                    if let Some(slot) = self.heredocs.get_mut(pending.index) {
                        *slot = Heredoc { text, quoted: pending.quoted, span };
                    }
                    break;
                }
                text.push_str(line);
                text.push('\n');
                self.pos = (line_end + 1).min(self.text.len());
            }
        }
    }

    /// A `((` at `pos` that is closed by `))`: the offset of the latter. Otherwise it is two nested subshells.
    pub(super) fn arithmetic_end(&self) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let mut depth = 0usize;
        let mut at = self.pos + 2;
        let limit = bytes.len().min(at + 65536);
        while at < limit {
            match bytes[at] {
                b'\\' => at += 1,
                b'(' => depth += 1,
                b')' if depth > 0 => depth -= 1,
                b')' => return (bytes.get(at + 1) == Some(&b')')).then_some(at),
                b'\'' | b'"' => {
                    let quote = bytes[at];
                    at += 1 + bytes[at + 1..limit].iter().position(|&c| c == quote)?;
                }
                _ => {}
            }
            at += 1;
        }
        None
    }
}

/// An unquoted literal without its escapes.
pub(super) fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c == '\\' { out.extend(chars.next()) } else { out.push(c) }
    }
    out
}

/// The text of a word without expansions; none if it has some.
pub(super) fn fixed(word: &Word) -> Option<String> {
    let mut text = String::new();
    for part in &word.parts {
        match part {
            Part::Literal(literal) => text.push_str(&unescape(literal)),
            Part::Single(single) => text.push_str(single),
            Part::Double(parts) => {
                for part in parts {
                    let Part::Single(literal) = part else { return None };
                    text.push_str(literal);
                }
            }
            _ => return None,
        }
    }
    Some(text)
}

/// Whether an unquoted literal has unescaped `*`, `?`, `[…]`, or a brace list.
pub(super) fn is_pattern(text: &str) -> bool {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        if escaped {
            escaped = false;
            continue;
        }
        match c {
            '\\' => escaped = true,
            '*' | '?' => return true,
            '[' if text.get(at + 1..).and_then(|rest| rest.find(']')).is_some_and(|close| close > 0) => return true,
            '{' => {
                let inner = text.get(at + 1..).unwrap_or("");
                let close = inner.find(['{', '}']).filter(|&close| inner.as_bytes().get(close) == Some(&b'}'));
                let list = close.and_then(|close| inner.get(..close)).unwrap_or("");
                if list.contains(',') || list.contains("..") {
                    return true;
                }
            }
            _ => {}
        }
    }
    false
}
