//! Which groups and extras a uv command selects.

use std::collections::BTreeSet;

use super::super::argv::Flags;
use super::super::asked::Asked;
use super::super::data::Node;
use super::super::manifest::Manifest;
use super::super::plan::Plan;
use super::walk::Found;
use super::{Selection, place, workspace};
use crate::formats::requirements::normalize;
use crate::model::Reason;

fn keys(packages: &[Node], roots: &[usize], table: &str) -> BTreeSet<String> {
    let tables = roots.iter().filter_map(|at| packages[*at].get(table));
    tables.flat_map(|t| t.entries().iter().map(|(k, _)| normalize(&k.value))).collect()
}

/// The names of the groups that packages have in the lock, empty ones too.
fn groups_of(packages: &[Node], roots: &[usize]) -> BTreeSet<String> {
    let mut out = keys(packages, roots, "dev-dependencies");
    for at in roots {
        let all = packages[*at].path(&["metadata", "requires-dev"]).map_or(&[][..], Node::entries);
        out.extend(all.iter().map(|(k, _)| normalize(&k.value)));
    }
    out
}

fn truth(plan: &Plan<'_>, name: &str) -> Result<bool, Reason> {
    match plan.variable(name).map(str::to_ascii_lowercase).as_deref() {
        None | Some("0" | "false" | "f" | "no" | "n" | "off") => Ok(false),
        Some("1" | "true" | "t" | "yes" | "y" | "on") => Ok(true),
        Some(other) => Err(Reason::new(format!("{name} is {other:?}, which is no truth value"))),
    }
}

/// Reads the flags, the variables and the defaults.
pub(super) fn select(
    plan: &Plan<'_>,
    lock: &Node,
    packages: &[Node],
    roots: &[usize],
    found: &workspace::Found,
    manifest: Option<&Manifest>,
    flags: &Flags,
) -> Result<Selection, Reason> {
    let mut own = groups_of(packages, roots);
    let above: Vec<usize> =
        (0..packages.len()).filter(|at| place(&packages[*at], &found.top).as_deref() == Some(&found.top)).collect();
    // At a root that is no package, the workspace as a whole is meant.
    let whole = above.is_empty() && found.project == found.top && !flags.has(&["--package"]);
    let mut inherited = groups_of(packages, &above);
    let manifest_groups = lock.path(&["manifest", "dependency-groups"]).map_or(&[][..], Node::entries);
    inherited.extend(manifest_groups.iter().map(|(k, _)| normalize(&k.value)));
    if whole {
        own.append(&mut inherited);
    }
    inherited.retain(|name| !own.contains(name));
    let choice = Choice::read(plan, flags)?;
    let defaults = choice.defaults(manifest, &own)?;
    let named = choice.asked.iter().chain(&choice.only).chain(&choice.without);
    if let Some(name) = named.into_iter().find(|g| !own.contains(*g) && !inherited.contains(*g)) {
        return Err(Reason::new(format!("there is no group {name}")));
    }
    let main = !choice.only_dev && choice.only.is_empty();
    let mut chosen = if main { defaults } else { choice.only.clone() };
    if choice.only_dev {
        chosen.insert("dev".into());
    }
    chosen.extend(choice.asked.iter().cloned());
    if choice.dev {
        chosen.insert("dev".into());
    }
    if flags.has(&["--all-groups"]) {
        chosen.extend(own.iter().cloned());
    }
    let explicit = |g: &String| choice.asked.contains(g) || choice.only.contains(g);
    inherited.retain(explicit);
    chosen.retain(|g| {
        let dropped = choice.without.contains(g) || choice.no_dev && g == "dev";
        !dropped && (own.contains(g) || inherited.contains(g))
    });
    let extras = extras(packages, roots, flags)?;
    Ok(Selection { main, extras, groups: chosen, inherited, top: above, whole })
}

/// Reads the same where there is no lock, from the manifest alone.
pub(super) fn unlocked(plan: &Plan<'_>, manifest: &Manifest, flags: &Flags) -> Result<Asked, Reason> {
    if flags.has(&["--frozen", "--locked"]) {
        return Err(Reason::new("there is no uv.lock"));
    }
    if flags.has(&["--package", "--all-packages"]) {
        return Err(Reason::new("which packages the workspace has, its lock says"));
    }
    let own: BTreeSet<String> = manifest.groups.keys().chain(manifest.tool_groups.keys()).cloned().collect();
    let choice = Choice::read(plan, flags)?;
    let named = choice.asked.iter().chain(&choice.only).chain(&choice.without);
    if let Some(name) = named.into_iter().find(|name| !own.contains(*name)) {
        return Err(Reason::new(format!("there is no group {name}")));
    }
    let main = !choice.only_dev && choice.only.is_empty();
    let mut groups = if main { choice.defaults(Some(manifest), &own)? } else { choice.only.clone() };
    groups.extend(choice.asked.iter().cloned());
    if choice.only_dev || choice.dev {
        groups.insert("dev".into());
    }
    if flags.has(&["--all-groups"]) {
        groups.extend(own.iter().cloned());
    }
    groups.retain(|name| own.contains(name) && !choice.without.contains(name) && !(choice.no_dev && name == "dev"));
    let (mut extras, without) = (named_extras(flags, "--extra"), named_extras(flags, "--no-extra"));
    if flags.has(&["--all-extras"]) {
        extras.extend(manifest.optional.keys().cloned());
    }
    extras.retain(|extra| main && !without.contains(extra));
    Ok(Asked { main, groups, extras })
}

