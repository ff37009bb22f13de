//! The interpreters that a range of the project's leaves: setup steps and uv read `requires-python`.

use super::part::Part;
use crate::discover::{Tree, paths};
use crate::formats::locks::data::Node;
use crate::formats::locks::manifest;
use crate::formats::requirements::versions;
use crate::knowledge::eol;
use crate::model::{FileId, Span, Spanned};

/// What a version is declared in that a setup step reads from the project's range.
pub const DECLARED_IN: &str = "pyproject.toml";

/// A range in the words of pip; Poetry's and npm's signs (`^3.12`, `~3.12`) are put into them.
fn plain(range: &str) -> Option<String> {
    let range = range.trim();
    let of_poetry = range.starts_with('^') || range.starts_with('~') && !range.starts_with("~=");
    if of_poetry { versions::from_poetry(range) } else { Some(range.to_owned()) }
}

/// Whether a range allows some release of X.Y.
pub fn allows(minor: &str, range: &str) -> bool {
    (0..=40).any(|patch| versions::satisfies(&format!("{minor}.{patch}"), range) == Some(true))
}

/// The version that a range leaves, where it is one release, or the releases of one X.Y.
pub fn only(range: &str) -> Option<String> {
    let range = plain(range)?;
    if let Some(exact) = range.strip_prefix("==").map(|rest| rest.trim_start_matches('=').trim())
        && exact.split('.').count() == 3
        && exact.chars().all(|c| c.is_ascii_digit() || c == '.')
    {
        return Some(exact.to_owned());
    }
    // What is not published yet is a version like others: a range without an end leaves more than one.
    let ahead = ["3.40", "4.0"].iter().any(|minor| allows(minor, &range));
    let mut found = eol::cycles("python").filter(|cycle| allows(&cycle.cycle, &range));
    let one = found.next().filter(|_| !ahead && found.next().is_none())?;
    // `>=3.12.4,<3.12.5` leaves one release of it.
    let release = |patch: &u32| versions::satisfies(&format!("{}.{patch}", one.cycle), &range) == Some(true);
    let mut releases = (0..=40).filter(release);
    let patch = releases.next().filter(|_| releases.next().is_none());
    Some(patch.map_or_else(|| one.cycle.clone(), |patch| format!("{}.{patch}", one.cycle)))
}

/// The newest X.Y that a range leaves on a day.
pub fn newest(range: &str, as_of: &str) -> Option<String> {
    let range = plain(range)?;
    let number = |cycle: &str| cycle.split_once('.').and_then(|(_, minor)| minor.parse::<u32>().ok());
    let fits = |cycle: &&eol::Cycle| cycle.released.as_str() <= as_of && allows(&cycle.cycle, &range);
    eol::cycles("python").filter(fits).max_by_key(|cycle| number(&cycle.cycle)).map(|cycle| cycle.cycle.clone())
}

/// The range in a `pyproject.toml`: that of the project, else that of Poetry's dependencies.
pub(super) fn of_manifest(tree: &Tree, file: FileId) -> Option<Spanned<String>> {
    let manifest = tree.parsed(file, manifest::parse).ok()?;
    let poetry = || {
        let node = manifest.node.path(&["tool", "poetry", "dependencies", "python"])?;
        Some(Spanned::new(Node::text(node)?.to_owned(), node.span))
    };
    manifest.requires_python.clone().or_else(poetry)
}

/// The range of the project whose environment uv makes for a component: that of the nearest file upwards that says one.
pub(super) fn of_project(tree: &Tree, part: &Part<'_>) -> Option<Spanned<String>> {
    let folder = |file: FileId| paths::parent(tree.path(file)).to_owned();
    let source = part.installs.sources.iter().map(|source| source.file).find(|file| {
        let name = paths::name(tree.path(*file));
        name == "pyproject.toml" || name == "uv.lock"
    });
    let mut at = folder(source?);
    loop {
        let file = paths::join(&at, "pyproject.toml").and_then(|path| tree.find(&path));
        let said = file.and_then(|file| tree.parsed(file, manifest::parse).ok()?.requires_python.clone());
        if said.is_some() || at.is_empty() {
            return said;
        }
        at = paths::parent(&at).to_owned();
    }
}

/// What a setup step reads from a file that is named to it: the version and its place.
pub(super) fn of_file(tree: &Tree, path: &str) -> Option<(String, Span)> {
    let file = tree.find(&paths::join("", path)?)?;
    let range = of_manifest(tree, file)?;
    Some((only(&range.value).unwrap_or(range.value), range.span))
}

#[cfg(test)]
mod tests {
    use super::{newest, only};

    #[test]
    fn a_range_of_one_minor_is_a_version() {
        for (range, version) in [
            ("==3.12.*", Some("3.12")),
            ("~=3.13.0", Some("3.13")),
            (">=3.12.4,<3.13", Some("3.12")),
            ("==3.13.11", Some("3.13.11")),
            ("~3.11", Some("3.11")),
            (">=3.12.4,<3.12.5", Some("3.12.4")),
            (">=3.12", None),
            ("^3.12", None),
            (">=3.11,<3.13", None),
            ("nonsense", None),
        ] {
            assert_eq!(only(range).as_deref(), version, "{range}");
        }
    }

    #[test]
    fn of_an_open_range_the_newest_of_its_day_is_taken() {
        assert_eq!(newest(">=3.10", "2024-01-01").as_deref(), Some("3.12"));
        assert_eq!(newest("^3.9,<3.12", "2026-01-01").as_deref(), Some("3.11"));
        assert_eq!(newest("nonsense", "2026-01-01"), None);
    }
}
