//! tox: `tox.ini`, the `tox:tox` of `setup.cfg`, `[tool.tox]` of `pyproject.toml`, `tox.toml`.

mod factor;
mod ini;
mod native;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use super::ini::Ini;
use super::tree::{self, Node};
use super::{CommandText, ini as sections};
use crate::formats::{Var, Vars};
use crate::model::{Certainty, FileId, Known, Origin, Problem, Reason, Span, Spanned};

/// One environment, as tox makes it from its own settings and those of all.
#[derive(Clone, Default, Debug)]
pub struct TestEnv {
    /// Its name.
    pub name: String,
    /// What it runs before: `commands_pre`.
    pub commands_pre: Vec<Command>,
    /// `commands`.
    pub commands: Vec<Command>,
    /// `deps`, as pip gets them.
    pub deps: Vec<Spanned<String>>,
    /// `set_env`.
    pub set_env: Vars,
    /// `pass_env`.
    pub pass_env: Vec<Spanned<String>>,
    /// `extras`.
    pub extras: Vec<Spanned<String>>,
    /// `dependency_groups`.
    pub groups: Vec<Spanned<String>>,
    /// `base_python`, where it is not in the name.
    pub base_python: Vec<Spanned<String>>,
    /// `change_dir`.
    pub change_dir: Option<Spanned<String>>,
    /// `skip_install`.
    pub skip_install: bool,
    /// `runner`: what makes it.
    pub runner: Option<Spanned<String>>,
    /// Whether the project itself is left out (`package = skip`).
    pub skips_package: bool,
}

/// A command of an environment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Command {
    /// The command; a substitution that is not decided stays as it is written.
    pub text: CommandText,
    /// Whether its failure stops nothing (`-`).
    pub ignores_errors: bool,
}

/// A configuration.
#[derive(Clone, Default, Debug)]
pub struct Tox {
    /// `env_list`, spelled out.
    pub env_list: Vec<Spanned<String>>,
    /// What cannot be read.
    pub problems: Vec<Problem>,
    ini: Ini,
    native: Option<Node>,
}

/// The configuration in a file, by its name; none if it says nothing of tox.
pub fn parse(file: FileId, name: &str, text: &str) -> Option<Tox> {
    match name.rsplit('/').next().unwrap_or(name) {
        "pyproject.toml" => {
            let (root, problems) = tree::toml(file, text);
            let table = root.as_ref().and_then(|root| root.path(&["tool", "tox"]))?;
            if let Some(legacy) = table.get("legacy_tox_ini") {
                // An ini within a string: every part of it stands for the whole where it cannot be laid over the file.
                let inner = legacy.as_str()?;
                let base = (legacy.span.range().len() == inner.len() + 6).then_some(legacy.span.start + 3);
                let base = base.or_else(|| {
                    text.get(legacy.span.range())?.starts_with("\"\"\"\n").then_some(legacy.span.start + 4)
                });
                let laid = base.filter(|base| text.get(*base as usize..).is_some_and(|rest| rest.starts_with(inner)));
                let mut tox = of_ini(file, inner);
                tox.moved(laid.ok_or(legacy.span));
                return Some(tox);
            }
            Some(of_toml(table.clone(), problems))
        }
        "tox.toml" => {
            let (root, problems) = tree::toml(file, text);
            Some(of_toml(root?, problems))
        }
        "setup.cfg" => Some(of_ini(file, text)).filter(|tox| tox.ini.section("tox:tox").is_some()),
        _ => Some(of_ini(file, text)),
    }
}

fn of_ini(file: FileId, text: &str) -> Tox {
    let mut ini = sections::parse(file, text, sections::Dialect::ConfigParser(&[]));
    let problems = std::mem::take(&mut ini.problems);
    let mut tox = Tox { problems, ini, ..Tox::default() };
    let core = tox.ini.section("tox").or_else(|| tox.ini.section("tox:tox"));
    let listed = core.map(|core| sections_lines(core, &["env_list", "envlist"])).unwrap_or_default();
    for line in listed.iter().map(ini::bare) {
        match factor::names(&line.value) {
            Some(names) => tox.env_list.extend(names.into_iter().map(|name| Spanned::new(name, line.span))),
            None => tox.problems.push(Problem::new(line.span, "not a list of environments")),
        }
    }
    tox
}

fn of_toml(root: Node, problems: Vec<Problem>) -> Tox {
    let env_list = root.get("env_list").map(native::env_list).unwrap_or_default();
    Tox { env_list, problems, native: Some(root), ini: Ini::default() }
}

/// Whether a text of an ini says yes.
fn is_true(text: &str) -> bool {
    ["true", "1", "yes", "on"].contains(&text.trim().to_lowercase().as_str())
}

fn sections_lines(section: &sections::Section, keys: &[&str]) -> Vec<Spanned<String>> {
    keys.iter().find_map(|key| section.value(key)).unwrap_or_default().to_vec()
}

impl Tox {
    /// The names of all environments: the listed ones, and those that have settings of their own.
    pub fn names(&self) -> Vec<String> {
        let mut all: Vec<String> = self.env_list.iter().map(|name| name.value.clone()).collect();
        let own = self.ini.sections.iter().filter_map(|section| section.name.value.strip_prefix("testenv:"));
        let native = self.native.iter().flat_map(|root| root.get("env").map_or(&[][..], Node::entries));
        let found = own.flat_map(|name| factor::names(name).unwrap_or_default());
        for name in found.chain(native.map(|(name, _)| name.value.clone())) {
            if !all.contains(&name) && all.len() < 2_000 {
                all.push(name);
            }
        }
        all
    }

