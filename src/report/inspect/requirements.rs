//! `inspect` of one requirements file, `pyproject.toml` or lock.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::Request;
use super::installed::{markers, relative, seen_from};
use super::locks;
use crate::discover::{Disk, Tree, paths};
use crate::formats::locks::data::Node;
use crate::formats::locks::manifest::{self, Dependency};
use crate::formats::locks::poetry_groups::{self, Address, PoetryDependency};
use crate::formats::requirements::load::{Entry, Loaded, OptionLine, load_with};
use crate::formats::requirements::{Direct, Marker, MarkerEnv, Requirement, Target};
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
        let outside = loaded.incomplete.as_ref().is_some_and(|r| r.text.ends_with("outside the repository"));
        if outside && wider < 4 && root.pop() {
            continue;
        }
        let folder = relative(&base, &root).unwrap_or_default();
        return Ok(Printer { tree: &tree, base: &folder, markers: &markers }.requirements(&loaded));
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
        let options: Vec<Value> = loaded.options.iter().map(|line| self.option(line)).collect();
        let error = loaded.incomplete.as_ref().map(|r| r.text.clone());
        json!({"kind": "requirements", "ok": error.is_none(), "error": error, "entries": entries, "options": options})
    }

    fn place(&self, file: FileId, start: u32) -> (String, usize) {
        let before = self.tree.text(file).ok().and_then(|t| t.get(..start as usize)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        (seen_from(self.base, self.tree.path(file)), line)
    }

    fn entry(&self, entry: &Entry) -> Value {
        let (file, line) = self.place(entry.file, entry.span.start);
        let mut out = json!({"file": file, "line": line, "constraint": entry.constraint, "text": null, "error": null});
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
        let url = r.url.as_ref().map(|u| self.local(&u.value));
        json!({"name": r.name.value, "extras": r.extras, "specifier": r.canonical_specifier(), "url": url,
               "marker": marker, "applies": applies, "hashes": hashes(&r.hashes), "editable": r.editable})
    }

    /// The address of a path inside the root.
    fn local(&self, text: &str) -> String {
        if text.contains(':') {
            return text.to_owned();
        }
        match paths::join(self.base, text).map(|p| seen_from(self.base, &p)) {
            Some(path) if path.is_empty() => "file://.".to_owned(),
            Some(path) => format!("file://./{path}"),
            None => text.to_owned(),
        }
    }

    fn direct(&self, d: &Direct) -> Value {
        let address = d.target.value.contains(':');
        let folder = paths::join(self.base, &d.target.value).unwrap_or_default();
        let installable = ["pyproject.toml", "setup.py"]
            .iter()
            .any(|name| paths::join(&folder, name).is_some_and(|path| self.tree.find(&path).is_some()));
        // An editable needs only its folder; whether it can be built shows when it is.
        let installable = installable || d.editable && (folder.is_empty() || self.tree.is_dir(&folder));
        if !address && !installable {
            return opaque("not a project", d.editable, &d.hashes);
        }
        let text = d.marker.as_ref().map(|m| m.value.as_str());
        let (marker, applies) = marker(text, self.markers);
        json!({"name": null, "extras": d.extras, "specifier": "", "url": self.local(&d.target.value), "marker": marker,
               "applies": applies, "hashes": hashes(&d.hashes), "editable": d.editable})
    }

    fn option(&self, line: &OptionLine) -> Value {
        let (file, number) = self.place(line.file, line.span.start);
        let mut out = Map::new();
        let mut formats: BTreeMap<&str, Vec<String>> = BTreeMap::new();
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
                "--no-binary" => formats.entry("no_binary").or_default().push(value),
                "--only-binary" => formats.entry("only_binary").or_default().push(value),
                flag @ ("--no-index" | "--pre" | "--prefer-binary" | "--require-hashes") => {
                    out.insert(flag[2..].replace('-', "_"), json!(true));
                }
                _ => {}
            }
        }
        for (key, values) in formats {
            let names = values.iter().flat_map(|v| v.split(',')).map(|n| match n {
                special if special.starts_with(':') => special.to_owned(),
                name => crate::formats::requirements::normalize(name),
            });
            let mut names: Vec<String> = names.collect();
            names.sort_unstable();
            names.dedup();
            out.insert(key.into(), json!(names));
        }
        json!({"file": file, "line": number, "constraint": line.constraint, "options": out})
    }
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
        Some(Address::Path(path)) => json!(last_of(folder, path).map(|name| format!("file://{name}"))),
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

/// The last part of a path from a folder, `..` followed.
fn last_of(folder: &Path, path: &str) -> Option<String> {
    let mut whole = folder.to_path_buf();
    for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
        if part == ".." {
            whole.pop();
        } else {
            whole.push(part);
        }
    }
    whole.file_name()?.to_str().map(str::to_owned)
}
