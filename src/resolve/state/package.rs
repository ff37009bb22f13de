//! Python packages.

use std::collections::{BTreeMap, BTreeSet};

use super::{Statements, compiled, excluded, locked};
use crate::discover::Tree;
use crate::environments::words::naming;
use crate::knowledge::{concepts, packages, services};
use crate::model::{Attr, Certainty, Dimension, Known, Origin, Role, Spanned, StepKind, Value};
use crate::resolve::part::{PackagePart, Part};

/// States the packages of a component, and which files or groups they come from.
pub fn state(statements: &mut Statements, part: &Part<'_>, tree: &Tree) {
    if !part.installs.installs_python {
        return;
    }
    statements.covers(Some(&part.name), Dimension::Package, part.installs.packages_complete.clone());
    for (name, found) in &part.installs.packages {
        one(statements, part, name, found, tree);
    }
    variants(statements, part);
    source(statements, part, tree);
    let left = &part.installs.left.packages;
    for (name, found) in left.iter().filter(|(name, _)| !part.installs.packages.contains_key(*name)) {
        let origin = &found.package.origin;
        let absent = Attr { value: Known::Absent, certainty: Certainty::Stated, origin: origin.clone() };
        let mut fact = statements.about(Some(&part.name), Dimension::Package, name);
        fact.attr("version", absent).bool("left_behind", true, origin);
        fact.text("installed_by", &found.installed_by.value, &Origin::set(found.installed_by.span));
    }
}

/// A distribution of a family as the family names it.
type Member<'p> = (&'p str, &'p PackagePart);

