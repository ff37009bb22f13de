//! Which folders of a repository are projects of their own.
//!
//! Every folder in which something runs is joined with those that its runners build, mount or read; what is joined is
//! one project. A compose file that builds nothing serves all that lies below it, and so does whatever tests or deploys
//! the repository as a whole. A folder within a project is one of its own only where it stands by itself.

use std::collections::{BTreeMap, BTreeSet};

use super::compose::{image_of, load};
use super::plan::{Planned, Runs};
use super::words::naming;
use super::{deployments, images, kubernetes, platform_files};
use crate::discover::{Config, Kind, paths};
use crate::formats::compose::Project;
use crate::knowledge::environments::{WordClass, class_of_word};
use crate::links::{Caller, Meaning, Repository, view};
use crate::model::{Confidence, FileId};

/// Folders that hold how something is run, not what.
pub(super) const SUPPORT: [&str; 44] = [
    "docker",
    ".docker",
    "dockerfiles",
    "docker-compose",
    "compose",
    "container",
    "containers",
    "deployments",
    "deploys",
    "ops",
    "devops",
    "infra",
    "infrastructure",
    "ci",
    "scripts",
    "script",
    "bin",
    "etc",
    "conf",
    "config",
    "configs",
    "env",
    "envs",
    ".envs",
    "environments",
    "stacks",
    "kubernetes",
    "kube",
    "k8s",
    "helm",
    "charts",
    "chart",
    "manifests",
    "overlays",
    ".devcontainer",
    "devcontainer",
    ".github",
    ".gitlab",
    ".circleci",
    "packaging",
    "contrib",
    "provision",
    "provisioning",
    "support",
];

/// The folder that a runner's folder belongs to: what lies before the first part that only says how things are run.
pub(super) fn base_of(folder: &str) -> &str {
    let mut end = 0;
    for part in folder.split('/') {
        let word = part.to_ascii_lowercase();
        let class = class_of_word(&word);
        if SUPPORT.contains(&word.as_str()) || class.is_some_and(|class| !matches!(class, WordClass::Variant)) {
            break;
        }
        end += part.len() + usize::from(end > 0);
    }
    folder.get(..end).unwrap_or_default()
}

/// What is known of a folder in which something runs.
#[derive(Clone, Copy, Default)]
struct Node {
    /// Whether something is built from a checkout in it.
    builds: bool,
    /// Whether what runs there serves everything below.
    serves_below: bool,
}

/// Folders, and which of them belong together.
#[derive(Default)]
struct Groups {
    nodes: BTreeMap<String, Node>,
    joined: BTreeMap<String, String>,
}

impl Groups {
    fn add(&mut self, folder: &str, builds: bool) -> String {
        let base = base_of(folder).to_owned();
        self.nodes.entry(base.clone()).or_default().builds |= builds;
        base
    }

    fn first(&self, base: &str) -> String {
        let mut at = base;
        while let Some(next) = self.joined.get(at) {
            at = next;
        }
        at.to_owned()
    }

    fn join(&mut self, a: &str, b: &str) {
        let (a, b) = (self.first(a), self.first(b));
        if a != b {
            self.joined.insert(a.clone().max(b.clone()), a.min(b));
        }
    }

    /// Joins those of some folders in which something runs.
    fn join_known(&mut self, folders: impl IntoIterator<Item = String>) {
        let bases = folders.into_iter().map(|folder| base_of(&folder).to_owned());
        let known: BTreeSet<String> = bases.filter_map(|base| self.within(&base)).collect();
        if let Some(one) = known.first().cloned() {
            for other in &known {
                self.join(&one, other);
            }
        }
    }

    /// The innermost folder with something that runs, around another.
    fn within(&self, folder: &str) -> Option<String> {
        let mut at = folder;
        loop {
            if self.nodes.contains_key(at) {
                return Some(at.to_owned());
            }
            if at.is_empty() {
                return None;
            }
            at = paths::parent(at);
        }
    }

    fn groups(&self) -> BTreeMap<String, Vec<&str>> {
        let mut groups: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for base in self.nodes.keys() {
            groups.entry(self.first(base)).or_default().push(base);
        }
        groups
    }
}

/// Whether one folder lies within another.
fn below(folder: &str, other: &str) -> bool {
    let rest = if other.is_empty() { Some(folder) } else { folder.strip_prefix(other) };
    folder != other && rest.is_some_and(|rest| other.is_empty() || rest.starts_with('/'))
}

