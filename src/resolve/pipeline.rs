//! How the project is delivered: jobs that deploy, and what must pass before they run.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::state::Statements;
use super::{overlaid, refresh, untested};
use crate::environments::deployments::{self, Deployment};
use crate::environments::{self, Planned, ci};
use crate::formats::workflow::outcome::runs_after_failure;
use crate::formats::workflow::{self, Ci, Job, Target, Workflow};
use crate::links::{Call, Caller, Meaning, Repository};
use crate::model::{Dimension, FileId, Origin, Role, StepKind};

/// What stands between the tests and a deployment.
struct Gate {
    kind: &'static str,
    path: Vec<String>,
    origin: Origin,
}

/// States the pipeline of one environment: the jobs that deploy to it, or, for the tests, those that run them.
pub fn state(statements: &mut Statements, repository: &Repository<'_>, planned: &Planned, first_of_role: bool) {
    let (role, name) = (planned.environment.role, planned.environment.name.as_str());
    let testing = testing_jobs(repository);
    let all = deployments::deployments(repository);
    // An environment that jobs name has those that say its name, not those of others of its role.
    let named = role != Role::Production && all.iter().any(|one| one.named && deployments::is_to(one, role, name));
    if role == Role::Production && first_of_role && all.iter().all(|one| one.role != Role::Production) {
        publishing(statements, repository, planned, &testing);
    }
    for deployment in all {
        let first = deployment.role == role && first_of_role && (!named || !deployment.named);
        let placed = planned.deployed_by.contains(&deployment.key());
        // One job is judged for one environment.
        if !placed && planned.deployed_elsewhere.contains(&deployment.key()) {
            continue;
        }
        let meant = || first || deployments::is_to(&deployment, role, name);
        // A platform's deployment is none of a stack that stands beside what is deployed there.
        if placed && deployment.role == role || meant() && deployments::can_make(repository, &deployment, planned) {
            deploying(statements, repository, &deployment, &testing, name);
        }
    }
    if first_of_role {
        overlaid::state(statements, repository, role);
        refresh::state(statements, repository, role);
    }
    if role == Role::Test {
        for (file, job) in &testing {
            let Some(workflow) = repository.workflow(*file) else { continue };
            let Some(job) = workflow.jobs.iter().find(|found| found.id.value == *job) else { continue };
            let origin = Origin::set(job.id.span);
            let mut fact = statements.about(None, Dimension::Pipeline, &job.id.value);
            fact.bool("tests", true, &origin).list("trigger", triggers(&workflow), &origin);
            fact.list("needs", needs(job), &origin);
        }
    }
}

/// The jobs that run tests, of any kind, and whose failure is theirs.
fn testing_jobs(repository: &Repository<'_>) -> BTreeSet<(FileId, String)> {
    let mut found = BTreeSet::new();
    let mut vain = BTreeSet::new();
    for call in &repository.calls {
        if let (Caller::Job { file, job }, true) = (&call.caller, is_test(repository, call)) {
            let into = if call.may_fail { &mut vain } else { &mut found };
            into.insert((*file, job.clone()));
        }
    }
    for (file, workflow) in repository.workflows() {
        for job in &workflow.jobs {
            let named = |text: &str| {
                text.split(['-', '_', ' ', '/'])
                    .any(|word| ["test", "tests", "pytest", "ci", "check", "checks"].contains(&word))
            };
            let plainly = job
                .steps
                .iter()
                .filter(|step| !step.continue_on_error)
                .any(|step| step.run.as_ref().is_some_and(|run| run.text.lines().any(runs_tests)));
            let runs = job.steps.iter().filter(|step| !step.continue_on_error).any(|step| {
                step.run.as_ref().is_some_and(|run| run.text.lines().any(line_tests))
                    || step.uses.as_ref().is_some_and(|uses| speaks_of_tests(&uses.value))
            });
            let elsewhere = job.uses.as_ref().filter(|uses| !uses.value.starts_with("./"));
            let reused = elsewhere.is_some_and(|uses| speaks_of_tests(&uses.value));
            let key = (file, job.id.value.clone());
            let named = plainly || runs && named(&job.id.value.to_ascii_lowercase());
            if reused || named && !vain.contains(&key) {
                found.insert(key);
            }
        }
    }
    let callers: Vec<_> =
        reusing(repository).into_iter().filter(|(_, called)| found.iter().any(|(f, _)| f == called)).collect();
    found.extend(callers.into_iter().map(|(job, _)| job));
    found
}

