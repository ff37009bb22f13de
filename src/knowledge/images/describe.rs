//! What a reference says of the image.

use super::reference::{Reference, parse};
use super::tables::{
    base_of, codename, codenames_of_tag, libc_of, listed, node_major, patches, release_of_tag, tracked,
};
use crate::model::{Known, Reason};

/// What a reference says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Image {
    /// The registry, docker.io when none is written.
    pub registry: String,
    /// The repository, mirrors of the Docker library folded.
    pub repository: String,
    /// The tag, where one is written.
    pub tag: Option<String>,
    /// The digest, where one is written.
    pub digest: Option<String>,
    /// digest, exact, floating or none.
    pub pin: &'static str,
    /// debian, ubuntu, alpine …
    pub distro: Known<String>,
    /// `12`, `3.20` …
    pub release: Known<String>,
    /// glibc or musl.
    pub libc: Known<String>,
    /// full, slim, alpine.
    pub variant: Known<String>,
    /// The minor of the image's Python, `3.12`.
    pub python: Known<String>,
    /// The major of the image's Node.
    pub node: Known<String>,
    /// Whether it is the full Python image, with build tools and headers.
    pub full: Option<bool>,
    /// Whether the release came from the table of floating tags.
    pub derived: bool,
    /// Whether the tag is an official one that is no longer rebuilt.
    pub retired: bool,
}

impl Image {
    /// The repository with its registry, unless that is docker.io.
    pub fn name(&self) -> String {
        if self.registry == "docker.io" {
            self.repository.clone()
        } else {
            format!("{}/{}", self.registry, self.repository)
        }
    }
}

const HOLE: char = '\u{1}';
const SYSTEMS: [&str; 11] = [
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

fn unknown(text: &str) -> Known<String> {
    Known::Unknown(Reason::new(text))
}

fn one(text: &str) -> Known<String> {
    Known::One(text.to_owned())
}

/// Describes a reference as it stood on a day (`YYYY-MM-DD`).
pub fn describe(reference: &str, as_of: &str) -> Image {
    let parts = parse(reference);
    let tag = parts.tag.clone().unwrap_or_else(|| if parts.digest.is_some() { String::new() } else { "latest".into() });
    read(parts, &tag, as_of)
}

/// Describes an image whose tag has unknown parts, written `${…}`: only the words around them speak.
pub fn describe_parts(repository: &str, tag_pattern: &str) -> Image {
    let mut tag = String::new();
    let mut rest = tag_pattern;
    while let Some((before, after)) = rest.split_once("${") {
        tag.push_str(before);
        tag.push(HOLE);
        rest = after.split_once('}').map_or("", |(_, tail)| tail);
    }
    tag.push_str(rest);
    let parts = Reference { tag: Some(tag_pattern.to_owned()), ..parse(repository) };
    read(parts, &tag, crate::knowledge::AS_OF)
}

/// The words of a tag as far as they are known.
struct Tag<'a> {
    text: &'a str,
    words: Vec<&'a str>,
    holes: bool,
    version: Option<&'a str>,
}

impl<'a> Tag<'a> {
    fn of(text: &'a str) -> Self {
        let words: Vec<&str> = text.split('-').filter(|word| !word.is_empty() && !word.contains(HOLE)).collect();
        let numeric = |word: &&&str| word.starts_with(|c: char| c.is_ascii_digit());
        let first = text.split('-').next().filter(|word| !word.contains(HOLE));
        let version = first.as_ref().filter(numeric).copied();
        Self { text, words, holes: text.contains(HOLE), version }
    }

    fn has(&self, word: &str) -> bool {
        self.words.contains(&word)
    }

    /// The version without pre-release letters, in parts.
    fn numbers(&self) -> Vec<&'a str> {
        let version = self.version.unwrap_or_default();
        let end = version.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(version.len());
        version.get(..end).unwrap_or_default().split('.').filter(|part| !part.is_empty()).collect()
    }
}

fn python_in_words(tag: &Tag) -> Option<String> {
    tag.words.iter().find_map(|word| minor(word.strip_prefix("python").or_else(|| word.strip_prefix("py"))?))
}

/// `3.12` of `3.12.4`.
fn minor(version: &str) -> Option<String> {
    let mut parts = version.split('.');
    let (major, minor) = (parts.next()?, parts.next()?);
    let digits: String = minor.chars().take_while(char::is_ascii_digit).collect();
    (major.len() == 1 && major.chars().all(|c| c.is_ascii_digit()) && !digits.is_empty())
        .then(|| format!("{major}.{digits}"))
}

fn is_python(name: &str) -> bool {
    name == "python"
        || name == "pypy"
        || name.ends_with("devcontainers/python")
        || name == "cimg/python"
        || name == "circleci/python"
        || name == "public.ecr.aws/lambda/python"
}

