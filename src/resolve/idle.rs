//! Services that an environment starts and gives the address of, and that its settings never read, although production's do.

use std::collections::BTreeSet;

use super::components::Context;
use super::lacking::is_address;
use super::services::{Declared, Used};
use super::settings::Loaded;
use super::state::Statements;
use crate::discover::Kind;
use crate::knowledge::{services, variables};
use crate::model::{Dimension, Origin, Role};

/// A service whose address is given to settings that do not read it.
pub(super) struct Idle {
    name: String,
    variables: Vec<(String, Origin)>,
}

/// The services of an environment that its settings surely do not read.
pub(super) fn of(
    context: &Context<'_, '_>,
    role: Role,
    used: &[Used],
    declared: &[Declared],
    loaded: Option<&Loaded>,
) -> Vec<Idle> {
    let sure = |loaded: &&Loaded| {
        let settings = &loaded.settings;
        let whole = settings.reads_unsure.is_none()
            && settings.problems.is_empty()
            && settings.missing_modules.iter().all(|module| !module.star);
        whole && loaded.selected && loaded.unseen.is_none() && settings.values.contains_key("INSTALLED_APPS")
    };
    let Some(loaded) = loaded.filter(|_| role != Role::Production).filter(sure) else { return Vec::new() };
    let read = |name: &str| loaded.settings.reads.iter().any(|read| read.name == name);
    let mut found = Vec::new();
    for one in declared.iter().filter(|one| !one.emulates) {
        let speaks = |used: &&Used| match used.product.one() {
            Some(product) => services::wire_compatible(product, &one.product),
            None => true,
        };
        let given: Vec<(String, Origin)> = loaded
            .world
            .vars()
            .iter()
            .filter(|(_, var)| var.value.one().is_some_and(|text| is_address(text, &one.name)))
            .map(|(name, var)| (name.clone(), var.origin.clone()))
            .collect();
        let asked = |name: &String| {
            read(name) || name.starts_with("CELERY_") || variables::is_ambient(name) || elsewhere(context, loaded, name)
        };
        let idle = !given.is_empty() && !given.iter().any(|(name, _)| asked(name));
        if idle && !used.iter().any(|one| speaks(&one)) {
            found.push(Idle { name: one.name.clone(), variables: given });
        }
    }
    found
}

/// Whether code beside the settings speaks of a variable.
fn elsewhere(context: &Context<'_, '_>, loaded: &Loaded, name: &str) -> bool {
    let tree = context.repository.tree;
    let kinds = [Kind::Python, Kind::Shell];
    let mut files = kinds.iter().flat_map(|kind| context.repository.of(*kind));
    files.any(|file| {
        let other_settings = tree.path(*file).contains("settings");
        let own = loaded.settings.files.iter().any(|(known, _)| known == file);
        !own && !other_settings && tree.text(*file).is_ok_and(|text| text.contains(name))
    })
}

/// The variables that production's settings read.
pub(super) fn read_by(loaded: Option<&Loaded>) -> BTreeSet<String> {
    loaded.iter().flat_map(|loaded| &loaded.settings.reads).map(|read| read.name.clone()).collect()
}

/// States the services of an environment that nothing reads and that production's settings do.
pub(super) fn state(statements: &mut Statements, idle: &[Idle], read: &BTreeSet<String>) {
    for one in idle {
        let Some((variable, origin)) = one.variables.iter().find(|(name, _)| read.contains(name)) else { continue };
        let mut fact = statements.about(None, Dimension::Service, &one.name);
        fact.text("unread", variable, origin);
    }
}
