//! How values are written for people.

use super::redact::Redactor;
use crate::model::{Attr, Dimension, Fact, Known, Value, schema};

/// An attribute's value, or none where it is not known.
pub fn attribute(attr: &Attr, redactor: &Redactor) -> Option<String> {
    match &attr.value {
        Known::One(value) => Some(redactor.value(value)),
        Known::OneOf(values, _) => Some(joined(values, " or ", redactor)),
        Known::Every(values, _) => Some(joined(values, ", ", redactor)),
        Known::Absent => Some("absent".into()),
        Known::Unknown(_) => None,
    }
}

fn joined(values: &[Value], between: &str, redactor: &Redactor) -> String {
    values.iter().map(|value| redactor.value(value)).collect::<Vec<_>>().join(between)
}

/// A fact's plain value and what it is used through: the backend class of a service, the commands that install packages.
pub fn full(fact: &Fact, redactor: &Redactor) -> Option<String> {
    let get = |name: &str| fact.get(name).and_then(|attr| attribute(attr, redactor));
    let value = plain(fact, redactor)?;
    let through = match fact.id.dimension {
        Dimension::Service => get("driver").filter(|driver| driver.contains('.') && !says_no_more(driver)),
        Dimension::Package if fact.id.key == "source" => get("installed_by"),
        _ => None,
    };
    Some(through.map_or(value.clone(), |through| format!("{value} ({through})")))
}

/// Whether a backend class is Django's own for its product, so that the product's name says it all.
fn says_no_more(driver: &str) -> bool {
    ["django.core.", "django.db.", "django.contrib.sessions."].iter().any(|own| driver.starts_with(own))
}

/// A fact's plain value: `product:version` of a service, the reference of an image, the command of a process.
pub fn plain(fact: &Fact, redactor: &Redactor) -> Option<String> {
    let get = |name: &str| fact.get(name).and_then(|attr| attribute(attr, redactor));
    match fact.id.dimension {
        Dimension::Service => {
            if let Some(each) = get("each") {
                return Some(each);
            }
            let product = get("product")?;
            let version = get("version").filter(|version| version != "absent");
            Some(version.map_or(product.clone(), |version| format!("{product}:{version}")))
        }
        Dimension::SystemPackage => match (get("version"), fact.get("package")) {
            (Some(version), _) => Some(version),
            (None, Some(package)) if package.value == Known::Absent => get("package"),
            (None, Some(package)) if !package.value.is_unknown() => Some("installed".into()),
            (None, Some(_)) => None,
            (None, None) => get("provided_by"),
        },
        Dimension::Package if fact.id.key == "source" => get("group"),
        Dimension::Package => get("version").or_else(|| get("specifier")),
        Dimension::Pipeline => {
            get("deploys").or_else(|| get("gate")).or_else(|| get("tests").map(|_| "runs the tests".into()))
        }
        dimension => get(schema::plain(dimension)),
    }
}
