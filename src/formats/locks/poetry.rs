//! What `poetry install`, `poetry sync` and `poetry export` install from `poetry.lock`.

use std::collections::{BTreeMap, BTreeSet};

use super::argv::{self, Flags};
use super::data::Node;
use super::manifest::{Dependency, Manifest};
use super::plan::{Plan, both, by_name, is_dev, locked};
use crate::formats::requirements::{Marker, MarkerEnv, normalize, versions};
use crate::model::Reason;

/// Reads the command; the words are those behind the verb.
pub(super) fn run(plan: &mut Plan<'_>, verb: &str, words: &[String]) -> Result<(), Reason> {
    let flags = argv::flags(words, &argv::POETRY)?;
    let (_, lock) = plan.read_lock("poetry.lock")?;
    let manifest = plan.manifest(plan.folder).ok_or_else(|| Reason::new("there is no pyproject.toml"))?;
    let allowed = lock.path(&["metadata", "python-versions"]).and_then(Node::text).and_then(versions::from_poetry);
    plan.needs_python(allowed.as_deref())?;
    let groups = groups(&manifest, &flags, verb == "export")?;
    let extras = extras(&lock, &manifest, &flags)?;
    let packages = lock.get("package").map_or(&[][..], Node::items);
    if packages.iter().any(|p| p.get("groups").is_some()) {
        for node in packages {
            direct(plan, node, &groups, &extras);
        }
    } else {
        let mut walk = Walk {
            packages,
            names: by_name(packages),
            env: plan.markers.clone(),
            seen: BTreeMap::new(),
            found: Vec::new(),
        };
        walk.all(&manifest, &lock, &groups, &extras);
        for (at, applies, group) in walk.found {
            add(plan, &packages[at], applies, &group);
        }
    }
    let mode = manifest.node.path(&["tool", "poetry", "package-mode"]).and_then(Node::bool) != Some(false);
    plan.out.project = Some(verb != "export" && mode && !flags.has(&["--no-root"]));
    let names: Vec<String> = groups.iter().chain(&extras).cloned().collect();
    plan.point(Some(&manifest), &names);
    Ok(())
}

fn groups(manifest: &Manifest, flags: &Flags, export: bool) -> Result<BTreeSet<String>, Reason> {
    let mut known: BTreeSet<String> = manifest.poetry.keys().chain(manifest.groups.keys()).cloned().collect();
    known.insert("main".into());
    let named = |names: &[&str]| -> Result<BTreeSet<String>, Reason> {
        let list: BTreeSet<String> = flags.lists(names).iter().map(|n| normalize(n)).collect();
        match list.iter().find(|n| !known.contains(*n)) {
            Some(name) => Err(Reason::new(format!("there is no group {name}"))),
            None => Ok(list),
        }
    };
    let main = || BTreeSet::from(["main".to_owned()]);
    if flags.has(&["--only-root"]) {
        return Ok(BTreeSet::new());
    }
    let only = named(&["--only"])?;
    let without = named(&["--without"])?;
    let mut out = if !only.is_empty() {
        only
    } else if flags.has(&["--no-dev"]) || export {
        main()
    } else {
        known.iter().filter(|g| !manifest.poetry_optional.contains(*g)).cloned().collect()
    };
    out.extend(named(&["--with"])?);
    if flags.has(&["--dev"]) {
        out.insert("dev".into());
    }
    if flags.has(&["--all-groups"]) {
        out.extend(known.iter().cloned());
    }
    out.retain(|g| !without.contains(g));
    Ok(out)
}

