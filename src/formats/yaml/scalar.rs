//! How the text of a scalar lies over the file.

use granit_parser::ScalarStyle;

use crate::model::{FileId, Span, SpanMap};

fn offset(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// The map of a scalar's decoded text: exact for plain and quoted ones without escapes and for literal blocks.
pub(super) fn map(file: FileId, text: &str, value: &str, span: Span, style: ScalarStyle) -> SpanMap {
    let source = text.get(span.range()).unwrap_or_default();
    match style {
        ScalarStyle::Plain if source == value => SpanMap::Linear { file, base: span.start },
        ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted
            if source.get(1..source.len().saturating_sub(1)) == Some(value) =>
        {
            SpanMap::Linear { file, base: span.start + 1 }
        }
        ScalarStyle::Literal => literal(file, text, value, span),
        ScalarStyle::Folded => folded(file, text, value, span),
        _ => SpanMap::Whole(span),
    }
}

/// Where the first line of a block begins.
fn first_line(text: &str, span: Span, sign: u8) -> usize {
    let bytes = text.as_bytes();
    let mut at = span.range().start;
    if bytes.get(at) == Some(&sign) {
        while at < bytes.len() && bytes[at] != b'\n' {
            at += 1;
        }
        return at + 1;
    }
    while at > 0 && bytes[at - 1] != b'\n' {
        at -= 1;
    }
    at
}

/// A folded block: every line of the file without its indentation stands in the value, with a space or newlines between.
fn folded(file: FileId, text: &str, value: &str, span: Span) -> SpanMap {
    let mut at = first_line(text, span, b'>');
    let mut starts: Vec<(u32, u32)> = Vec::new();
    let mut indent: Option<usize> = None;
    let mut inside = 0;
    let end = value.trim_end_matches('\n').len();
    while inside < end {
        let Some(line) = text.get(at..).and_then(|rest| rest.split('\n').next()) else { break };
        let bare = line.trim_end_matches('\r');
        if !bare.trim_matches(' ').is_empty() {
            let blanks = bare.len() - bare.trim_start_matches(' ').len();
            let before = value[inside..].len() - value[inside..].trim_start_matches('\n').len();
            let fits = |indent: usize, from: usize| {
                let rest = value.get(from..)?.strip_prefix(bare.get(indent..)?)?;
                (rest.is_empty() || rest.starts_with([' ', '\n'])).then_some((indent, from))
            };
            let found = match indent {
                None => (0..=blanks).find_map(|indent| fits(indent, inside + before)),
                Some(indent) => (inside..=inside + before + 1).find_map(|from| fits(indent, from)),
            };
            let Some((found, from)) = found else { return SpanMap::Whole(span) };
            if starts.is_empty() && from > 0 {
                starts.push((0, offset(at)));
            }
            starts.push((offset(from), offset(at + found)));
            indent = Some(found);
            inside = from + bare.len() - found;
        }
        at += line.len() + 1;
    }
    if starts.is_empty() || inside < end { SpanMap::Whole(span) } else { SpanMap::Pieces { file, starts } }
}

/// A literal block: every line of the value is a line of the file without its indentation.
fn literal(file: FileId, text: &str, value: &str, span: Span) -> SpanMap {
    let mut at = first_line(text, span, b'|');
    // The reader's place is that of the first line that is not blank.
    if text.as_bytes().get(span.range().start) != Some(&b'|') {
        for _ in 0..value.len() - value.trim_start_matches('\n').len() {
            let above = text.get(..at.saturating_sub(1)).unwrap_or_default();
            at = above.rfind('\n').map_or(0, |n| n + 1);
        }
    }
    let mut starts = Vec::new();
    let mut indent: Option<usize> = None;
    let mut inside = 0;
    for line in value.split('\n') {
        let end = text.get(at..).and_then(|rest| rest.find('\n')).map_or(text.len(), |n| at + n);
        let Some(source) = text.get(at..end) else { return SpanMap::Whole(span) };
        let bare = source.trim_end_matches('\r');
        if !line.is_empty() {
            let found = *indent.get_or_insert_with(|| bare.len().saturating_sub(line.len()));
            if bare.get(found..) != Some(line) {
                return SpanMap::Whole(span);
            }
            starts.push((offset(inside), offset(at + found)));
        } else if inside == 0 {
            starts.push((0, offset(at)));
        }
        inside += line.len() + 1;
        at = end + 1;
        if at > text.len() {
            break;
        }
    }
    if starts.first().is_some_and(|(start, _)| *start == 0) {
        SpanMap::Pieces { file, starts }
    } else {
        SpanMap::Whole(span)
    }
}
