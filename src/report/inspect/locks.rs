//! `inspect` of one lock file.

use serde_json::{Map, Value, json};

use super::requirements::marker as printed;
use crate::formats::locks::data::{self, Node};
use crate::formats::locks::pylock;
use crate::formats::requirements::{Marker, MarkerEnv, normalize};
use crate::model::FileId;

/// The format of a lock as it is asked for, or by its file name.
pub(super) fn format(name: &str, asked: Option<&str>) -> Option<&'static str> {
    if let Some(asked) = asked {
        return ["uv", "poetry", "pdm", "pipfile", "pylock"].into_iter().find(|format| *format == asked);
    }
    match name {
        "uv.lock" => Some("uv"),
        "poetry.lock" => Some("poetry"),
        "pdm.lock" => Some("pdm"),
        "Pipfile.lock" => Some("pipfile"),
        name if name.starts_with("pylock.") => Some("pylock"),
        _ => None,
    }
}

/// The document of a lock.
pub(super) fn document(format: &str, file: FileId, text: &str, markers: &MarkerEnv) -> Value {
    let (node, problems) = if format == "pipfile" { data::json(file, text) } else { data::toml(file, text) };
    if let Some(problem) = problems.first() {
        return json!({"kind": "lock", "ok": false, "error": problem.message});
    }
    if let Some(why) = refusal(format, &node) {
        return json!({"kind": "lock", "ok": false, "error": why});
    }
    let rows: Vec<Value> = match format {
        "pipfile" => pipfile(&node, markers),
        "pylock" => packages(&node, "packages").iter().map(|p| pylock(p, markers)).collect(),
        "uv" => packages(&node, "package").iter().map(|p| uv(p, markers)).collect(),
        "pdm" => packages(&node, "package").iter().map(|p| pdm(p, markers)).collect(),
        _ => packages(&node, "package").iter().map(|p| poetry(&node, p, markers)).collect(),
    };
    let python: &[&str] = match format {
        "pipfile" => &["_meta", "requires", "python_version"],
        "poetry" => &["metadata", "python-versions"],
        "pdm" => &["metadata", "requires_python"],
        _ => &["requires-python"],
    };
    let mut out = json!({"kind": "lock", "format": format, "ok": true, "error": null, "packages": rows,
        "requires_python": node.path(python).and_then(Node::text)});
    if format == "uv" {
        out["root_groups"] = Value::Object(root_groups(packages(&node, "package")));
    }
    out
}

/// Why a document is no lock of its format, if it is not.
fn refusal(format: &str, node: &Node) -> Option<String> {
    let missing = |key: &str| node.get(key).is_none().then(|| format!("{key} is missing"));
    let needed: &[&str] = match format {
        "pylock" => return pylock::valid(node).err().map(|why| why.text),
        "poetry" => &["name", "version"],
        _ => &["name"],
    };
    let part = match format {
        "pipfile" => return missing("_meta"),
        "uv" => None,
        _ => missing("metadata"),
    };
    let lacks = |package: &Node| {
        needed.iter().find(|key| package.str(key).is_none()).map(|key| format!("a package lacks {key}"))
    };
    part.or_else(|| packages(node, "package").iter().find_map(lacks))
}

fn packages<'a>(node: &'a Node, key: &str) -> &'a [Node] {
    node.get(key).map_or(&[][..], Node::items)
}

fn row(
    name: &str,
    version: Option<&str>,
    source: &str,
    marker: Option<&str>,
    groups: &[&str],
    hashes: &[String],
    markers: &MarkerEnv,
) -> Value {
    let applies = marker.map_or(json!(true), |m| match Marker::parse(m) {
        Some(marker) => marker.applies(markers).map_or(json!({"$unknown": "not decided"}), |yes| json!(yes)),
        None => Value::Null,
    });
    let mut groups = groups.to_vec();
    groups.sort_unstable();
    json!({"name": normalize(name), "version": version, "source": source, "marker": marker, "applies": applies,
           "groups": groups, "hashes": hashes})
}

fn file_hashes(nodes: &[Node]) -> Vec<String> {
    nodes.iter().filter_map(|n| n.str("hash")).map(str::to_owned).collect()
}

fn first<'a>(node: &Node, keys: &[(&str, &'a str)]) -> &'a str {
    keys.iter().find(|(key, _)| node.get(key).is_some()).map_or("registry", |(_, source)| *source)
}

const UV_SOURCES: [(&str, &str); 7] = [
    ("registry", "registry"),
    ("git", "git"),
    ("url", "url"),
    ("path", "path"),
    ("editable", "editable"),
    ("virtual", "virtual"),
    ("directory", "directory"),
];

fn uv_source(node: &Node) -> &'static str {
    node.get("source").map_or("registry", |source| first(source, &UV_SOURCES))
}

