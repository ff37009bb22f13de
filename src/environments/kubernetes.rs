//! Environments that Kubernetes manifests and Kustomize overlays describe; task definitions of ECS come with them.

use std::collections::{BTreeMap, BTreeSet};

use super::deployments::DEPLOYED;
use super::plan::{ContainerRun, Planned, Runs, Unit};
use super::targets::is_tried;
use super::words::{naming, selected};
use super::{local_clusters, openshift, own_images, published, task_definitions};
use crate::discover::aside::is_aside;
use crate::discover::{Kind, paths};
use crate::formats::kubernetes::{self, Build, Container, Objects, kustomize};
use crate::knowledge::{images as known_images, services};
use crate::links::{Caller, Meaning, Repository};
use crate::model::{Confidence, Evidence, FileId, Role, Span, Spanned};

/// Words that say what runs the application, not which environment it is.
const PLATFORMS: [&str; 12] =
    ["k8s", "kubernetes", "kube", "deploy", "deployment", "aws", "gcp", "release", "ci", ".ci", "cicd", "build"];
/// Images that hold no program of ours by themselves.
const BASES: [&str; 9] =
    ["busybox", "alpine", "ubuntu", "debian", "python", "node", "bash", "curlimages/curl", "nginx"];
/// The name of an environment that nothing else is said of.
pub(super) const PLAIN: &str = "production";

/// A source of objects that run together: where it stands, what it holds, and why it is one.
struct Source {
    anchor: FileId,
    /// The environment that it is of, where more than its path says so.
    of: Option<(Role, String)>,
    files: Vec<FileId>,
    objects: Objects,
    why: &'static str,
    overlay: bool,
    /// Whether templates are among it, which may be of anything that is set up beside the application.
    template: bool,
    elsewhere: Vec<Spanned<String>>,
}

/// The environments of manifests and task definitions; `known` are those of other runners.
pub fn infer(repository: &Repository<'_>, known: &[Planned]) -> Vec<Planned> {
    let mut found: Vec<Planned> = Vec::new();
    let builds = openshift::builds(repository);
    let sources = sources(repository, &builds);
    let several = sources.iter().filter(|source| source.overlay).count() > 1;
    let role = |source: &Source| source.of.clone().or_else(|| role_of(repository.tree.path(source.anchor)));
    let production = sources.iter().filter_map(role).any(|(role, _)| role == Role::Production);
    for source in &sources {
        let Some(mut planned) = planned(repository, source, &builds, several) else { continue };
        // What a cluster runs beside production is deployed, though it is called test.
        if production && planned.environment.role == Role::Test && is_tried(&planned.environment.name) {
            planned.environment.role = Role::Staging;
        }
        if source.template && !openshift::is_python(repository, &planned) {
            continue;
        }
        let about = &planned.environment;
        if let Some(same) = found
            .iter_mut()
            .find(|other| (other.environment.role, &other.environment.name) == (about.role, &about.name))
        {
            join(same, planned);
            continue;
        }
        if known.iter().any(|other| other.environment.name == planned.environment.name) {
            let name = &planned.environment.name;
            planned.environment.name = match planned.environment.role {
                _ if name == PLAIN => "kubernetes".into(),
                Role::Staging if is_tried(name) => format!("{DEPLOYED}{name}"),
                _ => format!("{name}-kubernetes"),
            };
        }
        found.push(planned);
    }
    // Beside what runs the project's images, what runs none of them is a tool of the cluster.
    let own = |planned: &Planned| planned.units.iter().any(openshift::is_ours);
    if found.iter().any(own) {
        found.retain(own);
    }
    // A base is for the overlays that are laid on it, whether they are here or not.
    let base = |planned: &Planned| {
        let first = planned.environment.files.first().map(|file| paths::parent(repository.tree.path(*file)));
        first.is_some_and(|folder| paths::name(folder).starts_with("base"))
    };
    if found.iter().any(|planned| !base(planned)) {
        found.retain(|planned| !base(planned));
    }
    found.extend(task_definitions::infer(repository, &known.iter().chain(&found).cloned().collect::<Vec<_>>()));
    found
}

