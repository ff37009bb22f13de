//! Wheels that are compiled where they are installed after all.

use crate::formats::requirements::versions;
use crate::knowledge::concepts;
use crate::resolve::part::{PackagePart, Part};

/// Whether a wheel's distribution is compiled against the system's library after all: where the installer is told to, or where
/// its version has no wheel for the Python or the C library there.
pub(super) fn is_here(part: &Part<'_>, name: &str, found: &PackagePart) -> bool {
    let command = &found.installed_by.value;
    let told = command.split_once("--no-binary").is_some_and(|(_, rest)| {
        let named = rest.trim_start_matches(['=', ' ']).split_whitespace().next().unwrap_or_default();
        named.split(',').any(|one| one == ":all:" || one == name)
    });
    told || on(part).iter().any(|on| concepts::first_wheel(name, on).is_some_and(|first| is_older(found, first)))
}

/// What a wheel has to be built for: the Python, as X.Y, and the C library.
fn on(part: &Part<'_>) -> Vec<String> {
    // What an image of no version brings is another Python from one day to the next.
    let mut pythons = part.runtimes.iter().filter(|runtime| runtime.tool == "python");
    let sure = pythons.next().filter(|runtime| !runtime.certainty.is_default());
    let python = sure.and_then(|runtime| runtime.version.one());
    let python = python.map(|python| python.splitn(3, '.').take(2).collect::<Vec<_>>().join("."));
    let libc = part.image.as_ref().and_then(|image| image.about.as_ref()).and_then(|about| about.libc.one().cloned());
    python.into_iter().chain(libc).collect()
}

/// Whether all versions that may be installed come before one.
fn is_older(found: &PackagePart, first: &str) -> bool {
    let before = format!("<{first}");
    if let Some(version) = &found.package.version {
        return versions::satisfies(&version.value, &before) == Some(true);
    }
    let Some(specifier) = &found.package.specifier else { return false };
    // A range that ends before it: the numbers it names come first, and it leaves later ones out.
    let parts: Vec<&str> = specifier.value.split(',').map(str::trim).collect();
    let number = |part: &str| part.trim_start_matches(['<', '>', '=', '~', '!', ' ']).trim_end_matches(".*").to_owned();
    let earlier = |part: &&str| versions::satisfies(&number(part), &format!("<={first}")) == Some(true);
    let ends = parts.iter().any(|part| ["<", "~=", "=="].iter().any(|sign| part.starts_with(sign)));
    ends && parts.iter().all(earlier) && versions::satisfies(first, &specifier.value) == Some(false)
}
