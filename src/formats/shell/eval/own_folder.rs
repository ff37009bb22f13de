//! Paths that a script makes of its own place: `cd "$(dirname "$0")/.."`, `HERE="$(cd "$(dirname "$0")" && pwd)"`.
//!
//! Such words have no known text, as `$0` is spelled by whoever calls; where they lead is known all the same once the script
//! is followed as a file of the repository.

use std::sync::Arc;

use super::command::{Argument, placed};
use super::state::{Cwd, State, Text};
use crate::discover::paths;
use crate::model::Known;

/// Substitutions within each other that are followed.
const MAX_DEPTH: usize = 6;
/// Commands for which a word is a text and no path.
const OF_TEXTS: [&str; 9] = ["echo", "printf", "export", "declare", "local", "readonly", "typeset", "test", "["];

/// The script that runs, as seen from the start folder.
#[derive(Clone, Default, Debug)]
pub(super) struct Place {
    /// What `$0` names.
    pub(super) script: Option<Arc<str>>,
    /// What `${BASH_SOURCE[0]}` names: the script, or what it reads with `.`.
    pub(super) source: Option<Arc<str>>,
    /// Variables that hold such paths.
    variables: std::collections::BTreeMap<String, Arc<str>>,
}

impl Place {
    /// The place of a script that is called.
    pub(super) fn of_script(path: Option<&str>) -> Arc<Self> {
        let path: Option<Arc<str>> = path.map(Into::into);
        Arc::new(Self { script: path.clone(), source: path, ..Self::default() })
    }

    /// The same with another file read.
    pub(super) fn reading(&self, path: &str) -> Arc<Self> {
        Arc::new(Self { source: Some(path.into()), ..self.clone() })
    }
}

/// Notes that a variable was set, to such a path or to something else.
pub(super) fn note(state: &mut State, name: &str, raw: &str, text: &Text) {
    let path = if text.known.is_unknown() { path_of(raw, state, 0) } else { None };
    if let Some(path) = path {
        Arc::make_mut(&mut state.place).variables.insert(name.to_owned(), path.into());
    } else if state.place.variables.contains_key(name) {
        Arc::make_mut(&mut state.place).variables.remove(name);
    }
}

/// Gives such paths among the words of a command as they are seen from the folder that it runs in.
pub(super) fn fill_in(argv: &mut [Argument], state: &mut State) {
    let name = argv.first().and_then(|(text, _)| text.known.one()).cloned().unwrap_or_default();
    if state.place.source.is_none() || OF_TEXTS.contains(&name.as_str()) {
        return;
    }
    for (text, word) in argv.iter_mut().filter(|(text, _)| text.known.is_unknown()) {
        let Some(path) = path_of(&word.raw, state, 0) else { continue };
        if state.cwd == Cwd::Unknown && matches!(name.as_str(), "cd" | "pushd") {
            state.cwd = Cwd::Start;
        }
        let Some(seen) = seen_from(&state.cwd, &path) else { continue };
        word.text = Known::One(seen.clone());
        *text = Text::one(seen);
    }
}

/// A path from the start folder as it is written from the folder that a command runs in.
fn seen_from(cwd: &Cwd, path: &str) -> Option<String> {
    let folder = match cwd {
        _ if path.starts_with('/') => return Some(path.to_owned()),
        Cwd::Start => "",
        Cwd::At(folder) if !folder.starts_with('/') => folder,
        _ => return None,
    };
    let parts =
        |path: &str| -> Vec<String> { path.split('/').filter(|part| !part.is_empty()).map(Into::into).collect() };
    let (from, to) = (parts(folder), parts(path));
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    if from[shared..].iter().any(|part| part == "..") {
        return None;
    }
    let up = from[shared..].iter().map(|_| "..".to_owned());
    let seen: Vec<String> = up.chain(to[shared..].iter().cloned()).collect();
    Some(if seen.is_empty() { ".".to_owned() } else { seen.join("/") })
}

/// The folder that a path lies in.
fn folder_of(path: &str) -> Option<String> {
    if path.is_empty() || path.ends_with("..") {
        return None;
    }
    let folder = paths::parent(path);
    Some(if folder.is_empty() && path.starts_with('/') { "/".to_owned() } else { folder.to_owned() })
}

