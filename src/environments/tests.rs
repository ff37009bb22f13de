use super::infer;
use crate::discover::{Config, Overlay, Tree};
use crate::links::Repository;

/// `name role: files` of each environment.
fn environments(files: &[(&str, &str)]) -> Vec<String> {
    let tree = Tree::open(Box::new(Overlay::of(files.iter().copied()))).unwrap();
    let repository = Repository::read(&tree);
    let plan = infer(&repository, &Config::read(&tree), false);
    let line = |planned: &super::Planned| {
        let about = &planned.environment;
        let paths: Vec<&str> = about.files.iter().map(|file| tree.path(*file)).collect();
        format!("{} {}: {}", about.name, about.role.name(), paths.join(" "))
    };
    plan.environments.iter().map(line).collect()
}

const APP: &str = "FROM python:3.12\nCOPY . /app\nCMD gunicorn a.wsgi\n";

#[test]
fn templates_of_projects_and_demonstrations_are_no_environments() {
    let found = environments(&[
        ("Dockerfile", APP),
        ("extras/demo/Dockerfile", APP),
        ("{{cookiecutter.name}}/docker-compose.staging.yml", "services: {web: {build: .}}\n"),
        ("tools/viewer/docker-compose.yml", "services: {db: {image: mongo}}\n"),
    ]);
    assert_eq!(found, ["production production: Dockerfile"]);
}

#[test]
fn a_dockerfile_of_another_name_is_an_environment_only_where_it_is_published() {
    assert_eq!(environments(&[("Dockerfile", APP), ("Dockerfile-proxy", APP)]), ["production production: Dockerfile"]);
}

#[test]
fn an_overlay_of_no_environment_and_the_base_below_one_are_none() {
    let found = environments(&[
        (".env.example", "COMPOSE_FILE=docker-compose.yml:docker-compose.override.local.yml\n"),
        ("docker-compose.yml", "services: {web: {build: .}}\n"),
        ("docker-compose.override.local.yml", "services: {web: {command: manage.py runserver}}\n"),
        ("docker-compose.override.gpu.yml", "services: {web: {deploy: {}}}\n"),
        ("docker-compose.prod.yml", "services: {web: {build: ., command: gunicorn a}}\n"),
        ("Dockerfile", APP),
    ]);
    assert_eq!(
        found,
        [
            "prod production: docker-compose.prod.yml",
            "local development: docker-compose.yml docker-compose.override.local.yml .env.example"
        ]
    );
}

#[test]
fn a_base_that_starts_a_production_server_is_production() {
    let server = "services: {web: {build: ., command: bash -c 'wait; uwsgi app.ini'}}\n";
    let found = environments(&[("docker-compose.yml", server), ("Dockerfile", APP)]);
    assert_eq!(found, ["production production: docker-compose.yml"]);
    let reloading = "services: {web: {build: ., command: gunicorn --reload a}}\n";
    let found = environments(&[("docker-compose.yml", reloading), ("Dockerfile", APP)]);
    assert!(found.iter().any(|line| line == "development development: docker-compose.yml"), "{found:?}");
}

#[test]
fn a_job_of_a_linters_name_that_alone_runs_the_tests_is_the_test_environment() {
    let workflow = "on: push\njobs:\n  lint:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: pytest\n";
    let found = environments(&[("Dockerfile", APP), (".github/workflows/ci.yml", workflow)]);
    assert!(found.contains(&"test test: .github/workflows/ci.yml".to_owned()), "{found:?}");
}

#[test]
fn a_procfile_beside_an_image_that_starts_by_itself_is_read_by_a_buildpack() {
    let found =
        environments(&[("Dockerfile", APP), ("Procfile", "web: gunicorn a.wsgi\n"), ("requirements.txt", "django\n")]);
    assert!(found.iter().any(|line| line.ends_with(": Procfile")), "{found:?}");
}

#[test]
fn a_production_that_only_an_orchestrator_describes_is_said_to_be_there() {
    let files = [("k8s/web.yaml", "kind: Deployment\n"), ("docker-compose.dev.yml", "services: {web: {build: .}}\n")];
    let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
    let plan = infer(&Repository::read(&tree), &Config::read(&tree), false);
    assert!(plan.not_found.iter().any(|(_, why)| why.contains("Kubernetes manifests describe it (k8s/web.yaml)")));
}
