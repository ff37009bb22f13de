//! What the scripts do that set up a virtual machine; the checkout is mounted there at `/vagrant`.

use super::by_hand;
use super::components::Context;
use super::installs::{self, Place};
use super::part::Part;
use crate::environments::{Planned, vagrant, workstations};
use crate::formats::requirements::MarkerEnv;
use crate::formats::shell::{self, Evaluation, Executed};
use crate::links::repository::words;
use crate::links::{Container, Meaning, console_scripts};
use crate::model::Origin;

/// Gives a virtual machine on which nothing else starts a server the one that its scripts start.
pub(super) fn start(context: &Context<'_, '_>, planned: &Planned, part: &mut Part<'_>) {
    let repository = context.repository;
    if !part.processes.is_empty() || !workstations::is_provisioned(repository, planned) {
        return;
    }
    let container = checkout(context);
    let serves = |executed: &Executed| match console_scripts::meaning_in(repository.tree, &words(executed)) {
        Meaning::Serves(server) if server.interface.is_some() => {
            Some(by_hand::process("web", words(executed), Origin::set(executed.span), server))
        }
        _ => None,
    };
    let mut run = evaluations(context, part, &container).into_iter().flat_map(|run| run.commands);
    let server = run.find_map(|executed| serves(&executed));
    part.processes.extend(server);
}

/// What the scripts install there.
pub(super) fn install(context: &Context<'_, '_>, part: &mut Part<'_>) {
    let container = checkout(context);
    let python = part.python().map(str::to_owned);
    for evaluated in evaluations(context, part, &container) {
        // What a script exports, what it starts has.
        for (name, var) in evaluated.exports {
            if part.world.vars().get(&name) != Some(&var) {
                part.providers.insert(name.clone(), "script");
                part.world.vars_mut().insert(name, var);
            }
        }
        for executed in evaluated.commands {
            let place = Place {
                tree: context.repository.tree,
                container: &container,
                workdir: container.workdir.clone(),
                stage: part.name.to_string(),
                context: String::new(),
                markers: MarkerEnv::linux(python.as_deref()),
            };
            installs::run(&mut part.installs, &executed, &place);
        }
    }
}

fn checkout<'t>(context: &Context<'_, 't>) -> Container<'t> {
    let mut container = Container::checkout(context.repository.tree, "");
    container.mount("", "/vagrant");
    container
}

/// The scripts as they are run, one after the other.
fn evaluations(context: &Context<'_, '_>, part: &Part<'_>, container: &Container<'_>) -> Vec<Evaluation> {
    let scripts = vagrant::scripts(context.repository).into_iter();
    let evaluate = |(text, map)| {
        let script = shell::parse(text, &map, shell::Dialect::Bash);
        shell::evaluate(&script, &part.world, &[], container)
    };
    scripts.map(evaluate).collect()
}
