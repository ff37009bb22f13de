//! Environments that compose files define.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::base_role::{
    development_sign, is_typed_into, of_others, only_services, role_of_base, starts_production_server, tools,
};
use super::base_signs::is_foreign;
use super::compose_calls::{called_with, deployed, invocation, on_servers};
use super::plan::{ImageBuild, Planned, Runs, Unit};
use super::programs;
use super::service_roles::{are_joined, is_base, parted, service_roles};
use super::stack_selector::by_selector;
use super::stacks::{Stack, adorns, stack_of};
use super::words::{Naming, mixed, naming};
use super::written::speaks_of;
use crate::discover::{Kind, paths};
use crate::formats::compose::{self, Field, Options, Profiles, Project, Service};
use crate::formats::{Vars, World};
use crate::links::Repository;
use crate::model::{Confidence, FileId, Role, Span};

/// What says of files that run together that they are for a developer's machine.
pub fn development_signs(repository: &Repository<'_>, files: &[FileId]) -> Vec<Span> {
    let folder = files.first().map(|file| paths::parent(repository.tree.path(*file))).unwrap_or_default();
    let project = load(repository, files);
    project
        .services
        .values()
        .filter_map(|one| development_sign(repository.tree, one, folder))
        .map(|(span, _)| span)
        .collect()
}

/// One compose file by itself.
pub(super) struct File {
    pub(super) id: FileId,
    pub(super) folder: String,
    pub(super) naming: Naming,
    plain: bool,
    over: bool,
    pub(super) alone: Arc<Project>,
}

/// Loads compose files as one project, in a world where the shell's variables are not known but `.env` is.
pub fn load(repository: &Repository<'_>, files: &[FileId]) -> Arc<Project> {
    repository.tree.made(files.to_vec(), || loaded(repository, files))
}

fn loaded(repository: &Repository<'_>, files: &[FileId]) -> Project {
    with_written(repository, files, BTreeMap::new(), Vars::new())
}

/// Loads compose files as one project, beside files of variables that are written before it is started, and with what a sample
/// says where there is no `.env`.
pub(super) fn with_written(
    repository: &Repository<'_>,
    files: &[FileId],
    written: BTreeMap<String, Vars>,
    sampled: Vars,
) -> Project {
    let folder = files.first().map(|file| paths::parent(repository.tree.path(*file)).to_owned()).unwrap_or_default();
    let env = compose::dot_env(repository.tree, &folder).filter(|env| speaks_of(repository, env, files));
    let mut env = env.unwrap_or(sampled);
    env.extend(written.get(".env").cloned().unwrap_or_default());
    let named = env
        .get("COMPOSE_PROFILES")
        .and_then(|var| var.value.one())
        .map(|text| Profiles::Named(text.split(',').map(|name| name.trim().to_owned()).collect()));
    let mut options =
        Options { env: World::Open(env), profiles: named.unwrap_or_default(), project_dir: folder, written };
    let project = compose::load(repository.tree, files, &options);
    let ours =
        |project: &Project| project.services.values().any(|service| service.build.is_some() || service.image.is_some());
    if options.profiles == Profiles::None && !ours(&project) {
        options.profiles = Profiles::All;
        return compose::load(repository.tree, files, &options);
    }
    project
}

/// The compose files of a repository, each by itself.
pub(super) fn read_files(repository: &Repository<'_>) -> Vec<File> {
    let mut files = Vec::new();
    for id in repository.of(Kind::Compose) {
        let path = repository.tree.path(*id);
        let name = paths::name(path).to_ascii_lowercase();
        let stem = name.trim_end_matches(".yaml").trim_end_matches(".yml");
        let alone = load(repository, &[*id]);
        if alone.services.is_empty() && alone.inactive.is_empty() {
            continue;
        }
        let mut named = mixed(naming(path), stem);
        if let Some(role) = on_servers(repository, path, stem, &named) {
            named.role = Some(role);
        }
        files.push(File {
            id: *id,
            folder: paths::parent(path).to_owned(),
            naming: super::tests_folders::tested(named, paths::parent(path)),
            plain: ["compose", "docker-compose", "stack"].contains(&stem),
            over: ["compose.override", "docker-compose.override"].contains(&stem),
            alone,
        });
    }
    files
}

