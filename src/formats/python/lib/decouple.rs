//! python-decouple.

use std::sync::Arc;

use super::casts::Cast;
use super::envfile::{Reader, lines};
use super::made::Plain;
use crate::discover::paths;
use crate::formats::python::eval::machine::Machine;
use crate::formats::python::eval::truth::placed;
use crate::formats::python::eval::values::{Args, K, R, V};
use crate::formats::python::lib::os::Making;
use crate::model::{FileId, Span};

impl Machine<'_> {
    /// `decouple.config(...)`: the file is the nearest above the code.
    pub(crate) fn decouple(&mut self, args: &Args, at: Span) -> R {
        let folder = paths::parent(self.tree.path(at.file)).to_owned();
        let file = self.nearest(&folder, &["settings.ini", ".env"]);
        self.decouple_read(file, args, at)
    }

    fn decouple_read(&mut self, file: Option<FileId>, args: &Args, at: Span) -> R {
        let Some(name) = args.get(0, "option").and_then(V::text).map(str::to_owned).filter(|_| !args.open) else {
            return Ok(self.foreign("a read of a variable that is not known", args, at));
        };
        let cast = match args.get(2, "cast").cloned() {
            Some(asked) => self.cast_of(&asked),
            None => Cast::Raw,
        };
        let mut default = args.get(1, "default").cloned();
        if let Some(file) = file {
            let text = self.tree.text(file).map(str::to_owned).unwrap_or_default();
            let ini = self.tree.path(file).ends_with(".ini");
            let Some(lines) = lines(&text, if ini { Reader::Ini } else { Reader::Decouple }) else {
                self.note_read(&name, default.as_ref(), default.is_none(), "decouple", at);
                return Ok(V::unknown("a file of settings that is not followed", at));
            };
            let key = if ini { name.to_lowercase() } else { name.clone() };
            if let Some(line) = lines.iter().find(|line| line.name == key) {
                default = Some(self.line(line, file, at));
            }
        }
        let default = match default {
            None => None,
            Some(d) => Some(self.lift(&d, at, &mut |m, v| m.decouple_cast(&cast, v, at))?),
        };
        let required = default.is_none();
        let keeps = matches!(cast, Cast::Raw | Cast::Text);
        let cast = &mut |m: &mut Self, v: &V| m.decouple_cast(&cast, v, at);
        self.env_cast(&name, default, required, "decouple", at, Making { keeps, cast })
    }

    pub(crate) fn decouple_cast(&mut self, cast: &Cast, v: &V, at: Span) -> R {
        match (cast, &v.k) {
            (Cast::Raw, _) | (Cast::Bool, K::Bool(_)) => Ok(v.clone()),
            (Cast::Other, _) => Ok(V::unknown("a cast that is not followed", at).resting([v])),
            (Cast::Bool, _) => {
                let text = self.to_text(v, at)?;
                let yes = match text.text().map(str::to_lowercase).as_deref() {
                    Some("y" | "yes" | "t" | "true" | "on" | "1") => true,
                    Some("" | "n" | "no" | "f" | "false" | "off" | "0") => false,
                    Some(_) => return self.raise("ValueError", "it is no truth value", at),
                    None => return Ok(V::unknown("a truth", at).resting([v])),
                };
                Ok(self.plain(&Plain::Bool(yes), v, at))
            }
            _ => self.call_cast(cast, v, at),
        }
    }

    /// A method of an object of decouple.
    pub(crate) fn decouple_method(&mut self, class: &str, object: &V, name: &str, args: &Args, at: Span) -> R {
        let K::Made(_, made) = &object.k else { return Ok(self.foreign(name, args, at)) };
        let made = Arc::clone(made);
        match (class, name, args.pos.first()) {
            ("decouple.Csv", "__call__", Some(v)) => {
                let v = v.clone();
                self.lift(&v, at, &mut |m, v| m.csv(&made, v, at))
            }
            ("decouple.Choices", "__call__", Some(v)) => {
                let v = v.clone();
                self.lift(&v, at, &mut |m, v| m.choice(&made, v, at))
            }
            ("decouple.AutoConfig", "__call__", _) => {
                let path = made.get(0, "search_path").cloned().filter(|v| !matches!(v.k, K::None));
                let inside = match &path {
                    Some(path) => path.pathlike().and_then(Self::inside),
                    None => Some(paths::parent(self.tree.path(at.file)).to_owned()),
                };
                match inside {
                    Some(folder) => {
                        let file = self.nearest(&folder, &["settings.ini", ".env"]);
                        self.decouple_read(file, args, at)
                    }
                    None => Ok(self.foreign("settings of a folder that is not known", args, at)),
                }
            }
            ("decouple.Config", "__call__" | "get", _) => {
                let file = match made.pos.first().map(|v| &v.k) {
                    Some(K::Made(of, inner))
                        if matches!(&**of, "decouple.RepositoryEnv" | "decouple.RepositoryIni") =>
                    {
                        let path = inner.get(0, "source").cloned();
                        match path {
                            Some(path) => self.settings_file(&path),
                            None => Err(()),
                        }
                    }
                    Some(K::Made(of, _)) if &**of == "decouple.RepositoryEmpty" => Ok(None),
                    _ => Err(()),
                };
                match file {
                    Ok(file) => self.decouple_read(file, args, at),
                    Err(()) => {
                        if let Some(name) = args.get(0, "option").and_then(V::text).map(str::to_owned) {
                            self.note_read(
                                &name,
                                args.get(1, "default"),
                                args.get(1, "default").is_none(),
                                "decouple",
                                at,
                            );
                        }
                        Ok(self.foreign("a file of settings that is not known", args, at))
                    }
                }
            }
            ("starlette.config.Config", "__call__" | "get", _) => self.starlette(&made, args, at),
            _ => Ok(self.foreign(name, args, at)),
        }
    }

    /// A file that must be there; `Err` where it is not in the repository.
    fn settings_file(&mut self, path: &V) -> Result<Option<FileId>, ()> {
        self.named_file(path)?.map_or(Err(()), |file| Ok(Some(file)))
    }

    /// `Csv()(value)`.
    fn csv(&mut self, made: &Args, v: &V, at: Span) -> R {
        let plain = |name: &str, i: usize| made.get(i, name).is_none();
        let delimiter = made.get(1, "delimiter").map_or(Some(","), V::text).map(str::to_owned);
        let post = made.get(3, "post_process").cloned().unwrap_or_else(|| V::lib("builtins.list"));
        let cast = made.get(0, "cast").cloned().unwrap_or_else(|| V::lib("builtins.str"));
        let unsure = |v: &V| Ok(V::unknown("a list of values that is not followed", at).resting([v]));
        if matches!(v.k, K::None) {
            return self.apply(&post, Vec::new(), at);
        }
        let (Some(text), Some(delimiter), true) = (v.text().map(str::to_owned), delimiter, plain("strip", 2)) else {
            return unsure(v);
        };
        if placed(&text) || text.contains(['\'', '"', '\\', '#']) || delimiter.chars().count() != 1 || made.open {
            return unsure(v);
        }
        let mut items = Vec::new();
        for part in text.split(delimiter.as_str()).filter(|part| !part.is_empty()) {
            let item = V::at(K::Str(part.trim_matches([' ', '\t', '\n', '\r', '\u{b}', '\u{c}']).into()), at);
            items.push(self.apply(&cast, vec![item.resting([v])], at)?);
        }
        let list = self.list(items, at).from(v).with(|m| m.raw = None);
        if matches!(&post.k, K::Lib(path) if &**path == "builtins.list") {
            Ok(list)
        } else {
            self.apply(&post, vec![list], at)
        }
    }

    /// `Choices([...])(value)`.
    fn choice(&mut self, made: &Args, v: &V, at: Span) -> R {
        let (Some(flat), None, None) = (made.get(0, "flat").cloned(), made.get(1, "cast"), made.get(2, "choices"))
        else {
            return Ok(V::unknown("a choice that is not followed", at).resting([v]));
        };
        let items = self.iterate(&flat, at)?;
        let (Ok(items), Some(text)) = (items, v.text()) else {
            return Ok(V::unknown("a choice that is not followed", at).resting([v]));
        };
        if items.iter().any(|item| item.text() == Some(text)) {
            return Ok(v.clone());
        }
        if items.iter().all(|item| item.text().is_some()) {
            return self.raise("ValueError", "it is none of the choices", at);
        }
        Ok(V::unknown("a choice that is not followed", at).resting([v]))
    }
}
