//! `tox.ini`.

use super::ini::{self, Section};
use crate::model::{FileId, Spanned};

/// One `[testenv]` or `[testenv:name]`.
#[derive(Clone, Debug)]
pub struct TestEnv {
    /// Its name; empty for the base.
    pub name: Spanned<String>,
    /// `commands`; a factor condition (`py312: …`) stays before its line.
    pub commands: Vec<Spanned<String>>,
    /// `deps`.
    pub deps: Vec<Spanned<String>>,
    /// `setenv` or `set_env`, `NAME=value` lines.
    pub setenv: Vec<Spanned<String>>,
    /// `basepython` or `base_python`.
    pub basepython: Option<Spanned<String>>,
}

/// A tox file.
#[derive(Clone, Default, Debug)]
pub struct Tox {
    /// `envlist` or `env_list`, braces spelled out.
    pub envlist: Vec<Spanned<String>>,
    /// The environments.
    pub environments: Vec<TestEnv>,
}

/// Reads `tox.ini`, or the `tox:` sections of `setup.cfg`.
pub fn parse(file: FileId, text: &str) -> Tox {
    let sections = ini::parse(file, text, &[]);
    let mut tox = Tox::default();
    for section in &sections {
        let name = &section.name.value;
        if name == "tox" || name == "tox:tox" {
            tox.envlist = either(section, "envlist", "env_list").iter().flat_map(names).collect();
        } else if let Some(name) = name.strip_prefix("testenv") {
            let name = Spanned::new(name.trim_start_matches(':').to_owned(), section.name.span);
            tox.environments.push(TestEnv {
                name,
                commands: section.lines("commands").to_vec(),
                deps: section.lines("deps").to_vec(),
                setenv: either(section, "setenv", "set_env").to_vec(),
                basepython: either(section, "basepython", "base_python").first().cloned(),
            });
        }
    }
    tox
}

fn either<'s>(section: &'s Section, old: &str, new: &str) -> &'s [Spanned<String>] {
    let lines = section.lines(old);
    if lines.is_empty() { section.lines(new) } else { lines }
}

/// The names of one line: `py{310,311}-django`, separated by commas outside braces.
fn names(line: &Spanned<String>) -> Vec<Spanned<String>> {
    let (mut parts, mut depth) = (vec![String::new()], 0usize);
    for c in line.value.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        match (c, parts.last_mut()) {
            (',', _) if depth == 0 => parts.push(String::new()),
            (c, Some(last)) => last.push(c),
            _ => {}
        }
    }
    let spelled = parts.iter().flat_map(|part| braces(part.trim(), 0));
    spelled.filter(|name| !name.is_empty()).map(|name| Spanned::new(name, line.span)).collect()
}

fn braces(text: &str, depth: usize) -> Vec<String> {
    let cut = text.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)));
    let Some((before, (inside, after))) = cut.filter(|_| depth < 5) else { return vec![text.to_owned()] };
    let tails = braces(after, depth + 1);
    let choices = inside.split(',').map(str::trim);
    choices.flat_map(|choice| tails.iter().map(move |tail| format!("{before}{choice}{tail}"))).collect()
}

/// The factors of an environment's name: `py312-django` has `py312` and `django`.
pub fn factors(name: &str) -> impl Iterator<Item = &str> {
    name.split('-')
}
