//! Loading: files laid on one another, each with what it includes and extends.

use std::collections::BTreeMap;

use super::canonical::{set_extensions_apart, spell_out};
use super::merge::Merger;
use super::read::Reading;
use super::unique::{enforce, reset};
use super::validate::{Stage, validate};
use super::value::{Data, Node};
use super::{Options, Project, check, decode, locate};
use crate::discover::Tree;
use crate::formats::{World, yaml};
use crate::model::{FileId, Problem, Span, Spanned};

/// Files deep in one another are not followed further.
pub(super) const DEPTH: usize = 16;
/// More files are not read for one project.
const FILES: usize = 2000;

/// The paths that `!reset` and `!override` name in a file.
pub(super) type Resets = Vec<Vec<String>>;

/// What loads one project.
pub(super) struct Loader<'a> {
    pub(super) tree: &'a Tree,
    pub(super) options: &'a Options,
    pub(super) project: Project,
    /// The services of files that others extend, and what those reset; by setting.
    pub(super) others: BTreeMap<(usize, FileId), (Node, Resets)>,
    settings: usize,
    left: usize,
}

/// What files are read with: those of the project, or those of one `include`.
#[derive(Clone)]
pub(super) struct Setting {
    id: usize,
    pub(super) world: World,
    /// The folder that files are named from.
    pub(super) folder: String,
    /// The files that lead here.
    pub(super) chain: Vec<FileId>,
}

impl Setting {
    /// What tells it from others of the project.
    pub(super) fn id(&self) -> usize {
        self.id
    }
}

/// Loads files as one project; later files lie on earlier ones. Never fails: what cannot be read is a problem.
pub fn load(tree: &Tree, files: &[FileId], options: &Options) -> Project {
    let project = Project { files: files.to_vec(), ..Project::default() };
    let mut loader = Loader { tree, options, project, others: BTreeMap::new(), settings: 0, left: FILES };
    let folder = options.project_dir.trim_matches('/');
    let folder = if folder == "." { "" } else { folder };
    let setting = loader.setting(options.env.clone(), folder, &[]);
    let mut root = loader.model(files, &setting, folder);
    if root.entries().is_empty() {
        let file = files.first().copied().unwrap_or(FileId(0));
        loader.error(Span::new(file, 0, 0), "empty compose file");
    }
    loader.refuse(validate(&root, Stage::Project));
    set_extensions_apart(&mut root);
    decode::project(&mut loader, &root);
    check::project(&mut loader.project, &root);
    let mut errors: Vec<Problem> = Vec::new();
    for error in std::mem::take(&mut loader.project.errors) {
        if !errors.contains(&error) {
            errors.push(error);
        }
    }
    loader.project.errors = errors;
    loader.project
}

impl Loader<'_> {
    pub(super) fn setting(&mut self, world: World, folder: &str, chain: &[FileId]) -> Setting {
        self.settings += 1;
        Setting { id: self.settings, world, folder: folder.to_owned(), chain: chain.to_vec() }
    }

    pub(super) fn error(&mut self, span: Span, message: impl Into<String>) {
        self.project.errors.push(Problem::new(span, message));
    }

    pub(super) fn refuse(&mut self, errors: Vec<(Span, String)>) {
        for (span, message) in errors {
            self.error(span, message);
        }
    }

    /// The file that a node names; none where that is not decided, or not there.
    pub(super) fn find(&mut self, node: &Node, folder: &str) -> Option<FileId> {
        let path = node.one()?;
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

    /// Files as one model, its paths relative to where `shown` leads.
    pub(super) fn model(&mut self, files: &[FileId], setting: &Setting, shown: &str) -> Node {
        let file = files.first().copied().unwrap_or(FileId(0));
        let mut root = Node::new(Data::Map(Vec::new()), Span::new(file, 0, 0));
        for file in files {
            root = self.file(*file, root, setting, true).0;
        }
        default_contexts(&mut root);
        self.refuse(check::resources(&root));
        self.refuse(locate::resolve(&mut root, shown));
        root
    }

    /// Lays a file on a model; alone and as it is where it is not `whole`. Gives what its last document resets too.
    pub(super) fn file(&mut self, file: FileId, base: Node, setting: &Setting, whole: bool) -> (Node, Resets) {
        let (mut root, mut last) = (base, Resets::new());
        for (mut node, resets) in self.documents(file, &setting.world) {
            if whole {
                let mut inner = setting.clone();
                inner.chain.push(file);
                self.include(&mut node, &inner, &resets);
            }
            reset(&mut root, &resets);
            if whole {
                self.extend(&mut node, file, setting, &resets);
            }
            root = self.merge(root, node, &[]);
            self.refuse(enforce(&mut root));
            if whole {
                self.refuse(validate(&root, Stage::File));
                root.take("version");
            }
            self.refuse(spell_out(&mut root));
            self.refuse(enforce(&mut root));
            last = resets;
        }
        (root, last)
    }

    pub(super) fn merge(&mut self, base: Node, over: Node, path: &[&str]) -> Node {
        let mut merger = Merger::default();
        let node = merger.merge(base, over, path);
        self.refuse(merger.errors);
        node
    }

    /// The documents of a file, each a mapping.
    fn documents(&mut self, file: FileId, world: &World) -> Vec<(Node, Resets)> {
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
        let text = self.tree.text(file).unwrap_or_default();
        for (at, document) in documents.iter().enumerate() {
            if let Some(tab) = document.misplaced_tab(text) {
                self.error(tab, "a tab cannot indent a line");
            }
            let known = &mut self.project.problems;
            known.extend(
                document.problems.iter().filter(|problem| !known.contains(problem)).cloned().collect::<Vec<_>>(),
            );
            let Some(root) = document.root() else { continue };
            if at > 0 && !document.explicit {
                self.error(root.span(), "a further document begins with ---");
            }
            let mut reading = Reading::new(world);
            let node = reading.document(root);
            self.project.interpolated.append(&mut reading.found);
            let resets = std::mem::take(&mut reading.resets);
            self.refuse(reading.errors);
            match node {
                Some(node) if node.is_map() => nodes.push((node, resets)),
                _ => self.error(root.span(), "expected a mapping with services"),
            }
        }
        nodes
    }
}

/// A build without a context is built from the folder of its own project.
fn default_contexts(root: &mut Node) {
    for (_, service) in root.get_mut("services").map(Node::entries_mut).unwrap_or_default() {
        if let Some(build) = service.get_mut("build").filter(|build| build.is_map() && build.get("context").is_none()) {
            let span = build.span;
            build.put("context", Node::made(".", span));
        }
    }
}
