//! Files that pin the version of a runtime.

use super::tree::{self, Node};
use super::{lines, spanned, trimmed};
use crate::model::{FileId, Spanned};

/// A version that a file declares.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Declared {
    /// `python`, `pypy`, `node`, or another tool.
    pub tool: String,
    /// The version as written, without the tool's name.
    pub version: Spanned<String>,
}

/// Whether a file of this name is read here.
pub fn is_runtime_file(name: &str) -> bool {
    let named =
        ["runtime.txt", ".python-version", ".tool-versions", "mise.toml", ".mise.toml", ".nvmrc", ".node-version"];
    named.contains(&name)
}

/// What a file declares, by its name.
pub fn parse(file: FileId, name: &str, text: &str) -> Vec<Declared> {
    match name {
        "runtime.txt" => first(plain(file, text, "python").filter(|declared| {
            declared.tool != "python" || declared.version.value.starts_with(|c: char| c.is_ascii_digit())
        })),
        ".python-version" => plain(file, text, "python").collect(),
        ".nvmrc" | ".node-version" => first(plain(file, text, "node")),
        ".tool-versions" => tool_versions(file, text),
        "mise.toml" | ".mise.toml" => mise(file, text),
        _ => Vec::new(),
    }
}

fn first(mut all: impl Iterator<Item = Declared>) -> Vec<Declared> {
    all.next().into_iter().collect()
}

fn tool_name(name: &str) -> String {
    match name {
        "nodejs" => "node".into(),
        "cpython" => "python".into(),
        other => other.to_owned(),
    }
}

/// One version a line, with or without the tool's name before it (`python-3.12.1`, `pypy3.10-7.3`).
fn plain<'t>(file: FileId, text: &'t str, tool: &'t str) -> impl Iterator<Item = Declared> + 't {
    lines(text).filter_map(move |(start, line)| {
        let (start, line) = trimmed(start, line.split('#').next()?);
        if line.is_empty() {
            return None;
        }
        let split = ["cpython", "python", "pypy"].iter().find_map(|name| {
            let rest = line.strip_prefix(name)?;
            Some((*name, rest.strip_prefix(['-', '@']).unwrap_or(rest)))
        });
        let (tool, version) = split.unwrap_or((tool, line));
        let version = if tool == "node" { version.strip_prefix('v').unwrap_or(version) } else { version };
        let at = start + line.len() - version.len();
        Some(Declared { tool: tool_name(tool), version: spanned(file, at, version) })
    })
}

fn tool_versions(file: FileId, text: &str) -> Vec<Declared> {
    let mut out = Vec::new();
    for (start, line) in lines(text) {
        let (start, line) = trimmed(start, line.split('#').next().unwrap_or_default());
        let Some((tool, rest)) = line.split_once(char::is_whitespace) else { continue };
        let (at, rest) = trimmed(start + tool.len(), &line[line.len() - rest.len() - 1..]);
        // The first version is the one in use, the others are fallbacks.
        let version = rest.split_whitespace().next().unwrap_or_default();
        out.push(Declared { tool: tool_name(tool), version: spanned(file, at, version) });
    }
    out
}

fn mise(file: FileId, text: &str) -> Vec<Declared> {
    let (root, _) = tree::toml(file, text);
    let Some(tools) = root.as_ref().and_then(|root| root.get("tools")) else { return Vec::new() };
    let mut out = Vec::new();
    for (tool, node) in tools.entries() {
        let node = node.get("version").unwrap_or(node);
        let versions = node.one_or_many().iter().filter_map(Node::spanned);
        out.extend(versions.map(|version| Declared { tool: tool_name(&tool.value), version }));
    }
    out
}
