//! What Poetry makes of the dependencies of a `pyproject.toml`: its groups, and each dependency as it would stand in the
//! metadata, with the markers that `python`, `platform` and extras add. After poetry-core's `Factory` and
//! `Dependency.to_pep_508`.

mod markers;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use markers::{limits, plain, with_extras};

use super::data::Node;
use super::manifest::{self, Dependency, Manifest};
use crate::formats::requirements::{normalize, versions};
use crate::model::Spanned;

/// A dependency of a group of Poetry's.
#[derive(Clone, Debug)]
pub struct PoetryDependency {
    /// What is asked for; its `url` is not the one that Poetry prints.
    pub dependency: Dependency,
    /// The address that Poetry prints: of a repository or an archive as it is, of a file or folder its path.
    pub address: Option<Address>,
    /// The marker, where it is understood.
    pub marker: Result<Option<String>, &'static str>,
}

/// Where a dependency comes from that has no version.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Address {
    /// An address.
    Url(String),
    /// A path from the folder of the `pyproject.toml`.
    Path(String),
}

/// The groups by name, or why Poetry refuses the file. Empty where the file has no dependencies of Poetry's.
pub fn groups(manifest: &Manifest) -> Result<BTreeMap<String, Vec<PoetryDependency>>, String> {
    let Some(tool) = manifest.node.path(&["tool", "poetry"]) else { return Ok(BTreeMap::new()) };
    if !["dependencies", "dev-dependencies", "group"].iter().any(|key| tool.get(key).is_some()) {
        return Ok(BTreeMap::new());
    }
    valid(manifest, tool)?;
    let mut groups: BTreeMap<String, Vec<PoetryDependency>> = BTreeMap::new();
    let project = manifest.node.get("project");
    let from_project = project.is_some_and(|project| {
        let some = |key: &str| project.get(key).is_some_and(|node| !node.entries().is_empty());
        project.get("dependencies").is_some() || some("optional-dependencies")
    });
    if from_project {
        groups.insert("main".into(), of_project(manifest));
    }
    let extras = if from_project { BTreeMap::new() } else { extras_of(tool) };
    if let Some(table) = tool.get("dependencies") {
        let list = groups.entry("main".into()).or_default();
        // The project's own list wins; Poetry's only adds to it where the project says that it is dynamic.
        if list.is_empty() {
            *list = of_table(table, &extras);
        } else if manifest.dynamic.contains("dependencies") || manifest.dynamic.contains("optional-dependencies") {
            let mut added = of_table(table, &extras);
            let optional = |found: &PoetryDependency| found.dependency.optional;
            if list.iter().all(optional) {
                added.retain(|found| !optional(found));
            } else if list.iter().all(|found| !optional(found)) {
                added.retain(optional);
            } else {
                added.clear();
            }
            list.extend(added);
        }
    }
    named_groups(manifest, tool, &mut groups)?;
    if let Some(table) = tool.get("dev-dependencies") {
        let list = groups.entry("dev".into()).or_default();
        list.extend(of_table(table, &BTreeMap::new()));
    }
    Ok(groups)
}

/// What the checks of Poetry's refuse that real files have.
fn valid(manifest: &Manifest, tool: &Node) -> Result<(), String> {
    if let Some(name) = manifest::named_twice(&manifest.node) {
        return Err(format!("several groups are called {name}"));
    }
    let groups = manifest.node.get("dependency-groups").map_or(&[][..], Node::entries);
    let item = |item: &Node| item.text().is_some() || item.str("include-group").is_some();
    if groups.iter().any(|(_, list)| !list.items().iter().all(item)) {
        return Err("a group holds neither requirements nor includes".into());
    }
    let scripts = tool.get("scripts").map_or(&[][..], Node::entries);
    let script = |script: &Node| {
        let kind = script.str("type").is_some_and(|kind| kind == "file" || kind == "console");
        let old = script.is_table() && script.get("type").is_none() && script.get("reference").is_none();
        script.text().is_some() || old || kind && script.str("reference").is_some()
    };
    if let Some((name, _)) = scripts.iter().find(|(_, found)| !script(found)) {
        return Err(format!("the script {} is neither a file nor a function", name.value));
    }
    if tool.get("package-mode").and_then(Node::bool) == Some(false) {
        return Ok(());
    }
    let project = manifest.node.get("project");
    let has = |key: &str| {
        let some = |node: Option<&Node>| node.and_then(|node| node.str(key)).is_some_and(|text| !text.is_empty());
        some(project) || some(Some(tool))
    };
    match ["name", "version"].into_iter().find(|key| !has(key)) {
        Some(key) => Err(format!("either [project.{key}] or [tool.poetry.{key}] is required in package mode")),
        None => Ok(()),
    }
}