/// Runners of tests in other languages, as they are called.
const RUNNERS: [&str; 12] = [
    "npm test",
    "npm run test",
    "yarn test",
    "yarn run test",
    "pnpm test",
    "pnpm run test",
    "bun test",
    "go test",
    "cargo test",
    "make test",
    "playwright test",
    "cypress run",
];

/// Whether a line of a script runs tests, whatever its job is called.
fn runs_tests(line: &str) -> bool {
    line_tests(line) && RUNNERS.iter().any(|runner| line.contains(runner)) || line.contains("cypress run")
}

/// Whether a line of a script may run tests: it speaks of them, installs nothing, and its failure counts.
fn line_tests(line: &str) -> bool {
    line.contains("test") && !line.contains("install") && !line.contains("|| true")
}

/// Jobs that are a workflow of the repository, and its file.
fn reusing(repository: &Repository<'_>) -> Vec<((FileId, String), FileId)> {
    let mut found = Vec::new();
    for (file, workflow) in repository.workflows() {
        for job in &workflow.jobs {
            if let Some(Target::Workflow(path)) = job.uses.as_ref().map(|uses| workflow::target(&uses.value))
                && let Some(called) = repository.tree.find(&path)
            {
                found.push(((file, job.id.value.clone()), called));
            }
        }
    }
    found
}

/// Whether a name speaks of tests in a word of its own: `attest` and `latest` do not.
fn speaks_of_tests(text: &str) -> bool {
    let mut words = text.split(|c: char| !c.is_ascii_alphanumeric());
    words.any(|word| word.starts_with("test") || word.ends_with("tests") || word == "pytest" || word.ends_with("Test"))
}

fn is_test(repository: &Repository<'_>, call: &Call) -> bool {
    match &call.meaning {
        Meaning::Tests => true,
        Meaning::Composes(_) => ci::tests_in_service(repository, call).is_some(),
        Meaning::RunsImage(run) => run.command.iter().any(|word| speaks_of_tests(word)),
        Meaning::Runs(words) => words.iter().any(|word| speaks_of_tests(word)),
        _ => false,
    }
}

fn triggers(workflow: &Workflow) -> Vec<String> {
    let mut names: Vec<String> = workflow.on.iter().map(|trigger| trigger.event.value.clone()).collect();
    names.sort();
    names.dedup();
    names
}

fn needs(job: &Job) -> Vec<String> {
    job.needs.iter().map(|need| need.value.clone()).collect()
}

fn deploying(
    statements: &mut Statements,
    repository: &Repository<'_>,
    deployment: &Deployment,
    testing: &BTreeSet<(FileId, String)>,
    environment: &str,
) {
    let Some(workflow) = repository.workflow(deployment.workflow) else { return };
    let Some(job) = workflow.jobs.iter().find(|job| job.id.value == deployment.job) else { return };
    let gate = gate(repository, deployment.workflow, &workflow, job, testing, Asked::About(deployment));
    let at = Origin::set(deployment.span);
    let origin = if at.primary() == Some(job.id.span) { at } else { at.then(StepKind::Used, job.id.span) };
    let mut fact = statements.about(None, Dimension::Pipeline, &job.id.value);
    fact.text("deploys", environment, &origin).list("trigger", triggers(&workflow), &origin);
    fact.list("needs", needs(job), &origin);
    fact.text("gate", gate.kind, &gate.origin).list("gate_path", gate.path, &gate.origin);
    let approval = match (&job.environment, approved_before(&workflow, job)) {
        _ if workflow.ci != Ci::GitHub && job.by_hand => "manual",
        _ if workflow.ci != Ci::GitHub => "none",
        (Some(_), _) => "environment",
        (None, Some(_)) => "detached",
        (None, None) if triggers(&workflow) == ["workflow_dispatch"] => "manual",
        _ => "none",
    };
    fact.text("approval", approval, &origin);
    fact.bool("tests", testing.contains(&(deployment.workflow, job.id.value.clone())), &origin);
}

/// States the jobs that publish the image of production where none deploys it: what is published is what others run.
fn publishing(
    statements: &mut Statements,
    repository: &Repository<'_>,
    planned: &Planned,
    testing: &BTreeSet<(FileId, String)>,
) {
    let files = planned.environment.files.iter().copied();
    for (file, id, span) in files.flat_map(|dockerfile| environments::jobs_that_push(repository, dockerfile)) {
        let Some(workflow) = repository.workflow(file) else { continue };
        let Some(job) = workflow.jobs.iter().find(|job| job.id.value == id) else { continue };
        if workflow.on.iter().all(|trigger| trigger.event.value.starts_with("pull_request")) {
            continue;
        }
        let gate = gate(repository, file, &workflow, job, testing, Asked::Caller(0));
        let origin = Origin::set(span).then(StepKind::Used, job.id.span);
        let mut fact = statements.about(None, Dimension::Pipeline, &job.id.value);
        fact.text("published_after", gate.kind, &origin).list("trigger", triggers(&workflow), &origin);
    }
}

