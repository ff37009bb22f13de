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
        _ => SpanMap::Whole(span),
    }
}

/// A literal block: every line of the value is a line of the file without its indentation.
fn literal(file: FileId, text: &str, value: &str, span: Span) -> SpanMap {
    let bytes = text.as_bytes();
    let mut at = span.range().start;
    if bytes.get(at) == Some(&b'|') {
        while at < bytes.len() && bytes[at] != b'\n' {
            at += 1;
        }
        at += 1;
    } else {
        while at > 0 && bytes[at - 1] != b'\n' {
            at -= 1;
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
