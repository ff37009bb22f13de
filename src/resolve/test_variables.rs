//! The variables that the tests set for themselves before they load the program.

use std::collections::BTreeSet;

use super::components::Context;
use super::part::Part;
use super::pytest;
use super::settings::MODULE_VARIABLE;
use crate::discover::{Tree, paths};
use crate::environments::SettingsChoice;
use crate::formats::python::conftest;
use crate::formats::{Var, World};
use crate::model::{ComponentKind, FileId, Origin, Role};

/// The world after what pytest sets before it loads the settings, and what the tests' own files do then.
pub(super) fn with(context: &Context<'_, '_>, part: Option<&Part<'_>>, world: World) -> World {
    with_names(context, part, world).0
}

fn with_names(context: &Context<'_, '_>, part: Option<&Part<'_>>, mut world: World) -> (World, Vec<String>) {
    let mut names = Vec::new();
    for (name, text) in pytest::options(context, part).into_iter().flat_map(|options| options.env) {
        let default = name.starts_with("D:");
        let name = name.trim_start_matches("D:").trim_start_matches("R:");
        if !(default && world.vars().contains_key(name)) {
            world.vars_mut().insert(name.to_owned(), Var::set(text.value, Origin::set(text.span)));
            names.push(name.to_owned());
        }
    }
    let folder = part.map(|part| part.folder.as_str()).unwrap_or_default();
    let options = pytest::options(context, part).unwrap_or_default();
    for path in &options.env_files {
        let tree = context.repository.tree;
        let file = paths::join(folder, &path.value).and_then(|path| tree.find(&path));
        names
            .extend(file.map(|file| conftest::load(tree, file, options.env_files_win, &mut world)).unwrap_or_default());
    }
    for file in before_settings(context, part) {
        names.extend(conftest::apply(context.repository.tree, file, folder, &mut world));
    }
    (world, names)
}

/// A component that runs tests with what these set for themselves.
pub(super) fn seen<'t>(context: &Context<'_, 't>, role: Role, part: &Part<'t>) -> Option<Part<'t>> {
    let runs = |argv: &[String]| argv.iter().any(|word| pytest::is_word(word) || word == "unittest");
    if role != Role::Test || part.kind != ComponentKind::App || !part.processes.iter().any(|one| runs(&one.argv)) {
        return None;
    }
    let (world, names) = with_names(context, Some(part), part.world.clone());
    let mut part = Part { world, ..part.clone() };
    part.providers.extend(names.into_iter().map(|name| (name, "tests")));
    Some(part)
}

/// The module that the tests' own files name where nothing else does.
pub(super) fn module(context: &Context<'_, '_>, part: Option<&Part<'_>>) -> Option<SettingsChoice> {
    let tree = context.repository.tree;
    let mut world = World::empty();
    for file in files(tree, part) {
        conftest::apply(tree, file, "", &mut world);
    }
    let var = world.get(MODULE_VARIABLE);
    Some(SettingsChoice { module: var.value.one()?.clone(), class: None, span: var.origin.primary() })
}

/// The files that set variables before the tests import the program. Django's settings are loaded before them.
fn before_settings(context: &Context<'_, '_>, part: Option<&Part<'_>>) -> Vec<FileId> {
    let tree = context.repository.tree;
    let is_django = |(file, path): (FileId, &str)| {
        paths::name(path) == "manage.py" && tree.text(file).is_ok_and(|text| text.contains("execute_from_command_line"))
    };
    if tree.files().any(is_django) {
        return Vec::new();
    }
    files(tree, part)
}

/// The files that the runner of the tests imports before any test, in order.
fn files(tree: &Tree, part: Option<&Part<'_>>) -> Vec<FileId> {
    let folder = part.map(|part| part.folder.as_str()).unwrap_or_default();
    let all = part.into_iter().flat_map(|part| part.processes.iter().map(|process| &process.argv[..]));
    let mut runs = all.filter_map(|argv| run(tree, folder, argv));
    let Some(first) = runs.next() else {
        let outside = part.is_some_and(is_tried_from_outside);
        return if outside { Vec::new() } else { of(tree, folder, &usual(), true) };
    };
    // Several runs have that in common which each of them imports.
    runs.fold(first, |known, own| known.into_iter().filter(|file| own.contains(file)).collect())
}

/// Whether a component only serves: a server that is tried from outside imports nothing of the tests.
pub(super) fn is_tried_from_outside(part: &Part<'_>) -> bool {
    let runs = |argv: &[String]| argv.iter().any(|word| pytest::is_word(word) || word == "unittest");
    !part.processes.iter().any(|process| runs(&process.argv)) && part.processes.iter().any(|one| one.server.is_some())
}

fn usual() -> Vec<String> {
    ["tests", "test"].map(str::to_owned).to_vec()
}

/// The files that one command imports; none if it runs no tests.
fn run(tree: &Tree, folder: &str, argv: &[String]) -> Option<Vec<FileId>> {
    let at = argv.iter().position(|word| pytest::is_word(word) || word == "unittest")?;
    let words = &argv[at + 1..];
    let by_pytest = pytest::is_word(&argv[at]);
    // What is discovered in a folder of its own is imported from there.
    if !by_pytest && words.first().is_some_and(|word| word == "discover") && words.len() > 1 {
        return Some(Vec::new());
    }
    let named = if by_pytest { places(tree, folder, words) } else { Vec::new() };
    Some(of(tree, folder, &if named.is_empty() { usual() } else { named }, by_pytest))
}

/// The folders of tests that the words behind pytest name.
pub(super) fn places(tree: &Tree, folder: &str, words: &[String]) -> Vec<String> {
    let valued = |at: usize| at > 0 && VALUED.contains(&words[at - 1].as_str());
    let named = words.iter().enumerate().filter(|(at, word)| !valued(*at) && !word.starts_with('-'));
    named.filter_map(|(_, word)| place(tree, folder, word)).collect()
}

/// Options of pytest that take the next word.
const VALUED: [&str; 13] = [
    "-c",
    "--config-file",
    "--rootdir",
    "--ignore",
    "--deselect",
    "-p",
    "-m",
    "-k",
    "-n",
    "-o",
    "--ds",
    "--cov",
    "--confcutdir",
];

/// The folder of the tests that a word names.
fn place(tree: &Tree, folder: &str, word: &str) -> Option<String> {
    let word = word.split("::").next().unwrap_or(word).trim_start_matches("./").trim_end_matches('/');
    let path = paths::join(folder, word)?;
    if tree.find(&path).is_some() {
        return Some(paths::parent(word).to_owned());
    }
    (!path.is_empty() && tree.is_dir(&path)).then(|| word.to_owned())
}

/// The files of folders of tests and of those above them.
fn of(tree: &Tree, folder: &str, places: &[String], by_pytest: bool) -> Vec<FileId> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for place in places {
        let parts = || place.split('/').filter(|part| !part.is_empty());
        for depth in 0..=parts().count() {
            let own = parts().take(depth).collect::<Vec<_>>().join("/");
            let package = parts().take(depth).any(|part| ["tests", "test"].contains(&part));
            let names = [package.then_some("__init__.py"), by_pytest.then_some("conftest.py")];
            for name in names.into_iter().flatten() {
                let path = paths::join(&own, name).unwrap_or_default();
                let file = paths::join(folder, &path).and_then(|path| tree.find(&path)).or_else(|| tree.find(&path));
                found.extend(file.filter(|file| seen.insert(*file)));
            }
        }
    }
    found
}
