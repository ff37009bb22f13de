//! What pdm installs from its lock.

use std::collections::BTreeSet;

use super::argv::{self, Flags};
use super::asked::{self, Asked};
use super::data::{Data, Node};
use super::manifest::Manifest;
use super::plan::{Plan, is_dev, locked};
use super::settle;
use crate::discover::paths;
use crate::formats::requirements::{Marker, normalize};
use crate::model::Reason;

/// `pdm install`, `pdm sync`, `pdm export`.
pub(super) fn run(plan: &mut Plan<'_>, verb: &str, words: &[String]) -> Result<(), Reason> {
    let flags = argv::flags(words, &argv::PDM)?;
    plan.out.unconfirmed.clone_from(&flags.unconfirmed);
    if let Some(word) = flags.rest.first() {
        return Err(Reason::new(format!("{word} is not understood")));
    }
    let start = flags.values(&["-p", "--project"]).last().map(|dir| paths::join(plan.folder, dir));
    let folder = start.unwrap_or_else(|| Some(plan.folder.to_owned()));
    let folder = folder.ok_or_else(|| Reason::new("the project is outside the repository"))?;
    let given = flags.values(&["-L", "--lockfile"]).last().unwrap_or("pdm.lock");
    if verb == "install"
        && given == "pdm.lock"
        && !flags.has(&["--frozen-lockfile", "--check"])
        && !asked::locked(plan, given, &folder)
    {
        return unlocked(plan, &folder, &flags);
    }
    let (_, lock) = if given == "pdm.lock" && folder == plan.folder {
        plan.read_lock(given)?
    } else {
        plan.read_lock_in(given, &folder)?
    };
    let manifest = plan.manifest(&folder);
    plan.needs_python(manifest.as_ref().and_then(|m| m.requires_python.as_ref()).map(|r| r.value.as_str()))?;
    let strategy = lock.path(&["metadata", "strategy"]);
    let inherits = match lock.get("metadata") {
        Some(metadata) if !metadata.entries().is_empty() => {
            strategy.into_iter().flat_map(Node::texts).any(|s| s == "inherit_metadata")
        }
        _ => true,
    };
    if !inherits {
        return Err(Reason::new("the lock does not say which package belongs to which group"));
    }
    let (groups, dev) = groups(manifest.as_ref(), &lock, &flags)?;
    let excluded = manifest.as_ref().and_then(|m| m.node.path(&["tool", "pdm", "resolution", "excludes"]));
    let excluded: BTreeSet<String> = excluded.into_iter().flat_map(Node::texts).map(normalize).collect();
    for node in lock.get("package").map_or(&[][..], Node::items) {
        let own: Vec<String> = node.get("groups").into_iter().flat_map(Node::texts).map(normalize).collect();
        let anywhere = own.is_empty().then_some(DEFAULT);
        let found = own.iter().map(String::as_str).filter(|g| groups.contains(*g)).min_by_key(|g| dev.contains(*g));
        let Some(group) = found.or(anywhere) else { continue };
        let Some(name) = node.str("name").filter(|name| !excluded.contains(&normalize(name))) else { continue };
        let applies = node.str("marker").map_or(Some(true), |m| Marker::parse(m).and_then(|m| m.applies(plan.markers)));
        if applies == Some(false) {
            continue;
        }
        let mut package = locked(name, node, node.spanned("version"));
        package.applies = applies;
        package.group = Some(if group == DEFAULT { "main".into() } else { group.to_owned() });
        package.dev = dev.contains(group) && is_dev(group);
        plan.add(package);
    }
    plan.out.project = Some(verb != "export" && installs_project(manifest.as_ref(), &flags));
    let names: Vec<String> = groups.into_iter().collect();
    plan.point(manifest.as_ref(), &names);
    Ok(())
}

/// `pdm install` without a lock, which it then makes.
fn unlocked(plan: &mut Plan<'_>, folder: &str, flags: &Flags) -> Result<(), Reason> {
    let manifest = plan.manifest(folder).ok_or_else(|| Reason::new("there is no pyproject.toml"))?;
    plan.needs_python(manifest.requires_python.as_ref().map(|python| python.value.as_str()))?;
    let nothing = Node { data: Data::Null, span: manifest.node.span };
    let (mut groups, _) = groups(Some(&manifest), &nothing, flags)?;
    let main = groups.remove(DEFAULT);
    let extras: BTreeSet<String> =
        groups.iter().filter(|name| manifest.optional.contains_key(*name)).cloned().collect();
    asked::take(plan, &manifest, &Asked { main, groups, extras })?;
    settle::by_pdm(plan, &manifest);
    plan.out.project = Some(installs_project(Some(&manifest), flags));
    Ok(())
}

fn installs_project(manifest: Option<&Manifest>, flags: &Flags) -> bool {
    let tool = manifest.and_then(|m| m.node.path(&["tool", "pdm", "distribution"])).and_then(Node::bool);
    tool.unwrap_or_else(|| manifest.is_some_and(|m| m.node.get("build-system").is_some())) && !flags.has(&["--no-self"])
}

/// The group of a project's own dependencies.
const DEFAULT: &str = "default";

/// The groups that the flags choose, and which of all are for development.
fn groups(
    manifest: Option<&Manifest>,
    lock: &Node,
    flags: &Flags,
) -> Result<(BTreeSet<String>, BTreeSet<String>), Reason> {
    let locked = lock.path(&["metadata", "groups"]).into_iter().flat_map(Node::texts).map(normalize);
    let locked: BTreeSet<String> = locked.collect();
    let mut dev: BTreeSet<String> = manifest.iter().flat_map(|m| m.groups.keys().cloned()).collect();
    dev.extend(manifest.iter().flat_map(|m| m.tool_groups.keys().cloned()));
    let optional: BTreeSet<String> = manifest.iter().flat_map(|m| m.optional.keys().cloned()).collect();
    let known = |group: &String| group == DEFAULT || dev.contains(group) || optional.contains(group);
    let listed = |names: &[&str]| -> Vec<String> {
        flags.values(names).flat_map(|v| v.split(',')).map(|g| g.trim().to_owned()).filter(|g| !g.is_empty()).collect()
    };
    let mut asked = listed(&["-G", "--group", "--with"]);
    let without: BTreeSet<String> = listed(&["--without"]).iter().map(|g| normalize(g)).collect();
    let wants_dev = flags.has(&["-d", "--dev"]);
    let prod = flags.has(&["--prod", "--production"]);
    if wants_dev && prod {
        return Err(Reason::new("--dev and --prod contradict each other"));
    }
    if !without.is_empty() && asked.is_empty() && !wants_dev && !prod {
        asked.push(":all".into());
    }
    let unset = asked.is_empty() && !prod && !wants_dev && !flags.has(&["--no-default"]);
    let mut groups = BTreeSet::new();
    if unset && !locked.is_empty() {
        groups = locked;
    } else {
        let all = asked.iter().any(|g| g == ":all");
        groups.extend(asked.iter().filter(|g| *g != ":all").map(|g| normalize(g)));
        if !groups.is_disjoint(&dev) {
            if prod {
                return Err(Reason::new("--prod leaves no development groups to choose"));
            }
        } else if !prod {
            groups.extend(dev.iter().cloned());
        }
        if all {
            groups.extend(optional.iter().cloned());
        }
        if !flags.has(&["--no-default"]) {
            groups.insert(DEFAULT.into());
        }
        groups.retain(|g| !without.contains(g));
    }
    groups.retain(known);
    Ok((groups, dev))
}
