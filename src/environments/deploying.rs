//! What says that a job deploys the application.

use super::ci::words as words_of;
use super::handed_on;
use super::targets;
use super::upkeep;
use super::ways;
use super::words::naming;
use crate::discover::paths;
use crate::formats::workflow::{Ci, Job, Step, Workflow};
use crate::knowledge::deployments::{Act, Means, Says, act, is_removal, is_said, says};
use crate::links::{Call, Caller, Meaning, Repository, meaning};
use crate::model::{FileId, Role, Span, Spanned};

/// What says that a job deploys.
pub(super) struct Sign {
    /// Where.
    pub(super) span: Span,
    /// The word that a command says for where to.
    pub(super) word: Option<String>,
    /// Whether something else may be done than to deploy: what the application stands on is set up, or a person who starts
    /// the job works in the environment.
    pub(super) beside: bool,
    /// Whether it is a command, whose words may name where to.
    pub(super) is_call: bool,
    /// Whether the command sets up what the application stands on.
    pub(super) ground: bool,
}

impl Sign {
    /// One that is no command and says no word.
    fn plain(span: Span, beside: bool) -> Self {
        Self { span, word: None, beside, is_call: false, ground: false }
    }
}

/// The calls of a job.
fn calls<'r>(repository: &'r Repository<'_>, file: FileId, job: &Job) -> impl Iterator<Item = &'r Call> {
    let caller = Caller::Job { file, job: job.id.value.clone() };
    repository.calls.iter().filter(move |call| call.caller == caller)
}

/// The environments that commands and actions of a job name which deploy, where they are several, or those whose versions it writes
/// into another repository.
pub(super) fn several(repository: &Repository<'_>, file: FileId, job: &Job) -> Vec<targets::Word> {
    let mut found = handed_on::places(job);
    if !found.is_empty() {
        return found;
    }
    for call in calls(repository, file, job) {
        if let Meaning::Deploys(Some(word)) = &call.meaning {
            targets::add(word, call.span, &mut found);
        }
    }
    let acting = |step: &&Step| step.uses.as_ref().is_some_and(|uses| act(&uses.value) == Some(Act::Deploys));
    for step in job.steps.iter().filter(acting) {
        let places = step.with.iter().filter(|(name, text)| targets::is_place(name) && !text.value.contains("${{"));
        places.for_each(|(_, text)| targets::add(&text.value, text.span, &mut found));
    }
    if found.len() > 1 { found } else { Vec::new() }
}

/// The command of a job that deploys.
fn called(repository: &Repository<'_>, file: FileId, job: &Job) -> Option<Sign> {
    calls(repository, file, job).find_map(|call| {
        let meaning = match &call.meaning {
            // The tool itself may run in a container.
            Meaning::Composes(compose) if !compose.command.is_empty() => {
                &in_service(&compose.services, &compose.command)
            }
            meaning => meaning,
        };
        let Meaning::Deploys(word) = meaning else { return None };
        // A version without traffic waits for another command that sends it some.
        let ground = call.argv.iter().any(|word| ["terraform", "tofu", "terragrunt"].contains(&word.as_str()));
        let waits = call.argv.iter().any(|word| ["--no-traffic", "--no-promote"].contains(&word.as_str()));
        Some(Sign { span: call.span, word: word.clone(), beside: ground || waits, is_call: true, ground })
    })
}

/// What a command does in a service; one whose entry point is a tool is called as that.
fn in_service(services: &[String], command: &[String]) -> Meaning {
    let plain = meaning::of(command);
    let tool = || services.first().map(|name| [std::slice::from_ref(name), command].concat());
    if plain == Meaning::Other { tool().map_or(plain, |words| meaning::of(&words)) } else { plain }
}

/// The compose files for production or staging that a job brings up.
fn composed(repository: &Repository<'_>, file: FileId, job: &Job) -> Option<Sign> {
    calls(repository, file, job).find_map(|call| {
        let Meaning::Composes(compose) = &call.meaning else { return None };
        let (role, word) = naming(&compose.files.join("/")).role.filter(|_| compose.action == "up")?;
        let deployed = matches!(role, Role::Production | Role::Staging);
        deployed.then_some(Sign { span: call.span, word: Some(word), beside: false, is_call: false, ground: false })
    })
}

