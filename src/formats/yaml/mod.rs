//! YAML: events of a reader, behind our own spanned nodes.
//!
//! Scalars are untyped texts; whether `012` is a number is the format's decision. Aliases and merge keys are followed when a
//! node is asked, so that a tree is never larger than its file.

mod quoted;
mod scalar;
mod tabs;

use std::collections::{BTreeMap, BTreeSet};

use std::collections::btree_map::Entry;

use granit_parser::{Event, Parser, ScalarStyle};

use crate::model::{FileId, Problem, Span, SpanMap, Spanned};

/// Deeper nesting is not read.
const DEPTH: usize = 200;
/// Merge keys followed at most for one mapping.
const MERGES: usize = 64;

enum Kind {
    Scalar { text: String, plain: bool, map: SpanMap },
    Seq(Vec<usize>),
    Map(Vec<(usize, usize)>),
    Alias(usize),
}

struct Node {
    kind: Kind,
    span: Span,
    tag: Option<String>,
}

/// One document of a file.
#[derive(Default)]
pub struct Document {
    nodes: Vec<Node>,
    root: Option<usize>,
    /// Whether it begins with `---`.
    pub explicit: bool,
    /// What could not be read.
    pub problems: Vec<Problem>,
    /// The comments, without their `#`.
    pub comments: Vec<Spanned<String>>,
}

/// A node of a document; aliases are followed.
#[derive(Clone, Copy)]
pub struct NodeRef<'d> {
    document: &'d Document,
    id: usize,
}

struct Builder<'t> {
    file: FileId,
    text: &'t str,
    document: Document,
    open: Vec<(usize, Option<usize>)>,
    anchors: BTreeMap<usize, usize>,
}

/// Reads the first document of a text.
pub fn parse(file: FileId, text: &str) -> Document {
    read(file, text, 1).into_iter().next().unwrap_or_default()
}

/// Reads every document of a text, a thousand at most.
pub fn parse_all(file: FileId, text: &str) -> Vec<Document> {
    read(file, text, 1000)
}

fn read(file: FileId, text: &str, most: usize) -> Vec<Document> {
    let mut documents = read_once(file, text, most);
    let mut mended = quoted::Mended::default();
    while documents.last().is_some_and(|last| !last.problems.is_empty()) {
        if mended.text.is_empty() {
            mended = quoted::Mended::of(text);
        }
        if !mended.indent(&documents) {
            break;
        }
        documents = read_once(file, &mended.text, most);
    }
    if !mended.holds(&documents) {
        return read_once(file, text, most);
    }
    for document in &mut documents {
        mended.restore(document);
    }
    documents
}

fn read_once(file: FileId, text: &str, most: usize) -> Vec<Document> {
    let mut builder = Builder { file, text, document: Document::default(), open: Vec::new(), anchors: BTreeMap::new() };
    let mut done = Vec::new();
    for next in Parser::new_from_str(text) {
        match next {
            Ok((Event::DocumentEnd, _)) => {
                done.push(builder.close());
                if done.len() == most {
                    return done;
                }
            }
            Ok((event, at)) => {
                let range = at.byte_range().unwrap_or(0..0);
                let span = Span::new(file, range.start.min(text.len()), range.end.min(text.len()));
                builder.take(event, span);
                if builder.open.len() > DEPTH {
                    builder.document.problems.push(Problem::new(span, "nested too deeply to be read"));
                    break;
                }
            }
            Err(error) => {
                let at = error.marker().byte_offset().unwrap_or(0).min(text.len());
                builder.document.problems.push(Problem::new(Span::new(file, at, at), format!("not YAML: {error}")));
                break;
            }
        }
    }
    let last = builder.close();
    if last.root.is_some() || !last.problems.is_empty() || done.is_empty() {
        done.push(last);
    }
    done
}

