//! The readers.

use super::{Dialect, Dotenv, Entry};
use crate::formats::World;
use crate::model::{FileId, Known, Problem, Span, Spanned};

struct Reader<'a> {
    file: FileId,
    text: &'a str,
    dialect: Dialect,
    world: &'a World,
    out: Dotenv,
}

pub(super) fn file(file: FileId, text: &str, dialect: Dialect, world: &World) -> Dotenv {
    let mut reader = Reader { file, text, dialect, world, out: Dotenv::default() };
    let mut at = if text.starts_with('\u{feff}') { 3 } else { 0 };
    while at < text.len() {
        at = reader.line(at);
    }
    reader.out
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '[' | ']'))
}

impl Reader<'_> {
    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, start, end)
    }

    fn problem(&mut self, start: usize, end: usize, message: &str) {
        self.out.problems.push(Problem::new(self.span(start, end), message));
    }

    /// Reads the line at an offset and gives the offset of the next one.
    fn line(&mut self, start: usize) -> usize {
        let end = self.text[start..].find('\n').map_or(self.text.len(), |n| start + n);
        let next = (end + 1).min(self.text.len().max(end));
        let next = if end == self.text.len() { end } else { next };
        let line = self.text[start..end].trim_end_matches('\r');
        let trimmed = line.trim_start();
        let mut at = start + (line.len() - trimmed.len());
        if trimmed.is_empty() {
            return next;
        }
        if let Some(comment) = trimmed.strip_prefix('#') {
            self.commented(at + 1, comment);
            return next;
        }
        let mut rest = trimmed;
        let strips_export = matches!(self.dialect, Dialect::PythonDotenv | Dialect::Compose | Dialect::DjangoEnviron);
        if let Some(after) = rest.strip_prefix("export").filter(|after| strips_export && after.starts_with([' ', '\t']))
        {
            let bare = after.trim_start();
            at += rest.len() - bare.len();
            rest = bare;
        }
        let signs: &[char] = if self.dialect == Dialect::Compose { &['=', ':'] } else { &['='] };
        let Some(sign) = rest.find(signs) else {
            let name = rest.trim_end();
            if self.dialect == Dialect::PythonDotenv && is_name(name) {
                let name = Spanned::new(name.to_owned(), self.span(at, at + name.len()));
                self.out.entries.push(Entry { name, value: None, known: true, commented: false });
            } else if matches!(self.dialect, Dialect::Compose | Dialect::ComposeRaw) && is_name(name) {
                self.from_outside(name, at);
            } else {
                self.problem(at, at + rest.len(), "expected NAME=value");
            }
            return next;
        };
        let written = &rest[..sign];
        let spaced = written.ends_with([' ', '\t']);
        let name = written.trim_end();
        let refused = match self.dialect {
            Dialect::ComposeRaw => spaced || name.contains(' '),
            Dialect::DjangoEnviron => spaced || !is_name(name),
            Dialect::Decouple => name.is_empty(),
            _ => !is_name(name.trim_matches('\'')),
        };
        if refused {
            self.problem(at, at + rest.len(), "expected NAME=value");
            return next;
        }
        let name = Spanned::new(name.trim_matches('\'').to_owned(), self.span(at, at + name.len()));
        self.value(name, at + sign + 1, start + line.len(), next)
    }

    fn from_outside(&mut self, name: &str, at: usize) {
        if let Known::One(value) = self.world.get(name).value {
            let span = self.span(at, at + name.len());
            let entry = Entry {
                name: Spanned::new(name.to_owned(), span),
                value: Some(Spanned::new(value, span)),
                known: true,
                commented: false,
            };
            self.out.entries.push(entry);
        }
    }

    fn commented(&mut self, at: usize, text: &str) {
        let bare = text.trim_start();
        let at = at + (text.len() - bare.len());
        let Some((name, value)) = bare.split_once('=') else { return };
        let shaped = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        let name = name.trim_start_matches("export ");
        if name.is_empty() || !name.chars().all(shaped) {
            return;
        }
        let start = at + bare.find('=').unwrap_or(0) + 1;
        let value = value.trim().trim_matches(['"', '\'']);
        let entry = Entry {
            name: Spanned::new(name.to_owned(), self.span(at, start - 1)),
            value: Some(Spanned::new(value.to_owned(), self.span(start, start + value.len()))),
            known: true,
            commented: true,
        };
        self.out.entries.push(entry);
    }

    fn value(&mut self, name: Spanned<String>, from: usize, end: usize, next: usize) -> usize {
        let raw = &self.text[from..end];
        let trimmed = raw.trim_start();
        let at = from + (raw.len() - trimmed.len());
        if self.dialect == Dialect::ComposeRaw {
            self.push(name, raw.to_owned(), from, end, true);
            return next;
        }
        let quote = trimmed.chars().next().filter(|c| *c == '"' || *c == '\'');
        if let Some(quote) = quote {
            let several = matches!(self.dialect, Dialect::PythonDotenv | Dialect::Compose);
            if let Some(close) = self.closing(at + 1, quote, if several { self.text.len() } else { end }) {
                let inside = self.text[at + 1..close].to_owned();
                let (value, known) = self.quoted(&inside, quote);
                self.push(name, value, at + 1, close, known);
                if close < end {
                    return next;
                }
                return self.text[close..].find('\n').map_or(self.text.len(), |n| close + n + 1);
            }
        }
        let cut = match self.dialect {
            Dialect::PythonDotenv | Dialect::Compose => comment(trimmed).map_or(trimmed, |at| &trimmed[..at]),
            _ => trimmed,
        };
        let bare = cut.trim_end();
        let bare = if self.dialect == Dialect::DjangoEnviron || self.dialect == Dialect::Decouple {
            bare.trim()
        } else {
            bare
        };
        let (value, known) = match self.dialect {
            Dialect::PythonDotenv => self.expand(bare, false),
            Dialect::Compose => self.expand(bare, true),
            _ => (bare.to_owned(), true),
        };
        self.push(name, value, at, at + bare.len(), known);
        next
    }

    fn push(&mut self, name: Spanned<String>, value: String, start: usize, end: usize, known: bool) {
        let value = Some(Spanned::new(value, self.span(start, end)));
        self.out.entries.push(Entry { name, value, known, commented: false });
    }

    fn closing(&self, from: usize, quote: char, limit: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let mut at = from;
        while at < limit {
            match bytes[at] {
                b'\\' => at += 1,
                byte if byte == quote as u8 => return Some(at),
                _ => {}
            }
            at += 1;
        }
        None
    }

    fn quoted(&self, inside: &str, quote: char) -> (String, bool) {
        match (self.dialect, quote) {
            (Dialect::PythonDotenv, '\'') => self.expand(&inside.replace("\\'", "'").replace("\\\\", "\\"), false),
            (Dialect::PythonDotenv, _) => self.expand(&escapes(inside), false),
            (Dialect::Compose, '\'') => (inside.to_owned(), true),
            (Dialect::Compose, _) => self.expand(&escapes(inside), true),
            (Dialect::DjangoEnviron, '"') => (inside.replace("\\\"", "\""), true),
            _ => (inside.to_owned(), true),
        }
    }

    /// `${X}`, and `$X` where the dialect knows it; what is not known makes the value unknown.
    fn expand(&self, text: &str, bare: bool) -> (String, bool) {
        let mut out = String::new();
        let mut known = true;
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            let after = &rest[at + 1..];
            if let Some(inside) = after.strip_prefix('{') {
                let Some(end) = inside.find('}') else {
                    out.push('$');
                    rest = after;
                    continue;
                };
                let (name, default) =
                    inside[..end].split_once(":-").map_or((&inside[..end], None), |(n, d)| (n, Some(d)));
                let (name, default) = match (default, name.split_once('-')) {
                    (None, Some((name, default))) if bare => (name, Some(default)),
                    _ => (name, default),
                };
                out.push_str(&self.look(name, default, &mut known));
                rest = &inside[end + 1..];
            } else if bare && after.starts_with('$') {
                out.push('$');
                rest = &after[1..];
            } else {
                let end = after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(after.len());
                if bare && end > 0 && !after.starts_with(|c: char| c.is_ascii_digit()) {
                    out.push_str(&self.look(&after[..end], None, &mut known));
                    rest = &after[end..];
                } else {
                    out.push('$');
                    rest = after;
                }
            }
        }
        out.push_str(rest);
        (out, known)
    }

    fn look(&self, name: &str, default: Option<&str>, known: &mut bool) -> String {
        let before = self.out.entries.iter().rev().find(|entry| !entry.commented && entry.name.value == name);
        match self.world.vars().get(name).map(|var| &var.value) {
            Some(Known::One(value)) => return value.clone(),
            Some(Known::Unknown(_)) => *known = false,
            _ => {}
        }
        match before.and_then(|entry| entry.value.as_ref()) {
            Some(value) if !value.value.is_empty() || default.is_none() => value.value.clone(),
            _ => {
                if let Some(default) = default {
                    default.to_owned()
                } else {
                    *known &= !self.world.is_open();
                    String::new()
                }
            }
        }
    }
}

