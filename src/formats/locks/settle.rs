//! What a manifest says about wishes beside the wishes: overrides, constraints and sources of its tools.

use std::collections::BTreeSet;

use super::asked;
use super::data::Node;
use super::manifest::{self, Dependency, Manifest};
use super::pip::fixes;
use super::plan::{Plan, both};
use super::poetry::walk;
use crate::discover::paths;
use crate::formats::requirements::{Marker, normalize, spec};
use crate::model::{Reason, Span, StepKind};

/// How many packages of a workspace are followed.
const MAX_MEMBERS: usize = 64;

/// What `[tool.uv]` of a workspace's root says of every package that is installed.
pub(super) fn by_uv(plan: &mut Plan<'_>, root: &Manifest) {
    let read = |key: &str| -> Vec<Dependency> {
        let list = root.node.path(&["tool", "uv", key]).map_or(&[][..], Node::items);
        list.iter().filter_map(manifest::dependency).collect()
    };
    override_with(plan, &read("override-dependencies"));
    constrain(plan, &read("constraint-dependencies"));
}

/// `[tool.pdm.resolution.overrides]`.
pub(super) fn by_pdm(plan: &mut Plan<'_>, manifest: &Manifest) {
    let table = manifest.node.path(&["tool", "pdm", "resolution", "overrides"]);
    let read = |(name, node): &(crate::model::Spanned<String>, Node)| {
        let text = node.text().filter(|text| !text.contains("://"))?;
        let equals = if text.starts_with(|c: char| c.is_ascii_digit()) { "==" } else { "" };
        let requirement =
            spec::parse(&format!("{}{equals}{text}", name.value), &crate::model::SpanMap::Whole(node.span));
        Some(Dependency { requirement, ..manifest::named(&name.value, node.span)? })
    };
    let list: Vec<Dependency> = table.map_or(&[][..], Node::entries).iter().filter_map(read).collect();
    override_with(plan, &list);
}

/// What is wished for elsewhere no longer counts.
fn override_with(plan: &mut Plan<'_>, list: &[Dependency]) {
    for dependency in list {
        let applies = walk::limits(dependency, plan.markers, &plan.pythons());
        let Ok(requirement) = &dependency.requirement else { continue };
        let Some(package) = plan.out.packages.get_mut(&requirement.name.value) else { continue };
        if applies == Some(false) {
            // One for another platform takes away what stood here all the same.
            package.version = None;
            package.specifier = None;
            package.pinned = false;
            package.applies = None;
            continue;
        }
        package.version = requirement.pin().filter(|_| applies == Some(true));
        package.pinned = package.version.is_some() || requirement.url.as_ref().is_some_and(|url| fixes(&url.value));
        package.specifier.clone_from(&requirement.specifier);
        package.origin = std::mem::take(&mut package.origin).then(StepKind::Overridden, requirement.span);
    }
}

/// A version that is the only one allowed is the one that comes.
fn constrain(plan: &mut Plan<'_>, list: &[Dependency]) {
    for dependency in list {
        let sure = walk::limits(dependency, plan.markers, &plan.pythons()) == Some(true);
        let Ok(requirement) = &dependency.requirement else { continue };
        let Some(package) = plan.out.packages.get_mut(&requirement.name.value).filter(|p| sure && p.version.is_none())
        else {
            continue;
        };
        if let Some(version) = requirement.pin() {
            package.version = Some(version);
            package.pinned = true;
            package.origin = std::mem::take(&mut package.origin).then(StepKind::Used, requirement.span);
        }
    }
}

/// Where `[tool.uv.sources]` says that a package comes from.
enum From {
    /// A folder of the repository.
    Folder(String),
    /// Somewhere else; whether it is always the same.
    Elsewhere(bool),
}

