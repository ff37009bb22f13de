//! End-of-life dates.

use serde::Deserialize;

use super::table::table;

/// One release cycle of a product.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Cycle {
    /// The product, as in `services` or a distribution's name.
    pub product: String,
    /// The cycle: `3.12`, `16`.
    pub cycle: String,
    /// First release, `YYYY-MM-DD`.
    #[serde(default)]
    pub released: String,
    /// End of the free support; empty when not announced.
    #[serde(default)]
    pub eol: String,
    /// End of the paid or volunteer support; empty when there is none.
    #[serde(default)]
    pub extended: String,
    /// The codename, of a distribution.
    #[serde(default)]
    pub codename: String,
    /// Where the row comes from.
    pub source: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    pub(super) as_of: String,
    pub(super) cycles: Vec<Cycle>,
}
table!(table, Table, "eol.toml");

/// Every cycle of a product, newest first.
pub fn cycles(product: &str) -> impl Iterator<Item = &'static Cycle> + use<'_> {
    let product = match product {
        "mongodb" => "mongo",
        other => other,
    };
    table().cycles.iter().filter(move |cycle| cycle.product == product)
}

/// The cycle that a version belongs to: the longest one that is a whole-part prefix of it.
pub fn cycle(product: &str, version: &str) -> Option<&'static Cycle> {
    let belongs = |cycle: &&Cycle| {
        version.strip_prefix(&cycle.cycle).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            || cycle.codename == version
    };
    cycles(product).filter(belongs).max_by_key(|cycle| cycle.cycle.len())
}

/// Whether free support had ended on `date` (`YYYY-MM-DD`); `None` when the cycle or its end is not known.
pub fn ended(product: &str, version: &str, date: &str) -> Option<bool> {
    let cycle = cycle(product, version)?;
    (!cycle.eol.is_empty()).then(|| cycle.eol.as_str() < date)
}

/// The day support had ended by `date`, that of volunteers to a distribution included; `Some(None)` when it had not, `None`
/// when the cycle or its end is not known.
pub fn end(product: &str, version: &str, date: &str) -> Option<Option<&'static str>> {
    let cycle = cycle(product, version)?;
    let last = if product == "debian" && !cycle.extended.is_empty() { &cycle.extended } else { &cycle.eol };
    (!last.is_empty()).then(|| (last.as_str() < date).then_some(last.as_str()))
}

/// The date the table stands for.
pub fn as_of() -> &'static str {
    &table().as_of
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_falls_into_its_longest_cycle() {
        assert_eq!(cycle("python", "3.12.4").map(|c| c.cycle.as_str()), Some("3.12"));
        assert_eq!(cycle("python", "3.1").map(|c| c.cycle.as_str()), None);
        assert_eq!(ended("python", "3.8", "2026-08-22"), Some(true));
        assert_eq!(ended("debian", "bookworm", "2026-08-22"), Some(true));
        assert_eq!(ended("acme", "1", "2026-08-22"), None);
        assert_eq!(end("python", "3.8", "2026-08-22"), Some(Some("2024-10-07")));
        assert_eq!(end("debian", "12", "2026-08-22"), Some(None));
        assert_eq!(end("debian", "10", "2026-08-22"), Some(Some("2024-06-30")));
    }
}
