//! Files that pin the version of a runtime.

use super::tree::{self, Kind, Node};
use super::{lines, spanned, trimmed};
use crate::model::{FileId, Problem, Span, Spanned};

/// A version that a file declares.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Declared {
    /// `python`, `pypy`, `node`, or another tool.
    pub tool: String,
    /// The version as written, without the tool's name.
    pub version: Spanned<String>,
    /// How the version is to be taken.
    pub how: How,
}

/// How a version is to be taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum How {
    /// As a version, or the start of one.
    Version,
    /// `latest`, `lts`, `stable`: what is newest where it runs.
    Newest,
    /// `system`: what stands on the machine.
    System,
    /// A branch or commit to build (`ref:…`), a folder (`path:…`), an environment by name.
    Elsewhere,
}

/// Names of the files that are read here.
const NAMES: [&str; 7] =
    ["runtime.txt", ".python-version", ".tool-versions", "mise.toml", ".mise.toml", ".nvmrc", ".node-version"];

/// Whether a file of this name is read here.
pub fn is_runtime_file(name: &str) -> bool {
    NAMES.contains(&name)
}

/// What a file declares, by its name, the preferred version of a tool first.
pub fn parse(file: FileId, name: &str, text: &str) -> Vec<Declared> {
    read(file, name, text).0
}

/// What a file declares, and what in it cannot be read.
pub fn read(file: FileId, name: &str, text: &str) -> (Vec<Declared>, Vec<Problem>) {
    match name {
        "runtime.txt" => runtime(file, text),
        ".python-version" => (python_version(file, text), Vec::new()),
        ".nvmrc" | ".node-version" => (node_version(file, text), Vec::new()),
        ".tool-versions" => tool_versions(file, text),
        "mise.toml" | ".mise.toml" => mise(file, text),
        _ => (Vec::new(), Vec::new()),
    }
}

/// The name of a tool, without the plugin that installs it; a package of a registry (`npm:…`) is no tool of that name.
fn tool_name(name: &str) -> &str {
    let plugin = name.split_once(':').filter(|(kind, _)| ["core", "asdf", "vfox"].contains(kind));
    match plugin.map_or(name, |(_, tool)| tool) {
        "nodejs" => "node",
        "cpython" => "python",
        "golang" => "go",
        other => other,
    }
}

/// A version of a tool; the tool's own spellings of it told apart.
fn declared(tool: &str, version: Spanned<String>) -> Declared {
    let mut found = Declared { tool: tool_name(tool).to_owned(), version, how: How::Version };
    let cut = |found: &mut Declared, length: usize| {
        found.version.value.drain(..length);
        found.version.span.start += u32::try_from(length).unwrap_or(0);
    };
    if found.version.value.starts_with("prefix:") {
        cut(&mut found, "prefix:".len());
    }
    if found.tool == "python" {
        // Other interpreters are versions of the tool `python` for those who install them.
        let other = ["pypy", "graalpy", "miniconda", "anaconda", "miniforge", "stackless", "jython", "ironpython"];
        for name in ["cpython", "python"].into_iter().chain(other) {
            let Some(rest) = found.version.value.strip_prefix(name) else { continue };
            let sign = usize::from(rest.starts_with(['-', '@']));
            if rest[sign..].starts_with(|c: char| c.is_ascii_digit()) {
                cut(&mut found, name.len() + sign);
                tool_name(name).clone_into(&mut found.tool);
                break;
            }
        }
    }
    if found.version.value.starts_with(['v', 'V']) && found.version.value[1..].starts_with(|c: char| c.is_ascii_digit())
    {
        cut(&mut found, 1);
    }
    let version = found.version.value.as_str();
    found.how = match version {
        "system" => How::System,
        "latest" | "lts" | "stable" | "node" | "current" | "*" => How::Newest,
        _ if version.starts_with("latest:") || version.starts_with("lts/") || version.starts_with("lts-") => {
            How::Newest
        }
        _ if version.starts_with("ref:") || version.starts_with("path:") || version.starts_with("sub-") => {
            How::Elsewhere
        }
        _ if version.contains('/') || !version.starts_with(|c: char| c.is_ascii_digit()) => How::Elsewhere,
        _ => How::Version,
    };
    found
}

