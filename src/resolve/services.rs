//! Backing services: what the settings use, joined with what is declared.

use std::collections::BTreeMap;

use super::components::Context;
use super::part::{Host, Part};
use super::settings::Loaded;
use crate::discover::Kind;
use crate::environments::{Planned, Runs};
use crate::formats::python::{Kind as Py, Val};
use crate::formats::small::app_json;
use crate::formats::workflow;
use crate::knowledge::{images, services};
use crate::model::{Certainty, ComponentKind, Known, Origin, Reason, Span};

/// A service that a file declares.
#[derive(Clone, Debug)]
pub struct Declared {
    /// The name others reach it by.
    pub name: String,
    /// postgres, redis …
    pub product: String,
    /// relational, keyvalue …
    pub family: String,
    /// postgis …
    pub flavour: Option<String>,
    /// The version, as far as the image says it.
    pub version: Known<String>,
    /// alpine, slim …
    pub variant: Known<String>,
    /// Whether it stands in for another.
    pub emulates: bool,
    /// Whether a volume keeps its data.
    pub stored: bool,
    /// Where the image is written.
    pub origin: Origin,
    /// Whether a build argument or variable outside may change the image.
    pub certainty: Certainty,
}

/// A service that the application uses, by role.
#[derive(Clone, Debug)]
pub struct Used {
    /// database, cache, broker, mail … with an alias behind a dot.
    pub role: String,
    /// The product.
    pub product: Known<String>,
    /// The backend class or URL scheme.
    pub driver: Option<String>,
    /// Where that is decided.
    pub origin: Origin,
    /// Whether something outside may change it.
    pub certainty: Certainty,
    /// The host it is reached at, if known.
    pub host: Option<String>,
    /// The family where no product is known.
    pub family: Option<&'static str>,
}

/// The services that a reference of an image stands for.
fn declared(name: &str, reference: &str, origin: Origin, certainty: Certainty, as_of: &str) -> Option<Declared> {
    let about = images::describe(reference, as_of);
    let found = services::by_image(&about.repository)?;
    let version = about.tag.as_deref().and_then(|tag| services::version_of_tag(found.product, tag));
    let version = version.map_or_else(
        || Known::Unknown(Reason::new(format!("{reference} names no version of {}", found.product))),
        |version| Known::One(version),
    );
    Some(Declared {
        name: name.to_owned(),
        product: found.product.to_owned(),
        family: found.family.to_owned(),
        flavour: found.flavour.map(str::to_owned),
        version,
        variant: about.variant.clone(),
        emulates: services::emulates(&about.repository).is_some(),
        stored: false,
        origin,
        certainty,
    })
}

