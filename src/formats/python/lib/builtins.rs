//! Functions of Python itself.

use std::sync::Arc;

use crate::formats::python::eval::machine::{Cond, MAX_SIZE, Machine};
use crate::formats::python::eval::truth::Truth;
use crate::formats::python::eval::values::{Args, Exc, K, R, V};
use crate::model::Span;

impl Machine<'_> {
    /// A built-in function.
    pub(crate) fn builtin(&mut self, name: &str, args: &Args, at: Span) -> R {
        let first = args.pos.first().cloned();
        if args.open {
            return Ok(self.foreign(name, args, at));
        }
        if let Some(known) = self.standard(&format!("builtins.{name}"), args, at) {
            return known;
        }
        if let Some(known) = self.sequence(name, args, at) {
            return known;
        }
        match (name, first) {
            ("compile", Some(v)) if v.m.file.is_some() || v.m.absent.is_some() => Ok(v),
            ("bool", None) => Ok(V::at(K::Bool(false), at)),
            ("bool", Some(v)) => Ok(match self.truth(&v) {
                Truth::Yes => V::at(K::Bool(true), at),
                Truth::No => V::at(K::Bool(false), at),
                Truth::Open(Cond { vars, default: Some(yes) }) => V::depends(vars, Some(V::at(K::Bool(yes), at))),
                Truth::Open(_) => V::unknown("a truth that is not decided", at),
            }
            .from(&v)
            .with(|m| m.raw = None)),
            ("str", None) => Ok(V::at(K::Str("".into()), at)),
            ("str", Some(v)) if args.pos.len() == 1 && args.named.is_empty() => self.to_text(&v, at),
            ("int", Some(v)) if args.pos.len() == 1 && args.named.is_empty() => {
                self.lift(&v, at, &mut |m, v| m.to_int(v, at))
            }
            ("float", Some(v)) => self.lift(&v, at, &mut |m, v| {
                Ok(match &v.k {
                    #[expect(clippy::cast_precision_loss, reason = "as Python does")]
                    K::Int(n) if n.abs() < 1 << 53 => V::at(K::Float(*n as f64), at).from(v),
                    K::Float(_) => v.clone(),
                    K::Str(t) => match t.trim().parse::<f64>() {
                        Ok(n) if !t.contains(['n', 'i', 'N', 'I']) => V::at(K::Float(n), at).from(v),
                        _ => return m.raise("ValueError", "it is no number", at),
                    },
                    _ => V::unknown("a number", at),
                })
            }),
            ("len", Some(v)) => {
                let items = self.iterate(&v, at)?;
                Ok(match items {
                    Ok(items) => V::at(K::Int(i128::try_from(items.len()).unwrap_or(0)), at).resting([&v]),
                    Err(unknown) => unknown,
                })
            }
            ("list" | "tuple" | "set" | "frozenset", None) => match name {
                "list" => Ok(self.list(Vec::new(), at)),
                "tuple" => Ok(V::at(K::Tuple(Arc::new(Vec::new())), at)),
                _ => self.make_set(&Ok(Vec::new()), at),
            },
            ("list" | "tuple" | "set" | "frozenset" | "iter", Some(v)) => self.lift(&v, at, &mut |m, v| {
                let items = m.iterate(v, at)?;
                match (name, items) {
                    (_, Err(unknown)) => Ok(unknown),
                    ("list", Ok(items)) => Ok(m.list(items, at).from(v)),
                    ("tuple", Ok(items)) => Ok(V::at(K::Tuple(Arc::new(items)), at).from(v)),
                    ("iter", Ok(items)) => Ok(V::at(K::Iter(Arc::new(items)), at)),
                    (_, Ok(items)) => m.make_set(&Ok(items), at),
                }
            }),
            ("dict", first) => {
                let out = self.new_dict(Vec::new(), at);
                if let Some(v) = first {
                    match self.pairs(&v) {
                        Some(_) => self.update(&out, &v, at)?,
                        None if self.rows(&out, &v, at)? => {}
                        None => return Ok(V::unknown("a dict of what is not known", at)),
                    }
                }
                for (key, value) in &args.named {
                    self.set_item(&out, &V::str(key), value.clone(), at)?;
                }
                self.unchanged(&out);
                Ok(out)
            }
            ("range", Some(_)) => Ok(self.range(args, at)),
            ("any" | "all", Some(v)) => {
                let items = match self.iterate(&v, at)? {
                    Ok(items) => items,
                    Err(unknown) => return Ok(unknown),
                };
                let mut open = false;
                for item in &items {
                    match (name, self.truth(item)) {
                        ("any", Truth::Yes) => return Ok(V::at(K::Bool(true), at).resting(&items)),
                        ("all", Truth::No) => return Ok(V::at(K::Bool(false), at).resting(&items)),
                        (_, Truth::Open(_)) => open = true,
                        _ => {}
                    }
                }
                Ok(if open { V::unknown("a truth that is not decided", at) } else { V::at(K::Bool(name == "all"), at) }
                    .resting(&items))
            }
            ("enumerate", Some(v)) if args.named.iter().all(|(name, _)| name == "start") => {
                let start = match args.get(1, "start").map(|v| &v.k) {
                    None => 0,
                    Some(K::Int(n)) => *n,
                    Some(_) => return Ok(self.foreign("enumerate", args, at)),
                };
                Ok(match self.iterate(&v, at)? {
                    Ok(items) => {
                        let rows = (start..).zip(items).map(|(i, item)| V::tuple(vec![V::int(i), item])).collect();
                        V::at(K::Iter(Arc::new(rows)), at)
                    }
                    Err(unknown) => unknown,
                })
            }
            ("print", _) => Ok(V::none()),
            ("setattr" | "object.__setattr__", Some(object)) => {
                if let (Some(name), Some(value)) = (args.pos.get(1).and_then(V::text), args.pos.get(2)) {
                    self.set_attribute(&object, name, value.clone(), at);
                    Ok(V::none())
                } else {
                    if let K::Ref(id) = object.k {
                        self.forget_object(id, "names that are not known", at);
                    }
                    Ok(V::none())
                }
            }
            ("getattr", Some(object)) if args.pos.len() == 2 => match args.pos[1].text() {
                Some(name) => self.attribute(&object, name, at),
                None => Ok(V::unknown("which attribute is taken", at)),
            },
            (_, _) if name.ends_with("Error") || name.ends_with("Exception") => {
                Ok(V::at(K::Made(format!("builtins.{name}").into(), Arc::new(args.clone())), at))
            }
            (
                "isinstance" | "hasattr" | "callable" | "sorted" | "map" | "filter" | "zip" | "open" | "max" | "min"
                | "getattr" | "reversed" | "next" | "sum" | "type" | "object" | "repr" | "round" | "abs",
                _,
            ) => {
                self.may_raise(None, at, Cond::default());
                Ok(V::unknown(format!("the result of {name}()"), at).resting(&args.pos))
            }
            _ => Ok(self.foreign(name, args, at)),
        }
    }

    /// Fills a dict with pairs; whether they are known.
    fn rows(&mut self, out: &V, of: &V, at: Span) -> Result<bool, Exc> {
        let Ok(items) = self.iterate(of, at)? else { return Ok(false) };
        for item in items {
            match self.iterate(&item, at)? {
                Ok(pair) if pair.len() == 2 => self.set_item(out, &pair[0], pair[1].clone(), at)?,
                _ => return Ok(false),
            }
        }
        Ok(true)
    }

    fn range(&mut self, args: &Args, at: Span) -> V {
        let all: Option<Vec<i128>> =
            args.pos.iter().map(|v| if let K::Int(n) = v.k { Some(n) } else { None }).collect();
        let (from, to) = match all.as_deref() {
            Some([to]) => (0, *to),
            Some([from, to]) => (*from, *to),
            Some([from, to, step]) if *step != 0 => {
                let mut out = Vec::new();
                let mut n = *from;
                while (if *step > 0 { n < *to } else { n > *to }) && out.len() <= MAX_SIZE {
                    out.push(V::int(n));
                    n += step;
                }
                return V::at(K::Iter(Arc::new(out)), at);
            }
            _ => return V::unknown("a range", at),
        };
        if to - from > i128::try_from(MAX_SIZE).unwrap_or(0) {
            return V::unknown("a long range", at);
        }
        V::at(K::Iter(Arc::new((from..to).map(V::int).collect())), at)
    }

    /// `int(value)`.
    pub(crate) fn to_int(&mut self, v: &V, at: Span) -> R {
        Ok(match &v.k {
            K::Int(_) => v.clone(),
            K::Bool(b) => V::at(K::Int(i128::from(*b)), at).from(v),
            K::Str(t) if !t.is_ascii() => V::unknown("a number", at).resting([v]),
            K::Str(t) => match t.trim().parse::<i128>() {
                Ok(n) => V::at(K::Int(n), at).from(v).with(|m| m.raw = None),
                Err(_) if t.contains('_') => V::unknown("a number", at),
                Err(_) => return self.raise("ValueError", "it is no number", at),
            },
            K::None => return self.raise("TypeError", "None is no number", at),
            _ => V::unknown("a number", at),
        })
    }
}
