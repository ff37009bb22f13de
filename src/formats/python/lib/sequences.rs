//! Functions of Python that go through sequences, and those that ask what a value is.

use std::sync::Arc;

use crate::discover::Presence;
use crate::formats::python::eval::machine::{Cond, Machine};
use crate::formats::python::eval::text::normal;
use crate::formats::python::eval::truth::{Truth, placed};
use crate::formats::python::eval::values::{Args, Data, Id, K, R, Role, V};
use crate::model::Span;

impl Machine<'_> {
    /// Such a function; none if it is not modelled for these arguments.
    pub(crate) fn sequence(&mut self, name: &str, args: &Args, at: Span) -> Option<R> {
        let pos = args.pos.clone();
        let plain = args.named.is_empty() && !args.open;
        Some(match (name, pos.as_slice()) {
            ("map", [func, over]) if plain => self.lift(over, at, &mut |m, over| {
                let items = match m.iterate(over, at)? {
                    Ok(items) => items,
                    Err(unknown) => return Ok(unknown),
                };
                let mut out = Vec::new();
                for item in items {
                    out.push(m.apply(func, vec![item.resting([over])], at)?);
                }
                Ok(V::at(K::Iter(Arc::new(out)), at).from(over))
            }),
            ("filter", [test, over]) if plain => self.lift(over, at, &mut |m, over| m.filtered(test, over, at)),
            ("zip", all) if plain && !all.is_empty() => self.lift_all(all, at, &mut |m, all| {
                let mut rows: Option<Vec<Vec<V>>> = None;
                for one in all {
                    let items = match m.iterate(one, at)? {
                        Ok(items) => items,
                        Err(unknown) => return Ok(unknown),
                    };
                    rows = Some(match rows {
                        None => items.into_iter().map(|item| vec![item]).collect(),
                        Some(rows) => {
                            let pairs = rows.into_iter().zip(items);
                            pairs.map(|(row, item)| row.into_iter().chain([item]).collect()).collect()
                        }
                    });
                }
                let rows = rows.unwrap_or_default().into_iter().map(V::tuple).collect();
                Ok(V::at(K::Iter(Arc::new(rows)), at).resting(all))
            }),
            ("repr", [of]) if plain => self.lift(of, at, &mut |m, v| {
                Ok(match m.repr(v, 0) {
                    Some(text) => V::at(K::Str(text.into()), at).from(v).with(|m| m.raw = None),
                    None => V::unknown("how this is written as text", at).resting([v]),
                })
            }),
            ("sorted", [over]) if args.named("key").is_some() && !args.open => {
                self.lift(over, at, &mut |m, over| m.sorted_by(over, args, at))
            }
            ("sorted", [over]) if !args.open => {
                let reverse = match args.named("reverse").map(|v| &v.k) {
                    None | Some(K::Bool(false)) => false,
                    Some(K::Bool(true)) => true,
                    Some(_) => return None,
                };
                self.lift(over, at, &mut |m, over| {
                    let Some(items) = m.members(over, at)? else {
                        return Ok(V::unknown("what is in there is not known", at).resting([over]));
                    };
                    Ok(match sorted(items, reverse) {
                        Some(items) => m.list(items, at).from(over),
                        None => V::unknown("an order that is not followed", at).resting([over]),
                    })
                })
            }
            ("reversed", [over]) if plain => self.lift(over, at, &mut |m, over| {
                Ok(match m.iterate(over, at)? {
                    Ok(items) => V::at(K::Iter(Arc::new(items.into_iter().rev().collect())), at).from(over),
                    Err(unknown) => unknown,
                })
            }),
            ("max" | "min", all) if plain && !all.is_empty() => {
                let items = match all {
                    [over] => match self.iterate(over, at) {
                        Ok(Ok(items)) => items,
                        Ok(Err(unknown)) => return Some(Ok(unknown)),
                        Err(exc) => return Some(Err(exc)),
                    },
                    all => all.to_vec(),
                };
                self.lift_all(&items, at, &mut |_, items| {
                    let order = sorted(items.to_vec(), name == "max").filter(|_| !items.is_empty());
                    let first = order.and_then(|items| items.into_iter().next());
                    Ok(first.unwrap_or_else(|| V::unknown("an order that is not followed", at)).resting(items))
                })
            }
            ("sum", [over]) if plain => self.lift(over, at, &mut |m, over| {
                let items = match m.iterate(over, at)? {
                    Ok(items) => items,
                    Err(unknown) => return Ok(unknown),
                };
                m.lift_all(&items, at, &mut |_, items| {
                    let all: Option<Vec<i128>> =
                        items.iter().map(|v| if let K::Int(n) = v.k { Some(n) } else { None }).collect();
                    let sum = all.and_then(|all| all.into_iter().try_fold(0_i128, i128::checked_add));
                    Ok(sum.map_or_else(|| V::unknown("a sum", at), |n| V::at(K::Int(n), at)).resting(items))
                })
            }),
            ("abs", [of]) if plain => self.lift(of, at, &mut |_, v| {
                Ok(match v.k {
                    K::Int(n) if n != i128::MIN => V::at(K::Int(n.abs()), at).from(v),
                    _ => V::unknown("a number", at).resting([v]),
                })
            }),
            ("isinstance", [of, kind]) if plain => {
                let kinds = match &kind.k {
                    K::Tuple(all) => all.to_vec(),
                    _ => vec![kind.clone()],
                };
                self.lift(of, at, &mut |m, v| {
                    let all: Option<Vec<bool>> = kinds.iter().map(|kind| m.is_instance(v, kind)).collect();
                    Ok(match all {
                        Some(all) => V::at(K::Bool(all.contains(&true)), at),
                        None => V::unknown("what kind of value this is", at),
                    }
                    .resting([v]))
                })
            }
            ("hasattr", [of, name]) if plain => match name.text().and_then(|name| self.has_attribute(of, name, at)) {
                Some(yes) => Ok(V::at(K::Bool(yes), at)),
                None => return None,
            },
            ("getattr", [of, name, default]) if plain => {
                let name = name.text()?;
                match self.has_attribute(of, name, at) {
                    Some(true) => self.attribute(of, name, at),
                    Some(false) => Ok(default.clone()),
                    None => return None,
                }
            }
            ("open", [path, ..]) if !args.open => {
                let mode = args.get(1, "mode").map_or(Some("r"), V::text);
                if let Some(elsewhere) = self.lies_elsewhere(path).filter(|_| mode.is_some_and(|m| m.starts_with('r')))
                {
                    self.may_raise(Some("FileNotFoundError"), at, Cond::default());
                    let out = V::unknown("a file outside the repository", at).resting([path]);
                    return Some(Ok(out.with(|m| m.absent = Some(elsewhere))));
                }
                let inside = path.pathlike().and_then(|path| Self::inside(&normal(path)))?;
                match (mode, self.presence(&inside)) {
                    (Some("r" | "rt"), Presence::Here(_)) => {
                        let path = Args { pos: vec![path.clone()], ..Args::default() };
                        Ok(V::at(K::Made("file".into(), Arc::new(path)), at))
                    }
                    (Some("r" | "rt" | "rb"), Presence::Missing) if self.absent(&inside) => {
                        self.raise("FileNotFoundError", "there is no such file", at)
                    }
                    // It may be there where the program runs.
                    (Some("r" | "rt" | "rb"), Presence::Missing) => {
                        self.may_raise(Some("FileNotFoundError"), at, Cond::default());
                        let path = Args { pos: vec![path.clone()], ..Args::default() };
                        Ok(V::at(K::Made("file".into(), Arc::new(path)), at))
                    }
                    (mode, _) => {
                        self.made_files |= mode.is_none_or(|mode| mode.contains(['w', 'a', 'x', '+']));
                        return None;
                    }
                }
            }
            (_, [of, rest @ ..]) if name.starts_with("str.") && plain => {
                let args = Args { pos: rest.to_vec(), ..Args::default() };
                self.method(of, &name[4..], &args, at)
            }
            _ => return None,
        })
    }

    /// `sorted(over, key=...)`.
    fn sorted_by(&mut self, over: &V, args: &Args, at: Span) -> R {
        let reverse = match args.named("reverse").map(|v| &v.k) {
            None | Some(K::Bool(false)) => false,
            Some(K::Bool(true)) => true,
            Some(_) => return Ok(V::unknown("an order that is not followed", at)),
        };
        let items = match self.iterate(over, at)? {
            Ok(items) => items,
            Err(unknown) => return Ok(unknown),
        };
        let Some(key) = args.named("key").cloned() else { return Ok(over.clone()) };
        let mut keyed = Vec::new();
        for item in items {
            keyed.push((self.apply(&key, vec![item.clone()], at)?, item));
        }
        let numbers = keyed.iter().all(|(k, _)| matches!(k.k, K::Int(_)));
        let texts = keyed.iter().all(|(k, _)| k.text().is_some_and(|t| !placed(t)));
        let of = |v: &V| if let K::Int(n) = v.k { n } else { 0 };
        let order = |a: &V, b: &V| if numbers { of(a).cmp(&of(b)) } else { a.text().cmp(&b.text()) };
        if !numbers && !texts {
            return Ok(V::unknown("an order that is not followed", at).resting([over]));
        }
        keyed.sort_by(|(a, _), (b, _)| if reverse { order(b, a) } else { order(a, b) });
        Ok(self.list(keyed.into_iter().map(|(_, item)| item).collect(), at).from(over))
    }

    fn filtered(&mut self, test: &V, over: &V, at: Span) -> R {
        let items = match self.iterate(over, at)? {
            Ok(items) => items,
            Err(unknown) => return Ok(unknown),
        };
        let mut out = Vec::new();
        for item in items {
            let item = item.resting([over]);
            let taken = match &test.k {
                K::None => item.clone(),
                _ => self.apply(test, vec![item.clone()], at)?,
            };
            match self.truth(&taken) {
                Truth::Yes => out.push(item),
                Truth::No => {}
                Truth::Open(_) => {
                    return Ok(V::unknown("which items are taken is not decided", at).resting([over, &taken]));
                }
            }
        }
        Ok(V::at(K::Iter(Arc::new(out)), at).from(over))
    }

    fn is_instance(&self, v: &V, kind: &V) -> Option<bool> {
        let K::Lib(path) = &kind.k else { return None };
        let wanted = path.strip_prefix("builtins.")?;
        let have: &[&str] = match &v.k {
            K::Str(_) => &["str"],
            K::Bool(_) => &["bool", "int"],
            K::Int(_) => &["int"],
            K::Float(_) => &["float"],
            K::Bytes(_) => &["bytes"],
            K::Tuple(_) => &["tuple"],
            K::None => &[],
            K::Ref(id) => match self.heap.get(id).map(|obj| &obj.data) {
                Some(Data::List(_)) => &["list"],
                Some(Data::Dict(_)) => &["dict"],
                Some(Data::Set(_)) if wanted != "frozenset" => &["set"],
                _ => return None,
            },
            _ => return None,
        };
        let known = ["str", "bool", "int", "float", "bytes", "tuple", "list", "dict", "set"];
        (wanted == "object").then_some(true).or_else(|| known.contains(&wanted).then(|| have.contains(&wanted)))
    }

    /// Whether a class, object or module of the project has an attribute; none if that is not known.
    fn has_attribute(&mut self, of: &V, name: &str, at: Span) -> Option<bool> {
        let id = match &of.k {
            K::Ref(id) => *id,
            K::Lib(path) if &**path == "django.conf.settings" => match self.django_settings(at) {
                Ok(Some(V { k: K::Ref(id), .. })) => id,
                _ => return None,
            },
            _ => return None,
        };
        let space = self.space(id)?;
        let in_class = |id: Id| match self.class_attribute(id, name, at) {
            Some(V { k: K::Unknown(_) | K::Depends(_) | K::OneOf(_), .. }) => None,
            Some(_) => Some(true),
            None => Some(name.starts_with("__")).filter(|special| !special),
        };
        match space.names.get(name).map(|v| &v.k) {
            Some(K::Undefined | K::Unknown(_) | K::Depends(_) | K::OneOf(_)) => return None,
            Some(_) => return Some(true),
            None if space.open.is_some() => return None,
            None => {}
        }
        match &space.role {
            Role::Class { .. } => in_class(id),
            Role::Instance(V { k: K::Ref(class), .. }) => in_class(*class),
            Role::Module(module) if self.find(&format!("{module}.{name}")).is_none() => {
                (!name.starts_with("__")).then_some(false)
            }
            _ => None,
        }
    }

    /// A method of a file that was opened for reading.
    pub(crate) fn file_method(&mut self, file: &V, name: &str, args: &Args, at: Span) -> R {
        let path = if let K::Made(_, made) = &file.k { made.pos.first().cloned() } else { None };
        match (name, path.as_ref().and_then(V::pathlike)) {
            ("read", Some(path)) if args.pos.is_empty() && args.named.is_empty() => {
                self.file_call("read_text", path, at)
            }
            ("readlines", Some(_)) if args.pos.is_empty() => Ok(match self.iterate(file, at)? {
                Ok(lines) => self.list(lines, at),
                Err(unknown) => unknown,
            }),
            ("close" | "__exit__", _) => Ok(V::none()),
            _ => {
                self.may_raise(None, at, Cond::default());
                Ok(V::unknown("what is read of a file", at))
            }
        }
    }
}

fn sorted(mut items: Vec<V>, reverse: bool) -> Option<Vec<V>> {
    let number = |v: &V| if let K::Int(n) = v.k { Some(n) } else { None };
    if items.iter().all(|v| number(v).is_some()) {
        items.sort_by_key(|v| number(v));
    } else if items.iter().all(|v| v.text().is_some_and(|t| !placed(t))) {
        items.sort_by(|a, b| a.text().cmp(&b.text()));
    } else {
        return None;
    }
    if reverse {
        items.reverse();
    }
    Some(items)
}
