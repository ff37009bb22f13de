//! `$[[ inputs.name ]]`: what an include gives to the file that it includes.

use std::collections::BTreeMap;

use crate::formats::small::tree::{Kind, Node};
use crate::model::{SpanMap, Spanned};

/// Values of inputs by name.
pub(super) type Inputs = BTreeMap<String, Node>;

/// The inputs that an include gives.
pub(super) fn given(include: &Node) -> Inputs {
    let entries = include.get("inputs").map_or(&[][..], Node::entries);
    entries.iter().map(|(name, value)| (name.value.clone(), value.clone())).collect()
}

/// A tree with its inputs put in; one that nothing gives stays as it is written.
pub(super) fn filled(node: Node, inputs: &Inputs) -> Node {
    let Node { kind, span, map } = node;
    let kind = match kind {
        Kind::List(items) => Kind::List(items.into_iter().map(|item| filled(item, inputs)).collect()),
        Kind::Map(entries) => {
            let entry = |(name, value): (Spanned<String>, Node)| {
                let key = text(&name.value, inputs).unwrap_or(name.value);
                (Spanned::new(key, name.span), filled(value, inputs))
            };
            Kind::Map(entries.into_iter().map(entry).collect())
        }
        Kind::Text(written) => {
            if let Some(value) = alone(&written).and_then(|name| inputs.get(name)) {
                return value.clone();
            }
            match text(&written, inputs) {
                Some(text) => return Node { kind: Kind::Text(text), span, map: SpanMap::Whole(span) },
                None => Kind::Text(written),
            }
        }
        other => other,
    };
    Node { kind, span, map }
}

/// The name in an expression that asks for an input and does nothing with it.
fn name(expression: &str) -> Option<&str> {
    let name = expression.trim().strip_prefix("inputs.")?;
    name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-').then_some(name)
}

/// The name of the input that a text is nothing but.
fn alone(text: &str) -> Option<&str> {
    name(text.trim().strip_prefix("$[[")?.strip_suffix("]]")?)
}

/// A text with inputs within it; none where it has none that is known.
fn text(written: &str, inputs: &Inputs) -> Option<String> {
    let mut out = String::new();
    let mut rest = written;
    let mut found = false;
    while let Some((before, tail)) = rest.split_once("$[[") {
        out.push_str(before);
        let Some((inner, after)) = tail.split_once("]]") else {
            out.push_str("$[[");
            rest = tail;
            continue;
        };
        if let Some(value) = name(inner).and_then(|name| inputs.get(name)).and_then(Node::scalar) {
            found = true;
            out.push_str(&value);
        } else {
            out.push_str("$[[");
            out.push_str(inner);
            out.push_str("]]");
        }
        rest = after;
    }
    out.push_str(rest);
    found.then_some(out)
}
