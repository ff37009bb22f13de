//! The services that settings speak of without being one themselves: what a backend's class is called after, and the file that
//! an address falls back to.

use std::collections::BTreeMap;

use super::Statement;
use crate::formats::python::{Kind, Val};
use crate::knowledge::services;
use crate::model::{Certainty, Origin};

/// How the names of settings end that choose among backends.
const CHOICES: [&str; 7] = ["BACKEND", "ENGINE", "BROKER", "TRANSPORT", "PROVIDER", "DRIVER", "QUEUE"];
/// How the names of settings begin that are services, and compared as such, or lists of Django's own backends.
const SERVICES: [&str; 11] = [
    "DATABASE",
    "CACHE",
    "EMAIL",
    "SESSION",
    "CHANNEL_LAYERS",
    "STORAGES",
    "HAYSTACK",
    "CELERY",
    "BROKER",
    "TEMPLATES",
    "WAGTAILSEARCH",
];
/// Settings that hold the address of the database.
const ADDRESSES: [&str; 6] = [
    "SQLALCHEMY_DATABASE_URI",
    "SQLALCHEMY_DATABASE_URL",
    "DATABASE_URL",
    "DATABASE_URI",
    "DB_URL",
    "DATABASES.default.ENGINE",
];

/// States both where there is one.
pub(super) fn state(
    fact: &mut Statement<'_>,
    name: &str,
    (inner, values): (&Val, &BTreeMap<String, Val>),
    certainty: &Certainty,
    origin: &Origin,
) {
    let Some(text) = inner.as_str() else { return };
    if let Some(product) = chosen(name, text) {
        fact.text("names_product", product, origin);
    }
    if let Some(variable) = stands_in(name, text, certainty) {
        fact.text("file_unless", variable, origin);
        fact.bool("options_of_server", name == "DATABASES.default.ENGINE" && refused_by_a_file(values), origin);
    }
}

/// Options that Django hands on to SQLite; it raises at any other
/// (<https://docs.python.org/3/library/sqlite3.html#sqlite3.connect>, <https://docs.djangoproject.com/en/5.2/ref/databases/#sqlite-notes>).
const OF_FILES: [&str; 9] = [
    "timeout",
    "transaction_mode",
    "init_command",
    "check_same_thread",
    "isolation_level",
    "detect_types",
    "cached_statements",
    "uri",
    "factory",
];

/// Whether the settings give the default database an option, whatever its address is, that SQLite does not know.
fn refused_by_a_file(values: &BTreeMap<String, Val>) -> bool {
    let default = values.get("DATABASES").and_then(|all| all.behind().get("default"));
    let options = default.and_then(|config| config.behind().get("OPTIONS")).map(|options| &options.behind().kind);
    let foreign = |key: &Val| key.as_str().is_some_and(|name| !OF_FILES.contains(&name));
    matches!(options, Some(Kind::Dict(items)) if items.iter().any(|(key, _)| foreign(key)))
}

/// The server that a choice of a backend names: `events.backends.rabbitmq.Backend`.
fn chosen(name: &str, text: &str) -> Option<String> {
    let last = name.rsplit('.').next().unwrap_or(name);
    // One more sender of mail is a service as the first is.
    let mails = || name.split('_').any(|word| word == "EMAIL" || word == "MAIL");
    let service = || SERVICES.iter().any(|start| name.starts_with(start)) || mails();
    let chooses = CHOICES.iter().any(|end| last.ends_with(end)) && !service();
    if !chooses || text.contains("://") {
        return None;
    }
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).map(str::to_ascii_lowercase);
    // The framework that a class belongs to is no product.
    let mut named: Vec<&str> = words
        .filter(|word| word != "django")
        .filter_map(|word| {
            let by_name = services::product(&word).map(|row| row.product.as_str());
            by_name.or_else(|| services::by_url(&word).map(|service| service.product))
        })
        .filter(|product| services::product(product).is_some_and(|row| !row.in_process && !row.embedded))
        .collect();
    named.dedup();
    if let [only] = named[..] { Some(only.to_owned()) } else { None }
}

/// The variable without which an address is that of a file or of nothing but memory.
fn stands_in<'c>(name: &str, text: &str, certainty: &'c Certainty) -> Option<&'c str> {
    let Certainty::Default { variable: Some(variable) } = certainty else { return None };
    let file = text.starts_with("sqlite") || text.ends_with(".sqlite3");
    let address = ["URL", "URI", "DSN"].iter().any(|word| variable.contains(word));
    (ADDRESSES.contains(&name) && file && address).then_some(variable)
}
