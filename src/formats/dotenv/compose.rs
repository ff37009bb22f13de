//! Compose's reader of `.env` and `env_file`. It reads statements, not lines, and gives a file up at the first fault.

use super::{Entry, Reader, line_end};
use crate::formats::compose::interpolate::{self, UNKNOWN};
use crate::formats::{Var, World};
use crate::model::{Certainty, Known, Origin, SpanMap, Spanned};

/// White space that does not end a line.
fn is_blank(c: char) -> bool {
    matches!(c, '\t' | '\u{b}' | '\u{c}' | '\r' | ' ' | '\u{85}' | '\u{a0}')
}

pub(super) fn read(reader: &mut Reader<'_>) {
    let mut at = reader.start();
    while let Some(start) = statement(reader, at) {
        let Some(next) = assignment(reader, start) else { return };
        at = next;
    }
}

/// The start of the next statement; comments are passed.
fn statement(reader: &mut Reader<'_>, mut at: usize) -> Option<usize> {
    loop {
        at += reader.rest(at).find(|c: char| !c.is_whitespace())?;
        if !reader.rest(at).starts_with('#') {
            return Some(at);
        }
        let end = line_end(reader.text, at);
        reader.comment(at, end);
        at = end;
    }
}

fn blanks(text: &str) -> usize {
    text.find(|c: char| !is_blank(c)).unwrap_or(text.len())
}

/// Reads one statement and gives the end of it; none if the file is at fault.
fn assignment(reader: &mut Reader<'_>, start: usize) -> Option<usize> {
    let mut at = start;
    let exported =
        reader.rest(at).strip_prefix("export").filter(|rest| rest.starts_with([' ', '\t', '\n', '\r', '\u{c}']));
    if let Some(rest) = exported {
        at += "export".len() + blanks(rest);
    }
    let rest = reader.rest(at);
    let sign = rest.char_indices().find(|(_, c)| {
        !(is_blank(*c) || matches!(c, '_' | '.' | '-' | '[' | ']') || c.is_alphabetic() || c.is_numeric())
    });
    let (length, sign) = match sign {
        None if rest.is_empty() => {
            reader.problem(start, reader.text.len(), "expected a name");
            return None;
        }
        // The last line, without a newline and without a sign, is the value of no name.
        None => (0, None),
        Some((length, c @ ('=' | ':' | '\n'))) => (length, Some(c)),
        Some((length, _)) => {
            let end = line_end(reader.text, at);
            reader.problem(at + length, end, "unexpected character in the name of a variable");
            return None;
        }
    };
    let name = rest[..length].trim_end();
    if name.contains(' ') {
        let end = at + name.len();
        reader.problem(at, end, "the name of a variable holds a space");
        return None;
    }
    let name = Spanned::new(name.to_owned(), reader.span(at, at + name.len()));
    let at = at + length + usize::from(sign.is_some());
    let at = at + blanks(reader.rest(at));
    if sign == Some('\n') {
        reader.inherit(name);
        return Some(at);
    }
    value(reader, name, at)
}

fn value(reader: &mut Reader<'_>, name: Spanned<String>, at: usize) -> Option<usize> {
    let quote = reader.rest(at).chars().next().filter(|c| matches!(c, '"' | '\''));
    let Some(quote) = quote else {
        let end = line_end(reader.text, at);
        let line = &reader.text[at..end];
        let value = line.find(" #").map_or(line, |cut| &line[..cut]).trim_end().to_owned();
        let length = value.len();
        expanded(reader, name, &value, (at, at + length), true)?;
        return Some((end + 1).min(reader.text.len()));
    };
    let Some((inside, length)) = unquote(reader.rest(at), quote) else {
        let end = line_end(reader.text, at);
        reader.problem(at, end, "the quote is not closed");
        return None;
    };
    let range = (at + 1, at + length - 1);
    if quote == '"' {
        let text = escapes(&inside);
        let exact = reader.text.get(range.0..range.1) == Some(text.as_str());
        expanded(reader, name, &text, range, exact)?;
    } else {
        let value = Spanned::new(inside, reader.span(range.0, range.1));
        reader.push(name, Some(value));
    }
    Some(at + length)
}

