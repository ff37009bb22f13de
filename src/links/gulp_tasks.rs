//! Tasks of Gulp: what `gulp coverage` comes to.

use super::runners::Piece;
use crate::discover::{Tree, paths};
use crate::formats::Vars;
use crate::formats::shell::Dialect;
use crate::formats::small::gulpfile;
use crate::model::{FileId, SpanMap, Spanned};

/// Names of files with tasks.
const NAMES: [&str; 3] = ["gulpfile.js", "gulpfile.mjs", "gulpfile.cjs"];

/// Whether a file of this name holds tasks.
pub(super) fn is_gulpfile(name: &str) -> bool {
    NAMES.contains(&name.to_ascii_lowercase().as_str())
}

/// What the tasks that `gulp` is given run; the one called `default` where none is named.
pub(super) fn pieces(tree: &Tree, argv: &[String], folder: &str) -> Option<Vec<Piece>> {
    let file = NAMES.iter().find_map(|name| tree.find(&paths::join(folder, name)?))?;
    let read = tree.parsed(file, gulpfile::parse).ok()?;
    let mut named: Vec<&str> =
        argv.iter().skip(1).map(String::as_str).take_while(|word| !word.starts_with('-')).collect();
    if named.is_empty() {
        named.push("default");
    }
    let commands = named.iter().filter_map(|name| read.0.get(*name)).flatten();
    Some(commands.map(|command| piece(command, folder)).collect())
}

/// What every task of a file runs.
pub(super) fn every(tree: &Tree, file: FileId) -> Vec<(String, Vec<Piece>)> {
    let Ok(read) = tree.parsed(file, gulpfile::parse) else { return Vec::new() };
    let folder = paths::parent(tree.path(file));
    let of_task = |(name, commands): (&String, &Vec<Spanned<String>>)| {
        (name.clone(), commands.iter().map(|command| piece(command, folder)).collect())
    };
    read.0.iter().map(of_task).collect()
}

fn piece(command: &Spanned<String>, folder: &str) -> Piece {
    Piece {
        text: command.value.clone(),
        map: SpanMap::Whole(command.span),
        folder: folder.to_owned(),
        vars: Vars::new(),
        may_fail: false,
        dialect: Dialect::Posix,
    }
}
