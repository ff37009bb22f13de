//! Reading an embedded table, and the two small matchers that tables use.

use std::sync::OnceLock;

use serde::de::DeserializeOwned;

/// The table in `text`, read once. A table that does not parse is empty; a test reads every table strictly.
pub(super) fn load<T: DeserializeOwned + Default>(cell: &'static OnceLock<T>, text: &str) -> &'static T {
    cell.get_or_init(|| toml::from_str(text).unwrap_or_default())
}

/// Whether `text` matches a pattern in which `*` stands for any characters.
pub fn wildcard(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let mut middle: Vec<&str> = parts.collect();
    let Some(last) = middle.pop() else { return rest.is_empty() };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// Whether one of `items` is `text`.
pub(super) fn has(items: &[String], text: &str) -> bool {
    items.iter().any(|item| item == text)
}

/// Declares a table's accessor and its file.
macro_rules! table {
    ($name:ident, $type:ty, $file:literal) => {
        pub(super) const TEXT: &str = include_str!(concat!("../../rules/knowledge/", $file));
        fn $name() -> &'static $type {
            static CELL: std::sync::OnceLock<$type> = std::sync::OnceLock::new();
            crate::knowledge::table::load(&CELL, TEXT)
        }
    };
}
pub(super) use table;