impl Builder<'_> {
    fn take(&mut self, event: Event<'_>, span: Span) {
        match event {
            Event::Scalar(value, style, anchor, tag) => {
                let plain = matches!(style, ScalarStyle::Plain);
                let implicit = plain && span.start == span.end;
                let map = scalar::map(self.file, self.text, &value, span, style);
                let text = if implicit { String::new() } else { value.into_owned() };
                let id = self.node(Kind::Scalar { text, plain, map }, span, tag.map(|tag| tag.original()), anchor);
                self.child(id);
            }
            Event::SequenceStart(_, anchor, tag) => {
                let id = self.node(Kind::Seq(Vec::new()), span, tag.map(|tag| tag.original()), anchor);
                self.open.push((id, None));
            }
            Event::MappingStart(_, anchor, tag) => {
                let id = self.node(Kind::Map(Vec::new()), span, tag.map(|tag| tag.original()), anchor);
                self.open.push((id, None));
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some((id, _)) = self.open.pop() {
                    if span.end > span.start {
                        self.widen(id, span);
                    }
                    self.child(id);
                }
            }
            Event::Alias(anchor) => {
                if let Some(target) = self.anchors.get(&anchor).copied() {
                    let inside = self.open.iter().any(|(open, _)| *open == target);
                    let kind = if inside { Kind::Map(Vec::new()) } else { Kind::Alias(target) };
                    if inside {
                        self.document.problems.push(Problem::new(span, "an alias to what holds it"));
                    }
                    let id = self.node(kind, span, None, 0);
                    self.child(id);
                }
            }
            Event::DocumentStart(explicit, _) => self.document.explicit = explicit,
            Event::Comment(text, _) => self.document.comments.push(Spanned::new(text.into_owned(), span)),
            _ => {}
        }
    }

    fn node(&mut self, kind: Kind, span: Span, tag: Option<String>, anchor: usize) -> usize {
        self.document.nodes.push(Node { kind, span, tag });
        let id = self.document.nodes.len() - 1;
        if anchor > 0 {
            self.anchors.insert(anchor, id);
        }
        id
    }

    fn widen(&mut self, id: usize, span: Span) {
        if let Some(node) = self.document.nodes.get_mut(id) {
            node.span = node.span.to(span);
        }
    }

    /// Puts a finished node where it belongs.
    fn child(&mut self, id: usize) {
        let span = self.document.nodes.get(id).map(|node| node.span);
        let Some((parent, key)) = self.open.last_mut() else {
            self.document.root.get_or_insert(id);
            return;
        };
        let parent = *parent;
        let Some(node) = self.document.nodes.get_mut(parent) else { return };
        match &mut node.kind {
            Kind::Seq(items) => items.push(id),
            Kind::Map(entries) => match key.take() {
                None => *key = Some(id),
                Some(first) => entries.push((first, id)),
            },
            _ => {}
        }
        if let Some(span) = span {
            self.widen(parent, span);
        }
    }

    /// The document as far as it was read.
    fn close(&mut self) -> Document {
        while let Some((id, _)) = self.open.pop() {
            self.child(id);
        }
        self.find_duplicates();
        self.anchors.clear();
        std::mem::take(&mut self.document)
    }

    /// Keys that stand twice in one mapping; the last one counts.
    fn find_duplicates(&mut self) {
        let mut found = Vec::new();
        for node in &self.document.nodes {
            let Kind::Map(entries) = &node.kind else { continue };
            let mut seen: BTreeSet<&str> = BTreeSet::new();
            for (key, _) in entries {
                let Some(Node { kind: Kind::Scalar { text, .. }, span, .. }) = self.document.nodes.get(*key) else {
                    continue;
                };
                if !seen.insert(text) && text != "<<" {
                    found.push(Problem::new(*span, format!("the key {text} stands twice")));
                }
            }
        }
        self.document.problems.extend(found);
    }
}

impl Document {
    /// The outermost node.
    pub fn root(&self) -> Option<NodeRef<'_>> {
        self.root.map(|id| NodeRef { document: self, id })
    }
}

impl<'d> NodeRef<'d> {
    fn at(self, id: usize) -> Self {
        Self { document: self.document, id }
    }

