//! The lines of a requirements file: continuations, comments, `${NAME}`, options.

use super::{Direct, FileOption, Line, LineKind, RequirementsFile, spec};
use crate::formats::World;
use crate::model::{FileId, Problem, Span, SpanMap, Spanned};

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
        out.lines.push(Line { span: logical.span, kind });
    }
    out
}

struct Logical {
    text: String,
    map: SpanMap,
    span: Span,
}

/// Physical lines with their offsets, without line ends.
fn physical(text: &str) -> Vec<(usize, &str)> {
    let bytes = text.as_bytes();
    let mut start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut lines = Vec::new();
    let mut at = start;
    while at < bytes.len() {
        if matches!(bytes[at], b'\n' | b'\r' | 0x0b | 0x0c) {
            lines.push((start, &text[start..at]));
            at += usize::from(bytes[at] == b'\r' && bytes.get(at + 1) == Some(&b'\n'));
            start = at + 1;
        }
        at += 1;
    }
    if start < bytes.len() {
        lines.push((start, &text[start..]));
    }
    lines
}

/// Joins continuations and cuts comments, in pip's order: a comment line ends a continuation.
fn logical_lines(file: FileId, text: &str) -> Vec<Logical> {
    let mut out = Vec::new();
    let mut pieces: Vec<(usize, &str)> = Vec::new();
    for (start, line) in physical(text) {
        let comment = line.trim_start().starts_with('#');
        if line.ends_with('\\') && !comment {
            let left = line.trim_start_matches('\\');
            pieces.push((start + (line.len() - left.len()), left.trim_end_matches('\\')));
            continue;
        }
        if !comment {
            pieces.push((start, line));
        }
        out.extend(finish(file, &std::mem::take(&mut pieces)));
    }
    out.extend(finish(file, &pieces));
    out
}

fn finish(file: FileId, pieces: &[(usize, &str)]) -> Option<Logical> {
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
    text.truncate(text.trim_end().len());
    let lead = text.len() - text.trim_start().len();
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
    Some(Logical { text, map, span })
}

/// Where a comment starts: a `#` at the start or after a space, with the space.
fn comment_start(text: &str) -> Option<usize> {
    let mut before: Option<char> = None;
    for (at, c) in text.char_indices() {
        if c == '#' && before.is_none_or(char::is_whitespace) {
            return Some(at);
        }
        before = Some(c);
    }
    None
}

fn expand(line: &mut Logical, world: &World) {
    if !line.text.contains("${") {
        return;
    }
    let mut out = String::new();
    let mut rest = line.text.as_str();
    let mut changed = false;
    while let Some(at) = rest.find("${") {
        out.push_str(&rest[..at]);
        let tail = &rest[at + 2..];
        let name = tail.find('}').map(|end| &tail[..end]);
        let plain =
            |n: &&str| !n.is_empty() && n.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
        let Some(name) = name.filter(plain) else {
            out.push_str("${");
            rest = tail;
            continue;
        };
        match world.get(name).value.one().filter(|value| !value.is_empty()) {
            Some(value) => {
                out.push_str(value);
                changed = true;
            }
            None => out.push_str(&rest[at..at + 3 + name.len()]),
        }
        rest = &tail[name.len() + 1..];
    }
    out.push_str(rest);
    if changed {
        line.text = out;
        line.map = SpanMap::Whole(line.span);
    }
}

/// A word of the options part, unquoted, with its range.
struct Word {
    text: String,
    start: usize,
    end: usize,
}

/// Splits as a POSIX shell would, without expansions.
fn words(text: &str, from: usize) -> Vec<Word> {
    let mut out: Vec<Word> = Vec::new();
    let mut open: Option<Word> = None;
    let mut quote: Option<char> = None;
    let mut chars = text[from..].char_indices();
    while let Some((at, c)) = chars.next() {
        let at = from + at;
        if quote.is_none() && c.is_whitespace() {
            out.extend(open.take());
            continue;
        }
        let word = open.get_or_insert(Word { text: String::new(), start: at, end: at });
        word.end = at + c.len_utf8();
        match (quote, c) {
            (Some(q), c) if q == c => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None | Some('"'), '\\') => {
                if let Some((next, c)) = chars.next() {
                    word.text.push(c);
                    word.end = from + next + c.len_utf8();
                }
            }
            _ => word.text.push(c),
        }
    }
    out.extend(open);
    out
}

