//! What an install command installs: project manifests and lock files (uv, Poetry, PDM, pipenv, PEP 751) and pip's arguments.

use std::collections::{BTreeMap, BTreeSet};

use crate::discover::Tree;
use crate::formats::Vars;
use crate::formats::requirements::MarkerEnv;
use crate::model::{FileId, Origin, Problem, Reason, Span, Spanned};

/// What one install command installs.
#[derive(Clone, Debug)]
pub struct Installed {
    /// Everything besides the project itself, by normalized name.
    pub packages: BTreeMap<String, Package>,
    /// Whether these are exactly the packages, or why more or others may come.
    pub complete: Result<(), Reason>,
    /// Why the command would refuse; then nothing is installed.
    pub refused: Option<Reason>,
    /// Whether the project itself is installed too; `None` where that does not arise.
    pub project: Option<bool>,
    /// The lock file that was read.
    pub lock: Option<FileId>,
    /// The files that were read.
    pub sources: Vec<Source>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

impl Default for Installed {
    fn default() -> Self {
        Self {
            packages: BTreeMap::new(),
            complete: Ok(()),
            refused: None,
            project: None,
            lock: None,
            sources: Vec::new(),
            problems: Vec::new(),
        }
    }
}

/// A file that an install command reads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    /// The file.
    pub file: FileId,
    /// The group that was taken from it.
    pub group: Option<String>,
    /// The place that included it.
    pub span: Option<Span>,
}

/// One package that is installed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Package {
    /// The normalized name.
    pub name: String,
    /// The exact version, if the files fix it, at its place.
    pub version: Option<Spanned<String>>,
    /// The specifier of the requirement, at its place.
    pub specifier: Option<Spanned<String>>,
    /// The extras that are asked for.
    pub extras: BTreeSet<String>,
    /// The group it came by: `main`, `dev`, an extra's name.
    pub group: Option<String>,
    /// Whether the project names it itself.
    pub direct: bool,
    /// Whether a lock or `==` fixes it.
    pub pinned: bool,
    /// Whether it came by a development group only.
    pub dev: bool,
    /// The requirement line, or the lock's version, first; then what led to it.
    pub origin: Origin,
    /// Whether its markers hold; `None` if that is not known.
    pub applies: Option<bool>,
}

/// What an install command installs in a folder of the tree, such as `["uv", "sync", "--no-dev"]`.
pub fn installed(tree: &Tree, folder: &str, argv: &[String], vars: &Vars, markers: &MarkerEnv) -> Installed {
    let _ = (tree, folder, argv, vars, markers);
    Installed::default()
}

/// What a `pip wheel` or `pip download` command gathers, and the folder it goes to (`-w`, `-d`).
#[derive(Clone, Debug, Default)]
pub struct Gathered {
    /// The packages.
    pub installed: Installed,
    /// The target folder as written.
    pub folder: Option<String>,
}

/// Reads a `pip wheel` or `pip download` command; `None` if it is not one.
pub fn pip_wheel(tree: &Tree, folder: &str, argv: &[String], vars: &Vars, markers: &MarkerEnv) -> Option<Gathered> {
    let _ = (tree, folder, argv, vars, markers);
    None
}
