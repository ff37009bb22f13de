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

fn both(a: Attr, b: Attr) -> Attr {
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

/// Adds what another run of the tests loads and uses: both run.
pub(super) fn join_run(statements: &mut Statements, mut run: Statements) {
    statements.secrets.append(&mut run.secrets);
    statements.secret_spans.append(&mut run.secret_spans);
    for (id, attributes) in run.facts {
        match statements.facts.entry(id) {
            Entry::Occupied(mut known) if known.key().dimension == Dimension::Service => {
                merge_service(known.get_mut(), attributes);
            }
            Entry::Occupied(mut known) => merge_known(known.get_mut(), attributes),
            // A service that one of the runs has is there; a setting that only one has is nothing to tell.
            Entry::Vacant(place) if place.key().dimension == Dimension::Service => {
                place.insert(attributes);
            }
            Entry::Vacant(_) => {}
        }
    }
    once(statements);
}

/// What one run has beside the database it runs on is another run's database: it is told once.
fn once(statements: &mut Statements) {
    let told: Vec<String> = statements.facts.values().filter(|of| of.contains_key("each")).flat_map(each).collect();
    let beside = |id: &FactId, of: &Attributes| {
        let own = each(of);
        id.dimension == Dimension::Service
            && !of.contains_key("each")
            && own.first().is_some_and(|text| text.split(':').next() == Some(id.key.as_str()))
            && own.iter().all(|text| told.contains(text))
    };
    statements.facts.retain(|id, of| !beside(id, of));
}

/// Joins what is known of both; what is not known of one run leaves what is known of the other.
fn merge_known(known: &mut Attributes, mut more: Attributes) {
    for (name, attr) in known.iter_mut() {
        if let Some(other) = more.remove(name).filter(|other| !other.value.is_unknown() && !attr.value.is_unknown()) {
            *attr = both(attr.clone(), other);
        }
    }
}

/// Joins a service of two runs. What lives in the program has no version to tell apart from another's.
fn merge_service(known: &mut Attributes, mut more: Attributes) {
    let unknown = |of: &Attributes| of.get("product").is_none_or(|attr| attr.value.is_unknown());
    if unknown(known) || unknown(&more) {
        return;
    }
    let mut each: Vec<String> = [&*known, &more].into_iter().flat_map(each).collect();
    each.sort();
    each.dedup();
    let differ = known["product"].value != more["product"].value || known.contains_key("each");
    for name in ["version", "line"] {
        let absent = |of: &Attributes| of.get(name).is_some_and(|attr| attr.value == Known::Absent);
        if absent(&more) {
            more.remove(name);
        } else if absent(known) && let Some(other) = more.remove(name) {
            known.insert(name, other);
        }
    }
    let alone = |name: &&'static str| !["version", "line"].contains(name) && !more.contains_key(*name);
    let alone: Vec<&'static str> = known.keys().copied().filter(|name| differ && alone(name)).collect();
    for name in alone {
        known.remove(name);
    }
    for (name, attr) in known.iter_mut() {
        if let Some(other) = more.remove(name) {
            *attr = both(attr.clone(), other);
        }
    }
    if differ {
        let origin = known["product"].origin.clone();
        known.insert("each", Attr::stated(Value::List(each), origin));
    }
}

/// What a run uses, in a word each: `postgres:16`.
fn each(of: &Attributes) -> Vec<String> {
    if let Some(Value::List(each)) = of.get("each").and_then(|attr| attr.value.one()) {
        return each.clone();
    }
    let texts = |name: &str| -> Vec<String> {
        let values = of.get(name).map_or(&[][..], |attr| attr.value.values());
        values.iter().filter_map(Value::as_text).map(str::to_owned).collect()
    };
    let (products, versions) = (texts("product"), texts("version"));
    let with = |product: &String| match versions.as_slice() {
        [] => vec![product.clone()],
        all => all.iter().map(|version| format!("{product}:{version}")).collect(),
    };
    products.iter().flat_map(with).collect()
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
