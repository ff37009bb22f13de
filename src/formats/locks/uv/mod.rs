//! What `uv sync`, `uv run` and `uv export` install from `uv.lock`.

mod select;
mod walk;
mod workspace;

pub(super) use workspace::holds;

use std::collections::BTreeSet;

use super::argv::{self, Flags};
use super::asked;
use super::data::Node;
use super::manifest::Manifest;
use super::plan::{Plan, locked};
use super::settle;
use crate::discover::paths;
use crate::formats::requirements::{MarkerEnv, normalize};
use crate::model::Reason;

/// The groups and extras that a command selects.
struct Selection {
    /// Whether the projects' own dependencies are.
    main: bool,
    extras: BTreeSet<String>,
    groups: BTreeSet<String>,
    /// Groups that the project does not have but the root of the workspace has.
    inherited: BTreeSet<String>,
    /// The package at the root of the workspace.
    top: Vec<usize>,
    /// Whether the workspace as a whole is meant, its root being no package.
    whole: bool,
}

/// Reads the command; the words are those behind the verb.
pub(super) fn run(plan: &mut Plan<'_>, verb: &str, words: &[String]) -> Result<(), Reason> {
    let words = if verb == "run" { before_command(words) } else { words };
    let flags = argv::flags(words, &argv::UV)?;
    plan.out.unconfirmed.clone_from(&flags.unconfirmed);
    if let Some(word) = flags.rest.first() {
        return Err(Reason::new(format!("{word} is not understood")));
    }
    refused(&flags)?;
    let start = flags
        .values(&["--directory", "--project"])
        .try_fold(plan.folder.to_owned(), |folder, dir| paths::join(&folder, dir));
    let start = start.ok_or_else(|| Reason::new("the project is outside the repository"))?;
    let found = workspace::discover(plan, &start)?;
    if verb != "export" && !asked::locked(plan, "uv.lock", &found.top) {
        return unlocked(plan, &found, &flags);
    }
    let (file, lock) = plan.read_lock_in("uv.lock", &found.top)?;
    plan.needs_python(lock.str("requires-python"))?;
    let top = paths::parent(plan.tree.path(file)).to_owned();
    let manifest = plan.manifest(&found.project);
    let empty = Vec::new();
    let packages = lock.get("package").map_or(empty.as_slice(), Node::items);
    let roots = roots(&lock, packages, &found.project, &top, &flags)?;
    let selection = select::select(plan, &lock, packages, &roots, &found, manifest.as_ref(), &flags)?;
    if verb != "export" {
        select::group_pythons(plan, manifest.as_ref(), &selection)?;
    }
    let env = environment(plan.markers, packages, &roots, &selection);
    let reached = walk::walk(&lock, packages, &roots, &selection, env);
    select::conflicts(&lock, packages, &roots, &reached, &selection)?;
    let emit = walk::Emit::new(&flags, packages, &roots, &top, &found.project);
    for (at, applies, group, dev) in reached {
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
    // A member that is chosen by name says in its own manifest what it asks for.
    for folder in
        roots.iter().filter_map(|root| place(&packages[*root], &top)).filter(|folder| *folder != found.project)
    {
        let member = plan.manifest(&folder);
        plan.point(member.as_ref(), &groups);
    }
    Ok(())
}

/// `uv sync` and `uv run` without a lock, which they then make.
fn unlocked(plan: &mut Plan<'_>, found: &workspace::Found, flags: &Flags) -> Result<(), Reason> {
    let manifest = plan.manifest(&found.project).ok_or_else(|| Reason::new("there is no pyproject.toml"))?;
    plan.needs_python(manifest.requires_python.as_ref().map(|python| python.value.as_str()))?;
    let asked = select::unlocked(plan, &manifest, flags)?;
    let root = if found.top == found.project { None } else { plan.manifest(&found.top) };
    let root = root.as_ref().unwrap_or(&manifest);
    let me = manifest.name.as_ref().map(|name| normalize(&name.value)).unwrap_or_default();
    settle::conflicts(root, &me, &asked.groups, &asked.extras)?;
    asked::take(plan, &manifest, &asked)?;
    settle::sources(plan, &manifest, &found.project, root, &found.top);
    settle::by_uv(plan, root);
    plan.out.project = Some(project(Some(&manifest), flags));
    Ok(())
}

/// Flags that uv does not take together.
fn refused(flags: &Flags) -> Result<(), Reason> {
    let only_group = flags.has(&["--only-group"]);
    let pairs: [(bool, &[&str]); 5] = [
        (only_group, &["--group", "--extra", "--all-extras", "--all-groups", "--dev"]),
        (flags.has(&["--only-dev"]), &["--group", "--all-groups", "--no-dev"]),
        (flags.has(&["--all-extras"]), &["--extra"]),
        (flags.has(&["--package"]), &["--all-packages"]),
        (flags.has(&["--frozen"]), &["--locked"]),
    ];
    let once = ["--no-dev", "--only-dev", "--all-groups", "--no-default-groups", "--all-extras", "--all-packages"];
    if let Some(flag) = once.into_iter().find(|flag| flags.flags.iter().filter(|(f, _)| f == flag).count() > 1) {
        return Err(Reason::new(format!("{flag} is given twice")));
    }
    match pairs.into_iter().find(|(given, others)| *given && flags.has(others)) {
        Some((_, others)) => Err(Reason::new(format!("{} contradicts another flag", others.join(", ")))),
        None => Ok(()),
    }
}

/// The words of `uv run` up to the command it runs.
fn before_command(words: &[String]) -> &[String] {
    let mut at = 0;
    while let Some(word) = words.get(at).filter(|w| w.starts_with('-') && *w != "--") {
        if matches!(word.as_str(), "-m" | "--module") {
            at += 1;
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

/// What the manifests above and of a folder say beside their wishes, where no lock decides.
pub(super) fn settle_wishes(plan: &mut Plan<'_>, folder: &str, with_sources: bool) {
    let before = plan.out.sources.len();
    let Ok(found) = workspace::discover(plan, folder) else { return };
    let manifest = plan.manifest(&found.project);
    let root = plan.manifest(&found.top);
    let (Some(manifest), Some(root)) = (manifest, root) else { return };
    settle::by_uv(plan, &root);
    if with_sources {
        let mut asked = plan.out.packages.clone();
        if let Some(known) = &plan.out.asked {
            asked.retain(|name, _| known.contains_key(name));
        }
        settle::sources(plan, &manifest, &found.project, &root, &found.top);
        settle::by_uv(plan, &root);
        plan.out.asked = Some(asked);
    }
    plan.out.sources.truncate(before);
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
        let is_member = |at: &usize| place(&packages[*at], top).is_some();
        let member = |name: &String| {
            let alone = members.is_empty() || members.contains(name);
            named(name).filter(|at| alone && is_member(at)).ok_or_else(|| missing(name))
        };
        return wanted.iter().map(member).collect();
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
