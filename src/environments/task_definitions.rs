//! Environments that task definitions of ECS describe.

use super::kubernetes::{PLAIN, bare, by_selector, join, of_others, role_of};
use super::plan::{ContainerRun, ImageBuild, Planned, Runs, Unit};
use super::{deployments, own_images, published};
use crate::discover::Kind;
use crate::formats::small::ecs;
use crate::formats::workflow::{Step, Workflow};
use crate::links::Repository;
use crate::model::{Confidence, FileId, Role, Span};
use std::sync::Arc;

/// Why an environment is one that ECS starts.
pub(super) const STARTED: &str = "ECS runs the task definition";

/// How the names of the actions begin that hand task definitions to ECS.
const ACTIONS: &str = "aws-actions/amazon-ecs-";

/// The environments of task definitions; `known` are those of other runners.
pub(super) fn infer(repository: &Repository<'_>, known: &[Planned]) -> Vec<Planned> {
    let mut found: Vec<Planned> = Vec::new();
    for file in repository.of(Kind::TaskDefinition) {
        let path = repository.tree.path(*file);
        // A folder of Amazon's holds other documents too.
        if !repository.tree.text(*file).is_ok_and(|text| text.contains("containerDefinitions")) {
            continue;
        }
        let Ok(read) = repository.tree.parsed(*file, ecs::parse) else { continue };
        let said = role_of(path).or_else(|| deployed_to(repository, path));
        let (role, word) = said.unwrap_or((Role::Production, PLAIN.into()));
        let start = Span::new(*file, 0, 0);
        let mut planned = Planned::new(&word, role, Confidence::Named).because(start, STARTED);
        for container in &read.0.containers {
            let name = container.name.value.clone();
            let named = container.image.as_ref().filter(|image| !filled_in(&image.value));
            let handed = if named.is_none() { published_beside(repository, path) } else { None };
            let image = handed.or_else(|| {
                let image = container.image.as_ref()?;
                own_images::built_under(repository, bare(&image.value)).or_else(|| {
                    let [only] = repository.of(Kind::Dockerfile) else { return None };
                    let ours = !of_others(bare(&image.value)) && read.0.containers.len() == 1;
                    ours.then(|| published::plain(repository, *only, Some(image.span)))
                })
            });
            let run = ContainerRun {
                image,
                reference: container.image.clone(),
                entry: container.entry.clone(),
                command: container.command.clone(),
                host: Some(name.clone()),
                more: container.more.clone(),
                span: container.name.span,
            };
            planned.variables.insert(name.clone(), container.variables());
            run.image.iter().for_each(|image| planned.add_file(image.dockerfile));
            planned.units.push(Unit { name, runs: Runs::Container(Box::new(run)) });
        }
        by_selector(&mut planned);
        // Beside what another runner starts under that name, all that ECS starts is one.
        if known.iter().any(|other| other.environment.name == planned.environment.name) {
            planned.environment.name = if role == Role::Production { "ecs".into() } else { format!("{word}-ecs") };
        }
        let same = |other: &&mut Planned| other.environment.name == planned.environment.name;
        if let Some(same) = found.iter_mut().find(same) {
            join(same, planned);
        } else if !planned.units.is_empty() {
            found.push(planned);
        }
    }
    found
}

/// Whether the image is a place that the deployment fills in.
fn filled_in(image: &str) -> bool {
    image.is_empty() || ["<", "${", "{{"].iter().any(|mark| image.contains(mark))
}

/// The only image of the repository that the workflow publishes which hands the task definition to ECS.
fn published_beside(repository: &Repository<'_>, path: &str) -> Option<ImageBuild> {
    let hands_on = |file: FileId| {
        let speaks = repository.tree.text(file).is_ok_and(|text| text.contains(path));
        let steps = |workflow: Arc<Workflow>| workflow.jobs.iter().any(|job| job.steps.iter().any(is_handing_on));
        speaks && repository.workflow(file).is_some_and(steps)
    };
    let beside = |dockerfile: &&FileId| {
        let jobs = published::jobs_that_push(repository, **dockerfile);
        jobs.iter().any(|(workflow, _, _)| hands_on(*workflow))
    };
    let mut built = repository.of(Kind::Dockerfile).iter().filter(beside);
    let (first, None) = (built.next()?, built.next()) else { return None };
    Some(published::plain(repository, *first, None))
}

fn is_handing_on(step: &Step) -> bool {
    step.uses.as_ref().is_some_and(|uses| uses.value.starts_with(ACTIONS))
}

