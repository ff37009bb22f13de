//! `[…]` behind the name of an array.

use super::ast::Arith;

/// What stands between the brackets: a number to most arrays, a text to those with keys.
#[derive(Clone, Debug)]
pub struct Subscript {
    /// As an expression.
    pub value: Arith,
    /// As written.
    pub raw: String,
}

impl Subscript {
    /// Whether it stands for every element.
    pub fn is_all(&self) -> bool {
        matches!(self.raw.as_str(), "@" | "*")
    }
}
