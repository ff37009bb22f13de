//! What a `pylock.toml` (PEP 751) selects, and whether it is valid.

use std::collections::BTreeSet;

use super::argv::Flags;
use super::data::{Data, Node};
use super::plan::{Plan, locked};
use crate::formats::requirements::{Marker, MarkerEnv, normalize, versions};
use crate::model::Reason;

/// The packages of a `pylock.toml`.
pub(super) fn read(plan: &mut Plan<'_>, path: &str, flags: &Flags) -> Result<(), Reason> {
    plan.lock = None;
    let (_, lock) = plan.read_lock(path)?;
    valid(&lock)?;
    plan.needs_python(lock.str("requires-python"))?;
    let mut env = plan.markers.clone();
    env.extras = flags.values(&["--extra"]).map(normalize).collect();
    env.groups = flags.values(&["--group"]).map(normalize).collect();
    if env.groups.is_empty() {
        env.groups = lock.get("default-groups").into_iter().flat_map(Node::texts).map(normalize).collect();
    }
    let mut environments = lock.get("environments").into_iter().flat_map(Node::texts).peekable();
    if environments.peek().is_some() && environments.all(|m| holds(Some(m), plan.markers) == Some(false)) {
        return Err(Reason::new("the lock is for other environments"));
    }
    let mut selected = BTreeSet::new();
    for node in lock.get("packages").map_or(&[][..], Node::items) {
        let Some(name) = node.str("name") else { continue };
        let applies = holds(node.str("marker"), &env);
        if applies == Some(false) {
            continue;
        }
        if applies == Some(true) {
            plan.needs_python(node.str("requires-python"))?;
            if !selected.insert(name) {
                return Err(Reason::at(format!("several packages {name} are selected"), node.span));
            }
            installable(node, plan)?;
        }
        let mut package = locked(name, node, node.spanned("version"));
        package.applies = applies;
        if applies == Some(true) {
            // Of several locks the last one wins.
            plan.out.packages.remove(name);
        }
        plan.add(package);
    }
    Ok(())
}

fn holds(marker: Option<&str>, env: &MarkerEnv) -> Option<bool> {
    marker.map_or(Some(true), |m| Marker::parse(m).and_then(|m| m.applies(env)))
}

/// Refuses a package that has only wheels, none of which fits a known interpreter.
fn installable(node: &Node, plan: &Plan<'_>) -> Result<(), Reason> {
    let wheels = node.get("wheels").map_or(&[][..], Node::items);
    let (Some(machine), Some(python)) = (&plan.markers.machine, &plan.markers.python) else { return Ok(()) };
    let Some(system) = plan.markers.platform.as_deref().filter(|name| ["linux", "darwin", "win32"].contains(name))
    else {
        return Ok(());
    };
    if wheels.is_empty() || node.get("sdist").is_some() {
        return Ok(());
    }
    let mut parts = python.split('.');
    let (Some("3"), Some(Ok(minor))) = (parts.next(), parts.next().map(str::parse::<u32>)) else { return Ok(()) };
    let fits = |wheel: &Node| file_name(wheel).is_some_and(|name| wheel_fits(&name, minor, (system, machine)));
    if wheels.iter().any(fits) {
        return Ok(());
    }
    let name = node.str("name").unwrap_or_default();
    Err(Reason::at(format!("{name} has no wheel for Python {python} on {machine}"), node.span))
}

/// Whether a platform tag fits a system and machine: Linux with glibc, any macOS, Windows.
fn platform_fits(tag: &str, (system, machine): (&str, &str)) -> bool {
    match system {
        "darwin" => {
            let both: &[&str] =
                if machine == "x86_64" { &["universal2", "intel", "fat64", "universal"] } else { &["universal2"] };
            let of = |name: &str| tag.strip_suffix(name).is_some_and(|rest| rest.ends_with('_'));
            tag.starts_with("macosx_") && (of(machine) || both.iter().any(|name| of(name)))
        }
        "win32" => match machine.to_ascii_lowercase().as_str() {
            "x86" => tag == "win32",
            "x86_64" => tag == "win_amd64",
            machine => tag.strip_prefix("win_") == Some(machine),
        },
        _ => {
            let glibc = tag.strip_prefix("manylinux_2_").and_then(|rest| rest.strip_suffix(machine)?.strip_suffix('_'));
            let modern = glibc.and_then(|n| n.parse::<u32>().ok()).is_some_and(|n| (5..=40).contains(&n));
            let old = ["manylinux2014_", "manylinux2010_", "manylinux1_", "linux_"];
            modern || old.iter().any(|prefix| tag.strip_prefix(prefix) == Some(machine))
        }
    }
}

