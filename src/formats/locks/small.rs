//! What pdm and pipenv install from their locks.

use std::collections::BTreeSet;

use super::Source;
use super::argv;
use super::data::{self, Node};
use super::plan::{Plan, is_dev, locked};
use crate::discover::paths;
use crate::formats::requirements::{Marker, normalize};
use crate::model::{FileId, Reason, Span, Spanned, StepKind};

/// `pdm install`, `pdm sync`, `pdm export`.
pub(super) fn pdm(plan: &mut Plan<'_>, verb: &str, words: &[String]) -> Result<(), Reason> {
    let flags = argv::flags(words, &argv::PDM)?;
    if let Some(word) = flags.rest.first() {
        return Err(Reason::new(format!("{word} is not understood")));
    }
    let (_, lock) = plan.read_lock("pdm.lock")?;
    let manifest = plan.manifest(plan.folder);
    plan.needs_python(manifest.as_ref().and_then(|m| m.requires_python.as_ref()).map(|r| r.value.as_str()))?;
    let strategy = lock.path(&["metadata", "strategy"]);
    if !strategy.into_iter().flat_map(Node::texts).any(|s| s == "inherit_metadata") {
        return Err(Reason::new("the lock does not say which package belongs to which group"));
    }
    let locked_groups: BTreeSet<String> =
        lock.path(&["metadata", "groups"]).into_iter().flat_map(Node::texts).map(normalize).collect();
    let mut dev: BTreeSet<String> = manifest.iter().flat_map(|m| m.groups.keys().cloned()).collect();
    let old = manifest.as_ref().and_then(|m| m.node.path(&["tool", "pdm", "dev-dependencies"]));
    dev.extend(old.map_or(&[][..], Node::entries).iter().map(|(k, _)| normalize(&k.value)));
    let asked: BTreeSet<String> = flags.lists(&["-G", "--group", "--with"]).iter().map(|g| normalize(g)).collect();
    let prod = flags.has(&["--prod", "--production", "--no-dev"]);
    let unset = asked.is_empty() && !prod && !flags.has(&["--no-default", "-d", "--dev", "--without"]);
    let mut groups = if unset && !locked_groups.is_empty() { locked_groups.clone() } else { BTreeSet::new() };
    if !unset {
        if !flags.has(&["--no-default"]) {
            groups.insert("default".into());
        }
        let dev_named = !asked.is_disjoint(&dev) && !flags.has(&["-d", "--dev"]);
        if !prod && !dev_named {
            groups.extend(dev.iter().cloned());
        }
        if asked.contains(":all") {
            groups.extend(manifest.iter().flat_map(|m| m.optional.keys().cloned()));
        }
        groups.extend(asked);
    }
    for name in flags.lists(&["--without"]) {
        groups.remove(&normalize(&name));
    }
    for node in lock.get("package").map_or(&[][..], Node::items) {
        let own: Vec<String> = node.get("groups").into_iter().flat_map(Node::texts).map(normalize).collect();
        let Some(group) = own.iter().filter(|g| groups.contains(*g)).min_by_key(|g| dev.contains(*g)) else { continue };
        let Some(name) = node.str("name") else { continue };
        let applies = node.str("marker").map_or(Some(true), |m| Marker::parse(m).and_then(|m| m.applies(plan.markers)));
        if applies == Some(false) {
            continue;
        }
        let mut package = locked(name, node, node.spanned("version"));
        package.applies = applies;
        package.group = Some(if group == "default" { "main".into() } else { group.clone() });
        package.dev = dev.contains(group) && is_dev(group);
        plan.add(package);
    }
    let tool = manifest.as_ref().and_then(|m| m.node.path(&["tool", "pdm", "distribution"])).and_then(Node::bool);
    let built = tool.unwrap_or_else(|| manifest.as_ref().is_some_and(|m| m.node.get("build-system").is_some()));
    plan.out.project = Some(built && verb != "export" && !flags.has(&["--no-self"]));
    let names: Vec<String> = groups.into_iter().collect();
    plan.point(manifest.as_ref(), &names);
    Ok(())
}

