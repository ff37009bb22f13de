//! Expansion of `$X` when a variable may be unknown or one of several.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::lexer::{self, Lexed, Rules};
use crate::formats::world::{Var, Vars};
use crate::model::{Certainty, Known, Origin, Reason, Span, StepKind};

/// At most this many combinations of values are tried.
const COMBINATIONS: usize = 64;

/// The variables at a place of a Dockerfile.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    /// What is set.
    pub(super) vars: Arc<Vars>,
    /// ARGs that were declared and have no value.
    pub(super) pending: BTreeSet<String>,
    /// Whether the base image may set others.
    pub(super) open: bool,
}

impl Scope {
    pub(super) fn set(&mut self, name: &str, var: Var) {
        Arc::make_mut(&mut self.vars).insert(name.to_owned(), var);
    }

    /// The certainty of a variable's absence.
    fn absence(&self, name: &str) -> Certainty {
        if self.pending.contains(name) {
            return Certainty::Default { variable: Some(name.to_owned()) };
        }
        if self.open { Certainty::Default { variable: None } } else { Certainty::Stated }
    }
}

/// The result of an expansion.
pub(super) struct Expanded {
    pub(super) lexed: Known<Lexed>,
    pub(super) certainty: Certainty,
    /// Names that were looked up and not set.
    pub(super) missed: BTreeSet<String>,
    /// Names that were looked up and found, with their origins.
    used: Vec<(String, Var)>,
}

impl Expanded {
    /// The result where BuildKit refuses the text.
    pub(super) fn refused(message: String, span: Span) -> Self {
        let lexed = Known::Unknown(Reason::at(message, span));
        Self { lexed, certainty: Certainty::Stated, missed: BTreeSet::new(), used: Vec::new() }
    }

    /// The text as one word.
    pub(super) fn text(&self) -> Known<String> {
        self.lexed.clone().map(|lexed| lexed.word)
    }

    /// A chain that starts at the text's own place and names the variables in it.
    pub(super) fn origin(&self, span: Span) -> Origin {
        let mut origin = Origin::set(span);
        for (name, var) in &self.used {
            let kind = if var.certainty.is_default() { StepKind::Defaulted } else { StepKind::Interpolated };
            if let Some(place) = var.origin.primary().filter(|place| *place != span) {
                origin = origin.noted(kind, place, name);
            }
        }
        origin
    }

    /// A variable with this value, written at `span`.
    pub(super) fn into_var(self, span: Span) -> Var {
        Var { value: self.text(), certainty: self.certainty.clone(), origin: self.origin(span) }
    }
}

/// Expands a text; the error is BuildKit's refusal.
pub(super) fn expand(text: &str, rules: Rules, scope: &Scope) -> Result<Expanded, String> {
    let mut out =
        Expanded { lexed: Known::Absent, certainty: Certainty::Stated, missed: BTreeSet::new(), used: Vec::new() };
    let mut unknown: Option<Reason> = None;
    let mut choices: BTreeMap<String, (Vec<String>, Reason)> = BTreeMap::new();
    let mut every = true;
    let first = lexer::process(text, rules, &mut |name| {
        let Some(var) = scope.vars.get(name).filter(|var| var.value != Known::Absent) else {
            out.certainty = out.certainty.and(&scope.absence(name));
            out.missed.insert(name.to_owned());
            return None;
        };
        out.certainty = out.certainty.and(&var.certainty);
        if !out.used.iter().any(|(known, _)| known == name) {
            out.used.push((name.to_owned(), var.clone()));
        }
        match &var.value {
            Known::One(value) => return Some(value.clone()),
            Known::OneOf(values, why) | Known::Every(values, why) if !values.is_empty() => {
                every &= matches!(var.value, Known::Every(..));
                choices.insert(name.to_owned(), (values.clone(), why.clone()));
                return values.first().cloned();
            }
            Known::Unknown(reason) => unknown = unknown.take().or_else(|| Some(reason.clone())),
            _ => unknown = unknown.take().or_else(|| Some(Reason::new(format!("{name} has no value")))),
        }
        Some(String::from("x"))
    });
    if let Some(reason) = unknown {
        out.lexed = Known::Unknown(reason);
        return Ok(out);
    }
    let Some((_, (_, why))) = choices.iter().next() else {
        out.lexed = Known::One(first?);
        return Ok(out);
    };
    out.lexed = match combinations(text, rules, scope, &choices) {
        Some(found) if every => Known::Every(found, why.clone()),
        Some(found) => Known::OneOf(found, why.clone()),
        None => Known::Unknown(why.clone()),
    };
    Ok(out)
}

/// Every result of a text whose variables have several values; none if a combination is refused or there are too many.
fn combinations(
    text: &str,
    rules: Rules,
    scope: &Scope,
    choices: &BTreeMap<String, (Vec<String>, Reason)>,
) -> Option<Vec<Lexed>> {
    let total = choices.values().try_fold(1_usize, |n, (values, _)| n.checked_mul(values.len()))?;
    if total > COMBINATIONS {
        return None;
    }
    let mut found: Vec<Lexed> = Vec::new();
    for number in 0..total {
        let mut left = number;
        let mut chosen = BTreeMap::new();
        for (name, (values, _)) in choices {
            chosen.insert(name.as_str(), &values[left % values.len()]);
            left /= values.len();
        }
        let lexed = lexer::process(text, rules, &mut |name| {
            let given = || scope.vars.get(name).and_then(|var| var.value.one());
            chosen.get(name).copied().or_else(given).cloned()
        });
        let lexed = lexed.ok()?;
        if !found.contains(&lexed) {
            found.push(lexed);
        }
    }
    Some(found)
}
