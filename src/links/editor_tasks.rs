//! What an editor is told to start: tasks and launches of VS Code.

use super::runners::Piece;
use crate::discover::{Tree, paths};
use crate::formats::shell::Dialect;
use crate::formats::small::tree::Node;
use crate::formats::small::{CommandText, json, quoted};
use crate::formats::{Var, Vars};
use crate::model::{FileId, Origin, SpanMap};

/// Files with tasks, and with launches.
const TASKS: &str = ".vscode/tasks.json";
const LAUNCHES: &str = ".vscode/launch.json";

/// The files with an editor's tasks, then those with its launches.
pub(super) fn files(tree: &Tree) -> Vec<FileId> {
    let named = |name: &'static str| {
        let is_it = move |path: &str| path.strip_suffix(name).is_some_and(|at| at.is_empty() || at.ends_with('/'));
        tree.files().filter(move |(_, path)| is_it(path)).map(|(file, _)| file)
    };
    named(TASKS).chain(named(LAUNCHES)).collect()
}

/// What every task and launch of a file runs.
pub(super) fn every(tree: &Tree, file: FileId) -> Vec<(String, Vec<Piece>)> {
    let Ok(read) = tree.parsed(file, json::parse) else { return Vec::new() };
    let Some(root) = read.0.as_ref() else { return Vec::new() };
    let opened = paths::parent(paths::parent(tree.path(file)));
    let all = |key: &str| root.get(key).map_or(&[][..], Node::items).iter();
    let tasks = all("tasks").filter_map(|task| Some((label(task, "label")?, task_of(task, opened)?)));
    let launches =
        all("configurations").filter_map(|launch| Some((label(launch, "name")?, launch_of(launch, opened)?)));
    tasks.chain(launches).map(|(name, piece)| (name, vec![piece])).collect()
}

fn label(node: &Node, key: &str) -> Option<String> {
    node.get(key)?.scalar()
}

/// A task of a shell or a process: its command with its arguments.
fn task_of(task: &Node, opened: &str) -> Option<Piece> {
    let command = CommandText::of(task.get("command")?)?;
    let args = task.get("args").map(Node::texts).unwrap_or_default();
    let text = std::iter::once(command.text.clone()).chain(args.iter().map(|word| quoted(&word.value)));
    let text = local(&text.collect::<Vec<_>>().join(" "));
    // A text that is not as it is written cannot be laid over the file.
    let map = if text == command.text { command.map } else { SpanMap::Whole(command.span) };
    let options = task.get("options");
    let folder =
        options.and_then(|options| options.field("cwd")).map_or_else(|| ".".to_owned(), |cwd| local(&cwd.value));
    let vars = options.and_then(|options| options.get("env")).map(vars).unwrap_or_default();
    Some(Piece { text, map, folder: paths::join(opened, &folder)?, vars, may_fail: false, dialect: Dialect::Posix })
}

/// A launch of a Python program or module.
fn launch_of(launch: &Node, opened: &str) -> Option<Piece> {
    if !["python", "debugpy"].contains(&launch.field("type")?.value.as_str()) {
        return None;
    }
    let started = launch.get("module").or_else(|| launch.get("program"))?;
    let flag = if launch.get("module").is_some() { "python -m" } else { "python" };
    let args = launch.get("args").map(Node::texts).unwrap_or_default();
    let text =
        [flag.to_owned(), local(&started.scalar()?)].into_iter().chain(args.iter().map(|word| quoted(&word.value)));
    let span = launch.get("args").map_or(started.span, |args| args.span);
    let folder = launch.field("cwd").map_or_else(|| ".".to_owned(), |cwd| local(&cwd.value));
    Some(Piece {
        text: text.collect::<Vec<_>>().join(" "),
        map: SpanMap::Whole(span),
        folder: paths::join(opened, &folder)?,
        vars: launch.get("env").map(vars).unwrap_or_default(),
        may_fail: false,
        dialect: Dialect::Posix,
    })
}

/// A text with the folder that is opened as what paths start from.
fn local(text: &str) -> String {
    text.replace("${workspaceFolder}/", "").replace("${workspaceRoot}/", "").replace("${workspaceFolder}", ".")
}

fn vars(node: &Node) -> Vars {
    let var = |(name, node): &(crate::model::Spanned<String>, Node)| {
        Some((name.value.clone(), Var::set(node.scalar()?, Origin::set(node.span))))
    };
    node.entries().iter().filter_map(var).collect()
}
