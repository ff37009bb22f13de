//! Addresses of pydantic: URLs that are validated or built of parts, and e-mail addresses.

use std::sync::Arc;

use super::types::{Type, URL};
use super::url;
use crate::formats::python::eval::machine::Machine;
use crate::formats::python::eval::values::{Args, K, R, V};
use crate::model::Span;

/// How an address of a type begins, where the type lets it name one product only.
pub(crate) fn scheme_of(kind: &Type) -> Option<&'static str> {
    match kind {
        Type::Called(inner, ..) => scheme_of(inner),
        Type::Url(name) => Some(match name.as_str() {
            "PostgresDsn" => "postgresql://",
            "MySQLDsn" => "mysql://",
            "MariaDBDsn" => "mariadb://",
            "CockroachDsn" => "cockroachdb://",
            "RedisDsn" => "redis://",
            "AmqpDsn" => "amqp://",
            "MongoDsn" => "mongodb://",
            _ => return None,
        }),
        _ => None,
    }
}

impl Machine<'_> {
    /// `PostgresDsn.build(scheme=…, host=…)`: a text, in so far as nothing in it is quoted.
    pub(crate) fn pydantic_url(&mut self, args: &Args, at: Span) -> R {
        let part = |name: &str| args.named(name).cloned().filter(|v| !matches!(v.k, K::None));
        let Some(scheme) = part("scheme").filter(|_| args.pos.is_empty() && !args.open) else {
            return Ok(V::unknown("a URL that is not followed", at));
        };
        if args.named("user").is_some() {
            return self.old_url(scheme, &part, at);
        }
        let mut parts = vec![scheme, V::str("://")];
        if let Some(user) = part("username") {
            parts.push(user);
            if let Some(password) = part("password") {
                parts.extend([V::str(":"), password]);
            }
            parts.push(V::str("@"));
        }
        parts.extend(part("host"));
        if let Some(port) = part("port") {
            parts.extend([V::str(":"), port]);
        }
        if let Some(path) = part("path") {
            parts.extend([V::str("/"), path]);
        }
        let odd = ["query", "fragment", "hosts"].iter().any(|name| part(name).is_some()) || part("host").is_none();
        let mut texts = Vec::new();
        for (i, part) in parts.iter().enumerate() {
            let text = self.to_text(part, at)?;
            let joint = i == 1 || matches!(part.text(), Some(":" | "@" | "/"));
            texts.push(self.lift(&text, at, &mut |_, v| {
                let plain = |c: char| c.is_ascii_alphanumeric() || "_.-+".contains(c);
                let fine = joint || v.text().is_some_and(|t| !t.is_empty() && t.chars().all(plain));
                Ok(if fine && !odd { v.clone() } else { V::unknown("a part that is quoted", at).resting([v]) })
            })?);
        }
        if odd {
            texts[0] = self.to_text(&parts[0], at)?;
            texts[1] = V::str("://");
        }
        let whole = self.concat(&texts, at)?.begins(&texts);
        let prefix = whole.m.prefix.clone();
        let out = self.lift(&whole, at, &mut |_, v| {
            let made = Args { pos: vec![v.clone()], ..Args::default() };
            Ok(V::at(K::Made(URL.into(), Arc::new(made)), at).from(v))
        })?;
        Ok(out.with(|m| m.prefix = prefix))
    }

    /// What pydantic 1 builds: a text, of parts as they are.
    fn old_url(&mut self, scheme: V, part: &dyn Fn(&str) -> Option<V>, at: Span) -> R {
        let (Some(user), Some(host), None, None) = (part("user"), part("host"), part("query"), part("fragment")) else {
            return Ok(V::unknown("a URL that is not followed", at));
        };
        let mut parts = vec![scheme, V::str("://"), user];
        parts.extend(part("password").into_iter().flat_map(|password| [V::str(":"), password]));
        parts.extend([V::str("@"), host]);
        parts.extend(part("port").into_iter().flat_map(|port| [V::str(":"), port]));
        parts.extend(part("path"));
        let mut texts = Vec::new();
        for part in &parts {
            let text = self.to_text(part, at)?;
            texts.push(self.lift(&text, at, &mut |_, v| {
                let there = v.text().is_some_and(|text| !text.is_empty());
                Ok(if there { v.clone() } else { V::unknown("a part that is left out", at).resting([v]) })
            })?);
        }
        self.concat(&texts, at)
    }
}

