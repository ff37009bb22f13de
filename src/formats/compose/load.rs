//! Loading: files, `include`, `extends`, merge, profiles.

use std::collections::BTreeMap;

use super::merge::{Merger, as_pairs, settle};
use super::value::{Data, Node, Reading};
use super::{Options, Profiles, Project, check, decode, locate};
use crate::discover::{Tree, paths};
use crate::formats::dotenv::{self, Dialect};
use crate::formats::{World, yaml};
use crate::model::{FileId, Problem, Span, Spanned, StepKind};

/// Files deep in one another are not followed further.
pub(super) const DEPTH: usize = 16;
/// More files are not read for one project.
const FILES: usize = 500;

/// What loads one project.
pub(super) struct Loader<'a> {
    pub(super) tree: &'a Tree,
    pub(super) options: &'a Options,
    pub(super) project: Project,
    /// Folders that nodes count by.
    pub(super) folders: Vec<String>,
    left: usize,
}

/// Files that are read with the same variables: those of the project, or those of one `include`.
pub(super) struct Unit<'u> {
    pub(super) world: &'u World,
    /// The files that lead here, this one last.
    pub(super) chain: Vec<FileId>,
    /// Files that services extend others of, read once.
    pub(super) others: BTreeMap<FileId, Option<Node>>,
}

/// Loads files as one project; later files lie on earlier ones. Never fails: what cannot be read is a problem.
pub fn load(tree: &Tree, files: &[FileId], options: &Options) -> Project {
    let mut loader = Loader { tree, options, project: Project::default(), folders: Vec::new(), left: FILES };
    let folder = loader.folder(&options.project_dir);
    if let Some(node) = loader.unit(files, folder, &options.env, &[]) {
        decode::project(&mut loader, &node);
    }
    profiles(&mut loader.project, &options.profiles);
    check::project(&mut loader.project);
    loader.project
}

