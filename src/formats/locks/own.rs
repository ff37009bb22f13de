//! What a project that pip installs asks for itself, as far as its files say it without a build.

use super::manifest::{Dependency, Manifest};
use super::pip::{Collected, push};
use super::plan::Plan;
use crate::discover::paths;
use crate::formats::metadata;
use crate::formats::requirements::normalize;
use crate::model::Reason;

/// What a project's own metadata asks for, as far as it is static.
pub(super) fn own(
    plan: &mut Plan<'_>,
    got: &mut Collected,
    folder: &str,
    extras: &[String],
    all: bool,
) -> Result<(), Reason> {
    got.hashed = false;
    let built = || Reason::new("what the project itself needs is known only after a build");
    let manifest = plan.manifest(folder);
    let Some(manifest) =
        manifest.filter(|found| found.node.get("project").is_some() || found.poetry.contains_key("main"))
    else {
        return setuptools(plan, got, folder, extras);
    };
    if manifest.node.get("project").is_none() || manifest.dynamic.contains("dependencies") {
        if let Some(read) = metadata::dynamic(plan.tree, folder, &manifest.node, &["dependencies"]) {
            return dynamic(plan, got, folder, (&manifest, read), extras);
        }
        let Some(main) = manifest.poetry.get("main") else { return setuptools(plan, got, folder, extras) };
        plan.out.unconfirmed.get_or_insert_with(built);
        for dependency in main.iter().filter(|d| !d.optional) {
            push(plan, got, dependency, "main")?;
        }
        return if extras.is_empty() { Ok(()) } else { Err(built()) };
    }
    if manifest.dynamic.contains("optional-dependencies") {
        return Err(built());
    }
    plan.needs_python(manifest.requires_python.as_ref().map(|r| r.value.as_str()))?;
    let me = manifest.name.as_ref().map(|n| normalize(&n.value)).unwrap_or_default();
    let mut lists: Vec<(String, &Vec<Dependency>)> = vec![("main".to_owned(), &manifest.dependencies)];
    let asked = if all { manifest.optional.keys().cloned().collect() } else { extras.iter().cloned().collect() };
    for extra in manifest.with_own_extras(&asked) {
        lists.extend(manifest.optional.get(&extra).map(|list| (extra.clone(), list)));
    }
    let mut nested = None;
    for (group, list) in lists {
        if group != "main" && !asked.contains(&group) {
            nested.get_or_insert(got.wanted.len());
        }
        for dependency in list.iter().filter(|d| d.requirement.as_ref().map_or(true, |r| r.name.value != me)) {
            push(plan, got, dependency, &group)?;
        }
    }
    got.nested.extend(nested.map(|start| start..got.wanted.len()));
    Ok(())
}

/// What a manifest asks for whose lists a build reads from files.
fn dynamic(
    plan: &mut Plan<'_>,
    got: &mut Collected,
    folder: &str,
    (manifest, dependencies): (&Manifest, metadata::Known),
    extras: &[String],
) -> Result<(), Reason> {
    plan.out.unconfirmed.get_or_insert_with(|| Reason::new("a build reads what the project needs from files"));
    for dependency in dependencies? {
        push(plan, got, &dependency, "main")?;
    }
    for extra in manifest.with_own_extras(&extras.iter().cloned().collect()) {
        let read = || metadata::dynamic(plan.tree, folder, &manifest.node, &["optional-dependencies", &extra]);
        let list = match manifest.optional.get(&extra) {
            Some(list) => list.clone(),
            None => read().transpose()?.unwrap_or_default(),
        };
        for dependency in &list {
            push(plan, got, dependency, &extra)?;
        }
    }
    Ok(())
}

/// What `setup.cfg` and `setup.py` ask for, as far as they say it.
fn setuptools(plan: &mut Plan<'_>, got: &mut Collected, folder: &str, extras: &[String]) -> Result<(), Reason> {
    let built = || Reason::new("what the project itself needs is known only after a build");
    let metadata = metadata::of(plan.tree, folder).ok_or_else(built)?;
    plan.needs_python(metadata.requires_python.as_ref().map(|python| python.value.as_str()))?;
    plan.out.unconfirmed.get_or_insert_with(built);
    for dependency in metadata.dependencies.transpose()?.unwrap_or_default() {
        push(plan, got, &dependency, "main")?;
    }
    let known = if extras.is_empty() { None } else { metadata.extras.transpose()? };
    for extra in extras {
        let list = known.as_ref().and_then(|known| known.get(extra)).cloned().transpose()?;
        for dependency in list.unwrap_or_default() {
            push(plan, got, &dependency, extra)?;
        }
    }
    Ok(())
}

/// `--group NAME` or `--group PATH:NAME`.
pub(super) fn group(plan: &mut Plan<'_>, got: &mut Collected, text: &str) -> Result<(), Reason> {
    let (path, name) = text.rsplit_once(':').unwrap_or(("pyproject.toml", text));
    let name = normalize(name);
    got.hashed = false;
    let folder = paths::join(plan.folder, path).map(|p| paths::parent(&p).to_owned()).unwrap_or_default();
    let manifest = plan.manifest(&folder).ok_or_else(|| Reason::new(format!("there is no {path}")))?;
    match manifest.groups.get(&name) {
        Some(Ok(list)) => list.iter().try_for_each(|dependency| push(plan, got, dependency, &name)),
        Some(Err(why)) => Err(Reason::new(why.clone())),
        None => Err(Reason::new(format!("there is no group {name}"))),
    }
}
