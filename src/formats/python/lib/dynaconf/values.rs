//! Values of dynaconf: casts in texts, merging, and texts that are made of other settings.

use super::load::Store;
use super::options::Options;
use crate::formats::locks::data;
use crate::formats::python::eval::machine::Machine;
use crate::formats::python::eval::truth::placed;
use crate::formats::python::eval::values::{Args, Data, K, V};
use crate::formats::python::lib::casts::Cast;
use crate::formats::python::lib::made::Plain;
use crate::model::Span;

/// A text that is made when it is looked at.
const LAZY: &str = "dynaconf.lazy";
/// Words in front of a text that change what it means.
const CASTS: [&str; 24] = [
    "@str",
    "@int",
    "@float",
    "@bool",
    "@json",
    "@format",
    "@jinja",
    "@reset",
    "@del",
    "@merge",
    "@merge_unique",
    "@insert",
    "@get",
    "@read_file",
    "@upper",
    "@lower",
    "@title",
    "@strip",
    "@split",
    "@note",
    "@comment",
    "@null",
    "@none",
    "@empty",
];

/// The key of a table, whatever its case.
fn place(items: &[(V, V)], key: &str) -> Option<usize> {
    let exact = items.iter().position(|(have, _)| have.text() == Some(key));
    exact.or_else(|| {
        items.iter().position(|(have, _)| have.text().is_some_and(|have| have.to_lowercase() == key.to_lowercase()))
    })
}