/// All services that the files of an environment declare.
pub fn all_declared(context: &Context<'_, '_>, planned: &Planned, parts: &[Part<'_>]) -> Vec<Declared> {
    let mut all = Vec::new();
    for part in parts.iter().filter(|part| part.kind == ComponentKind::Service && part.host == Host::Container) {
        let Some(image) = &part.image else { continue };
        if let Some(reference) = image.reference.one() {
            let found = declared(&part.name, reference, image.origin.clone(), image.certainty.clone(), context.as_of);
            all.extend(found.map(|found| Declared { stored: !part.volumes.is_empty(), ..found }));
        }
    }
    for unit in &planned.units {
        if let Runs::Job { workflow, job } = &unit.runs {
            all.extend(job_services(context, *workflow, job));
        }
    }
    for (role, text) in &planned.config.services {
        let span = planned.environment.because.first().map_or(Span::new(crate::model::FileId(0), 0, 0), |evidence| evidence.span);
        let mut found = declared(role, text, Origin::set(span), Certainty::Stated, context.as_of);
        if let Some(found) = &mut found {
            found.name = format!("role:{role}");
        }
        all.extend(found);
    }
    all.extend(addons(context, planned));
    all
}

fn job_services(context: &Context<'_, '_>, file: crate::model::FileId, id: &str) -> Vec<Declared> {
    let Some(flow) = context.repository.workflow(file) else { return Vec::new() };
    let Some(job) = flow.jobs.iter().find(|job| job.id.value == id) else { return Vec::new() };
    let instances = workflow::expand(&flow, job, &BTreeMap::new());
    let mut found = Vec::new();
    for (name, spec) in &job.services {
        let images: Vec<String> = instances
            .iter()
            .filter_map(|instance| instance.services.get(name)?.image.0.one().cloned())
            .filter(|image| !image.is_empty())
            .collect();
        let Some(reference) = images.first() else { continue };
        let one = declared(name, reference, Origin::set(spec.image.span), Certainty::Stated, context.as_of);
        let Some(mut one) = one else { continue };
        let mut versions: Vec<String> = images
            .iter()
            .filter_map(|image| declared(name, image, Origin::default(), Certainty::Stated, context.as_of)?.version.one().cloned())
            .collect();
        versions.sort();
        versions.dedup();
        if versions.len() > 1 {
            one.version = Known::Every(versions, Reason::at("the matrix runs all of them", spec.image.span));
        }
        found.push(one);
    }
    found
}

/// Add-ons that `app.json` asks its platform for.
fn addons(context: &Context<'_, '_>, planned: &Planned) -> Vec<Declared> {
    let mut found = Vec::new();
    for file in context.repository.of(Kind::AppJson).iter().filter(|file| planned.environment.files.contains(file)) {
        let Ok(app) = context.repository.tree.parsed(*file, app_json::parse) else { continue };
        for addon in &app.0.addons {
            let plan = addon.value.split(':').next().unwrap_or_default();
            let (product, family) = match plan {
                "heroku-postgresql" => ("postgres", "relational"),
                "heroku-redis" | "heroku-data-for-redis" | "rediscloud" => ("redis", "keyvalue"),
                "cloudamqp" => ("rabbitmq", "broker"),
                "memcachier" => ("memcached", "keyvalue"),
                "jawsdb" | "cleardb" => ("mysql", "relational"),
                _ => continue,
            };
            found.push(Declared {
                name: addon.value.clone(),
                product: product.into(),
                family: family.into(),
                flavour: None,
                version: Known::Unknown(Reason::new("the platform chooses the version")),
                variant: Known::Unknown(Reason::new("the platform runs it")),
                emulates: false,
                stored: true,
                origin: Origin::set(addon.span),
                certainty: Certainty::Stated,
            });
        }
    }
    found
}

/// What the settings and variables of an environment use.
pub fn all_used(loaded: Option<&Loaded>, parts: &[Part<'_>]) -> Vec<Used> {
    let mut used = Vec::new();
    if let Some(loaded) = loaded {
        from_settings(&loaded.settings.values, &mut used);
        if let Some(reason) = &loaded.unseen {
            for one in used.iter_mut().filter(|one| one.certainty.is_default()) {
                one.product = Known::Unknown(reason.clone());
                one.host = None;
            }
        }
    }
    for part in parts.iter().filter(|part| part.kind == ComponentKind::App) {
        for (name, var) in part.world.vars() {
            let Some(role) = role_of_variable(name) else { continue };
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
                family: None,
            });
        }
    }
    used
}

/// The role that a variable's URL plays.
fn role_of_variable(name: &str) -> Option<&'static str> {
    Some(match name {
        "DATABASE_URL" | "DB_URL" | "SQLALCHEMY_DATABASE_URI" | "SQLALCHEMY_DATABASE_URL" | "POSTGRES_URL" | "DATABASE_URI" => "database",
        "REDIS_URL" | "CACHE_URL" => "cache",
        "CELERY_BROKER_URL" | "BROKER_URL" | "CELERY_BROKER" | "RABBITMQ_URL" | "AMQP_URL" => "broker",
        "ELASTICSEARCH_URL" | "SEARCH_URL" => "search",
        _ => return None,
    })
}

fn host_of(rest: &str) -> Option<String> {
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?.split(':').next()?;
    (!host.is_empty()).then(|| host.to_owned())
}

/// All alternatives of a value, and whether they are decided by a branch.
fn product_of(val: &Val, find: &dyn Fn(&str) -> Option<String>) -> Known<String> {
    match &val.kind {
        Py::Str(text) | Py::Lazy(text) | Py::Path(text) => {
            find(text).map_or_else(|| Known::Unknown(Reason::new(format!("{text} is not known to the tables"))), Known::One)
        }
        Py::Secret(inner) => product_of(inner, find),
        Py::OneOf(vals) => {
            let mut products = Vec::new();
            for val in vals {
                match product_of(val, find) {
                    Known::One(product) if !products.contains(&product) => products.push(product),
                    Known::One(_) => {}
                    Known::Unknown(reason) => return Known::Unknown(reason),
                    _ => return Known::Unknown(Reason::new("one of several values")),
                }
            }
            match products.len() {
                1 => Known::One(products.remove(0)),
                _ => Known::OneOf(products, Reason::new("a branch of the settings is not decided")),
            }
        }
        Py::Depends { variables, default } => match default {
            Some(default) => product_of(default, find),
            None => unknown_by(variables.iter().next()),
        },
        Py::None | Py::Undefined => Known::Absent,
        Py::Unknown(reason) => Known::Unknown(reason.clone()),
        _ => unknown_by(val.variables.iter().next()),
    }
}

fn unknown_by(variable: Option<&String>) -> Known<String> {
    Known::Unknown(match variable {
        Some(name) => Reason::new(format!("{name} decides it")).answered_with(format!("provides = [\"{name}\"]")),
        None => Reason::new("the settings compute it"),
    })
}

