//! How the project is delivered: jobs that deploy, and what must pass before they run.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::state::Statements;
use crate::environments::ci::{self, Deployment};
use crate::formats::workflow::{Job, Workflow};
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
            let runs = job.steps.iter().filter(|step| !step.continue_on_error).any(|step| {
                step.run.as_ref().is_some_and(|run| run.text.lines().any(line_tests))
                    || step.uses.as_ref().is_some_and(|uses| uses.value.contains("test"))
            });
            let reused = job.uses.as_ref().is_some_and(|uses| reuses_tests(repository, &uses.value));
            if reused || runs && named(&job.id.value.to_ascii_lowercase()) {
                found.insert((file, job.id.value.clone()));
            }
        }
    }
    found
}

/// Whether a line of a script may run tests: it speaks of them, installs nothing, and its failure counts.
fn line_tests(line: &str) -> bool {
    line.contains("test") && !line.contains("install") && !line.contains("|| true")
}

/// Whether a reusable workflow runs the tests: by its commands if it is in the repository, else by its name.
fn reuses_tests(repository: &Repository<'_>, uses: &str) -> bool {
    match uses.strip_prefix("./").and_then(|path| repository.tree.find(path)) {
        Some(file) => repository.calls.iter().any(|call| {
            let there = matches!(&call.caller, Caller::Job { file: other, .. } if *other == file);
            there && is_test(call)
        }),
        None => uses.contains("test"),
    }
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

/// Whether a condition lets a job run although a need failed: `always()` and its like drop the implicit `success()`.
fn runs_regardless(job: &Job) -> bool {
    let text = job.condition.as_ref().map(|condition| condition.value.replace(' ', "")).unwrap_or_default();
    ["always()", "failure()", "cancelled()"].iter().any(|word| text.contains(word))
}

/// Whether a condition asks for the success of a job by name: `needs.test.result == 'success'`.
fn asks_for(job: &Job, need: &str) -> bool {
    let text = job.condition.as_ref().map(|condition| condition.value.replace([' ', '"'], "")).unwrap_or_default();
    text.contains(&format!("needs.{need}.result=='success'"))
}

/// The jobs whose success a job rests on, nearest first.
fn rests_on<'w>(workflow: &'w Workflow, job: &'w Job) -> Vec<&'w Job> {
    let by_id = |id: &str| workflow.jobs.iter().find(|job| job.id.value == id);
    let mut queue: Vec<&Job> = vec![job];
    let mut found: Vec<&Job> = Vec::new();
    let mut at = 0;
    while let Some(next) = queue.get(at).copied() {
        at += 1;
        for need in &next.needs {
            if runs_regardless(next) && !asks_for(next, &need.value) {
                continue;
            }
            let Some(need) = by_id(&need.value) else { continue };
            if !found.iter().any(|known| known.id.value == need.id.value) {
                found.push(need);
                queue.push(need);
            }
        }
    }
    found
}

/// What must pass before a job: tests on its path, another workflow, or nothing.
fn gate(
    repository: &Repository<'_>,
    file: FileId,
    workflow: &Workflow,
    job: &Job,
    testing: &BTreeSet<(FileId, String)>,
) -> Gate {
    let origin = Origin::set(job.id.span);
    let tests = |job: &Job| testing.contains(&(file, job.id.value.clone())) && !job.continue_on_error;
    if tests(job) {
        return Gate { kind: "tests", path: vec![job.id.value.clone()], origin };
    }
    let before = rests_on(workflow, job);
    if let Some(found) = before.iter().find(|job| tests(job)) {
        let path = before.iter().map(|job| job.id.value.clone()).collect();
        return Gate { kind: "tests", path, origin: origin.then(StepKind::Used, found.id.span) };
    }
    if let Some(condition) = job.condition.as_ref().filter(|_| runs_regardless(job)) {
        return Gate { kind: "none", path: Vec::new(), origin: Origin::set(condition.span).join(&origin) };
    }
    let chained = workflow.on.iter().find(|trigger| trigger.event.value == "workflow_run");
    if let Some(trigger) = chained {
        let asked = std::iter::once(job).chain(before.iter().copied()).any(|job| {
            job.condition
                .as_ref()
                .is_some_and(|text| text.value.contains("conclusion") && text.value.contains("success"))
        });
        let kind = if asked { "other-workflow" } else { "none" };
        return Gate { kind, path: Vec::new(), origin: origin.then(StepKind::Used, trigger.event.span) };
    }
    Gate { kind: ungated(repository, file, workflow, testing), path: Vec::new(), origin }
}

/// How a deployment that nothing gates is started: by hand, by a tag, or beside tests that run elsewhere.
fn ungated(
    repository: &Repository<'_>,
    file: FileId,
    workflow: &Workflow,
    testing: &BTreeSet<(FileId, String)>,
) -> &'static str {
    let event = |name: &str| workflow.on.iter().find(|trigger| trigger.event.value == name);
    let here = testing.iter().any(|(other, _)| *other == file);
    let elsewhere = testing.iter().filter(|(other, _)| *other != file).any(|(other, _)| {
        let tested = |name: &str| name == "pull_request" || name == "push";
        repository.workflow(*other).is_some_and(|other| other.on.iter().any(|trigger| tested(&trigger.event.value)))
    });
    let tagged = event("release").is_some()
        || event("push").is_some_and(|push| !push.tags.is_empty() && push.branches.is_empty());
    match () {
        () if triggers(workflow) == ["workflow_dispatch"] => "manual",
        () if elsewhere && tagged => "release",
        () if elsewhere && !here => "pull-request",
        () => "none",
    }
}

/// Names shared by everything stated of one environment.
pub fn names(environment: &str) -> Arc<str> {
    environment.into()
}
