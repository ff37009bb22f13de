//! `Makefile` as GNU make reads it: variables, rules with what they need, and recipes.

mod assign;
mod condition;
mod expand;
mod functions;
mod read;
mod rule;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

pub use expand::Given;
pub use read::parse;

use super::CommandText;
use crate::model::{Problem, SpanMap, Spanned};

/// One line of a recipe, continued lines joined as the shell gets them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecipeLine {
    /// The command as written, without `@`, `-` and `+` before it.
    pub command: CommandText,
    /// Whether its failure stops nothing (`-`).
    pub ignores_errors: bool,
    /// Whether it stands in a conditional that the file does not decide.
    pub maybe: bool,
}

/// A variable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Variable {
    /// Its text and place; none where the file does not decide it.
    pub text: Option<Spanned<String>>,
    /// Whether the text was expanded where it was written (`:=`).
    pub expanded: bool,
    /// Whether the environment wins over it (`?=`).
    pub default: bool,
    /// Whether it wins over the command line (`override`).
    pub overrides: bool,
}

/// Variables by name.
pub type Variables = BTreeMap<String, Variable>;

/// A target, all its rules joined.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    /// Its name; a pattern holds `%`.
    pub name: Spanned<String>,
    /// The targets it needs, order-only ones among them.
    pub needs: Vec<Spanned<String>>,
    /// Its recipe.
    pub recipe: Vec<RecipeLine>,
    /// Variables that hold for it and for what it needs.
    pub variables: Variables,
}

/// A makefile.
#[derive(Clone, Default, Debug)]
pub struct Makefile {
    /// The targets, in source order; special ones (`.PHONY`) left out.
    pub targets: Vec<Target>,
    /// Variables, in the state at the end of the file.
    pub variables: Variables,
    /// Names that recipes see in their environment.
    pub exported: BTreeSet<String>,
    /// Whether recipes see all variables (`export` alone).
    pub exports_all: bool,
    /// Files that are included, as written; globs and unknown references among them.
    pub includes: Vec<Spanned<String>>,
    /// The targets that are no files.
    pub phony: BTreeSet<String>,
    /// Whether a recipe is one script (`.ONESHELL`).
    pub one_shell: bool,
    /// What cannot be read.
    pub problems: Vec<Problem>,
}

impl Makefile {
    /// A target by name.
    pub fn target(&self, name: &str) -> Option<&Target> {
        self.targets.iter().find(|target| target.name.value == name)
    }

    /// The target that `make` alone makes: the first that is neither a pattern nor starts with a dot.
    pub fn default_goal(&self) -> Option<&Target> {
        let named = self.variables.get(".DEFAULT_GOAL").and_then(|goal| goal.text.as_ref());
        let plain = |name: &str| !name.contains('%') && (!name.starts_with('.') || name.contains('/'));
        named
            .and_then(|goal| self.target(goal.value.trim()))
            .or_else(|| self.targets.iter().find(|target| plain(&target.name.value)))
    }

    /// The commands of a target's recipe, variables put in; a reference that is not decided stays as it is written.
    pub fn commands(&self, target: &Target, given: &Given) -> Vec<RecipeLine> {
        let steps = std::cell::Cell::new(0);
        let scope = expand::Scope::new(&self.variables, given, &steps).of(target);
        let mut lines: Vec<RecipeLine> = Vec::new();
        for line in &target.recipe {
            let expanded = scope.laid(&line.command.text, &line.command.map);
            let (command, ignores) = rule::bare(&expanded.text);
            let cut = expanded.text.len() - command.len();
            if command.trim().is_empty() {
                continue;
            }
            let starts = expanded.starts_from(cut);
            let command = CommandText {
                text: command.to_owned(),
                span: line.command.span,
                map: SpanMap::Pieces { file: line.command.span.file, starts },
            };
            lines.push(RecipeLine { command, ignores_errors: ignores || line.ignores_errors, maybe: line.maybe });
        }
        if self.one_shell { rule::one_script(lines) } else { lines }
    }

    /// The variables that recipes see in their environment, as far as they are decided.
    pub fn environment(&self, target: &Target, given: &Given) -> BTreeMap<String, Spanned<String>> {
        let steps = std::cell::Cell::new(0);
        let scope = expand::Scope::new(&self.variables, given, &steps).of(target);
        let shell_name = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let names = self.variables.keys().chain(target.variables.keys());
        let seen = names.filter(|name| self.exports_all && shell_name(name) || self.exported.contains(*name));
        seen.filter_map(|name| {
            let text = target.variables.get(name).or_else(|| self.variables.get(name))?.text.as_ref()?;
            Some((name.clone(), Spanned::new(scope.variable(name)?, text.span)))
        })
        .collect()
    }

    /// Takes over what an included makefile says; what stands here already wins.
    pub fn include(&mut self, other: &Self) {
        for (name, variable) in &other.variables {
            match self.variables.get(name) {
                Some(own) if !own.default || variable.default => {}
                _ => {
                    self.variables.insert(name.clone(), variable.clone());
                }
            }
        }
        let new: Vec<Target> =
            other.targets.iter().filter(|target| self.target(&target.name.value).is_none()).cloned().collect();
        self.targets.extend(new);
        self.exported.extend(other.exported.iter().cloned());
        self.exports_all |= other.exports_all;
        self.phony.extend(other.phony.iter().cloned());
        self.one_shell |= other.one_shell;
    }
}
