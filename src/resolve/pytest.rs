//! What pytest's own files say of the settings.

use super::components::Context;
use super::part::Part;
use super::settings::MODULE_VARIABLE;
use crate::discover::{Tree, paths};
use crate::environments::SettingsChoice;
use crate::formats::python::{Run, conftest};
use crate::formats::small::pytest_options::{self, PytestOptions};
use crate::formats::{Var, World};
use crate::model::{FileId, Known, Origin, Reason, Role, Spanned};

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
    part.processes.iter().find_map(|process| {
        let at = process.argv.iter().position(|word| is_word(word))?;
        let rest = process.argv.get(at + 1..)?;
        let flag = rest.iter().position(|word| word == "--ds" || word.starts_with("--ds="))?;
        let module = rest[flag].strip_prefix("--ds=").or_else(|| rest.get(flag + 1).map(String::as_str))?;
        Some(SettingsChoice { module: module.to_owned(), class: None, span: process.origin.primary() })
    })
}

/// Whether a word of a command line is pytest, under its old name too.
fn is_word(word: &str) -> bool {
    word.contains("pytest") || paths::name(word) == "py.test"
}

/// The class of settings that pytest's options name.
pub(super) fn configuration(context: &Context<'_, '_>, part: Option<&Part<'_>>) -> Option<Spanned<String>> {
    options(context, part)?.configuration
}

/// What pytest is told by its files, where the component runs it.
fn options(context: &Context<'_, '_>, part: Option<&Part<'_>>) -> Option<PytestOptions> {
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
    let mut folders = vec![folder, String::new()];
    folders.dedup();
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

/// The variables that pytest sets before it loads the settings.
pub(super) fn with_variables(context: &Context<'_, '_>, part: Option<&Part<'_>>, mut world: World) -> World {
    for (name, text) in options(context, part).into_iter().flat_map(|options| options.env) {
        let default = name.starts_with("D:");
        let name = name.trim_start_matches("D:").trim_start_matches("R:");
        if !(default && world.vars().contains_key(name)) {
            world.vars_mut().insert(name.to_owned(), Var::set(text.value, Origin::set(text.span)));
        }
    }
    for given in
        conftests(context, part).into_iter().flat_map(|file| conftest::variables(context.repository.tree, file))
    {
        if given.default && world.vars().get(&given.name).is_some_and(|var| !var.certainty.is_default()) {
            continue;
        }
        let (value, span) = (given.value.value, given.value.span);
        let unknown = || Known::Unknown(Reason::at("the tests compute it", span));
        let var = Var { value: value.map_or_else(unknown, Known::One), ..Var::set(String::new(), Origin::set(span)) };
        world.vars_mut().insert(given.name, var);
    }
    world
}

/// The module that the tests' own files name where nothing else does.
pub(super) fn by_conftest(context: &Context<'_, '_>, part: Option<&Part<'_>>) -> Option<SettingsChoice> {
    let tree = context.repository.tree;
    let given = conftest_files(tree, part).into_iter().flat_map(|file| conftest::variables(tree, file));
    let last = given.filter(|given| given.name == MODULE_VARIABLE).last()?;
    Some(SettingsChoice { module: last.value.value?, class: None, span: Some(last.value.span) })
}

/// The files that set variables before the tests import the program. Django's settings are loaded before them.
fn conftests(context: &Context<'_, '_>, part: Option<&Part<'_>>) -> Vec<FileId> {
    let tree = context.repository.tree;
    let is_django = |(file, path): (FileId, &str)| {
        paths::name(path) == "manage.py" && tree.text(file).is_ok_and(|text| text.contains("execute_from_command_line"))
    };
    if tree.files().any(is_django) {
        return Vec::new();
    }
    conftest_files(tree, part)
}

fn conftest_files(tree: &Tree, part: Option<&Part<'_>>) -> Vec<FileId> {
    let folder = part.map(|part| part.folder.clone()).unwrap_or_default();
    let mut found: Vec<FileId> = Vec::new();
    for name in ["conftest.py", "tests/conftest.py", "test/conftest.py"] {
        let file = paths::join(&folder, name).and_then(|path| tree.find(&path)).or_else(|| tree.find(name));
        found.extend(file.filter(|file| !found.contains(file)));
    }
    found
}
