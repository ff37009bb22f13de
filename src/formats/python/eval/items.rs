//! Items of containers: by place, by key, and slices.

use std::sync::Arc;

use super::machine::{Cond, Machine};
use super::scopes::index;
use super::truth::placed;
use super::values::{Args, Data, K, R, V};
use crate::model::Span;

impl Machine<'_> {
    /// `object[key]`.
    pub(crate) fn item(&mut self, object: &V, key: &V, at: Span) -> R {
        let missing = |m: &mut Self, name: &str| m.raise(name, "there is no such item", at);
        match (&object.k, &key.k) {
            (K::Tuple(items), K::Int(n)) => match index(*n, items.len()) {
                Some(i) => Ok(items[i].clone()),
                None => missing(self, "IndexError"),
            },
            (K::Lib(path), K::Int(0)) if &**path == "sys.version_info" => Ok(V::at(K::Int(3), at)),
            (K::Made(class, made), K::Str(_)) if &**class == "configparser.Section" => {
                let args = Args { pos: vec![key.clone()], ..Args::default() };
                self.ini_within(&Arc::clone(made), "__getitem__", &args, at)
            }
            (K::Made(class, args), K::Int(n)) if &**class == "parents" => {
                let known = usize::try_from(*n).ok().and_then(|n| args.pos.get(n)).cloned();
                Ok(known.unwrap_or_else(|| V::unknown("a folder outside the repository", at)))
            }
            (K::Str(text), K::Int(n)) if !placed(text) => {
                let chars: Vec<char> = text.chars().collect();
                match index(*n, chars.len()) {
                    Some(i) => Ok(V::at(K::Str(chars[i].to_string().into()), at)),
                    None => missing(self, "IndexError"),
                }
            }
            (K::Ref(id), _) => match self.heap.get(id).map(|obj| obj.data.clone()) {
                Some(Data::List(items)) => match &key.k {
                    K::Int(n) => match index(*n, items.len()) {
                        Some(i) => Ok(items[i].clone()),
                        None => missing(self, "IndexError"),
                    },
                    _ => Ok(V::unknown("an item that is not known", at)),
                },
                Some(Data::Dict(items)) => match self.find_key(&items, key) {
                    Some(Some(value)) => Ok(value),
                    Some(None) if !self.dynaconf.is_empty() => {
                        let part = key.text().and_then(|key| self.dynaconf_part(object, key));
                        Ok(part.unwrap_or_else(|| V::unknown("a key that is not there", at)))
                    }
                    Some(None) => missing(self, "KeyError"),
                    None => Ok(V::unknown("which item is taken", at)),
                },
                Some(Data::Space(_)) if self.is_parser(*id) => match key.text().map(str::to_owned) {
                    Some(name) => self.ini_section(object, *id, &name, at),
                    None => Ok(V::unknown("which section is taken", at)),
                },
                Some(Data::Space(_)) if self.dynaconf.contains(id) => match key.text() {
                    Some(key) => match self.dynaconf_found(*id, key) {
                        Some(value) => Ok(value),
                        None => self.dynaconf_absent(*id, key, None, at),
                    },
                    None => Ok(V::unknown("which setting is taken", at)),
                },
                Some(Data::Space(_)) if self.members_of(*id).is_some() => match key.text() {
                    Some(name) => match self.members_of(*id).and_then(|all| self.named_member(&all, *id, name)) {
                        Some(found) => Ok(found),
                        None => missing(self, "KeyError"),
                    },
                    None => Ok(V::unknown("which member is taken", at)),
                },
                Some(Data::Space(_)) if self.namespace(object).is_some() => self.namespace_item(*id, key, at),
                Some(Data::Space(_)) => match key.text().map(|k| self.space(*id).and_then(|s| s.names.get(k)).cloned())
                {
                    Some(Some(value)) if !matches!(value.k, K::Undefined) => Ok(value),
                    _ => Ok(V::unknown("a name that is not known", at)),
                },
                _ => Ok(V::unknown("an item that is not known", at)),
            },
            _ => {
                self.may_raise(None, at, Cond::default());
                Ok(V::unknown("an item of what is not followed", at))
            }
        }
    }

    /// The value of a key: `None` where that is not known.
    #[expect(clippy::option_option, reason = "not known, not there, and there are three things")]
    pub(crate) fn find_key(&self, items: &[(V, V)], key: &V) -> Option<Option<V>> {
        let key = self.settled_key(key)?;
        for (have, value) in items {
            if self.equal(have, &key)? {
                return Some(Some(value.clone()));
            }
        }
        Some(None)
    }

    /// `object[a:b]`.
    pub(crate) fn slice(&mut self, object: &V, bounds: &[V; 3], at: Span) -> R {
        self.lift(object, at, &mut |m, v| {
            let bound = |v: &V, len: usize, none: usize| match v.k {
                K::None => Some(none),
                K::Int(n) => {
                    let len = i128::try_from(len).ok()?;
                    usize::try_from((if n < 0 { n + len } else { n }).clamp(0, len)).ok()
                }
                _ => None,
            };
            let cut = |len: usize| {
                let (a, b) = (bound(&bounds[0], len, 0)?, bound(&bounds[1], len, len)?);
                matches!(bounds[2].k, K::None).then_some(a..b.max(a))
            };
            let out = match &v.k {
                K::Str(text) if !placed(text) => {
                    let chars: Vec<char> = text.chars().collect();
                    cut(chars.len()).map(|r| V::at(K::Str(chars[r].iter().collect::<String>().into()), at))
                }
                K::Tuple(items) => cut(items.len()).map(|r| V::at(K::Tuple(Arc::new(items[r].to_vec())), at)),
                K::Ref(id) => match m.heap.get(id).map(|o| o.data.clone()) {
                    Some(Data::List(items)) => cut(items.len()).map(|r| m.list(items[r].to_vec(), at)),
                    _ => None,
                },
                _ => None,
            };
            Ok(out.unwrap_or_else(|| V::unknown("a part that is not known", at)).resting([v]))
        })
    }
}
