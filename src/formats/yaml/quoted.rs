//! Lines of quoted texts that stand no deeper than their key. YAML 1.2 refuses them, as the reader behind this module does;
//! the readers of Compose and of Python take them. They are indented before the text is read, and every place is put back.

use super::{Document, Kind};
use crate::model::{Span, SpanMap};

/// What the reader says of such a line.
const REFUSED: &str = "invalid indentation in multiline quoted scalar";
/// What it says where such a line begins with a tab, but not only there.
const TAB: &str = "tab cannot be used as indentation";
/// How many such lines of a file are mended.
const MAX_LINES: usize = 64;
/// What is put before a line: deeper than any nesting that is read.
const BLANKS: &str = "                                                                                                ";

/// A text with blanks put in.
#[derive(Default)]
pub(super) struct Mended {
    pub(super) text: String,
    /// Where blanks begin, ascending.
    inserted: Vec<usize>,
    /// Where tabs stand behind them.
    tabs: Vec<usize>,
}

impl Mended {
    pub(super) fn of(text: &str) -> Self {
        Self { text: text.to_owned(), ..Self::default() }
    }

    /// Indents the line that the last problem of a reading is about; whether it is one of these.
    pub(super) fn indent(&mut self, documents: &[Document]) -> bool {
        let ours = |problem: &&crate::model::Problem| [REFUSED, TAB].iter().any(|why| problem.message.contains(why));
        let problem = documents.last().and_then(|document| document.problems.iter().find(ours));
        let Some(at) = problem.map(|problem| problem.span.start as usize) else { return false };
        let line = self.text.get(..at).map_or(0, |before| before.rfind('\n').map_or(0, |end| end + 1));
        let again = self.inserted.contains(&line);
        if again || self.inserted.len() >= MAX_LINES {
            return false;
        }
        self.text.insert_str(line, BLANKS);
        self.inserted.push(line);
        if problem.is_some_and(|problem| problem.message.contains(TAB)) {
            self.tabs.push(line + BLANKS.len());
        }
        true
    }

    /// Whether every tab that was let pass stands within a quoted text.
    pub(super) fn holds(&self, documents: &[Document]) -> bool {
        let quoted = |node: &super::Node, at: usize| {
            let range = node.span.range();
            let within = range.start < at && at < range.end;
            within && self.text.get(range).is_some_and(|source| source.starts_with(['"', '\'']))
        };
        self.tabs.iter().all(|at| documents.iter().flat_map(|document| &document.nodes).any(|node| quoted(node, *at)))
    }

    fn back(&self, at: u32) -> u32 {
        let before = self.inserted.iter().filter(|start| **start < at as usize);
        let blanks: usize = before.map(|start| (at as usize - start).min(BLANKS.len())).sum();
        at - u32::try_from(blanks).unwrap_or(at)
    }

    fn span(&self, span: &mut Span) {
        span.start = self.back(span.start);
        span.end = self.back(span.end);
    }

    /// Puts the places of a document back to the text as it was.
    pub(super) fn restore(&self, document: &mut Document) {
        for node in &mut document.nodes {
            self.span(&mut node.span);
            let Kind::Scalar { map, .. } = &mut node.kind else { continue };
            match map {
                SpanMap::Linear { base, .. } => *base = self.back(*base),
                SpanMap::Pieces { starts, .. } => starts.iter_mut().for_each(|(_, at)| *at = self.back(*at)),
                SpanMap::Whole(span) => self.span(span),
            }
        }
        document.problems.iter_mut().for_each(|problem| self.span(&mut problem.span));
        document.comments.iter_mut().for_each(|comment| self.span(&mut comment.span));
    }
}
