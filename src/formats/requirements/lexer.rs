//! The lines of a requirements file: continuations, comments, `${NAME}`, options.

use super::direct::broken_extras;
use super::{Direct, Line, LineKind, RequirementsFile, options, spec};
use crate::formats::World;
use crate::model::{FileId, Problem, Span, SpanMap};

/// Reads a requirements file; `${NAME}` stays as written.
pub fn parse(file: FileId, text: &str) -> RequirementsFile {
    parse_with(file, text, &World::empty())
}

/// Reads a requirements file; `${NAME}` is replaced where the variable is known.
pub fn parse_with(file: FileId, text: &str, world: &World) -> RequirementsFile {
    let mut out = RequirementsFile { file, lines: Vec::new(), problems: Vec::new() };
    for mut logical in logical_lines(file, text) {
        expand(&mut logical, world);
        let kind = line(&logical, &mut out.problems);
        out.lines.push(Line { span: logical.span, number: logical.number, kind });
    }
    if let Some(at) = text.find('\u{fffd}').filter(|_| !declares_encoding(text)) {
        let span = Span::new(file, at, at + '\u{fffd}'.len_utf8());
        out.problems.push(Problem::new(span, "these bytes are not UTF-8, and no encoding is declared"));
    }
    out
}

struct Logical {
    text: String,
    map: SpanMap,
    span: Span,
    number: usize,
}

/// Whether one of the first two lines is a comment that declares an encoding (PEP 263).
fn declares_encoding(text: &str) -> bool {
    let marks = ["coding:", "coding="];
    text.split('\n').take(2).any(|line| line.starts_with('#') && marks.iter().any(|mark| line.contains(mark)))
}

/// What Python takes for white space.
pub(super) fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\x1c'..='\x1f')
}

/// Physical lines with their offsets, without line ends; what ends a line is what ends one in Python.
fn physical(text: &str) -> Vec<(usize, &str)> {
    let mut start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut lines = Vec::new();
    let mark = start;
    let mut chars = text.char_indices().skip_while(|(at, _)| *at < mark).peekable();
    while let Some((at, c)) = chars.next() {
        let ends = matches!(c, '\n' | '\r' | '\x0b' | '\x0c' | '\x1c'..='\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}');
        if ends {
            lines.push((start, &text[start..at]));
            start = at + c.len_utf8();
            if c == '\r' && chars.next_if(|(_, next)| *next == '\n').is_some() {
                start += 1;
            }
        }
    }
    if start < text.len() {
        lines.push((start, &text[start..]));
    }
    lines
}

/// Joins continuations and cuts comments, in pip's order: a comment line ends a continuation.
fn logical_lines(file: FileId, text: &str) -> Vec<Logical> {
    let mut out = Vec::new();
    let mut pieces: Vec<(usize, &str)> = Vec::new();
    let mut first = None;
    for (number, (start, line)) in physical(text).into_iter().enumerate() {
        let comment = line.trim_start_matches(is_space).starts_with('#');
        first.get_or_insert(number + 1);
        if line.ends_with('\\') && !comment {
            let left = line.trim_start_matches('\\');
            pieces.push((start + (line.len() - left.len()), left.trim_end_matches('\\')));
            continue;
        }
        if !comment {
            pieces.push((start, line));
        }
        out.extend(finish(file, &std::mem::take(&mut pieces), first.take().unwrap_or_default()));
    }
    out.extend(finish(file, &pieces, first.unwrap_or_default()));
    out
}

fn finish(file: FileId, pieces: &[(usize, &str)], number: usize) -> Option<Logical> {
    let mut text = String::new();
    let mut starts = Vec::new();
    for (start, piece) in pieces {
        if !piece.is_empty() {
            starts.push((text.len(), *start));
        }
        text.push_str(piece);
    }
    if let Some(cut) = comment_start(&text) {
        text.truncate(cut);
    }
    text.truncate(text.trim_end_matches(is_space).len());
    let lead = text.len() - text.trim_start_matches(is_space).len();
    let text = text.split_off(lead);
    if text.is_empty() {
        return None;
    }
    let to = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let mut moved: Vec<(u32, u32)> = Vec::new();
    for (at, start) in starts {
        let entry = if at >= lead { (to(at - lead), to(start)) } else { (0, to(start + (lead - at))) };
        match moved.last_mut() {
            Some(last) if last.0 == entry.0 => *last = entry,
            _ => moved.push(entry),
        }
    }
    let map = SpanMap::Pieces { file, starts: moved };
    let span = map.span(0, text.len());
    Some(Logical { text, map, span, number })
}

