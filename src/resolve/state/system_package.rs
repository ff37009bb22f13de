//! Packages of the distribution, and the libraries that Python packages need at run time.

use std::collections::BTreeMap;

use super::{Statements, client};
use crate::discover::Tree;
use crate::knowledge::{concepts, images, packages};
use crate::model::{Attr, Certainty, Dimension, Known, Origin, Reason, Value};
use crate::resolve::left_behind;
use crate::resolve::part::{Host, ImagePart, Part, SystemPart};

/// States the packages of a component.
pub fn state(statements: &mut Statements, part: &Part<'_>, tree: &Tree) {
    if part.host == Host::Machine
        || part.image.as_ref().is_none_or(|image| image.dockerfile.is_none()) && part.host == Host::Container
    {
        return;
    }
    statements.covers(Some(&part.name), Dimension::SystemPackage, part.installs.system_complete.clone());
    for package in &part.installs.system {
        let origin = Origin::set(package.span);
        let mut fact = statements.about(Some(&part.name), Dimension::SystemPackage, &package.concept);
        match &package.maybe {
            Some(reason) => fact.attr("package", Attr::unknown(reason.clone(), origin.clone())),
            None => fact.text("package", &package.package, &origin),
        };
        fact.text("manager", package.manager, &origin).text("stage", &package.stage, &origin);
        if let Some(version) = &package.version {
            fact.text("version", version, &origin);
        }
        fact.text("purpose", concepts::purpose(&package.concept, &package.package), &origin);
        client::state(&mut fact, part, package, tree);
        if let Some((release, instead)) = gone(part, package, tree) {
            fact.text("gone", release, &origin);
            if !instead.is_empty() {
                fact.text("instead", instead, &origin);
            }
        }
    }
    brought_by_headers(statements, part);
    if part.host == Host::Container {
        needed_libraries(statements, part);
    }
    for package in left_behind::system(&part.installs) {
        if !statements.speaks(Some(&part.name), Dimension::SystemPackage, &package.concept) {
            let origin = Origin::set(package.span);
            let absent = Attr { value: Known::Absent, certainty: Certainty::Stated, origin: origin.clone() };
            let mut fact = statements.about(Some(&part.name), Dimension::SystemPackage, &package.concept);
            fact.attr("package", absent).text("stage", &package.stage, &origin).bool("left_behind", true, &origin);
        }
    }
}

/// A -dev package brings its library: the library is there too.
fn brought_by_headers(statements: &mut Statements, part: &Part<'_>) {
    let there = |concept: &str| part.installs.system.iter().any(|package| package.concept == concept);
    for package in part.installs.system.iter().filter(|package| package.maybe.is_none()) {
        let Some(library) = package.concept.strip_suffix("-dev").filter(|library| !there(library)) else { continue };
        let origin = Origin::set(package.span);
        let mut fact = statements.about(Some(&part.name), Dimension::SystemPackage, library);
        fact.text("package", &package.package, &origin).text("purpose", "headers", &origin);
    }
}

