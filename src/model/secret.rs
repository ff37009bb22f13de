//! A value that must never be printed.

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
    pub fn occurrences(&self, text: &str) -> Vec<std::ops::Range<usize>> {
        if self.0.is_empty() {
            return Vec::new();
        }
        text.match_indices(&*self.0).map(|(at, found)| at..at + found.len()).collect()
    }

    /// Whether a test of the text holds (placeholder tables, entropy); the text itself stays inside.
    pub fn is(&self, test: impl FnOnce(&str) -> bool) -> bool {
        test(&self.0)
    }
}
