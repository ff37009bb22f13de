//! `inspect` of one requirements file, `pyproject.toml` or lock.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::Request;
use super::installed::{markers, relative, seen_from};
use super::locks;
use crate::discover::{Disk, Tree, paths};
use crate::formats::locks::data::Node;
use crate::formats::locks::manifest::{self, Dependency};
use crate::formats::locks::poetry_groups::{self, Address, PoetryDependency};
use crate::formats::requirements::load::{Entry, Loaded, OptionLine, load_with};
use crate::formats::requirements::options::formats;
use crate::formats::requirements::{Direct, Marker, MarkerEnv, Requirement, Target, spec};
use crate::formats::{Var, World};
use crate::model::{FileId, Origin, Spanned};

/// The document, or why there is none.
pub fn document(request: &Request) -> Result<Value, String> {
    let path = request.paths.first().ok_or("no file given")?;
    let path = path.canonicalize().map_err(|e| format!("{}: {e}", path.display()))?;
    let mut root = path.parent().unwrap_or(Path::new("/")).to_path_buf();
    if let Some(given) = &request.root {
        root = given.canonicalize().map_err(|e| e.to_string())?;
    }
    let base = root.clone();
    let markers = markers(request, "3.11.0");
    // Includes may leave the root that paths are printed against: then a wider tree is read.
    for wider in 0..5 {
        let tree = Tree::open(Box::new(Disk::with_ignored(&root))).map_err(|e| e.to_string())?;
        let here = relative(&path, &root).ok_or("the file is outside the root")?;
        let file = tree.find(&here).ok_or("the file cannot be read")?;
        let text = tree.text(file).map_err(ToString::to_string)?;
        let name = paths::name(&here);
        let asked = request.kind.as_deref();
        if asked == Some("pyproject") || name == "pyproject.toml" && asked.is_none() {
            return Ok(pyproject(file, text, path.parent().unwrap_or(&path), &markers));
        }
        if let Some(format) = locks::format(name, asked) {
            return Ok(locks::document(format, file, text, &markers));
        }
        let loaded = load_with(&tree, file, &markers, &world(request), false);
        let folder = relative(&base, &root).unwrap_or_default();
        let beyond = |entry: &Entry| {
            matches!(&entry.target, Target::Direct(d) if !spec::is_address(&d.target.value)
                && !d.target.value.starts_with('/') && paths::join(&folder, &d.target.value).is_none())
        };
        let outside = loaded.incomplete.as_ref().is_some_and(|r| r.text.ends_with("outside the repository"))
            || loaded.entries.iter().any(beyond);
        if outside && wider < 4 && root.pop() {
            continue;
        }
        let printer = Printer { tree: &tree, base: &folder, folder: &base, markers: &markers };
        return Ok(printer.requirements(&loaded));
    }
    Err("an include leaves the root".into())
}

fn world(request: &Request) -> World {
    let var = |(name, value): (&String, &String)| (name.clone(), Var::set(value.clone(), Origin::default()));
    World::Closed(request.env.iter().map(var).collect())
}

struct Printer<'a> {
    tree: &'a Tree,
    base: &'a str,
    folder: &'a Path,
    markers: &'a MarkerEnv,
}

/// What packaging prints for a marker, and whether it holds.
pub(super) fn marker(text: Option<&str>, markers: &MarkerEnv) -> (Value, Value) {
    let Some(text) = text else { return (Value::Null, json!(true)) };
    match Marker::parse(text) {
        Some(marker) => {
            let unknown = json!({"$unknown": "the environment does not decide the marker"});
            (json!(marker.to_string()), marker.applies(markers).map_or(unknown, |yes| json!(yes)))
        }
        None => (json!(text), Value::Null),
    }
}

