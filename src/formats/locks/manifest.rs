//! What a project asks for in its `pyproject.toml`: PEP 621, PEP 735, Poetry.

use std::collections::{BTreeMap, BTreeSet};

use super::data::{self, Node};
use crate::formats::requirements::{Clause, Requirement, normalize, spec, versions};
use crate::model::{FileId, Problem, Span, Spanned};

/// A requirement, or a text that is none.
#[derive(Clone, Debug)]
pub struct Dependency {
    /// The requirement, or why it is refused.
    pub requirement: Result<Requirement, String>,
    /// The text as written.
    pub text: Spanned<String>,
    /// Poetry: whether an extra must ask for it.
    pub optional: bool,
    /// Poetry: the `python` constraint, beside the marker.
    pub python: Option<String>,
    /// Poetry: the `platform` constraint, beside the marker.
    pub platform: Option<String>,
    /// Whether everything that limits it was understood.
    pub exact: bool,
}

/// A `pyproject.toml`.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// The file.
    pub file: FileId,
    /// The whole, for what is not below.
    pub node: Node,
    /// The project's name as written.
    pub name: Option<Spanned<String>>,
    /// `requires-python`.
    pub requires_python: Option<Spanned<String>>,
    /// What a build would fill in.
    pub dynamic: BTreeSet<String>,
    /// `project.dependencies`.
    pub dependencies: Vec<Dependency>,
    /// `project.optional-dependencies`, by normalized name.
    pub optional: BTreeMap<String, Vec<Dependency>>,
    /// `dependency-groups`, by normalized name, includes expanded; or why not.
    pub groups: BTreeMap<String, Result<Vec<Dependency>, String>>,
    /// `build-system.requires`.
    pub build_requires: Vec<Dependency>,
    /// Poetry's groups, `main` and `dev` among them.
    pub poetry: BTreeMap<String, Vec<Dependency>>,
    /// Development groups in tables of tools: `tool.pdm.dev-dependencies`, `tool.uv.dev-dependencies` (the group `dev`).
    pub tool_groups: BTreeMap<String, Vec<Dependency>>,
    /// Poetry's groups that must be asked for.
    pub poetry_optional: BTreeSet<String>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// Reads a requirement in quotes.
pub fn dependency(node: &Node) -> Option<Dependency> {
    let text = node.text()?;
    let requirement = spec::parse(text, &node.map());
    let text = Spanned::new(text.to_owned(), node.span);
    Some(Dependency { requirement, text, optional: false, python: None, platform: None, exact: true })
}

fn list(node: Option<&Node>) -> Vec<Dependency> {
    node.map(|node| node.items().iter().filter_map(dependency).collect()).unwrap_or_default()
}

/// Reads a `pyproject.toml`.
pub fn parse(file: FileId, text: &str) -> Manifest {
    let (node, problems) = data::toml(file, text);
    let mut optional: BTreeMap<String, Vec<Dependency>> = BTreeMap::new();
    for (name, node) in node.path(&["project", "optional-dependencies"]).map_or(&[][..], Node::entries) {
        optional.insert(normalize(&name.value), list(Some(node)));
    }
    let mut groups = BTreeMap::new();
    let twice = named_twice(&node);
    for (name, _) in node.get("dependency-groups").map_or(&[][..], Node::entries) {
        let name = normalize(&name.value);
        let mut out = Vec::new();
        let expanded = match &twice {
            Some(name) => Err(format!("several groups are called {name}")),
            None => expand(&node, &name, &mut Vec::new(), &mut out).map(|()| out),
        };
        groups.insert(name, expanded);
    }
    let project = node.get("project");
    let text_of = |key: &str| project.and_then(|p| p.spanned(key));
    let mut out = Manifest {
        file,
        name: text_of("name"),
        requires_python: text_of("requires-python"),
        dynamic: project
            .and_then(|p| p.get("dynamic"))
            .map(|d| d.texts().map(str::to_owned).collect())
            .unwrap_or_default(),
        dependencies: list(project.and_then(|p| p.get("dependencies"))),
        optional,
        groups,
        build_requires: list(node.path(&["build-system", "requires"])),
        poetry: BTreeMap::new(),
        tool_groups: tool_groups(&node),
        poetry_optional: BTreeSet::new(),
        problems,
        node,
    };
    poetry(&mut out);
    out
}