const FLAGS: [&str; 5] = ["--no-index", "--pre", "--prefer-binary", "--require-hashes", "--always-unzip"];
const VALUES: [&str; 15] = [
    "--index-url",
    "--extra-index-url",
    "--find-links",
    "--no-binary",
    "--only-binary",
    "--trusted-host",
    "--use-feature",
    "--requirement",
    "--constraint",
    "--editable",
    "--hash",
    "--config-settings",
    "--global-option",
    "--config-setting",
    "--build-option",
];

/// The long name of an option, whether it takes a value, and the value that is part of the word.
fn option(word: &str) -> Option<(&'static str, bool, Option<usize>)> {
    if let Some(long) = word.strip_prefix("--") {
        let (name, value) = long.split_once('=').map_or((long, None), |(n, _)| (n, Some(n.len() + 3)));
        let name = match name {
            "pypi-url" => "index-url",
            other => other,
        };
        let exact = |list: &[&'static str]| list.iter().find(|o| &o[2..] == name).copied();
        let prefix = |list: &[&'static str]| list.iter().find(|o| o[2..].starts_with(name)).copied();
        if let Some(found) = exact(&FLAGS) {
            return Some((found, false, None));
        }
        if let Some(found) = exact(&VALUES) {
            return Some((found, true, value));
        }
        if name.len() >= 3 {
            return prefix(&VALUES).map(|f| (f, true, value)).or_else(|| prefix(&FLAGS).map(|f| (f, false, None)));
        }
        return None;
    }
    let name = match word.as_bytes().get(1)? {
        b'r' => "--requirement",
        b'c' => "--constraint",
        b'e' => "--editable",
        b'i' => "--index-url",
        b'f' => "--find-links",
        b'C' => "--config-settings",
        _ => return None,
    };
    Some((name, true, (word.len() > 2).then_some(2)))
}

/// The options of a line, in order, or why pip refuses it.
fn options(line: &Logical, from: usize) -> Result<Vec<FileOption>, String> {
    let mut out = Vec::new();
    let mut words = words(&line.text, from).into_iter();
    while let Some(word) = words.next() {
        if !word.text.starts_with('-') {
            return Err(format!("{} is no option", word.text));
        }
        let Some((name, takes, inline)) = option(&word.text) else {
            return Err(format!("no such option: {}", word.text));
        };
        let mut span = line.map.span(word.start, word.end);
        let value = match (takes, inline) {
            (false, _) => None,
            (true, Some(at)) => {
                let text = word.text.get(at..).unwrap_or_default().to_owned();
                Some(Spanned::new(text, line.map.span((word.start + at).min(word.end), word.end)))
            }
            (true, None) => {
                let Some(value) = words.next() else { return Err(format!("{name} needs a value")) };
                let place = line.map.span(value.start, value.end);
                span = span.to(place);
                Some(Spanned::new(value.text, place))
            }
        };
        out.push(FileOption { name: name.to_owned(), value, span });
    }
    Ok(out)
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
    let invalid = |why: String, editable: bool| LineKind::Invalid { text: body.to_owned(), why, editable };
    let options = match options(line, cut) {
        Ok(options) => options,
        Err(why) => {
            problems.push(Problem::new(line.span, why.clone()));
            return invalid(why, false);
        }
    };
    let value = |name: &str| options.iter().find(|o| o.name == name).and_then(|o| o.value.clone());
    let hashes: Vec<Spanned<String>> = options
        .iter()
        .filter(|o| o.name == "--hash")
        .filter_map(|o| o.value.clone())
        .map(|v| Spanned::new(v.value.replacen('=', ":", 1), v.span))
        .collect();
    if !body.is_empty() {
        return spec::pip_line(body, &line.map, hashes).unwrap_or_else(|why| invalid(why, false));
    }
    if let Some(target) = value("--editable") {
        let map = match &line.map {
            SpanMap::Whole(span) => SpanMap::Whole(*span),
            _ if usize::try_from(target.span.end - target.span.start).ok() == Some(target.value.len()) => {
                SpanMap::Linear { file: target.span.file, base: target.span.start }
            }
            _ => SpanMap::Whole(target.span),
        };
        return spec::editable(&target.value, &map).unwrap_or_else(|why| LineKind::Invalid {
            text: target.value.clone(),
            why,
            editable: true,
        });
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
