//! `extends` and `!reference`.

use super::node::{merge, reference};
use crate::formats::small::tree::{Kind, Node};
use crate::model::{Problem, Spanned};

/// How many templates may stand on each other.
const DEPTH: usize = 11;
/// Nodes that references may add altogether.
const MOST: usize = 100_000;

/// A job over all that it extends.
pub(super) fn resolved(root: &Node, job: &Node, depth: usize, problems: &mut Vec<Problem>) -> Node {
    let templates = job.get("extends").map(Node::texts).unwrap_or_default();
    if templates.is_empty() {
        return job.clone();
    }
    if depth >= DEPTH {
        problems.push(Problem::new(job.span, "templates extend each other too deeply"));
        return job.clone();
    }
    let mut under: Option<Node> = None;
    for template in &templates {
        let Some(found) = root.get(&template.value) else {
            problems.push(Problem::new(template.span, format!("`{}` is not defined here", template.value)));
            continue;
        };
        let mut found = resolved(root, found, depth + 1, problems);
        if let Kind::Map(entries) = &mut found.kind {
            entries.retain(|(name, _)| name.value != "extends");
        }
        under = Some(match under {
            Some(under) => merge(under, found),
            None => found,
        });
    }
    match under {
        Some(under) => merge(under, job.clone()),
        None => job.clone(),
    }
}

/// The tree with its references followed.
pub(super) fn references(root: Node, problems: &mut Vec<Problem>) -> Node {
    let mut budget = MOST;
    follow(&root, &root, 0, &mut budget, problems)
}

fn follow(root: &Node, node: &Node, depth: usize, budget: &mut usize, problems: &mut Vec<Problem>) -> Node {
    if *budget == 0 {
        return Node::new(Kind::Null, node.span);
    }
    *budget -= 1;
    if let Some(path) = reference(node) {
        let keys = path.texts();
        let target = keys.iter().try_fold(root, |node, key| node.get(&key.value));
        let Some(target) = target.filter(|_| depth < 10) else {
            let names: Vec<&str> = keys.iter().map(|key| key.value.as_str()).collect();
            problems.push(Problem::new(node.span, format!("the reference to {} leads nowhere", names.join("."))));
            return Node::new(Kind::Null, node.span);
        };
        return follow(root, target, depth + 1, budget, problems);
    }
    let kind = match &node.kind {
        Kind::List(items) => Kind::List(items.iter().map(|item| follow(root, item, depth, budget, problems)).collect()),
        Kind::Map(entries) => {
            let mut followed: Vec<(Spanned<String>, Node)> = Vec::new();
            for (name, value) in entries {
                followed.push((name.clone(), follow(root, value, depth, budget, problems)));
            }
            Kind::Map(followed)
        }
        other => other.clone(),
    };
    Node { kind, span: node.span, map: node.map.clone() }
}
