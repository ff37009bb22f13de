//! Tasks of mise: what `mise run test` comes to.

use super::runners::{MAX_TARGETS, Piece};
use crate::discover::{Tree, paths};
use crate::formats::shell::Dialect;
use crate::formats::small::mise::{self, Mise, Task};
use crate::model::FileId;

/// Names of files with tasks, the stronger first.
pub(super) const NAMES: [&str; 2] = ["mise.toml", ".mise.toml"];
/// Options before the name of a task that take the next word.
const VALUED: [&str; 10] = ["-C", "--cd", "-j", "--jobs", "-t", "--tool", "-s", "--shell", "-E", "--env"];

/// What the tasks that `mise run` names run; none where no file has them.
pub(super) fn pieces(tree: &Tree, argv: &[String], folder: &str) -> Option<Vec<Piece>> {
    let file = NAMES.iter().find_map(|name| tree.find(&paths::join(folder, name)?))?;
    let read = tree.parsed(file, mise::parse).ok()?;
    let mut words = argv.iter().skip(1).map(String::as_str);
    let mut named = Vec::new();
    let mut verb = false;
    while let Some(word) = words.next() {
        match word {
            "run" | "r" if !verb && named.is_empty() => verb = true,
            "tasks" | "t" if !verb && named.is_empty() => {}
            word if VALUED.contains(&word) => {
                words.next();
            }
            word if word.starts_with('-') => {}
            // What stands behind the name is for the task; `:::` starts the next one.
            word if named.is_empty() => {
                named.push(word);
                while let Some(next) = words.next() {
                    if next == ":::" {
                        named.extend(words.next());
                    }
                }
            }
            _ => {}
        }
    }
    let known: Vec<&str> = named.into_iter().filter(|name| read.0.tasks.contains_key(*name)).collect();
    let tasks = needed(&read.0, &known);
    (!known.is_empty()).then(|| tasks.into_iter().flat_map(|name| task(tree, &read.0, file, name)).collect())
}

/// What every task of a file runs.
pub(super) fn every(tree: &Tree, file: FileId) -> Vec<(String, Vec<Piece>)> {
    let Ok(read) = tree.parsed(file, mise::parse) else { return Vec::new() };
    read.0.tasks.keys().map(|name| (name.clone(), task(tree, &read.0, file, name))).collect()
}

fn task(tree: &Tree, mise: &Mise, file: FileId, name: &str) -> Vec<Piece> {
    let found = mise.tasks.get(name).and_then(|task| Some((task, folder_of(task, paths::parent(tree.path(file)))?)));
    let Some((task, folder)) = found else { return Vec::new() };
    let mut vars = mise::variables(&mise.env);
    vars.extend(mise::variables(&task.env));
    // A template is filled in by mise; its words are none of a command.
    let commands = task.run.iter().filter(|command| !mise::is_template(&command.text));
    let piece = |command: &crate::formats::small::CommandText| Piece {
        text: command.text.clone(),
        map: command.map.clone(),
        folder: folder.clone(),
        vars: vars.clone(),
        may_fail: false,
        dialect: Dialect::Posix,
    };
    commands.map(piece).collect()
}

/// The folder that a task runs in: that of its file if nothing else is said.
fn folder_of(task: &Task, own: &str) -> Option<String> {
    let Some(dir) = &task.dir else { return Some(own.to_owned()) };
    let bare: String = dir.value.split_whitespace().collect();
    match bare.strip_prefix("{{config_root}}") {
        Some(rest) => paths::join(own, rest.trim_start_matches('/')),
        None if mise::is_template(&bare) || bare.starts_with(['/', '~']) => None,
        None => paths::join(own, &dir.value),
    }
}

/// The tasks and those that they wait for, which run before.
fn needed<'m>(mise: &'m Mise, named: &[&'m str]) -> Vec<&'m str> {
    let mut all: Vec<&str> = Vec::new();
    let mut waiting: Vec<(&str, bool)> = named.iter().rev().map(|name| (*name, false)).collect();
    let mut seen: Vec<&str> = Vec::new();
    while let Some((name, done)) = waiting.pop() {
        if done {
            all.push(name);
            continue;
        }
        if seen.contains(&name) || seen.len() >= MAX_TARGETS {
            continue;
        }
        seen.push(name);
        waiting.push((name, true));
        let needs = mise.tasks.get(name).into_iter().flat_map(|task| task.depends.iter().rev());
        waiting.extend(needs.filter_map(|need| Some((need.value.split_whitespace().next()?, false))));
    }
    all
}
