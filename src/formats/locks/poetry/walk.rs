//! What Poetry chooses from a lock that does not say why a package is there: what is asked for is followed.

use std::collections::{BTreeMap, BTreeSet};

use super::super::data::Node;
use super::super::manifest::{Dependency, Manifest};
use super::super::plan::{Plan, both, by_name, is_dev};
use super::{Chosen, allows};
use crate::formats::requirements::{Marker, MarkerEnv, normalize, versions};

/// A package by its position, whether it applies, and the group it came by.
pub(super) type Found = (usize, Option<bool>, String);

/// Follows the manifest's dependencies through the lock, one version a package.
pub(super) fn walk(plan: &Plan<'_>, lock: &Node, manifest: &Manifest, chosen: &Chosen<'_>) -> Vec<Found> {
    let packages = lock.get("package").map_or(&[][..], Node::items);
    let mut walk = Walk {
        packages,
        names: by_name(packages),
        env: plan.markers.clone(),
        pythons: plan.pythons(),
        limits: BTreeMap::new(),
        new_limits: BTreeMap::new(),
        seen: BTreeMap::new(),
        found: Vec::new(),
    };
    // A version is chosen by all that limit it, some of which are met only on the way.
    for _ in 0..8 {
        walk.seen.clear();
        walk.found.clear();
        walk.all(manifest, lock, chosen);
        let limits = std::mem::take(&mut walk.new_limits);
        if limits == walk.limits {
            break;
        }
        walk.limits = limits;
    }
    walk.found
}

/// The last minor version of Python that is looked at.
const LAST_MINOR: u32 = 14;

/// Whether two of the Pythons that a lock is for get different versions of a package that each run on both.
pub(super) fn is_split(plan: &Plan<'_>, lock: &Node, manifest: &Manifest, chosen: &Chosen<'_>, allowed: &str) -> bool {
    let packages = lock.get("package").map_or(&[][..], Node::items);
    if by_name(packages).values().all(|all| all.len() < 2) {
        return false;
    }
    let pythons = (6..=LAST_MINOR).map(|minor| format!("3.{minor}"));
    let pythons = pythons.filter(|python| allows(allowed, &format!("{python}.0")) == Some(true));
    let mut taken: BTreeMap<String, Vec<(String, usize)>> = BTreeMap::new();
    for python in pythons {
        let mut markers = MarkerEnv { python: Some(python.clone()), ..plan.markers.clone() };
        markers.values.retain(|name, _| !name.starts_with("python_"));
        let own = Plan { markers: &markers, out: Default::default(), ..*plan };
        for (at, ..) in walk(&own, lock, manifest, chosen) {
            let name = normalize(packages[at].str("name").unwrap_or_default());
            taken.entry(name).or_default().push((format!("{python}.0"), at));
        }
    }
    let runs = |at: usize, python: &str| allows(packages[at].str("python-versions").unwrap_or("*"), python);
    taken.values().any(|all| {
        let other = |(python, at): &(String, usize)| {
            all.iter().any(|(later, other)| {
                other != at && runs(*at, later) == Some(true) && runs(*other, python) == Some(true)
            })
        };
        all.iter().any(other)
    })
}

struct Walk<'a> {
    packages: &'a [Node],
    names: BTreeMap<String, Vec<usize>>,
    env: MarkerEnv,
    pythons: Vec<String>,
    limits: BTreeMap<String, BTreeSet<String>>,
    new_limits: BTreeMap<String, BTreeSet<String>>,
    seen: BTreeMap<(usize, BTreeSet<String>), Option<bool>>,
    found: Vec<Found>,
}

/// The name that a requirement of `[extras]` starts with.
fn bare(text: &str) -> String {
    normalize(text.split([' ', '(', '[', ';', '<', '>', '=', '!', '~', '^']).next().unwrap_or(text))
}

/// Whether a constraint such as `linux || darwin` or `!=win32` takes a platform.
fn on_platform(constraint: &str, here: &str) -> bool {
    let one = |text: &str| match text.strip_prefix("!=") {
        Some(other) => other.trim() != here,
        None => matches!(text.trim_start_matches('=').trim(), "*" | "") || text.trim_start_matches('=').trim() == here,
    };
    let mut ways = constraint.split('|').map(str::trim).filter(|way| !way.is_empty());
    ways.any(|way| way.split(',').all(|text| one(text.trim())))
}

/// Whether a dependency's marker and its limits on Python and the platform hold.
pub(in crate::formats::locks) fn limits(dependency: &Dependency, env: &MarkerEnv, pythons: &[String]) -> Option<bool> {
    let marker = dependency.requirement.as_ref().ok().and_then(|requirement| requirement.marker.as_ref());
    let mut applies = marker.map_or(Some(true), |m| Marker::parse(&m.value).and_then(|m| m.applies(env)));
    if let Some(python) = &dependency.python {
        let mut answers = pythons.iter().map(|version| allows(python, version));
        let first = answers.next().flatten();
        applies = both(applies, first.filter(|first| answers.all(|other| other == Some(*first))));
    }
    if let Some(platform) = &dependency.platform {
        applies = both(applies, env.platform.as_deref().map(|here| on_platform(platform, here)));
    }
    applies
}

