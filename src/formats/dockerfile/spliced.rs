//! The stages of base images that are built from other files.

use std::collections::BTreeMap;

use super::expand::Scope;
use super::{Action, BuiltBase, CopyFrom, Stage};

/// Stages of other files, numbered behind those of the file that builds on them.
pub(super) struct Spliced {
    /// All of them.
    pub(super) stages: Vec<Stage>,
    /// The number that the first has.
    first: usize,
    /// The stage that each reference means.
    by_reference: BTreeMap<String, usize>,
}

impl Spliced {
    /// The stages of all bases, for a file with `own` stages.
    pub(super) fn of(bases: &[BuiltBase], own: usize) -> Self {
        let mut spliced = Self { stages: Vec::new(), first: own, by_reference: BTreeMap::new() };
        for base in bases {
            let Some(target) = base.build.target else { continue };
            let by = own + spliced.stages.len();
            spliced.by_reference.insert(base.reference.clone(), target + by);
            spliced.stages.extend(base.build.stages.iter().map(|stage| moved(stage, by, &base.context)));
        }
        spliced
    }

    /// The stage of another file that a stage builds on.
    pub(super) fn base_of(&self, stage: &Stage) -> Option<&Stage> {
        let reference = stage.base.reference.one().filter(|_| stage.base.stage.is_none())?;
        self.stages.get(self.by_reference.get(reference)?.checked_sub(self.first)?)
    }
}

/// What a stage of another file hands on: its variables, and nothing of its arguments.
pub(super) fn seen_from_above(stage: &Stage) -> Scope {
    let mut scope = Scope { open: true, ..Scope::default() };
    for (name, var) in &stage.env {
        scope.set(name, var.clone());
    }
    scope
}

/// A stage under another number; its name is known in its own file only.
fn moved(stage: &Stage, by: usize, context: &str) -> Stage {
    let mut stage = stage.clone();
    stage.index += by;
    stage.name = None;
    stage.args.clear();
    stage.context.get_or_insert_with(|| context.to_owned());
    stage.base.stage = stage.base.stage.map(|below| below + by);
    let renumber = |from: &mut CopyFrom| {
        if let CopyFrom::Stage(index) = from {
            *index = index.saturating_add(by);
        }
    };
    for dependency in &mut stage.dependencies {
        renumber(&mut dependency.from);
    }
    for step in &mut stage.steps {
        match &mut step.action {
            Action::Run { mounts, .. } => mounts.iter_mut().filter_map(|mount| mount.from.as_mut()).for_each(renumber),
            Action::Copy { from, .. } => from.iter_mut().for_each(renumber),
        }
    }
    stage
}
