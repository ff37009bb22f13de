//! Source lines with marks: redacted, cut to the width, then drawn.
//!
//! What is drawn is prepared here line by line, because the drawing crate wraps nothing and panics on spans outside of a text:
//! secrets are replaced, tabs and control characters written out, long lines cut around their marks, and the marks follow.

use std::collections::BTreeMap;
use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::{Page, WIDTH, layout};
use crate::model::{FileId, Location, Severity, Span};

/// Marks shorter than this are not shortened for their label's sake.
const SHORTEST_MARK: usize = 4;
/// Columns of a line that are kept for source, however long a label is.
const SOURCE_COLUMNS: usize = 24;
/// Files with more lines between two marks than this are drawn as several pieces.
const WINDOW: usize = 2_000;

/// One mark under a source line, in bytes of the line as it stands in the file.
struct Mark {
    range: Range<usize>,
    primary: bool,
    label: String,
    /// The place in the file, for the head of the piece.
    span: Span,
}

/// A line ready to be drawn.
#[derive(Default)]
struct Prepared {
    text: String,
    marks: Vec<(Range<usize>, bool, String)>,
}

/// Source that is drawn as one piece: lines of one file.
struct Piece {
    file: FileId,
    lines: BTreeMap<usize, Vec<Mark>>,
    head: Span,
}

/// The places drawn, and the width of their line numbers.
pub(super) fn draw(page: &Page<'_>, severity: Severity, places: &[Location]) -> (String, usize) {
    let pieces = pieces(page, places);
    let last = pieces.iter().filter_map(|piece| piece.lines.last_key_value()).map(|(line, _)| line + 1).max();
    let gutter = last.unwrap_or(1).to_string().len();
    let level = match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let mut group = Group::with_level(level);
    for (at, piece) in pieces.iter().enumerate() {
        group = group.element(snippet(page, piece, at, WIDTH - gutter - 3));
    }
    let renderer = if page.options.color { Renderer::styled() } else { Renderer::plain() };
    // Lines are cut already; the crate's own cutting would move the marks.
    let renderer = renderer.term_width(4 * WIDTH).decor_style(DecorStyle::Ascii);
    let drawn = renderer.render(&[group]);
    (name_pieces(page, &drawn, &pieces, gutter), gutter)
}

fn pieces(page: &Page<'_>, places: &[Location]) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for (at, place) in places.iter().enumerate() {
        let length = page.lines.text(place.span.file).len();
        let start = (place.span.start as usize).min(length);
        let (line, line_start) = page.lines.line_of(place.span.file, start);
        let end = (place.span.end as usize).min(page.lines.range(place.span.file, line).end).max(start);
        let mark = Mark {
            range: start - line_start..end - line_start,
            primary: at == 0,
            label: page.label(place),
            span: Span::new(place.span.file, start, end),
        };
        let near = |piece: &&mut Piece| {
            piece.file == place.span.file && piece.lines.keys().any(|other| other.abs_diff(line) < WINDOW)
        };
        if let Some(piece) = pieces.iter_mut().find(near) {
            if !piece.lines.values().flatten().any(|mark| mark.primary) && mark.span < piece.head {
                piece.head = mark.span;
            }
            piece.lines.entry(line).or_default().push(mark);
        } else {
            let head = mark.span;
            pieces.push(Piece { file: head.file, lines: BTreeMap::from([(line, vec![mark])]), head });
        }
    }
    pieces
}

fn snippet<'s>(
    page: &Page<'_>,
    piece: &Piece,
    at: usize,
    columns: usize,
) -> Snippet<'s, annotate_snippets::Annotation<'s>> {
    let first = piece.lines.first_key_value().map_or(0, |(line, _)| *line);
    let last = piece.lines.last_key_value().map_or(0, |(line, _)| *line);
    let mut source = String::new();
    let mut annotations = Vec::new();
    for line in first..=last {
        let marks = piece.lines.get(&line).map_or(&[][..], Vec::as_slice);
        let between = line > first && piece.lines.contains_key(&(line - 1)) && piece.lines.contains_key(&(line + 1));
        if !marks.is_empty() || between {
            let prepared = prepare(page, piece.file, line, marks, columns);
            for (range, primary, label) in prepared.marks {
                let kind = if primary { AnnotationKind::Primary } else { AnnotationKind::Context };
                let range = source.len() + range.start..source.len() + range.end;
                annotations.push(kind.span(range).label(Some(label).filter(|label| !label.is_empty())));
            }
            source.push_str(&prepared.text);
        }
        if line < last {
            source.push('\n');
        }
    }
    Snippet::source(source).line_start(first + 1).path(Some(format!("@{at}"))).annotations(annotations)
}