/// The normalized name that several groups have, for which none of them can be read.
pub(super) fn named_twice(root: &Node) -> Option<String> {
    let mut seen = BTreeSet::new();
    let groups = root.get("dependency-groups").map_or(&[][..], Node::entries);
    groups.iter().map(|(name, _)| normalize(&name.value)).find(|name| !seen.insert(name.clone()))
}

/// A group of PEP 735 with what it includes, in order.
fn expand(root: &Node, name: &str, open: &mut Vec<String>, out: &mut Vec<Dependency>) -> Result<(), String> {
    if open.iter().any(|n| n == name) || open.len() > 50 {
        return Err(format!("the group {name} includes itself"));
    }
    let groups = root.get("dependency-groups").map_or(&[][..], Node::entries);
    let Some((_, node)) = groups.iter().find(|(key, _)| normalize(&key.value) == name) else {
        return Err(format!("there is no group {name}"));
    };
    open.push(name.to_owned());
    for item in node.items() {
        if let Some(found) = dependency(item) {
            if let Err(why) = &found.requirement {
                return Err(why.clone());
            }
            out.push(found);
        } else if let Some(inner) = item.str("include-group") {
            expand(root, &normalize(inner), open, out)?;
        } else {
            return Err("neither a requirement nor an include".into());
        }
    }
    open.pop();
    Ok(())
}

/// The development groups that tools keep in tables of their own.
fn tool_groups(root: &Node) -> BTreeMap<String, Vec<Dependency>> {
    let mut out: BTreeMap<String, Vec<Dependency>> = BTreeMap::new();
    for (name, node) in root.path(&["tool", "pdm", "dev-dependencies"]).map_or(&[][..], Node::entries) {
        let mut editable = Vec::new();
        for item in node.items() {
            let rest = item.text().and_then(|text| text.strip_prefix("-e ")).map(str::trim);
            match (rest, item.text().and_then(|text| text.split("#egg=").nth(1))) {
                // Of `-e file:///./x#egg=name` the name is known.
                (Some(_), Some(name)) => editable.extend(named(name.split('&').next().unwrap_or(name), item.span)),
                _ => editable.extend(dependency(item)),
            }
        }
        out.entry(normalize(&name.value)).or_default().extend(editable);
    }
    if let Some(node) = root.path(&["tool", "uv", "dev-dependencies"]) {
        out.entry("dev".into()).or_default().extend(list(Some(node)));
    }
    out
}

/// A bare name as a requirement.
pub(super) fn named(name: &str, span: Span) -> Option<Dependency> {
    dependency(&Node { data: data::Data::Text(name.to_owned()), span })
}

fn poetry(out: &mut Manifest) {
    let Some(tool) = out.node.path(&["tool", "poetry"]).cloned() else { return };
    let mut tables: Vec<(String, &Node)> = Vec::new();
    tables.extend(tool.get("dependencies").map(|n| ("main".to_owned(), n)));
    tables.extend(tool.get("dev-dependencies").map(|n| ("dev".to_owned(), n)));
    for (name, group) in tool.get("group").map_or(&[][..], Node::entries) {
        if group.get("optional").and_then(Node::bool) == Some(true) {
            out.poetry_optional.insert(normalize(&name.value));
        }
        tables.extend(group.get("dependencies").map(|n| (normalize(&name.value), n)));
    }
    for (group, table) in tables {
        let list = out.poetry.entry(group).or_default();
        for (name, value) in table.entries().iter().filter(|(name, _)| name.value != "python") {
            match value.items() {
                [] => list.push(poetry_dependency(name, value)),
                several => list.extend(several.iter().map(|value| poetry_dependency(name, value))),
            }
        }
    }
}

