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
pub(super) const LAZY: &str = "dynaconf.lazy";
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
pub(super) fn place(items: &[(V, V)], key: &str) -> Option<usize> {
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
            K::Str(text) => self.dynaconf_word(text, v, toml, at),
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
}