impl Printer<'_> {
    fn requirements(&self, loaded: &Loaded) -> Value {
        let entries: Vec<Value> = loaded.entries.iter().map(|entry| self.entry(entry)).collect();
        let options: Vec<Value> = self.options(&loaded.options);
        let error = loaded.incomplete.as_ref().map(|r| r.text.clone());
        json!({"kind": "requirements", "ok": error.is_none(), "error": error, "entries": entries, "options": options})
    }

    fn entry(&self, entry: &Entry) -> Value {
        let file = seen_from(self.base, self.tree.path(entry.file));
        let mut out =
            json!({"file": file, "line": entry.line, "constraint": entry.constraint, "text": null, "error": null});
        let fields = match &entry.target {
            Target::Named(r) => self.named(r),
            Target::Direct(d) => self.direct(d),
            Target::Invalid { why, editable, .. } => opaque(why, *editable, &[]),
        };
        if let (Value::Object(out), Value::Object(fields)) = (&mut out, fields) {
            out.extend(fields);
        }
        out
    }

    fn named(&self, r: &Requirement) -> Value {
        let text = r.marker.as_ref().map(|m| m.value.as_str());
        let (marker, applies) = marker(text, self.markers);
        // What stands after `@` stays as written; a path that names its package is one of the root.
        let written = |url: &Spanned<String>| url.span.start > r.name.span.start;
        let url = r.url.as_ref().map(|u| if written(u) { u.value.clone() } else { self.local(&u.value) });
        json!({"name": r.name.value, "extras": r.extras, "specifier": r.canonical_specifier(), "url": url,
               "marker": marker, "applies": applies, "hashes": hashes(&r.hashes), "editable": r.editable})
    }

    /// An address as pip prints it; a path inside the root as seen from there.
    fn local(&self, text: &str) -> String {
        let path = match text.strip_prefix("file:") {
            Some(rest) if text.contains("../") => {
                let path = rest.strip_prefix("//").map_or(rest, |host| host.find('/').map_or("", |at| &host[at..]));
                spec::decoded(path.split(['#', '?']).next().unwrap_or(path))
            }
            _ if spec::is_address(text) => return text.to_owned(),
            _ => text.to_owned(),
        };
        let whole = normal(self.folder, &path);
        let root = quoted(&self.folder.to_string_lossy());
        let url = quoted(&whole.to_string_lossy());
        match url.strip_prefix(&root) {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("file://.{rest}"),
            _ => format!("file://{url}"),
        }
    }

    /// Whether pip takes what has no name: an address, an archive, a folder; a folder must be a project unless it is editable.
    fn installable(&self, d: &Direct) -> bool {
        let text = &d.target.value;
        if spec::is_address(text) {
            return true;
        }
        let folder = paths::join(self.base, text).filter(|path| path.is_empty() || self.tree.is_dir(path));
        let project = |folder: &str| {
            let has = |name: &&str| paths::join(folder, name).is_some_and(|path| self.tree.find(&path).is_some());
            ["pyproject.toml", "setup.py"].iter().any(has)
        };
        match folder {
            Some(_) if d.editable => true,
            Some(folder) if spec::looks_like_path(text) => project(&folder),
            _ => !d.editable && spec::is_archive(text),
        }
    }

    fn direct(&self, d: &Direct) -> Value {
        if !self.installable(d) {
            return opaque("not a project", d.editable, &d.hashes);
        }
        let text = d.marker.as_ref().map(|m| m.value.as_str());
        let (marker, applies) = marker(text, self.markers);
        json!({"name": null, "extras": d.extras, "specifier": "", "url": self.local(&d.target.value), "marker": marker,
               "applies": applies, "hashes": hashes(&d.hashes), "editable": d.editable})
    }

    /// The option lines. A feature, once enabled, is on every later line of options: pip keeps one list of them.
    fn options(&self, lines: &[OptionLine]) -> Vec<Value> {
        let mut features: Vec<Value> = Vec::new();
        let one = |line: &OptionLine| {
            let mut out = self.option(line);
            if let Some(Value::Array(new)) = out["options"].get("features_enabled") {
                features.extend(new.iter().cloned());
            }
            if !features.is_empty() {
                out["options"]["features_enabled"] = json!(features);
            }
            out
        };
        lines.iter().map(one).collect()
    }

    fn option(&self, line: &OptionLine) -> Value {
        let file = seen_from(self.base, self.tree.path(line.file));
        let mut out = Map::new();
        for option in &line.options {
            let value = option.value.as_ref().map(|v| v.value.clone()).unwrap_or_default();
            let list = |out: &mut Map<String, Value>, key: &str, value: String| {
                if let Some(items) = out.entry(key).or_insert_with(|| json!([])).as_array_mut() {
                    items.push(json!(value));
                }
            };
            match option.name.as_str() {
                "--index-url" => {
                    out.insert("index_url".into(), json!(value));
                }
                "--extra-index-url" => list(&mut out, "extra_index_urls", value),
                "--find-links" => list(&mut out, "find_links", value),
                "--trusted-host" => list(&mut out, "trusted_hosts", value),
                "--use-feature" => list(&mut out, "features_enabled", value),
                flag @ ("--no-index" | "--pre" | "--prefer-binary" | "--require-hashes") => {
                    out.insert(flag[2..].replace('-', "_"), json!(true));
                }
                _ => {}
            }
        }
        for (key, names) in ["no_binary", "only_binary"].into_iter().zip(formats(&line.options)) {
            if !names.is_empty() {
                out.insert(key.into(), json!(names));
            }
        }
        json!({"file": file, "line": line.line, "constraint": line.constraint, "options": out})
    }
}

/// A path from a folder, `..` followed; nothing is asked of the disk.
fn normal(folder: &Path, path: &str) -> PathBuf {
    let mut whole = if path.starts_with('/') { PathBuf::from("/") } else { folder.to_path_buf() };
    for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
        if part == ".." {
            whole.pop();
        } else {
            whole.push(part);
        }
    }
    whole
}

