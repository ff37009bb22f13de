//! Compose: `env_file` and `.env`, and the raw format of `docker run --env-file`.

use super::read::{Made, Reader};
use crate::formats::World;
use crate::formats::compose::interpolate;
use crate::model::{Certainty, Known, SpanMap};

/// Spaces within a line, as this reader counts them.
fn space(c: char) -> bool {
    matches!(c, '\t' | '\u{b}' | '\u{c}' | '\r' | ' ' | '\u{85}' | '\u{a0}')
}

pub(super) fn read(reader: &mut Reader<'_>) {
    let mut at = if reader.text.starts_with('\u{feff}') { 3 } else { 0 };
    loop {
        at = reader.skip(at, char::is_whitespace);
        if at >= reader.text.len() {
            return;
        }
        if reader.byte(at) == b'#' {
            let end = reader.line_end(at);
            reader.comment(at + 1, end);
            at = end;
            continue;
        }
        // What follows a line that is refused is not read: Compose stops there.
        match statement(reader, at) {
            Ok(next) => at = next,
            Err((start, end, message)) => {
                reader.problem(start, end, message);
                return;
            }
        }
    }
}

type Refused = (usize, usize, &'static str);

/// Reads the statement at an offset and gives the offset behind it.
fn statement(reader: &mut Reader<'_>, start: usize) -> Result<usize, Refused> {
    let mut at = start;
    if reader.text[at..].starts_with("export") && reader.text[at + 6..].starts_with(char::is_whitespace) {
        at = reader.skip(at + 6, space);
    }
    let named = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '[' | ']') || space(c);
    let sign = reader.skip(at, named);
    let name = reader.slice(at, sign).trim_end().to_owned();
    let line = reader.line_end(at);
    if !matches!(reader.byte(sign), b'=' | b':' | b'\n') && sign < reader.text.len() {
        return Err((at, line, "a name holds letters, digits, and _ . - only"));
    }
    if name.contains(' ') {
        return Err((at, line, "a name holds no space"));
    }
    if sign >= reader.text.len() || reader.byte(sign) == b'\n' {
        outside(reader, &name, at);
        return Ok(sign);
    }
    let from = reader.skip(sign + 1, space);
    let quote = reader.byte(from);
    if quote != b'"' && quote != b'\'' {
        let end = reader.line_end(from);
        let raw = reader.slice(from, end);
        let cut = raw.find(" #").map_or(raw, |cut| &raw[..cut]).trim_end();
        let to = from + cut.len();
        let made = expand(reader, cut, from, to)?;
        let span = reader.span(from, to);
        reader.push(&name, at, Some((made, span)));
        return Ok(end);
    }
    let (text, close) = quoted(reader, from, quote).ok_or((from, line, "the quote is not closed"))?;
    let made = if quote == b'"' { expand(reader, &escapes(&text), from + 1, close)? } else { Made::plain(text) };
    let span = reader.span(from + 1, close);
    reader.push(&name, at, Some((made, span)));
    Ok(close + 1)
}

/// A name alone takes its value from outside, if there is one.
fn outside(reader: &mut Reader<'_>, name: &str, at: usize) {
    let span = reader.span(at, at + name.len());
    let made = match reader.world.get(name).value {
        Known::One(value) => Made::plain(value),
        Known::Absent => return,
        _ => Made { text: String::new(), known: false, rests_on: None },
    };
    reader.push(name, at, Some((made, span)));
}

/// The text between quotes, escaped quotes undone, and where it ends.
fn quoted(reader: &Reader<'_>, open: usize, quote: u8) -> Option<(String, usize)> {
    let mut out = String::new();
    let mut escaped = false;
    for (at, c) in reader.text.get(open + 1..)?.char_indices() {
        if c == char::from(quote) {
            if !escaped {
                return Some((out.replace("\r\n", "\n"), open + 1 + at));
            }
            escaped = false;
        } else if c == '\\' && !escaped {
            escaped = true;
            continue;
        } else if escaped {
            escaped = false;
            out.push('\\');
        }
        out.push(c);
    }
    None
}

/// The escapes of double quotes. `\$` becomes `$$`, which expansion makes a dollar sign.
fn escapes(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let next = after.chars().next();
        let made = match next {
            Some('a') => "\u{7}",
            Some('b') => "\u{8}",
            Some('f') => "\u{c}",
            Some('n') => "\n",
            Some('r') => "\r",
            Some('t') => "\t",
            Some('v') => "\u{b}",
            Some('$') => "$$",
            Some('"') => "\"",
            Some('\\') => "\\",
            _ => {
                out.push('\\');
                rest = after;
                continue;
            }
        };
        out.push_str(made);
        rest = &after[1..];
    }
    out.push_str(rest);
    out
}

/// `$X` and `${X}` in all forms; what is outside stands above the lines before.
fn expand(reader: &Reader<'_>, text: &str, from: usize, to: usize) -> Result<Made, Refused> {
    if !text.contains('$') {
        return Ok(Made::plain(text));
    }
    let mut known = super::vars(&reader.out);
    known.extend(reader.world.vars().iter().map(|(name, var)| (name.clone(), var.clone())));
    let world = if reader.world.is_open() { World::Open(known) } else { World::Closed(known) };
    let done = interpolate::text(text, &SpanMap::Whole(reader.span(from, to)), &world);
    if !done.errors.is_empty() {
        return Err((from, to, "the value cannot be expanded; write `$$` for a dollar sign"));
    }
    let rests_on = match done.certainty {
        Certainty::Default { variable } => variable,
        Certainty::Stated => None,
    };
    Ok(match done.value {
        Known::One(text) => Made { text, known: true, rests_on },
        _ => Made { text: String::new(), known: false, rests_on },
    })
}

/// The raw format: everything behind the first `=` is the value.
pub(super) fn read_raw(reader: &mut Reader<'_>) {
    let mut start = if reader.text.starts_with('\u{feff}') { 3 } else { 0 };
    while start < reader.text.len() {
        let end = reader.line_end(start);
        let next = end + 1;
        let line = reader.slice(start, end);
        let line = line.strip_suffix('\r').unwrap_or(line);
        let at = start + (line.len() - line.trim_start().len());
        let (line, end) = (line.trim_start().to_owned(), start + line.len());
        start = next;
        if line.is_empty() {
            continue;
        }
        if line.starts_with('#') {
            reader.comment(at + 1, end);
            continue;
        }
        let (name, value) = line.split_once('=').map_or((line.as_str(), None), |(name, value)| (name, Some(value)));
        if name.is_empty() || name.contains(char::is_whitespace) {
            reader.problem(at, end, "expected NAME=value, without spaces before `=`");
            return;
        }
        match value {
            Some(value) => {
                let span = reader.span(at + name.len() + 1, end);
                reader.push(name, at, Some((Made::plain(value), span)));
            }
            None => outside(reader, name, at),
        }
    }
}
