//! Which environments there are, what anchors each, and why.
//!
//! Strongest runner first: configuration, compose files, images, platforms, CI; names of settings come last.

mod alike;
mod amazon;
mod ansible;
mod apart;
mod app_platform;
mod base_role;
mod base_signs;
mod beanstalk;
mod beside_procfiles;
mod branches;
pub mod ci;
mod ci_stacks;
mod cloud_foundry;
mod code_deploy;
pub mod compose;
mod compose_calls;
pub mod configured;
mod contexts;
mod credible;
mod deploying;
pub mod deployments;
pub mod devcontainers;
mod developed;
mod factories;
mod for_developers;
mod handed_on;
mod hosts;
mod image_parts;
pub mod images;
pub mod kubernetes;
mod leaf_settings;
mod library;
mod local_clusters;
mod machines;
mod marks;
mod named;
mod openshift;
mod outputs;
mod outside;
mod own_distribution;
mod own_images;
pub mod plan;
pub mod platform;
pub mod platform_files;
mod platform_sh;
mod playbook_packages;
mod programs;
pub mod projects;
mod published;
mod retired;
mod reviewed;
mod s2i;
pub mod samples;
mod serverless;
mod servers;
mod service_roles;
pub mod settings;
mod settings_apart;
mod settings_signs;
mod shipped;
mod slots;
mod stack_selector;
mod stacks;
mod stages;
mod starts;
mod targets;
mod task_definitions;
mod tests_folders;
mod told;
mod told_deploys;
mod told_here;
mod trials;
mod tried;
mod unnamed;
mod upkeep;
pub mod vagrant;
mod values;
mod ways;
pub mod words;
pub mod workstations;
mod written;

pub(crate) use developed::OFFERED;
pub use plan::{CommandLine, ContainerRun, ImageBuild, NativeBuild, Plan, Planned, Runs, SettingsChoice, Setup, Unit};
pub use published::jobs_that_push;

use crate::discover::classify::classify;
use crate::discover::{Config, Kind, paths};
use crate::links::Repository;
use crate::model::{Confidence, FileId, Role};

/// Finds the environments of a repository, project by project.
///
/// `force` audits even what looks like a library.
pub fn infer(repository: &Repository<'_>, config: &Config, force: bool) -> Plan {
    let roots = projects::roots(repository, config);
    let mut found: Vec<(String, Vec<Planned>)> = Vec::new();
    for root in &roots {
        let view = (roots.len() > 1).then(|| repository.view(&roots, root));
        let mut all = of_project(view.as_ref().unwrap_or(repository), view.is_none());
        let project = if root.is_empty() { "." } else { root };
        for planned in &mut all {
            project.clone_into(&mut planned.environment.project);
        }
        found.push((root.clone(), all));
    }
    let mut plan = Plan { roots: roots.clone(), ..Plan::default() };
    if !force && config.says.projects.is_none() {
        plan.collection = projects::drop_collection(repository, &mut found);
    }
    configured::apply(repository, config, &roots, &mut found);
    for (root, mut all) in found {
        all.sort_by_key(|planned| {
            let about = &planned.environment;
            let plain = about.name != about.role.name();
            (about.role, std::cmp::Reverse(about.confidence), plain, about.name.clone())
        });
        let view = (roots.len() > 1).then(|| repository.view(&roots, &root));
        match library::says(view.as_ref().unwrap_or(repository), &all).filter(|_| !force) {
            Some(nothing) => plan.nothing = plan.nothing.or(Some(nothing)),
            None => plan.environments.extend(all),
        }
    }
    let collection = || {
        plan.collection.map(|count| format!("This looks like a collection ({count} folders that nothing joins, none of which says where it runs): nothing to audit."))
    };
    plan.nothing = if plan.environments.is_empty() { plan.nothing.or_else(collection) } else { None };
    if plan.nothing.is_some() {
        return plan;
    }
    plan.not_found = not_found(repository, &plan.environments);
    plan
}

