//! What an install command installs: project manifests and lock files (uv, Poetry, PDM, pipenv, PEP 751) and pip's arguments.

pub mod argv;
mod asked;
mod conda;
pub mod data;
mod fresh;
pub mod hatch;
pub mod manifest;
mod own;
mod pdm;
mod pip;
mod pipenv;
mod pipfile;
mod plan;
mod poetry;
pub mod poetry_groups;
pub mod pylock;
mod settle;
#[cfg(test)]
mod tests;
mod uv;

use std::collections::{BTreeMap, BTreeSet};

use crate::discover::Tree;
use crate::formats::Vars;
use crate::formats::requirements::MarkerEnv;
use crate::model::{FileId, Known, Origin, Problem, Reason, Span, Spanned};
use plan::Plan;

/// The place of what stands on the command line itself: the caller knows where that is.
pub const NOWHERE: Span = Span { file: FileId(u32::MAX), start: 0, end: 0 };

/// What one install command installs.
#[derive(Clone, Debug)]
pub struct Installed {
    /// Everything besides the project itself, by normalized name.
    pub packages: BTreeMap<String, Package>,
    /// Those of them that the command and its files ask for, where folders or extras which these name ask for more.
    pub asked: Option<BTreeMap<String, Package>>,
    /// Whether these are exactly the packages, or why more or others may come.
    pub complete: Result<(), Reason>,
    /// Why the command would refuse; the packages are those that the files name all the same.
    pub refused: Option<Reason>,
    /// What was read by a rule of ours that no package manager confirms: a harmless flag, a build's own metadata.
    pub unconfirmed: Option<Reason>,
    /// Whether the project itself is installed too; `None` where that does not arise.
    pub project: Option<bool>,
    /// The interpreter that the packages are installed for where they bring or ask for one: conda and Hatch do.
    pub python: Option<Known<Spanned<String>>>,
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
            asked: None,
            complete: Ok(()),
            refused: None,
            unconfirmed: None,
            project: None,
            python: None,
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
    /// Whether it brings the libraries of the system that it needs, as packages of conda do.
    pub bundled: bool,
    /// The requirement line, or the lock's version, first; then what led to it.
    pub origin: Origin,
    /// Whether its markers hold; `None` if that is not known.
    pub applies: Option<bool>,
}

pub use crate::model::UNLISTED;

/// What an install command installs in a folder of the tree, such as `["uv", "sync", "--no-dev"]`.
pub fn installed(tree: &Tree, folder: &str, argv: &[String], vars: &Vars, markers: &MarkerEnv) -> Installed {
    installed_from(tree, folder, argv, vars, markers, None)
}

/// The same from a lock file at a path, relative to the folder.
pub fn installed_from(
    tree: &Tree,
    folder: &str,
    argv: &[String],
    vars: &Vars,
    markers: &MarkerEnv,
    lock: Option<&str>,
) -> Installed {
    let mut plan = Plan { tree, folder, vars, markers, lock, out: Installed::default() };
    if let Err(reason) = dispatch(&mut plan, argv) {
        plan.out.packages.clear();
        plan.out.complete = Err(reason.clone());
        plan.out.refused = Some(reason);
    }
    plan.out
}

