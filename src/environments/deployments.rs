//! The targets that jobs deploy to, and the environments that they are.

use super::ci::words as words_of;
use super::plan::{Planned, Runs};
use super::targets::{self, Word};
use super::ways::{self, Way};
use super::words::{naming, role_of_value};
use crate::discover::paths;
use crate::formats::workflow::{Ci, Job, Workflow};
use crate::links::{Call, Caller, Meaning, Repository};
use crate::model::{Confidence, FileId, Role, Span};

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
            found.extend(of_job(repository, file, &workflow, job));
        }
    }
    found
}

/// Actions, orbs and providers that deploy.
const DEPLOYING_ACTIONS: [&str; 30] = [
    "akhileshns/heroku-deploy",
    "superfly/flyctl-actions",
    "aws-actions/amazon-ecs-deploy-task-definition",
    "azure/webapps-deploy",
    "azure/container-apps-deploy-action",
    "azure/k8s-deploy",
    "google-github-actions/deploy-cloudrun",
    "google-github-actions/deploy-appengine",
    "appleboy/ssh-action",
    "fifsky/ssh-action",
    "garygrossgarten/github-action-ssh",
    "easingthemes/ssh-deploy",
    "burnett01/rsync-deployments",
    "digitalocean/app_action",
    "digitalocean/app_action/deploy",
    "einaregilsson/beanstalk-deploy",
    "dokku/github-action",
    "caprover/deploy-from-github",
    "cloud-gov/cg-cli-tools",
    "johnbeynon/render-deploy-action",
    "bervproject/railway-deploy",
    "dawidd6/action-ansible-playbook",
    "circleci/heroku/deploy-via-git",
    "circleci/heroku/push-docker-image",
    "circleci/aws-ecs/deploy-service-update",
    "circleci/aws-elastic-beanstalk/deploy",
    "circleci/kubernetes/update-container-image",
    "travis/heroku",
    "travis/elasticbeanstalk",
    "travis/gae",
];

/// Where a call of a job deploys, and the word it says for it.
fn called(repository: &Repository<'_>, file: FileId, job: &Job) -> Option<(Span, Option<String>)> {
    let mine = |call: &&Call| call.caller == Caller::Job { file, job: job.id.value.clone() };
    repository.calls.iter().filter(mine).find_map(|call| match &call.meaning {
        Meaning::Deploys(word) => Some((call.span, word.clone())),
        Meaning::Composes(compose) if compose.action == "up" => {
            let (role, word) = naming(&compose.files.join("/")).role?;
            (role == Role::Production || role == Role::Staging).then_some((call.span, Some(word)))
        }
        _ => None,
    })
}

/// Whether a step of a job is an action that deploys, or runs a script that is named for it.
fn acted(job: &Job) -> Option<Span> {
    job.steps.iter().find_map(|step| {
        let action = step.uses.as_ref().filter(|uses| {
            let action = uses.value.split('@').next().unwrap_or_default().to_ascii_lowercase();
            DEPLOYING_ACTIONS.contains(&action.as_str())
        });
        let scripted = || step.run.as_ref().filter(|run| run.text.split_whitespace().any(targets::is_deploy_script));
        action.map(|uses| uses.span).or_else(|| scripted().map(|run| run.span))
    })
}

