//! Variables that something sets which is not read here: the configuration says so, or a chart names them.

use super::components::Context;
use super::part::Part;
use crate::environments::plan::{Planned, Runs, Unit};
use crate::formats::{Var, Vars, World};
use crate::model::{Certainty, Known, Origin, Reason, Role, Span};

/// Gives a component the variables that are set outside.
pub(super) fn provide(context: &Context<'_, '_>, part: &mut Part<'_>, planned: &Planned, unit: &Unit) {
    configured(part, planned);
    given(part, planned, unit);
    chart(context, part, planned, unit);
}

/// Variables that are given to all that runs in an environment.
fn given(part: &mut Part<'_>, planned: &Planned, unit: &Unit) {
    if !matches!(unit.runs, Runs::Image(_) | Runs::Process { .. } | Runs::Container(_)) {
        return;
    }
    for (name, var) in &planned.given {
        part.providers.insert(name.clone(), "deployment");
        part.world.vars_mut().insert(name.clone(), var.clone());
    }
}

/// Variables that a chart gives to the image that it deploys.
fn chart(context: &Context<'_, '_>, part: &mut Part<'_>, planned: &Planned, unit: &Unit) {
    if !matches!(unit.runs, Runs::Image(_)) {
        return;
    }
    for (name, var) in charted(context, planned.environment.role) {
        part.providers.insert(name.clone(), "chart");
        part.world.vars_mut().insert(name, var);
    }
}

/// The variables that charts give to what is deployed: they are set, to what is not evaluated.
pub(super) fn charted(context: &Context<'_, '_>, role: Role) -> Vars {
    let deployed = matches!(role, Role::Production | Role::Staging);
    let names = context.repository.charted.iter().filter(|_| deployed);
    let given = |(name, span): (&String, &Span)| {
        let value = Known::Unknown(Reason::at("a chart or a template gives it, which is not evaluated", *span));
        (name.clone(), Var { value, certainty: Certainty::Stated, origin: Origin::set(*span) })
    };
    names.map(given).collect()
}

/// Variables that configuration says are set outside.
fn configured(part: &mut Part<'_>, planned: &Planned) {
    for name in &planned.config.provides {
        let value = Known::Unknown(Reason::new(format!("{name} is set outside, as the configuration says")));
        part.world
            .vars_mut()
            .insert(name.clone(), Var { value, certainty: Certainty::Stated, origin: Origin::default() });
        part.providers.insert(name.clone(), "configuration");
    }
    if planned.config.complete && part.world.is_open() {
        part.world = World::Closed(part.world.vars().clone());
    }
}
