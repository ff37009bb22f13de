//! A compose file as a tree of values: texts interpolated, tags kept, places known.

use super::interpolate::{self, Found};
use crate::formats::World;
use crate::formats::yaml::NodeRef;
use crate::model::{Certainty, Known, Origin, Span, Spanned, Step, StepKind};

/// `!reset` and `!override`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Tag {
    /// Nothing of what stood before is left.
    Reset,
    /// This stands in place of what stood before.
    Override,
}

/// What a node holds.
#[derive(Clone, Debug)]
pub(super) enum Data {
    Null,
    Text { value: Known<String>, certainty: Certainty, plain: bool },
    Seq(Vec<Node>),
    Map(Vec<(Spanned<String>, Node)>),
}

/// A node and where it comes from.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) data: Data,
    pub(super) span: Span,
    pub(super) tag: Option<Tag>,
    /// What happened to it after it was written.
    pub(super) steps: Vec<Step>,
}

/// Everything that interpolation meets.
pub(super) struct Interpolator<'w> {
    pub(super) world: &'w World,
    pub(super) found: Vec<Found>,
    pub(super) errors: Vec<(Span, String)>,
}

/// Deeper values are not read.
const DEPTH: usize = 64;
/// Larger trees are not read: aliases could make one of any size.
const SIZE: usize = 200_000;

/// Reads a YAML node.
pub(super) fn read(node: NodeRef<'_>, with: &mut Interpolator<'_>) -> Node {
    let mut left = SIZE;
    read_within(node, with, 0, &mut left)
}

fn read_within(node: NodeRef<'_>, with: &mut Interpolator<'_>, depth: usize, left: &mut usize) -> Node {
    let tag = match node.tag() {
        Some("!reset") => Some(Tag::Reset),
        Some("!override") => Some(Tag::Override),
        _ => None,
    };
    let span = node.span();
    if depth > DEPTH || *left == 0 {
        return Node { data: Data::Null, span, tag, steps: Vec::new() };
    }
    *left -= 1;
    let mut steps = Vec::new();
    let data = if node.is_map() {
        let mut entries = Vec::new();
        for (key, value) in node.entries() {
            let name = key.as_str().unwrap_or_default().to_owned();
            entries.push((Spanned::new(name, key.span()), read_within(value, with, depth + 1, left)));
        }
        Data::Map(entries)
    } else if node.is_seq() {
        Data::Seq(node.items().into_iter().map(|item| read_within(item, with, depth + 1, left)).collect())
    } else if node.is_null() {
        Data::Null
    } else {
        let text = node.as_str().unwrap_or_default();
        let map = node.scalar_map();
        let done = interpolate::text(text, &map, with.world);
        with.found.extend(done.found);
        with.errors.extend(done.errors);
        steps = done.steps;
        Data::Text { value: done.value, certainty: done.certainty, plain: node.is_plain() }
    };
    Node { data, span, tag, steps }
}

impl Node {
    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|(name, _)| name.value == key).map(|(_, node)| node)
    }

    /// The entries of a mapping.
    pub(super) fn entries(&self) -> &[(Spanned<String>, Node)] {
        if let Data::Map(entries) = &self.data { entries } else { &[] }
    }

    /// The items of a sequence.
    pub(super) fn items(&self) -> &[Node] {
        if let Data::Seq(items) = &self.data { items } else { &[] }
    }

    /// The text of a scalar.
    pub(super) fn text(&self) -> Option<&Known<String>> {
        if let Data::Text { value, .. } = &self.data { Some(value) } else { None }
    }

    /// The text of a scalar, if it is decided.
    pub(super) fn one(&self) -> Option<&str> {
        self.text()?.one().map(String::as_str)
    }

    /// The certainty of a scalar.
    pub(super) fn certainty(&self) -> Certainty {
        if let Data::Text { certainty, .. } = &self.data { certainty.clone() } else { Certainty::Stated }
    }

    /// Whether nothing is written.
    pub(super) fn is_null(&self) -> bool {
        matches!(self.data, Data::Null)
    }

    /// Where it comes from.
    pub(super) fn origin(&self) -> Origin {
        let mut origin = Origin::set(self.span);
        for step in &self.steps {
            if !origin.steps.contains(step) {
                origin.steps.push(step.clone());
            }
        }
        origin
    }

    /// Adds a step to it and all below.
    pub(super) fn step(&mut self, kind: StepKind, span: Span) {
        let step = Step { kind, span, note: None };
        if !self.steps.contains(&step) {
            self.steps.push(step);
        }
        match &mut self.data {
            Data::Seq(items) => items.iter_mut().for_each(|item| item.step(kind, span)),
            Data::Map(entries) => entries.iter_mut().for_each(|(_, node)| node.step(kind, span)),
            _ => {}
        }
    }
}
