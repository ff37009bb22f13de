//! The environment that tests run in.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::ci_stacks::{COMPOSED, in_services};
use super::compose::load;
use super::deployments::deployments;
use super::outside;
use super::plan::{CommandLine, Planned, Runs, Unit};
use super::trials;
use super::tried;
use super::words::naming;
use crate::discover::{Kind, paths};
use crate::formats::Vars;
use crate::formats::compose::{Project, Service};
use crate::formats::small::quoted;
use crate::formats::workflow::Ci;
use crate::links::compose_call::ComposeCall;
use crate::links::{Call, Caller, Meaning, Repository, meaning};
use crate::model::{Confidence, FileId, Role, SpanMap};

/// Jobs of workflows.
pub(super) type Jobs = BTreeSet<(FileId, String)>;

/// Whether a call runs the tests of the project, on the job's machine.
pub(super) fn tests_here(call: &Call) -> bool {
    call.meaning == Meaning::Tests
}

/// The test command that a compose call runs in a service, itself or through what the repository says that it runs.
pub fn tests_in_service(repository: &Repository<'_>, call: &Call) -> Option<ComposeCall> {
    let Meaning::Composes(compose) = &call.meaning else { return None };
    let compose = &in_started(repository, call, compose);
    if asks_for_others(repository, call, compose) {
        return None;
    }
    if compose.command.is_empty() {
        return tests_brought_up(repository, call, compose).then(|| compose.clone());
    }
    if meaning::of(&compose.command) == Meaning::Tests {
        return Some(compose.clone());
    }
    let shell = compose.command.first().is_some_and(|word| matches!(paths::name(word), "sh" | "bash"));
    if shell {
        let (folder, caller) = (folder_in(repository, call, compose), Caller::Guide(call.span.file));
        let here = |word: &String| tried::in_context(repository, &folder, word).unwrap_or_else(|| quoted(word));
        let words: Vec<String> = compose.command.iter().map(here).collect();
        let (text, map) = (words.join(" "), SpanMap::Whole(call.span));
        let inner = repository.calls_of((&text, &map), &folder, Vars::new(), &caller);
        if inner.iter().any(|call| call.meaning == Meaning::Tests) {
            return Some(compose.clone());
        }
    }
    if let Some(followed) = repository.followed(&compose.command, &folder_in(repository, call, compose), call.span) {
        let test = followed.into_iter().find(|call| call.meaning == Meaning::Tests)?;
        return Some(ComposeCall { command: test.argv, ..compose.clone() });
    }
    // What an entry point is told in a word: `docker compose run api test`.
    if let [word] = compose.command.as_slice()
        && ["test", "tests"].contains(&word.as_str())
    {
        return Some(compose.clone());
    }
    let scripted =
        compose.command.iter().any(|word| word.contains("test") && (word.contains('/') || word.contains(':')));
    scripted.then(|| compose.clone())
}

/// Whether a call runs tests in a service that its files do not have.
pub(super) fn tests_others(repository: &Repository<'_>, call: &Call) -> bool {
    let Meaning::Composes(compose) = &call.meaning else { return false };
    meaning::of(&compose.command) == Meaning::Tests
        && asks_for_others(repository, call, &in_started(repository, call, compose))
}

/// Whether a call works in a service that its files do not have: other files are read where it runs.
fn asks_for_others(repository: &Repository<'_>, call: &Call, compose: &ComposeCall) -> bool {
    let files = files_of(repository, &call.folder, compose);
    let project = load(repository, &files);
    let known = |name: &String| project.services.contains_key(name) || project.inactive.contains_key(name);
    let named = |name: &String| name.chars().all(|c| c.is_ascii_alphanumeric() || ['-', '_', '.'].contains(&c));
    let read = project.errors.is_empty() && project.outside.is_empty() && !project.services.is_empty();
    read && !compose.services.is_empty() && compose.services.iter().all(|name| named(name) && !known(name))
}

/// A call with the files that its containers were started from: `exec` enters what the same job has brought up before, with
/// whatever files that was.
fn in_started(repository: &Repository<'_>, call: &Call, compose: &ComposeCall) -> ComposeCall {
    let own = files_of(repository, &call.folder, compose);
    let started = |other: &Call| {
        let Meaning::Composes(up) = &other.meaning else { return None };
        let here = other.caller == call.caller && other.folder == call.folder && up.action == "up";
        let files = files_of(repository, &other.folder, up);
        let more = files.len() > own.len() && own.iter().all(|file| files.contains(file));
        (here && more).then(|| up.files.clone())
    };
    let files = (compose.action == "exec").then(|| repository.calls.iter().find_map(started)).flatten();
    ComposeCall { files: files.unwrap_or_else(|| compose.files.clone()), ..compose.clone() }
}

