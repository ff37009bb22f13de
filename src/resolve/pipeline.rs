//! How the project is delivered: jobs that deploy, and what must pass before they run.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::gate::{Asked, ancestors, gate};
use super::state::{Statements, deliberate};
use super::{overlaid, refresh};
use crate::environments::deployments::{self, Deployment};
use crate::environments::{self, Planned, ci};
use crate::formats::workflow::{self, Ci, Job, Target, Workflow};
use crate::knowledge::reasons::{self, Choice};
use crate::links::{Call, Caller, Meaning, Repository};
use crate::model::{Dimension, FileId, Origin, Role, StepKind};

/// Jobs that run tests, by their file and id.
pub(super) type Testing = BTreeSet<(FileId, String)>;

/// States the pipeline of one environment: the jobs that deploy to it, or, for the tests, those that run them.
pub fn state(statements: &mut Statements, repository: &Repository<'_>, planned: &Planned, first_of_role: bool) {
    let (role, name) = (planned.environment.role, planned.environment.name.as_str());
    let testing = testing_jobs(repository);
    let all = deployments::deployments(repository);
    // An environment that jobs name has those that say its name, not those of others of its role.
    let named = role != Role::Production && all.iter().any(|one| one.named && deployments::is_to(one, role, name));
    if role == Role::Production && first_of_role && all.iter().all(|one| one.role != Role::Production) {
        publishing(statements, repository, planned, (&testing, &all));
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
fn testing_jobs(repository: &Repository<'_>) -> Testing {
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
pub(super) fn reusing(repository: &Repository<'_>) -> Vec<((FileId, String), FileId)> {
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

pub(super) fn is_test(repository: &Repository<'_>, call: &Call) -> bool {
    match &call.meaning {
        Meaning::Tests => true,
        Meaning::Composes(_) => ci::tests_in_service(repository, call).is_some(),
        Meaning::RunsImage(run) => run.command.iter().any(|word| speaks_of_tests(word)),
        Meaning::Runs(words) => words.iter().any(|word| speaks_of_tests(word)),
        _ => false,
    }
}

pub(super) fn triggers(workflow: &Workflow) -> Vec<String> {
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
    testing: &Testing,
    environment: &str,
) {
    let Some(workflow) = repository.workflow(deployment.workflow) else { return };
    let Some(job) = workflow.jobs.iter().find(|job| job.id.value == deployment.job) else { return };
    let gate = gate(repository, deployment.workflow, &workflow, job, testing, Asked::about(deployment));
    let at = Origin::set(deployment.span);
    let origin = if at.primary() == Some(job.id.span) { at } else { at.then(StepKind::Used, job.id.span) };
    let mut fact = statements.about(None, Dimension::Pipeline, &job.id.value);
    fact.text("deploys", environment, &origin).list("trigger", triggers(&workflow), &origin);
    fact.list("needs", needs(job), &origin);
    let tree = repository.tree;
    let said = [deliberate::comment(tree, job.id.span), deliberate::head(tree, job.id.span.file)];
    if said.iter().any(|text| reasons::gives(Choice::Gate, text)) {
        fact.bool("reasoned", true, &origin);
    }
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
    fact.bool("ground", deployment.ground, &origin);
}

/// States the jobs that publish the image of production where none deploys it: what is published is what others run. What a
/// workflow publishes and deploys to another environment is what that deployment waits for.
fn publishing(
    statements: &mut Statements,
    repository: &Repository<'_>,
    planned: &Planned,
    (testing, deployments): (&Testing, &[Deployment]),
) {
    let files = planned.environment.files.iter().copied();
    for (file, id, span) in files.flat_map(|dockerfile| environments::jobs_that_push(repository, dockerfile)) {
        let Some(workflow) = repository.workflow(file) else { continue };
        let Some(job) = workflow.jobs.iter().find(|job| job.id.value == id) else { continue };
        let tried = workflow.on.iter().all(|trigger| trigger.event.value.starts_with("pull_request"));
        if tried || deployments.iter().any(|one| one.workflow == file) {
            continue;
        }
        let gate = gate(repository, file, &workflow, job, testing, Asked::default());
        let origin = Origin::set(span).then(StepKind::Used, job.id.span);
        let mut fact = statements.about(None, Dimension::Pipeline, &job.id.value);
        fact.text("published_after", gate.kind, &origin).list("trigger", triggers(&workflow), &origin);
    }
}

/// A job before this one that waits for an environment's approval.
fn approved_before<'w>(workflow: &'w Workflow, job: &'w Job) -> Option<&'w Job> {
    ancestors(workflow, job).into_iter().find(|job| job.environment.is_some())
}

/// Names shared by everything stated of one environment.
pub fn names(environment: &str) -> Arc<str> {
    environment.into()
}
