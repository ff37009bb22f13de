//! What pytest's own files say of the settings.

use super::components::Context;
use super::part::Part;
use super::test_variables;
use crate::discover::{Tree, paths};
use crate::environments::SettingsChoice;
use crate::formats::python::Run;
use crate::formats::shell::split_words;
use crate::formats::small::pytest_options::{self, PytestOptions};
use crate::model::{Role, Spanned};

/// The module that pytest's options name.
pub(super) fn module(context: &Context<'_, '_>, part: Option<&Part<'_>>) -> Option<(SettingsChoice, bool)> {
    if let Some(choice) = part.and_then(by_option) {
        return Some((choice, true));
    }
    let options = options(context, part)?;
    let module = options.settings?;
    Some((SettingsChoice { module: module.value, class: None, span: Some(module.span) }, options.forced))
}

/// The module that pytest is told with `--ds`.
fn by_option(part: &Part<'_>) -> Option<SettingsChoice> {
    let told = |words: &[String], span| {
        let module = value_of(words, &["--ds"])?;
        Some(SettingsChoice { module: module.to_owned(), class: None, span })
    };
    let by_word = part.processes.iter().find_map(|process| told(words(&process.argv)?, process.origin.primary()));
    // What the variable says stands before the words of the command.
    let added = || {
        let var = part.world.vars().get("PYTEST_ADDOPTS")?;
        part.processes.iter().find_map(|process| words(&process.argv))?;
        told(&split_words(var.value.one()?), var.origin.primary())
    };
    by_word.or_else(added)
}

/// The words behind pytest.
fn words(argv: &[String]) -> Option<&[String]> {
    argv.get(argv.iter().position(|word| is_word(word))? + 1..)
}

/// What an option is given, in the next word or behind `=`.
fn value_of<'w>(words: &'w [String], names: &[&str]) -> Option<&'w str> {
    words.iter().enumerate().find_map(|(at, word)| {
        if names.contains(&word.as_str()) {
            return words.get(at + 1).map(String::as_str);
        }
        names.iter().find_map(|name| word.strip_prefix(name)?.strip_prefix('='))
    })
}

/// Whether a word of a command line is pytest, under its old name too.
pub(super) fn is_word(word: &str) -> bool {
    word.contains("pytest") || paths::name(word) == "py.test"
}

/// The class of settings that pytest's options name.
pub(super) fn configuration(context: &Context<'_, '_>, part: Option<&Part<'_>>) -> Option<Spanned<String>> {
    options(context, part)?.configuration
}

/// What pytest is told by its files, where the component runs it.
pub(super) fn options(context: &Context<'_, '_>, part: Option<&Part<'_>>) -> Option<PytestOptions> {
    let runs = |argv: &[String]| argv.iter().any(|word| is_word(word) || word == "tox");
    let uses_pytest = part.is_none_or(|part| {
        part.commands.iter().any(|(argv, _)| runs(argv)) || part.processes.iter().any(|process| runs(&process.argv))
    });
    if !uses_pytest {
        return None;
    }
    let tree = context.repository.tree;
    let read = |path: &String| {
        let file = tree.find(path)?;
        let options = tree.parsed(file, |file, text| pytest_options::parse(file, paths::name(path), text)).ok()?;
        Option::clone(&options)
    };
    let folder = part.map(|part| part.folder.clone()).unwrap_or_default();
    let mut runs = part.into_iter().flat_map(|part| &part.processes).filter_map(|process| words(&process.argv));
    // A file that the command names is the only one.
    if let Some(file) = runs.clone().find_map(|words| value_of(words, &["-c", "--config-file"])) {
        return read(&paths::join(&folder, file)?);
    }
    let tests = runs.next().filter(|_| runs.next().is_none());
    let tests = tests.map(|words| test_variables::places(tree, &folder, words)).unwrap_or_default();
    let folders = searched(&folder, &tests);
    let files = folders.iter().flat_map(|folder| NAMES.iter().filter_map(|name| paths::join(folder, name)));
    let mut own_env = None;
    let mut chosen: Option<PytestOptions> = None;
    for options in files.filter_map(|path| read(&path)) {
        own_env = own_env.or_else(|| options.own_env.clone());
        chosen = chosen.or(Some(options).filter(|options| options.chosen));
    }
    let found = chosen.or_else(|| elsewhere(tree));
    if found.is_none() && own_env.is_none() {
        return None;
    }
    let found = found.unwrap_or_default();
    Some(PytestOptions { env: own_env.unwrap_or(found.env), own_env: None, ..found })
}

/// The folders where pytest looks: the one that all named tests lie in, and those above it.
fn searched(folder: &str, tests: &[String]) -> Vec<String> {
    let mut common = tests.first().cloned().unwrap_or_default();
    while !common.is_empty() && !tests.iter().all(|test| *test == common || test.starts_with(&format!("{common}/"))) {
        common = paths::parent(&common).to_owned();
    }
    let mut at = paths::join(folder, &common).unwrap_or_default();
    let mut found = vec![at.clone()];
    while !at.is_empty() {
        at = paths::parent(&at).to_owned();
        found.push(at.clone());
    }
    found
}

/// Where pytest looks for its options; it takes those of the first file that has any
/// (<https://docs.pytest.org/en/stable/reference/customize.html>).
const NAMES: [&str; 7] =
    ["pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg"];

/// The options of the one file of pytest's own that the repository holds, wherever the tests are started.
fn elsewhere(tree: &Tree) -> Option<PytestOptions> {
    let aside = |path: &str| path.split('/').any(|part| ["node_modules", "vendor", "third_party"].contains(&part));
    let mut own = tree.files().filter(|(_, path)| paths::name(path) == "pytest.ini" && !aside(path));
    let (file, _) = own.next().filter(|_| own.next().is_none())?;
    let options = tree.parsed(file, |file, text| pytest_options::parse(file, "pytest.ini", text)).ok()?;
    Option::clone(&options)
}

/// How the program is run, as far as its code may ask for it.
pub(super) fn run(part: Option<&Part<'_>>, role: Role) -> Run {
    if role != Role::Test {
        return Run::Served;
    }
    let Some(part) = part else { return Run::Unknown };
    let all = || part.commands.iter().map(|(argv, _)| argv).chain(part.processes.iter().map(|process| &process.argv));
    let is_pytest = |argv: &&Vec<String>| argv.iter().any(|word| ["pytest", "py.test"].contains(&paths::name(word)));
    let is_django = |argv: &&Vec<String>| {
        argv.windows(2).any(|pair| pair[1] == "test" && ["manage.py", "django-admin"].contains(&paths::name(&pair[0])))
    };
    match (all().any(|argv| is_pytest(&argv)), all().any(|argv| is_django(&argv))) {
        (true, false) => Run::Pytest,
        (false, true) => Run::Django,
        _ => Run::Unknown,
    }
}
