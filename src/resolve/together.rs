//! Jobs that run the tests side by side are one component: like a matrix, they run all that any of them runs.

use std::collections::BTreeSet;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use super::state::Statements;
use crate::model::{Attr, Attributes, Coverage, Dimension, FactId, Known, Reason, Value};

/// Dimensions whose facts stay with the job they are of.
const APART: [Dimension; 2] = [Dimension::Process, Dimension::Pipeline];

/// Hands the facts of all jobs to the first of them.
pub fn join(statements: &mut Statements, jobs: &[Arc<str>]) {
    let [first, others @ ..] = jobs else { return };
    if others.is_empty() {
        return;
    }
    let moved: Vec<FactId> = statements
        .facts
        .keys()
        .filter(|id| !APART.contains(&id.dimension) && id.component.as_ref().is_some_and(|job| others.contains(job)))
        .cloned()
        .collect();
    for mut id in moved {
        let Some(attributes) = statements.facts.remove(&id) else { continue };
        if id.component.as_deref() == Some(id.key.as_str()) {
            id.key = first.to_string();
        }
        id.component = Some(Arc::clone(first));
        match statements.facts.entry(id) {
            Entry::Occupied(mut known) => merge(known.get_mut(), attributes),
            Entry::Vacant(place) => {
                place.insert(attributes);
            }
        }
    }
    cover(&mut statements.coverage, first, others);
}

/// Both jobs have the fact; of what only one of them says, nobody knows whether it holds for the other.
fn merge(known: &mut Attributes, mut more: Attributes) {
    let names: BTreeSet<&'static str> = known.keys().chain(more.keys()).copied().collect();
    for name in names {
        let attr = match (known.remove(name), more.remove(name)) {
            (Some(a), Some(b)) => both(a, b),
            (Some(one), None) | (None, Some(one)) => {
                Attr { value: every(one.value, Known::Absent), certainty: one.certainty, origin: one.origin }
            }
            (None, None) => continue,
        };
        known.insert(name, attr);
    }
}

pub(super) fn both(a: Attr, b: Attr) -> Attr {
    if a.value == b.value {
        return a;
    }
    Attr { value: every(a.value, b.value), certainty: a.certainty.and(&b.certainty), origin: a.origin.join(&b.origin) }
}

fn every(a: Known<Value>, b: Known<Value>) -> Known<Value> {
    let why = || Reason::new("several jobs run the tests");
    let branch = matches!((&a, &b), (Known::OneOf(..), _) | (_, Known::OneOf(..)));
    match (a, b) {
        (Known::Unknown(reason), _) | (_, Known::Unknown(reason)) => Known::Unknown(reason),
        (Known::Absent, _) | (_, Known::Absent) => Known::Unknown(Reason::new("only some of the jobs have it")),
        (a, b) => {
            let mut values: Vec<Value> = a.values().iter().chain(b.values()).cloned().collect();
            values.sort();
            values.dedup();
            if branch { Known::OneOf(values, why()) } else { Known::Every(values, why()) }
        }
    }
}

/// The set of the first is complete where the sets of all are.
fn cover(coverage: &mut [Coverage], first: &Arc<str>, others: &[Arc<str>]) {
    let of_job = |coverage: &Coverage, job: &Arc<str>| coverage.component.as_ref() == Some(job);
    let open: Vec<(Dimension, Reason)> = coverage
        .iter()
        .filter(|set| others.iter().any(|job| of_job(set, job)))
        .filter_map(|set| Some((set.dimension, set.complete.clone().err()?)))
        .collect();
    for set in coverage.iter_mut().filter(|set| of_job(set, first)) {
        if let (Ok(()), Some((_, reason))) = (&set.complete, open.iter().find(|(of, _)| *of == set.dimension)) {
            set.complete = Err(reason.clone());
        }
    }
}