/// Where ` #` begins a comment.
fn comment(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    (0..bytes.len()).find(|at| bytes[*at] == b'#' && (*at == 0 || bytes[at - 1].is_ascii_whitespace()))
}

fn escapes(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('t') => out.push('\t'),
            Some(other @ ('"' | '\\' | '\'' | '$')) => out.push(other),
            Some(other) => {
                out.push('\\');
                out.push(other);
            }
            None => out.push('\\'),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(text: &str, dialect: Dialect) -> Option<String> {
        let read = file(FileId(0), text, dialect, &World::empty());
        read.entries
            .iter()
            .find(|entry| entry.name.value == "A")
            .and_then(|entry| entry.value.clone())
            .map(|value| value.value)
    }

    #[test]
    fn comments_are_cut_by_two_dialects_only() {
        for (dialect, wanted) in [
            (Dialect::PythonDotenv, "two words"),
            (Dialect::Compose, "two words"),
            (Dialect::ComposeRaw, "two words # c"),
            (Dialect::DjangoEnviron, "two words # c"),
            (Dialect::Decouple, "two words # c"),
        ] {
            assert_eq!(get("A=two words # c\n", dialect).as_deref(), Some(wanted), "{dialect:?}");
        }
    }

    #[test]
    fn single_quotes_expand_for_python_dotenv_only() {
        assert_eq!(get("B=1\nA='${B}'\n", Dialect::PythonDotenv).as_deref(), Some("1"));
        assert_eq!(get("B=1\nA='${B}'\n", Dialect::Compose).as_deref(), Some("${B}"));
        assert_eq!(get("B=1\nA='${B}'\n", Dialect::ComposeRaw).as_deref(), Some("'${B}'"));
    }

    #[test]
    fn quotes_may_span_lines() {
        assert_eq!(get("A=\"x\ny\"\nB=1\n", Dialect::Compose).as_deref(), Some("x\ny"));
    }

    #[test]
    fn commented_lines_are_documentation() {
        let read = file(FileId(0), "# DEBUG=1\n", Dialect::Compose, &World::empty());
        assert!(read.entries[0].commented && super::super::vars(&read).is_empty());
    }
}
