//! The only place that says same, different, or undecided.

use crate::model::{Attr, Known, Reason, Value};

/// How two attributes stand to one another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Relation {
    /// Both are decided and share a value.
    Same,
    /// Both are decided and share none.
    Differs,
    /// One of them is not decided.
    Undecided(Reason),
}

/// Compares two attributes; an attribute that was never stated is not decided.
pub fn relation(a: Option<&Attr>, b: Option<&Attr>) -> Relation {
    match (a, b) {
        (Some(a), Some(b)) => known(&a.value, &b.value),
        _ => Relation::Undecided(Reason::new("one side does not state it")),
    }
}

/// Compares two known values. `Every` is a matrix: holding the other's value is parity. `OneOf` is a branch: it differs only if
/// every alternative does, and is the same only if there is no other alternative.
pub fn known(a: &Known<Value>, b: &Known<Value>) -> Relation {
    use Known::{Absent, Every, One, OneOf, Unknown};
    match (a, b) {
        (Unknown(reason), _) | (_, Unknown(reason)) => Relation::Undecided(reason.clone()),
        (Absent, Absent) => Relation::Same,
        (Absent, _) | (_, Absent) => Relation::Differs,
        (One(a), One(b)) => {
            if same(a, b) {
                Relation::Same
            } else {
                Relation::Differs
            }
        }
        (OneOf(_, reason) | Every(_, reason), _) | (_, OneOf(_, reason) | Every(_, reason))
            if a.values().is_empty() || b.values().is_empty() =>
        {
            Relation::Undecided(reason.clone())
        }
        (OneOf(_, reason), _) | (_, OneOf(_, reason)) => {
            if disjoint(a.values(), b.values()) {
                Relation::Differs
            } else {
                Relation::Undecided(reason.clone())
            }
        }
        (Every(..), _) | (_, Every(..)) => {
            if disjoint(a.values(), b.values()) {
                Relation::Differs
            } else {
                Relation::Same
            }
        }
    }
}

fn disjoint(a: &[Value], b: &[Value]) -> bool {
    !a.iter().any(|a| b.iter().any(|b| same(a, b)))
}

/// Whether two values mean the same: texts after trimming, lists whatever their order.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => a.trim() == b.trim(),
        (Value::List(a), Value::List(b)) => {
            let sorted = |list: &[String]| {
                let mut list = list.to_vec();
                list.sort();
                list
            };
            sorted(a) == sorted(b)
        }
        _ => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::text(text)
    }

    fn why() -> Reason {
        Reason::new("a branch")
    }

    #[test]
    fn unknown_never_differs_and_never_equals() {
        assert_eq!(known(&Known::Unknown(why()), &Known::One(text("a"))), Relation::Undecided(why()));
        assert_eq!(known(&Known::Absent, &Known::Unknown(why())), Relation::Undecided(why()));
    }

    #[test]
    fn a_matrix_that_holds_the_value_is_parity() {
        let matrix = Known::Every(vec![text("3.11"), text("3.12")], why());
        assert_eq!(known(&matrix, &Known::One(text("3.12"))), Relation::Same);
        assert_eq!(known(&matrix, &Known::One(text("3.8"))), Relation::Differs);
    }

    #[test]
    fn a_branch_differs_only_if_every_alternative_does() {
        let branch = Known::OneOf(vec![text("a"), text("b")], why());
        assert_eq!(known(&branch, &Known::One(text("c"))), Relation::Differs);
        assert_eq!(known(&branch, &Known::One(text("a"))), Relation::Undecided(why()));
    }

    #[test]
    fn lists_are_sets() {
        let a = Known::One(Value::List(vec!["x".into(), "y".into()]));
        let b = Known::One(Value::List(vec!["y".into(), "x".into()]));
        assert_eq!(known(&a, &b), Relation::Same);
    }
}
