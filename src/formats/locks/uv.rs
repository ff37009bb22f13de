//! What `uv sync`, `uv run` and `uv export` install from `uv.lock`.

use std::collections::{BTreeMap, BTreeSet};

use super::argv::{self, Flags};
use super::data::Node;
use super::manifest::Manifest;
use super::plan::{Plan, both, by_name, is_dev, locked};
use crate::discover::paths;
use crate::formats::requirements::{Marker, MarkerEnv, normalize};
use crate::model::Reason;

/// The groups and extras that a command selects.
struct Selection {
    main: bool,
    extras: BTreeSet<String>,
    groups: BTreeSet<String>,
}

struct Walk<'a> {
    packages: &'a [Node],
    names: BTreeMap<String, Vec<usize>>,
    env: MarkerEnv,
    seen: BTreeMap<(usize, String), Option<bool>>,
    found: Vec<(usize, Option<bool>, String, bool)>,
}

/// Reads the command; the words are those behind the verb.
pub(super) fn run(plan: &mut Plan<'_>, verb: &str, words: &[String]) -> Result<(), Reason> {
    let words = if verb == "run" { before_command(words) } else { words };
    let flags = argv::flags(words, &argv::UV)?;
    if let Some(word) = flags.rest.first() {
        return Err(Reason::new(format!("{word} is not understood")));
    }
    let (file, lock) = plan.read_lock("uv.lock")?;
    plan.needs_python(lock.str("requires-python"))?;
    let top = paths::parent(plan.tree.path(file)).to_owned();
    let manifest = plan.manifest(plan.folder);
    let empty = Vec::new();
    let packages = lock.get("package").map_or(empty.as_slice(), Node::items);
    let roots = roots(&lock, packages, plan.folder, &top, &flags)?;
    let selection = select(plan, &lock, packages, &roots, manifest.as_ref(), &flags)?;
    let env = environment(plan.markers, packages, &roots, &selection);
    let mut walk = Walk { packages, names: by_name(packages), env, seen: BTreeMap::new(), found: Vec::new() };
    walk.all(&lock, &roots, &selection);
    let emit = Emit::new(&flags, packages, &roots, &top, plan.folder);
    for (at, applies, group, dev) in walk.found {
        let node = &packages[at];
        let name = node.str("name").unwrap_or_default();
        if emit.hides(at, node, name) {
            continue;
        }
        let mut package = locked(name, node, node.spanned("version"));
        package.applies = applies;
        package.group = Some(group);
        package.dev = dev;
        plan.add(package);
    }
    plan.out.project = Some(project(manifest.as_ref(), &flags));
    let groups: Vec<String> = selection.extras.iter().chain(&selection.groups).cloned().collect();
    plan.point(manifest.as_ref(), &groups);
    Ok(())
}

/// The words of `uv run` up to the command it runs.
fn before_command(words: &[String]) -> &[String] {
    let mut at = 0;
    while let Some(word) = words.get(at).filter(|w| w.starts_with('-') && *w != "--") {
        if matches!(word.as_str(), "-m" | "--module") {
            break;
        }
        let value = argv::UV.takes(word) == Some(true);
        at += 1 + usize::from(value);
    }
    &words[..at.min(words.len())]
}

/// Whether the project itself is installed.
fn project(manifest: Option<&Manifest>, flags: &Flags) -> bool {
    let node = manifest.map(|m| &m.node);
    let package = node.and_then(|n| n.path(&["tool", "uv", "package"])).and_then(Node::bool);
    let built = package.unwrap_or_else(|| node.is_some_and(|n| n.get("build-system").is_some()));
    let hidden = flags.flags.iter().any(|(f, _)| {
        (f.starts_with("--no-install-") || f.starts_with("--no-emit-"))
            && ["project", "workspace", "local"].iter().any(|end| f.ends_with(end))
    });
    built && !hidden && !flags.has(&["--only-group", "--only-dev"])
}

/// The folder of a package's source, if it is a folder of the tree.
fn place(node: &Node, top: &str) -> Option<String> {
    let source = node.get("source")?;
    let path = ["editable", "virtual", "directory"].iter().find_map(|key| source.str(key))?;
    paths::join(top, path)
}

/// The packages a command starts from. Empty for a workspace root that is no package and has no members.
fn roots(lock: &Node, packages: &[Node], folder: &str, top: &str, flags: &Flags) -> Result<Vec<usize>, Reason> {
    let members: BTreeSet<String> =
        lock.path(&["manifest", "members"]).map(|m| m.texts().map(normalize).collect()).unwrap_or_default();
    let named = |name: &str| packages.iter().position(|p| p.str("name").is_some_and(|n| normalize(n) == name));
    let wanted: Vec<String> = flags.values(&["--package"]).map(normalize).collect();
    if !wanted.is_empty() {
        let missing = |name: &String| Reason::new(format!("the workspace has no package {name}"));
        return wanted.iter().map(|name| named(name).ok_or_else(|| missing(name))).collect();
    }
    let here = packages.iter().position(|p| place(p, top).as_deref() == Some(folder));
    let all = || -> Vec<usize> { members.iter().filter_map(|name| named(name)).collect() };
    if flags.has(&["--all-packages"]) && !members.is_empty() {
        return Ok(all());
    }
    Ok(match here {
        Some(at) => vec![at],
        None if members.is_empty() => {
            packages.iter().position(|p| place(p, top).as_deref() == Some(top)).into_iter().collect()
        }
        None => all(),
    })
}

fn keys(packages: &[Node], roots: &[usize], table: &str) -> BTreeSet<String> {
    let tables = roots.iter().filter_map(|at| packages[*at].get(table));
    tables.flat_map(|t| t.entries().iter().map(|(k, _)| normalize(&k.value))).collect()
}

