//! `configparser`: files of sections that settings code reads itself.

use std::sync::Arc;

use super::made::Plain;
use crate::formats::python::eval::machine::Machine;
use crate::formats::python::eval::text::normal;
use crate::formats::python::eval::truth::placed;
use crate::formats::python::eval::values::{Args, Data, Id, K, R, Role, Space, V};
use crate::model::{FileId, Span};

/// The class of a parser.
const PARSER: &str = "configparser.ConfigParser";
/// A section of one.
pub(crate) const SECTION: &str = "configparser.Section";
/// The section that all others take from.
const DEFAULT: &str = "DEFAULT";
/// The names under which a parser keeps whether `%` stands for itself, and why its contents are not known.
const RAW: &str = "#raw";
/// The name under which it keeps an interpolation of the project.
pub(crate) const INTERPOLATION: &str = "#interpolation";
/// The attribute that makes the name of an option of what is written.
const NAMING: &str = "optionxform";

/// Whether it is an interpolation of the library that makes nothing of plain values.
pub(crate) fn is_of_configparser(path: &str) -> bool {
    matches!(path, "configparser.BasicInterpolation" | "configparser.Interpolation")
}

/// A line of a file: section, option, value and its place; no value where it is not sure.
type Line = (String, String, Option<String>, (usize, usize));

/// Sections in order, and the options; none where a line does not stand for itself.
fn read(text: &str, cased: bool) -> Option<(Vec<String>, Vec<Line>)> {
    let (mut sections, mut lines): (Vec<String>, Vec<Line>) = (Vec::new(), Vec::new());
    let mut at = 0;
    for whole in text.split_inclusive('\n') {
        let start = at;
        at += whole.len();
        let line = whole.trim_end();
        let bare = line.trim_start();
        if bare.is_empty() || bare.starts_with(['#', ';']) {
            continue;
        }
        if line.starts_with([' ', '\t']) {
            // It goes on with the option before it.
            lines.last_mut()?.2 = None;
            continue;
        }
        if let Some(name) = bare.strip_prefix('[') {
            let name = name.split_once(']')?.0;
            if sections.iter().any(|have| have == name) {
                return None;
            }
            sections.push(name.to_owned());
            continue;
        }
        let cut = line.find(['=', ':'])?;
        let (name, raw) = (line[..cut].trim(), &line[cut + 1..]);
        let name = if cased { name.to_owned() } else { name.to_lowercase() };
        let section = sections.last()?.clone();
        if lines.iter().any(|(have, option, ..)| *have == section && *option == name) {
            return None;
        }
        let value = raw.trim();
        let from = start + cut + 1 + (raw.len() - raw.trim_start().len());
        lines.push((section, name, Some(value.to_owned()), (from, from + value.len())));
    }
    Some((sections, lines))
}

