//! The environment that tests run in, and the targets that jobs deploy to.

use std::sync::Arc;

use super::compose::load;
use super::plan::{CommandLine, Planned, Runs, Unit};
use super::words::{naming, role_of_value};
use crate::discover::{Kind, paths};
use crate::formats::workflow::{Job, Workflow};
use crate::links::compose_call::ComposeCall;
use crate::links::{Call, Caller, Meaning, Repository, meaning};
use crate::model::{Confidence, FileId, Role, Span, SpanMap};

/// Whether a call runs the tests of the project, on the job's machine.
fn tests_here(call: &Call) -> bool {
    call.meaning == Meaning::Tests
}

/// The test command that a compose call runs in a service.
fn tests_in_service(call: &Call) -> Option<&ComposeCall> {
    let Meaning::Composes(compose) = &call.meaning else { return None };
    let tests = !compose.command.is_empty() && meaning::of(&compose.command) == Meaning::Tests;
    let scripted =
        compose.command.iter().any(|word| word.contains("test") && (word.contains('/') || word.contains(':')));
    (tests || scripted).then_some(compose)
}

/// Names of jobs whose tests are not those of the application, where other jobs run those.
fn is_side_job(job: &str) -> bool {
    ["lint", "docs", "doc", "release", "publish", "format", "style", "typing", "mypy", "frontend", "e2e-docs"]
        .iter()
        .any(|word| job.split(['-', '_']).any(|part| part == *word))
}

/// Names of jobs that test a running application from outside.
fn is_from_outside(job: &str) -> bool {
    ["e2e", "playwright", "cypress", "smoke", "benchmark", "performance", "load"]
        .iter()
        .any(|word| job.split(['-', '_', ' ']).any(|part| part.eq_ignore_ascii_case(word)))
}

/// The test environment: one, whatever the number of jobs.
pub fn tests(repository: &Repository<'_>) -> Option<Planned> {
    let mut planned = Planned::new("test", Role::Test, Confidence::Invoked);
    for call in &repository.calls {
        let Caller::Job { file, job } = &call.caller else { continue };
        if tests_here(call) {
            planned.add_evidence(call.span, format!("job {job} runs the tests"));
            add_job(repository, *file, job, &mut planned);
        } else if let Some(compose) = tests_in_service(call) {
            planned.add_evidence(call.span, format!("job {job} runs the tests in a service"));
            add_service(repository, call, compose, &mut planned);
        }
    }
    // Tests from outside, and those of a linter's job, say little of what runs inside, where others say it.
    let inside = |unit: &Unit| {
        let Runs::Job { job, .. } = &unit.runs else { return true };
        !is_from_outside(&unit.name) && !is_side_job(job)
    };
    if planned.units.iter().any(inside) {
        planned.units.retain(inside);
    }
    add_started_services(repository, &mut planned);
    (!planned.units.is_empty()).then_some(planned)
}

/// A job as a unit, once; jobs of one name in several workflows are told apart by their workflow.
fn add_job(repository: &Repository<'_>, file: FileId, job: &str, planned: &mut Planned) {
    let same =
        |unit: &Unit| matches!(&unit.runs, Runs::Job { workflow, job: known } if *workflow == file && known == job);
    if planned.units.iter().any(same) {
        return;
    }
    let taken = planned.units.iter().any(|unit| unit.name == job);
    let name = if taken { format!("{}-{job}", stem(repository, file)) } else { job.to_owned() };
    planned.units.push(Unit { name, runs: Runs::Job { workflow: file, job: job.to_owned() } });
}

/// The name of a workflow's file without its ending.
fn stem<'r>(repository: &'r Repository<'_>, file: FileId) -> &'r str {
    paths::name(repository.tree.path(file)).split('.').next().unwrap_or_default()
}

/// The files that a compose call runs.
pub fn files_of(repository: &Repository<'_>, folder: &str, compose: &ComposeCall) -> Vec<FileId> {
    let base = compose.directory.clone().and_then(|dir| paths::join(folder, &dir)).unwrap_or_else(|| folder.to_owned());
    let find = |path: &str| repository.tree.find(&paths::join(&base, path)?).or_else(|| repository.tree.find(path));
    if !compose.files.is_empty() {
        return compose.files.iter().filter_map(|path| find(path)).collect();
    }
    let first =
        ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"].iter().find_map(|name| find(name));
    let over = [
        "compose.override.yaml",
        "compose.override.yml",
        "docker-compose.override.yml",
        "docker-compose.override.yaml",
    ];
    first.into_iter().chain(over.iter().find_map(|name| find(name))).collect()
}

