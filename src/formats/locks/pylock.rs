//! What a `pylock.toml` (PEP 751) selects.

use std::collections::BTreeSet;

use super::argv::Flags;
use super::data::Node;
use super::plan::{Plan, locked};
use super::pylock_check::{file_name, valid};
use crate::formats::requirements::{Marker, MarkerEnv, normalize};
use crate::model::Reason;

/// The packages of a `pylock.toml`.
pub(super) fn read(plan: &mut Plan<'_>, path: &str, flags: &Flags) -> Result<(), Reason> {
    plan.lock = None;
    let (_, lock) = plan.read_lock(path)?;
    valid(&lock)?;
    plan.needs_python(lock.str("requires-python"))?;
    let mut env = plan.markers.clone();
    env.extras = flags.values(&["--extra"]).map(normalize).collect();
    env.groups = flags.values(&["--group"]).map(normalize).collect();
    if env.groups.is_empty() {
        env.groups = lock.get("default-groups").into_iter().flat_map(Node::texts).map(normalize).collect();
    }
    let mut environments = lock.get("environments").into_iter().flat_map(Node::texts).peekable();
    if environments.peek().is_some() && environments.all(|m| holds(Some(m), plan.markers) == Some(false)) {
        return Err(Reason::new("the lock is for other environments"));
    }
    let mut selected = BTreeSet::new();
    for node in lock.get("packages").map_or(&[][..], Node::items) {
        let Some(name) = node.str("name") else { continue };
        let applies = holds(node.str("marker"), &env);
        if applies == Some(false) {
            continue;
        }
        if applies == Some(true) {
            plan.needs_python(node.str("requires-python"))?;
            if !selected.insert(name) {
                return Err(Reason::at(format!("several packages {name} are selected"), node.span));
            }
            installable(node, plan)?;
        }
        let mut package = locked(name, node, node.spanned("version"));
        package.applies = applies;
        if applies == Some(true) {
            // Of several locks the last one wins.
            plan.out.packages.remove(name);
        }
        plan.add(package);
    }
    Ok(())
}

fn holds(marker: Option<&str>, env: &MarkerEnv) -> Option<bool> {
    marker.map_or(Some(true), |m| Marker::parse(m).and_then(|m| m.applies(env)))
}

/// Refuses a package that has only wheels, none of which fits a known Linux interpreter.
fn installable(node: &Node, plan: &Plan<'_>) -> Result<(), Reason> {
    let wheels = node.get("wheels").map_or(&[][..], Node::items);
    let (Some(machine), Some(python)) = (&plan.markers.machine, &plan.markers.python) else { return Ok(()) };
    if wheels.is_empty() || node.get("sdist").is_some() || plan.markers.platform.as_deref() != Some("linux") {
        return Ok(());
    }
    let mut parts = python.split('.');
    let (Some("3"), Some(Ok(minor))) = (parts.next(), parts.next().map(str::parse::<u32>)) else { return Ok(()) };
    let fits = |wheel: &Node| file_name(wheel).is_some_and(|name| wheel_fits(&name, minor, machine));
    if wheels.iter().any(fits) {
        return Ok(());
    }
    let name = node.str("name").unwrap_or_default();
    Err(Reason::at(format!("{name} has no wheel for Python {python} on {machine}"), node.span))
}

/// Whether a wheel's tags fit `CPython` 3 on Linux with glibc.
fn wheel_fits(file: &str, minor: u32, machine: &str) -> bool {
    let parts: Vec<&str> = file.trim_end_matches(".whl").split('-').collect();
    let [.., pythons, abis, platforms] = parts.as_slice() else { return false };
    let platform = |tag: &str| {
        let glibc = tag.strip_prefix("manylinux_2_").and_then(|rest| rest.strip_suffix(machine)?.strip_suffix('_'));
        let modern = glibc.and_then(|n| n.parse::<u32>().ok()).is_some_and(|n| (5..=40).contains(&n));
        let old = ["manylinux2014_", "manylinux2010_", "manylinux1_", "linux_"];
        modern || old.iter().any(|prefix| tag.strip_prefix(prefix) == Some(machine))
    };
    let any = platforms.split('.').any(|tag| tag == "any");
    let built = platforms.split('.').any(platform);
    let own = format!("cp3{minor}");
    let older = |tag: &str, prefix: &str, least: u32| {
        tag.strip_prefix(prefix).and_then(|v| v.parse::<u32>().ok()).is_some_and(|v| (least..=minor).contains(&v))
    };
    pythons.split('.').any(|python| {
        abis.split('.').any(|abi| match abi {
            "none" => (python == "py3" || older(python, "py3", 0) || python == own) && (any || built),
            "abi3" => older(python, "cp3", 2) && built,
            abi => python == own && abi == own && built,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wheels_fit_by_interpreter_abi_and_glibc() {
        let fits = |file: &str| wheel_fits(file, 11, "x86_64");
        assert!(fits("a-1-py3-none-any.whl") && fits("a-1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"));
        assert!(fits("a-1-cp37-abi3-manylinux2014_x86_64.whl") && fits("a-1-2-py2.py3-none-any.whl"));
        assert!(!fits("a-1-cp312-cp312-manylinux_2_17_x86_64.whl") && !fits("a-1-cp311-cp311-musllinux_1_1_x86_64.whl"));
        assert!(!fits("a-1-cp311-cp311-manylinux_2_17_aarch64.whl") && !fits("a-1-cp312-abi3-manylinux2014_x86_64.whl"));
    }
}
