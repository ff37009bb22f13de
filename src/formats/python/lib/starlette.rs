//! starlette's `Config`: variables over a file, with a prefix and casts.

use std::sync::Arc;

use super::casts::Cast;
use super::envfile::{Reader, lines};
use super::made::Plain;
use crate::discover::paths;
use crate::formats::python::eval::machine::Machine;
use crate::formats::python::eval::truth::placed;
use crate::formats::python::eval::values::{Args, K, R, V};
use crate::formats::python::lib::os::{Found, Making};
use crate::model::{FileId, Span};

/// A text that is not shown.
pub(crate) const SECRET: &str = "starlette.datastructures.Secret";
/// An address of a database, of the library `databases`.
pub(crate) const DATABASE_URL: &str = "databases.DatabaseURL";
/// A sequence of texts.
pub(crate) const STRINGS: &str = "starlette.datastructures.CommaSeparatedStrings";

impl Machine<'_> {
    /// The file that a `Config` reads a variable from: `Err` where that is not known.
    fn starlette_file(&mut self, made: &Args, name: &str) -> Result<Option<FileId>, ()> {
        let Some(path) = made.get(0, "env_file").cloned().filter(|v| !matches!(v.k, K::None)) else { return Ok(None) };
        let Some(wanted) = path.pathlike().map(str::to_owned) else { return Err(()) };
        let found = self.started_file(&wanted)?;
        if found.is_none() && !self.whole {
            // Where the program is started is not known: none of the files that it may be says anything of the name.
            let last = paths::name(&wanted);
            let there = |file: &FileId| !self.brought.left_out.contains(file);
            let mut files = self.tree.files().filter(|(file, path)| paths::name(path) == last && there(file));
            let says = files.any(|(file, _)| !self.tree.text(file).is_ok_and(|text| !text.contains(name)));
            return if says { Err(()) } else { Ok(None) };
        }
        Ok(found)
    }

    /// `starlette.config.Config(env_file)(key, cast, default)`.
    pub(crate) fn starlette(&mut self, made: &Args, args: &Args, at: Span) -> R {
        let prefix = match made.get(2, "env_prefix").map(|v| v.text().map(str::to_owned)) {
            None => Some(String::new()),
            Some(prefix) => prefix,
        };
        let name = args.get(0, "key").and_then(V::text).map(str::to_owned).filter(|_| !args.open);
        let (Some(name), Some(prefix)) = (name, prefix) else {
            return Ok(self.foreign("a read of a variable that is not known", args, at));
        };
        let name = format!("{prefix}{name}");
        let mut default = args.get(2, "default").cloned();
        let own = |v: &V| matches!(&v.k, K::Lib(path) if matches!(&**path, "os.environ" | "starlette.config.environ"));
        let odd = made.open || made.get(1, "environ").is_some_and(|v| !own(v));
        // What a variable says, no file changes.
        let given = !self.whole && matches!(self.find_variable(&name, at), Found::Set(_));
        let file = match if given { Ok(None) } else { self.starlette_file(made, &name) } {
            Ok(file) if !odd => file,
            _ => {
                self.note_read(&name, default.as_ref(), default.is_none(), "starlette", at);
                return Ok(V::unknown("a file of settings that is not followed", at));
            }
        };
        if let Some(file) = file {
            let text = self.tree.text(file).map(str::to_owned).unwrap_or_default();
            match lines(&text, Reader::Decouple) {
                Some(lines) => {
                    if let Some(line) = lines.iter().find(|line| line.name == name) {
                        default = Some(self.line(line, file, at));
                    }
                }
                None => default = Some(V::unknown("a file of settings that is not followed", at)),
            }
        }
        let cast = match args.get(1, "cast").cloned() {
            Some(asked) => self.cast_of(&asked),
            None => Cast::Raw,
        };
        let mut run = |m: &mut Self, v: &V| match (&cast, &v.k) {
            (Cast::Raw, _) | (_, K::None) | (Cast::Bool, K::Bool(_)) => Ok(v.clone()),
            (Cast::Bool, K::Str(text)) => match text.to_lowercase().as_str() {
                "true" | "1" => Ok(m.plain(&Plain::Bool(true), v, at)),
                "false" | "0" => Ok(m.plain(&Plain::Bool(false), v, at)),
                _ => m.raise("ValueError", "it is no truth value", at),
            },
            (Cast::Bool, _) => Ok(V::unknown("a truth", at).resting([v])),
            _ => m.call_cast(&cast, v, at),
        };
        let default = match default {
            None => None,
            Some(d) => Some(self.lift(&d, at, &mut run)?),
        };
        let required = default.is_none();
        let keeps = matches!(cast, Cast::Raw);
        self.env_cast(&name, default, required, "starlette", at, Making { keeps, cast: &mut run })
    }

    /// `CommaSeparatedStrings(value)`.
    pub(crate) fn comma_separated(&mut self, value: &V, at: Span) -> R {
        self.lift(value, at, &mut |m, v| {
            let items = match v.text() {
                Some(text) if placed(text) || text.contains(['\'', '"', '\\', '#', '\n']) => None,
                Some(text) => {
                    let parts = text.split(',').filter(|part| !part.is_empty());
                    Some(parts.map(|part| m.plain(&Plain::from(part.trim()), v, at)).collect::<Vec<_>>())
                }
                None => m.iterate(v, at)?.ok(),
            };
            Ok(match items {
                Some(items) => {
                    let pos = vec![m.list(items, at)];
                    V::at(K::Made(STRINGS.into(), Arc::new(Args { pos, ..Args::default() })), at).from(v)
                }
                None => V::unknown("a list of values that is not followed", at).resting([v]),
            })
        })
    }
}
