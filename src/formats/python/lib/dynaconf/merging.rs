//! How a value of dynaconf is put over another: it replaces it, is merged with it, or sets a part of it.

use super::options::Options;
use super::values::place;
use crate::formats::python::eval::machine::Machine;
use crate::formats::python::eval::values::{Data, K, V};
use crate::model::Span;

impl Machine<'_> {
    /// A new value over an old one: it replaces it, or is merged with it.
    pub(super) fn dynaconf_over(&mut self, old: &V, new: V, merge: Option<bool>, o: &Options, at: Span) -> V {
        let marked = match self.heap_of(&new) {
            Some(Data::Dict(items)) => place(&items, "dynaconf_merge").map(|i| (items[i].1.k.clone(), i)),
            Some(Data::List(items)) => {
                items.iter().position(|item| item.text() == Some("dynaconf_merge")).map(|i| (K::Bool(true), i))
            }
            _ => None,
        };
        let own = match &marked {
            Some((K::Bool(yes), i)) => {
                let plain = match self.heap_of(&new) {
                    Some(Data::Dict(mut items)) => {
                        items.remove(*i);
                        self.new_dict(items, at).from(&new)
                    }
                    Some(Data::List(mut items)) => {
                        items.remove(*i);
                        self.list(items, at).from(&new)
                    }
                    _ => new.clone(),
                };
                Some((*yes, plain))
            }
            Some(_) => return V::unknown("how settings are merged is not followed", at),
            None => None,
        };
        let (wanted, new) = match own {
            Some((yes, plain)) => (yes || merge == Some(true), plain),
            None => (merge == Some(true) || merge.is_none() && o.merge, new),
        };
        if self.dynaconf_marked(&new, 0) {
            return V::unknown("how settings are merged is not followed", at);
        }
        if wanted { self.dynaconf_merged(old, &new, at, 0) } else { new }
    }

    /// Whether a value says itself, somewhere within, how it is merged.
    pub(super) fn dynaconf_marked(&self, value: &V, depth: usize) -> bool {
        let mark = |v: &V| v.text().is_some_and(|text| text.to_lowercase().starts_with("dynaconf_merge"));
        match self.heap_of(value) {
            _ if depth > 20 => true,
            Some(Data::List(items)) => items.iter().any(|item| mark(item) || self.dynaconf_marked(item, depth + 1)),
            Some(Data::Dict(items)) => {
                items.iter().any(|(key, item)| mark(key) || self.dynaconf_marked(item, depth + 1))
            }
            _ => false,
        }
    }

    pub(super) fn heap_of(&self, value: &V) -> Option<Data> {
        let K::Ref(id) = &value.k else { return None };
        self.heap.get(id).filter(|obj| obj.doubt.is_none()).map(|obj| obj.data.clone())
    }

    /// Tables are merged key by key, lists are put behind each other, anything else is replaced.
    pub(super) fn dynaconf_merged(&mut self, old: &V, new: &V, at: Span, depth: usize) -> V {
        match (self.heap_of(old), self.heap_of(new)) {
            _ if depth > 20 => V::unknown("nested too deep", at),
            _ if matches!(old.k, K::None) || matches!(new.k, K::None) => new.clone(),
            (Some(Data::List(before)), Some(Data::List(after))) => {
                if self.equal(old, new) == Some(true) {
                    return new.clone();
                }
                let all = before.into_iter().chain(after).collect();
                self.list(all, at).from(old).from(new)
            }
            (Some(Data::Dict(before)), Some(Data::Dict(after))) => {
                let mut out = before;
                for (key, value) in after {
                    let spot = key.text().and_then(|key| place(&out, key));
                    match spot {
                        Some(spot) => out[spot].1 = self.dynaconf_merged(&out[spot].1.clone(), &value, at, depth + 1),
                        None => out.push((key, value)),
                    }
                }
                self.new_dict(out, at).from(old).from(new)
            }
            (Some(Data::Unknown(_) | Data::OneOf(_)), _) | (_, Some(Data::Unknown(_) | Data::OneOf(_))) => {
                V::unknown("what is merged is not known", at)
            }
            _ if matches!(old.k, K::Unknown(_) | K::OneOf(_) | K::Depends(_)) => {
                V::unknown("what is merged is not known", at)
            }
            _ => new.clone(),
        }
    }

    /// A part of a setting is set; the rest stays.
    pub(super) fn dynaconf_within(&mut self, old: Option<&V>, parts: &[&str], value: V, at: Span) -> V {
        let Some((first, rest)) = parts.split_first() else { return value };
        let mut items = match old.map(|old| (&old.k, self.heap_of(old))) {
            Some((_, Some(Data::Dict(items)))) => items,
            Some(
                (K::Unknown(_) | K::OneOf(_) | K::Depends(_), _)
                | (K::Ref(_), None | Some(Data::Unknown(_) | Data::OneOf(_))),
            ) => {
                return V::unknown("what is merged is not known", at).resting([&value]);
            }
            _ => Vec::new(),
        };
        let spot = place(&items, first);
        let inner = spot.map(|spot| items[spot].1.clone());
        let made = self.dynaconf_within(inner.as_ref(), rest, value, at);
        match spot {
            Some(spot) => items[spot].1 = made,
            None => items.push((V::str(first), made)),
        }
        let out = self.new_dict(items, at);
        old.map_or(out.clone(), |old| out.from(old))
    }
}
