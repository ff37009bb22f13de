//! The nodes of a document in the order in which the schema is held against them, aliases followed.

use super::super::yaml::{Document, Kind, Node};

/// More than this is not read: aliases of aliases could make a small file endless.
const MOST: usize = 400_000;

/// A scalar.
#[derive(Clone, Debug)]
pub(super) struct Literal {
    pub(super) value: super::Kind,
    pub(super) range: (usize, usize),
    pub(super) line: usize,
    pub(super) end_line: usize,
    /// The extent as it is written, where the value of an entry is a scalar.
    pub(super) source: Option<(usize, usize)>,
    /// A key that is no text.
    pub(super) odd_key: bool,
}

/// One step through a document.
#[derive(Clone, Debug)]
pub(super) enum Event {
    Literal(Literal),
    ListStart((usize, usize), usize),
    ListEnd,
    MapStart((usize, usize), usize),
    MapEnd,
}

struct Walk<'d> {
    document: &'d Document,
    /// Nodes with anchors and aliases, in the order of the document.
    named: Vec<&'d Node>,
    out: Vec<Event>,
    too_many: bool,
}

/// All events of a document; the flag says that there are too many to read.
pub(super) fn events(document: &Document) -> (Vec<Event>, bool) {
    let mut walk = Walk { document, named: Vec::new(), out: Vec::new(), too_many: false };
    if let Some(root) = &document.root {
        collect(root, &mut walk.named);
        walk.node(root, &mut Vec::new());
    }
    (walk.out, walk.too_many)
}

fn collect<'d>(node: &'d Node, out: &mut Vec<&'d Node>) {
    if node.anchor.is_some() || matches!(node.kind, Kind::Alias(_)) {
        out.push(node);
    }
    match &node.kind {
        Kind::Seq(items) => items.iter().for_each(|item| collect(item, out)),
        Kind::Map(entries) => {
            for (key, value) in entries {
                collect(key, out);
                if let Some(value) = value {
                    collect(value, out);
                }
            }
        }
        _ => {}
    }
}

/// The last node with an anchor before an alias to it.
fn resolve<'d>(named: &[&'d Node], alias: &Node, name: &str) -> Option<&'d Node> {
    let before = named.iter().take_while(|node| !std::ptr::eq(**node, alias));
    before.filter(|node| node.anchor.as_deref() == Some(name)).last().copied()
}

impl<'d> Walk<'d> {
    fn literal(&self, node: &Node, value: super::Kind, source: Option<(usize, usize)>) -> Literal {
        let (start, end, _) = node.range;
        let (line, end_line) = (self.document.line(start), self.document.line(end));
        Literal { value, range: (start, end), line, end_line, source, odd_key: false }
    }

    fn node(&mut self, node: &'d Node, within: &mut Vec<*const Node>) {
        if self.out.len() > MOST || self.too_many {
            self.too_many = true;
            return;
        }
        let (start, end, _) = node.range;
        let line = self.document.line(start);
        let value = match &node.kind {
            Kind::Null => super::Kind::Null,
            Kind::Bool(yes) => super::Kind::Bool(*yes),
            Kind::Number(number) => super::Kind::Number(*number),
            Kind::Text(text) => super::Kind::Text(text.clone()),
            Kind::Alias(name) => {
                if let Some(found) = resolve(&self.named, node, name)
                    && !within.contains(&std::ptr::from_ref(found))
                {
                    within.push(std::ptr::from_ref(found));
                    self.node(found, within);
                    within.pop();
                }
                return;
            }
            Kind::Seq(items) => {
                self.out.push(Event::ListStart((start, end), line));
                items.iter().for_each(|item| self.node(item, within));
                self.out.push(Event::ListEnd);
                return;
            }
            Kind::Map(entries) => {
                self.out.push(Event::MapStart((start, end), line));
                for (key, value) in entries {
                    self.key(key);
                    if let Some(value) = value {
                        self.node(value, within);
                    }
                }
                self.out.push(Event::MapEnd);
                return;
            }
        };
        let literal = self.literal(node, value, node.source);
        self.out.push(Event::Literal(literal));
    }

    /// A key is taken as it is, whatever it is: one that is no text cannot be read further on.
    fn key(&mut self, node: &Node) {
        let (text, odd_key) = match &node.kind {
            Kind::Text(text) => (text.clone(), false),
            Kind::Bool(yes) => (yes.to_string(), *yes),
            Kind::Number(number) => (number.to_string(), *number != 0.0 && !number.is_nan()),
            _ => (String::new(), false),
        };
        let literal = self.literal(node, super::Kind::Text(text), None);
        self.out.push(Event::Literal(Literal { odd_key, ..literal }));
    }
}
