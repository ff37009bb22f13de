//! Which file of the repository a path inside a container is.

use std::collections::BTreeSet;

use super::relocated;
use crate::discover::{Tree, paths};
use crate::formats::dockerfile::{Action, Build, CopyFrom, Step};
use crate::formats::shell::Files;
use crate::model::FileId;

/// One file or folder of the repository, and where it stands in the container.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Mapping {
    inside: String,
    outside: String,
    folder: bool,
    mount: bool,
}

/// The files of the repository that a container sees, by `COPY`, `ADD` and bind mounts.
#[derive(Clone)]
pub struct Container<'t> {
    tree: &'t Tree,
    mappings: Vec<Mapping>,
    /// The folder commands start in.
    pub workdir: String,
}

/// Where a checkout stands on the machine that made it.
pub const CHECKOUT: &str = "/repo";

/// `path` made absolute in a container.
pub fn absolute(workdir: &str, path: &str) -> String {
    let joined = if path.starts_with('/') { path.to_owned() } else { format!("{workdir}/{path}") };
    format!("/{}", paths::join("", joined.trim_start_matches('/')).unwrap_or_default())
}

impl<'t> Container<'t> {
    /// A machine on which the repository is checked out and `folder` is where commands start.
    pub fn checkout(tree: &'t Tree, folder: &str) -> Self {
        let mappings = vec![Mapping { inside: CHECKOUT.into(), outside: String::new(), folder: true, mount: false }];
        Self { tree, mappings, workdir: absolute(CHECKOUT, folder) }
    }

    /// What a stage of a build holds.
    pub fn of_stage(tree: &'t Tree, build: &Build, stage: usize, context: &str) -> Self {
        let mappings = stage_mappings(tree, build, stage, context, 0);
        let workdir =
            build.stages.get(stage).and_then(|stage| stage.workdir.as_ref()).map_or("/", |dir| dir.value.as_str());
        Self { tree, mappings, workdir: absolute("/", workdir) }
    }

    /// Adds a bind mount; it hides what stood there.
    pub fn mount(&mut self, outside: &str, inside: &str) {
        let folder = self.tree.find(outside).is_none();
        self.mappings.push(Mapping { inside: absolute("/", inside), outside: outside.to_owned(), folder, mount: true });
    }

    /// A file at a path in the container: its path in the repository, itself and its text.
    pub fn file_text(&self, path: &str) -> Option<(String, FileId, &'t str)> {
        let outside = self.outside(path)?;
        let file = self.tree.find(&outside)?;
        Some((outside, file, self.tree.text(file).ok()?))
    }

    /// Whether a folder of the repository holds programs.
    pub fn is_code(&self, folder: &str) -> bool {
        self.tree.under(folder).any(|(_, path)| path.ends_with(".py"))
    }

    /// The repository's path of a path in the container, if a file or folder of the repository stands there.
    pub fn outside(&self, path: &str) -> Option<String> {
        let path = absolute(&self.workdir, path);
        self.mappings.iter().rev().find_map(|mapping| {
            if mapping.inside == path {
                return Some(mapping.outside.clone());
            }
            let base = if mapping.inside == "/" { "" } else { mapping.inside.as_str() };
            let rest = path.strip_prefix(base)?.strip_prefix('/')?;
            let outside = paths::join(&mapping.outside, rest).filter(|_| mapping.folder)?;
            (self.tree.find(&outside).is_some() || self.tree.is_dir(&outside)).then_some(outside)
        })
    }

    /// The first file of the repository that was copied into one of some folders.
    pub fn first_under(&self, folders: &[&str]) -> Option<FileId> {
        let within =
            |inside: &str| folders.iter().any(|folder| inside == *folder || inside.starts_with(&format!("{folder}/")));
        let files = self.mappings.iter().filter(|mapping| !mapping.folder && within(&mapping.inside));
        files.into_iter().find_map(|mapping| self.tree.find(&mapping.outside))
    }

    /// Where a file of the repository stands in the container.
    pub fn inside(&self, file: FileId) -> Option<String> {
        self.place(file, |_| true)
    }

