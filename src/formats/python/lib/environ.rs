//! django-environ and python-decouple: casts of texts.

use std::sync::Arc;

use crate::formats::python::eval::machine::Machine;
use crate::formats::python::eval::truth::placed;
use crate::formats::python::eval::values::{Args, K, R, V};
use crate::model::Span;

/// What a text is made into.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cast {
    Text,
    EnvironBool,
    DecoupleBool,
    Int,
    List,
    Other,
}

impl Machine<'_> {
    /// A method of `environ.Env(...)`; the object holds the scheme.
    pub(crate) fn environ_method(&mut self, object: &V, method: &str, args: &Args, at: Span) -> R {
        if matches!(method, "read_env") {
            return Ok(self.read_env(at));
        }
        if args.open {
            return Ok(self.foreign(method, args, at));
        }
        let Some(name) = args.get(0, "var").and_then(V::text).map(str::to_owned) else {
            return Ok(self.foreign("a read of a variable that is not known", args, at));
        };
        let scheme = if let K::Made(_, made) = &object.k { made.named(&name).cloned() } else { None };
        let prefixed = matches!(&object.k, K::Made(_, made) if made.open);
        let place = usize::from(method == "__call__") + 1;
        let mut default = args.get(place, "default").cloned();
        let mut cast = match method {
            "__call__" | "str" | "unicode" => Cast::Text,
            "bool" => Cast::EnvironBool,
            "int" => Cast::Int,
            "list" => Cast::List,
            _ => Cast::Other,
        };
        if method == "str" {
            default = args.named("default").or(args.pos.get(1)).cloned();
        }
        if method == "__call__" {
            if let Some(asked) = args.get(1, "cast") {
                cast = cast_of(asked, true);
            }
            match scheme.map(|s| s.k) {
                Some(K::Tuple(pair)) if pair.len() == 2 => {
                    if args.get(1, "cast").is_none() {
                        cast = cast_of(&pair[0], true);
                    }
                    default = default.or_else(|| Some(pair[1].clone()));
                }
                Some(K::Lib(path)) if args.get(1, "cast").is_none() => cast = cast_of(&V::new(K::Lib(path)), true),
                Some(_) => cast = Cast::Other,
                None => {}
            }
        } else if scheme.is_some() {
            cast = Cast::Other;
        }
        let required = default.is_none();
        if prefixed || cast == Cast::Other {
            self.note_read(&name, default.as_ref(), required, "environ", at);
            if required {
                self.may_raise(None, at, crate::formats::python::eval::machine::Cond::default());
            }
            return Ok(V::unknown("a variable that is read in a way that is not followed", at));
        }
        // A default that is text is cast too, `None` is not.
        if default.as_ref().is_some_and(|d| cast != Cast::Text && d.text().is_some()) {
            self.note_read(&name, default.as_ref(), required, "environ", at);
            return Ok(V::unknown("a default that is cast", at));
        }
        let got = self.env_cast(&name, default, required, "environ", at, &mut |m, v| m.cast(cast, v, at))?;
        Ok(got)
    }

    /// `decouple.config(name, default=, cast=)`.
    pub(crate) fn decouple(&mut self, args: &Args, at: Span) -> R {
        let Some(name) = args.get(0, "option").and_then(V::text).map(str::to_owned) else {
            return Ok(self.foreign("a read of a variable that is not known", args, at));
        };
        let default = args.get(1, "default").cloned();
        let cast = args.get(2, "cast").map_or(Cast::Text, |c| cast_of(c, false));
        // A settings.ini or .env beside the code is read too; where one may be, nothing is sure.
        let files = self.tree.files().any(|(_, path)| path.ends_with(".env") || path.ends_with("settings.ini"));
        if cast == Cast::Other || files {
            self.note_read(&name, default.as_ref(), default.is_none(), "decouple", at);
            return Ok(V::unknown("a variable that is read in a way that is not followed", at));
        }
        let default = match default {
            None => None,
            Some(d) => Some(self.lift(&d, at, &mut |m, v| m.cast(cast, v, at))?),
        };
        let required = default.is_none();
        self.env_cast(&name, default, required, "decouple", at, &mut |m, v| m.cast(cast, v, at))
    }

    fn cast(&mut self, cast: Cast, v: &V, at: Span) -> R {
        let Some(text) = v.text().filter(|t| !placed(t)).map(str::to_owned) else {
            return Ok(if cast == Cast::Text || !matches!(v.k, K::Str(_)) && cast != Cast::DecoupleBool {
                v.clone()
            } else if matches!(v.k, K::Bool(_)) {
                v.clone()
            } else {
                V::unknown("a cast that is not followed", at)
            });
        };
        let lower = text.trim().to_ascii_lowercase();
        let made = |k: K| V::at(k, at).from(v).with(|m| m.raw = None);
        Ok(match cast {
            // django-environ follows `$NAME` in values.
            Cast::Text if text.starts_with('$') => V::unknown("a value that names another variable", at),
            Cast::Text => v.clone(),
            Cast::EnvironBool => match text.parse::<i64>() {
                Ok(n) => made(K::Bool(n != 0)),
                Err(_) => made(K::Bool(matches!(lower.as_str(), "true" | "on" | "ok" | "y" | "yes" | "1"))),
            },
            Cast::DecoupleBool => match text.to_ascii_lowercase().as_str() {
                "y" | "yes" | "t" | "true" | "on" | "1" => made(K::Bool(true)),
                "" | "n" | "no" | "f" | "false" | "off" | "0" => made(K::Bool(false)),
                _ => return self.raise("ValueError", "it is no truth value", at),
            },
            Cast::Int => return self.to_int(v, at),
            Cast::List => {
                let items = text.split(',').filter(|p| !p.is_empty());
                let items = items.map(|p| V::at(K::Str(p.into()), at)).collect();
                self.list(items, at).from(v)
            }
            Cast::Other => V::unknown("a cast that is not followed", at),
        })
    }

    /// Variables of a dotenv file, which cannot be told: any that is not set may be set by it.
    pub(crate) fn read_env(&mut self, at: Span) -> V {
        let any = self.tree.files().any(|(_, path)| path.rsplit('/').next().is_some_and(|n| n.starts_with(".env")));
        self.env_open |= any;
        V::at(K::None, at)
    }

    /// `environ.Env(...)`.
    pub(crate) fn make_env(args: &Args, at: Span) -> V {
        V::at(K::Made("environ.Env".into(), Arc::new(args.clone())), at)
    }
}

fn cast_of(v: &V, environ: bool) -> Cast {
    match &v.k {
        K::Lib(path) => match (&**path, environ) {
            ("builtins.bool", true) => Cast::EnvironBool,
            ("builtins.bool", false) => Cast::DecoupleBool,
            ("builtins.int", _) => Cast::Int,
            ("builtins.str", _) => Cast::Text,
            ("builtins.list", true) => Cast::List,
            _ => Cast::Other,
        },
        _ => Cast::Other,
    }
}