/// An address that is kept as it is.
pub(crate) fn plain_address(text: &str) -> bool {
    let word = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let Some((user, host)) = text.split_once('@') else { return false };
    let labels: Vec<&str> = host.split('.').collect();
    let last = labels.last().copied().unwrap_or_default();
    user.split(['.', '-', '_', '+']).all(|part| word(&part.to_ascii_lowercase()))
        && labels.len() > 1
        && labels.iter().all(|label| label.split('-').all(word))
        && ["com", "org", "net", "io", "de", "dev", "app", "co"].contains(&last)
}

/// A URL as pydantic writes it; none where that is not sure.
pub(crate) fn plain_url(name: &str, text: &str, old: bool) -> Option<String> {
    let parts = url::split(text).filter(|parts| text.starts_with(&format!("{}://", parts.scheme)))?;
    let fine = |t: &str, more: &str| t.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c));
    let (host, port) = match parts.host_info().split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (parts.host_info(), None),
    };
    let lower = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    let numeric = host.rsplit('.').next().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()));
    let quad = || {
        let all: Vec<Option<u8>> =
            host.split('.').map(|one| one.parse::<u8>().ok().filter(|n| n.to_string() == one)).collect();
        all.len() == 4 && all.iter().all(Option::is_some)
    };
    let hosts = host.split('.').all(|label| lower(label) && !label.starts_with('-') && !label.starts_with("xn-"));
    let user = parts.username();
    let path = &parts.path;
    let whole = hosts
        && (!numeric || quad())
        && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|n| n > 0 && n.to_string() == port))
        && fine(user, "_-.")
        && user.is_empty() != parts.netloc.contains('@')
        && parts.password().is_none_or(|password| !password.is_empty() && fine(password, "_-."))
        && fine(path, "/_-.")
        && !path.contains("/.")
        && !path.contains("//")
        && fine(&parts.query, "=&_-.")
        && !(parts.query.is_empty() && text.contains('?'))
        && parts.fragment.is_empty()
        && !text.contains('#');
    if !whole {
        return None;
    }
    let special = matches!(parts.scheme.as_str(), "http" | "https" | "ws" | "wss" | "ftp");
    let allowed: &[&str] = match name {
        "AnyUrl" => &[],
        "AnyHttpUrl" | "HttpUrl" => &["http", "https"],
        "AnyWebsocketUrl" | "WebsocketUrl" => &["ws", "wss"],
        "RedisDsn" => &["redis", "rediss"],
        "AmqpDsn" => &["amqp", "amqps"],
        "PostgresDsn" => &["postgres", "postgresql", "postgresql+asyncpg", "postgresql+psycopg", "postgresql+psycopg2"],
        _ => return None,
    };
    if !allowed.is_empty() && !allowed.contains(&parts.scheme.as_str()) {
        return None;
    }
    if old {
        let dotted = host.contains('.') || !matches!(name, "HttpUrl");
        let complete = name != "RedisDsn" || port.is_some() && path.len() > 1;
        let user = name != "PostgresDsn" || !user.is_empty();
        return (dotted && complete && user && !numeric).then(|| text.to_owned());
    }
    if name == "RedisDsn" && (port.is_none() || path.is_empty()) {
        let head = text.strip_suffix(path.as_str()).filter(|_| parts.query.is_empty() && path != "/")?;
        let port = if port.is_none() { ":6379" } else { "" };
        return Some(format!("{head}{port}{}", if path.is_empty() { "/0" } else { path }));
    }
    if special && (port == Some("80") || port == Some("443") || port == Some("21")) {
        return None;
    }
    if special && path.is_empty() {
        let (head, query) = text.split_once('?').map_or((text, ""), |(head, _)| (head, parts.query.as_str()));
        return Some(if query.is_empty() { format!("{head}/") } else { format!("{head}/?{query}") });
    }
    Some(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_written_as_pydantic_writes_them() {
        assert_eq!(plain_url("HttpUrl", "http://example.com", false).as_deref(), Some("http://example.com/"));
        assert_eq!(plain_url("HttpUrl", "http://example.com", true).as_deref(), Some("http://example.com"));
        let plain = "postgresql+asyncpg://u:p@db:5432/app";
        assert_eq!(plain_url("PostgresDsn", plain, false).as_deref(), Some(plain));
        assert_eq!(plain_url("PostgresDsn", "mysql://db/app", false), None);
        assert_eq!(plain_url("AnyUrl", "http://Example.com/é", false), None);
    }
}