impl Machine<'_> {
    /// `configparser.ConfigParser()`.
    pub(crate) fn ini_parser(&mut self, path: &str, args: &Args, at: Span) -> V {
        let mut raw = path.ends_with("RawConfigParser");
        let mut own = None;
        for (name, value) in &args.named {
            match (name.as_str(), &value.k) {
                ("interpolation", K::None) => raw = true,
                ("interpolation", K::Ref(id)) if self.space(*id).is_some() => own = Some(value.clone()),
                _ => return self.foreign("a parser that is not followed", args, at),
            }
        }
        if args.open || !args.pos.is_empty() {
            return self.foreign("a parser that is not followed", args, at);
        }
        let mut space = Space::new(Role::Instance(V::lib(PARSER)));
        space.names.insert(RAW.into(), V::bool(raw));
        space.names.extend(own.map(|own| (INTERPOLATION.to_owned(), own)));
        V::at(K::Ref(self.alloc(Data::Space(space))), at)
    }

    /// Whether it is a parser.
    pub(crate) fn is_parser(&self, id: Id) -> bool {
        matches!(self.space(id), Some(Space { role: Role::Instance(V { k: K::Lib(path), .. }), .. }) if &**path == PARSER)
    }

    /// Whether the names of options are kept as they are written.
    fn ini_cased(&self, id: Id) -> bool {
        let naming = self.space(id).and_then(|space| space.names.get(NAMING)).map(|v| &v.k);
        matches!(naming, Some(K::Lib(path)) if &**path == "builtins.str")
    }

    fn ini_take(&mut self, id: Id, file: FileId, at: Span) -> bool {
        let text = self.tree.text(file).map(str::to_owned).unwrap_or_default();
        let odd = self.space(id).is_some_and(|space| space.names.contains_key(NAMING)) && !self.ini_cased(id);
        let Some((sections, lines)) = read(&text, self.ini_cased(id)).filter(|_| !odd) else { return false };
        if !self.files.iter().any(|(have, _)| *have == file) {
            self.files.push((file, at));
        }
        for section in sections {
            if self.space(id).is_some_and(|space| !space.names.contains_key(&section)) {
                let dict = self.new_dict(Vec::new(), at);
                self.set_name(id, &section, dict);
            }
        }
        for (section, option, value, (start, end)) in lines {
            let place = Span::new(file, start, end);
            let written = V::at(K::None, place);
            let value = match value {
                Some(text) => self.plain(&Plain::Str(text), &written, at),
                None => V::unknown("a value of several lines", place),
            };
            let Some(dict) = self.space(id).and_then(|space| space.names.get(&section)).cloned() else { continue };
            if self.set_item(&dict, &V::str(option), value, at).is_err() {
                return false;
            }
        }
        true
    }

    /// The value of an option; `Err` inside where that is not known, none where it is not there.
    fn ini_option(&mut self, id: Id, section: &str, option: &str, at: Span) -> Result<Option<V>, V> {
        let raw = matches!(self.space(id).and_then(|s| s.names.get(RAW)).map(|v| &v.k), Some(K::Bool(true)));
        let own = self.space(id).is_some_and(|space| space.names.contains_key(INTERPOLATION));
        if let Some(why) = self.space(id).and_then(|space| space.open.clone()) {
            return Err(V::at(K::Unknown(why), at));
        }
        let key = if self.ini_cased(id) { V::str(option) } else { V::str(option.to_lowercase()) };
        for name in [section, DEFAULT] {
            let Some(dict) = self.space(id).and_then(|space| space.names.get(name)).cloned() else {
                if name == section {
                    return Ok(None);
                }
                continue;
            };
            let found = self.pairs(&dict).and_then(|pairs| self.find_key(&pairs, &key));
            match found {
                Some(Some(value)) if !raw && !own && value.text().is_some_and(|text| text.contains('%')) => {
                    return Err(V::unknown("a value that is made of others", at).resting([&value]));
                }
                Some(Some(value)) => {
                    let of = (section, key.text().unwrap_or(option));
                    return match self.interpolated(id, of, &value, at) {
                        None => Ok(Some(value)),
                        Some(Ok(made)) => Ok(Some(made)),
                        Some(Err(_)) => Err(V::unknown("a value that is made by code", at)),
                    };
                }
                Some(None) => {}
                None => return Err(V::unknown("an option that is not known", at)),
            }
        }
        Ok(None)
    }

    /// A method of a parser.
    pub(crate) fn ini_method(&mut self, id: Id, name: &str, args: &Args, at: Span) -> R {
        if args.open {
            self.forget_object(id, "what is read is not known", at);
            return Ok(self.foreign(name, args, at));
        }
        match name {
            "read" => self.ini_read(id, args, at),
            "read_file" => {
                let path = match args.pos.first().map(|v| &v.k) {
                    Some(K::Made(class, made)) if &**class == "file" => made.pos.first().cloned(),
                    _ => None,
                };
                match path {
                    Some(path) => {
                        self.ini_read(id, &Args { pos: vec![path], ..Args::default() }, at).map(|_| V::none())
                    }
                    None => {
                        self.forget_object(id, "what is read is not known", at);
                        Ok(V::none())
                    }
                }
            }
            "get" | "getint" | "getfloat" | "getboolean" => {
                let text = |i: usize, name: &str| args.get(i, name).and_then(V::text).map(str::to_owned);
                let odd =
                    args.named.iter().any(|(name, _)| !matches!(name.as_str(), "fallback" | "section" | "option"));
                match (text(0, "section"), text(1, "option")) {
                    (Some(section), Some(option)) if !odd && args.pos.len() < 3 => {
                        let fallback = args.named("fallback").cloned();
                        self.ini_get(id, (&section, &option), &name[3..], fallback, at)
                    }
                    _ => Ok(self.foreign(name, args, at)),
                }
            }
            "has_section" | "has_option" | "sections" | "options"
                if self.space(id).is_some_and(|space| space.open.is_none()) =>
            {
                let section = args.get(0, "section").and_then(V::text).map(str::to_owned);
                let option = args.get(1, "option").and_then(V::text).map(str::to_owned);
                Ok(match (name, section, option) {
                    ("has_section", Some(section), _) => {
                        let yes = section != DEFAULT && self.space(id).is_some_and(|s| s.names.contains_key(&section));
                        V::at(K::Bool(yes), at)
                    }
                    ("has_option", Some(section), Some(option)) => match self.ini_option(id, &section, &option, at) {
                        Ok(found) => V::at(K::Bool(found.is_some()), at),
                        Err(unknown) => unknown,
                    },
                    _ => self.foreign(name, args, at),
                })
            }
            "items" if args.pos.len() == 1 && args.named.is_empty() => {
                let section = args.pos[0].text().map(str::to_owned);
                match section.and_then(|section| self.ini_items(id, &section, at)) {
                    Some(items) => Ok(self.list(items, at)),
                    None => Ok(V::unknown("the options of a section", at)),
                }
            }
            _ => {
                self.forget_object(id, "the parser is changed by code that is not followed", at);
                Ok(self.foreign(name, args, at))
            }
        }
    }

    /// The options of a section with their values; none where they are not known.
    fn ini_items(&mut self, id: Id, section: &str, at: Span) -> Option<Vec<V>> {
        let space = self.space(id).filter(|space| space.open.is_none())?;
        let shared = space.names.get(DEFAULT).cloned();
        let own = space.names.get(section).cloned().filter(|_| section != RAW)?;
        let shared = shared.map_or(Some(Vec::new()), |dict| self.pairs(&dict))?;
        let own = self.pairs(&own)?;
        let names = shared.iter().filter(|(key, _)| !own.iter().any(|(have, _)| have.text() == key.text())).chain(&own);
        let names: Option<Vec<String>> = names.map(|(key, _)| key.text().map(str::to_owned)).collect();
        let mut items = Vec::new();
        for name in names? {
            let value = self.ini_option(id, section, &name, at).ok()??;
            items.push(V::tuple(vec![V::str(name), value]));
        }
        Some(items)
    }

    fn ini_read(&mut self, id: Id, args: &Args, at: Span) -> R {
        let names = match args.get(0, "filenames") {
            Some(v) if v.pathlike().is_some() => Some(vec![v.clone()]),
            Some(v) => {
                let v = v.clone();
                self.iterate(&v, at)?.ok()
            }
            None => None,
        };
        let mut done = Vec::new();
        let mut fine = names.is_some();
        for name in names.unwrap_or_default() {
            let relative = name.pathlike().filter(|path| !path.starts_with('/')).map(str::to_owned);
            let file = match relative {
                Some(path) => Ok(self.config_file(&path)),
                None => self.named_file(&name),
            };
            match file {
                Ok(Some(file)) => {
                    fine &= self.ini_take(id, file, at);
                    done.push(name);
                }
                Ok(None) => fine &= self.whole || self.lacks_config(&name),
                Err(()) => fine &= self.lacks_config(&name),
            }
        }
        if fine {
            return Ok(self.list(done, at));
        }
        self.forget_object(id, "what is read is not known", at);
        Ok(V::unknown("which files were read", at))
    }

    /// Whether a file that a parser is to read is not there.
    fn lacks_config(&mut self, name: &V) -> bool {
        let Some(path) = name.pathlike().or(name.m.absent.as_deref()).map(normal) else { return false };
        let inside = Self::inside(&path).unwrap_or(path);
        self.lacks(&inside)
    }

    /// The value of an option as a text, a number or a truth.
    fn ini_get(&mut self, id: Id, of: (&str, &str), kind: &str, fallback: Option<V>, at: Span) -> R {
        let value = match (self.ini_option(id, of.0, of.1, at), fallback) {
            (Err(unknown), _) => return Ok(unknown),
            (Ok(Some(value)), _) => value,
            (Ok(None), Some(fallback)) => return Ok(fallback),
            (Ok(None), None) => return self.raise("NoOptionError", format!("there is no {}", of.1), at),
        };
        self.lift(&value, at, &mut |m, v| match (kind, v.text().filter(|text| !placed(text))) {
            ("", _) => Ok(v.clone()),
            ("int", Some(_)) => m.to_int(v, at),
            ("float", Some(_)) => m.call_cast(&super::casts::Cast::Float, v, at),
            ("boolean", Some(text)) => match text.to_lowercase().as_str() {
                "1" | "yes" | "true" | "on" => Ok(m.plain(&Plain::Bool(true), v, at)),
                "0" | "no" | "false" | "off" => Ok(m.plain(&Plain::Bool(false), v, at)),
                _ => m.raise("ValueError", "it is no truth value", at),
            },
            _ => Ok(V::unknown("an option that is not known", at).resting([v])),
        })
    }

    /// `parser["section"]`.
    pub(crate) fn ini_section(&mut self, object: &V, id: Id, name: &str, at: Span) -> R {
        let known = self.space(id).is_some_and(|space| space.open.is_none());
        let there = self.space(id).is_some_and(|space| {
            space.names.contains_key(name) && name != RAW && name != INTERPOLATION && name != NAMING
        });
        if known && !there && name != DEFAULT {
            return self.raise("KeyError", format!("there is no section {name}"), at);
        }
        let pos = vec![object.clone(), V::str(name)];
        Ok(V::at(K::Made(SECTION.into(), Arc::new(Args { pos, ..Args::default() })), at))
    }

    /// A method of a section, and `section["option"]`.
    pub(crate) fn ini_within(&mut self, made: &Args, method: &str, args: &Args, at: Span) -> R {
        let (Some(V { k: K::Ref(id), .. }), Some(section)) = (made.pos.first(), made.pos.get(1).and_then(V::text))
        else {
            return Ok(self.foreign(method, args, at));
        };
        let Some(option) = args.get(0, "option").and_then(V::text).map(str::to_owned).filter(|_| !args.open) else {
            return Ok(self.foreign(method, args, at));
        };
        let (id, section) = (*id, section.to_owned());
        match method {
            "__getitem__" => match self.ini_option(id, &section, &option, at) {
                Ok(Some(value)) => Ok(value),
                Ok(None) => self.raise("KeyError", format!("there is no {option}"), at),
                Err(unknown) => Ok(unknown),
            },
            "get" | "getint" | "getfloat" | "getboolean" => {
                let fallback = args.get(1, "fallback").cloned().unwrap_or_else(V::none);
                self.ini_get(id, (&section, &option), &method[3..], Some(fallback), at)
            }
            _ => Ok(self.foreign(method, args, at)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_by_section_and_a_second_line_makes_them_unsure() {
        let (sections, lines) = read("[a]\nX = 1\ny: two ; no comment\n[b]\nz = 1\n  2\n", false).unwrap_or_default();
        assert_eq!(sections, ["a", "b"]);
        let short: Vec<_> = lines.iter().map(|(s, o, v, _)| (s.as_str(), o.as_str(), v.as_deref())).collect();
        assert_eq!(short, [("a", "x", Some("1")), ("a", "y", Some("two ; no comment")), ("b", "z", None)]);
        assert_eq!(read("x = 1\n", false), None);
        assert_eq!(read("[a]\nx = 1\nx = 2\n", false), None);
    }
}