/// The text between quotes and how long it is with them; only the quote itself can be escaped here.
fn unquote(text: &str, quote: char) -> Option<(String, usize)> {
    let mut out = String::new();
    let mut escape = false;
    for (at, c) in text.char_indices().skip(1) {
        if c == quote {
            if !escape {
                return Some((out, at + 1));
            }
            escape = false;
        } else if !escape && c == '\\' {
            escape = true;
            continue;
        } else if escape {
            escape = false;
            out.push('\\');
        }
        out.push(c);
    }
    None
}

/// The escapes of a shell; `\$` becomes `$$`, which interpolation reads as the sign itself.
fn escapes(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let simple = match after.chars().next() {
            Some('a') => Some("\u{7}"),
            Some('b') => Some("\u{8}"),
            Some('f') => Some("\u{c}"),
            Some('n') => Some("\n"),
            Some('r') => Some("\r"),
            Some('t') => Some("\t"),
            Some('v') => Some("\u{b}"),
            Some('$') => Some("$$"),
            Some('"') => Some("\""),
            Some('\\') => Some("\\"),
            _ => None,
        };
        if let Some(simple) = simple {
            out.push_str(simple);
            rest = &after[1..];
        } else if let Some(octal) = after.strip_prefix('0') {
            let length = octal.bytes().take(3).take_while(u8::is_ascii_digit).count();
            let value = u8::from_str_radix(&octal[..length], 8).ok().filter(|_| length == 3);
            if let Some(value) = value {
                out.push(char::from(value));
            } else {
                out.push('\\');
                out.push_str(&octal[..length]);
            }
            rest = &octal[length..];
        } else {
            out.push('\\');
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

/// Keeps a value whose variables are put in; none if it is at fault.
fn expanded(
    reader: &mut Reader<'_>,
    name: Spanned<String>,
    text: &str,
    range: (usize, usize),
    exact: bool,
) -> Option<()> {
    let span = reader.span(range.0, range.1);
    let map = if exact { SpanMap::Linear { file: reader.file, base: span.start } } else { SpanMap::Whole(span) };
    let done = interpolate::text(text, &map, &|name| look(reader, name));
    let fault = done.errors.first().cloned();
    let entry = Entry {
        name,
        value: Some(Spanned::new(done.text.replace(UNKNOWN, ""), span)),
        known: done.unknown.is_none(),
        certainty: done.certainty,
        steps: done.steps,
        commented: false,
    };
    if let Some((at, message)) = fault {
        reader.out.problems.push(crate::model::Problem::new(at, message));
        return None;
    }
    reader.out.entries.push(entry);
    Some(())
}

/// What is set outside, then what the lines before say.
fn look(reader: &Reader<'_>, name: &str) -> Var {
    let outside = reader.world.get(name);
    if outside.value.one().is_some() {
        return outside;
    }
    let before = reader.before(name).and_then(|entry| Some((entry, entry.value.as_ref()?)));
    let Some((entry, value)) = before else {
        let earlier = reader.earlier.get(name).filter(|earlier| earlier.value != Known::Absent);
        return earlier.cloned().unwrap_or(outside);
    };
    if !entry.known {
        return Var {
            value: outside_unknown(name, reader.world),
            certainty: Certainty::Stated,
            origin: Origin::set(value.span),
        };
    }
    let overridable = outside.value != Known::Absent;
    let certainty =
        if overridable { Certainty::Default { variable: Some(name.to_owned()) } } else { entry.certainty.clone() };
    Var { value: Known::One(value.value.clone()), certainty, origin: Origin::set(value.span) }
}

fn outside_unknown(name: &str, world: &World) -> Known<String> {
    match world.get(name).value {
        unknown @ Known::Unknown(_) => unknown,
        _ => Known::Unknown(crate::model::Reason::new(format!("{name} is made of what is not known here"))),
    }
}
