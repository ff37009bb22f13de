//! The words of a tag, and the system they name.

use super::tables::{base_of, codename, codenames_of_tag, patches, release_of_tag, system_image, tracked};
use crate::model::{Known, Reason};

pub(super) const HOLE: char = '\u{1}';
pub(super) const SYSTEMS: [&str; 11] = [
    "debian",
    "ubuntu",
    "alpine",
    "rockylinux",
    "almalinux",
    "amazonlinux",
    "fedora",
    "centos",
    "oraclelinux",
    "buildpack-deps",
    "rhel",
];

pub(super) fn unknown(text: &str) -> Known<String> {
    Known::Unknown(Reason::new(text))
}

pub(super) fn one(text: &str) -> Known<String> {
    Known::One(text.to_owned())
}

/// The words of a tag as far as they are known.
pub(super) struct Tag<'a> {
    pub(super) text: &'a str,
    pub(super) words: Vec<&'a str>,
    pub(super) holes: bool,
    pub(super) version: Option<&'a str>,
}

impl<'a> Tag<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let words: Vec<&str> = text.split('-').filter(|word| !word.is_empty() && !word.contains(HOLE)).collect();
        let numeric = |word: &&&str| word.starts_with(|c: char| c.is_ascii_digit());
        let first = text.split('-').next().filter(|word| !word.contains(HOLE));
        let version = first.as_ref().filter(numeric).copied();
        Self { text, words, holes: text.contains(HOLE), version }
    }

    pub(super) fn has(&self, word: &str) -> bool {
        self.words.contains(&word)
    }

    /// The version without pre-release letters, in parts.
    pub(super) fn numbers(&self) -> Vec<&'a str> {
        let version = self.version.unwrap_or_default();
        let end = version.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(version.len());
        version.get(..end).unwrap_or_default().split('.').filter(|part| !part.is_empty()).collect()
    }
}

pub(super) fn python_in_words(tag: &Tag) -> Option<String> {
    tag.words.iter().find_map(|word| python_in_word(word))
}

/// `3.12` of `python3.12`, `py3.12`, `py312`.
pub(super) fn python_in_word(word: &str) -> Option<String> {
    let rest = word.strip_prefix("python").or_else(|| word.strip_prefix("py"))?;
    let joined = rest.strip_prefix('3').filter(|minor| !minor.is_empty() && minor.bytes().all(|b| b.is_ascii_digit()));
    minor(rest).or_else(|| joined.map(|minor| format!("3.{minor}")).filter(|version| is_python(version)))
}

/// Whether a version is one of Python's.
pub(super) fn is_python(version: &str) -> bool {
    crate::knowledge::eol::cycles("python").any(|cycle| cycle.cycle == version)
}

/// `3.12` of `3.12.4`.
pub(super) fn minor(version: &str) -> Option<String> {
    let mut parts = version.split('.');
    let (major, minor) = (parts.next()?, parts.next()?);
    let digits: String = minor.chars().take_while(char::is_ascii_digit).collect();
    (major.len() == 1 && major.chars().all(|c| c.is_ascii_digit()) && !digits.is_empty())
        .then(|| format!("{major}.{digits}"))
}

pub(super) type System = (Known<String>, Known<String>, bool);

fn release_known(release: Option<String>, why: &str) -> Known<String> {
    release.map_or_else(|| unknown(why), Known::One)
}

pub(super) fn system(name: &str, tag: &Tag, as_of: &str) -> System {
    if name == "scratch" {
        return (Known::Absent, Known::Absent, false);
    }
    if SYSTEMS.contains(&name) && name != "buildpack-deps" {
        return base_system(name, tag, as_of);
    }
    if let Some(distro) = system_image(name).filter(|distro| !distro.is_empty()) {
        let numbers = tag.numbers();
        // `stream9` is the stream of a release.
        let stream = tag.words.first().and_then(|word| word.strip_prefix("stream"));
        let named = name.split(['/', '-']).find_map(|word| codename(word).filter(|(found, _)| *found == distro)?.1);
        let release = named.or_else(|| stream.or(numbers.first().copied()).map(str::to_owned));
        return (one(distro), release_known(release, "the tag does not say the release"), false);
    }
    let in_name = name.split(['/', '-']).find_map(|word| codename(word).filter(|(_, release)| release.is_some()));
    if let Some((distro, release)) = in_name {
        return (one(distro), release_known(release, "the name does not say the release"), false);
    }
    if tag.words.iter().any(|word| word.starts_with("windowsservercore") || word.starts_with("nanoserver")) {
        return (one("windows"), unknown("a Windows image"), false);
    }
    let words: Vec<_> = tag.words.iter().filter_map(|word| codename(word)).collect();
    if let Some((distro, release)) =
        words.iter().find(|(_, release)| release.is_some()).or_else(|| words.first()).cloned()
    {
        // bitnami writes `debian-12`.
        let after = tag
            .words
            .iter()
            .skip_while(|word| **word != "debian")
            .nth(1)
            .filter(|word| word.chars().all(|c| c.is_ascii_digit()));
        let release = release.or_else(|| (distro == "debian").then(|| after.map(|word| (*word).to_owned())).flatten());
        if release.is_some() || !tracked(name) {
            return (one(distro), release_known(release, "the tag does not say the release"), false);
        }
        let (_, by_date, derived) = dated(name, tag, as_of);
        return (one(distro), by_date, derived);
    }
    if let Some(base) = base_of(name) {
        let release = (!base.release.is_empty()).then(|| base.release.clone());
        if release.is_some() || !tracked(name) {
            return (one(&base.distro), release_known(release, "the tag does not say the release"), false);
        }
    }
    if name == "ghcr.io/astral-sh/uv" && python_in_words(tag).is_none() {
        return (
            unknown("the uv image has no system of its own"),
            unknown("the uv image has no system of its own"),
            false,
        );
    }
    if name == "public.ecr.aws/lambda/python" {
        let release = tag.numbers().get(1).and_then(|part| part.parse::<u32>().ok());
        let release = release.map(|part| if part >= 12 { "2023" } else { "2" }.to_owned());
        return (one("amazonlinux"), release_known(release, "the tag does not say the version"), false);
    }
    if tracked(name) {
        return dated(name, tag, as_of);
    }
    let reason = "the image's own build is not in the repository, and its name does not say its distribution";
    (unknown(reason), unknown(reason), false)
}