fn select(
    plan: &Plan<'_>,
    lock: &Node,
    packages: &[Node],
    roots: &[usize],
    manifest: Option<&Manifest>,
    flags: &Flags,
) -> Result<Selection, Reason> {
    let mut groups = keys(packages, roots, "dev-dependencies");
    let own = lock.path(&["manifest", "dependency-groups"]).map_or(&[][..], Node::entries);
    groups.extend(own.iter().map(|(k, _)| normalize(&k.value)));
    if let Some(manifest) = manifest {
        groups.extend(manifest.groups.keys().cloned());
    }
    let default = manifest.and_then(|m| m.node.path(&["tool", "uv", "default-groups"]));
    let mut defaults: BTreeSet<String> = match default {
        Some(node) if node.text() == Some("all") => groups.clone(),
        Some(node) => node.texts().map(normalize).collect(),
        None => BTreeSet::from(["dev".to_owned()]),
    };
    let on = |name: &str| matches!(plan.variable(name), Some("1" | "true" | "yes" | "on" | "t" | "y"));
    if flags.has(&["--no-default-groups"]) || on("UV_NO_DEFAULT_GROUPS") {
        defaults.clear();
    }
    let asked: BTreeSet<String> = flags.values(&["--group"]).map(normalize).collect();
    let mut only: BTreeSet<String> = flags.values(&["--only-group"]).map(normalize).collect();
    if flags.has(&["--only-dev"]) {
        only.insert("dev".into());
    }
    let mut without: BTreeSet<String> = flags.values(&["--no-group"]).map(normalize).collect();
    if let Some(text) = plan.variable("UV_NO_GROUP") {
        without.extend(text.split([' ', ',']).filter(|t| !t.is_empty()).map(normalize));
    }
    if flags.has(&["--no-dev"]) || on("UV_NO_DEV") && !flags.has(&["--dev"]) {
        without.insert("dev".into());
    }
    let missing = asked.iter().chain(&only).find(|g| !groups.contains(*g) && *g != "dev");
    if let Some(name) = missing {
        return Err(Reason::new(format!("there is no group {name}")));
    }
    let main = only.is_empty();
    let mut chosen = if main { defaults } else { only };
    chosen.extend(asked);
    if flags.has(&["--all-groups"]) {
        chosen.extend(groups.iter().cloned());
    }
    chosen.retain(|g| !without.contains(g) && groups.contains(g));
    let known = keys(packages, roots, "optional-dependencies");
    let mut declared: BTreeSet<String> = known.clone();
    declared.extend(manifest.iter().flat_map(|m| m.optional.keys().cloned()));
    let mut extras: BTreeSet<String> = flags.lists(&["--extra"]).iter().map(|e| normalize(e)).collect();
    if let Some(name) = extras.iter().find(|e| !declared.contains(*e)) {
        return Err(Reason::new(format!("there is no extra {name}")));
    }
    if flags.has(&["--all-extras"]) {
        extras.extend(declared);
    }
    for name in flags.lists(&["--no-extra"]) {
        extras.remove(&normalize(&name));
    }
    Ok(Selection { main, extras, groups: chosen })
}

/// Markers with the names by which uv writes the choice between conflicting extras and groups.
fn environment(markers: &MarkerEnv, packages: &[Node], roots: &[usize], selection: &Selection) -> MarkerEnv {
    let mut active = BTreeSet::new();
    for at in roots {
        let name = packages[*at].str("name").unwrap_or_default();
        let n = name.len();
        active.extend(selection.extras.iter().map(|e| format!("extra-{n}-{name}-{e}")));
        active.extend(selection.groups.iter().map(|g| format!("group-{n}-{name}-{g}")));
        if selection.main {
            active.insert(format!("project-{n}-{name}"));
        }
    }
    markers.with_extras(&active)
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
            for at in roots {
                self.table(self.packages[*at].get("dev-dependencies"), group);
            }
            self.table(lock.path(&["manifest", "dependency-groups"]), group);
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

    fn edge(&mut self, edge: &Node, applies: Option<bool>, group: &str, dev: bool) {
        let Some(name) = edge.str("name") else { return };
        let marker = edge.str("marker").map_or(Some(true), |m| Marker::parse(m).and_then(|m| m.applies(&self.env)));
        let applies = both(applies, marker);
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
struct Emit {
    roots: BTreeSet<usize>,
    names: BTreeSet<String>,
    workspace: BTreeSet<usize>,
    local: bool,
}

impl Emit {
    fn new(flags: &Flags, packages: &[Node], roots: &[usize], top: &str, folder: &str) -> Self {
        let ends = |end: &str| flags.has(&[&format!("--no-install-{end}"), &format!("--no-emit-{end}")]);
        let is_member =
            |p: &Node| p.get("source").is_some_and(|s| s.get("editable").is_some() || s.get("virtual").is_some());
        let members = || packages.iter().enumerate().filter(|(_, p)| is_member(p)).map(|(at, _)| at).collect();
        let own = |at: &usize| place(&packages[*at], top).as_deref() == Some(folder) || roots.len() == 1;
        Self {
            roots: roots.iter().copied().filter(own).collect(),
            names: flags.values(&["--no-install-package", "--no-emit-package"]).map(normalize).collect(),
            workspace: if ends("workspace") { members() } else { BTreeSet::new() },
            local: ends("local"),
        }
    }

    fn hides(&self, at: usize, node: &Node, name: &str) -> bool {
        let source = node.get("source");
        let is = |kinds: &[&str]| kinds.iter().any(|kind| source.is_some_and(|s| s.get(kind).is_some()));
        self.roots.contains(&at)
            || self.workspace.contains(&at)
            || self.names.contains(&normalize(name))
            || is(&["virtual"])
            || self.local && is(&["editable", "directory", "path"])
    }
}