fn add_service(repository: &Repository<'_>, call: &Call, compose: &ComposeCall, planned: &mut Planned) {
    let files = files_of(repository, &call.folder, compose);
    let Some(first) = files.first() else { return };
    let folder = paths::parent(repository.tree.path(*first)).to_owned();
    for file in &files {
        planned.add_file(*file);
    }
    let project = load(repository, &files);
    let text = compose.command.join(" ");
    let instead = CommandLine { text, map: SpanMap::Whole(call.span), span: call.span };
    for name in project.services.keys() {
        let instead = compose.services.contains(name).then(|| instead.clone());
        let runs =
            Runs::Compose { project: Arc::clone(&project), service: name.clone(), folder: folder.clone(), instead };
        // A job of the same name is another thing.
        if let Some(unit) = planned.units.iter_mut().find(|unit| unit.name == *name)
            && let Runs::Job { workflow, .. } = &unit.runs
        {
            unit.name = format!("{}-{name}", stem(repository, *workflow));
        }
        match planned.units.iter_mut().find(|unit| unit.name == *name) {
            Some(Unit { runs: Runs::Compose { instead: Some(_), .. }, .. }) => {}
            Some(unit) => unit.runs = runs,
            None => planned.units.push(Unit { name: name.clone(), runs }),
        }
    }
}

/// Services that a testing job starts with `docker compose up -d db`.
fn add_started_services(repository: &Repository<'_>, planned: &mut Planned) {
    let jobs: Vec<(FileId, String)> = planned
        .units
        .iter()
        .filter_map(
            |unit| if let Runs::Job { workflow, job } = &unit.runs { Some((*workflow, job.clone())) } else { None },
        )
        .collect();
    for call in &repository.calls {
        let Caller::Job { file, job } = &call.caller else { continue };
        let Meaning::Composes(compose) = &call.meaning else { continue };
        if compose.action != "up" || !jobs.contains(&(*file, job.clone())) {
            continue;
        }
        let files = files_of(repository, &call.folder, compose);
        let Some(first) = files.first() else { continue };
        let folder = paths::parent(repository.tree.path(*first)).to_owned();
        let project = load(repository, &files);
        for name in
            project.services.keys().filter(|name| compose.services.is_empty() || compose.services.contains(name))
        {
            if !planned.units.iter().any(|unit| unit.name == *name) {
                let runs = Runs::Compose {
                    project: Arc::clone(&project),
                    service: name.clone(),
                    folder: folder.clone(),
                    instead: None,
                };
                planned.units.push(Unit { name: name.clone(), runs });
            }
        }
        planned.add_evidence(call.span, "the job starts services of a compose file");
    }
}

/// A job that deploys, and where to.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// The workflow.
    pub workflow: FileId,
    /// The job.
    pub job: String,
    /// What it deploys to.
    pub role: Role,
    /// The word that says so.
    pub word: String,
    /// Where that is written.
    pub span: Span,
    /// Whether something names the target; else it is taken to be production.
    pub named: bool,
}

/// All deployments of all workflows.
pub fn deployments(repository: &Repository<'_>) -> Vec<Deployment> {
    let mut found = Vec::new();
    for (file, workflow) in repository.workflows() {
        for job in &workflow.jobs {
            found.extend(deployment(repository, file, &workflow, job));
        }
    }
    found
}

/// Steps of known actions that deploy.
const DEPLOYING_ACTIONS: [&str; 10] = [
    "akhileshns/heroku-deploy",
    "superfly/flyctl-actions",
    "aws-actions/amazon-ecs-deploy-task-definition",
    "azure/webapps-deploy",
    "google-github-actions/deploy-cloudrun",
    "google-github-actions/deploy-appengine",
    "appleboy/ssh-action",
    "digitalocean/app_action",
    "einaregilsson/beanstalk-deploy",
    "azure/k8s-deploy",
];

