//! Small files: Procfile, runtime pins, platform manifests, task runners, test options.

pub mod app_json;
pub mod devcontainer;
pub mod ecs;
pub mod fly;
pub mod gulpfile;
pub mod heroku_yml;
pub mod ini;
pub mod json;
pub mod justfile;
pub mod makefile;
pub mod mise;
pub mod procfile;
pub mod pytest_options;
pub mod render;
pub mod runtime_files;
pub mod s6;
pub mod supervisord;
pub mod systemd;
#[cfg(test)]
mod tests;
pub mod tox;
pub mod tree;
pub mod uwsgi;

use std::collections::BTreeMap;

use crate::model::{FileId, Span, SpanMap, Spanned};

/// Texts by name, each with its place.
pub type Texts = BTreeMap<String, Spanned<String>>;

/// A command and how its offsets lead back to the file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CommandText {
    /// The command.
    pub text: String,
    /// Its place.
    pub span: Span,
    /// How its offsets lead back.
    pub map: SpanMap,
}

impl CommandText {
    /// A command that is a slice of the file.
    pub(crate) fn slice(file: FileId, text: &str, start: usize) -> Self {
        let span = Span::new(file, start, start + text.len());
        Self { text: text.to_owned(), span, map: SpanMap::Linear { file, base: span.start } }
    }

    /// The scalars of several nodes as one command; the place is that of all of them.
    pub(crate) fn joined(nodes: &[tree::Node], between: &str) -> Option<Self> {
        let span = nodes.first()?.span.to(nodes.last()?.span);
        let texts: Vec<String> = nodes.iter().filter_map(tree::Node::scalar).collect();
        Some(Self { text: texts.join(between), span, map: SpanMap::Whole(span) })
    }

    /// A scalar of a tree.
    pub(crate) fn of(node: &tree::Node) -> Option<Self> {
        Some(Self { text: node.scalar()?, span: node.span, map: node.map.clone() })
    }
}

/// The lines of a text without their ends, each with its offset.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        let bare = line.trim_end_matches(['\n', '\r']);
        if start == 0 && bare.starts_with('\u{feff}') { (3, &bare[3..]) } else { (start, bare) }
    })
}

/// A text without blanks around it, and its offset.
pub(crate) fn trimmed(start: usize, text: &str) -> (usize, &str) {
    (start + (text.len() - text.trim_start().len()), text.trim())
}

/// A piece of a line with its place, blanks around it left out.
pub(crate) fn spanned(file: FileId, start: usize, text: &str) -> Spanned<String> {
    let (at, text) = trimmed(start, text);
    Spanned::new(text.to_owned(), Span::new(file, at, at + text.len()))
}

/// A word as a shell would have to be given it.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_@%+=:,./-{}".contains(c);
    let bare = !word.is_empty() && word.chars().all(plain);
    if bare { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

/// The scalars of a mapping; null is empty.
pub(crate) fn texts(node: Option<&tree::Node>) -> Texts {
    let entries = node.map_or(&[][..], tree::Node::entries);
    let text = |node: &tree::Node| Spanned::new(node.scalar().unwrap_or_default(), node.span);
    entries.iter().map(|(key, value)| (key.value.clone(), text(value))).collect()
}
