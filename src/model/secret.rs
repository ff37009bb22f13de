//! A value that must never be printed.

use std::ops::Range;
use std::sync::Arc;

/// A secret's text. It can be compared, so that "the same secret twice" can be found, and it can be looked for in text that
/// is about to be printed; it has no `Display`, `Debug` or `Serialize`, so it cannot reach an output by accident.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Secret(Arc<str>);

impl Secret {
    /// Takes a text into custody.
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// Length in bytes: enough to decide whether an occurrence elsewhere can be chance.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is nothing to hide.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The ranges of `text` where this secret stands, for redaction.
    pub fn occurrences(&self, text: &str) -> Vec<Range<usize>> {
        if self.0.is_empty() {
            return Vec::new();
        }
        text.match_indices(&*self.0).map(|(at, found)| at..at + found.len()).collect()
    }

    /// An address with its password apart: what stands before the password, the password itself, and what stands behind it up
    /// to the query, which may hold another secret.
    pub fn around(&self, password: impl FnOnce(&str) -> Option<Range<usize>>) -> Option<(String, Self, String)> {
        let found = password(&self.0)?;
        let behind = self.0.get(found.end..)?.split(['?', '#']).next()?;
        Some((self.0.get(..found.start)?.to_owned(), Self::new(self.0.get(found)?), behind.to_owned()))
    }

    /// Whether a test of the text holds (placeholder tables, entropy); the text itself stays inside.
    pub fn is(&self, test: impl FnOnce(&str) -> bool) -> bool {
        test(&self.0)
    }
}
