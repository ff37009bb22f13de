//! What CI really runs: pipelines with their includes, workflows with the composite actions and the callers of this
//! repository.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::discover::{Tree, paths};
use crate::formats::workflow::expand::typed;
use crate::formats::workflow::{self, Action, Data, Inputs, Step, Target, Workflow};
use crate::formats::{gitlab, workflow::Job};
use crate::model::FileId;

/// Steps that one job may come to.
const MOST_STEPS: usize = 500;
/// Callers of one workflow that are told apart.
const MOST_CALLERS: usize = 64;

/// Whether a file is a pipeline of GitLab.
fn is_gitlab(tree: &Tree, file: FileId) -> bool {
    paths::name(tree.path(file)).starts_with(".gitlab-ci.")
}

/// The workflows of these files, with what they use of the repository.
pub(super) fn read(tree: &Tree, files: &[FileId]) -> BTreeMap<FileId, Arc<Workflow>> {
    let mut all: BTreeMap<FileId, Workflow> = BTreeMap::new();
    for file in files {
        if is_gitlab(tree, *file) {
            all.insert(*file, gitlab::workflow(tree, *file));
        } else if let Ok(parsed) = tree.parsed(*file, workflow::parse) {
            let mut own = parsed.as_ref().clone();
            for job in &mut own.jobs {
                job.steps = steps(tree, std::mem::take(&mut job.steps), 0);
            }
            all.insert(*file, own);
        }
    }
    // A called workflow may call another: what it hands on is known once its own callers are.
    for _ in 0..4 {
        let callers = callers(tree, &all);
        let mut changed = false;
        for (file, callers) in callers {
            if let Some(called) = all.get_mut(&file).filter(|called| called.callers != callers) {
                called.callers = callers;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    all.into_iter().map(|(file, workflow)| (file, Arc::new(workflow))).collect()
}

/// Steps with those of composite actions in the place of the steps that use them.
fn steps(tree: &Tree, written: Vec<Step>, depth: usize) -> Vec<Step> {
    let mut out = Vec::new();
    for step in written {
        match composite(tree, &step).filter(|_| depth < 10 && out.len() < MOST_STEPS) {
            Some(action) => out.extend(steps(tree, workflow::inlined(&action, &step), depth + 1)),
            None => out.push(step),
        }
    }
    out.truncate(MOST_STEPS);
    out
}

fn composite(tree: &Tree, step: &Step) -> Option<Arc<Action>> {
    let Target::Action(folder) = workflow::target(&step.uses.as_ref()?.value) else { return None };
    let file = ["action.yml", "action.yaml"].iter().find_map(|name| tree.find(&paths::join(&folder, name)?))?;
    let action = tree.parsed(file, workflow::action).ok()?;
    action.using.as_ref().is_some_and(|using| using.value == "composite").then_some(action)
}

/// What the jobs of the repository hand to each workflow that they reuse.
fn callers(tree: &Tree, all: &BTreeMap<FileId, Workflow>) -> BTreeMap<FileId, Vec<Inputs>> {
    let mut found: BTreeMap<FileId, Vec<Inputs>> = BTreeMap::new();
    for caller in all.values() {
        for job in &caller.jobs {
            let Some((file, called)) = reused(tree, all, job) else { continue };
            let sets = found.entry(file).or_default();
            for handed in workflow::handed(caller, job, &BTreeMap::new()) {
                let set = with_defaults(called, handed);
                if sets.len() < MOST_CALLERS && !sets.contains(&set) {
                    sets.push(set);
                }
            }
        }
    }
    found
}

/// The workflow of the repository that a job reuses.
fn reused<'a>(tree: &Tree, all: &'a BTreeMap<FileId, Workflow>, job: &Job) -> Option<(FileId, &'a Workflow)> {
    let Target::Workflow(path) = workflow::target(&job.uses.as_ref()?.value) else { return None };
    let file = tree.find(&path)?;
    Some((file, all.get(&file)?))
}

/// Inputs that a caller leaves out have their default, else nothing.
fn with_defaults(called: &Workflow, mut handed: Inputs) -> Inputs {
    let declared = called.on.iter().find(|trigger| trigger.event.value == "workflow_call");
    for (name, default) in declared.map(|trigger| &trigger.inputs).into_iter().flatten() {
        let span = called.jobs.first().map(|job| job.id.span);
        if handed.keys().any(|known| known.eq_ignore_ascii_case(name)) {
            continue;
        }
        let value = match (default, span) {
            (Some(default), _) => Some((typed(Data::Text(default.value.clone())), default.span)),
            (None, Some(span)) => Some((Data::Null, span)),
            (None, None) => None,
        };
        handed.extend(value.map(|value| (name.clone(), value)));
    }
    handed
}
