//! Folders that a host keeps: volumes that the files of a platform mount, and those that a guide tells to mount.

use super::part::Part;
use crate::discover::{Tree, paths};
use crate::environments::Planned;
use crate::formats::small::fly;
use crate::links::Repository;
use crate::model::{ComponentKind, FileId};

/// Adds the folders that a host keeps to what runs there.
pub(super) fn add(repository: &Repository<'_>, planned: &Planned, parts: &mut [Part<'_>]) {
    let composed = parts.iter().any(|part| part.hostname.is_some());
    let mut kept: Vec<String> =
        planned.environment.files.iter().flat_map(|file| of_file(repository.tree, *file)).collect();
    if !composed {
        kept.extend(repository.calls.iter().filter_map(|call| told(&call.argv)));
    }
    for part in parts.iter_mut().filter(|part| part.kind == ComponentKind::App) {
        part.volumes.extend(kept.iter().cloned());
    }
}

/// The folders that one file mounts disks over.
fn of_file(tree: &Tree, file: FileId) -> Vec<String> {
    let name = paths::name(tree.path(file));
    let Ok(text) = tree.text(file) else { return Vec::new() };
    if name.starts_with("fly.") && name.ends_with(".toml") {
        let read = tree.parsed(file, fly::parse);
        let mounts = read.map(|read| read.0.mounts.clone()).unwrap_or_default();
        return mounts.into_iter().filter_map(|mount| mount.destination).map(|folder| folder.value).collect();
    }
    // A folder of a pod is kept where the pod claims a disk.
    let disks = ["render.yaml", "render.yml"].contains(&name) || text.contains("persistentVolumeClaim");
    let folder = |line: &str| {
        let value = line.trim().trim_start_matches("- ").strip_prefix("mountPath:")?;
        Some(value.trim().trim_matches(['"', '\'']).to_owned())
    };
    if disks { text.lines().filter_map(folder).collect() } else { Vec::new() }
}

/// The folder in the container that `dokku storage:mount APP /host:/folder` mounts.
fn told(argv: &[String]) -> Option<String> {
    argv.iter().position(|word| word == "storage:mount")?;
    Some(argv.last()?.rsplit_once(':')?.1.to_owned()).filter(|folder| folder.starts_with('/'))
}