/// Whether a wheel's tags fit `CPython` 3 on a system and machine.
fn wheel_fits(file: &str, minor: u32, target: (&str, &str)) -> bool {
    let parts: Vec<&str> = file.trim_end_matches(".whl").split('-').collect();
    let [.., pythons, abis, platforms] = parts.as_slice() else { return false };
    let any = platforms.split('.').any(|tag| tag == "any");
    let built = platforms.split('.').any(|tag| platform_fits(tag, target));
    let own = format!("cp3{minor}");
    let older = |tag: &str, prefix: &str, least: u32| {
        tag.strip_prefix(prefix).and_then(|v| v.parse::<u32>().ok()).is_some_and(|v| (least..=minor).contains(&v))
    };
    pythons.split('.').any(|python| {
        abis.split('.').any(|abi| match abi {
            "none" => (python == "py3" || older(python, "py3", 0) || python == own) && (any || built),
            "abi3" => older(python, "cp3", 2) && built,
            abi => python == own && abi == own && built,
        })
    })
}

/// The name of a wheel or source archive: what it says, or the end of its path or address.
fn file_name(node: &Node) -> Option<String> {
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

/// What the specification demands of the file.
pub fn valid(lock: &Node) -> Result<(), Reason> {
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
    name.chars().all(fits)
        && normalize(name) == name
        && !name.is_empty()
        && !name.starts_with('-')
        && !name.ends_with('-')
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

    #[test]
    fn wheels_fit_by_interpreter_abi_and_glibc() {
        let fits = |file: &str| wheel_fits(file, 11, ("linux", "x86_64"));
        assert!(fits("a-1-py3-none-any.whl") && fits("a-1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"));
        assert!(fits("a-1-cp37-abi3-manylinux2014_x86_64.whl") && fits("a-1-2-py2.py3-none-any.whl"));
        assert!(
            !fits("a-1-cp312-cp312-manylinux_2_17_x86_64.whl") && !fits("a-1-cp311-cp311-musllinux_1_1_x86_64.whl")
        );
        assert!(
            !fits("a-1-cp311-cp311-manylinux_2_17_aarch64.whl") && !fits("a-1-cp312-abi3-manylinux2014_x86_64.whl")
        );
    }

    #[test]
    fn wheels_of_another_system_do_not_fit() {
        let mac = |file: &str| wheel_fits(file, 12, ("darwin", "arm64"));
        assert!(mac("a-1-cp312-cp312-macosx_11_0_arm64.whl") && mac("a-1-cp39-abi3-macosx_10_12_universal2.whl"));
        assert!(!mac("a-1-cp312-cp312-macosx_11_0_x86_64.whl") && !mac("a-1-cp311-cp311-macosx_11_0_arm64.whl"));
        let windows = |file: &str| wheel_fits(file, 12, ("win32", "AMD64"));
        assert!(windows("a-1-cp312-cp312-win_amd64.whl") && !windows("a-1-cp312-cp312-win_arm64.whl"));
        assert!(!windows("a-1-cp312-cp312-macosx_11_0_arm64.whl") && windows("a-1-py3-none-any.whl"));
    }

    #[test]
    fn names_of_files_are_those_of_the_package() {
        assert!(named("a_b-1.0-py3-none-any.whl", "a-b", Some("1.0.0"), true).is_some());
        assert!(named("a_b-1.0.tar.gz", "a-b", None, false).is_some());
        assert!(named("a_b-1.0-py3-none-any.whl", "a", Some("1.0"), true).is_none());
        assert!(named("a-1.0-x1-py3-none-any.whl", "a", Some("1.0"), true).is_none());
    }
}
