//! Arrays with texts as keys: `declare -A`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::ast::{Assign, Element, Part};
use super::super::lex;
use super::super::subscript::Subscript;
use super::Runner;
use super::arrays::certain;
use super::state::{State, Text};
use crate::model::{Known, Reason};

/// The elements by their keys.
pub(super) type Keyed = BTreeMap<String, Text>;

/// Arrays with more elements are not followed.
const MAX_ELEMENTS: usize = 256;

impl State {
    /// Makes a variable an array with keys; one that is stays as it is.
    pub(super) fn declare_keyed(&mut self, name: &str) {
        if !self.keyed.contains_key(name) {
            Arc::make_mut(&mut self.shell).remove(name);
            Arc::make_mut(&mut self.arrays).remove(name);
            Arc::make_mut(&mut self.keyed).insert(name.to_owned(), Arc::default());
        }
    }

    /// The text of a key, if every part of it is known.
    pub(super) fn key(&self, raw: &str) -> Option<String> {
        let mut out = String::new();
        let mut rest = raw;
        while let Some(c) = rest.chars().next() {
            rest = &rest[c.len_utf8()..];
            match c {
                '"' => {}
                '\'' => {
                    let (inner, behind) = rest.split_once('\'')?;
                    out.push_str(inner);
                    rest = behind;
                }
                '\\' => {
                    let next = rest.chars().next()?;
                    out.push(next);
                    rest = &rest[next.len_utf8()..];
                }
                '`' => return None,
                '$' => {
                    let braced = rest.starts_with('{');
                    let bare = rest.strip_prefix('{').unwrap_or(rest);
                    let length = lex::name_length(bare);
                    let behind = bare.get(length..)?;
                    rest = if braced { behind.strip_prefix('}')? } else { behind };
                    let text = self.lookup(bare.get(..length).filter(|name| !name.is_empty())?);
                    match text.known {
                        Known::One(text_of) if !text.guess => out.push_str(&text_of),
                        Known::Absent => {}
                        _ => return None,
                    }
                }
                other => out.push(other),
            }
        }
        Some(out)
    }

    /// `${M[key]}`; none if `M` has no keys.
    pub(super) fn element(&self, name: &str, subscript: Option<&Subscript>) -> Option<Text> {
        let keyed = self.keyed.get(name)?;
        let absent = || Text { known: Known::Absent, ..Text::one("") };
        let Some(subscript) = subscript else { return Some(keyed.get("0").cloned().unwrap_or_else(absent)) };
        Some(match self.key(&subscript.raw) {
            Some(key) => keyed.get(&key).cloned().unwrap_or_else(absent),
            None => Text::unknown(Reason::new("which element it is, is not known")),
        })
    }

    /// `${!M[@]}`
    pub(super) fn subscripts(&self, name: &str) -> Option<Vec<Text>> {
        if let Some(keyed) = self.keyed.get(name) {
            return (keyed.len() < 2).then(|| keyed.keys().map(Text::one).collect());
        }
        let array = self.arrays.get(name).filter(|array| certain(array))?;
        Some((0..array.len()).map(|n| Text::one(n.to_string())).collect())
    }

    /// Every value; in which order, only the shell knows.
    pub(super) fn every_element(&self, name: &str) -> Option<Vec<Text>> {
        let keyed = self.keyed.get(name)?;
        let unordered = || Text::unknown(Reason::new("in which order the elements stand is not known"));
        Some(if keyed.len() == 1 {
            keyed.values().cloned().collect()
        } else {
            keyed.values().map(|_| unordered()).collect()
        })
    }
}

impl Runner<'_> {
    /// `M[key]=…` and `M=([key]=… …)`; whether `M` is an array with keys.
    pub(super) fn assign_keyed(&mut self, assign: &Assign, state: &mut State) -> bool {
        let Some(before) = state.keyed.get(&assign.name).cloned() else { return false };
        let mut all = if assign.index.is_none() && !assign.append { Keyed::new() } else { Keyed::clone(&before) };
        let done = match (&assign.index, assign.value.parts.as_slice()) {
            (Some(subscript), _) => {
                let value = self.text(state, &assign.value);
                state.key(&subscript.raw).map(|key| {
                    let value = match all.get(&key).filter(|_| assign.append) {
                        Some(before) => before.clone().concat(&value),
                        None => value,
                    };
                    all.insert(key, value);
                })
            }
            (None, [Part::Array(elements)]) => self.keys(elements, state).map(|more| all.extend(more)),
            _ => None,
        };
        if done.is_some() && all.len() <= MAX_ELEMENTS && !state.fixed.contains(&assign.name) {
            Arc::make_mut(&mut state.keyed).insert(assign.name.clone(), Arc::new(all));
        } else {
            state.lose(&assign.name, &Reason::at("the array is not followed", assign.span), assign.span);
        }
        true
    }

    /// The elements of a list in which each has its key.
    pub(super) fn keys(&mut self, elements: &[Element], state: &mut State) -> Option<Keyed> {
        let mut all = Keyed::new();
        for element in elements {
            let key = state.key(&element.index.as_ref()?.raw)?;
            let value = element.value.as_ref().map_or_else(|| Text::one(""), |word| self.text(state, word));
            all.insert(key, value);
        }
        Some(all)
    }
}
