//! What a program would take where it is run in earnest: with DEBUG off, and told that it is production.

use std::collections::BTreeSet;

use super::settings::{MODULE_VARIABLE, Settings};
use crate::environments::SettingsChoice;
use crate::formats::python::{Evaluator, Val};
use crate::formats::{Var, World};
use crate::knowledge::{credentials, environments, settings};
use crate::model::{Known, Origin};

/// Texts that turn DEBUG off, in the order in which programs are likely to understand them.
const OFF: [&str; 3] = ["0", "False", ""];

/// The keys and passwords that are a text of the repository only where DEBUG is on, or where the variable that names the environment
/// is not set although it may be.
pub(super) fn developed(
    evaluator: &Evaluator<'_>,
    choice: &SettingsChoice,
    world: &World,
    found: &Settings,
) -> BTreeSet<String> {
    let opens = |name: &str| settings::signs(name) || credentials::opens(name).is_some();
    let texts: Vec<(&String, &Val)> = found
        .values
        .iter()
        .filter(|(name, val)| opens(name) && val.behind().as_str().is_some_and(|text| !text.is_empty()))
        .collect();
    let mut switches: BTreeSet<&String> =
        found.values.get("DEBUG").into_iter().flat_map(|val| &val.variables).collect();
    let mut selectors: BTreeSet<&String> =
        texts.iter().flat_map(|(_, val)| &val.variables).chain(switches.clone()).collect();
    selectors.retain(|name| environments::is_selector(name) && *name != MODULE_VARIABLE);
    switches.retain(|name| !selectors.contains(name));
    let open = |name: &&String| world.is_open() && !matches!(world.get(name).value, Known::One(_));
    selectors.retain(open);
    if texts.is_empty() || switches.is_empty() && selectors.is_empty() {
        return BTreeSet::new();
    }
    let with = |off: &str| {
        let mut world = world.clone();
        let given = switches.iter().map(|name| (name, off)).chain(selectors.iter().map(|name| (name, "production")));
        for (name, text) in given {
            world.vars_mut().insert((*name).clone(), Var::set(text, Origin::default()));
        }
        evaluator.module(&choice.module, &world, choice.class.as_deref())
    };
    let is_off = |found: &Settings| found.values.get("DEBUG").is_none_or(|val| val.as_bool() == Some(false));
    let Some(earnest) = OFF.iter().map(|off| with(off)).find(is_off) else { return BTreeSet::new() };
    let same = |name: &String, val: &Val| {
        earnest.values.get(name).is_some_and(|other| other.behind().as_str() == val.behind().as_str())
    };
    texts.into_iter().filter(|(name, val)| !same(name, val)).map(|(name, _)| name.clone()).collect()
}
