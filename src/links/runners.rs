//! Task runners: what `make target`, `just recipe` or `npm run script` comes to, so that its calls count as the caller's.

use super::meaning::{self, Meaning};
use super::repository::{Call, Caller, Repository, Script, words};
use super::{
    commit_hooks, coverage_command, editor_tasks, gulp_tasks, hatch_scripts, invoke_tasks, just_recipes, make_targets,
    mise_tasks, node_scripts, nox_sessions, process_files, python_scripts, taskfiles, tox_environments,
};
use crate::discover::{Kind, Tree, paths};
use crate::formats::Vars;
use crate::formats::locks::hatch;
use crate::formats::shell::Dialect;
use crate::model::{Span, SpanMap};

pub use super::make_targets::makefile;

/// How deep runners may call one another.
pub const MAX_DEPTH: usize = 3;
/// How many targets one call may make.
pub(super) const MAX_TARGETS: usize = 64;

/// A text of commands that a runner starts.
#[derive(Clone)]
pub struct Piece {
    /// The text.
    pub text: String,
    /// How it lies over its file.
    pub map: SpanMap,
    /// The folder of the repository that it runs in.
    pub folder: String,
    /// Variables that the runner sets for it.
    pub vars: Vars,
    /// Whether its failure stops nothing.
    pub may_fail: bool,
    /// Which shell reads it.
    pub dialect: Dialect,
}

/// What a call of a runner comes to, in order; none where it is no such call or nothing of the repository says it.
/// `span` is the place of the call.
pub fn pieces(tree: &Tree, argv: &[String], folder: &str, span: Span) -> Option<Vec<Piece>> {
    if let Some(call) = hatch::call(argv) {
        return hatch_scripts::pieces(tree, &call, folder);
    }
    if let Some(pieces) = python_scripts::pieces(tree, argv, folder) {
        return Some(pieces);
    }
    let words = meaning::unwrapped(argv);
    let program = words.first()?;
    match program.rsplit('/').next()? {
        "make" | "gmake" => make_targets::pieces(tree, &words, folder),
        "just" => just_recipes::pieces(tree, &words, folder),
        "gulp" => gulp_tasks::pieces(tree, &words, folder),
        "mise" => mise_tasks::pieces(tree, &words, folder),
        "task" | "go-task" => taskfiles::pieces(tree, &words, folder),
        "inv" | "invoke" | "fab" => invoke_tasks::pieces(tree, &words, folder),
        "pre-commit" | "prek" => commit_hooks::pieces(tree, &words, folder),
        "coverage" => coverage_command::pieces(tree, &words, folder),
        "tox" => tox_environments::pieces(tree, &words, folder),
        "nox" => nox_sessions::pieces(tree, &words, folder),
        "npm" | "pnpm" | "yarn" | "bun" => node_scripts::pieces(tree, &words, folder),
        "concurrently" | "run-p" | "run-s" | "npm-run-all" | "npm-run-all2" => {
            Some(node_scripts::several(tree, &words, folder, span))
        }
        _ => None,
    }
}

/// The commands that install what a runner with environments of its own runs its call in; none where nothing says it.
pub fn brings(tree: &Tree, argv: &[String], folder: &str) -> Option<Vec<Vec<String>>> {
    let words = meaning::unwrapped(argv);
    let found = match words.first()?.rsplit('/').next()? {
        "tox" => tox_environments::installs(tree, &words, folder),
        "nox" => nox_sessions::installs(tree, &words, folder),
        _ => None,
    };
    let of_installer = |words: Vec<String>| match meaning::of(&words) {
        Meaning::InstallsPython(command) => Some(command),
        _ => None,
    };
    found?.into_iter().map(of_installer).collect()
}

/// Whether a runner brings environments and packages of its own, so that its call says more than what it runs.
fn stands_beside(argv: &[String]) -> bool {
    let words = meaning::unwrapped(argv);
    words.first().is_some_and(|word| ["tox", "nox"].contains(&word.rsplit('/').next().unwrap_or(word)))
}

/// The values of a flag: `-e a`, `-ea`, `--env a`, `--env=a`.
pub(super) fn values(argv: &[&str], short: &str, long: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut words = argv.iter();
    while let Some(word) = words.next() {
        if *word == short || *word == long {
            out.extend(words.next().map(|value| (*value).to_owned()));
        } else if let Some(value) = word.strip_prefix(long).and_then(|rest| rest.strip_prefix('=')) {
            out.push(value.to_owned());
        } else if let Some(value) =
            word.strip_prefix(short).filter(|value| !value.is_empty() && !word.starts_with("--"))
        {
            out.push(value.trim_start_matches('=').to_owned());
        }
    }
    out
}

/// The calls of runners that led to a command, the last first: what comes to itself again is not followed.
pub(super) struct Trail<'t> {
    argv: &'t [String],
    folder: &'t str,
    before: Option<&'t Self>,
}

impl Trail<'_> {
    /// Whether a call may be followed behind those before it.
    fn lets(trail: Option<&Self>, argv: &[String], folder: &str) -> bool {
        let calls = || std::iter::successors(trail, |trail| trail.before);
        calls().count() <= MAX_DEPTH && calls().all(|call| call.argv != argv || call.folder != folder)
    }
}

fn serves(call: &Call) -> bool {
    matches!(call.meaning, Meaning::Serves(_))
}

