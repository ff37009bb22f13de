//! Modules with settings that git does not hold: a checkout on a runner and an image that is built from the repository have
//! none, unless something writes one there.

use std::collections::BTreeSet;

use super::components::Context;
use super::part::{Host, Part};
use crate::discover::classify::classify;
use crate::discover::{Kind, Tree, paths};
use crate::environments::Planned;
use crate::formats::python::Settings;
use crate::model::{Evidence, FileId, Role};

/// The modules that settings would take over all names of and that are surely not where the part runs.
pub(super) fn of(
    context: &Context<'_, '_>,
    planned: &Planned,
    part: Option<&Part<'_>>,
    settings: &Settings,
) -> BTreeSet<String> {
    let tree = context.repository.tree;
    let by_job =
        planned.is_of(Role::Test) && planned.environment.because.iter().any(|evidence| is_of_ci(tree, evidence));
    if !part.is_some_and(|part| is_of_the_repository(part, settings, by_job)) {
        return BTreeSet::new();
    }
    let missing = settings.missing_modules.iter().filter(|missing| missing.ours && missing.star);
    let mut missing: BTreeSet<String> = missing.map(|missing| missing.name.clone()).collect();
    if missing.is_empty() {
        return missing;
    }
    let speaks = |file| tree.text(file).is_ok_and(|text| missing.iter().any(|name| text.contains(&file_of(name))));
    let on_runner = by_job || part.is_some_and(|part| part.host == Host::Runner);
    let by_jobs = on_runner.then(|| run_by_jobs(tree, &speaks));
    let runs = |file: FileId| by_jobs.as_ref().is_none_or(|run| run.contains(&file));
    missing.retain(|name| !is_mentioned(tree, &file_of(name), &runs));
    missing
}

/// The files that settings look for and that are surely not where the part runs: on a runner there is only what the repository
/// holds and what a step writes. What is deployed may well be given a file that no other one speaks of.
pub(super) fn files(context: &Context<'_, '_>, part: Option<&Part<'_>>, settings: &Settings) -> BTreeSet<String> {
    let tree = context.repository.tree;
    // A job in an image of others checks the repository out there.
    let of_job = |part: &Part<'_>| {
        let image = part.image.as_ref().filter(|image| image.dockerfile.is_none());
        let said = image.and_then(|image| image.origin.primary());
        said.is_some_and(|span| classify(tree.path(span.file)) == Some(Kind::Workflow))
    };
    if !part.is_some_and(|part| part.host == Host::Runner || part.host == Host::Container && of_job(part)) {
        return BTreeSet::new();
    }
    if settings.missing_files.is_empty() {
        return BTreeSet::new();
    }
    let own = |file: FileId| settings.files.iter().any(|(known, _)| *known == file);
    let speaks = |file: &FileId, name: &str| !own(*file) && tree.text(*file).is_ok_and(|text| text.contains(name));
    let run = run_by_jobs(tree, &|file| settings.missing_files.iter().any(|path| speaks(&file, paths::name(path))));
    // A script that only reads it writes it nowhere.
    let writes =
        |line: &str| ["cp ", "mv ", "ln ", ">", "tee ", "-o ", "install "].iter().any(|sign| line.contains(sign));
    let reads = |file: &FileId, name: &str| {
        let script = classify(tree.path(*file)) == Some(Kind::Shell);
        script
            && tree
                .text(*file)
                .is_ok_and(|text| text.lines().filter(|line| line.contains(name)).all(|line| !writes(line)))
    };
    let written = |path: &&String| {
        let name = paths::name(path);
        run.iter().any(|file| speaks(file, name) && !reads(file, name))
    };
    settings.missing_files.iter().filter(|path| !written(path)).cloned().collect()
}

/// The files that jobs may run: those of the CI and of what it starts without naming a file, and all scripts that these name,
/// and so on; of programs in Python those that are asked for.
fn run_by_jobs(tree: &Tree, asked: &dyn Fn(FileId) -> bool) -> BTreeSet<FileId> {
    const STARTED: [&str; 9] = [
        "Makefile",
        "justfile",
        "Justfile",
        "Taskfile.yml",
        "tox.ini",
        "noxfile.py",
        "conftest.py",
        "setup.py",
        "Jenkinsfile",
    ];
    let starts = |path: &str| {
        STARTED.contains(&paths::name(path))
            || matches!(classify(path), Some(Kind::Workflow | Kind::Makefile))
            || path.split('/').any(|part| [".github", ".circleci", ".gitlab"].contains(&part))
    };
    let may_run = |path: &str| {
        let ends = [".sh", ".bash", ".yml", ".yaml", ".toml", ".mk"].iter().any(|end| path.ends_with(end));
        ends || !paths::name(path).contains('.') || matches!(classify(path), Some(Kind::Shell))
    };
    let (mut found, rest): (BTreeSet<FileId>, Vec<(FileId, &str)>) = {
        let program = |file: FileId, path: &str| path.ends_with(".py") && asked(file);
        let all = tree.files().filter(|(file, path)| may_run(path) || starts(path) || program(*file, path));
        let (roots, rest): (Vec<_>, Vec<_>) = all.partition(|(_, path)| starts(path));
        (roots.into_iter().map(|(file, _)| file).collect(), rest)
    };
    let mut new: Vec<FileId> = found.iter().copied().collect();
    while !new.is_empty() {
        let texts: Vec<&str> = new.drain(..).filter_map(|file| tree.text(file).ok()).collect();
        for (file, path) in rest.iter().filter(|(file, _)| !found.contains(file)) {
            if texts.iter().any(|text| text.contains(paths::name(path))) {
                new.push(*file);
            }
        }
        found.extend(&new);
    }
    found
}

/// Whether a job of the CI is why there is an environment.
fn is_of_ci(tree: &Tree, evidence: &Evidence) -> bool {
    classify(tree.path(evidence.span.file)) == Some(Kind::Workflow)
}

/// Whether the code that a part runs is that of the repository and nothing else; what a job mounts is its own checkout.
fn is_of_the_repository(part: &Part<'_>, settings: &Settings, by_job: bool) -> bool {
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
        Host::Container => {
            let whole = part.mounts.is_empty() && inside.is_some_and(|file| !kept(paths::parent(&file)));
            built && (by_job || whole)
        }
        Host::Machine => false,
    }
}

/// The name of a module's file.
fn file_of(module: &str) -> String {
    format!("{}.py", module.rsplit('.').next().unwrap_or(module))
}

/// Whether a file that runs or builds something speaks of a file of that name otherwise than to remove it.
fn is_mentioned(tree: &Tree, name: &str, by_jobs: &dyn Fn(FileId) -> bool) -> bool {
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
    let texts =
        tree.files().filter(|(file, path)| runs(path) && by_jobs(*file)).filter_map(|(file, _)| tree.text(file).ok());
    texts.into_iter().any(|text| text.contains(name) && text.lines().any(|line| line.contains(name) && !idle(line)))
}
