//! What the runs of the tests use, put together: all of it runs. Where one of them runs on production's product, that is the one to
//! compare; the others try what else the program may be run on.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::state::Statements;
use super::together::both;
use crate::knowledge::services;
use crate::model::{Attr, Attributes, Dimension, FactId, Known, Value};

/// The services that an environment uses, by their keys: the products.
pub(super) type Products = BTreeMap<String, Vec<String>>;

/// Adds what another run of the tests loads and uses.
pub(super) fn join(statements: &mut Statements, mut run: Statements) {
    statements.secrets.append(&mut run.secrets);
    statements.secret_spans.append(&mut run.secret_spans);
    for (id, attributes) in run.facts {
        let of_service = id.dimension == Dimension::Service;
        match statements.facts.entry(id) {
            Entry::Occupied(known) if of_service => {
                let (id, first) = (known.key().clone(), known.get().clone());
                cell(statements.cells.entry(id).or_insert_with(|| vec![first]), attributes);
            }
            Entry::Occupied(mut known) => merge(known.get_mut(), attributes),
            // A service that one of the runs has is there; a setting that only one has is nothing to tell.
            Entry::Vacant(place) if of_service => {
                place.insert(attributes);
            }
            Entry::Vacant(_) => {}
        }
    }
}

/// Adds a service of a run to those of the others: one for each product. What is not known of one run leaves what is known of
/// the others.
fn cell(cells: &mut Vec<Attributes>, more: Attributes) {
    let product = |of: &Attributes| of.get("product").map(|attr| attr.value.clone());
    let unknown = |of: &Attributes| product(of).is_none_or(|value| value.is_unknown());
    if unknown(&more) || cells.iter().any(unknown) {
        return;
    }
    match cells.iter_mut().find(|cell| product(cell) == product(&more)) {
        Some(cell) => {
            for (name, attr) in cell.iter_mut() {
                *attr = more.get(name).map_or_else(|| attr.clone(), |other| both(attr.clone(), other.clone()));
            }
        }
        None => cells.push(more),
    }
}

/// Joins a setting of two runs.
fn merge(known: &mut Attributes, mut more: Attributes) {
    for (name, attr) in known.iter_mut() {
        if let Some(other) = more.remove(name).filter(|other| !other.value.is_unknown() && !attr.value.is_unknown()) {
            *attr = both(attr.clone(), other);
        }
    }
}

/// The services that an environment's facts name.
pub(super) fn products(statements: &Statements, into: &mut Products) {
    let own = statements.facts.iter().filter(|(id, _)| id.dimension == Dimension::Service && id.component.is_none());
    for (id, attributes) in own {
        into.entry(id.key.clone()).or_default().extend(texts(attributes, "product"));
    }
}

/// States the services of all runs: that which runs on production's product, else all together.
pub(super) fn settle(statements: &mut Statements, production: &Products) {
    let mut told = Vec::new();
    for (id, cells) in std::mem::take(&mut statements.cells) {
        let mut each: Vec<String> = cells.iter().flat_map(names).collect();
        each.sort();
        each.dedup();
        let wanted = production.get(&id.key).map_or(&[][..], Vec::as_slice);
        let fits = |cell: &&Attributes| {
            let own = texts(cell, "product");
            own.iter().any(|own| wanted.iter().any(|one| one == own || services::wire_compatible(one, own)))
        };
        let chosen = cells.iter().find(fits);
        if cells.len() > 1 {
            told.extend(chosen.map_or_else(|| each.clone(), names));
        }
        let Some(mut all) = chosen.or(cells.first()).cloned() else { continue };
        if chosen.is_none() {
            cells.iter().skip(1).for_each(|cell| widen(&mut all, cell));
        }
        if let Some(product) = all.get("product").filter(|_| cells.len() > 1) {
            let origin = product.origin.clone();
            all.insert("each", Attr::stated(Value::List(each), origin));
        }
        statements.facts.insert(id, all);
    }
    statements.facts.retain(|id, of| !is_told(id, of, &told));
}

/// Joins two services of different products. What lives in the program has no version to tell apart from another's, and what only
/// one of them says holds for neither.
fn widen(all: &mut Attributes, cell: &Attributes) {
    let absent = |of: &Attributes, name: &str| of.get(name).is_some_and(|attr| attr.value == Known::Absent);
    let names: Vec<&'static str> = all.keys().copied().chain(["version", "line"]).collect();
    for name in names {
        let without = ["version", "line"].contains(&name);
        match (all.remove(name), cell.get(name)) {
            (Some(own), Some(other)) if without && other.value == Known::Absent => all.insert(name, Attr { ..own }),
            (Some(own), Some(other)) if without && own.value == Known::Absent => all.insert(name, other.clone()),
            (Some(own), Some(other)) => all.insert(name, both(own, other.clone())),
            (Some(own), None) if without && absent(cell, "version") => all.insert(name, own),
            (None, Some(other)) if without && absent(all, "version") => all.insert(name, other.clone()),
            _ => None,
        };
    }
}

/// Whether a service that is declared beside is the one that the tests are told to run on.
fn is_told(id: &FactId, of: &Attributes, told: &[String]) -> bool {
    let own = names(of);
    id.dimension == Dimension::Service
        && !of.contains_key("each")
        && own.first().is_some_and(|text| text.split(':').next() == Some(id.key.as_str()))
        && own.iter().all(|text| told.contains(text))
}

fn texts(of: &Attributes, name: &str) -> Vec<String> {
    let values = of.get(name).map_or(&[][..], |attr| attr.value.values());
    values.iter().filter_map(Value::as_text).map(str::to_owned).collect()
}

/// What is used, in a word each: `postgres:16`.
fn names(of: &Attributes) -> Vec<String> {
    let (products, versions) = (texts(of, "product"), texts(of, "version"));
    let with = |product: &String| match versions.as_slice() {
        [] => vec![product.clone()],
        all => all.iter().map(|version| format!("{product}:{version}")).collect(),
    };
    products.iter().flat_map(with).collect()
}
