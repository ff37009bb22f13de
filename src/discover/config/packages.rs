//! Configurations that lie elsewhere: in installed Python packages, which are read, never run, and in the folders of the
//! repository above the root.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::node::Node;
use super::{Config, NAMES, PROJECT, TABLE};
use crate::discover::classify::classify;
use crate::discover::source::{Disk, Overlay, Source, names};
use crate::discover::tree::{Stand, Tree};
use crate::discover::{git, paths};
use crate::knowledge::wildcard;

/// What marks a package in `extends`, and its files in the tree.
pub const MARK: &str = "package:";
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

/// A tree in which all stands that its configuration builds on: packages, and files of the repository above the root.
/// `folders` are looked at before those that the configuration names.
pub fn open(root: &Path, make: &dyn Fn() -> Box<dyn Source>, given: &[PathBuf]) -> std::io::Result<Tree> {
    let stand = git::stand(root);
    let mut files = inherited(root, &stand);
    loop {
        let mut tree = Tree::open(Box::new(Overlay::of(files.clone()).over(make())))?;
        tree.stand = stand.clone();
        let before = files.len();
        let wanted = wanted(&tree);
        for package in wanted.packages {
            let sites = given.iter().cloned().chain(wanted.sites.iter().flat_map(|site| places(root, site)));
            let found = sites.map(|site| site.join(&package)).find(|folder| folder.join(NAMES[0]).is_file());
            let Some(found) = found else { continue };
            for (path, bytes) in read(&found) {
                files.entry(format!("{MARK}{package}/{path}")).or_insert(bytes);
            }
        }
        for pattern in wanted.above.iter().filter(|pattern| paths::climbs(pattern) <= stand.depth()) {
            for path in matching(root, pattern) {
                files.extend(read_above(root, &path).map(|bytes| (path, bytes)));
            }
        }
        if files.len() == before {
            return Ok(tree);
        }
    }
}

/// The nearest configuration above the root, in its repository.
fn inherited(root: &Path, stand: &Stand) -> BTreeMap<String, Vec<u8>> {
    let above = (1..=stand.depth()).map(|up| "../".repeat(up));
    let names = above.flat_map(|up| super::all_names().map(move |name| format!("{up}{name}")));
    let says = |path: &str, text: &[u8]| {
        !path.ends_with(PROJECT) || text.windows(TABLE.len()).any(|window| window == TABLE.as_bytes())
    };
    let mut found = names.filter_map(|path| Some((read_above(root, &path)?, path)));
    found.find(|(text, path)| says(path, text)).map(|(text, path)| (path, text)).into_iter().collect()
}

/// A file above the root. Links out of the repository are not followed.
fn read_above(root: &Path, path: &str) -> Option<Vec<u8>> {
    let tree = git::work_tree(root)?;
    Disk::new(&tree).read(&paths::beneath(&git::stand(root).in_repository, path)).ok()
}

/// The files above the root that a pattern names, whose last part may hold `*`.
fn matching(root: &Path, pattern: &str) -> Vec<String> {
    let (folder, name) = (paths::parent(pattern), paths::name(pattern));
    if !name.contains('*') {
        return vec![pattern.to_owned()];
    }
    let names = names(&root.join(folder), false).into_iter().filter(|found| wildcard(name, found));
    names.take(MOST).map(|name| format!("{folder}/{name}")).collect()
}

/// The files of packages, and of folders above the root, in a tree, with their texts.
pub fn files_of(tree: &Tree) -> impl Iterator<Item = (String, String)> {
    let shared = tree.with_shared().filter(|(_, path)| path.starts_with(MARK) || path.starts_with("../"));
    shared.filter_map(|(file, path)| Some((path.to_owned(), tree.text(file).ok()?.to_owned())))
}

/// What the configuration of a tree builds on and is not in it.
#[derive(Default)]
struct Wanted {
    /// Packages.
    packages: Vec<String>,
    /// The folders to look for them in.
    sites: Vec<String>,
    /// Files above the root.
    above: Vec<String>,
}

fn wanted(tree: &Tree) -> Wanted {
    let mut open: Vec<String> = super::all_names().map(str::to_owned).collect();
    open.extend(super::above(tree).map(|file| tree.path(file).to_owned()));
    let mut seen: Vec<String> = Vec::new();
    let mut wanted = Wanted::default();
    while let Some(at) = open.pop() {
        let Some(file) = tree.find(&at) else {
            wanted.above.push(at);
            continue;
        };
        let text = tree.text(file).unwrap_or_default();
        if seen.contains(&at) || seen.len() > MOST || !(text.contains("extends") || text.contains("rule-files")) {
            continue;
        }
        let (root, _) = Node::parse(crate::model::FileId(0), text);
        let root = root.at(&["tool", "paritylint"]).unwrap_or(&root);
        wanted.sites.extend(root.list("site-packages").iter().filter_map(Node::text).map(str::to_owned));
        for name in root.list("extends").iter().filter_map(Node::text) {
            match name.strip_prefix(MARK) {
                Some(package) => {
                    let Some(path) = path(package) else { continue };
                    let folder = path.strip_prefix(MARK).and_then(|path| path.split('/').next()).unwrap_or_default();
                    if tree.find(&path).is_none() {
                        wanted.packages.push(folder.to_owned());
                    }
                    open.push(path);
                }
                None => open.push(paths::beneath(paths::parent(&at), name)),
            }
        }
        let rules = root.list("rule-files").iter().filter_map(Node::text);
        wanted.above.extend(rules.map(|path| paths::beneath(paths::parent(&at), path)));
        seen.push(at);
    }
    wanted.above.retain(|path| path.starts_with("../") && tree.find(path).is_none());
    wanted
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
                names(&folder, true)
                    .into_iter()
                    .filter(|name| wildcard(part, name))
                    .map(|name| folder.join(name))
                    .collect()
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