fn uv(node: &Node, markers: &MarkerEnv) -> Value {
    let forks: Vec<String> =
        node.get("resolution-markers").into_iter().flat_map(Node::texts).map(|m| format!("({m})")).collect();
    let mut hashes: Vec<String> =
        node.get("sdist").and_then(|s| s.str("hash")).map(str::to_owned).into_iter().collect();
    hashes.extend(file_hashes(packages(node, "wheels")));
    let marker = (!forks.is_empty()).then(|| forks.join(" or "));
    row(
        node.str("name").unwrap_or_default(),
        node.str("version"),
        uv_source(node),
        marker.as_deref(),
        &[],
        &hashes,
        markers,
    )
}

fn root_groups(packages: &[Node]) -> Map<String, Value> {
    let mut out = Map::new();
    for package in packages.iter().filter(|p| matches!(uv_source(p), "editable" | "virtual" | "directory")) {
        let names = |list: Option<&Node>| {
            let items = list.map_or(&[][..], Node::items);
            let mut names: Vec<String> = items.iter().filter_map(|d| d.str("name")).map(normalize).collect();
            names.sort_unstable();
            json!(names)
        };
        out.insert("main".into(), names(package.get("dependencies")));
        for table in ["optional-dependencies", "dev-dependencies"] {
            for (group, list) in package.get(table).map_or(&[][..], Node::entries) {
                out.insert(group.value.clone(), names(Some(list)));
            }
        }
    }
    out
}

fn poetry(lock: &Node, node: &Node, markers: &MarkerEnv) -> Value {
    let name = node.str("name").unwrap_or_default();
    let marker = node.get("markers").and_then(|m| match m.text() {
        Some(text) => Some(text.to_owned()),
        None if m.is_table() => {
            let mut texts: Vec<&str> = m.entries().iter().filter_map(|(_, v)| v.text()).collect();
            texts.sort_unstable();
            texts.dedup();
            Some(texts.iter().map(|m| format!("({m})")).collect::<Vec<_>>().join(" or "))
        }
        None => None,
    });
    let mut groups: Vec<&str> = node.get("groups").into_iter().flat_map(Node::texts).collect();
    if groups.is_empty() {
        groups.extend(node.str("category"));
    }
    let mut files = packages(node, "files");
    if files.is_empty() {
        files = lock.path(&["metadata", "files", name]).map_or(&[][..], Node::items);
    }
    let source = node.get("source").and_then(|s| s.str("type")).unwrap_or("registry");
    row(name, node.str("version"), source, marker.as_deref(), &groups, &file_hashes(files), markers)
}

fn pdm(node: &Node, markers: &MarkerEnv) -> Value {
    let groups: Vec<&str> = node.get("groups").into_iter().flat_map(Node::texts).collect();
    let source = first(node, &[("git", "git"), ("path", "path"), ("url", "url")]);
    let marker = node.str("marker");
    let hashes = file_hashes(packages(node, "files"));
    row(node.str("name").unwrap_or_default(), node.str("version"), source, marker, &groups, &hashes, markers)
}

fn pipfile(lock: &Node, markers: &MarkerEnv) -> Vec<Value> {
    let sections = lock.entries().iter().filter(|(name, _)| name.value != "_meta");
    let rows =
        sections.flat_map(|(section, table)| table.entries().iter().map(move |(name, node)| (section, name, node)));
    rows.map(|(section, name, node)| {
        let version = node.str("version").map(|v| v.strip_prefix("==").unwrap_or(v)).filter(|v| !v.is_empty());
        let source = first(node, &[("git", "git"), ("path", "path"), ("file", "url")]);
        let hashes: Vec<String> = node.get("hashes").into_iter().flat_map(Node::texts).map(str::to_owned).collect();
        let marker = node.str("markers");
        row(&name.value, version, source, marker, &[&section.value], &hashes, markers)
    })
    .collect()
}

fn pylock(node: &Node, markers: &MarkerEnv) -> Value {
    let source = first(node, &[("vcs", "git"), ("directory", "path"), ("archive", "url")]);
    let one = [node.get("sdist"), node.get("archive")];
    let files = packages(node, "wheels").iter().chain(one.into_iter().flatten());
    let tables = files.filter_map(|f| f.get("hashes"));
    let hashes: Vec<String> = tables
        .flat_map(|t| t.entries().iter().filter_map(|(alg, hex)| Some(format!("{}:{}", alg.value, hex.text()?))))
        .collect();
    let marker = node.str("marker").and_then(|m| printed(Some(m), markers).0.as_str().map(str::to_owned));
    row(node.str("name").unwrap_or_default(), node.str("version"), source, marker.as_deref(), &[], &hashes, markers)
}
