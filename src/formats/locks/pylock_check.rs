//! What makes a `pylock.toml` one: the required keys, their types, names and hashes, as PEP 751 says.

use super::data::{Data, Node};
use crate::formats::requirements::{Marker, normalize, versions};
use crate::model::Reason;

/// The name of a wheel or source archive: what it says, or the end of its path or address.
pub(super) fn file_name(node: &Node) -> Option<String> {
    if let Some(name) = node.str("name").filter(|n| !n.is_empty()) {
        return Some(name.to_owned());
    }
    if let Some(path) = node.str("path").filter(|p| !p.is_empty()) {
        let separator = if path.contains('/') { '/' } else { '\\' };
        return path.rsplit(separator).next().map(str::to_owned);
    }
    let url = node.str("url")?.split(['?', '#', ';']).next()?;
    let name = url.rsplit('/').next()?.replace("%2B", "+").replace("%2b", "+").replace("%21", "!");
    Some(name)
}

/// Why a document is no lock of PEP 751, if it is not.
pub fn refusal(lock: &Node) -> Option<String> {
    valid(lock).err().map(|reason| reason.text)
}

/// The same, at its place.
pub(super) fn valid(lock: &Node) -> Result<(), Reason> {
    let wrong = |what: &str, node: &Node| Reason::at(format!("the lock is not valid: {what}"), node.span);
    let version = lock.str("lock-version").map(|v| versions::satisfies(v, ">=1,<2"));
    if version != Some(Some(true)) {
        return Err(wrong("lock-version", lock));
    }
    if lock.str("created-by").is_none() {
        return Err(wrong("created-by", lock));
    }
    for key in ["environments", "extras", "dependency-groups", "default-groups"] {
        texts(lock, key).map_err(|()| wrong(key, lock))?;
    }
    let markers = lock.get("environments").into_iter().flat_map(Node::texts);
    if markers.into_iter().any(|m| Marker::parse(m).is_none()) {
        return Err(wrong("environments", lock));
    }
    if lock.get("extras").into_iter().flat_map(Node::texts).any(|name| !is_normalized(name)) {
        return Err(wrong("extras", lock));
    }
    specifier(lock).map_err(|()| wrong("requires-python", lock))?;
    let Some(Data::List(packages)) = lock.get("packages").map(|p| &p.data) else { return Err(wrong("packages", lock)) };
    packages.iter().try_for_each(|node| package(node).map_err(|what| wrong(what, node)))
}

fn texts(node: &Node, key: &str) -> Result<(), ()> {
    let Some(list) = node.get(key) else { return Ok(()) };
    let Data::List(items) = &list.data else { return Err(()) };
    if items.iter().all(|item| item.text().is_some()) { Ok(()) } else { Err(()) }
}

fn specifier(node: &Node) -> Result<(), ()> {
    let Some(spec) = node.get("requires-python") else { return Ok(()) };
    let text = spec.text().ok_or(())?;
    if text.trim().is_empty() || versions::satisfies("3", text).is_some() { Ok(()) } else { Err(()) }
}

fn is_normalized(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    name.chars().all(fits) && normalize(name) == name && !name.is_empty() && !name.starts_with('-') && !name.ends_with('-')
}

/// Whether an entry, if there is one, is a text.
fn text_or_none(node: &Node, key: &str) -> bool {
    node.get(key).is_none_or(|value| value.text().is_some())
}

fn package(node: &Node) -> Result<(), &'static str> {
    let name = node.str("name").filter(|name| is_normalized(name)).ok_or("name")?;
    if !text_or_none(node, "version") || node.str("version").is_some_and(|v| !versions::is_version(v)) {
        return Err("version");
    }
    if !text_or_none(node, "marker") || node.str("marker").is_some_and(|m| Marker::parse(m).is_none()) {
        return Err("marker");
    }
    specifier(node).map_err(|()| "requires-python")?;
    if !text_or_none(node, "index") {
        return Err("index");
    }
    let is_table = |key: &str| node.get(key).is_none_or(Node::is_table);
    let is_tables = |key: &str| {
        node.get(key).is_none_or(|n| matches!(&n.data, Data::List(items) if items.iter().all(Node::is_table)))
    };
    if !["vcs", "directory", "archive", "sdist", "tool"].into_iter().all(is_table) {
        return Err("a table");
    }
    if !["dependencies", "wheels", "attestation-identities"].into_iter().all(is_tables) {
        return Err("a list of tables");
    }
    let identities = node.get("attestation-identities").map_or(&[][..], Node::items);
    if identities.iter().any(|identity| identity.str("kind").is_none()) {
        return Err("attestation-identities");
    }
    let wheels = node.get("wheels").map_or(&[][..], Node::items);
    let built = wheels.len() + usize::from(node.get("sdist").is_some());
    let direct = ["vcs", "directory", "archive"].iter().filter(|key| node.get(key).is_some()).count();
    if built > 0 && direct > 0 || built == 0 && direct != 1 {
        return Err("where it comes from");
    }
    sources(node)?;
    let version = node.str("version");
    for wheel in wheels {
        archive(wheel).map_err(|()| "wheels")?;
        let file = file_name(wheel).ok_or("wheels")?;
        named(&file, name, version, true).ok_or("the name of a wheel")?;
    }
    if let Some(sdist) = node.get("sdist") {
        archive(sdist).map_err(|()| "sdist")?;
        let file = file_name(sdist).ok_or("sdist")?;
        named(&file, name, version, false).ok_or("the name of the source archive")?;
    }
    Ok(())
}

