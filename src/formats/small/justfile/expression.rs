//! Expressions of just, as far as a file decides them; what it does not decide becomes shell text that stands for it.

use std::cell::Cell;
use std::collections::BTreeMap;

use super::{Justfile, Recipe};
use crate::formats::shell::HOLE;

/// How deep expressions may go, variables of variables among them.
const MAX_DEPTH: usize = 16;
/// How many steps all expressions of a recipe may take.
const MAX_STEPS: usize = 2000;

/// Where an expression is read: the file's variables and a recipe's parameters.
pub struct Scope<'f> {
    file: &'f Justfile,
    bound: BTreeMap<String, String>,
    /// The arguments that the recipe's shells get.
    positional: Option<Vec<String>>,
    steps: Cell<usize>,
}

impl<'f> Scope<'f> {
    /// That of a recipe with its arguments; `given` are variables of the command line.
    pub fn of(file: &'f Justfile, recipe: &Recipe, arguments: &[String], given: &BTreeMap<String, String>) -> Self {
        let handed = recipe.positional || file.is_set("positional-arguments");
        let positional = handed.then(|| arguments.to_vec());
        let mut scope = Self { file, bound: given.clone(), positional, steps: Cell::new(0) };
        for (at, parameter) in recipe.parameters.iter().enumerate() {
            let value = match arguments.get(at) {
                Some(_) if parameter.many => arguments[at..].join(" "),
                Some(argument) => argument.clone(),
                None => match &parameter.default {
                    Some(default) => scope.value(default),
                    None if parameter.optional => String::new(),
                    None => HOLE.to_owned(),
                },
            };
            scope.bound.insert(parameter.name.clone(), value);
        }
        scope
    }

    /// What gives a text of the recipe its arguments; nothing where its shells get none.
    pub fn set_arguments(&self) -> String {
        let Some(arguments) = &self.positional else { return String::new() };
        let quoted: Vec<String> = arguments.iter().map(|text| format!(" '{}'", text.replace('\'', "'\\''"))).collect();
        format!("set --{}; ", quoted.concat())
    }

    /// What an expression comes to.
    pub fn value(&self, text: &str) -> String {
        let mut reader = Reader { scope: self, rest: text, depth: 0 };
        let value = reader.sum();
        value.filter(|_| reader.rest.trim().is_empty()).unwrap_or_else(|| HOLE.to_owned())
    }

    /// The variables that a recipe sees in its environment and that the file decides.
    pub fn exported(&self) -> Vec<(String, String, crate::model::Span)> {
        let all = self.file.is_set("export");
        let seen = self.file.variables.iter().filter(|(_, variable)| all || variable.exported);
        seen.map(|(name, variable)| {
            let value = self.bound.get(name).cloned().unwrap_or_else(|| self.value(&variable.expression.value));
            (name.clone(), value, variable.expression.span)
        })
        .filter(|(_, value, _)| !value.contains(['$', '`']))
        .collect()
    }
}

struct Reader<'s, 'f, 't> {
    scope: &'s Scope<'f>,
    rest: &'t str,
    depth: usize,
}

impl<'t> Reader<'_, '_, 't> {
    fn eat(&mut self, sign: &str) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(sign) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// `if a == b { x } else { y }`, or terms joined by `+` and `/`.
    fn sum(&mut self) -> Option<String> {
        self.scope.steps.set(self.scope.steps.get() + 1);
        self.depth += 1;
        if self.depth > MAX_DEPTH || self.scope.steps.get() > MAX_STEPS {
            return None;
        }
        self.rest = self.rest.trim_start();
        let value = if self.rest.starts_with("if ") { self.choice() } else { self.terms() };
        self.depth -= 1;
        value
    }

    fn terms(&mut self) -> Option<String> {
        let mut value = self.term()?;
        loop {
            if self.eat("+") {
                value.push_str(&self.sum()?);
            } else if self.eat("/") {
                value = format!("{value}/{}", self.sum()?);
            } else {
                return Some(value);
            }
        }
    }

