//! Where offsets of a source line are once secrets in it are hidden.

use std::ops::Range;

/// How offsets of a line moved by redaction.
#[derive(Clone, Debug, Default)]
pub struct Shift {
    pub(super) moves: Vec<(Range<usize>, Range<usize>)>,
}

impl Shift {
    /// Where an offset of the source line is in the redacted one.
    pub fn offset(&self, offset: usize) -> usize {
        let mut moved = offset;
        for (from, to) in &self.moves {
            if offset >= from.end {
                moved = to.end + (offset - from.end);
            } else if offset > from.start {
                return to.start;
            }
        }
        moved
    }

    /// Where a range is: one that ends inside a secret ends behind what stands for it.
    pub fn range(&self, range: Range<usize>) -> Range<usize> {
        let inside = self.moves.iter().find(|(from, _)| range.end > from.start && range.end < from.end);
        let end = inside.map_or_else(|| self.offset(range.end), |(_, to)| to.end);
        let start = self.offset(range.start);
        start..end.max(start)
    }
}
