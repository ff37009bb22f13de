//! A workflow as GitHub's published parser reads it: checked by the schema, expressions set apart.

mod events;
mod read;
mod scalar;
mod schema;

pub use read::read;

/// A value of a workflow.
#[derive(Clone, PartialEq, Debug)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Its line.
    pub line: Option<usize>,
    /// Its extent in the file.
    pub range: (usize, usize),
}

/// What a value is.
#[derive(Clone, PartialEq, Debug)]
pub enum Kind {
    /// Nothing.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A number.
    Number(f64),
    /// Text without expressions.
    Text(String),
    /// An expression; of a text with expressions in it, the call of `format` that it stands for.
    Expression(String),
    /// `${{ insert }}`.
    Insert,
    /// A list.
    List(Vec<Token>),
    /// A mapping, in source order.
    Map(Vec<(Token, Token)>),
}

/// What GitHub would refuse a workflow for.
#[derive(Clone, PartialEq, Debug)]
pub struct Fault {
    /// Its line, where it has one.
    pub line: Option<usize>,
    /// Its offset, where it has one.
    pub at: Option<usize>,
    /// What is wrong.
    pub message: String,
}

/// A workflow, read and checked.
#[derive(Clone, PartialEq, Debug)]
pub struct Template {
    /// Its outermost value; none where it is not YAML.
    pub root: Option<Token>,
    /// What GitHub would refuse it for.
    pub faults: Vec<Fault>,
}

impl Token {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Self> {
        let named = |name: &Self| matches!(&name.kind, Kind::Text(name) if name == key);
        self.entries().iter().rev().find(|(name, _)| named(name)).map(|(_, value)| value)
    }

    /// The entries of a mapping; none for anything else.
    pub fn entries(&self) -> &[(Self, Self)] {
        if let Kind::Map(entries) = &self.kind { entries } else { &[] }
    }

    /// The items of a list; none for anything else.
    pub fn items(&self) -> &[Self] {
        if let Kind::List(items) = &self.kind { items } else { &[] }
    }

    /// The name that a key stands for.
    pub fn name(&self) -> &str {
        if let Kind::Text(name) = &self.kind { name } else { "${{insert}}" }
    }
}