impl Repository<'_> {
    /// Follows a call of a runner; whether what it runs stands for it. Where the call stays, its meaning is what its
    /// commands say.
    pub(super) fn follow(
        &self,
        meaning: &mut Meaning,
        argv: &[String],
        (folder, span): (&str, Span),
        caller: &Caller,
        trail: Option<&Trail<'_>>,
        calls: &mut Vec<Call>,
    ) -> bool {
        let other = matches!(
            meaning,
            Meaning::InstallsPython(_) | Meaning::InstallsSystem(_) | Meaning::Composes(_) | Meaning::Builds(_)
        );
        if other || !Trail::lets(trail, argv, folder) {
            return false;
        }
        let by_file = || process_files::pieces(self.tree, argv, folder);
        let Some(pieces) = pieces(self.tree, argv, folder, span).or_else(by_file) else { return false };
        let beside = stands_beside(argv);
        let checks = beside && !pieces.is_empty() && pieces.iter().all(|piece| self.only_checks(piece));
        let first = calls.len();
        self.add_pieces(pieces, caller, Some(&Trail { argv, folder, before: trail }), calls);
        let tests = calls[first..].iter().any(|call| call.meaning == Meaning::Tests);
        if beside && tests {
            *meaning = Meaning::Tests;
        } else if checks {
            *meaning = Meaning::Runs(argv.to_vec());
        }
        // What is known of a server by its runner alone stays where the script behind it says no more.
        !beside && (calls.len() > first || !matches!(meaning, Meaning::Serves(_) | Meaning::Tests))
    }

    /// The calls that a runner's command comes to, run in a folder; none where it is no runner's or nothing here says it.
    pub fn followed(&self, argv: &[String], folder: &str, span: Span) -> Option<Vec<Call>> {
        let pieces = pieces(self.tree, argv, folder, span).filter(|pieces| !pieces.is_empty())?;
        let mut calls = Vec::new();
        let trail = Trail { argv, folder, before: None };
        self.add_pieces(pieces, &Caller::Guide(span.file), Some(&trail), &mut calls);
        Some(calls)
    }

    /// Whether a text runs nothing but linters, builders of documentation and steps that prepare for them.
    fn only_checks(&self, piece: &Piece) -> bool {
        let commands = self.commands(&piece.text, &piece.map, &piece.folder, piece.vars.clone(), piece.dialect);
        commands.iter().all(|executed| {
            let argv = words(executed);
            match meaning::of(&argv) {
                Meaning::InstallsPython(_) | Meaning::InstallsSystem(_) | Meaning::Manages(_) => true,
                Meaning::Other | Meaning::Runs(_) => meaning::checks(&argv),
                _ => false,
            }
        })
    }

    fn add_pieces(&self, pieces: Vec<Piece>, caller: &Caller, trail: Option<&Trail<'_>>, calls: &mut Vec<Call>) {
        for piece in pieces {
            let first = calls.len();
            let script = Script { text: &piece.text, map: &piece.map, folder: &piece.folder, dialect: piece.dialect };
            self.add_at(&script, piece.vars, caller, trail, calls);
            calls[first..].iter_mut().for_each(|call| call.may_fail |= piece.may_fail);
        }
    }

    /// The calls of every target, recipe, task and script of the repository.
    pub(super) fn task_calls(&self, calls: &mut Vec<Call>) {
        for file in self.of(Kind::Makefile).iter().copied() {
            let tasks = match paths::name(self.tree.path(file)) {
                "package.json" => node_scripts::every(self.tree, file),
                name if gulp_tasks::is_gulpfile(name) => gulp_tasks::every(self.tree, file),
                name if taskfiles::is_taskfile(name) => taskfiles::every(self.tree, file),
                name if just_recipes::is_justfile(name) => just_recipes::every(self.tree, file),
                _ => make_targets::every(self.tree, file),
            };
            for (target, pieces) in tasks {
                self.add_pieces(pieces, &Caller::Make { file, target }, None, calls);
            }
        }
        for file in self.of(Kind::Python).iter().copied().filter(|file| invoke_tasks::is_file(self.tree, *file)) {
            for (target, pieces) in invoke_tasks::every(self.tree, file) {
                self.add_pieces(pieces, &Caller::Make { file, target }, None, calls);
            }
        }
        // Of what an editor starts, only servers say how the code is run.
        for file in editor_tasks::files(self.tree) {
            for (target, pieces) in editor_tasks::every(self.tree, file) {
                let first = calls.len();
                self.add_pieces(pieces, &Caller::Make { file, target }, None, calls);
                let serving: Vec<Call> = calls.split_off(first).into_iter().filter(serves).collect();
                calls.extend(serving);
            }
        }
        for file in self.of(Kind::Project).iter().copied() {
            let scripts = match paths::name(self.tree.path(file)) {
                "pyproject.toml" => {
                    [python_scripts::every(self.tree, file), hatch_scripts::every(self.tree, file)].concat()
                }
                "hatch.toml" => hatch_scripts::every(self.tree, file),
                _ => python_scripts::every(self.tree, file),
            };
            for (target, pieces) in scripts {
                self.add_pieces(pieces, &Caller::Make { file, target }, None, calls);
            }
        }
        let files = self.of(Kind::Runtime).iter().copied();
        for file in files.filter(|file| mise_tasks::NAMES.contains(&paths::name(self.tree.path(*file)))) {
            for (target, pieces) in mise_tasks::every(self.tree, file) {
                self.add_pieces(pieces, &Caller::Make { file, target }, None, calls);
            }
        }
    }
}
