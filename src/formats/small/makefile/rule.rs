//! Rules: targets, what they need, variables of their own, and recipes.

use super::expand::{Text, outside};
use super::read::{Logical, Reader, assigned};
use super::{RecipeLine, Target, Variable, assign, functions};
use crate::formats::small::CommandText;
use crate::model::{SpanMap, Spanned};

/// Targets that say something to make and are never made.
const SPECIAL: [&str; 14] = [
    ".PHONY",
    ".SUFFIXES",
    ".DEFAULT",
    ".PRECIOUS",
    ".INTERMEDIATE",
    ".SECONDARY",
    ".SECONDEXPANSION",
    ".DELETE_ON_ERROR",
    ".IGNORE",
    ".SILENT",
    ".EXPORT_ALL_VARIABLES",
    ".NOTPARALLEL",
    ".ONESHELL",
    ".POSIX",
];

/// How many targets one rule may open.
const MAX_TARGETS: usize = 500;

/// A command without what only speaks to make, and whether its failure stops nothing.
pub(super) fn bare(text: &str) -> (&str, bool) {
    let command = text.trim_start_matches(['@', '-', '+', ' ', '\t']);
    let before = text.get(..text.len() - command.len()).unwrap_or_default();
    (command, before.contains('-'))
}

/// A recipe as one script, for `.ONESHELL`.
pub(super) fn one_script(lines: Vec<RecipeLine>) -> Vec<RecipeLine> {
    let mut all = lines.into_iter();
    let Some(mut first) = all.next() else { return Vec::new() };
    let SpanMap::Pieces { file, mut starts } = first.command.map.clone() else { return vec![first] };
    for line in all {
        first.command.text.push('\n');
        let base = u32::try_from(first.command.text.len()).unwrap_or(u32::MAX);
        if let SpanMap::Pieces { starts: more, .. } = &line.command.map {
            starts.extend(more.iter().map(|(text, file)| (text.saturating_add(base), *file)));
        }
        first.command.text.push_str(&line.command.text);
        first.command.span = first.command.span.to(line.command.span);
        first.maybe |= line.maybe;
    }
    first.command.map = SpanMap::Pieces { file, starts };
    vec![first]
}

/// Reads a line as a rule.
pub(super) fn read(reader: &mut Reader, line: &Logical) {
    let text = &line.text;
    let whole = line.span(0..text.len());
    let semicolon = outside(text, &[';']).next();
    let escaped = |at: &usize| text.get(..*at).is_some_and(|before| before.ends_with('\\'));
    let colon = outside(text, &[':']).find(|colon| !escaped(colon));
    let Some(colon) = colon.filter(|colon| semicolon.is_none_or(|semicolon| *colon < semicolon)) else {
        reader.open.clear();
        // A line that is all references may expand to nothing, or to what another tool writes.
        if !text.trim_start().starts_with('$') {
            reader.problem(whole, "neither a rule nor an assignment");
        }
        return;
    };
    let names_end = if text.get(..colon).is_some_and(|names| names.ends_with('&')) { colon - 1 } else { colon };
    let double = text.get(colon + 1..).is_some_and(|rest| rest.starts_with(':'));
    let after = colon + 1 + usize::from(double);
    let names = words(reader, line, 0..names_end);
    if let Some(found) = assign::assignment(text, after) {
        own_variable(reader, line, &names, &found);
        return;
    }
    let recipe = outside(text, &[';']).find(|at| *at >= after);
    let needs_end = recipe.unwrap_or(text.len());
    // `targets: pattern: needs` says the needs behind the second colon.
    let second = outside(text, &[':']).find(|at| *at >= after && *at < needs_end && !escaped(at));
    let pattern = second.map(|second| words(reader, line, after..second));
    let needs = words(reader, line, second.map_or(after, |second| second + 1)..needs_end);
    let needs: Vec<Spanned<String>> = needs.into_iter().filter(|need| need.value != "|").collect();
    let has_recipe = recipe.is_some();
    open(reader, names, &needs, pattern.as_deref());
    reader.fresh = !double;
    if let (true, Some(at)) = (has_recipe, recipe) {
        let piece = line.piece(at + 1..text.len());
        let command = CommandText {
            map: SpanMap::Linear { file: piece.span.file, base: piece.span.start },
            text: piece.value,
            span: piece.span,
        };
        let starts = vec![(0, command.span.start)];
        let command = CommandText { map: SpanMap::Pieces { file: reader.file, starts }, ..command };
        reader.recipe(&command);
    }
}

