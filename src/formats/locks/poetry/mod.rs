//! What `poetry install`, `poetry sync` and `poetry export` install from `poetry.lock`.

pub(super) mod walk;

use std::collections::BTreeSet;

use super::argv::{self, Flags};
use super::asked::{self, Asked};
use super::data::Node;
use super::fresh;
use super::manifest::{Dependency, Manifest};
use super::plan::{Plan, is_dev, locked};
use crate::discover::paths;
use crate::formats::requirements::{Marker, normalize, versions};
use crate::model::Reason;

/// Reads the command; the words are those behind the verb.
pub(super) fn run(plan: &mut Plan<'_>, verb: &str, words: &[String]) -> Result<(), Reason> {
    let export = verb == "export";
    let flags = argv::flags(words, if export { &argv::POETRY_EXPORT } else { &argv::POETRY })?;
    plan.out.unconfirmed.clone_from(&flags.unconfirmed);
    refused(&flags, export)?;
    let start = flags.values(&["-C", "--directory", "-P", "--project"]).last().map(|dir| paths::join(plan.folder, dir));
    let start = start.unwrap_or_else(|| Some(plan.folder.to_owned()));
    let start = start.ok_or_else(|| Reason::new("the project is outside the repository"))?;
    let manifest_file = plan.upwards_from(&start, "pyproject.toml");
    let folder = manifest_file.map(|file| paths::parent(plan.tree.path(file)).to_owned());
    let manifest = folder.as_deref().and_then(|folder| plan.manifest(folder));
    let (Some(folder), Some(manifest)) = (folder, manifest) else {
        return Err(Reason::new("there is no pyproject.toml"));
    };
    if verb != "sync" && !asked::locked(plan, "poetry.lock", &folder) {
        return unlocked(plan, &manifest, &flags, export);
    }
    let (file, lock) = plan.read_lock_in("poetry.lock", &folder)?;
    valid(&manifest, &lock)?;
    let allowed = lock.path(&["metadata", "python-versions"]).and_then(Node::text).unwrap_or("*");
    if let Some(python) = plan.markers.python.clone()
        && plan.patches().iter().all(|python| allows(allowed, python) == Some(false))
    {
        return Err(Reason::new(format!("Python {python} is outside {allowed}")));
    }
    let groups = groups(&manifest, &flags, export)?;
    let extras = extras(&lock, &manifest, &flags)?;
    let text = plan.tree.text(file).unwrap_or_default();
    if fresh::poetry(&manifest.node, &lock, text) == Some(false) {
        plan.refuse(Reason::new("pyproject.toml changed since poetry.lock was written"));
    }
    let chosen = Chosen { groups: &groups, extras: &extras, export, flags: &flags };
    packages(plan, &lock, &manifest, &chosen);
    if export && !says_why(&lock) && walk::is_split(plan, &lock, &manifest, &chosen, allowed) {
        let why = "the lock has two versions of a package for the same Pythons, which Poetry may refuse to export";
        plan.out.unconfirmed.get_or_insert_with(|| Reason::new(why));
    }
    plan.out.project = Some(!export && installs_project(&manifest, &flags));
    let names: Vec<String> = groups.iter().chain(&extras).cloned().collect();
    plan.point(Some(&manifest), &names);
    Ok(())
}

/// `poetry install` and `poetry export` without a lock, which they then make.
fn unlocked(plan: &mut Plan<'_>, manifest: &Manifest, flags: &Flags, export: bool) -> Result<(), Reason> {
    let mut groups = groups(manifest, flags, export)?;
    let main = groups.remove("main");
    let table = manifest.node.path(&["tool", "poetry", "extras"]).map_or(&[][..], Node::entries);
    let known: BTreeSet<String> =
        table.iter().map(|(name, _)| normalize(&name.value)).chain(manifest.optional.keys().cloned()).collect();
    let extras = if flags.has(&["--all-extras"]) {
        known
    } else {
        flags.words(&["-E", "--extras"]).iter().map(|extra| normalize(extra)).collect()
    };
    asked::take(plan, manifest, &Asked { main, groups, extras })?;
    plan.out.project = Some(!export && installs_project(manifest, flags));
    Ok(())
}

