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

/// A fact's plain value with what else names it: how a service is reached, where a version is declared, under which name an
/// image is pulled. A package that no file fixes is told as such.
pub fn full(fact: &Fact, redactor: &Redactor) -> Option<String> {
    let get = |name: &str| fact.get(name).and_then(|attr| attribute(attr, redactor));
    let plain = plain(fact, redactor);
    let beside = |more: Option<String>| match (plain.clone(), more) {
        (Some(value), Some(more)) => Some(format!("{value} ({more})")),
        (value, _) => value,
    };
    match fact.id.dimension {
        Dimension::Service => beside(plain.as_deref().and_then(|value| reached(value, &get))),
        Dimension::Runtime => beside(get("declared_in")),
        Dimension::Package if fact.id.key == "source" => beside(get("installed_by")),
        Dimension::Package => plain.or_else(|| unpinned(fact)),
        Dimension::Image => match (get("pulled_as"), plain) {
            (Some(name), Some(base)) => Some(format!("{name} (built from {base})")),
            (name, base) => name.or(base),
        },
        _ => plain,
    }
}

/// How a service is reached: its flavour, what it speaks, the backend class or scheme, the image if its name says more, the
/// host and the name of the database.
fn reached(value: &str, get: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let product = get("product")?;
    let more = |text: &String| *text != product && text != value;
    let own = get("in_process").filter(|own| own == "true").and_then(|_| match get("family")?.as_str() {
        "cache" => Some("in-process".to_owned()),
        "object_storage" => Some("in the file system".to_owned()),
        _ => None,
    });
    let parts = [
        get("flavour"),
        get("protocol").filter(more).map(|protocol| format!("speaks {protocol}")),
        own,
        get("driver").filter(more),
        get("image").filter(more),
        get("host").map(|host| format!("at {host}")),
        get("name").map(|name| format!("database {name}")),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// What is said of a package that is surely there, in a version that no file names.
fn unpinned(fact: &Fact) -> Option<String> {
    let pinned = fact.get("pinned").and_then(|attr| attr.value.one());
    (pinned == Some(&Value::Bool(false))).then(|| "unpinned, no version given".to_owned())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Audit, FactId, Origin};

    fn told(dimension: Dimension, key: &str, attributes: &[(&'static str, Value)]) -> Option<String> {
        let attributes = attributes.iter().map(|(name, value)| (*name, Attr::stated(value.clone(), Origin::default())));
        let id = FactId {
            project: ".".into(),
            environment: "production".into(),
            component: None,
            dimension,
            key: key.to_owned(),
        };
        full(&Fact { id, attributes: attributes.collect() }, &Redactor::new(&Audit::default()))
    }

    fn text(text: &str) -> Value {
        Value::text(text)
    }

    #[test]
    fn a_service_is_told_with_what_it_is_reached_by() {
        let valkey = [
            ("product", text("valkey")),
            ("version", text("9")),
            ("protocol", text("redis")),
            ("driver", text("django.core.cache.backends.redis.RedisCache")),
            ("host", text("broker")),
        ];
        let expected = "valkey:9 (speaks redis, django.core.cache.backends.redis.RedisCache, at broker)";
        assert_eq!(told(Dimension::Service, "cache", &valkey).as_deref(), Some(expected));
        let plain = [("product", text("redis")), ("protocol", text("redis")), ("driver", text("redis"))];
        assert_eq!(told(Dimension::Service, "broker", &plain).as_deref(), Some("redis"));
        let own = [("product", text("files")), ("family", text("object_storage")), ("in_process", Value::Bool(true))];
        assert_eq!(told(Dimension::Service, "storage.media", &own).as_deref(), Some("files (in the file system)"));
    }

    #[test]
    fn a_package_that_nothing_fixes_is_unpinned_where_it_is_surely_there() {
        let pinned = |pinned: bool| told(Dimension::Package, "gunicorn", &[("pinned", Value::Bool(pinned))]);
        assert_eq!(pinned(false).as_deref(), Some("unpinned, no version given"));
        assert_eq!(pinned(true), None);
        assert_eq!(told(Dimension::Package, "gunicorn", &[]), None);
    }

    #[test]
    fn an_image_that_is_pulled_is_told_with_its_base() {
        let image = [("reference", text("python:3.12-slim")), ("pulled_as", text("acme/shop:2"))];
        assert_eq!(told(Dimension::Image, "web", &image).as_deref(), Some("acme/shop:2 (built from python:3.12-slim)"));
    }
}