/// Whether a call brings up a service that runs the tests by itself, from files that are not named for an environment (those
/// that are make one of their own), or runs one that does, or is called just that.
fn tests_brought_up(repository: &Repository<'_>, call: &Call, compose: &ComposeCall) -> bool {
    let files = files_of(repository, &call.folder, compose);
    let named = |file: &FileId| naming(repository.tree.path(*file)).role.is_some();
    let runs = compose.action == "run" && !compose.services.is_empty();
    if !runs && (compose.action != "up" || files.iter().any(named)) {
        return false;
    }
    let project = load(repository, &files);
    let called = |name: &str| compose.services.is_empty() || compose.services.iter().any(|service| service == name);
    let tests = |service: &Service| {
        let written = [&service.entrypoint, &service.command].into_iter().flatten();
        let words: Vec<String> = written.flat_map(|line| &line.words).map(|word| word.written().to_owned()).collect();
        let folder = || {
            let image = super::compose::image_of(repository, &project, service);
            image.map_or_else(|| call.folder.clone(), |image| image.context)
        };
        // A script of the repository that starts nothing else; one that serves as well is told what to do.
        let scripted = || {
            let text = words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
            let (map, caller) = (SpanMap::Whole(call.span), Caller::Guide(call.span.file));
            let all = repository.calls_of((&text, &map), &folder(), Vars::new(), &caller);
            let serves = |call: &Call| matches!(&call.meaning, Meaning::Serves(found) if found.kind != "oneshot");
            all.iter().any(|call| call.meaning == Meaning::Tests) && !all.iter().any(serves)
        };
        !words.is_empty() && (meaning::of(&words) == Meaning::Tests || runs && scripted())
    };
    let plain = |name: &str| runs && ["test", "tests", "pytest", "unittest"].contains(&name);
    let all = || project.services.iter().chain(&project.inactive);
    all().any(|(name, service)| called(name) && (plain(name) || tests(service)))
}

/// The folder of the repository that a service's commands run in: that which its image is built from.
fn folder_in(repository: &Repository<'_>, call: &Call, compose: &ComposeCall) -> String {
    let project = load(repository, &files_of(repository, &call.folder, compose));
    let service = compose.services.first().and_then(|name| project.services.get(name));
    let image = service.and_then(|service| super::compose::image_of(repository, &project, service));
    image.map_or_else(|| call.folder.clone(), |image| image.context)
}

/// Names of jobs whose tests are not those of the application, where other jobs run those.
pub(super) fn is_side_job(job: &str) -> bool {
    let side = ["lint", "docs", "doc", "release", "publish", "format", "style", "typing", "mypy", "frontend"];
    words(job).any(|word| side.contains(&word.as_str()))
}

