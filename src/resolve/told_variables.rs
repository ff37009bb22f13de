//! Variables by which a guide says what the server is to load: `FLASK_APP=shop.py flask run`, `export FLASK_APP=shop` above it.

use super::part::Part;
use crate::discover::Kind;
use crate::formats::{Var, World, shell};
use crate::links::guides::shown;
use crate::links::{Container, Repository};
use crate::model::SpanMap;

/// What chooses the program or its settings; other variables of a guide are for the reader to fill in.
const CHOOSING: [&str; 5] = ["FLASK_APP", "FLASK_ENV", "FLASK_DEBUG", "DJANGO_SETTINGS_MODULE", "DJANGO_CONFIGURATION"];

/// Gives a person's machine what a guide sets before or beside the command that starts the server; the last one counts.
pub(super) fn of_guide(repository: &Repository<'_>, part: &mut Part<'_>) {
    let tree = repository.tree;
    let Some(start) = part.processes.iter().find_map(|process| process.origin.primary()) else { return };
    let Some(text) = tree.text(start.file).ok().filter(|_| repository.of(Kind::Guide).contains(&start.file)) else {
        return;
    };
    let sets = |line: &str| {
        let line = line.strip_prefix("export ").unwrap_or(line);
        line.split_once('=').is_some_and(|(name, _)| CHOOSING.contains(&name))
    };
    let files = Container::checkout(tree, &part.folder);
    for shown in shown(tree.path(start.file), text, sets) {
        let beside = (shown.at..shown.at + shown.text.len()).contains(&(start.start as usize));
        if !shown.block || shown.at > start.start as usize {
            continue;
        }
        let map = SpanMap::Linear { file: start.file, base: u32::try_from(shown.at).unwrap_or(0) };
        let script = shell::parse(shown.text, &map, shell::Dialect::Bash);
        let evaluated = shell::evaluate(&script, &World::Open(Default::default()), &[], &files);
        let own = evaluated.commands.iter().filter(|_| beside).flat_map(|command| {
            let assigned = |(name, _): &(String, shell::Word)| Some((name.clone(), command.vars.get(name)?.clone()));
            command.assigns.iter().filter_map(assigned).collect::<Vec<(String, Var)>>()
        });
        for (name, var) in evaluated.exports.into_iter().chain(own) {
            if CHOOSING.contains(&name.as_str()) {
                part.providers.insert(name.clone(), "guide");
                part.world.vars_mut().insert(name, var);
            }
        }
    }
}
