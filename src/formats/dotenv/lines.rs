//! django-environ and python-decouple: a line is all there is, and nothing is expanded.

use super::read::{Made, Reader};

/// Every line without its end, as `(start, end)`. A carriage return alone ends one, too.
fn lines(text: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut start = 0;
    while start < text.len() {
        let rest = &text[start..];
        let end = rest.find(['\n', '\r']).unwrap_or(rest.len());
        found.push((start, start + end));
        let ending = if rest[end..].starts_with("\r\n") { 2 } else { usize::from(end < rest.len()) };
        start += end + ending;
    }
    found
}

/// The text between two quotes that hold all of it.
fn within(text: &str, quote: char) -> Option<&str> {
    text.strip_prefix(quote)?.strip_suffix(quote)
}

/// django-environ: `NAME=value` from the first column on; spaces belong to the value.
pub(super) fn environ(reader: &mut Reader<'_>) {
    for (start, end) in lines(reader.text) {
        let line = reader.slice(start, end).to_owned();
        if line.is_empty() {
            continue;
        }
        if line.starts_with('#') {
            reader.comment(start + 1, end);
            continue;
        }
        let bare = line.strip_prefix("export ").unwrap_or(&line);
        let at = end - bare.len();
        let name = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let Some((name, value)) = bare.split_once('=').filter(|(left, _)| name(left)) else {
            reader.problem(start, end, "expected NAME=value");
            continue;
        };
        let from = at + name.len() + 1;
        let inner = within(value, '\'').unwrap_or(value);
        let (made, quotes) = match within(inner, '"') {
            Some(text) => (unescaped(text), (value.len() - text.len()) / 2),
            None => (inner.to_owned(), (value.len() - inner.len()) / 2),
        };
        let span = reader.span(from + quotes, end - quotes);
        reader.push(name, at, Some((Made::plain(made), span)));
    }
}

/// A backslash is dropped, except before `r`, `n` and `t`.
fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, c == '\\') {
            (_, true) => match chars.next() {
                Some(next @ ('r' | 'n' | 't')) => out.extend(['\\', next]),
                Some(next) => out.push(next),
                None => out.push('\\'),
            },
            (c, false) => out.push(c),
        }
    }
    out
}

/// python-decouple: what stands before and behind the first `=`, without spaces and one pair of quotes.
pub(super) fn decouple(reader: &mut Reader<'_>) {
    for (start, end) in lines(reader.text) {
        let line = reader.slice(start, end);
        let trimmed = line.trim();
        let at = start + (line.len() - line.trim_start().len());
        let (trimmed, end) = (trimmed.to_owned(), at + trimmed.len());
        if trimmed.starts_with('#') {
            reader.comment(at + 1, end);
            continue;
        }
        let Some((name, value)) = trimmed.split_once('=') else { continue };
        let from = end - value.trim_start().len();
        let value = value.trim();
        let inner = within(value, '\'').or_else(|| within(value, '"')).unwrap_or(value);
        let quotes = (value.len() - inner.len()) / 2;
        let span = reader.span(from + quotes, end - quotes);
        reader.push(name.trim(), at, Some((Made::plain(inner), span)));
    }
}
