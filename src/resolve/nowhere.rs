//! Modules with settings that git does not hold: a checkout on a runner and an image that is built from the repository have
//! none, unless something writes one there.

use std::collections::BTreeSet;

use super::components::Context;
use super::part::{Host, Part};
use crate::discover::classify::classify;
use crate::discover::{Kind, Tree, paths};
use crate::formats::python::Settings;

/// The modules that settings would take over all names of and that are surely not where the part runs.
pub(super) fn of(context: &Context<'_, '_>, part: Option<&Part<'_>>, settings: &Settings) -> BTreeSet<String> {
    let tree = context.repository.tree;
    if !part.is_some_and(|part| is_of_the_repository(part, settings)) {
        return BTreeSet::new();
    }
    let missing = settings.missing_modules.iter().filter(|missing| missing.ours && missing.star);
    missing.map(|missing| missing.name.clone()).filter(|name| !is_written(tree, name)).collect()
}

/// Whether the code that a part runs is that of the repository and nothing else.
fn is_of_the_repository(part: &Part<'_>, settings: &Settings) -> bool {
    let built = part.image.as_ref().is_some_and(|image| image.dockerfile.is_some());
    let copied = settings.file.zip(part.container.as_ref()).filter(|(file, container)| container.copied(*file));
    let inside = copied.and_then(|(file, container)| container.inside(file));
    // What is kept on a volume beside the code may hold it.
    let kept = |folder: &str| {
        part.volumes
            .iter()
            .any(|volume| *folder == *volume || folder.starts_with(&format!("{}/", volume.trim_end_matches('/'))))
    };
    match part.host {
        Host::Runner => true,
        Host::Container => built && part.mounts.is_empty() && inside.is_some_and(|file| !kept(paths::parent(&file))),
        Host::Machine => false,
    }
}

/// Whether a file that runs or builds something speaks of the module's file otherwise than to remove it.
fn is_written(tree: &Tree, module: &str) -> bool {
    let name = format!("{}.py", module.rsplit('.').next().unwrap_or(module));
    let runs = |path: &str| {
        let by_kind = classify(path).is_some_and(|kind| !matches!(kind, Kind::Python | Kind::Guide | Kind::Project));
        let by_end = [".yml", ".yaml", ".sh", ".j2", ".tf", ".nix", ".bash"].iter().any(|end| path.ends_with(end));
        by_kind || by_end || ["fabfile.py", "tasks.py", "Vagrantfile", "Jenkinsfile"].contains(&paths::name(path))
    };
    // What leaves it out says that it may be there, and does not bring it.
    let idle = |line: &str| {
        let line = line.trim_start();
        line.starts_with('#')
            || line.contains("rm -")
            || line.contains("touch ")
            || line.contains("omit")
            || line.contains("exclude")
    };
    let texts = tree.files().filter(|(_, path)| runs(path)).filter_map(|(file, _)| tree.text(file).ok());
    texts.into_iter().any(|text| text.contains(&name) && text.lines().any(|line| line.contains(&name) && !idle(line)))
}