/// Where the jobs deploy that hand a task definition to ECS, in the workflows that speak of it, if they name that and it is
/// one. A workflow whose jobs do so in words of their own is taken as a whole.
fn deployed_to(repository: &Repository<'_>, path: &str) -> Option<(Role, String)> {
    let speaks = |file| repository.tree.text(file).is_ok_and(|text| text.contains(path));
    let mut about = deployments::deployments(repository);
    about.retain(|one| speaks(one.workflow));
    let hands_on = |one: &deployments::Deployment| {
        let workflow = repository.workflow(one.workflow)?;
        let job = workflow.jobs.iter().find(|job| job.id.value == one.job)?;
        Some(job.steps.iter().any(is_handing_on))
    };
    if about.iter().any(|one| hands_on(one) == Some(true)) {
        about.retain(|one| hands_on(one) == Some(true));
    }
    let first = about.first().filter(|one| one.named)?;
    let same = |one: &deployments::Deployment| (one.role, &one.word) == (first.role, &first.word);
    about.iter().all(same).then(|| (first.role, first.word.clone()))
}

#[cfg(test)]
mod tests {
    use super::super::tests::environments;

    const TASK: &str = "{\"family\": \"shop\", \"containerDefinitions\": [{\"name\": \"web\", \"image\": \"acme/shop\", \"command\": [\"gunicorn\", \"a.wsgi\"]}]}";

    /// The environments where one workflow deploys the task definition to each of these.
    fn deployed_to(words: &[&str]) -> Vec<String> {
        let job = |word: &&str| {
            let with = "{task-definition: aws/task-definition.json, service: shop}";
            let steps = format!("[{{uses: aws-actions/amazon-ecs-deploy-task-definition@v2, with: {with}}}]");
            format!("  ship-{word}: {{runs-on: u, environment: {word}, steps: {steps}}}\n")
        };
        let flow = format!("on: push\njobs:\n{}", words.iter().map(job).collect::<String>());
        let image = "FROM python:3.12\nCOPY . /app\nCMD gunicorn a.wsgi\n";
        environments(&[
            ("Dockerfile", image),
            ("requirements.txt", "gunicorn\n"),
            ("aws/task-definition.json", TASK),
            (".github/workflows/ship.yml", flow.as_str()),
        ])
    }

    #[test]
    fn task_definitions_of_one_name_are_one_environment_beside_another_runner() {
        let second = TASK.replace("web", "worker");
        let found = environments(&[
            ("Dockerfile", "FROM python:3.12\nCOPY . /app\nCMD gunicorn a.wsgi\n"),
            ("fly.production.toml", "app = 'shop'\n[build]\ndockerfile = 'Dockerfile'\n"),
            ("aws/production/task-definition-web.json", TASK),
            ("aws/production/task-definition-worker.json", second.as_str()),
            ("aws/production/task-definition-jobs.json", TASK.replace("web", "jobs").as_str()),
        ]);
        assert_eq!(found.iter().filter(|line| line.contains("ecs")).count(), 1, "{found:?}");
    }

    #[test]
    fn a_task_definition_is_of_the_only_environment_that_its_workflow_deploys_to() {
        let found = deployed_to(&["staging"]);
        assert!(found.iter().any(|line| line.starts_with("staging staging: aws/task-definition.json")), "{found:?}");
        assert!(!found.iter().any(|line| line.contains("production: aws")), "{found:?}");
        let found = deployed_to(&["staging", "production"]);
        assert!(found.iter().any(|line| line.starts_with("production production: aws/task")), "{found:?}");
    }

    #[test]
    fn the_image_that_a_deployment_fills_in_is_the_one_that_its_workflow_publishes() {
        let deploy = |image: &str| {
            let task = TASK.replace("\"acme/shop\"", image);
            let hand = "{uses: aws-actions/amazon-ecs-render-task-definition@v1, with: {task-definition: '${{ env.TASK }}', image: '${{ env.IMAGE }}'}}";
            let push = "{uses: docker/build-push-action@v6, with: {push: true, file: docker/live.Dockerfile, tags: 'registry.example/shop:1'}}";
            let flow = format!(
                "on: push\nenv: {{TASK: ./aws/web.json}}\njobs:\n  build: {{runs-on: u, steps: [{push}]}}\n  qa: {{runs-on: u, environment: staging, steps: [{hand}]}}\n  tell: {{runs-on: u, environment: production, steps: [{{run: ./deploy.sh production}}]}}\n"
            );
            environments(&[
                ("docker/live.Dockerfile", "FROM python:3.12\nCOPY . /app\nCMD gunicorn a.wsgi\n"),
                ("Dockerfile", "FROM python:3.12\nCOPY . /app\nCMD flask run\n"),
                ("requirements.txt", "gunicorn\n"),
                ("aws/web.json", &task),
                (".github/workflows/ship.yml", &flow),
            ])
        };
        let of = |found: Vec<String>| found.into_iter().find(|line| line.contains("aws/web.json")).unwrap_or_default();
        assert!(of(deploy("\"<IMAGE>\"")).starts_with("staging staging"));
        assert!(of(deploy("\"<IMAGE>\"")).contains("docker/live.Dockerfile"));
        assert!(!of(deploy("\"postgres:16\"")).contains("docker/live.Dockerfile"));
    }
}
