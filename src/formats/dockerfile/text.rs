//! A text put together from pieces of the file, with the way back.

use crate::model::{FileId, Span, SpanMap, Spanned};

/// Offsets are 32 bits; larger files are not read.
pub(super) fn offset(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// A logical line or a part of one: continuations joined, comments within them gone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Text {
    /// The text.
    pub text: String,
    /// The file.
    pub file: FileId,
    /// `(offset in the text, offset in the file)`, ascending, the first at 0.
    pub pieces: Vec<(u32, u32)>,
}

impl Text {
    /// An empty text that starts at a place of the file.
    pub(super) fn new(file: FileId) -> Self {
        Self { text: String::new(), file, pieces: Vec::new() }
    }

    /// Adds a slice of the file that starts at `at`.
    pub(super) fn push(&mut self, slice: &str, at: usize) {
        if !slice.is_empty() || self.pieces.is_empty() {
            let here = offset(self.text.len());
            if self.pieces.last().is_some_and(|last| last.0 == here) {
                self.pieces.pop();
            }
            self.pieces.push((here, offset(at)));
            self.text.push_str(slice);
        }
    }

    /// The way back to the file.
    pub fn map(&self) -> SpanMap {
        SpanMap::Pieces { file: self.file, starts: self.pieces.clone() }
    }

    /// Where a range of the text stands.
    pub fn span(&self, start: usize, end: usize) -> Span {
        let at = |place: usize| {
            let i = self.pieces.partition_point(|(text, _)| *text as usize <= place).saturating_sub(1);
            self.pieces.get(i).map_or(place, |(text, file)| *file as usize + (place - *text as usize))
        };
        if end > start {
            Span::new(self.file, at(start), at(end - 1) + 1)
        } else {
            Span::new(self.file, at(start), at(start))
        }
    }

    /// The place of the whole.
    pub fn whole(&self) -> Span {
        self.span(0, self.text.len())
    }

    /// A part of it; offsets must be at character boundaries.
    pub(super) fn slice(&self, start: usize, end: usize) -> Self {
        let text = self.text.get(start..end).unwrap_or_default().to_owned();
        let mut pieces = vec![(0, self.span(start, start).start)];
        let inside = |(at, _): &&(u32, u32)| (*at as usize) > start && (*at as usize) < end;
        pieces.extend(self.pieces.iter().filter(inside).map(|(at, file)| (at - offset(start), *file)));
        Self { text, file: self.file, pieces }
    }

    /// A word of it.
    pub(super) fn spanned(&self, value: impl Into<String>, start: usize, end: usize) -> Spanned<String> {
        Spanned::new(value.into(), self.span(start, end))
    }
}
