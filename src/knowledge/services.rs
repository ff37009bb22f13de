//! Backing services: which product an image, a URL scheme or a backend class stands for.

use serde::Deserialize;

use super::table::{has, table, wildcard};

/// A product and every way it shows.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// postgres, redis, locmem …
    pub product: String,
    /// relational, keyvalue, broker, mail …
    pub family: String,
    #[serde(default)]
    images: Vec<String>,
    #[serde(default)]
    url_schemes: Vec<String>,
    #[serde(default)]
    engines: Vec<String>,
    #[serde(default)]
    caches: Vec<String>,
    #[serde(default)]
    brokers: Vec<String>,
    #[serde(default)]
    emails: Vec<String>,
    #[serde(default)]
    storages: Vec<String>,
    #[serde(default)]
    channels: Vec<String>,
    #[serde(default)]
    searches: Vec<String>,
    /// Python packages that speak to it.
    #[serde(default)]
    pub clients: Vec<String>,
    /// The ports it listens on.
    #[serde(default)]
    pub ports: Vec<u16>,
    /// Products that speak its protocol.
    #[serde(default)]
    pub wire_compatible: Vec<String>,
    /// Whether it lives inside the program's own process or disk.
    #[serde(default)]
    pub in_process: bool,
    /// Whether it is a library with a file (SQLite).
    #[serde(default)]
    pub embedded: bool,
    /// The part of a version that decides compatibility: `major` or `minor`.
    pub unit: String,
    /// Where the row comes from.
    pub source: String,
}

/// What an image, scheme or class stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Service {
    /// postgres, redis, locmem …
    pub product: &'static str,
    /// relational, keyvalue, broker, mail …
    pub family: &'static str,
    /// postgis, pgvector …
    pub flavour: Option<&'static str>,
    /// Whether nothing outside the program's own process and disk is used.
    pub in_process: bool,
}

macro_rules! rows {
    ($($(#[$outer:meta])* $name:ident { $($field:ident: $type:ty),+ $(,)? })+) => {$(
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        $(#[$outer])*
        struct $name { $($field: $type,)+ #[expect(dead_code, reason = "kept for the reader of the table")] source: String }
    )+};
}
rows! {
    #[expect(clippy::struct_field_names, reason = "the fields are the table's columns")] Flavour { image: String, product: String, flavour: String }
    Session { engine: String, store: String }
    Wrapping { backend: String, setting: String }
    Emulator { image: String, emulates: Vec<String>, deployed: Option<bool> }
    Fake { package: String, emulates: String }
    Tool { image: String }
    Edge { image: String, proxy: Option<bool> }
    Caller { label: String, role: String }
}

/// An add-on of a platform, and the variable that it sets.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct AddOn {
    plan: String,
    /// What it runs.
    pub product: String,
    /// The variable that holds its address.
    pub variable: String,
    #[expect(dead_code, reason = "kept for the reader of the table")]
    source: String,
}

/// A tool that keeps its own data in a database beside it.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
struct Keeper {
    word: String,
    #[expect(dead_code, reason = "kept for the reader of the table")]
    source: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    pub(super) as_of: String,
    products: Vec<Product>,
    flavours: Vec<Flavour>,
    sessions: Vec<Session>,
    wrapping_emails: Vec<Wrapping>,
    emulators: Vec<Emulator>,
    emulator_packages: Vec<Fake>,
    admin_tools: Vec<Tool>,
    edge_only: Vec<Edge>,
    keepers: Vec<Keeper>,
    add_ons: Vec<AddOn>,
    callers: Vec<Caller>,
}
table!(table, Table, "services.toml");

impl Product {
    fn service(&'static self) -> Service {
        Service {
            product: &self.product,
            family: &self.family,
            flavour: None,
            in_process: self.in_process || self.embedded,
        }
    }
}

/// The row of a product.
pub fn product(name: &str) -> Option<&'static Product> {
    table().products.iter().find(|row| row.product == name)
}

/// The add-on of a plan (`heroku-postgresql:mini`).
pub fn add_on(plan: &str) -> Option<&'static AddOn> {
    let name = plan.split(':').next().unwrap_or_default();
    table().add_ons.iter().find(|row| row.plan == name)
}