/// Whether a job uses an action or a workflow that deploys, or runs a script that is named for it.
fn acted(job: &Job) -> Option<Sign> {
    let used = job.uses.as_ref().filter(|uses| act(&uses.value) == Some(Act::Deploys)).map(|uses| (uses.span, true));
    let stepped = |step: &Step| {
        let action = step.uses.as_ref().filter(|uses| act(&uses.value) == Some(Act::Deploys));
        let scripted = || step.run.as_ref().filter(|run| run.text.split_whitespace().any(targets::is_deploy_script));
        let command = upkeep::commanded(step);
        let sure = command.as_ref().is_none_or(|command| upkeep::deploys(command));
        let word = command.and_then(|command| upkeep::word(&command));
        action.map(|uses| (uses.span, sure, word)).or_else(|| scripted().map(|run| (run.span, true, None)))
    };
    let mut steps = job.steps.iter().filter_map(stepped);
    let first = steps.clone().find(|(_, sure, _)| *sure).or_else(|| steps.next());
    used.map(|(span, sure)| (span, sure, None)).or(first).map(|(span, sure, word)| Sign {
        span,
        word,
        beside: !sure,
        is_call: false,
        ground: false,
    })
}

/// Whether a job is named for deploying; one that computes what others deploy with is named for it too.
fn is_named(workflow: &Workflow, job: &Job) -> bool {
    let computes = words_of(&job.id.value).next().is_some_and(|first| says(&first) == Some(Says::Computes));
    let declared = job.name.as_ref().filter(|_| workflow.ci == Ci::CircleCi).map(|name| &name.value);
    !computes && [&job.id.value].into_iter().chain(declared).any(|name| names_deploying(name))
}

/// Whether a word of a name says that something is deployed; what is done before or after that, and tests of it, are not it.
pub(super) fn names_deploying(name: &str) -> bool {
    let words: Vec<String> = words_of(name).collect();
    let around = |at: usize| {
        let before = at.checked_sub(1).and_then(|before| words.get(before));
        before.is_some_and(|word| ["after", "before", "post", "pre"].contains(&word.as_str()))
    };
    let tests = words.last().is_some_and(|word| ["checks", "tests"].contains(&word.as_str()));
    !tests && words.iter().enumerate().any(|(at, word)| says(word) == Some(Says::Deploys) && !around(at))
}

/// Whether a name is one of what the application stands on.
fn names_ground(name: &str) -> bool {
    words_of(name).any(|word| ["infra", "infrastructure", "terraform"].contains(&word.as_str()))
}

/// Whether a name says that documents, packages or a preview are deployed, not the application.
fn names_something_else(name: &str) -> bool {
    words_of(name).any(|word| says(&word) == Some(Says::Aside))
}

/// Whether a name is one of tests; the name of a CI as such is none.
fn names_tests(name: &str) -> bool {
    let words: Vec<String> = words_of(name).filter(|word| says(word) != Some(Says::Nothing)).collect();
    naming(&format!("{}.x", words.join("-"))).role.is_some_and(|(role, _)| role == Role::Test)
}

/// Whether a job has an environment of production or staging and does something of its own in it.
fn is_bound(repository: &Repository<'_>, file: FileId, job: &Job) -> bool {
    let Some(environment) = &job.environment else { return false };
    let role = targets::word_of(&environment.value).map(|(role, _)| role);
    let tests = calls(repository, file, job).any(|call| call.meaning == Meaning::Tests);
    let done = job
        .steps
        .iter()
        .any(|step| step.run.is_some() || step.uses.as_ref().is_some_and(|uses| !uses.value.starts_with("actions/")));
    let first = words_of(&job.id.value).next().and_then(|word| says(&word));
    let prepares = matches!(first, Some(Says::Computes | Says::Tells));
    matches!(role, Some(Role::Production | Role::Staging)) && done && !tests && !prepares && !names_tests(&job.id.value)
}

/// Whether a job calls a workflow that releases, and hands it the environment to release to.
fn releases(job: &Job) -> bool {
    let Some(uses) = &job.uses else { return false };
    let path = uses.value.split('@').next().unwrap_or_default();
    let named = |name: &str| words_of(name).any(|word| ["release", "promote", "rollout"].contains(&word.as_str()));
    let handed = |(name, text): (&String, &Spanned<String>)| {
        let place = words_of(name).any(|word| ["env", "environment", "stage"].contains(&word.as_str()));
        place && targets::word_of(&text.value).is_some_and(|(role, _)| role != Role::Test)
    };
    named(paths::name(path)) && job.with.iter().any(handed)
}