/// The environments of one project, which may be the whole repository.
fn of_project(repository: &Repository<'_>, whole: bool) -> Vec<Planned> {
    let modules = settings::modules(repository);
    let mut all = compose::infer(repository);
    all.retain(|planned| !is_devcontainer(repository, planned));
    devcontainers::add(repository, &mut all);
    let files = platform_files::infer(repository, &all);
    all.extend(files);
    // What an orchestrator runs is production, rather than what a heuristic makes of a compose file.
    let sure: Vec<Planned> =
        all.iter().filter(|planned| !developed::is_guessed(&planned.environment)).cloned().collect();
    let mut orchestrated = kubernetes::infer(repository, &sure);
    if orchestrated.is_empty() {
        orchestrated = values::infer(repository);
    }
    if orchestrated.iter().any(|planned| planned.environment.role == Role::Production) {
        all = sure;
    }
    all.extend(orchestrated);
    let by_playbook = ansible::infer(repository, &all);
    all.extend(by_playbook);
    let known = all.clone();
    all.extend(images::infer(repository, &known));
    let known = all.clone();
    all.extend(platform::procfiles(repository, &known));
    drop_shadowed_images(repository, &mut all);
    beside_procfiles::drop_images(repository, &mut all);
    retired::drop_images(repository, &mut all);
    developed::drop(repository, &mut all);
    servers::add(repository, &mut all);
    s2i::add(repository, &mut all);
    ansible::give(repository, &mut all);
    beanstalk::add(repository, &mut all);
    apart::name_only(&mut all);
    tested(repository, &mut all);
    deployments::add(repository, &mut all);
    developed::drop_plain_stack(&mut all);
    retired::drop_undeployed(repository, &mut all);
    credible::weigh(repository, &mut all);
    named::add(repository, !modules.is_empty(), &mut all);
    let known = all.clone();
    all.extend(settings::infer(&modules, &known));
    if !modules.is_empty() {
        named::add_by_fabric(repository, &mut all);
    }
    named::add_by_script(repository, &mut all);
    reviewed::add(repository, &mut all);
    factories::add(repository, &mut all);
    machines::add(repository, &modules, whole, &mut all);
    settings_apart::add(repository, &modules, &mut all);
    settings_apart::add_platforms(repository, &modules, &mut all);
    developed::drop_backing(&mut all);
    for_developers::deploy_first(&mut all);
    for planned in &mut all {
        if planned.settings.is_none() {
            planned.settings = settings::by_role(&modules, planned.environment.role)
                .or_else(|| settings::by_file_words(repository, &modules, planned));
        }
    }
    told::give(repository, &mut all);
    written::give(repository, &mut all);
    samples::tell(repository, &mut all);
    // Configuration speaks of environments by the names that the report shows.
    apart::name_apart(repository, &mut all);
    all
}

fn is_devcontainer(repository: &Repository<'_>, planned: &Planned) -> bool {
    planned.environment.files.iter().any(|file| repository.tree.path(*file).contains(".devcontainer/"))
        && !repository.of(Kind::Devcontainer).is_empty()
}

/// A Procfile's image is not an environment of its own beside the Procfile.
fn drop_shadowed_images(repository: &Repository<'_>, all: &mut Vec<Planned>) {
    let used: Vec<_> = all
        .iter()
        .flat_map(|planned| &planned.units)
        .filter_map(|unit| {
            if let Runs::Process { image: Some(image), .. } = &unit.runs { Some(image.dockerfile) } else { None }
        })
        .collect();
    let developed = |file: &FileId| {
        all.iter().any(|planned| {
            planned.environment.role == Role::Development && images::builds(repository, planned).contains(file)
        })
    };
    let shadowed: Vec<_> =
        repository.of(Kind::Dockerfile).iter().filter(|file| !used.is_empty() && developed(file)).copied().collect();
    let used: Vec<_> = used.into_iter().chain(shadowed).collect();
    // What a platform's file says of the same image is an environment in its own right.
    let by_itself = |planned: &Planned, file: FileId| {
        planned.environment.because.first().is_some_and(|evidence| evidence.span.file == file)
    };
    all.retain(|planned| {
        let shadowed = |unit: &Unit| {
            matches!(&unit.runs, Runs::Image(image) if used.contains(&image.dockerfile) && by_itself(planned, image.dockerfile))
        };
        !planned.units.iter().any(shadowed) || planned.environment.role != Role::Production
    });
}

/// Adds the environments of tests: those that a CI runs count for more than files which are only named for them.
fn tested(repository: &Repository<'_>, all: &mut Vec<Planned>) {
    let tests = ci::tests(repository);
    if !tests.is_empty() {
        let shared = |file: &FileId| tests.iter().any(|tests| tests.environment.files.contains(file));
        let spoken = |file: &FileId| {
            let name = paths::name(repository.tree.path(*file));
            let mut flows = repository.of(Kind::Workflow).iter().filter_map(|flow| repository.tree.text(*flow).ok());
            repository.of(Kind::Compose).contains(file) && flows.any(|text| text.contains(name))
        };
        // What lies below an overlay for tests is others' too: that overlay is what tells of them.
        let tells = |planned: &Planned, file: &FileId| {
            let tests = |file: &FileId| {
                words::naming(repository.tree.path(*file)).role.is_some_and(|(role, _)| role == Role::Test)
            };
            tests(file) || !planned.environment.files.iter().any(tests)
        };
        let kept = |planned: &Planned| {
            planned.environment.files.iter().any(|file| shared(file) || spoken(file) && tells(planned, file))
                || trials::tests_itself(planned)
                || trials::is_brought_up(repository, planned)
        };
        all.retain(|planned| planned.environment.role != Role::Test || kept(planned));
        let composed = all.len();
        // Jobs of one workflow may test in several places.
        let split = tests.iter().any(ci_stacks::is_composed_apart);
        let joins = |file: &FileId| !split || !repository.of(Kind::Workflow).contains(file);
        for planned in tests {
            // What is tried from outside runs on other things than the tests of the same pipeline.
            let known = if outside::is_from_outside(&planned) { composed } else { all.len() };
            merge_tests(all, known, planned, &joins);
        }
    } else if !all.iter().any(|planned| planned.environment.role == Role::Test) {
        let described = platform::app_json_tests(repository);
        let by_hand = described.is_empty().then(|| trials::by_hand(repository)).flatten();
        all.extend(described.into_iter().chain(by_hand));
    }
}

