//! The product that an address or a class of the settings names.

use crate::formats::python::{Kind as Py, Val, telling};
use crate::knowledge::services;
use crate::model::{Known, Reason};

/// The product that a URL's scheme names.
pub(super) fn by_url(text: &str) -> Option<String> {
    services::by_url(text.split("://").next()?).map(|found| found.product.to_owned())
}

/// The product that the scheme of a broker's or result backend's URL names.
pub(super) fn by_broker(text: &str) -> Option<String> {
    let scheme = text.split("://").next()?;
    services::by_broker(scheme).or_else(|| services::by_url(scheme)).map(|found| found.product.to_owned())
}

/// Whether a value stands on a branch alone, so that there need be none.
pub(super) fn need_not_be(val: &Val) -> bool {
    matches!(&val.kind, Py::OneOf(all) if all.iter().any(|val| val.kind == Py::Undefined))
}

/// All alternatives of a value, and whether they are decided by a branch.
pub(super) fn product_of(val: &Val, find: &dyn Fn(&str) -> Option<String>) -> Known<String> {
    match &val.kind {
        Py::Str(text) | Py::Lazy(text) | Py::Path(text) => {
            find(text).map_or_else(|| Known::Unknown(Reason::new(not_in_tables(text))), Known::One)
        }
        Py::Secret(inner) | Py::Enum(_, inner) => product_of(inner, find),
        // SQLAlchemy's URL is a tuple of its parts, its driver first.
        Py::Tuple(parts) if parts.len() == 7 => product_of(&parts[0], find),
        Py::Opaque(_) => begun(val, find).unwrap_or_else(|| unknown_by(val.variable())),
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
            Some(default) if !matches!(default.kind, Py::None | Py::Unknown(_)) => product_of(default, find),
            _ => begun(val, find).unwrap_or_else(|| unknown_by(telling(variables))),
        },
        Py::None if !val.variables.is_empty() => unknown_by(val.variable()),
        Py::None => {
            Known::Unknown(Reason::new("it is None where it is set; the program may put it together elsewhere"))
        }
        Py::Undefined => Known::Absent,
        Py::Unknown(reason) => begun(val, find).unwrap_or_else(|| Known::Unknown(reason.clone())),
        _ => unknown_by(val.variable()),
    }
}

/// Why a text names no product: of an address only the scheme is said, the rest may hold a password.
fn not_in_tables(text: &str) -> String {
    let dotted = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-');
    match text.split_once("://") {
        None if text.is_empty() => "its address is empty".to_owned(),
        Some((scheme, _)) => format!("addresses with {scheme}:// are not known to the tables"),
        None if text.chars().all(dotted) => format!("{text} is not known to the tables"),
        None => "what it names is not known to the tables".to_owned(),
    }
}

/// What a URL says by its scheme alone.
fn begun(val: &Val, find: &dyn Fn(&str) -> Option<String>) -> Option<Known<String>> {
    let prefix = val.prefix.as_deref().filter(|prefix| prefix.contains("://"))?;
    find(prefix).map(Known::One)
}

fn unknown_by(variable: Option<&String>) -> Known<String> {
    Known::Unknown(match variable {
        Some(name) => Reason::new(format!("{name} decides it")).answered_with(format!("provides = [\"{name}\"]")),
        None => Reason::new("the settings compute it"),
    })
}

#[cfg(test)]
mod tests {
    use super::not_in_tables;

    #[test]
    fn of_an_address_only_the_scheme_is_said() {
        let said = not_in_tables("strange://shop:hunter2@host/1");
        assert!(said.contains("strange://") && !said.contains("hunter2"), "{said}");
        assert!(!not_in_tables("shop:hunter2@host").contains("hunter2"));
        assert!(not_in_tables("shop.backends.Own").contains("shop.backends.Own"));
        assert_eq!(not_in_tables(""), "its address is empty");
    }
}
