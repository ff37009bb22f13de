//! Following `uv.lock` from what is selected.

use std::collections::{BTreeMap, BTreeSet};

use super::super::argv::Flags;
use super::super::data::Node;
use super::super::plan::{both, by_name, is_dev};
use super::{Selection, place};
use crate::formats::requirements::{Marker, MarkerEnv, normalize};

/// A package by its position, whether it applies, the group it came by, and whether that is for development.
pub(super) type Found = (usize, Option<bool>, String, bool);

/// The packages that are reached.
pub(super) fn walk(
    lock: &Node,
    packages: &[Node],
    roots: &[usize],
    selection: &Selection,
    env: MarkerEnv,
) -> Vec<Found> {
    let conflicts = lock.get("conflicts").is_some_and(|c| !c.items().is_empty());
    let mut walk =
        Walk { packages, names: by_name(packages), env, conflicts, seen: BTreeMap::new(), found: Vec::new() };
    walk.all(lock, roots, selection);
    if conflicts {
        // Choices between conflicting extras rest on all that dependencies ask for, which the first way finds.
        walk.seen.clear();
        walk.found.clear();
        walk.all(lock, roots, selection);
    }
    walk.found
}

struct Walk<'a> {
    packages: &'a [Node],
    names: BTreeMap<String, Vec<usize>>,
    env: MarkerEnv,
    conflicts: bool,
    seen: BTreeMap<(usize, String), Option<bool>>,
    found: Vec<Found>,
}

impl Walk<'_> {
    fn all(&mut self, lock: &Node, roots: &[usize], selection: &Selection) {
        if selection.main {
            for at in roots {
                self.enter(*at, "", Some(true), "main", false);
                for extra in &selection.extras {
                    self.enter(*at, extra, Some(true), extra, false);
                }
            }
        }
        // What development groups bring comes last, so that it is marked so only where nothing else brings it.
        let mut groups: Vec<&String> = selection.groups.iter().collect();
        groups.sort_by_key(|group| is_dev(group));
        for group in groups {
            let roots = if selection.inherited.contains(group) { selection.top.as_slice() } else { roots };
            for at in roots {
                self.table(self.packages[*at].get("dev-dependencies"), group);
            }
            if selection.inherited.contains(group) || selection.whole {
                self.table(lock.path(&["manifest", "dependency-groups"]), group);
            }
        }
    }

    fn table(&mut self, table: Option<&Node>, group: &str) {
        for (name, edges) in table.map_or(&[][..], Node::entries) {
            if normalize(&name.value) == group {
                for edge in edges.items() {
                    self.edge(edge, Some(true), group, is_dev(group));
                }
            }
        }
    }

    /// Whether an edge's marker holds. The extras that the edge itself asks for count as asked for.
    fn holds(&self, edge: &Node, name: &str) -> Option<bool> {
        let Some(text) = edge.str("marker") else { return Some(true) };
        let marker = Marker::parse(text)?;
        let mut extras = edge.get("extra").into_iter().flat_map(Node::texts).peekable();
        if !self.conflicts || extras.peek().is_none() {
            return marker.applies(&self.env);
        }
        let mut env = self.env.clone();
        env.extras.extend(extras.map(|extra| format!("extra-{}-{name}-{}", name.len(), normalize(extra))));
        marker.applies(&env)
    }

    fn edge(&mut self, edge: &Node, applies: Option<bool>, group: &str, dev: bool) {
        let Some(name) = edge.str("name") else { return };
        let applies = both(applies, self.holds(edge, &normalize(name)));
        if applies == Some(false) {
            return;
        }
        let candidates = self.names.get(&normalize(name)).cloned().unwrap_or_default();
        let version = edge.str("version");
        let source = edge.get("source");
        let same = |other: &Node| {
            version.is_none_or(|v| other.str("version") == Some(v))
                && source.is_none_or(|s| {
                    let other = other.get("source").map_or(&[][..], Node::entries);
                    s.entries()
                        .iter()
                        .all(|(k, v)| other.iter().any(|(k2, v2)| k.value == k2.value && v.text() == v2.text()))
                })
        };
        for at in candidates.into_iter().filter(|at| same(&self.packages[*at])) {
            self.enter(at, "", applies, group, dev);
            for extra in edge.get("extra").into_iter().flat_map(Node::texts) {
                self.enter(at, &normalize(extra), applies, group, dev);
            }
        }
    }

    fn enter(&mut self, at: usize, extra: &str, applies: Option<bool>, group: &str, dev: bool) {
        let key = (at, extra.to_owned());
        if self.seen.get(&key).is_some_and(|before| *before == Some(true) || applies.is_none())
            || self.seen.len() > 20_000
        {
            return;
        }
        self.seen.insert(key, applies);
        let node = &self.packages[at];
        if !extra.is_empty() {
            let name = node.str("name").unwrap_or_default();
            self.env.extras.insert(format!("extra-{}-{name}-{extra}", name.len()));
        }
        if extra.is_empty() {
            self.found.push((at, applies, group.to_owned(), dev));
        }
        let edges = if extra.is_empty() {
            node.get("dependencies")
        } else {
            let tables = node.get("optional-dependencies").map_or(&[][..], Node::entries);
            tables.iter().find(|(name, _)| normalize(&name.value) == extra).map(|(_, list)| list)
        };
        for edge in edges.map_or(&[][..], Node::items) {
            self.edge(edge, applies, group, dev);
        }
    }
}

/// What is left out although it is reached.
pub(super) struct Emit {
    roots: BTreeSet<usize>,
    names: BTreeSet<String>,
    workspace: BTreeSet<usize>,
    local: bool,
}

impl Emit {
    pub(super) fn new(flags: &Flags, packages: &[Node], roots: &[usize], top: &str, folder: &str) -> Self {
        let ends = |end: &str| flags.has(&[&format!("--no-install-{end}"), &format!("--no-emit-{end}")]);
        let is_member =
            |p: &Node| p.get("source").is_some_and(|s| s.get("editable").is_some() || s.get("virtual").is_some());
        let members = || packages.iter().enumerate().filter(|(_, p)| is_member(p)).map(|(at, _)| at).collect();
        let alone = flags.values(&["--package"]).count() == 1;
        let own = |at: &usize| alone || place(&packages[*at], top).as_deref() == Some(folder);
        Self {
            roots: roots.iter().copied().filter(own).collect(),
            names: flags.values(&["--no-install-package", "--no-emit-package"]).map(normalize).collect(),
            workspace: if ends("workspace") { members() } else { BTreeSet::new() },
            local: ends("local"),
        }
    }

    pub(super) fn hides(&self, at: usize, node: &Node, name: &str) -> bool {
        let source = node.get("source");
        let is = |kinds: &[&str]| kinds.iter().any(|kind| source.is_some_and(|s| s.get(kind).is_some()));
        self.roots.contains(&at)
            || self.workspace.contains(&at)
            || self.names.contains(&normalize(name))
            || is(&["virtual"])
            || self.local && is(&["editable", "directory", "path"])
    }
}
