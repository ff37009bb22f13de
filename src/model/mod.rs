//! The nouns that every other layer speaks in. No I/O, no decisions, and on purpose no `Serialize`:
//! an output owns its own structs, so a change here never changes a format by accident.

pub mod audit;
pub mod component;
pub mod environment;
pub mod fact;
pub mod finding;
pub mod near;
pub mod origin;
pub mod problem;
pub mod schema;
pub mod secret;
pub mod span;
pub mod value;

pub use audit::{Audit, Model, PairCounts, ReadProblem};
pub use component::{Component, ComponentKind};
pub use environment::{Confidence, Environment, Evidence, Role};
pub use fact::{Attr, Attributes, Coverage, Fact, FactId, UNLISTED};
pub use finding::{Finding, Item, Location, Lowered, Part, Replacement, Severity, Suppression, Tally, Verdict};
pub use origin::{Origin, Step, StepKind};
pub use problem::{Problem, Unresolved};
pub use schema::{AttributeType, Dimension};
pub use secret::Secret;
pub use span::{FileId, Span, SpanMap, Spanned};
pub use value::{Certainty, Known, Reason, Value};
