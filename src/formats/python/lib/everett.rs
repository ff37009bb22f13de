//! everett: variables that a manager looks up in its sources in turn, and makes into what a parser says.

use std::sync::Arc;

use super::casts::Cast;
use super::envfile::{Reader, lines};
use super::made::Plain;
use crate::formats::python::eval::machine::Machine;
use crate::formats::python::eval::truth::placed;
use crate::formats::python::eval::values::{Args, K, R, V};
use crate::formats::python::lib::os::Making;
use crate::model::{FileId, Span};

/// The manager, as it is called and as `ConfigManager.basic_config()` makes it: the variables, then a file.
pub(crate) const MANAGER: &str = "everett.manager.ConfigManager";
pub(crate) const BASIC: &str = "everett.manager.ConfigManager.basic_config";
/// A parser of texts with separators.
pub(crate) const LIST_OF: &str = "everett.manager.ListOf";

/// Whether something of the library only stands for what it is called with.
pub(crate) fn is_made(path: &str) -> bool {
    let sources = ["ConfigOSEnv", "ConfigEnvFileEnv", "ConfigDictEnv"];
    [MANAGER, BASIC, LIST_OF].contains(&path)
        || path.strip_prefix("everett.manager.").is_some_and(|name| sources.contains(&name))
}

impl Machine<'_> {
    /// The files that a manager reads behind the variables; `Err` where they are not known, or come before.
    fn everett_files(&mut self, class: &str, made: &Args, at: Span) -> Result<Vec<FileId>, ()> {
        if made.open {
            return Err(());
        }
        if class == BASIC {
            let file = made.get(0, "env_file").cloned().unwrap_or_else(|| V::str(".env"));
            return Ok(self.everett_file(&file)?.into_iter().collect());
        }
        let sources = made.get(0, "environments").cloned().ok_or(())?;
        let sources = self.iterate(&sources, at).map_err(|_| ())?.map_err(|_| ())?;
        let (mut files, mut variables) = (Vec::new(), false);
        for source in sources {
            let K::Made(of, inner) = &source.k else { return Err(()) };
            match of.strip_prefix("everett.manager.") {
                Some("ConfigOSEnv") => variables = true,
                Some("ConfigEnvFileEnv") => {
                    let named = inner.get(0, "possible_paths").cloned().ok_or(())?;
                    let listed = if named.pathlike().is_some() { vec![named] } else { self.listed(&named, at)? };
                    for path in &listed {
                        if let Some(file) = self.everett_file(path)? {
                            if !variables {
                                return Err(());
                            }
                            files.push(file);
                            break;
                        }
                    }
                }
                _ => return Err(()),
            }
        }
        if variables { Ok(files) } else { Err(()) }
    }

    fn listed(&mut self, value: &V, at: Span) -> Result<Vec<V>, ()> {
        self.iterate(value, at).map_err(|_| ())?.map_err(|_| ())
    }

    /// A file that a manager names, where it is there.
    fn everett_file(&mut self, path: &V) -> Result<Option<FileId>, ()> {
        let wanted = path.pathlike().map(str::to_owned).ok_or(())?;
        self.started_file(&wanted)
    }

    /// `config(key, namespace, default, default_if_empty, alternate_keys, doc, parser, raise_error)`.
    pub(crate) fn everett(&mut self, object: &V, args: &Args, at: Span) -> R {
        let K::Made(class, made) = &object.k else { return Ok(self.foreign("a manager", args, at)) };
        let (class, made) = (class.to_string(), Arc::clone(made));
        let Some(name) = args.get(0, "key").and_then(V::text).map(str::to_owned).filter(|_| !args.open) else {
            return Ok(self.foreign("a read of a variable that is not known", args, at));
        };
        let no_value = |v: &V| matches!(&v.k, K::Lib(path) if path.ends_with("NO_VALUE"));
        let default = args.get(2, "default").cloned().filter(|v| !no_value(v));
        let odd = [(1, "namespace"), (3, "default_if_empty"), (4, "alternate_keys"), (8, "raw_value")];
        let odd = odd.iter().any(|(at, name)| args.get(*at, name).is_some_and(|v| !matches!(v.k, K::None)));
        let quiet = default.is_none() && args.get(7, "raise_error").is_some();
        let files = self.everett_files(&class, &made, at);
        let (Ok(files), false) = (files, odd || quiet) else {
            self.note_read(&name, default.as_ref(), default.is_none() && !quiet, "everett", at);
            return Ok(V::unknown("a read of a variable in a way that is not followed", at));
        };
        if default.as_ref().is_some_and(|v| matches!(v.k, K::None | K::Bool(_) | K::Int(_) | K::Float(_) | K::Tuple(_)))
        {
            self.note_read(&name, default.as_ref(), false, "everett", at);
            return self.raise("ConfigurationError", "the default is no text", at);
        }
        let mut fallback = default;
        for file in files.into_iter().rev() {
            let text = self.tree.text(file).map(str::to_owned).unwrap_or_default();
            match lines(&text, Reader::Decouple) {
                Some(lines) => {
                    // What is empty is as good as not set.
                    let ours = lines.iter().rev().find(|line| line.name == name);
                    if let Some(line) = ours.filter(|line| line.value.as_deref() != Some("")) {
                        fallback = Some(self.line(line, file, at));
                    }
                }
                None => fallback = Some(V::unknown("a file of settings that is not followed", at)),
            }
        }
        let cast = match args.get(6, "parser").cloned() {
            Some(asked) => self.cast_of(&asked),
            None => Cast::Text,
        };
        let fallback = match fallback {
            None => None,
            Some(text) => Some(self.lift(&text, at, &mut |m, v| m.everett_cast(&cast, v, at))?),
        };
        let required = fallback.is_none();
        let keeps = matches!(cast, Cast::Raw | Cast::Text);
        let empty = fallback.clone();
        let run = &mut |m: &mut Self, v: &V| match (v.text(), &empty) {
            (Some(""), Some(empty)) => Ok(empty.clone().from(v)),
            (Some(""), None) => m.raise("ConfigurationMissingError", "the variable is empty", at),
            _ => m.everett_cast(&cast, v, at),
        };
        self.env_cast(&name, fallback, required, "everett", at, Making { keeps, cast: run })
    }

    /// What a parser makes of a text.
    fn everett_cast(&mut self, cast: &Cast, v: &V, at: Span) -> R {
        match cast {
            Cast::Raw | Cast::Text => Ok(v.clone()),
            Cast::Bool => match v.text().filter(|text| !placed(text)).map(str::to_lowercase).as_deref() {
                Some("t" | "true" | "yes" | "y" | "1" | "on") => Ok(self.plain(&Plain::Bool(true), v, at)),
                Some("f" | "false" | "no" | "n" | "0" | "off") => Ok(self.plain(&Plain::Bool(false), v, at)),
                Some(_) => self.raise("InvalidValueError", "it is no truth value", at),
                None => Ok(V::unknown("a truth", at).resting([v])),
            },
            Cast::Other => Ok(V::unknown("a cast that is not followed", at).resting([v])),
            _ => self.call_cast(cast, v, at),
        }
    }

    /// `ListOf(parser, delimiter)(value)`.
    pub(crate) fn everett_list(&mut self, object: &V, v: &V, at: Span) -> R {
        let K::Made(_, made) = &object.k else { return Ok(V::unknown("a list of values", at).resting([v])) };
        let made = Arc::clone(made);
        let delimiter = made.get(1, "delimiter").map_or(Some(","), V::text).map(str::to_owned);
        let parser = made.get(0, "parser").cloned().map(|asked| self.cast_of(&asked));
        self.lift(v, at, &mut |m, v| {
            let text = v.text().filter(|text| !placed(text) && !made.open).map(str::to_owned);
            let (Some(text), Some(delimiter), Some(parser)) = (text, &delimiter, &parser) else {
                return Ok(V::unknown("a list of values that is not followed", at).resting([v]));
            };
            let mut items = Vec::new();
            for part in text.split(delimiter.as_str()).filter(|_| !text.is_empty()) {
                let part = V::at(K::Str(part.trim().into()), at).resting([v]);
                items.push(m.everett_cast(parser, &part, at)?);
            }
            Ok(m.list(items, at).from(v).with(|meta| meta.raw = None))
        })
    }
}
