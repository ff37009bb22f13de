//! How the project is delivered: jobs that deploy, and what must pass before they run.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::state::Statements;
use crate::environments::ci::{self, Deployment};
use crate::formats::workflow::{self, Job, Workflow};
use crate::links::{Call, Caller, Meaning, Repository, meaning};
use crate::model::{Dimension, FileId, Origin, Role, StepKind};

/// What stands between the tests and a deployment.
struct Gate {
    kind: &'static str,
    path: Vec<String>,
    origin: Origin,
}

/// States the pipeline of one environment: the jobs that deploy to it, or, for the tests, those that run them.
pub fn state(statements: &mut Statements, repository: &Repository<'_>, role: Role, name: &str, first_of_role: bool) {
    let testing = testing_jobs(repository);
    for deployment in ci::deployments(repository) {
        let ours = deployment.role == role && (deployment.word == name || first_of_role);
        if ours {
            deploying(statements, repository, &deployment, &testing, name);
        }
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

/// The jobs that run tests, of any kind.
fn testing_jobs(repository: &Repository<'_>) -> BTreeSet<(FileId, String)> {
    let mut found = BTreeSet::new();
    for call in &repository.calls {
        if let (Caller::Job { file, job }, true) = (&call.caller, is_test(call)) {
            found.insert((*file, job.clone()));
        }
    }
    for (file, workflow) in repository.workflows() {
        for job in &workflow.jobs {
            let named = |text: &str| {
                text.split(['-', '_', ' ', '/'])
                    .any(|word| ["test", "tests", "pytest", "ci", "check", "checks"].contains(&word))
            };
            let runs = job.steps.iter().any(|step| {
                step.run.as_ref().is_some_and(|run| run.text.contains("test"))
                    || step.uses.as_ref().is_some_and(|uses| uses.value.contains("test"))
            });
            let reused = job.uses.as_ref().is_some_and(|uses| uses.value.contains("test") || uses.value.contains("ci"));
            if reused || runs && named(&job.id.value.to_ascii_lowercase()) {
                found.insert((file, job.id.value.clone()));
            }
        }
    }
    found
}

fn is_test(call: &Call) -> bool {
    match &call.meaning {
        Meaning::Tests => true,
        Meaning::Composes(compose) => !compose.command.is_empty() && meaning::of(&compose.command) == Meaning::Tests,
        Meaning::Runs(words) => words.iter().any(|word| word.contains("test")),
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
    let gate = gate(repository, deployment.workflow, &workflow, job, testing);
    let at = Origin::set(deployment.span);
    let origin = if at.primary() == Some(job.id.span) { at } else { at.then(StepKind::Used, job.id.span) };
    let mut fact = statements.about(None, Dimension::Pipeline, &job.id.value);
    fact.text("deploys", environment, &origin).list("trigger", triggers(&workflow), &origin).list(
        "needs",
        needs(job),
        &origin,
    );
    fact.text("gate", gate.kind, &gate.origin).list("gate_path", gate.path, &gate.origin);
    let approval = match (&job.environment, approved_before(&workflow, job)) {
        (Some(_), _) => "environment",
        (None, Some(_)) => "detached",
        (None, None) if triggers(&workflow) == ["workflow_dispatch"] => "manual",
        _ => "none",
    };
    fact.text("approval", approval, &origin);
    fact.bool("tests", testing.contains(&(deployment.workflow, job.id.value.clone())), &origin);
}

/// A job before this one that waits for an environment's approval.
fn approved_before<'w>(workflow: &'w Workflow, job: &Job) -> Option<&'w Job> {
    ancestors(workflow, job).into_iter().find(|job| job.environment.is_some())
}

/// All jobs that must have succeeded before this one, nearest first.
fn ancestors<'w>(workflow: &'w Workflow, job: &Job) -> Vec<&'w Job> {
    let by_id: BTreeMap<&str, &Job> = workflow.jobs.iter().map(|job| (job.id.value.as_str(), job)).collect();
    let mut queue: Vec<&str> = job.needs.iter().map(|need| need.value.as_str()).collect();
    let mut found: Vec<&Job> = Vec::new();
    while let Some(id) = queue.first().copied() {
        queue.remove(0);
        let Some(next) = by_id.get(id).filter(|next| !found.iter().any(|known| known.id.value == next.id.value)) else {
            continue;
        };
        found.push(next);
        queue.extend(next.needs.iter().map(|need| need.value.as_str()));
    }
    found
}

/// What must pass before a job: tests on its path, another workflow, or nothing. A condition with a status function
/// (`always()`) lets the job run although a need failed; one without keeps the implicit `success()`.
fn gate(
    repository: &Repository<'_>,
    file: FileId,
    workflow: &Workflow,
    job: &Job,
    testing: &BTreeSet<(FileId, String)>,
) -> Gate {
    let origin = Origin::set(job.id.span);
    let tests = |job: &Job| testing.contains(&(file, job.id.value.clone()));
    if tests(job) && !job.continue_on_error {
        return Gate { kind: "tests", path: vec![job.id.value.clone()], origin };
    }
    if let Some(condition) = job.condition.as_ref().filter(|text| workflow::condition_has_status_function(&text.value))
    {
        return Gate { kind: "none", path: Vec::new(), origin: Origin::set(condition.span).join(&origin) };
    }
    let before = ancestors(workflow, job);
    if let Some(found) = before.iter().find(|job| tests(job) && !job.continue_on_error) {
        let path = before.iter().map(|job| job.id.value.clone()).collect();
        return Gate { kind: "tests", path, origin: origin.then(StepKind::Used, found.id.span) };
    }
    let chained = workflow.on.iter().find(|trigger| trigger.event.value == "workflow_run");
    if let Some(trigger) = chained {
        return Gate {
            kind: "other-workflow",
            path: Vec::new(),
            origin: origin.then(StepKind::Used, trigger.event.span),
        };
    }
    let event = |name: &str| workflow.on.iter().find(|trigger| trigger.event.value == name);
    let elsewhere = testing.iter().any(|(other, _)| {
        repository
            .workflow(*other)
            .is_some_and(|other| other.on.iter().any(|t| t.event.value == "pull_request" || t.event.value == "push"))
    });
    let manual = triggers(workflow) == ["workflow_dispatch"];
    let tagged = event("release").is_some()
        || event("push").is_some_and(|push| !push.tags.is_empty() && push.branches.is_empty());
    let kind = match () {
        () if manual => "manual",
        () if elsewhere && tagged => "release",
        () if elsewhere => "pull-request",
        () => "none",
    };
    Gate { kind, path: Vec::new(), origin }
}

/// Names shared by everything stated of one environment.
pub fn names(environment: &str) -> Arc<str> {
    environment.into()
}
