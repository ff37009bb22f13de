//! URLs as django-environ reads them.

use super::databases::Parsed;
use super::made::{Plain, put};
use super::schemes;
use super::url::{self, Parts};

type Dict = Vec<(String, Plain)>;

/// `_cast_int`.
fn int(text: &str) -> Plain {
    if !text.is_ascii() {
        return Plain::Unsure;
    }
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().map_or(Plain::Unsure, Plain::Int);
    }
    text.into()
}

/// `_cast`: a Python literal, or the text.
fn literal(text: &str) -> Plain {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    match text {
        "True" => Plain::Bool(true),
        "False" => Plain::Bool(false),
        "None" => Plain::None,
        _ if number && (digits == "0" || !digits.starts_with('0')) => text.parse().map_or(Plain::Unsure, Plain::Int),
        _ if text.starts_with(|c: char| c.is_ascii_alphabetic())
            && !text.contains(['"', '\'', '(', '[', '{', '\\']) =>
        {
            text.into()
        }
        _ => Plain::Unsure,
    }
}

/// A URL without a path is read again with its unusual characters quoted.
fn parts_of(text: &str) -> Option<Parts> {
    let parts = url::split(text)?;
    if !parts.path.is_empty() {
        return Some(parts);
    }
    if text.ends_with(['?', '#']) || !text.starts_with(&parts.scheme) {
        return None;
    }
    url::split(&url::quote(text))
}

/// `db_url_config(url)`.
pub(crate) fn database(text: &str, engine: Option<&str>) -> Parsed {
    if text == "sqlite://:memory:" {
        let engine = "django.db.backends.sqlite3";
        return Ok(Plain::Dict(vec![("ENGINE".into(), engine.into()), ("NAME".into(), ":memory:".into())]));
    }
    let Some(parts) = parts_of(text) else { return Ok(Plain::Unsure) };
    let mut path = url::unquote_plus(parts.path.get(1..).unwrap_or_default());
    if path.contains('?') || path.contains("cloudsql") || parts.scheme == "ldap" {
        return Ok(Plain::Unsure);
    }
    if parts.scheme == "sqlite" && path.is_empty() {
        path = ":memory:".into();
    }
    let family = schemes::POSTGRES.contains(&parts.scheme.as_str());
    if family && url::unquote(parts.host_info()).contains(',') {
        return Ok(Plain::Unsure);
    }
    let Ok(port) = parts.port() else { return Err("it is no database URL") };
    let port = port.filter(|port| *port != 0);
    let mut dict: Dict = vec![
        ("NAME".into(), path.as_str().into()),
        ("USER".into(), url::unquote(parts.username()).into()),
        ("PASSWORD".into(), url::unquote(parts.password().unwrap_or_default()).into()),
        ("HOST".into(), parts.hostname().into()),
        ("PORT".into(), port.map_or(Plain::from(""), Plain::Int)),
    ];
    if family && let Some((host, name)) = path.rsplit_once('/').filter(|_| path.starts_with('/')) {
        put(&mut dict, "HOST", host);
        put(&mut dict, "NAME", name);
    }
    if parts.scheme == "oracle" {
        if path.is_empty() {
            put(&mut dict, "NAME", parts.hostname());
            put(&mut dict, "HOST", "");
        }
        match port {
            Some(port) => put(&mut dict, "PORT", port.to_string()),
            None => dict.retain(|(key, _)| key != "PORT"),
        }
    }
    if !parts.query.is_empty() {
        let mut options: Dict = Vec::new();
        for (name, values) in url::query(&parts.query) {
            let upper = name.to_uppercase();
            match upper.as_str() {
                "CONN_MAX_AGE"
                | "ATOMIC_REQUESTS"
                | "AUTOCOMMIT"
                | "DISABLE_SERVER_SIDE_CURSORS"
                | "CONN_HEALTH_CHECKS" => put(&mut dict, &upper, literal(&values[0])),
                _ => put(&mut options, &name, int(&values[0])),
            }
        }
        put(&mut dict, "OPTIONS", Plain::Dict(options));
    }
    let name = engine.filter(|engine| !engine.is_empty()).unwrap_or(&parts.scheme);
    if name.is_empty() {
        return Ok(Plain::Dict(Vec::new()));
    }
    put(&mut dict, "ENGINE", schemes::environ_database(name).unwrap_or(name));
    Ok(Plain::Dict(dict))
}