/// Heroku's `runtime.txt`: `python-3.12.1` alone, the name in small letters; other names are for other readers. Cloud Foundry
/// takes `python-3.12.x` for the newest patch.
fn runtime(file: FileId, text: &str) -> (Vec<Declared>, Vec<Problem>) {
    let mut full = lines(text).map(|(start, line)| trimmed(start, line)).filter(|(_, line)| !line.is_empty());
    let Some((at, line)) = full.next() else { return (Vec::new(), Vec::new()) };
    let place = Span::new(file, at, at + line.len());
    let found = ["python", "pypy", "ruby", "node", "r"].iter().find_map(|tool| {
        let rest = line.strip_prefix(tool)?;
        let version =
            rest.strip_prefix('-').or_else(|| rest.starts_with(|c: char| c.is_ascii_digit()).then_some(rest))?;
        Some((*tool, version))
    });
    let plain = line.starts_with(|c: char| c.is_ascii_digit()).then_some(("python", line));
    match found.or(plain).filter(|(_, version)| version.starts_with(|c: char| c.is_ascii_digit())) {
        Some((tool, version)) if !version.contains(char::is_whitespace) => {
            let start = at + line.len() - version.len();
            let minor = [".x", ".*"].iter().find_map(|any| version.strip_suffix(any));
            let version = spanned(file, start, minor.unwrap_or(version));
            (vec![Declared { tool: tool.to_owned(), version, how: How::Version }], Vec::new())
        }
        _ => (Vec::new(), vec![Problem::new(place, "not a runtime and its version (`python-3.12.1`)")]),
    }
}

/// pyenv's `.python-version`: the first word of every line, `#` starts a comment.
fn python_version(file: FileId, text: &str) -> Vec<Declared> {
    let first = |(start, line): (usize, &str)| {
        let (at, line) = trimmed(start, line.split('#').next()?);
        let word = line.split_whitespace().next()?;
        Some(declared("python", spanned(file, at, word)))
    };
    lines(text).filter_map(first).collect()
}

/// The first line that says something.
fn node_version(file: FileId, text: &str) -> Vec<Declared> {
    let mut full = lines(text).map(|(start, line)| trimmed(start, line.split('#').next().unwrap_or_default()));
    let found = full.find(|(_, line)| !line.is_empty()).map(|(at, line)| declared("node", spanned(file, at, line)));
    found.into_iter().collect()
}

/// asdf's `.tool-versions`: a tool and its versions, the first one used, the others where it is not installed.
fn tool_versions(file: FileId, text: &str) -> (Vec<Declared>, Vec<Problem>) {
    let (mut out, mut problems) = (Vec::new(), Vec::new());
    for (start, line) in lines(text) {
        let (start, line) = trimmed(start, line.split('#').next().unwrap_or_default());
        let mut at = start;
        // Pieces keep the blank behind them, which may be longer than one byte.
        let mut words = line.split_inclusive(char::is_whitespace).filter_map(|piece| {
            let here = at;
            at += piece.len();
            let word = piece.trim_end();
            (!word.is_empty()).then_some((here, word))
        });
        let Some((_, tool)) = words.next() else { continue };
        let before = out.len();
        out.extend(words.map(|(at, word)| declared(tool, spanned(file, at, word))));
        if out.len() == before {
            problems.push(Problem::new(Span::new(file, start, start + line.len()), "a tool without a version"));
        }
    }
    (out, problems)
}

fn mise(file: FileId, text: &str) -> (Vec<Declared>, Vec<Problem>) {
    let (root, problems) = tree::toml(file, text);
    let mut out = Vec::new();
    for (tool, node) in root.as_ref().and_then(|root| root.get("tools")).map_or(&[][..], Node::entries) {
        for one in node.one_or_many() {
            let (version, how) = match &one.kind {
                Kind::Map(_) => {
                    let other = one.field("path").or_else(|| one.field("ref"));
                    let found = one.field("version").or_else(|| one.field("prefix"));
                    (found.or_else(|| other.clone()), other.map(|_| How::Elsewhere))
                }
                _ => (one.spanned(), None),
            };
            let Some(mut version) = version else { continue };
            // The text of a string lies within its quotes.
            if text.get(version.span.range()).is_some_and(|raw| raw.len() == version.value.len() + 2) {
                version.span = Span { start: version.span.start + 1, end: version.span.end - 1, ..version.span };
            }
            // A template (`{{ … }}`) is what mise makes of it.
            let template = version.value.contains("{{");
            let mut found = declared(&tool.value, version);
            found.how = how.filter(|_| found.how == How::Version).unwrap_or(found.how);
            found.how = if template { How::Elsewhere } else { found.how };
            out.push(found);
        }
    }
    (out, problems)
}