/// `pipenv install`, `pipenv sync`, `pipenv requirements`.
pub(super) fn pipenv(plan: &mut Plan<'_>, words: &[String]) -> Result<(), Reason> {
    let flags = argv::flags(words, &argv::PIPENV)?;
    if let Some(word) = flags.rest.first() {
        return Err(Reason::new(format!("{word} is not understood")));
    }
    let (file, lock) = plan.read_lock("Pipfile.lock")?;
    if flags.has(&["--deploy"])
        && let Some(python) = plan.markers.python.clone()
    {
        let need = |key: &str| lock.path(&["_meta", "requires", key]).and_then(Node::text);
        let full = python.matches('.').count() > 1;
        let outside = match (need("python_full_version"), need("python_version")) {
            (Some(exact), _) if full => exact != python,
            (None, Some(short)) => python != short && !python.starts_with(&format!("{short}.")),
            _ => false,
        };
        if outside {
            return Err(Reason::new(format!("the Pipfile requires another Python than {python}")));
        }
    }
    let mut sections: Vec<String> = flags.lists(&["--categories"]);
    for name in &mut sections {
        match name.as_str() {
            "packages" => *name = "default".into(),
            "dev-packages" => *name = "develop".into(),
            _ => {}
        }
    }
    let dev = flags.has(&["--dev", "-d"]) || matches!(plan.variable("PIPENV_DEV"), Some("1" | "true"));
    if sections.is_empty() {
        if !flags.has(&["--dev-only"]) {
            sections.push("default".into());
        }
        if dev || flags.has(&["--dev-only"]) {
            sections.push("develop".into());
        }
    }
    for section in &sections {
        for (name, node) in lock.get(section).map_or(&[][..], Node::entries) {
            let applies =
                node.str("markers").map_or(Some(true), |m| Marker::parse(m).and_then(|m| m.applies(plan.markers)));
            if applies == Some(false) {
                continue;
            }
            let mut package = locked(&name.value, node, pipfile_version(node));
            if package.version.is_none() {
                package.origin = crate::model::Origin::set(name.span);
            }
            package.applies = applies;
            package.group = Some(if section == "default" { "main".into() } else { section.clone() });
            package.dev = section == "develop";
            plan.add(package);
        }
    }
    plan.out.project = Some(false);
    pipfile(plan, file);
    Ok(())
}

/// Points the packages that the Pipfile beside the lock names at their lines there.
fn pipfile(plan: &mut Plan<'_>, lock: FileId) {
    let path = paths::join(paths::parent(plan.tree.path(lock)), "Pipfile");
    let Some(file) = path.and_then(|path| plan.tree.find(&path)) else { return };
    let Ok(text) = plan.tree.text(file) else { return };
    let (node, problems) = data::toml(file, text);
    plan.out.problems.extend(problems);
    plan.out.sources.push(Source { file, group: None, span: None });
    for section in ["packages", "dev-packages"] {
        for (name, value) in node.get(section).map_or(&[][..], Node::entries) {
            let Some(package) = plan.out.packages.get_mut(&normalize(&name.value)) else { continue };
            let version = if value.text().is_some() { Some(value) } else { value.get("version") };
            package.direct = true;
            package.specifier = version.and_then(|v| Some(Spanned::new(v.text()?.to_owned(), v.span)));
            package.extras.extend(value.get("extras").into_iter().flat_map(Node::texts).map(normalize));
            package.origin = std::mem::take(&mut package.origin).then(StepKind::Used, name.span.to(value.span));
        }
    }
}

/// The version of a lock's entry, `==` cut off.
pub(super) fn pipfile_version(node: &Node) -> Option<Spanned<String>> {
    let whole = node.spanned("version")?;
    let text = whole.value.strip_prefix("==")?;
    let span = Span { start: (whole.span.start + 2).min(whole.span.end), ..whole.span };
    Some(Spanned::new(text.to_owned(), span))
}
