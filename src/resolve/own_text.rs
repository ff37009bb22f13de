//! Keys and passwords of the code behind those of a sample: whoever forgets to write the file has these.

use std::collections::BTreeSet;

use super::samples::is_shown;
use super::settings::Settings;
use crate::discover::{Tree, paths};
use crate::environments::SettingsChoice;
use crate::formats::World;
use crate::formats::python::{Evaluator, Val};
use crate::knowledge::{credentials, settings};
use crate::model::Certainty;

/// Puts what the code falls back to in the place of what only a sample gives, and tells for which settings: a sample is what
/// somebody may write, the code's text is what holds where nobody does. The world is then that without samples.
pub(super) fn of(
    evaluator: &Evaluator<'_>,
    choice: &SettingsChoice,
    world: &World,
    found: &mut Settings,
    tree: &Tree,
) -> (BTreeSet<String>, Option<World>) {
    let of_sample = |name: &&String| {
        let var = world.vars().get(*name).filter(|var| var.certainty.is_default());
        var.is_some_and(|var| is_shown(&var.origin, tree))
    };
    let asks = |(name, val): (&String, &Val)| opens(name) && val.variables.iter().any(|name| of_sample(&name));
    if !found.values.iter().any(asks) {
        return (BTreeSet::new(), None);
    }
    let mut bare = world.clone();
    let samples: BTreeSet<String> = world.vars().keys().filter(of_sample).cloned().collect();
    bare.vars_mut().retain(|name, _| !samples.contains(name));
    let own = evaluator.module(&choice.module, &bare, choice.class.as_deref());
    let mut taken = BTreeSet::new();
    for (name, val) in found.values.iter_mut().filter(|(name, _)| opens(name)) {
        let Some(variable) = val.variables.iter().find(|name| samples.contains(*name)).cloned() else { continue };
        let Some(text) = own.values.get(name).and_then(Val::settled).filter(|text| is_of_code(text, tree)) else {
            continue;
        };
        let certainty = Certainty::Default { variable: Some(variable) };
        *val = Val { certainty, variables: val.variables.clone(), ..text.clone() };
        taken.insert(name.clone());
    }
    let bare = (!taken.is_empty()).then_some(bare);
    (taken, bare)
}

fn opens(name: &str) -> bool {
    settings::signs(name) || credentials::opens(name).is_some()
}

/// Whether a value is a text that stands in code.
fn is_of_code(val: &Val, tree: &Tree) -> bool {
    let code = |span: crate::model::Span| paths::name(tree.path(span.file)).contains(".py");
    val.as_str().is_some_and(|text| !text.is_empty()) && val.origin.primary().is_some_and(code)
}
