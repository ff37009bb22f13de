//! What went wrong while reading, and what the files do not say.

use super::span::Span;

/// Something a parser could not read. Parsers never fail: they report and go on.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Problem {
    /// Where.
    pub span: Span,
    /// What was found and what was expected.
    pub message: String,
    /// What to do about it, if that is not obvious.
    pub help: Option<String>,
}

impl Problem {
    /// A problem at a place.
    pub fn new(span: Span, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), help: None }
    }
}

/// Something the files do not decide.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Unresolved {
    /// The project it belongs to.
    pub project: String,
    /// The environment, or none where it is about the project.
    pub environment: Option<String>,
    /// What is not known, in a few words.
    pub what: String,
    /// Why.
    pub reason: String,
    /// Where it was met.
    pub span: Option<Span>,
    /// The configuration that would decide it.
    pub answer_with: Option<String>,
}
