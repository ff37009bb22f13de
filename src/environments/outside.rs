//! Tests from outside: the application is brought up, in containers or on the job's machine, and a browser or the like tries it.

use super::base_role::{may_be_ours, only_services};
use super::ci::{self, Jobs, words};
use super::compose::load;
use super::compose_calls::brought_up;
use super::plan::{Planned, Runs, Unit};
use crate::discover::paths;
use crate::formats::workflow::Job;
use crate::links::compose_call::ComposeCall;
use crate::links::{Call, Caller, Meaning, Repository};
use crate::model::{Confidence, FileId, Role};

/// The name of the environment of trials from outside.
const OUTSIDE: &str = "e2e";

/// Whether an environment is that of trials from outside.
pub(super) fn is_from_outside(planned: &Planned) -> bool {
    planned.environment.name == OUTSIDE
}

/// The environment of the jobs that bring the application up in containers and try it from outside, and those jobs.
pub(super) fn from_outside(repository: &Repository<'_>) -> Option<(Planned, Jobs)> {
    let (mut planned, mut jobs) = (Planned::new(OUTSIDE, Role::Test, Confidence::Invoked), Jobs::new());
    for call in &repository.calls {
        let (Caller::Job { file, job }, Meaning::Composes(compose)) = (&call.caller, &call.meaning) else { continue };
        let key = (*file, job.clone());
        if !tries(repository, *file, job) || !["up", "run"].contains(&compose.action.as_str()) {
            continue;
        }
        if add_stack(repository, &call.folder, compose, &mut planned) {
            planned.add_evidence(call.span, format!("job {job} tries it from outside in these containers"));
            planned.add_file(*file);
            jobs.insert(key);
        }
    }
    for (file, workflow) in repository.workflows() {
        for job in &workflow.jobs {
            let Some((span, compose)) = brought_up(job).filter(|_| tries(repository, file, &job.id.value)) else {
                continue;
            };
            if add_stack(repository, "", &compose, &mut planned) {
                let why = format!("job {} tries it from outside in these containers", job.id.value);
                planned.add_evidence(span, why);
                planned.add_file(file);
                jobs.insert((file, job.id.value.clone()));
            }
        }
    }
    if jobs.is_empty() {
        jobs = served(repository, &mut planned);
    }
    (!jobs.is_empty()).then_some((planned, jobs))
}

/// The jobs that serve the application on their own machine to try it from outside, and run no tests of its inside.
fn served(repository: &Repository<'_>, planned: &mut Planned) -> Jobs {
    let mut jobs = Jobs::new();
    let serves = |call: &Call| matches!(&call.meaning, Meaning::Serves(found) if found.interface.is_some());
    for call in repository.calls.iter().filter(|call| serves(call)) {
        let Caller::Job { file, job } = &call.caller else { continue };
        let inside = |other: &Call| other.caller == call.caller && other.meaning == Meaning::Tests;
        if tries(repository, *file, job) && !repository.calls.iter().any(inside) {
            planned.add_evidence(call.span, format!("job {job} serves it to try it from outside"));
            ci::add_job(repository, *file, job, planned);
            jobs.insert((*file, job.clone()));
        }
    }
    jobs
}

/// Whether a job tries a running application from outside, by its name or that of its workflow; integration is tried so where
/// nothing in the job runs tests of its own. To look that it starts at all is no test.
fn tries(repository: &Repository<'_>, file: FileId, job: &str) -> bool {
    let path = repository.tree.path(file);
    let stem = paths::name(path).split('.').next().unwrap_or_default();
    let Some(workflow) = repository.workflow(file) else { return false };
    let found = workflow.jobs.iter().find(|one| one.id.value == job);
    let titled = found.and_then(|one| one.name.as_ref());
    let texts = [Some(job), Some(stem), titled.map(|name| name.value.as_str())];
    let says =
        |known: &[&str]| texts.into_iter().flatten().any(|text| words(text).any(|word| known.contains(&word.as_str())));
    let caller = Caller::Job { file, job: job.to_owned() };
    let own = |call: &Call| call.meaning == Meaning::Tests || ci::tests_in_service(repository, call).is_some();
    let inside = || repository.calls.iter().any(|call| call.caller == caller && own(call));
    says(&["e2e", "playwright", "cypress", "selenium", "performance", "locust"])
        || found.is_some_and(|one| one.steps.iter().flat_map(|step| &step.uses).any(|uses| names_browser(&uses.value)))
        || texts.into_iter().flatten().any(|text| text.to_lowercase().replace(['-', '_'], " ").contains("end to end"))
        || says(&["integrate", "integration"]) && !inside()
        || found.is_some_and(fetches_browser) && !in_service(repository, &caller)
}