/// Follows `[tool.uv.sources]`: what lies in the repository brings what its own manifest asks for.
pub(super) fn sources(plan: &mut Plan<'_>, manifest: &Manifest, folder: &str, root: &Manifest, top: &str) {
    let names: Vec<String> = plan.out.packages.keys().cloned().collect();
    let mut waiting: Vec<(String, String)> = names
        .into_iter()
        .filter_map(|name| source(plan, &name, &[(manifest, folder), (root, top)], root, top))
        .collect();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    while let Some((name, folder)) = waiting.pop() {
        if seen.len() >= MAX_MEMBERS || !seen.insert(folder.clone()) {
            continue;
        }
        let Some(member) = plan.manifest(&folder) else { continue };
        let parent = plan.out.packages.get(&name).cloned();
        let extras = parent.as_ref().map(|parent| parent.extras.clone()).unwrap_or_default();
        let before: BTreeSet<String> = plan.out.packages.keys().cloned().collect();
        let lists =
            member.with_own_extras(&extras).into_iter().filter_map(|extra| member.optional.get(&extra).cloned());
        let lists: Vec<Vec<Dependency>> = std::iter::once(member.dependencies.clone()).chain(lists).collect();
        for list in &lists {
            asked::list(plan, &name, list, parent.as_ref().and_then(|p| p.group.as_deref()).unwrap_or("main"), false);
        }
        let added: Vec<String> = plan.out.packages.keys().filter(|name| !before.contains(*name)).cloned().collect();
        for added in added {
            if let Some(package) = plan.out.packages.get_mut(&added) {
                package.direct = false;
                package.dev = parent.as_ref().is_some_and(|parent| parent.dev);
                package.applies = both(package.applies, parent.as_ref().map_or(Some(true), |parent| parent.applies));
            }
            waiting.extend(source(plan, &added, &[(&member, folder.as_str()), (root, top)], root, top));
        }
    }
}

/// Notes where a package comes from; its folder if that is one of the repository.
fn source(
    plan: &mut Plan<'_>,
    name: &str,
    tables: &[(&Manifest, &str)],
    root: &Manifest,
    top: &str,
) -> Option<(String, String)> {
    let group = plan.out.packages.get(name)?.group.clone();
    let entry = |manifest: &Manifest| -> Option<Node> {
        let sources = manifest.node.path(&["tool", "uv", "sources"])?;
        sources.entries().iter().find(|(key, _)| normalize(&key.value) == name).map(|(_, node)| node.clone())
    };
    let (node, folder) = tables.iter().find_map(|(manifest, folder)| Some((entry(manifest)?, (*folder).to_owned())))?;
    let chosen = match node.items() {
        [] => node,
        several => several.iter().find(|node| fits(plan, node, group.as_deref()))?.clone(),
    };
    let from = place(plan, &chosen, name, &folder, root, top)?;
    let package = plan.out.packages.get_mut(name)?;
    package.origin = std::mem::take(&mut package.origin).then(StepKind::Used, chosen.span);
    match from {
        From::Folder(folder) => {
            package.pinned = true;
            Some((name.to_owned(), folder))
        }
        From::Elsewhere(fixed) => {
            package.pinned |= fixed;
            None
        }
    }
}

/// Whether one of several sources is the one that counts here.
fn fits(plan: &Plan<'_>, node: &Node, group: Option<&str>) -> bool {
    let marker = node.str("marker").map_or(Some(true), |m| Marker::parse(m).and_then(|m| m.applies(plan.markers)));
    let of = |key: &str| node.str(key).is_none_or(|name| Some(normalize(name).as_str()) == group);
    marker == Some(true) && of("extra") && of("group")
}

fn place(plan: &Plan<'_>, node: &Node, name: &str, folder: &str, root: &Manifest, top: &str) -> Option<From> {
    let text = |key: &str| node.str(key);
    if let Some(path) = text("path") {
        let inside = paths::join(folder, path).filter(|path| plan.tree.is_dir(path));
        return Some(inside.map_or(From::Elsewhere(true), From::Folder));
    }
    if node.get("workspace").and_then(Node::bool) == Some(true) {
        return member(plan, name, root, top).map(From::Folder);
    }
    if text("git").is_some() {
        let commit = |text: &str| text.len() >= 7 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        return Some(From::Elsewhere(text("tag").is_some() || text("rev").is_some_and(commit)));
    }
    text("url").map(|url| From::Elsewhere(fixes(url)))
}

/// The folder of a member of the workspace by its name.
fn member(plan: &Plan<'_>, name: &str, root: &Manifest, top: &str) -> Option<String> {
    let named = |manifest: &Manifest| manifest.name.as_ref().is_some_and(|own| normalize(&own.value) == name);
    if named(root) {
        return Some(top.to_owned());
    }
    let files = plan.tree.under(top).filter(|(_, path)| paths::name(path) == "pyproject.toml");
    for (file, path) in files {
        let folder = paths::parent(path);
        let below = folder.strip_prefix(top).unwrap_or(folder).trim_start_matches('/');
        if !below.is_empty() && super::uv::holds(root, below) {
            let read = plan.tree.text(file).ok().map(|text| manifest::parse(file, text));
            if read.is_some_and(|read| named(&read)) {
                return Some(folder.to_owned());
            }
        }
    }
    None
}

