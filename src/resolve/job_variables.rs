//! The variables that the runs of a CI job see.

use std::collections::BTreeMap;

use super::components::Context;
use super::job::every;
use crate::discover::Kind;
use crate::formats::workflow::{Job, RunInstance, Workflow};
use crate::formats::{Var, Vars};
use crate::links::written;
use crate::model::{Certainty, Known, Origin, Reason, Span};

/// The variables of workflow, job and steps: all values that the runs give one. Secrets and other contexts are unknown, not
/// absent.
pub(super) fn of(workflow: &Workflow, job: &Job, instances: &[RunInstance]) -> Vars {
    let mut vars = Vars::new();
    let written = workflow.env.iter().chain(&job.env).chain(job.steps.iter().flat_map(|step| &step.env));
    for (name, text) in written {
        let origin = Origin::set(text.span);
        let plain = with_ports(job, &text.value);
        let value = if plain.contains("${{") {
            Known::Unknown(Reason::at(format!("{name} is an expression of the workflow"), text.span))
        } else {
            Known::One(plain)
        };
        vars.insert(name.clone(), Var { value, certainty: Certainty::Stated, origin });
    }
    for (name, (values, span)) in by_run(instances) {
        let value = every(values, span);
        // What the file has decided stays where an expression is not.
        if !matches!(value, Known::Unknown(_) | Known::Absent) {
            vars.insert(name, Var { value, certainty: Certainty::Stated, origin: Origin::set(span) });
        }
    }
    vars
}

/// Libraries and options that read a file of variables which lies where the program starts.
const READERS: [&str; 7] =
    ["load_dotenv", "read_env", "decouple", "env_file", "dotenv_values", "pytest-dotenv", "environs"];

/// The variables that the job writes into `.env` before it runs the tests, where the program or its tests read that.
pub(super) fn written(context: &Context<'_, '_>, workflow: &Workflow, job: &Job) -> Vars {
    let tree = context.repository.tree;
    let vars = written::vars(tree, workflow, job, &|name| name == ".env");
    let reads = |text: &str| READERS.iter().any(|reader| text.contains(reader));
    let by_step = || job.steps.iter().filter_map(|step| step.run.as_ref()).any(|run| reads(&run.text));
    let by_file = || {
        let files =
            [Kind::Python, Kind::Requirements, Kind::Project].into_iter().flat_map(|kind| context.repository.of(kind));
        files.into_iter().any(|file| tree.text(*file).is_ok_and(reads))
    };
    if vars.is_empty() || !(by_step() || by_file()) { Vars::new() } else { vars }
}

/// What each run gives a variable, where the last that sets it stands.
fn by_run(instances: &[RunInstance]) -> BTreeMap<String, (Vec<Known<String>>, Span)> {
    let mut all: BTreeMap<String, (Vec<Known<String>>, Span)> = BTreeMap::new();
    for instance in instances {
        let mut own = instance.env.clone();
        let taken = instance.steps.iter().filter(|step| step.runs != Known::One(false));
        own.extend(taken.flat_map(|step| step.env.clone()));
        for (name, (value, span)) in own {
            all.entry(name).or_insert_with(|| (Vec::new(), span)).0.push(value);
        }
    }
    all
}

/// A text with the port of a service container in the place of what asks for the one it is bound to: that is another for each
/// run where the file names none, and nothing that is compared.
fn with_ports(job: &Job, text: &str) -> String {
    let mut out = text.to_owned();
    for (name, service) in &job.services {
        for port in &service.ports {
            let (bound, inside) = port.value.rsplit_once(':').unwrap_or((&port.value, &port.value));
            let inside = inside.split('/').next().unwrap_or_default();
            out = out.replace(&format!("${{{{ job.services.{name}.ports[{inside}] }}}}"), bound);
            out = out.replace(&format!("${{{{ job.services.{name}.ports['{inside}'] }}}}"), bound);
        }
    }
    out
}