/// Where a comment starts: a `#` at the start or after a space, with the space.
fn comment_start(text: &str) -> Option<usize> {
    let mut before: Option<char> = None;
    for (at, c) in text.char_indices() {
        if c == '#' && before.is_none_or(is_space) {
            return Some(at);
        }
        before = Some(c);
    }
    None
}

/// Replaces `${NAME}` where the variable is known; only names of capitals, digits and `_` count.
fn expand(line: &mut Logical, world: &World) {
    let mut names = Vec::new();
    let mut rest = line.text.as_str();
    while let Some(at) = rest.find("${") {
        rest = &rest[at + 2..];
        let length = rest.bytes().take_while(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_').count();
        if length > 0 && rest[length..].starts_with('}') {
            names.push(rest[..length].to_owned());
        }
    }
    for name in names {
        let found = world.get(&name);
        if let Some(value) = found.value.one().filter(|value| !value.is_empty()) {
            line.text = line.text.replace(&format!("${{{name}}}"), value);
            line.map = SpanMap::Whole(line.span);
        }
    }
}

/// Where the options of a line start: at the first word, cut at single spaces, that starts with `-`.
fn options_start(text: &str) -> usize {
    if text.starts_with('-') {
        return 0;
    }
    text.find(" -").map_or(text.len(), |at| at + 1)
}

fn line(line: &Logical, problems: &mut Vec<Problem>) -> LineKind {
    let cut = options_start(&line.text);
    let body = line.text[..cut].trim_end();
    let invalid = |text: &str, why: String, editable| LineKind::Invalid { text: text.to_owned(), why, editable };
    let options = match options::read(&line.text, cut, &line.map) {
        Ok(options) => options,
        Err(why) => {
            problems.push(Problem::new(line.span, why.clone()));
            return invalid(body, why, false);
        }
    };
    let value = |name: &str| options.iter().find(|o| o.name == name).and_then(|o| o.value.clone());
    let editable = value("--editable");
    if !body.is_empty() {
        if editable.is_some() {
            return spec::editable(body, &line.map).unwrap_or_else(|why| invalid(body, why, true));
        }
        let hashes = options.iter().filter(|o| o.name == "--hash").filter_map(|o| o.value.clone()).collect();
        return spec::pip_line(body, &line.map, hashes).unwrap_or_else(|why| {
            if broken_extras(body, &line.map) {
                problems.push(Problem::new(line.span, why.clone()));
            }
            invalid(body, why, false)
        });
    }
    if let Some(target) = editable {
        let map = match &line.map {
            SpanMap::Whole(span) => SpanMap::Whole(*span),
            _ if usize::try_from(target.span.end - target.span.start).ok() == Some(target.value.len()) => {
                SpanMap::Linear { file: target.span.file, base: target.span.start }
            }
            _ => SpanMap::Whole(target.span),
        };
        return spec::editable(&target.value, &map).unwrap_or_else(|why| invalid(&target.value, why, true));
    }
    match (value("--requirement"), value("--constraint")) {
        (Some(path), _) => LineKind::Include { path, constraint: false },
        (None, Some(path)) => LineKind::Include { path, constraint: true },
        (None, None) => LineKind::Options(options),
    }
}

impl Direct {
    /// The path or address without `file:` and what follows `#`.
    pub fn path(&self) -> &str {
        let text = self.target.value.as_str();
        let text = text.split('#').next().unwrap_or(text);
        text.strip_prefix("file://").or_else(|| text.strip_prefix("file:")).unwrap_or(text)
    }
}
