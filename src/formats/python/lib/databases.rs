//! `dj_database_url`: the dict of a database that a URL names.

use super::made::{Plain, put};
use super::{schemes, url};
use crate::formats::python::eval::machine::Machine;
use crate::formats::python::eval::truth::{Truth, View};
use crate::formats::python::eval::values::{Args, K, R, V};
use crate::model::Span;

/// What a URL gives: a dict, or the exception it raises.
pub(crate) type Parsed = Result<Plain, &'static str>;

fn option(value: &str) -> Plain {
    if !value.is_ascii() {
        return Plain::Unsure;
    }
    if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        return value.parse().map_or(Plain::Unsure, Plain::Int);
    }
    match value.to_ascii_lowercase().as_str() {
        "true" => Plain::Bool(true),
        "false" => Plain::Bool(false),
        _ => value.into(),
    }
}

/// `dj_database_url.parse(url)` without its further arguments; whether they are added.
pub(crate) fn parse(text: &str) -> (Parsed, bool) {
    if text == "sqlite://:memory:" {
        let dict = vec![("ENGINE".into(), "django.db.backends.sqlite3".into()), ("NAME".into(), ":memory:".into())];
        return (Ok(Plain::Dict(dict)), false);
    }
    let Some(parts) = url::split(text) else { return (Ok(Plain::Unsure), false) };
    let Some(engine) = schemes::dj_database(&parts.scheme) else { return (Err("its scheme is unknown"), false) };
    let Ok(port) = parts.port() else { return (Err("it is no database URL"), false) };
    let mut options = Vec::new();
    for (name, values) in url::query(&parts.query) {
        let mut values: Vec<Plain> = values.iter().map(|value| option(value)).collect();
        let value = if values.len() == 1 { values.remove(0) } else { Plain::List(values) };
        options.push((name, value));
    }
    let mut name = url::unquote(parts.path.get(1..).unwrap_or_default());
    let mut port = port.filter(|port| *port != 0).map_or(Plain::from(""), Plain::Int);
    let mut taken = |key: &str| options.iter().position(|(k, _)| k == key).map(|at| options.remove(at).1);
    match parts.scheme.as_str() {
        "sqlite" if name.is_empty() => name = ":memory:".into(),
        "oracle" | "mssql" | "mssqlms" => {
            if let Plain::Int(n) = port {
                port = n.to_string().into();
            }
        }
        "mysql" | "mysql2" => {
            if let Some(ca) = taken("ssl-ca") {
                options.push(("ssl".into(), Plain::Dict(vec![("ca".into(), ca)])));
            }
        }
        "postgres" | "postgresql" | "pgsql" | "postgis" | "redshift" | "timescale" | "timescalegis" => {
            match taken("currentSchema") {
                Some(Plain::Str(schema)) => {
                    options.push(("options".into(), format!("-c search_path={schema}").into()));
                }
                Some(_) => options.push(("options".into(), Plain::Unsure)),
                None => {}
            }
        }
        _ => {}
    }
    let mut dict = vec![
        ("ENGINE".into(), engine.into()),
        ("USER".into(), url::unquote(parts.username()).into()),
        ("PASSWORD".into(), url::unquote(parts.password().unwrap_or_default()).into()),
        ("HOST".into(), url::unquote(&parts.hostname()).into()),
        ("PORT".into(), port),
        ("NAME".into(), name.into()),
    ];
    put(&mut dict, "OPTIONS", Plain::Dict(options));
    (Ok(Plain::Dict(dict)), true)
}

/// The names of the arguments of `parse`, in order.
const ARGUMENTS: [&str; 7] = [
    "url",
    "engine",
    "conn_max_age",
    "conn_health_checks",
    "disable_server_side_cursors",
    "ssl_require",
    "test_options",
];

