//! Interpreters.

use super::Statements;
use crate::discover::{Tree, paths};
use crate::formats::locks::manifest;
use crate::formats::metadata;
use crate::formats::requirements::versions;
use crate::knowledge::eol;
use crate::links::Container;
use crate::model::{Certainty, Dimension, Known, Origin, Spanned};
use crate::resolve::build::BUILD_STAGE;
use crate::resolve::interpreters::OF_SYSTEM;
use crate::resolve::part::Part;
use crate::resolve::picked::{PICKED, is_open};

/// X.Y of a version, if it fixes it.
fn minor(version: &str) -> Option<String> {
    let mut parts = version.trim_start_matches(['v', '=']).split('.');
    let (major, minor) = (parts.next()?, parts.next()?);
    let digits = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    let minor: String = minor.chars().take_while(char::is_ascii_digit).collect();
    (digits(major) && digits(&minor)).then(|| format!("{major}.{minor}"))
}

/// Whether a version is X.Y.Z.
fn is_exact(version: &str) -> bool {
    let mut parts = version.split('.');
    parts.by_ref().take(3).filter(|part| part.parse::<u32>().is_ok()).count() == 3 && parts.next().is_none()
}

/// Whether a range leaves a version out; of X.Y, its first and its last release.
fn excluded(version: &str, range: &str) -> bool {
    let range = range.trim();
    let range = if range.starts_with(['^', '~']) && !range.starts_with("~=") {
        versions::from_poetry(range)
    } else {
        Some(range.to_owned())
    };
    let Some(range) = range.filter(|_| minor(version).is_some()) else { return false };
    let all = if is_exact(version) {
        vec![version.to_owned()]
    } else {
        vec![format!("{version}.0"), format!("{version}.99")]
    };
    all.iter().all(|version| versions::satisfies(version, &range) == Some(false))
}

/// The newest X.Y that a floating `3` or `3.x` of a setup step means on a day: it takes the newest release.
fn newest(version: &str, as_of: &str) -> Option<String> {
    let major = version.strip_suffix(".x").unwrap_or(version);
    if major.is_empty() || !major.chars().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let number = |cycle: &str| cycle.split_once('.').and_then(|(_, minor)| minor.parse::<u32>().ok());
    let fits = |cycle: &&eol::Cycle| cycle.cycle.starts_with(&format!("{major}.")) && cycle.released.as_str() <= as_of;
    eol::cycles("python").filter(fits).max_by_key(|cycle| number(&cycle.cycle)).map(|cycle| cycle.cycle.clone())
}

/// The versions of Python that the project in a folder, or at the root, says it needs.
fn needs_python(tree: &Tree, folder: &str) -> Option<Spanned<String>> {
    let folders = if folder.is_empty() || folder == "." { vec![""] } else { vec![folder, ""] };
    folders.into_iter().find_map(|folder| {
        let project = paths::join(folder, "pyproject.toml").and_then(|path| tree.find(&path));
        let project = project.and_then(|file| tree.parsed(file, manifest::parse).ok());
        let declared = project.and_then(|manifest| manifest.requires_python.clone());
        declared.or_else(|| metadata::of(tree, folder)?.requires_python)
    })
}

