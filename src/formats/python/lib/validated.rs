//! Validation of pydantic: what the fields of a type make of values and texts.

use std::sync::Arc;

use super::dsn::{plain_address, plain_url};
use super::made::Plain;
use super::types::{Reading, SECRET, Type, URL};
use crate::formats::python::eval::enums::member;
use crate::formats::python::eval::machine::Machine;
use crate::formats::python::eval::truth::placed;
use crate::formats::python::eval::values::{Args, Data, Id, K, R, Role, Space, V};
use crate::model::Span;

impl Machine<'_> {
    /// The text of a variable as validation gets it: what is made of several is JSON.
    pub(crate) fn decoded(&mut self, of: &Type, v: &V, at: Span) -> R {
        let reading = of.reading();
        if reading == Reading::Raw {
            return Ok(v.clone());
        }
        let Some(text) = v.text().filter(|t| !placed(t)) else {
            return Ok(V::unknown("a text that is not known", at).resting([v]));
        };
        match serde_json::from_str::<Plain>(text) {
            Ok(plain) => Ok(self.plain(&plain, v, at)),
            Err(_) if ["NaN", "Infinity", "\\u"].iter().any(|word| text.contains(word)) => {
                Ok(V::unknown("a text that is hardly JSON", at).resting([v]))
            }
            Err(_) if reading == Reading::Either => Ok(v.clone()),
            Err(_) => self.raise("SettingsError", "it is no JSON", at),
        }
    }

    /// What validation makes of a value.
    pub(crate) fn validated(&mut self, of: &Type, v: &V, old: bool, at: Span) -> R {
        self.lift(v, at, &mut |m, v| m.validated_plain(of, v, old, at))
    }

    fn validated_plain(&mut self, of: &Type, v: &V, old: bool, at: Span) -> R {
        let unknown = || V::unknown("a conversion that is not followed", at).resting([v]);
        let made = |path: &str, k: K| {
            let pass = V { k, m: Arc::clone(&v.m) };
            V::at(K::Made(path.into(), Arc::new(Args { pos: vec![pass], ..Args::default() })), at).from(v)
        };
        Ok(match (of, &v.k) {
            (Type::Any, _)
            | (Type::None, K::None)
            | (Type::Str, K::Str(_))
            | (Type::Int, K::Int(_))
            | (Type::Float, K::Float(_))
            | (Type::Bool, K::Bool(_))
            | (Type::Path, K::Path(_))
            | (Type::Timedelta, K::Timedelta(_)) => v.clone(),
            (Type::Called(inner, before, after, _), _) => {
                let mut now = v.clone();
                for call in before {
                    now = self.apply(call, vec![now], at)?;
                }
                now = self.validated(inner, &now, old, at)?;
                for call in after {
                    now = self.apply(call, vec![now], at)?;
                }
                now
            }
            (Type::Union(all), _) => return self.validated_union(all, v, old, at),
            (Type::Choice(all), _) => return self.chosen(all, v, at),
            (Type::List(_) | Type::Set(_) | Type::Tuple(..) | Type::Dict(_), _) => {
                return self.validated_items(of, v, old, at);
            }
            (Type::Enum(id), _) => return self.validated_member(*id, v, at),
            (Type::Model(id), K::Ref(have)) if self.space(*have).is_none() => return self.validated_model(*id, v, at),
            (Type::Model(id), K::Ref(have)) => {
                let id = *id;
                match self.space(*have) {
                    Some(Space { role: Role::Instance(V { k: K::Ref(class), .. }), .. })
                        if self.mro(*class).contains(&Some(id)) =>
                    {
                        v.clone()
                    }
                    _ => unknown(),
                }
            }
            (Type::Float, K::Int(n)) if n.abs() < 1 << 50 => {
                #[expect(clippy::cast_precision_loss, reason = "it is small")]
                let n = *n as f64;
                self.plain(&Plain::Float(n), v, at)
            }
            (Type::Path, K::Str(text)) => V::at(K::Path(crate::formats::python::eval::text::normal(text).into()), at)
                .from(v)
                .with(|m| m.raw = None),
            (Type::Secret, K::Made(path, _)) if &**path == SECRET => v.clone(),
            (Type::Secret, K::Str(_)) => made(SECRET, v.k.clone()),
            (Type::Url(_), K::Made(path, _)) if &**path == URL && !old => v.clone(),
            (_, K::Str(text)) => {
                let text = Arc::clone(text);
                return self.from_text(of, &text, v, old, at);
            }
            _ => unknown(),
        })
    }

    fn from_text(&mut self, of: &Type, text: &str, v: &V, old: bool, at: Span) -> R {
        let unknown = || Ok(V::unknown("a conversion that is not followed", at).resting([v]));
        if placed(text) {
            return unknown();
        }
        let digits = |t: &str| !t.is_empty() && t.len() < 16 && t.bytes().all(|b| b.is_ascii_digit());
        let number = text.strip_prefix('-').unwrap_or(text);
        let hopeless =
            text.is_empty() || text.chars().any(|c| c.is_ascii_alphabetic() && !"eEinfatyINFATY".contains(c));
        match of {
            Type::Int if digits(number) => match text.parse::<i128>() {
                Ok(n) => Ok(self.plain(&Plain::Int(n), v, at)),
                Err(_) => unknown(),
            },
            Type::Float if number.split('.').count() < 3 && number.split('.').all(digits) => {
                match text.parse::<f64>() {
                    Ok(n) => Ok(self.plain(&Plain::Float(n), v, at)),
                    Err(_) => unknown(),
                }
            }
            Type::Int | Type::Float if hopeless => self.raise("ValidationError", "it is no number", at),
            Type::Bool => match text.to_lowercase().as_str() {
                "1" | "true" | "t" | "yes" | "y" | "on" => Ok(self.plain(&Plain::Bool(true), v, at)),
                "0" | "false" | "f" | "no" | "n" | "off" => Ok(self.plain(&Plain::Bool(false), v, at)),
                _ => self.raise("ValidationError", "it is no truth value", at),
            },
            Type::Email if plain_address(text) => Ok(v.clone()),
            Type::Url(name) => match plain_url(name, text, old) {
                Some(url) if old => Ok(self.plain(&Plain::Str(url), v, at)),
                Some(url) => {
                    let text = self.plain(&Plain::Str(url), v, at);
                    let args = Args { pos: vec![text], ..Args::default() };
                    Ok(V::at(K::Made(URL.into(), Arc::new(args)), at).from(v).with(|m| m.raw = None))
                }
                None => {
                    let begins = text.split_once("://").map(|(scheme, _)| V::str(format!("{scheme}://")));
                    unknown().map(|out| out.begins(begins.as_slice()))
                }
            },
            _ => unknown(),
        }
    }

    /// A member of an enumeration, by its value.
    fn validated_member(&mut self, id: Id, v: &V, at: Span) -> R {
        let unknown = || Ok(V::unknown("which member this is", at).resting([v]));
        let Some(members) = self.members_of(id) else { return unknown() };
        if members.iter().any(|one| self.equal(one, v) == Some(true) && member(v).is_some()) {
            return Ok(v.clone());
        }
        let Some(text) = v.text().filter(|text| !placed(text)) else { return unknown() };
        let values: Vec<&V> = members.iter().filter_map(|one| member(one).map(|(value, _)| value)).collect();
        if let Some(i) = values.iter().position(|value| value.text() == Some(text)) {
            return Ok(members[i].clone().from(v).with(|m| m.raw = None));
        }
        let texts = values.iter().all(|value| value.text().is_some());
        let missing = self.space(id).is_some_and(|space| space.names.contains_key("_missing_"));
        if texts && !missing && self.mro(id).len() == 2 {
            return self.raise("ValidationError", "it is no member", at);
        }
        unknown()
    }

    /// An instance of a model, made of a dict.
    fn validated_model(&mut self, id: Id, v: &V, at: Span) -> R {
        let unknown = || Ok(V::unknown("a conversion that is not followed", at).resting([v]));
        let (Some(classes), Some(pairs)) = (self.pydantic(id), self.pairs(v)) else { return unknown() };
        let mut args = Args::default();
        for (key, value) in pairs {
            match key.text() {
                Some(key) if !key.starts_with('_') => args.named.push((key.to_owned(), value)),
                _ => return unknown(),
            }
        }
        let class = V::new(K::Ref(id));
        Ok(self.deeper(at, |m| m.pydantic_instance(&class, &classes, &args, at))?.resting([v]))
    }

    fn chosen(&mut self, all: &[V], v: &V, at: Span) -> R {
        let same = |one: &V| match (&one.k, &v.k) {
            (K::Str(a), K::Str(b)) => Some(a == b),
            (K::Int(a), K::Int(b)) => Some(a == b),
            (K::Bool(a), K::Bool(b)) => Some(a == b),
            (K::None, K::None) => Some(true),
            (K::Str(_), K::Int(_) | K::Bool(_) | K::None) | (K::Int(_) | K::Bool(_) | K::None, K::Str(_)) => {
                Some(false)
            }
            _ => None,
        };
        let found: Vec<Option<bool>> = all.iter().map(same).collect();
        if found.contains(&Some(true)) {
            return Ok(v.clone());
        }
        if found.contains(&None) {
            return Ok(V::unknown("a choice that is not followed", at).resting([v]));
        }
        self.raise("ValidationError", "it is none of the choices", at)
    }

    fn validated_union(&mut self, all: &[Type], v: &V, old: bool, at: Span) -> R {
        if matches!(v.k, K::None) && all.iter().any(|one| matches!(one, Type::None)) {
            return Ok(v.clone());
        }
        let list = matches!(&v.k, K::Ref(id) if matches!(self.heap.get(id).map(|o| &o.data), Some(Data::List(_))));
        let rest: Vec<&Type> = all.iter().filter(|one| !matches!(one, Type::None)).collect();
        let exact = |one: &Type| match (one, &v.k) {
            (Type::Str, K::Str(_))
            | (Type::Int, K::Int(_))
            | (Type::Bool, K::Bool(_))
            | (Type::Float, K::Float(_))
            | (Type::Path, K::Path(_)) => true,
            (Type::List(_), K::Ref(_)) => list,
            _ => false,
        };
        match (rest.as_slice(), rest.iter().find(|one| exact(one))) {
            ([one], _) => self.validated(one, v, old, at),
            ([first, ..], Some(one)) if !old || exact(first) => {
                let odd = rest.iter().any(|one| matches!(one, Type::Other | Type::Any | Type::Choice(_)));
                match self.validated(one, v, old, at) {
                    Ok(value) if !odd => Ok(value),
                    _ => Ok(V::unknown("a conversion that is not followed", at).resting([v])),
                }
            }
            _ => Ok(V::unknown("a conversion that is not followed", at).resting([v])),
        }
    }

    fn validated_items(&mut self, of: &Type, v: &V, old: bool, at: Span) -> R {
        let unknown = || Ok(V::unknown("a conversion that is not followed", at).resting([v]));
        let data = if let K::Ref(id) = &v.k { self.heap.get(id).map(|o| o.data.clone()) } else { None };
        let items: Vec<V> = match (of, &v.k, data) {
            (Type::Dict(of), _, Some(Data::Dict(pairs))) => {
                let mut out = Vec::new();
                for (key, value) in pairs {
                    if key.text().is_none() {
                        return unknown();
                    }
                    out.push((key, self.validated(of, &value, old, at)?));
                }
                return Ok(self.new_dict(out, at).from(v));
            }
            (Type::List(_) | Type::Tuple(..) | Type::Set(_), _, Some(Data::List(items))) => items,
            (Type::Set(_), _, Some(Data::Set(_))) => return Ok(v.clone()),
            (Type::Tuple(..), K::Tuple(items), _) => items.to_vec(),
            (_, K::Str(_), _) => return self.raise("ValidationError", "it is no list", at),
            _ => return unknown(),
        };
        let of_item: Vec<&Type> = match of {
            Type::List(one) | Type::Set(one) => vec![one; items.len()],
            Type::Tuple(one, true) => vec![&one[0]; items.len()],
            Type::Tuple(all, _) if all.len() == items.len() => all.iter().collect(),
            _ => return unknown(),
        };
        let mut out = Vec::new();
        for (one, item) in of_item.into_iter().zip(&items) {
            out.push(self.validated(one, item, old, at)?);
        }
        Ok(match of {
            Type::List(_) => self.list(out, at).from(v),
            Type::Tuple(..) => V::at(K::Tuple(Arc::new(out)), at).from(v),
            _ => self.make_set(&Ok(out), at)?.from(v),
        })
    }
}
