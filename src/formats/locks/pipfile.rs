//! A Pipfile as what is asked for, where no lock decides.

use super::asked;
use super::data::{self, Node};
use super::plan::Plan;
use crate::discover::paths;
use crate::formats::requirements::{Marker, spec};
use crate::model::{Reason, SpanMap, Spanned};

/// Keys of an entry that limit where it is installed, each a variable of markers.
const LIMITS: [&str; 10] = [
    "os_name",
    "sys_platform",
    "platform_machine",
    "platform_python_implementation",
    "platform_release",
    "platform_system",
    "platform_version",
    "python_version",
    "python_full_version",
    "implementation_name",
];

/// Takes in what the sections of the nearest Pipfile ask for.
pub(super) fn take(plan: &mut Plan<'_>, sections: &[String]) -> Result<(), Reason> {
    let file = plan.upwards_from(plan.folder, "Pipfile").ok_or_else(|| Reason::new("there is no Pipfile"))?;
    let text = plan.tree.text(file).map_err(|why| Reason::new(format!("Pipfile: {why}")))?;
    let (node, problems) = data::toml(file, text);
    plan.out.problems.extend(problems);
    plan.out.sources.push(super::Source { file, group: None, span: None });
    asked::open(plan);
    for section in sections {
        let (table, group) = match section.as_str() {
            "default" => ("packages", "main"),
            "develop" => ("dev-packages", "develop"),
            other => (other, other),
        };
        for (name, value) in node.get(table).map_or(&[][..], Node::entries) {
            entry(plan, name, value, group);
        }
    }
    plan.out.project = Some(false);
    Ok(())
}

fn entry(plan: &mut Plan<'_>, name: &Spanned<String>, value: &Node, group: &str) {
    let written = if value.text().is_some() { Some(value) } else { value.get("version") };
    let version = written.and_then(Node::text).map(str::trim).filter(|text| *text != "*").unwrap_or_default();
    let equals = if version.starts_with(|c: char| c.is_ascii_digit()) { "==" } else { "" };
    let extras: Vec<&str> = value.get("extras").into_iter().flat_map(Node::texts).collect();
    let extras = if extras.is_empty() { String::new() } else { format!("[{}]", extras.join(",")) };
    let span = name.span.to(value.span);
    let text = format!("{}{extras}{equals}{version}", name.value);
    let Ok(mut requirement) = spec::parse(&text, &SpanMap::Whole(span)) else { return };
    if let (Some(at), Some(pin)) = (written, requirement.clauses.first_mut()) {
        pin.version.span = at.span;
    }
    requirement.specifier = written.map(|at| Spanned::new(at.text().unwrap_or("*").to_owned(), at.span));
    let holds = |text: &str| Marker::parse(text).and_then(|marker| marker.applies(plan.markers));
    let limits = LIMITS.iter().filter_map(|key| Some(format!("{key} {}", value.str(key)?)));
    let markers = value.str("markers").map(str::to_owned).into_iter().chain(limits);
    let applies = markers.map(|text| holds(&text)).fold(Some(true), super::plan::both);
    if applies == Some(false) {
        return;
    }
    let mut package = asked::package(&requirement, group, applies);
    package.dev = group == "develop";
    // The project itself, or a folder beside it.
    if value.get("path").is_some() {
        package.version = None;
        package.pinned = true;
    }
    // A repository fixes what is installed, but not by a version that stands here.
    if ["git", "file", "url"].iter().any(|key| value.get(key).is_some()) {
        package.version = None;
        let local = ["path", "file"].iter().any(|key| value.get(key).is_some());
        package.pinned = local || value.get("git").is_some() && value.get("ref").is_some();
    }
    plan.add(package);
}

/// Whether the nearest Pipfile has its lock beside it.
pub(super) fn is_locked(plan: &Plan<'_>) -> bool {
    plan.lock.is_some()
        || match plan.upwards_from(plan.folder, "Pipfile") {
            Some(file) => asked::locked(plan, "Pipfile.lock", paths::parent(plan.tree.path(file))),
            None => plan.upwards_from(plan.folder, "Pipfile.lock").is_some(),
        }
}