/// A job before this one that waits for an environment's approval.
fn approved_before<'w>(workflow: &'w Workflow, job: &'w Job) -> Option<&'w Job> {
    ancestors(workflow, job).into_iter().find(|job| job.environment.is_some())
}

/// All jobs before this one, nearest first.
fn ancestors<'w>(workflow: &'w Workflow, job: &'w Job) -> Vec<&'w Job> {
    before(workflow, job, &|_| true)
}

/// The jobs before this one, nearest first; only those before a job that `through` lets through.
fn before<'w>(workflow: &'w Workflow, job: &'w Job, through: &dyn Fn(&Job) -> bool) -> Vec<&'w Job> {
    let by_id: BTreeMap<&str, &Job> = workflow.jobs.iter().map(|job| (job.id.value.as_str(), job)).collect();
    let mut found: Vec<&Job> = Vec::new();
    let mut open = vec![job];
    let mut at = 0;
    while let Some(next) = open.get(at).copied() {
        at += 1;
        for need in next.needs.iter().filter(|_| through(next)).filter_map(|need| by_id.get(need.value.as_str())) {
            if !found.iter().any(|known| known.id.value == need.id.value) {
                found.push(need);
                open.push(need);
            }
        }
    }
    found
}

/// What must pass before a job: tests on its path, another workflow, or nothing. A condition that holds after a failure
/// (`always()`) lets its job run although a need failed; any other keeps the implicit `success()`.
fn gate(
    repository: &Repository<'_>,
    file: FileId,
    workflow: &Workflow,
    job: &Job,
    testing: &BTreeSet<(FileId, String)>,
    asked: Asked<'_>,
) -> Gate {
    let origin = Origin::set(job.id.span);
    let tests = |job: &Job| testing.contains(&(file, job.id.value.clone())) && !job.continue_on_error;
    if tests(job) {
        return Gate { kind: "tests", path: vec![job.id.value.clone()], origin };
    }
    let waits = |job: &Job| !job.condition.as_ref().is_some_and(|text| runs_after_failure(&text.value));
    let sure = before(workflow, job, &waits);
    if let Some(found) = sure.iter().find(|job| tests(job)) {
        let path = sure.iter().map(|job| job.id.value.clone()).collect();
        return Gate { kind: "tests", path, origin: origin.then(StepKind::Used, found.id.span) };
    }
    let all = ancestors(workflow, job);
    let broken = std::iter::once(job).chain(all.iter().copied()).find(|job| !waits(job));
    let counts = |broken: &Job| broken.id.value == job.id.value || all.iter().any(|job| tests(job));
    if let Some(condition) = broken.filter(|job| counts(job)).and_then(|job| job.condition.as_ref()) {
        return Gate { kind: "none", path: Vec::new(), origin: Origin::set(condition.span).join(&origin) };
    }
    if let Some(waiting) = std::iter::once(job).chain(sure.iter().copied()).find(|job| waits_for_checks(job)) {
        let origin = origin.then(StepKind::Used, waiting.id.span);
        return Gate { kind: "other-workflow", path: vec![waiting.id.value.clone()], origin };
    }
    // What a deployment starts that was done elsewhere was gated there.
    let after = ["workflow_run", "deployment", "deployment_status"];
    if let Some(trigger) = workflow.on.iter().find(|trigger| after.contains(&trigger.event.value.as_str())) {
        let ran = trigger.event.value == "workflow_run";
        let asked = !ran || std::iter::once(job).chain(all.iter().copied()).any(asks_conclusion);
        let kind = if asked { "other-workflow" } else { "none" };
        return Gate { kind, path: Vec::new(), origin: origin.then(StepKind::Used, trigger.event.span) };
    }
    if let Some(weakest) = gate_of_callers(repository, file, testing, asked) {
        return weakest;
    }
    Gate { kind: ungated(repository, file, workflow, testing), path: Vec::new(), origin }
}

