//! Shell text: what it says (`parse`) and, under given variables, what it runs (`evaluate`). Nothing is ever run.

pub mod ast;
mod eval;
mod lex;
mod parse;
mod split;
pub mod subscript;

use std::sync::Arc;

pub use ast::{Dialect, Script};
pub use split::split_words;

use super::world::{Vars, World};
use crate::model::{Certainty, FileId, Known, Problem, Reason, Span, SpanMap, Spanned, Step};

/// Reads shell text. Never fails: what cannot be read is a problem, and reading goes on at the next line.
pub fn parse(text: &str, map: &SpanMap, dialect: Dialect) -> Script {
    parse::script(text, map, dialect)
}

/// Whether a file that is named as a program is a shell script: by its first line, else by a name that is none of data.
/// What begins with a dash is an argument of the image's own program, whatever path it holds.
pub fn is_script(path: &str, text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    if path.starts_with('-') {
        return false;
    }
    if first.starts_with("#!") {
        return first.contains("sh") && !first.contains("python");
    }
    let ending = path.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map(|(_, ending)| ending);
    ending.is_none_or(|ending| matches!(ending, "sh" | "bash"))
}

/// Follows a script under the variables of a world and its arguments (`$1` and on).
///
/// A branch that the variables rule out is left out; one that they do not decide is [`When::Maybe`]. A plain chain
/// `a && b` counts as unconditional, for a failure aborts what started the script. Calls of functions and of scripts that
/// `files` knows are replaced by what they run. Commands that only change the shell (`cd`, `export`, `test` …) are not
/// listed: they show in the other commands' `cwd` and `vars`.
pub fn evaluate(script: &Script, world: &World, args: &[Word], files: &dyn Files) -> Evaluation {
    eval::run(script, world, args, files)
}

/// The same for a text that a shell runs (`sh -c TEXT NAME ARGUMENTS`), under the words behind it: the first is `$0`.
pub fn evaluate_inline(script: &Script, world: &World, words: &[Word], files: &dyn Files) -> Evaluation {
    eval::run_inline(script, world, words, files)
}

/// The text of a word with quotes and escapes removed; none if it has expansions.
pub fn fixed(word: &ast::Word) -> Option<String> {
    lex::fixed(word)
}

/// Whether an unquoted literal has unescaped characters that match file names, or a brace list.
pub fn is_pattern(literal: &str) -> bool {
    lex::is_pattern(literal)
}

/// What a script runs.
#[derive(Clone, Debug, Default)]
pub struct Evaluation {
    /// The commands, in the order in which they are met.
    pub commands: Vec<Executed>,
    /// Variables exported at the end.
    pub exports: Vars,
    /// What could not be read or followed.
    pub problems: Vec<Problem>,
}

/// A command as it is run.
#[derive(Clone, Debug)]
pub struct Executed {
    /// Its words after expansion, without `exec`.
    pub argv: Vec<Word>,
    /// Variables set for this command alone (`K=V cmd`).
    pub assigns: Vec<(String, Word)>,
    /// Where the command stands.
    pub span: Span,
    /// Whether it surely runs.
    pub when: When,
    /// `Default` where a variable with a default decided that it runs.
    pub certainty: Certainty,
    /// The folder it runs in: absolute, or relative to the start folder; none for the start folder or not known.
    pub cwd: Option<String>,
    /// Whether `cwd` is none because the folder is not known.
    pub cwd_unknown: bool,
    /// The environment of the command, `assigns` included.
    pub vars: Arc<Vars>,
    /// Whether the environment may hold variables that `vars` does not name.
    pub open: bool,
    /// Whether it replaces the shell.
    pub exec: bool,
    /// Whether it is the last command of the script.
    pub last: bool,
    /// Whether it runs in the background.
    pub background: bool,
    /// Whether its failure goes unnoticed (`|| true`).
    pub ignored_failure: bool,
    /// Whether it is part of a pipeline.
    pub piped: bool,
    /// Whether it runs inside `$(…)`, so that its output becomes text.
    pub substitution: bool,
    /// Whether it is (part of) the condition of `if`, `while` or `until`.
    pub condition: bool,
    /// The calls of scripts and functions through which it is reached, outermost first.
    pub via: Vec<Step>,
    /// Where its output is written to.
    pub stdout_to: Option<Word>,
}

/// Whether a command surely runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum When {
    /// It does.
    Always,
    /// It stands on a branch that the world does not decide.
    Maybe(Reason),
}

/// A word after expansion.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Word {
    /// What it expands to.
    pub text: Known<String>,
    /// As written.
    pub raw: String,
    /// Its place.
    pub span: Span,
    /// `Default` where the default of an open variable was taken.
    pub certainty: Certainty,
}

impl Word {
    /// A word that is known.
    pub fn known(text: impl Into<String>, span: Span) -> Self {
        let text = text.into();
        Self { raw: text.clone(), text: Known::One(text), span, certainty: Certainty::Stated }
    }

    /// The text, with [`HOLE`] for what is not known.
    pub fn written(&self) -> &str {
        self.text.one().unwrap_or(&self.raw)
    }
}

impl From<Spanned<String>> for Word {
    fn from(word: Spanned<String>) -> Self {
        Self::known(word.value, word.span)
    }
}

/// Stands in a text for a part that something outside puts there; [`Dialect::Github`] reads it as an expansion that is
/// not known.
pub const HOLE: &str = "${{…}}";

/// The scripts of the repository that a script can call.
pub trait Files {
    /// The text of a script, by a path as the shell sees it: absolute, or relative to the start folder.
    fn script(&self, path: &str) -> Option<(FileId, &str)>;

    /// The names of what stands in a folder, sorted; none where that is not known.
    fn names(&self, _folder: &str) -> Option<Vec<String>> {
        None
    }

    /// The text of a script that is called by its name alone, because it stands in a folder of programs.
    fn command(&self, _name: &str) -> Option<(FileId, &str)> {
        None
    }
}

/// No scripts at all.
#[derive(Clone, Copy, Debug)]
pub struct NoFiles;

impl Files for NoFiles {
    fn script(&self, _path: &str) -> Option<(FileId, &str)> {
        None
    }
}