fn located(node: &Node) -> bool {
    ["path", "url"].iter().any(|key| node.str(key).is_some_and(|v| !v.is_empty()))
}

fn sources(node: &Node) -> Result<(), &'static str> {
    if let Some(vcs) = node.get("vcs") {
        let plain = ["url", "path", "requested-revision", "subdirectory"].iter().all(|key| text_or_none(vcs, key));
        if !plain || vcs.str("type").is_none() || vcs.str("commit-id").is_none() || !located(vcs) {
            return Err("vcs");
        }
    }
    if let Some(directory) = node.get("directory") {
        let editable = directory.get("editable").is_none_or(|e| e.bool().is_some());
        if directory.str("path").is_none() || !editable || !text_or_none(directory, "subdirectory") {
            return Err("directory");
        }
    }
    node.get("archive").map_or(Ok(()), |found| archive(found).map_err(|()| "archive"))
}

/// What wheels, source archives and archives have in common.
fn archive(node: &Node) -> Result<(), ()> {
    let texts = ["name", "url", "path", "subdirectory"].iter().all(|key| text_or_none(node, key));
    let number = |text: &str| text.chars().all(|c| c.is_ascii_digit() || c == '_');
    let size = node.get("size").is_none_or(|n| matches!(&n.data, Data::Other(text) if number(text)));
    let dated = |text: &str| text.contains(':') && text.contains('-');
    let time = node.get("upload-time").is_none_or(|n| matches!(&n.data, Data::Other(text) if dated(text)));
    let hashes = node.get("hashes").map_or(&[][..], Node::entries);
    let hashed = !hashes.is_empty() && hashes.iter().all(|(_, hash)| hash.text().is_some());
    if texts && size && time && hashed && located(node) { Ok(()) } else { Err(()) }
}

/// Whether a file's name is that of a wheel or source archive of a package and its version.
fn named(file: &str, name: &str, version: Option<&str>, wheel: bool) -> Option<()> {
    let (found, own) = if wheel {
        let stem = file.strip_suffix(".whl")?;
        let parts: Vec<&str> = stem.split('-').collect();
        let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
        let plain = !parts[0].contains("__") && parts[0].chars().all(word);
        let build = parts.len() == 5 || parts.get(2).is_some_and(|b| b.starts_with(|c: char| c.is_ascii_digit()));
        if !(5..=6).contains(&parts.len()) || !plain || !build {
            return None;
        }
        (parts[0], parts[1])
    } else {
        file.strip_suffix(".tar.gz").or_else(|| file.strip_suffix(".zip"))?.rsplit_once('-')?
    };
    let same = normalize(found) == name && versions::is_version(own);
    (same && version.is_none_or(|version| versions::same(version, own))).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::locks::data;
    use crate::model::FileId;

    fn why(text: &str) -> Option<String> {
        refusal(&data::toml(FileId(0), text).0)
    }

    const HEAD: &str = "lock-version = \"1.0\"\ncreated-by = \"x\"\n";
    const WHEEL: &str = "[[packages]]\nname = \"a\"\nversion = \"1.0\"\n[[packages.wheels]]\n\
                         url = \"https://x/a-1.0-py3-none-any.whl\"\nhashes = { sha256 = \"00\" }\n";

    #[test]
    fn a_lock_of_wheels_is_one() {
        assert_eq!(why(&format!("{HEAD}{WHEEL}")), None);
        assert_eq!(why(&format!("{HEAD}packages = []")), None);
    }

    #[test]
    fn what_is_missing_or_of_another_type_is_refused() {
        assert!(why("created-by = \"x\"\npackages = []").is_some_and(|why| why.contains("lock-version")));
        assert!(why(HEAD).is_some_and(|why| why.contains("packages")));
        for (from, to) in [
            ("name = \"a\"", "name = \"A.b\""),
            ("sha256 = \"00\"", ""),
            ("a-1.0-py3", "b-1.0-py3"),
            ("a-1.0-py3", "a-1.1-py3"),
            ("version = \"1.0\"", "version = 1.0"),
            ("hashes", "upload-time = \"2026-01-01\"\nhashes"),
        ] {
            assert!(why(&format!("{HEAD}{}", WHEEL.replace(from, to))).is_some(), "{to}");
        }
    }

    #[test]
    fn names_of_files_are_those_of_the_package() {
        assert!(named("a_b-1.0-py3-none-any.whl", "a-b", Some("1.0.0"), true).is_some());
        assert!(named("a_b-1.0.tar.gz", "a-b", None, false).is_some());
        assert!(named("a_b-1.0-py3-none-any.whl", "a", Some("1.0"), true).is_none());
        assert!(named("a-1.0-x1-py3-none-any.whl", "a", Some("1.0"), true).is_none());
    }
}