/// Whether a Django app uses the service of a role by itself.
pub fn calls(label: &str, role: &str) -> bool {
    table().callers.iter().any(|row| row.role == role && label.split('.').next() == Some(&row.label))
}

/// The database servers that a Python package speaks to.
pub fn databases_of_client(package: &str) -> impl Iterator<Item = &'static str> {
    let servers = table().products.iter().filter(|row| row.family == "relational" && !row.embedded);
    let speaks = |row: &&Product| row.clients.iter().any(|client| client.eq_ignore_ascii_case(package));
    servers.filter(speaks).map(|row| row.product.as_str())
}

/// Whether a Python package is the client of some service.
pub fn is_client(package: &str) -> bool {
    table().products.iter().any(|row| row.clients.iter().any(|client| client.eq_ignore_ascii_case(package)))
}

/// The family of a product; of a name that several families have (`locmem`), the one that is asked for.
pub fn family(name: &str, wanted: Option<&str>) -> Option<&'static str> {
    let rows = || table().products.iter().filter(|row| row.product == name);
    rows().find(|row| Some(row.family.as_str()) == wanted).or_else(|| rows().next()).map(|row| row.family.as_str())
}

fn by(pick: impl Fn(&Product) -> &[String], text: &str) -> Option<Service> {
    table().products.iter().find(|row| pick(row).iter().any(|item| wildcard(item, text))).map(Product::service)
}

/// The service of an image repository: as written, without its registry, or a mirror's copy of an official image.
pub fn by_image(repository: &str) -> Option<Service> {
    let short =
        repository.split_once('/').filter(|(host, _)| host.contains(['.', ':'])).map_or(repository, |(_, rest)| rest);
    let flavoured = |is: &dyn Fn(&str) -> bool| {
        let row = table().flavours.iter().find(|row| is(&row.image))?;
        Some(Service { flavour: Some(&row.flavour), ..product(&row.product)?.service() })
    };
    for name in [repository, short] {
        if let Some(service) = flavoured(&|image| image == name).or_else(|| by(|row| &row.images, name)) {
            return Some(service);
        }
    }
    if emulates(repository).is_some() || is_admin_tool(repository) || is_edge_only(repository) {
        return None;
    }
    // Another registry's copy of what the table has, and an own build that is called like it.
    let last = short.rsplit('/').next()?;
    by(|row| &row.images, last).or_else(|| flavoured(&|image| image.rsplit('/').next() == Some(last)))
}

/// The service of a URL's scheme, SQLAlchemy dialects and django-environ's words included.
pub fn by_url(scheme: &str) -> Option<Service> {
    let scheme = scheme.to_lowercase();
    let flavour = match scheme.as_str() {
        "postgis" => Some("postgis"),
        "timescale" | "timescalegis" => Some("timescaledb"),
        _ => None,
    };
    by(|row| &row.url_schemes, &scheme).map(|service| Service { flavour, ..service })
}

/// The service of a Django `ENGINE`.
pub fn by_django_engine(engine: &str) -> Option<Service> {
    let flavour = engine.contains("postgis").then_some("postgis");
    by(|row| &row.engines, engine).map(|service| Service { flavour, ..service })
}

/// The service of a cache `BACKEND`, or Flask-Caching's `CACHE_TYPE`.
pub fn by_cache_backend(backend: &str) -> Option<Service> {
    by(|row| &row.caches, backend)
}

/// The service of an `EMAIL_BACKEND`.
pub fn by_email_backend(backend: &str) -> Option<Service> {
    by(|row| &row.emails, backend)
}

/// The setting that names the backend which an e-mail backend hands its mail to.
pub fn wrapped_email_setting(backend: &str) -> Option<&'static str> {
    table().wrapping_emails.iter().find(|row| row.backend == backend).map(|row| row.setting.as_str())
}

/// The service of a storage class.
pub fn by_storage(class: &str) -> Option<Service> {
    by(|row| &row.storages, class)
}

/// The service of a channel layer.
pub fn by_channel_layer(class: &str) -> Option<Service> {
    by(|row| &row.channels, class)
}

