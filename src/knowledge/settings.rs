//! How much a difference of a setting between environments matters.

use serde::Deserialize;

use super::table::{table, wildcard};

/// A setting whose difference changes behaviour.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Critical {
    /// The dotted name; `*` stands for any part.
    pub name: String,
    /// django or flask.
    pub framework: String,
    /// The roles it is compared in; empty: all.
    #[serde(default)]
    pub roles: Vec<String>,
    /// `value`, or `product` where only the product of a URL counts.
    pub compare: String,
    /// Where the row comes from.
    pub source: String,
}

/// A value that production must have.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Must {
    /// The setting.
    pub name: String,
    /// `true` or `false`.
    pub must: String,
    /// Where the row comes from.
    pub source: String,
}

/// A security setting that staging should share with production.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Shared {
    /// The setting.
    pub name: String,
    /// `value`, `presence`, or `wildcard` where only a `*` counts.
    pub compare: String,
    /// Where the row comes from.
    pub source: String,
}

/// A setting whose difference is normal.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// The dotted name; `*` stands for any characters.
    pub name: String,
    /// The role it is normal in; empty: every role.
    #[serde(default)]
    pub role: String,
    /// The values that are normal there; empty: any.
    #[serde(default)]
    pub values: Vec<String>,
    /// Where the row comes from.
    pub source: String,
}

/// A setting that signs sessions or tokens.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Signing {
    name: String,
    #[expect(dead_code, reason = "kept for the reader of the table")]
    source: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    pub(super) as_of: String,
    pub(super) critical: Vec<Critical>,
    pub(super) production_must: Vec<Must>,
    pub(super) compare_staging: Vec<Shared>,
    pub(super) expected: Vec<Expected>,
    pub(super) signing: Vec<Signing>,
}
table!(table, Table, "settings.toml");

/// The row of a setting whose difference changes behaviour.
pub fn critical(name: &str) -> Option<&'static Critical> {
    table().critical.iter().find(|row| wildcard(&row.name, name))
}

/// What production must have for a setting: `true` or `false`.
pub fn production_must(name: &str) -> Option<bool> {
    table().production_must.iter().find(|row| row.name == name).map(|row| row.must == "true")
}

/// Whether a setting signs sessions or tokens: who knows it can make them.
pub fn signs(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    table().signing.iter().any(|row| wildcard(&row.name, &name))
}

/// The row of a security setting that staging should share with production.
pub fn shared_with_staging(name: &str) -> Option<&'static Shared> {
    table().compare_staging.iter().find(|row| wildcard(&row.name, name))
}

/// The rows that call a difference of a setting normal in a role.
pub fn expected(name: &str, role: &str) -> Vec<&'static Expected> {
    let fits = |row: &&Expected| wildcard(&row.name, name) && (row.role.is_empty() || row.role == role);
    table().expected.iter().filter(fits).collect()
}

/// The date the table stands for.
pub fn as_of() -> &'static str {
    &table().as_of
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dotted_names_match_through_their_alias() {
        assert!(critical("DATABASES.default.ENGINE").is_some());
        assert!(critical("DATABASES.default.NAME").is_none());
        assert!(!expected("DATABASES.replica.NAME", "production").is_empty());
        assert!(signs("secret_key") && signs("security.jwt_secret_key") && !signs("storage.secret_key"));
        assert_eq!(production_must("DEBUG"), Some(false));
        assert!(expected("EMAIL_BACKEND", "production").is_empty() && !expected("EMAIL_BACKEND", "test").is_empty());
    }
}
