//! Names for several environments of one name: what their files tell apart.

use std::collections::BTreeSet;

use super::plan::{Planned, Runs};
use super::projects::SUPPORT;
use crate::discover::classify::classify;
use crate::discover::{Kind, paths};
use crate::knowledge::environments::{WordClass, class_of_word};
use crate::links::Repository;

/// How many parts of a path a name may take.
const PARTS: usize = 3;

/// Adds to the names of all but one of several environments of one name what tells their files from those of that one.
pub(super) fn name_apart(repository: &Repository<'_>, all: &mut [Planned]) {
    let names: BTreeSet<String> = all.iter().map(|planned| planned.environment.name.clone()).collect();
    for name in names {
        let same: Vec<usize> = (0..all.len()).filter(|at| all[*at].environment.name == name).collect();
        let Some(first) = plainest(repository, all, &same, &name) else { continue };
        for at in same.into_iter().filter(|at| *at != first) {
            let names = candidates(repository, &all[at], &all[first], &name, all.len());
            let free = |name: &&String| !all.iter().any(|other| other.environment.name == **name);
            if let Some(free) = names.iter().find(free).cloned() {
                all[at].environment.name = free;
            }
        }
    }
}

/// The one that keeps the name: of those that are run like the first, the one whose file is named most plainly.
fn plainest(repository: &Repository<'_>, all: &[Planned], same: &[usize], name: &str) -> Option<usize> {
    // The job that deploys to one of which nothing else is known calls it so.
    let deployed = |at: &usize| all[*at].units.is_empty() && !all[*at].deployed_by.is_empty();
    if let Some(at) = same.iter().copied().find(deployed) {
        return Some(at);
    }
    let like = kind(all.get(*same.first()?)?);
    let alike = same.iter().copied().filter(|at| kind(&all[*at]) == like);
    alike.min_by_key(|at| {
        let files = runners(repository, &all[*at]);
        files.last().map_or(0, |path| words(path, name).len())
    })
}

/// The names that one may get, the fullest first.
fn candidates(repository: &Repository<'_>, this: &Planned, first: &Planned, name: &str, most: usize) -> Vec<String> {
    let words = distinct(repository, this, first, name);
    let labels = (0..words.len()).map(|from| words[from..].join("-"));
    let plain = name == this.environment.role.name();
    let rest = if plain && images(this) { "image".to_owned() } else { format!("{name}-{}", kind(this)) };
    let mut names: Vec<String> = labels.map(|label| format!("{name}-{label}")).chain([rest]).collect();
    names.extend((2..most + 2).map(|n| format!("{name}-{n}")));
    names
}

/// The paths of the files that run an environment.
fn runners<'t>(repository: &'t Repository<'_>, planned: &Planned) -> Vec<&'t str> {
    let kinds = [Kind::Compose, Kind::Dockerfile, Kind::Procfile, Kind::Platform, Kind::Devcontainer, Kind::Kubernetes];
    let paths = planned.environment.files.iter().map(|file| repository.tree.path(*file));
    paths.filter(|path| classify(path).is_some_and(|kind| kinds.contains(&kind))).collect()
}

/// Whether an environment is images by themselves.
fn images(planned: &Planned) -> bool {
    planned.units.iter().any(|unit| matches!(unit.runs, Runs::Image(_)))
}

/// A path in the folder that holds all Dockerfiles of an environment.
fn common(planned: &Planned, repository: &Repository<'_>) -> String {
    let files = planned.units.iter().filter_map(|unit| match &unit.runs {
        Runs::Image(image) => Some(paths::parent(repository.tree.path(image.dockerfile))),
        _ => None,
    });
    let folders: Vec<&str> = files.collect();
    format!("{}/Dockerfile", super::projects::common(&folders))
}

/// What an environment is run by, in a word.
fn kind(planned: &Planned) -> &'static str {
    match planned.units.first().map(|unit| &unit.runs) {
        Some(Runs::Compose { .. }) => "compose",
        Some(Runs::Image(_)) => "image",
        Some(Runs::Pulled { .. }) => "pulled",
        Some(Runs::Process { .. }) => "platform",
        Some(Runs::Container(_)) => "orchestrated",
        Some(Runs::Job { .. }) => "job",
        Some(Runs::Machine { .. }) => "host",
        None => "settings",
    }
}

/// The words of a path that say what something is: no ending, no word that every such file has, no word of a role.
fn words(path: &str, name: &str) -> Vec<String> {
    let says = |word: &str| {
        let lower = word.to_ascii_lowercase();
        let common =
            ["dockerfile", "containerfile", "docker", "compose", "yml", "yaml", "stack", "toml", "procfile", "json"];
        let class = class_of_word(&lower);
        !lower.is_empty()
            && !common.contains(&lower.as_str())
            && !name.split('-').any(|part| part == lower)
            && !matches!(class, Some(WordClass::Role(_) | WordClass::Platform | WordClass::Shared))
    };
    let mut found: Vec<String> = Vec::new();
    for folder in paths::parent(path).split('/') {
        if !SUPPORT.contains(&folder.to_ascii_lowercase().as_str()) && says(folder) {
            found.push(folder.to_ascii_lowercase());
        }
    }
    let pieces: Vec<&str> = paths::name(path).split(['.', '-', '_']).filter(|piece| says(piece)).collect();
    if !pieces.is_empty() {
        found.push(pieces.join("-").to_ascii_lowercase());
    }
    found
}

/// The words of what runs one environment that are not those of what runs another of its name.
fn distinct(repository: &Repository<'_>, this: &Planned, first: &Planned, name: &str) -> Vec<String> {
    let theirs = runners(repository, first);
    let own = runners(repository, this).into_iter().rfind(|path| !theirs.contains(path));
    let known: BTreeSet<String> = theirs.first().into_iter().flat_map(|path| words(path, name)).collect();
    let own = own.map(|path| match this.units.len() {
        // Of several images it is their common folder that says what they are.
        2.. if images(this) => common(this, repository),
        _ => path.to_owned(),
    });
    let mut found: Vec<String> = own
        .map(|path| words(&path, name))
        .unwrap_or_default()
        .into_iter()
        .filter(|word| !known.contains(word))
        .collect();
    if found.is_empty() && kind(this) == "compose" {
        let services = |planned: &Planned| planned.units.iter().map(|unit| unit.name.clone()).collect::<BTreeSet<_>>();
        found.extend(services(this).difference(&services(first)).take(1).cloned());
    }
    found.split_off(found.len().saturating_sub(PARTS))
}

/// Calls what a platform runs production, where nothing else is called so.
pub(super) fn name_only(all: &mut [Planned]) {
    if all.iter().any(|planned| planned.environment.name == "production") {
        return;
    }
    for planned in all.iter_mut().filter(|planned| planned.environment.role == crate::model::Role::Production) {
        if planned.environment.name == "platform" {
            planned.environment.name = "production".into();
        }
    }
}