/// The service of a search backend.
pub fn by_search_backend(class: &str) -> Option<Service> {
    by(|row| &row.searches, class).or_else(|| {
        let name = class.to_lowercase();
        ["elasticsearch", "opensearch", "solr"]
            .into_iter()
            .find(|word| name.contains(word))
            .and_then(product)
            .map(Product::service)
    })
}

/// The service of a Celery broker's scheme, or of a class that keeps the tasks of another queue.
pub fn by_broker(name: &str) -> Option<Service> {
    by(|row| &row.brokers, name).or_else(|| by(|row| &row.brokers, &name.to_lowercase()))
}

/// Where a session engine keeps sessions: database, cache, filesystem, cookie or a product.
pub fn session_store(engine: &str) -> Option<&'static str> {
    table().sessions.iter().find(|row| row.engine == engine).map(|row| row.store.as_str())
}

pub(super) fn named(items: &str, repository: &str) -> bool {
    let short =
        repository.split_once('/').filter(|(host, _)| host.contains(['.', ':'])).map_or(repository, |(_, rest)| rest);
    wildcard(items, repository) || wildcard(items, short)
}

/// What an image stands in for, if it is an emulator or a mail catcher.
pub fn emulates(repository: &str) -> Option<&'static [String]> {
    table().emulators.iter().find(|row| named(&row.image, repository)).map(|row| row.emulates.as_slice())
}

/// Whether an image stands in for something where that is only tried; who keeps an object store of their own deploys it.
pub fn is_only_tried(repository: &str) -> bool {
    table().emulators.iter().any(|row| named(&row.image, repository) && row.deployed != Some(true))
}

/// What a Python package fakes inside the test process.
pub fn package_emulates(package: &str) -> Option<&'static str> {
    table().emulator_packages.iter().find(|row| row.package == package).map(|row| row.emulates.as_str())
}

/// Whether an image is a person's tool for looking at a service.
pub fn is_admin_tool(repository: &str) -> bool {
    table().admin_tools.iter().any(|row| named(&row.image, repository))
}

/// Whether a name says that another tool keeps its own data there: `airflow-db`, `keycloak_postgres`.
pub fn is_of_other_tool(name: &str) -> bool {
    const STORES: &str = "db database postgres postgresql pg mysql mariadb redis valkey mongo mongodb cache";
    let stores = |word: &str| STORES.split(' ').any(|store| store == word);
    name.to_ascii_lowercase()
        .split_once(['-', '_'])
        .is_some_and(|(tool, store)| stores(store) && table().keepers.iter().any(|row| row.word == tool))
}

/// Whether an image belongs at the edge of production, so that others do without it.
pub fn is_edge_only(repository: &str) -> bool {
    table().edge_only.iter().any(|row| named(&row.image, repository))
}

/// Whether an image is of a server that stands before others and hands on to them.
pub fn is_proxy(repository: &str) -> bool {
    table().edge_only.iter().any(|row| row.proxy == Some(true) && named(&row.image, repository))
}

/// The service of a backend class by the class's own name, wherever it is imported from.
pub fn by_class_name(name: &str) -> Option<Service> {
    let ends = |item: &String| item.rsplit('.').next() == Some(name) && item.contains('.');
    let lists = |row: &&Product| [&row.storages, &row.caches, &row.emails].into_iter().flatten().any(ends);
    table().products.iter().find(lists).map(Product::service)
}

/// Whether two products speak one protocol.
pub fn wire_compatible(one: &str, other: &str) -> bool {
    let lists = |a: &str, b: &str| product(a).is_some_and(|row| has(&row.wire_compatible, b));
    one == other || lists(one, other) || lists(other, one)
}

/// The product whose protocol a product speaks: the first of the table that is wire-compatible with it.
pub fn protocol(name: &str) -> &str {
    let first = table().products.iter().find(|row| wire_compatible(name, &row.product));
    first.map_or(name, |row| row.product.as_str())
}

/// The version that a tag states, as written: `13` of postgis' `13-3.2-alpine`; `None` for words such as `latest`.
pub fn version_of_tag(product: &str, tag: &str) -> Option<String> {
    let tag = tag.strip_prefix('v').unwrap_or(tag);
    let word = if product == "postgres" { tag.strip_prefix("pg").unwrap_or(tag) } else { tag };
    let version: String = word.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    let version = version.trim_end_matches('.');
    let next = word.chars().nth(version.len());
    (!version.is_empty() && next.is_none_or(|c| !c.is_ascii_alphanumeric())).then(|| version.to_owned())
}