fn base_system(name: &str, tag: &Tag, as_of: &str) -> System {
    let words = tag.words.iter().filter_map(|word| codename(word)).find(|(_, release)| release.is_some());
    if let Some((distro, release)) = words {
        return (one(distro), release_known(release, "the tag does not say the release"), false);
    }
    if let Some(release) = tag.text.strip_prefix(name).and_then(|rest| rest.split('.').next())
        && !release.is_empty()
        && release.bytes().all(|byte| byte.is_ascii_digit())
    {
        return (one(name), one(release), false);
    }
    let numbers = tag.numbers();
    let keep = if matches!(name, "alpine" | "ubuntu") { 2 } else { 1 };
    if numbers.len() >= keep && !tag.version.is_some_and(|version| version.len() == 8 && !version.contains('.')) {
        let release = numbers.iter().take(keep).copied().collect::<Vec<_>>().join(".");
        return (one(name), Known::One(release), false);
    }
    let key = if tag.has("latest") || tag.text == "slim" { "latest" } else { tag.text.trim_end_matches("-slim") };
    let (_, release, derived) = dated(name, &Tag::of(key), as_of);
    (one(name), release, derived)
}

/// By the table of floating tags.
fn dated(name: &str, tag: &Tag, as_of: &str) -> System {
    if tag.holes {
        // Slim images are Debian's; anything else may carry its distribution in the part that is not known.
        let distro = if tag.has("slim") && matches!(name, "python" | "node") {
            one("debian")
        } else {
            unknown("a part of the tag is not known")
        };
        return (distro, unknown("a part of the tag is not known"), false);
    }
    if let Some((_, word)) = release_of_tag(name, tag.text, as_of) {
        return from_codenames(&[word], true);
    }
    let numbers = tag.numbers();
    let flag = ["slim", "alpine"]
        .into_iter()
        .find(|flag| tag.has(flag) || tag.words.iter().any(|word| word.starts_with(*flag)));
    for length in (1..numbers.len()).rev() {
        let version = numbers.get(..length).unwrap_or_default().join(".");
        let key = flag.map_or_else(|| version.clone(), |flag| format!("{version}-{flag}"));
        let found = codenames_of_tag(name, &key, as_of);
        if found.is_empty() {
            continue;
        }
        let patch =
            numbers.get(2).and_then(|part| part.parse::<u32>().ok()).filter(|_| name == "python" && length == 2);
        if let Some(patch) = patch.filter(|_| flag != Some("alpine")) {
            return from_codenames(&at_patch(&found, &version, patch), true);
        }
        return from_codenames(&found, true);
    }
    let reason = "the table of official tags does not list the tag";
    (unknown(reason), unknown(reason), false)
}

/// The codename a patch release was last published on: the newest switch it is not older than.
fn at_patch(found: &[&'static str], version: &str, patch: u32) -> Vec<&'static str> {
    let switches: Vec<_> = patches(version).collect();
    let mut best = found.first().copied();
    for name in found.iter().skip(1) {
        match switches.iter().find(|(_, codename)| codename == name) {
            Some((first, _)) if patch >= *first => best = Some(name),
            Some(_) => {}
            None => return found.to_vec(),
        }
    }
    best.into_iter().collect()
}

fn from_codenames(names: &[&str], derived: bool) -> System {
    let systems: Option<Vec<_>> = names.iter().map(|name| codename(name)).collect();
    let Some(systems) = systems else {
        let reason = "the table of official tags does not record the release";
        return (unknown(reason), unknown(reason), false);
    };
    let Some((distro, release)) = systems.first() else { return (unknown("no release"), unknown("no release"), false) };
    if systems.iter().any(|(other, _)| other != distro) {
        let reason = "the tag was published on several distributions";
        return (unknown(reason), unknown(reason), false);
    }
    let releases: Vec<String> = systems.iter().filter_map(|(_, release)| release.clone()).collect();
    let known = match (releases.len(), release) {
        (1, Some(release)) => Known::One(release.clone()),
        (0, _) | (_, None) => unknown("the tag does not say the release"),
        _ => Known::OneOf(releases, Reason::new("the exact version was published on several releases")),
    };
    (one(distro), known, derived)
}