    fn own(self) -> Option<&'d Node> {
        self.document.nodes.get(self.id)
    }

    /// The node, aliases followed. An alias names an earlier node, so this ends.
    fn node(self) -> Option<&'d Node> {
        let mut node = self.own()?;
        while let Kind::Alias(target) = node.kind {
            node = self.document.nodes.get(target)?;
        }
        Some(node)
    }

    /// Whether it is an alias.
    pub fn is_alias(self) -> bool {
        matches!(self.own(), Some(Node { kind: Kind::Alias(_), .. }))
    }

    /// The node that an alias names; the node itself where it is none.
    #[must_use]
    pub fn target(self) -> Self {
        let mut id = self.id;
        while let Some(Node { kind: Kind::Alias(target), .. }) = self.document.nodes.get(id) {
            id = *target;
        }
        self.at(id)
    }

    /// The place: of an alias the alias itself.
    pub fn span(self) -> Span {
        self.own().map_or(Span::new(FileId(0), 0, 0), |node| node.span)
    }

    /// The tag as written, such as `!reset`.
    pub fn tag(self) -> Option<&'d str> {
        self.node()?.tag.as_deref()
    }

    /// Whether it is a mapping.
    pub fn is_map(self) -> bool {
        matches!(self.node(), Some(Node { kind: Kind::Map(_), .. }))
    }

    /// Whether it is a sequence.
    pub fn is_seq(self) -> bool {
        matches!(self.node(), Some(Node { kind: Kind::Seq(_), .. }))
    }

    /// Whether it is a scalar.
    pub fn is_scalar(self) -> bool {
        matches!(self.node(), Some(Node { kind: Kind::Scalar { .. }, .. }))
    }

    /// Whether it is a scalar without quotes.
    pub fn is_plain(self) -> bool {
        matches!(self.node(), Some(Node { kind: Kind::Scalar { plain: true, .. }, .. }))
    }

    /// Whether it is null: nothing, `~` or `null` without quotes.
    pub fn is_null(self) -> bool {
        self.is_plain() && matches!(self.as_str(), Some("" | "~" | "null" | "Null" | "NULL"))
    }

    /// The text of a scalar.
    pub fn as_str(self) -> Option<&'d str> {
        if let Kind::Scalar { text, .. } = &self.node()?.kind { Some(text) } else { None }
    }

    /// Yes or no, by YAML 1.2.
    pub fn as_bool(self) -> Option<bool> {
        match self.as_str().filter(|_| self.is_plain())? {
            "true" | "True" | "TRUE" => Some(true),
            "false" | "False" | "FALSE" => Some(false),
            _ => None,
        }
    }

    /// A whole number, by YAML 1.2.
    pub fn as_int(self) -> Option<i64> {
        self.as_str().filter(|_| self.is_plain())?.parse().ok()
    }

    /// How the offsets of a scalar's text lead back to the file.
    pub fn scalar_map(self) -> SpanMap {
        match self.node() {
            Some(Node { kind: Kind::Scalar { map, .. }, .. }) => map.clone(),
            _ => SpanMap::Whole(self.span()),
        }
    }

    /// The items of a sequence.
    pub fn items(self) -> Vec<NodeRef<'d>> {
        match self.node() {
            Some(Node { kind: Kind::Seq(items), .. }) => items.iter().map(|id| self.at(*id)).collect(),
            _ => Vec::new(),
        }
    }

    /// The entries of a mapping as they are written: merge keys among them, twins too.
    pub fn pairs(self) -> Vec<(NodeRef<'d>, NodeRef<'d>)> {
        let Some(Node { kind: Kind::Map(pairs), .. }) = self.node() else { return Vec::new() };
        pairs.iter().map(|(key, value)| (self.at(*key), self.at(*value))).collect()
    }

    /// The entries of a mapping: own keys first and last of twins winning, then those of merge keys.
    pub fn entries(self) -> Vec<(NodeRef<'d>, NodeRef<'d>)> {
        let mut left = MERGES;
        self.entries_within(&mut left)
    }

    fn entries_within(self, left: &mut usize) -> Vec<(NodeRef<'d>, NodeRef<'d>)> {
        let Some(Node { kind: Kind::Map(pairs), .. }) = self.node() else { return Vec::new() };
        let mut out: Vec<(NodeRef<'d>, NodeRef<'d>)> = Vec::new();
        let mut known: BTreeMap<Option<&str>, usize> = BTreeMap::new();
        let mut merged = Vec::new();
        for (key, value) in pairs {
            let (key, value) = (self.at(*key), self.at(*value));
            if key.is_plain() && key.as_str() == Some("<<") {
                let several = value.items();
                merged.extend(if several.is_empty() { vec![value] } else { several });
            } else if let Some(at) = known.insert(key.as_str(), out.len()) {
                known.insert(key.as_str(), at);
                out[at] = (key, value);
            } else {
                out.push((key, value));
            }
        }
        for source in merged {
            if *left == 0 {
                break;
            }
            *left -= 1;
            for (key, value) in source.entries_within(left) {
                if let Entry::Vacant(place) = known.entry(key.as_str()) {
                    place.insert(out.len());
                    out.push((key, value));
                }
            }
        }
        out
    }

    /// The value of a key.
    pub fn get(self, key: &str) -> Option<NodeRef<'d>> {
        self.entries().into_iter().find(|(found, _)| found.as_str() == Some(key)).map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests;
