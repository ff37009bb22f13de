//! What the evaluation of a module asked for: variables, and modules that are not there.

use std::collections::{BTreeMap, BTreeSet};

use super::Val;
use crate::model::{FileId, Span};

/// A boolean that is taken from the raw text of a variable.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct RawTruth {
    /// The setting it becomes, where it becomes one.
    pub setting: Option<String>,
    /// The false-looking texts that make it true.
    pub true_for: Vec<String>,
    /// The expression.
    pub span: Span,
    /// Whether it only chooses between two values, neither of which is a yes or no.
    pub chooses: bool,
}

/// One read of a variable.
#[derive(Clone, PartialEq, Debug)]
pub struct EnvRead {
    /// The variable.
    pub name: String,
    /// The expression that reads it.
    pub span: Span,
    /// Its default.
    pub default: Option<Val>,
    /// Whether the program fails without it.
    pub required: bool,
    /// Whether it is set in this world.
    pub set: bool,
    /// The library it is read through: os, environ, decouple, pydantic …
    pub via: &'static str,
    /// Where its raw text is taken for a boolean.
    pub raw_truth: Option<RawTruth>,
}

/// A module that was imported and is not in the repository.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct MissingModule {
    /// Its dotted name.
    pub name: String,
    /// The import.
    pub span: Span,
    /// Whether the package around it is in the repository (`from .local import *`).
    pub ours: bool,
    /// Whether all its names were imported.
    pub star: bool,
}

/// Where the files of a program that runs are others than those of the repository.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Brought {
    /// Files that are copied to paths where the repository has none.
    pub standing_in: BTreeMap<String, FileId>,
    /// Files that are not there: its image does not bring them.
    pub left_out: BTreeSet<FileId>,
    /// Variables that a sample of a dotenv file names, which may lie where the program reads it.
    pub opened: BTreeSet<String>,
    /// Modules by their dotted names that the repository does not hold and that nobody writes there.
    pub nowhere: BTreeSet<String>,
    /// Files, by their paths, that the repository does not hold and that nobody writes there.
    pub lacking: BTreeSet<String>,
    /// Files of variables by the path they have where the program runs.
    pub at: BTreeMap<String, FileId>,
    /// The folder it is started in there, where that is known.
    pub workdir: Option<String>,
}

impl Brought {
    /// Whether the file at a path is that of a module that is nowhere.
    pub(crate) fn lacks_module(&self, path: &str) -> bool {
        let dotted = path.strip_suffix(".py").unwrap_or(path).replace('/', ".");
        let is_it = |name: &String| {
            dotted.strip_suffix(name.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        self.nowhere.iter().any(is_it)
    }
}

/// How a program is run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Run {
    /// Nothing says.
    #[default]
    Unknown,
    /// It serves or works; its tests are not run.
    Served,
    /// Its tests are run by pytest.
    Pytest,
    /// Its tests are run by Django's own command.
    Django,
}
