//! Tabs that stand where lines are indented. The reader behind this module lets some of them pass that others refuse.

use super::{Document, Kind};
use crate::model::Span;

impl Document {
    /// The first tab that indents a line of a block, as readers after libyaml refuse it.
    pub fn misplaced_tab(&self, text: &str) -> Option<Span> {
        let file = self.nodes.first()?.span.file;
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let blanks = line.len() - line.trim_start_matches(' ').len();
            if line[blanks..].starts_with('\t') && self.refuses(text, start, blanks) {
                return Some(Span::new(file, start + blanks, start + blanks + 1));
            }
            start += line.len();
        }
        None
    }

    /// Whether a tab behind so many blanks of a line is refused.
    fn refuses(&self, text: &str, line: usize, blanks: usize) -> bool {
        let at = line + blanks;
        let mut before: Option<(usize, usize, bool)> = None;
        for node in &self.nodes {
            let range = node.span.range();
            let source = text.get(range.clone()).unwrap_or_default();
            match &node.kind {
                Kind::Scalar { plain, .. } => {
                    if range.start < at && at < range.end {
                        return false;
                    }
                    if range.end <= at && !source.is_empty() && before.is_none_or(|(_, end, _)| end < range.end) {
                        before = Some((range.start, range.end, *plain));
                    }
                }
                Kind::Seq(_) | Kind::Map(_) => {
                    if source.starts_with(['[', '{']) && range.start < at && at < range.end {
                        return false;
                    }
                }
                Kind::Alias(_) => {}
            }
        }
        let Some((start, end, plain)) = before else { return true };
        let between = text.get(end..line).unwrap_or_default();
        // Blank lines behind a comment belong to it, and what is no line of its own to a block scalar.
        if between.contains('#') {
            return false;
        }
        if !plain {
            return text.get(start..end).is_some_and(|source| source.starts_with(['"', '\'']));
        }
        !between.trim().is_empty() || blanks <= indent(text, start)
    }
}

/// The column of the key or the dash that a plain scalar stands behind.
fn indent(text: &str, start: usize) -> usize {
    let line = text[..start].rfind('\n').map_or(0, |end| end + 1);
    let mut rest = &text[line..start];
    let mut column = 0;
    let mut dash = None;
    loop {
        let bare = rest.trim_start_matches(' ');
        column += rest.len() - bare.len();
        let Some(after) = bare.strip_prefix("- ") else {
            return if bare.is_empty() { dash.unwrap_or(column.saturating_sub(1)) } else { column };
        };
        dash = Some(column);
        column += 2;
        rest = after;
    }
}
