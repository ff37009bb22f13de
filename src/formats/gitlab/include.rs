//! `include`: files of the repository are merged, everything else is named as not read.

use super::inputs::{self, Inputs};
use super::node;
use crate::discover::Tree;
use crate::formats::small::tree::{Kind, Node};
use crate::model::{FileId, Problem, Span};

/// More includes than GitLab follows.
const MOST: usize = 150;

/// A file over all that it includes.
pub(super) fn whole(tree: &Tree, file: FileId, problems: &mut Vec<Problem>, outside: &mut Vec<Problem>) -> Node {
    let mut count = 0;
    read(tree, file, &Inputs::new(), &mut Vec::new(), &mut count, problems, outside)
}

fn read(
    tree: &Tree,
    file: FileId,
    given: &Inputs,
    within: &mut Vec<FileId>,
    count: &mut usize,
    problems: &mut Vec<Problem>,
    outside: &mut Vec<Problem>,
) -> Node {
    let empty = Node::new(Kind::Map(Vec::new()), Span::new(file, 0, 0));
    *count += 1;
    let Ok(text) = tree.text(file) else { return empty };
    let (root, found) = node::tree(file, text, given);
    problems.extend(found);
    let Some(root) = root.filter(|root| matches!(root.kind, Kind::Map(_))) else { return empty };
    within.push(file);
    let mut under = empty;
    for included in root.get("include").map_or(&[][..], Node::one_or_many) {
        for inner in files(tree, included, problems, outside) {
            if within.contains(&inner) || *count > MOST {
                problems.push(Problem::new(included.span, "an include that includes itself, or too many of them"));
                continue;
            }
            under = node::merge(under, read(tree, inner, &inputs::given(included), within, count, problems, outside));
        }
    }
    within.pop();
    node::merge(under, root)
}

/// The files that an include names.
fn files(tree: &Tree, include: &Node, problems: &mut Vec<Problem>, outside: &mut Vec<Problem>) -> Vec<FileId> {
    let paths = match include.get("local") {
        Some(local) => local.texts(),
        None => include.spanned().filter(|text| !text.value.contains("://")).into_iter().collect(),
    };
    if paths.is_empty() {
        let kinds = ["remote", "project", "template", "component", "artifact"];
        let kind = kinds.iter().find(|kind| include.get(kind).is_some()).unwrap_or(&"remote");
        outside.push(Problem::new(include.span, format!("an include that lies elsewhere ({kind}) is not read")));
    }
    let mut found = Vec::new();
    for path in paths {
        let wanted = path.value.trim_start_matches("./").trim_start_matches('/');
        let before = found.len();
        if wanted.contains('*') {
            let all = tree.files().filter(|(_, path)| matches(wanted, path));
            found.extend(all.map(|(file, _)| file));
        } else {
            found.extend(tree.find(wanted));
        }
        if found.len() == before {
            problems.push(Problem::new(path.span, format!("the include {} is not in the repository", path.value)));
        }
    }
    found
}

/// Whether a path fits a pattern: `*` within a folder, `**` across folders.
fn matches(pattern: &str, path: &str) -> bool {
    fn folders(pattern: &[&str], path: &[&str], budget: &mut usize) -> bool {
        *budget = budget.saturating_sub(1);
        match (pattern.split_first(), path.split_first()) {
            _ if *budget == 0 => false,
            (None, None) => true,
            (Some((&"**", rest)), _) => {
                folders(rest, path, budget)
                    || path.split_first().is_some_and(|(_, path)| folders(pattern, path, budget))
            }
            (Some((&first, rest)), Some((&name, path))) => name_matches(first, name) && folders(rest, path, budget),
            _ => false,
        }
    }
    // `**.yml` stands for files of any folder.
    let pattern: String = pattern.replace("**.", "**/*.");
    let (pattern, path): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), path.split('/').collect());
    folders(&pattern, &path, &mut 10_000)
}

fn name_matches(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = name.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    rest.ends_with(last)
}
