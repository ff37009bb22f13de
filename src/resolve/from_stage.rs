//! What a stage of a build has of another: what it copies, and what a command of it mounts.

use super::installs;
use super::part::Installs;
use crate::formats::dockerfile::{CopyFrom, Mount};
use crate::model::Span;

/// The stages whose files a command sees while it runs.
pub(super) fn mounted(mounts: &[Mount]) -> impl Iterator<Item = usize> {
    mounts.iter().filter(|mount| mount.kind == "bind").filter_map(|mount| match mount.from {
        Some(CopyFrom::Stage(stage)) => Some(stage),
        _ => None,
    })
}

/// What copying a path from another stage brings along.
pub(super) fn copied(
    installs: &mut Installs,
    there: &Installs,
    source: &str,
    env: &crate::formats::Vars,
    step: Span,
    _dest: Span,
) {
    let source = source.trim_end_matches('/');
    if !there.wheels.is_empty() && (source.contains("wheel") || source.contains("dist") || source.contains("/build")) {
        installs::take_wheels(installs, there, step);
    }
    let named = ["VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT", "PYTHONUSERBASE"]
        .iter()
        .filter_map(|name| env.get(*name)?.value.one().cloned())
        .any(|folder| folder.starts_with(source) || source.starts_with(&folder));
    // The place of an environment of conda.
    let placed = |part: &super::part::PackagePart| {
        let words: Vec<&str> = part.installed_by.value.split(' ').collect();
        let after = |at: usize| words.get(at + 1).copied().filter(|_| ["-p", "--prefix"].contains(&words[at]));
        let place = (0..words.len()).find_map(|at| after(at).or_else(|| words[at].strip_prefix("--prefix=")));
        ["conda", "mamba", "micromamba"].contains(&words[0])
            && place.is_some_and(|place| place.starts_with(source) || source.starts_with(place))
    };
    let named = named || there.packages.values().any(placed);
    let wheels = source.contains("wheel");
    // One file, or what a build has made, holds no packages.
    let last = source.rsplit('/').next().unwrap_or(source);
    let ends = [".py", ".toml", ".txt", ".json", ".sh", ".yml", ".yaml", ".conf", ".cfg", ".ini", ".lock"];
    let made = ["dist", "static", "staticfiles", "assets", "public", "docs", "node_modules", "frontend", "locale"];
    if ends.iter().any(|end| last.ends_with(end)) || made.contains(&last) {
        return;
    }
    let shaped =
        ["venv", "site-packages", "dist-packages", ".local", "/install"].iter().any(|part| source.contains(part))
            || source.starts_with("/usr/local")
            || source == "/usr"
            || source.starts_with("/opt/");
    let manager = |part: &super::part::PackagePart| {
        ["uv sync", "poetry", "pdm", "pipenv"].iter().any(|name| part.installed_by.value.starts_with(name))
    };
    let in_project = there.packages.values().any(manager) && !source.contains('.');
    let (shaped, whole) = (!wheels && (shaped || in_project), source.is_empty() || source == "/");
    if there.installs_python && (named || shaped || whole) {
        installs::take_over(installs, there, source, step);
    }
    if whole || source == "/usr" || source.starts_with("/usr/lib") || source.contains(".so") || source == "/lib" {
        installs.copied_libraries = true;
    }
}
