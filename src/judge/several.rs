//! Several facts as conditions see them: nothing found in a set that may hold more decides nothing.

use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr};
use minijinja::{Environment, Error, State, Value as Jinja, filters};

use super::object::Touched;
use crate::model::Reason;

/// Facts that were found, and why there may be more.
#[derive(Debug)]
pub struct Several {
    found: Vec<Jinja>,
    open: Vec<Reason>,
    touched: Touched,
}

impl Several {
    /// The facts found in sets of which some may hold more.
    pub fn wrap(found: Vec<Jinja>, open: Vec<Reason>, touched: &Touched) -> Jinja {
        Jinja::from_object(Self { found, open, touched: touched.clone() })
    }

    /// Notes that what is asked for may still be there.
    fn touch(&self) {
        if self.found.is_empty() {
            self.open.iter().for_each(|reason| self.touched.add(reason));
        }
    }
}

impl Object for Several {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Jinja) -> Option<Jinja> {
        self.found.get(key.as_usize()?).cloned()
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.found.len())
    }
}

/// The same set with fewer items, or with what they were turned into.
fn narrowed(from: &Jinja, found: Vec<Jinja>) -> Jinja {
    match from.downcast_object_ref::<Several>() {
        Some(set) => Several::wrap(found, set.open.clone(), &set.touched),
        None => Jinja::from(found),
    }
}

/// The items whose attribute is true, or passes a test; or those whose does not.
fn select(state: &mut State, all: &Jinja, named: &Named, keep: bool) -> Result<Jinja, Error> {
    let mut found = Vec::new();
    for item in all.try_iter()? {
        let value = item.get_attr(&named.attribute)?;
        let passes = match (&named.test, &named.argument) {
            (None, _) => value.is_true(),
            (Some(test), None) => state.perform_test(test, &[value])?,
            (Some(test), Some(argument)) => state.perform_test(test, &[value, argument.clone()])?,
        };
        if passes == keep {
            found.push(item);
        }
    }
    Ok(narrowed(all, found))
}

/// What a filter looks at.
struct Named {
    attribute: String,
    test: Option<String>,
    argument: Option<Jinja>,
}

/// Gives an engine the filters that keep in mind that a set may hold more.
pub fn filters_of_sets(engine: &mut Environment<'static>) {
    for (name, keep) in [("selectattr", true), ("rejectattr", false)] {
        let filter =
            move |state: &mut State, all: Jinja, attribute: String, test: Option<String>, argument: Option<Jinja>| {
                select(state, &all, &Named { attribute, test, argument }, keep)
            };
        engine.add_filter(name, filter);
    }
    engine.add_filter("list", |all: Jinja| -> Result<Jinja, Error> {
        let found = all.try_iter()?.collect();
        Ok(narrowed(&all, found))
    });
    engine.add_filter("without", |all: Jinja, other: Jinja| -> Result<Jinja, Error> {
        let there: Vec<Jinja> = other.try_iter().map(Iterator::collect).unwrap_or_default();
        let items = all.try_iter().map(Iterator::collect::<Vec<_>>).unwrap_or_default();
        Ok(Jinja::from(items.into_iter().filter(|item| !there.contains(item)).collect::<Vec<_>>()))
    });
    engine.add_filter("length", |all: Jinja| {
        if let Some(set) = all.downcast_object_ref::<Several>() {
            set.touch();
        }
        filters::length(&all)
    });
    engine.add_filter("first", |all: Jinja| {
        if let Some(set) = all.downcast_object_ref::<Several>() {
            set.touch();
        }
        filters::first(&all)
    });
}
