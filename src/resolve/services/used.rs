//! Services that the application uses: what its settings and variables say.

use std::collections::BTreeMap;

use super::product::{by_broker, by_url, product_of};
use super::{Used, connected, databases, django, driver, mail, named, queues, waited};
use crate::environments::Planned;
use crate::formats::python::{Kind as Py, Val, telling};
use crate::knowledge::services;
use crate::links::Repository;
use crate::links::container::absolute;
use crate::model::{Attr, Certainty, ComponentKind, Known, Reason, Value};
use crate::resolve::part::Part;
use crate::resolve::settings::Loaded;

/// A setting that names a class: its name, the role, how the class is looked up, and the family.
type ClassSetting<'a> = (&'a str, &'a str, &'a dyn Fn(&str) -> Option<String>, &'static str);

/// What the settings and variables of an environment use.
pub fn all_used(
    repository: &Repository<'_>,
    planned: &Planned,
    loaded: Option<&Loaded>,
    parts: &[Part<'_>],
) -> Vec<Used> {
    let mut used = Vec::new();
    if let Some(loaded) = loaded {
        let own = Own {
            class: &|class: &str| django::product_of_class(repository, class),
            engine: &|engine: &str| django::product_of_engine(repository, engine),
        };
        let values = &loaded.settings.values;
        from_settings(values, own, &mut used);
        named::more(values, &mut used);
        queues::more(values, &mut used);
        django::add(loaded, parts, &mut used);
        connected::by_scheme(values, &mut used);
        mail::of_backend(values, loaded.settings.incomplete.is_none(), &mut used);
        mail::by_host(values, &mut used);
        if let Some(reason) = &loaded.unseen {
            for one in used.iter_mut().filter(|one| one.certainty.is_by_variable()) {
                one.product = Known::Unknown(reason.clone());
                one.host = None;
            }
        }
    }
    connected::by_calls(repository, loaded, parts, &mut used);
    connected::of_rq(parts, &mut used);
    for part in parts.iter().filter(|part| part.kind == ComponentKind::App) {
        for (name, var) in part.world.vars() {
            let Some(role) = role_of_variable(name) else { continue };
            if let Known::Unknown(reason) = &var.value {
                if !used.iter().any(|known: &Used| known.role == role) {
                    used.push(outside(role, reason, var));
                }
                continue;
            }
            let Some((scheme, rest)) = var.value.one().and_then(|text| text.split_once("://")) else { continue };
            if used.iter().any(|known: &Used| known.role == role && !matches!(known.product, Known::Unknown(_))) {
                continue;
            }
            let Some(found) = services::by_url(scheme) else { continue };
            used.retain(|known: &Used| known.role != role);
            used.push(Used {
                role: role.into(),
                product: Known::One(found.product.to_owned()),
                driver: Some(scheme.to_owned()),
                origin: var.origin.clone(),
                certainty: var.certainty.clone(),
                host: host_of(rest),
                name: database_of(scheme, rest).filter(|_| role == "database").map(|name| Attr {
                    value: Known::One(Value::text(name)),
                    certainty: var.certainty.clone(),
                    origin: var.origin.clone(),
                }),
                family: None,
                stored: on_volume(rest, part).then_some(true),
                options: None,
                several: false,
                memory: url_in_memory(&format!("{scheme}://{rest}")),
                file: None,
            });
        }
    }
    for one in used.iter_mut().filter(|one| one.product.one().is_some_and(|product| product == "sqlite")) {
        let kept =
            |file: &String| parts.iter().any(|part| part.kind == ComponentKind::App && within_volume(file, part));
        one.stored = one.stored.or_else(|| one.file.as_ref().is_some_and(kept).then_some(true));
    }
    waited::take(parts, &mut used);
    driver::infer(repository, planned, loaded, parts, &mut used);
    driver::of_heroku(repository, planned, loaded, parts, &mut used);
    used
}

/// A service whose address comes from outside.
fn outside(role: &str, reason: &Reason, var: &crate::formats::Var) -> Used {
    Used {
        role: role.into(),
        product: Known::Unknown(reason.clone()),
        driver: None,
        origin: var.origin.clone(),
        certainty: var.certainty.clone(),
        host: None,
        name: None,
        family: (role == "database").then_some("relational"),
        stored: None,
        options: None,
        several: false,
        memory: false,
        file: None,
    }
}

/// The role that a variable's URL plays.
fn role_of_variable(name: &str) -> Option<&'static str> {
    Some(match name {
        "DATABASE_URL"
        | "DB_URL"
        | "SQLALCHEMY_DATABASE_URI"
        | "SQLALCHEMY_DATABASE_URL"
        | "POSTGRES_URL"
        | "DATABASE_URI" => "database",
        "REDIS_URL" | "CACHE_URL" => "cache",
        "CELERY_BROKER_URL" | "BROKER_URL" | "CELERY_BROKER" | "RABBITMQ_URL" | "AMQP_URL" => "broker",
        "ELASTICSEARCH_URL" | "SEARCH_URL" => "search",
        _ => return None,
    })
}

