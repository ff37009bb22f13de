//! Loading: files, `include`, `extends`, merge, profiles.

use std::collections::BTreeMap;

use super::merge::{merge, settle};
use super::value::{Data, Interpolator, Node, read};
use super::{Options, Profiles, Project, decode};
use crate::discover::{Tree, paths};
use crate::formats::yaml;
use crate::model::{FileId, Problem, Span, Spanned, StepKind};

/// Files deep in one another are not followed further.
const DEPTH: usize = 16;

pub(super) struct Loader<'a> {
    pub(super) tree: &'a Tree,
    pub(super) options: &'a Options,
    pub(super) project: Project,
}

/// Loads files as one project; later files lie on earlier ones. Never fails: what cannot be read is a problem.
pub fn load(tree: &Tree, files: &[FileId], options: &Options) -> Project {
    let mut loader = Loader { tree, options, project: Project::default() };
    let mut whole: Option<Node> = None;
    for file in files {
        if let Some(node) = loader.file(*file, 0) {
            whole = Some(match whole {
                Some(base) => merge(base, node, &[]),
                None => node,
            });
        }
    }
    if let Some(mut node) = whole {
        settle(&mut node);
        decode::project(&mut loader, &node);
    }
    profiles(&mut loader.project, &options.profiles);
    loader.project
}

impl Loader<'_> {
    /// The whole of one file, its includes under it, its services' `extends` followed, paths made relative to the root.
    fn file(&mut self, file: FileId, depth: usize) -> Option<Node> {
        if depth > DEPTH {
            self.error(Span::new(file, 0, 0), "files include one another too deeply");
            return None;
        }
        let mut node = self.raw(file)?;
        let folder = self.folder(file, depth);
        self.extend_all(&mut node, file, depth);
        self.anchor(&mut node, &folder);
        self.included(node, &folder, depth)
    }

    /// The folder that paths of a file are relative to: the project's for its own files, their own for others.
    fn folder(&self, file: FileId, depth: usize) -> String {
        if depth == 0 { self.options.project_dir.clone() } else { paths::parent(self.tree.path(file)).to_owned() }
    }

    fn raw(&mut self, file: FileId) -> Option<Node> {
        let document = match self.tree.parsed(file, yaml::parse) {
            Ok(document) => document,
            Err(error) => {
                let message = error.to_string();
                self.error(Span::new(file, 0, 0), &message);
                return None;
            }
        };
        self.project.problems.extend(document.problems.iter().cloned());
        let root = document.root().filter(|root| root.is_map());
        let mut with = Interpolator { world: &self.options.env, found: Vec::new(), errors: Vec::new() };
        let node = root.map(|root| read(root, &mut with));
        self.project.interpolated.append(&mut with.found);
        for (span, message) in with.errors {
            self.project.errors.push(Problem::new(span, message));
        }
        if node.is_none() {
            self.error(Span::new(file, 0, 0), "not a mapping of services");
        }
        node
    }

    pub(super) fn error(&mut self, span: Span, message: &str) {
        self.project.errors.push(Problem::new(span, message.to_owned()));
    }

    /// Lays a file on the files it includes.
    fn included(&mut self, mut node: Node, folder: &str, depth: usize) -> Option<Node> {
        let Data::Map(entries) = &mut node.data else { return Some(node) };
        let at = entries.iter().position(|(key, _)| key.value == "include");
        let Some((_, list)) = at.map(|at| entries.remove(at)) else { return Some(node) };
        for item in list.items() {
            let paths: Vec<(String, Span)> = match item.get("path") {
                None => item.one().map(|path| (path.to_owned(), item.span)).into_iter().collect(),
                Some(path) if path.items().is_empty() => {
                    path.one().map(|text| (text.to_owned(), path.span)).into_iter().collect()
                }
                Some(list) => {
                    list.items().iter().filter_map(|path| Some((path.one()?.to_owned(), path.span))).collect()
                }
            };
            let mut whole: Option<Node> = None;
            for (path, span) in paths {
                let Some(file) = paths::join(folder, &path).and_then(|path| self.tree.find(&path)) else {
                    self.error(span, &format!("the included file {path} is not in the repository"));
                    continue;
                };
                if let Some(mut more) = self.file(file, depth + 1) {
                    more.step(StepKind::Included, span);
                    whole = Some(match whole {
                        Some(base) => merge(base, more, &[]),
                        None => more,
                    });
                }
            }
            if let Some(base) = whole {
                node = merge(base, node, &[]);
            }
        }
        Some(node)
    }

    fn extend_all(&mut self, node: &mut Node, file: FileId, depth: usize) {
        let names: Vec<String> = node
            .get("services")
            .map(|services| services.entries().iter().map(|(key, _)| key.value.clone()).collect())
            .unwrap_or_default();
        let mut done: BTreeMap<String, Node> = BTreeMap::new();
        for name in names {
            if let Some(service) = self.extended(node, &name, file, depth, &mut Vec::new()) {
                done.insert(name, service);
            }
        }
        let Data::Map(entries) = &mut node.data else { return };
        let Some((_, services)) = entries.iter_mut().find(|(key, _)| key.value == "services") else { return };
        let Data::Map(services) = &mut services.data else { return };
        for (key, service) in services {
            if let Some(node) = done.remove(&key.value) {
                *service = node;
            }
        }
    }

    /// A service laid on what it extends.
    fn extended(
        &mut self,
        node: &Node,
        name: &str,
        file: FileId,
        depth: usize,
        seen: &mut Vec<(FileId, String)>,
    ) -> Option<Node> {
        let service = node.get("services")?.get(name)?.clone();
        let Some(extends) = service.get("extends").cloned() else { return Some(service) };
        if seen.contains(&(file, name.to_owned())) || depth > DEPTH {
            self.error(extends.span, "services extend one another in a circle");
            return Some(service);
        }
        seen.push((file, name.to_owned()));
        let other = extends.get("service").and_then(Node::one).or_else(|| extends.one()).unwrap_or_default().to_owned();
        let base = match extends.get("file").and_then(Node::one) {
            None => self.extended(node, &other, file, depth + 1, seen),
            Some(path) => {
                let folder = self.folder(file, depth.min(1));
                let folder = if depth == 0 { self.options.project_dir.clone() } else { folder };
                let found = paths::join(&folder, path).and_then(|path| self.tree.find(&path));
                match found {
                    None => {
                        self.error(extends.span, &format!("{path} is not in the repository"));
                        None
                    }
                    Some(there) => {
                        let whole = self.raw(there)?;
                        let mut base = self.extended(&whole, &other, there, depth + 1, seen);
                        if let Some(base) = &mut base {
                            let folder = paths::parent(self.tree.path(there)).to_owned();
                            self.anchor_service(base, &folder);
                        }
                        base
                    }
                }
            }
        };
        let Some(mut base) = base else {
            self.error(extends.span, &format!("no service {other} to extend"));
            return Some(service);
        };
        base.step(StepKind::Inherited, extends.span);
        if let Data::Map(entries) = &mut base.data {
            entries.retain(|(key, _)| key.value != "extends");
        }
        let mut own = service;
        if let Data::Map(entries) = &mut own.data {
            entries.retain(|(key, _)| key.value != "extends");
        }
        Some(merge(base, own, &["services", name]))
    }

    fn anchor(&self, node: &mut Node, folder: &str) {
        let Data::Map(entries) = &mut node.data else { return };
        let Some((_, services)) = entries.iter_mut().find(|(key, _)| key.value == "services") else { return };
        let Data::Map(services) = &mut services.data else { return };
        for (_, service) in services {
            self.anchor_service(service, folder);
        }
    }

    /// Makes the paths of a service relative to the root of the tree; those that are already are marked by `//`.
    fn anchor_service(&self, service: &mut Node, folder: &str) {
        let Data::Map(entries) = &mut service.data else { return };
        for (key, node) in entries {
            match key.value.as_str() {
                "build" => match &mut node.data {
                    Data::Map(build) => {
                        build.iter_mut().filter(|(key, _)| key.value == "context").for_each(|(_, n)| anchor(n, folder))
                    }
                    _ => anchor(node, folder),
                },
                "env_file" => match &mut node.data {
                    Data::Seq(items) => items.iter_mut().for_each(|item| match &mut item.data {
                        Data::Map(parts) => {
                            parts.iter_mut().filter(|(key, _)| key.value == "path").for_each(|(_, n)| anchor(n, folder))
                        }
                        _ => anchor(item, folder),
                    }),
                    _ => anchor(node, folder),
                },
                "volumes" => {
                    let Data::Seq(items) = &mut node.data else { continue };
                    for item in items {
                        match &mut item.data {
                            Data::Map(parts) => {
                                let bind =
                                    parts.iter().any(|(key, node)| key.value == "type" && node.one() == Some("bind"));
                                parts
                                    .iter_mut()
                                    .filter(|(key, _)| bind && key.value == "source")
                                    .for_each(|(_, node)| anchor(node, folder));
                            }
                            _ => anchor_short(item, folder),
                        }
                    }
                }
                _ => {}
            }
        }
    }
}

