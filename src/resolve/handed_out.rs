//! Settings that a function of the program hands out: `get_settings()` picks a class by a variable and makes its object.

use super::components::Context;
use super::part::Part;
use crate::discover::{Kind, paths};
use crate::environments::SettingsChoice;
use crate::environments::settings::{Module, module_name};
use crate::formats::World;
use crate::formats::python::{self, Evaluator, Settings};
use crate::model::{Role, Span};

/// The settings that are handed out: where a variable that is not known picks them, those that are named for the role.
pub(super) fn choices(
    context: &Context<'_, '_>,
    part: Option<&Part<'_>>,
    modules: &[Module],
    role: Role,
    world: &World,
) -> Vec<SettingsChoice> {
    let Some(handed) = choice(context, part) else { return Vec::new() };
    let named = || modules.iter().find(|module| module.role.as_ref().is_some_and(|(found, _)| *found == role));
    let own =
        named().filter(|_| world.is_open() && role != Role::Production).and_then(
            |module| match python::config_classes(context.repository.tree, module.file).as_slice() {
                [class] => Some(SettingsChoice {
                    module: module.name.clone(),
                    class: Some(class.name.clone()),
                    span: Some(class.span),
                }),
                _ => None,
            },
        );
    own.into_iter().chain([handed]).collect()
}

/// What the first of several choices comes to that holds anything.
pub(super) fn settings(
    evaluator: &Evaluator<'_>,
    choices: Vec<SettingsChoice>,
    world: &World,
) -> Option<(Settings, SettingsChoice)> {
    let evaluated = |one: SettingsChoice| (evaluator.module(&one.module, world, one.class.as_deref()), one);
    choices.into_iter().map(evaluated).find(|(found, _)| !found.values.is_empty())
}

/// The function that hands out the settings of a program, where the repository has one module with such a function.
fn choice(context: &Context<'_, '_>, part: Option<&Part<'_>>) -> Option<SettingsChoice> {
    let tree = context.repository.tree;
    let folder = part.map(|part| part.folder.trim_matches(['.', '/']).to_owned()).unwrap_or_default();
    let ours = |path: &str| {
        let config = ["config.py", "settings.py", "configuration.py", "conf.py"].contains(&paths::name(path));
        let below = path.strip_prefix(folder.as_str());
        let near = folder.is_empty() || below.is_some_and(|rest| rest.starts_with('/'));
        config && near && !path.split('/').any(|word| ["test", "tests", "examples", "docs"].contains(&word))
    };
    let files = context.repository.of(Kind::Python).iter().copied().filter(|file| ours(tree.path(*file)));
    let mut found = files.filter_map(|file| Some((file, python::settings_function(tree, file)?)));
    let (file, function) = found.next()?;
    if found.next().is_some() {
        return None;
    }
    let (_, module) = module_name(context.repository, tree.path(file));
    Some(SettingsChoice { module, class: Some(function), span: Some(Span::new(file, 0, 0)) })
}
