//! YAML as GitHub's own parser reads it, errors and their lines included.

mod compose;
mod cst;
mod lexer;
mod lines;
mod parser;

pub(super) use compose::{Kind, Node};
use lines::Lines;

/// The first document of a file.
pub(super) struct Document {
    /// Its outermost node, as far as it could be read; none where there is nothing.
    pub(super) root: Option<Node>,
    /// Where it is not YAML, and why.
    pub(super) errors: Vec<(usize, String)>,
    lines: Lines,
}

impl Document {
    /// The number of a line, as GitHub's own parser counts.
    pub(super) fn line(&self, offset: usize) -> usize {
        self.lines.line(offset)
    }
}

/// Reads the first document of a text.
pub(super) fn read(text: &str) -> Document {
    let stream = parser::parse(text);
    let mut composed = compose::compose(text, &stream);
    if let Some(at) = stream.too_deep {
        composed.errors.push((at, "nested too deeply to be read".into()));
    }
    Document { root: composed.root, errors: composed.errors, lines: stream.lines }
}