    /// The files of the repository that are brought one by one, and where each stands.
    pub fn single_files(&self) -> impl Iterator<Item = (&str, FileId)> {
        let single = self.mappings.iter().filter(|mapping| !mapping.folder);
        single.filter_map(|mapping| Some((mapping.inside.as_str(), self.tree.find(&mapping.outside)?)))
    }

    /// The files of the repository that are mounted one by one.
    pub fn mounted(&self) -> impl Iterator<Item = FileId> {
        self.mappings
            .iter()
            .filter(|mapping| mapping.mount && !mapping.folder)
            .filter_map(|m| self.tree.find(&m.outside))
    }

    /// Whether a path of the repository is mounted by itself, whether it is there or not.
    pub fn mounts(&self, path: &str) -> bool {
        self.mappings.iter().any(|mapping| mapping.mount && mapping.outside == path)
    }

    /// Whether a file of the repository was copied into the image; what is mounted over it is not in it.
    pub fn copied(&self, file: FileId) -> bool {
        self.place(file, |mapping| !mapping.mount).is_some()
    }

    /// Whether a file of the repository is not there: no mount and no copy brings it, or its copy leaves it out.
    pub fn leaves_out(&self, file: FileId, ignored: bool) -> bool {
        let mounted = self.place(file, |mapping| mapping.mount).is_some();
        let followed = self.mappings.iter().all(|mapping| !mapping.outside.contains('$'));
        !mounted && (ignored || followed && self.lacks(file))
    }

    fn place(&self, file: FileId, counts: impl Fn(&Mapping) -> bool) -> Option<String> {
        let path = self.tree.path(file);
        let mut mappings = self.mappings.iter().rev().filter(|mapping| counts(mapping));
        mappings.find_map(|mapping| match path.strip_prefix(mapping.outside.as_str())? {
            "" => Some(mapping.inside.clone()),
            rest if mapping.folder => Some(absolute(&mapping.inside, rest.trim_start_matches('/'))),
            _ => None,
        })
    }

    /// Whether a file was left out where other code of the repository was brought in.
    pub fn lacks(&self, file: FileId) -> bool {
        let code = |mapping: &Mapping| {
            if mapping.folder { self.is_code(&mapping.outside) } else { mapping.outside.ends_with(".py") }
        };
        self.inside(file).is_none() && self.mappings.iter().any(code)
    }

    /// The file of the repository at a path in the container.
    pub fn find(&self, path: &str) -> Option<FileId> {
        self.tree.find(&self.outside(path)?)
    }

    /// The repository's folders that stand at the working directory or hold what does, best first.
    pub fn work_folders(&self) -> Vec<String> {
        let mut folders: Vec<String> = self.outside("").into_iter().collect();
        for mapping in self.mappings.iter().rev().filter(|mapping| mapping.folder) {
            if mapping.inside == self.workdir && !folders.contains(&mapping.outside) {
                folders.push(mapping.outside.clone());
            }
        }
        folders
    }

    /// Whether a path in the container was brought from the repository by a mount or copy of a whole folder.
    pub fn holds_folder(&self, path: &str) -> bool {
        let path = absolute(&self.workdir, path);
        self.mappings
            .iter()
            .any(|mapping| mapping.folder && (mapping.inside == path || path.starts_with(&mapping.inside)))
    }
}

impl Files for Container<'_> {
    fn script(&self, path: &str) -> Option<(FileId, &str)> {
        let file = self.find(path).or_else(|| self.by_name(path))?;
        Some((file, self.tree.text(file).ok()?))
    }

    fn names(&self, folder: &str) -> Option<Vec<String>> {
        let outside = self.outside(folder).filter(|outside| outside.is_empty() || self.tree.is_dir(outside))?;
        let below = |path: &str| {
            let rest = path.strip_prefix(outside.as_str())?.trim_start_matches('/');
            Some(rest.split('/').next().unwrap_or(rest).to_owned())
        };
        let names: BTreeSet<String> = self.tree.under(&outside).filter_map(|(_, path)| below(path)).collect();
        Some(names.into_iter().collect())
    }

    fn command(&self, name: &str) -> Option<(FileId, &str)> {
        let file = PROGRAMS.iter().find_map(|folder| self.find(&format!("{folder}/{name}")))?;
        Some((file, self.tree.text(file).ok()?))
    }
}