/// The environments of all compose files.
pub fn infer(repository: &Repository<'_>) -> Vec<Planned> {
    let files = read_files(repository);
    let mut folders: BTreeMap<&str, Vec<&File>> = BTreeMap::new();
    let counts = |file: &&File| {
        let left_out = file.naming.template || file.naming.build || super::credible::is_a_try(repository, file);
        !left_out && !programs::is_another(repository, file, &files)
    };
    for file in files.iter().filter(counts) {
        folders.entry(&file.folder).or_default().push(file);
    }
    let mut found = Vec::new();
    for group in folders.values() {
        found.extend(infer_folder(repository, group));
    }
    super::tests_folders::join(repository, &mut found);
    super::service_roles::drop_services(&mut found);
    found
}

fn infer_folder(repository: &Repository<'_>, group: &[&File]) -> Vec<Planned> {
    let base = group.iter().find(|file| file.plain);
    let over = group.iter().find(|file| file.over);
    let named: Vec<&&File> = group.iter().filter(|file| !file.plain && !file.over).collect();
    let mut found: Vec<Planned> = Vec::new();
    let stem = |file: &File| stem_of(repository.tree.path(file.id));
    let overlay =
        |file: &File| stem(file).strip_suffix("override").map(|rest| rest.trim_end_matches(['.', '-', '_']).to_owned());
    let laid_on = |file: &File| named.iter().find(|other| overlay(other).as_deref() == Some(stem(file).as_str()));
    let over_another = |file: &File| overlay(file).is_some_and(|rest| named.iter().any(|other| stem(other) == rest));
    let partial = |file: &File| {
        // An overlay that names no environment (`docker-compose.override.gpu.yml`) is only part of one, and so is what
        // stands beside the plain file of a folder that names one (`development/docker-compose.ldap.yml`).
        let own = naming(paths::name(repository.tree.path(file.id))).role;
        let names_none = own.map_or(base.is_some(), |(_, word)| word == "override");
        names_none && called_with(repository, file).is_none()
    };
    // What is laid over all that a plain `docker compose up` runs is a developer's variant of it.
    let variant = |stack: &Stack| {
        let plain = base.zip(over).map(|(base, over)| [base.id, over.id]);
        plain.is_some_and(|plain| stack.files.len() > 2 && stack.files.starts_with(&plain))
    };
    for file in named
        .iter()
        .filter(|file| file.naming.role.is_some() && !over_another(file) && !partial(file) && !is_beside(file, &named))
    {
        let mut stack = stack_of(repository, file, base.copied(), &named);
        if let Some(over) = laid_on(file).filter(|over| !stack.files.contains(&over.id)) {
            stack.files.push(over.id);
        }
        let Some((role, word)) = file.naming.role.clone() else { continue };
        // Tests may well run with the settings of development or of production, and one service of others in a mode for tests.
        let tests =
            |(other, _): &(Role, String)| (role == Role::Test) != (*other == Role::Test) && *other != Role::Staging;
        let served = matches!(role, Role::Production | Role::Staging);
        let selected = by_selector(repository, &stack, served.then_some(file.id)).filter(|selected| !tests(selected));
        let confidence = if selected.is_some() { Confidence::Invoked } else { Confidence::Named };
        let otherwise = selected.as_ref().is_some_and(|(selected, _)| *selected != role);
        let by = if otherwise { "a variable selects" } else { "the file name says" };
        let (role, word) = selected.unwrap_or((role, word));
        // What is called local and a script deploys runs where that is started, for those who use it.
        if let Some(span) = deployed(repository, file).filter(|_| role == Role::Development && word == "local") {
            stack.invoked = Some(span);
            let (name, sure, what) = ("production", Confidence::Invoked, "a script deploys it");
            found.extend(environments(repository, &stack, Role::Production, name, sure, file.id, what));
            continue;
        }
        // Nor is what is named for production and told that it runs locally an environment beside the developers' own.
        if role == Role::Development && (variant(&stack) || served && word == "local") {
            continue;
        }
        let what = format!("{by} {}", role.name());
        found.extend(environments(repository, &stack, role, &word, confidence, file.id, &what));
    }
    let has = |role: Role| named.iter().any(|file| file.naming.role.as_ref().is_some_and(|(found, _)| *found == role));
    // Away from the root, services alone are a tool's (a local object store, a viewer), not an environment, unless a command starts them.
    let counts = |base: &&&File| {
        base.folder.is_empty()
            || base.naming.role.is_some()
            || !only_services(&base.alone)
            || called_with(repository, base).is_some()
    };
    if let Some(base) = base.filter(counts).filter(|base| !is_foreign(repository, base)) {
        let files = std::iter::once(base.id).chain(over.map(|file| file.id)).collect();
        let stack = Stack { files, invoked: invocation(repository, &[base.id], &base.folder) };
        let (role, word, why, confidence) = role_of_base(repository, base, over.is_some(), &stack, &has);
        let laid =
            |planned: &&Planned| planned.environment.role == role && planned.environment.files.contains(&base.id);
        // A base that developers only use below an overlay of theirs is no environment of its own.
        let below = role == Role::Development && over.is_none() && found.iter().any(|planned| laid(&planned));
        let why_file = over.filter(|_| role == Role::Development).map_or(base.id, |file| file.id);
        let same = |planned: &Planned| planned.environment.role == role && planned.environment.files == stack.files;
        if !below && !found.iter().any(same) {
            found.extend(environments(repository, &stack, role, &word, confidence, why_file, &why));
        }
        if over.is_some() && !has(Role::Production) && ships(repository, base) && stands_alone(repository, base) {
            let alone = Stack { files: vec![base.id], invoked: None };
            let why = "the base file without the development override";
            found.extend(environments(
                repository,
                &alone,
                Role::Production,
                "production",
                Confidence::Guessed,
                base.id,
                why,
            ));
        }
        if found.iter().any(|planned| planned.environment.role == Role::Production) {
            found.extend(
                named.iter().filter(|file| is_second(repository, file)).flat_map(|file| offered(repository, file)),
            );
        }
    } else if !has(Role::Production) {
        for file in named
            .iter()
            .filter(|file| file.naming.role.is_none() && file.naming.variant.is_some() && ships(repository, file))
            .filter(|file| !only_services(&file.alone))
        {
            found.extend(offered(repository, file));
        }
    }
    found
}