/// One fact for each family of distributions that give the same import: which of them is installed.
fn variants(statements: &mut Statements, part: &Part<'_>) {
    let mut families: BTreeMap<&str, (bool, Vec<Member<'_>>)> = BTreeMap::new();
    for (name, found) in &part.installs.packages {
        let member = packages::twin_member(name, &found.package.extras);
        if let Some((family, member)) = member.filter(|_| found.package.direct && found.maybe.is_none()) {
            let entry = families.entry(&family.family).or_default();
            entry.0 = family.conflict;
            entry.1.push((member, found));
        }
    }
    for (family, (conflicts, members)) in families {
        let Some((_, first)) = members.first() else { continue };
        let origin =
            members.iter().skip(1).fold(first.package.origin.clone(), |o, (_, found)| o.join(&found.package.origin));
        let names: Vec<&str> = members.iter().map(|(name, _)| *name).collect();
        let mut fact = statements.about(Some(&part.name), Dimension::Package, &format!("{family} variant"));
        let version = |found: &PackagePart| {
            found.package.version.as_ref().map_or(String::new(), |version| format!(" {}", version.value))
        };
        let shown: Vec<String> = members.iter().map(|(name, found)| format!("{name}{}", version(found))).collect();
        fact.text("twin", names.join(" and "), &origin).text("kind", "variant", &origin);
        fact.text("version", shown.join(" and "), &origin);
        let several = members.iter().map(|(_, found)| &found.package.name).collect::<BTreeSet<_>>().len() > 1;
        fact.bool("conflict", conflicts && several, &origin);
    }
}

fn one(statements: &mut Statements, part: &Part<'_>, name: &str, found: &PackagePart, tree: &Tree) {
    let package = &found.package;
    let origin = &package.origin;
    let mut fact = statements.about(Some(&part.name), Dimension::Package, name);
    let undecided = found.maybe.clone().or_else(|| {
        package
            .applies
            .is_none()
            .then(|| crate::model::Reason::new(format!("the marker of {name} cannot be evaluated")))
    });
    if let Some(reason) = undecided {
        fact.attr("version", Attr::unknown(reason, origin.clone()));
    } else if let Some(version) = &package.version {
        fact.attr("version", Attr::stated(Value::text(&version.value), origin.clone()));
    } else {
        let reason = crate::model::Reason::new(format!("the version of {name} is not fixed"));
        fact.attr("version", Attr::unknown(reason, origin.clone()));
    }
    let in_line = |version: &&Spanned<String>| {
        let line = origin.primary().filter(|line| line.file == version.span.file);
        line.is_some_and(|line| line.start < version.span.start && version.span.end <= line.end)
            && tree.path(version.span.file).ends_with(".txt")
    };
    if let Some(version) = package.version.as_ref().filter(in_line) {
        fact.text("pin", &version.value, &Origin::set(version.span));
    }
    if let Some(specifier) = &package.specifier {
        fact.text("specifier", &specifier.value, origin);
    }
    if !package.extras.is_empty() {
        fact.list("extras", package.extras.iter().cloned().collect(), origin);
    }
    if let Some(group) = &package.group {
        fact.text("group", group, origin);
    }
    let named = origin.primary().and_then(|span| naming(tree.path(span.file)).role);
    let file_for_development = named.is_some_and(|(role, _)| role == Role::Development || role == Role::Test);
    fact.bool("dev_group", package.dev || file_for_development, origin);
    fact.bool("direct", package.direct, origin).bool("pinned", package.pinned, origin);
    fact.text("kind", packages::kind(name).name(), origin);
    // Where it may not be there at all, nothing is wrong with how it is.
    if let Some(reason) = &found.maybe {
        for name in ["pinned", "kind", "dev_group"] {
            fact.attr(name, Attr::unknown(reason.clone(), origin.clone()));
        }
    }
    locked::range(&mut fact, package, tree);
    fact.text("installed_by", &found.installed_by.value, &Origin::of(StepKind::InstalledBy, found.installed_by.span));
    if packages::is_unfit(name, &package.extras) && !compiled::is_here(part, name, found) {
        fact.bool("unfit", true, origin);
    }
    fact.bool(
        "native",
        concepts::runtime_needs(name, &package.extras).is_some_and(|need| need.compiles("musl")),
        origin,
    );
    let speaks_to: Vec<String> = services::databases_of_client(name).map(str::to_owned).collect();
    if !speaks_to.is_empty() || packages::is_asked_for(name) {
        fact.bool("root", true, origin);
    }
    if !speaks_to.is_empty() {
        fact.list("speaks_to", speaks_to, origin);
    }
    if let Some(family) = packages::twin(name) {
        fact.text("twin", &family.family, origin);
    }
}

/// `source`: the files and groups that are really installed.
fn source(statements: &mut Statements, part: &Part<'_>, tree: &Tree) {
    let sources: Vec<_> = part.installs.sources.iter().collect();
    let Some(first) = sources.first() else { return };
    let name = |source: &&crate::resolve::part::SourcePart| {
        let path = tree.path(source.file);
        source.group.as_ref().map_or_else(|| path.to_owned(), |group| format!("{path} ({group})"))
    };
    let mut names: Vec<String> = sources.iter().map(name).collect();
    names.dedup();
    let origin =
        sources.iter().skip(1).fold(Origin::set(first.span), |origin, source| origin.then(StepKind::Used, source.span));
    let roles: Vec<Role> = sources
        .iter()
        .filter_map(|source| {
            let group = source.group.as_deref().filter(|group| *group != "main");
            group.map_or_else(|| naming(tree.path(source.file)).role, |group| naming(&format!("{group}.x")).role)
        })
        .map(|(role, _)| role)
        .collect();
    let dev_groups = part.installs.packages.values().any(|found| found.package.dev);
    let kind = if roles.contains(&Role::Development) || dev_groups {
        "development"
    } else if roles.contains(&Role::Test) {
        "test"
    } else if roles.contains(&Role::Production) {
        "production"
    } else {
        "shared"
    };
    let mut fact = statements.about(Some(&part.name), Dimension::Package, "source");
    locked::ignored(&mut fact, part, tree);
    excluded::state(&mut fact, part, tree);
    fact.attr("version", Attr { value: Known::Absent, certainty: Certainty::Stated, origin: origin.clone() });
    fact.text("group", names.join(" + "), &origin).text("kind", kind, &origin);
    let mut commands: Vec<&Spanned<String>> =
        part.installs.packages.values().map(|found| &found.installed_by).collect();
    commands.sort_by_key(|command| command.span);
    commands.dedup_by_key(|command| &command.value);
    if let Some(first) = commands.first() {
        let steps = |origin: Origin, command: &&Spanned<String>| origin.then(StepKind::InstalledBy, command.span);
        let origin = commands.iter().skip(1).fold(Origin::of(StepKind::InstalledBy, first.span), steps);
        let words: Vec<&str> = commands.iter().map(|command| command.value.as_str()).collect();
        fact.text("installed_by", words.join("; "), &origin);
    }
}
