//! Steps: scripts, commands of the file with their own steps in their place, and those of orbs.

use super::parameters::{fill, undecided};
use super::{handed, is_map, texts};
use crate::formats::small::tree::Node;
use crate::formats::workflow::{RunText, Step};
use crate::model::Spanned;

/// How deep commands may call each other.
const MOST_DEPTH: usize = 10;
/// Steps that one list may come to.
const MOST_STEPS: usize = 500;
/// What asks nobody here, so that a step may run or not.
const UNDECIDED: &str = "inputs.unknown";

/// The steps of a list; the folder is the one that the code is checked out to.
pub(super) fn of(root: &Node, list: &Node, folder: &str, depth: usize) -> Vec<Step> {
    let mut out = Vec::new();
    if depth > MOST_DEPTH {
        return out;
    }
    for item in list.one_or_many() {
        let (name, with) = match (item.spanned(), item.entries().first()) {
            (Some(name), _) => (name, None),
            (None, Some((name, with))) => (name.clone(), Some(with)),
            (None, None) => continue,
        };
        match (name.value.as_str(), with) {
            ("run", Some(with)) => out.extend(script(with, folder)),
            ("when" | "unless", Some(with)) => {
                let inner = with.get("steps").map_or(Vec::new(), |list| of(root, list, folder, depth + 1));
                let maybe = |mut step: Step| {
                    step.condition = Some(Spanned::new(UNDECIDED.to_owned(), name.span));
                    step
                };
                out.extend(inner.into_iter().map(maybe));
            }
            (called, with) => match root.get("commands").and_then(|commands| commands.get(called)) {
                Some(command) => {
                    let values = handed(command.get("parameters"), with.map_or(&[][..], Node::entries));
                    let filled = command.get("steps").map(|list| undecided(&fill(list, &values)));
                    out.extend(filled.map_or(Vec::new(), |list| of(root, &list, folder, depth + 1)));
                }
                None if called.contains('/') => out.push(using(&name)),
                None => {}
            },
        }
        if out.len() > MOST_STEPS {
            break;
        }
    }
    out.truncate(MOST_STEPS);
    out
}

/// A step that uses something outside the repository.
pub(super) fn using(uses: &Spanned<String>) -> Step {
    Step { uses: Some(uses.clone()), ..Step::blank(uses.span) }
}

/// `run`: a command, or a mapping with one.
fn script(with: &Node, folder: &str) -> Option<Step> {
    let command = if is_map(with) { with.get("command")? } else { with };
    let within = with.field("working_directory").map(|own| Spanned::new(inside(folder, &own.value), own.span));
    let run = RunText {
        text: command.scalar()?,
        map: command.map.clone(),
        span: command.span,
        shell: None,
        working_directory: within.filter(|own| !own.value.is_empty()),
    };
    let when = with.field("when").and_then(|when| {
        let word = match when.value.as_str() {
            "always" => "always()",
            "on_fail" => "failure()",
            _ => return None,
        };
        Some(Spanned::new(word.to_owned(), when.span))
    });
    Some(Step {
        name: with.field("name"),
        run: Some(run),
        env: texts(with.get("environment")),
        condition: when,
        ..Step::blank(with.span)
    })
}

/// A folder as it is called from where the code is checked out.
fn inside(folder: &str, own: &str) -> String {
    let folder = folder.trim_end_matches('/');
    match own.strip_prefix(folder) {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => rest.trim_start_matches('/').to_owned(),
        _ => own.trim_start_matches("./").to_owned(),
    }
}
