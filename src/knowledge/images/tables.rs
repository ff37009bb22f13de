//! The tables behind images: codenames, C libraries, tags by date, runners.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::knowledge::AS_OF;
use crate::knowledge::table::{load, wildcard};

macro_rules! rows {
    ($($(#[$outer:meta])* $name:ident { $($(#[$attr:meta])* $field:ident: $type:ty),+ $(,)? })+) => {$(
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        $(#[$outer])*
        pub(super) struct $name {
            $($(#[$attr])* pub(super) $field: $type,)+
            #[expect(dead_code, reason = "kept for the reader of the table")]
            source: String,
        }
    )+};
}
rows! {
    Mirror { prefix: String }
    Codename { name: String, distro: String, release: String, #[serde(default)] glibc: String, #[serde(default)] python: String }
    #[expect(clippy::struct_field_names, reason = "the fields are the table's columns")] Libc { distro: String, libc: String }
    #[expect(clippy::struct_field_names, reason = "the fields are the table's columns")] Patch { minor: String, first_patch: u32, codename: String }
    SystemPython { distro: String, release: String, python: String }
    Lts { name: String, major: String }
    Base { repository: String, distro: String, #[serde(default)] release: String }
    CiImage { repository: String }
    SystemImage { repository: String, distro: String }
    RunnerRow { label: String, #[serde(default)] codename: String, #[serde(default)] since: String, #[serde(default)] os: String }
    Brings { package: String, image: String }
    #[expect(clippy::struct_field_names, reason = "the fields are the table's columns")] Tag { image: String, tag: String, moves: Vec<(String, String, String)>, #[serde(default)] last_listed: String }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(in crate::knowledge) struct Table {
    pub(in crate::knowledge) as_of: String,
    mirrors: Vec<Mirror>,
    codenames: Vec<Codename>,
    system_pythons: Vec<SystemPython>,
    systems: Vec<SystemImage>,
    libcs: Vec<Libc>,
    python_patches: Vec<Patch>,
    node_lts: Vec<Lts>,
    bases: Vec<Base>,
    ci_images: Vec<CiImage>,
    runners: Vec<RunnerRow>,
    brings: Vec<Brings>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(in crate::knowledge) struct TagTable {
    #[cfg_attr(not(test), expect(dead_code, reason = "the date of the other table of this module is shown"))]
    pub(in crate::knowledge) as_of: String,
    tags: Vec<Tag>,
}

pub(in crate::knowledge) const TEXT: &str = include_str!("../../../rules/knowledge/images.toml");
pub(in crate::knowledge) const TAGS: &str = include_str!("../../../rules/knowledge/image_tags.toml");

fn table() -> &'static Table {
    static CELL: OnceLock<Table> = OnceLock::new();
    load(&CELL, TEXT)
}

fn tags() -> &'static [Tag] {
    static CELL: OnceLock<TagTable> = OnceLock::new();
    &load(&CELL, TAGS).tags
}

pub(super) fn mirrors() -> impl Iterator<Item = &'static str> {
    table().mirrors.iter().map(|row| row.prefix.as_str())
}

/// Distribution and release of a word in a tag: `bookworm`, `noble`, `alpine`, `alpine3.20`, `debian12`, `ubi9`.
pub fn codename(word: &str) -> Option<(&'static str, Option<String>)> {
    if let Some(row) = table().codenames.iter().find(|row| row.name == word) {
        return Some((&row.distro, Some(row.release.clone())));
    }
    let numeric = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_digit()) && text.chars().all(|c| c.is_ascii_digit() || c == '.')
    };
    let prefixes = [
        ("alpine", "alpine"),
        ("debian", "debian"),
        ("ubuntu", "ubuntu"),
        ("oraclelinux", "oraclelinux"),
        ("ubi", "rhel"),
    ];
    prefixes.into_iter().find_map(|(prefix, distro)| {
        let rest = word.strip_prefix(prefix)?;
        match rest {
            "" if distro != "rhel" => Some((distro, None)),
            _ => numeric(rest).then(|| (distro, Some(rest.to_owned()))),
        }
    })
}

/// The C library of a distribution.
pub fn libc_of(distro: &str) -> Option<&'static str> {
    table().libcs.iter().find(|row| row.distro == distro).map(|row| row.libc.as_str())
}

/// The glibc version of a release of Debian or Ubuntu.
pub fn glibc_version(distro: &str, release: &str) -> Option<&'static str> {
    let row = table().codenames.iter().find(|row| row.distro == distro && row.release == release)?;
    (!row.glibc.is_empty()).then_some(row.glibc.as_str())
}

/// The Python that a release of a distribution ships itself.
pub fn system_python(distro: &str, release: &str) -> Option<&'static str> {
    if let Some(row) = table().codenames.iter().find(|row| row.distro == distro && row.release == release) {
        return (!row.python.is_empty()).then_some(row.python.as_str());
    }
    let below = |row: &&SystemPython| {
        release.strip_prefix(row.release.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let found = table().system_pythons.iter().filter(|row| row.distro == distro).find(below)?;
    Some(found.python.as_str())
}

/// The first patch of a minor that was published on a codename by default.
pub(super) fn patches(minor: &str) -> impl Iterator<Item = (u32, &'static str)> + use<'_> {
    table()
        .python_patches
        .iter()
        .filter(move |row| row.minor == minor)
        .map(|row| (row.first_patch, row.codename.as_str()))
}

pub(super) fn node_major(name: &str) -> Option<&'static str> {
    table().node_lts.iter().find(|row| row.name == name).map(|row| row.major.as_str())
}

/// Whether an image is one with the tools of a CI.
pub fn is_for_ci(repository: &str) -> bool {
    table().ci_images.iter().any(|row| wildcard(&row.repository, repository))
}

/// The distribution of an image of a whole system that another registry than Docker's has; empty where only its tag says it.
pub(super) fn system_image(repository: &str) -> Option<&'static str> {
    table().systems.iter().find(|row| wildcard(&row.repository, repository)).map(|row| row.distro.as_str())
}

pub(super) fn base_of(repository: &str) -> Option<&'static Base> {
    table().bases.iter().find(|row| wildcard(&row.repository, repository))
}