impl Walk<'_> {
    fn all(&mut self, manifest: &Manifest, lock: &Node, chosen: &Chosen<'_>) {
        let table = lock.get("extras").map_or(&[][..], Node::entries);
        let named = table.iter().filter(|(name, _)| chosen.extras.contains(&normalize(&name.value)));
        let wanted: BTreeSet<String> = named.flat_map(|(_, list)| list.texts()).map(bare).collect();
        let mut order: Vec<&String> = chosen.groups.iter().collect();
        order.sort_by_key(|g| is_dev(g));
        for group in order {
            let empty = Vec::new();
            let more = if group == "main" { &manifest.dependencies } else { &empty };
            let list = manifest.poetry.get(group).map_or(&[][..], Vec::as_slice);
            for dependency in list.iter().chain(more) {
                self.root(dependency, &wanted, group, chosen.export);
            }
        }
    }

    /// Whether something optional is not asked for. An export looks at the lock's word, an installation at the manifest's.
    fn left_out(&self, dependency: &Dependency, name: &str, wanted: &BTreeSet<String>, export: bool) -> bool {
        let optional = if export {
            let first = self.names.get(name).and_then(|list| list.first());
            first.and_then(|at| self.packages[*at].get("optional")).and_then(Node::bool) == Some(true)
        } else {
            dependency.optional
        };
        optional && !wanted.contains(name)
    }

    fn root(&mut self, dependency: &Dependency, wanted: &BTreeSet<String>, group: &str, export: bool) {
        let Ok(requirement) = &dependency.requirement else { return };
        if self.left_out(dependency, &requirement.name.value, wanted, export) {
            return;
        }
        let applies = limits(dependency, &self.env, &self.pythons);
        let spec = requirement.canonical_specifier();
        self.enter(&requirement.name.value, &spec, &requirement.extras, applies, group);
    }

    /// The packages of a name that may be meant: the highest of those that fit, or several if that is not known.
    fn candidates(&mut self, name: &str, spec: &str, applies: Option<bool>) -> Vec<usize> {
        if applies == Some(true) && !spec.is_empty() {
            self.new_limits.entry(name.to_owned()).or_default().insert(spec.to_owned());
        }
        let mut all = self.names.get(name).cloned().unwrap_or_default();
        if all.len() < 2 {
            return all;
        }
        let limits = self.limits.get(name).cloned().unwrap_or_default();
        all.retain(|at| {
            let node = &self.packages[*at];
            let version = node.str("version").unwrap_or_default();
            let python = node.str("python-versions").unwrap_or("*");
            let fits = |spec: &str| versions::satisfies(version, spec) != Some(false);
            let runs = self.pythons.is_empty() || self.pythons.iter().any(|p| allows(python, p) != Some(false));
            runs && (spec.is_empty() || fits(spec)) && limits.iter().all(|limit| fits(limit))
        });
        if applies == Some(true) && self.env.python.is_some() {
            let version = |at: &usize| self.packages[*at].str("version").unwrap_or_default();
            let newest = all.iter().copied().reduce(|best, at| {
                let higher = versions::satisfies(version(&at), &format!(">{}", version(&best))) == Some(true);
                if higher { at } else { best }
            });
            all = newest.into_iter().collect();
        }
        all
    }

    fn enter(&mut self, name: &str, spec: &str, extras: &BTreeSet<String>, applies: Option<bool>, group: &str) {
        if applies == Some(false) || self.seen.len() > 20_000 {
            return;
        }
        for at in self.candidates(name, spec, applies) {
            let key = (at, extras.clone());
            if self.seen.get(&key).is_some_and(|before| *before == Some(true) || applies.is_none()) {
                continue;
            }
            self.seen.insert(key, applies);
            self.found.push((at, applies, group.to_owned()));
            self.dependencies(at, extras, applies, group);
        }
    }

    fn dependencies(&mut self, at: usize, extras: &BTreeSet<String>, applies: Option<bool>, group: &str) {
        let node = &self.packages[at];
        let env = self.env.with_extras(extras);
        let tables = node.get("extras").map_or(&[][..], Node::entries);
        let by_extra: BTreeSet<String> = tables
            .iter()
            .filter(|(name, _)| extras.contains(&normalize(&name.value)))
            .flat_map(|(_, list)| list.texts().map(bare))
            .collect();
        for (name, value) in node.get("dependencies").map_or(&[][..], Node::entries) {
            let name = normalize(&name.value);
            let one = std::slice::from_ref(value);
            for item in if value.items().is_empty() { one } else { value.items() } {
                let marker = item.str("markers");
                if item.get("optional").and_then(Node::bool) == Some(true) && !by_extra.contains(&name) {
                    continue;
                }
                let holds = marker.map_or(Some(true), |m| Marker::parse(m).and_then(|m| m.applies(&env)));
                let spec = item.text().or_else(|| item.str("version")).and_then(versions::from_poetry);
                let inner = item.get("extras").into_iter().flat_map(Node::texts).map(normalize).collect();
                self.enter(&name, &spec.unwrap_or_default(), &inner, both(applies, holds), group);
            }
        }
    }
}