/// Where a word leads, from the start folder on.
fn path_of(raw: &str, state: &State, depth: usize) -> Option<String> {
    let text: String = raw.chars().filter(|c| !matches!(c, '"' | '\'')).collect();
    let text = text.trim();
    let (head, rest) = split_head(text)?;
    let plain =
        |rest: &str| !rest.contains(|c: char| c.is_whitespace() || matches!(c, '$' | '`' | '*' | '?' | '{' | '('));
    if depth > MAX_DEPTH || !(rest.is_empty() || rest.starts_with('/')) || !plain(rest) {
        return None;
    }
    let base = match head {
        Head::Command(inner) => of_command(inner.trim(), state, depth + 1)?,
        Head::Name(name) => of_name(name, state)?,
    };
    match (base.is_empty(), rest.is_empty()) {
        (_, true) => Some(base),
        (true, false) => placed(&Cwd::Start, rest.trim_start_matches('/')),
        (false, false) => placed(&Cwd::Start, &format!("{base}{rest}")),
    }
}

/// What such a word begins with.
enum Head<'t> {
    Command(&'t str),
    Name(&'t str),
}

/// The substitution or variable that a text begins with, and what stands behind it.
fn split_head(text: &str) -> Option<(Head<'_>, &str)> {
    if let Some(rest) = text.strip_prefix("$(") {
        let mut open = 1_usize;
        let close = rest.char_indices().find(|(_, c)| {
            open = match c {
                '(' => open + 1,
                ')' => open - 1,
                _ => open,
            };
            open == 0
        })?;
        return Some((Head::Command(&rest[..close.0]), &rest[close.0 + 1..]));
    }
    if let Some(rest) = text.strip_prefix('`') {
        let (inner, behind) = rest.split_once('`')?;
        return Some((Head::Command(inner), behind));
    }
    let rest = text.strip_prefix('$')?;
    if let Some(rest) = rest.strip_prefix('{') {
        let (inner, behind) = rest.split_once('}')?;
        return Some((Head::Name(inner), behind));
    }
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let end = if rest.starts_with('0') { 1 } else { rest.find(|c| !word(c)).unwrap_or(rest.len()) };
    Some((Head::Name(rest.get(..end)?), rest.get(end..)?))
}

/// Where a variable leads.
fn of_name(name: &str, state: &State) -> Option<String> {
    let owned = |path: &Option<Arc<str>>| path.as_deref().map(str::to_owned);
    match name {
        "0" => owned(&state.place.script),
        "BASH_SOURCE" | "BASH_SOURCE[0]" => owned(&state.place.source),
        "0%/*" => folder_of(state.place.script.as_deref()?),
        "BASH_SOURCE%/*" | "BASH_SOURCE[0]%/*" => folder_of(state.place.source.as_deref()?),
        "PWD" => here(state),
        name => state.place.variables.get(name).map(ToString::to_string),
    }
}

/// The folder that commands run in.
fn here(state: &State) -> Option<String> {
    match &state.cwd {
        Cwd::Start => Some(String::new()),
        Cwd::At(folder) => Some(folder.clone()),
        Cwd::Unknown => None,
    }
}

/// The path that a command in a substitution prints.
fn of_command(inner: &str, state: &State, depth: usize) -> Option<String> {
    if let Some((first, last)) = inner.split_once("&&").or_else(|| inner.split_once(';')) {
        let folder = first.trim().strip_prefix("cd ").filter(|_| matches!(last.trim(), "pwd" | "pwd -P"))?;
        let folder = folder.split('>').next().unwrap_or(folder).trim().trim_end_matches(['1', '2', '&']);
        return operand(folder, &["-P", "--", "-L"], state, depth);
    }
    let (program, rest) = inner.split_once(char::is_whitespace).unwrap_or((inner, ""));
    match program {
        "pwd" if rest.is_empty() || rest == "-P" => here(state),
        "dirname" => folder_of(&operand(rest, &["--"], state, depth)?),
        "realpath" => operand(rest, &["--", "-e", "-m", "-s"], state, depth),
        "readlink" | "greadlink" => operand(rest, &["--", "-f", "-e", "-m"], state, depth),
        _ => None,
    }
}

/// The path that a program is given, behind its flags.
fn operand(rest: &str, flags: &[&str], state: &State, depth: usize) -> Option<String> {
    let mut rest = rest.trim();
    while let Some(behind) = flags.iter().find_map(|flag| rest.strip_prefix(flag)?.strip_prefix(' ')) {
        rest = behind.trim();
    }
    if rest.starts_with(['$', '`']) {
        return path_of(rest, state, depth);
    }
    let plain =
        !rest.is_empty() && !rest.contains(|c: char| c.is_whitespace() || matches!(c, '$' | '`' | '*' | '~' | '-'));
    placed(&state.cwd, rest).filter(|_| plain)
}