/// The words of a job's name, in small letters.
pub fn words(job: &str) -> impl Iterator<Item = String> {
    job.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

/// Names of jobs that test a running application from outside.
pub(super) fn is_from_outside(job: &str) -> bool {
    let outside = ["e2e", "playwright", "cypress", "smoke", "benchmark", "performance", "load"];
    words(job).any(|word| outside.contains(&word.as_str()))
}

/// The test environments: one a CI, whatever the number of jobs, and those that run the application in containers of their own;
/// the first is called just that.
pub fn tests(repository: &Repository<'_>) -> Vec<Planned> {
    let tried = outside::from_outside(repository);
    let apart = tried.as_ref().map(|(_, jobs)| jobs.clone()).unwrap_or_default();
    let mut found = of_all(repository, &apart);
    if found.is_empty() && tried.is_some() {
        found = of_all(repository, &BTreeSet::new());
    } else {
        found.extend(tried.map(|(planned, _)| planned));
    }
    if found.is_empty() { trials::by_name(repository).into_iter().collect() } else { found }
}

/// The test environments of each CI, but for jobs that are told apart.
fn of_all(repository: &Repository<'_>, apart: &Jobs) -> Vec<Planned> {
    let all = [
        (Ci::GitHub, "github"),
        (Ci::GitLab, "gitlab"),
        (Ci::CircleCi, "circleci"),
        (Ci::Azure, "azure"),
        (Ci::Bitbucket, "bitbucket"),
        (Ci::Drone, "drone"),
        (Ci::CloudBuild, "cloud-build"),
        (Ci::CodeBuild, "code-build"),
        (Ci::Jenkins, "jenkins"),
        (Ci::Taskcluster, "taskcluster"),
        (Ci::Travis, "travis"),
    ];
    let mut found: Vec<Planned> = Vec::new();
    for (ci, name) in all {
        // What Travis was told is mostly left behind where another CI runs the tests now.
        if ci != Ci::Travis || found.is_empty() {
            found.extend(of_ci(repository, ci, if found.is_empty() { "test" } else { name }, apart));
        }
    }
    found
}

/// The environment of the jobs that test on their machine, and that of those which test in services alone.
fn of_ci(repository: &Repository<'_>, ci: Ci, name: &str, apart: &Jobs) -> Vec<Planned> {
    let mut planned = Planned::new(name, Role::Test, Confidence::Invoked);
    let mut composed = Planned::new(&format!("{name}{COMPOSED}"), Role::Test, Confidence::Invoked);
    // What is tested after it was deployed is the deployed application, from outside.
    let deploying: BTreeSet<(FileId, String)> =
        deployments(repository).into_iter().map(|one| (one.workflow, one.job)).collect();
    let own = |call: &Call| {
        let Caller::Job { file, job } = &call.caller else { return false };
        repository.workflow(*file).is_some_and(|workflow| workflow.ci == ci) && !apart.contains(&(*file, job.clone()))
    };
    let alone = in_services(repository, &own);
    let outside = |call: &Call| {
        let Caller::Job { file, job } = &call.caller else { return true };
        deploying.contains(&(*file, job.clone()))
    };
    let tested = |call: &Call| tests_here(call) || tests_in_service(repository, call).is_some();
    let inside = repository.calls.iter().any(|call| own(call) && tested(call) && !outside(call));
    for call in repository.calls.iter().filter(|call| own(call) && (!inside || !outside(call))) {
        let Caller::Job { file, job } = &call.caller else { continue };
        if tried::add(repository, call, &mut planned) {
            continue;
        }
        if tests_here(call) {
            planned.add_evidence(call.span, format!("job {job} runs the tests"));
            add_job(repository, *file, job, &mut planned);
        } else if let Some(compose) = tests_in_service(repository, call) {
            let planned = if alone.contains(&(*file, job.clone())) { &mut composed } else { &mut planned };
            planned.add_evidence(call.span, format!("job {job} runs the tests in a service"));
            add_service(repository, call, &compose, planned);
            planned.add_file(*file);
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
    planned.only_named &= planned.units.is_empty();
    [planned, composed].into_iter().filter(|planned| !planned.units.is_empty() || planned.only_named).collect()
}

/// A job as a unit, once; jobs of one name in several workflows are told apart by their workflow.
pub(super) fn add_job(repository: &Repository<'_>, file: FileId, job: &str, planned: &mut Planned) {
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

pub(super) fn add_service(repository: &Repository<'_>, call: &Call, compose: &ComposeCall, planned: &mut Planned) {
    let files = files_of(repository, &call.folder, compose);
    let Some(first) = files.first() else { return };
    let folder = paths::parent(repository.tree.path(*first)).to_owned();
    for file in &files {
        planned.add_file(*file);
    }
    let project = load(repository, &files);
    let text = compose.command.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
    let instead = CommandLine { text, map: SpanMap::Whole(call.span), span: call.span };
    let beside = beside(repository, call, compose, &project);
    for name in project.services.keys().filter(|name| beside(name)) {
        let called = compose.services.contains(name);
        // Without a command of the call the service's own is run.
        let instead = (called && !compose.command.is_empty()).then(|| instead.clone());
        if called {
            let given = tried::variables(repository, call, &compose.env);
            planned.variables.entry(name.clone()).or_default().extend(given);
        }
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

/// What tells which services are there when one of them is run: programs of the repository only where it needs them, or where
/// the same caller has brought something up; servers of others may be linked to it.
fn beside<'c>(
    repository: &'c Repository<'_>,
    call: &Call,
    compose: &ComposeCall,
    project: &'c Project,
) -> impl Fn(&String) -> bool + use<'c> {
    let up = |other: &Call| {
        let brings = |one: &ComposeCall| ["up", "start", "restart", "create"].contains(&one.action.as_str());
        matches!(&other.meaning, Meaning::Composes(one) if brings(one)) && other.caller == call.caller
    };
    let alone = compose.action == "run" && !repository.calls.iter().any(up);
    let mut needed = compose.services.clone();
    let mut at = 0;
    while let Some(service) = needed.get(at).and_then(|name| project.services.get(name)) {
        at += 1;
        let more: Vec<String> = service.depends_on.keys().filter(|name| !needed.contains(name)).cloned().collect();
        needed.extend(more);
    }
    let ours = |name: &String| {
        let service = project.services.get(name);
        service.is_some_and(|service| super::compose::image_of(repository, project, service).is_some())
    };
    move |name| !alone || needed.contains(name) || !ours(name)
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

/// Whether the repository has workflows at all.
pub fn has_workflows(repository: &Repository<'_>) -> bool {
    !repository.of(Kind::Workflow).is_empty()
}
