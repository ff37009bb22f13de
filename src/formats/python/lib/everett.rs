//! everett: texts of variables and of a file of them, each through a parser; a default is a text, and goes through it too.

use std::sync::Arc;

use super::casts::Cast;
use super::envfile::{Reader, lines};
use crate::formats::python::eval::machine::Machine;
use crate::formats::python::eval::truth::placed;
use crate::formats::python::eval::values::{Args, K, R, V};
use crate::formats::python::lib::os::Making;
use crate::model::{FileId, Span};

/// What is asked for settings, and by which name.
const MANAGER: &str = "everett.manager.ConfigManager";
const LIST: &str = "everett.manager.ListOf";

/// Where a manager looks, in its order; nothing of what is not followed.
struct Places {
    file: Option<FileId>,
    /// Whether the file is asked before the variables.
    first: bool,
}

impl Machine<'_> {
    /// Something of the library that is called.
    pub(crate) fn everett(&mut self, path: &str, args: &Args, at: Span) -> R {
        let made = |path: &str| Ok(V::at(K::Made(path.into(), Arc::new(args.clone())), at));
        match path.strip_prefix("everett.manager.") {
            // What has no places of its own has the variables and a file beside them.
            Some("ConfigManager.basic_config") => made("everett.manager.basic_config"),
            Some("ConfigManager" | "ConfigOSEnv" | "ConfigEnvFileEnv" | "ListOf") => made(path),
            _ => Ok(self.foreign(&format!("{path}()"), args, at)),
        }
    }

    /// A method of an object of the library.
    pub(crate) fn everett_method(&mut self, class: &str, object: &V, method: &str, args: &Args, at: Span) -> R {
        let K::Made(_, made) = &object.k else { return Ok(self.foreign(method, args, at)) };
        let made = Arc::clone(made);
        match (class, method) {
            (MANAGER | "everett.manager.basic_config", "__call__") => {
                let places = self.everett_places(class, &made, at);
                self.everett_read(places, args, at)
            }
            (LIST, "__call__") => match args.pos.first().cloned() {
                Some(text) => self.lift(&text, at, &mut |m, v| m.everett_list(&made, v, at)),
                None => Ok(self.foreign(method, args, at)),
            },
            _ => Ok(self.foreign(method, args, at)),
        }
    }

    fn everett_places(&mut self, class: &str, made: &Args, at: Span) -> Option<Places> {
        if made.open {
            return None;
        }
        if class != MANAGER {
            let path = made.get(0, "env_file").map_or(Some(".env"), V::text)?;
            return Some(Places { file: self.started_file(path).ok()?, first: false });
        }
        let all = self.iterate(made.get(0, "environments")?, at).ok()?.ok()?;
        let mut places = Places { file: None, first: false };
        let mut variables = false;
        for place in &all {
            let K::Made(class, of) = &place.k else { return None };
            match class.strip_prefix("everett.manager.") {
                Some("ConfigOSEnv") => variables = true,
                Some("ConfigEnvFileEnv") if places.file.is_none() => {
                    let path = of.get(0, "possible_paths").and_then(V::pathlike)?;
                    places = Places { file: self.started_file(path).ok()?, first: !variables };
                }
                _ => return None,
            }
        }
        variables.then_some(places)
    }

    fn everett_read(&mut self, places: Option<Places>, args: &Args, at: Span) -> R {
        let known = ["key", "default", "default_if_empty", "doc", "namespace", "parser", "raise_error"];
        let odd = args.open || args.pos.len() > 1 || args.named.iter().any(|(name, _)| !known.contains(&name.as_str()));
        let space = args.named("namespace").filter(|v| !matches!(v.k, K::None)).map(|v| v.text().map(str::to_owned));
        let key = args.get(0, "key").and_then(V::text).map(str::to_uppercase);
        let name = match (key, space) {
            (Some(key), None) => key,
            (Some(key), Some(Some(space))) => format!("{}_{key}", space.to_uppercase()),
            _ => return Ok(self.foreign("a read of a variable that is not known", args, at)),
        };
        let quiet = args.named("raise_error").is_some_and(|v| matches!(v.k, K::Bool(false)));
        let given = args.named("default").cloned();
        let Some(places) = places.filter(|_| !odd) else {
            self.note_read(&name, given.as_ref(), given.is_none() && !quiet, "everett", at);
            return Ok(self.foreign("a read that is not followed", args, at));
        };
        let cast = args.named("parser").cloned().map_or(Cast::Text, |asked| self.cast_of(&asked));
        let mut default = match given {
            Some(given) => Some(self.lift(&given, at, &mut |m, v| m.everett_cast(&cast, v, at))?),
            None => quiet.then(|| V::unknown("there may be no value", at)),
        };
        let in_file = places.file.and_then(|file| {
            let text = self.tree.text(file).map(str::to_owned).unwrap_or_default();
            let line = lines(&text, Reader::Decouple)?.into_iter().find(|line| line.name == name)?;
            Some(self.line(&line, file, at))
        });
        if let Some(line) = in_file {
            let made = self.lift(&line, at, &mut |m, v| m.everett_cast(&cast, v, at))?;
            if places.first {
                return Ok(made);
            }
            default = Some(made);
        }
        let keeps = matches!(cast, Cast::Text);
        let required = default.is_none();
        // An empty text is none, where there is a default.
        let empty = default.clone().filter(|_| args.named("default_if_empty").is_none());
        let cast = &mut |m: &mut Self, v: &V| match &empty {
            Some(default) if v.text() == Some("") => Ok(default.clone().resting([v])),
            _ => m.everett_cast(&cast, v, at),
        };
        self.env_cast(&name, default, required, "everett", at, Making { keeps, cast })
    }

    fn everett_cast(&mut self, cast: &Cast, v: &V, at: Span) -> R {
        match cast {
            Cast::Call(V { k: K::Lib(path), .. }) if &**path == "everett.manager.parse_bool" => {
                self.decouple_cast(&Cast::Bool, v, at)
            }
            _ => self.decouple_cast(cast, v, at),
        }
    }

    /// `ListOf(parser)(text)`.
    fn everett_list(&mut self, made: &Args, v: &V, at: Span) -> R {
        let delimiter = made.get(1, "delimiter").map_or(Some(","), V::text).map(str::to_owned);
        let inner = made.get(0, "parser").cloned().map_or(Cast::Text, |asked| self.cast_of(&asked));
        let text = v.text().filter(|text| !placed(text) && !made.open).map(str::to_owned);
        let (Some(text), Some(delimiter)) = (text, delimiter.filter(|d| !d.is_empty())) else {
            return Ok(V::unknown("a list of values that is not followed", at).resting([v]));
        };
        let mut items = Vec::new();
        for part in text.split(delimiter.as_str()).filter(|_| !text.is_empty()) {
            let part = V::at(K::Str(part.trim().into()), at).resting([v]);
            items.push(self.everett_cast(&inner, &part, at)?);
        }
        Ok(self.list(items, at).from(v).with(|m| m.raw = None))
    }
}
