//! What is known of a thing: a value, several, none, or not known and why.

use super::secret::Secret;
use super::span::Span;

/// Why something is not known, and what would make it known.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Reason {
    /// A short clause that completes "cannot be decided: …".
    pub text: String,
    /// The place that could not be followed.
    pub span: Option<Span>,
    /// The configuration line that would decide it, such as `provides = ["SECRET_KEY"]`.
    pub answer_with: Option<String>,
    /// Whether there is a value, though only the outside knows it: what a secret holds is neither missing nor empty.
    pub given: bool,
}

impl Reason {
    /// The variable that would decide it, where one would.
    pub fn variable(&self) -> Option<&str> {
        self.answer_with.as_deref()?.strip_prefix("provides = [\"")?.strip_suffix("\"]")
    }

    /// A reason without a place.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), span: None, answer_with: None, given: false }
    }

    /// A reason at a place.
    pub fn at(text: impl Into<String>, span: Span) -> Self {
        Self { text: text.into(), span: Some(span), answer_with: None, given: false }
    }

    /// Says that there is a value all the same.
    #[must_use]
    pub fn of_what_is_given(mut self) -> Self {
        self.given = true;
        self
    }

    /// Adds the configuration line that would answer it.
    #[must_use]
    pub fn answered_with(mut self, line: impl Into<String>) -> Self {
        self.answer_with = Some(line.into());
        self
    }
}

/// A value as far as the files decide it. *Unknown never equals and never differs.*
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Known<T> {
    /// Exactly this.
    One(T),
    /// One of these runs, and the files do not say which (an undecided branch).
    OneOf(Vec<T>, Reason),
    /// All of these run (a matrix).
    Every(Vec<T>, Reason),
    /// There is none.
    Absent,
    /// The files do not decide it.
    Unknown(Reason),
}

impl<T> Known<T> {
    /// The value, if it is exactly one.
    pub fn one(&self) -> Option<&T> {
        if let Self::One(value) = self { Some(value) } else { None }
    }

    /// All values that it can have; empty for absent and unknown.
    pub fn values(&self) -> &[T] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::OneOf(values, _) | Self::Every(values, _) => values,
            Self::Absent | Self::Unknown(_) => &[],
        }
    }

    /// Whether nothing is known of it.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown(_))
    }

    /// Applies `f` to every value.
    pub fn map<U>(self, mut f: impl FnMut(T) -> U) -> Known<U> {
        match self {
            Self::One(value) => Known::One(f(value)),
            Self::OneOf(values, why) => Known::OneOf(values.into_iter().map(f).collect(), why),
            Self::Every(values, why) => Known::Every(values.into_iter().map(f).collect(), why),
            Self::Absent => Known::Absent,
            Self::Unknown(reason) => Known::Unknown(reason),
        }
    }
}

/// Whether a value is stated in the files or holds only while nothing outside them says otherwise.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Certainty {
    /// The files state it.
    #[default]
    Stated,
    /// It holds unless something outside the repository overrides it.
    Default {
        /// The variable that would override it, where there is one.
        variable: Option<String>,
    },
}

impl Certainty {
    /// Whether something outside may override the value.
    pub fn is_default(&self) -> bool {
        matches!(self, Self::Default { .. })
    }

    /// Whether a variable may override it, and not only a file beside the program.
    pub fn is_by_variable(&self) -> bool {
        matches!(self, Self::Default { variable: Some(_) })
    }

    /// The weaker of two; of two that may be overridden, the one that says by which variable.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        if self.is_by_variable() || self.is_default() && !other.is_by_variable() { self.clone() } else { other.clone() }
    }
}

/// The value of an attribute.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// Text, versions included.
    Text(String),
    /// Yes or no.
    Bool(bool),
    /// An ordered list of texts.
    List(Vec<String>),
    /// A text that must not be shown.
    Secret(Secret),
}

impl Value {
    /// Text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// The text, if it is text.
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Bool(yes) => write!(f, "{yes}"),
            Self::List(items) => write!(f, "{items:?}"),
            Self::Secret(_) => f.write_str("(secret)"),
        }
    }
}
