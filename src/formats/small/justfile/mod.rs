//! `justfile` as just reads it: variables, recipes with what they need, and the texts that their shells get.

mod expression;
mod read;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use expression::Scope;
pub use read::parse;

use super::CommandText;
use crate::model::{FileId, SpanMap, Spanned};

/// A variable: its expression.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Variable {
    /// The expression as written.
    pub expression: Spanned<String>,
    /// Whether recipes see it in their environment.
    pub exported: bool,
}

/// A parameter of a recipe.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// The expression of its default.
    pub default: Option<String>,
    /// Whether it takes all arguments that are left.
    pub many: bool,
    /// Whether it takes none as well.
    pub optional: bool,
}

/// A recipe that another needs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Need {
    /// Its name.
    pub name: Spanned<String>,
    /// The expressions that it is given.
    pub arguments: Vec<String>,
}

/// A recipe.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recipe {
    /// Its name.
    pub name: Spanned<String>,
    /// Its parameters.
    pub parameters: Vec<Parameter>,
    /// What runs before it.
    pub needs: Vec<Need>,
    /// What runs after it.
    pub after: Vec<Need>,
    /// Its lines without their indentation, each with its offset.
    pub body: Vec<(usize, String)>,
    /// The folder that an attribute names.
    pub folder: Option<String>,
    /// Whether it runs where just was called (`[no-cd]`).
    pub stays: bool,
    /// Whether its shells get its arguments (`[positional-arguments]`).
    pub positional: bool,
    /// The interpreter of its whole body (`[script('bash')]`), empty where the attribute names none.
    pub script: Option<String>,
}

/// A justfile.
#[derive(Clone, Default, Debug)]
pub struct Justfile {
    /// The recipes, in source order.
    pub recipes: Vec<Recipe>,
    /// Variables.
    pub variables: BTreeMap<String, Variable>,
    /// Other names of recipes.
    pub aliases: BTreeMap<String, String>,
    /// Files whose recipes are taken over.
    pub imports: Vec<Spanned<String>>,
    /// Other justfiles under a name, with their path where one is written.
    pub modules: Vec<(String, Option<String>)>,
    /// Settings, as written (`set export`).
    pub settings: BTreeMap<String, String>,
    /// The recipe that runs where none is named, if an attribute says so.
    pub default: Option<String>,
}

/// One text that a shell gets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// The text.
    pub command: CommandText,
    /// Whether its failure stops nothing (`-`).
    pub ignores_errors: bool,
}

impl Justfile {
    /// A recipe by its name or another name of it.
    pub fn recipe(&self, name: &str) -> Option<&Recipe> {
        let name = self.aliases.get(name).map_or(name, String::as_str);
        self.recipes.iter().find(|recipe| recipe.name.value == name)
    }

    /// The recipe that `just` alone runs.
    pub fn default_recipe(&self) -> Option<&Recipe> {
        self.default.as_ref().and_then(|name| self.recipe(name)).or_else(|| self.recipes.first())
    }

    /// Whether a setting is on.
    pub fn is_set(&self, name: &str) -> bool {
        self.settings.get(name).is_some_and(|value| value.is_empty() || value == "true")
    }

    /// Takes over what an imported file says; what stands here already wins.
    pub fn import(&mut self, other: &Self) {
        let new: Vec<Recipe> =
            other.recipes.iter().filter(|recipe| self.recipe(&recipe.name.value).is_none()).cloned().collect();
        self.recipes.extend(new);
        for (name, variable) in &other.variables {
            self.variables.entry(name.clone()).or_insert_with(|| variable.clone());
        }
        for (name, recipe) in &other.aliases {
            self.aliases.entry(name.clone()).or_insert_with(|| recipe.clone());
        }
        self.modules.extend(other.modules.iter().cloned());
    }
}

impl Recipe {
    /// The most arguments that it takes.
    pub fn takes(&self) -> usize {
        if self.parameters.iter().any(|parameter| parameter.many) { usize::MAX } else { self.parameters.len() }
    }

    /// What its shells get: one text where it is a script with an interpreter, one a line else. None for a script of
    /// another language.
    pub fn lines(&self, file: FileId, scope: &Scope<'_>) -> Vec<Line> {
        let first = self.body.first().map_or("", |(_, line)| line.as_str());
        let attribute = self.script.as_deref().map(|name| if name.is_empty() { "sh" } else { name });
        if let Some(interpreter) = first.strip_prefix("#!").or(attribute) {
            let shell = interpreter.split(['/', ' ']).any(|word| ["sh", "bash", "ash", "dash", "zsh"].contains(&word));
            return if shell { vec![text(file, &self.body, scope)] } else { Vec::new() };
        }
        let mut lines = Vec::new();
        let mut at = 0;
        while let Some((start, first)) = self.body.get(at) {
            let more = self.body[at..].iter().take_while(|(_, line)| line.trim_end().ends_with('\\')).count();
            let until = (at + more + 1).min(self.body.len());
            let bare = first.trim_start_matches(['@', '-', '?']);
            let signs = first.len() - bare.len();
            let mut own = self.body[at..until].to_vec();
            own[0] = (start + signs, bare.to_owned());
            at = until;
            if bare.trim().is_empty() || bare.starts_with('#') && self.body.is_empty() {
                continue;
            }
            let mut line = text(file, &own, scope);
            line.ignores_errors = first[..signs].contains('-');
            lines.push(line);
        }
        lines
    }
}

/// Some lines as one text, expressions put in.
fn text(file: FileId, body: &[(usize, String)], scope: &Scope<'_>) -> Line {
    let mut text = scope.set_arguments();
    let mut starts: Vec<(u32, u32)> =
        body.first().filter(|_| !text.is_empty()).map(|(at, _)| (0, small(*at))).into_iter().collect();
    let mut mark = |text: &str, at: usize| starts.push((small(text.len()), small(at)));
    for (start, line) in body {
        let mut rest = line.as_str();
        let mut at = *start;
        mark(&text, at);
        while let Some((before, tail)) = rest.split_once("{{") {
            text.push_str(before);
            at += before.len();
            if let Some(braces) = tail.strip_prefix("{{") {
                text.push_str("{{");
                (rest, at) = (braces, at + 4);
                mark(&text, at);
                continue;
            }
            let Some((inner, behind)) = tail.split_once("}}") else {
                rest = "";
                break;
            };
            mark(&text, at + 2);
            text.push_str(&scope.value(inner));
            at += inner.len() + 4;
            mark(&text, at);
            rest = behind;
        }
        text.push_str(rest);
        text.push('\n');
    }
    let (first, last) = (body.first(), body.last());
    let start = first.map_or(0, |(at, _)| *at);
    let span = crate::model::Span::new(file, start, last.map_or(start, |(at, line)| at + line.len()));
    Line { command: CommandText { text, span, map: SpanMap::Pieces { file, starts } }, ignores_errors: false }
}

fn small(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}
