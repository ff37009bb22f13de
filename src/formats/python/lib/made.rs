//! Values that a library makes of a text: they carry the text's origin.

use std::sync::Arc;

use crate::formats::python::eval::machine::Machine;
use crate::formats::python::eval::values::{K, V};
use crate::model::Span;

/// A value without history.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Plain {
    /// `None`.
    None,
    /// A truth.
    Bool(bool),
    /// An integer.
    Int(i128),
    /// A float.
    Float(f64),
    /// Text.
    Str(String),
    /// One of these texts, whatever is installed.
    Either(&'static [&'static str]),
    /// A list.
    List(Vec<Plain>),
    /// A dict.
    Dict(Vec<(String, Plain)>),
    /// It is not sure what the library makes of it.
    Unsure,
}

impl From<&str> for Plain {
    fn from(text: &str) -> Self {
        Self::Str(text.to_owned())
    }
}

impl From<String> for Plain {
    fn from(text: String) -> Self {
        Self::Str(text)
    }
}

/// Sets a key of a dict in place, or behind the others.
pub(crate) fn put(dict: &mut Vec<(String, Plain)>, key: &str, value: impl Into<Plain>) {
    let value = value.into();
    match dict.iter_mut().find(|(have, _)| have == key) {
        Some(item) => item.1 = value,
        None => dict.push((key.to_owned(), value)),
    }
}

impl Machine<'_> {
    /// The value, with the history of what it was made of.
    pub(crate) fn plain(&mut self, value: &Plain, from: &V, at: Span) -> V {
        let made = |k: K| V::at(k, at).from(from).with(|m| m.raw = None);
        match value {
            Plain::None => made(K::None),
            Plain::Bool(yes) => made(K::Bool(*yes)),
            Plain::Int(n) => made(K::Int(*n)),
            Plain::Float(n) => made(K::Float(*n)),
            Plain::Str(text) => made(K::Str(text.as_str().into())),
            Plain::Either([one]) => made(K::Str((*one).into())),
            Plain::Either(all) => made(K::OneOf(Arc::new(all.iter().map(|t| made(K::Str((*t).into()))).collect()))),
            Plain::List(items) => {
                let items = items.iter().map(|item| self.plain(item, from, at)).collect();
                self.list(items, at).from(from).with(|m| m.raw = None)
            }
            Plain::Dict(items) => {
                let items = items.iter().map(|(k, v)| (V::str(k), self.plain(v, from, at))).collect();
                self.new_dict(items, at).from(from).with(|m| m.raw = None)
            }
            Plain::Unsure => V::unknown("what the library makes of this is not sure", at).resting([from]),
        }
    }
}
