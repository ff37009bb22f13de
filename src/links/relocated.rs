//! Files of the repository that the steps of a build put elsewhere in an image: `RUN cp`, `mv`, `ln -s`.

use crate::formats::World;
use crate::formats::dockerfile::{Action, RunBody, Step};
use crate::formats::shell::{self, Dialect, Files};

use super::container::absolute;
use super::repository::words;

/// Programs that bring a file to another place.
const MOVING: [&str; 4] = ["cp", "mv", "ln", "install"];
/// Their options that take the next word.
const VALUED: [&str; 6] = ["-t", "--target-directory", "-m", "--mode", "-o", "-g"];

/// A file or folder of an image that a step brings to another place.
pub(super) struct Relocated {
    /// Where it stood.
    pub(super) from: String,
    /// Where it is brought, or into which folder.
    pub(super) to: String,
    /// Whether a folder is named, by its slash or by several sources.
    pub(super) into: bool,
}

/// What a step brings elsewhere; the words of other commands are not looked at.
pub(super) fn by_step(step: &Step, files: &dyn Files) -> Vec<Relocated> {
    let Action::Run { body: RunBody::Shell { text, map } | RunBody::Heredoc { text, map, .. }, .. } = &step.action
    else {
        return Vec::new();
    };
    let names = |program: &&str| text.split(|c: char| !c.is_alphanumeric()).any(|word| word == *program);
    if !MOVING.iter().any(names) {
        return Vec::new();
    }
    let script = shell::parse(text, map, Dialect::Posix);
    let commands = shell::evaluate(&script, &World::Open((*step.vars).clone()), &[], files).commands;
    let here = absolute("/", step.workdir.as_deref().unwrap_or("/"));
    commands
        .iter()
        .filter(|executed| !executed.cwd_unknown)
        .flat_map(|executed| {
            let folder = absolute(&here, executed.cwd.as_deref().unwrap_or_default());
            read(&words(executed), &folder)
        })
        .collect()
}

/// What one command brings elsewhere.
fn read(argv: &[String], folder: &str) -> Vec<Relocated> {
    let program = argv.first().map_or("", |word| word.rsplit('/').next().unwrap_or(word));
    if !MOVING.contains(&program) || argv.iter().any(|word| VALUED.contains(&word.as_str()) && program != "install") {
        return Vec::new();
    }
    let mut plain = Vec::new();
    let mut rest = argv.iter().skip(1);
    while let Some(word) = rest.next() {
        if VALUED.contains(&word.as_str()) {
            rest.next();
        } else if !word.starts_with('-') {
            plain.push(word.as_str());
        }
    }
    let Some((to, sources)) = plain.split_last().filter(|(_, sources)| !sources.is_empty()) else { return Vec::new() };
    let into = to.ends_with('/') || to.ends_with("/.") || *to == "." || sources.len() > 1;
    let to = absolute(folder, to);
    // What a link names is seen from where the link stands.
    let base = |source: &&str| {
        let relative = program == "ln" && !source.starts_with('/');
        if relative { crate::discover::paths::parent(&to).to_owned() } else { folder.to_owned() }
    };
    sources.iter().map(|source| Relocated { from: absolute(&base(source), source), to: to.clone(), into }).collect()
}
