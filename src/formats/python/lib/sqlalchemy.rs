//! URLs of SQLAlchemy, which are tuples of their parts; and what a program is connected to: engines, brokers, clients.

use std::sync::Arc;

use super::made::Plain;
use crate::formats::python::eval::machine::Machine;
use crate::formats::python::eval::truth::placed;
use crate::formats::python::eval::values::{Args, K, R, V};
use crate::model::Span;

/// The class of such a URL; its parts are positional, in this order.
pub(crate) const URL: &str = "sqlalchemy.URL";
const PARTS: [&str; 7] = ["drivername", "username", "password", "host", "port", "database", "query"];

/// What Celery calls its broker and its result backend.
const BROKERS: [&str; 4] = ["broker_url", "BROKER_URL", "CELERY_BROKER_URL", "broker"];
const BACKENDS: [&str; 4] = ["result_backend", "RESULT_BACKEND", "CELERY_RESULT_BACKEND", "backend"];

/// The parts of a plain URL; none where something in it is quoted.
fn split(text: &str) -> Option<[Plain; 7]> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-.:/@+".contains(c);
    if !text.chars().all(plain) || text.matches('@').count() > 1 {
        return None;
    }
    let (name, rest) = text.split_once("://")?;
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || "_+".contains(c)) {
        return None;
    }
    let or_none = |part: Option<&str>| part.map_or(Plain::None, Plain::from);
    let (user, place) = match rest.split_once('@') {
        Some((user, place)) if !user.split(':').next().unwrap_or_default().contains('/') => (Some(user), place),
        Some(_) => return None,
        None => (None, rest),
    };
    let (user, password) = match user.map(|user| user.split_once(':').map_or((user, None), |(a, b)| (a, Some(b)))) {
        Some((user, password)) => (Some(user), password),
        None => (None, None),
    };
    let (host, database) = place.split_once('/').map_or((place, None), |(host, rest)| (host, Some(rest)));
    let (host, port) = host.split_once(':').map_or((host, None), |(host, port)| (host, Some(port)));
    let port = match port {
        None | Some("") => Plain::None,
        Some(port) => Plain::Int(port.parse().ok()?),
    };
    let host = Some(host).filter(|host| !host.is_empty());
    let query = Plain::Dict(Vec::new());
    Some([Plain::from(name), or_none(user), or_none(password), or_none(host), port, or_none(database), query])
}