/// What flags and variables say about groups.
struct Choice {
    asked: BTreeSet<String>,
    only: BTreeSet<String>,
    without: BTreeSet<String>,
    only_dev: bool,
    dev: bool,
    no_dev: bool,
    no_defaults: bool,
}

impl Choice {
    fn read(plan: &Plan<'_>, flags: &Flags) -> Result<Self, Reason> {
        let named = |flag: &str| -> BTreeSet<String> { flags.values(&[flag]).map(normalize).collect() };
        let mut without = named("--no-group");
        if let Some(text) = plan.variable("UV_NO_GROUP") {
            for name in text.split(' ') {
                let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
                if name.is_empty() || !name.chars().all(fits) {
                    return Err(Reason::new(format!("UV_NO_GROUP names {name:?}, which is no group")));
                }
                without.insert(normalize(name));
            }
        }
        let last = flags.flags.iter().rev().find(|(f, _)| f == "--dev" || f == "--no-dev").map(|(f, _)| f.as_str());
        let only_dev = flags.has(&["--only-dev"]);
        let unwanted = truth(plan, "UV_NO_DEV")? && !only_dev;
        Ok(Self {
            asked: named("--group"),
            only: named("--only-group"),
            without,
            only_dev,
            dev: last == Some("--dev"),
            no_dev: last == Some("--no-dev") || last.is_none() && unwanted,
            no_defaults: flags.has(&["--no-default-groups"]) || truth(plan, "UV_NO_DEFAULT_GROUPS")?,
        })
    }

    fn defaults(&self, manifest: Option<&Manifest>, own: &BTreeSet<String>) -> Result<BTreeSet<String>, Reason> {
        let default = manifest.and_then(|m| m.node.path(&["tool", "uv", "default-groups"]));
        let defaults: BTreeSet<String> = match default {
            Some(node) if node.text() == Some("all") => own.clone(),
            Some(node) => {
                let named: BTreeSet<String> = node.texts().map(normalize).collect();
                let there = |g: &&String| !manifest.is_some_and(|m| m.groups.contains_key(*g)) && !own.contains(*g);
                if let Some(name) = named.iter().find(there) {
                    return Err(Reason::new(format!("there is no default group {name}")));
                }
                named
            }
            None => BTreeSet::from(["dev".to_owned()]),
        };
        Ok(if self.no_defaults { BTreeSet::new() } else { defaults })
    }
}

/// The extras behind a flag of uv, which takes several at once: `--extra a,b`.
fn named_extras(flags: &Flags, flag: &str) -> BTreeSet<String> {
    flags.values(&[flag]).flat_map(|value| value.split(',')).map(normalize).collect()
}

fn extras(packages: &[Node], roots: &[usize], flags: &Flags) -> Result<BTreeSet<String>, Reason> {
    let mut declared = keys(packages, roots, "optional-dependencies");
    for at in roots {
        let provided = packages[*at].path(&["metadata", "provides-extras"]);
        declared.extend(provided.into_iter().flat_map(Node::texts).map(normalize));
    }
    let (mut extras, without) = (named_extras(flags, "--extra"), named_extras(flags, "--no-extra"));
    if let Some(name) = extras.iter().chain(&without).find(|e| !declared.contains(*e)) {
        return Err(Reason::new(format!("there is no extra {name}")));
    }
    if flags.has(&["--all-extras"]) {
        extras.extend(declared);
    }
    extras.retain(|e| !without.contains(e));
    Ok(extras)
}

/// Refuses if a chosen group asks for another Python (`tool.uv.dependency-groups`).
pub(super) fn group_pythons(plan: &Plan<'_>, manifest: Option<&Manifest>, selection: &Selection) -> Result<(), Reason> {
    let table = manifest.and_then(|m| m.node.path(&["tool", "uv", "dependency-groups"]));
    for (name, node) in table.map_or(&[][..], Node::entries) {
        if selection.groups.contains(&normalize(&name.value)) {
            plan.needs_python(node.str("requires-python"))?;
        }
    }
    Ok(())
}

/// Refuses if extras or groups are chosen together that the project declares to be in conflict.
pub(super) fn conflicts(
    lock: &Node,
    packages: &[Node],
    roots: &[usize],
    reached: &[Found],
    selection: &Selection,
) -> Result<(), Reason> {
    let reached = reached.iter().map(|(at, ..)| *at).filter(|at| {
        let source = packages[*at].get("source");
        source.is_some_and(|s| s.get("editable").is_some() || s.get("virtual").is_some())
    });
    let names: BTreeSet<String> =
        reached.chain(roots.iter().copied()).filter_map(|at| packages[at].str("name")).map(normalize).collect();
    for set in lock.get("conflicts").map_or(&[][..], Node::items) {
        let chosen = |item: &&Node| {
            let of = |key: &str| item.str(key).map(normalize);
            if !of("package").is_some_and(|name| names.contains(&name)) {
                return false;
            }
            match (of("extra"), of("group")) {
                (Some(extra), _) => selection.extras.contains(&extra),
                (None, Some(group)) => selection.groups.contains(&group),
                (None, None) => selection.main,
            }
        };
        if set.items().iter().filter(chosen).count() > 1 {
            return Err(Reason::at("extras or groups are chosen that are declared to be in conflict", set.span));
        }
    }
    Ok(())
}
