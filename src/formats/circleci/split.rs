//! A configuration that is put together when it runs (`setup: true`): its parts lie in the files beside and below it.

use crate::discover::{Tree, paths};
use crate::formats::small::tree::{self, Kind, Node};
use crate::model::{FileId, Spanned};

/// What a configuration is made of.
const SECTIONS: [&str; 6] = ["commands", "jobs", "workflows", "executors", "orbs", "parameters"];
/// Files that one configuration is put together from.
const MOST_FILES: usize = 100;

/// The configuration with the parts that only a program puts together.
pub(super) fn whole(tree: &Tree, file: FileId, mut root: Node) -> Node {
    if root.get("setup").and_then(Node::as_bool) != Some(true) {
        return root;
    }
    let folder = format!("{}/", paths::parent(tree.path(file)));
    let is_yaml = |path: &str| path.ends_with(".yml") || path.ends_with(".yaml");
    let parts = tree.files().filter(|(part, path)| *part != file && path.starts_with(&folder) && is_yaml(path));
    for (part, path) in parts.take(MOST_FILES) {
        let Some(node) = tree.text(part).ok().and_then(|text| tree::yaml(part, text).0) else { continue };
        let has = |section: &str| node.get(section).is_some_and(|node| matches!(node.kind, Kind::Map(_)));
        // One that has all it needs is a configuration of its own.
        if has("jobs") && has("workflows") && paths::parent(path) == folder.trim_end_matches('/') {
            continue;
        }
        let stem = paths::name(path).split('.').next().unwrap_or_default();
        if SECTIONS.iter().any(|section| has(section)) {
            for section in SECTIONS {
                node.get(section).into_iter().for_each(|node| join(&mut root, section, node));
            }
        } else if let Some(section) = SECTIONS.iter().find(|section| **section == stem) {
            join(&mut root, section, &node);
        }
    }
    root
}

/// Adds the entries of a section to that of the configuration.
fn join(root: &mut Node, section: &str, more: &Node) {
    let Kind::Map(sections) = &mut root.kind else { return };
    let known = sections.iter_mut().find(|(name, _)| name.value == section).map(|(_, node)| &mut node.kind);
    match known {
        Some(Kind::Map(entries)) => {
            let new: Vec<_> = more
                .entries()
                .iter()
                .filter(|(name, _)| !entries.iter().any(|(known, _)| known.value == name.value))
                .cloned()
                .collect();
            entries.extend(new);
        }
        _ => sections.push((Spanned::new(section.to_owned(), more.span), more.clone())),
    }
}
