//! Configurations that lie in installed Python packages. They are read, never run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::node::Node;
use super::{Config, NAMES};
use crate::discover::classify::classify;
use crate::discover::paths;
use crate::discover::source::{Disk, Overlay, Source, folders};
use crate::discover::tree::Tree;
use crate::knowledge::wildcard;

/// What marks a package in `extends`, and its files in the tree.
pub(super) const MARK: &str = "package:";
/// Files that are read of a package.
const MOST: usize = 256;

/// The path in the tree of what `package:NAME` names: the package's configuration, or a file of it.
pub(super) fn path(name: &str) -> Option<String> {
    let (package, file) = name.split_once('/').unwrap_or((name, NAMES[0]));
    let package = package.replace('-', "_");
    let fine = !package.is_empty() && package.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.');
    let file = paths::join("", file)?;
    (fine && !package.contains("..")).then(|| format!("{MARK}{package}/{file}"))
}

/// A tree in which the packages stand that its configuration extends. `folders` are looked at before those that the
/// configuration names.
pub fn open(root: &Path, make: &dyn Fn() -> Box<dyn Source>, given: &[PathBuf]) -> std::io::Result<Tree> {
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    loop {
        let tree = Tree::open(Box::new(Overlay::of(files.clone()).over(make())))?;
        let before = files.len();
        for (package, sites) in wanted(&tree) {
            let sites = given.iter().cloned().chain(sites.iter().flat_map(|site| places(root, site)));
            let found = sites.map(|site| site.join(&package)).find(|folder| folder.join(NAMES[0]).is_file());
            let Some(found) = found else { continue };
            for (path, bytes) in read(&found) {
                files.entry(format!("{MARK}{package}/{path}")).or_insert(bytes);
            }
        }
        if files.len() == before {
            return Ok(tree);
        }
    }
}

/// The files of packages in a tree, with their texts.
pub fn files_of(tree: &Tree) -> impl Iterator<Item = (String, String)> {
    let ours = tree.files().filter(|(_, path)| path.starts_with(MARK));
    ours.filter_map(|(file, path)| Some((path.to_owned(), tree.text(file).ok()?.to_owned())))
}

/// The packages that the configuration of a tree extends and that are not in it, each with the folders to look in.
fn wanted(tree: &Tree) -> Vec<(String, Vec<String>)> {
    let mut open: Vec<String> = NAMES.iter().chain(&["pyproject.toml"]).map(|name| (*name).to_owned()).collect();
    let mut seen: Vec<String> = Vec::new();
    let mut sites: Vec<String> = Vec::new();
    let mut found = Vec::new();
    while let Some(at) = open.pop() {
        let Some(text) = tree.find(&at).and_then(|file| tree.text(file).ok()).filter(|text| text.contains("extends"))
        else {
            continue;
        };
        if seen.contains(&at) || seen.len() > MOST {
            continue;
        }
        let (root, _) = Node::parse(crate::model::FileId(0), text);
        let root = root.at(&["tool", "paritylint"]).unwrap_or(&root);
        sites.extend(root.list("site-packages").iter().filter_map(Node::text).map(str::to_owned));
        for name in root.list("extends").iter().filter_map(Node::text) {
            match name.strip_prefix(MARK) {
                Some(package) => {
                    let Some(path) = path(package) else { continue };
                    let folder = path.strip_prefix(MARK).and_then(|path| path.split('/').next()).unwrap_or_default();
                    if tree.find(&path).is_none() {
                        found.push(folder.to_owned());
                    }
                    open.push(path);
                }
                None => open.extend(paths::join(paths::parent(&at), name)),
            }
        }
        seen.push(at);
    }
    found.into_iter().map(|package| (package, sites.clone())).collect()
}

/// The folders that a pattern names, below a root or absolute.
fn places(root: &Path, pattern: &str) -> Vec<PathBuf> {
    let mut at = vec![if pattern.starts_with('/') { PathBuf::from("/") } else { root.to_path_buf() }];
    for part in pattern.split('/').filter(|part| !part.is_empty() && *part != ".") {
        at = at
            .into_iter()
            .flat_map(|folder| {
                if !part.contains('*') {
                    return vec![folder.join(part)];
                }
                folders(&folder).into_iter().filter(|name| wildcard(part, name)).map(|name| folder.join(name)).collect()
            })
            .collect();
    }
    at
}

/// The rules and configurations of a package.
fn read(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let disk = Disk::with_ignored(folder);
    let mut paths = disk.list().unwrap_or_default();
    paths.sort();
    // Nothing of a package is a file of the project.
    paths.retain(|path| path.ends_with(".toml") && classify(path).is_none());
    paths.truncate(MOST);
    paths.into_iter().filter_map(|path| Some((path.clone(), disk.read(&path).ok()?))).collect()
}

/// Reads the configuration of a folder, with the packages that it extends.
pub fn configured(
    root: &Path,
    make: &dyn Fn() -> Box<dyn Source>,
    given: &[PathBuf],
) -> std::io::Result<(Tree, Config)> {
    let tree = open(root, make, given)?;
    let config = Config::read(&tree);
    Ok((tree, config))
}