/// A path as it stands in an address.
fn quoted(path: &str) -> String {
    let mut out = String::new();
    for byte in path.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"/_.-~".contains(&byte);
        if plain {
            out.push(char::from(byte));
        } else {
            let digit = |n: u8| char::from(b"0123456789ABCDEF"[usize::from(n)]);
            out.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
    out
}

fn hashes(list: &[Spanned<String>]) -> Vec<&str> {
    let mut out: Vec<&str> = list.iter().map(|h| h.value.as_str()).collect();
    out.sort_unstable();
    out
}

fn opaque(why: &str, editable: bool, list: &[Spanned<String>]) -> Value {
    json!({"name": null, "extras": [], "specifier": "", "url": null, "marker": null, "applies": null,
           "error": why, "editable": editable, "hashes": hashes(list)})
}

fn pyproject(file: FileId, text: &str, folder: &Path, markers: &MarkerEnv) -> Value {
    let read = manifest::parse(file, text);
    if read.problems.is_empty() && not_texts(&read.node) {
        return json!({"kind": "pyproject", "ok": false, "error": "a requirement is no text"});
    }
    if let Some(problem) = read.problems.first() {
        return json!({"kind": "pyproject", "ok": false, "error": problem.message});
    }
    if let Some(why) = undefined(&read) {
        return json!({"kind": "pyproject", "ok": false, "error": why});
    }
    let many = |list: &[Dependency]| -> Vec<Value> { list.iter().map(|d| dependency(d, markers)).collect() };
    let optional: BTreeMap<&String, Vec<Value>> = read.optional.iter().map(|(k, v)| (k, many(v))).collect();
    let group = |g: &Result<Vec<Dependency>, String>| match g {
        Ok(list) => json!({"error": null, "entries": many(list)}),
        Err(why) => json!({"error": why, "entries": []}),
    };
    let groups: BTreeMap<&String, Value> = read.groups.iter().map(|(k, v)| (k, group(v))).collect();
    let (groups_of_poetry, refused) = match poetry_groups::groups(&read) {
        Ok(groups) => (groups, None),
        Err(why) => (BTreeMap::new(), Some(why)),
    };
    let poetry: BTreeMap<&String, Vec<Value>> = groups_of_poetry
        .iter()
        .map(|(name, list)| (name, list.iter().map(|found| poetry(found, folder, markers)).collect()))
        .collect();
    json!({
        "kind": "pyproject", "ok": true, "error": null, "name": read.name.map(|n| n.value),
        "requires_python": read.requires_python.map(|n| n.value), "dynamic": read.dynamic,
        "dependencies": many(&read.dependencies), "optional_dependencies": optional, "dependency_groups": groups,
        "build_requires": many(&read.build_requires), "poetry_error": refused, "poetry": poetry,
    })
}

/// Whether a list of requirements holds something else than texts.
fn not_texts(node: &Node) -> bool {
    let lists = [node.path(&["project", "dependencies"]), node.path(&["build-system", "requires"])];
    let optional = node.path(&["project", "optional-dependencies"]).map_or(&[][..], Node::entries);
    let all = lists.into_iter().flatten().chain(optional.iter().map(|(_, list)| list));
    all.flat_map(Node::items).any(|item| item.text().is_none())
}

/// Why a marker of a project's lists cannot be evaluated, if one cannot.
fn undefined(read: &manifest::Manifest) -> Option<String> {
    let groups = read.groups.values().filter_map(|group| group.as_ref().ok());
    let lists = [&read.dependencies, &read.build_requires].into_iter().chain(read.optional.values()).chain(groups);
    let markers = lists.flatten().filter_map(|d| d.requirement.as_ref().ok()?.marker.as_ref());
    markers.filter_map(|text| Marker::parse(&text.value)).find_map(|marker| marker.undefined())
}

fn dependency(d: &Dependency, markers: &MarkerEnv) -> Value {
    match &d.requirement {
        Ok(r) => {
            let (marker, applies) = marker(r.marker.as_ref().map(|m| m.value.as_str()), markers);
            json!({"name": r.name.value, "extras": r.extras, "specifier": r.canonical_specifier(),
                   "url": r.url.as_ref().map(|u| &u.value), "marker": marker, "applies": applies})
        }
        Err(why) => json!({"name": null, "extras": [], "specifier": "", "url": null, "marker": null, "applies": null,
                           "text": d.text.value, "error": why}),
    }
}

fn poetry(found: &PoetryDependency, folder: &Path, markers: &MarkerEnv) -> Value {
    let mut out = dependency(&found.dependency, markers);
    out["optional"] = json!(found.dependency.optional);
    if found.dependency.requirement.is_err() {
        return out;
    }
    out["url"] = match &found.address {
        Some(Address::Url(url)) => json!(url),
        Some(Address::Path(path)) => {
            json!(normal(folder, path).file_name().map(|name| format!("file://{}", name.to_string_lossy())))
        }
        None => Value::Null,
    };
    (out["marker"], out["applies"]) = match &found.marker {
        Ok(text) => marker(text.as_deref(), markers),
        Err(why) => (json!({"$unknown": why}), json!({"$unknown": why})),
    };
    if !found.dependency.exact {
        out["specifier"] = json!({"$unknown": "what Poetry makes of the versions"});
    }
    out
}
