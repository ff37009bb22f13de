//! python-dotenv's reader: a bad line is passed over, the rest counts.

use super::{Entry, Reader};
use crate::model::{Certainty, Known, Spanned, Step, StepKind};

pub(super) fn read(reader: &mut Reader<'_>) {
    let mut at = reader.start();
    while at < reader.text.len() {
        at += reader.rest(at).find(|c: char| !c.is_whitespace()).unwrap_or(reader.text.len() - at);
        if at == reader.text.len() {
            return;
        }
        let start = at;
        let mut binding = Binding { reader, at, name: None, value: None };
        let fine = binding.read();
        let Binding { at: end, name, value, .. } = binding;
        if fine {
            at = end;
            if let Some(name) = name {
                keep(reader, name, value);
            }
        } else {
            let rest = reader.rest(end);
            at = end + rest.find(['\r', '\n']).map_or(rest.len(), |n| n + 1);
            let shown = reader.text[start..at].trim_end().len();
            reader.problem(start, start + shown, "expected NAME=value");
        }
    }
}

/// One statement on its way.
struct Binding<'r, 'a> {
    reader: &'r mut Reader<'a>,
    at: usize,
    name: Option<Spanned<String>>,
    value: Option<Spanned<String>>,
}

/// White space within a line.
fn blanks(text: &str) -> usize {
    text.find(|c: char| !c.is_whitespace() || matches!(c, '\r' | '\n')).unwrap_or(text.len())
}

impl Binding<'_, '_> {
    fn rest(&self) -> &str {
        self.reader.rest(self.at)
    }

    /// Reads to the end of the line; false if something else stands there.
    fn read(&mut self) -> bool {
        if let Some(rest) = self.rest().strip_prefix("export") {
            let blank = blanks(rest);
            self.at += if blank > 0 { "export".len() + blank } else { 0 };
        }
        if !self.key() {
            return false;
        }
        self.at += blanks(self.rest());
        if self.rest().starts_with('=') {
            let blank = blanks(&self.rest()[1..]);
            self.at += 1 + blank;
            let at = self.at;
            if blank > 0 && self.rest().starts_with('#') {
                self.value = Some(Spanned::new(String::new(), self.reader.span(at, at)));
            } else if !self.read_value() {
                return false;
            }
        }
        let blank = blanks(self.rest());
        if self.rest()[blank..].starts_with('#') {
            let start = self.at + blank;
            let rest = self.reader.rest(start);
            let end = start + rest.find(['\r', '\n']).unwrap_or(rest.len());
            if self.name.is_none() {
                self.reader.comment(start, end);
            }
            self.at = end;
        } else {
            self.at += blank;
        }
        let rest = self.rest();
        self.at += match rest {
            "" => 0,
            _ if rest.starts_with("\r\n") => 2,
            _ if rest.starts_with(['\r', '\n']) => 1,
            _ => return false,
        };
        true
    }

    fn key(&mut self) -> bool {
        let rest = self.rest();
        let (from, length, skip) = if rest.starts_with('#') {
            return true;
        } else if let Some(inside) = rest.strip_prefix('\'') {
            match inside.find('\'') {
                Some(length) if length > 0 => (1, length, length + 2),
                _ => return false,
            }
        } else {
            let length = rest.find(|c: char| c == '=' || c == '#' || c.is_whitespace()).unwrap_or(rest.len());
            (0, length, length)
        };
        if length == 0 {
            return false;
        }
        let (start, end) = (self.at + from, self.at + from + length);
        let name = self.reader.text[start..end].to_owned();
        self.name = Some(Spanned::new(name, self.reader.span(start, end)));
        self.at += skip;
        true
    }

