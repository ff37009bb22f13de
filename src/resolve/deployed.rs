//! The settings of an environment that only a deployment names: what the repository says of them without saying it of that
//! environment is left out.

use super::components::Context;
use super::outside;
use super::part::Part;
use super::settings::MODULE_VARIABLE;
use crate::discover::paths;
use crate::environments::words::role_of_value;
use crate::environments::{Planned, SettingsChoice};
use crate::formats::{Vars, World};
use crate::model::{Known, Role};

/// The variables of an environment in which nothing that is read here runs.
pub(super) fn world(context: &Context<'_, '_>, planned: &Planned) -> World {
    let mut given = Vars::new();
    if matches!(planned.environment.role, Role::Production | Role::Staging) {
        given.extend(outside::handed_over(context));
    }
    given.extend(outside::charted(context, planned.environment.role));
    given.extend(planned.given.clone());
    World::Open(given)
}

/// Whether nothing but a deployment is known of an environment.
pub(super) fn is_bare(planned: &Planned) -> bool {
    planned.only_named && planned.environment.role != Role::Development
}

/// Whether a module that an entry file falls to is nothing that is known of an environment that is deployed: commands load it
/// by hand where nothing is seen to start, or it is named for development and a variable may choose another.
pub(super) fn is_foreign(
    context: &Context<'_, '_>,
    planned: &Planned,
    part: Option<&Part<'_>>,
    choice: &SettingsChoice,
    world: &World,
) -> bool {
    let role = planned.environment.role;
    let name = |path| paths::name(path) == "manage.py";
    let by_hand = choice.span.is_some_and(|span| name(context.repository.tree.path(span.file)));
    let idle = part.is_some_and(|part| part.processes.is_empty()) && matches!(role, Role::Production | Role::Staging);
    let of_others = role_of_value(&choice.module).is_some_and(|(found, _)| found != role);
    by_hand && (is_bare(planned) || idle && of_others) || is_developed(planned, choice, world)
}

/// Whether a module is named for development, in an environment whose variables are not seen, or that is handed another.
pub(super) fn is_developed(planned: &Planned, choice: &SettingsChoice, world: &World) -> bool {
    let named = role_of_value(&choice.module).map(|(role, _)| role);
    let handed = world.vars().get(MODULE_VARIABLE).is_some_and(|var| matches!(var.value, Known::Unknown(_)));
    let unseen = planned.shared || planned.unseen.is_some() || handed;
    let deployed = unseen && planned.environment.role != Role::Development;
    deployed && matches!(named, Some(Role::Development | Role::Test))
}
