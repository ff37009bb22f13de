//! What role a compose file plays whose name does not say it.

use super::compose::{File, image_of, load};
use super::stack_selector::by_selector;
use super::stacks::Stack;
use super::words::role_of_value;
use super::{base_signs, developed};
use crate::discover::{Tree, paths};
use crate::formats::compose::{EnvVar, Field, Project, Service};
use crate::formats::shell::Word;
use crate::knowledge::{images, processes, services};
use crate::links::Repository;
use crate::model::{Confidence, Role, Span};

/// Whether a service may run what the repository holds: it builds, or its image is no known product of others.
pub(super) fn may_be_ours(service: &Service) -> bool {
    let known = |reference: &str| {
        let name = images::describe(reference, "").repository;
        let base = paths::name(&name);
        let product = base.split('-').next().unwrap_or(base);
        services::by_image(&name).is_some()
            || base.split('-').any(|word| HELPERS.contains(&word) || OPERATIONS.contains(&word))
            || product != base && services::by_image(product).is_some()
            || services::emulates(&name).is_some()
            || services::is_edge_only(&name)
            || services::is_admin_tool(&name)
    };
    let image = service.image.as_ref().map(|image| image.value.one());
    let operates = service.build.is_none() && operates(service);
    let ours = |image: &String| !known(image) && (image.contains('/') || starts_production_server(service));
    !operates && (service.build.is_some() || image.is_some_and(|image| image.is_none_or(ours)))
}

/// Words of the names of images that stand in for a product, or help beside one.
const HELPERS: [&str; 6] = ["cypress", "e2e", "emulator", "exporter", "local", "mock"];
/// Programs that set up or deploy what others run.
const OPERATIONS: [&str; 11] = [
    "terraform",
    "tofu",
    "terragrunt",
    "ansible",
    "ansible-playbook",
    "kubectl",
    "helm",
    "aws",
    "gcloud",
    "packer",
    "certbot",
];

/// Whether a service starts a program that deploys others.
fn operates(service: &Service) -> bool {
    let started = service.entrypoint.as_ref().or(service.command.as_ref());
    let first = started.and_then(|command| command.words.first());
    first.is_some_and(|word| OPERATIONS.contains(&paths::name(word.written())))
}

/// Whether a project runs backing services and tools of others only, nothing of the repository.
pub(super) fn only_services(project: &Project) -> bool {
    !project.services.is_empty() && !project.services.values().any(may_be_ours)
}

/// Whether a project runs nothing but tools of others: no service behind the application is among them either.
pub(super) fn tools(project: &Project) -> bool {
    of_others(project) && !project.services.values().any(backs)
}

/// Whether a service is a known product that stands behind applications.
fn backs(service: &Service) -> bool {
    let reference = service.image.as_ref().and_then(|image| image.value.one());
    reference.is_some_and(|reference| services::by_image(&images::describe(reference, "").repository).is_some())
}

/// Whether all that a project runs is pulled, and none of it may be ours.
pub(super) fn of_others(project: &Project) -> bool {
    only_services(project) && project.services.values().all(|service| service.image.is_some())
}

/// The sign of a developer's machine that a server updated by its checkout has as well.
const MOUNTED: &str = "the source code is mounted";

/// What says that a service of a compose file in a folder runs on a developer's machine.
pub(super) fn development_sign(tree: &Tree, service: &Service, folder: &str) -> Option<(Span, &'static str)> {
    let context = service.build.as_ref().and_then(|build| build.context.value.one().cloned());
    for mount in &service.volumes {
        let Some(source) = mount.source.as_deref().filter(|_| mount.kind == "bind") else { continue };
        // What is laid below /etc configures a program.
        if mount.target.starts_with("/etc/") {
            continue;
        }
        let source = source.trim_end_matches('/');
        let checkout = [".", "", folder].contains(&source) || paths::parent(folder) == source;
        // What is not to be written to is code only where it is all of it.
        if mount.read_only && !checkout {
            continue;
        }
        let whole = checkout || context.as_deref().is_some_and(|context| context.trim_end_matches('/') == source);
        // A folder of the program over what the image holds of it.
        let unknown = || service.image.as_ref().is_some_and(|image| image.value.one().is_none());
        let below = (service.build.is_some() || unknown())
            && is_code(source)
            && tree.under(source).any(|(_, path)| path.ends_with(".py") && !source.is_empty());
        if whole && service.build.is_some() || checkout && may_be_ours(service) || below {
            return Some((mount.span, MOUNTED));
        }
    }
    let command = service.command.as_ref()?;
    let words: Vec<&str> = command.words.iter().map(Word::written).collect();
    let joined = words.join(" ");
    let rest = processes::strip_wrappers(&words).0;
    if may_be_ours(service) && super::starts::is_shell(&words) {
        return command.origin.primary().map(|span| (span, "an interactive shell is started"));
    }
    let development = processes::server(rest).is_some_and(|found| found.kind == "development")
        || ["runserver", "--reload", "flask run", "fastapi dev"].iter().any(|sign| joined.contains(sign));
    development.then(|| command.origin.primary().map(|span| (span, "a development server is started"))).flatten()
}