    fn read_value(&mut self) -> bool {
        let rest = self.rest();
        let at = self.at;
        if let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) {
            let Some(length) = closing(&rest[1..], quote) else { return false };
            // Python reads every end of a line as a newline.
            let inside = rest[1..=length].replace("\r\n", "\n").replace('\r', "\n");
            let text = if quote == '"' { escapes(&inside, "'\"abfnrtv") } else { escapes(&inside, "'") };
            self.value = Some(Spanned::new(text, self.reader.span(at + 1, at + 1 + length)));
            self.at += length + 2;
            return true;
        }
        let line = &rest[..rest.find(['\r', '\n']).unwrap_or(rest.len())];
        let length = line.len();
        let hash = line.match_indices('#').map(|(at, _)| at).find(|at| line[..*at].ends_with(char::is_whitespace));
        let value = hash.map_or(line, |cut| &line[..cut]).trim_end().to_owned();
        let span = self.reader.span(at, at + value.len());
        self.value = Some(Spanned::new(value, span));
        self.at += length;
        true
    }
}

/// Where the quote closes; a backslash takes the character behind it along.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => {
                chars.next();
            }
            c if c == quote => return Some(at),
            _ => {}
        }
    }
    None
}

/// `\\` and the given escapes.
fn escapes(text: &str, known: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let escaped = chars.peek().copied().filter(|next| c == '\\' && (*next == '\\' || known.contains(*next)));
        let Some(escaped) = escaped else {
            out.push(c);
            continue;
        };
        chars.next();
        out.push(match escaped {
            'a' => '\u{7}',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            other => other,
        });
    }
    out
}

fn keep(reader: &mut Reader<'_>, name: Spanned<String>, value: Option<Spanned<String>>) {
    let Some(value) = value else { return reader.push(name, None) };
    let mut entry =
        Entry { name, value: None, known: true, certainty: Certainty::Stated, steps: Vec::new(), commented: false };
    let text = expand(reader, &value, &mut entry);
    entry.value = Some(text);
    reader.out.entries.push(entry);
}

/// Puts variables in: only `${X}` and `${X:-d}`, whatever the quotes.
fn expand(reader: &Reader<'_>, value: &Spanned<String>, entry: &mut Entry) -> Spanned<String> {
    let mut out = String::new();
    let mut rest = value.value.as_str();
    while let Some(at) = rest.find("${") {
        out.push_str(&rest[..at]);
        let inside = &rest[at + 2..];
        let end = inside.find('}').map(|end| (end, &inside[..end]));
        let parts = end.and_then(|(end, body)| match body.split_once(':') {
            None => Some((end, body, None)),
            Some((name, default)) => default.strip_prefix('-').map(|default| (end, name, Some(default))),
        });
        let Some((end, name, default)) = parts else {
            out.push_str("${");
            rest = inside;
            continue;
        };
        out.push_str(&look(reader, name, default, value, entry));
        rest = &inside[end + 1..];
    }
    out.push_str(rest);
    Spanned::new(out, value.span)
}

/// The lines before count first, then what is set outside, then the default.
fn look(reader: &Reader<'_>, name: &str, default: Option<&str>, at: &Spanned<String>, entry: &mut Entry) -> String {
    if let Some(before) = reader.before(name) {
        entry.known &= before.known;
        entry.certainty = entry.certainty.and(&before.certainty);
        let place = before.value.as_ref().map_or(before.name.span, |value| value.span);
        entry.steps.push(Step { kind: StepKind::Interpolated, span: place, note: Some(name.to_owned()) });
        return before.value.as_ref().map(|value| value.value.clone()).unwrap_or_default();
    }
    let outside = reader.world.get(name);
    match (outside.value, default) {
        (Known::One(value), _) => value,
        (Known::Absent, default) => default.unwrap_or_default().to_owned(),
        (_, Some(default)) => {
            entry.certainty = Certainty::Default { variable: Some(name.to_owned()) };
            entry.steps.push(Step { kind: StepKind::Defaulted, span: at.span, note: Some(name.to_owned()) });
            default.to_owned()
        }
        (_, None) => {
            entry.known = false;
            String::new()
        }
    }
}
