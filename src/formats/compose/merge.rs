//! The specification's merge: mappings merge, sequences append, some things replace, lists of `K=V` are mappings.

use super::value::{Data, Node, Tag};
use crate::model::{Span, Spanned, StepKind};

/// What a path's values do when they meet.
enum Rule {
    /// By their shapes.
    Plain,
    /// The later one stands alone, even an empty one.
    Replace,
    /// A text is the context of a mapping.
    Build,
    /// A list of `K=V` is a mapping, and `K` alone replaces a value too.
    Pairs,
    /// A list of names is a mapping.
    Names,
    /// A text is a list of itself.
    List,
}

fn rule(path: &[&str]) -> Rule {
    let ["services", _, rest @ ..] = path else {
        return if matches!(path, ["networks" | "volumes", _, "labels"]) { Rule::Pairs } else { Rule::Plain };
    };
    match rest {
        ["command" | "entrypoint" | "extends"] | ["healthcheck", "test"] | ["ulimits", _] => Rule::Replace,
        ["build"] => Rule::Build,
        ["environment" | "labels" | "sysctls" | "annotations" | "extra_hosts"]
        | ["build", "args" | "labels" | "additional_contexts" | "extra_hosts"]
        | ["deploy", "labels"] => Rule::Pairs,
        ["depends_on" | "networks" | "models"] => Rule::Names,
        ["env_file" | "label_file" | "dns" | "dns_opt" | "dns_search" | "tmpfs"] => Rule::List,
        _ => Rule::Plain,
    }
}

/// A list of `K=V` or `K` as a mapping; the last of a name counts.
pub(super) fn as_pairs(node: &Node) -> Vec<(Spanned<String>, Node)> {
    if let Data::Map(entries) = &node.data {
        return entries.clone();
    }
    let mut pairs: Vec<(Spanned<String>, Node)> = Vec::new();
    for (name, value) in node.items().iter().filter_map(Node::pair) {
        match pairs.iter_mut().find(|(known, _)| known.value == name.value) {
            Some(known) => *known = (name, value),
            None => pairs.push((name, value)),
        }
    }
    pairs
}

/// A list of names as a mapping to nothing.
pub(super) fn as_names(node: &Node) -> Vec<(Spanned<String>, Node)> {
    let Data::Seq(items) = &node.data else { return node.entries().to_vec() };
    let named = |item: &Node| {
        let name = Spanned::new(item.one()?.to_owned(), item.span);
        Some((name, Node { data: Data::Null, ..item.clone() }))
    };
    items.iter().filter_map(named).collect()
}

/// What merging met that Compose refuses.
#[derive(Default)]
pub(super) struct Merger {
    pub(super) errors: Vec<(Span, String)>,
}

impl Merger {
    /// Lays `over` on `base`. What `!reset` removes stays as a mark, so that it holds for earlier files too.
    pub(super) fn merge(&mut self, base: Node, over: Node, path: &[&str]) -> Node {
        if over.tag.is_some() {
            return over;
        }
        match rule(path) {
            Rule::Replace => replace(&base, over),
            Rule::Build => self.plain(as_build(base), as_build(over), path),
            Rule::Pairs => pairs(&base, over),
            Rule::Names => {
                let in_full = path.last() == Some(&"depends_on");
                let (mut a, mut b) = (as_names(&base), as_names(&over));
                if in_full && matches!(base.data, Data::Seq(_)) {
                    a.iter_mut().for_each(in_words);
                }
                if in_full && matches!(over.data, Data::Seq(_)) {
                    b.iter_mut().for_each(in_words);
                }
                self.entries(a, b, over, path)
            }
            Rule::List => {
                let items = base.items().iter().chain(over.items()).cloned().collect();
                Node { data: Data::Seq(items), ..over }
            }
            Rule::Plain => self.plain(base, over, path),
        }
    }

    fn plain(&mut self, base: Node, over: Node, path: &[&str]) -> Node {
        match (&base.data, &over.data) {
            (_, Data::Null) if !base.is_null() => base,
            (Data::Map(a), Data::Map(b)) => self.entries(a.clone(), b.clone(), over, path),
            (Data::Seq(a), Data::Seq(b)) => {
                let items = a.iter().chain(b).cloned().collect();
                Node { data: Data::Seq(items), ..over }
            }
            (Data::Map(_) | Data::Seq(_), _) => {
                self.errors.push((over.span, format!("cannot override {}", path.join("."))));
                over
            }
            _ => replace(&base, over),
        }
    }

    fn entries(
        &mut self,
        mut merged: Vec<(Spanned<String>, Node)>,
        more: Vec<(Spanned<String>, Node)>,
        over: Node,
        path: &[&str],
    ) -> Node {
        for (key, node) in more {
            let Some(at) = merged.iter().position(|(known, _)| known.value == key.value) else {
                merged.push((key, node));
                continue;
            };
            let (known, base) = merged.remove(at);
            let inner: Vec<&str> = path.iter().copied().chain([key.value.as_str()]).collect();
            let done = if base.tag == Some(Tag::Reset) { node } else { self.merge(base, node, &inner) };
            merged.insert(at, (Spanned::new(known.value, key.span), done));
        }
        Node { data: Data::Map(merged), ..over }
    }
}

fn pairs(base: &Node, over: Node) -> Node {
    let mut merged = as_pairs(base);
    let listed = base.listed || !matches!(base.data, Data::Map(_));
    for (key, node) in as_pairs(&over) {
        match merged.iter_mut().find(|(known, _)| known.value == key.value) {
            // A list has no keys that `!reset` could name.
            Some(_) if listed && node.tag == Some(Tag::Reset) => {}
            Some(known) => {
                let before = known.1.span;
                *known = (key, node);
                known.1.step(StepKind::Overridden, before);
            }
            None => merged.push((key, node)),
        }
    }
    Node { data: Data::Map(merged), listed: true, ..over }
}

fn as_build(node: Node) -> Node {
    if node.scalar().is_none() {
        return node;
    }
    let key = Spanned::new("context".to_owned(), node.span);
    Node { data: Data::Map(vec![(key, node.clone())]), ..node }
}

/// A short dependency says in full what it means, because it replaces what an earlier file says.
fn in_words(entry: &mut (Spanned<String>, Node)) {
    let node = &mut entry.1;
    let part = |name: &str, text: &str| {
        let key = Spanned::new(name.to_owned(), node.span);
        (key, Node::made(text, node.span, node.folder))
    };
    node.data = Data::Map(vec![part("condition", "service_started"), part("required", "true")]);
}

fn replace(base: &Node, mut over: Node) -> Node {
    if !base.is_null() {
        over.step(StepKind::Overridden, base.span);
    }
    over
}

/// Removes what `!reset` marks, and the tags.
pub(super) fn settle(node: &mut Node) {
    match &mut node.data {
        Data::Map(entries) => {
            entries.retain(|(_, node)| node.tag != Some(Tag::Reset));
            for (_, node) in entries {
                settle(node);
            }
        }
        Data::Seq(items) => {
            items.retain(|node| node.tag != Some(Tag::Reset));
            items.iter_mut().for_each(settle);
        }
        _ => {}
    }
    node.tag = None;
}
