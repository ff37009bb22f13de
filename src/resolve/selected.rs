//! The class of settings that a variable selects in the code.

use super::components::Context;
use super::settings::MODULE_VARIABLE;
use crate::discover::paths;
use crate::environments::SettingsChoice;
use crate::environments::settings::Module;
use crate::environments::words::role_of_value;
use crate::formats::python::{self, Selection};
use crate::formats::{Var, World};
use crate::model::{Known, Origin, Role, Span};

/// Whether a file is one that chooses settings.
fn selects(path: &str) -> bool {
    ["config.py", "app.py", "wsgi.py", "main.py", "manage.py", "__init__.py", "settings.py"]
        .contains(&paths::name(path))
        || !path.contains('/')
}

/// All that is selected in the files that choose settings. What only looks into a mapping has the mapping's cases.
fn all(context: &Context<'_, '_>) -> Vec<Selection> {
    let tree = context.repository.tree;
    let files = context.repository.of(crate::discover::Kind::Python).iter();
    let files = files.copied().filter(|file| selects(tree.path(*file)));
    let mut all: Vec<Selection> = files.flat_map(|file| python::selections(tree, file)).collect();
    let mappings: Vec<Selection> = all.iter().filter(|one| one.variable.is_none()).cloned().collect();
    for one in all.iter_mut().filter(|one| one.variable.is_some() && one.cases.is_empty()) {
        let looked_into = mappings.iter().find(|mapping| mapping.mapping == one.mapping);
        one.cases = looked_into.map(|mapping| mapping.cases.clone()).unwrap_or_default();
    }
    all.retain(|one| !one.cases.is_empty());
    all
}

/// The class that a selector variable of the code picks.
pub(super) fn class(
    context: &Context<'_, '_>,
    modules: &[Module],
    world: &World,
    role: Role,
) -> Option<SettingsChoice> {
    let all = all(context);
    for selection in all.iter().filter(|selection| selection.variable.is_some()) {
        let name = selection.variable.as_deref().unwrap_or_default();
        let var = world.get(name);
        let value = match var.value {
            Known::One(value) => value,
            Known::Absent => selection.default.clone()?,
            // A developer sets what has no default.
            Known::Unknown(_) if role == Role::Development && !world.vars().contains_key(name) => {
                let Some(default) = selection.default.clone() else { continue };
                default
            }
            // What is named for none of them runs with what is left.
            Known::Unknown(_) if role == Role::Production && selection.fallback.is_some() => named(selection, role),
            _ => continue,
        };
        let case = selection.cases.iter().find(|(name, ..)| *name == value).map(|(_, target, span)| (target, *span));
        let case = case.or_else(|| selection.fallback.as_ref().map(|(target, span)| (target, *span)));
        let Some((target, span)) = case else { continue };
        let class = target.rsplit('.').next().unwrap_or(target);
        let module = modules.iter().find(|module| module.classes.iter().any(|known| known.name == class));
        if let Some(module) = module {
            let span = var.origin.primary().unwrap_or(span);
            let class = Some(class.to_owned());
            return Some(SettingsChoice { module: module.name.clone(), class, span: Some(span) });
        }
    }
    None
}

/// The module's own name is set while it is loaded.
pub(super) fn with_selector(mut world: World, choice: &SettingsChoice) -> World {
    if choice.class.is_none() && !world.vars().contains_key(MODULE_VARIABLE) {
        let origin = choice.span.map(Origin::set).unwrap_or_default();
        world.vars_mut().insert(MODULE_VARIABLE.into(), Var::set(choice.module.clone(), origin));
    }
    world
}

/// The class that a name stands for in the mappings of the code.
pub(super) fn case(context: &Context<'_, '_>, name: &str) -> Option<String> {
    let all = all(context);
    let (_, target, _) = all.iter().flat_map(|selection| &selection.cases).find(|(known, ..)| known == name)?;
    Some(target.rsplit('.').next().unwrap_or(target).to_owned())
}

/// The case that is named for a role; where none is, no case's name.
fn named(selection: &Selection, role: Role) -> String {
    let is = |name: &&String| role_of_value(name).is_some_and(|(found, _)| found == role);
    selection.cases.iter().map(|(name, ..)| name).find(is).cloned().unwrap_or_default()
}

/// The class that is taken while the selector variable of the code is not set, where the variable is not.
pub(super) fn fallback(context: &Context<'_, '_>, world: &World) -> Option<(String, Span)> {
    let tree = context.repository.tree;
    let all = all(context);
    let case = |default: &str| {
        let mut cases = all.iter().flat_map(|selection| &selection.cases);
        cases.find(|(name, ..)| name == default).map_or_else(|| default.to_owned(), |(_, target, _)| target.clone())
    };
    let files = context.repository.of(crate::discover::Kind::Python).iter();
    let files = files.copied().filter(|file| selects(tree.path(*file)));
    let from_object = files.flat_map(|file| python::entry_points(tree, file).from_object).find_map(|from| {
        let (variable, default, _) = from.selector?;
        Some((variable, default?, from.span))
    });
    let selection = || {
        let found = all.iter().find(|one| one.variable.is_some())?;
        Some((found.variable.clone()?, found.default.clone()?, found.span))
    };
    let (variable, default, span) = from_object.or_else(selection)?;
    (!world.vars().contains_key(&variable)).then(|| (case(&default), span))
}
