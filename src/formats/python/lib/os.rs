//! Variables, and `os.path`.

use std::sync::Arc;

use crate::discover::{Presence, paths};
use crate::formats::python::EnvRead;
use crate::formats::python::eval::machine::{Cond, ENVIRON, Machine};
use crate::formats::python::eval::text::{normal, parent};
use crate::formats::python::eval::truth::{placed, wrap};
use crate::formats::python::eval::values::{ABOVE, Args, K, Names, R, V};
use crate::model::{Certainty, Known, Span, StepKind};

/// What a library raises for a variable that is not set.
fn missing(via: &str) -> &'static str {
    match via {
        "environ" => "ImproperlyConfigured",
        "decouple" => "UndefinedValueError",
        "environs" => "EnvNotSetError",
        "everett" => "ConfigurationMissingError",
        "pydantic" => "ValidationError",
        _ => "KeyError",
    }
}

/// What a look-up of a variable gives.
pub(crate) enum Found {
    /// It is set to this.
    Set(V),
    /// It is not set.
    Unset,
    /// It may be set.
    Open,
}

/// What a library makes of the text of a variable.
pub(crate) struct Making<'c, M> {
    /// Whether the text stays as it is, so that what asks whether it is true asks the variable's own text.
    pub(crate) keeps: bool,
    /// What is made.
    pub(crate) cast: &'c mut dyn FnMut(&mut M, &V) -> R,
}

