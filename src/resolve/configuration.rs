//! Which class of django-configurations an environment's settings are.

use super::components::Context;
use super::part::Part;
use super::{deployed, entry, pytest};
use crate::environments::words::role_of_value;
use crate::environments::{Planned, SettingsChoice};
use crate::formats::World;
use crate::model::{Certainty, Known, Role, Span};

/// The variable that names the class.
const VARIABLE: &str = "DJANGO_CONFIGURATION";

/// A class of settings.
pub(super) struct Chosen {
    /// Its name in the module.
    pub(super) name: String,
    /// What names it.
    pub(super) span: Option<Span>,
    /// Whether its own name alone speaks for it.
    pub(super) by_name: bool,
    /// Whether something outside may choose another one.
    pub(super) certainty: Certainty,
}

/// The class that is chosen of those that a module offers; none where the module has no such classes, or nothing says.
pub(super) fn of(
    context: &Context<'_, '_>,
    planned: &Planned,
    part: Option<&Part<'_>>,
    classes: &[(String, Span)],
    world: &World,
) -> Option<Chosen> {
    let role = planned.environment.role;
    let offers = |name: &str| classes.iter().any(|(known, _)| known == name);
    if classes.is_empty() {
        return None;
    }
    let var = world.get(VARIABLE);
    if let Some(name) = var.value.one().filter(|name| offers(name)) {
        let (name, span) = (name.clone(), var.origin.primary());
        return Some(Chosen { name, span, by_name: false, certainty: Certainty::Stated });
    }
    let option = if role == Role::Test { pytest::configuration(context, part) } else { None };
    if let Some(option) = option.filter(|option| offers(&option.value)) {
        let (name, span) = (option.value, Some(option.span));
        return Some(Chosen { name, span, by_name: false, certainty: Certainty::Stated });
    }
    let certainty = Certainty::Default { variable: Some(VARIABLE.into()) };
    let default = entry::default_of(context, part, role, VARIABLE).filter(|default| offers(&default.value));
    let speaks = |name: &str| role_of_value(name).is_some_and(|(found, _)| found == role);
    let unset = !world.is_open() && var.value == Known::Absent;
    if let Some(default) = default.as_ref().filter(|default| unset || speaks(&default.value)) {
        let (name, span) = (default.value.clone(), Some(default.span));
        return Some(Chosen { name, span, by_name: false, certainty });
    }
    // The one that the environment is named by; `Production` rather than `PreProduction`, and `Staging` rather than `Demo`.
    let own = |name: &str| role_of_value(name).is_some_and(|(_, word)| word == planned.environment.name);
    let word = |name: &str| role.name().get(..3).is_some_and(|word| name.to_lowercase().starts_with(word));
    let named =
        classes.iter().filter(|(name, _)| speaks(name)).min_by_key(|(name, _)| (!own(name), !word(name), name.len()));
    if let Some((name, span)) = named {
        return Some(Chosen { name: name.clone(), span: Some(*span), by_name: true, certainty });
    }
    let as_module = |class: &str| SettingsChoice { module: class.to_owned(), class: None, span: None };
    let default = default.filter(|default| !deployed::is_developed(planned, &as_module(&default.value), world))?;
    Some(Chosen { name: default.value, span: Some(default.span), by_name: false, certainty })
}