/// Whether the file that a URL names after its `://` lies in a folder that a volume keeps: `/name` is relative, `//name` is not.
fn on_volume(rest: &str, part: &Part<'_>) -> bool {
    let Some(path) = rest.split(['?', '#']).next().and_then(|path| path.strip_prefix('/')) else { return false };
    let workdir = part.container.as_ref().map_or("/", |container| container.workdir.as_str());
    within_volume(&absolute(workdir, path), part)
}

/// Whether a file of a container lies in a folder that a volume or a folder of the host keeps.
fn within_volume(path: &str, part: &Part<'_>) -> bool {
    let within =
        |folder: &String| path.strip_prefix(folder.trim_end_matches('/')).is_some_and(|rest| rest.starts_with('/'));
    part.volumes.iter().any(within)
}

pub(super) fn host_of(rest: &str) -> Option<String> {
    let authority = rest.split(['/', '?', '#']).next()?;
    if rest.contains('@') && !authority.contains('@') {
        return None;
    }
    let host = authority.rsplit('@').next()?.split(':').next()?;
    (!host.is_empty()).then(|| host.to_owned())
}

/// The database that the rest of an address names on its server, or the file of SQLite.
fn database_of(scheme: &str, rest: &str) -> Option<String> {
    let (rest, behind) = rest.split_at(rest.find(['?', '#']).unwrap_or(rest.len()));
    // What stands before an `@` may be a password, whatever signs are in it.
    if behind.contains('@') {
        return None;
    }
    let name = if scheme.starts_with("sqlite") { rest.strip_prefix('/')? } else { rest.split_once('/')?.1 };
    (!name.is_empty() && !name.contains(['$', '{', '@'])).then(|| name.to_owned())
}

/// Whether the name of a file of SQLite is none: it is kept in memory.
pub(super) fn in_memory(name: &str) -> bool {
    matches!(name.split('?').next(), Some(":memory:" | "file::memory:"))
}

/// Whether an address is that of a SQLite that is kept in memory: without a file, or with the name of none.
fn url_in_memory(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    let sqlite = services::by_url(scheme).is_some_and(|found| found.product == "sqlite");
    let file = rest.split('?').next().unwrap_or_default();
    sqlite && (file.is_empty() || in_memory(file.trim_start_matches('/')))
}

/// The certainty of a value, that of the default of a variable included.
pub(super) fn certainty_of(val: &Val) -> Certainty {
    match &val.kind {
        Py::Depends { variables, .. } => Certainty::Default { variable: telling(variables).cloned() },
        _ => val.certainty.clone(),
    }
}

/// The path that a value gives.
pub(super) fn path_of(val: &Val) -> Option<String> {
    match &val.behind().kind {
        Py::Str(text) | Py::Path(text) => Some(text.clone()),
        _ => None,
    }
}

pub(super) fn text_of(val: &Val) -> Option<&str> {
    match &val.behind().kind {
        Py::Str(text) => Some(text),
        _ => None,
    }
}

pub(super) fn push(
    used: &mut Vec<Used>,
    role: String,
    val: &Val,
    find: &dyn Fn(&str) -> Option<String>,
    family: &'static str,
) {
    let product = product_of(val, find);
    let certainty = certainty_of(val);
    let driver = text_of(val).map(|text| text.split("://").next().unwrap_or(text).to_owned());
    let host = text_of(val).and_then(|text| host_of(text.split_once("://")?.1));
    let named = text_of(val).and_then(|text| text.split_once("://")).filter(|_| family == "relational");
    let name = named.and_then(|(scheme, rest)| database_of(scheme, rest)).map(|name| Attr {
        value: Known::One(Value::text(name)),
        certainty: certainty.clone(),
        origin: val.origin.clone(),
    });
    used.push(Used {
        role,
        product,
        driver,
        origin: val.origin.clone(),
        certainty,
        host,
        name,
        family: Some(family),
        stored: None,
        options: None,
        several: false,
        memory: family == "relational" && text_of(val).is_some_and(url_in_memory),
        file: None,
    });
}

/// How the product of a class, and of a database engine, of the project itself is found.
#[derive(Clone, Copy)]
pub(super) struct Own<'a> {
    pub class: &'a dyn Fn(&str) -> Option<String>,
    pub engine: &'a dyn Fn(&str) -> Option<String>,
}

impl Own<'_> {
    /// Where the project has none.
    #[cfg(test)]
    pub(super) const NONE: Self = Own { class: &|_| None, engine: &|_| None };
}

