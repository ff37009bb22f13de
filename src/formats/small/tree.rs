//! One spanned tree for small JSON, YAML and TOML files.

use std::cell::Cell;

use crate::formats::yaml;
use crate::model::{FileId, Problem, Span, SpanMap, Spanned};

/// How deep a tree may nest.
pub const MAX_DEPTH: usize = 100;
/// How many nodes a YAML tree may have, those that aliases repeat counted each time.
const MAX_NODES: usize = 200_000;

/// A value of a file and its place.
#[derive(Clone, PartialEq, Debug)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Its extent.
    pub span: Span,
    /// How offsets of a scalar's text lead back to the file.
    pub map: SpanMap,
}

/// What a node is.
#[derive(Clone, PartialEq, Debug)]
pub enum Kind {
    /// Nothing.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A number, and how it is written.
    Number(f64, String),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A mapping, in source order.
    Map(Vec<(Spanned<String>, Node)>),
}

impl Node {
    /// A node whose scalar text, if any, cannot be laid over the file.
    pub fn new(kind: Kind, span: Span) -> Self {
        Self { kind, span, map: SpanMap::Whole(span) }
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().rev().find(|(name, _)| name.value == key).map(|(_, node)| node)
    }

    /// The value at a path of keys.
    pub fn path(&self, keys: &[&str]) -> Option<&Self> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The entries of a mapping; none for anything else.
    pub fn entries(&self) -> &[(Spanned<String>, Self)] {
        if let Kind::Map(entries) = &self.kind { entries } else { &[] }
    }

    /// The items of a list; none for anything else.
    pub fn items(&self) -> &[Self] {
        if let Kind::List(items) = &self.kind { items } else { &[] }
    }

    /// A list's items, or the node itself where one stands for a list of one; none for null.
    pub fn one_or_many(&self) -> &[Self] {
        match &self.kind {
            Kind::List(items) => items,
            Kind::Null => &[],
            _ => std::slice::from_ref(self),
        }
    }

    /// Text, if it is text.
    pub fn as_str(&self) -> Option<&str> {
        if let Kind::Text(text) = &self.kind { Some(text) } else { None }
    }

    /// Yes or no, if it is that.
    pub fn as_bool(&self) -> Option<bool> {
        if let Kind::Bool(yes) = self.kind { Some(yes) } else { None }
    }

    /// Any scalar but null as it is written.
    pub fn scalar(&self) -> Option<String> {
        match &self.kind {
            Kind::Text(text) | Kind::Number(_, text) => Some(text.clone()),
            Kind::Bool(yes) => Some(yes.to_string()),
            _ => None,
        }
    }

    /// Any scalar but null as it is written, with its place.
    pub fn spanned(&self) -> Option<Spanned<String>> {
        self.scalar().map(|text| Spanned::new(text, self.span))
    }

    /// The scalar at a key, with its place.
    pub fn field(&self, key: &str) -> Option<Spanned<String>> {
        self.get(key)?.spanned()
    }

    /// The scalars of a list, or of a single scalar.
    pub fn texts(&self) -> Vec<Spanned<String>> {
        self.one_or_many().iter().filter_map(Self::spanned).collect()
    }
}

/// The tree of a YAML file's first document.
pub fn yaml(file: FileId, text: &str) -> (Option<Node>, Vec<Problem>) {
    let document = yaml::parse(file, text);
    let node = document.root().map(|root| of_yaml(root, 0, &Cell::new(MAX_NODES)));
    (node, document.problems)
}

/// The trees of all documents of a YAML file.
pub fn yaml_all(file: FileId, text: &str) -> Vec<Node> {
    yaml::parse_all(file, text)
        .iter()
        .filter_map(|document| Some(of_yaml(document.root()?, 0, &Cell::new(MAX_NODES))))
        .collect()
}

