//! What the managers let people write for a package.

use super::SystemPackage;

/// What a word that names a package means.
pub(super) enum Named {
    /// A package.
    Package(SystemPackage),
    /// A package that is to go (`pkg-`).
    Gone(SystemPackage),
    /// More than one package, or one that the word does not name.
    Several,
}

fn package(name: &str, version: Option<&str>, word: usize) -> SystemPackage {
    let version = version.filter(|version| !version.is_empty()).map(str::to_owned);
    SystemPackage { name: name.to_owned(), version, word }
}

/// Whether a word was not expanded.
fn is_open(word: &str) -> bool {
    word.contains(['$', '`'])
}

/// The name and version that the name of a package's file gives by convention.
fn from_file(word: &str, at: usize) -> Option<Named> {
    let name = word.rsplit('/').next().unwrap_or(word);
    let name = name.split(['?', '#']).next().unwrap_or(name);
    let (stem, end) = name.rsplit_once('.')?;
    let found = match end {
        "deb" => {
            let mut parts = stem.split('_');
            let (name, version) = (parts.next().unwrap_or(""), parts.next());
            // `tool.deb` and `tool-1.2-linux.deb` are what a download page calls a package, not its name.
            version.map(|version| package(name, Some(version), at))
        }
        "rpm" => {
            let stem = stem.rsplit_once('.').map_or(stem, |(stem, _)| stem);
            let mut parts = stem.rsplitn(3, '-');
            let (_, version, name) = (parts.next(), parts.next(), parts.next());
            name.map(|name| package(name, version, at))
        }
        "apk" => {
            let mut parts = stem.rsplitn(3, '-');
            let (_, version, name) = (parts.next(), parts.next(), parts.next());
            name.map(|name| package(name, version, at))
        }
        _ => return None,
    };
    Some(found.map_or(Named::Several, Named::Package))
}

fn is_path(word: &str) -> bool {
    word.contains("://") || ["/", "./", "../", "~/"].iter().any(|start| word.starts_with(start))
}

/// `pkg`, `pkg=1.2`, `pkg/release`, `pkg:arch`, `pkg-`, `pkg+`, `./pkg.deb`
pub(super) fn apt(word: &str, at: usize) -> Named {
    if is_open(word) {
        return Named::Package(package(word, None, at));
    }
    if is_path(word) || word.ends_with(".deb") {
        return from_file(word, at).unwrap_or(Named::Several);
    }
    let (name, version) = match word.split_once('=') {
        Some((name, version)) => (name, Some(version)),
        None => (word.split('/').next().unwrap_or(word), None),
    };
    if name.contains(['*', '?', '^', '[', '(', '|', '~']) {
        return Named::Several;
    }
    let gone = name.strip_suffix('-');
    // `g++` is a name; a single `+` asks for what is the case anyhow.
    let kept = name.strip_suffix('+').filter(|kept| !kept.ends_with('+'));
    let bare = gone.or(kept).unwrap_or(name).split(':').next().unwrap_or(name);
    let found = package(bare, version, at);
    if gone.is_some() { Named::Gone(found) } else { Named::Package(found) }
}

/// `pkg`, `pkg=1.2`, `pkg~=1.2`, `pkg>1`, `pkg@tag`, `!pkg`, `./pkg.apk`
pub(super) fn apk(word: &str, at: usize) -> Named {
    if is_open(word) {
        return Named::Package(package(word, None, at));
    }
    if is_path(word) || word.ends_with(".apk") {
        return from_file(word, at).unwrap_or(Named::Several);
    }
    if let Some(name) = word.strip_prefix('!') {
        return Named::Gone(package(name, None, at));
    }
    let end = word.find(['=', '~', '<', '>', '@']).unwrap_or(word.len());
    let (name, rest) = word.split_at(end);
    let version = rest.split('@').next().unwrap_or("").trim_start_matches(['=', '~', '<', '>']);
    Named::Package(package(name, Some(version), at))
}

/// `pkg`, `pkg-1.2-3.el9.x86_64`, `pkg-1.2*`, `@group`, a URL.
pub(super) fn rpm(word: &str, at: usize) -> Named {
    if is_open(word) {
        return Named::Package(package(word, None, at));
    }
    if is_path(word) || word.ends_with(".rpm") {
        return from_file(word, at).unwrap_or(Named::Several);
    }
    if word.starts_with('@') || word.contains(['(', ' ']) {
        return Named::Several;
    }
    let architectures = ["x86_64", "i686", "noarch", "aarch64", "ppc64le", "s390x", "src"];
    let bare = word.rsplit_once('.').filter(|(_, end)| architectures.contains(end)).map_or(word, |(bare, _)| bare);
    let (name, version) = versioned(bare);
    if name.contains(['*', '?', '[']) {
        return Named::Several;
    }
    Named::Package(package(name, version, at))
}

/// Where the version starts in `name-1.2` and `name-1.2-3.el9`.
fn versioned(word: &str) -> (&str, Option<&str>) {
    let digit = |part: &str| part.starts_with(|c: char| c.is_ascii_digit());
    if let Some((rest, last)) = word.rsplit_once('-') {
        if let Some((name, version)) = rest.rsplit_once('-').filter(|(_, version)| digit(version) && digit(last)) {
            return (name, Some(version));
        }
        if digit(last) && last.contains(['.', '*']) {
            return (rest, Some(last));
        }
    }
    (word, None)
}

/// `pkg`, `pkg=1.2`, `pkg>=1`, `repo/pkg`
pub(super) fn plain(word: &str, at: usize) -> Named {
    if is_open(word) {
        return Named::Package(package(word, None, at));
    }
    if is_path(word) || word.ends_with(".rpm") || word.contains(".pkg.tar") {
        return from_file(word, at).unwrap_or(Named::Several);
    }
    let end = word.find(['=', '<', '>']).unwrap_or(word.len());
    let (name, version) = word.split_at(end);
    let name = name.rsplit('/').next().unwrap_or(name);
    if name.contains(['*', '?', '[']) {
        return Named::Several;
    }
    Named::Package(package(name, Some(version.trim_start_matches(['=', '<', '>'])), at))
}
