//! `paritylint.toml`, or `[tool.paritylint]` in pyproject.toml: only what the files of the project cannot say.
//!
//! A configuration is made of layers, the shared ones first. Each is checked by itself against [`keys`], then they are merged;
//! every value keeps its place.

mod check;
pub mod file;
pub mod keys;
mod layers;
pub mod node;
pub mod packages;

#[cfg(test)]
mod tests;

pub use check::is_day;
pub use file::{Allow, ConfigFile, EnvironmentConfig, RuleSeverity};
use node::{Node, Value};

use super::tree::Tree;
use crate::model::{FileId, Problem, Span};

/// The names of the file, the first that is there counts.
pub const NAMES: [&str; 2] = ["paritylint.toml", ".paritylint.toml"];
/// The file that may hold a configuration among other things, and how its table begins.
const PROJECT: &str = "pyproject.toml";
const TABLE: &str = "[tool.paritylint";

/// The names of all files that may hold a configuration.
fn all_names() -> impl Iterator<Item = &'static str> {
    NAMES.into_iter().chain([PROJECT])
}

/// The nearest configuration in the folders of the repository above the root.
fn above(tree: &Tree) -> Option<FileId> {
    let folders = (1..=tree.stand.depth()).map(|up| "../".repeat(up));
    let mut files = folders.flat_map(|up| all_names().map(move |name| tree.find(&format!("{up}{name}")))).flatten();
    files.find(|file| !tree.path(*file).ends_with(PROJECT) || layers::has_table(tree, *file))
}

/// The configuration of a run.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The file it comes from.
    pub file: Option<FileId>,
    /// That file and those it builds on, the shared ones first.
    pub files: Vec<FileId>,
    /// What they say together.
    pub says: ConfigFile,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
    /// What they say together, with the place of every value.
    root: Option<Node>,
    /// Keys that shared layers hold fast, as `rules.libc-drift`, each with the place that says so.
    finals: Vec<(String, Span)>,
}

impl Config {
    /// Reads the configuration at the root of a tree, over the nearest one above it.
    pub fn read(tree: &Tree) -> Self {
        let named = NAMES.iter().find_map(|name| tree.find(name));
        let project = tree.find(PROJECT).filter(|file| layers::has_table(tree, *file));
        let mut config = layers::read(tree, named.or(project), above(tree));
        if let (Some(named), Some(project)) = (named, project) {
            let message = format!("[tool.paritylint] is not read beside {}", tree.path(named));
            let help = Some("keep the configuration in one of the two files".into());
            config.problems.push(Problem { span: layers::table_span(tree, project), message, help });
        }
        config
    }

    /// The same, for another tree: places in files that are not there are nowhere.
    #[must_use]
    pub fn for_tree(&self, from: &Tree, to: &Tree) -> Self {
        let there = |file: FileId| to.find(from.path(file)).unwrap_or(FileId(u32::MAX));
        let mut config = self.clone();
        config.file = self.file.map(there);
        config.files = self.files.iter().copied().map(there).collect();
        if let Some(root) = &mut config.root {
            move_to(root, &there);
        }
        config.finals.iter_mut().for_each(|(_, span)| span.file = there(span.file));
        config
    }

    /// The value behind a path of keys, or of positions in lists.
    pub fn at(&self, path: &[&str]) -> Option<&Node> {
        self.root.as_ref()?.at(path)
    }

    /// Where the value behind a path stands.
    pub fn place(&self, path: &[&str]) -> Option<Span> {
        self.at(path).map(|node| node.span)
    }

    /// Whether a value stands in the repository's own configuration, not in a shared one.
    pub fn is_own(&self, path: &[&str]) -> bool {
        self.at(path).is_some_and(|node| Some(node.span.file) == self.file)
    }

    /// The place that declares an environment.
    pub fn span_of(&self, environment: &str) -> Option<Span> {
        self.at(&["environments", environment]).map(|node| node.key)
    }

    /// What is said of an environment.
    pub fn environment(&self, name: &str) -> Option<&EnvironmentConfig> {
        self.says.environments.get(name)
    }

    /// The place that holds a key fast, or the key above it.
    pub fn final_at(&self, key: &str) -> Option<Span> {
        self.finals.iter().find(|(held, _)| layers::covers(held, key)).map(|(_, span)| *span)
    }

    /// The keys that shared layers hold fast.
    pub fn finals(&self) -> impl Iterator<Item = (&str, Span)> {
        self.finals.iter().map(|(key, span)| (key.as_str(), *span))
    }

    /// Every value with its key, as `rules.libc-drift`, in the order of the keys; lists whose entries stand in several files
    /// entry by entry.
    pub fn values(&self) -> Vec<(String, &Node)> {
        let mut found = Vec::new();
        if let Some(root) = &self.root {
            values(root, "", &mut found);
        }
        found
    }
}

fn values<'n>(node: &'n Node, key: &str, found: &mut Vec<(String, &'n Node)>) {
    match &node.value {
        Value::Table(table) => {
            for (name, inner) in table {
                let bare = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
                let name = if bare { name.clone() } else { toml::Value::String(name.clone()).to_string() };
                let key = if key.is_empty() { name } else { format!("{key}.{name}") };
                values(inner, &key, found);
            }
        }
        Value::List(items) if items.iter().any(|item| matches!(item.value, Value::Table(_))) => {
            for (at, item) in items.iter().enumerate() {
                values(item, &format!("{key}[{at}]"), found);
            }
        }
        Value::List(items) if items.iter().any(|item| item.span.file != node.span.file) => {
            found.extend(items.iter().map(|item| (format!("{key}[]"), item)));
        }
        _ => found.push((key.to_owned(), node)),
    }
}

fn move_to(node: &mut Node, there: &dyn Fn(FileId) -> FileId) {
    node.span.file = there(node.span.file);
    node.key.file = there(node.key.file);
    match &mut node.value {
        Value::List(items) => items.iter_mut().for_each(|item| move_to(item, there)),
        Value::Table(table) => table.values_mut().for_each(|item| move_to(item, there)),
        _ => {}
    }
}
