//! System packages: one concept under the names of several distributions, and what Python packages need of them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::table::{has, load, table, wildcard};

/// One thing and its names.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Concept {
    /// The concept's id.
    pub concept: String,
    #[serde(default)]
    debian: Vec<String>,
    #[serde(default)]
    alpine: Vec<String>,
    #[serde(default)]
    rhel: Vec<String>,
    /// Concepts whose packages bring this one along.
    #[serde(default)]
    also: Vec<String>,
    /// Where the row comes from.
    pub source: String,
}

/// What a Python package needs of the system.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct RuntimeNeed {
    /// The Python package.
    pub package: String,
    /// The C libraries that its wheels are built for: glibc, musl; `pure` for one without compiled parts.
    #[serde(default)]
    pub wheels: Vec<String>,
    #[serde(default)]
    build_debian: Vec<Vec<String>>,
    #[serde(default)]
    build_alpine: Vec<Vec<String>>,
    #[serde(default)]
    build_rhel: Vec<Vec<String>>,
    #[serde(default)]
    debian: Vec<Vec<String>>,
    #[serde(default)]
    alpine: Vec<Vec<String>>,
    #[serde(default)]
    rhel: Vec<Vec<String>>,
    /// The program that must be there.
    #[serde(default)]
    pub program: String,
    /// The shared library that must be there.
    #[serde(default)]
    pub soname: String,
    /// Extras that bring their own copy.
    #[serde(default)]
    pub unless_extra: Vec<String>,
    /// The version from which its wheels for glibc have no copy of their own any more.
    #[serde(default)]
    bundled_before: Vec<u32>,
    /// The first version with a wheel for a Python (X.Y) or a C library, where older ones are compiled.
    #[serde(default)]
    first_wheel: BTreeMap<String, String>,
    /// `sure`, or `low` where it depends on how it was built or used.
    pub certainty: String,
    /// Where the row comes from.
    pub source: String,
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
struct Noise {
    package: String,
    kind: String,
    #[expect(dead_code, reason = "kept for the reader of the table")]
    source: String,
}

/// Packages that bring no library that a Python package needs.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
struct Alone {
    packages: Vec<String>,
    #[expect(dead_code, reason = "kept for the reader of the table")]
    source: String,
}

/// A program that small images lack, and the packages that bring it.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
struct Program {
    #[serde(rename = "program")]
    name: String,
    #[serde(default)]
    debian: Vec<String>,
    #[serde(default)]
    alpine: Vec<String>,
    #[expect(dead_code, reason = "kept for the reader of the table")]
    source: String,
}

/// The client of PostgreSQL that a release of a distribution has.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
struct Client {
    distro: String,
    release: String,
    postgres: String,
    #[expect(dead_code, reason = "kept for the reader of the table")]
    source: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    pub(super) as_of: String,
    concepts: Vec<Concept>,
    noise: Vec<Noise>,
    alone: Vec<Alone>,
    programs: Vec<Program>,
    clients: Vec<Client>,
}
table!(table, Table, "concepts.toml");

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Libraries {
    #[cfg_attr(not(test), expect(dead_code, reason = "the date of the other table of this module is shown"))]
    pub(super) as_of: String,
    libraries: Vec<RuntimeNeed>,
}
pub(super) const LIBRARIES: &str = include_str!("../../rules/knowledge/system_libraries.toml");

fn libraries() -> &'static [RuntimeNeed] {
    static CELL: std::sync::OnceLock<Libraries> = std::sync::OnceLock::new();
    &load(&CELL, LIBRARIES).libraries
}

impl Concept {
    fn names(&self, family: &str) -> &[String] {
        match family {
            "alpine" => &self.alpine,
            "rhel" => &self.rhel,
            _ => &self.debian,
        }
    }
}

/// The family of package names a manager or distribution uses: debian, alpine or rhel.
pub fn family(manager_or_distro: &str) -> Option<&'static str> {
    Some(match manager_or_distro {
        "apt" | "apt-get" | "aptitude" | "debian" | "ubuntu" | "dpkg" => "debian",
        "apk" | "alpine" | "wolfi" | "chainguard" => "alpine",
        "dnf" | "yum" | "microdnf" | "rpm" | "rhel" | "centos" | "rockylinux" | "almalinux" | "fedora"
        | "oraclelinux" | "amazonlinux" => "rhel",
        _ => return None,
    })
}

