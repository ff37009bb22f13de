//! Tasks of mise: what `mise run test` comes to.

use super::repository::{Call, Caller, Repository, Script};
use super::runners::MAX_TARGETS;
use crate::discover::{Kind, paths};
use crate::formats::shell::Dialect;
use crate::formats::small::mise::{self, Mise, Task};
use crate::model::FileId;

/// Names of files with tasks, the stronger first.
const NAMES: [&str; 2] = ["mise.toml", ".mise.toml"];
/// Options before the name of a task that take the next word.
const VALUED: [&str; 10] = ["-C", "--cd", "-j", "--jobs", "-t", "--tool", "-s", "--shell", "-E", "--env"];

impl Repository<'_> {
    /// Adds the calls of the tasks that `mise run` names.
    pub(super) fn follow_mise(
        &self,
        argv: &[String],
        folder: &str,
        caller: &Caller,
        depth: usize,
        calls: &mut Vec<Call>,
    ) -> bool {
        let find = |name: &&str| self.tree.find(&paths::join(folder, name)?);
        let Some(file) = NAMES.iter().find_map(find) else { return false };
        let Ok(read) = self.tree.parsed(file, mise::parse) else { return false };
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
        for name in needed(&read.0, &known) {
            self.task(&read.0, file, name, caller, depth + 1, calls);
        }
        !known.is_empty()
    }

    /// The calls of every task of the repository.
    pub(super) fn mise_calls(&self, calls: &mut Vec<Call>) {
        let files = self.of(Kind::Runtime).iter().copied();
        for file in files.filter(|file| NAMES.contains(&paths::name(self.tree.path(*file)))) {
            let Ok(read) = self.tree.parsed(file, mise::parse) else { continue };
            for name in read.0.tasks.keys() {
                let caller = Caller::Make { file, target: name.clone() };
                self.task(&read.0, file, name, &caller, 0, calls);
            }
        }
    }

    fn task(&self, mise: &Mise, file: FileId, name: &str, caller: &Caller, depth: usize, calls: &mut Vec<Call>) {
        let Some(task) = mise.tasks.get(name) else { return };
        let Some(folder) = folder_of(task, paths::parent(self.tree.path(file))) else { return };
        let mut vars = mise::variables(&mise.env);
        vars.extend(mise::variables(&task.env));
        // A template is filled in by mise; its words are none of a command.
        for command in task.run.iter().filter(|command| !mise::is_template(&command.text)) {
            let dialect = Dialect::Posix;
            let script = Script { text: &command.text, map: &command.map, folder: &folder, dialect };
            self.add_at(&script, vars.clone(), caller, depth, calls);
        }
    }
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
