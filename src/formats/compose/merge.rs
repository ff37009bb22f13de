//! The specification's merge: mappings merge, sequences append, some replace, some are unique by a part of them.

use super::value::{Data, Node, Tag};
use crate::model::{Known, Spanned, StepKind};

/// What a path's values do when they meet.
enum Rule {
    Merge,
    Replace,
    /// Short and long items with the same key are one.
    Unique(fn(&Node) -> Option<String>),
    /// A list of `K=V` is a mapping.
    Pairs,
    /// A list of names is a mapping to nothing.
    Names,
}

fn rule(path: &[&str]) -> Rule {
    match path {
        ["services", _, "command" | "entrypoint"] | ["services", _, "healthcheck", "test"] => Rule::Replace,
        ["services", _, "environment" | "labels" | "sysctls" | "annotations"]
        | ["services", _, "build", "args" | "labels"] => Rule::Pairs,
        ["services", _, "depends_on" | "networks"] => Rule::Names,
        ["services", _, "ports"] => Rule::Unique(port_key),
        ["services", _, "volumes"] => Rule::Unique(volume_key),
        ["services", _, "secrets" | "configs"] => Rule::Unique(target_key),
        ["services", _, "env_file"] => Rule::Merge,
        ["services", _, "expose" | "dns" | "profiles" | "cap_add" | "cap_drop"] => {
            Rule::Unique(|node| node.one().map(str::to_owned))
        }
        _ => Rule::Merge,
    }
}

fn port_key(node: &Node) -> Option<String> {
    match &node.data {
        Data::Text { value: Known::One(text), .. } => Some(text.clone()),
        Data::Map(_) => {
            let part = |name: &str| node.get(name).and_then(Node::one).unwrap_or_default().to_owned();
            Some(format!("{}:{}:{}/{}", part("host_ip"), part("published"), part("target"), part("protocol")))
        }
        _ => None,
    }
}

/// The place in the container.
pub(super) fn volume_key(node: &Node) -> Option<String> {
    match &node.data {
        Data::Text { value: Known::One(text), .. } => {
            let parts: Vec<&str> = text.split(':').collect();
            let target = if parts.len() > 1 { parts[1] } else { parts[0] };
            Some(target.trim_end_matches('/').to_owned())
        }
        Data::Map(_) => node.get("target").and_then(Node::one).map(|target| target.trim_end_matches('/').to_owned()),
        _ => None,
    }
}

fn target_key(node: &Node) -> Option<String> {
    match &node.data {
        Data::Text { value: Known::One(text), .. } => Some(text.clone()),
        Data::Map(_) => node.get("target").or_else(|| node.get("source")).and_then(Node::one).map(str::to_owned),
        _ => None,
    }
}

/// A list of `K=V` or `K` as a mapping.
pub(super) fn as_pairs(node: &Node) -> Vec<(Spanned<String>, Node)> {
    match &node.data {
        Data::Map(entries) => entries.clone(),
        Data::Seq(items) => items.iter().filter_map(pair).collect(),
        _ => Vec::new(),
    }
}

fn pair(item: &Node) -> Option<(Spanned<String>, Node)> {
    let Data::Text { value, certainty, .. } = &item.data else { return None };
    match value {
        Known::One(text) => {
            let mut node = item.clone();
            let (name, value) = text.split_once('=').map_or((text.as_str(), None), |(name, value)| (name, Some(value)));
            node.data = value.map_or(Data::Null, |value| Data::Text {
                value: Known::One(value.to_owned()),
                certainty: certainty.clone(),
                plain: false,
            });
            Some((Spanned::new(name.to_owned(), item.span), node))
        }
        _ => None,
    }
}

/// A list of names as a mapping to nothing.
pub(super) fn as_names(node: &Node) -> Vec<(Spanned<String>, Node)> {
    match &node.data {
        Data::Map(entries) => entries.clone(),
        Data::Seq(items) => items
            .iter()
            .filter_map(|item| {
                let name = item.one()?.to_owned();
                let mut node = item.clone();
                node.data = Data::Null;
                Some((Spanned::new(name, item.span), node))
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// Lays `over` on `base`.
pub(super) fn merge(base: Node, over: Node, path: &[&str]) -> Node {
    match over.tag {
        Some(Tag::Reset) => return Node { data: Data::Null, ..over },
        Some(Tag::Override) => return Node { tag: None, ..over },
        None => {}
    }
    match rule(path) {
        Rule::Replace => replace(&base, over),
        Rule::Pairs => entries(as_pairs(&base), as_pairs(&over), over, path),
        Rule::Names => entries(as_names(&base), as_names(&over), over, path),
        Rule::Unique(key) => unique(base, over, key),
        Rule::Merge => match (&base.data, &over.data) {
            (Data::Map(a), Data::Map(b)) => entries(a.clone(), b.clone(), over, path),
            (Data::Seq(a), Data::Seq(b)) => {
                let items = a.iter().chain(b).cloned().collect();
                Node { data: Data::Seq(items), ..over }
            }
            (_, Data::Null) if !base.is_null() => base,
            _ => replace(&base, over),
        },
    }
}

fn replace(base: &Node, mut over: Node) -> Node {
    if over.is_null() && !matches!(base.data, Data::Text { .. }) {
        return over;
    }
    if !base.is_null() {
        over.step(StepKind::Overridden, base.span);
    }
    over
}

fn entries(a: Vec<(Spanned<String>, Node)>, b: Vec<(Spanned<String>, Node)>, over: Node, path: &[&str]) -> Node {
    let mut merged = a;
    for (key, node) in b {
        let at = merged.iter().position(|(known, _)| known.value == key.value);
        match at {
            Some(at) => {
                let (known, base) = merged.remove(at);
                let inner: Vec<&str> = path.iter().copied().chain([key.value.as_str()]).collect();
                let reset = node.tag == Some(Tag::Reset);
                let done = merge(base, node, &inner);
                if !(reset && done.is_null()) {
                    merged.insert(at, (Spanned::new(known.value, key.span), done));
                }
            }
            None => merged.push((key, node)),
        }
    }
    Node { data: Data::Map(merged), ..over }
}

fn unique(base: Node, over: Node, key: fn(&Node) -> Option<String>) -> Node {
    let (Data::Seq(a), Data::Seq(b)) = (&base.data, &over.data) else {
        return if over.is_null() { base } else { over };
    };
    let mut items: Vec<Node> = a.clone();
    for item in b {
        let mine = key(item);
        let at = items.iter().position(|known| mine.is_some() && key(known) == mine);
        match at {
            Some(at) => items[at] = replace(&items[at].clone(), item.clone()),
            None => items.push(item.clone()),
        }
    }
    Node { data: Data::Seq(items), ..over }
}

/// Removes what `!reset` left, and tags.
pub(super) fn settle(node: &mut Node) {
    match &mut node.data {
        Data::Map(entries) => {
            entries.retain(|(_, node)| node.tag != Some(Tag::Reset));
            entries.iter_mut().for_each(|(_, node)| settle(node));
        }
        Data::Seq(items) => {
            items.retain(|node| node.tag != Some(Tag::Reset));
            items.iter_mut().for_each(settle);
        }
        _ => {}
    }
    node.tag = None;
}
