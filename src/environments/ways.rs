//! How a job deploys: by compose, by a platform, or in a way that its file does not show.

use std::borrow::Cow;

use super::ci;
use super::plan::{Planned, Runs, Unit};
use super::{handed_on, published, task_definitions, upkeep};
use crate::discover::{Kind, paths};
use crate::formats::workflow::{Job, Target, target};
use crate::knowledge::deployments::{Means, is_said};
use crate::links::{Caller, Meaning, Repository};
use crate::model::FileId;

/// How a job deploys.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Way {
    /// By compose, of these files as far as they are named.
    Compose(Vec<FileId>),
    /// By an orchestrator of containers.
    Orchestrator,
    /// By a platform or a tool that runs no compose file.
    Platform,
    /// Its file does not show how.
    Unseen,
}

/// How a job of a workflow deploys.
pub(super) fn of(repository: &Repository<'_>, workflow: FileId, job: &Job) -> Way {
    let caller = Caller::Job { file: workflow, job: job.id.value.clone() };
    let calls = repository.calls.iter().filter(|call| call.caller == caller);
    let composed = calls.filter_map(|call| match &call.meaning {
        Meaning::Composes(compose) if ["up", "pull", "restart", "deploy"].contains(&compose.action.as_str()) => {
            Some(ci::files_of(repository, &call.folder, compose))
        }
        _ => None,
    });
    let composed: Vec<Vec<FileId>> = composed.collect();
    let texts = texts(repository, job);
    let says = |means: Means| is_said(means, texts.iter().map(AsRef::as_ref));
    // What a job tests in containers it does not deploy by them.
    let mut calls = repository.calls.iter().filter(|call| call.caller == caller);
    let tried = calls.any(|call| ci::tests_in_service(repository, call).is_some());
    if handed_on::is_to_another(job) {
        Way::Orchestrator
    } else if !tried && (!composed.is_empty() || says(Means::Compose)) {
        Way::Compose(composed.into_iter().flatten().collect())
    } else if says(Means::Orchestrator) {
        Way::Orchestrator
    } else if says(Means::Platform) {
        Way::Platform
    } else {
        Way::Unseen
    }
}

/// How a job deploys that sets up what the application stands on: not by compose, whatever its tools run in, unless on a server.
pub(super) fn on_ground(ground: bool, job: &Job, way: Way) -> Way {
    let texts = job.steps.iter().filter_map(upkeep::commanded);
    let remote = texts.into_iter().any(|text| upkeep::deploys(&text))
        || job.steps.iter().filter_map(|step| step.run.as_ref()).any(|run| run.text.contains("ssh "));
    let vague = way == Way::Unseen || way == Way::Compose(Vec::new());
    if ground && vague && !remote { Way::Platform } else { way }
}

/// What a job says: its actions, their scripts, its own, and those of the repository that it starts.
pub(super) fn texts<'t>(repository: &Repository<'t>, job: &Job) -> Vec<Cow<'t, str>> {
    let mut all = own_texts(repository, job);
    // A workflow of the repository that a job is says how it is done.
    if let Some(Target::Workflow(path)) = job.uses.as_ref().map(|uses| target(&uses.value)) {
        let called = repository.tree.find(&path).and_then(|file| repository.workflow(file));
        let jobs = called.iter().flat_map(|workflow| &workflow.jobs);
        all.extend(jobs.flat_map(|job| own_texts(repository, job)));
    }
    all
}

fn own_texts<'t>(repository: &Repository<'t>, job: &Job) -> Vec<Cow<'t, str>> {
    let mut all: Vec<Cow<'t, str>> = job.uses.iter().map(|uses| Cow::Owned(uses.value.to_lowercase())).collect();
    for step in &job.steps {
        all.extend(step.uses.iter().map(|uses| Cow::Owned(uses.value.to_lowercase())));
        let scripts =
            step.with.iter().filter(|(name, _)| ["script", "command", "run", "args"].contains(&name.as_str()));
        let scripts = scripts.map(|(_, text)| text.value.as_str()).chain(step.run.iter().map(|run| run.text.as_str()));
        for script in scripts {
            let started = script.split_whitespace().filter_map(|word| {
                let path = paths::join("", word.trim_matches(['"', '\'', ';']))?;
                repository.tree.find(&path).filter(|file| repository.of(Kind::Shell).contains(file))
            });
            all.extend(started.filter_map(|file| repository.tree.text(file).ok()).map(Cow::Borrowed));
            all.push(Cow::Owned(script.to_owned()));
        }
    }
    all
}

/// Whether what an environment runs can be what is deployed so.
pub(super) fn fits(way: &Way, planned: &Planned) -> bool {
    let any = |is: fn(&Unit) -> bool| planned.units.iter().any(is);
    let composed = any(|unit| matches!(unit.runs, Runs::Compose { .. }));
    let orchestrated = any(|unit| matches!(unit.runs, Runs::Container(_)));
    match way {
        Way::Compose(files) if composed => {
            files.is_empty() || files.iter().any(|file| planned.environment.files.contains(file))
        }
        Way::Compose(_) => !orchestrated,
        Way::Orchestrator => !composed && !is_by_task_definition(planned) && !any(is_of_a_procfile),
        Way::Platform => !composed && (!orchestrated || is_by_task_definition(planned)),
        Way::Unseen => true,
    }
}

/// Whether a platform without images starts a process.
fn is_of_a_procfile(unit: &Unit) -> bool {
    matches!(unit.runs, Runs::Process { image: None, native: None, .. })
}

