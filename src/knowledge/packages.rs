//! Python packages: what they are for, which stand in for one another, what they need at run time.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::table::{has, table, wildcard};

/// What a package is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// For developing only: the word says for what (test, lint, types, debug, reload, docs, packaging).
    DevTool(&'static str),
    /// Often declared for production on purpose.
    Ambiguous,
    /// Serves requests.
    Server,
    /// Expected in production only, such as error reporting.
    ProductionOnly,
    /// Anything else.
    Library,
}

impl Kind {
    /// The word in facts.
    pub fn name(self) -> &'static str {
        match self {
            Self::DevTool("types") => "types",
            Self::DevTool(_) => "dev-tool",
            Self::Ambiguous => "ambiguous",
            Self::Server => "server",
            Self::ProductionOnly => "operations",
            Self::Library => "library",
        }
    }
}

/// Distributions that give the same import.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct TwinFamily {
    /// The import they share.
    pub family: String,
    /// same-source, driver, accel or fork.
    pub kind: String,
    /// The distributions; `name[extra]` is a distribution with an extra.
    pub members: Vec<String>,
    /// Whether two of them overwrite one another's files.
    #[serde(default)]
    pub conflict: bool,
    /// Members whose own documentation advises against them in production.
    #[serde(default)]
    pub production_unfit: Vec<String>,
    /// Where the row comes from.
    pub source: String,
}

/// A distribution package that a release dropped or renamed.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Removed {
    /// The package.
    pub package: String,
    /// The distribution.
    pub distro: String,
    /// The codename of the first release without it.
    pub release: String,
    /// What to write instead; empty when there is nothing.
    pub r#use: String,
    /// Whether the old name often still resolves.
    #[serde(default)]
    pub soft: bool,
    /// Where the row comes from.
    pub source: String,
}