fn prepare(page: &Page<'_>, file: FileId, line: usize, marks: &[Mark], columns: usize) -> Prepared {
    let range = page.lines.range(file, line);
    let raw = page.lines.text(file).get(range.clone()).unwrap_or_default();
    let (redacted, shift) = page.redactor.line(raw, Span::new(file, range.start, range.end));
    let floor = |text: &str, at: usize| {
        let mut at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let mut cells: Vec<(usize, char)> = Vec::with_capacity(redacted.len());
    for (at, c) in redacted.char_indices() {
        match layout::shown(c) {
            "\0" => cells.push((at, c)),
            text => cells.extend(text.chars().map(|c| (at, c))),
        }
    }
    let column = |offset: usize| cells.partition_point(|(at, _)| *at < offset);
    let spans: Vec<(usize, usize)> = marks
        .iter()
        .map(|mark| {
            let moved = shift.range(floor(raw, mark.range.start)..floor(raw, mark.range.end));
            let start = column(floor(&redacted, moved.start));
            (start, column(floor(&redacted, moved.end)).max(start))
        })
        .collect();
    let chars: Vec<char> = cells.into_iter().map(|(_, c)| c).collect();
    lay_out(&chars, &spans, marks, columns)
}

/// Cuts a line so that every mark and its label end before the last column; shortens marks first, then the line's beginning.
fn lay_out(chars: &[char], spans: &[(usize, usize)], marks: &[Mark], columns: usize) -> Prepared {
    let wide = |chars: &[char]| chars.iter().map(|c| layout::char_width(*c)).sum::<usize>();
    let labels: Vec<String> = marks.iter().map(|mark| layout::cut(&mark.label, columns - SOURCE_COLUMNS)).collect();
    let room = |label: &str| if label.is_empty() { 0 } else { 1 + layout::width(label) };
    let shortest =
        |(start, end): (usize, usize)| wide(chars.get(start..end).unwrap_or_default()).clamp(1, SHORTEST_MARK);
    let excess = spans
        .iter()
        .zip(&labels)
        .map(|(span, label)| {
            (wide(chars.get(..span.0).unwrap_or_default()) + shortest(*span) + room(label)).saturating_sub(columns)
        })
        .max()
        .unwrap_or(0);
    let leftmost = spans.iter().map(|span| span.0).min().unwrap_or(0);
    let mut from = 0;
    if excess > 0 {
        while from < leftmost && wide(&chars[..from]) < excess + 1 {
            from += 1;
        }
    }
    let mut prepared = Prepared::default();
    let mut offsets: Vec<usize> = Vec::new();
    let mut starts: Vec<usize> = Vec::new();
    let mut used = 0;
    if from > 0 {
        prepared.text.push('…');
        used = 1;
    }
    let rest = wide(&chars[from..]);
    let fits = used + rest <= columns;
    for c in &chars[from..] {
        if !fits && used + layout::char_width(*c) + 1 > columns {
            break;
        }
        offsets.push(prepared.text.len());
        starts.push(used);
        prepared.text.push(*c);
        used += layout::char_width(*c);
    }
    offsets.push(prepared.text.len());
    starts.push(used);
    if !fits {
        prepared.text.push('…');
    }
    for ((span, label), mark) in spans.iter().zip(labels).zip(marks) {
        let start = span.0.saturating_sub(from).min(offsets.len() - 1);
        let mut end = span.1.saturating_sub(from).clamp(start, offsets.len() - 1);
        while end > start + 1 && starts[end] + room(&label) > columns {
            end -= 1;
        }
        let behind = starts[end].max(starts[start] + 1) + 1;
        let label = layout::cut(&label, columns.saturating_sub(behind));
        prepared.marks.push((offsets[start]..offsets[end], mark.primary, label));
    }
    prepared
}

/// Puts the true places where the drawing has the pieces' numbers.
fn name_pieces(page: &Page<'_>, drawn: &str, pieces: &[Piece], gutter: usize) -> String {
    let mut out = String::with_capacity(drawn.len());
    for line in drawn.lines() {
        let plain = layout::plain(line);
        let head = plain.trim_start().starts_with("-->") || plain.trim_start().starts_with(":::");
        let number = || plain.split('@').nth(1)?.split(':').next()?.trim().parse::<usize>().ok();
        match (head, number().and_then(|at| pieces.get(at))) {
            (true, Some(piece)) => {
                let place = page.lines.place(piece.head);
                let place = layout::one_line(&format!("{}:{}:{}", place.path, place.line, place.column));
                let arrow = if plain.trim_start().starts_with("-->") { "-->" } else { ":::" };
                let arrow = layout::paint(arrow, layout::Ink::Quiet, page.options.color);
                out.push_str(&" ".repeat(gutter));
                out.push_str(&arrow);
                out.push(' ');
                out.push_str(&layout::cut_front(&place, WIDTH - gutter - 4));
            }
            _ => out.push_str(line),
        }
        out.push('\n');
    }
    out
}
