//! The settings of an environment that only a deployment names: what the repository says of them without saying it of that
//! environment is left out.

use super::components::Context;
use super::entry;
use super::outside;
use super::part::Part;
use super::settings::MODULE_VARIABLE;
use crate::discover::paths;
use crate::environments::settings::Module;
use crate::environments::words::{naming, role_of_value};
use crate::environments::{Planned, Runs, SettingsChoice, Unit};
use crate::formats::{Vars, World};
use crate::model::{Known, Reason, Role, Span};

/// The variables of an environment in which nothing that is read here runs.
pub(super) fn world(context: &Context<'_, '_>, planned: &Planned) -> World {
    let mut given = Vars::new();
    if matches!(planned.environment.role, Role::Production | Role::Staging) {
        given.extend(outside::handed_over(context));
    }
    given.extend(outside::charted(context, planned.environment.role));
    for (name, mut var) in outside::of_jobs(context, planned) {
        let span = var.origin.primary();
        let text = format!("the job that deploys writes {name} into a file of variables");
        var.value =
            Known::Unknown(span.map_or_else(|| Reason::new(text.clone()), |span| Reason::at(text.clone(), span)));
        given.insert(name, var);
    }
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

/// Whether a module is named for developers or tests, and the environment is for neither.
pub(super) fn is_for_developers(planned: &Planned, module: &str) -> bool {
    let named = role_of_value(module).map(|(role, _)| role);
    matches!(planned.environment.role, Role::Production | Role::Staging)
        && matches!(named, Some(Role::Development | Role::Test))
}

/// Whether what runs in an environment is given its variables where it is deployed: nothing of it is started with files of
/// the repository that give them.
fn is_set_outside(planned: &Planned) -> bool {
    let outside = |unit: &Unit| {
        matches!(unit.runs, Runs::Image(_) | Runs::Pulled { .. } | Runs::Process { .. } | Runs::Job { .. })
    };
    !planned.units.is_empty() && planned.units.iter().all(outside)
}

/// Whether a module that is not named for its environment is only the default of an entry file, beside one that is.
pub(super) fn is_by_default(planned: &Planned, modules: &[Module], choice: &SettingsChoice) -> bool {
    let role = planned.environment.role;
    let top = |name: &str| name.split('.').next().map(str::to_owned);
    let for_it = |module: &&Module| {
        let own = module.role.as_ref().is_some_and(|(found, _)| *found == role);
        own && !module.shared && module.name != choice.module && top(&module.name) == top(&choice.module)
    };
    matches!(role, Role::Production | Role::Staging)
        && role_of_value(&choice.module).is_none_or(|(found, _)| found != role)
        && modules.iter().any(|module| for_it(&module))
}

/// The module of development that a service of a compose file loads where nothing here sets another: it is started with these
/// variables, and what a file of them may add that is not in the repository, a sample does not either.
pub(super) fn unset(
    context: &Context<'_, '_>,
    planned: &Planned,
    part: &Part<'_>,
    choice: &SettingsChoice,
) -> Option<(String, Span)> {
    let role = planned.environment.role;
    let deployed = matches!(role, Role::Production | Role::Staging) && planned.known_by().is_none();
    let built = part.hostname.is_some() && part.image.as_ref().is_some_and(|image| image.dockerfile.is_some());
    let default = entry::module(context, Some(part), planned.environment.role)
        .filter(|default| default.module != choice.module)?;
    let developed = role_of_value(&default.module).is_some_and(|(found, _)| found == Role::Development);
    let tree = context.repository.tree;
    let says = |text: &str| {
        let lines = text.lines().map(|line| line.trim().trim_start_matches("export "));
        let mut values = lines.filter_map(|line| line.strip_prefix("DJANGO_SETTINGS_MODULE="));
        values.any(|value| value.trim_matches(['"', '\'']) == default.module)
    };
    let samples = || tree.files().filter(|(_, path)| naming(path).template && paths::name(path).contains("env"));
    let sampled = || samples().any(|(file, _)| tree.text(file).is_ok_and(says));
    let seen = part.unseen.is_none() && planned.unseen.is_none();
    // Handing it on from outside sets it, be it to nothing: no default is taken then.
    let given = part.world.vars().get(MODULE_VARIABLE).is_some_and(|var| matches!(var.value, Known::Unknown(_)));
    (deployed && built && developed && !given && (seen || sampled())).then_some((default.module, default.span?))
}

/// Whether a module is named for development, in an environment whose variables are not seen, or that is handed another.
pub(super) fn is_developed(planned: &Planned, choice: &SettingsChoice, world: &World) -> bool {
    let named = role_of_value(&choice.module).map(|(role, _)| role);
    let role = planned.environment.role;
    let handed = world.vars().get(MODULE_VARIABLE).is_some_and(|var| matches!(var.value, Known::Unknown(_)));
    let unseen = planned.shared || planned.unseen.is_some() || handed;
    let deployed = unseen && role != Role::Development
        || matches!(role, Role::Production | Role::Staging) && is_set_outside(planned);
    deployed && matches!(named, Some(Role::Development | Role::Test))
}