/// The release that a package is asked of, and what to write instead, where that release has it no more.
fn gone(part: &Part<'_>, package: &SystemPart, tree: &Tree) -> Option<(String, &'static str)> {
    let about = part.image.as_ref()?.about.as_ref()?;
    let (distro, release) = (about.distro.one()?, about.release.one()?);
    let text = tree.text(package.span.file).unwrap_or_default();
    let own = package.version.is_some() || adds_archive(text);
    let family = concepts::family(package.manager) == Some("debian");
    let row = packages::removed(&package.package)?;
    let is_gone = family && !own && packages::is_gone(&package.package, distro, release) == Some(true);
    is_gone.then(|| (format!("{distro} {release}"), row.r#use.as_str()))
}

/// Whether a text gives apt another archive: by a line of its own, its key, or a package that brings it.
fn adds_archive(text: &str) -> bool {
    let said = ["add-apt-repository", "apt-key", "extrepo ", "keyrings", "sources.list", "trusted.gpg.d"];
    let brings = |word: &str| {
        let package = word.trim_matches(['"', '\'']).rsplit('/').next().unwrap_or_default();
        package.ends_with(".deb")
            && ["apt-config", "apt-source", "packages-", "release", "repo"].iter().any(|part| package.contains(part))
    };
    said.iter().any(|word| text.contains(word)) || text.split_whitespace().any(brings)
}

/// One thing that packages need at run time: alternatives, who needs it, and the place of the first.
struct Needed {
    alternatives: Vec<&'static str>,
    by: Vec<String>,
    origin: Origin,
    sure: bool,
}

/// What the installed Python packages need on a distribution, by the preferred alternative.
fn needs(part: &Part<'_>, distro: &str, libc: &str) -> BTreeMap<&'static str, Needed> {
    let mut needed: BTreeMap<&'static str, Needed> = BTreeMap::new();
    for (name, found) in &part.installs.packages {
        let package = &found.package;
        let Some(need) = concepts::runtime_needs(name, &package.extras) else { continue };
        let brought = name == "psycopg" && part.installs.packages.contains_key("psycopg-binary");
        let own_copy = package.version.as_ref().is_some_and(|version| need.bundles(&version.value, libc));
        if brought || own_copy || package.bundled || package.applies == Some(false) {
            continue;
        }
        let sure = (need.certainty == "sure") && found.maybe.is_none() && package.applies.is_some();
        let bundled = !need.wheels.iter().any(|wheel| wheel == "pure") && !need.compiles(libc);
        for alternatives in need.concepts(distro) {
            let Some(first) = alternatives.first().copied() else { continue };
            let new = || Needed { alternatives, by: Vec::new(), origin: package.origin.clone(), sure: false };
            let entry = needed.entry(first).or_insert_with(new);
            entry.by.push(name.clone());
            entry.sure |= sure && !bundled;
        }
    }
    needed
}

/// States for every library that a package needs who provides it, or that surely nothing does.
fn needed_libraries(statements: &mut Statements, part: &Part<'_>) {
    let Some(image) = &part.image else { return };
    let base = image.about.as_ref().and_then(|about| Some((about, about.distro.one()?, about.libc.one()?)));
    // Of an unknown base only what is needed can be said, by the most common names.
    let (distro, libc) = base.map_or(("debian", "glibc"), |(_, distro, libc)| (distro.as_str(), libc.as_str()));
    for (concept, needed) in needs(part, distro, libc) {
        let fits =
            |package: &&SystemPart| needed.alternatives.iter().any(|need| concepts::satisfies(need, &package.concept));
        let provided = match (part.installs.system.iter().find(fits), base) {
            (Some(package), _) => match &package.maybe {
                None => Attr::text(&package.package, Origin::set(package.span)),
                Some(reason) => Attr::unknown(reason.clone(), Origin::set(package.span)),
            },
            (None, None) => Attr::unknown(Reason::new("what the base image holds is not known"), needed.origin.clone()),
            (None, Some((about, _, _))) => by_base(part, image, about, distro, &needed),
        };
        let mut fact = statements.about(Some(&part.name), Dimension::SystemPackage, concept);
        fact.list("needed_by", needed.by, &needed.origin);
        let named = concepts::packages_of(concept, distro).first();
        let beside = part.installs.system.iter().rev().find(|package| package.maybe.is_none());
        if let (Known::Absent, Some(named), Some(beside)) = (&provided.value, named, beside) {
            let origin = Origin::set(beside.span);
            fact.text("beside", &beside.package, &origin).text("would_bring", named, &origin);
        }
        fact.attr("provided_by", provided);
    }
}

/// What the base image says of a library that nothing installs.
fn by_base(part: &Part<'_>, image: &ImagePart, about: &images::Image, distro: &str, needed: &Needed) -> Attr {
    let in_full = needed.alternatives.iter().any(|need| images::full_image_brings(need));
    if about.full == Some(true) && in_full {
        return Attr::text("the full image", image.origin.clone());
    }
    if in_base(about, distro, &needed.alternatives) {
        return Attr::text("the base image", image.origin.clone());
    }
    let value = absent(part, needed.sure, about.full, in_full);
    Attr { value, certainty: Certainty::Stated, origin: needed.origin.clone() }
}

/// Whether the base image brings one of several alternatives by itself.
fn in_base(about: &images::Image, distro: &str, alternatives: &[&str]) -> bool {
    let Some(variant) = about.variant.one() else { return false };
    let brought = |package: &str| {
        let concept = concepts::concept(distro, package);
        alternatives.iter().any(|need| *need == package || concepts::satisfies(need, concept))
    };
    variant != "full" && images::brings(variant).any(brought)
}

fn absent(part: &Part<'_>, sure: bool, full: Option<bool>, in_full: bool) -> Known<Value> {
    if let Err(reason) = &part.installs.system_complete {
        return Known::Unknown(reason.clone());
    }
    if part.installs.copied_libraries {
        return Known::Unknown(Reason::new("libraries are copied from another stage"));
    }
    let other = |package: &&SystemPart| !concepts::brings_what_is_known(package.manager, &package.package);
    if let Some(package) = part.installs.system.iter().find(other) {
        return Known::Unknown(Reason::at(format!("what {} brings along is not known", package.package), package.span));
    }
    if !sure {
        return Known::Unknown(Reason::new("whether it is needed depends on the wheel"));
    }
    match full {
        Some(false) => Known::Absent,
        Some(true) if !in_full => Known::Absent,
        _ => Known::Unknown(Reason::new("what the base image holds is not known")),
    }
}

#[cfg(test)]
mod tests {
    use super::adds_archive;

    #[test]
    fn an_archive_is_added_by_its_line_its_key_or_a_package_that_brings_it() {
        for text in [
            "RUN add-apt-repository ppa:a/b",
            "RUN dpkg -i /tmp/mysql-apt-config_0.8.30-1_all.deb && apt-get update",
            "RUN apt-get install -y ./percona-release_latest.generic_all.deb",
            "RUN apt-key adv --recv 1234",
        ] {
            assert!(adds_archive(text), "{text}");
        }
        assert!(!adds_archive("RUN dpkg -i wkhtmltox_0.12.6.deb && apt-get install -y libmysqlclient-dev"));
    }
}