/// The part of a version by which a product is compared: the major from PostgreSQL 10 on, `X.Y` of most; `None` when the
/// version leaves that part open.
pub fn unit(product_name: &str, version: &str) -> Option<String> {
    let mut parts = version.split('.');
    let major = parts.next().filter(|part| !part.is_empty())?;
    let old = product_name == "postgres" && major.parse::<u32>().is_ok_and(|number| number < 10);
    let by_major = product(product_name).is_some_and(|row| row.unit == "major") && !old;
    if by_major { Some(major.to_owned()) } else { parts.next().map(|minor| format!("{major}.{minor}")) }
}

/// The date the table stands for.
pub fn as_of() -> &'static str {
    &table().as_of
}

#[cfg(test)]
mod tests {
    use super::*;

    fn product_of(service: Option<Service>) -> Option<&'static str> {
        service.map(|service| service.product)
    }

    #[test]
    fn images_name_products_with_and_without_registry() {
        assert_eq!(product_of(by_image("postgres")), Some("postgres"));
        assert_eq!(by_image("postgis/postgis").and_then(|service| service.flavour), Some("postgis"));
        assert_eq!(product_of(by_image("ghcr.io/acme/postgis")), Some("postgres"));
        assert_eq!(product_of(by_image("mcr.microsoft.com/mssql/server")), Some("mssql"));
        assert_eq!(by_image("acme/shop"), None);
        assert!(by_image("minio/minio").is_none() && emulates("minio/minio").is_some());
        assert!(
            is_admin_tool("dpage/pgadmin4") && is_edge_only("nginx") && is_admin_tool("selenium/standalone-chrome")
        );
        assert!(is_of_other_tool("airflow-db") && is_of_other_tool("keycloak_postgres"));
        assert!(!is_of_other_tool("shop-db") && !is_of_other_tool("airflow-worker"));
    }

    #[test]
    fn schemes_and_classes_name_products() {
        assert_eq!(product_of(by_url("postgresql+psycopg2")), Some("postgres"));
        assert_eq!(product_of(by_url("rediss")), Some("redis"));
        assert_eq!(product_of(by_url("sqlite")), Some("sqlite"));
        assert_eq!(product_of(by_broker("amqp")), Some("rabbitmq"));
        assert_eq!(product_of(by_broker("memory")), Some("memory_broker"));
        assert_eq!(product_of(by_email_backend("anymail.backends.mailgun.EmailBackend")), Some("mailgun"));
        let locmem = by_email_backend("django.core.mail.backends.locmem.EmailBackend");
        assert_eq!(locmem.map(|service| (service.product, service.family)), Some(("locmem", "mail")));
        assert_eq!((family("locmem", Some("mail")), family("locmem", None)), (Some("mail"), Some("cache")));
        assert!(by_cache_backend("django.core.cache.backends.locmem.LocMemCache").is_some_and(|s| s.in_process));
        assert_eq!(product_of(by_django_engine("django.contrib.gis.db.backends.postgis")), Some("postgres"));
        assert_eq!(session_store("django.contrib.sessions.backends.signed_cookies"), Some("signed cookies"));
        assert!(wire_compatible("valkey", "redis") && !wire_compatible("redis", "memcached"));
    }

    #[test]
    fn versions_of_tags_and_their_units() {
        assert_eq!(version_of_tag("postgres", "13-3.2-alpine").as_deref(), Some("13"));
        assert_eq!(version_of_tag("postgres", "pg16").as_deref(), Some("16"));
        assert_eq!(version_of_tag("redis", "latest"), None);
        assert_eq!(version_of_tag("redis", "7alpine"), None);
        assert_eq!(unit("postgres", "15.3").as_deref(), Some("15"));
        assert_eq!(unit("postgres", "9.6.1").as_deref(), Some("9.6"));
        assert_eq!(unit("mysql", "8"), None);
        assert_eq!(unit("mysql", "8.0.33").as_deref(), Some("8.0"));
    }
}
