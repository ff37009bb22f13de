//! How code takes settings out of what dynaconf loaded: names in any case, tables by attribute.

use crate::formats::python::eval::machine::Machine;
use crate::formats::python::eval::truth::wrap;
use crate::formats::python::eval::values::{Args, Data, Id, K, Names, R, V};
use crate::model::Span;

/// The name under which an object keeps its prefixes.
pub(crate) const PREFIXES: &str = "dynaconf.prefixes";

/// Methods and properties of the object; they win over settings.
const OWN: [&str; 34] = [
    "get",
    "get_fresh",
    "as_dict",
    "to_dict",
    "exists",
    "as_bool",
    "as_int",
    "as_float",
    "as_json",
    "set",
    "update",
    "setdefault",
    "reload",
    "configure",
    "keys",
    "items",
    "values",
    "validators",
    "from_env",
    "load_file",
    "current_env",
    "setenv",
    "using_env",
    "fresh",
    "clean",
    "unset",
    "populate_obj",
    "find_file",
    "path_for",
    "flag",
    "environ",
    "store",
    "get_environ",
    "loaded_envs",
];

impl Machine<'_> {
    /// `settings.NAME`.
    pub(crate) fn dynaconf_attribute(&mut self, object: &V, id: Id, name: &str, at: Span) -> R {
        if OWN.contains(&name) {
            return Ok(match name {
                "current_env" | "environ" | "store" | "validators" | "loaded_envs" => {
                    V::unknown("a part of dynaconf", at)
                }
                _ => V::at(K::Bound(std::sync::Arc::new((object.clone(), name.to_owned()))), at),
            });
        }
        match self.dynaconf_found(id, name) {
            Some(value) => Ok(value),
            None => self.dynaconf_absent(id, name, None, at),
        }
    }

    /// `settings["a.b"]`, `settings.get(...)`: a setting, or a part of one.
    pub(crate) fn dynaconf_found(&mut self, id: Id, key: &str) -> Option<V> {
        let key = key.replace("__", ".");
        let mut parts = key.split('.');
        let name = parts.next()?.to_uppercase();
        let mut now = self.space(id)?.names.get(&name).cloned()?;
        for part in parts {
            let at = Span::new(crate::model::FileId(0), 0, 0);
            now = self
                .lift(&now, at, &mut |m, v| {
                    Ok(m.dynaconf_part(v, part).unwrap_or_else(|| V::unknown("a part that is not there", at)))
                })
                .ok()?;
        }
        Some(now)
    }

    /// A key of a table, whatever its case.
    pub(crate) fn dynaconf_part(&mut self, table: &V, key: &str) -> Option<V> {
        let K::Ref(id) = &table.k else { return None };
        let Data::Dict(items) = &self.heap.get(id)?.data else { return None };
        let exact = items.iter().find(|(have, _)| have.text() == Some(key));
        let found = exact
            .or_else(|| items.iter().find(|(have, _)| have.text().is_some_and(|have| have.eq_ignore_ascii_case(key))));
        found.map(|(_, value)| value.clone())
    }

    /// A setting that neither files nor known variables set.
    pub(crate) fn dynaconf_absent(&mut self, id: Id, key: &str, default: Option<V>, at: Span) -> R {
        let Some(space) = self.space(id) else { return Ok(V::unknown("what this is is not known", at)) };
        let prefixes = match space.names.get(PREFIXES).map(|v| &v.k) {
            Some(K::Tuple(all)) => all.iter().filter_map(V::text).map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        let open = space.open.clone();
        match (open, default) {
            (None, Some(default)) => Ok(default),
            (None, None) => self.raise("AttributeError", format!("there is no {key}"), at),
            (Some(why), _) if prefixes.is_empty() || !self.world.is_open() || key.contains('.') => {
                Ok(V::at(K::Unknown(why), at))
            }
            (Some(_), default) => {
                let mut names: Names =
                    prefixes.iter().map(|prefix| format!("{prefix}_{}", key.to_uppercase())).collect();
                let shown = names.clone();
                names.extend(super::own_variables());
                Ok(match default {
                    Some(default) => wrap(names, default).with(|m| m.vars = shown),
                    None => V::depends(names, None).with(|m| m.vars = shown),
                })
            }
        }
    }

    /// A method of the object.
    pub(crate) fn dynaconf_method(&mut self, object: &V, id: Id, name: &str, args: &Args, at: Span) -> R {
        let key = args.get(0, "key").and_then(V::text).map(str::to_owned);
        match (name, key) {
            ("get" | "get_fresh" | "__call__", Some(key)) if !args.open => {
                let cast = args.get(2, "cast").is_some_and(|v| !matches!(v.k, K::None));
                let found = match self.dynaconf_found(id, &key) {
                    Some(found) => found,
                    None => {
                        let default = args.get(1, "default").cloned().unwrap_or_else(V::none);
                        self.dynaconf_absent(id, &key, Some(default), at)?
                    }
                };
                Ok(if cast { V::unknown("a cast that is not followed", at).resting([&found]) } else { found })
            }
            ("exists", Some(key)) if self.space(id).is_some_and(|space| space.open.is_none()) => {
                let yes = self.dynaconf_found(id, &key).is_some();
                Ok(V::at(K::Bool(yes), at))
            }
            ("as_dict" | "to_dict", None) if self.space(id).is_some_and(|space| space.open.is_none()) => {
                let names = self.space(id).map(|space| space.names.clone()).unwrap_or_default();
                let items = names.into_iter().filter(|(name, _)| name != PREFIXES).map(|(name, v)| (V::str(name), v));
                let items = items.collect();
                Ok(self.new_dict(items, at))
            }
            (
                "set" | "update" | "setdefault" | "reload" | "configure" | "load_file" | "setenv" | "clean" | "unset"
                | "fresh" | "using_env" | "populate_obj",
                _,
            ) => {
                self.forget_object(id, "the settings are changed by code that is not followed", at);
                let none = V::tuple(Vec::new());
                self.set_name(id, PREFIXES, none);
                Ok(self.foreign(name, args, at))
            }
            _ => Ok(self.foreign(name, args, at).resting([object])),
        }
    }
}
