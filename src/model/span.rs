//! Where something stands: a file of the tree and a range of bytes in its decoded text.

/// A file of the tree, by its position in the sorted list of paths.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FileId(pub u32);

/// A range of bytes in the text of one file. Lines and columns are computed by `report` only.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// First byte after the range; equal to `start` for a place between two characters.
    pub end: u32,
}

impl Span {
    /// A range of bytes of `file`. Offsets past `u32::MAX` cannot occur: larger files are not read.
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self { file, start: clamp(start), end: clamp(end.max(start)) }
    }

    /// The smallest range that holds both; `self` if they stand in different files.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        if self.file != other.file {
            return self;
        }
        Self { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// Whether `other` lies wholly inside.
    pub fn contains(self, other: Self) -> bool {
        self.file == other.file && self.start <= other.start && other.end <= self.end
    }

    /// Whether the two share a byte, or one is a place inside the other.
    pub fn overlaps(self, other: Self) -> bool {
        self.file == other.file && self.start <= other.end && other.start <= self.end
    }

    /// The bytes as a range, for slicing the file's text.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A value and the place where it is written.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Its place.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// A value at a place.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

/// How offsets of a decoded text (a YAML scalar, a RUN body) lead back to its file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SpanMap {
    /// The text is a slice of the file that starts at `base`.
    Linear {
        /// The file.
        file: FileId,
        /// Where the slice starts.
        base: u32,
    },
    /// The text was put together from pieces: `(offset in the text, offset in the file)`, ascending, the first at 0.
    Pieces {
        /// The file.
        file: FileId,
        /// The pieces.
        starts: Vec<(u32, u32)>,
    },
    /// The text cannot be laid over the file (escapes): every part of it stands for the whole.
    Whole(Span),
}

impl SpanMap {
    /// The file's range for a range of the text.
    pub fn span(&self, start: usize, end: usize) -> Span {
        match self {
            Self::Linear { file, base } => Span::new(*file, *base as usize + start, *base as usize + end),
            Self::Whole(span) => *span,
            Self::Pieces { file, starts } => {
                let at = |offset: usize| {
                    let i = starts.partition_point(|(text, _)| *text as usize <= offset).saturating_sub(1);
                    starts.get(i).map_or(offset, |(text, file)| *file as usize + (offset - *text as usize))
                };
                let last = end.saturating_sub(usize::from(end > start));
                Span::new(*file, at(start), at(last) + usize::from(end > start))
            }
        }
    }
}