/// The folders in which programs are looked up.
const PROGRAMS: [&str; 6] = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

impl Container<'_> {
    /// A script whose copying could not be followed: the only file of that name that any mapping brings.
    fn by_name(&self, path: &str) -> Option<FileId> {
        let name = paths::name(path);
        if name.is_empty() || !path.contains('/') {
            return None;
        }
        let mut found = self.mappings.iter().filter(|mapping| !mapping.folder && paths::name(&mapping.inside) == name);
        let first = found.next()?;
        found.next().is_none().then(|| self.tree.find(&first.outside)).flatten()
    }
}

/// Folders that every image of a distribution has: what is copied there goes into them. Source: the Filesystem Hierarchy
/// Standard 3.0.
const OF_SYSTEM: [&str; 22] = [
    "/",
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/home",
    "/lib",
    "/media",
    "/mnt",
    "/opt",
    "/root",
    "/run",
    "/sbin",
    "/srv",
    "/tmp",
    "/usr",
    "/usr/bin",
    "/usr/lib",
    "/usr/local",
    "/usr/local/bin",
    "/usr/src",
    "/var",
];

fn stage_mappings(tree: &Tree, build: &Build, stage: usize, context: &str, depth: usize) -> Vec<Mapping> {
    let mut mappings = Vec::new();
    if depth > 8 {
        return mappings;
    }
    for index in build.chain(stage) {
        let Some(stage) = build.stages.get(index) else { continue };
        let context = stage.context.as_deref().unwrap_or(context);
        for step in &stage.steps {
            let Action::Copy { from, sources, dest, .. } = &step.action else {
                relocate(tree, step, &mut mappings);
                continue;
            };
            let inside = absolute(step.workdir.as_deref().unwrap_or("/"), &dest.value);
            let here = absolute("/", step.workdir.as_deref().unwrap_or("/"));
            let there = |mapping: &Mapping| mapping.folder && mapping.inside == inside;
            let is_folder = inside == here || OF_SYSTEM.contains(&inside.as_str()) || mappings.iter().any(there);
            let into = dest.value.ends_with('/') || dest.value.ends_with("/.") || is_folder || sources.len() > 1;
            match from {
                None => {
                    for source in sources {
                        mappings.extend(copied(tree, context, &source.value, &inside, into));
                    }
                }
                Some(CopyFrom::Stage(other)) if *other != index => {
                    let there = stage_mappings(tree, build, *other, context, depth + 1);
                    for source in sources {
                        mappings.extend(rebased(tree, &there, &absolute("/", &source.value), &inside, into));
                    }
                }
                Some(_) => {}
            }
        }
    }
    mappings
}

/// Adds the places to which a step brings files that stand in the image already; where they came from they may stay.
fn relocate(tree: &Tree, step: &Step, mappings: &mut Vec<Mapping>) {
    if mappings.is_empty() {
        return;
    }
    let container = Container { tree, mappings: std::mem::take(mappings), workdir: "/".to_owned() };
    let found: Vec<Mapping> = relocated::by_step(step, &container)
        .into_iter()
        .filter_map(|moved| {
            let outside = container.outside(&moved.from)?;
            let folder = tree.find(&outside).is_none();
            let into = moved.into || OF_SYSTEM.contains(&moved.to.as_str()) || container.outside(&moved.to).is_some();
            let name = paths::name(&moved.from);
            let inside = if into && !folder { absolute(&moved.to, name) } else { moved.to };
            (!outside.is_empty()).then_some(Mapping { inside, outside, folder, mount: false })
        })
        .collect();
    *mappings = container.mappings;
    mappings.extend(found);
}