/// Whether ECS starts an environment, which deploys as a platform does.
fn is_by_task_definition(planned: &Planned) -> bool {
    planned.environment.because.iter().any(|evidence| evidence.text == task_definitions::STARTED)
}

/// The image that a workflow builds and publishes for what it deploys, where it is one.
pub(super) fn image_of(repository: &Repository<'_>, workflow: FileId) -> Option<(FileId, Unit)> {
    let mut published = repository.of(Kind::Dockerfile).iter().copied().filter(|file| {
        published::pushed(repository, *file).is_some_and(|span| span.file == workflow)
            && super::images::is_python(repository, *file)
            && super::images::has_command(repository, *file)
    });
    let (Some(file), None) = (published.next(), published.next()) else { return None };
    let image = published::plain(repository, file, None);
    let name = super::stages::component(&image.context);
    Some((file, Unit { name: name.into(), runs: Runs::Image(image) }))
}

#[cfg(test)]
mod tests {
    use crate::discover::{Config, Overlay, Tree};
    use crate::links::Repository;

    const STACK: &str =
        "services: {web: {image: acme/shop, command: gunicorn shop.wsgi}, db: {image: 'postgres:16'}}\n";

    /// The environments that the deployment of a step is evidence for, beside a stack for production.
    fn deployed(step: &str) -> Vec<String> {
        let flow = format!("on: push\njobs:\n  deploy-production:\n    runs-on: u\n    steps:\n      - run: {step}\n");
        let files = [
            (".github/workflows/ship.yml", flow.as_str()),
            ("docker-compose.prod.yml", STACK),
            ("scripts/ship.sh", "aws ecs update-service --service shop\n"),
        ];
        let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
        let plan = super::super::infer(&Repository::read(&tree), &Config::read(&tree), false);
        let all = plan.environments.iter().map(|planned| &planned.environment);
        let confirmed = all.filter(|about| about.because.iter().any(|why| why.text.contains("deploy-production")));
        confirmed.map(|about| format!("{} of {} files", about.name, about.files.len())).collect()
    }

    #[test]
    fn a_deployment_confirms_what_it_can_have_deployed() {
        assert_eq!(deployed("docker compose -f docker-compose.prod.yml up -d"), ["prod of 2 files"]);
        assert_eq!(deployed("./ship-somehow"), ["prod of 2 files"], "nothing shows how");
        assert_eq!(deployed("sh scripts/ship.sh"), ["production of 1 files"]);
        assert_eq!(deployed("helm upgrade shop chart"), ["production of 1 files"]);
    }

    #[test]
    fn what_is_written_into_another_repository_starts_no_stack() {
        let pushed = "git clone git@github.com:acme/sites.git && cd sites && ./set-tag && git push";
        assert_eq!(deployed(pushed), ["production of 1 files"]);
    }

    #[test]
    fn what_a_job_tests_in_containers_is_not_how_it_deploys() {
        let tested = "docker compose up -d && docker compose exec -T web pytest && sh scripts/ship.sh";
        assert_eq!(deployed(tested), ["production of 1 files"]);
    }

    #[test]
    fn what_is_set_up_by_a_tool_in_a_container_runs_no_stack() {
        let way = |run: &str| {
            let flow = "on: push\njobs: {deploy: {runs-on: u, steps: [{run: RUN}]}}\n".replace("RUN", run);
            let tree = Tree::open(Box::new(Overlay::of([(".github/workflows/a.yml", flow.as_str())]))).unwrap();
            let repository = Repository::read(&tree);
            let (file, workflow) = repository.workflows().into_iter().next().unwrap();
            let job = &workflow.jobs[0];
            super::on_ground(true, job, super::of(&repository, file, job))
        };
        assert_eq!(way("docker compose run terraform apply"), super::Way::Platform);
        assert_eq!(way("./ship-somehow"), super::Way::Platform);
        assert_eq!(way("ssh shop docker compose up -d"), super::Way::Compose(Vec::new()));
    }

    #[test]
    fn a_job_deploys_as_the_workflow_does_that_it_calls() {
        let main = "on: push\njobs: {deploy-production: {uses: ./.github/workflows/roll.yml}}\n";
        let of = |step: &str| {
            let roll = format!("on: workflow_call\njobs: {{go: {{runs-on: u, steps: [{{run: {step}}}]}}}}\n");
            let files = [(".github/workflows/main.yml", main), (".github/workflows/roll.yml", roll.as_str())];
            let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
            let repository = Repository::read(&tree);
            let (file, workflow) = repository.workflows().into_iter().next().unwrap();
            super::of(&repository, file, &workflow.jobs[0])
        };
        assert_eq!(of("ansible-playbook site.yml"), super::Way::Platform);
        assert_eq!(of("./ship-somehow"), super::Way::Unseen);
    }

    #[test]
    fn publishing_documents_deploys_nothing() {
        let steps = "{uses: actions/checkout@v4}, {uses: acme/sponsors-readme-action@v1}";
        let flow = format!(
            "on: push\njobs: {{deploy: {{runs-on: u, steps: [{{run: mkdocs gh-deploy}}]}}, site-deploy: {{runs-on: u, steps: [{steps}]}}}}\n"
        );
        let files =
            [(".github/workflows/main.yml", flow.as_str()), ("Dockerfile", "FROM python:3.13\nCMD gunicorn a.wsgi\n")];
        let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
        let plan = super::super::infer(&Repository::read(&tree), &Config::read(&tree), false);
        let texts = plan.environments.iter().flat_map(|planned| &planned.environment.because).map(|why| &why.text);
        assert_eq!(texts.into_iter().find(|text| text.contains("deploys")), None);
    }
}