/// The roots of the projects, by path; the repository's own alone where it is one project.
pub fn roots(repository: &Repository<'_>, config: &Config) -> Vec<String> {
    if let Some(said) = configured(repository, config) {
        return said;
    }
    let mut groups = Groups::default();
    add_compose(repository, &mut groups);
    add_images(repository, &mut groups);
    add_platforms(repository, &mut groups);
    if groups.nodes.len() > 1 {
        join_callers(repository, &mut groups);
        join_below(repository, &mut groups);
    }
    let found = groups.groups();
    if found.len() < 2 {
        return vec![String::new()];
    }
    let mut roots: Vec<String> = found.values().map(|bases| common(bases)).collect();
    // What lies in no other project is of the only one that is written in Python, if there is one.
    let python: BTreeSet<&str> = [Kind::Python, Kind::Requirements, Kind::Project]
        .iter()
        .flat_map(|kind| repository.of(*kind))
        .map(|file| view::owner(&roots, repository.tree.path(*file)))
        .collect();
    let only = python.iter().filter(|root| !root.is_empty()).copied().collect::<Vec<_>>();
    if let ([only], false) = (only.as_slice(), roots.iter().any(String::is_empty)) {
        let only = (*only).to_owned();
        roots.retain(|root| *root != only);
    }
    roots.push(String::new());
    roots.sort_unstable();
    roots.dedup();
    roots
}

/// The projects that the configuration names: folders, of which the last part may be `*`.
fn configured(repository: &Repository<'_>, config: &Config) -> Option<Vec<String>> {
    let said = config.says.projects.as_ref()?;
    let mut roots = BTreeSet::from([String::new()]);
    for pattern in said {
        let Some(folder) = paths::join("", pattern) else { continue };
        match folder.strip_suffix('*').map(|folder| folder.trim_end_matches('/')) {
            None => roots.extend(Some(folder).filter(|folder| repository.tree.is_dir(folder))),
            Some(above) => roots.extend(repository.tree.under(above).filter_map(|(_, path)| {
                let rest = path.strip_prefix(above)?.trim_start_matches('/');
                let (name, _) = rest.split_once('/')?;
                paths::join(above, name)
            })),
        }
    }
    Some(roots.into_iter().collect())
}

/// The folder that holds all of these.
pub(super) fn common(bases: &[&str]) -> String {
    let mut common = bases.first().copied().unwrap_or_default();
    for base in bases {
        while !(common.is_empty() || *base == common || below(base, common)) {
            common = paths::parent(common);
        }
    }
    common.to_owned()
}

fn add_compose(repository: &Repository<'_>, groups: &mut Groups) {
    for file in repository.of(Kind::Compose) {
        let path = repository.tree.path(*file);
        let project = load(repository, &[*file]);
        if naming(path).template || project.services.is_empty() || path.contains(".devcontainer/") {
            continue;
        }
        let builds = project.services.values().any(|service| service.build.is_some());
        let base = groups.add(paths::parent(path), builds);
        if !builds && let Some(node) = groups.nodes.get_mut(&base) {
            node.serves_below = true;
        }
        for folder in reached(repository, &project) {
            let other = groups.add(&folder, true);
            groups.join(&base, &other);
        }
    }
}

/// The folders that services are built from, and those of the Dockerfiles and of files of variables.
fn reached(repository: &Repository<'_>, project: &Project) -> BTreeSet<String> {
    let mut folders = BTreeSet::new();
    for service in project.services.values() {
        if let Some(image) = image_of(repository, project, service) {
            folders.insert(paths::parent(repository.tree.path(image.dockerfile)).to_owned());
            folders.insert(image.context);
        }
        let mounted = service.volumes.iter().filter(|mount| mount.kind == "bind" && service.build.is_some());
        let mounted = mounted.filter_map(|mount| mount.source.as_deref());
        folders.extend(mounted.filter(|source| repository.tree.is_dir(source)).map(str::to_owned));
    }
    folders
}

fn add_images(repository: &Repository<'_>, groups: &mut Groups) {
    for file in repository.of(Kind::Dockerfile) {
        let path = repository.tree.path(*file);
        let naming = naming(path);
        if naming.template || naming.build || path.contains(".devcontainer/") || !images::is_python(repository, *file) {
            continue;
        }
        let base = groups.add(paths::parent(path), true);
        let context = groups.add(&images::context_of(repository, *file), true);
        groups.join(&base, &context);
    }
}

