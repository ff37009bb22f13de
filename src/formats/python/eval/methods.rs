//! Attributes, subscripts, iteration, and methods of containers.

use std::sync::Arc;

use ruff_python_ast as ast;

use super::machine::{Cond, Frame, Machine};
use super::truth::{View, placed};
use super::values::{Args, Data, Exc, K, R, V};
use crate::formats::python::Run;
use crate::formats::python::lib::types;
use crate::model::Span;

impl Machine<'_> {
    /// `object.name`.
    pub(crate) fn attribute(&mut self, object: &V, name: &str, at: Span) -> R {
        match &object.k {
            K::Lib(path) if &**path == "django.conf.settings" => self.django_setting(name, at),
            K::Lib(path) if &**path == "dynaconf.settings" => {
                let global = self.dynaconf_global(at);
                self.attribute(&global, name, at)
            }
            K::Ref(id) if self.is_parser(*id) => Ok(V::at(K::Bound(Arc::new((object.clone(), name.to_owned()))), at)),
            K::Ref(id) if self.dynaconf.contains(id) => self.dynaconf_attribute(object, *id, name, at),
            K::Ref(id) if self.boxed(*id, name) => {
                let part = self.dynaconf_part(object, name);
                Ok(part.unwrap_or_else(|| V::unknown("a key that is not there", at)))
            }
            K::Lib(path) => {
                let full = format!("{path}.{name}");
                if let Some(value) = crate::formats::python::lib::constant(&full) {
                    return Ok(value);
                }
                Ok(V::at(K::Lib(full.into()), at))
            }
            K::Path(path) if matches!(name, "parent" | "parents" | "name" | "stem" | "suffix") => {
                let value = Self::path_attribute(path, name, at);
                Ok(value.unwrap_or_else(|| V::unknown("a part of the path outside the repository", at)))
            }
            K::Ref(id) if self.space(*id).is_some() => self.space_attribute(object, *id, name, at),
            K::Unknown(_) => Ok(V::unknown("a part of what is not known", at).resting([object])),
            K::OneOf(_) if self.perhaps_held(object) => {
                Ok(V::at(K::Bound(Arc::new((object.clone(), name.to_owned()))), at))
            }
            K::OneOf(_) => self.lift(object, at, &mut |m, v| m.attribute(v, name, at)),
            K::Depends(of)
                if of.1.as_ref().is_some_and(|v| {
                    matches!(v.k, K::Ref(id) if self.space(id).is_some() || self.boxed(id, name))
                        || matches!(v.k, K::Path(_) | K::Lib(_))
                }) =>
            {
                self.lift(object, at, &mut |m, v| m.attribute(v, name, at))
            }
            K::Made(class, _) if &**class == "celery.Celery" && name == "conf" => {
                Ok(V::at(K::Made("celery.conf".into(), Arc::default()), at))
            }
            K::Made(class, _) if &**class == "celery.Celery" => {
                if name == "config_from_envvar" {
                    self.unsure_reads("Celery looks at a variable", at);
                }
                Ok(V::at(K::Bound(Arc::new((object.clone(), name.to_owned()))), at))
            }
            K::Made(class, _) if &**class == "celery.conf" => {
                // What only adds to it does not look at it yet.
                if matches!(name, "update" | "setdefault" | "clear") {
                    return Ok(V::at(K::Bound(Arc::new((object.clone(), name.to_owned()))), at));
                }
                self.unsure_reads("Celery looks at variables", at);
                self.named_settings(at)?;
                Ok(V::unknown("a part of Celery's configuration", at))
            }
            K::Made(class, made) if &**class == "pydantic.info" && name == "data" => {
                Ok(made.pos.first().cloned().unwrap_or_else(|| V::unknown("what a validator is told", at)))
            }
            K::Made(class, made) if &**class == "sqlalchemy.URL" => {
                Ok(self.sqlalchemy_attribute(object, &Arc::clone(made), name, at))
            }
            K::Made(class, made) if class.starts_with("urllib.") || class.starts_with("re.") => {
                let (class, made) = (Arc::clone(class), Arc::clone(made));
                let found = self.made_attribute(&class, &made, name, at);
                Ok(found.unwrap_or_else(|| V::unknown("a part of an object of a library", at).resting([object])))
            }
            K::Made(class, _) if &**class == super::enums::MEMBER => self
                .member_attribute(object, name, at)
                .unwrap_or_else(|| Ok(V::unknown("a part of a member", at).resting([object]))),
            K::Made(class, made) if &**class == "pydantic.Secret" && name == "get_secret_value" => {
                Ok(V::at(K::Made("pydantic.Secret.get".into(), Arc::clone(made)), at).resting([object]))
            }
            K::Made(class, _) if !crate::formats::python::lib::has_methods(class) => {
                Ok(V::unknown("a part of an object of a library", at).resting([object]))
            }
            _ => Ok(V::at(K::Bound(Arc::new((object.clone(), name.to_owned()))), at)),
        }
    }

    pub(crate) fn subscript(&mut self, of: &ast::ExprSubscript, at: Span, f: &mut Frame) -> R {
        let object = self.eval(&of.value, f)?;
        // A part of the command line, for what is asked of it.
        let followed = matches!(self.run, Run::Served | Run::Django);
        if followed && matches!(&object.k, K::Lib(path) if &**path == "sys.argv") {
            return Ok(object);
        }
        if types::is_type(&object) {
            return Ok(self.type_with_arguments(of, at, f, 0));
        }
        if let ast::Expr::Slice(slice) = &*of.slice {
            let mut part = |e: &Option<Box<ast::Expr>>| e.as_ref().map_or(Ok(V::none()), |e| self.eval(e, f));
            let bounds = [part(&slice.lower)?, part(&slice.upper)?, part(&slice.step)?];
            return self.slice(&object, &bounds, at);
        }
        let key = self.eval(&of.slice, f)?;
        if matches!(&object.k, K::Lib(path) if &**path == "os.environ") {
            let Some(name) = key.text().map(str::to_owned) else { return Ok(V::unknown("which variable is read", at)) };
            return self.env_get(&name, None, true, "os", at);
        }
        let found = self.lift_all(&[object.clone(), key.clone()], at, &mut |m, v| m.item(&v[0], &v[1], at))?;
        Ok(found.resting([&object, &key]))
    }

    /// What an iteration gives, in order; an unknown value where that is not known.
    pub(crate) fn iterate(&mut self, value: &V, at: Span) -> Result<Result<Vec<V>, V>, Exc> {
        let unknown = |v: &V| V::unknown("what is in there is not known", at).resting([v]);
        let View::Plain(plain) = self.view(value) else {
            self.may_raise(None, at, Cond::default());
            return Ok(Err(unknown(value)));
        };
        Ok(match &plain.k {
            K::Tuple(items) | K::Iter(items) => Ok(items.to_vec()),
            K::Made(class, made) if &**class == super::super::lib::starlette::STRINGS => {
                let inner = made.pos.first().cloned().unwrap_or_else(V::none);
                return self.iterate(&inner, at);
            }
            K::Made(class, made) if &**class == "file" => match made.pos.first().and_then(V::pathlike) {
                Some(path) => {
                    let text = self.file_call("read_text", path, at)?;
                    match text.text() {
                        Some(text) => Ok(text.split_inclusive('\n').map(V::str).collect()),
                        None => Err(unknown(value)),
                    }
                }
                None => Err(unknown(value)),
            },
            K::Str(text) if !placed(text) => {
                Ok(text.chars().map(|c| V::at(K::Str(c.to_string().into()), at)).collect())
            }
            K::Ref(id) if self.members_of(*id).is_some() => Ok(self.members_of(*id).unwrap_or_default()),
            K::Ref(id) => match self.heap.get(id).map(|o| o.data.clone()) {
                Some(Data::List(items)) => Ok(items),
                Some(Data::Set(items)) if items.len() < 2 => Ok(items),
                Some(Data::Dict(items)) => Ok(items.into_iter().map(|(k, _)| k).collect()),
                _ => Err(unknown(value)),
            },
            K::None | K::Int(_) | K::Bool(_) => match self.raise("TypeError", "it cannot be iterated over", at) {
                Ok(unknown) => Err(unknown),
                Err(exc) => return Err(exc),
            },
            _ => Err(unknown(value)),
        })
    }

    /// The pairs of a settled dict.
    pub(crate) fn pairs(&mut self, value: &V) -> Option<Vec<(V, V)>> {
        let View::Plain(V { k: K::Ref(id), .. }) = self.view(value) else { return None };
        match self.heap.get(&id).map(|o| &o.data) {
            Some(Data::Dict(items)) => Some(items.clone()),
            _ => None,
        }
    }

    /// `dict.update(other)`.
    pub(crate) fn update(&mut self, object: &V, other: &V, at: Span) -> Result<(), Exc> {
        match self.pairs(other) {
            Some(pairs) if !matches!(&object.k, K::Ref(id) if self.space(*id).is_some()) => {
                for (key, value) in pairs {
                    self.set_item(object, &key, value.resting([other]), at)?;
                }
            }
            Some(pairs) => {
                let K::Ref(id) = object.k else { return Ok(()) };
                for (key, value) in pairs {
                    match key.text() {
                        Some(name) => self.set_name(id, name, value),
                        None => self.forget_object(id, "names that are not known", at),
                    }
                }
            }
            None if self.update_doubtful(object, other, at)? => {}
            None => match object.k {
                K::Ref(id) if self.space(id).is_some() => self.forget_object(id, "names that are not known", at),
                _ => self.forget_value(object, at),
            },
        }
        Ok(())
    }

    /// A method of a value.
    pub(crate) fn method(&mut self, object: &V, name: &str, args: &Args, at: Span) -> R {
        if let K::Made(class, _) = &object.k {
            let class = Arc::clone(class);
            return self.library_method(&class, object, name, args, at);
        }
        if let K::Ref(id) = &object.k
            && self.dynaconf.contains(id)
        {
            return self.dynaconf_method(object, *id, name, args, at);
        }
        if let K::Ref(id) = &object.k
            && self.is_parser(*id)
        {
            return self.ini_method(*id, name, args, at);
        }
        if let Some(taken) = self.flask_take(object, name, args, at) {
            return taken;
        }
        if args.open {
            self.forget_value(object, at);
            return Ok(self.foreign(name, args, at));
        }
        if matches!(object.k, K::Ref(_) | K::Depends(_) | K::OneOf(_))
            && matches!(
                name,
                "append"
                    | "extend"
                    | "insert"
                    | "update"
                    | "add"
                    | "remove"
                    | "pop"
                    | "setdefault"
                    | "clear"
                    | "discard"
                    | "sort"
                    | "reverse"
                    | "popitem"
            )
        {
            return self.change(object, name, args, at);
        }
        let mut all = vec![object.clone()];
        if name == "get" {
            all.extend(args.pos.first().cloned());
        } else {
            all.extend(args.pos.iter().cloned());
        }
        let found = self.lift_all(&all, at, &mut |m, v| m.read_method(&v[0], name, &v[1..], args, at))?;
        Ok(found.resting(&all))
    }

    fn read_method(&mut self, object: &V, name: &str, pos: &[V], args: &Args, at: Span) -> R {
        let data = if let K::Ref(id) = &object.k { self.heap.get(id).map(|o| o.data.clone()) } else { None };
        let iter = |items: Vec<V>| V::at(K::Iter(Arc::new(items)), at);
        let found = match (&object.k, data, name) {
            (K::Str(text), _, "format") => return self.format(&text.clone(), args, at),
            (K::Str(text), _, "join") => {
                let text = text.clone();
                let Some(first) = pos.first() else { return Ok(V::unknown("a call that does not fit", at)) };
                match self.iterate(first, at)? {
                    Err(unknown) => return Ok(unknown),
                    Ok(items) => {
                        let mut parts = Vec::new();
                        for (i, item) in items.into_iter().enumerate() {
                            if i > 0 {
                                parts.push(V::str(&text));
                            }
                            parts.push(item);
                        }
                        return self.concat(&parts, at);
                    }
                }
            }
            (K::Str(text), _, "split" | "rsplit")
                if args.named.len() == 1 && matches!(args.named[0].0.as_str(), "maxsplit" | "sep") =>
            {
                let mut all = pos.to_vec();
                match (args.named[0].0.as_str(), all.len()) {
                    ("maxsplit", 0) => all.push(V::none()),
                    ("maxsplit", 1) | ("sep", 0) => {}
                    _ => return Ok(V::unknown("a call that does not fit", at)),
                }
                all.push(args.named[0].1.clone());
                self.text_method(&text.clone(), name, &all, at)
            }
            (K::Bytes(bytes), _, _) => self.bytes_method(&Arc::clone(bytes), name, args, at),
            (K::Timedelta(n), _, "total_seconds") if pos.is_empty() => Some(V::at(K::Float(*n), at)),
            (K::Tuple(_), _, _) | (_, Some(Data::Set(_)), _) | (_, Some(Data::List(_)), "count")
                if args.named.is_empty() =>
            {
                let all = pos.to_vec();
                self.collection_method(object, name, &all, at)?
            }
            (K::Str(text), _, _) if args.named.is_empty() => self.text_method(&text.clone(), name, pos, at),
            (K::Path(path), _, _) => return self.path_method(&path.clone(), name, args, at),
            (_, Some(Data::Dict(items)), "get") => {
                let default = args.get(1, "default").cloned().unwrap_or_else(|| V::at(K::None, at));
                let Some(key) = pos.first() else { return Ok(V::unknown("a call that does not fit", at)) };
                let found = self.find_key(&items, key);
                if let (Some(None), Some(why)) = (&found, &self.flask_open) {
                    return Ok(V::at(K::Unknown(Arc::new(why.clone())), at).resting(pos));
                }
                found.map(|found| found.unwrap_or(default))
            }
            (_, Some(Data::Dict(items)), "items") => {
                Some(iter(items.into_iter().map(|(k, v)| V::tuple(vec![k, v])).collect()))
            }
            (_, Some(Data::Dict(items)), "keys") => Some(iter(items.into_iter().map(|(k, _)| k).collect())),
            (_, Some(Data::Dict(items)), "values") => Some(iter(items.into_iter().map(|(_, v)| v).collect())),
            (_, Some(Data::Dict(items)), "copy") => Some(self.new_dict(items, at)),
            (_, Some(Data::List(items)), "copy") => Some(self.list(items, at)),
            (_, Some(Data::List(items)), "index") => {
                let Some(item) = pos.first() else { return Ok(V::unknown("a call that does not fit", at)) };
                let mut place = None;
                for (i, one) in items.iter().enumerate() {
                    match self.equal(one, item) {
                        Some(true) => {
                            place = i128::try_from(i).ok();
                            break;
                        }
                        Some(false) => {}
                        None => return Ok(V::unknown("where it stands in the list", at)),
                    }
                }
                match place {
                    Some(i) => Some(V::at(K::Int(i), at)),
                    None => return self.raise("ValueError", "it is not in the list", at),
                }
            }
            _ => None,
        };
        Ok(match found {
            Some(value) => value.resting(pos),
            None => self.foreign(name, args, at).resting([object]),
        })
    }
}