fn of_job(repository: &Repository<'_>, file: FileId, workflow: &Workflow, job: &Job) -> Vec<Deployment> {
    let called = called(repository, file, job);
    let acted = acted(job);
    // A job that computes what others deploy with is named for it too.
    let computing = ["get", "set", "check", "plan", "prepare", "export", "wait", "notify", "validate"];
    let computes = words_of(&job.id.value).next().is_some_and(|first| computing.contains(&first.as_str()));
    let named_deploy = || {
        let deploys = |part: String| ["deploy", "deployment", "autodeploy", "redeploy"].contains(&part.as_str());
        let declared = job.name.as_ref().filter(|_| workflow.ci == Ci::CircleCi).map(|name| &name.value);
        !computes && [&job.id.value].into_iter().chain(declared).any(|name| words_of(name).any(deploys))
    };
    let names_target = workflow.ci == Ci::GitLab && job.environment.is_some();
    let span = called.as_ref().map(|(span, _)| *span).or(acted);
    let Some(span) = span.or_else(|| (named_deploy() || names_target).then_some(job.id.span)) else {
        return Vec::new();
    };
    let path = repository.tree.path(file);
    let stem = paths::name(path).split('.').next().unwrap_or_default();
    let pages =
        job.environment.as_ref().is_some_and(|name| name.value.contains("pages") || name.value.contains("pypi"));
    let apart = pages || called.is_none() && acted.is_none() && (publishes_pages(job) || only_writes(job));
    if apart || [stem, &job.id.value].into_iter().any(deploys_something_else) {
        return Vec::new();
    }
    let named_file = if workflow.ci == Ci::GitLab {
        None
    } else {
        word_of(paths::name(path).trim_end_matches(".yaml").trim_end_matches(".yml"))
    };
    if named_file.as_ref().is_some_and(|(role, _)| *role == Role::Test) || paths::name(path).contains("test") {
        return Vec::new();
    }
    let by_environment = targets::of_environment(repository, file, workflow, job);
    // A named environment is what is deployed to: one of no known role (a branch's own, a tenant's) is not production.
    if workflow.ci == Ci::GitLab && by_environment.is_empty() && job.environment.is_some() {
        return Vec::new();
    }
    let single = || {
        let call = called.as_ref().and_then(|(span, word)| Some((word.clone()?, *span)));
        let id = Some((job.id.value.clone(), job.id.span));
        let name = job.name.as_ref().map(|name| (name.value.clone(), name.span));
        let file = (workflow.ci != Ci::GitLab).then(|| (stem.to_owned(), span));
        let mut all = [call, id, name, file].into_iter().flatten();
        all.find_map(|(text, span)| Some((word_of(&text)?, span))).into_iter().collect::<Vec<Word>>()
    };
    let mut words = by_environment;
    if words.is_empty() {
        words = single();
    }
    if words.is_empty() {
        words = targets::of_steps(workflow, job);
    }
    let at = |role: Role, word: String, span: Span, named: bool| Deployment {
        workflow: file,
        job: job.id.value.clone(),
        role,
        word,
        span,
        named,
    };
    if words.is_empty() {
        let chosen = targets::is_chosen_elsewhere(workflow, job);
        return if chosen { Vec::new() } else { vec![at(Role::Production, "production".into(), span, false)] };
    }
    // A job starts what is called local on its own machine.
    let named = words.into_iter().filter(|((role, word), _)| *role != Role::Test && !word.starts_with("local"));
    named.map(|((role, word), span)| at(role, word, span, true)).collect()
}

/// The role that a text about a deployment names.
pub(super) fn word_of(text: &str) -> Option<(Role, String)> {
    let bare = text.to_lowercase();
    let words = bare
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !["deploy", "deployment", "release", "build"].contains(word));
    role_of_value(&words.collect::<Vec<_>>().join("-"))
}

/// Whether a job publishes pages or a package.
fn publishes_pages(job: &Job) -> bool {
    let actions = [
        "peaceiris/actions-gh-pages",
        "actions/deploy-pages",
        "jamesives/github-pages-deploy-action",
        "azure/static-web-apps-deploy",
        "pypa/gh-action-pypi-publish",
    ];
    job.steps.iter().any(|step| {
        let used = step.uses.as_ref().and_then(|uses| uses.value.split('@').next().map(str::to_ascii_lowercase));
        used.is_some_and(|used| actions.contains(&used.as_str()))
            || step.run.as_ref().is_some_and(|run| run.text.contains("gh-deploy") || run.text.contains("gh-pages"))
    })
}

