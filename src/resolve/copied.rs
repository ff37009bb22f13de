//! Settings that a start script or a job copies to where the program looks for them:
//! `cp local_settings.py.docker local_settings.py`.

use std::collections::{BTreeMap, BTreeSet};

use super::components::Context;
use super::left_out;
use super::part::Part;
use crate::discover::{Tree, paths};
use crate::formats::python::Brought;
use crate::links::Container;
use crate::model::FileId;

/// The files of the repository that stand in for missing modules, by the path they are copied to, and those that the part
/// does not have.
pub(super) fn of(context: &Context<'_, '_>, part: Option<&Part<'_>>) -> Brought {
    let commands = part.iter().flat_map(|part| part.commands.iter().map(move |(argv, _)| (*part, argv)));
    let mut standing_in: BTreeMap<String, FileId> =
        commands.filter_map(|(part, argv)| copied(context, part, argv)).collect();
    standing_in.extend(
        part.and_then(|part| part.container.as_ref())
            .into_iter()
            .flat_map(|container| brought_as(context.repository.tree, container)),
    );
    let left_out = part.map(|part| left_out::of(context.repository.tree, part)).unwrap_or_default();
    let container = part.and_then(|part| part.container.as_ref());
    let at = container.map(|container| read_at(context, container, &left_out)).unwrap_or_default();
    let workdir = container.map(|container| container.workdir.clone());
    Brought { standing_in, left_out, at, workdir, ..Brought::default() }
}

/// The modules that an image or a mount brings under a path at which the repository has none:
/// `COPY docker/local_settings.py shop/local_settings.py`.
fn brought_as(tree: &Tree, container: &Container<'_>) -> Vec<(String, FileId)> {
    let placed = |(inside, file): (&str, FileId)| {
        let folder = container.outside(paths::parent(inside)).filter(|_| inside.ends_with(".py"))?;
        let path = paths::join(&folder, paths::name(inside))?;
        tree.find(&path).is_none().then_some((path, file))
    };
    container.single_files().filter_map(placed).collect()
}

/// The files that settings could read, by their paths where the part runs.
fn read_at(
    context: &Context<'_, '_>,
    container: &Container<'_>,
    left_out: &BTreeSet<FileId>,
) -> BTreeMap<String, FileId> {
    let tree = context.repository.tree;
    let read = tree.files().filter(|(file, path)| left_out::is_read(paths::name(path)) && !left_out.contains(file));
    read.filter_map(|(file, _)| Some((container.inside(file)?, file))).collect()
}

fn copied(context: &Context<'_, '_>, part: &Part<'_>, argv: &[String]) -> Option<(String, FileId)> {
    let tree = context.repository.tree;
    let (program, rest) = argv.split_first()?;
    let words: Vec<&str> = rest.iter().map(String::as_str).filter(|word| !word.starts_with('-')).collect();
    let [from, to] = words[..] else { return None };
    if !matches!(paths::name(program), "cp" | "mv" | "ln") || !to.ends_with(".py") || to.contains('$') {
        return None;
    }
    let container = part.container.as_ref();
    if let Some(file) = container.and_then(|container| container.find(from)) {
        let folder = container.and_then(|container| container.outside(paths::parent(to)))?;
        let path = paths::join(&folder, paths::name(to))?;
        return tree.find(&path).is_none().then_some((path, file));
    }
    // Where a job stands when it copies is not followed: what is copied is found by its name, where only one has it.
    let from = from.trim_start_matches("./");
    let ends = |path: &str| path == from || path.strip_suffix(from).is_some_and(|start| start.ends_with('/'));
    let mut all = tree.files().filter(|(_, path)| ends(path));
    let (file, path) =
        all.next().filter(|_| all.next().is_none() && !from.starts_with('/') && !from.starts_with("../"))?;
    let folder = path.strip_suffix(from)?.trim_end_matches('/');
    let path = paths::join(folder, to.trim_start_matches("./"))?;
    tree.find(&path).is_none().then_some((path, file))
}
