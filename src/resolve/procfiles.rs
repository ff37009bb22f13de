//! What programs like foreman start in a container: the process types of a Procfile.

use super::process::CommandWords;
use super::supervised::Supervised;
use crate::discover::Tree;
use crate::formats::World;
use crate::formats::shell::Word;
use crate::formats::small::procfile::Process;
use crate::links::container::absolute;
use crate::links::{Container, process_files};

/// What a command starts by a Procfile of the container; the folder is the container's working directory.
pub(super) fn programs(
    argv: &[String],
    world: &World,
    container: &Container<'_>,
    tree: &Tree,
) -> Option<Vec<Supervised>> {
    let processes = process_files::started(tree, argv, |path| container.find(&absolute(&container.workdir, path)))?;
    let one = |process: Process| {
        let span = process.command.span;
        let words = ["/bin/sh", "-c", &process.command.text].iter().map(|word| Word::known(*word, span)).collect();
        let command = CommandWords { words, span, map: Some(process.command.map) };
        let folder = Some(container.workdir.clone());
        Supervised { name: process.name.value, command, world: world.clone(), folder }
    };
    Some(processes.into_iter().map(one).collect())
}