/// Adds what one source runs to an environment that another has begun.
pub(super) fn join(planned: &mut Planned, more: Planned) {
    more.environment.files.iter().for_each(|file| planned.add_file(*file));
    for evidence in more.environment.because {
        planned.add_evidence(evidence.span, evidence.text);
    }
    planned.at_least(more.environment.confidence);
    for unit in more.units {
        if !planned.units.iter().any(|known| known.name == unit.name) {
            planned.variables.extend(more.variables.get(&unit.name).map(|vars| (unit.name.clone(), vars.clone())));
            planned.units.push(unit);
        }
    }
}

/// The overlays that nothing builds on; then the manifests that no kustomization holds, those of a folder's role together.
fn sources(repository: &Repository<'_>, builds: &[Build]) -> Vec<Source> {
    let tree = repository.tree;
    let (roots, plain): (Vec<FileId>, Vec<FileId>) = repository
        .of(Kind::Kubernetes)
        .iter()
        .filter(|file| !naming(filled_in(tree.path(**file))).template)
        .partition(|file| is_kustomization(tree.path(**file)));
    let reached = kustomize::reached(tree, &roots);
    let mut found = Vec::new();
    for file in roots.into_iter().filter(|file| !reached.contains(file)) {
        let built = kustomize::build(tree, file);
        found.push(Source {
            anchor: file,
            files: built.files,
            objects: kubernetes::read(&built.objects),
            why: "Kustomize builds the overlay",
            overlay: true,
            of: None,
            template: false,
            elsewhere: built.elsewhere,
        });
    }
    let mut groups: BTreeMap<Option<(Role, String)>, Vec<FileId>> = BTreeMap::new();
    let mut templates: BTreeMap<FileId, Vec<(Role, String)>> = BTreeMap::new();
    for file in plain.into_iter().filter(|file| !reached.contains(file)) {
        let text = tree.text(file).unwrap_or_default();
        if !text.contains("kind") || kubernetes::parse(file, text).is_empty() {
            continue;
        }
        let own = role_of(tree.path(file));
        let said = kubernetes::environments(file, text);
        let words: Vec<(Role, String)> =
            said.iter().flatten().filter_map(|word| openshift::deployed_as(word, &PLATFORMS)).collect();
        if said.is_some() {
            templates.insert(file, words.clone());
        }
        if own.is_some() || words.is_empty() {
            groups.entry(own).or_default().push(file);
        }
    }
    openshift::spread(&templates, &mut groups, |file| role_of(tree.path(file)).is_some());
    let read = |files: &[FileId]| {
        let nodes = files.iter().flat_map(|file| kubernetes::parse(*file, tree.text(*file).unwrap_or_default()));
        kubernetes::read(&nodes.collect::<Vec<_>>())
    };
    let named = groups.keys().any(Option::is_some);
    let production = groups.keys().flatten().any(|(role, _)| *role == Role::Production);
    let alone: BTreeSet<_> =
        groups.iter().filter(|(_, files)| runs_ours(&read(files))).map(|(key, _)| key.clone()).collect();
    // What names no environment belongs to each that is named; but what runs beside others that run their own is one more.
    let apart = !production && alone.contains(&None) && alone.len() > 1;
    let mut shared = if named { groups.get(&None).cloned().unwrap_or_default() } else { Vec::new() };
    // A template of none that runs nothing of ours is a tool of the cluster.
    shared.retain(|file| {
        let objects = read(&[*file]);
        let containers = || objects.workloads.iter().flat_map(|workload| &workload.containers);
        let tool = containers().next().is_some() && templates.contains_key(file);
        let image = |container| image_of(repository, container, None, builds).map(|image| image.dockerfile);
        !tool
            || openshift::runs_python(repository, containers().filter_map(image))
            || containers().any(|container| openshift::assembled(repository, container, builds).is_some())
    });
    if named && !apart {
        groups.remove(&None);
    }
    for (key, mut files) in groups {
        if named && key.is_some() && !(apart && alone.contains(&key)) {
            files.extend(shared.iter().copied());
        }
        let objects = read(&files);
        let (Some(anchor), why) = (files.first().copied(), "Kubernetes manifests run it") else { continue };
        let template = files.iter().any(|file| templates.contains_key(file));
        found.push(Source { anchor, of: key, files, objects, why, overlay: false, template, elsewhere: Vec::new() });
    }
    found
}

