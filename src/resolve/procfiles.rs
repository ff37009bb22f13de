//! What programs like foreman start: the process types of a Procfile.

use super::process::CommandWords;
use super::supervised::Supervised;
use crate::discover::Tree;
use crate::formats::World;
use crate::formats::shell::Word;
use crate::formats::small::procfile;
use crate::links::Container;
use crate::links::container::absolute;

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

/// What a command starts by a Procfile of the container; the folder is the container's working directory.
pub(super) fn programs(
    argv: &[String],
    world: &World,
    container: &Container<'_>,
    tree: &Tree,
) -> Option<Vec<Supervised>> {
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
    let file = container.find(&absolute(&container.workdir, file.unwrap_or("Procfile")))?;
    let asked = |name: &str| wanted.is_empty() || wanted.iter().any(|word| word.split(',').any(|one| one == name));
    let all = procfile::parse(file, tree.text(file).ok()?);
    let one = |process: procfile::Process| {
        let span = process.command.span;
        let words = ["/bin/sh", "-c", &process.command.text].iter().map(|word| Word::known(*word, span)).collect();
        let command = CommandWords { words, span, map: Some(process.command.map) };
        let folder = Some(container.workdir.clone());
        Supervised { name: process.name.value, command, world: world.clone(), folder }
    };
    let found: Vec<Supervised> = all.into_iter().filter(|process| asked(&process.name.value)).map(one).collect();
    (!found.is_empty()).then_some(found)
}