macro_rules! rows {
    ($($(#[$outer:meta])* $name:ident { $($(#[$attr:meta])* $field:ident: $type:ty),+ $(,)? })+) => {$(
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        $(#[$outer])*
        struct $name { $($(#[$attr])* $field: $type,)+ #[expect(dead_code, reason = "kept for the reader of the table")] source: String }
    )+};
}
rows! {
    DevTool { kind: String, names: Vec<String>, #[serde(default)] prefixes: Vec<String>, #[serde(default)] suffixes: Vec<String> }
    Ambiguous { package: String, #[serde(default)] why: String }
    Production { package: String, #[serde(default)] server: bool, #[serde(default)] root: bool }
    #[expect(clippy::struct_field_names, reason = "the fields are the table's columns")] Label { label: String, package: String }
    Import { module: String, package: String }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    pub(super) as_of: String,
    dev_tools: Vec<DevTool>,
    ambiguous: Vec<Ambiguous>,
    production_only: Vec<Production>,
    labels: Vec<Label>,
    twins: Vec<TwinFamily>,
    imports: Vec<Import>,
    removed: Vec<Removed>,
}
table!(table, Table, "packages.toml");

/// What a package is for, by its normalized name.
pub fn kind(name: &str) -> Kind {
    if let Some(row) = table().production_only.iter().find(|row| wildcard(&row.package, name)) {
        return if row.server { Kind::Server } else { Kind::ProductionOnly };
    }
    if name == "uvicorn" {
        return Kind::Server;
    }
    if table().ambiguous.iter().any(|row| row.package == name) {
        return Kind::Ambiguous;
    }
    let tools = &table().dev_tools;
    let row = tools.iter().find(|row| has(&row.names, name)).or_else(|| {
        tools.iter().find(|row| {
            row.prefixes.iter().any(|prefix| name.starts_with(prefix.as_str()))
                || row.suffixes.iter().any(|suffix| name.ends_with(suffix.as_str()))
        })
    });
    row.map_or(Kind::Library, |row| Kind::DevTool(&row.kind))
}

/// Whether a server is there only where somebody asks for it: no other package brings it along.
pub fn is_asked_for(name: &str) -> bool {
    table().production_only.iter().any(|row| row.root && row.package == name)
}

/// Why an ambiguous package may belong in production; empty when no reason is recorded.
pub fn ambiguous_why(name: &str) -> Option<&'static str> {
    table().ambiguous.iter().find(|row| row.package == name).map(|row| row.why.as_str())
}

/// Whether a package is expected in production only.
pub fn is_production_only(name: &str) -> bool {
    table().production_only.iter().any(|row| wildcard(&row.package, name))
}

/// The developers' package behind an entry of `INSTALLED_APPS` or `MIDDLEWARE`.
pub fn package_of_label(label: &str) -> Option<&'static str> {
    let fits =
        |row: &&Label| label == row.label || label.strip_prefix(&row.label).is_some_and(|rest| rest.starts_with('.'));
    table().labels.iter().find(fits).map(|row| row.package.as_str())
}

/// The family of distributions a package belongs to.
pub fn twin(name: &str) -> Option<&'static TwinFamily> {
    table().twins.iter().find(|row| has(&row.members, name))
}

/// A package as its twin family names it: `psycopg[binary]` where an extra decides, else the plain name.
pub fn twin_member(name: &str, extras: &BTreeSet<String>) -> Option<(&'static TwinFamily, &'static str)> {
    let family = twin(name)?;
    let with_extra = extras.iter().find_map(|extra| {
        let spelled = format!("{name}[{extra}]");
        family.members.iter().find(|member| **member == spelled)
    });
    let member = with_extra.or_else(|| family.members.iter().find(|member| *member == name))?;
    Some((family, member))
}

/// Whether the authors of a package advise against it in production, by its name or by an extra that it is installed with.
pub fn is_unfit(name: &str, extras: &BTreeSet<String>) -> bool {
    twin_member(name, extras).is_some_and(|(family, member)| has(&family.production_unfit, member))
}

/// The distribution that gives an import, where the names differ.
pub fn distribution_of_import(module: &str) -> Option<&'static str> {
    table().imports.iter().find(|row| row.module == module).map(|row| row.package.as_str())
}

/// The row of a distribution package that some release dropped or renamed.
pub fn removed(package: &str) -> Option<&'static Removed> {
    table().removed.iter().find(|row| row.package == package)
}

/// Whether a package no longer exists in a release of Debian (`"13"`); `None` when the release is not known.
pub fn is_gone(package: &str, distro: &str, release: &str) -> Option<bool> {
    let Some(row) = removed(package).filter(|row| row.distro == distro) else { return Some(false) };
    let (_, first) = super::images::codename(&row.release)?;
    let first: u32 = first?.parse().ok()?;
    Some(!row.soft && release.parse::<u32>().ok()? >= first)
}

/// The date the table stands for.
pub fn as_of() -> &'static str {
    &table().as_of
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_go_by_name_then_affix() {
        assert_eq!(kind("pytest-django"), Kind::DevTool("test"));
        assert_eq!(kind("django-stubs"), Kind::DevTool("types"));
        assert_eq!(kind("django-debug-toolbar"), Kind::DevTool("debug"));
        assert_eq!(kind("ipython"), Kind::Ambiguous);
        assert_eq!(kind("gunicorn"), Kind::Server);
        assert_eq!(kind("opentelemetry-api"), Kind::ProductionOnly);
        assert_eq!(kind("django"), Kind::Library);
    }

    #[test]
    fn twins_know_members_with_extras() {
        let extras = BTreeSet::from(["binary".to_owned()]);
        assert_eq!(twin_member("psycopg", &extras).map(|(_, member)| member), Some("psycopg[binary]"));
        assert_eq!(twin_member("psycopg", &BTreeSet::new()).map(|(_, member)| member), Some("psycopg"));
        assert!(twin("psycopg2-binary").is_some_and(|family| has(&family.production_unfit, "psycopg2-binary")));
        assert!(twin("opencv-python").is_some_and(|family| family.conflict));
        assert!(twin("django").is_none());
    }

    #[test]
    fn labels_and_removed_names() {
        assert_eq!(package_of_label("debug_toolbar.middleware.DebugToolbarMiddleware"), Some("django-debug-toolbar"));
        assert_eq!(package_of_label("debug_toolbars"), None);
        assert_eq!(is_gone("libgl1-mesa-glx", "debian", "13"), Some(true));
        assert_eq!(is_gone("libgl1-mesa-glx", "debian", "12"), Some(false));
        assert_eq!(is_gone("libgl1-mesa-glx", "ubuntu", "24.04"), Some(false));
    }
}