fn extras(lock: &Node, manifest: &Manifest, flags: &Flags) -> Result<BTreeSet<String>, Reason> {
    let mut known: BTreeSet<String> =
        lock.get("extras").map_or(&[][..], Node::entries).iter().map(|(k, _)| normalize(&k.value)).collect();
    known.extend(manifest.optional.keys().cloned());
    if flags.has(&["--all-extras"]) {
        return Ok(known);
    }
    let asked: BTreeSet<String> = flags.lists(&["-E", "--extras"]).iter().map(|e| normalize(e)).collect();
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

/// Locks of Poetry 1 do not say why a package is there: what is asked for is followed.
struct Walk<'a> {
    packages: &'a [Node],
    names: BTreeMap<String, Vec<usize>>,
    env: MarkerEnv,
    seen: BTreeMap<(usize, BTreeSet<String>), Option<bool>>,
    found: Vec<(usize, Option<bool>, String)>,
}

impl Walk<'_> {
    fn all(&mut self, manifest: &Manifest, lock: &Node, groups: &BTreeSet<String>, extras: &BTreeSet<String>) {
        let table = lock.get("extras").map_or(&[][..], Node::entries);
        let chosen = table.iter().filter(|(name, _)| extras.contains(&normalize(&name.value)));
        let wanted: BTreeSet<String> = chosen
            .flat_map(|(_, list)| list.texts())
            .map(|t| normalize(t.split([' ', '(', '[', ';', '<', '>', '=']).next().unwrap_or(t)))
            .collect();
        let mut order: Vec<&String> = groups.iter().collect();
        order.sort_by_key(|g| is_dev(g));
        for group in order {
            let empty = Vec::new();
            let more = if group == "main" { &manifest.dependencies } else { &empty };
            let list = manifest.poetry.get(group).map_or(&[][..], Vec::as_slice);
            for dependency in list.iter().chain(more) {
                self.root(dependency, &wanted, group);
            }
        }
    }

    fn root(&mut self, dependency: &Dependency, wanted: &BTreeSet<String>, group: &str) {
        let Ok(requirement) = &dependency.requirement else { return };
        if dependency.optional && !wanted.contains(&requirement.name.value) {
            return;
        }
        let marker = requirement.marker.as_ref();
        let mut applies = marker.map_or(Some(true), |m| Marker::parse(&m.value).and_then(|m| m.applies(&self.env)));
        if let Some(python) = &dependency.python {
            let known = versions::from_poetry(python).zip(self.env.python.clone());
            applies = both(applies, known.and_then(|(spec, python)| versions::satisfies(&python, &spec)));
        }
        let spec = requirement.canonical_specifier();
        self.enter(&requirement.name.value, &spec, &requirement.extras, applies, group);
    }

    fn enter(&mut self, name: &str, spec: &str, extras: &BTreeSet<String>, applies: Option<bool>, group: &str) {
        if applies == Some(false) || self.seen.len() > 20_000 {
            return;
        }
        let candidates = self.names.get(name).cloned().unwrap_or_default();
        let several = candidates.len() > 1;
        for at in candidates {
            let node = &self.packages[at];
            let version = node.str("version").unwrap_or_default();
            if several && !spec.is_empty() && versions::satisfies(version, spec) == Some(false) {
                continue;
            }
            let key = (at, extras.clone());
            if self.seen.get(&key).is_some_and(|before| *before == Some(true) || applies.is_none()) {
                continue;
            }
            self.seen.insert(key, applies);
            self.found.push((at, applies, group.to_owned()));
            let env = self.env.with_extras(extras);
            for (name, value) in node.get("dependencies").map_or(&[][..], Node::entries) {
                let one = std::slice::from_ref(value);
                let items = if value.items().is_empty() { one } else { value.items() };
                for item in items {
                    let holds =
                        item.str("markers").map_or(Some(true), |m| Marker::parse(m).and_then(|m| m.applies(&env)));
                    let spec =
                        item.text().or_else(|| item.str("version")).and_then(versions::from_poetry).unwrap_or_default();
                    let inner = item.get("extras").into_iter().flat_map(Node::texts).map(normalize).collect();
                    self.enter(&normalize(&name.value), &spec, &inner, both(applies, holds), group);
                }
            }
        }
    }
}