impl Machine<'_> {
    /// What dynaconf makes of a value: casts in texts, and for variables the syntax of TOML.
    pub(super) fn dynaconf_parsed(&mut self, value: &V, toml: bool, at: Span) -> V {
        let parsed = self.lift(value, at, &mut |m, v| Ok(m.dynaconf_plain(v, toml, at, 0)));
        parsed.unwrap_or_else(|_| V::unknown("a cast that fails", at)).resting([value])
    }

    fn dynaconf_plain(&mut self, v: &V, toml: bool, at: Span, depth: usize) -> V {
        if depth > 20 {
            return V::unknown("nested too deep", at);
        }
        match &v.k {
            K::Str(text) => self.dynaconf_word(&text.to_string(), v, toml, at),
            K::Tuple(items) => {
                let items = items.iter().map(|item| self.dynaconf_plain(item, toml, at, depth + 1)).collect();
                self.list(items, at).from(v)
            }
            K::Ref(id) => match self.heap.get(id).filter(|obj| obj.doubt.is_none()).map(|obj| obj.data.clone()) {
                Some(Data::List(items)) => {
                    let items = items.iter().map(|item| self.dynaconf_plain(item, toml, at, depth + 1)).collect();
                    self.list(items, at).from(v)
                }
                Some(Data::Dict(items)) => {
                    let items = items
                        .iter()
                        .map(|(k, item)| (k.clone(), self.dynaconf_plain(item, false, at, depth + 1)))
                        .collect();
                    self.new_dict(items, at).from(v)
                }
                _ => v.clone(),
            },
            _ => v.clone(),
        }
    }

    fn dynaconf_word(&mut self, text: &str, v: &V, toml: bool, at: Span) -> V {
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        let made = |m: &mut Self, plain: &Plain| m.plain(plain, v, at);
        if !CASTS.contains(&word) {
            if word.starts_with('@') && word.len() > 1 && word[1..].bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
            {
                return V::unknown("a cast that is not followed", at).resting([v]);
            }
            return if toml { self.dynaconf_toml(text, v, at) } else { v.clone() };
        }
        if rest.starts_with('@') || placed(rest) && word != "@format" {
            return V::unknown("a cast that is not followed", at).resting([v]);
        }
        let inner = made(self, &Plain::from(rest));
        let failed = |m: &mut Self, cast: &Cast| {
            m.call_cast(cast, &inner, at).unwrap_or_else(|_| V::unknown("a cast that fails", at))
        };
        match word {
            "@str" => inner,
            "@int" => failed(self, &Cast::Int),
            "@float" => failed(self, &Cast::Float),
            "@bool" => {
                let yes = matches!(rest.trim().to_lowercase().as_str(), "t" | "true" | "enabled" | "1" | "on" | "yes");
                made(self, &Plain::Bool(yes))
            }
            "@json" => match serde_json::from_str::<Plain>(rest) {
                Ok(plain) => made(self, &plain),
                Err(_) => V::unknown("a text that is hardly JSON", at).resting([v]),
            },
            "@none" | "@null" | "@note" | "@comment" => made(self, &Plain::None),
            "@format" | "@jinja" => {
                let pos = vec![V::str(word), inner];
                V::at(K::Made(LAZY.into(), std::sync::Arc::new(Args { pos, ..Args::default() })), at).from(v)
            }
            _ => V::unknown("a cast that is not followed", at).resting([v]),
        }
    }

    /// A text as the value of a key of TOML; itself where it is none.
    fn dynaconf_toml(&mut self, text: &str, v: &V, at: Span) -> V {
        let fixed = match text.trim() {
            "True" => "true".to_owned(),
            "False" => "false".to_owned(),
            _ => text.to_owned(),
        };
        let (node, problems) = data::toml(at.file, &format!("key={fixed}"));
        match node.get("key").filter(|_| problems.is_empty()) {
            Some(node) => {
                let value = self.node(node, 0);
                self.copied(&value, at, 0).from(v).with(|m| {
                    m.origin = v.m.origin.clone();
                    m.raw = None;
                })
            }
            None => self.plain(&Plain::from(fixed), v, at),
        }
    }

    /// Sets a setting, or a part of one (`A__b`).
    pub(super) fn dynaconf_set(
        &mut self,
        store: &mut Store,
        key: &str,
        value: V,
        merge: Option<bool>,
        o: &Options,
        at: Span,
    ) {
        let dotted = key.replace("__", ".");
        let mut parts = dotted.split('.').map(str::trim);
        let name = parts.next().unwrap_or_default().to_uppercase();
        let parts: Vec<&str> = parts.collect();
        let value = self.dynaconf_parsed(&value, false, at);
        let have = store.iter().find(|(have, _)| *have == name).map(|(_, v)| v.clone());
        let value = match have {
            _ if parts.iter().any(|part| part.is_empty()) => V::unknown("a key that is not followed", at),
            have if !parts.is_empty() => self.dynaconf_within(have.as_ref(), &parts, value, at),
            Some(have) if !matches!(have.k, K::None) => self.dynaconf_over(&have, value, merge, o, at),
            _ if self.dynaconf_marked(&value, 0) => V::unknown("how settings are merged is not followed", at),
            _ => value,
        };
        self.dynaconf_put(store, &name, value);
    }

    /// Sets a setting as it is.
    pub(super) fn dynaconf_put(&mut self, store: &mut Store, name: &str, value: V) {
        match store.iter_mut().find(|(have, _)| have == name) {
            Some(item) => item.1 = value,
            None => store.push((name.to_owned(), value)),
        }
    }

    /// A new value over an old one: it replaces it, or is merged with it.
    fn dynaconf_over(&mut self, old: &V, new: V, merge: Option<bool>, o: &Options, at: Span) -> V {
        let marked = match self.heap_of(&new) {
            Some(Data::Dict(items)) => place(&items, "dynaconf_merge").map(|i| (items[i].1.k.clone(), i)),
            Some(Data::List(items)) => {
                items.iter().position(|item| item.text() == Some("dynaconf_merge")).map(|i| (K::Bool(true), i))
            }
            _ => None,
        };
        let own = match &marked {
            Some((K::Bool(yes), i)) => {
                let plain = match self.heap_of(&new) {
                    Some(Data::Dict(mut items)) => {
                        items.remove(*i);
                        self.new_dict(items, at).from(&new)
                    }
                    Some(Data::List(mut items)) => {
                        items.remove(*i);
                        self.list(items, at).from(&new)
                    }
                    _ => new.clone(),
                };
                Some((*yes, plain))
            }
            Some(_) => return V::unknown("how settings are merged is not followed", at),
            None => None,
        };
        let (wanted, new) = match own {
            Some((yes, plain)) => (yes || merge == Some(true), plain),
            None => (merge == Some(true) || merge.is_none() && o.merge, new),
        };
        if self.dynaconf_marked(&new, 0) {
            return V::unknown("how settings are merged is not followed", at);
        }
        if wanted { self.dynaconf_merged(old, &new, at, 0) } else { new }
    }

    /// Whether a value says itself, somewhere within, how it is merged.
    fn dynaconf_marked(&self, value: &V, depth: usize) -> bool {
        let mark = |v: &V| v.text().is_some_and(|text| text.to_lowercase().starts_with("dynaconf_merge"));
        match self.heap_of(value) {
            _ if depth > 20 => true,
            Some(Data::List(items)) => items.iter().any(|item| mark(item) || self.dynaconf_marked(item, depth + 1)),
            Some(Data::Dict(items)) => {
                items.iter().any(|(key, item)| mark(key) || self.dynaconf_marked(item, depth + 1))
            }
            _ => false,
        }
    }

    pub(super) fn heap_of(&self, value: &V) -> Option<Data> {
        let K::Ref(id) = &value.k else { return None };
        self.heap.get(id).filter(|obj| obj.doubt.is_none()).map(|obj| obj.data.clone())
    }

    /// Tables are merged key by key, lists are put behind each other, anything else is replaced.
    fn dynaconf_merged(&mut self, old: &V, new: &V, at: Span, depth: usize) -> V {
        match (self.heap_of(old), self.heap_of(new)) {
            _ if depth > 20 => V::unknown("nested too deep", at),
            _ if matches!(old.k, K::None) || matches!(new.k, K::None) => new.clone(),
            (Some(Data::List(before)), Some(Data::List(after))) => {
                if self.equal(old, new) == Some(true) {
                    return new.clone();
                }
                let all = before.into_iter().chain(after).collect();
                self.list(all, at).from(old).from(new)
            }
            (Some(Data::Dict(before)), Some(Data::Dict(after))) => {
                let mut out = before;
                for (key, value) in after {
                    let spot = key.text().and_then(|key| place(&out, key));
                    match spot {
                        Some(spot) => out[spot].1 = self.dynaconf_merged(&out[spot].1.clone(), &value, at, depth + 1),
                        None => out.push((key, value)),
                    }
                }
                self.new_dict(out, at).from(old).from(new)
            }
            (Some(Data::Unknown(_) | Data::OneOf(_)), _) | (_, Some(Data::Unknown(_) | Data::OneOf(_))) => {
                V::unknown("what is merged is not known", at)
            }
            _ if matches!(old.k, K::Unknown(_) | K::OneOf(_) | K::Depends(_)) => {
                V::unknown("what is merged is not known", at)
            }
            _ => new.clone(),
        }
    }

    /// A part of a setting is set; the rest stays.
    fn dynaconf_within(&mut self, old: Option<&V>, parts: &[&str], value: V, at: Span) -> V {
        let Some((first, rest)) = parts.split_first() else { return value };
        let mut items = match old.map(|old| (&old.k, self.heap_of(old))) {
            Some((_, Some(Data::Dict(items)))) => items,
            Some(
                (K::Unknown(_) | K::OneOf(_) | K::Depends(_), _)
                | (K::Ref(_), None | Some(Data::Unknown(_) | Data::OneOf(_))),
            ) => {
                return V::unknown("what is merged is not known", at).resting([&value]);
            }
            _ => Vec::new(),
        };
        let spot = place(&items, first);
        let inner = spot.map(|spot| items[spot].1.clone());
        let made = self.dynaconf_within(inner.as_ref(), rest, value, at);
        match spot {
            Some(spot) => items[spot].1 = made,
            None => items.push((V::str(first), made)),
        }
        let out = self.new_dict(items, at);
        old.map_or(out.clone(), |old| out.from(old))
    }

    /// Fills in the texts that are made of other settings.
    pub(super) fn dynaconf_format(&mut self, store: &mut Store, envs: &[String], o: &Options, at: Span) {
        for _ in 0..4 {
            let known = store.clone();
            let mut left = false;
            for (_, value) in store.iter_mut() {
                *value = self.dynaconf_filled(value, &known, envs, o, at, 0, &mut left);
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

    #[expect(clippy::too_many_arguments, reason = "it goes down into values")]
    fn dynaconf_filled(
        &mut self,
        value: &V,
        known: &Store,
        envs: &[String],
        o: &Options,
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
                match self.dynaconf_template(text, jinja, known, envs, at) {
                    Some(text) => text.from(value),
                    None => {
                        *left = true;
                        value.clone()
                    }
                }
            }
            (_, Some(Data::List(items))) if self.dynaconf_lazy(value, 0) => {
                let items =
                    items.iter().map(|item| self.dynaconf_filled(item, known, envs, o, at, depth + 1, left)).collect();
                self.list(items, at).from(value)
            }
            (_, Some(Data::Dict(items))) if self.dynaconf_lazy(value, 0) => {
                let filled = |m: &mut Self, item: &V, left: &mut bool| {
                    m.dynaconf_filled(item, known, envs, o, at, depth + 1, left)
                };
                let items = items.iter().map(|(key, item)| (key.clone(), filled(self, item, left))).collect();
                self.new_dict(items, at).from(value)
            }
            _ => value.clone(),
        }
    }

    /// `{this.KEY}` and `{env[KEY]}`, or the same between two braces; none while a part is not filled in itself.
    fn dynaconf_template(&mut self, of: &V, jinja: bool, known: &Store, envs: &[String], at: Span) -> Option<V> {
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
                ["this", "current_env"] => self.dynaconf_text(&envs.join(",").to_uppercase(), at),
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
            parts.push(shown);
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