fn deployment(repository: &Repository<'_>, file: FileId, workflow: &Workflow, job: &Job) -> Option<Deployment> {
    let mine = |call: &&Call| call.caller == Caller::Job { file, job: job.id.value.clone() };
    let mut calls = repository.calls.iter().filter(mine);
    let called = calls.find_map(|call| match &call.meaning {
        Meaning::Deploys(word) => Some((call.span, word.clone())),
        Meaning::Composes(compose) if compose.action == "up" && naming(&compose.files.join("/")).role.is_some() => {
            let role = naming(&compose.files.join("/")).role.map(|(_, word)| word);
            Some((call.span, role))
                .filter(|(_, word)| word.as_deref().is_some_and(|word| word != "test" && word != "ci"))
        }
        _ => None,
    });
    let acted = || {
        let uses = job.steps.iter().filter_map(|step| step.uses.as_ref());
        uses.into_iter().find(|uses| {
            let action = uses.value.split('@').next().unwrap_or_default().to_ascii_lowercase();
            DEPLOYING_ACTIONS.contains(&action.as_str())
        })
    };
    // A job that computes what others deploy with is named for it too.
    let mut words = job.id.value.split(['-', '_']);
    let computes = ["get", "set", "check", "plan", "prepare", "export"].contains(&words.next().unwrap_or_default());
    let named_deploy =
        || !computes && job.id.value.split(['-', '_']).any(|part| part == "deploy" || part == "deployment");
    let span = called.as_ref().map(|(span, _)| *span).or_else(|| acted().map(|uses| uses.span));
    let span = span.or_else(|| (named_deploy() || job.environment.is_some()).then_some(job.id.span))?;
    let names_target = workflow.gitlab && job.environment.is_some();
    let deploys = called.is_some() || acted().is_some() || named_deploy() || names_target;
    if !deploys {
        return None;
    }
    let sources = [
        job.environment.as_ref().map(|name| (name.value.clone(), name.span)),
        called.and_then(|(span, word)| Some((word?, span))),
        Some((job.id.value.clone(), job.id.span)),
        job.name.as_ref().map(|name| (name.value.clone(), name.span)),
    ];
    let pages =
        job.environment.as_ref().is_some_and(|name| name.value.contains("pages") || name.value.contains("pypi"));
    let stem = paths::name(repository.tree.path(file)).split('.').next().unwrap_or_default();
    if pages || [stem, &job.id.value].into_iter().any(deploys_something_else) {
        return None;
    }
    let word_of = |text: &str| {
        let bare = text.to_lowercase();
        let words = bare
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !["deploy", "deployment", "release", "build"].contains(word));
        role_of_value(&words.collect::<Vec<_>>().join("-"))
    };
    let path = repository.tree.path(file);
    let gitlab = workflow.gitlab;
    let stem = paths::name(path).trim_end_matches(".yml").trim_end_matches(".yaml");
    let named_file = if gitlab { None } else { word_of(stem) };
    if named_file.as_ref().is_some_and(|(role, _)| *role == Role::Test) || paths::name(path).contains("test") {
        return None;
    }
    let target = sources.into_iter().flatten().find_map(|(text, span)| Some((word_of(&text)?, span)));
    // A named environment is what is deployed to: one of no known role (a branch's own, a tenant's) is not production.
    if gitlab && target.is_none() && job.environment.is_some() {
        return None;
    }
    let workflow = file;
    let job = job.id.value.clone();
    Some(match target {
        Some(((role, word), at)) if role != Role::Test => {
            Deployment { workflow, job, role, word, span: at, named: true }
        }
        Some(((Role::Test, _), _)) => return None,
        None if named_file.is_some() => {
            let (role, word) = named_file?;
            Deployment { workflow, job, role, word, span, named: true }
        }
        _ => Deployment { workflow, job, role: Role::Production, word: "production".into(), span, named: false },
    })
}

/// Whether a name says that documents, packages or a preview are deployed, not the application.
fn deploys_something_else(name: &str) -> bool {
    let other =
        ["docs", "doc", "documentation", "pages", "pypi", "package", "packages", "storybook", "feature", "preview"];
    name.to_lowercase().split(|c: char| !c.is_alphanumeric()).any(|word| other.contains(&word))
}

/// Whether the repository has workflows at all.
pub fn has_workflows(repository: &Repository<'_>) -> bool {
    !repository.of(Kind::Workflow).is_empty()
}
