//! Calls of programs like foreman, which start the process types of a Procfile.

use super::runners::Piece;
use crate::discover::{Tree, paths};
use crate::formats::Vars;
use crate::formats::shell::Dialect;
use crate::formats::small::procfile::{self, Process};
use crate::model::FileId;

/// Programs that start the process types of a Procfile, and the words by which they are told to; none for one that does nothing else.
const STARTERS: [(&str, &[&str]); 8] = [
    ("honcho", &["start"]),
    ("foreman", &["start"]),
    ("forego", &["start"]),
    ("goreman", &["start"]),
    ("overmind", &["start", "s"]),
    ("nf", &["start"]),
    ("heroku", &["local", "local:start"]),
    ("hivemind", &[]),
];
/// Options that name the Procfile, and the others that take the next word.
const FILE: [&str; 4] = ["-f", "--procfile", "-j", "--Procfile"];
const VALUED: [&str; 16] = [
    "-e",
    "--env",
    "-d",
    "--app-root",
    "--root",
    "-p",
    "--port",
    "-c",
    "--concurrency",
    "-m",
    "--formation",
    "-t",
    "--timeout",
    "-l",
    "--processes",
    "-x",
];

/// The process types that a call starts, those that it names of the file that it names.
pub fn started(tree: &Tree, argv: &[String], find: impl Fn(&str) -> Option<FileId>) -> Option<Vec<Process>> {
    let name = |word: &String| word.rsplit('/').next().unwrap_or_default().to_owned();
    let starter = |word: &String| STARTERS.iter().find(|(program, _)| *program == name(word));
    let (at, (_, verbs)) = argv.iter().enumerate().find_map(|(at, word)| Some((at, starter(word)?)))?;
    let (mut plain, mut file): (Vec<&str>, Option<&str>) = (Vec::new(), None);
    let mut rest = argv.get(at + 1..)?.iter();
    while let Some(word) = rest.next() {
        let (flag, joined) = word.split_once('=').map_or((word.as_str(), None), |(flag, value)| (flag, Some(value)));
        if FILE.contains(&flag) {
            file = joined.or_else(|| rest.next().map(String::as_str));
        } else if VALUED.contains(&flag) {
            joined.is_none().then(|| rest.next());
        } else if !word.starts_with('-') {
            plain.push(word);
        }
    }
    let wanted = if verbs.is_empty() {
        file = file.or(plain.first().copied());
        &[][..]
    } else {
        plain.split_first().filter(|(verb, _)| verbs.contains(verb))?.1
    };
    let file = find(file.unwrap_or("Procfile"))?;
    let asked = |name: &str| wanted.is_empty() || wanted.iter().any(|word| word.split(',').any(|one| one == name));
    let all = procfile::parse(file, tree.text(file).ok()?);
    let found: Vec<Process> = all.into_iter().filter(|process| asked(&process.name.value)).collect();
    (!found.is_empty()).then_some(found)
}

/// What a call by hand comes to in a folder of a checkout.
pub(super) fn pieces(tree: &Tree, argv: &[String], folder: &str) -> Option<Vec<Piece>> {
    let processes = started(tree, argv, |path| tree.find(&paths::join(folder, path)?))?;
    let piece = |process: Process| Piece {
        text: process.command.text,
        map: process.command.map,
        folder: folder.to_owned(),
        vars: Vars::new(),
        may_fail: false,
        dialect: Dialect::Posix,
    };
    Some(processes.into_iter().map(piece).collect())
}