/// What says that a job deploys the application; nothing where it deploys something else, or only tries to.
pub(super) fn sign(repository: &Repository<'_>, file: FileId, workflow: &Workflow, job: &Job) -> Option<Sign> {
    let path = repository.tree.path(file);
    let stem = paths::name(path).split('.').next().unwrap_or_default();
    let gitlab = workflow.ci == Ci::GitLab;
    let named = is_named(workflow, job);
    let of_tests = !gitlab && names_tests(stem) && !names_deploying(stem);
    // What a job of tests starts there is what it tests.
    let foreign = workflow.ci == Ci::Azure && job.uses.is_some();
    let trial =
        !named && !foreign && (of_tests || !gitlab && naming(path).role.is_some_and(|(role, _)| role == Role::Test));
    let looks = !named && words_of(&job.id.value).any(|word| says(&word) == Some(Says::Computes));
    let removes = [Some(&job.id), job.name.as_ref()].into_iter().flatten().any(|name| is_removal(&name.value))
        || !gitlab && !named && is_removal(stem);
    if looks
        || removes
        || trial && names_tests(&job.id.value)
        || is_rehearsed(repository, job)
        || upkeep::is_all(job)
        || upkeep::is_of_pages(repository, workflow)
        || upkeep::restarts(repository, file, job)
    {
        return None;
    }
    // What a pipeline that is named for an environment takes from another repository deploys there.
    let elsewhere = || {
        let uses = job.uses.as_ref().filter(|_| foreign && targets::word_of(stem).is_some())?;
        Some(Sign::plain(uses.span, false))
    };
    let (call, action) = (called(repository, file, job), acted(job));
    // What a job stands the application on, before it deploys that by an action, is not all that it does.
    let whole = call.as_ref().is_some_and(|call| call.ground) && action.as_ref().is_some_and(|action| !action.beside);
    let written = || handed_on::to(job).map(|span| Sign::plain(span, false));
    let strong = if whole { action } else { call.or(action) }.or_else(elsewhere).or_else(written);
    let is_strong = strong.is_some();
    let weak = || composed(repository, file, job).filter(|_| !trial && (named || upkeep::reaches_out(workflow, job)));
    let says_where = job.environment.is_some() || targets::word_of(&job.id.value).is_some();
    let plain = named && (!of_tests || says_where);
    let by_name = || {
        let bound = if gitlab { job.environment.is_some() } else { is_bound(repository, file, job) || releases(job) };
        let beside = !plain || names_ground(&job.id.value);
        (plain || bound).then_some(Sign::plain(job.id.span, beside))
    };
    let mut found = strong.or_else(weak).or_else(by_name)?;
    // What only has an environment or runs some command there deploys where something that is merged starts it.
    let may_be_other = found.beside && !plain && !gitlab;
    let unsure = may_be_other && !calls(repository, file, job).any(|call| matches!(call.meaning, Meaning::Deploys(_)));
    if unsure && upkeep::by_clock(workflow) {
        return None;
    }
    found.beside = if unsure && is_strong { upkeep::by_hand(workflow) } else { found.beside };
    let pages =
        job.environment.as_ref().is_some_and(|name| name.value.contains("pages") || name.value.contains("pypi"));
    let apart = pages || !is_strong && (publishes_pages(job) || upkeep::only_writes(job));
    let something_else = apart || [stem, &job.id.value].into_iter().any(names_something_else);
    (!something_else).then_some(found)
}

/// Whether a job deploys to a cluster that it makes for itself.
fn is_rehearsed(repository: &Repository<'_>, job: &Job) -> bool {
    let texts = ways::texts(repository, job);
    job.steps.iter().any(|step| step.uses.as_ref().is_some_and(|uses| act(&uses.value) == Some(Act::Rehearses)))
        || is_said(Means::Rehearsal, texts.iter().map(AsRef::as_ref))
}

/// Whether a job publishes pages or a package.
fn publishes_pages(job: &Job) -> bool {
    job.steps.iter().any(|step| {
        step.uses.as_ref().is_some_and(|uses| act(&uses.value) == Some(Act::Publishes))
            || step.run.as_ref().is_some_and(|run| upkeep::publishes(&run.text))
    })
}

