//! What a reference says of the image.

use super::reference::{Reference, parse};
use super::system::{
    HOLE, SYSTEMS, Tag, is_python as is_python_version, minor, one, python_in_word, python_in_words, system, unknown,
};
use super::tables::{codename, libc_of, listed, node_major, release_of_tag, system_image, tracked, version_on};
use crate::model::Known;

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
    /// The version of the image's Node, as long as the tag says it.
    pub node: Known<String>,
    /// Whether it is the full Python image, with build tools and headers.
    pub full: Option<bool>,
    /// Whether the release came from the table of floating tags.
    pub derived: bool,
    /// Whether the tag is an official one that is no longer rebuilt, or its publisher has withdrawn it.
    pub retired: bool,
    /// Whether the tag names no version.
    pub moving: bool,
    /// Whether the tag leaves the minor of the image's Python open.
    pub python_floats: bool,
    /// The full version of the image's Python, where the tag says it.
    pub python_exact: Option<String>,
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

fn is_python(name: &str) -> bool {
    name == "python"
        || name == "pypy"
        || name.ends_with("devcontainers/python")
        || name == "cimg/python"
        || name == "circleci/python"
        || name == "public.ecr.aws/lambda/python"
}

/// Words beside which `python` in a name still says what the tag's number is of.
const BESIDE: [&str; 14] = [
    "base",
    "baseimage",
    "image",
    "build",
    "builder",
    "runtime",
    "dev",
    "poetry",
    "uv",
    "pipenv",
    "slim",
    "alpine",
    "debian",
    "ubuntu",
];

/// Whether an image is one of Python by the end of its name, whoever builds it: `dhi.io/python`, `acme/ol-python-base`.
fn ends_in_python(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or(name);
    let words: Vec<&str> = last.split(['-', '_']).collect();
    let at = words.iter().position(|word| *word == "python" || *word == "python3");
    at.is_some_and(|at| words[at + 1..].iter().all(|word| BESIDE.contains(word)))
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
    let superseded = tracked(&parts.repository)
        && !tag.holes
        && text != "latest"
        && release_of_tag(&name, text, as_of).is_some()
        && !listed(&name, text);
    let retired = superseded || name.starts_with("bitnami/");
    let moving = parts.digest.is_none() && !tag.holes && moving(&name, &parts.repository, &tag);
    let python_floats = is_python(&name) && !text.is_empty() && !tag.words.iter().any(|word| minor(word).is_some());
    let python_exact = python.one().and_then(|minor| {
        let mut words = tag.words.iter().map(|word| word.strip_prefix("python").unwrap_or(word));
        words.find(|word| word.strip_prefix(minor.as_str()).is_some_and(is_patch)).map(str::to_owned)
    });
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
        moving,
        python_floats,
        python_exact,
    }
}

/// `.4` after a minor.
fn is_patch(rest: &str) -> bool {
    rest.strip_prefix('.').is_some_and(|patch| !patch.is_empty() && patch.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Tags that name a channel, never a version.
const CHANNELS: [&str; 14] = [
    "latest", "lts", "stable", "edge", "rolling", "mainline", "nightly", "main", "master", "current", "unstable",
    "dev", "canary", "next",
];

/// Whether a tag names no version: a channel, or only the variant of an official image.
fn moving(name: &str, repository: &str, tag: &Tag) -> bool {
    let Some(first) = tag.words.first() else { return true };
    if CHANNELS.contains(first) {
        return true;
    }
    let system = SYSTEMS.contains(&name);
    let says = |word: &&str| {
        codename(word).is_none() && word.bytes().any(|byte| byte.is_ascii_digit())
            || super::tables::node_major(word).is_some()
    };
    !system && tracked(repository) && !repository.contains('/') && !tag.words.iter().any(says)
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
    if tag.text.is_empty() {
        return unknown("a digest says which image it is, not which Python it holds");
    }
    if is_python(name) {
        // An image for development may carry a number of its own before the language's.
        let old = |version: &String| version.starts_with(['0', '1']);
        let stated = tag.words.iter().take(2).filter_map(|word| minor(word)).find(|version| !old(version));
        if let Some(version) = stated.filter(|_| !tag.holes || tag.version.is_some()) {
            return Known::One(version);
        }
        return match by_date(name, tag, as_of).filter(|_| !tag.holes) {
            Some(version) => one(version),
            None => unknown("the tag does not say the Python version"),
        };
    }
    let last = name.rsplit('/').next().unwrap_or(name);
    // The first number is the language's where it is one of its own, and nothing else.
    let stated = tag.words.iter().take(2).find_map(|word| minor(word));
    if let Some(version) = stated.filter(|version| ends_in_python(name) && is_python_version(version)) {
        return Known::One(version);
    }
    // `acme/python_3.8`, `sam/build-python3.11`, `acme/py312`.
    let joined = last.strip_prefix("python_").or_else(|| last.strip_prefix("python-"));
    let named = last.split(['-', '_']).find_map(python_in_word).or_else(|| minor(joined?));
    if let Some(version) = named.filter(|version| is_python_version(version)) {
        return Known::One(version);
    }
    // `ubi9/python-312-minimal`, `python3-debian12` (the system's own Python).
    let digits = last.strip_prefix("python-").and_then(|rest| rest.split('-').next());
    if let Some(digits) = digits.filter(|rest| rest.len() > 1 && rest.chars().all(|c| c.is_ascii_digit())) {
        let (major, minor) = digits.split_at(1);
        return Known::One(format!("{major}.{minor}"));
    }
    if last.starts_with("python3-debian") {
        let own =
            distro.one().zip(release.one()).and_then(|(distro, release)| super::tables::system_python(distro, release));
        return own.map_or_else(|| unknown("the release's own Python is not known"), one);
    }
    if tracked(name) || is_system(name) { Known::Absent } else { unknown("the image's name does not say its Python") }
}

/// The version that a floating tag of an official image means, on the release of the system that it names, if any.
fn by_date(name: &str, tag: &Tag, as_of: &str) -> Option<&'static str> {
    let dated = |key: &str| Some(release_of_tag(name, key, as_of)?.0).filter(|version| !version.is_empty());
    if let Some(version) = dated(tag.text) {
        return Some(version);
    }
    let names_release = |word: &&str| codename(word).is_some_and(|(_, release)| release.is_some());
    let release = tag.words.iter().copied().find(names_release)?;
    let alpine = release.starts_with("alpine").then_some("alpine");
    let rest = tag.words.iter().copied().filter(|word| *word != release);
    let key = rest.chain(alpine).collect::<Vec<_>>().join("-");
    version_on(name, if key.is_empty() { "latest" } else { &key }, release, as_of)
}

/// Whether an image holds a system and no more.
fn is_system(name: &str) -> bool {
    SYSTEMS.contains(&name) || system_image(name).is_some()
}

fn node(name: &str, tag: &Tag, as_of: &str) -> Known<String> {
    if name != "node" && name != "cimg/node" {
        return if tracked(name) || is_system(name) {
            Known::Absent
        } else {
            unknown("the image's name does not say its Node")
        };
    }
    let numbers = tag.numbers();
    if !numbers.is_empty() {
        return Known::One(numbers.join("."));
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