/// Whether a word is an assignment before a command.
fn assigns(word: &str) -> bool {
    let name = word.split_once('=').map_or("", |(name, _)| name);
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// The command without what stands before it: `python -m`, paths, options before the verb.
fn bare(argv: &[String]) -> Result<Bare, Reason> {
    let base = |word: &str| word.rsplit('/').next().unwrap_or_default().to_owned();
    let mut words = argv.iter().skip_while(|w| matches!(w.as_str(), "sudo" | "exec" | "env" | "command") || assigns(w));
    let mut name = base(words.next().map_or("", String::as_str));
    let mut rest: Vec<String> = words.cloned().collect();
    let python = name.strip_prefix("python").or(name.strip_prefix("pypy"));
    if python.is_some_and(|v| v.bytes().all(|b| b.is_ascii_digit() || b == b'.')) {
        let at = rest.iter().position(|w| w == "-m").filter(|at| rest[..*at].iter().all(|w| w.starts_with('-')));
        let at = at.filter(|at| at + 1 < rest.len()).ok_or_else(|| Reason::new("not an install command"))?;
        name.clone_from(&rest[at + 1]);
        rest.drain(..at + 2);
    }
    if name.strip_prefix("pip").is_some_and(|v| v.bytes().all(|b| b.is_ascii_digit() || b == b'.')) {
        name = "pip".into();
    }
    let mut moved = Vec::new();
    while rest.first().is_some_and(|w| w.starts_with('-')) && rest.len() > 1 {
        let word = rest.remove(0);
        if matches!(word.as_str(), "--project" | "--directory" | "-C" | "-P" | "-p") {
            moved.extend([word, rest.remove(0)]);
        } else if word.starts_with("--project=") || word.starts_with("--directory=") {
            moved.push(word);
        }
    }
    // Where the project lies may also be said behind the verb.
    let at = 1.min(rest.len());
    let elsewhere = !moved.is_empty();
    rest.splice(at..at, moved);
    Ok(Bare { name, words: rest, elsewhere })
}

/// A command without what stands before it.
struct Bare {
    name: String,
    words: Vec<String>,
    /// Whether options before the verb say where the project lies.
    elsewhere: bool,
}

fn dispatch(plan: &mut Plan<'_>, argv: &[String]) -> Result<(), Reason> {
    if let Some(call) = hatch::call(argv) {
        return hatch::run(plan, &call);
    }
    let Bare { name, words: rest, elsewhere } = bare(argv)?;
    let verb = rest.first().map_or("", String::as_str);
    let second = rest.get(1).map_or("", String::as_str);
    let words = rest.get(1..).unwrap_or_default();
    let done = match (name.as_str(), verb) {
        ("uv", "pip") if matches!(second, "install" | "sync") => {
            pip::run(plan, rest.get(2..).unwrap_or_default(), true, second == "sync").map(|_| ())
        }
        ("pip", "install") => pip::run(plan, words, false, false).map(|_| ()),
        ("uv", "sync" | "run" | "export") => uv::run(plan, verb, words),
        ("poetry", "install" | "sync" | "export") => poetry::run(plan, verb, words),
        ("pdm", "install" | "sync" | "export") => pdm::run(plan, verb, words),
        ("pipenv", "install" | "sync" | "requirements") => pipenv::run(plan, verb, words),
        // <https://github.com/hypothesis/pip-sync-faster>: `pip-sync`, left out where nothing has changed.
        ("pip-sync" | "pip-sync-faster", _) => pip::sync(plan, &rest),
        ("piptools", "sync") => pip::sync(plan, words),
        ("conda" | "mamba" | "micromamba", _) => conda::run(plan, &rest),
        _ => Err(Reason::new(format!("{name} {verb} is not an install command that is understood"))),
    };
    if elsewhere {
        plan.out.unconfirmed.get_or_insert_with(|| Reason::new("options before the verb say where the project lies"));
    }
    done
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
    let Bare { name, words: rest, .. } = bare(argv).ok()?;
    if name != "pip" || !matches!(rest.first().map(String::as_str), Some("wheel" | "download")) {
        return None;
    }
    let mut plan = Plan { tree, folder, vars, markers, lock: None, out: Installed::default() };
    let found = pip::run(&mut plan, rest.get(1..).unwrap_or_default(), false, false);
    let folder = match found {
        Ok(flags) => flags.values(&["-w", "--wheel-dir", "-d", "--dest"]).last().map(str::to_owned),
        Err(reason) => {
            plan.out.packages.clear();
            plan.out.complete = Err(reason.clone());
            plan.out.refused = Some(reason);
            None
        }
    };
    Some(Gathered { installed: plan.out, folder })
}
