//! Stand-in for the YAML reader of another room: same contract, less of it.

use crate::model::{FileId, Problem, Span, SpanMap};
use granit_parser::{Event, Parser, ScalarStyle};

enum Kind {
    Scalar(String, bool, SpanMap),
    Seq(Vec<usize>),
    Map(Vec<(usize, usize)>),
}
struct Node {
    kind: Kind,
    span: Span,
}
/// A document.
pub struct Document {
    nodes: Vec<Node>,
    root: Option<usize>,
    /// Problems.
    pub problems: Vec<Problem>,
}
/// A node.
#[derive(Clone, Copy)]
pub struct NodeRef<'d>(&'d Document, usize);

fn scalar_map(file: FileId, text: &str, value: &str, at: Span, style: ScalarStyle) -> SpanMap {
    let source = text.get(at.range()).unwrap_or("");
    match style {
        ScalarStyle::Plain if source == value => SpanMap::Linear { file, base: at.start },
        ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted if source.len() == value.len() + 2 => {
            SpanMap::Linear { file, base: at.start + 1 }
        }
        ScalarStyle::Literal => {
            let (mut starts, mut offset, mut from) = (Vec::new(), 0usize, at.range().start);
            for line in value.split_inclusive('\n') {
                let body = line.trim_end_matches('\n');
                if body.is_empty() {
                    offset += line.len();
                    continue;
                }
                let Some(found) = text.get(from..).and_then(|rest| rest.find(body)) else { return SpanMap::Whole(at) };
                starts.push((u32::try_from(offset).unwrap_or(0), u32::try_from(from + found).unwrap_or(0)));
                from += found + body.len();
                offset += line.len();
            }
            if starts.first().is_some_and(|s| s.0 == 0) { SpanMap::Pieces { file, starts } } else { SpanMap::Whole(at) }
        }
        _ => SpanMap::Whole(at),
    }
}

/// Reads the first document.
pub fn parse(file: FileId, text: &str) -> Document {
    let mut doc = Document { nodes: vec![], root: None, problems: vec![] };
    let mut stack: Vec<(usize, Option<usize>)> = vec![];
    let mut anchors = std::collections::BTreeMap::new();
    for next in Parser::new_from_str(text) {
        let (event, at) = match next {
            Ok(pair) => pair,
            Err(error) => {
                let at = error.marker().byte_offset().unwrap_or(0);
                doc.problems.push(Problem::new(Span::new(file, at, at), error.to_string()));
                break;
            }
        };
        let range = at.byte_range().unwrap_or(0..0);
        let span = Span::new(file, range.start, range.end);
        let id = match event {
            Event::Scalar(value, style, anchor, _) => {
                let plain = matches!(style, ScalarStyle::Plain);
                let empty = span.start == span.end && plain;
                let map = scalar_map(file, text, &value, span, style);
                doc.nodes.push(Node {
                    kind: Kind::Scalar(if empty { String::new() } else { value.into_owned() }, plain, map),
                    span,
                });
                anchors.insert(anchor, doc.nodes.len() - 1);
                doc.nodes.len() - 1
            }
            Event::SequenceStart(_, anchor, _) | Event::MappingStart(_, anchor, _) => {
                let kind = if matches!(event, Event::MappingStart(..)) { Kind::Map(vec![]) } else { Kind::Seq(vec![]) };
                doc.nodes.push(Node { kind, span });
                anchors.insert(anchor, doc.nodes.len() - 1);
                stack.push((doc.nodes.len() - 1, None));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some((id, _)) = stack.pop() else { continue };
                if span.end > span.start {
                    doc.nodes[id].span = doc.nodes[id].span.to(span);
                }
                id
            }
            Event::Alias(anchor) => match anchors.get(&anchor) {
                Some(id) => *id,
                None => continue,
            },
            Event::DocumentEnd => break,
            _ => continue,
        };
        let child = doc.nodes[id].span;
        match stack.last_mut() {
            None => doc.root = Some(id),
            Some((parent, key)) => {
                let node = &mut doc.nodes[*parent];
                node.span = node.span.to(child);
                match &mut node.kind {
                    Kind::Seq(items) => items.push(id),
                    Kind::Map(entries) => match key.take() {
                        None => *key = Some(id),
                        Some(k) => entries.push((k, id)),
                    },
                    Kind::Scalar(..) => {}
                }
            }
        }
    }
    doc
}
impl Document {
    /// Root.
    pub fn root(&self) -> Option<NodeRef<'_>> {
        self.root.map(|id| NodeRef(self, id))
    }
}
#[expect(missing_docs, reason = "stand-in")]
impl<'d> NodeRef<'d> {
    fn node(self) -> &'d Node {
        &self.0.nodes[self.1]
    }
    pub fn span(self) -> Span {
        self.node().span
    }
    pub fn is_map(self) -> bool {
        matches!(self.node().kind, Kind::Map(_))
    }
    pub fn is_seq(self) -> bool {
        matches!(self.node().kind, Kind::Seq(_))
    }
    pub fn is_plain(self) -> bool {
        matches!(self.node().kind, Kind::Scalar(_, true, _))
    }
    pub fn as_str(self) -> Option<&'d str> {
        if let Kind::Scalar(text, ..) = &self.node().kind { Some(text) } else { None }
    }
    pub fn scalar_map(self) -> SpanMap {
        if let Kind::Scalar(_, _, map) = &self.node().kind { map.clone() } else { SpanMap::Whole(self.span()) }
    }
    pub fn entries(self) -> Vec<(NodeRef<'d>, NodeRef<'d>)> {
        let Kind::Map(entries) = &self.node().kind else { return vec![] };
        let mut out: Vec<(NodeRef<'d>, NodeRef<'d>)> = vec![];
        for (k, v) in entries {
            let (k, v) = (NodeRef(self.0, *k), NodeRef(self.0, *v));
            if k.as_str() == Some("<<") && k.is_plain() {
                out.extend(v.entries());
            } else {
                out.push((k, v));
            }
        }
        out
    }
    pub fn items(self) -> Vec<NodeRef<'d>> {
        let Kind::Seq(items) = &self.node().kind else { return vec![] };
        items.iter().map(|id| NodeRef(self.0, *id)).collect()
    }
}
