//! Methods of lists, tuples, sets and dicts, and the operators of sets and repetition.

use std::sync::Arc;

use ruff_python_ast::Operator;

use super::machine::{MAX_SIZE, Machine};
use super::values::{Args, Data, Exc, K, R, V};
use crate::model::Span;

impl Machine<'_> {
    /// A method that only reads; `None` if it is not modelled for these arguments.
    pub(crate) fn collection_method(&mut self, object: &V, name: &str, pos: &[V], at: Span) -> Result<Option<V>, Exc> {
        let items = match &object.k {
            K::Tuple(items) => items.to_vec(),
            K::Ref(id) => match self.heap.get(id).map(|o| &o.data) {
                Some(Data::List(items)) => items.clone(),
                Some(Data::Set(items)) => return self.set_method(&items.clone(), name, pos, at),
                _ => return Ok(None),
            },
            _ => return Ok(None),
        };
        let [item] = pos else { return Ok(None) };
        let mut found = Vec::new();
        for (i, one) in items.iter().enumerate() {
            match self.equal(one, item) {
                Some(true) => found.push(i),
                Some(false) => {}
                None => return Ok(None),
            }
        }
        let number = |n: usize| V::at(K::Int(i128::try_from(n).unwrap_or(0)), at);
        Ok(match (name, found.first()) {
            ("count", _) => Some(number(found.len())),
            ("index", Some(first)) => Some(number(*first)),
            ("index", None) => Some(self.raise("ValueError", "it is not in there", at)?),
            _ => None,
        })
    }

    fn set_method(&mut self, items: &[V], name: &str, pos: &[V], at: Span) -> Result<Option<V>, Exc> {
        if name == "copy" {
            return Ok(self.make_set(&Ok(items.to_vec()), at).ok());
        }
        let op = match name {
            "union" => Operator::BitOr,
            "intersection" => Operator::BitAnd,
            "difference" => Operator::Sub,
            "symmetric_difference" => Operator::BitXor,
            "issubset" | "issuperset" | "isdisjoint" => {
                let [other] = pos else { return Ok(None) };
                let Some(other) = self.members(other, at)? else { return Ok(None) };
                let (a, b) = if name == "issuperset" { (&other, items) } else { (&items.to_vec(), &other[..]) };
                let mut yes = true;
                for one in a {
                    let Some(inside) = self.among(one, b) else { return Ok(None) };
                    yes &= inside != (name == "isdisjoint");
                }
                return Ok(Some(V::at(K::Bool(yes), at)));
            }
            _ => return Ok(None),
        };
        let mut out = items.to_vec();
        for other in pos {
            let Some(other) = self.members(other, at)? else { return Ok(None) };
            match self.set_operation(&out, op, &other) {
                Some(next) => out = next,
                None => return Ok(None),
            }
        }
        self.make_set(&Ok(out), at).map(Some)
    }

    /// What is in a container, sets of any size included: their order does not show here.
    pub(crate) fn members(&mut self, of: &V, at: Span) -> Result<Option<Vec<V>>, Exc> {
        if let K::Ref(id) = &of.k
            && let Some(Data::Set(items)) = self.heap.get(id).filter(|o| o.doubt.is_none()).map(|o| &o.data)
        {
            return Ok(Some(items.clone()));
        }
        Ok(self.iterate(of, at)?.ok())
    }

    /// Whether a value is among others; none if that is not known.
    pub(crate) fn among(&self, one: &V, others: &[V]) -> Option<bool> {
        let mut open = false;
        for other in others {
            match self.equal(one, other) {
                Some(true) => return Some(true),
                Some(false) => {}
                None => open = true,
            }
        }
        (!open).then_some(false)
    }

    /// `|`, `&`, `-` and `^` of sets.
    pub(crate) fn set_operation(&self, a: &[V], op: Operator, b: &[V]) -> Option<Vec<V>> {
        let pick = |from: &[V], of: &[V], inside: bool| -> Option<Vec<V>> {
            let mut out = Vec::new();
            for one in from {
                if self.among(one, of)? == inside {
                    out.push(one.clone());
                }
            }
            Some(out)
        };
        Some(match op {
            Operator::BitOr => a.iter().chain(&pick(b, a, false)?).cloned().collect(),
            Operator::BitAnd => pick(a, b, true)?,
            Operator::Sub => pick(a, b, false)?,
            Operator::BitXor => pick(a, b, false)?.into_iter().chain(pick(b, a, false)?).collect(),
            _ => return None,
        })
    }

    /// `[x] * n`.
    pub(crate) fn repeated(&mut self, of: &V, n: i128, at: Span) -> Option<V> {
        let n = usize::try_from(n.max(0)).ok()?;
        let items = match &of.k {
            K::Tuple(items) => items.to_vec(),
            K::Ref(id) => match self.heap.get(id).map(|o| &o.data) {
                Some(Data::List(items)) => items.clone(),
                _ => return None,
            },
            _ => return None,
        };
        if items.len().saturating_mul(n) > MAX_SIZE {
            return None;
        }
        let all: Vec<V> = (0..n).flat_map(|_| items.iter().cloned()).collect();
        Some(if matches!(of.k, K::Tuple(_)) { V::at(K::Tuple(Arc::new(all)), at) } else { self.list(all, at) })
    }

    /// `dict.fromkeys(keys, value)`.
    pub(crate) fn from_keys(&mut self, args: &Args, at: Span) -> R {
        let (Some(keys), false) = (args.pos.first(), args.open) else { return Ok(V::unknown("a dict", at)) };
        let value = args.pos.get(1).cloned().unwrap_or_else(V::none);
        let keys = match self.iterate(keys, at)? {
            Ok(keys) => keys,
            Err(unknown) => return Ok(unknown),
        };
        let out = self.new_dict(Vec::new(), at);
        for key in keys {
            self.set_item(&out, &key, value.clone(), at)?;
        }
        self.unchanged(&out);
        Ok(out)
    }

    /// A method that changes a list, set or dict and is rarer than the others; none if it is not modelled.
    pub(crate) fn rare_change(&mut self, object: &V, name: &str, args: &Args, at: Span) -> Option<R> {
        let pos = args.pos.clone();
        if args.open {
            return None;
        }
        let done = |fine: bool| fine.then(|| Ok(V::none()));
        let mut fine = true;
        match (name, pos.as_slice()) {
            ("clear", []) => {
                self.mutate(object, at, &mut |_, data| {
                    match data {
                        Data::List(items) | Data::Set(items) => items.clear(),
                        Data::Dict(items) => items.clear(),
                        _ => return false,
                    }
                    true
                });
            }
            ("reverse", []) => self.mutate(object, at, &mut |_, data| match data {
                Data::List(items) => {
                    items.reverse();
                    true
                }
                _ => false,
            }),
            ("sort", []) if args.named.iter().all(|(name, _)| name == "reverse") => {
                let K::Ref(id) = &object.k else { return None };
                let Some(Data::List(items)) = self.heap.get(id).map(|o| o.data.clone()) else { return None };
                let from = self.list(items, at);
                let pass = Args { pos: vec![from], named: args.named.clone(), open: false };
                let sorted = self.sequence("sorted", &pass, at)?.ok()?;
                let sorted = self.iterate(&sorted, at).ok()?.ok()?;
                self.mutate(object, at, &mut |_, data| {
                    *data = Data::List(sorted.clone());
                    true
                });
            }
            ("add" | "discard" | "remove", [item]) if self.is_set(object) => {
                self.settled_key(item)?;
                self.mutate(object, at, &mut |m, data| {
                    let Data::Set(items) = data else { return false };
                    let place: Option<Vec<bool>> = items.iter().map(|one| m.equal(one, item)).collect();
                    let Some(place) = place else { return false };
                    match (name, place.iter().position(|yes| *yes)) {
                        ("add", None) => items.push(item.clone()),
                        ("add", Some(_)) | ("discard", None) => {}
                        (_, Some(i)) => {
                            items.remove(i);
                        }
                        (_, None) => fine = false,
                    }
                    true
                });
                if !fine {
                    return Some(self.raise("KeyError", "it is not in the set", at));
                }
            }
            ("update", others) if self.is_set(object) && args.named.is_empty() => {
                let mut all = Vec::new();
                for other in others {
                    all.extend(self.members(other, at).ok()??);
                }
                if all.iter().any(|v| self.settled_key(v).is_none()) {
                    return None;
                }
                self.mutate(object, at, &mut |m, data| {
                    let Data::Set(items) = data else { return false };
                    match m.set_operation(items, Operator::BitOr, &all) {
                        Some(next) => *items = next,
                        None => return false,
                    }
                    true
                });
            }
            ("pop", [] | [V { k: K::Int(_), .. }]) => return self.pop_item(object, &pos, at),
            ("popitem", []) => {
                let pair = self.pairs(object)?.last().cloned()?;
                self.remove(object, &pair.0, at);
                return Some(Ok(V::tuple(vec![pair.0, pair.1])));
            }
            _ => return None,
        }
        done(true)
    }

    fn pop_item(&mut self, object: &V, pos: &[V], at: Span) -> Option<R> {
        let K::Ref(id) = &object.k else { return None };
        let Some(Data::List(items)) = self.heap.get(id).filter(|o| o.doubt.is_none()).map(|o| o.data.clone()) else {
            return None;
        };
        let n = if let Some(K::Int(n)) = pos.first().map(|v| &v.k) { *n } else { -1 };
        let Some(i) = super::scopes::index(n, items.len()) else {
            return Some(self.raise("IndexError", "there is no such place in the list", at));
        };
        self.mutate(object, at, &mut |_, data| {
            let Data::List(items) = data else { return false };
            items.remove(i);
            true
        });
        items.get(i).cloned().map(Ok)
    }

    fn is_set(&self, object: &V) -> bool {
        matches!(&object.k, K::Ref(id) if matches!(self.heap.get(id).map(|o| &o.data), Some(Data::Set(_))))
    }
}