fn of_project(manifest: &Manifest) -> Vec<PoetryDependency> {
    let plain = manifest.dependencies.iter().map(|found| of_requirement(found, None));
    let optional = manifest.optional.iter().flat_map(|(extra, list)| {
        list.iter().map(move |found| {
            let mut found = of_requirement(found, Some(extra));
            found.dependency.optional = true;
            found
        })
    });
    plain.chain(optional).collect()
}

fn of_requirement(found: &Dependency, extra: Option<&String>) -> PoetryDependency {
    let mut dependency = found.clone();
    let mut written = Ok(None);
    let mut address = None;
    if let Ok(requirement) = &mut dependency.requirement {
        written = requirement.marker.as_ref().map_or(Ok(None), |marker| plain(&marker.value));
        address = requirement.url.as_ref().map(|url| of_url(&url.value));
        let clauses = requirement.clauses.iter();
        let written: Vec<String> =
            clauses.map(|clause| format!("{}{}", clause.operator, clause.version.value)).collect();
        // Poetry reads the clauses as one range and prints its bounds.
        let converted = versions::from_poetry(&written.join(",")).filter(|text| one_range(text));
        dependency.exact = converted.is_some();
        if let Some(text) = converted {
            requirement.clauses = manifest::clauses(&text, requirement.span);
        }
    }
    let extras: Vec<String> = extra.into_iter().cloned().collect();
    PoetryDependency { dependency, address, marker: with_extras(written, &extras) }
}

/// Which extras ask for a package, as `tool.poetry.extras` says it.
fn extras_of(tool: &Node) -> BTreeMap<String, Vec<String>> {
    let mut by: BTreeMap<String, Vec<String>> = BTreeMap::new();
    // In the order of the file: so they stand in the marker.
    let mut tables: Vec<_> = tool.get("extras").map_or(&[][..], Node::entries).iter().collect();
    tables.sort_by_key(|(name, _)| name.span);
    for (extra, names) in tables {
        for name in names.texts() {
            by.entry(normalize(name)).or_default().push(normalize(&extra.value));
        }
    }
    by
}

fn of_table(table: &Node, extras: &BTreeMap<String, Vec<String>>) -> Vec<PoetryDependency> {
    let none = Vec::new();
    let mut out = Vec::new();
    for (name, value) in table.entries().iter().filter(|(name, _)| name.value != "python") {
        let asked = extras.get(&normalize(&name.value)).unwrap_or(&none);
        match value.items() {
            [] => out.push(of_value(name, value, asked)),
            several => out.extend(several.iter().map(|value| of_value(name, value, asked))),
        }
    }
    out
}

fn of_value(name: &Spanned<String>, value: &Node, extras: &[String]) -> PoetryDependency {
    let mut dependency = manifest::poetry_dependency(name, value);
    let address = address(value);
    if address.is_some() {
        dependency.exact = true;
        if let Ok(requirement) = &mut dependency.requirement {
            requirement.clauses.clear();
        }
        // Poetry forgets `optional` on `file`.
        dependency.optional &= value.get("file").is_none();
    } else if let Some(version) = value.text().or_else(|| value.str("version")) {
        dependency.exact = versions::from_poetry(version).is_some_and(|text| one_range(&text));
    }
    PoetryDependency { marker: with_extras(limits(value), extras), dependency, address }
}

