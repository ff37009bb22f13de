//! Patches: strategic merges, and JSON patches (RFC 6902).

use crate::formats::small::tree::{Kind, Node};

/// The key by which the items of a list are told apart, for lists that are merged rather than replaced.
fn merge_key(list: &str) -> Option<&'static str> {
    match list {
        "containers" | "initContainers" | "env" | "volumes" | "imagePullSecrets" => Some("name"),
        "ports" => Some("containerPort"),
        "volumeMounts" => Some("mountPath"),
        _ => None,
    }
}

fn directive(node: &Node) -> Option<&str> {
    node.get("$patch").and_then(Node::as_str)
}

/// Lays a patch over an object; `key` is what the object is called in its parent.
pub(super) fn strategic(base: &mut Node, patch: &Node, key: &str) {
    match (&mut base.kind, &patch.kind) {
        (Kind::Map(_), Kind::Map(_)) if directive(patch) == Some("replace") => *base = patch.clone(),
        (Kind::Map(entries), Kind::Map(given)) => {
            for (name, value) in given.iter().filter(|(name, _)| !name.value.starts_with('$')) {
                let at = entries.iter().position(|(known, _)| known.value == name.value);
                match (at, &value.kind) {
                    (Some(at), Kind::Null) => {
                        entries.remove(at);
                    }
                    (Some(at), _) if directive(value) == Some("delete") => {
                        entries.remove(at);
                    }
                    (Some(at), _) => {
                        if let Some((_, known)) = entries.get_mut(at) {
                            strategic(known, value, &name.value);
                        }
                    }
                    (None, Kind::Null) => {}
                    (None, _) => entries.push((name.clone(), value.clone())),
                }
            }
        }
        (Kind::List(items), Kind::List(given)) if merge_key(key).is_some() => {
            list(items, given, merge_key(key).unwrap_or_default());
        }
        _ => *base = patch.clone(),
    }
}

fn list(items: &mut Vec<Node>, given: &[Node], by: &str) {
    if given.iter().any(|item| directive(item) == Some("replace")) {
        *items = given.iter().filter(|item| directive(item).is_none()).cloned().collect();
        return;
    }
    for patch in given {
        let named = patch.get(by).and_then(Node::scalar);
        let same = |item: &Node| named.is_some() && item.get(by).and_then(Node::scalar) == named;
        let at = items.iter().position(same);
        match at {
            Some(at) if directive(patch) == Some("delete") => {
                items.remove(at);
            }
            Some(at) => {
                if let Some(item) = items.get_mut(at) {
                    // One source of a value takes the other's place.
                    let other = if patch.get("value").is_some() { "valueFrom" } else { "value" };
                    if let (true, Kind::Map(entries)) = (by == "name" && one_source(patch), &mut item.kind) {
                        entries.retain(|(key, _)| key.value != other);
                    }
                    strategic(item, patch, "");
                }
            }
            None if directive(patch).is_none() => items.push(patch.clone()),
            None => {}
        }
    }
}

fn one_source(entry: &Node) -> bool {
    entry.get("value").is_some() != entry.get("valueFrom").is_some()
}

/// Carries out the operations of a JSON patch that add, replace or remove.
pub(super) fn json(base: &mut Node, operations: &[Node]) {
    for operation in operations {
        let text = |key: &str| operation.get(key).and_then(Node::as_str);
        let (Some(op), Some(path)) = (text("op"), text("path")) else { continue };
        let parts: Vec<String> =
            path.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~")).collect();
        let Some((last, above)) = parts.split_last() else { continue };
        let Some(parent) = above.iter().try_fold(&mut *base, |node, part| child(node, part)) else { continue };
        one(parent, last, op, operation.get("value"));
    }
}

fn child<'n>(node: &'n mut Node, part: &str) -> Option<&'n mut Node> {
    match &mut node.kind {
        Kind::Map(entries) => entries.iter_mut().find(|(name, _)| name.value == part).map(|(_, node)| node),
        Kind::List(items) => items.get_mut(part.parse::<usize>().ok()?),
        _ => None,
    }
}

fn one(parent: &mut Node, last: &str, op: &str, value: Option<&Node>) {
    match (&mut parent.kind, op, value) {
        (Kind::Map(entries), "remove", _) => entries.retain(|(name, _)| name.value != last),
        (Kind::Map(entries), "add" | "replace", Some(value)) => {
            match entries.iter_mut().find(|(name, _)| name.value == last) {
                Some((_, known)) => *known = value.clone(),
                None => entries.push((crate::model::Spanned::new(last.to_owned(), value.span), value.clone())),
            }
        }
        (Kind::List(items), "add", Some(value)) if last == "-" => items.push(value.clone()),
        (Kind::List(items), op, value) => {
            let Some(at) = last.parse::<usize>().ok().filter(|at| *at < items.len()) else { return };
            match (op, value) {
                ("remove", _) => {
                    items.remove(at);
                }
                ("add", Some(value)) => items.insert(at, value.clone()),
                ("replace", Some(value)) => items[at] = value.clone(),
                _ => {}
            }
        }
        _ => {}
    }
}