/// Whether a file that is named for an environment only starts what stands beside it: tools of others (a proxy, what renews
/// certificates), or services by themselves where another file of the same role runs what is ours; or is another way into what
/// that runs: with a shell to type into, with logs kept elsewhere.
fn is_beside(file: &File, named: &[&&File]) -> bool {
    let role = |file: &File| file.naming.role.as_ref().map(|(role, _)| *role);
    let mut others = named.iter().filter(|other| other.id != file.id && role(other) == role(file));
    let deployed = matches!(role(file), Some(Role::Production | Role::Staging));
    let way = adorns(file) || role(file) == Some(Role::Test) && file.alone.services.values().any(is_typed_into);
    tools(&file.alone)
        || deployed && of_others(&file.alone) && others.clone().any(|other| !only_services(&other.alone))
        || way && others.any(|other| !adorns(other) && !other.alone.services.values().any(is_typed_into))
}

/// Whether a file beside the plain one is a production of its own: it says alone all that runs, a server for production and
/// the services behind it among that, and its name says no environment.
fn is_second(repository: &Repository<'_>, file: &File) -> bool {
    let services = || file.alone.services.values();
    file.naming.role.is_none()
        && services().count() > 1
        && services().all(|service| service.image.is_some() || service.build.is_some())
        && services().any(starts_production_server)
        && ships(repository, file)
        && called_with(repository, file).is_none_or(|(files, _)| files.len() == 1)
}

/// The production that a file offers whose name says only what is special about it.
fn offered(repository: &Repository<'_>, file: &File) -> Vec<Planned> {
    let stack = Stack { files: vec![file.id], invoked: None };
    let word = format!("production-{}", variant_words(repository.tree.path(file.id)));
    let why = super::developed::OFFERED;
    environments(repository, &stack, Role::Production, &word, Confidence::Named, file.id, why)
}

/// A compose file's name without its ending.
fn stem_of(path: &str) -> String {
    paths::name(path).to_ascii_lowercase().trim_end_matches(".yaml").trim_end_matches(".yml").to_owned()
}

/// The words that tell one variant from another: the file's name without what every compose file is called.
fn variant_words(path: &str) -> String {
    let stem = stem_of(path);
    let words = stem.split(['.', '-', '_']).filter(|word| !["docker", "compose", "stack"].contains(word));
    words.collect::<Vec<_>>().join("-")
}

/// Whether a file that developers lay an override over is run without it as well: a command does so, or it says itself how it
/// is to run where nobody looks after it. One that is named for something else than production is for that.
fn stands_alone(repository: &Repository<'_>, base: &File) -> bool {
    if base.naming.role.as_ref().is_some_and(|(role, _)| *role != Role::Production) {
        return false;
    }
    let restarts = |service: &Service| {
        service.restart.as_ref().is_some_and(|restart| restart.value.one().is_none_or(|restart| restart != "no"))
    };
    called_with(repository, base).is_some()
        || base.alone.services.values().any(|service| restarts(service) || starts_production_server(service))
}