#[cfg(test)]
mod tests {
    use super::super::deployments::deployments;
    use crate::discover::{Overlay, Tree};
    use crate::links::Repository;

    /// `role word` of each deployment of a workflow of that name.
    fn of(name: &str, jobs: &str) -> Vec<String> {
        started("push", name, jobs)
    }

    fn started(on: &str, name: &str, jobs: &str) -> Vec<String> {
        let path = format!(".github/workflows/{name}.yml");
        let text = format!("on: {on}\njobs:\n{jobs}");
        let files = [
            (path.as_str(), text.as_str()),
            ("scripts/infra", "#!/bin/bash\nif [ \"$1\" = apply ]; then docker compose run --rm terraform apply; fi\n"),
        ];
        let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
        let found = deployments(&Repository::read(&tree));
        found.iter().map(|one| format!("{} {}", one.role.name(), one.word)).collect()
    }

    #[test]
    fn a_file_of_ci_or_tests_keeps_its_deployments() {
        let job = "  deploy-production: {runs-on: u, steps: [{run: flyctl deploy}]}\n";
        for name in ["main", "ci", "cicd", "ci-cd", "tests", "test-and-deploy", "prod-ci"] {
            assert_eq!(of(name, job), ["production production"], "{name}");
        }
        let plain = "  deploy: {runs-on: u, steps: [{uses: actions/checkout@v4}, {run: ./ship}]}\n";
        assert_eq!(of("prod-ci", plain), ["production prod"]);
        assert_eq!(of("test-and-deploy", plain), ["production production"]);
        let tried = "  e2e: {runs-on: u, steps: [{run: kubectl apply -f k8s}]}\n";
        assert!(of("ci", tried).is_empty());
        let local =
            "  deploy-production: {runs-on: u, steps: [{uses: helm/kind-action@v1}, {run: helm upgrade a b}]}\n";
        assert!(of("main", local).is_empty(), "a cluster of its own");
    }

    #[test]
    fn the_platform_says_less_than_the_name_of_the_workflow() {
        let job = "  deploy: {name: Deploy to Heroku, runs-on: u, steps: [{run: ./ship}]}\n";
        assert_eq!(of("deploy-staging", job), ["staging staging"]);
        assert_eq!(of("ship", job), ["production heroku"]);
    }

    #[test]
    fn a_pipeline_of_azure_deploys_where_its_name_says_by_a_template_elsewhere() {
        let foreign =
            "trigger: none\nresources: {repositories: [{repository: ops}]}\nextends:\n  template: a.yml@ops\n";
        let files = [
            ("pipelines/shop-test.yml", foreign),
            ("pipelines/shop-stage.yml", foreign),
            ("azure-pipelines-ci.yml", foreign),
            ("pipelines/notes.yml", "trigger: none\nsteps are: none\n"),
        ];
        let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
        let found = deployments(&Repository::read(&tree));
        let mut found: Vec<String> = found.iter().map(|one| format!("{} {}", one.role.name(), one.word)).collect();
        found.sort();
        assert_eq!(found, ["staging stage", "staging test"]);
    }

    #[test]
    fn actions_of_others_are_not_githubs_own() {
        let job = |uses: &str| format!("  deploy-prod: {{runs-on: u, steps: [{{uses: {uses}}}]}}\n");
        assert_eq!(of("ship", &job("acme/actions/ship@v1")), ["production prod"]);
        assert_eq!(of("ship", &job("acme/actions/cicd-deploy@main")), ["production prod"]);
        assert!(of("ship", &job("actions/checkout@v4")).is_empty());
        let reused = "  roll-out: {uses: acme/ci/.github/workflows/deploy-app.yml@v1, with: {environment: staging}}\n";
        assert_eq!(of("ship", reused), ["staging staging"]);
    }

    #[test]
    fn a_workflow_that_releases_deploys_to_the_environment_that_it_is_handed() {
        let job = |id: &str, path: &str, with: &str| {
            of("flow", &format!("  {id}: {{uses: 'acme/shop/.github/workflows/{path}.yml@main', with: {{{with}}}}}\n"))
        };
        assert_eq!(job("release-preprod", "build-and-release", "environment: preprod"), ["staging preprod"]);
        assert_eq!(job("go", "release", "env_name: staging").len(), 1);
        assert!(job("release", "release", "environment: pypi").is_empty());
        assert!(job("staging", "scan", "environment: staging").is_empty());
    }