fn words(reader: &Reader, line: &Logical, range: std::ops::Range<usize>) -> Vec<Spanned<String>> {
    let text = line.text.get(range.clone()).unwrap_or_default();
    let scope = reader.scope();
    let SpanMap::Pieces { file, starts } = &line.map else { return Vec::new() };
    let moved = Text { starts: starts.clone(), ..Text::default() }.starts_from(range.start);
    let laid = scope.laid(text, &SpanMap::Pieces { file: *file, starts: moved });
    let map = SpanMap::Pieces { file: *file, starts: laid.starts };
    let blanks = outside(&laid.text, &[' ', '\t', '\n']).chain(std::iter::once(laid.text.len()));
    let (mut out, mut at) = (Vec::new(), 0);
    for blank in blanks {
        let word = laid.text.get(at..blank).unwrap_or_default();
        if !word.is_empty() {
            out.push(Spanned::new(word.replace("\\:", ":"), map.span(at, blank)));
        }
        at = blank + 1;
    }
    out
}

fn open(
    reader: &mut Reader,
    names: Vec<Spanned<String>>,
    needs: &[Spanned<String>],
    pattern: Option<&[Spanned<String>]>,
) {
    reader.open.clear();
    for name in names.into_iter().take(MAX_TARGETS) {
        match name.value.as_str() {
            ".PHONY" => reader.makefile.phony.extend(needs.iter().map(|need| need.value.clone())),
            ".ONESHELL" => reader.makefile.one_shell = true,
            ".EXPORT_ALL_VARIABLES" => reader.makefile.exports_all = true,
            _ => {}
        }
        if SPECIAL.contains(&name.value.as_str()) {
            continue;
        }
        let stem = pattern
            .and_then(|patterns| patterns.iter().find_map(|pattern| functions::stem(&pattern.value, &name.value)))
            .map(str::to_owned);
        let own = needs.iter().map(|need| match &stem {
            Some(stem) => Spanned::new(need.value.replacen('%', stem, 1), need.span),
            None => need.clone(),
        });
        let at = target(reader, name);
        for need in own.take(MAX_TARGETS) {
            if !reader.take(need.value.len() + 32) {
                return;
            }
            let Some(target) = reader.makefile.targets.get_mut(at) else { continue };
            if target.needs.len() < MAX_TARGETS && !target.needs.iter().any(|known| known.value == need.value) {
                target.needs.push(need);
            }
        }
        if !reader.open.contains(&at) {
            reader.open.push(at);
        }
    }
}

fn target(reader: &mut Reader, name: Spanned<String>) -> usize {
    let next = reader.makefile.targets.len();
    let at = *reader.places.entry(name.value.clone()).or_insert(next);
    if at == next {
        let (needs, recipe, variables) = (Vec::new(), Vec::new(), super::Variables::new());
        reader.makefile.targets.push(Target { name, needs, recipe, variables });
    }
    at
}

/// `target: NAME = value`.
fn own_variable(reader: &mut Reader, line: &Logical, names: &[Spanned<String>], found: &assign::Assignment) {
    let value = line.piece(found.value.clone());
    let name = line.piece(found.name.clone()).value;
    if found.exported {
        reader.makefile.exported.insert(name.clone());
    }
    let maybe = reader.maybe();
    for target_name in names.iter().filter(|name| !SPECIAL.contains(&name.value.as_str())) {
        let at = target(reader, target_name.clone());
        let made = {
            let target = reader.makefile.targets.get(at);
            let known =
                target.and_then(|target| target.variables.get(&name)).or_else(|| reader.makefile.variables.get(&name));
            assigned(known, found.sign, value.clone(), &reader.scope())
        };
        let unknown = Variable { text: None, expanded: false, default: false, overrides: false };
        let made = if maybe { Some(unknown) } else { made };
        if let (Some(target), Some(made)) = (reader.makefile.targets.get_mut(at), made) {
            target.variables.insert(name.clone(), Variable { overrides: found.overrides, ..made });
        }
    }
    reader.open.clear();
}