/// Whether manifests run a program that may be ours.
fn runs_ours(objects: &Objects) -> bool {
    let containers = || objects.workloads.iter().flat_map(|workload| &workload.containers);
    let ours = |container: &Container| container.image.as_ref().is_some_and(|image| !of_others(bare(&image.value)));
    containers().any(ours)
}

/// A file's name without the kind of object at its end, which is no word of an environment (`web-rc.yaml`).
fn without_kind(name: &str) -> &str {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    ["-rc", "_rc", ".rc"].iter().find_map(|end| stem.strip_suffix(end)).unwrap_or(name)
}

/// A path without the ending of what a deployment puts names in: it is no sample.
fn filled_in(path: &str) -> &str {
    let endings = [".tmpl", ".tpl", ".template", ".in", ".envsubst"];
    endings.iter().find_map(|ending| path.strip_suffix(ending)).unwrap_or(path)
}

fn is_kustomization(path: &str) -> bool {
    paths::name(path).to_ascii_lowercase().starts_with("kustomization")
}

/// The role that a path names, and the word; its folder's before the file's. One that only names the platform says nothing.
pub(super) fn role_of(path: &str) -> Option<(Role, String)> {
    let says = |parts: &str| {
        let parts = parts.split('/').filter(|part| !PLATFORMS.contains(&part.to_ascii_lowercase().as_str()));
        naming(&parts.collect::<Vec<_>>().join("/")).role.filter(|(_, word)| !PLATFORMS.contains(&word.as_str()))
    };
    let file = || says(without_kind(paths::name(path))).filter(|_| !is_kustomization(path));
    says(paths::parent(path)).or_else(file)
}

/// The last folder of an overlay, where that is a name of its own: it lies among overlays, or beside the base.
fn overlay_word<'t>(repository: &'t Repository<'_>, file: FileId) -> Option<&'t str> {
    let folder = paths::parent(repository.tree.path(file));
    let above = paths::parent(folder);
    let among = ["overlays", "overlay", "environments", "envs", "clusters"].contains(&paths::name(above));
    let base = paths::join(above, "base").is_some_and(|base| kustomize::of_folder(repository.tree, &base).is_some());
    (among || base).then(|| paths::name(folder))
}

fn planned(repository: &Repository<'_>, source: &Source, builds: &[Build], several: bool) -> Option<Planned> {
    let path = repository.tree.path(source.anchor);
    let start = Span::new(source.anchor, 0, 0);
    let word = overlay_word(repository, source.anchor).filter(|_| several);
    let said = source.of.clone().or_else(|| role_of(path));
    let plain = said.is_none() && word.is_none();
    let mut planned = match (said, word) {
        (Some((role, word)), _) => Planned::new(&word, role, Confidence::Named),
        // An overlay of a name that says no role is deployed somewhere, but it is not known what for.
        (None, Some(word)) => Planned::new(word, Role::Staging, Confidence::Guessed),
        (None, None) => Planned::new(PLAIN, Role::Production, Confidence::Named),
    };
    planned.add_evidence(start, source.why);
    source.files.iter().for_each(|file| planned.add_file(*file));
    let only = sole_image(repository, &source.objects);
    for workload in &source.objects.workloads {
        for container in &workload.containers {
            let alone = workload.containers.len() == 1;
            let taken = |name: &str| planned.units.iter().any(|unit| unit.name == name);
            let plain = if alone { &workload.name.value } else { &container.name.value };
            let name =
                if taken(plain) { format!("{}-{}", workload.name.value, container.name.value) } else { plain.clone() };
            let (vars, more) = source.objects.variables(container);
            if let Some(assembled) = openshift::assembled(repository, container, builds) {
                openshift::take_assembled(&mut planned, &name, assembled, (vars, more));
                continue;
            }
            let run = ContainerRun {
                image: image_of(repository, container, only.as_deref(), builds),
                reference: container.image.clone(),
                entry: container.command.clone(),
                command: container.args.clone(),
                host: alone.then(|| workload.host.clone()),
                more,
                span: container.name.span,
            };
            planned.variables.insert(name.clone(), vars);
            run.image.iter().for_each(|image| planned.add_file(image.dockerfile));
            planned.units.push(Unit { name, runs: Runs::Container(Box::new(run)) });
        }
    }
    for base in &source.elsewhere {
        let text = format!("{} is not in the repository", base.value);
        planned.environment.although.push(Evidence { span: base.span, text });
    }
    if plain {
        local_clusters::doubt(&source.objects, &mut planned);
    }
    by_selector(&mut planned);
    applied(repository, path, &mut planned);
    (!planned.units.is_empty()).then_some(planned)
}

