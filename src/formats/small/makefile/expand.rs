//! References to variables and functions, put in where the file decides them.

use std::cell::Cell;
use std::collections::BTreeMap;

use super::functions;
use super::{Target, Variables};
use crate::model::SpanMap;

/// Variables of the command line (`make up ENV=prod`), and those of targets that need this one.
pub type Given = BTreeMap<String, String>;

/// The longest text that an expansion may give.
const MAX_TEXT: usize = 32 * 1024;
/// How many references a file's expansions may follow.
const MAX_STEPS: u32 = 200_000;
/// How deep references may nest.
const MAX_DEPTH: usize = 30;

/// An expanded text.
#[derive(Clone, Default, Debug)]
#[expect(clippy::struct_field_names, reason = "the text of a text is its text")]
pub(super) struct Text {
    /// The text.
    pub(super) text: String,
    /// How it lies over the file; only at the outermost level.
    pub(super) starts: Vec<(u32, u32)>,
    /// Whether all references were decided.
    pub(super) known: bool,
}

impl Text {
    /// The pieces of what follows the first bytes.
    pub(super) fn starts_from(&self, cut: usize) -> Vec<(u32, u32)> {
        let cut = u32::try_from(cut).unwrap_or(u32::MAX);
        let at = self.starts.partition_point(|(text, _)| *text <= cut).saturating_sub(1);
        let moved = |(text, file): &(u32, u32)| match text.checked_sub(cut) {
            Some(text) => (text, *file),
            None => (0, file + (cut - text)),
        };
        self.starts.get(at..).unwrap_or_default().iter().map(moved).collect()
    }
}

/// What references may name.
pub(super) struct Scope<'m> {
    variables: &'m Variables,
    given: &'m Given,
    target: Option<&'m Target>,
    steps: &'m Cell<u32>,
    full: Cell<bool>,
}

impl<'m> Scope<'m> {
    pub(super) fn new(variables: &'m Variables, given: &'m Given, steps: &'m Cell<u32>) -> Self {
        Self { variables, given, target: None, steps, full: Cell::new(false) }
    }

    /// The scope of a target's recipe.
    pub(super) fn of(self, target: &'m Target) -> Self {
        Self { target: Some(target), ..self }
    }

