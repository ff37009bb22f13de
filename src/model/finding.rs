//! Findings and verdicts: what the rules say.

use std::collections::BTreeMap;

use super::environment::Role;
use super::schema::Dimension;
use super::span::Span;
use super::value::Reason;

/// How bad a finding is. The order is ascending.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Worth mending.
    Warning,
    /// Fails the run by default.
    Error,
}

impl Severity {
    /// The word in outputs and rules.
    pub fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// The severity of that name.
    pub fn of(name: &str) -> Option<Self> {
        [Self::Note, Self::Warning, Self::Error].into_iter().find(|severity| severity.name() == name)
    }

    /// One level lower; a note stays a note.
    #[must_use]
    pub fn lower(self) -> Self {
        if self == Self::Error { Self::Warning } else { Self::Note }
    }
}

/// One place of a finding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Location {
    /// Where.
    pub span: Span,
    /// The environment it speaks of, where there is one.
    pub environment: Option<String>,
    /// What is to be seen there.
    pub label: String,
}

/// One of several things that a finding lists.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Item {
    /// What it is.
    pub key: String,
    /// Its value.
    pub value: String,
    /// Its own fingerprint, so that a baseline can hold it.
    pub fingerprint: String,
}

impl Item {
    /// What it is with its value, where that is known.
    pub fn words(&self) -> String {
        let value = if self.value == "unknown" { "" } else { self.value.as_str() };
        format!("{} {value}", self.key).trim().to_owned()
    }
}

/// What a rule said of one candidate: findings are joined of such parts, and accepted part by part.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Part {
    /// The fact's key.
    pub key: String,
    /// The value that it speaks of.
    pub value: String,
    /// The component, where it is about one.
    pub component: Option<String>,
    /// The environment that deviates, or that it is about; empty for what is about none.
    pub environment: String,
    /// Its severity alone.
    pub severity: Severity,
    /// The headline of this part alone.
    pub message: String,
    /// Its places, primary first.
    pub locations: Vec<Location>,
    /// Its stable identity.
    pub fingerprint: String,
}

/// Why a finding is less severe than its rule says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lowered {
    /// What the rule says.
    pub from: Severity,
    /// Why it is lower, as a clause.
    pub because: String,
}

/// Why a finding is not counted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Suppression {
    /// `inline`, `config` or `baseline`.
    pub by: &'static str,
    /// The reason given.
    pub reason: String,
    /// The last day it holds.
    pub until: Option<String>,
}

/// A change of one place that would mend a finding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Replacement {
    /// The place.
    pub span: Span,
    /// What must stand there now: a value that is put together elsewhere cannot be changed here.
    pub was: String,
    /// What is to stand there, or behind it.
    pub text: String,
    /// Whether what stands there stays.
    pub append: bool,
    /// Whether somebody must look at it first.
    pub risky: bool,
}

/// What a rule found. A finding has one primary place or more; `locations` is never empty.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// The rule's name.
    pub rule: String,
    /// How bad.
    pub severity: Severity,
    /// The project.
    pub project: String,
    /// The component, where it is about one.
    pub component: Option<String>,
    /// The dimension.
    pub dimension: Dimension,
    /// The fact's key.
    pub key: String,
    /// The environments it holds for and their values as text, the deviating one first, then the reference.
    pub environments: BTreeMap<String, String>,
    /// The environments that deviate, or that it is about: all of `environments` but the reference.
    pub deviating: Vec<String>,
    /// The worst role it holds for.
    pub role: Role,
    /// Whether two environments are compared.
    pub drift: bool,
    /// The headline.
    pub message: String,
    /// What to do.
    pub help: String,
    /// Further lines of explanation.
    pub notes: Vec<String>,
    /// The places, primary first.
    pub locations: Vec<Location>,
    /// What it was joined of; one or more.
    pub parts: Vec<Part>,
    /// Whether it is a list of its parts.
    pub list: bool,
    /// The things it lists, if it is a list.
    pub items: Vec<Item>,
    /// Stable identity.
    pub fingerprint: String,
    /// The finding that explains this one.
    pub part_of: Option<String>,
    /// Whether it was lowered, and why.
    pub lowered: Option<Lowered>,
    /// Whether somebody accepted it.
    pub suppressed: Option<Suppression>,
    /// The change that would mend it, where one is known.
    pub edit: Option<Replacement>,
}

/// What a rule says of one candidate.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It fires.
    Fires(Box<Finding>),
    /// It does not: the condition or guard of that name stopped it.
    Silent(String),
    /// It touched something unknown.
    Undecided(Vec<Reason>),
    /// The rule does not speak of this.
    NotApplicable,
}

/// Verdicts of one rule, counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// Candidates on which it fired.
    pub fired: usize,
    /// Candidates on which a condition or guard stopped it.
    pub silent: usize,
    /// Candidates that could not be decided.
    pub undecided: usize,
}