/// `cache_url_config(url)`.
pub(crate) fn cache(text: &str, backend: Option<&str>) -> Parsed {
    let Some(parts) = url::split(text) else { return Ok(Plain::Unsure) };
    let Some(backends) = schemes::environ_cache(&parts.scheme) else { return Err("its scheme is no cache") };
    let several = |all: Vec<String>| match all.as_slice() {
        [one] => Plain::from(one.as_str()),
        _ => Plain::List(all.iter().map(|one| Plain::from(one.as_str())).collect()),
    };
    let hosts = || parts.netloc.split(',').map(str::to_owned);
    let mut location = several(hosts().collect());
    if parts.scheme == "filecache" {
        location = format!("{}{}", parts.netloc, parts.path).into();
    }
    if parts.netloc.is_empty() && matches!(parts.scheme.as_str(), "memcache" | "pymemcache") {
        location = format!("unix:{}", parts.path).into();
    } else if parts.scheme.starts_with("redis") {
        let scheme = if parts.hostname().is_empty() { "unix".to_owned() } else { parts.scheme.replace("cache", "") };
        location = several(hosts().map(|host| format!("{scheme}://{host}{}", parts.path)).collect());
    }
    let chosen = backend.filter(|backend| !backend.is_empty());
    let mut dict: Dict =
        vec![("BACKEND".into(), chosen.map_or(Plain::Either(backends), Plain::from)), ("LOCATION".into(), location)];
    if !parts.query.is_empty() {
        let lower = match (chosen, backends) {
            (Some(name), _) | (None, &[name]) => name == "django.core.cache.backends.redis.RedisCache",
            // Which case the keys have depends on what is installed.
            _ => {
                return Ok(Plain::Unsure);
            }
        };
        let mut options: Dict = Vec::new();
        for (name, values) in url::query(&parts.query) {
            let key = if lower { name.to_lowercase() } else { name.to_uppercase() };
            match name.to_uppercase().as_str() {
                "TIMEOUT" | "KEY_PREFIX" | "VERSION" | "KEY_FUNCTION" | "BINARY" => {
                    put(&mut dict, &key, literal(&values[0]));
                }
                _ => put(&mut options, &key, literal(&values[0])),
            }
        }
        put(&mut dict, "OPTIONS", Plain::Dict(options));
    }
    Ok(Plain::Dict(dict))
}

/// `email_url_config(url)`.
pub(crate) fn email(text: &str, backend: Option<&str>) -> Parsed {
    let Some(parts) = url::split(text) else { return Ok(Plain::Unsure) };
    let chosen = backend.filter(|backend| !backend.is_empty());
    let Some(backend) = chosen.or_else(|| schemes::environ_email(&parts.scheme)) else {
        return Err("its scheme is no mail backend");
    };
    let Ok(port) = parts.port() else { return Err("it is no mail URL") };
    let path = url::unquote_plus(parts.path.get(1..).unwrap_or_default());
    let user = parts.netloc.contains('@');
    let host = parts.hostname();
    let mut dict: Dict = vec![
        ("EMAIL_FILE_PATH".into(), path.split('?').next().unwrap_or_default().into()),
        ("EMAIL_HOST_USER".into(), if user { url::unquote(parts.username()).into() } else { Plain::None }),
        ("EMAIL_HOST_PASSWORD".into(), parts.password().map_or(Plain::None, |password| url::unquote(password).into())),
        ("EMAIL_HOST".into(), if host.is_empty() { Plain::None } else { host.into() }),
        ("EMAIL_PORT".into(), port.map_or(Plain::None, Plain::Int)),
        ("EMAIL_BACKEND".into(), backend.into()),
    ];
    match parts.scheme.as_str() {
        "smtps" | "smtp+tls" => put(&mut dict, "EMAIL_USE_TLS", Plain::Bool(true)),
        "smtp+ssl" => put(&mut dict, "EMAIL_USE_SSL", Plain::Bool(true)),
        _ => {}
    }
    if !parts.query.is_empty() {
        let mut options: Dict = Vec::new();
        for (name, values) in url::query(&parts.query) {
            let name = name.to_uppercase();
            let place =
                if matches!(name.as_str(), "EMAIL_USE_TLS" | "EMAIL_USE_SSL") { &mut dict } else { &mut options };
            put(place, &name, int(&values[0]));
        }
        put(&mut dict, "OPTIONS", Plain::Dict(options));
    }
    Ok(Plain::Dict(dict))
}

/// `channels_url_config(url)`.
pub(crate) fn channels(text: &str, backend: Option<&str>) -> Parsed {
    let Some(parts) = url::split(text) else { return Ok(Plain::Unsure) };
    if let Some(backend) = backend.filter(|backend| !backend.is_empty()) {
        return Ok(Plain::Dict(vec![("BACKEND".into(), backend.into())]));
    }
    let Some(backend) = schemes::environ_channels(&parts.scheme) else { return Err("its scheme is no channel layer") };
    let mut dict: Dict = vec![("BACKEND".into(), backend.into())];
    if parts.scheme.starts_with("redis") {
        let scheme = parts.scheme.split('+').next().unwrap_or_default();
        let rest = text.get(parts.scheme.len()..).unwrap_or_default();
        let host = if rest.ends_with(['?', '#']) { Plain::Unsure } else { format!("{scheme}{rest}").into() };
        put(&mut dict, "CONFIG", Plain::Dict(vec![("hosts".into(), Plain::List(vec![host]))]));
    }
    Ok(Plain::Dict(dict))
}

/// `search_url_config(url)`: only the engine is followed where there is more.
pub(crate) fn search(text: &str, engine: Option<&str>) -> Parsed {
    let Some(parts) = url::split(text) else { return Ok(Plain::Unsure) };
    let Some(known) = schemes::environ_search(&parts.scheme) else { return Err("its scheme is no search engine") };
    if engine.is_some() || parts.scheme != "simple" || !parts.query.is_empty() {
        return Ok(Plain::Unsure);
    }
    Ok(Plain::Dict(vec![("ENGINE".into(), known.into())]))
}
