//! Facts: what an environment really runs.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::origin::Origin;
use super::schema::Dimension;
use super::value::{Certainty, Known, Reason, Value};

/// What a fact is about. The order is the order of every output.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FactId {
    /// The project.
    pub project: Arc<str>,
    /// The environment.
    pub environment: Arc<str>,
    /// The dimension.
    pub dimension: Dimension,
    /// The key inside the dimension, as `schema` describes it.
    pub key: String,
    /// The component, or none where the fact is about the whole environment.
    pub component: Option<Arc<str>>,
}

/// One attribute of a fact.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attr {
    /// What it is.
    pub value: Known<Value>,
    /// Whether something outside may override it.
    pub certainty: Certainty,
    /// Where it comes from.
    pub origin: Origin,
}

impl Attr {
    /// A stated value.
    pub fn stated(value: Value, origin: Origin) -> Self {
        Self { value: Known::One(value), certainty: Certainty::Stated, origin }
    }

    /// A stated text.
    pub fn text(text: impl Into<String>, origin: Origin) -> Self {
        Self::stated(Value::text(text), origin)
    }

    /// A stated yes or no.
    pub fn bool(yes: bool, origin: Origin) -> Self {
        Self::stated(Value::Bool(yes), origin)
    }

    /// A value that the files do not decide.
    pub fn unknown(reason: Reason, origin: Origin) -> Self {
        Self { value: Known::Unknown(reason), certainty: Certainty::Stated, origin }
    }
}

/// A fact's attributes by name; the names are those of `schema`.
pub type Attributes = BTreeMap<&'static str, Attr>;

/// What is known of one thing in one environment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fact {
    /// What it is about.
    pub id: FactId,
    /// What is known; the plain value stands under `value`-like attributes too.
    pub attributes: Attributes,
}

impl Fact {
    /// An attribute, if it was stated.
    pub fn get(&self, attribute: &str) -> Option<&Attr> {
        self.attributes.get(attribute)
    }

    /// The single text of an attribute.
    pub fn text(&self, attribute: &str) -> Option<&str> {
        self.get(attribute)?.value.one()?.as_text()
    }
}

/// Whether a set of facts is complete. *Absent is a fact only in a complete set.*
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Coverage {
    /// The project.
    pub project: Arc<str>,
    /// The environment.
    pub environment: Arc<str>,
    /// The component, or none for the whole environment.
    pub component: Option<Arc<str>>,
    /// The dimension.
    pub dimension: Dimension,
    /// Nothing, or why more may be there than was seen.
    pub complete: Result<(), Reason>,
}

/// Why a set that pip resolves is not complete.
pub const UNLISTED: &str = "pip adds what these packages need, which only an index knows";

impl Coverage {
    /// Whether everything that the files name was seen, whatever pip adds to it.
    pub fn named(&self) -> Result<(), &Reason> {
        self.complete.as_ref().err().filter(|reason| reason.text != UNLISTED).map_or(Ok(()), Err)
    }
}