/// A variable that selects an environment says which one it is.
pub(super) fn by_selector(planned: &mut Planned) {
    let vars = planned.variables.values().flatten();
    let mut said = vars.filter_map(|(name, var)| Some((selected(name, var.value.one()?)?, var.origin.primary()?)));
    let Some(((role, word), span)) = said.next() else { return };
    let about = &mut planned.environment;
    if about.role == role || about.name == PLAIN {
        if about.name == PLAIN && about.role != role {
            about.name = word;
        }
        about.role = role;
        planned.at_least(Confidence::Invoked);
        planned.add_evidence(span, format!("a variable selects {}", role.name()));
    }
}

/// A command that applies the folder.
fn applied(repository: &Repository<'_>, path: &str, planned: &mut Planned) {
    let folder = paths::parent(path).to_owned();
    let about = |call: &&crate::links::Call| {
        let deploys =
            matches!(call.meaning, Meaning::Deploys(_)) || call.argv.first().is_some_and(|word| word == "kustomize");
        // What the documentation offers is applied by others.
        let offered = matches!(call.caller, Caller::Guide(file) if is_aside(repository.tree.path(file)));
        deploys
            && !offered
            && call.argv.iter().any(|word| paths::join(&call.folder, word).is_some_and(|at| at == folder || at == path))
    };
    if let Some(call) = repository.calls.iter().find(about) {
        planned.add_evidence(call.span, "it is applied here");
        planned.at_least(Confidence::Invoked);
    }
}

/// The name of an image without tag and digest.
pub(super) fn bare(reference: &str) -> &str {
    let name = reference.split('@').next().unwrap_or(reference);
    match name.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => name,
        _ => name,
    }
}

/// The only image of the manifests that is no known product's, where the repository has one Dockerfile: it is built from that.
fn sole_image(repository: &Repository<'_>, objects: &Objects) -> Option<String> {
    published::sole(repository)?;
    let containers = objects.workloads.iter().flat_map(|workload| &workload.containers);
    let ours: BTreeSet<&str> = containers
        .filter_map(|container| container.image.as_ref())
        .map(|image| bare(&image.value))
        .filter(|name| !of_others(name))
        .collect();
    match ours.iter().next() {
        Some(only) if ours.len() == 1 => Some((*only).to_owned()),
        _ => None,
    }
}

pub(super) fn of_others(name: &str) -> bool {
    let repository = known_images::describe(name, "").repository;
    services::by_image(&repository).is_some()
        || services::is_edge_only(&repository)
        || services::is_admin_tool(&repository)
        || !name.contains('/') && BASES.contains(&name)
}

/// The Dockerfile that a container's image is built from: where something builds it under that name, or else the folder of that name.
fn image_of(
    repository: &Repository<'_>,
    container: &Container,
    only: Option<&str>,
    builds: &[Build],
) -> Option<super::ImageBuild> {
    let name = bare(&container.image.as_ref()?.value);
    if of_others(name) {
        return None;
    }
    let built = || own_images::built_under(repository, name);
    if let Some(there) = openshift::built_there(repository, name, builds) {
        return there;
    }
    built().or_else(|| {
        let last = paths::name(name);
        let files = repository.of(Kind::Dockerfile).iter();
        let beside = |file: &&FileId| {
            let folder = paths::name(paths::parent(repository.tree.path(**file)));
            let rest = last.strip_suffix(folder).filter(|_| !folder.is_empty());
            rest.is_some_and(|rest| rest.is_empty() || rest.ends_with(['-', '_', '.']))
        };
        let mut named = files.clone().filter(beside);
        let by_folder = named.next().filter(|_| named.next().is_none());
        let alone = || published::sole(repository).filter(|_| only == Some(name));
        let dockerfile = by_folder.copied().or_else(alone)?;
        Some(published::plain(repository, dockerfile, container.image.as_ref().map(|image| image.span)))
    })
}