/// The mark of a path that is relative to the root of the tree.
pub(super) const ROOTED: &str = "\u{0}/";

fn anchored(text: &str, folder: &str) -> Option<String> {
    if text.starts_with(ROOTED) || text.contains("://") || text.starts_with(['/', '~']) || text.starts_with("git@") {
        return None;
    }
    paths::join(folder, text).map(|path| format!("{ROOTED}{path}"))
}

fn anchor(node: &mut Node, folder: &str) {
    if let Data::Text { value: crate::model::Known::One(text), .. } = &mut node.data
        && let Some(path) = anchored(text, folder)
    {
        *text = path;
    }
}

/// The source of `source:target`, where it is a path.
fn anchor_short(node: &mut Node, folder: &str) {
    if let Data::Text { value: crate::model::Known::One(text), .. } = &mut node.data
        && let Some((source, rest)) = text.split_once(':').filter(|(source, _)| source.starts_with('.'))
        && let Some(path) = anchored(source, folder)
    {
        *text = format!("{path}:{rest}");
    }
}

/// Sets services apart whose profiles are off, unless a service that runs needs them by name of a target.
fn profiles(project: &mut Project, wanted: &Profiles) {
    let off: Vec<String> = project
        .services
        .iter()
        .filter(|(_, service)| match wanted {
            Profiles::All => false,
            Profiles::None => !service.profiles.is_empty(),
            Profiles::Named(names) => !service.profiles.is_empty() && service.profiles.is_disjoint(names),
        })
        .map(|(name, _)| name.clone())
        .collect();
    for name in off {
        if let Some(service) = project.services.remove(&name) {
            project.inactive.insert(name, service);
        }
    }
    let mut errors = Vec::new();
    for service in project.services.values() {
        for (name, dependency) in &service.depends_on {
            if !project.services.contains_key(name) && dependency.required {
                errors.push(Problem::new(
                    dependency.span,
                    format!("service {} depends on {name}, which is not there", service.name.value),
                ));
            }
        }
    }
    project.errors.extend(errors);
}

/// A name and where it stands, for what decode makes.
pub(super) fn named(key: &Spanned<String>) -> Spanned<String> {
    key.clone()
}