fn row_of(image: &str, tag: &str) -> Option<&'static Tag> {
    tags().iter().find(|row| row.image == image && row.tag == tag)
}

/// Version and codename (either may be empty) that a floating tag meant on a day; a tag that is no longer listed keeps its
/// last meaning.
pub fn release_of_tag(image: &str, tag: &str, as_of: &str) -> Option<(&'static str, &'static str)> {
    let row = row_of(image, tag)?;
    let last = row.moves.iter().rfind(|(from, _, _)| from.as_str() <= as_of)?;
    Some((&last.1, &last.2))
}

/// The version that a floating tag last meant on a named release of its system: the official images are built on the two
/// newest releases, so the tag for a release stands still when the second one after it appears.
pub(super) fn version_on(image: &str, tag: &str, release: &str, as_of: &str) -> Option<&'static str> {
    let moves = &row_of(image, tag)?.moves;
    let first = moves.iter().position(|(_, _, codename)| codename == release)?;
    let mut built_on = vec![release];
    let mut version = None;
    for (from, meant, codename) in &moves[first..] {
        if !built_on.contains(&codename.as_str()) {
            built_on.push(codename);
        }
        if built_on.len() > 2 || from.as_str() > as_of {
            break;
        }
        version = Some(meant.as_str());
    }
    version.filter(|version| !version.is_empty())
}

/// Every codename that a tag ever meant, in order; the empty one stands for "not recorded".
pub(super) fn codenames_of_tag(image: &str, tag: &str, as_of: &str) -> Vec<&'static str> {
    let mut found: Vec<&'static str> = Vec::new();
    for (from, _, codename) in row_of(image, tag).map_or(&[][..], |row| &row.moves) {
        if from.as_str() <= as_of && !found.contains(&codename.as_str()) {
            found.push(codename);
        }
    }
    found
}

/// Whether a tag is still being rebuilt on the day of the table.
pub(super) fn listed(image: &str, tag: &str) -> bool {
    row_of(image, tag).is_some_and(|row| row.last_listed.is_empty())
}

/// Whether the table knows the official image at all.
pub(super) fn tracked(image: &str) -> bool {
    tags().iter().any(|row| row.image == image)
}

/// A hosted runner.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Runner {
    /// linux, macos or windows.
    pub os: &'static str,
    /// The distribution, on Linux.
    pub distro: Option<&'static str>,
    /// Its release.
    pub release: Option<String>,
    /// Its C library.
    pub libc: Option<&'static str>,
}

/// The hosted runner of a label on the day of the table.
pub fn runner(label: &str) -> Option<Runner> {
    runner_at(label, AS_OF)
}

/// The hosted runner of a label on a day; `None` for one that only its owner knows.
pub fn runner_at(label: &str, as_of: &str) -> Option<Runner> {
    let row = table().runners.iter().rfind(|row| wildcard(&row.label, label) && row.since.as_str() <= as_of)?;
    if !row.os.is_empty() {
        return Some(Runner { os: &row.os, distro: None, release: None, libc: None });
    }
    let (distro, release) = codename(&row.codename)?;
    Some(Runner { os: "linux", distro: Some(distro), release, libc: libc_of(distro) })
}

/// The distribution packages that a Python image brings: `full`, `slim` or `alpine`.
pub fn brings(variant: &str) -> impl Iterator<Item = &'static str> + use<'_> {
    table().brings.iter().filter(move |row| row.image == variant).map(|row| row.package.as_str())
}

/// Whether the full Python image brings a concept.
pub fn full_image_brings(concept: &str) -> bool {
    brings("full").any(|package| {
        crate::knowledge::concepts::satisfies(concept, crate::knowledge::concepts::concept("apt", package))
    })
}

/// The date the tables stand for.
pub fn as_of() -> &'static str {
    &table().as_of
}