/// Refuses extras and groups that `[tool.uv] conflicts` keeps apart.
pub(super) fn conflicts(
    root: &Manifest,
    me: &str,
    groups: &BTreeSet<String>,
    extras: &BTreeSet<String>,
) -> Result<(), Reason> {
    for set in root.node.path(&["tool", "uv", "conflicts"]).map_or(&[][..], Node::items) {
        let chosen = |item: &&Node| {
            let of = |key: &str| item.str(key).map(normalize);
            of("package").is_none_or(|name| name == me)
                && (of("extra").is_some_and(|extra| extras.contains(&extra))
                    || of("group").is_some_and(|group| groups.contains(&group)))
        };
        if set.items().iter().filter(chosen).count() > 1 {
            let span: Span = set.span;
            return Err(Reason::at("extras or groups are chosen that are declared to be in conflict", span));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::discover::{Overlay, Tree};
    use crate::formats::Vars;
    use crate::formats::locks::{Installed, installed};
    use crate::formats::requirements::MarkerEnv;

    const ROOT: &str = r#"
[project]
name = "shop"
dependencies = ["core[web]", "django>=4", "celery", "attrs==22", "tools", "local"]
[dependency-groups]
a = ["black"]
b = ["ruff"]
[tool.uv]
constraint-dependencies = ["celery==5.3", "kombu==5"]
override-dependencies = ["attrs==23.1"]
conflicts = [[{ group = "a" }, { group = "b" }]]
[tool.uv.workspace]
members = ["packages/*"]
[tool.uv.sources]
core = { workspace = true }
tools = [{ git = "https://git.example/tools", tag = "v1", marker = "sys_platform == 'linux'" }, { index = "other" }]
local = { path = "vendor/local" }
[tool.pdm.resolution.overrides]
celery = "5.1"
"#;

    fn run(command: &str) -> Installed {
        let files = [
            ("pyproject.toml", ROOT),
            (
                "packages/core/pyproject.toml",
                "[project]\nname = \"core\"\ndependencies = [\"redis==5\", \"more\"]\n[project.optional-dependencies]\nweb = [\"flask\"]\n[tool.uv.sources]\nmore = { workspace = true }\n",
            ),
            ("packages/more/pyproject.toml", "[project]\nname = \"more\"\ndependencies = [\"lxml\"]\n"),
            ("vendor/local/pyproject.toml", "[project]\nname = \"local\"\ndependencies = [\"pytz\"]\n"),
        ];
        let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
        let argv: Vec<String> = command.split(' ').map(str::to_owned).collect();
        installed(&tree, "", &argv, &Vars::new(), &MarkerEnv::linux(Some("3.12")))
    }

    fn shown(found: &Installed) -> String {
        let name = |package: &super::super::Package| {
            let version = package.version.as_ref().map(|version| format!("={}", version.value)).unwrap_or_default();
            format!("{}{version}{}", package.name, if package.pinned && version.is_empty() { "!" } else { "" })
        };
        found.packages.values().map(name).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn without_a_lock_overrides_constraints_and_sources_of_uv_count() {
        let all = "attrs=23.1 celery=5.3 core! django flask local! lxml more! pytz redis=5 tools!";
        assert_eq!(shown(&run("uv sync")), all);
        assert_eq!(shown(&run("uv pip install -r pyproject.toml")), all);
        assert_eq!(shown(&run("pip install .")), "attrs=22 celery core django local tools");
    }

    #[test]
    fn what_folders_ask_for_is_told_apart_from_what_the_command_does() {
        let found = run("uv pip install -r pyproject.toml");
        let asked: Vec<&str> = found.asked.iter().flatten().map(|(name, _)| name.as_str()).collect();
        assert_eq!(asked, ["attrs", "celery", "core", "django", "local", "tools"]);
        assert!(run("pip install .").asked.is_none() && run("uv sync").asked.is_none());
        let text = "[project]\nname = \"shop\"\ndependencies = [\"django\"]\n[project.optional-dependencies]\n\
                    all = [\"shop[rate]\", \"celery\"]\nrate = [\"limits\"]\n";
        let tree = Tree::open(Box::new(Overlay::of([("pyproject.toml", text)]))).unwrap();
        let argv = ["pip", "install", ".[all]"].map(str::to_owned);
        let found = installed(&tree, "", &argv, &Vars::new(), &MarkerEnv::linux(Some("3.12")));
        assert_eq!(found.packages.keys().collect::<Vec<_>>(), ["celery", "django", "limits"]);
        assert_eq!(
            found.asked.iter().flatten().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
            ["celery", "django"]
        );
    }

    #[test]
    fn groups_in_conflict_are_refused() {
        assert!(run("uv sync --group a").refused.is_none());
        assert!(run("uv sync --group a --group b").refused.is_some());
    }

    #[test]
    fn overrides_of_pdm_count() {
        let found = run("pdm install");
        assert_eq!(found.packages["celery"].version.as_ref().map(|v| v.value.as_str()), Some("5.1"));
    }
}
