//! A compose file as a tree of values: texts interpolated, tags kept, places known.

use super::interpolate::{self, Found, UNKNOWN};
use super::scalar::{self, Kind};
use crate::formats::World;
use crate::formats::yaml::NodeRef;
use crate::model::{Certainty, Known, Origin, Reason, Span, SpanMap, Spanned, Step, StepKind};

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
    Scalar(Scalar),
    Seq(Vec<Node>),
    Map(Vec<(Spanned<String>, Node)>),
}

/// A scalar as Compose prints it.
#[derive(Clone, Debug)]
pub(super) struct Scalar {
    /// The text; parts that are not known are [`UNKNOWN`].
    pub(super) text: String,
    pub(super) unknown: Option<Reason>,
    pub(super) certainty: Certainty,
    pub(super) kind: Kind,
    /// The places of `K` and `V` in a text such as `K=V`.
    pair: Option<(Span, Span)>,
}

/// A node and where it comes from.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) data: Data,
    pub(super) span: Span,
    pub(super) tag: Option<Tag>,
    /// What happened to it after it was written.
    pub(super) steps: Vec<Step>,
    /// The folder that its paths are relative to, by the loader's count.
    pub(super) folder: usize,
    /// Whether Compose holds this mapping as a list by now.
    pub(super) listed: bool,
}

/// What reading takes along, and everything that interpolation meets.
pub(super) struct Reading<'w> {
    pub(super) world: &'w World,
    pub(super) folder: usize,
    pub(super) found: Vec<Found>,
    pub(super) errors: Vec<(Span, String)>,
    left: usize,
}

/// Deeper values are not read.
const DEPTH: usize = 64;
/// Larger trees are not read: aliases could make one of any size.
const SIZE: usize = 100_000;

impl<'w> Reading<'w> {
    pub(super) fn new(world: &'w World, folder: usize) -> Self {
        Self { world, folder, found: Vec::new(), errors: Vec::new(), left: SIZE }
    }

    /// Reads a YAML node.
    pub(super) fn node(&mut self, node: NodeRef<'_>, depth: usize) -> Node {
        let tag = match node.tag() {
            Some("!reset") => Some(Tag::Reset),
            Some("!override") => Some(Tag::Override),
            _ => None,
        };
        let mut read =
            Node { data: Data::Null, span: node.span(), tag, steps: Vec::new(), folder: self.folder, listed: false };
        if depth > DEPTH || self.left == 0 {
            self.errors.push((read.span, "too large or too deep to be read".into()));
            return read;
        }
        self.left -= 1;
        if node.is_map() {
            let mut entries = Vec::new();
            for (key, value) in node.entries() {
                let name = key.as_str().unwrap_or_default().to_owned();
                if !key.is_scalar() || key.is_null() || (key.is_plain() && scalar::read(&name).1 != Kind::Text) {
                    self.errors.push((key.span(), format!("the key {name} is not a text")));
                }
                entries.push((Spanned::new(name, key.span()), self.node(value, depth + 1)));
            }
            read.data = Data::Map(entries);
        } else if node.is_seq() {
            read.data = Data::Seq(node.items().into_iter().map(|item| self.node(item, depth + 1)).collect());
        } else if !node.is_null() {
            self.scalar(node, &mut read);
        }
        read
    }

    fn scalar(&mut self, node: NodeRef<'_>, into: &mut Node) {
        let written = node.as_str().unwrap_or_default();
        let map = node.scalar_map();
        let done = interpolate::text(written, &map, &|name| self.world.get(name));
        self.found.extend(done.found);
        self.errors.extend(done.errors);
        into.steps = done.steps;
        let tagged = matches!(node.tag(), Some(tag) if tag.ends_with("str"));
        let typed = node.is_plain() && !tagged && !written.contains('$');
        let (text, kind) = if typed { scalar::read(&done.text) } else { (done.text, Kind::Text) };
        let pair = written.find('=').map(|at| (map.span(0, at), map.span(at + 1, written.len())));
        let pair = pair.filter(|_| !matches!(map, SpanMap::Whole(_)));
        into.data = Data::Scalar(Scalar { text, unknown: done.unknown, certainty: done.certainty, kind, pair });
    }
}

impl Scalar {
    /// The value, if it is decided.
    pub(super) fn known(&self) -> Known<String> {
        match &self.unknown {
            Some(reason) => Known::Unknown(reason.clone()),
            None => Known::One(self.text.clone()),
        }
    }
}

impl Node {
    /// A text that no file states.
    pub(super) fn made(text: &str, span: Span, folder: usize) -> Self {
        let scalar =
            Scalar { text: text.to_owned(), unknown: None, certainty: Certainty::Stated, kind: Kind::Text, pair: None };
        Self { data: Data::Scalar(scalar), span, tag: None, steps: Vec::new(), folder, listed: false }
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|(name, _)| name.value == key).map(|(_, node)| node)
    }

    /// The same, for changing it.
    pub(super) fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        let Data::Map(entries) = &mut self.data else { return None };
        entries.iter_mut().find(|(name, _)| name.value == key).map(|(_, node)| node)
    }

    /// Takes an entry out of a mapping.
    pub(super) fn take(&mut self, key: &str) -> Option<Node> {
        let Data::Map(entries) = &mut self.data else { return None };
        let at = entries.iter().position(|(name, _)| name.value == key)?;
        Some(entries.remove(at).1)
    }

    /// The entries of a mapping.
    pub(super) fn entries(&self) -> &[(Spanned<String>, Node)] {
        if let Data::Map(entries) = &self.data { entries } else { &[] }
    }

    /// The items of a sequence; a lone scalar is a list of itself.
    pub(super) fn items(&self) -> &[Node] {
        match &self.data {
            Data::Seq(items) => items,
            Data::Scalar(_) => std::slice::from_ref(self),
            _ => &[],
        }
    }

    /// The scalar.
    pub(super) fn scalar(&self) -> Option<&Scalar> {
        if let Data::Scalar(scalar) = &self.data { Some(scalar) } else { None }
    }

    /// The text of a scalar, if it is decided.
    pub(super) fn one(&self) -> Option<&str> {
        self.scalar().filter(|scalar| scalar.unknown.is_none()).map(|scalar| scalar.text.as_str())
    }

    /// Whether it is a scalar that says yes.
    pub(super) fn is_true(&self) -> bool {
        self.one().is_some_and(|text| matches!(text.to_ascii_lowercase().as_str(), "true" | "y" | "yes" | "on"))
    }

    /// Whether nothing is written.
    pub(super) fn is_null(&self) -> bool {
        matches!(self.data, Data::Null)
    }

    /// A text `K=V` or `K` as an entry; parts of it that are not known make only the value unknown.
    pub(super) fn pair(&self) -> Option<(Spanned<String>, Node)> {
        let scalar = self.scalar()?;
        let (name, value) = match scalar.text.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (scalar.text.as_str(), None),
        };
        if name.contains(UNKNOWN) {
            return None;
        }
        let (name_span, value_span) = scalar.pair.unwrap_or((self.span, self.span));
        let data = value.map_or(Data::Null, |value| {
            let unknown = scalar.unknown.clone().filter(|_| value.contains(UNKNOWN));
            Data::Scalar(Scalar { text: value.to_owned(), unknown, kind: Kind::Text, pair: None, ..scalar.clone() })
        });
        let span = if value.is_some() { value_span } else { self.span };
        Some((Spanned::new(name.to_owned(), name_span), Node { data, span, ..self.clone() }))
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