/// The certainty of a value, that of the default of a variable included.
fn certainty_of(val: &Val) -> Certainty {
    match &val.kind {
        Py::Depends { variables, .. } => Certainty::Default { variable: variables.iter().next().cloned() },
        _ => val.certainty.clone(),
    }
}

/// The value behind `Depends`, if it has a default.
fn behind(val: &Val) -> &Val {
    match &val.kind {
        Py::Depends { default: Some(default), .. } => behind(default),
        _ => val,
    }
}

fn text_of(val: &Val) -> Option<&str> {
    match &behind(val).kind {
        Py::Str(text) => Some(text),
        _ => None,
    }
}

fn push(used: &mut Vec<Used>, role: String, val: &Val, find: &dyn Fn(&str) -> Option<String>, family: &'static str) {
    let product = product_of(val, find);
    let certainty = certainty_of(val);
    let driver = text_of(val).map(|text| text.split("://").next().unwrap_or(text).to_owned());
    let host = text_of(val).and_then(|text| host_of(text.split_once("://")?.1));
    used.push(Used { role, product, driver, origin: val.origin.clone(), certainty, host, family: Some(family) });
}

fn from_settings(values: &BTreeMap<String, Val>, used: &mut Vec<Used>) {
    let by_url = |text: &str| services::by_url(text.split("://").next()?).map(|found| found.product.to_owned());
    if let Some(databases) = values.get("DATABASES") {
        databases_of(databases, used);
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
            push(used, role.into(), val, &by_url, family);
        }
    }
    if let Some(celery) = values.get("CELERY").map(behind) {
        if let Some(val) = celery.get("broker_url").filter(|_| !used.iter().any(|known| known.role == "broker")) {
            push(used, "broker".into(), val, &by_url, "broker");
        }
    }
    caches_of(values, used);
    let class = |find: fn(&str) -> Option<services::Service>| move |text: &str| find(text).map(|found| found.product.to_owned());
    let session = |text: &str| services::session_store(text).map(str::to_owned);
    let classes: [(&str, &str, &dyn Fn(&str) -> Option<String>, &'static str); 6] = [
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
    if let Some(storages) = values.get("STORAGES").map(behind) {
        for (alias, role) in [("default", "storage.media"), ("staticfiles", "storage.static")] {
            if let Some(val) = storages.get(alias).and_then(|storage| behind(storage).get("BACKEND")) {
                used.retain(|known| known.role != role);
                push(used, role.into(), val, &class(services::by_storage), "object_storage");
            }
        }
    }
}

fn databases_of(databases: &Val, used: &mut Vec<Used>) {
    let engine = |text: &str| services::by_django_engine(text).map(|found| found.product.to_owned());
    let Py::Dict(aliases) = &behind(databases).kind else {
        let product = product_of(databases, &engine);
        used.push(Used {
            role: "database".into(),
            product,
            driver: None,
            origin: databases.origin.clone(),
            certainty: certainty_of(databases),
            host: None,
            family: Some("relational"),
        });
        return;
    };
    for (alias, config) in aliases {
        let Some(alias) = alias.as_str() else { continue };
        let role = if alias == "default" { "database".to_owned() } else { format!("database.{alias}") };
        let outer = certainty_of(config);
        let inner = behind(config);
        match inner.get("ENGINE") {
            Some(val) => {
                push(used, role, val, &engine, "relational");
                let host = inner.get("HOST").and_then(text_of).filter(|host| !host.is_empty());
                if let Some(last) = used.last_mut() {
                    last.host = host.map(str::to_owned);
                    last.certainty = last.certainty.and(&outer);
                    last.origin = last.origin.clone().join(&config.origin).join(&databases.origin);
                }
            }
            None => used.push(Used {
                role,
                product: product_of(config, &engine),
                driver: None,
                origin: config.origin.clone().join(&databases.origin),
                certainty: outer,
                host: None,
                family: Some("relational"),
            }),
        }
    }
}

fn caches_of(values: &BTreeMap<String, Val>, used: &mut Vec<Used>) {
    let Some(caches) = values.get("CACHES") else { return };
    let backend = |text: &str| services::by_cache_backend(text).map(|found| found.product.to_owned());
    let Py::Dict(aliases) = &behind(caches).kind else { return };
    for (alias, config) in aliases {
        let Some(alias) = alias.as_str() else { continue };
        let role = if alias == "default" { "cache".to_owned() } else { format!("cache.{alias}") };
        let inner = behind(config);
        if let Some(val) = inner.get("BACKEND") {
            push(used, role, val, &backend, "cache");
            let host = inner.get("LOCATION").and_then(text_of).and_then(|text| host_of(text.split_once("://")?.1));
            if let Some(last) = used.last_mut() {
                last.host = host;
                last.certainty = last.certainty.and(&certainty_of(config));
                last.origin = last.origin.clone().join(&config.origin).join(&caches.origin);
            }
        }
    }
}