/// The concept of a package as a manager names it (version suffixes such as `=1.2` must be off); a package without a row is
/// its own concept.
pub fn concept<'a>(manager: &str, package: &'a str) -> &'a str
where
    'static: 'a,
{
    let Some(family) = family(manager) else { return package };
    let named = |row: &&Concept| row.names(family).iter().any(|name| wildcard(name, package));
    let exact = table().concepts.iter().find(|row| has(row.names(family), package));
    exact.or_else(|| table().concepts.iter().find(named)).map_or(package, |row| row.concept.as_str())
}

/// The packages of a concept in one family of distributions, preferred first; empty when no row knows.
pub fn packages_of(concept: &str, manager_or_distro: &str) -> &'static [String] {
    let row = table().concepts.iter().find(|row| row.concept == concept);
    row.zip(family(manager_or_distro)).map_or(&[], |(row, family)| row.names(family))
}

/// Whether an installed concept meets a need: itself, a `-dev` package of the same library, or one that brings it along.
pub fn satisfies(need: &str, installed: &str) -> bool {
    need == installed
        || installed.strip_suffix("-dev") == Some(need)
        || table().concepts.iter().any(|row| row.concept == need && has(&row.also, installed))
}

/// Whether it is known which libraries a package brings along, as a manager names it.
pub fn brings_what_is_known(manager: &str, package: &str) -> bool {
    let Some(family) = family(manager) else { return false };
    let row = |row: &Concept| row.names(family).iter().any(|name| wildcard(name, package));
    noise(package)
        || table().concepts.iter().any(row)
        || table().alone.iter().flat_map(|row| &row.packages).any(|name| wildcard(name, package))
}

/// Whether a program that small images of a family lack is among those that one of these packages brings; none where the
/// images have it, or it is not known.
pub fn program_among<'p>(family: &str, program: &str, mut packages: impl Iterator<Item = &'p str>) -> Option<bool> {
    let row = table().programs.iter().find(|row| row.name == program)?;
    let brought = if family == "alpine" { &row.alpine } else { &row.debian };
    let brings = |package: &str| brought.iter().any(|pattern| wildcard(pattern, package));
    (!brought.is_empty()).then(|| packages.any(brings))
}

/// The major of PostgreSQL's client that a release of a distribution has.
pub fn postgres_client(distro: &str, release: &str) -> Option<&'static str> {
    let row = |row: &&Client| row.distro == distro && row.release == release;
    table().clients.iter().find(row).map(|row| row.postgres.as_str())
}

/// Whether a package never counts as a difference.
pub fn noise(package: &str) -> bool {
    table().noise.iter().any(|row| row.package == package)
}

/// Concepts that only a build needs, besides headers.
const BUILD: [&str; 12] = [
    "gcc",
    "g++",
    "make",
    "cmake",
    "rust",
    "cargo",
    "libc-dev",
    "linux-headers",
    "pkg-config",
    "python-dev",
    "autoconf",
    "clang",
];

/// What a package is for: build, convenience or runtime.
pub fn purpose(concept: &str, package: &str) -> &'static str {
    if BUILD.contains(&concept) {
        "build"
    } else if concept.ends_with("-dev") || package.ends_with("-dev") || package.ends_with("-devel") {
        "headers"
    } else if noise(package) {
        "convenience"
    } else {
        "runtime"
    }
}

/// Whether a package is a person's convenience rather than a part of the program.
pub fn is_convenience(package: &str) -> bool {
    table().noise.iter().any(|row| row.package == package && row.kind == "convenience")
}

/// What a Python package needs of the system; `None` when nothing is known, or an extra brings its own copy.
pub fn runtime_needs(package: &str, extras: &BTreeSet<String>) -> Option<&'static RuntimeNeed> {
    let row = libraries().iter().find(|row| row.package == package)?;
    (!row.unless_extra.iter().any(|extra| extras.contains(extra))).then_some(row)
}

