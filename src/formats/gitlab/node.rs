//! The tree of a file, `!reference` kept apart, and how trees are merged.

use super::inputs::{self, Inputs};
use crate::formats::small::tree::{Kind, MAX_DEPTH, Node, plain};
use crate::formats::yaml;
use crate::model::{FileId, Problem, Spanned};

/// The key under which a `!reference` stands.
pub(super) const REFERENCE: &str = "!reference";

/// The tree of a file; a header of inputs (`spec`) is left out, what stands for them is put in: what the include gives,
/// else their default.
pub(super) fn tree(file: FileId, text: &str, given: &Inputs) -> (Option<Node>, Vec<Problem>) {
    let documents = yaml::parse_all(file, text);
    let header = documents
        .first()
        .and_then(yaml::Document::root)
        .is_some_and(|root| root.entries().iter().any(|(key, _)| key.as_str() == Some("spec")) && documents.len() > 1);
    let Some(document) = documents.get(usize::from(header)) else { return (None, Vec::new()) };
    // A key that stands twice overrides itself.
    let twice = |problem: &&Problem| !problem.message.ends_with("stands twice");
    let problems = document.problems.iter().filter(twice).cloned().collect();
    let mut budget = 200_000;
    let root = document.root().map(|root| node(root, 0, &mut budget));
    let head = documents.first().filter(|_| header).and_then(yaml::Document::root);
    let head = head.map(|root| node(root, 0, &mut budget));
    let inputs = defaults(head.as_ref(), given);
    let filled = |root: Node| if inputs.is_empty() { root } else { inputs::filled(root, &inputs) };
    (root.map(filled), problems)
}

/// The inputs that a file declares, each with its value where one is known.
fn defaults(head: Option<&Node>, given: &Inputs) -> Inputs {
    let declared = head.and_then(|head| head.path(&["spec", "inputs"])).map_or(&[][..], Node::entries);
    let value = |(name, about): &(Spanned<String>, Node)| {
        let value = given.get(&name.value).or_else(|| about.get("default"))?;
        Some((name.value.clone(), value.clone()))
    };
    declared.iter().filter_map(value).collect()
}

fn node(from: yaml::NodeRef<'_>, depth: usize, budget: &mut usize) -> Node {
    let span = from.span();
    if depth > MAX_DEPTH || *budget == 0 {
        return Node::new(Kind::Null, span);
    }
    *budget -= 1;
    if from.is_map() {
        let mut entries = Vec::new();
        for (key, value) in from.entries() {
            let name = Spanned::new(key.as_str().unwrap_or_default().to_owned(), key.span());
            entries.push((name, node(value, depth + 1, budget)));
        }
        return Node::new(Kind::Map(entries), span);
    }
    if from.is_seq() {
        let items = from.items().into_iter().map(|item| node(item, depth + 1, budget)).collect();
        let list = Node::new(Kind::List(items), span);
        if from.tag() == Some(REFERENCE) {
            return Node::new(Kind::Map(vec![(Spanned::new(REFERENCE.to_owned(), span), list)]), span);
        }
        return list;
    }
    let text = from.as_str().unwrap_or_default();
    let kind = if from.is_plain() { plain(text) } else { Kind::Text(text.to_owned()) };
    Node { kind, span, map: from.scalar_map() }
}

/// The path of keys that a `!reference` names.
pub(super) fn reference(node: &Node) -> Option<&Node> {
    match node.entries() {
        [(name, path)] if name.value == REFERENCE => Some(path),
        _ => None,
    }
}

/// Lays one tree over another: mappings key by key, everything else whole.
pub(super) fn merge(under: Node, over: Node) -> Node {
    if reference(&under).is_some() || reference(&over).is_some() {
        return over;
    }
    match (under.kind, over.kind) {
        (Kind::Map(mut entries), Kind::Map(new)) => {
            for (name, value) in new {
                match entries.iter_mut().find(|(known, _)| known.value == name.value) {
                    Some(entry) => {
                        let old = std::mem::replace(&mut entry.1, Node::new(Kind::Null, over.span));
                        *entry = (name, merge(old, value));
                    }
                    None => entries.push((name, value)),
                }
            }
            Node { kind: Kind::Map(entries), span: over.span, map: over.map }
        }
        (_, kind) => Node { kind, span: over.span, map: over.map },
    }
}
