//! `<< parameters.name >>`: values in the place of what asks for them.

use std::collections::BTreeMap;

use crate::formats::small::tree::{Kind, Node};
use crate::model::SpanMap;

/// Values by the whole name that asks for them: `parameters.name`, `pipeline.parameters.name`.
pub(super) type Values = BTreeMap<String, Node>;

/// An expression that nobody can evaluate.
const UNDECIDED: &str = "${{ inputs.unknown }}";

/// The defaults of declared parameters.
pub(super) fn defaults(declared: Option<&Node>, prefix: &str) -> Values {
    let entries = declared.map_or(&[][..], Node::entries).iter();
    entries.filter_map(|(name, node)| Some((format!("{prefix}{}", name.value), node.get("default")?.clone()))).collect()
}

/// One part of a text: as it is written, or a name between `<<` and `>>`, with its length.
enum Part<'a> {
    Text(&'a str),
    Asks(&'a str, usize),
}

fn parts(text: &str) -> Vec<Part<'_>> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("<<") {
        let inner = rest.get(at + 2..).unwrap_or_default();
        let name = inner.find(">>").and_then(|end| Some((inner.get(..end)?, end)));
        let asks = |name: &str| {
            let name = name.trim();
            name.starts_with("parameters.") || name.starts_with("pipeline.") || name.starts_with("matrix.")
        };
        let Some((name, end)) = name.filter(|(name, _)| asks(name)) else {
            out.push(Part::Text(rest.get(..at + 2).unwrap_or_default()));
            rest = inner;
            continue;
        };
        out.push(Part::Text(rest.get(..at).unwrap_or_default()));
        out.push(Part::Asks(name.trim(), end + 4));
        rest = inner.get(end + 2..).unwrap_or_default();
    }
    out.push(Part::Text(rest));
    out.retain(|part| !matches!(part, Part::Text("")));
    out
}

/// A tree with the known values put in; what is not known yet stays as it is.
pub(super) fn fill(node: &Node, values: &Values) -> Node {
    put(node, &|name| values.get(name).cloned())
}

/// A tree in which everything that still asks for a value is an expression that nobody can evaluate.
pub(super) fn undecided(node: &Node) -> Node {
    put(node, &|_| Some(Node::new(Kind::Text(UNDECIDED.to_owned()), node.span)))
}

fn put(node: &Node, value: &dyn Fn(&str) -> Option<Node>) -> Node {
    let kind = match &node.kind {
        Kind::Text(text) if text.contains("<<") => return filled(node, text, value),
        Kind::List(items) => Kind::List(items.iter().map(|item| put(item, value)).collect()),
        Kind::Map(entries) => {
            Kind::Map(entries.iter().map(|(name, inner)| (name.clone(), put(inner, value))).collect())
        }
        kind => kind.clone(),
    };
    Node { kind, span: node.span, map: node.map.clone() }
}

/// A text with its values; one that is nothing but a name becomes the value itself.
fn filled(node: &Node, text: &str, value: &dyn Fn(&str) -> Option<Node>) -> Node {
    let parts = parts(text);
    if let [Part::Asks(name, _)] = parts.as_slice() {
        return value(name).unwrap_or_else(|| node.clone());
    }
    let short = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
    let (mut out, mut starts, mut at) = (String::new(), Vec::new(), 0);
    for part in &parts {
        let (written, length) = match part {
            Part::Text(text) => ((*text).to_owned(), text.len()),
            Part::Asks(name, length) => {
                let known = value(name).and_then(|value| value.scalar());
                (known.unwrap_or_else(|| text.get(at..at + length).unwrap_or_default().to_owned()), *length)
            }
        };
        starts.push((short(out.len()), node.map.span(at, at).start));
        if let (SpanMap::Pieces { starts: lines, .. }, Part::Text(_)) = (&node.map, part) {
            let inner = lines.iter().filter(|(line, _)| (*line as usize) > at && (*line as usize) < at + length);
            starts.extend(inner.map(|(line, file)| (short(out.len() + *line as usize - at), *file)));
        }
        out.push_str(&written);
        at += length;
    }
    let map = if matches!(node.map, SpanMap::Whole(_)) || starts.is_empty() {
        node.map.clone()
    } else {
        SpanMap::Pieces { file: node.span.file, starts }
    };
    Node { kind: Kind::Text(out), span: node.span, map }
}
