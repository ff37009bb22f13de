//! Variables that something sets which is not read here: the configuration says so, or a chart names them.

use super::components::Context;
use super::part::Part;
use crate::environments::plan::{Planned, Runs, Unit};
use crate::formats::{Var, Vars, World};
use crate::links::{Given, written};
use crate::model::{Certainty, Known, Origin, Reason, Role, Span};

/// Gives a component the variables that are set outside.
pub(super) fn provide(context: &Context<'_, '_>, part: &mut Part<'_>, planned: &Planned, unit: &Unit) {
    configured(part, planned);
    given(part, planned, unit);
    chart(context, part, planned, unit);
    handed(context, part, planned, unit);
    written(context, part, planned, unit);
}

/// Variables that the job which deploys writes into a file of them before it starts an image: they are set, to what is not
/// followed, in place of a default.
fn written(context: &Context<'_, '_>, part: &mut Part<'_>, planned: &Planned, unit: &Unit) {
    if !matches!(unit.runs, Runs::Image(_)) {
        return;
    }
    for (name, var) in of_jobs(context, planned) {
        let by = |known: &Var| matches!(&known.certainty, Certainty::Default { variable: Some(of) } if *of == name);
        for known in part.world.vars_mut().values_mut().filter(|known| by(known)) {
            known.value = var.value.clone();
            known.certainty = Certainty::Stated;
        }
    }
}

/// What the jobs write that deploy to an environment.
pub(super) fn of_jobs(context: &Context<'_, '_>, planned: &Planned) -> Vars {
    let mut all = Vars::new();
    for (file, id, _) in &planned.deployed_by {
        let Some(workflow) = context.repository.workflow(*file) else { continue };
        for job in workflow.jobs.iter().filter(|job| job.id.value == *id) {
            all.extend(written::vars(context.repository.tree, &workflow, job, &|_| true));
        }
    }
    all
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
        // Where the image says something else, which of both runs is not known.
        let own = part.world.vars().get(&name).map(|own| &own.value);
        let var = if own.is_some_and(|own| own.one() != var.value.one()) { not_evaluated(&var) } else { var };
        part.providers.insert(name.clone(), "chart");
        part.world.vars_mut().insert(name, var);
    }
}

/// The same variable, given in a way that is not evaluated.
fn not_evaluated(var: &Var) -> Var {
    let span = var.origin.primary();
    let why = "a chart or a template gives it, which is not evaluated";
    let why = span.map_or_else(|| Reason::new(why.to_owned()), |span| Reason::at(why, span));
    Var { value: Known::Unknown(why), ..Var::set("", var.origin.clone()) }
}

/// The variables that charts and templates give to what is deployed: they are set, to what is not evaluated, or to what holds
/// unless whoever applies the template says another.
pub(super) fn charted(context: &Context<'_, '_>, role: Role) -> Vars {
    let deployed = matches!(role, Role::Production | Role::Staging);
    let names = context.repository.charted.iter().filter(|_| deployed);
    let given = |(name, given): (&String, &Given)| {
        let span = given.span;
        let var = match &given.default {
            Some(default) => Var::by_default(default),
            None => not_evaluated(&Var::set("", Origin::set(span))),
        };
        (name.clone(), var)
    };
    let mut all: Vars = names.map(given).collect();
    for (name, said) in context.repository.chosen.iter().filter(|_| deployed) {
        all.insert(name.clone(), Var::set(said.value.clone(), Origin::set(said.span)));
    }
    all
}

/// Variables that a command hands to the platform: they are set, to what is not followed.
fn handed(context: &Context<'_, '_>, part: &mut Part<'_>, planned: &Planned, unit: &Unit) {
    let deployed = matches!(planned.environment.role, Role::Production | Role::Staging);
    if !deployed || !matches!(unit.runs, Runs::Image(_) | Runs::Process { .. }) {
        return;
    }
    for (name, var) in handed_over(context) {
        // What an image sets is what holds where nothing else is said.
        let known = part.world.vars().get(&name);
        if known.is_none_or(|known| known.certainty.is_default()) || part.providers.get(&name) == Some(&"image") {
            part.providers.insert(name.clone(), "deployment");
            part.world.vars_mut().insert(name, var);
        }
    }
}

/// What is handed over when something is deployed.
pub(super) fn handed_over(context: &Context<'_, '_>) -> Vars {
    let given = |(name, span): (&String, &Span)| {
        let value = Known::Unknown(Reason::at("something sets it when it is deployed, which is not followed", *span));
        (name.clone(), Var { value, certainty: Certainty::Stated, origin: Origin::set(*span) })
    };
    context.repository.handed.iter().map(given).collect()
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

#[cfg(test)]
mod tests {
    use crate::discover::{Config, Overlay, Tree};
    use crate::links::Repository;
    use crate::model::{Certainty, Dimension};

    #[test]
    fn a_template_gives_what_the_image_does_not_say_otherwise() {
        let settings = "import os\nPORT = os.environ.get('PORT')\nSECRET_KEY = os.environ.get('SECRET_KEY')\nINSTALLED_APPS = []\n";
        let template = "kind: Template\nparameters: [{name: KEY, value: q7Rw2mZ9xT4kLp8v}, {name: PORT, value: '1024'}]\nobjects:\n- kind: Deployment\n  spec: {containers: [{env: [{name: SECRET_KEY, value: '${KEY}'}, {name: PORT, value: '${PORT}'}]}]}\n";
        let tree = Tree::open(Box::new(Overlay::of([
            ("Dockerfile", "FROM python:3.12\nENV PORT=80 DJANGO_SETTINGS_MODULE=shop.settings\nCOPY . .\nCMD gunicorn shop.wsgi\n"),
            ("shop/__init__.py", ""),
            ("shop/settings.py", settings),
            ("shop-template.yaml", template),
        ])))
        .unwrap();
        let repository = Repository::read(&tree);
        let plan = crate::environments::infer(&repository, &Config::default(), true);
        let model = crate::resolve::resolve(&repository, plan, &Config::default(), "2026-01-01");
        let of = |key: &str| {
            let own = |fact: &&crate::model::Fact| fact.id.dimension == Dimension::Setting && &*fact.id.key == key;
            model.facts.iter().find(own).unwrap()
        };
        let key = of("SECRET_KEY");
        assert!(key.get("value").is_some_and(|value| matches!(value.certainty, Certainty::Default { .. })));
        assert!(
            !key.get("value").unwrap().value.is_unknown() && key.get("sampled").is_none(),
            "it is applied as it is"
        );
        assert!(of("PORT").get("value").unwrap().value.is_unknown(), "the image or the template says it");
    }
}