fn of_yaml(node: yaml::NodeRef<'_>, depth: usize, left: &Cell<usize>) -> Node {
    let span = node.span();
    left.set(left.get().saturating_sub(1));
    if depth > MAX_DEPTH || left.get() == 0 {
        return Node::new(Kind::Null, span);
    }
    if node.is_map() {
        let entry = |(key, value): (yaml::NodeRef<'_>, yaml::NodeRef<'_>)| {
            let name = Spanned::new(key.as_str().unwrap_or_default().to_owned(), key.span());
            (name, of_yaml(value, depth + 1, left))
        };
        return Node::new(Kind::Map(node.entries().into_iter().map(entry).collect()), span);
    }
    if node.is_seq() {
        return Node::new(
            Kind::List(node.items().into_iter().map(|item| of_yaml(item, depth + 1, left)).collect()),
            span,
        );
    }
    let text = node.as_str().unwrap_or_default();
    let kind = if node.is_plain() { plain(text) } else { Kind::Text(text.to_owned()) };
    Node { kind, span, map: node.scalar_map() }
}

/// What a plain YAML scalar is by the core schema.
pub fn plain(text: &str) -> Kind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Kind::Null,
        "true" | "True" | "TRUE" => return Kind::Bool(true),
        "false" | "False" | "FALSE" => return Kind::Bool(false),
        _ => {}
    }
    number(text).map_or_else(|| Kind::Text(text.to_owned()), |number| Kind::Number(number, text.to_owned()))
}

fn number(text: &str) -> Option<f64> {
    let radix = |digits: &str, radix| u32::from_str_radix(digits, radix).ok().map(f64::from);
    if let Some(digits) = text.strip_prefix("0x") {
        return radix(digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return radix(digits, 8);
    }
    let digits = text.trim_start_matches(['+', '-']);
    if text.len() > digits.len() + 1 {
        return None;
    }
    let shaped = digits.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-'));
    let starts = digits.starts_with(|c: char| c.is_ascii_digit())
        || digits.strip_prefix('.').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    if shaped && starts { text.parse().ok() } else { None }
}

/// The tree of a TOML file.
pub fn toml(file: FileId, text: &str) -> (Option<Node>, Vec<Problem>) {
    let (table, errors) = toml::de::DeTable::parse_recoverable(text);
    let problems = errors.iter().take(5).map(|error| {
        let range = error.span().unwrap_or(0..0);
        Problem::new(Span::new(file, range.start, range.end), error.message().to_owned())
    });
    let span = table.span();
    let node = of_table(file, table.get_ref(), Span::new(file, span.start, span.end), 0);
    (Some(node), problems.collect())
}

fn of_table(file: FileId, table: &toml::de::DeTable<'_>, span: Span, depth: usize) -> Node {
    let mut entries: Vec<(Spanned<String>, Node)> = Vec::new();
    for (key, value) in table {
        let at = key.span();
        let name = Spanned::new(key.get_ref().to_string(), Span::new(file, at.start, at.end));
        entries.push((name, of_toml(file, value, depth + 1)));
    }
    entries.sort_by_key(|(name, _)| name.span);
    Node::new(Kind::Map(entries), span)
}

fn of_toml(file: FileId, value: &toml::Spanned<toml::de::DeValue<'_>>, depth: usize) -> Node {
    use toml::de::DeValue;
    let at = value.span();
    let span = Span::new(file, at.start, at.end);
    if depth > MAX_DEPTH {
        return Node::new(Kind::Null, span);
    }
    let numeric = |text: &str| Kind::Number(text.parse().unwrap_or(f64::NAN), text.to_owned());
    match value.get_ref() {
        DeValue::String(text) => {
            // A basic or literal string without escapes is a slice of the file, one quote in.
            let slice = at.len() == text.len() + 2;
            let map = if slice { SpanMap::Linear { file, base: span.start + 1 } } else { SpanMap::Whole(span) };
            Node { kind: Kind::Text(text.to_string()), span, map }
        }
        DeValue::Integer(number) => Node::new(numeric(number.as_str()), span),
        DeValue::Float(number) => Node::new(numeric(number.as_str()), span),
        DeValue::Boolean(yes) => Node::new(Kind::Bool(*yes), span),
        DeValue::Datetime(when) => Node::new(Kind::Text(when.to_string()), span),
        DeValue::Array(items) => {
            Node::new(Kind::List(items.iter().map(|item| of_toml(file, item, depth + 1)).collect()), span)
        }
        DeValue::Table(table) => of_table(file, table, span, depth),
    }
}