/// Whether converted clauses are one range or one version as they stand.
fn one_range(clauses: &str) -> bool {
    let with = |sign: char| clauses.split(',').filter(|clause| clause.starts_with(sign)).count();
    with('>') < 2 && with('<') < 2 && with('!') < 2 && (with('=') == 0 || !clauses.contains(','))
}

fn address(value: &Node) -> Option<Address> {
    let within = value.str("subdirectory");
    let below = |url: String| within.map_or(url.clone(), |folder| format!("{url}#subdirectory={folder}"));
    if let Some(git) = value.str("git") {
        let reference = ["branch", "tag", "rev"].iter().find_map(|key| value.str(key));
        let source = match git.split_once("://") {
            Some(_) => git.strip_prefix("git+").unwrap_or(git).to_owned(),
            // `git@host:owner/name.git`
            None => format!("ssh://{}", git.replacen(':', "/", 1)),
        };
        let at = reference.map(|reference| format!("@{reference}")).unwrap_or_default();
        return Some(Address::Url(below(format!("git+{source}{at}"))));
    }
    if let Some(url) = value.str("url") {
        return Some(Address::Url(below(url.to_owned())));
    }
    let path = value.str("file").or_else(|| value.str("path"))?;
    // Of an archive the folder is a part of the address, of a folder it is the folder that is meant.
    let archive =
        value.get("file").is_some() || [".whl", ".zip", ".gz", ".bz2", ".xz"].iter().any(|end| path.ends_with(end));
    Some(match within {
        Some(folder) if archive => Address::Path(format!("{path}#subdirectory={folder}")),
        Some(folder) => Address::Path(format!("{path}/{folder}")),
        None => Address::Path(path.to_owned()),
    })
}

/// The address of a requirement: a path where it names a file.
fn of_url(url: &str) -> Address {
    let path = url.strip_prefix("file://").or_else(|| url.strip_prefix("file:"));
    match path {
        Some(path) => Address::Path(path.to_owned()),
        None if url.contains(':') => Address::Url(url.to_owned()),
        None => Address::Path(url.to_owned()),
    }
}

fn named_groups(
    manifest: &Manifest,
    tool: &Node,
    groups: &mut BTreeMap<String, Vec<PoetryDependency>>,
) -> Result<(), String> {
    let mut includes: Vec<(String, Vec<String>)> = Vec::new();
    for (name, node) in manifest.node.get("dependency-groups").map_or(&[][..], Node::entries) {
        let name = normalize(&name.value);
        let own = node.items().iter().filter_map(manifest::dependency);
        groups.insert(name.clone(), own.map(|found| of_requirement(&found, None)).collect());
        let asked = node.items().iter().filter_map(|item| item.str("include-group")).map(normalize).collect();
        includes.push((name, asked));
    }
    for (name, node) in tool.get("group").map_or(&[][..], Node::entries) {
        let name = normalize(&name.value);
        let list = groups.entry(name.clone()).or_default();
        if list.is_empty()
            && let Some(table) = node.get("dependencies")
        {
            *list = of_table(table, &BTreeMap::new());
        }
        let asked = node.get("include-groups").map(|list| list.texts().map(normalize).collect());
        includes.extend(asked.map(|asked| (name, asked)));
    }
    let own = groups.clone();
    for (name, asked) in &includes {
        for other in asked {
            let mut open = vec![name.clone()];
            let mut found = Vec::new();
            gather(other, &own, &includes, &mut open, &mut found)?;
            groups.entry(name.clone()).or_default().extend(found);
        }
    }
    Ok(())
}

fn gather(
    name: &str,
    own: &BTreeMap<String, Vec<PoetryDependency>>,
    includes: &[(String, Vec<String>)],
    open: &mut Vec<String>,
    found: &mut Vec<PoetryDependency>,
) -> Result<(), String> {
    if open.iter().any(|known| known == name) {
        return Err(format!("the group {name} includes itself"));
    }
    found.extend(own.get(name).ok_or_else(|| format!("there is no group {name}"))?.iter().cloned());
    open.push(name.to_owned());
    for (_, asked) in includes.iter().filter(|(known, _)| known == name) {
        for other in asked {
            gather(other, own, includes, open, found)?;
        }
    }
    open.pop();
    Ok(())
}