fn read(parts: Reference, text: &str, as_of: &str) -> Image {
    let name = parts.name();
    let tag = Tag::of(text);
    let (distro, release, derived) = system(&name, &tag, as_of);
    let libc = match &distro {
        Known::One(distro) => libc_of(distro).map_or_else(|| unknown("the distribution's C library is not known"), one),
        Known::Unknown(reason) => Known::Unknown(reason.clone()),
        _ => unknown("the distribution is not decided"),
    };
    let variant = variant(&name, &tag, &distro);
    let python = python(&name, &tag, as_of, &distro, &release);
    let pythonic = name == "python"
        || name.ends_with("devcontainers/python")
        || name == "ghcr.io/astral-sh/uv" && python.one().is_some();
    let full = match variant.one().map(String::as_str) {
        Some("full") if pythonic && distro.one().is_some() => Some(true),
        Some("slim" | "alpine") => Some(false),
        _ => None,
    };
    let pin = pin(&parts, &tag, &name, derived);
    let retired = tracked(&parts.repository)
        && !tag.holes
        && release_of_tag(&name, text, as_of).is_some()
        && !listed(&name, text);
    let node = node(&name, &tag, as_of);
    Image {
        registry: parts.registry,
        repository: parts.repository,
        tag: parts.tag,
        digest: parts.digest,
        pin,
        distro,
        release,
        libc,
        variant,
        python,
        node,
        full,
        derived,
        retired,
    }
}

type System = (Known<String>, Known<String>, bool);

fn release_known(release: Option<String>, why: &str) -> Known<String> {
    release.map_or_else(|| unknown(why), Known::One)
}

fn system(name: &str, tag: &Tag, as_of: &str) -> System {
    if name == "scratch" {
        return (Known::Absent, Known::Absent, false);
    }
    if SYSTEMS.contains(&name) && name != "buildpack-deps" {
        return base_system(name, tag, as_of);
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

fn variant(name: &str, tag: &Tag, distro: &Known<String>) -> Known<String> {
    if distro.one().is_some_and(|distro| distro == "alpine") {
        return one("alpine");
    }
    if tag.has("slim") {
        return one("slim");
    }
    let official = tracked(name) || is_python(name) || name == "ghcr.io/astral-sh/uv";
    if official && !tag.holes && distro.one().is_some() {
        one("full")
    } else {
        unknown("the image's variants are not known")
    }
}

fn python(name: &str, tag: &Tag, as_of: &str, distro: &Known<String>, release: &Known<String>) -> Known<String> {
    if let Some(version) = python_in_words(tag) {
        return Known::One(version);
    }
    if is_python(name) {
        let stated = tag.words.iter().take(2).find_map(|word| minor(word));
        if let Some(version) = stated.filter(|_| !tag.holes || tag.version.is_some()) {
            return Known::One(version);
        }
        let by_date = release_of_tag(name, tag.text, as_of).or_else(|| {
            let version =
                tag.words.iter().copied().filter(|word| codename(word).is_none_or(|(_, release)| release.is_none()));
            let key = version.collect::<Vec<_>>().join("-");
            release_of_tag(name, if key.is_empty() { "latest" } else { &key }, as_of)
        });
        return match by_date.filter(|(version, _)| !version.is_empty() && !tag.holes) {
            Some((version, _)) => one(version),
            None => unknown("the tag does not say the Python version"),
        };
    }
    // `ubi9/python-312`, `python3-debian12` (the system's own Python).
    let last = name.rsplit('/').next().unwrap_or(name);
    if let Some(digits) =
        last.strip_prefix("python-").filter(|rest| rest.len() > 1 && rest.chars().all(|c| c.is_ascii_digit()))
    {
        let (major, minor) = digits.split_at(1);
        return Known::One(format!("{major}.{minor}"));
    }
    if last.starts_with("python3-debian") {
        let own =
            distro.one().zip(release.one()).and_then(|(distro, release)| super::tables::system_python(distro, release));
        return own.map_or_else(|| unknown("the release's own Python is not known"), one);
    }
    if tracked(name) || SYSTEMS.contains(&name) {
        Known::Absent
    } else {
        unknown("the image's name does not say its Python")
    }
}

fn node(name: &str, tag: &Tag, as_of: &str) -> Known<String> {
    if name != "node" && name != "cimg/node" {
        return if tracked(name) || SYSTEMS.contains(&name) {
            Known::Absent
        } else {
            unknown("the image's name does not say its Node")
        };
    }
    if let Some(major) = tag.numbers().first() {
        return one(major);
    }
    let named = tag.words.iter().find_map(|word| node_major(word));
    let dated = release_of_tag(name, tag.text, as_of).map(|(version, _)| version).filter(|version| !version.is_empty());
    named.or(dated.filter(|_| !tag.holes)).map_or_else(|| unknown("the tag does not say the Node version"), one)
}

fn pin(parts: &Reference, tag: &Tag, name: &str, derived: bool) -> &'static str {
    if parts.digest.is_some() {
        return "digest";
    }
    if parts.tag.is_none() {
        return "none";
    }
    let text = tag.text.strip_prefix('v').unwrap_or(tag.text);
    let numbers = Tag::of(text).numbers().len();
    let commit =
        text.len() >= 7 && text.chars().all(|c| c.is_ascii_hexdigit()) && text.contains(|c: char| c.is_ascii_digit());
    let whole = if name == "postgres" { 2 } else { 3 };
    let snapshot = SYSTEMS.contains(&name)
        && tag.words.iter().any(|word| word.len() >= 8 && word.chars().all(|c| c.is_ascii_digit()));
    let placed =
        !tracked(name) || tag.words.iter().any(|word| codename(word).is_some_and(|(_, release)| release.is_some()));
    if !tag.holes && (snapshot || commit && !tracked(name) || numbers >= whole && placed && !derived) {
        "exact"
    } else {
        "floating"
    }
}
