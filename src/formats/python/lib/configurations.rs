//! django-configurations: values that a class reads from variables of their names.

use std::sync::Arc;

use super::made::Plain;
use crate::formats::python::eval::machine::Machine;
use crate::formats::python::eval::truth::placed;
use crate::formats::python::eval::values::{Args, Id, K, R, Role, Space, V};
use crate::formats::python::lib::os::{Found, Making};
use crate::model::Span;

const PREFIX: &str = "configurations.values.";
/// A value of La Suite's library that is one of these, and may stand in a file as well.
const IN_A_FILE: &str = "lasuite.configuration.values.SecretFileValue";

/// What kind of value a library's class is.
fn kind_of(path: &str) -> Option<&str> {
    if path == IN_A_FILE { Some("SecretFileValue") } else { path.strip_prefix(PREFIX) }
}

/// Whether a library's class is a value of django-configurations.
pub(crate) fn is_value(path: &str) -> bool {
    kind_of(path).is_some_and(|name| name.ends_with("Value"))
}

impl Machine<'_> {
    /// The classes of a module that build on `Configuration`, with the places of their definitions.
    pub(crate) fn configuration_classes(&self, module: &Space) -> Vec<(String, Span)> {
        let class = |(name, value): (&String, &V)| {
            let K::Ref(id) = value.k else { return None };
            let at = value.m.origin.steps.first().map(|step| step.span)?;
            self.is_configuration(id).then(|| (name.clone(), at))
        };
        module.names.iter().filter_map(class).collect()
    }

    /// Whether a class builds on `Configuration`.
    pub(crate) fn is_configuration(&self, id: Id) -> bool {
        let bare = |id: &Id| {
            match self.space(*id).map(|space| &space.role) {
            Some(Role::Class { bases, .. }) => bases.iter().any(|base| {
                matches!(&base.k, K::Lib(path) if matches!(&**path, "configurations.Configuration" | "configurations.base.Configuration"))
            }),
            _ => false,
        }
        };
        self.mro(id).iter().flatten().any(bare)
    }

    /// What a value of django-configurations comes to as the attribute `name`; other values stay.
    pub(crate) fn configured(&mut self, name: &str, value: &V, at: Span) -> R {
        let K::Made(class, made) = &value.k else { return Ok(value.clone()) };
        let Some(kind) = kind_of(class).map(str::to_owned) else { return Ok(value.clone()) };
        let place = value.m.origin.steps.first().map_or(at, |step| step.span);
        let made = Arc::clone(made);
        self.configured_value(name, &kind, &made, place)
    }

    /// A value of django-configurations where it is made: one that names its variable is what it comes to from the start,
    /// wherever it stands (<https://django-configurations.readthedocs.io/en/stable/values/>, "environ_name").
    pub(crate) fn configurations_value(&mut self, path: &str, args: &Args, at: Span) -> R {
        let named = matches!(args.get(2, "environ_name").map(|v| &v.k), Some(K::Str(_)));
        let late = args.named.iter().any(|(name, v)| name == "late_binding" && !matches!(v.k, K::Bool(false)));
        match kind_of(path).filter(|_| named && !late && !args.open) {
            Some(kind) => self.configured_value("", kind, args, at),
            None => Ok(V::at(K::Made(path.into(), Arc::new(args.clone())), at)),
        }
    }

    fn configured_value(&mut self, name: &str, kind: &str, made: &Args, at: Span) -> R {
        let url = kind.ends_with("URLValue") && kind != "URLValue";
        let (own, prefix) = match kind {
            "DatabaseURLValue" => (Some("DATABASE_URL"), None),
            "CacheURLValue" => (Some("CACHE_URL"), None),
            "EmailURLValue" => (Some("EMAIL_URL"), None),
            "SearchURLValue" => (Some("SEARCH_URL"), None),
            _ => (None, Some("DJANGO")),
        };
        let text = |v: Option<&V>, or: Option<&str>| match v.map(|v| &v.k) {
            None => Ok(or.map(str::to_owned)),
            Some(K::None) => Ok(None),
            Some(K::Str(text)) => Ok(Some(text.to_string())),
            Some(_) => Err(()),
        };
        let default = made.get(0, "default").cloned();
        let environ = match made.get(1, "environ").map(|v| &v.k) {
            None | Some(K::Bool(true)) => true,
            Some(K::Bool(false)) => false,
            _ => return Ok(V::unknown("a value that is not followed", at)),
        };
        let (Ok(own), Ok(prefix), false) =
            (text(made.get(2, "environ_name"), own), text(made.get(3, "environ_prefix"), prefix), made.open)
        else {
            return Ok(V::unknown("a value that is not followed", at));
        };
        let base = own.unwrap_or_else(|| name.to_uppercase());
        let variable = match prefix.as_deref().map(|p| p.strip_suffix('_').unwrap_or(p)).filter(|p| !p.is_empty()) {
            Some(prefix) => format!("{prefix}_{base}"),
            None => base,
        };
        if kind == "SecretFileValue" && matches!(self.find_variable(&format!("{variable}_FILE"), at), Found::Set(_)) {
            return Ok(V::unknown("what stands in a file", at));
        }
        let required =
            kind == "SecretValue" || made.get(4, "environ_required").is_some_and(|v| !matches!(v.k, K::Bool(false)));
        let known = ["default", "environ", "environ_name", "environ_prefix", "environ_required", "late_binding"];
        let more: Vec<_> = made.named.iter().filter(|(name, _)| !known.contains(&name.as_str())).cloned().collect();
        let default = default.unwrap_or_else(|| V::at(K::None, at));
        let kind = kind.to_owned();
        let default = match kind.as_str() {
            "ListValue" | "TupleValue" if matches!(default.k, K::None) => {
                if kind == "ListValue" {
                    self.list(Vec::new(), at)
                } else {
                    V::at(K::Tuple(Arc::default()), at)
                }
            }
            "ListValue" | "TupleValue" => {
                let like = if kind == "ListValue" { "builtins.list" } else { "builtins.tuple" };
                self.apply(&V::lib(like), vec![default], at)?
            }
            _ if url && matches!(default.k, K::None) => self.new_dict(Vec::new(), at),
            "DatabaseURLValue" => self.configured_database(&default, &more, at)?,
            _ if url => V::unknown("a URL that is not followed", at),
            _ => default,
        };
        if !environ {
            return Ok(default);
        }
        let default = if required { None } else { Some(default) };
        let keeps = matches!(kind.as_str(), "Value" | "SecretValue" | "SecretFileValue");
        let cast = &mut |m: &mut Self, v: &V| {
            let Some(text) = v.text().filter(|t| !placed(t)).map(str::to_owned) else {
                return Ok(V::unknown("a value that is not followed", at).resting([v]));
            };
            match kind.as_str() {
                "Value" | "SecretValue" | "SecretFileValue" => Ok(v.clone()),
                "BooleanValue" => match text.trim().to_lowercase().as_str() {
                    "yes" | "y" | "true" | "1" => Ok(m.plain(&Plain::Bool(true), v, at)),
                    "no" | "n" | "false" | "0" | "" => Ok(m.plain(&Plain::Bool(false), v, at)),
                    _ => m.raise("ValueError", "it is no truth value", at),
                },
                "IntegerValue" => m.to_int(v, at),
                "FloatValue" => m.call_cast(&super::casts::Cast::Float, v, at),
                "ListValue" | "TupleValue" if more.is_empty() => {
                    let parts = text.split(',').map(str::trim).filter(|p| !p.is_empty());
                    let parts = Plain::List(parts.map(Plain::from).collect());
                    let list = m.plain(&parts, v, at);
                    if kind == "ListValue" { Ok(list) } else { m.apply(&V::lib("builtins.tuple"), vec![list], at) }
                }
                "DatabaseURLValue" => m.configured_database(v, &more, at),
                _ => Ok(V::unknown("a value that is not followed", at).resting([v])),
            }
        };
        self.env_cast(&variable, default, required, "configurations", at, Making { keeps, cast })
    }

    fn configured_database(&mut self, text: &V, more: &[(String, V)], at: Span) -> R {
        let mut named: Vec<(String, V)> = more.iter().filter(|(name, _)| name != "alias").cloned().collect();
        let alias = more.iter().find(|(name, _)| name == "alias").map_or_else(|| V::str("default"), |(_, v)| v.clone());
        named.push(("url".into(), text.clone()));
        let database = self.database_parse(&Args { pos: Vec::new(), named, open: false }, at)?;
        Ok(self.new_dict(vec![(alias, database)], at).from(text))
    }
}