/// A dependency of a table of Poetry's.
pub fn poetry_dependency(name: &Spanned<String>, value: &Node) -> Dependency {
    let version = if value.text().is_some() { Some(value) } else { value.get("version") };
    let text = version.and_then(Node::text).unwrap_or("*");
    let span = version.map_or(value.span, |v| v.span);
    let converted = versions::from_poetry(text);
    let clauses = clauses(converted.as_deref().unwrap_or_default(), span);
    let address = ["git", "url", "path", "file"].iter().find_map(|key| value.spanned(key));
    let requirement = Requirement {
        name: Spanned::new(normalize(&name.value), name.span),
        extras: value.get("extras").map(|e| e.texts().map(normalize).collect()).unwrap_or_default(),
        specifier: (text != "*").then(|| Spanned::new(text.to_owned(), span)),
        clauses,
        url: address,
        marker: value.spanned("markers"),
        hashes: Vec::new(),
        editable: false,
        span: name.span.to(value.span),
    };
    let limited = ["python", "platform", "markers"].iter().any(|key| value.get(key).is_some());
    Dependency {
        text: Spanned::new(text.to_owned(), span),
        optional: value.get("optional").and_then(Node::bool) == Some(true),
        python: value.str("python").map(str::to_owned),
        platform: value.str("platform").map(str::to_owned),
        exact: converted.is_some() && !limited && requirement.url.is_none(),
        requirement: Ok(requirement),
    }
}

/// Clauses of a converted constraint; all of them stand where the constraint does.
pub(super) fn clauses(text: &str, span: Span) -> Vec<Clause> {
    text.split(',').filter(|clause| !clause.is_empty()).map(|one| clause(one, span)).collect()
}

fn clause(text: &str, span: Span) -> Clause {
    let at = text.find(|c| !"<>=!~".contains(c)).unwrap_or(text.len());
    Clause { operator: text[..at].to_owned(), version: Spanned::new(text[at..].to_owned(), span), span }
}

impl Manifest {
    /// The extras that are asked for, and those that they name in turn: `name[a,b]` of the project itself.
    pub fn with_own_extras(&self, asked: &BTreeSet<String>) -> Vec<String> {
        let me = self.name.as_ref().map(|name| normalize(&name.value)).unwrap_or_default();
        let mut all: Vec<String> = asked.iter().cloned().collect();
        let mut at = 0;
        while let Some(list) = all.get(at).map(|extra| self.optional.get(extra)) {
            at += 1;
            let requirements = list.into_iter().flatten().filter_map(|d| d.requirement.as_ref().ok());
            for extra in requirements.filter(|r| r.name.value == me).flat_map(|r| &r.extras) {
                if !all.contains(extra) {
                    all.push(extra.clone());
                }
            }
        }
        all
    }

    /// The requirement that names a package directly: its group (`main`, an extra, a group) and its place.
    pub fn direct(&self, name: &str, groups: &[String]) -> Option<(String, &Requirement)> {
        let find = |list: &'_ [Dependency]| -> Option<usize> {
            list.iter().position(|d| d.requirement.as_ref().is_ok_and(|r| r.name.value == name))
        };
        let pick = |group: &str, list: &'_ [Dependency]| find(list).map(|at| (group.to_owned(), at));
        let mut lists: Vec<(&str, &[Dependency])> = vec![("main", &self.dependencies)];
        for group in groups {
            lists.extend(self.optional.get(group).map(|l| (group.as_str(), l.as_slice())));
            lists.extend(self.groups.get(group).and_then(|l| l.as_ref().ok()).map(|l| (group.as_str(), l.as_slice())));
            lists.extend(self.poetry.get(group).map(|l| (group.as_str(), l.as_slice())));
            lists.extend(self.tool_groups.get(group).map(|l| (group.as_str(), l.as_slice())));
        }
        lists.extend(self.poetry.get("main").map(|l| ("main", l.as_slice())));
        lists.into_iter().find_map(|(group, list)| {
            let (group, at) = pick(group, list)?;
            Some((group, list.get(at)?.requirement.as_ref().ok()?))
        })
    }
}
