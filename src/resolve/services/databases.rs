//! The databases that Django's settings name.

use super::product::{need_not_be, product_of};
use super::used::{Own, certainty_of, in_memory, path_of, push, text_of};
use super::{Used, django};
use crate::formats::python::{Kind as Py, Val};
use crate::knowledge::services;
use crate::model::{Attr, Certainty, Known, Value};

/// Adds the databases of Django's settings.
pub(super) fn of(databases: &Val, own: Own<'_>, used: &mut Vec<Used>) {
    let engine = |text: &str| {
        services::by_django_engine(text).map(|found| found.product.to_owned()).or_else(|| (own.engine)(text))
    };
    let Py::Dict(aliases) = &databases.behind().kind else {
        let product = product_of(databases, &engine);
        used.push(Used {
            role: "database".into(),
            product,
            driver: None,
            origin: databases.origin.clone(),
            certainty: certainty_of(databases),
            host: None,
            name: None,
            family: Some("relational"),
            stored: None,
            options: None,
            several: false,
            memory: false,
            file: None,
        });
        return;
    };
    for (alias, config) in aliases {
        let Some(alias) = alias.as_str().filter(|_| !need_not_be(config.behind())) else { continue };
        let role = if alias == "default" { "database".to_owned() } else { format!("database.{alias}") };
        let outer = certainty_of(config).and(&certainty_of(databases));
        let inner = config.behind();
        match inner.get("ENGINE") {
            Some(val) => {
                push(used, role, val, &engine, "relational");
                let host = inner.get("HOST").and_then(text_of).filter(|host| !host.is_empty());
                if let Some(last) = used.last_mut() {
                    last.host = host.map(str::to_owned);
                    last.certainty = last.certainty.and(&outer);
                    last.origin = last.origin.clone().join(&config.origin).join(&databases.origin);
                    last.options = django::options(inner);
                    last.file = inner.get("NAME").and_then(path_of).filter(|path| path.starts_with('/'));
                    last.memory = inner.get("NAME").and_then(text_of).is_some_and(in_memory);
                    last.name = inner.get("NAME").and_then(|val| named(val, &outer));
                }
            }
            None => used.push(Used {
                role,
                product: product_of(config, &engine),
                driver: None,
                origin: config.origin.clone().join(&databases.origin),
                certainty: outer,
                host: None,
                name: None,
                family: Some("relational"),
                stored: None,
                options: None,
                several: false,
                memory: false,
                file: None,
            }),
        }
    }
}

/// The name that Django's settings give a database.
fn named(val: &Val, outer: &Certainty) -> Option<Attr> {
    let name = path_of(val).filter(|name| !name.is_empty())?;
    let certainty = certainty_of(val).and(outer);
    Some(Attr { value: Known::One(Value::text(name)), certainty, origin: val.origin.clone() })
}
