//! What pipenv installs from its lock.

use std::collections::BTreeMap;

use super::Source;
use super::argv::{self, Flags};
use super::data::{self, Node};
use super::fresh;
use super::pipfile;
use super::plan::{Plan, locked};
use crate::discover::paths;
use crate::formats::requirements::{Marker, normalize};
use crate::model::{FileId, Origin, Reason, Span, Spanned, StepKind};

/// `pipenv install`, `pipenv sync`, `pipenv requirements`.
pub(super) fn run(plan: &mut Plan<'_>, verb: &str, words: &[String]) -> Result<(), Reason> {
    let flags = argv::flags(words, &argv::PIPENV)?;
    plan.out.unconfirmed.clone_from(&flags.unconfirmed);
    if let Some(word) = flags.rest.first() {
        return Err(Reason::new(format!("{word} is not understood")));
    }
    let skipped =
        flags.has(&["--skip-lock"]) || !flags.has(&["--deploy", "--ignore-pipfile"]) && !pipfile::is_locked(plan);
    if verb == "install" && skipped {
        let sections = sections(plan, &flags);
        return pipfile::take(plan, &sections);
    }
    let (file, lock) = plan.read_lock("Pipfile.lock")?;
    let pipfile = beside(plan, file);
    if flags.has(&["--deploy"]) {
        deployable(plan, pipfile.as_ref(), &lock)?;
    }
    // A package that stands in several sections is taken from the last.
    let mut chosen: BTreeMap<&str, (&Spanned<String>, &Node, String)> = BTreeMap::new();
    let sections = sections(plan, &flags);
    for section in &sections {
        for (name, node) in lock.get(section).map_or(&[][..], Node::entries) {
            chosen.insert(&name.value, (name, node, section.clone()));
        }
    }
    for (name, node, section) in chosen.into_values() {
        let applies = holds(plan, node)?;
        if applies == Some(false) {
            continue;
        }
        let mut package = locked(&name.value, node, pipfile_version(node));
        if package.version.is_none() {
            package.origin = Origin::set(name.span);
        }
        // What lies in the repository, or at a commit, is fixed without a version.
        package.pinned |= ["path", "file", "ref"].iter().any(|key| node.get(key).is_some());
        package.applies = applies;
        package.dev = section == "develop";
        package.group = Some(if section == "default" { "main".into() } else { section });
        plan.add(package);
    }
    plan.out.project = Some(false);
    if let Some(node) = pipfile {
        point(plan, &node, &sections);
    }
    Ok(())
}

/// Refuses what `--deploy` refuses: a lock that does not fit its Pipfile, another interpreter.
fn deployable(plan: &mut Plan<'_>, pipfile: Option<&Node>, lock: &Node) -> Result<(), Reason> {
    let Some(pipfile) = pipfile else { return Err(Reason::new("there is no Pipfile")) };
    if fresh::pipfile(pipfile, lock, true) == Some(false) {
        let reason = Reason::new("the Pipfile changed since Pipfile.lock was written");
        if fresh::pipfile(pipfile, lock, false) == Some(true) {
            plan.out.unconfirmed.get_or_insert(reason);
        } else {
            plan.refuse(reason);
        }
    }
    let Some(python) = &plan.markers.python else { return Ok(()) };
    let need = |key: &str| lock.path(&["_meta", "requires", key]).and_then(Node::text);
    let full = python.matches('.').count() > 1;
    let outside = match (need("python_full_version"), need("python_version")) {
        (Some(exact), _) if full => exact != python,
        (None, Some(short)) => python != short && !python.starts_with(&format!("{short}.")),
        _ => false,
    };
    if outside { Err(Reason::new(format!("the Pipfile requires another Python than {python}"))) } else { Ok(()) }
}

/// The sections of the lock that the flags choose, in the order in which they are read.
fn sections(plan: &Plan<'_>, flags: &Flags) -> Vec<String> {
    let named = flags.lists(&["--categories"]).into_iter().map(|name| match name.as_str() {
        "packages" => "default".to_owned(),
        "dev-packages" => "develop".to_owned(),
        _ => name,
    });
    let mut sections: Vec<String> = named.collect();
    if sections.is_empty() {
        let only = flags.has(&["--dev-only"]);
        if only || flags.has(&["--dev", "-d"]) || matches!(plan.variable("PIPENV_DEV"), Some("1" | "true")) {
            sections.push("develop".into());
        }
        if !only {
            sections.push("default".into());
        }
    }
    sections
}

/// Whether an entry's markers hold. Those of repositories are not handed on to pip.
fn holds(plan: &Plan<'_>, node: &Node) -> Result<Option<bool>, Reason> {
    if ["git", "hg", "svn", "bzr"].iter().any(|vcs| node.get(vcs).is_some()) {
        return Ok(Some(true));
    }
    let Some(text) = node.str("markers").filter(|text| !text.is_empty()) else { return Ok(Some(true)) };
    if text.contains("dependency_groups") {
        return Err(Reason::at("pip evaluates no marker on groups here", node.span));
    }
    Ok(Marker::parse(text).and_then(|m| m.applies(plan.markers)))
}

/// The Pipfile beside the lock.
fn beside(plan: &mut Plan<'_>, lock: FileId) -> Option<Node> {
    let path = paths::join(paths::parent(plan.tree.path(lock)), "Pipfile")?;
    let file = plan.tree.find(&path)?;
    let (node, problems) = data::toml(file, plan.tree.text(file).ok()?);
    plan.out.problems.extend(problems);
    plan.out.sources.push(Source { file, group: None, span: None });
    Some(node)
}

/// Points the packages that the Pipfile names at their lines there: what only a section that is left out names is another's need.
fn point(plan: &mut Plan<'_>, node: &Node, sections: &[String]) {
    for section in sections {
        let section = match section.as_str() {
            "default" => "packages",
            "develop" => "dev-packages",
            other => other,
        };
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
fn pipfile_version(node: &Node) -> Option<Spanned<String>> {
    let whole = node.spanned("version")?;
    let text = whole.value.strip_prefix("==")?;
    let span = Span { start: (whole.span.start + 2).min(whole.span.end), ..whole.span };
    Some(Spanned::new(text.to_owned(), span))
}
