//! Targets of makefiles: what `make target` comes to.

use super::runners::{MAX_TARGETS, Piece};
use crate::discover::{Tree, paths};
use crate::formats::shell::Dialect;
use crate::formats::small::makefile::{self, Given, Makefile, Target, Variables};
use crate::formats::{Var, Vars};
use crate::model::{FileId, Origin};

/// How deep makefiles may include one another.
const MAX_INCLUDES: usize = 4;
/// How deep targets may need one another.
const MAX_NEEDS: usize = 32;

/// A makefile with those that it includes from the repository.
pub fn makefile(tree: &Tree, file: FileId) -> Option<Makefile> {
    included(tree, file, 0)
}

fn included(tree: &Tree, file: FileId, depth: usize) -> Option<Makefile> {
    let mut whole = Makefile::clone(&*tree.parsed(file, makefile::parse).ok()?);
    let folder = paths::parent(tree.path(file)).to_owned();
    for path in whole.includes.clone().iter().filter(|_| depth < MAX_INCLUDES).take(MAX_TARGETS) {
        // A path is looked up where make was started, which is mostly where the makefile stands.
        let found =
            paths::join(&folder, &path.value).and_then(|path| tree.find(&path)).or_else(|| tree.find(&path.value));
        if let Some(other) = found.filter(|other| *other != file).and_then(|other| included(tree, other, depth + 1)) {
            whole.include(&other);
        }
    }
    Some(whole)
}

/// What a `make` command asks for.
#[derive(Default)]
struct MakeCall {
    folder: Option<String>,
    file: Option<String>,
    given: Given,
    targets: Vec<String>,
}

fn make_call(argv: &[String]) -> MakeCall {
    let mut call = MakeCall::default();
    let mut words = argv.iter().skip(1);
    while let Some(word) = words.next() {
        let (flag, joined) = match word.strip_prefix("--") {
            Some(long) => long.split_once('=').map_or((long, None), |(flag, value)| (flag, Some(value))),
            None => match word.strip_prefix('-').and_then(|short| Some((short, short.chars().next()?))) {
                Some((short, first)) if "CfIoWlj".contains(first) => {
                    (&short[..1], short.get(1..).filter(|rest| !rest.is_empty()))
                }
                Some(_) => continue,
                None => {
                    match word.split_once('=') {
                        Some((name, value)) if !name.is_empty() => {
                            call.given.insert(name.trim_end_matches([':', '+', '?']).to_owned(), value.to_owned());
                        }
                        _ => call.targets.push(word.clone()),
                    }
                    continue;
                }
            },
        };
        match flag {
            "C" | "directory" => call.folder = joined.map(str::to_owned).or_else(|| words.next().cloned()),
            "f" | "file" | "makefile" => call.file = joined.map(str::to_owned).or_else(|| words.next().cloned()),
            "I" | "o" | "W" | "include-dir" | "old-file" | "what-if" if joined.is_none() => {
                words.next();
            }
            _ => {}
        }
    }
    call
}

/// The targets that are made, what they need before them, each with the variables that those which need it hand down.
fn wanted(makefile: &Makefile, call: &MakeCall) -> Vec<Target> {
    let mut first: Vec<&Target> = call.targets.iter().filter_map(|name| makefile.target(name)).collect();
    if call.targets.is_empty() {
        first.extend(makefile.default_goal());
    }
    let mut seen = Vec::new();
    let mut all = Vec::new();
    for target in first {
        needed(makefile, target.clone(), 0, &mut seen, &mut all);
    }
    all
}

fn needed(makefile: &Makefile, target: Target, depth: usize, seen: &mut Vec<String>, all: &mut Vec<Target>) {
    if depth > MAX_NEEDS || seen.len() >= MAX_TARGETS || seen.contains(&target.name.value) {
        return;
    }
    seen.push(target.name.value.clone());
    for need in &target.needs {
        let Some(found) = makefile.target(&need.value) else { continue };
        let mut variables: Variables = target.variables.clone();
        variables.extend(found.variables.clone());
        needed(makefile, Target { variables, ..found.clone() }, depth + 1, seen, all);
    }
    all.push(target);
}

/// What a call of make runs.
pub(super) fn pieces(tree: &Tree, argv: &[String], folder: &str) -> Option<Vec<Piece>> {
    let call = make_call(argv);
    let folder = call.folder.as_ref().map_or_else(|| Some(folder.to_owned()), |to| paths::join(folder, to))?;
    let find = |name: &str| tree.find(&paths::join(&folder, name)?);
    let file = match &call.file {
        Some(name) => find(name),
        None => ["GNUmakefile", "makefile", "Makefile"].iter().find_map(|name| find(name)),
    };
    let makefile = makefile(tree, file?)?;
    let targets = wanted(&makefile, &call);
    Some(targets.iter().flat_map(|target| recipe(&makefile, target, &call.given, &folder)).collect())
}

/// The lines of a target's recipe.
fn recipe(makefile: &Makefile, target: &Target, given: &Given, folder: &str) -> Vec<Piece> {
    let exported = makefile.environment(target, given);
    let vars: Vars =
        exported.into_iter().map(|(name, text)| (name, Var::set(text.value, Origin::set(text.span)))).collect();
    let piece = |line: makefile::RecipeLine| Piece {
        text: line.command.text,
        map: line.command.map,
        folder: folder.to_owned(),
        vars: vars.clone(),
        may_fail: line.ignores_errors,
        dialect: Dialect::Posix,
    };
    makefile.commands(target, given).into_iter().map(piece).collect()
}

/// What every target of a makefile runs.
pub(super) fn every(tree: &Tree, file: FileId) -> Vec<(String, Vec<Piece>)> {
    let Some(makefile) = makefile(tree, file) else { return Vec::new() };
    let folder = paths::parent(tree.path(file)).to_owned();
    let one = |target: &Target| (target.name.value.clone(), recipe(&makefile, target, &Given::new(), &folder));
    makefile.targets.iter().map(one).collect()
}