/// Whether a job does nothing but write to the repository, its pull requests and labels.
fn only_writes(job: &Job) -> bool {
    let signs = ["actions/", "create-pull-request", "readme", "label", "git-auto-commit", "add-and-commit", "comment"];
    let writes = |action: &str| signs.iter().any(|sign| action.to_ascii_lowercase().contains(sign));
    let action = |step: &crate::formats::workflow::Step| step.uses.as_ref().map(|uses| writes(&uses.value));
    job.environment.is_none() && !job.steps.is_empty() && job.steps.iter().all(|step| action(step) == Some(true))
}

/// Whether a name says that documents, packages or a preview are deployed, not the application.
fn deploys_something_else(name: &str) -> bool {
    let other = [
        "docs",
        "doc",
        "documentation",
        "mkdocs",
        "sphinx",
        "pages",
        "ghpages",
        "pypi",
        "package",
        "packages",
        "storybook",
        "feature",
        "preview",
    ];
    name.to_lowercase().split(|c: char| !c.is_alphanumeric()).any(|word| other.contains(&word))
}

/// One word for the words that say the same.
fn canonical(role: Role, word: &str) -> &str {
    match (role, word) {
        (Role::Production, _) => "production",
        (Role::Staging, "stage" | "stg") => "staging",
        (Role::Development, "dev" | "develop" | "devel") => "development",
        _ => word,
    }
}

/// Whether a deployment is to the environment of a role and name.
pub fn is_to(deployment: &Deployment, role: Role, name: &str) -> bool {
    deployment.role == role
        && (deployment.word == name
            || role != Role::Production && canonical(role, name) == canonical(role, &deployment.word))
}

/// How the job of a deployment deploys.
fn way_of(repository: &Repository<'_>, deployment: &Deployment) -> Way {
    let workflow = repository.workflow(deployment.workflow);
    let jobs = workflow.iter().flat_map(|workflow| &workflow.jobs);
    let mut jobs = jobs.filter(|job| job.id.value == deployment.job);
    jobs.next().map_or(Way::Unseen, |job| ways::of(repository, deployment.workflow, job))
}

/// Deployments confirm the environments they deploy to, or name ones that nothing else shows.
pub(super) fn add(repository: &Repository<'_>, all: &mut Vec<Planned>) {
    let found = deployments(repository);
    let same = |planned: &Planned, of: &Deployment| {
        planned.environment.role == of.role
            && canonical(of.role, &planned.environment.name) == canonical(of.role, &of.word)
    };
    for deployment in &found {
        let way = way_of(repository, deployment);
        let text = format!("job {} deploys to {}", deployment.job, deployment.word);
        // What runs on a person's machine is deployed by no job.
        let deployed = |planned: &Planned| {
            let orchestrated = |unit: &super::Unit| matches!(unit.runs, Runs::Container(_));
            deployment.role != Role::Development || planned.only_named || planned.units.iter().any(orchestrated)
        };
        // An environment that another deployment names is not this one.
        let free = |planned: &Planned| {
            planned.environment.role == deployment.role
                && (deployment.role == Role::Production
                    || !found.iter().any(|other| other.named && same(planned, other)))
        };
        let can = |planned: &Planned| deployed(planned) && ways::fits(&way, planned);
        let at = all
            .iter()
            .position(|planned| can(planned) && same(planned, deployment))
            .or_else(|| all.iter().position(|planned| can(planned) && free(planned)));
        let elsewhere = way != Way::Unseen && deployment.role == Role::Production;
        if let Some(planned) = at.and_then(|at| all.get_mut(at)) {
            planned.add_evidence(deployment.span, text);
            if deployment.named {
                planned.at_least(Confidence::Invoked);
            }
        } else if deployment.named || elsewhere {
            let confidence = if deployment.named { Confidence::Invoked } else { Confidence::Named };
            let mut planned =
                Planned::new(&deployment.word, deployment.role, confidence).because(deployment.span, text);
            planned.only_named = true;
            if let Some((file, unit)) = ways::image_of(repository, deployment.workflow) {
                planned.add_file(file);
                planned.units.push(unit);
                planned.only_named = false;
            }
            all.push(planned);
        }
    }
}
