//! What must pass before a job: tests on its path, a merge queue, another workflow, or nothing.

use std::collections::BTreeMap;

use super::pipeline::{Testing, is_test, reusing, triggers};
use super::untested;
use crate::discover::paths;
use crate::environments::deployments::{self, Deployment};
use crate::formats::workflow::outcome::runs_after_failure;
use crate::formats::workflow::{Job, Trigger, Workflow};
use crate::links::{Call, Caller, Repository};
use crate::model::{FileId, Origin, Role, Span, StepKind};

/// What stands between the tests and a deployment.
pub(super) struct Gate {
    pub(super) kind: &'static str,
    pub(super) path: Vec<String>,
    pub(super) origin: Origin,
}

/// All jobs before this one, nearest first.
pub(super) fn ancestors<'w>(workflow: &'w Workflow, job: &'w Job) -> Vec<&'w Job> {
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
pub(super) fn gate(
    repository: &Repository<'_>,
    file: FileId,
    workflow: &Workflow,
    job: &Job,
    testing: &Testing,
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
    let tested = all.iter().any(|job| tests(job));
    if let Some(condition) = broken.filter(|_| tested).and_then(|job| job.condition.as_ref()) {
        return Gate { kind: "none", path: Vec::new(), origin: Origin::set(condition.span).join(&origin) };
    }
    let waiting =
        std::iter::once(job).chain(sure.iter().copied()).find(|job| waits_for_checks(job) || is_elsewhere(job));
    // Stages of Jenkins run in order; what a library's step does is not read, but a stage may say that it tests.
    let told = || sure.iter().copied().find(|job| is_jenkins(repository, file) && says_it_tests(job));
    if let Some(waiting) = waiting.or_else(told) {
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
    if let Some(queue) = merge_queue(repository, workflow, testing) {
        return Gate { kind: "other-workflow", path: Vec::new(), origin: origin.then(StepKind::Used, queue) };
    }
    if let Some(weakest) = gate_of_callers(repository, file, testing, asked) {
        return weakest;
    }
    let production = asked.about.is_some_and(|deployment| deployment.role == Role::Production);
    Gate { kind: ungated(repository, file, workflow, testing, production), path: Vec::new(), origin }
}

/// Where a workflow with tests asks to run in the merge queue, through which all comes that a push to a branch starts.
fn merge_queue(repository: &Repository<'_>, workflow: &Workflow, testing: &Testing) -> Option<Span> {
    let pushed = |on: &&Trigger| on.event.value == "push" && (on.tags.is_empty() || !on.branches.is_empty());
    workflow.on.iter().find(pushed)?;
    let queued = |(file, _): &(FileId, String)| {
        let tests = repository.workflow(*file)?;
        tests.on.iter().find(|on| on.event.value == "merge_group").map(|on| on.event.span)
    };
    testing.iter().find_map(queued)
}

/// How a deployment that nothing gates is started: by hand, by a tag, or after tests that run elsewhere.
fn ungated(
    repository: &Repository<'_>,
    file: FileId,
    workflow: &Workflow,
    testing: &Testing,
    production: bool,
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
    let started = triggers(workflow);
    let asks = |event: &String| event.starts_with("pull_request") || event == "workflow_dispatch";
    match () {
        () if started == ["workflow_dispatch"] => "manual",
        // What is deployed of a change that is still discussed is there to be tried.
        () if !production && !started.is_empty() && started.iter().all(asks) => "preview",
        () if tagged && elsewhere(false) => "release",
        () if elsewhere(true) && !here => "pull-request",
        () => "none",
    }
}

/// Whose gate is looked for: that of a job so many calls away from what deploys, and the deployment, where one is asked for.
#[derive(Clone, Copy, Default)]
pub(super) struct Asked<'d> {
    pub(super) about: Option<&'d Deployment>,
    depth: usize,
}

impl<'d> Asked<'d> {
    /// The gate of a deployment.
    pub(super) fn about(deployment: &'d Deployment) -> Self {
        Self { about: Some(deployment), depth: 0 }
    }
}

/// The weakest gate of the jobs that call a workflow, if any do: of those alone that hand over the environment that is
/// deployed to, where that is how it is known.
fn gate_of_callers(repository: &Repository<'_>, called: FileId, testing: &Testing, asked: Asked<'_>) -> Option<Gate> {
    const WEAKEST_FIRST: [&str; 7] =
        ["none", "pull-request", "manual", "release", "preview", "other-workflow", "tests"];
    if asked.depth > 8 {
        return None;
    }
    let caller = Asked { depth: asked.depth + 1, ..asked };
    let gates = reusing(repository).into_iter().filter(|(_, file)| *file == called).filter_map(|((file, id), _)| {
        let workflow = repository.workflow(file)?;
        let job = workflow.jobs.iter().find(|job| job.id.value == id)?;
        let hands = asked.about.is_none_or(|one| deployments::may_hand(job, one));
        hands.then(|| gate(repository, file, &workflow, job, testing, caller))
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

/// Whether what a job does stands in another repository: tests may be among it.
fn is_elsewhere(job: &Job) -> bool {
    job.uses.as_ref().is_some_and(|uses| !uses.value.starts_with("./") && !uses.value.ends_with("@self"))
}

/// Whether a pipeline is one of Jenkins.
fn is_jenkins(repository: &Repository<'_>, file: FileId) -> bool {
    paths::name(repository.tree.path(file)).contains("Jenkinsfile")
}

/// Whether a job is named for tests.
fn says_it_tests(job: &Job) -> bool {
    crate::environments::ci::words(&job.id.value).any(|word| ["test", "tests", "testing"].contains(&word.as_str()))
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
