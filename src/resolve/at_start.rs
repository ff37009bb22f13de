//! What a container installs when it starts: it is there before the process is.

use super::installs::{self, Place};
use super::part::Part;
use crate::discover::Tree;
use crate::formats::requirements::MarkerEnv;
use crate::formats::shell::Executed;
use crate::links::container::Container;
use crate::links::repository::words;
use crate::links::{Meaning, meaning};

/// Adds what the commands of a start install.
pub(super) fn install(part: &mut Part<'_>, commands: &[Executed], container: &Container<'_>, tree: &Tree) {
    // What an image has installed already, `uv run` leaves to it.
    let bare = !part.installs.installs_python;
    let installing = |executed: &&Executed| {
        let argv = words(executed);
        matches!(meaning::of(&argv), Meaning::InstallsPython(_) | Meaning::InstallsSystem(_))
            || bare && installs::syncs(&argv, &executed.vars)
    };
    let mut commands = commands.iter().filter(installing).peekable();
    if commands.peek().is_none() {
        return;
    }
    let python = part.python().map(str::to_owned);
    let place = Place {
        tree,
        container,
        workdir: container.workdir.clone(),
        stage: "start".to_owned(),
        context: part.folder.clone(),
        markers: MarkerEnv::linux(python.as_deref()),
    };
    for executed in commands {
        installs::run(&mut part.installs, executed, &place);
    }
}
