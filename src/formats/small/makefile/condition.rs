//! `ifeq`, `ifdef` and their like.

use super::expand::{Scope, outside};
use super::read::Logical;
use crate::model::Span;

/// Whether the lines of a branch are read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Branch {
    Taken,
    Skipped,
    Undecided,
}

struct Level {
    branch: Branch,
    /// What the branches before came to: whether one was surely taken, or may have been.
    before: Branch,
    has_else: bool,
    /// The name that the branch asks for, where it is read only if that is set.
    asks: Option<String>,
    span: Span,
}

/// The conditionals that are open.
#[derive(Default)]
pub(super) struct Conditions {
    levels: Vec<Level>,
}

impl Conditions {
    pub(super) fn skipped(&self) -> bool {
        self.levels.iter().any(|level| level.branch == Branch::Skipped)
    }

    pub(super) fn undecided(&self) -> bool {
        self.levels.iter().any(|level| level.branch == Branch::Undecided)
    }

    /// The one variable of the environment whose being set decides whether what is read now holds.
    pub(super) fn asked(&self) -> Option<&str> {
        let mut open = self.levels.iter().filter(|level| level.branch == Branch::Undecided);
        let only = open.next().filter(|_| open.next().is_none())?;
        only.asks.as_deref()
    }

    pub(super) fn unclosed(&self) -> Option<Span> {
        self.levels.last().map(|level| level.span)
    }

    /// Reads a line if it is of a conditional.
    pub(super) fn read(&mut self, line: &Logical, scope: &Scope<'_>) -> Option<Result<(), &'static str>> {
        let text = line.text.trim();
        let (word, rest) = text.split_once([' ', '\t']).unwrap_or((text, ""));
        let (word, rest) = match word.split_once('(') {
            Some((word @ ("ifeq" | "ifneq"), _)) => (word, text.get(word.len()..).unwrap_or_default()),
            _ => (word, rest.trim()),
        };
        let skipped = self.skipped();
        match word {
            "ifeq" | "ifneq" | "ifdef" | "ifndef" => {
                // Nothing is looked up in what is not read.
                let branch = if skipped { Branch::Skipped } else { decide(word, rest, scope) };
                let before = if skipped { Branch::Taken } else { branch };
                let span = line.span(0..line.text.len());
                let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
                let asks = (word == "ifdef" && rest.chars().all(plain)).then(|| rest.to_owned());
                self.levels.push(Level { branch, before, has_else: false, asks, span });
                Some(Ok(()))
            }
            "else" => {
                let Some(level) = self.levels.last_mut() else { return Some(Err("`else` without a conditional")) };
                if level.has_else {
                    return Some(Err("a second `else`"));
                }
                level.asks = None;
                let (word, rest) = rest.split_once([' ', '\t']).unwrap_or((rest, ""));
                let next = if word.starts_with("if") {
                    decide(word, rest.trim(), scope)
                } else {
                    level.has_else = true;
                    Branch::Taken
                };
                level.branch = match (level.before, next) {
                    (Branch::Taken, _) | (_, Branch::Skipped) => Branch::Skipped,
                    (Branch::Skipped, next) => next,
                    (Branch::Undecided, _) => Branch::Undecided,
                };
                if level.before != Branch::Taken && level.branch == Branch::Taken {
                    level.before = Branch::Taken;
                } else if level.before == Branch::Skipped && level.branch == Branch::Undecided {
                    level.before = Branch::Undecided;
                }
                Some(Ok(()))
            }
            "endif" => Some(self.levels.pop().map(|_| ()).ok_or("`endif` without a conditional")),
            _ => None,
        }
    }
}

fn decide(word: &str, rest: &str, scope: &Scope<'_>) -> Branch {
    let holds = match word {
        "ifdef" | "ifndef" => {
            let name = scope.text(rest);
            // What the file does not set, the environment may.
            let value = if name.known { scope.variable(name.text.trim()) } else { None };
            value.map(|value| !value.is_empty())
        }
        _ => sides(rest).and_then(|(left, right)| {
            let (left, right) = (scope.text(left), scope.text(right));
            (left.known && right.known).then(|| left.text == right.text)
        }),
    };
    match holds {
        None => Branch::Undecided,
        Some(holds) if holds == matches!(word, "ifeq" | "ifdef") => Branch::Taken,
        Some(_) => Branch::Skipped,
    }
}

/// Both sides of `(a,b)`, `"a" "b"` or `'a' 'b'`.
fn sides(rest: &str) -> Option<(&str, &str)> {
    let rest = rest.trim();
    if let Some(inner) = rest.strip_prefix('(') {
        let inner = inner.get(..inner.rfind(')')?)?;
        let comma = outside(inner, &[',']).next()?;
        return Some((inner.get(..comma)?.trim_end(), inner.get(comma + 1..)?.trim_start()));
    }
    let quoted = |text: &str| -> Option<(usize, usize)> {
        let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        Some((1, text.get(1..)?.find(quote)? + 1))
    };
    let (from, to) = quoted(rest)?;
    let (left, after) = (rest.get(from..to)?, rest.get(to + 1..)?.trim_start());
    let (from, to) = quoted(after)?;
    Some((left, after.get(from..to)?))
}
