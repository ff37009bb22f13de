//! Components that load the settings of their environment with other variables, and come to another DEBUG.

use super::components::Context;
use super::nowhere;
use super::part::Part;
use super::settings::{self, Loaded};
use super::{hosted_names, pytest, sampled};
use crate::environments::Planned;
use crate::environments::settings::Module;
use crate::formats::python::{Brought, Evaluator, Kind};
use crate::model::ComponentKind;

/// The setting that is asked for: what shows tracebacks does so in whatever component.
pub(super) const SETTING: &str = "DEBUG";

/// The settings of each component beside the one that speaks for the environment, where its image is the same and DEBUG is
/// decided to be another.
pub(super) fn of(
    context: &Context<'_, '_>,
    planned: &Planned,
    parts: &[Part<'_>],
    modules: &[Module],
    main: &Loaded,
) -> Vec<Loaded> {
    let decided = |loaded: &settings::Settings| {
        let value = loaded.values.get(SETTING).filter(|value| !value.certainty.is_default())?;
        if let Kind::Bool(yes) = value.kind { Some(yes) } else { None }
    };
    let image = |part: &Part<'_>| part.image.as_ref().and_then(|image| image.dockerfile);
    let speaker = parts.iter().find(|part| Some(&part.name) == main.component.as_ref());
    let (Some(speaker), Some(own)) = (speaker, decided(&main.settings)) else { return Vec::new() };
    let mut found = Vec::new();
    for part in parts {
        let same = image(part).is_some() && image(part) == image(speaker);
        if part.name == speaker.name || part.kind != ComponentKind::App || part.processes.is_empty() || !same {
            continue;
        }
        let other = |name: &str| part.world.get(name).value != speaker.world.get(name).value;
        if other(settings::MODULE_VARIABLE) || !main.settings.reads.iter().any(|read| other(&read.name)) {
            continue;
        }
        let world = super::selected::with_selector(hosted_names::with(planned, part.world.clone()), &main.choice);
        let (brought, samples) = sampled::brought(context, Some(part), planned);
        let roots = settings::roots(context, Some(part), modules, &main.choice, &brought);
        let nowhere = nowhere::of(context, planned, Some(part), &main.settings);
        let evaluator = Evaluator::new(context.repository.tree, roots)
            .run(pytest::run(Some(part), planned.environment.role))
            .brought(Brought { nowhere, ..brought });
        let mut got = evaluator.module(&main.choice.module, &world, main.choice.class.as_deref());
        sampled::by_default(&mut got, &samples);
        if decided(&got).is_some_and(|yes| yes != own) {
            found.push(Loaded {
                own: main.own.clone(),
                settings: got,
                choice: main.choice.clone(),
                selected: main.selected,
                by_default: main.by_default,
                world,
                component: Some(part.name.clone()),
                choice_certainty: main.choice_certainty.clone(),
                fallback: None,
                refused: main.refused.clone(),
                developed: main.developed.clone(),
                unseen: part.unseen.clone(),
            });
        }
    }
    found
}
