//! Which stage is built, and which stages it needs.

use std::collections::BTreeSet;

use super::build::needs;
use super::{CopyFrom, Stage};
use crate::model::{FileId, Problem, Span};

/// The stage of that name or number, the last one without; the last of several with one name.
fn target(stages: &[Stage], wanted: Option<&str>) -> Option<usize> {
    let Some(wanted) = wanted else {
        return stages.len().checked_sub(1);
    };
    let lower = wanted.to_lowercase();
    let named = |stage: &&Stage| stage.name.as_ref().is_some_and(|name| name.value == lower);
    let number = || wanted.parse::<usize>().ok().filter(|index| *index < stages.len());
    stages.iter().rev().find(named).map(|stage| stage.index).or_else(number)
}

/// The target, all stages that it needs, and why BuildKit would refuse it.
pub(super) fn reach(
    file: FileId,
    stages: &[Stage],
    wanted: Option<&str>,
) -> (Option<usize>, BTreeSet<usize>, Vec<Problem>) {
    let mut problems = Vec::new();
    let target = target(stages, wanted);
    if let (None, Some(wanted)) = (target, wanted) {
        problems.push(Problem::new(Span::new(file, 0, 0), format!("there is no stage {wanted}")));
    }
    let mut reached = BTreeSet::new();
    let mut open: Vec<usize> = target.into_iter().collect();
    while let Some(index) = open.pop() {
        let Some(stage) = stages.get(index).filter(|_| reached.insert(index)) else { continue };
        for dependency in &stage.dependencies {
            if matches!(dependency.from, CopyFrom::Stage(other) if other >= index) {
                problems.push(Problem::new(dependency.span, "the stage is not defined before this one"));
            }
        }
        open.extend(needs(stage).into_iter().filter(|other| *other < index));
    }
    (target, reached, problems)
}