fn installs_project(manifest: &Manifest, flags: &Flags) -> bool {
    let mode = manifest.node.path(&["tool", "poetry", "package-mode"]).and_then(Node::bool) != Some(false);
    mode && !flags.has(&["--no-root"])
}

struct Chosen<'a> {
    groups: &'a BTreeSet<String>,
    extras: &'a BTreeSet<String>,
    export: bool,
    flags: &'a Flags,
}

/// Whether a lock says itself to which groups a package belongs, and when.
fn says_why(lock: &Node) -> bool {
    let version = lock.path(&["metadata", "lock-version"]).and_then(Node::text);
    version.and_then(|version| versions::satisfies(version, ">=2.1")) == Some(true)
}

fn packages(plan: &mut Plan<'_>, lock: &Node, manifest: &Manifest, chosen: &Chosen<'_>) {
    let no_folders = !chosen.export && chosen.flags.has(&["--no-directory"]);
    let packages = lock.get("package").map_or(&[][..], Node::items);
    let folder = |node: &Node| node.path(&["source", "type"]).and_then(Node::text) == Some("directory");
    if says_why(lock) {
        for node in packages.iter().filter(|node| !(no_folders && folder(node))) {
            direct(plan, node, chosen.groups, chosen.extras);
        }
        return;
    }
    let found = walk::walk(plan, lock, manifest, chosen);
    for (at, applies, group) in found.into_iter().filter(|(at, ..)| !(no_folders && folder(&packages[*at]))) {
        add(plan, &packages[at], applies, &group);
    }
}

/// Combinations of flags and words that Poetry refuses.
fn refused(flags: &Flags, export: bool) -> Result<(), Reason> {
    let by_group = ["--with", "--without", "--only"];
    let all_groups = flags.has(&["--all-groups"]);
    let only_root = flags.has(&["--only-root"]);
    let why = if !export && !flags.rest.is_empty() {
        "no words are expected"
    } else if flags.has(&["--all-extras"]) && flags.has(&["-E", "--extras"]) {
        "extras are named beside --all-extras"
    } else if only_root && (flags.has(&by_group) || all_groups || flags.has(&["--no-root", "--no-dev"])) {
        "--only-root stands alone"
    } else if all_groups && (flags.has(&by_group) || flags.has(&["--no-dev"])) {
        "groups are named beside --all-groups"
    } else {
        return Ok(());
    };
    Err(Reason::new(why))
}

/// What Poetry refuses in the manifest and the lock, as far as it bears on an installation.
fn valid(manifest: &Manifest, lock: &Node) -> Result<(), Reason> {
    let tool = manifest.node.path(&["tool", "poetry"]);
    let named = |key: &str| {
        let own = manifest.node.path(&["project", key]).or_else(|| tool.and_then(|t| t.get(key)));
        own.and_then(Node::text).is_some_and(|text| !text.is_empty())
    };
    if tool.and_then(|t| t.get("package-mode")).and_then(Node::bool) != Some(false) {
        for key in ["name", "version"] {
            if !named(key) {
                return Err(Reason::new(format!("pyproject.toml gives the package no {key}")));
            }
        }
    }
    let name = manifest.node.path(&["project", "name"]).or_else(|| tool.and_then(|t| t.get("name")));
    if let Some(name) = name.and_then(Node::text).map(normalize) {
        let named =
            |list: &Vec<Dependency>| list.iter().any(|d| d.requirement.as_ref().is_ok_and(|r| r.name.value == name));
        if manifest.poetry.values().any(named) {
            return Err(Reason::new(format!("{name} depends on itself")));
        }
    }
    let version = lock.path(&["metadata", "lock-version"]).and_then(Node::text);
    match version.map(|v| versions::satisfies(v, ">=1,<3")) {
        Some(Some(true)) => Ok(()),
        _ => Err(Reason::new("the format of poetry.lock is not one that Poetry reads")),
    }
}

/// Whether one of Poetry's constraints (`^3.9 || ~2.7`) allows a version; `None` if it cannot be read.
fn allows(constraint: &str, version: &str) -> Option<bool> {
    let mut answer = Some(false);
    for part in constraint.split('|').map(str::trim).filter(|part| !part.is_empty()) {
        match versions::from_poetry(part)
            .map(|spec| spec.is_empty() || versions::satisfies(version, &spec) == Some(true))
        {
            Some(true) => return Some(true),
            Some(false) => {}
            None => answer = None,
        }
    }
    answer
}

