//! Arrays whose elements are known one by one, and the variables of a function.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::ast::{Arith, Assign, Element, Part};
use super::Runner;
use super::keyed::Keyed;
use super::state::{State, Text};
use crate::formats::world::Var;
use crate::model::{Reason, Span};

/// Longer arrays are not followed.
const MAX_ELEMENTS: usize = 256;

/// What a variable was before a function declared it for itself.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Outer {
    shell: Option<Var>,
    env: Option<Var>,
    array: Option<Arc<Vec<Text>>>,
    keyed: Option<Arc<Keyed>>,
    guessed: bool,
}

/// The variables that a function declared for itself, with what they were before.
pub(super) type Frame = BTreeMap<String, Outer>;

impl State {
    /// A variable that is not known any more.
    pub(super) fn lose(&mut self, name: &str, reason: &Reason, span: Span) {
        self.drop_arrays(name);
        self.set(name, Text::unknown(reason.clone()), span);
    }

    /// Takes an array's elements away.
    pub(super) fn drop_arrays(&mut self, name: &str) {
        if self.arrays.contains_key(name) {
            Arc::make_mut(&mut self.arrays).remove(name);
        }
        if self.keyed.contains_key(name) {
            Arc::make_mut(&mut self.keyed).remove(name);
        }
    }

    /// Makes a variable the function's own.
    pub(super) fn declare_local(&mut self, name: &str) {
        let outer = Outer {
            shell: self.shell.get(name).cloned(),
            env: self.env.get(name).cloned(),
            array: self.arrays.get(name).cloned(),
            keyed: self.keyed.get(name).cloned(),
            guessed: self.guessed.contains(name),
        };
        if let Some(frame) = self.frames.last_mut() {
            frame.entry(name.to_owned()).or_insert(outer);
        }
    }

    /// A variable of the function's own that has no value yet.
    pub(super) fn unset_here(&mut self, name: &str) {
        Arc::make_mut(&mut self.shell).remove(name);
        Arc::make_mut(&mut self.env).remove(name);
        self.drop_arrays(name);
        let absent = Var {
            value: crate::model::Known::Absent,
            certainty: crate::model::Certainty::Stated,
            origin: crate::model::Origin::default(),
        };
        Arc::make_mut(&mut self.shell).insert(name.to_owned(), absent);
    }

    /// Gives the variables of a function back.
    pub(super) fn leave(&mut self, frame: Frame) {
        for (name, outer) in frame {
            for (vars, value) in [(&mut self.shell, outer.shell), (&mut self.env, outer.env)] {
                match value {
                    Some(value) => drop(Arc::make_mut(vars).insert(name.clone(), value)),
                    None if vars.contains_key(&name) => drop(Arc::make_mut(vars).remove(&name)),
                    None => {}
                }
            }
            match outer.array {
                Some(array) => drop(Arc::make_mut(&mut self.arrays).insert(name.clone(), array)),
                None if self.arrays.contains_key(&name) => drop(Arc::make_mut(&mut self.arrays).remove(&name)),
                None => {}
            }
            match outer.keyed {
                Some(keyed) => drop(Arc::make_mut(&mut self.keyed).insert(name.clone(), keyed)),
                None if self.keyed.contains_key(&name) => drop(Arc::make_mut(&mut self.keyed).remove(&name)),
                None => {}
            }
            if outer.guessed != self.guessed.contains(&name) {
                let guessed = Arc::make_mut(&mut self.guessed);
                if outer.guessed {
                    guessed.insert(name)
                } else {
                    guessed.remove(&name)
                };
            }
        }
    }

    /// Arrays that two branches do not share are not known behind them.
    pub(super) fn meet_arrays(&mut self, other: &Self, reason: &Reason) {
        if self.arrays == other.arrays && self.keyed == other.keyed {
            return;
        }
        let keyed = self.keyed.keys().chain(other.keyed.keys());
        let names: Vec<String> = self.arrays.keys().chain(other.arrays.keys()).chain(keyed).cloned().collect();
        for name in names {
            if self.arrays.get(&name) != other.arrays.get(&name) || self.keyed.get(&name) != other.keyed.get(&name) {
                let span = reason.span.unwrap_or(Span::new(crate::model::FileId(0), 0, 0));
                self.lose(&name, reason, span);
            }
        }
    }
}

impl Runner<'_> {
    /// `K=( … )`, `K+=( … )` and `K[i]=…`
    pub(super) fn assign_array(&mut self, assign: &Assign, state: &mut State) {
        if self.assign_keyed(assign, state) {
            return;
        }
        let reason = Reason::at("the array is not followed", assign.span);
        if let Some(index) = &assign.index {
            let value = self.text(state, &assign.value);
            let at = self.subscript(state, &index.value, assign.span);
            let array = state.arrays.get(&assign.name).cloned();
            match (at, array) {
                (Some(at), Some(array)) if at <= array.len() && certain(&array) && !assign.append => {
                    let mut array = Vec::clone(&array);
                    if at == array.len() {
                        array.push(value);
                    } else {
                        array[at] = value;
                    }
                    Arc::make_mut(&mut state.arrays).insert(assign.name.clone(), Arc::new(array));
                }
                _ => state.lose(&assign.name, &reason, assign.span),
            }
            return;
        }
        let [Part::Array(elements)] = assign.value.parts.as_slice() else { return };
        let before = state.arrays.get(&assign.name).cloned();
        let mut all = match (assign.append, before) {
            (false, _) => Vec::new(),
            (true, Some(array)) => Vec::clone(&array),
            (true, None) => match state.lookup(&assign.name) {
                text if text.known == crate::model::Known::Absent => Vec::new(),
                text => vec![text],
            },
        };
        match self.elements(elements, state) {
            Some(more) if all.len() + more.len() <= MAX_ELEMENTS => {
                all.extend(more);
                if state.shell.contains_key(&assign.name) {
                    Arc::make_mut(&mut state.shell).remove(&assign.name);
                }
                Arc::make_mut(&mut state.arrays).insert(assign.name.clone(), Arc::new(all));
            }
            _ => state.lose(&assign.name, &reason, assign.span),
        }
    }

    /// The elements of an array; none where some have subscripts.
    pub(super) fn elements(&mut self, elements: &[Element], state: &mut State) -> Option<Vec<Text>> {
        let mut all = Vec::new();
        for element in elements {
            match (&element.index, &element.value) {
                (None, Some(word)) if !super::super::lex::is_pattern(&word.raw) => all.extend(self.fields(state, word)),
                (None, Some(word)) => all.extend(self.looped(std::slice::from_ref(word), state)?),
                _ => return None,
            }
        }
        Some(all)
    }

    /// The number of an element.
    pub(super) fn subscript(&mut self, state: &mut State, index: &Arith, span: Span) -> Option<usize> {
        let number = self.number(state, index, span);
        number.known.one()?.parse().ok()
    }
}

/// Whether each text is one element, so that they can be counted.
pub(super) fn certain(texts: &[Text]) -> bool {
    texts.iter().all(|text| !text.many)
}
