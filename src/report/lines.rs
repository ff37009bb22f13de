//! From byte offsets to lines and columns. Columns count characters, from 1.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::discover::config::packages;
use crate::discover::{Tree, paths};
use crate::model::{FileId, Span};

/// A place as people name it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Place {
    /// The path.
    pub path: String,
    /// First line, from 1.
    pub line: usize,
    /// First column, from 1, in characters.
    pub column: usize,
    /// Last line.
    pub end_line: usize,
    /// The column after the last character.
    pub end_column: usize,
}

/// The line starts of the files that an output speaks of, each computed once.
pub struct Lines<'t> {
    tree: &'t Tree,
    /// What stands before every path.
    base: &'t str,
    starts: RefCell<BTreeMap<FileId, Rc<Vec<usize>>>>,
}

impl<'t> Lines<'t> {
    /// With paths from the tree's root.
    pub fn new(tree: &'t Tree) -> Self {
        Self { tree, base: "", starts: RefCell::default() }
    }

    /// With paths from the root of the repository, as whoever shows findings beside its files needs them.
    pub fn in_repository(tree: &'t Tree) -> Self {
        Self { base: &tree.stand.in_repository, ..Self::new(tree) }
    }

    /// With paths from where the program was started, as a terminal opens them.
    pub fn from_here(tree: &'t Tree) -> Self {
        Self { base: &tree.stand.from_here, ..Self::new(tree) }
    }

    /// The text of a file; empty if it cannot be read.
    pub fn text(&self, file: FileId) -> &'t str {
        self.tree.text(file).unwrap_or_default()
    }

    /// The path of a file.
    pub fn path(&self, file: FileId) -> String {
        self.shown(self.file(file))
    }

    /// The path of a file from the tree's root, as configuration names it.
    pub fn file(&self, file: FileId) -> &'t str {
        self.tree.path(file)
    }

    /// A path of the tree as it is shown. What lies in a package stands where it stands.
    pub fn shown(&self, path: &str) -> String {
        let moved = !self.base.is_empty() && !path.is_empty() && !path.starts_with(packages::MARK);
        if moved { paths::beneath(self.base, path) } else { path.to_owned() }
    }

    fn starts(&self, file: FileId) -> Rc<Vec<usize>> {
        let mut known = self.starts.borrow_mut();
        let computed = known.entry(file).or_insert_with(|| {
            let text = self.tree.text(file).unwrap_or_default();
            let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1));
            Rc::new(starts.collect())
        });
        Rc::clone(computed)
    }

    /// The line of an offset, from 0, and where it starts.
    pub fn line_of(&self, file: FileId, offset: usize) -> (usize, usize) {
        let starts = self.starts(file);
        let line = starts.partition_point(|start| *start <= offset).saturating_sub(1);
        (line, starts.get(line).copied().unwrap_or(0))
    }

    /// The range of a line, from 0, without its end.
    pub fn range(&self, file: FileId, line: usize) -> std::ops::Range<usize> {
        let starts = self.starts(file);
        let text = self.text(file);
        let start = starts.get(line).copied().unwrap_or(text.len());
        let end = starts.get(line + 1).map_or(text.len(), |next| next - 1);
        let end = if end > start && text.as_bytes().get(end - 1) == Some(&b'\r') { end - 1 } else { end };
        start..end.max(start)
    }

    fn column(&self, file: FileId, start: usize, offset: usize) -> usize {
        let text = self.text(file);
        let mut end = offset.min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let before = text.get(start..end).unwrap_or_default();
        before.trim_start_matches('\u{feff}').chars().count() + 1
    }

    /// The place of a span.
    pub fn place(&self, span: Span) -> Place {
        let (line, start) = self.line_of(span.file, span.start as usize);
        let end = (span.end as usize).max(span.start as usize);
        let (end_line, end_start) = self.line_of(span.file, end);
        Place {
            path: self.path(span.file),
            line: line + 1,
            column: self.column(span.file, start, span.start as usize),
            end_line: end_line + 1,
            end_column: self.column(span.file, end_start, end),
        }
    }
}
