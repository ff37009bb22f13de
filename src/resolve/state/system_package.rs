//! Packages of the distribution, and the libraries that Python packages need at run time.

use std::collections::BTreeMap;

use super::Statements;
use crate::knowledge::packages;
use crate::model::{Attr, Certainty, Dimension, Known, Origin, Reason, Value};
use crate::resolve::part::{Host, Part, SystemPart};

/// States the packages of a component.
pub fn state(statements: &mut Statements, part: &Part<'_>) {
    if part.host == Host::Machine || part.image.as_ref().is_none_or(|image| image.dockerfile.is_none()) && part.host == Host::Container {
        return;
    }
    statements.covers(Some(&part.name), Dimension::SystemPackage, part.installs.system_complete.clone());
    for package in &part.installs.system {
        let origin = Origin::set(package.span);
        let mut fact = statements.about(Some(&part.name), Dimension::SystemPackage, &package.concept);
        match &package.maybe {
            Some(reason) => fact.attr("package", Attr::unknown(reason.clone(), origin.clone())),
            None => fact.text("package", &package.package, &origin),
        };
        fact.text("manager", package.manager, &origin).text("stage", &package.stage, &origin);
        if let Some(version) = &package.version {
            fact.text("version", version, &origin);
        }
    }
    if part.host == Host::Container {
        needed_libraries(statements, part);
    }
}

/// Who needs a concept, and the place of the one that is named first.
fn needs(part: &Part<'_>) -> BTreeMap<&'static str, (Vec<String>, Origin, bool)> {
    let mut needed: BTreeMap<&'static str, (Vec<String>, Origin, bool)> = BTreeMap::new();
    for (name, found) in &part.installs.packages {
        let extras: Vec<&str> = found.package.extras.iter().map(String::as_str).collect();
        let Some(need) = packages::runtime_needs(name, &extras) else { continue };
        let brought = name == "psycopg" && (part.installs.packages.contains_key("psycopg-binary"));
        if brought || found.package.applies == Some(false) {
            continue;
        }
        let sure = need.is_certain() && found.maybe.is_none() && found.package.applies.is_some();
        for concept in need.concepts() {
            let entry = needed.entry(concept).or_insert_with(|| (Vec::new(), found.package.origin.clone(), sure));
            entry.0.push(name.clone());
            entry.2 |= sure;
        }
    }
    needed
}

/// States for every library that a package needs who provides it, or that surely nothing does.
fn needed_libraries(statements: &mut Statements, part: &Part<'_>) {
    let Some(image) = &part.image else { return };
    for (concept, (by, origin, sure)) in needs(part) {
        let installed: Option<&SystemPart> = part.installs.system.iter().find(|package| packages::satisfies(concept, &package.concept));
        let full = image.about.as_ref().and_then(|about| about.full);
        let in_full = packages::present_in_full(concept);
        let provided = match installed {
            Some(package) => match &package.maybe {
                None => Attr::text(&package.package, Origin::set(package.span)),
                Some(reason) => Attr::unknown(reason.clone(), Origin::set(package.span)),
            },
            None if full == Some(true) && in_full => Attr::text("the full image", image.origin.clone()),
            None => {
                let value = absent(part, sure, full, in_full);
                Attr { value, certainty: Certainty::Stated, origin: origin.clone() }
            }
        };
        let mut fact = statements.about(Some(&part.name), Dimension::SystemPackage, concept);
        fact.list("needed_by", by, &origin);
        fact.attr("provided_by", provided);
    }
}

fn absent(part: &Part<'_>, sure: bool, full: Option<bool>, in_full: bool) -> Known<Value> {
    if let Err(reason) = &part.installs.system_complete {
        return Known::Unknown(reason.clone());
    }
    if part.installs.copied_libraries {
        return Known::Unknown(Reason::new("libraries are copied from another stage"));
    }
    if !sure {
        return Known::Unknown(Reason::new("whether it is needed depends on the wheel"));
    }
    match full {
        Some(false) => Known::Absent,
        Some(true) if !in_full => Known::Absent,
        _ => Known::Unknown(Reason::new("what the base image holds is not known")),
    }
}