/// Whether a service of ours starts a shell, for a person to type into.
pub(super) fn is_typed_into(service: &Service) -> bool {
    let Some(command) = &service.command else { return false };
    let words: Vec<&str> = command.words.iter().map(Word::written).collect();
    may_be_ours(service) && super::starts::is_shell(&words)
}

/// Whether the file itself names a server for production, not reloading.
pub(super) fn starts_production_server(service: &Service) -> bool {
    let Some(command) = &service.command else { return false };
    let text = command.words.iter().map(Word::written).collect::<Vec<_>>().join(" ");
    let words: Vec<&str> = text.split([' ', ';', '\'', '"', '&']).filter(|word| !word.is_empty()).collect();
    let server = |at: usize| processes::server(&words[at..]).is_some_and(|found| found.kind == "production");
    !text.contains("reload") && !text.contains("runserver") && (0..words.len().min(64)).any(server)
}

/// Whether a folder's name is none of what is only configured or started with files of its own.
fn is_code(source: &str) -> bool {
    !["conf", "config", "configs", "deploy", "docker", "nginx", "scripts", "fixtures", "init"]
        .contains(&paths::name(source))
}

pub(super) fn role_of_base(
    repository: &Repository<'_>,
    base: &File,
    over: bool,
    stack: &Stack,
    has: &dyn Fn(Role) -> bool,
) -> (Role, String, String, Confidence) {
    let say = |role: Role, why: &str, confidence| (role, role.name().to_owned(), why.to_owned(), confidence);
    let invoked = if stack.invoked.is_some() { Confidence::Invoked } else { Confidence::Named };
    if let Some((role, word)) = base.naming.role.clone() {
        return (role, word, format!("the folder says {}", role.name()), invoked);
    }
    if let Some((role, word)) = by_selector(repository, stack, None) {
        return (role, word, format!("a variable selects {}", role.name()), Confidence::Invoked);
    }
    if over {
        return say(Role::Development, "the override is merged by a plain `docker compose up`", Confidence::Invoked);
    }
    let project = load(repository, &stack.files);
    if only_services(&project) {
        return say(Role::Development, "it starts backing services only", Confidence::Guessed);
    }
    let working = || project.services.values().filter(|one| !base_signs::looks_into_another(&project, one));
    let signs = || working().filter_map(|one| development_sign(repository.tree, one, &base.folder));
    let mounted = signs().all(|(_, why)| why == MOUNTED) && base_signs::is_fronted(repository, base, &project);
    let fronted = mounted && !has(Role::Production) && !has(Role::Development);
    // Where developers have a file of their own, who pulls the published image lays the checkout's configuration over it.
    let pulled = has(Role::Development)
        && !has(Role::Production)
        && working()
            .filter_map(|one| Some((one, development_sign(repository.tree, one, &base.folder)?.1)))
            .all(|(one, why)| why == MOUNTED && one.build.is_none() && is_own(repository, one));
    if let Some((_, why)) = signs().next().filter(|_| !fronted && !pulled) {
        return say(Role::Development, why, invoked);
    }
    // What is offered at the top is pulled by those who run it, whatever it is told.
    let at_top = ["", "docker", "deploy"].contains(&base.folder.as_str());
    let told = |one: &Service| debugs(one) && !(at_top && one.build.is_none() && is_own(repository, one));
    if project.services.values().any(told) {
        return say(Role::Development, "a variable turns debugging on", invoked);
    }
    if let Some((role, word)) = image_selector(repository, &project) {
        return (role, word, format!("the image selects {}", role.name()), Confidence::Invoked);
    }
    if let Some((_, why)) = project.services.values().find_map(|service| tried_sign(service)) {
        return say(Role::Development, why, invoked);
    }
    if base_signs::by_env_files(&project) {
        return say(Role::Development, "its variables are named for development", Confidence::Named);
    }
    let serves = project.services.values().any(starts_production_server);
    if !serves && base_signs::by_script(repository, &project).is_some() {
        return say(Role::Development, "a script of it starts a development server", invoked);
    }
    let told = base_signs::by_guide(repository, base);
    if told == Some(Role::Development) {
        return say(Role::Development, "a guide tells to start it for development", Confidence::Named);
    }
    if fronted {
        return say(Role::Production, "a production server is started behind a proxy", Confidence::Named);
    }
    if has(Role::Production) {
        return say(Role::Development, "a production file stands beside it", Confidence::Named);
    }
    if has(Role::Development) {
        return say(Role::Production, developed::BESIDE, Confidence::Named);
    }
    if told == Some(Role::Production) {
        return say(Role::Production, "a guide tells to deploy it", Confidence::Named);
    }
    if project.services.values().all(|service| is_at_hand(repository, service))
        && project.services.values().any(|service| !service.ports.is_empty())
    {
        return say(Role::Development, "its ports are open to this machine only", Confidence::Named);
    }
    if serves {
        let why = "a production server is started, without the source code mounted";
        return say(Role::Production, why, Confidence::Named);
    }
    if base_signs::by_sample(repository, &project).is_some() {
        return say(Role::Development, "a sample of its variables is for development", Confidence::Named);
    }
    let kept = |text: Option<&String>| text.is_some_and(|text| text != "no");
    let restarts = |service: &Service| service.restart.as_ref().is_some_and(|field| kept(field.value.one()));
    let runs = |service: &&Service| {
        may_be_ours(service) && (service.build.is_some() || service.env_count() > 0) || is_own(repository, service)
    };
    let ours: Vec<&Service> = project.services.values().filter(runs).collect();
    if !ours.iter().any(|service| restarts(service)) && images_develop(repository, &project) {
        return say(Role::Development, "the images start development servers", Confidence::Named);
    }
    let kept = project.services.values().any(restarts);
    if !ours.is_empty() && (kept || !project.services.values().any(|s| s.build.is_some())) {
        let waits =
            |service: &Service| service.depends_on.keys().filter_map(|name| project.services.get(name)).any(backs);
        // What is only pulled may as well be what a program on a developer's machine is to find.
        if kept || ours.iter().any(|service| is_own(repository, service) || waits(service)) {
            return say(Role::Production, "it runs built images, without the source code mounted", Confidence::Named);
        }
    }
    say(Role::Development, "the plain compose file of the repository", Confidence::Named)
}