    #[test]
    fn an_environment_called_test_that_others_stand_beside_is_deployed_to() {
        let job = |name: &str| format!("  deploy-on-{name}: {{runs-on: u, steps: [{{run: oc tag a b}}]}}\n");
        assert_eq!(of("flow", &(job("prod") + &job("test"))), ["production prod", "staging test"]);
        assert!(of("flow", &job("test")).is_empty(), "nothing stands beside it");
        let trying = "  test-deploy: {runs-on: u, steps: [{run: ./x}]}\n".to_owned();
        assert_eq!(of("flow", &(job("prod") + &trying)), ["production prod", "production production"]);
    }

    #[test]
    fn an_environment_or_a_script_that_deploys_needs_no_name() {
        let bound = "  build: {runs-on: u, environment: production, steps: [{run: ./scripts/infra apply}]}\n";
        assert_eq!(of("flow", bound), ["production production"]);
        let scripted = "  staging: {runs-on: u, steps: [{run: scripts/infra apply}]}\n";
        assert_eq!(of("flow", scripted), ["staging staging"]);
        let other = "  staging: {runs-on: u, steps: [{run: scripts/infra plan}]}\n";
        assert!(of("flow", other).is_empty());
        let tests = "  unit: {runs-on: u, environment: staging, steps: [{run: pytest}]}\n";
        assert!(of("flow", tests).is_empty());
    }

    #[test]
    fn what_open_pull_requests_deploy_is_a_preview_of_each() {
        let job = |name: &str| format!("  deploy-{name}: {{runs-on: u, steps: [{{run: oc tag a b}}]}}\n");
        let all = job("prod") + &job("load-test") + &job("review");
        assert_eq!(started("pull_request", "flow", &all), ["staging review"]);
        assert_eq!(started("{pull_request: {types: [closed]}}", "flow", &job("prod")), ["production prod"], "merged");
        assert_eq!(started("[pull_request, push]", "flow", &job("prod")), ["production prod"]);
        let asked = |text: &str| format!("  deploy-pr: {{runs-on: u, if: \"{text}\", steps: [{{run: oc tag a b}}]}}\n");
        let proposed = "github.event_name == 'pull_request' && github.actor != 'robot'";
        assert!(started("[pull_request, push]", "flow", &asked(proposed)).is_empty());
        let either = "github.event_name == 'pull_request' || github.ref == 'refs/heads/main'";
        assert_eq!(started("[pull_request, push]", "flow", &asked(either)).len(), 1);
    }

    #[test]
    fn a_version_without_traffic_is_deployed_by_what_sends_it_some() {
        let job = |id: &str, run: &str| format!("  {id}: {{runs-on: u, steps: [{{run: '{run}'}}]}}\n");
        let first = job("deploy-web-prod", "gcloud run deploy web --source=. --no-traffic");
        let second = job("shift-web-live", "gcloud run services update-traffic web --to-latest");
        assert_eq!(of("flow", &first), ["production prod"], "another way sends it some");
        assert_eq!(of("flow", &(first + &second)), ["production live"]);
    }

    #[test]
    fn what_the_application_stands_on_is_not_its_deployment() {
        let job = |id: &str| format!("  {id}: {{runs-on: u, environment: staging, steps: [{{run: ./go}}]}}\n");
        assert_eq!(of("flow", &job("deploy-infrastructure")), ["staging staging"]);
        assert_eq!(of("flow", &(job("deploy-infrastructure") + &job("deploy-application"))).len(), 1);
        let mark = "  n: {runs-on: u, environment: staging, steps: [{uses: newrelic/deployment-marker-action@v2}]}\n";
        assert_eq!(of("flow", &(job("deploy-application") + mark)).len(), 1);
    }

    #[test]
    fn what_takes_a_deployment_away_is_none() {
        let job = |id: &str| format!("  {id}: {{runs-on: u, environment: uat, steps: [{{run: helm upgrade a b}}]}}\n");
        let live = "  deploy-prod: {runs-on: u, steps: [{run: flyctl deploy}]}\n";
        for id in ["destroy", "delete-deployment", "clean-up"] {
            assert_eq!(of("flow", &(job(id) + live)), ["production prod"], "{id}");
        }
        assert_eq!(of("flow", &(job("refresh") + live)), ["staging uat", "production prod"]);
        assert!(of("cleanup-release", &job("refresh")).is_empty());
    }
}