impl Machine<'_> {
    /// `dj_database_url.config(...)`.
    pub(crate) fn database_config(&mut self, args: &Args, at: Span) -> R {
        let name = args.get(0, "env").map_or(Some("DATABASE_URL"), V::text).map(str::to_owned);
        let Some(name) = name.filter(|_| !args.open) else {
            return Ok(self.foreign("a read of a variable that is not known", args, at));
        };
        let default = args.get(1, "default").cloned().unwrap_or_else(|| V::at(K::None, at));
        let text = self.env_get(&name, Some(default), false, "dj_database_url", at)?;
        let mut rest = args.clone();
        rest.pos = rest.pos.into_iter().skip(2).collect();
        rest.pos.insert(0, text.clone());
        self.database_of(&text, &rest, true, at)
    }

    /// `dj_database_url.parse(url, ...)`.
    pub(crate) fn database_parse(&mut self, args: &Args, at: Span) -> R {
        match args.get(0, "url").cloned() {
            Some(text) if !args.open => self.database_of(&text, args, false, at),
            _ => Ok(self.foreign("a database URL that is not known", args, at)),
        }
    }

    fn database_of(&mut self, text: &V, args: &Args, config: bool, at: Span) -> R {
        let made = self.lift(text, at, &mut |m, text| {
            let url = match &text.k {
                K::Str(url) if !(config && url.is_empty()) => url.clone(),
                K::Str(_) | K::None if config => return Ok(m.new_dict(Vec::new(), at).from(text)),
                _ => return Ok(V::unknown("a database URL that is not known", at).resting([text])),
            };
            let (parsed, more) = parse(&url);
            match parsed {
                Err(why) => m.raise("ValueError", why, at),
                // Older releases give other keys.
                Ok(Plain::Dict(_)) if more && m.whole && m.pinned_before("dj-database-url", (2, 2)) => {
                    Ok(V::unknown("what the pinned release of dj-database-url gives", at).resting([text]))
                }
                Ok(Plain::Dict(items)) => {
                    let dict = m.plain(&Plain::Dict(items), text, at);
                    if more {
                        m.database_more(&dict, args, at)?;
                    }
                    Ok(dict)
                }
                Ok(_) => Ok(V::unknown("a database URL that is not followed", at).resting([text])),
            }
        })?;
        Ok(self.doubtful(made))
    }

    fn database_more(&mut self, dict: &V, args: &Args, at: Span) -> Result<(), super::super::eval::values::Exc> {
        let given = |name: &str| ARGUMENTS.iter().position(|n| *n == name).and_then(|i| args.get(i, name)).cloned();
        let options = self.pairs(dict).and_then(|pairs| pairs.into_iter().find(|(k, _)| k.text() == Some("OPTIONS")));
        let options = options.map_or_else(V::none, |(_, options)| options);
        let flag = |m: &mut Self, name: &str| given(name).map(|v| (m.truth(&v), v));
        let mut open = false;
        match flag(self, "ssl_require") {
            Some((Truth::Yes, v)) => {
                let require = V::at(K::Str("require".into()), at).from(&v);
                self.set_item(&options, &V::str("sslmode"), require, at)?;
            }
            Some((Truth::Open(_), _)) => open = true,
            _ => {}
        }
        for (name, key, value) in [
            ("conn_max_age", "CONN_MAX_AGE", V::at(K::Int(0), at)),
            ("conn_health_checks", "CONN_HEALTH_CHECKS", V::at(K::Bool(false), at)),
            ("disable_server_side_cursors", "DISABLE_SERVER_SIDE_CURSORS", V::at(K::Bool(false), at)),
        ] {
            self.set_item(dict, &V::str(key), given(name).unwrap_or(value), at)?;
        }
        match flag(self, "engine") {
            Some((Truth::Yes, v)) => self.set_item(dict, &V::str("ENGINE"), v, at)?,
            Some((Truth::Open(_), v)) => {
                let unknown = V::unknown("the engine that is asked for", at).resting([&v]);
                self.set_item(dict, &V::str("ENGINE"), unknown, at)?;
            }
            _ => {}
        }
        match flag(self, "test_options") {
            Some((Truth::Yes, v)) => self.set_item(dict, &V::str("TEST"), v, at)?,
            Some((Truth::Open(_), v)) => {
                let unknown = V::unknown("options that are not known", at).resting([&v]);
                self.set_item(dict, &V::str("TEST"), unknown, at)?;
            }
            _ => {}
        }
        if open {
            let unknown = V::unknown("whether TLS is asked for", at);
            self.set_item(dict, &V::str("OPTIONS"), unknown, at)?;
        } else if self.pairs(&options).is_some_and(|pairs| pairs.is_empty()) {
            self.remove(dict, &V::str("OPTIONS"), at);
        }
        self.unchanged(dict);
        self.unchanged(&options);
        Ok(())
    }

    /// A dict that rests on variables can be changed in place: the doubt goes with it.
    pub(crate) fn doubtful(&mut self, value: V) -> V {
        let K::Depends(of) = &value.k else { return value };
        let (vars, Some(dict)) = (of.0.clone(), of.1.clone()) else { return value };
        let K::Ref(id) = dict.k else { return value };
        if self.pairs(&dict).is_none() || !matches!(self.view(&dict), View::Plain(_)) {
            return value;
        }
        self.doubt(id, &vars);
        V { k: K::Ref(id), m: value.m }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scheme_that_is_not_registered_raises() {
        assert!(parse("mongodb://h/db").0.is_err());
    }
}
