//! Allowances of comments: `# paritylint: allow[rule] reason`, on the line of a place or above it.

use std::ops::Range;

use crate::discover::Tree;
use crate::model::{FileId, Finding, Part, Span, Suppression};

/// What begins an allowance in a comment.
const MARK: &str = "paritylint: allow[";
/// What begins a comment in the formats that have some.
const SIGNS: [&str; 6] = ["#", "//", ";", "--", "<!--", "/*"];

/// An allowance of a comment, and whether it accepted anything.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Comment {
    /// The mark, the rules and the reason.
    pub span: Span,
    /// The lines it speaks of, as bytes of the file: its own and the next that is no such comment.
    pub lines: Range<u32>,
    /// The rules.
    pub rules: Vec<String>,
    /// The reason; without one it accepts nothing.
    pub reason: String,
    /// Whether a finding was accepted by it.
    pub used: bool,
}

/// The allowances in the comments of all files that were read.
pub fn of(tree: &Tree) -> Vec<Comment> {
    tree.texts().filter(|(_, text)| text.contains(MARK)).flat_map(|(file, text)| in_text(file, text)).collect()
}

fn in_text(file: FileId, text: &str) -> Vec<Comment> {
    let mut found: Vec<Comment> = Vec::new();
    // How many comments still wait for the end of the line they speak of.
    let mut open = 0;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let end = u32::try_from(at + line.len()).unwrap_or(u32::MAX);
        if let Some(comment) = in_line(file, line, at) {
            let alone = SIGNS.iter().any(|sign| line.trim_start().starts_with(sign));
            found.push(comment);
            open = if alone { open + 1 } else { 0 };
        } else {
            let waiting = found.len() - open;
            found.iter_mut().skip(waiting).for_each(|comment| comment.lines.end = end);
            open = 0;
        }
        at += line.len();
    }
    found
}

fn in_line(file: FileId, line: &str, at: usize) -> Option<Comment> {
    let mark = line.find(MARK)?;
    let sign = line.get(..mark)?.trim_end();
    if !SIGNS.iter().any(|known| sign.ends_with(known)) {
        return None;
    }
    let (rules, reason) = line.get(mark + MARK.len()..)?.split_once(']')?;
    let reason = reason.trim().trim_end_matches("-->").trim_end_matches("*/").trim();
    let end = mark + line.get(mark..)?.trim_end().len();
    let start = u32::try_from(at).unwrap_or(u32::MAX);
    Some(Comment {
        span: Span::new(file, at + mark, at + end),
        lines: start..start.saturating_add(u32::try_from(line.len()).unwrap_or(u32::MAX)),
        rules: rules.split(',').map(|rule| rule.trim().to_owned()).collect(),
        reason: reason.to_owned(),
        used: false,
    })
}

impl Comment {
    /// Whether it speaks of a part of a finding: of one of its places outside the reference, or, where no two environments
    /// are compared, of any.
    pub fn covers(&self, finding: &Finding, part: &Part, reference: Option<&str>) -> bool {
        let mine = |span: Span| span.file == self.span.file && self.lines.contains(&span.start);
        !self.reason.is_empty()
            && self.rules.contains(&finding.rule)
            && part.locations.iter().any(|place| {
                let of_reference = place.environment.as_deref() == reference && reference.is_some();
                mine(place.span) && (!finding.drift || !of_reference)
            })
    }

    /// Why a part is accepted by it.
    pub fn suppression(&self) -> Suppression {
        Suppression { by: "inline", reason: self.reason.clone(), until: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<(&str, Vec<String>, String)> {
        let shown = |c: Comment| (&text[c.lines.start as usize..c.lines.end as usize], c.rules, c.reason);
        in_text(FileId(0), text).into_iter().map(shown).collect()
    }

    #[test]
    fn a_comment_speaks_of_its_own_line_and_the_next() {
        let found = lines("A=1  # paritylint: allow[x] why\nB\n# paritylint: allow[y, z] because\nC\nD\n");
        assert_eq!(found[0], ("A=1  # paritylint: allow[x] why\n", vec!["x".into()], "why".into()));
        let text = "# paritylint: allow[y, z] because\nC\n";
        assert_eq!(found[1], (text, vec!["y".into(), "z".into()], "because".into()));
    }

    #[test]
    fn comments_above_one_another_speak_of_the_line_below_all() {
        let text = "# paritylint: allow[a] one\n# paritylint: allow[b] two\nFROM x\n";
        assert!(lines(text).iter().all(|(lines, ..)| lines.ends_with("FROM x\n")));
    }

    #[test]
    fn what_is_no_comment_allows_nothing() {
        assert_eq!(lines("echo 'paritylint: allow[a] b'\n"), []);
        assert_eq!(lines("<!-- paritylint: allow[a] b -->\n")[0].2, "b");
    }
}
