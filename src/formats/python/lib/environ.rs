//! django-environ.

use std::sync::Arc;

use super::casts::Cast;
use super::databases::Parsed;
use super::environ_urls as urls;
use super::made::Plain;
use super::os::Found;
use crate::formats::python::eval::machine::Machine;
use crate::formats::python::eval::truth::View;
use crate::formats::python::eval::values::{Args, K, Names, R, V};
use crate::formats::python::lib::os::Making;
use crate::model::Span;

/// Under this name an `Env` keeps that it looks into the files that variables name.
pub(crate) const FILE_AWARE: &str = "file aware";

type Read = fn(&str, Option<&str>) -> Parsed;

/// A method that reads a URL: its variable, the name of its last argument, and how it reads.
fn url_method(method: &str) -> Option<(&'static str, &'static str, Read)> {
    Some(match method {
        "db" | "db_url" => ("DATABASE_URL", "engine", urls::database),
        "cache" | "cache_url" => ("CACHE_URL", "backend", urls::cache),
        "email" | "email_url" => ("EMAIL_URL", "backend", urls::email),
        "channels" | "channels_url" => ("CHANNELS_URL", "backend", urls::channels),
        "search_url" => ("SEARCH_URL", "engine", urls::search),
        _ => return None,
    })
}

impl Machine<'_> {
    /// A method of `environ.Env(...)`; the object holds the scheme.
    pub(crate) fn environ_method(&mut self, object: &V, method: &str, args: &Args, at: Span) -> R {
        if method == "read_env" {
            return self.environ_file(args, at);
        }
        if let Some(of) = method.strip_suffix("_config")
            && let Some((_, last, read)) = url_method(of)
        {
            let Some(text) = args.get(0, "url").cloned().filter(|_| !args.open) else {
                return Ok(self.foreign(method, args, at));
            };
            return self.environ_url(&text, args.get(1, last), of, read, at);
        }
        if args.open || self.odd_env {
            return Ok(self.foreign(method, args, at));
        }
        let url = url_method(method);
        let given = args.get(0, "var").cloned();
        let name = match (&given, url) {
            (Some(v), _) => v.text().map(str::to_owned),
            (None, Some((variable, ..))) => Some(variable.to_owned()),
            (None, None) => None,
        };
        let Some(name) = name else {
            return Ok(self.foreign("a read of a variable that is not known", args, at));
        };
        let prefix =
            self.env_prefix.as_ref().filter(|(of, _)| matches!(&object.k, K::Made(_, made) if Arc::ptr_eq(made, of)));
        let name = prefix.map_or(name.clone(), |(_, prefix)| format!("{prefix}{name}"));
        let cast_first = matches!(method, "__call__" | "get_value" | "list" | "tuple" | "dict");
        let default = args.get(1 + usize::from(cast_first), "default").cloned();
        let asked = if cast_first { args.get(1, "cast").cloned() } else { None };
        let asked = match asked {
            Some(asked) => Some(self.cast_of(&asked)).filter(|cast| !matches!(cast, Cast::Raw)),
            None => None,
        };
        let cast = match (method, asked) {
            ("__call__" | "get_value", asked) => asked,
            ("str" | "unicode", _) => Some(Cast::Text),
            ("bool", _) => Some(Cast::Bool),
            ("int", _) => Some(Cast::Int),
            ("float", _) => Some(Cast::Float),
            ("list", None) => Some(Cast::List),
            ("list", Some(of)) => Some(Cast::ListOf(Box::new(of))),
            ("tuple", None) => Some(Cast::Tuple),
            ("tuple", Some(of)) => Some(Cast::TupleOf(Box::new(of))),
            ("dict", None) => Some(Cast::Dict),
            ("dict", Some(of)) => Some(of),
            ("json", _) => Some(Cast::Call(V::lib("json.loads"))),
            ("path", _) => None,
            _ if url.is_some() => None,
            _ => Some(Cast::Other),
        };
        let scheme = if let K::Made(_, made) = &object.k { made.named(&name).cloned() } else { None };
        let text = if matches!(&object.k, K::Made(_, made) if made.open) {
            self.note_read(&name, default.as_ref(), default.is_none(), "environ", at);
            V::unknown("a variable that is read in a way that is not followed", at)
        } else {
            let cast = if method == "path" { Some(Cast::Raw) } else { cast };
            let aware = matches!(&object.k, K::Made(_, made) if made.named(FILE_AWARE).is_some());
            let named = if aware { self.environ_named(&name, at) } else { Ok(None) };
            match named {
                Err(why) => why,
                Ok(vars) => {
                    let value = self.environ_value(&name, cast, default, scheme, at)?;
                    match vars {
                        Some(vars) => crate::formats::python::eval::truth::wrap(vars, value),
                        None => value,
                    }
                }
            }
        };
        if let Some((_, last, read)) = url {
            return self.environ_url(&text, args.get(2, last), method, read, at);
        }
        match method {
            "path" => self.lift(&text, at, &mut |m, v| m.apply(&V::lib("pathlib.Path"), vec![v.clone()], at)),
            "str" if args.get(2, "multiline").is_some() || args.get(3, "choices").is_some() => {
                self.environ_lines(&text, args, at)
            }
            _ => Ok(text),
        }
    }

    /// Whether `NAME_FILE` may name a file with the value: the variables it then rests on; an unknown value where it does.
    pub(super) fn environ_named(&mut self, name: &str, at: Span) -> Result<Option<Names>, V> {
        let file = format!("{name}_FILE");
        self.note_read(&file, None, false, "environ", at);
        match self.find_variable(&file, at) {
            Found::Unset => Ok(None),
            Found::Set(value) if value.text() == Some("") => Ok(None),
            Found::Set(value) => Err(V::unknown("a file that a variable names", at).resting([&value])),
            Found::Open => Ok(Some([file].into())),
        }
    }

    /// `env.str(..., multiline=True)`.
    fn environ_lines(&mut self, text: &V, args: &Args, at: Span) -> R {
        if args.get(3, "choices").is_some() || !matches!(args.get(2, "multiline"), Some(V { k: K::Bool(_), .. })) {
            return Ok(V::unknown("a text that is checked", at).resting([text]));
        }
        if matches!(args.get(2, "multiline"), Some(V { k: K::Bool(false), .. })) {
            return Ok(text.clone());
        }
        self.lift(text, at, &mut |m, v| match v.text() {
            Some(text) => {
                let lines = text.replace("\\r\\n", "\n").replace("\\n", "\n");
                Ok(m.plain(&Plain::Str(lines), v, at))
            }
            None => Ok(V::unknown("a text that is not known", at).resting([v])),
        })
    }

    /// `Env.get_value`.
    fn environ_value(&mut self, name: &str, cast: Option<Cast>, default: Option<V>, of: Option<V>, at: Span) -> R {
        let (mut cast, mut default) = (cast, default);
        match of.as_ref().map(|v| &v.k) {
            Some(K::Tuple(pair)) if pair.len() == 2 => {
                cast = cast.or_else(|| Some(self.cast_of(&pair[0])));
                default = default.or_else(|| Some(pair[1].clone()));
            }
            Some(K::Lib(_) | K::Func(_)) => cast = cast.or_else(|| of.as_ref().map(|of| self.cast_of(of))),
            Some(_) => cast = Some(Cast::Other),
            None => {}
        }
        let cast = match (cast, &default) {
            (Some(cast), _) => cast,
            (None, Some(default)) if self.default_casts => self.cast_like(default),
            (None, _) => Cast::Raw,
        };
        let required = default.is_none();
        let settled = match &default {
            Some(default) => matches!(self.view(default), View::Plain(_)),
            None => true,
        };
        let proxy = |v: &V| v.text().is_some_and(|t| t.starts_with('$'));
        if default.as_ref().is_some_and(proxy) {
            self.note_read(name, default.as_ref(), required, "environ", at);
            return Ok(V::unknown("a value that names another variable", at));
        }
        let kept = default.clone();
        let keeps = matches!(cast, Cast::Raw | Cast::Text);
        let cast = &mut |m: &mut Self, v: &V| {
            let same = kept.as_ref().is_some_and(|d| d.text().is_some() && d.text() == v.text());
            let empty = matches!(kept, Some(V { k: K::None, .. })) && v.text() == Some("");
            match &cast {
                _ if proxy(v) => Ok(V::unknown("a value that names another variable", at).resting([v])),
                _ if empty => Ok(m.plain(&Plain::None, v, at)),
                Cast::Text | Cast::Raw => Ok(v.clone()),
                _ if !settled => Ok(V::unknown("a default that is not known decides the cast", at).resting([v])),
                _ if same => Ok(v.clone()),
                cast => m.environ_cast(cast, v, at),
            }
        };
        self.env_cast(name, default, required, "environ", at, Making { keeps, cast })
    }

    /// What a URL gives.
    fn environ_url(&mut self, text: &V, last: Option<&V>, method: &str, read: Read, at: Span) -> R {
        let chosen = match last.map(|v| &v.k) {
            None | Some(K::None) => Ok(None),
            Some(K::Str(text)) => Ok(Some(text.to_string())),
            Some(_) => Err(()),
        };
        let Ok(chosen) = chosen else { return Ok(V::unknown("a backend that is not known", at).resting([text])) };
        let made = self.lift(text, at, &mut |m, v| {
            let parsed = match &v.k {
                K::Str(url) => read(url, chosen.as_deref()),
                K::None if method.starts_with("db") => read("", chosen.as_deref()),
                K::None if method.starts_with("cache") => Ok(Plain::Dict(Vec::new())),
                _ => Ok(Plain::Unsure),
            };
            match parsed {
                Ok(plain) => Ok(m.plain(&plain, v, at)),
                Err(why) => m.raise("ImproperlyConfigured", why, at),
            }
        })?;
        Ok(self.doubtful(made))
    }

    /// `environ.Env(...)`.
    pub(crate) fn make_env(args: &Args, at: Span) -> V {
        V::at(K::Made("environ.Env".into(), Arc::new(args.clone())), at)
    }
}
