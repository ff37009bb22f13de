//! The readers that look at one line at a time and put no variables in.

use super::Reader;
use crate::model::Spanned;

/// The lines of a text with their places, a byte order mark being part of the first: only `raw` knows one; `ends` are the characters that end one besides a newline.
fn lines(reader: &Reader<'_>, ends: &[char]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut start = 0;
    for (at, c) in reader.text.char_indices().filter(|(_, c)| *c == '\n' || ends.contains(c)) {
        if at < start {
            continue;
        }
        // A carriage return before a newline ends the same line.
        if c == '\r' && reader.text.as_bytes().get(at + 1) == Some(&b'\n') {
            found.push((start, at));
            start = at + 2;
        } else {
            found.push((start, at));
            start = at + c.len_utf8();
        }
    }
    found.push((start, reader.text.len()));
    found.retain(|(start, end)| start < end);
    found
}

/// Compose's `format: raw`, which is that of `docker run --env-file`.
pub(super) fn raw(reader: &mut Reader<'_>) {
    for (start, end) in lines(reader, &[]) {
        let start = start.max(reader.start());
        let end = if reader.text[start..end].ends_with('\r') { end - 1 } else { end };
        let line = &reader.text[start..end];
        let bare = line.trim_start();
        let start = end - bare.len();
        if bare.is_empty() {
            continue;
        }
        if bare.starts_with('#') {
            reader.comment(start, end);
            continue;
        }
        let (name, value) = bare.split_once('=').map_or((bare, None), |(name, value)| (name, Some(value)));
        if name.is_empty() || name.contains([' ', '\t']) {
            reader.problem(start, end, "a name without white space is expected");
            return;
        }
        let from = start + name.len() + 1;
        let value = value.map(|value| Spanned::new(value.to_owned(), reader.span(from, end)));
        let name = Spanned::new(name.to_owned(), reader.span(start, start + name.len()));
        match value {
            Some(value) => reader.push(name, Some(value)),
            None => reader.inherit(name),
        }
    }
}

/// django-environ.
pub(super) fn django(reader: &mut Reader<'_>) {
    const ENDS: [char; 9] = ['\r', '\u{b}', '\u{c}', '\u{1c}', '\u{1d}', '\u{1e}', '\u{85}', '\u{2028}', '\u{2029}'];
    for (start, end) in lines(reader, &ENDS) {
        let line = &reader.text[start..end];
        if line.starts_with('#') {
            reader.comment(start, end);
            continue;
        }
        let bare = line.strip_prefix("export ").unwrap_or(line);
        let at = end - bare.len();
        let shaped = |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let Some((name, value)) = bare.split_once('=').filter(|(name, _)| shaped(name)) else {
            reader.problem(start, end, "expected NAME=value");
            continue;
        };
        let mut from = at + name.len() + 1;
        let mut value = value;
        if let Some(inside) = enclosed(value, '\'') {
            (value, from) = (inside, from + 1);
        }
        let inside = enclosed(value, '"');
        let from = from + usize::from(inside.is_some());
        let written = inside.unwrap_or(value);
        let span = reader.span(from, from + written.len());
        let text = inside.map_or_else(|| value.to_owned(), unescape);
        let name = Spanned::new(name.to_owned(), reader.span(at, at + name.len()));
        reader.push(name, Some(Spanned::new(text, span)));
    }
}

fn enclosed(text: &str, quote: char) -> Option<&str> {
    text.strip_prefix(quote)?.strip_suffix(quote)
}

/// A backslash goes, except before `r`, `n` and `t`.
fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some(next @ ('r' | 'n' | 't')) => out.extend(['\\', next]),
            Some(next) => out.push(next),
            None => out.push('\\'),
        }
    }
    out
}

/// python-decouple.
pub(super) fn decouple(reader: &mut Reader<'_>) {
    for (start, end) in lines(reader, &['\r']) {
        let line = &reader.text[start..end];
        let bare = line.trim_start();
        let at = end - bare.len();
        let bare = bare.trim_end();
        if bare.starts_with('#') {
            reader.comment(at, at + bare.len());
            continue;
        }
        let Some((name, value)) = bare.split_once('=') else { continue };
        let from = at + name.len() + 1 + (value.len() - value.trim_start().len());
        let value = value.trim();
        let inside = enclosed(value, '\'').or_else(|| enclosed(value, '"'));
        let (text, from) = inside.map_or((value, from), |inside| (inside, from + 1));
        let value = Spanned::new(text.to_owned(), reader.span(from, from + text.len()));
        let name = name.trim();
        let name = Spanned::new(name.to_owned(), reader.span(at, at + name.len()));
        reader.push(name, Some(value));
    }
}
