//! The specification's merge: mappings merge, sequences append, some things replace, lists of `K=V` are mappings.

use super::value::{Data, Node, same};
use crate::model::{Span, Spanned};

/// What a path's values do when they meet.
enum Rule {
    /// By their shapes.
    Plain,
    /// The later one stands alone, even an empty one.
    Replace,
    /// A text is the context of a mapping.
    Build,
    /// A mapping is a list of `K=V`, a text a list of itself.
    List,
    /// The same; what stands there already is not added again.
    Hosts,
    /// A list of names is a mapping.
    Names,
    /// Options merge only under the same driver.
    Logging,
    /// Pools of addresses are told apart by their subnet.
    Pools,
}

fn rule(path: &[&str]) -> Rule {
    let rest = match path {
        ["services", _, rest @ ..] => rest,
        ["networks" | "volumes" | "secrets" | "configs", _, "labels"] => return Rule::List,
        ["networks", _, "ipam", "config"] => return Rule::Pools,
        _ => return Rule::Plain,
    };
    match rest {
        ["command" | "entrypoint"] | ["healthcheck", "test"] | ["ulimits", _] => Rule::Replace,
        ["build"] => Rule::Build,
        [
            "annotations" | "environment" | "labels" | "sysctls" | "tmpfs" | "env_file" | "label_file" | "dns"
            | "dns_opt" | "dns_search",
        ]
        | ["build", "args" | "labels" | "additional_contexts"]
        | ["deploy", "labels"] => Rule::List,
        ["extra_hosts"] | ["build", "extra_hosts"] => Rule::Hosts,
        ["depends_on" | "networks" | "models"] => Rule::Names,
        ["logging"] => Rule::Logging,
        _ => Rule::Plain,
    }
}

/// What merging met that Compose refuses.
#[derive(Default)]
pub(super) struct Merger {
    pub(super) errors: Vec<(Span, String)>,
}

impl Merger {
    /// Lays `over` on `base`.
    pub(super) fn merge(&mut self, base: Node, over: Node, path: &[&str]) -> Node {
        match rule(path) {
            Rule::Replace => replace(&base, over),
            Rule::Build => self.build(base, over, path),
            Rule::List => joined(&base, &over),
            Rule::Hosts => hosts(&base, &over),
            Rule::Names => self.names(&base, over, path),
            Rule::Logging => self.logging(base, over, path),
            Rule::Pools => self.pools(&base, over, path),
            Rule::Plain => self.plain(base, over, path),
        }
    }

    fn refuse(&mut self, over: Node, path: &[&str]) -> Node {
        self.errors.push((over.span, format!("cannot override {}", path.join("."))));
        over
    }

    fn plain(&mut self, base: Node, over: Node, path: &[&str]) -> Node {
        match (&base.data, &over.data) {
            (_, Data::Null) => base,
            (Data::Map(_), Data::Map(_)) => self.entries(base, over, path),
            (Data::Seq(a), Data::Seq(b)) => {
                let mut items = a.clone();
                for item in b {
                    // What stands there already is not added again.
                    if !items.iter().any(|known| same(known, item)) {
                        items.push(item.clone());
                    }
                }
                Node { data: Data::Seq(items), ..over }
            }
            (Data::Map(_) | Data::Seq(_), _) => self.refuse(over, path),
            _ => replace(&base, over),
        }
    }

    /// Lays the entries of a mapping on those of another.
    fn entries(&mut self, base: Node, over: Node, path: &[&str]) -> Node {
        let (Data::Map(mut merged), Data::Map(more)) = (base.data, over.data) else {
            return self.refuse(Node::new(Data::Null, over.span), path);
        };
        for (key, node) in more {
            let Some(at) = merged.iter().position(|(known, _)| known.value == key.value) else {
                merged.push((key, node));
                continue;
            };
            let old = std::mem::replace(&mut merged[at].1, Node::new(Data::Null, key.span));
            let inner: Vec<&str> = path.iter().copied().chain([key.value.as_str()]).collect();
            merged[at].1 = self.merge(old, node, &inner);
            merged[at].0.span = key.span;
        }
        Node { data: Data::Map(merged), span: over.span, steps: over.steps }
    }

    fn build(&mut self, base: Node, over: Node, path: &[&str]) -> Node {
        let (base, over) = (as_build(base), as_build(over));
        match (&base.data, &over.data) {
            (Data::Map(_), Data::Map(_)) => self.entries(base, over, path),
            (Data::Map(_), _) => base,
            (_, Data::Map(entries)) if !entries.is_empty() => self.refuse(over, path),
            _ => base,
        }
    }

    fn names(&mut self, base: &Node, over: Node, path: &[&str]) -> Node {
        let in_full = path.last() == Some(&"depends_on");
        let (from, to) = (self.as_names(base, in_full), self.as_names(&over, in_full));
        match (from, to) {
            (Some(from), Some(to)) => self.entries(from, to, path),
            (Some(from), None) => from,
            (None, Some(to)) if to.entries().is_empty() => Node::new(Data::Null, over.span),
            (None, _) => self.refuse(over, path),
        }
    }