/// The first version of a package that has a wheel for a Python, as X.Y, or for a C library; none where every version has, or
/// nothing is known.
pub fn first_wheel(package: &str, on: &str) -> Option<&'static str> {
    let row = libraries().iter().find(|row| row.package == package)?;
    row.first_wheel.get(on).map(String::as_str)
}

fn as_concepts(needs: &'static [Vec<String>], family: &str) -> Vec<Vec<&'static str>> {
    let alternatives = |names: &'static Vec<String>| {
        let mut found: Vec<&'static str> = Vec::new();
        for name in names {
            let id = concept(family, name.as_str());
            if !found.contains(&id) {
                found.push(id);
            }
        }
        found
    };
    needs.iter().map(alternatives).collect()
}

impl RuntimeNeed {
    /// The concepts it needs at run time on a distribution: every inner list is a set of alternatives.
    pub fn concepts(&'static self, distro: &str) -> Vec<Vec<&'static str>> {
        match family(distro) {
            Some("alpine") => as_concepts(&self.alpine, "alpine"),
            Some("rhel") => as_concepts(&self.rhel, "rhel"),
            Some(_) => as_concepts(&self.debian, "debian"),
            None => Vec::new(),
        }
    }

    /// The concepts it needs where it is compiled.
    pub fn build_concepts(&'static self, distro: &str) -> Vec<Vec<&'static str>> {
        match family(distro) {
            Some("alpine") => as_concepts(&self.build_alpine, "alpine"),
            Some("rhel") => as_concepts(&self.build_rhel, "rhel"),
            Some(_) => as_concepts(&self.build_debian, "debian"),
            None => Vec::new(),
        }
    }

    /// Whether a version's wheel for a C library brings its own copy, as those of later versions do not.
    pub fn bundles(&self, version: &str, libc: &str) -> bool {
        let parts: Option<Vec<u32>> = version.split('.').map(|part| part.parse().ok()).collect();
        libc == "glibc" && parts.is_some_and(|parts| parts < self.bundled_before)
    }

    /// Whether installing it on a C library compiles something.
    pub fn compiles(&self, libc: &str) -> bool {
        !has(&self.wheels, "pure") && !has(&self.wheels, libc)
    }
}

/// The date the table stands for.
pub fn as_of() -> &'static str {
    &table().as_of
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_has_one_concept_on_every_distribution() {
        assert_eq!(concept("apt-get", "libpq5"), "libpq");
        assert_eq!(concept("apk", "postgresql-dev"), "libpq-dev");
        assert_eq!(concept("apt", "postgresql-client-15"), "postgresql-client");
        assert_eq!(concept("apk", "postgresql15-client"), "postgresql-client");
        assert_eq!(concept("apt", "ffmpeg"), "ffmpeg");
        assert_eq!(concept("brew", "libpq5"), "libpq5");
    }

    #[test]
    fn a_need_is_met_by_headers_and_by_what_brings_it_along() {
        assert!(
            satisfies("libpq", "libpq-dev") && satisfies("libpq", "postgresql-client") && satisfies("libpq", "libpq")
        );
        assert!(!satisfies("libpq-dev", "libpq"));
    }

    #[test]
    fn needs_depend_on_extras_and_distribution() {
        let none = BTreeSet::new();
        let need = runtime_needs("psycopg2", &none).unwrap();
        assert_eq!(need.concepts("debian"), [["libpq"]]);
        assert!(need.compiles("glibc"));
        assert!(need.bundles("2.7.7", "glibc") && !need.bundles("2.8", "glibc") && !need.bundles("2.7.7", "musl"));
        assert!(runtime_needs("psycopg", &none).is_some());
        assert!(runtime_needs("psycopg", &BTreeSet::from(["binary".to_owned()])).is_none());
        assert!(runtime_needs("psycopg2-binary", &none).is_some_and(|need| need.concepts("debian").is_empty()));
        assert!(noise("ca-certificates") && is_convenience("vim"));
    }
}