    /// The value of a variable, if the file decides all of it.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        self.look_up(name, &[], 0)
    }

    /// A text with its references put in.
    pub(super) fn text(&self, text: &str) -> Text {
        self.expand(text, &[], 0)
    }

    /// A text with its references put in, and how the outcome lies over the file.
    pub(super) fn laid(&self, text: &str, map: &SpanMap) -> Text {
        let mut out = Text { known: true, ..Text::default() };
        let at = |offset: usize| map.span(offset, offset).start;
        let push = |out: &mut Text, piece: &str, file: &mut dyn FnMut(usize) -> u32| {
            for (i, c) in piece.char_indices() {
                let start = (u32::try_from(out.text.len()).unwrap_or(u32::MAX), file(i));
                let runs =
                    out.starts.last().is_some_and(|(text, file)| start.1 >= *file && start.1 - file == start.0 - text);
                if !runs {
                    out.starts.push(start);
                }
                out.text.push(c);
            }
        };
        for (range, reference) in pieces(text) {
            let piece = text.get(range.clone()).unwrap_or_default();
            if !reference {
                push(&mut out, piece, &mut |i| at(range.start + i));
                continue;
            }
            let value = self.reference(piece, &[], 0);
            out.known &= value.is_some();
            if let Some(value) = value {
                // All of a value stands for its reference: the first byte for its start, the last for its end.
                let last = value.char_indices().last().map_or(0, |(i, _)| i);
                let (first, end) = (at(range.start), at(range.end.saturating_sub(1)));
                push(&mut out, &value, &mut |i| if i == last && i > 0 { end } else { first });
            } else {
                push(&mut out, piece, &mut |i| at(range.start + i));
            }
        }
        if out.starts.is_empty() {
            out.starts.push((0, at(0)));
        }
        out
    }

    /// Expands a text; what is not decided stays as it is written.
    pub(super) fn expand(&self, text: &str, args: &[String], depth: usize) -> Text {
        let mut out = Text { known: true, ..Text::default() };
        for (range, reference) in pieces(text) {
            let piece = text.get(range).unwrap_or_default();
            let value = if reference { self.reference(piece, args, depth) } else { Some(piece.to_owned()) };
            out.known &= value.is_some();
            out.text.push_str(value.as_deref().unwrap_or(piece));
            if out.text.len() > MAX_TEXT {
                self.full.set(true);
                out.known = false;
                return out;
            }
        }
        out
    }

    /// The text of an argument, if it is decided.
    pub(super) fn decided(&self, text: &str, args: &[String], depth: usize) -> Option<String> {
        let text = self.expand(text, args, depth);
        text.known.then_some(text.text)
    }

    /// The value of `$(…)`, `${…}` or `$x`.
    fn reference(&self, piece: &str, args: &[String], depth: usize) -> Option<String> {
        self.steps.set(self.steps.get().saturating_add(1));
        if depth > MAX_DEPTH || self.steps.get() > MAX_STEPS || self.full.get() {
            return None;
        }
        let body = piece.strip_prefix('$')?;
        if body.is_empty() || body == "$" {
            return Some("$".to_owned());
        }
        let Some(inner) = body.strip_prefix(['(', '{']) else { return self.look_up(body, args, depth) };
        let inner = inner.strip_suffix([')', '}'])?;
        if let Some((name, rest)) = functions::call(inner) {
            return functions::value(self, name, rest, args, depth);
        }
        if let Some((name, from, to)) = substitution(inner) {
            let value = self.look_up(&self.decided(name, args, depth + 1)?, args, depth)?;
            let (from, to) = (self.decided(from, args, depth + 1)?, self.decided(to, args, depth + 1)?);
            let (from, to) = if from.contains('%') { (from, to) } else { (format!("%{from}"), format!("%{to}")) };
            return Some(functions::substitute(&value, &from, &to));
        }
        self.look_up(&self.decided(inner, args, depth + 1)?, args, depth)
    }

    /// The value of a variable by its expanded name.
    pub(super) fn look_up(&self, name: &str, args: &[String], depth: usize) -> Option<String> {
        if let Ok(place) = name.parse::<usize>() {
            return (!args.is_empty()).then(|| args.get(place).cloned().unwrap_or_default());
        }
        if let Some(target) = self.target.filter(|target| !target.name.value.contains('%')) {
            match name {
                "@" => return Some(target.name.value.clone()),
                "<" => return Some(target.needs.first().map(|need| need.value.clone()).unwrap_or_default()),
                "^" => {
                    let needs: Vec<&str> = target.needs.iter().map(|need| need.value.as_str()).collect();
                    return Some(needs.join(" "));
                }
                _ => {}
            }
        }
        let own = self.target.and_then(|target| target.variables.get(name));
        let known = own.or_else(|| self.variables.get(name));
        if let Some(given) = self.given.get(name).filter(|_| known.is_none_or(|variable| !variable.overrides)) {
            return Some(given.clone());
        }
        let Some(variable) = known else {
            return match name {
                "MAKE" => Some("make".to_owned()),
                "RM" => Some("rm -f".to_owned()),
                "SHELL" => Some("/bin/sh".to_owned()),
                // Environments name theirs in capitals: what is written small and nowhere set is for the command line, and empty.
                _ if is_small(name) => Some(String::new()),
                _ => None,
            };
        };
        let text = variable.text.as_ref()?;
        if variable.expanded { Some(text.value.clone()) } else { self.decided(&text.value, args, depth + 1) }
    }
}

fn is_small(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_'))
}

/// `VAR:from=to`.
fn substitution(inner: &str) -> Option<(&str, &str, &str)> {
    let colon = outside(inner, &[':']).next()?;
    let (name, rest) = (inner.get(..colon)?, inner.get(colon + 1..)?);
    let equals = outside(rest, &['=']).next()?;
    Some((name, rest.get(..equals)?, rest.get(equals + 1..)?))
}

/// The literal parts and the references of a text, by place.
pub(super) fn pieces(text: &str) -> Vec<(std::ops::Range<usize>, bool)> {
    let mut out = Vec::new();
    let (mut at, mut literal) = (0, 0);
    while let Some(found) = text.get(at..).and_then(|rest| rest.find('$')) {
        let start = at + found;
        if start > literal {
            out.push((literal..start, false));
        }
        at = reference_end(text, start);
        literal = at;
        out.push((start..at, true));
    }
    if literal < text.len() {
        out.push((literal..text.len(), false));
    }
    out
}

/// Where the reference that starts at a `$` ends.
pub(super) fn reference_end(text: &str, start: usize) -> usize {
    let rest = text.get(start + 1..).unwrap_or_default();
    let Some(open) = rest.chars().next() else { return text.len() };
    let close = match open {
        '(' => ')',
        '{' => '}',
        other => return start + 1 + other.len_utf8(),
    };
    let mut depth = 0usize;
    for (at, c) in rest.char_indices() {
        if c == open {
            depth += 1;
        } else if c == close {
            depth -= 1;
            if depth == 0 {
                return start + 1 + at + 1;
            }
        }
    }
    text.len()
}

/// The places of some characters outside references.
pub(super) fn outside<'t>(text: &'t str, wanted: &'t [char]) -> impl Iterator<Item = usize> + 't {
    pieces(text).into_iter().filter(|(_, reference)| !reference).flat_map(move |(range, _)| {
        let piece = text.get(range.clone()).unwrap_or_default();
        piece
            .char_indices()
            .filter(|(_, c)| wanted.contains(c))
            .map(move |(at, _)| range.start + at)
            .collect::<Vec<_>>()
    })
}