/// Whether a project runs what was built rather than a checkout: no code mounted, no development server.
fn ships(repository: &Repository<'_>, file: &File) -> bool {
    let project = &file.alone;
    project.services.values().any(|service| service.build.is_some() || service.image.is_some())
        && !project.services.values().any(|service| development_sign(repository.tree, service, &file.folder).is_some())
}

/// The name of an image whose tag alone is chosen where it is deployed.
fn untagged(repository: &Repository<'_>, image: &Field<String>) -> Option<String> {
    let span = image.origin.primary()?;
    let text = repository.tree.text(span.file).ok()?.get(span.range())?;
    let (name, _) = text.trim().trim_matches(['"', '\'']).split_once(":$")?;
    (!name.is_empty() && !name.contains(['$', ' '])).then(|| name.to_owned())
}

/// The image that a service builds, or that another of the project builds under the name it asks for.
pub fn image_of(repository: &Repository<'_>, project: &Project, service: &Service) -> Option<ImageBuild> {
    // A service that is only there to build it may be off.
    let all = || project.services.values().chain(project.inactive.values());
    let same = |other: &&Service| {
        let (Some(ours), Some(theirs)) = (&service.image, &other.image) else { return false };
        other.build.is_some() && ours.value.one().is_some() && ours.value.one() == theirs.value.one()
    };
    let build = service.build.as_ref().or_else(|| all().find(same).and_then(|other| other.build.as_ref()));
    let Some(build) = build else {
        let image = service.image.as_ref()?;
        if let Some(built) = super::own_images::written_alike(repository, image) {
            return Some(built);
        }
        let reference = image.value.one().cloned().or_else(|| untagged(repository, image))?;
        let moving = image.certainty.is_default() || image.value.one().is_none();
        return super::own_images::built_as(repository, &reference)
            .or_else(|| super::shipped::shipped_as(repository, &reference))
            .or_else(|| super::shipped::own(repository, &reference, moving))
            .or_else(|| super::own_images::overlaid(repository, &reference))
            .or_else(|| super::own_images::released(repository, &reference));
    };
    let context = build.context.value.one()?.clone();
    let context = paths::join("", &context)?;
    let name =
        build.dockerfile.as_ref().and_then(|file| file.value.one().cloned()).unwrap_or_else(|| "Dockerfile".into());
    let path = paths::join(&context, &name)?;
    let dockerfile = repository.tree.find(&path)?;
    let args = build.args.iter().map(|(name, var)| {
        let value = var.as_ref().and_then(|var| var.value.one().cloned());
        (name.clone(), value)
    });
    let target = build.target.as_ref().and_then(|target| target.value.one().cloned());
    Some(ImageBuild { dockerfile, context, target, args: args.collect(), span: build.context.origin.primary() })
}

/// One environment a stack, or several where its services build stages of different roles.
fn environments(
    repository: &Repository<'_>,
    stack: &Stack,
    role: Role,
    word: &str,
    confidence: Confidence,
    why_file: FileId,
    why: &str,
) -> Vec<Planned> {
    let project = load(repository, &stack.files);
    let folder =
        stack.files.first().map(|file| paths::parent(repository.tree.path(*file)).to_owned()).unwrap_or_default();
    let roles = service_roles(&project);
    let mut distinct: Vec<(Role, String)> = roles.values().flatten().cloned().collect();
    distinct.sort();
    distinct.dedup_by(|a, b| a.0 == b.0);
    // A file that is named for one environment runs there, whatever its images are built for.
    let named = naming(paths::name(repository.tree.path(why_file))).role.is_some();
    let split = distinct.len() > 1 && !named && !are_joined(&project, &roles);
    let wanted = if split { distinct } else { vec![(role, word.to_owned())] };
    let mut found = Vec::new();
    for (role, word) in wanted {
        let confidence = if stack.invoked.is_some() { confidence.max(Confidence::Invoked) } else { confidence };
        let mut planned = Planned::new(&word, role, confidence);
        for file in &stack.files {
            planned.add_file(*file);
        }
        let why = if split { parted(role) } else { why.to_owned() };
        planned.add_evidence(Span::new(why_file, 0, 0), why);
        if let Some(span) = stack.invoked {
            planned.add_evidence(span, "these files are run here");
        }
        for name in project.services.keys() {
            let elsewhere = || roles.get(name).is_some_and(|all| all.iter().all(|(other, _)| *other != role));
            if split && elsewhere() || is_base(&project, name) {
                continue;
            }
            let runs = Runs::Compose {
                project: Arc::clone(&project),
                service: name.clone(),
                folder: folder.clone(),
                instead: None,
            };
            planned.units.push(Unit { name: name.clone(), runs });
        }
        found.push(planned);
    }
    found
}
