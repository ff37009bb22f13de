//! A compose file as a tree of values, places known.

use super::interpolate::UNKNOWN;
use super::scalar::Kind;
use crate::model::{Certainty, Known, Origin, Reason, Span, Spanned, Step, StepKind};

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
    pub(super) pair: Option<(Span, Span)>,
}

/// A node and where it comes from.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) data: Data,
    pub(super) span: Span,
    /// What happened to it after it was written.
    pub(super) steps: Vec<Step>,
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
    /// A node at a place.
    pub(super) fn new(data: Data, span: Span) -> Self {
        Self { data, span, steps: Vec::new() }
    }

    /// A text that no file states.
    pub(super) fn made(text: &str, span: Span) -> Self {
        Self::of_kind(text, Kind::Text, span)
    }

    /// A scalar that no file states.
    pub(super) fn of_kind(text: &str, kind: Kind, span: Span) -> Self {
        let scalar = Scalar { text: text.to_owned(), unknown: None, certainty: Certainty::Stated, kind, pair: None };
        Self::new(Data::Scalar(scalar), span)
    }

    /// A text that is part of this one: not known where that part is not.
    pub(super) fn part(&self, text: &str) -> Self {
        let mut node = Self::made(text, self.span);
        node.steps.clone_from(&self.steps);
        if let (Data::Scalar(part), Some(whole)) = (&mut node.data, self.scalar()) {
            part.certainty = whole.certainty.clone();
            part.unknown = whole.unknown.clone().filter(|_| text.contains(UNKNOWN));
        }
        node
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|(name, _)| name.value == key).map(|(_, node)| node)
    }

    /// The same, for changing it.
    pub(super) fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.entries_mut().iter_mut().find(|(name, _)| name.value == key).map(|(_, node)| node)
    }

    /// Takes an entry out of a mapping.
    pub(super) fn take(&mut self, key: &str) -> Option<Node> {
        let Data::Map(entries) = &mut self.data else { return None };
        let at = entries.iter().position(|(name, _)| name.value == key)?;
        Some(entries.remove(at).1)
    }

    /// Gives a mapping an entry, in place of one of that name.
    pub(super) fn put(&mut self, key: &str, node: Node) {
        if let Some(known) = self.get_mut(key) {
            *known = node;
        } else if let Data::Map(entries) = &mut self.data {
            entries.push((Spanned::new(key.to_owned(), node.span), node));
        }
    }

    /// The entries of a mapping.
    pub(super) fn entries(&self) -> &[(Spanned<String>, Node)] {
        if let Data::Map(entries) = &self.data { entries } else { &[] }
    }

    /// The same, for changing them.
    pub(super) fn entries_mut(&mut self) -> &mut [(Spanned<String>, Node)] {
        if let Data::Map(entries) = &mut self.data { entries } else { &mut [] }
    }

    /// The items of a sequence.
    pub(super) fn items(&self) -> &[Node] {
        if let Data::Seq(items) = &self.data { items } else { &[] }
    }

    /// The items of a sequence; a lone scalar is a list of itself.
    pub(super) fn list(&self) -> &[Node] {
        if self.scalar().is_some() { std::slice::from_ref(self) } else { self.items() }
    }

    /// The scalar.
    pub(super) fn scalar(&self) -> Option<&Scalar> {
        if let Data::Scalar(scalar) = &self.data { Some(scalar) } else { None }
    }

    /// The text of a scalar that is a text, decided or not.
    pub(super) fn text(&self) -> Option<&str> {
        self.scalar().filter(|scalar| scalar.kind == Kind::Text).map(|scalar| scalar.text.as_str())
    }

    /// The text of a scalar, if it is decided.
    pub(super) fn one(&self) -> Option<&str> {
        self.scalar().filter(|scalar| scalar.unknown.is_none()).map(|scalar| scalar.text.as_str())
    }

    /// Whether it is a scalar that says yes.
    pub(super) fn is_true(&self) -> bool {
        self.one().and_then(switch).unwrap_or(false)
    }

    /// Whether nothing is written.
    pub(super) fn is_null(&self) -> bool {
        matches!(self.data, Data::Null)
    }

    /// Whether it is a mapping.
    pub(super) fn is_map(&self) -> bool {
        matches!(self.data, Data::Map(_))
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
        Some((Spanned::new(name.to_owned(), name_span), Node { data, span, steps: self.steps.clone() }))
    }

    /// The place of the value: of a text `K=V` that of `V`.
    pub(super) fn value_span(&self) -> Span {
        self.scalar().and_then(|scalar| scalar.pair).map_or(self.span, |(_, value)| value)
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

    /// Says that it stands in place of another.
    pub(super) fn replaces(&mut self, base: &Node) {
        if !base.is_null() {
            self.steps.push(Step { kind: StepKind::Overridden, span: base.value_span(), note: None });
            self.steps.dedup();
        }
    }
}

/// Yes or no, as Compose reads it in a text.
pub(super) fn switch(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "y" | "yes" | "on" => Some(true),
        "false" | "n" | "no" | "off" => Some(false),
        _ => None,
    }
}

/// Whether two nodes say the same.
pub(super) fn same(a: &Node, b: &Node) -> bool {
    match (&a.data, &b.data) {
        (Data::Null, Data::Null) => true,
        (Data::Scalar(a), Data::Scalar(b)) => {
            let number = |kind| matches!(kind, Kind::Int | Kind::Large | Kind::Float);
            let text = |kind| matches!(kind, Kind::Text | Kind::Time);
            let alike = a.kind == b.kind || number(a.kind) && number(b.kind) || text(a.kind) && text(b.kind);
            alike && a.text == b.text && a.unknown.is_none() && b.unknown.is_none()
        }
        (Data::Seq(a), Data::Seq(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Data::Map(a), Data::Map(many)) => {
            let equal =
                |(key, node): &(Spanned<String>, Node)| b.get(&key.value).is_some_and(|other| same(node, other));
            a.len() == many.len() && a.iter().all(equal)
        }
        _ => false,
    }
}