    /// Whether no environment has the project installed: `skipsdist`, `no_package`.
    pub fn skips_package(&self) -> bool {
        let core = self.ini.section("tox").or_else(|| self.ini.section("tox:tox"));
        let lines = core.map(|core| sections_lines(core, &["no_package", "skipsdist"])).unwrap_or_default();
        let native = self.native.as_ref().and_then(|root| root.get("no_package")).and_then(Node::as_bool);
        lines.first().is_some_and(|line| is_true(&line.value)) || native.unwrap_or_default()
    }

    /// An environment by name; any name whose factors the file knows is one.
    pub fn environment(&self, name: &str) -> TestEnv {
        match &self.native {
            Some(root) => native::environment(root, name),
            None => ini::environment(&self.ini, name),
        }
    }

    /// Lays an ini that stands within another file over it.
    fn moved(&mut self, base: Result<u32, Span>) {
        let place = |span: &mut Span| {
            *span = match base {
                Ok(base) => Span { start: span.start + base, end: span.end + base, ..*span },
                Err(whole) => whole,
            };
        };
        for span in self.env_list.iter_mut().map(|name| &mut name.span) {
            place(span);
        }
        for problem in &mut self.problems {
            place(&mut problem.span);
        }
        for section in &mut self.ini.sections {
            place(&mut section.name.span);
            for (name, values) in &mut section.entries {
                place(&mut name.span);
                for value in values {
                    place(&mut value.span);
                }
            }
        }
    }
}

/// A value that substitutions may have left undecided.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Substituted {
    text: String,
    /// Whether all of it is decided.
    known: bool,
    /// The variable from outside that would change it.
    variable: Option<String>,
}

impl Substituted {
    fn var(self, span: Span) -> Var {
        let unknown =
            || Known::Unknown(Reason::at(format!("{} rests on what tox finds where it runs", self.text), span));
        let value = if self.known { Known::One(self.text.clone()) } else { unknown() };
        let certainty = match &self.variable {
            Some(name) => Certainty::Default { variable: Some(name.clone()) },
            None => Certainty::Stated,
        };
        Var { value, certainty, origin: Origin::set(span) }
    }
}

/// `KEY = VALUE`, or none.
fn pair(text: &str) -> Option<(&str, &str)> {
    let (name, value) = text.split_once('=')?;
    Some((name.trim(), value.trim()))
}

/// Puts in what stands in braces, by `look`; a name in braces that is not known stays as it is written.
fn substitute(text: &str, look: &dyn Fn(&str) -> Option<Substituted>) -> Substituted {
    let mut out = Substituted { text: String::new(), known: true, variable: None };
    let mut rest = text;
    while let Some(at) = rest.find(['{', '\\', '[']) {
        out.text.push_str(&rest[..at]);
        let tail = &rest[at..];
        if let Some(escaped) = tail.strip_prefix('\\') {
            let known = escaped.chars().next().filter(|c| "{}:[]".contains(*c));
            out.text.push(known.unwrap_or('\\'));
            rest = &escaped[known.map_or(0, char::len_utf8)..];
            continue;
        }
        if let Some(after) = tail.strip_prefix("[]") {
            rest = after;
            continue;
        }
        let Some(end) = closing(tail) else {
            let first = tail.chars().next().map_or(0, char::len_utf8);
            out.text.push_str(&tail[..first]);
            rest = &tail[first..];
            continue;
        };
        if let Some(found) = look(&tail[1..end]) {
            out.known &= found.known;
            out.variable = out.variable.or(found.variable);
            out.text.push_str(&found.text);
        } else {
            out.known = false;
            out.text.push_str(&tail[..=end]);
        }
        rest = &tail[end + 1..];
    }
    out.text.push_str(rest);
    out
}

/// Where the brace that opens a text closes.
fn closing(text: &str) -> Option<usize> {
    if !text.starts_with('{') {
        return None;
    }
    let mut depth = 0usize;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => {}
            '{' => depth += 1,
            '}' if depth == 1 => return Some(at),
            '}' => depth -= 1,
            _ => {}
        }
        escaped = c == '\\' && !escaped;
    }
    None
}

/// What a name in braces stands for in every environment; none where only the run decides it.
fn common(inner: &str, environment: &str, moved: bool, set: &BTreeMap<String, Var>) -> Option<Substituted> {
    let text = |text: &str| Some(Substituted { text: text.to_owned(), known: true, variable: None });
    let (name, rest) = inner.split_once(':').map_or((inner, None), |(name, rest)| (name, Some(rest)));
    match (name, rest) {
        ("posargs", default) => {
            let none = |_: &str| None;
            Some(substitute(default.unwrap_or_default(), &none))
        }
        ("env", Some(rest)) => {
            let (variable, default) = rest.split_once(':').map_or((rest, None), |(name, value)| (name, Some(value)));
            if variable == "TOX_ENV_NAME" {
                return text(environment);
            }
            if let Some(known) = set.get(variable).and_then(|var| var.value.one()) {
                return text(known);
            }
            let found = substitute(default?, &|inner| common(inner, environment, moved, set));
            Some(Substituted { variable: Some(variable.to_owned()), ..found })
        }
        ("envname" | "env_name", None) => text(environment),
        ("envpython" | "env_python" | "py_impl_python", None) => text("python"),
        ("toxinidir" | "tox_root", None) if !moved => text("."),
        ("/", None) => text("/"),
        ("", Some("")) => text(":"),
        _ => None,
    }
}
