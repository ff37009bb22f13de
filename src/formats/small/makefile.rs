//! `Makefile`: targets, what they need, and their recipes.

use std::collections::BTreeMap;

use super::{CommandText, lines, spanned, trimmed};
use crate::model::{FileId, Spanned};

/// A rule.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its name.
    pub name: Spanned<String>,
    /// The targets it needs.
    pub needs: Vec<Spanned<String>>,
    /// Its recipe, one command a line, without `@`, `-` and `+` before it.
    pub recipe: Vec<CommandText>,
}

/// A makefile.
#[derive(Clone, Default, Debug)]
pub struct Makefile {
    /// The rules, in source order.
    pub targets: Vec<Target>,
    /// Variables with a plain value.
    pub variables: BTreeMap<String, Spanned<String>>,
}

/// Reads a makefile; conditionals are read over.
pub fn parse(file: FileId, text: &str) -> Makefile {
    let mut makefile = Makefile::default();
    let mut open = 0..0;
    let mut continued = false;
    for (start, line) in lines(text) {
        let goes_on = line.ends_with('\\');
        if line.starts_with('\t') || (continued && !open.is_empty()) {
            for target in makefile.targets.get_mut(open.clone()).unwrap_or_default() {
                recipe_line(file, start, line, continued, &mut target.recipe);
            }
        } else if !line.trim().is_empty() && !line.starts_with('#') {
            let before = makefile.targets.len();
            heading(file, start, line.split(" #").next().unwrap_or(line), &mut makefile);
            open = before..makefile.targets.len();
        }
        continued = goes_on && (line.starts_with('\t') || continued);
    }
    makefile
}

fn recipe_line(file: FileId, start: usize, line: &str, continued: bool, recipe: &mut Vec<CommandText>) {
    if let (true, Some(last)) = (continued, recipe.last_mut()) {
        // The piece keeps its place: the lines lie side by side in the file.
        let here = CommandText::slice(file, line, start);
        last.text.push('\n');
        last.text.push_str(line);
        last.span = last.span.to(here.span);
        return;
    }
    let (at, bare) = trimmed(start, line);
    let command = bare.trim_start_matches(['@', '-', '+', ' ']);
    if !command.is_empty() && !command.starts_with('#') {
        recipe.push(CommandText::slice(file, command, at + bare.len() - command.len()));
    }
}

fn heading(file: FileId, start: usize, line: &str, makefile: &mut Makefile) {
    for sign in [":=", "?=", "="] {
        let Some((name, value)) = line.split_once(sign) else { continue };
        let name = name.trim().trim_start_matches("export ").trim_end_matches(':');
        if name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !name.is_empty() {
            let value = spanned(file, start + line.len() - value.len(), value);
            makefile.variables.insert(name.to_owned(), value);
            return;
        }
    }
    let Some((names, needs)) = line.split_once(':') else { return };
    let words = |from: usize, text: &str| -> Vec<Spanned<String>> {
        let mut at = 0;
        let place = |word: &str| {
            let offset = at + text.get(at..).and_then(|rest| rest.find(word)).unwrap_or(0);
            at = offset + word.len();
            spanned(file, from + offset, word)
        };
        text.split_whitespace().map(place).collect()
    };
    let needs = words(start + line.len() - needs.len(), needs);
    for name in words(start, names).into_iter().filter(|name| !name.value.starts_with('.')) {
        makefile.targets.push(Target { name, needs: needs.clone(), recipe: Vec::new() });
    }
}

impl Makefile {
    /// A text with `$(NAME)` and `${NAME}` of plain variables put in, and `$$` made `$`; none if another is used.
    pub fn expand(&self, text: &str) -> Option<String> {
        self.expand_in(text, 0)
    }

    fn expand_in(&self, text: &str, depth: usize) -> Option<String> {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            let tail = &rest[at + 1..];
            if let Some(after) = tail.strip_prefix('$') {
                out.push('$');
                rest = after;
                continue;
            }
            let close = if tail.starts_with('(') { ')' } else { '}' };
            let (name, after) = tail.strip_prefix(['(', '{'])?.split_once(close)?;
            let value = self.variables.get(name).filter(|_| depth < 10)?;
            out.push_str(&self.expand_in(&value.value, depth + 1)?);
            rest = after;
            if out.len() > 100_000 {
                return None;
            }
        }
        out.push_str(rest);
        Some(out)
    }
}
