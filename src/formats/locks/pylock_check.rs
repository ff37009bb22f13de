//! What makes a `pylock.toml` one: the required keys, their types, names and hashes, as PEP 751 says.

use super::data::{Data, Node};
use crate::formats::requirements::{Marker, normalize, versions};

/// Why a document is no lock of PEP 751, if it is not.
pub fn refusal(lock: &Node) -> Option<String> {
    check(lock).err()
}

fn check(lock: &Node) -> Result<(), String> {
    let version = text(lock, "lock-version")?.ok_or("lock-version is missing")?;
    if !versions::is_version(version) || versions::satisfies(version, ">=1,<2") != Some(true) {
        return Err(format!("lock-version {version} is not supported"));
    }
    text(lock, "created-by")?.ok_or("created-by is missing")?;
    specifier(lock)?;
    for marker in texts(lock, "environments")? {
        Marker::parse(marker).ok_or_else(|| format!("{marker} is no marker"))?;
    }
    for extra in texts(lock, "extras")? {
        normalized(extra)?;
    }
    texts(lock, "dependency-groups")?;
    texts(lock, "default-groups")?;
    let packages = lock.get("packages").ok_or("packages is missing")?;
    for package in tables(packages, "packages")? {
        of_package(package)?;
    }
    Ok(())
}

fn of_package(package: &Node) -> Result<(), String> {
    let name = text(package, "name")?.ok_or("a package has no name")?;
    normalized(name)?;
    if let Some(version) = text(package, "version")?.filter(|version| !versions::is_version(version)) {
        return Err(format!("{version} of {name} is no version"));
    }
    specifier(package)?;
    if let Some(marker) = text(package, "marker")? {
        Marker::parse(marker).ok_or_else(|| format!("{marker} is no marker"))?;
    }
    let mut sources = 0;
    for (key, wanted) in [("vcs", &["type", "commit-id"][..]), ("directory", &["path"]), ("archive", &[])] {
        let Some(source) = table(package, key)? else { continue };
        sources += 1;
        for needed in wanted {
            text(source, needed)?.ok_or_else(|| format!("{needed} of {name} is missing"))?;
        }
        if key == "archive" {
            of_file(source)?;
        }
    }
    let mut files = 0;
    if let Some(sdist) = table(package, "sdist")? {
        files += 1;
        of_file(sdist)?;
    }
    if let Some(wheels) = package.get("wheels") {
        for wheel in tables(wheels, "wheels")? {
            files += 1;
            of_file(wheel)?;
            of_wheel(package, name, wheel)?;
        }
    }
    match (files, sources) {
        (0, 1) | (1.., 0) => Ok(()),
        (0, _) => Err(format!("{name} needs exactly one of vcs, directory, archive, or files")),
        _ => Err(format!("{name} has files and vcs, directory or archive")),
    }
}

/// A file of a package: an address or a path, hashes, and a time that is one.
fn of_file(file: &Node) -> Result<(), String> {
    let place = |key| Ok::<_, String>(text(file, key)?.is_some_and(|text| !text.is_empty()));
    if !place("path")? && !place("url")? {
        return Err("path or url must be provided".into());
    }
    let hashes = table(file, "hashes")?.ok_or("hashes is missing")?;
    if hashes.entries().is_empty() || hashes.entries().iter().any(|(_, hash)| hash.text().is_none()) {
        return Err("at least one hash must be provided, each as text".into());
    }
    match file.get("upload-time").map(|time| &time.data) {
        None => Ok(()),
        Some(Data::Other(time)) if time.contains(':') && time.contains('-') => Ok(()),
        Some(_) => Err("upload-time is no date with a time".into()),
    }
}

/// The name of a wheel says the same as its package.
fn of_wheel(package: &Node, name: &str, wheel: &Node) -> Result<(), String> {
    let last = |text: &str| text.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
    let address = || wheel.str("url").map(|url| last(url.split(['?', '#']).next().unwrap_or_default()));
    let file = wheel.str("name").map(str::to_owned).or_else(|| wheel.str("path").map(last)).or_else(address);
    let file = file.unwrap_or_default().replace("%2B", "+").replace("%2b", "+");
    let parts: Vec<&str> = file.strip_suffix(".whl").unwrap_or_default().split('-').collect();
    let wrong = || format!("{file} is no wheel of {name}");
    let ([of, version, _, _, _] | [of, version, _, _, _, _]) = parts.as_slice() else { return Err(wrong()) };
    let same = package.str("version").is_none_or(|known| versions::same(known, version));
    if normalize(of) == name && same { Ok(()) } else { Err(wrong()) }
}

fn normalized(name: &str) -> Result<(), String> {
    if normalize(name) == name { Ok(()) } else { Err(format!("name {name} is not normalized")) }
}

fn specifier(node: &Node) -> Result<(), String> {
    match text(node, "requires-python")? {
        Some(python) if !python.trim().is_empty() && versions::satisfies("3.12", python).is_none() => {
            Err(format!("{python} is no version specifier"))
        }
        _ => Ok(()),
    }
}

fn text<'n>(node: &'n Node, key: &str) -> Result<Option<&'n str>, String> {
    match node.get(key) {
        None => Ok(None),
        Some(found) => found.text().map(Some).ok_or_else(|| format!("{key} is no text")),
    }
}

fn texts<'n>(node: &'n Node, key: &str) -> Result<Vec<&'n str>, String> {
    let Some(found) = node.get(key) else { return Ok(Vec::new()) };
    let Data::List(items) = &found.data else { return Err(format!("{key} is no list")) };
    items.iter().map(|item| item.text().ok_or_else(|| format!("{key} holds what is no text"))).collect()
}

fn table<'n>(node: &'n Node, key: &str) -> Result<Option<&'n Node>, String> {
    match node.get(key) {
        None => Ok(None),
        Some(found) if found.is_table() => Ok(Some(found)),
        Some(_) => Err(format!("{key} is no table")),
    }
}

fn tables<'n>(node: &'n Node, key: &str) -> Result<&'n [Node], String> {
    let Data::List(items) = &node.data else { return Err(format!("{key} is no list")) };
    if items.iter().all(Node::is_table) { Ok(items) } else { Err(format!("{key} holds what is no table")) }
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
}
