//! Facts as conditions see them: an absent attribute is `none`, an unknown one is `none` too and is recorded as touched.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::Value as Jinja;
use minijinja::value::Object;

use crate::model::{Attr, Fact, Known, Reason, Secret, Value};

/// The unknowns that an evaluation touched.
#[derive(Clone, Default, Debug)]
pub struct Touched(Arc<Mutex<Vec<Reason>>>);

impl Touched {
    /// Records one.
    pub fn add(&self, reason: &Reason) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !all.contains(reason) {
            all.push(reason.clone());
        }
    }

    /// Takes all that were recorded since the last time.
    pub fn take(&self) -> Vec<Reason> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What an attribute is to a condition.
fn seen(attr: &Attr, touched: &Touched) -> Jinja {
    match &attr.value {
        Known::One(value) => plain(value),
        Known::Absent => Jinja::from(()),
        Known::Every(values, _) => Jinja::from(values.iter().map(shown).collect::<Vec<_>>().join(", ")),
        Known::OneOf(values, reason) => {
            touched.add(reason);
            Jinja::from(values.iter().map(|value| cut(&shown(value))).collect::<Vec<_>>().join(" or "))
        }
        Known::Unknown(reason) => {
            touched.add(reason);
            Jinja::from(())
        }
    }
}

/// A long text, cut for messages.
pub(super) fn cut(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        text.to_owned()
    } else {
        text.chars().take(LONGEST - 1).chain(['…']).collect()
    }
}

/// How long a list is in a message at most.
const LONGEST: usize = 80;

fn plain(value: &Value) -> Jinja {
    match value {
        Value::Bool(yes) => Jinja::from(*yes),
        Value::List(items) => Jinja::from(items.clone()),
        value => Jinja::from(shown(value)),
    }
}

/// A value as text; a secret never leaves as one.
pub fn shown(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Bool(yes) => yes.to_string(),
        Value::List(items) => items.join(", "),
        Value::Secret(_) => "a secret".into(),
    }
}

/// An attribute as text, for messages and fingerprints.
pub fn text_of(attr: &Attr) -> String {
    match &attr.value {
        Known::One(value) => shown(value),
        Known::OneOf(values, _) => values.iter().map(shown).collect::<Vec<_>>().join(" or "),
        Known::Every(values, _) => values.iter().map(shown).collect::<Vec<_>>().join(", "),
        Known::Absent => "absent".into(),
        Known::Unknown(_) => "unknown".into(),
    }
}

/// An attribute as text, a secret by its number among those of a model; what prints it numbers them anew, by first appearance.
pub fn told(attr: &Attr, secrets: &[Secret]) -> String {
    let secret = match &attr.value {
        Known::One(Value::Secret(secret)) => secrets.iter().position(|known| known == secret),
        _ => None,
    };
    secret.map_or_else(|| text_of(attr), |at| format!("{NUMBERED}{at}⟩"))
}

/// How the words for a secret with a number begin.
pub const NUMBERED: &str = "secret ⟨";

/// A fact in a condition.
pub struct FactObject {
    fact: Arc<Fact>,
    touched: Touched,
}

impl FactObject {
    /// Wraps a fact.
    pub fn wrap(fact: &Arc<Fact>, touched: &Touched) -> Jinja {
        Jinja::from_object(Self { fact: Arc::clone(fact), touched: touched.clone() })
    }
}

impl FactObject {
    fn place(&self) -> Option<String> {
        let span = self.fact.attributes.get("value")?.origin.primary()?;
        Some(format!("{}:{}", span.file.0, span.start))
    }
}

impl fmt::Debug for FactObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.fact.id.key)
    }
}

impl Object for FactObject {
    fn get_value(self: &Arc<Self>, key: &Jinja) -> Option<Jinja> {
        let name = key.as_str()?;
        Some(match name {
            "key" => Jinja::from(self.fact.id.key.as_str()),
            "component" => self.fact.id.component.as_deref().map_or_else(|| Jinja::from(()), Jinja::from),
            "environment" => Jinja::from(&*self.fact.id.environment),
            // Only equality with another fact's place means something.
            "place" => self.place().map_or_else(|| Jinja::from(()), Jinja::from),
            name => self.fact.attributes.get(name).map_or_else(|| Jinja::from(()), |attr| seen(attr, &self.touched)),
        })
    }
}
