//! python-dotenv: quotes may span lines, `${X}` is expanded in every value, also between single quotes.

use super::read::{Made, Reader};

fn blank(c: char) -> bool {
    c.is_whitespace() && c != '\n' && c != '\r'
}

fn not_ending(c: char) -> bool {
    c != '\n' && c != '\r'
}

pub(super) fn read(reader: &mut Reader<'_>) {
    let mut at = 0;
    while at < reader.text.len() {
        let start = reader.skip(at, char::is_whitespace);
        if start >= reader.text.len() {
            break;
        }
        at = match binding(reader, start) {
            Some(end) => end,
            None => {
                let end = reader.skip(start, not_ending);
                // The reader counts the blank lines before a line that it refuses to that line.
                reader.problem(at, end, "expected NAME=value");
                end
            }
        };
        at += if reader.slice(at, at + 2) == "\r\n" { 2 } else { usize::from(at < reader.text.len()) };
    }
}

/// Reads the binding at an offset and gives the offset where its last line ends.
fn binding(reader: &mut Reader<'_>, start: usize) -> Option<usize> {
    let mut at = start;
    if reader.text[at..].starts_with("export") && reader.text[at + 6..].starts_with(blank) {
        at = reader.skip(at + 6, blank);
    }
    if reader.byte(at) == b'#' {
        let end = reader.skip(at, not_ending);
        reader.comment(at + 1, end);
        return Some(end);
    }
    let quoted = reader.byte(at) == b'\'';
    let (from, to) = if quoted {
        (at + 1, reader.skip(at + 1, |c| c != '\''))
    } else {
        (at, reader.skip(at, |c| c != '=' && c != '#' && !c.is_whitespace()))
    };
    if from == to || quoted && to == reader.text.len() {
        return None;
    }
    let name = reader.slice(from, to).to_owned();
    let mut at = reader.skip(to + usize::from(quoted), blank);
    let mut found = None;
    if reader.byte(at) == b'=' {
        at = reader.skip(at + 1, blank);
        let (value, range, end) = value(reader, at)?;
        found = Some((value, reader.span(range.0, range.1)));
        at = end;
    }
    at = reader.skip(at, blank);
    if reader.byte(at) == b'#' {
        at = reader.skip(at, not_ending);
    }
    if at < reader.text.len() && !matches!(reader.byte(at), b'\n' | b'\r') {
        return None;
    }
    reader.push(&name, from, found);
    Some(at)
}

/// The value at an offset, the range it is written in, and where it ends.
fn value(reader: &Reader<'_>, at: usize) -> Option<(Made, (usize, usize), usize)> {
    let quote = reader.byte(at);
    if quote == b'"' || quote == b'\'' {
        let close = closing(reader.text.as_bytes(), at + 1, quote)?;
        let inside = reader.slice(at + 1, close).replace("\r\n", "\n").replace('\r', "\n");
        let text = escapes(&inside, quote == b'"');
        return Some((expand(reader, &text), (at + 1, close), close + 1));
    }
    let end = reader.skip(at, not_ending);
    let raw = reader.slice(at, end);
    let cut = comment(raw).map_or(raw, |cut| &raw[..cut]).trim_end();
    Some((expand(reader, cut), (at, at + cut.len()), end))
}

/// The quote that closes; a backslash escapes whatever stands behind it.
fn closing(bytes: &[u8], from: usize, quote: u8) -> Option<usize> {
    let mut at = from;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            byte if byte == quote => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

/// Where spaces and `#` begin a comment.
fn comment(text: &str) -> Option<usize> {
    let sign = text.char_indices().zip(text.chars().skip(1));
    sign.into_iter().find(|((_, c), next)| c.is_whitespace() && *next == '#').map(|((at, _), _)| at)
}

fn escapes(text: &str, double: bool) -> String {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let next = chars.peek().copied();
        let made = match (c, next) {
            ('\\', Some(next @ ('\\' | '\''))) => Some(next),
            ('\\', Some('"')) if double => Some('"'),
            ('\\', Some('a')) if double => Some('\u{7}'),
            ('\\', Some('b')) if double => Some('\u{8}'),
            ('\\', Some('f')) if double => Some('\u{c}'),
            ('\\', Some('n')) if double => Some('\n'),
            ('\\', Some('r')) if double => Some('\r'),
            ('\\', Some('t')) if double => Some('\t'),
            ('\\', Some('v')) if double => Some('\u{b}'),
            _ => None,
        };
        match made {
            Some(made) => {
                out.push(made);
                chars.next();
            }
            None => out.push(c),
        }
    }
    out
}

/// `${X}` and `${X:-d}`: lines before stand above the variables outside, as in `dotenv_values`.
fn expand(reader: &Reader<'_>, text: &str) -> Made {
    let mut made = Made::plain("");
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        made.text.push_str(&rest[..at]);
        let inside = &rest[at + 2..];
        let parts = inside.find('}').and_then(|end| {
            let (name, default) = match inside[..end].split_once(':') {
                None => (&inside[..end], None),
                Some((name, rest)) => (name, Some(rest.strip_prefix('-')?)),
            };
            Some((name, default, end))
        });
        let Some((name, default, end)) = parts else {
            made.text.push_str("${");
            rest = inside;
            continue;
        };
        look(reader, name, default, &mut made);
        rest = &inside[end + 1..];
    }
    made.text.push_str(rest);
    made
}

fn look(reader: &Reader<'_>, name: &str, default: Option<&str>, made: &mut Made) {
    if let Some(entry) = reader.before(name) {
        made.known &= entry.known;
        if made.rests_on.is_none() {
            made.rests_on.clone_from(&entry.rests_on);
        }
        made.text.push_str(entry.value.as_ref().map_or("", |value| value.value.as_str()));
        return;
    }
    match (reader.world.vars().get(name).map(|var| &var.value), default) {
        (Some(crate::model::Known::One(value)), _) => made.text.push_str(value),
        (Some(crate::model::Known::Absent), default) => made.text.push_str(default.unwrap_or_default()),
        (Some(_), _) => made.known = false,
        (None, Some(default)) => {
            made.text.push_str(default);
            if reader.world.is_open() {
                made.rests_on = Some(name.to_owned());
            }
        }
        (None, None) => made.known &= !reader.world.is_open(),
    }
}
