//! What a manager installs where no lock lies: what the manifest asks for, in versions that only an index knows.

use std::collections::BTreeSet;

use super::Package;
use super::manifest::{Dependency, Manifest};
use super::pip::fixes;
use super::plan::{Plan, is_dev};
use super::poetry::walk;
use crate::discover::paths;
use crate::formats::requirements::{Requirement, normalize};
use crate::model::{Origin, Reason};

/// The group of a project's own dependencies.
const MAIN: &str = "main";

/// Whether a lock file lies in the folder.
pub(super) fn locked(plan: &Plan<'_>, name: &str, folder: &str) -> bool {
    plan.lock.is_some() || paths::join(folder, name).is_some_and(|path| plan.tree.find(&path).is_some())
}

/// Notes that what was read are wishes, which no lock has made versions of.
pub(super) fn open(plan: &mut Plan<'_>) {
    let reason = Reason::new("there is no lock: an index decides the versions and what is added");
    plan.out.complete = Err(reason.clone());
    plan.out.unconfirmed.get_or_insert(reason);
}

/// Whether a hash or an address fixes what a requirement brings: another content than that of a hash is refused.
pub(super) fn fixed(requirement: &Requirement) -> bool {
    !requirement.hashes.is_empty() || requirement.url.as_ref().is_some_and(|url| fixes(&url.value))
}

/// A package as a requirement asks for it.
pub(super) fn package(requirement: &Requirement, group: &str, applies: Option<bool>) -> Package {
    let version = requirement.pin();
    Package {
        name: requirement.name.value.clone(),
        pinned: version.is_some() || fixed(requirement),
        version,
        specifier: requirement.specifier.clone(),
        extras: requirement.extras.clone(),
        group: Some(group.to_owned()),
        direct: true,
        dev: is_dev(group),
        bundled: false,
        origin: Origin::set(requirement.span),
        applies,
    }
}

/// Takes a list of a group in. What names the project itself only chooses its extras.
pub(super) fn list(plan: &mut Plan<'_>, me: &str, dependencies: &[Dependency], group: &str, extra: bool) {
    for dependency in dependencies {
        let Ok(requirement) = &dependency.requirement else { continue };
        if requirement.name.value == me {
            continue;
        }
        let applies = walk::limits(dependency, plan.markers, &plan.pythons());
        if applies != Some(false) {
            let asked = package(requirement, group, applies);
            plan.add(Package { dev: asked.dev && !extra, ..asked });
        }
    }
}

/// The groups and extras that a command asks for.
#[derive(Default)]
pub(super) struct Asked {
    /// Whether the project's own dependencies are.
    pub(super) main: bool,
    /// Groups by normalized name.
    pub(super) groups: BTreeSet<String>,
    /// Extras by normalized name.
    pub(super) extras: BTreeSet<String>,
}

/// Takes in what a manifest asks for in the groups and extras that are chosen.
pub(super) fn take(plan: &mut Plan<'_>, manifest: &Manifest, asked: &Asked) -> Result<(), Reason> {
    open(plan);
    let me = manifest.name.as_ref().map(|name| normalize(&name.value)).unwrap_or_default();
    if asked.main {
        list(plan, &me, &manifest.dependencies, MAIN, false);
        let of_poetry = manifest.poetry.get(MAIN).map_or(&[][..], Vec::as_slice);
        let by_extra = of_extras(manifest, &asked.extras);
        let wanted = |found: &&Dependency| {
            let name = found.requirement.as_ref().map(|r| r.name.value.as_str()).unwrap_or_default();
            let listed =
                manifest.dependencies.iter().any(|d| d.requirement.as_ref().is_ok_and(|r| r.name.value == name));
            // What [project] lists too is only told there where it comes from.
            !listed && (!found.optional || by_extra.contains(name))
        };
        list(plan, &me, &of_poetry.iter().filter(wanted).cloned().collect::<Vec<_>>(), MAIN, false);
    }
    for extra in manifest.with_own_extras(&asked.extras) {
        if let Some(found) = manifest.optional.get(&extra) {
            list(plan, &me, found, &extra, true);
        }
    }
    for group in &asked.groups {
        match manifest.groups.get(group) {
            Some(Ok(found)) => list(plan, &me, found, group, false),
            Some(Err(why)) => return Err(Reason::new(why.clone())),
            None => {}
        }
        for tables in [&manifest.poetry, &manifest.tool_groups] {
            if let Some(found) = tables.get(group).filter(|_| group != MAIN) {
                list(plan, &me, found, group, false);
            }
        }
    }
    Ok(())
}

/// The packages that extras of Poetry's ask for.
fn of_extras(manifest: &Manifest, extras: &BTreeSet<String>) -> BTreeSet<String> {
    let table = manifest.node.path(&["tool", "poetry", "extras"]);
    let entries = table.map_or(&[][..], super::data::Node::entries);
    let chosen = entries.iter().filter(|(name, _)| extras.contains(&normalize(&name.value)));
    chosen.flat_map(|(_, list)| list.texts().map(normalize)).collect()
}