pub(super) fn from_settings(values: &BTreeMap<String, Val>, own: Own<'_>, used: &mut Vec<Used>) {
    if let Some(databases) = values.get("DATABASES") {
        databases::of(databases, own, used);
    }
    let url_settings = [
        ("SQLALCHEMY_DATABASE_URI", "database", "relational"),
        ("SQLALCHEMY_DATABASE_URL", "database", "relational"),
        ("DATABASE_URL", "database", "relational"),
        ("DATABASE_URI", "database", "relational"),
        ("CELERY_BROKER_URL", "broker", "broker"),
        ("BROKER_URL", "broker", "broker"),
        ("CELERY_RESULT_BACKEND", "result-backend", "broker"),
        ("ELASTICSEARCH_URL", "search", "search"),
    ];
    for (name, role, family) in url_settings {
        let found = values.get(name).or_else(|| values.get(&name.to_ascii_lowercase()));
        if let Some(val) = found.filter(|_| !used.iter().any(|known| known.role == role)) {
            let find: &dyn Fn(&str) -> Option<String> = if family == "broker" { &by_broker } else { &by_url };
            push(used, role.into(), val, find, family);
        }
    }
    caches_of(values, own.class, used);
    let class = |find: fn(&str) -> Option<services::Service>| {
        move |text: &str| find(text).map(|found| found.product.to_owned()).or_else(|| (own.class)(text))
    };
    let session = |text: &str| services::session_store(text).map(str::to_owned);
    let classes: [ClassSetting<'_>; 6] = [
        ("EMAIL_BACKEND", "mail", &class(services::by_email_backend), "mail"),
        ("SESSION_ENGINE", "session", &session, "session"),
        ("DEFAULT_FILE_STORAGE", "storage.media", &class(services::by_storage), "object_storage"),
        ("STATICFILES_STORAGE", "storage.static", &class(services::by_storage), "object_storage"),
        ("CACHE_TYPE", "cache", &class(services::by_cache_backend), "cache"),
        ("SESSION_TYPE", "session", &session, "session"),
    ];
    for (name, role, find, family) in classes {
        if let Some(val) = values.get(name).filter(|_| !used.iter().any(|known| known.role == role)) {
            push(used, role.into(), val, find, family);
        }
    }
    let mailer = values.get("MAILERS").and_then(|mailers| mailers.behind().get("default")?.get("BACKEND"));
    if let Some(val) = mailer {
        used.retain(|known| known.role != "mail");
        push(used, "mail".into(), val, &class(services::by_email_backend), "mail");
    }
    if let Some(storages) = values.get("STORAGES").map(Val::behind) {
        for (alias, role) in [("default", "storage.media"), ("staticfiles", "storage.static")] {
            if let Some(val) = storages.get(alias).and_then(|storage| storage.behind().get("BACKEND")) {
                used.retain(|known| known.role != role);
                push(used, role.into(), val, &class(services::by_storage), "object_storage");
            }
        }
    }
}

fn caches_of(values: &BTreeMap<String, Val>, own: &dyn Fn(&str) -> Option<String>, used: &mut Vec<Used>) {
    let Some(caches) = values.get("CACHES") else { return };
    let backend =
        |text: &str| services::by_cache_backend(text).map(|found| found.product.to_owned()).or_else(|| own(text));
    let Py::Dict(aliases) = &caches.behind().kind else { return };
    for (alias, config) in aliases {
        let Some(alias) = alias.as_str() else { continue };
        let role = if alias == "default" { "cache".to_owned() } else { format!("cache.{alias}") };
        let inner = config.behind();
        if let Some(val) = inner.get("BACKEND") {
            push(used, role, val, &backend, "cache");
            let host = inner.get("LOCATION").and_then(text_of).and_then(|text| host_of(text.split_once("://")?.1));
            if let Some(last) = used.last_mut() {
                last.host = host;
                last.certainty = last.certainty.and(&certainty_of(config)).and(&certainty_of(caches));
                last.origin = last.origin.clone().join(&config.origin).join(&caches.origin);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_part_of_a_password_is_a_name() {
        assert_eq!(database_of("postgres", "u:p@db:5432/shop?x=1").as_deref(), Some("shop"));
        assert_eq!(host_of("u:p@db:5432/shop?x=1").as_deref(), Some("db"));
        for rest in ["u:p/a@db/shop", "u:p/a?b@db/shop", "u:p#a/b@db/shop", "p/a@db/shop", "p?a@db/shop"] {
            assert!(database_of("postgres", rest).is_none_or(|name| name == "shop"), "{rest}");
            assert!(host_of(rest).is_none_or(|host| host == "db"), "{rest}");
        }
    }
}