/// States the interpreters of a component; of several declarations of one tool the first is effective.
pub fn state(statements: &mut Statements, part: &Part<'_>, tree: &Tree, as_of: &str) {
    let needs = needs_python(tree, &part.folder);
    // An image that never sees the project's declaration runs something else of the repository.
    let built = part.image.as_ref().is_some_and(|image| image.dockerfile.is_some());
    let seen_there = |needs: &&Spanned<String>| {
        let inside = |container: &Container<'_>| container.inside(needs.span.file).is_some();
        !built || part.installs.sources.is_empty() || part.container.as_ref().is_none_or(inside)
    };
    let needs = needs.as_ref().filter(seen_there);
    let mut seen = Vec::new();
    for runtime in &part.runtimes {
        if seen.contains(&runtime.tool) {
            continue;
        }
        seen.push(runtime.tool);
        let mut fact = statements.about(Some(&part.name), Dimension::Runtime, runtime.tool);
        fact.known("version", runtime.version.clone(), &runtime.certainty, &runtime.origin);
        fact.text("declared_in", runtime.declared_in, &runtime.origin);
        let range = needs.filter(|needs| runtime.declared_in == PICKED && is_open(&needs.value));
        if let Some(range) = range {
            fact.bool("floating", true, &runtime.origin).text("allowed", &range.value, &Origin::set(range.span));
        }
        let values = runtime.version.values();
        if values.is_empty() {
            continue;
        }
        let minors: Option<Vec<String>> = values.iter().map(|version| minor(version)).collect();
        let fixed = |version: &String| minor(version.trim_start_matches("pypy").trim_start_matches('-')).is_some();
        let open = matches!(runtime.certainty, Certainty::Default { variable: None });
        fact.bool("floating", open || !values.iter().all(fixed), &runtime.origin);
        let exact = runtime.version.one().filter(|version| is_exact(version));
        if let Some(exact) = exact {
            fact.known("exact", Known::One(exact.clone()), &runtime.certainty, &runtime.origin);
        }
        let runs = runtime.declared_in != BUILD_STAGE;
        if let Some(day) =
            runtime.version.one().filter(|_| runs).and_then(|version| eol::end(runtime.tool, version, as_of))
        {
            let day = day.map_or(Known::Absent, |day| Known::One(day.to_owned()));
            fact.known("ended", day, &runtime.certainty, &runtime.origin);
        }
        if let (Some(version), Some(needs)) = (runtime.version.one(), needs.filter(|_| runtime.tool == "python"))
            && excluded(version, &needs.value)
            // A Python beside another interpreter, with nothing of the project installed for it, serves tools.
            && (runtime.declared_in != OF_SYSTEM || !part.installs.sources.is_empty())
        {
            fact.text("excluded_by", &needs.value, &Origin::set(needs.span));
        }
        let setup = runtime.tool == "python" && runtime.declared_in == "setup-python";
        let floating =
            runtime.version.one().filter(|_| setup && minors.is_none()).and_then(|version| newest(version, as_of));
        if let Some(newest) = floating {
            let certainty = Certainty::Default { variable: None };
            fact.known("minor", Known::One(newest), &certainty, &runtime.origin);
        }
        let Some(minors) = minors else { continue };
        let mut at = minors.into_iter();
        let value = runtime.version.clone().map(|_| at.next().unwrap_or_default());
        let value = match value {
            Known::Every(mut all, why) => {
                all.dedup();
                if all.len() == 1 { Known::One(all.remove(0)) } else { Known::Every(all, why) }
            }
            value => value,
        };
        fact.known("minor", value, &runtime.certainty, &runtime.origin);
    }
}

#[cfg(test)]
mod tests {
    use super::{excluded, minor, newest};

    #[test]
    fn a_floating_major_means_the_newest_release_of_its_day() {
        assert_eq!(newest("3.x", "2026-08-22").as_deref(), Some("3.14"));
        assert_eq!(newest("3", "2021-01-01").as_deref(), Some("3.9"));
        assert_eq!(newest("3.8", "2026-08-22"), None);
    }

    #[test]
    fn a_range_leaves_a_minor_out_only_with_all_its_releases() {
        for (version, range, out) in [
            ("3.12", ">=3.13", true),
            ("3.12", ">=3.12.4", false),
            ("3.12.2", ">=3.12.4", true),
            ("3.11", "^3.12", true),
            ("3.13", "^3.12", false),
            ("3.13", ">=3.11,<3.13", true),
            ("3", ">=3.13", false),
            ("3.12", "nonsense", false),
        ] {
            assert_eq!(excluded(version, range), out, "{version} {range}");
        }
    }

    #[test]
    fn a_minor_needs_two_numbers() {
        assert_eq!(minor("3.12.4").as_deref(), Some("3.12"));
        assert_eq!(minor("3.x"), None);
        assert_eq!(minor("3"), None);
        assert_eq!(minor("3.13-dev").as_deref(), Some("3.13"));
    }
}