fn add_platforms(repository: &Repository<'_>, groups: &mut Groups) {
    for file in repository.of(Kind::Procfile) {
        groups.add(paths::parent(repository.tree.path(*file)), true);
    }
    let orchestrated = kubernetes::infer(repository, &[]);
    for planned in platform_files::infer(repository, &[]).into_iter().chain(orchestrated) {
        let Some(file) = planned.environment.files.first() else { continue };
        let base = groups.add(paths::parent(repository.tree.path(*file)), true);
        for unit in &planned.units {
            let folder = match &unit.runs {
                Runs::Process { native: Some(native), image: None, .. } => &native.folder,
                runs => match runs.image() {
                    Some(image) => &image.context,
                    None => continue,
                },
            };
            let other = groups.add(folder, true);
            groups.join(&base, &other);
        }
    }
}

/// Joins what one Makefile, script or workflow builds or starts.
fn join_callers(repository: &Repository<'_>, groups: &mut Groups) {
    let mut built: BTreeMap<FileId, BTreeSet<String>> = BTreeMap::new();
    for call in &repository.calls {
        let file = match &call.caller {
            Caller::Make { file, .. } | Caller::Job { file, .. } | Caller::Script(file) => *file,
            Caller::Guide(_) => continue,
        };
        if matches!(call.meaning, Meaning::Builds(_) | Meaning::Composes(_)) {
            built.entry(file).or_default().insert(view::target(call));
        }
    }
    for (file, flow) in repository.workflows() {
        let steps = flow.jobs.iter().flat_map(|job| &job.steps);
        built.entry(file).or_default().extend(steps.filter_map(view::built_by_step));
    }
    for folders in built.into_values() {
        groups.join_known(folders);
    }
}

/// Joins everything below what serves it all.
fn join_below(repository: &Repository<'_>, groups: &mut Groups) {
    let bases: Vec<String> = groups.nodes.keys().cloned().collect();
    let whole = repository.calls.iter().any(|call| {
        let job = matches!(call.caller, Caller::Job { .. });
        job && call.meaning == Meaning::Tests
            && view::target(call).is_empty()
            && is_flow_of_all(repository, groups, call)
    }) || deployments::deployments(repository).iter().any(|found| found.named)
        || repository
            .of(Kind::Devcontainer)
            .iter()
            .any(|file| base_of(paths::parent(repository.tree.path(*file))).is_empty());
    for base in &bases {
        let node = groups.nodes.get(base).copied().unwrap_or_default();
        for other in bases.iter().filter(|other| below(other, base)) {
            if node.serves_below || !node.builds || !stands_alone(repository, other) {
                groups.join(base, other);
            }
        }
    }
    if whole && let Some(first) = bases.first() {
        for base in &bases {
            groups.join(first, base);
        }
    }
}

/// Whether the workflow of a call is not about one project alone.
fn is_flow_of_all(repository: &Repository<'_>, groups: &Groups, call: &crate::links::Call) -> bool {
    let about =
        |other: &crate::links::Call| groups.within(base_of(&view::target(other))).filter(|base| !base.is_empty());
    let file = |call: &crate::links::Call| if let Caller::Job { file, .. } = &call.caller { Some(*file) } else { None };
    !repository.calls.iter().any(|other| file(other) == file(call) && about(other).is_some())
}

/// Whether a folder says for itself what its program needs.
fn stands_alone(repository: &Repository<'_>, folder: &str) -> bool {
    let manifest = |path: &str| {
        let name = paths::name(path);
        let named = ["package.json", "go.mod", "Cargo.toml", "pom.xml", "Gemfile", "composer.json", "setup.py"];
        named.contains(&name) || name.starts_with("requirements") || name == "pyproject.toml" || name == "Pipfile"
    };
    repository.tree.under(folder).any(|(_, path)| manifest(path))
}

/// How many folders that nothing joins make a collection.
const COLLECTION: usize = 8;

/// Takes the environments of a collection out: many folders, each with plain files to run something, of which neither a
/// name nor a caller says where they run. Gives how many folders that were.
pub(super) fn drop_collection(repository: &Repository<'_>, all: &mut [(String, Vec<Planned>)]) -> Option<usize> {
    let plain = |planned: &Planned| {
        let about = &planned.environment;
        let named = about.files.first().is_some_and(|file| naming(repository.tree.path(*file)).role.is_some());
        about.confidence < Confidence::Invoked && !named
    };
    let alone = |planned: &[Planned]| !planned.is_empty() && planned.iter().all(plain);
    let folders: Vec<String> = all.iter().filter(|(_, planned)| alone(planned)).map(|(root, _)| root.clone()).collect();
    if folders.len() < COLLECTION {
        return None;
    }
    all.iter_mut().filter(|(root, _)| folders.contains(root)).for_each(|(_, planned)| planned.clear());
    Some(folders.len())
}