/// Whether the images that a project builds start development servers, where its services say no command of their own.
fn images_develop(repository: &Repository<'_>, project: &Project) -> bool {
    let develops = |service: &Service| {
        let image = image_of(repository, project, service).filter(|_| service.build.is_some())?;
        let build = super::images::build(repository, &image)?;
        Some(service.command.is_none() && super::developed::develops(repository, &image, &build))
    };
    project.services.values().any(|service| develops(service) == Some(true))
}

/// Whether a service's image is published under the name of the repository itself.
pub(super) fn is_own(repository: &Repository<'_>, service: &Service) -> bool {
    let image = service.image.as_ref().and_then(|image| image.value.one());
    image.is_some_and(|image| super::shipped::is_published_here(repository, image))
}

/// Whether a service is pulled from others, opens its ports to the machine alone, and is not started again by itself.
fn is_at_hand(repository: &Repository<'_>, service: &Service) -> bool {
    let own = |ip: &String| ["127.0.0.1", "localhost", "::1", "[::1]"].contains(&ip.as_str());
    service.build.is_none()
        && !is_own(repository, service)
        && service.restart.is_none()
        && service.ports.iter().all(|port| port.host_ip.as_ref().is_some_and(own))
}

/// What says that a stack is tried, not deployed: a stage that is named for development, a stand-in for what production has,
/// an image that is called one for that.
fn tried_sign(service: &Service) -> Option<(Span, &'static str)> {
    let target = service.build.as_ref().and_then(|build| build.target.as_ref());
    let develops = |target: &&Field<String>| {
        let role = target.value.one().and_then(|word| role_of_value(word));
        role.is_some_and(|(role, _)| role == Role::Development)
    };
    if let Some(span) = target.filter(develops).and_then(|target| target.origin.primary()) {
        return Some((span, "a stage for development is built"));
    }
    let image = service.image.as_ref()?;
    let described = images::describe(image.value.one()?, "");
    let stands_in = services::is_only_tried(&described.repository);
    let tag = described.tag.as_deref().unwrap_or_default();
    let tried = service.build.is_some() && ["dev", "development", "local", "test", "testing"].contains(&tag);
    let why = if stands_in { "an emulator stands in for a service" } else { "the image is tagged for trying it" };
    (stands_in || tried).then_some((image.origin.primary()?, why))
}

/// Whether a service of ours is told to show errors to who asks, which only developers want.
pub(super) fn debugs(service: &Service) -> bool {
    let set = |(name, var): (&String, &EnvVar)| var.var.value.one().is_some_and(|value| is_debugging(name, value));
    may_be_ours(service) && service.environment.iter().any(set)
}

/// Whether a variable turns debugging on.
pub(super) fn is_debugging(name: &str, value: &str) -> bool {
    let on = ["1", "true", "yes", "on"].contains(&value.to_ascii_lowercase().as_str());
    on && ["DEBUG", "DJANGO_DEBUG", "FLASK_DEBUG", "APP_DEBUG", "IS_LOCAL", "LOCAL_DEV", "IS_DEV"].contains(&name)
}

/// The role that the ENV of an image that the project builds names.
fn image_selector(repository: &Repository<'_>, project: &Project) -> Option<(Role, String)> {
    project.services.values().find_map(|service| {
        let image = image_of(repository, project, service)?;
        super::images::selector(repository, &image).map(|(role, word, _)| (role, word))
    })
}

#[cfg(test)]
mod tests;