impl Machine<'_> {
    /// Looks a variable up.
    pub(crate) fn find_variable(&mut self, name: &str, at: Span) -> Found {
        let rests = |v: V| {
            v.with(|m| {
                m.vars.insert(name.to_owned());
            })
        };
        if let Some((supposed, text)) = &self.suppose
            && supposed == name
        {
            let raw: Arc<str> = name.into();
            self.hits += 1;
            return Found::Set(rests(V::str(text)).with(|m| m.raw = Some(raw)));
        }
        if let Some(value) = self.space(ENVIRON).and_then(|s| s.names.get(name)).cloned() {
            return if matches!(value.k, K::Undefined) { Found::Unset } else { Found::Set(value) };
        }
        let var = self.world.get(name);
        let meta = |v: V| {
            let raw: Arc<str> = name.into();
            rests(v.with(|m| {
                m.origin = var.origin.clone();
                m.certainty = var.certainty.clone();
                m.raw = Some(raw);
            }))
        };
        match &var.value {
            Known::One(text) => Found::Set(meta(V::str(text)).step(StepKind::Used, at)),
            Known::OneOf(all, _) | Known::Every(all, _) => {
                Found::Set(meta(V::new(K::OneOf(Arc::new(all.iter().map(V::str).collect())))))
            }
            Known::Absent if self.env_open || self.env_missing && self.brought.opened.contains(name) => Found::Open,
            Known::Absent => Found::Unset,
            Known::Unknown(why) if self.world.vars().contains_key(name) => {
                Found::Set(meta(V::new(K::Unknown(Arc::new(why.clone())))))
            }
            Known::Unknown(_) => Found::Open,
        }
    }

    /// Notes a read.
    pub(crate) fn note_read(&mut self, name: &str, default: Option<&V>, required: bool, via: &'static str, at: Span) {
        if self.suppose.is_some() {
            return;
        }
        if self.undecided > 0 {
            self.unsure_reads("whether a variable is read is not decided", at);
        }
        let set = !self.from_files.contains(name) && matches!(self.find_variable(name, at), Found::Set(_));
        let default = default.map(|v| self.export(v));
        if self.reads.iter().any(|r| r.name == name && (r.span == at || at.end == 0)) {
            return;
        }
        self.reads.push(EnvRead { name: name.to_owned(), span: at, default, required, set, via, raw_truth: None });
    }

    /// The text of a variable, or its default.
    pub(crate) fn env_get(&mut self, name: &str, default: Option<V>, required: bool, via: &'static str, at: Span) -> R {
        self.env_cast(name, default, required, via, at, Making { keeps: true, cast: &mut |_, v| Ok(v.clone()) })
    }

    /// A variable read through a library that makes something of its text; the default is taken as it is.
    pub(crate) fn env_cast(
        &mut self,
        name: &str,
        default: Option<V>,
        required: bool,
        via: &'static str,
        at: Span,
        Making { keeps, cast }: Making<'_, Self>,
    ) -> R {
        self.note_read(name, default.as_ref(), required, via, at);
        let vars: Names = [name.to_owned()].into();
        let used = |v: V| {
            v.step(StepKind::Defaulted, at).with(|m| {
                m.vars.insert(name.to_owned());
                m.raw = keeps.then(|| name.into());
            })
        };
        match self.find_variable(name, at) {
            // What is there without being known stays the variable's own text, for who asks whether there is one.
            Found::Set(value) if keeps && value.is_given() => Ok(value),
            Found::Set(value) => Ok(self.lift(&value, at, cast)?.resting([&value])),
            Found::Unset => match default {
                Some(default) => Ok(used(default)),
                None => self.raise(missing(via), format!("{name} is not set"), at),
            },
            Found::Open => {
                if let Some(default) = default {
                    let certainty = Certainty::Default { variable: Some(name.to_owned()) };
                    let inner = used(default).with(|m| m.certainty = certainty.clone());
                    Ok(wrap(vars, inner).with(|m| m.certainty = certainty))
                } else {
                    self.may_raise(Some(missing(via)), at, Cond { vars: vars.clone(), default: Some(true) });
                    let raw: Option<Arc<str>> = keeps.then(|| name.into());
                    Ok(V::depends(vars, None).with(|m| m.raw = raw))
                }
            }
        }
    }

    /// `'X' in os.environ`.
    pub(crate) fn env_has(&mut self, name: &str, at: Span) -> V {
        self.note_read(name, None, false, "os", at);
        let vars: Names = [name.to_owned()].into();
        let known = |yes: bool| V::at(K::Bool(yes), at).with(|m| m.vars = vars.clone());
        match self.find_variable(name, at) {
            Found::Set(V { k: K::Depends(_) | K::OneOf(_), .. }) => V::unknown("whether the variable is set", at),
            Found::Set(_) => known(true),
            Found::Unset => known(false),
            Found::Open => V::depends(vars.clone(), Some(known(false))),
        }
    }

    /// Functions of `os.path`.
    pub(crate) fn os_path(&mut self, name: &str, args: &Args, at: Span) -> R {
        if args.open {
            return Ok(self.foreign(name, args, at));
        }
        if matches!(name, "expanduser" | "expandvars") {
            self.unsure_reads("paths may be made of variables", at);
        }
        self.lift_all(&args.pos, at, &mut |m, v| {
            let all: Option<Vec<&str>> = v.iter().map(V::pathlike).collect();
            let Some(all) = all.filter(|all| !all.is_empty()) else { return Ok(V::unknown("a path", at).resting(v)) };
            let text = |t: String| V::at(K::Str(t.into()), at).resting(v);
            let first = all[0];
            Ok(match name {
                "join" => {
                    let mut out = first.to_owned();
                    for part in &all[1..] {
                        if part.starts_with('/') {
                            out = (*part).to_owned();
                        } else {
                            if !out.is_empty() && !out.ends_with('/') {
                                out.push('/');
                            }
                            out.push_str(part);
                        }
                    }
                    text(out)
                }
                "abspath" | "realpath" | "normpath" if placed(first) => {
                    let mut so_far = String::new();
                    for part in first.split('/').filter(|p| !p.is_empty() && *p != ".") {
                        if part == ".." {
                            let Some(up) = parent(&so_far).filter(|up| up != "/") else {
                                return Ok(V::unknown("a path outside the repository", at));
                            };
                            so_far = up;
                        } else {
                            so_far = format!("{so_far}/{part}");
                        }
                    }
                    text(so_far)
                }
                "dirname" if first.trim_end_matches('/') == first || !first.contains('/') => {
                    match if first.contains('/') { parent(first) } else { Some(String::new()) } {
                        Some(up) => text(up),
                        None => V::unknown("a folder outside the repository", at),
                    }
                }
                "basename" => match first.rsplit('/').next().filter(|l| !placed(l)) {
                    Some(last) => text(last.to_owned()),
                    None => V::unknown("the name of the repository's folder", at),
                },
                "exists" | "isfile" | "isdir" => return m.file_call(name, first, at),
                "expanduser" if first.starts_with("~/") => {
                    let own = first.into();
                    V::unknown("a path of who runs it", at).with(|meta| meta.absent = Some(own))
                }
                _ => V::unknown("a path", at),
            })
        })
    }

    /// Whether nothing is where the settings look for a file that the repository does not hold; notes that they do.
    pub(crate) fn lacks(&mut self, path: &str) -> bool {
        if !self.whole && path.rsplit('/').next().is_some_and(|name| name.contains('.')) {
            self.missing_files.insert(path.to_owned());
        }
        self.brought.lacking.contains(path)
    }

    /// Whether nothing can be at a place of the repository.
    pub(crate) fn absent(&self, inside: &str) -> bool {
        self.whole && !self.made_files && self.tree.find(inside).is_none() && !self.tree.is_dir(inside)
    }

    /// Whether nothing can be at a place outside of the repository: where the tree is all there is, only the system's
    /// own folders are around it.
    pub(crate) fn nowhere(&self, path: &str) -> bool {
        const SYSTEM: [&str; 18] = [
            "bin", "boot", "dev", "etc", "home", "lib", "lib32", "lib64", "media", "mnt", "opt", "proc", "root",
            "sbin", "sys", "tmp", "usr", "var",
        ];
        if !self.whole || self.made_files || path == ABOVE || !path.starts_with('/') {
            return false;
        }
        let mut parts = path.split('/').filter(|part| !part.is_empty());
        let first = parts.next().unwrap_or_default();
        let secret = first == "run" && parts.next() == Some("secrets");
        path.starts_with(&format!("{ABOVE}/")) || secret || !placed(path) && first != "run" && !SYSTEM.contains(&first)
    }

    /// What to call a file that surely is none of the repository: one at a path outside of it, or one that only a variable names.
    pub(crate) fn lies_elsewhere(&self, path: &V) -> Option<Arc<str>> {
        if self.whole {
            return None;
        }
        match &path.k {
            K::Str(text) | K::Path(text) => (text.starts_with('/') && !placed(text)).then(|| Arc::clone(text)),
            K::Unknown(_) => path.m.vars.first().map(|variable| format!("${variable}").into()),
            K::Depends(of) => match &of.1 {
                Some(default) => self.lies_elsewhere(default),
                None => of.0.first().map(|variable| format!("${variable}").into()),
            },
            K::OneOf(all) => {
                let missing = |v: &&V| {
                    let inside = v.pathlike().and_then(|path| Self::inside(&normal(path)));
                    inside.is_some_and(|path| self.tree.find(&path).is_none() && !self.tree.is_dir(&path))
                };
                let rest = all.iter().filter(|v| !matches!(v.k, K::None) && !missing(v));
                let named: Option<Vec<Arc<str>>> = rest.map(|v| self.lies_elsewhere(v)).collect();
                named?.into_iter().next()
            }
            _ => None,
        }
    }

    /// Whether a file is there where the program runs: what is copied there before is.
    pub(crate) fn presence(&self, path: &str) -> Presence {
        match (self.tree.presence(path), self.brought.standing_in.get(path)) {
            (Presence::Missing, Some(file)) => Presence::Here(*file),
            (presence, _) => presence,
        }
    }

    /// Whether a file is there, and what is in it.
    pub(crate) fn file_call(&mut self, name: &str, path: &str, at: Span) -> R {
        let copied = Self::inside(&normal(path)).is_some_and(|path| self.brought.standing_in.contains_key(&path));
        if !self.whole && matches!(name, "read_text" | "open") && !copied {
            self.may_raise(None, at, Cond::default());
        }
        // Programs are started in the root of the project.
        let inside = match Self::inside(&normal(path)) {
            None if self.whole && !path.starts_with('/') && !placed(path) => paths::join("", &normal(path)),
            other => other,
        };
        let Some(inside) = inside else {
            if matches!(name, "exists" | "isfile" | "is_file") && self.brought.at.contains_key(path) {
                return Ok(V::at(K::Bool(true), at));
            }
            if !self.nowhere(path) {
                let out = V::unknown("a file outside the repository", at);
                let kept = !self.whole && name == "read_text" && path.starts_with('/') && !placed(path);
                return Ok(out.with(|m| m.absent = kept.then(|| path.into())));
            }
            return match name {
                "read_text" | "open" => self.raise("FileNotFoundError", "there is no such file", at),
                _ => Ok(V::at(K::Bool(false), at)),
            };
        };
        let presence = self.presence(&inside);
        let dir = self.tree.is_dir(&inside);
        let looks = matches!(name, "exists" | "isfile" | "is_file" | "read_text" | "open");
        let lacking = looks && !dir && presence == Presence::Missing && self.lacks(&inside);
        Ok(match (name, presence) {
            ("exists" | "isfile" | "is_file", Presence::Here(_)) => V::at(K::Bool(true), at),
            ("exists" | "isdir" | "is_dir", _) if dir => V::at(K::Bool(true), at),
            ("read_text", Presence::Here(file)) => match self.tree.text(file) {
                Ok(text) if !text.replace("\r\n", "").contains('\r') => {
                    super::run::contents_of(V::at(K::Str(text.replace("\r\n", "\n").into()), at), file)
                }
                Ok(_) => V::unknown("a file with unusual line ends", at),
                Err(_) => V::unknown("a file that cannot be read", at),
            },
            ("read_text" | "open", Presence::Missing) if lacking || self.absent(&inside) => {
                return self.raise("FileNotFoundError", "there is no such file", at);
            }
            ("exists" | "isfile" | "is_file", Presence::Missing) if lacking => V::at(K::Bool(false), at),
            ("isfile" | "is_file", Presence::Missing) if self.absent(&inside) => V::at(K::Bool(false), at),
            // A repository holds no empty folders.
            ("exists" | "isdir" | "is_dir", Presence::Missing) if self.absent(&inside) => V::at(K::Bool(false), at),
            ("read_text", Presence::Missing) => {
                let out = V::unknown("a file that the repository does not hold", at);
                out.with(|m| m.absent = Some(inside.into()))
            }
            ("exists" | "isfile" | "is_file", Presence::Missing) if self.brought.lacks_module(&inside) => {
                V::at(K::Bool(false), at)
            }
            // What git does not hold may be there when the program runs.
            _ => {
                let out = V::unknown("whether a file is there that the repository does not hold", at);
                let asked = presence == Presence::Missing && inside.ends_with(".py");
                out.with(|m| m.absent = asked.then(|| inside.into()))
            }
        })
    }
}