/// How a deployment that nothing gates is started: by hand, by a tag, or after tests that run elsewhere.
fn ungated(
    repository: &Repository<'_>,
    file: FileId,
    workflow: &Workflow,
    testing: &BTreeSet<(FileId, String)>,
) -> &'static str {
    // Tests whose failure counts for nothing are run all the same.
    let tried = |call: &Call| matches!(call.caller, Caller::Job { .. }) && is_test(repository, call);
    if testing.is_empty() && !repository.calls.iter().any(tried) {
        return untested::gate(repository);
    }
    let event = |name: &str| workflow.on.iter().find(|trigger| trigger.event.value == name);
    let here = testing.iter().any(|(other, _)| *other == file);
    let elsewhere = |early: bool| testing.iter().any(|(other, _)| tests_elsewhere(repository, file, *other, early));
    let tagged = event("release").is_some()
        || event("push").is_some_and(|push| !push.tags.is_empty() && push.branches.is_empty());
    match () {
        () if triggers(workflow) == ["workflow_dispatch"] => "manual",
        () if tagged && elsewhere(false) => "release",
        () if elsewhere(true) && !here => "pull-request",
        () => "none",
    }
}

/// Whose gate is looked for: a deployment's, or that of a caller so many calls away.
#[derive(Clone, Copy)]
enum Asked<'d> {
    About(&'d Deployment),
    Caller(usize),
}

/// The weakest gate of the jobs that call a workflow, if any do: of those alone that hand over the environment that is
/// deployed to, where that is how it is known.
fn gate_of_callers(
    repository: &Repository<'_>,
    called: FileId,
    testing: &BTreeSet<(FileId, String)>,
    asked: Asked<'_>,
) -> Option<Gate> {
    const WEAKEST_FIRST: [&str; 6] = ["none", "pull-request", "manual", "release", "other-workflow", "tests"];
    let (depth, deployment) = match asked {
        Asked::About(deployment) => (0, Some(deployment)),
        Asked::Caller(depth) => (depth, None),
    };
    if depth > 8 {
        return None;
    }
    let gates = reusing(repository).into_iter().filter(|(_, file)| *file == called).filter_map(|((file, id), _)| {
        let workflow = repository.workflow(file)?;
        let job = workflow.jobs.iter().find(|job| job.id.value == id)?;
        let hands = deployment.is_none_or(|one| deployments::may_hand(job, one));
        hands.then(|| gate(repository, file, &workflow, job, testing, Asked::Caller(depth + 1)))
    });
    gates.min_by_key(|gate| WEAKEST_FIRST.iter().position(|kind| *kind == gate.kind))
}

/// Whether a job waits for checks that run elsewhere and ends with them: by an action for it, `gh run watch`, or its name.
fn waits_for_checks(job: &Job) -> bool {
    const ACTIONS: [&str; 6] = [
        "lewagon/wait-on-check-action",
        "fountainhead/action-wait-for-check",
        "ahmadnassri/action-workflow-run-wait",
        "kachick/wait-other-jobs",
        "poseidon/wait-for-status-checks",
        "int128/wait-for-workflows-action",
    ];
    let named = |name: &str| {
        let words: Vec<String> = crate::environments::ci::words(name).collect();
        let checks = ["ci", "check", "checks", "test", "tests", "status"];
        words.iter().any(|word| word == "wait") && words.iter().any(|word| checks.contains(&word.as_str()))
    };
    named(&job.id.value)
        || job.steps.iter().any(|step| {
            let action = step.uses.as_ref().and_then(|uses| uses.value.split('@').next());
            action.is_some_and(|action| ACTIONS.contains(&action))
                || step.run.as_ref().is_some_and(|run| run.text.contains("gh run watch"))
        })
}

/// Whether a job asks how the workflow that started this one ended: it is started after a failure too.
fn asks_conclusion(job: &Job) -> bool {
    let asks = |text: &str| text.contains("workflow_run.conclusion");
    job.condition.as_ref().is_some_and(|text| asks(&text.value))
        || job.steps.iter().any(|step| {
            step.condition.as_ref().is_some_and(|text| asks(&text.value))
                || step.run.as_ref().is_some_and(|run| asks(&run.text))
        })
}

/// Whether tests of a workflow run before a change is on the branch that is deployed; or, not so early, beside it.
fn tests_elsewhere(repository: &Repository<'_>, own: FileId, other: FileId, early: bool) -> bool {
    let Some(workflow) = repository.workflow(other) else { return false };
    workflow.on.iter().any(|trigger| match trigger.event.value.as_str() {
        "pull_request" => true,
        "push" => {
            other != own
                && (!early
                    || trigger.branches.is_empty()
                    || trigger.branches.iter().any(|branch| branch.value.contains('*')))
        }
        _ => false,
    })
}

/// Names shared by everything stated of one environment.
pub fn names(environment: &str) -> Arc<str> {
    environment.into()
}