/// Whether a name is one of what drives a browser.
fn names_browser(text: &str) -> bool {
    words(text).any(|word| ["cypress", "lighthouse", "playwright"].contains(&word.as_str()))
}

/// Whether a job installs the browsers that its tests drive: `playwright install`.
fn fetches_browser(job: &Job) -> bool {
    let mut lines = job.steps.iter().filter_map(|step| step.run.as_ref()).flat_map(|run| run.text.lines());
    lines.any(|line| names_browser(line) && line.split_whitespace().any(|word| word.starts_with("install")))
}

/// Whether a job runs tests in a service that it starts.
fn in_service(repository: &Repository<'_>, caller: &Caller) -> bool {
    let mut calls = repository.calls.iter().filter(|call| call.caller == *caller);
    calls.any(|call| ci::tests_in_service(repository, call).is_some())
}

/// Adds the services that a call starts, where something of the repository is among them; whether it is.
fn add_stack(repository: &Repository<'_>, folder: &str, compose: &ComposeCall, planned: &mut Planned) -> bool {
    let files = ci::files_of(repository, folder, compose);
    let Some(first) = files.first() else { return false };
    let folder = paths::parent(repository.tree.path(*first)).to_owned();
    let project = load(repository, &files);
    let named =
        |name: &String| compose.services.is_empty() || compose.action == "run" || compose.services.contains(name);
    if only_services(&project) || !project.services.iter().any(|(name, service)| named(name) && may_be_ours(service)) {
        return false;
    }
    for file in &files {
        planned.add_file(*file);
    }
    for name in project.services.keys().filter(|name| named(name)) {
        if !planned.units.iter().any(|unit| unit.name == *name) {
            let project = std::sync::Arc::clone(&project);
            let runs = Runs::Compose { project, service: name.clone(), folder: folder.clone(), instead: None };
            planned.units.push(Unit { name: name.clone(), runs });
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::super::trials::tests::{job, tested};

    #[test]
    fn what_is_tried_from_outside_in_containers_is_an_environment_beside_the_tests() {
        let unit = job("ci", "unit", "pytest");
        let end = job("e2e", "browser", "docker compose up -d && npx playwright test");
        let found = tested(&[(&unit.0, &unit.1), (&end.0, &end.1)]);
        assert_eq!(found, ["test test: .github/workflows/ci.yml", "e2e test: compose.yaml .github/workflows/e2e.yml"]);
        let steps = |run: &str| format!("{{runs-on: u, steps: [{run}]}}");
        let start = "{uses: cypress-io/github-action@v6, with: {start: docker compose up}}";
        let look = "{run: docker compose up -d}, {uses: acme/lighthouse-ci@v1}";
        for (id, browser) in [("e2e", "{run: docker compose up -d && npx cypress run}"), ("e2e", start), ("ui", look)] {
            let flow = format!("on: push\njobs: {{unit: {}, {id}: {}}}\n", steps("{run: pytest}"), steps(browser));
            assert_eq!(tested(&[(".github/workflows/ci.yml", &flow)]).len(), 2, "in one pipeline: {browser}");
        }
        let check = job("integrate", "integrate", "docker compose up -d && curl -f localhost");
        assert_eq!(tested(&[(&unit.0, &unit.1), (&check.0, &check.1)]).len(), 2);
        let smoke = job("smoke", "smoke", "docker compose up -d && curl -f localhost");
        assert_eq!(tested(&[(&unit.0, &unit.1), (&smoke.0, &smoke.1)]).len(), 1, "it only looks that it starts");
        let alone = job("e2e", "browser", "npx playwright test");
        assert_eq!(tested(&[(&unit.0, &unit.1), (&alone.0, &alone.1)]).len(), 1, "it starts nothing");
        let drives = "pip install pytest-playwright && playwright install chromium && pytest browser";
        let with = |start: &str| {
            let end = job("ui", "ui", &format!("{start} && {drives}"));
            tested(&[(&unit.0, &unit.1), (&end.0, &end.1)]).len()
        };
        assert_eq!((with("docker compose up -d web"), with("docker compose up -d")), (2, 2));
        assert_eq!(with("docker compose up -d && docker compose exec web pytest"), 1, "inside as well");
        let served = |rest: &str| {
            let end = job("e2e", "browser", &format!("./manage.py runserver & {rest}"));
            tested(&[(&unit.0, &unit.1), (&end.0, &end.1)]).len()
        };
        assert_eq!((served("npx playwright test"), served("pytest e2e")), (2, 1));
        let load = job("ci", "performance-tests", "./manage.py runserver & locust --config load.conf");
        assert_eq!(tested(&[(".github/workflows/unit.yml", &unit.1), (&load.0, &load.1)]).len(), 2);
    }
}
