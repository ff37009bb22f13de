//! `inspect` of what install commands install.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::Request;
use crate::discover::{Disk, Tree};
use crate::formats::requirements::MarkerEnv;
use crate::formats::{Var, Vars, locks};
use crate::model::Origin;

/// The marker environment of a request: CPython on Linux, what was given wins.
pub(super) fn markers(request: &Request, python: &str) -> MarkerEnv {
    let given = &request.markers;
    let full = given.get("python_full_version").or(given.get("python_version")).map_or(python, String::as_str);
    let full = if full.matches('.').count() == 1 { format!("{full}.0") } else { full.to_owned() };
    MarkerEnv {
        python: Some(full),
        platform: Some(given.get("sys_platform").cloned().unwrap_or_else(|| "linux".into())),
        machine: Some(given.get("platform_machine").cloned().unwrap_or_else(|| "x86_64".into())),
        values: given.clone(),
        ..MarkerEnv::default()
    }
}

/// The same for an installation: every variable is known, and those not given are those of CPython on Linux.
fn target(request: &Request) -> MarkerEnv {
    let mut env = markers(request, "3.12.0");
    let full = env.python.clone().unwrap_or_default();
    let short = full.split('.').take(2).collect::<Vec<_>>().join(".");
    let exact = request.markers.contains_key("python_full_version");
    let implementation = if exact { "3.12.0" } else { full.as_str() };
    let defaults = [
        ("os_name", "posix"),
        ("sys_platform", "linux"),
        ("platform_system", "Linux"),
        ("platform_machine", "x86_64"),
        ("platform_release", ""),
        ("platform_version", ""),
        ("platform_python_implementation", "CPython"),
        ("implementation_name", "cpython"),
        ("implementation_version", implementation),
    ];
    for (name, value) in defaults {
        env.values.entry(name.to_owned()).or_insert_with(|| value.to_owned());
    }
    env.values.insert("python_version".into(), short);
    env.values.insert("python_full_version".into(), full);
    env
}

/// A path as seen from a folder that holds it, `/`-separated.
pub(super) fn relative(path: &Path, root: &Path) -> Option<String> {
    path.strip_prefix(root).ok().and_then(Path::to_str).map(|p| p.replace('\\', "/"))
}

/// A path of the tree as seen from a folder of it, with `..` where needed.
pub(super) fn seen_from(folder: &str, path: &str) -> String {
    let mut from: Vec<&str> = folder.split('/').filter(|p| !p.is_empty()).collect();
    let mut to: Vec<&str> = path.split('/').filter(|p| !p.is_empty()).collect();
    while !from.is_empty() && from.first() == to.first() {
        from.remove(0);
        to.remove(0);
    }
    let mut parts = vec![".."; from.len()];
    parts.extend(to);
    parts.join("/")
}

/// A folder that holds the project, and the lock if one is named outside it.
fn root(project: &Path, request: &Request) -> Result<PathBuf, String> {
    if let Some(root) = &request.root {
        return root.canonicalize().map_err(|e| e.to_string());
    }
    let mut root = project.to_path_buf();
    let ups = request.lock.iter().flat_map(|lock| lock.split('/')).filter(|part| *part == "..").count();
    for _ in 0..ups {
        root.pop();
    }
    Ok(root)
}

/// Words as a POSIX shell splits them, without expansions.
fn split_words(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let (mut word, mut quote): (Option<String>, Option<char>) = (None, None);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if quote.is_none() && c.is_whitespace() {
            out.extend(word.take());
            continue;
        }
        let word = word.get_or_insert_with(String::new);
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None | Some('"'), '\\') => word.extend(chars.next()),
            _ => word.push(c),
        }
    }
    out.extend(word);
    out
}

/// The document, or why there is none.
pub fn document(request: &Request) -> Result<Value, String> {
    let project = request.paths.first().ok_or("no folder given")?;
    let project = project.canonicalize().map_err(|e| format!("{}: {e}", project.display()))?;
    let root = root(&project, request)?;
    let folder = relative(&project, &root).ok_or("the folder is outside the root")?;
    let tree = Tree::open(Box::new(Disk::with_ignored(&root))).map_err(|e| e.to_string())?;
    let markers = target(request);
    let mut vars: Vars = Vars::new();
    for (name, value) in &request.env {
        vars.insert(name.clone(), Var::set(value.clone(), Origin::default()));
    }
    let mut packages = Map::new();
    let (mut complete, mut project, mut lock, mut error) = (true, Value::Null, Value::Null, None);
    for command in &request.commands {
        let words = split_words(command);
        let mut vars = vars.clone();
        let before = |w: &&String| {
            matches!(w.as_str(), "sudo" | "exec" | "env" | "command") || w.contains('=') && !w.starts_with('-')
        };
        for word in words.iter().take_while(before) {
            if let Some((name, value)) = word.split_once('=') {
                vars.insert(name.to_owned(), Var::set(value, Origin::default()));
            }
        }
        let found = locks::installed_from(&tree, &folder, &words, &vars, &markers, request.lock.as_deref());
        if let Some(file) = found.lock {
            lock = json!(seen_from(&folder, tree.path(file)));
        }
        if let Some(reason) = found.refused.or(found.unconfirmed) {
            error = Some(reason.text);
            break;
        }
        complete &= found.complete.is_ok();
        if let Some(yes) = found.project {
            project = json!(yes);
        }
        // Dependencies of dependencies are not listed where pip would resolve them, also where a folder or an extra says them.
        for (name, package) in found.asked.unwrap_or(found.packages) {
            let version = package.version.map(|v| v.value);
            let value = if package.applies.is_none() {
                json!({"$unknown": "its marker is not decided"})
            } else {
                json!(version)
            };
            packages.insert(name, value);
        }
    }
    let ok = error.is_none();
    if !ok {
        packages = Map::new();
    }
    Ok(json!({
        "kind": "installed", "ok": ok, "error": error, "managers": [], "lock": lock, "notes": [],
        "complete": if ok { json!(complete) } else { Value::Null },
        "project": if ok { project } else { Value::Null },
        "packages": packages,
    }))
}