/// Poetry's main group exists only if something is declared in it.
fn has_main(manifest: &Manifest) -> bool {
    manifest.poetry.contains_key("main")
        || manifest.node.path(&["project", "dependencies"]).is_some()
        || !manifest.optional.is_empty()
}

fn groups(manifest: &Manifest, flags: &Flags, export: bool) -> Result<BTreeSet<String>, Reason> {
    let mut known: BTreeSet<String> = manifest.poetry.keys().chain(manifest.groups.keys()).cloned().collect();
    let tables = manifest.node.path(&["tool", "poetry", "group"]).map_or(&[][..], Node::entries);
    known.extend(tables.iter().map(|(name, _)| normalize(&name.value)));
    known.remove("main");
    if has_main(manifest) {
        known.insert("main".into());
    }
    let named = |names: &[&str]| -> Result<BTreeSet<String>, Reason> {
        let list: BTreeSet<String> =
            flags.values(names).flat_map(|v| v.split(',')).map(|n| normalize(n.trim())).collect();
        match list.iter().find(|n| !known.contains(*n)) {
            Some(name) => Err(Reason::new(format!("there is no group {name}"))),
            None => Ok(list),
        }
    };
    if flags.has(&["--only-root"]) {
        return Ok(BTreeSet::new());
    }
    let mut only = named(&["--only"])?;
    if flags.has(&["--no-dev"]) {
        only.insert("main".into());
    }
    let (with, without) = (named(&["--with"])?, named(&["--without"])?);
    if !only.is_empty() {
        return match only.iter().find(|n| !known.contains(*n)) {
            Some(name) => Err(Reason::new(format!("there is no group {name}"))),
            None => Ok(only),
        };
    }
    if flags.has(&["--all-groups"]) {
        return Ok(known);
    }
    let mut out: BTreeSet<String> = if export {
        BTreeSet::from(["main".to_owned()])
    } else {
        known.iter().filter(|g| !manifest.poetry_optional.contains(*g)).cloned().collect()
    };
    out.extend(with);
    out.retain(|g| !without.contains(g));
    Ok(out)
}

fn extras(lock: &Node, manifest: &Manifest, flags: &Flags) -> Result<BTreeSet<String>, Reason> {
    let locked = lock.get("extras").map_or(&[][..], Node::entries);
    let mut known: BTreeSet<String> = locked.iter().map(|(k, _)| normalize(&k.value)).collect();
    if flags.has(&["--all-extras"]) {
        known.extend(manifest.optional.keys().cloned());
        return Ok(known);
    }
    let asked: BTreeSet<String> = flags.words(&["-E", "--extras"]).iter().map(|e| normalize(e)).collect();
    match asked.iter().find(|e| !known.contains(*e)) {
        Some(name) => Err(Reason::new(format!("there is no extra {name}"))),
        None => Ok(asked),
    }
}

fn add(plan: &mut Plan<'_>, node: &Node, applies: Option<bool>, group: &str) {
    let Some(name) = node.str("name") else { return };
    let mut package = locked(name, node, node.spanned("version"));
    package.applies = applies;
    package.group = Some(group.to_owned());
    package.dev = is_dev(group);
    plan.add(package);
}

/// A package of a lock that says itself to which groups it belongs, and when.
fn direct(plan: &mut Plan<'_>, node: &Node, groups: &BTreeSet<String>, extras: &BTreeSet<String>) {
    let mut own: Vec<String> = node.get("groups").into_iter().flat_map(Node::texts).map(normalize).collect();
    own.retain(|g| groups.contains(g));
    own.sort_by_key(|g| is_dev(g));
    let env = plan.markers.with_extras(extras);
    let mut best: Option<(Option<bool>, String)> = None;
    for group in own {
        let markers = node.get("markers");
        let text = markers.and_then(Node::text).or_else(|| markers.and_then(|m| m.str(&group)));
        let applies = text.map_or(Some(true), |m| Marker::parse(m).and_then(|m| m.applies(&env)));
        if applies != Some(false) && best.as_ref().is_none_or(|(before, _)| before.is_none() && applies.is_some()) {
            best = Some((applies, group));
        }
    }
    if let Some((applies, group)) = best {
        add(plan, node, applies, &group);
    }
}