    /// A list of names as a mapping; one that says in full what a short dependency means, because it replaces what an
    /// earlier file says. None of what is neither.
    fn as_names(&mut self, node: &Node, in_full: bool) -> Option<Node> {
        if node.is_map() {
            return Some(node.clone());
        }
        let Data::Seq(items) = &node.data else { return None };
        let mut entries: Vec<(Spanned<String>, Node)> = Vec::new();
        for item in items {
            let Some(name) = item.text() else {
                self.errors.push((item.span, "a name is expected".to_owned()));
                continue;
            };
            let data = if in_full { started(item.span) } else { Data::Null };
            let entry = Node { data, ..item.clone() };
            entries.retain(|(known, _)| known.value != name);
            entries.push((Spanned::new(name.to_owned(), item.span), entry));
        }
        Some(Node { data: Data::Map(entries), ..node.clone() })
    }

    fn logging(&mut self, base: Node, over: Node, path: &[&str]) -> Node {
        if !base.is_map() || !over.is_map() {
            return self.refuse(over, path);
        }
        match (base.get("driver"), over.get("driver")) {
            (Some(a), Some(b)) if !same(a, b) => over,
            _ => self.entries(base, over, path),
        }
    }

    fn pools(&mut self, base: &Node, over: Node, path: &[&str]) -> Node {
        let (Data::Seq(before), Data::Seq(after)) = (&base.data, &over.data) else { return self.refuse(over, path) };
        let subnet = |pool: &Node| pool.get("subnet").and_then(Node::one).map(str::to_owned);
        let mut pools: Vec<Node> = Vec::new();
        for old in before {
            for new in after {
                let known = pools.iter().position(|pool| subnet(pool) == subnet(new));
                if subnet(old) != subnet(new) && known.is_none() {
                    pools.push(new.clone());
                    continue;
                }
                let merged = self.entries(old.clone(), new.clone(), path);
                match pools.iter_mut().find(|pool| subnet(pool) == subnet(&merged)) {
                    Some(pool) => *pool = merged,
                    None => pools.push(merged),
                }
            }
        }
        Node { data: Data::Seq(pools), ..over }
    }
}

/// What a short dependency means.
pub(super) fn started(span: Span) -> Data {
    let part = |name: &str, node: Node| (Spanned::new(name.to_owned(), span), node);
    Data::Map(vec![
        part("condition", Node::made("service_started", span)),
        part("required", Node::of_kind("true", super::scalar::Kind::Bool, span)),
    ])
}

fn as_build(node: Node) -> Node {
    if node.text().is_none() {
        return node;
    }
    let key = Spanned::new("context".to_owned(), node.span);
    Node { data: Data::Map(vec![(key, node.clone())]), ..node }
}

fn replace(base: &Node, mut over: Node) -> Node {
    over.replaces(base);
    over
}

/// Two lists, mappings turned into lists. Two that are no lists, or empty mappings, are none at all.
fn joined(base: &Node, over: &Node) -> Node {
    let mut items = as_list(base);
    items.extend(as_list(over));
    let place = if over.is_null() { base } else { over };
    let none = items.is_empty() && !matches!(base.data, Data::Seq(_));
    let data = if none { Data::Null } else { Data::Seq(items) };
    Node { data, span: place.span, steps: place.steps.clone() }
}

fn hosts(base: &Node, over: &Node) -> Node {
    let known = as_list(base);
    let mut node = joined(base, over);
    if let Data::Seq(items) = &mut node.data {
        let mut at = 0;
        items.retain(|item| {
            at += 1;
            at <= known.len() || !known.iter().any(|other| same(other, item))
        });
    }
    node
}

/// A mapping as a sorted list of `K=V`, a text as a list of itself.
fn as_list(node: &Node) -> Vec<Node> {
    match &node.data {
        Data::Map(entries) => {
            let mut items: Vec<Node> = entries.iter().flat_map(|(key, value)| in_line(key, value)).collect();
            items.sort_by(|a, b| a.text().cmp(&b.text()));
            items
        }
        Data::Seq(items) => items.clone(),
        Data::Scalar(_) if node.text().is_some() => vec![node.clone()],
        _ => Vec::new(),
    }
}

/// An entry as `K=V`; one of a list for each of its items.
fn in_line(key: &Spanned<String>, value: &Node) -> Vec<Node> {
    let line = |value: &Node| {
        let mut item = Node { span: key.span.to(value.span), ..value.clone() };
        let text = format!("{}={}", key.value, in_words(value));
        if let Data::Scalar(scalar) = &mut item.data {
            scalar.text = text;
            scalar.kind = super::scalar::Kind::Text;
            scalar.pair = Some((key.span, value.span));
        } else {
            item.data = Node::made(&text, item.span).data;
        }
        item
    };
    match &value.data {
        Data::Null => {
            let mut item = Node::made(&key.value, key.span);
            item.steps.clone_from(&value.steps);
            vec![item]
        }
        Data::Seq(items) => items.iter().map(line).collect(),
        _ => vec![line(value)],
    }
}

/// What Compose prints of a value inside a text.
pub(super) fn in_words(node: &Node) -> String {
    match &node.data {
        Data::Null => "<nil>".to_owned(),
        Data::Scalar(scalar) => scalar.text.clone(),
        Data::Seq(items) => format!("[{}]", items.iter().map(in_words).collect::<Vec<_>>().join(" ")),
        Data::Map(entries) => {
            let mut parts: Vec<String> =
                entries.iter().map(|(key, value)| format!("{}:{}", key.value, in_words(value))).collect();
            parts.sort();
            format!("map[{}]", parts.join(" "))
        }
    }
}