/// What `COPY source inside` brings.
fn copied(tree: &Tree, context: &str, source: &str, inside: &str, into: bool) -> Vec<Mapping> {
    let Some(path) = paths::join(context, source.trim_start_matches('/')) else { return Vec::new() };
    let at = |outside: &str, whole: bool| {
        let inside = if whole { inside.to_owned() } else { absolute(inside, paths::name(outside)) };
        Mapping { inside, outside: outside.to_owned(), folder: false, mount: false }
    };
    if path.contains(['*', '?', '[']) {
        let (folder, pattern) = (paths::parent(&path), paths::name(&path));
        let files =
            tree.under(folder).filter(|(_, file)| paths::parent(file) == folder && glob(pattern, paths::name(file)));
        return files.map(|(_, file)| at(file, false)).collect();
    }
    if tree.find(&path).is_some() {
        return vec![at(&path, !into)];
    }
    vec![Mapping { inside: inside.to_owned(), outside: path, folder: true, mount: false }]
}

/// What another stage's files are after `COPY --from`.
fn rebased(tree: &Tree, there: &[Mapping], source: &str, inside: &str, into: bool) -> Vec<Mapping> {
    let mut mappings = Vec::new();
    for mapping in there {
        let rest = mapping
            .inside
            .strip_prefix(source)
            .filter(|rest| rest.is_empty() || rest.starts_with('/') || source == "/");
        if let Some(rest) = rest {
            let target = match (rest.is_empty(), mapping.folder || !into) {
                (true, true) => inside.to_owned(),
                (true, false) => absolute(inside, paths::name(&mapping.inside)),
                (false, _) => absolute(inside, rest.trim_start_matches('/')),
            };
            mappings.push(Mapping { inside: target, ..mapping.clone() });
        } else if mapping.folder {
            let base = if mapping.inside == "/" { "" } else { mapping.inside.as_str() };
            let below = source.strip_prefix(base).and_then(|rest| rest.strip_prefix('/'));
            let Some(outside) = below.and_then(|rest| paths::join(&mapping.outside, rest)) else { continue };
            // What the stage has made by itself is none of the repository.
            let file = tree.find(&outside).is_some();
            if file || tree.is_dir(&outside) {
                let inside = if file && into { absolute(inside, paths::name(source)) } else { inside.to_owned() };
                mappings.push(Mapping { inside, outside, folder: !file, mount: false });
            }
        }
    }
    mappings
}

/// `*` and `?` of a file name.
pub fn glob(pattern: &str, name: &str) -> bool {
    fn go(pattern: &[u8], name: &[u8]) -> bool {
        match (pattern.first(), name.first()) {
            (None, None) => true,
            (Some(b'*'), _) => go(&pattern[1..], name) || !name.is_empty() && go(pattern, &name[1..]),
            (Some(b'?'), Some(_)) => go(&pattern[1..], &name[1..]),
            (Some(a), Some(b)) if a == b => go(&pattern[1..], &name[1..]),
            _ => false,
        }
    }
    pattern.len() < 256 && pattern.matches('*').count() <= 4 && go(pattern.as_bytes(), name.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::Container;
    use crate::discover::{Overlay, Tree};
    use crate::formats::dockerfile::{self, BuildInputs};

    #[test]
    fn a_part_of_what_a_stage_has_copied_is_what_it_was() {
        let text = "FROM python:3.12 AS build\nCOPY . /srv/shop\nRUN pip install . --target /srv/shop/made\nFROM python:3.12\n\
            COPY --from=build /srv/shop/ops/ /srv/ops/\nCOPY --from=build /srv/shop/start.sh /usr/local/bin/\n\
            COPY --from=build /srv/shop/made /made\n";
        let files = [("Dockerfile", text), ("ops/run.sh", "exec a\n"), ("start.sh", "exec b\n")];
        let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
        let file = dockerfile::parse(tree.find("Dockerfile").unwrap(), text);
        let build = dockerfile::build(&file, text, &BuildInputs::default());
        let container = Container::of_stage(&tree, &build, 1, "");
        let found = |path: &str| container.find(path).map(|file| tree.path(file));
        assert_eq!(found("/srv/ops/run.sh"), Some("ops/run.sh"));
        assert_eq!(found("/usr/local/bin/start.sh"), Some("start.sh"));
        assert_eq!((found("/start.sh"), container.outside("/made")), (None, None));
    }
}