/// Joins the tests of CI with a test environment that a compose file already names, one of the first few.
fn merge_tests(all: &mut Vec<Planned>, first: usize, tests: Planned, joins: &dyn Fn(&FileId) -> bool) {
    let own: Vec<FileId> = tests.environment.files.iter().filter(|file| joins(file)).copied().collect();
    let shares = |known: &Planned| known.environment.files.iter().any(|file| own.contains(file));
    let known = all.iter_mut().take(first).find(|planned| planned.environment.role == Role::Test && shares(planned));
    let Some(known) = known else {
        all.push(tests);
        return;
    };
    known.at_least(Confidence::Invoked);
    for evidence in tests.environment.because {
        known.add_evidence(evidence.span, evidence.text);
    }
    for (unit, vars) in tests.variables {
        known.variables.entry(unit).or_default().extend(vars);
    }
    for unit in tests.units {
        let instead = matches!(&unit.runs, Runs::Compose { instead: Some(_), .. });
        match known.units.iter_mut().find(|other| other.name == unit.name) {
            Some(other) if instead => *other = unit,
            Some(_) => {}
            None => known.units.push(unit),
        }
    }
}

/// What describes a production that is not read, and how to say what it runs.
fn elsewhere(repository: &Repository<'_>) -> Option<String> {
    let found = repository.tree.files().find_map(|(_, path)| Some((orchestrator(path)?, path)));
    found.map(|(kind, path)| {
        format!(
            "visible only as {kind} ({path}), which are not evaluated: say in [environments.production] what it runs"
        )
    })
}

/// What a path is of that says what an orchestrator runs and is not read.
fn orchestrator(path: &str) -> Option<&'static str> {
    let name = paths::name(path);
    let values = name.starts_with("values") && (name.ends_with(".yaml") || name.ends_with(".yml"));
    match name {
        "Chart.yaml" => Some("Helm charts"),
        "helmfile.yaml" | "helmfile.yml" => Some("Helm values"),
        "Pulumi.yaml" => Some("a Pulumi program"),
        "cdk.json" => Some("a CDK program"),
        "serverless.yml" | "serverless.yaml" => Some("a Serverless configuration"),
        _ if values => Some("Helm values"),
        _ if name.ends_with(".tf") => Some("Terraform files"),
        _ if classify(path) == Some(Kind::Kubernetes) => Some("Kubernetes manifests"),
        _ => None,
    }
}

/// The file of a CI that is not read.
pub fn unread_ci<'t>(repository: &Repository<'t>) -> Option<&'t str> {
    const NAMES: [&str; 2] = [".appveyor.yml", "appveyor.yml"];
    repository.tree.files().map(|(_, path)| path).find(|path| NAMES.contains(&paths::name(path)))
}

fn not_found(repository: &Repository<'_>, all: &[Planned]) -> Vec<(Role, String)> {
    let has = |role: Role| all.iter().any(|planned| planned.environment.role == role);
    let why = |role: Role| match role {
        Role::Production => {
            elsewhere(repository).unwrap_or_else(|| "no production file, image or deploy job".to_owned())
        }
        Role::Staging => "no staging file, settings or deploy job".to_owned(),
        Role::Test if !ci::has_workflows(repository) => unread_ci(repository)
            .map_or_else(|| "no CI workflow".to_owned(), |path| format!("{path} is of a CI that is not read")),
        Role::Test => "no workflow runs the tests".to_owned(),
        Role::Development => "no compose file, no devcontainer, no dev settings".to_owned(),
    };
    Role::ALL.into_iter().filter(|role| !has(*role)).map(|role| (role, why(role))).collect()
}

#[cfg(test)]
mod settings_tests;
#[cfg(test)]
mod tests;
