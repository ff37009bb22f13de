//! Texts of dynaconf that are made of other settings, and what its validators bring.

use super::load::Store;
use super::options::Options;
use super::values::{LAZY, place};
use crate::formats::python::eval::machine::Machine;
use crate::formats::python::eval::values::{Data, K, V};
use crate::model::Span;

impl Machine<'_> {
    /// Fills in the texts that are made of other settings.
    pub(super) fn dynaconf_format(&mut self, store: &mut Store, run: (&[String], &Options), at: Span) {
        for _ in 0..4 {
            let known = store.clone();
            let mut left = false;
            for (_, value) in store.iter_mut() {
                *value = self.dynaconf_filled(value, &known, run, at, 0, &mut left);
            }
            if !left {
                return;
            }
        }
        for (_, value) in store.iter_mut() {
            if self.dynaconf_lazy(value, 0) {
                *value = V::unknown("a text that is made of itself", at);
            }
        }
    }

    fn dynaconf_lazy(&self, value: &V, depth: usize) -> bool {
        match (&value.k, self.heap_of(value)) {
            _ if depth > 20 => true,
            (K::Made(class, _), _) => &**class == LAZY,
            (_, Some(Data::List(items))) => items.iter().any(|item| self.dynaconf_lazy(item, depth + 1)),
            (_, Some(Data::Dict(items))) => items.iter().any(|(_, item)| self.dynaconf_lazy(item, depth + 1)),
            _ => false,
        }
    }

    fn dynaconf_filled(
        &mut self,
        value: &V,
        known: &Store,
        run: (&[String], &Options),
        at: Span,
        depth: usize,
        left: &mut bool,
    ) -> V {
        match (&value.k, self.heap_of(value)) {
            _ if depth > 20 => value.clone(),
            (K::Made(class, made), _) if &**class == LAZY => {
                let (Some(kind), Some(text)) = (made.pos.first().and_then(V::text), made.pos.get(1)) else {
                    return value.clone();
                };
                let jinja = kind == "@jinja";
                match self.dynaconf_template(text, jinja, known, run, at) {
                    Some(text) => text.from(value),
                    None => {
                        *left = true;
                        value.clone()
                    }
                }
            }
            (_, Some(Data::List(items))) if self.dynaconf_lazy(value, 0) => {
                let items =
                    items.iter().map(|item| self.dynaconf_filled(item, known, run, at, depth + 1, left)).collect();
                self.list(items, at).from(value)
            }
            (_, Some(Data::Dict(items))) if self.dynaconf_lazy(value, 0) => {
                let filled =
                    |m: &mut Self, item: &V, left: &mut bool| m.dynaconf_filled(item, known, run, at, depth + 1, left);
                let items = items.iter().map(|(key, item)| (key.clone(), filled(self, item, left))).collect();
                self.new_dict(items, at).from(value)
            }
            _ => value.clone(),
        }
    }

    /// `{this.KEY}` and `{env[KEY]}`, or the same between two braces; none while a part is not filled in itself.
    fn dynaconf_template(
        &mut self,
        of: &V,
        jinja: bool,
        known: &Store,
        run: (&[String], &Options),
        at: Span,
    ) -> Option<V> {
        let (open, close) = if jinja { ("{{", "}}") } else { ("{", "}") };
        let text = of.text()?.to_owned();
        let lost = |lead: &[V]| Some(V::unknown("a template that is not followed", at).begins(lead));
        let mut parts: Vec<V> = Vec::new();
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once(open) {
            parts.push(V::str(before));
            let Some((field, tail)) = after.split_once(close) else { return lost(&parts) };
            rest = tail;
            let (name, filter) =
                field.split_once('|').map_or((field.trim(), ""), |(name, filter)| (name.trim(), filter.trim()));
            let path = name.replace(['[', ']'], ".").replace(['"', '\''], "").replace("..", ".");
            let keys: Vec<&str> = path.trim_end_matches('.').split('.').collect();
            let value = match keys.as_slice() {
                ["this", "current_env"] => self.dynaconf_text(&run.0.join(",").to_uppercase(), at),
                ["this", name, inner @ ..] => {
                    let mut now = known.iter().find(|(have, _)| *have == name.to_uppercase()).map(|(_, v)| v.clone());
                    for key in inner {
                        let items = now.as_ref().and_then(|now| match self.heap_of(now) {
                            Some(Data::Dict(items)) => Some(items),
                            _ => None,
                        });
                        now = items.and_then(|items| place(&items, key).map(|i| items[i].1.clone()));
                    }
                    match now {
                        Some(V { k: K::Made(class, _), .. }) if &*class == LAZY => return None,
                        Some(value) => value,
                        None => return lost(&parts),
                    }
                }
                ["env", name] => match self.find_variable(name, at) {
                    crate::formats::python::lib::os::Found::Set(value) => value,
                    _ => return lost(&parts),
                },
                _ => return lost(&parts),
            };
            let text = match self.to_text(&value, at) {
                Ok(text)
                    if value.text().is_some() || matches!(value.k, K::Int(_) | K::Bool(_)) || filter.is_empty() =>
                {
                    text
                }
                _ => return lost(&parts),
            };
            let shown = match (filter, text.text()) {
                ("", _) if jinja && !matches!(value.k, K::Str(_) | K::Int(_) | K::Path(_)) => return lost(&parts),
                ("", _) => text,
                ("lower", Some(word)) => V::str(word.to_lowercase()).from(&text),
                ("upper", Some(word)) => V::str(word.to_uppercase()).from(&text),
                _ => return lost(&parts),
            };
            parts.push(match keys.as_slice() {
                // It changes with the settings that it is made of.
                ["this", name, inner @ ..] if !inner.is_empty() || *name != "current_env" => {
                    let top = self.dynaconf_wrapped(&name.to_uppercase(), shown, run.1);
                    let path = inner.iter().fold(name.to_uppercase(), |path, key| format!("{path}__{key}"));
                    let whole = self.dynaconf_wrapped(&path, top, run.1);
                    self.dynaconf_wrapped(&path.to_uppercase(), whole, run.1)
                }
                _ => shown,
            });
        }
        if rest.contains("{%") || jinja && text.contains("{%") || !jinja && rest.contains('}') {
            return lost(&parts);
        }
        parts.push(V::str(rest));
        self.concat(&parts, at).ok()
    }

    /// Defaults and casts that validators bring.
    pub(super) fn dynaconf_validate(&mut self, store: &mut Store, o: &Options, at: Span) -> Result<(), &'static str> {
        let Some(all) = &o.validators else { return Ok(()) };
        let items = self.iterate(all, at).ok().and_then(Result::ok).ok_or("validators may change the settings")?;
        for item in items {
            let K::Made(class, made) = &item.k else { return Err("validators may change the settings") };
            if !class.ends_with("Validator") || made.open {
                return Err("validators may change the settings");
            }
            let conditional =
                made.named.iter().any(|(name, _)| matches!(name.as_str(), "when" | "env" | "apply_default_on_none"));
            let (default, cast) = (made.named("default").cloned(), made.named("cast").cloned());
            for name in made.pos.clone() {
                let Some(name) = name.text().map(str::to_owned) else {
                    return Err("validators may change the settings");
                };
                let top = name.split(['.']).next().unwrap_or(&name).split("__").next().unwrap_or(&name).to_uppercase();
                let have = store.iter().find(|(have, _)| *have == top).map(|(_, v)| v.clone());
                if default.is_none() && cast.is_none() {
                    continue;
                }
                let nested = name.contains('.') || name.contains("__");
                let value = match (have, &default, &cast) {
                    _ if conditional || nested => V::unknown("a validator that is not followed", at),
                    (Some(have), _, None) => have,
                    (None, Some(default), None) if !matches!(default.k, K::Func(_) | K::Lib(_) | K::Method(_)) => {
                        self.dynaconf_parsed(&default.clone(), true, at)
                    }
                    (Some(have), _, Some(cast)) => {
                        let cast = self.cast_of(cast);
                        self.lift(&have, at, &mut |m, v| m.call_cast(&cast, v, at))
                            .unwrap_or_else(|_| V::unknown("a cast that fails", at))
                    }
                    _ => V::unknown("a validator that is not followed", at),
                };
                self.dynaconf_put(store, &top, value);
            }
        }
        Ok(())
    }
}