impl Loader<'_> {
    /// The count of a folder.
    pub(super) fn folder(&mut self, path: &str) -> usize {
        let path = path.trim_matches('/');
        let path = if path == "." { "" } else { path };
        let at = self.folders.iter().position(|known| known == path);
        at.unwrap_or_else(|| {
            self.folders.push(path.to_owned());
            self.folders.len() - 1
        })
    }

    pub(super) fn error(&mut self, span: Span, message: impl Into<String>) {
        self.project.errors.push(Problem::new(span, message));
    }

    /// The file that a node names, and its folder's path.
    pub(super) fn find(&mut self, node: &Node) -> Option<FileId> {
        let path = node.one()?;
        let folder = self.folders.get(node.folder).map_or("", String::as_str);
        let place = locate::in_tree(folder, path);
        let found = self.tree.find(&place);
        if found.is_none() {
            if place.starts_with("..") {
                self.project.outside.push(Spanned::new(place.clone(), node.span));
            }
            self.error(node.span, format!("{place} is not in the repository"));
        }
        found
    }

    /// Files as one: each laid on those before it.
    fn unit(&mut self, files: &[FileId], folder: usize, world: &World, chain: &[FileId]) -> Option<Node> {
        let mut whole: Option<Node> = None;
        for file in files {
            let chain = chain.iter().copied().chain([*file]).collect();
            let mut unit = Unit { world, chain, others: BTreeMap::new() };
            for mut node in self.documents(*file, folder, world) {
                self.include(&mut node, &unit);
                self.extend(&mut node, *file, &mut unit);
                let mut next = match whole.take() {
                    Some(base) => self.merge(base, node, &[]),
                    None => node,
                };
                settle(&mut next);
                whole = Some(next);
            }
        }
        whole
    }

    pub(super) fn merge(&mut self, base: Node, over: Node, path: &[&str]) -> Node {
        let mut merger = Merger::default();
        let node = merger.merge(base, over, path);
        for (span, message) in merger.errors {
            self.error(span, message);
        }
        node
    }

    /// The documents of a file, each a mapping.
    pub(super) fn documents(&mut self, file: FileId, folder: usize, world: &World) -> Vec<Node> {
        if self.left == 0 {
            self.error(Span::new(file, 0, 0), "too many files for one project");
            return Vec::new();
        }
        self.left -= 1;
        let documents = match self.tree.parsed(file, yaml::parse_all) {
            Ok(documents) => documents,
            Err(error) => {
                let message = error.to_string();
                self.error(Span::new(file, 0, 0), message);
                return Vec::new();
            }
        };
        let mut nodes = Vec::new();
        for document in documents.iter() {
            self.project.problems.extend(document.problems.iter().cloned());
            let Some(root) = document.root().filter(|root| !root.is_null()) else { continue };
            let mut reading = Reading::new(world, folder);
            let node = reading.node(root, 0);
            self.project.interpolated.append(&mut reading.found);
            for (span, message) in reading.errors {
                self.error(span, message);
            }
            if matches!(node.data, Data::Map(_)) {
                nodes.push(node);
            } else {
                self.error(root.span(), "expected a mapping with services");
            }
        }
        if nodes.is_empty() {
            self.error(Span::new(file, 0, 0), "empty compose file");
        }
        nodes
    }

    /// Puts what a file includes under what it says itself.
    fn include(&mut self, node: &mut Node, unit: &Unit<'_>) {
        let Some(list) = node.take("include") else { return };
        if !matches!(list.data, Data::Seq(_) | Data::Null) {
            self.error(list.span, "`include` must be a list");
        }
        for item in list.items() {
            let path = item.get("path").unwrap_or(item);
            let files: Vec<FileId> = path.items().iter().filter_map(|path| self.find(path)).collect();
            let Some(first) = files.first() else { continue };
            if unit.chain.contains(first) || unit.chain.len() > DEPTH {
                self.error(item.span, "files include one another in a circle");
                continue;
            }
            let place = match item.get("project_directory").and_then(Node::one) {
                Some(path) => locate::in_tree(self.folders.get(item.folder).map_or("", String::as_str), path),
                None => paths::parent(self.tree.path(*first)).to_owned(),
            };
            let world = self.world_of(item, &place, unit.world);
            let folder = self.folder(&place);
            let Some(mut imported) = self.unit(&files, folder, &world, &unit.chain) else { continue };
            default_contexts(&mut imported, folder);
            given_names(&mut imported, &world);
            imported.step(StepKind::Included, path.span);
            self.import(node, imported);
        }
    }

    /// The variables of an include: those around it, and its own `.env` where those say nothing.
    fn world_of(&mut self, item: &Node, place: &str, around: &World) -> World {
        let mut world = around.clone();
        let mut files: Vec<FileId> = Vec::new();
        match item.get("env_file").filter(|node| !node.is_null()) {
            Some(named) => {
                let named = named.items().iter().filter(|node| node.one() != Some("/dev/null"));
                files.extend(named.filter_map(|node| self.find(node)));
            }
            None => files.extend(paths::join(place, ".env").and_then(|path| self.tree.find(&path))),
        }
        for file in files {
            let Ok(text) = self.tree.text(file) else { continue };
            let read = dotenv::parse(file, text, Dialect::Compose, around);
            for problem in &read.problems {
                self.error(problem.span, problem.message.clone());
            }
            for (name, var) in dotenv::vars(&read) {
                world.vars_mut().entry(name).or_insert(var);
            }
        }
        world
    }

    /// Lays what a file says itself on what it imports.
    fn import(&mut self, node: &mut Node, mut imported: Node) {
        for section in ["services", "volumes", "networks", "secrets", "configs", "models"] {
            let Some(base) = imported.take(section).filter(|base| matches!(base.data, Data::Map(_))) else { continue };
            let merged = match node.take(section).filter(|own| !own.is_null()) {
                Some(own) => self.merge(base, own, &[section]),
                None => base,
            };
            if let Data::Map(entries) = &mut node.data {
                entries.push((Spanned::new(section.to_owned(), merged.span), merged));
            }
        }
    }
}

/// A build without a context is built from the folder of its own project.
fn default_contexts(node: &mut Node, folder: usize) {
    let Some(Data::Map(services)) = node.get_mut("services").map(|services| &mut services.data) else { return };
    for (_, service) in services {
        let Some(build) = service.get_mut("build") else { continue };
        let span = build.span;
        if let Data::Map(entries) = &mut build.data
            && !entries.iter().any(|(key, _)| key.value == "context")
        {
            entries.push((Spanned::new("context".to_owned(), span), Node::made(".", span, folder)));
        }
    }
}

/// A variable that a list of an included file names without a value has that of the include.
fn given_names(node: &mut Node, world: &World) {
    let Some(Data::Map(services)) = node.get_mut("services").map(|services| &mut services.data) else { return };
    for (_, service) in services {
        let Some(environment) = service.get_mut("environment") else { continue };
        if !environment.listed && !matches!(environment.data, Data::Seq(_)) {
            continue;
        }
        let mut pairs = as_pairs(environment);
        for (name, value) in pairs.iter_mut().filter(|(_, value)| value.is_null()) {
            if let Some(text) = world.get(&name.value).value.one() {
                *value = Node { steps: value.steps.clone(), ..Node::made(text, value.span, value.folder) };
            }
        }
        environment.data = Data::Map(pairs);
        environment.listed = true;
    }
}

/// Sets services apart whose profiles are off.
fn profiles(project: &mut Project, wanted: &Profiles) {
    let all = std::mem::take(&mut project.services);
    for (name, service) in all {
        let on = service.profiles.is_empty()
            || match wanted {
                Profiles::All => true,
                Profiles::None => false,
                Profiles::Named(names) => names.contains("*") || !service.profiles.is_disjoint(names),
            };
        let place = if on { &mut project.services } else { &mut project.inactive };
        place.insert(name, service);
    }
}