    fn choice(&mut self) -> Option<String> {
        self.eat("if");
        let left = self.terms()?;
        let equal = self.eat("==");
        if !equal && !self.eat("!=") {
            return None;
        }
        let right = self.terms()?;
        let yes = self.block()?;
        if !self.eat("else") {
            return None;
        }
        self.rest = self.rest.trim_start();
        let no = if self.rest.starts_with("if ") { self.sum()? } else { self.block()? };
        let known = !left.contains(['$', '`']) && !right.contains(['$', '`']);
        known.then(|| if (left == right) == equal { yes } else { no }).or_else(|| Some(HOLE.to_owned()))
    }

    fn block(&mut self) -> Option<String> {
        let value = self.eat("{").then(|| self.sum())??;
        self.eat("}").then_some(value)
    }

    fn term(&mut self) -> Option<String> {
        self.rest = self.rest.trim_start();
        for quotes in ["'''", "\"\"\"", "'", "\""] {
            if let Some(tail) = self.rest.strip_prefix(quotes) {
                return self.quoted(tail, quotes);
            }
        }
        if let Some(tail) = self.rest.strip_prefix('`') {
            let (command, behind) = tail.split_once('`')?;
            self.rest = behind;
            return Some(format!("$({command})"));
        }
        if self.eat("(") {
            let value = self.sum()?;
            return self.eat(")").then_some(value);
        }
        let name: &'t str = self.rest;
        let end = name.find(|c: char| !c.is_alphanumeric() && !"_-".contains(c)).unwrap_or(name.len());
        let (name, behind) = name.split_at(end);
        self.rest = behind;
        if name.is_empty() {
            return None;
        }
        if self.rest.starts_with('(') {
            self.eat("(");
            let mut arguments = Vec::new();
            while !self.eat(")") {
                arguments.push(self.sum()?);
                self.eat(",");
            }
            return Some(function(name, &arguments));
        }
        self.named(name)
    }

    fn quoted(&mut self, tail: &'t str, quotes: &str) -> Option<String> {
        let escapes = quotes.starts_with('"');
        let mut end = tail.find(quotes)?;
        while escapes && tail.get(..end)?.ends_with('\\') {
            end += quotes.len() + tail.get(end + quotes.len()..)?.find(quotes)?;
        }
        self.rest = tail.get(end + quotes.len()..)?;
        let inner = tail.get(..end)?;
        Some(if escapes {
            inner.replace("\\\"", "\"").replace("\\n", "\n").replace("\\\\", "\\")
        } else {
            inner.into()
        })
    }

    fn named(&self, name: &str) -> Option<String> {
        if let Some(bound) = self.scope.bound.get(name) {
            return Some(bound.clone());
        }
        let variable = self.scope.file.variables.get(name)?;
        let mut reader = Reader { scope: self.scope, rest: &variable.expression.value, depth: self.depth };
        reader.sum()
    }
}

/// What a function gives; a variable of the environment is left to the shell.
fn function(name: &str, arguments: &[String]) -> String {
    let plain = |name: &String| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    match (name, arguments) {
        ("just_executable", []) => "just".into(),
        ("justfile_directory" | "justfile_dir" | "source_directory" | "source_dir", []) => ".".into(),
        ("os_family", []) => "unix".into(),
        ("os", []) => "linux".into(),
        ("env" | "env_var", [variable]) if plain(variable) => format!("${{{variable}}}"),
        ("env" | "env_var_or_default", [variable, default]) if plain(variable) && !default.contains('}') => {
            format!("${{{variable}-{default}}}")
        }
        ("quote", [text]) if !text.contains(['$', '`', '\'']) => format!("'{text}'"),
        ("trim", [text]) => text.trim().to_owned(),
        _ => HOLE.to_owned(),
    }
}
