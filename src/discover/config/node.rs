//! TOML with places: what the layers of a configuration are merged as.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::model::{FileId, Problem, Span};

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where the value stands.
    pub span: Span,
    /// Where its key stands; the value itself in a list.
    pub key: Span,
    /// What it is.
    pub value: Value,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A text, or a date as it is written.
    Text(String),
    /// A TOML date.
    Date(String),
    /// `true` or `false`.
    Flag(bool),
    /// A number, which nothing of ours is.
    Number(String),
    /// A list.
    List(Vec<Node>),
    /// A table.
    Table(BTreeMap<String, Node>),
}

impl Value {
    /// What it is, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a text",
            Self::Date(_) => "a date",
            Self::Flag(_) => "true or false",
            Self::Number(_) => "a number",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }
}

impl Node {
    /// The keys of a text, and what is wrong with the text.
    pub fn parse(file: FileId, text: &str) -> (Self, Vec<Problem>) {
        let (root, errors) = DeTable::parse_recoverable(text);
        let problem = |error: toml::de::Error| {
            let at = error.span().unwrap_or(0..0);
            let mut problem = Problem::new(Span::new(file, at.start, at.end), format!("not TOML: {}", error.message()));
            problem.help = Some("mend the line; https://toml.io says how TOML is written".into());
            problem
        };
        let span = Span::new(file, 0, 0);
        let node = Self { span, key: span, value: Value::Table(table(file, root.get_ref())) };
        (node, errors.into_iter().map(problem).collect())
    }

    /// The text, if it is one.
    pub fn text(&self) -> Option<&str> {
        if let Value::Text(text) | Value::Date(text) = &self.value { Some(text) } else { None }
    }

    /// What stands behind a path of keys, or of positions in lists.
    pub fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |node, step| match &node.value {
            Value::Table(table) => table.get(*step),
            Value::List(items) => items.get(step.parse::<usize>().ok()?),
            _ => None,
        })
    }

    /// The entries of a list; one that is not a list is its own only entry.
    pub fn entries(&self) -> &[Self] {
        if let Value::List(items) = &self.value { items } else { std::slice::from_ref(self) }
    }

    /// The entries of a list behind a key.
    pub fn list(&self, key: &str) -> &[Self] {
        self.at(&[key]).map_or(&[], Self::entries)
    }

    /// As TOML without places.
    pub fn plain(&self) -> toml::Value {
        match &self.value {
            Value::Text(text) | Value::Date(text) | Value::Number(text) => toml::Value::String(text.clone()),
            Value::Flag(flag) => toml::Value::Boolean(*flag),
            Value::List(items) => toml::Value::Array(items.iter().map(Self::plain).collect()),
            Value::Table(table) => {
                toml::Value::Table(table.iter().map(|(key, node)| (key.clone(), node.plain())).collect())
            }
        }
    }
}

fn table(file: FileId, written: &DeTable<'_>) -> BTreeMap<String, Node> {
    let one = |(key, value): (&Spanned<std::borrow::Cow<'_, str>>, &Spanned<DeValue<'_>>)| {
        let place = Span::new(file, key.span().start, key.span().end);
        (key.get_ref().to_string(), Node { key: place, ..node(file, value) })
    };
    written.iter().map(one).collect()
}

fn node(file: FileId, written: &Spanned<DeValue<'_>>) -> Node {
    let span = Span::new(file, written.span().start, written.span().end);
    let value = match written.get_ref() {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Datetime(when) => Value::Date(when.to_string()),
        DeValue::Boolean(flag) => Value::Flag(*flag),
        DeValue::Integer(number) => Value::Number(number.to_string()),
        DeValue::Float(number) => Value::Number(number.to_string()),
        DeValue::Array(items) => Value::List(items.iter().map(|item| node(file, item)).collect()),
        DeValue::Table(inner) => Value::Table(table(file, inner)),
    };
    Node { span, key: span, value }
}