impl Machine<'_> {
    /// `URL.create(...)` and `make_url(...)`.
    pub(crate) fn sqlalchemy_url(&mut self, path: &str, args: &Args, at: Span) -> V {
        if path.ends_with("make_url") {
            let Some(given) = args.get(0, "name_or_url").cloned().filter(|_| !args.open) else {
                return self.foreign("a URL", args, at);
            };
            let made = self.lift(&given, at, &mut |m, v| {
                if matches!(&v.k, K::Made(class, _) if &**class == URL) {
                    return Ok(v.clone());
                }
                let parts = v.text().filter(|text| !placed(text)).and_then(split);
                Ok(match parts {
                    Some(parts) => {
                        let pos = parts.iter().map(|part| m.plain(part, v, at)).collect();
                        V::at(K::Made(URL.into(), Arc::new(Args { pos, ..Args::default() })), at).from(v)
                    }
                    None => V::unknown("a URL that is not followed", at).resting([v]).begins(&Self::scheme(v)),
                })
            });
            return made.unwrap_or_else(|_| V::unknown("a URL that is not followed", at));
        }
        let known = args.named.iter().all(|(name, _)| PARTS.contains(&name.as_str()));
        if args.open || !known || args.pos.len() > PARTS.len() {
            return self.foreign("a URL", args, at);
        }
        let mut pos = Vec::new();
        for (i, name) in PARTS.iter().enumerate() {
            let value = args.get(i, name).cloned();
            pos.push(match (*name, value) {
                ("query", None) => self.new_dict(Vec::new(), at),
                ("query", Some(value)) => match self.pairs(&value) {
                    Some(_) => value,
                    None => V::unknown("a query", at).resting([&value]),
                },
                (_, None) => V::none(),
                ("port", Some(value)) => self
                    .lift(&value, at, &mut |m, v| if matches!(v.k, K::None) { Ok(v.clone()) } else { m.to_int(v, at) })
                    .unwrap_or_else(|_| V::unknown("a port", at)),
                (_, Some(value)) => value,
            });
        }
        V::at(K::Made(URL.into(), Arc::new(Args { pos, ..Args::default() })), at)
    }

    fn scheme(v: &V) -> Vec<V> {
        let text = v.text().or(v.m.prefix.as_deref());
        text.and_then(|text| text.split_once("://"))
            .map(|(scheme, _)| V::str(format!("{scheme}://")))
            .into_iter()
            .collect()
    }

    /// A part of such a URL, or a method of it.
    pub(crate) fn sqlalchemy_attribute(&mut self, object: &V, made: &Args, name: &str, at: Span) -> V {
        match PARTS.iter().position(|part| *part == name) {
            Some(i) => made.pos.get(i).cloned().unwrap_or_else(V::none).resting([object]),
            None => V::at(K::Bound(Arc::new((object.clone(), name.to_owned()))), at),
        }
    }

    /// A method of such a URL.
    pub(crate) fn sqlalchemy_method(&mut self, object: &V, name: &str, args: &Args, at: Span) -> R {
        let K::Made(_, made) = &object.k else { return Ok(self.foreign(name, args, at)) };
        let made = Arc::clone(made);
        match name {
            "set" if args.pos.is_empty() && !args.open => {
                let mut pos = made.pos.clone();
                for (name, value) in &args.named {
                    match PARTS.iter().position(|part| part == name) {
                        Some(i) if name != "query" && i < pos.len() => pos[i] = value.clone(),
                        _ => return Ok(self.foreign("a URL", args, at)),
                    }
                }
                Ok(V::at(K::Made(URL.into(), Arc::new(Args { pos, ..Args::default() })), at).from(object))
            }
            "render_as_string" | "__str__" => {
                let hidden = args.get(0, "hide_password").map_or(Some(true), |v| match v.k {
                    K::Bool(yes) => Some(yes),
                    _ => None,
                });
                match hidden {
                    Some(hidden) => self.sqlalchemy_text(&made, hidden, at),
                    None => Ok(V::unknown("a URL as text", at)),
                }
            }
            _ => Ok(self.foreign(name, args, at).resting([object])),
        }
    }

    /// The URL as text.
    pub(crate) fn sqlalchemy_text(&mut self, made: &Args, hidden: bool, at: Span) -> R {
        let part = |i: usize| made.pos.get(i).cloned().filter(|v| !matches!(v.k, K::None));
        let mut parts = vec![part(0).unwrap_or_else(V::none), V::str("://")];
        if let Some(user) = part(1) {
            parts.push(user);
            if let Some(password) = part(2) {
                parts.extend([V::str(":"), if hidden { V::str("***") } else { password }]);
            }
            parts.push(V::str("@"));
        }
        parts.extend(part(3));
        if let Some(port) = part(4) {
            parts.extend([V::str(":"), port]);
        }
        if let Some(database) = part(5) {
            parts.extend([V::str("/"), database]);
        }
        let query = part(6).is_some_and(|query| self.pairs(&query).is_none_or(|pairs| !pairs.is_empty()));
        let mut texts = Vec::new();
        for (i, part) in parts.iter().enumerate() {
            let text = self.to_text(part, at)?;
            let joint = i < 2 || matches!(part.text(), Some(":" | "@" | "/" | "***"));
            texts.push(self.lift(&text, at, &mut |_, v| {
                let plain = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
                let fine = joint || v.text().is_some_and(|t| t.chars().all(plain));
                Ok(if fine && !query { v.clone() } else { V::unknown("a part that is quoted", at).resting([v]) })
            })?);
        }
        if query {
            texts[0] = self.to_text(&parts[0], at)?;
            texts[1] = V::str("://");
        }
        Ok(self.concat(&texts, at)?.begins(&texts))
    }

    /// Notes what the program is connected to.
    pub(crate) fn connects(&mut self, role: &'static str, to: Option<&V>, at: Span) {
        if let Some(to) = to.filter(|v| self.suppose.is_none() && !matches!(v.k, K::None)) {
            self.connections.push((role, to.clone(), at));
        }
    }

    /// What Celery's configuration says of its broker and its results.
    pub(crate) fn connects_celery(&mut self, named: &[(String, V)], at: Span) {
        for (name, value) in named {
            if BROKERS.contains(&name.as_str()) {
                self.connects("broker", Some(value), at);
            } else if BACKENDS.contains(&name.as_str()) {
                self.connects("result-backend", Some(value), at);
            }
        }
    }

    /// `app.conf.update(...)`, `app.config_from_object(...)`.
    pub(crate) fn celery_method(&mut self, class: &str, name: &str, args: &Args, at: Span) -> R {
        let mut named = args.named.clone();
        match (class, name, args.pos.first().cloned()) {
            ("celery.conf", "update" | "setdefault", Some(first)) => {
                for (key, value) in self.pairs(&first).unwrap_or_default() {
                    named.extend(key.text().map(|key| (key.to_owned(), value)));
                }
            }
            ("celery.Celery", "config_from_object", Some(first)) => {
                let module = match first.text().map(str::to_owned) {
                    Some(name) if !name.starts_with("django.conf") => self.load(&name, at)?,
                    Some(_) => None,
                    None => Some(first),
                };
                if let Some(V { k: K::Ref(id), .. }) = module
                    && let Some(space) = self.space(id)
                {
                    let prefix = args.named("namespace").and_then(V::text).map(|name| format!("{name}_"));
                    let strip = |name: &String| match &prefix {
                        Some(prefix) => name.strip_prefix(prefix.as_str()).map(str::to_lowercase),
                        None => Some(name.clone()),
                    };
                    named = space.names.iter().filter_map(|(name, v)| Some((strip(name)?, v.clone()))).collect();
                }
            }
            _ => {}
        }
        self.connects_celery(&named, at);
        Ok(self.foreign(name, args, at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_plain_url_are_told_apart() {
        let of = |text: &str| split(text).map(|parts| parts.map(|part| format!("{part:?}")).join(" "));
        let text = |text: &str| format!("Str(\"{text}\")");
        let all = of("postgresql+psycopg://u:p@db:5432/app");
        let want = [text("postgresql+psycopg"), text("u"), text("p"), text("db"), "Int(5432)".into(), text("app")];
        assert_eq!(all, Some(format!("{} Dict([])", want.join(" "))));
        assert_eq!(of("sqlite://"), Some(format!("{} None None None None None Dict([])", text("sqlite"))));
        assert_eq!(of("postgresql://u:p%40@db/x"), None);
    }
}
