//! Environments that task definitions of ECS describe.

use super::kubernetes::{PLAIN, bare, by_selector, join, of_others, role_of};
use super::plan::{ContainerRun, Planned, Runs, Unit};
use super::{deployments, own_images, published};
use crate::discover::Kind;
use crate::formats::small::ecs;
use crate::links::Repository;
use crate::model::{Confidence, Role, Span};

/// Why an environment is one that ECS starts.
pub(super) const STARTED: &str = "ECS runs the task definition";

/// The environments of task definitions; `known` are those of other runners.
pub(super) fn infer(repository: &Repository<'_>, known: &[Planned]) -> Vec<Planned> {
    let mut found: Vec<Planned> = Vec::new();
    for file in repository.of(Kind::TaskDefinition) {
        let path = repository.tree.path(*file);
        let Ok(read) = repository.tree.parsed(*file, ecs::parse) else { continue };
        let said = role_of(path).or_else(|| deployed_to(repository, path));
        let (role, word) = said.unwrap_or((Role::Production, PLAIN.into()));
        let start = Span::new(*file, 0, 0);
        let mut planned = Planned::new(&word, role, Confidence::Named).because(start, STARTED);
        for container in &read.0.containers {
            let name = container.name.value.clone();
            let image = container.image.as_ref().and_then(|image| {
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

/// Where to the only workflow that speaks of a task definition deploys, if it names that and it is one.
fn deployed_to(repository: &Repository<'_>, path: &str) -> Option<(Role, String)> {
    let speaks = |file| repository.tree.text(file).is_ok_and(|text| text.contains(path));
    let all = deployments::deployments(repository);
    let mut about = all.iter().filter(|one| speaks(one.workflow));
    let first = about.next().filter(|one| one.named)?;
    about.all(|one| (one.role, &one.word) == (first.role, &first.word)).then(|| (first.role, first.word.clone()))
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
}
