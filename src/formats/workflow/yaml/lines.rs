//! Line numbers as GitHub's own parser counts them.

/// Where lines start.
#[derive(Clone, Default, Debug)]
pub(super) struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    /// A line starts here.
    pub(super) fn add(&mut self, offset: usize) {
        self.starts.push(offset);
    }

    /// The line of an offset. Breaks within what is an error are not counted, so the starts may be fewer than the text has.
    pub(super) fn line(&self, offset: usize) -> usize {
        let low = self.starts.partition_point(|start| *start < offset);
        if self.starts.get(low) == Some(&offset) { low + 1 } else { low }
    }
}
