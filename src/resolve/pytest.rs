//! What pytest's own files say of the settings.

use super::components::Context;
use super::part::Part;
use crate::discover::paths;
use crate::environments::SettingsChoice;
use crate::formats::small::pytest_options::{self, PytestOptions};
use crate::formats::{Var, World};
use crate::model::{Origin, Spanned};

/// The module that pytest's options name.
pub(super) fn module(context: &Context<'_, '_>, part: Option<&Part<'_>>) -> Option<(SettingsChoice, bool)> {
    if let Some(choice) = part.and_then(by_option) {
        return Some((choice, true));
    }
    options(context, part).into_iter().find_map(|options| {
        let module = options.settings.as_ref()?;
        let choice = SettingsChoice { module: module.value.clone(), class: None, span: Some(module.span) };
        Some((choice, options.forced))
    })
}

/// The module that pytest is told with `--ds`.
fn by_option(part: &Part<'_>) -> Option<SettingsChoice> {
    part.processes.iter().find_map(|process| {
        let at = process.argv.iter().position(|word| word.contains("pytest"))?;
        let rest = process.argv.get(at + 1..)?;
        let flag = rest.iter().position(|word| word == "--ds" || word.starts_with("--ds="))?;
        let module = rest[flag].strip_prefix("--ds=").or_else(|| rest.get(flag + 1).map(String::as_str))?;
        Some(SettingsChoice { module: module.to_owned(), class: None, span: process.origin.primary() })
    })
}

/// The class of settings that pytest's options name.
pub(super) fn configuration(context: &Context<'_, '_>, part: Option<&Part<'_>>) -> Option<Spanned<String>> {
    options(context, part).into_iter().find_map(|options| options.configuration)
}

/// What pytest is told by its files, where the component runs it.
fn options(context: &Context<'_, '_>, part: Option<&Part<'_>>) -> Vec<PytestOptions> {
    let runs = |argv: &[String]| argv.iter().any(|word| word.contains("pytest") || word == "tox");
    let uses_pytest = part.is_none_or(|part| {
        part.commands.iter().any(|(argv, _)| runs(argv)) || part.processes.iter().any(|process| runs(&process.argv))
    });
    if !uses_pytest {
        return Vec::new();
    }
    let tree = context.repository.tree;
    let folder = part.map(|part| part.folder.clone()).unwrap_or_default();
    let read = |name: &&str| {
        let file = paths::join(&folder, name).and_then(|path| tree.find(&path)).or_else(|| tree.find(name))?;
        let options = tree.parsed(file, |file, text| pytest_options::parse(file, name, text)).ok()?;
        Option::clone(&options)
    };
    ["pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg"].iter().filter_map(read).collect()
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
    world
}
