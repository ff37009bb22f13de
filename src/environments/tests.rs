use super::infer;
use crate::discover::{Config, Overlay, Tree};
use crate::links::Repository;

/// `name role: files` of each environment.
pub(super) fn environments(files: &[(&str, &str)]) -> Vec<String> {
    let tree = Tree::open(Box::new(Overlay::of(files.iter().copied()))).unwrap();
    let repository = Repository::read(&tree);
    let plan = infer(&repository, &Config::read(&tree), false);
    let line = |planned: &super::Planned| {
        let about = &planned.environment;
        let paths: Vec<&str> = about.files.iter().map(|file| tree.path(*file)).collect();
        let project = if about.project == "." { String::new() } else { format!("{}/", about.project) };
        format!("{project}{} {}: {}", about.name, about.role.name(), paths.join(" "))
    };
    plan.environments.iter().map(line).collect()
}

const APP: &str = "FROM python:3.12\nCOPY . /app\nCMD gunicorn a.wsgi\n";

#[test]
fn a_table_for_a_role_speaks_of_the_only_environment_of_it() {
    let prod = ("compose.prod.yml", "services: {web: {build: ., command: gunicorn a}}\n");
    let dev = ("compose.yml", "services: {web: {build: ., command: python manage.py runserver}}\n");
    let with = |files: &[(&str, &str)], config: &str| {
        let files: Vec<(&str, &str)> =
            files.iter().copied().chain([dev, ("Dockerfile", APP), ("paritylint.toml", config)]).collect();
        let named = |line: String| line.split(':').next().unwrap_or_default().to_owned();
        environments(&files).into_iter().map(named).collect::<Vec<_>>()
    };
    let provides = "[environments.production]\nprovides = [\"A\"]\n";
    assert_eq!(with(&[prod], ""), ["prod production", "development development"]);
    assert_eq!(with(&[prod], provides), ["production production", "development development"]);
    let gone = "[environments.production]\nexists = false\n";
    assert_eq!(with(&[prod], gone), ["development development"]);
    // A name that is no word for a role is another environment, and so is the second of a role.
    let eu = "[environments.eu]\nrole = \"production\"\nprovides = [\"A\"]\n";
    assert_eq!(with(&[prod], eu), ["eu production", "prod production", "development development"]);
    let both = format!("{provides}[environments.prod]\nrole = \"production\"\n");
    assert_eq!(with(&[prod], &both), ["production production", "prod production", "development development"]);
}

#[test]
fn templates_of_projects_and_demonstrations_are_no_environments() {
    let found = environments(&[
        ("Dockerfile", APP),
        ("extras/demo/Dockerfile", APP),
        ("{{cookiecutter.name}}/docker-compose.staging.yml", "services: {web: {build: .}}\n"),
        ("tools/viewer/docker-compose.yml", "services: {db: {image: mongo}}\n"),
        ("docker-compose.dev-old.yml", "services: {web: {build: ., command: python manage.py runserver}}\n"),
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
fn a_guide_says_which_files_run_together_over_several_lines() {
    let guide =
        "# Shop\n\n```sh\nsudo docker compose \\\n  -f docker-compose.yml \\\n  -f docker-compose.live.yml up\n```\n";
    let found = environments(&[
        ("README.md", guide),
        ("docker-compose.yml", "services: {web: {build: .}}\n"),
        ("docker-compose.live.yml", "services: {web: {build: ., command: gunicorn a}}\n"),
        ("Dockerfile", APP),
    ]);
    assert_eq!(found[0], "live production: docker-compose.yml docker-compose.live.yml README.md");
}

#[test]
fn what_a_command_names_as_a_compose_file_is_one() {
    let make = "test:\n\tdocker compose -f ops/testing.yml run web pytest\n";
    let found = environments(&[
        ("Makefile", make),
        ("ops/testing.yml", "services: {web: {image: 'a/b:1'}}\n"),
        ("Dockerfile", APP),
    ]);
    assert!(found.contains(&"testing test: ops/testing.yml Makefile".to_owned()), "{found:?}");
    let guide = (
        "README.md",
        "> docker-compose -f docker/docker-compose.yml up\n\n    docker compose -f docker/docker-compose.yml up\n",
    );
    let found = environments(&[
        guide,
        ("docker/docker-compose.yml", "services: {db: {image: 'postgres:16'}}\n"),
        ("Dockerfile", APP),
    ]);
    assert!(
        found.iter().any(|line| line.starts_with("development development: docker/docker-compose.yml")),
        "{found:?}"
    );
}

#[test]
fn stages_named_for_environments_are_theirs_and_what_is_published_is_productions() {
    let stages =
        "FROM python:3.12 AS base\nFROM base AS production\nCMD gunicorn a.wsgi\nFROM base AS dev\nCMD flask run\n";
    let both = ["production production: Dockerfile", "dev development: Dockerfile"];
    assert_eq!(environments(&[("Dockerfile", stages)]), both);
    let compose = ("docker-compose.yml", "services: {web: {build: {context: ., target: '${TARGET:-dev}'}}}\n");
    let composed = ["production production: Dockerfile", "development development: docker-compose.yml"];
    assert_eq!(environments(&[("Dockerfile", stages), compose]), composed);
    let flow = "on: push\njobs: {b: {runs-on: x, steps: [{uses: docker/build-push-action@v6, with: {push: true, target: dev}}]}}\n";
    let found = environments(&[("Dockerfile", stages), (".github/workflows/b.yml", flow)]);
    assert_eq!(found[0], both[0], "an image for developers, beside a stage for production: {found:?}");
    let missing = flow.replace("target: dev", "target: other");
    let found = environments(&[("Dockerfile", stages), (".github/workflows/b.yml", &missing)]);
    assert!(found[0].starts_with("production production: Dockerfile .github"), "{found:?}");
    let only = "FROM python:3.12 AS base\nFROM base AS dev\nCMD flask run\n";
    assert_eq!(environments(&[("Dockerfile", only)]), ["dev development: Dockerfile"]);
}

#[test]
fn an_argument_that_chooses_the_stage_leaves_the_image_whole() {
    let switched = "ARG ENV=dev\nFROM python:3.12 AS app-prod\nFROM python:3.13 AS app-dev\nFROM app-${ENV}\nCMD gunicorn a.wsgi\n";
    let prod = ("docker-compose.prod.yml", "services: {web: {build: {context: ., args: {ENV: prod}}}}\n");
    assert_eq!(environments(&[("Dockerfile", switched), prod]), ["prod production: docker-compose.prod.yml"]);
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
    for (path, what) in
        [("k8s/web.yaml", "Kubernetes manifests"), ("chart/Chart.yaml", "Helm charts"), ("a.tf", "Terraform")]
    {
        let files = [(path, "kind: Deployment\n"), ("docker-compose.dev.yml", "services: {web: {build: .}}\n")];
        let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
        let plan = infer(&Repository::read(&tree), &Config::read(&tree), false);
        let said = |why: &str| why.contains(what) && why.contains(path) && why.contains("[environments.production]");
        assert!(plan.not_found.iter().any(|(_, why)| said(why)), "{:?}", plan.not_found);
    }
}

#[test]
fn a_ci_that_is_not_read_is_named() {
    let files = [("appveyor.yml", "pipeline {}\n"), ("docker-compose.prod.yml", "services: {web: {build: .}}\n")];
    let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
    let plan = infer(&Repository::read(&tree), &Config::read(&tree), false);
    assert!(plan.not_found.iter().any(|(_, why)| why.contains("appveyor.yml")), "{:?}", plan.not_found);
}

#[test]
fn overlays_are_named_by_their_folders_and_a_base_by_itself_is_production() {
    let pod = "kind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {containers: [{name: web, image: 'a/b:1'}]}}}\n";
    let overlay = "resources: [../base]\n";
    let found = environments(&[
        ("k8s/base/kustomization.yaml", "resources: [web.yaml]\n"),
        ("k8s/base/web.yaml", pod),
        ("k8s/prod/kustomization.yaml", overlay),
        ("k8s/stage/kustomization.yaml", overlay),
        ("k8s/nightly/kustomization.yaml", overlay),
    ]);
    let names: Vec<&str> = found.iter().filter_map(|line| line.split(':').next()).collect();
    assert_eq!(names, ["prod production", "stage staging", "nightly staging"]);
    let files = [("k8s/base/kustomization.yaml", "resources: [web.yaml]\n"), ("k8s/base/web.yaml", pod)];
    assert!(environments(&files)[0].starts_with("production production"));
    let files = [("k8s/dev/web.yaml", pod), ("k8s/dev/prod-settings.yaml", pod), ("tools/seed/Dockerfile", APP)];
    let named = environments(&files);
    assert!(
        named.iter().any(|line| line.starts_with("dev development: k8s/dev/prod-settings.yaml k8s/dev/web.yaml")),
        "{named:?}"
    );
    let files = [("k8s/web.yaml", pod), ("tools/seed/Dockerfile", APP), ("b/Dockerfile", APP)];
    assert_eq!(environments(&files), ["production production: k8s/web.yaml b/Dockerfile"]);
    let guess = "services: {web: {build: ., restart: always}}\n";
    let files = [
        ("k8s/web.yaml", pod),
        ("docker-compose.yml", guess),
        ("docker-compose.override.yml", guess),
        ("Dockerfile", APP),
    ];
    assert!(environments(&files)[0].starts_with("production production: k8s/web.yaml"));
}

const SERVICE: (&str, &str) = ("services: {web: {build: ., volumes: ['.:/app']}}\n", "flask==3.0\n");

#[test]
fn folders_that_nothing_joins_are_projects_of_their_own() {
    let found = environments(&[
        ("shop/Dockerfile", APP),
        ("shop/docker-compose.yml", SERVICE.0),
        ("shop/requirements.txt", SERVICE.1),
        ("blog/Dockerfile", APP),
        ("blog/docker-compose.yml", SERVICE.0),
        ("blog/requirements.txt", SERVICE.1),
        (
            ".github/workflows/shop.yml",
            "on: push\njobs: {t: {runs-on: ubuntu-24.04, steps: [{run: cd shop && pytest}]}}\n",
        ),
    ]);
    assert_eq!(
        found,
        [
            "blog/production production: blog/Dockerfile",
            "blog/development development: blog/docker-compose.yml",
            "shop/production production: shop/Dockerfile",
            "shop/test test: .github/workflows/shop.yml",
            "shop/development development: shop/docker-compose.yml",
        ]
    );
}

#[test]
fn what_one_compose_file_or_workflow_builds_are_components_of_one_project() {
    let both = "services: {a: {build: ./shop}, b: {build: ./blog}}\n";
    let files = [("shop/Dockerfile", APP), ("blog/Dockerfile", APP), ("docker-compose.dev.yml", both)];
    let joined = ["production production: blog/Dockerfile shop/Dockerfile", "dev development: docker-compose.dev.yml"];
    assert_eq!(environments(&files), joined);
    let flow = "on: push\njobs: {b: {runs-on: ubuntu-24.04, steps: [{run: docker build shop && docker build blog}]}}\n";
    let files = [("shop/Dockerfile", APP), ("blog/Dockerfile", APP), (".github/workflows/build.yml", flow)];
    assert_eq!(environments(&files), joined[..1]);
    let services = "services: {db: {image: 'postgres:16'}}\n";
    let files = [("shop/Dockerfile", APP), ("blog/Dockerfile", APP), ("docker-compose.yml", services)];
    let found = environments(&files);
    assert!(found.iter().all(|line| !line.contains("shop/production")), "{found:?}");
}

#[test]
fn the_only_program_among_folders_has_what_lies_in_none() {
    let flow = "on: push\njobs: {t: {runs-on: ubuntu-24.04, steps: [{run: pytest api}]}}\n";
    let found = environments(&[
        ("api/Dockerfile", APP),
        ("api/requirements.txt", SERVICE.1),
        ("ui/docker-compose.yml", "services: {ui: {build: ., volumes: ['.:/ui']}}\n"),
        ("ui/package.json", "{}"),
        (".github/workflows/ci.yml", flow),
    ]);
    assert!(found.contains(&"test test: .github/workflows/ci.yml".to_owned()), "{found:?}");
    assert!(found.contains(&"production production: api/Dockerfile".to_owned()), "{found:?}");
}

#[test]
fn configuration_says_which_folders_are_projects() {
    let both = "services: {a: {build: ./shop}, b: {build: ./blog}}\n";
    let mut files = vec![("shop/Dockerfile", APP), ("blog/Dockerfile", APP), ("docker-compose.dev.yml", both)];
    files.push(("paritylint.toml", "projects = [\"sh*\", \"blog\"]\n"));
    assert!(environments(&files).contains(&"blog/production production: blog/Dockerfile".to_owned()));
    let mut files = vec![("shop/Dockerfile", APP), ("blog/Dockerfile", APP)];
    files.push(("paritylint.toml", "projects = []\n"));
    assert_eq!(environments(&files), ["production production: blog/Dockerfile shop/Dockerfile"]);
}

#[test]
fn a_collection_is_left_out() {
    let files: Vec<(String, &str)> = (0..9).map(|n| (format!("tool{n}/Dockerfile"), APP)).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    assert_eq!(environments(&files), [""; 0]);
    let mut files = files;
    files.push(("web/docker-compose.prod.yml", "services: {web: {image: 'acme/site:1'}}\n"));
    assert_eq!(environments(&files), ["web/prod production: web/docker-compose.prod.yml"]);
}

#[test]
fn several_environments_of_one_name_are_told_apart_by_their_files() {
    let other = "services: {web: {image: 'a/b:1', restart: always}}\n";
    let found = environments(&[
        ("docker-compose.prod.yml", other),
        ("deploy/nginx/docker-compose.prod.yml", other),
        ("deploy/traefik/docker-compose.prod.yml", other),
        ("docker-compose.prod.gpu.yml", other),
    ]);
    let names: Vec<&str> = found.iter().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(names, ["prod", "prod-gpu", "prod-nginx", "prod-traefik"], "{found:?}");
}

#[test]
fn an_image_that_only_development_builds_is_no_production() {
    let compose =
        ("compose.yml", "services: {web: {build: ., command: python manage.py runserver, volumes: ['.:/app']}}\n");
    let productions = |dockerfile: &str, more: &[(&str, &str)]| {
        let files: Vec<(&str, &str)> = more.iter().copied().chain([compose, ("Dockerfile", dockerfile)]).collect();
        let found = environments(&files);
        found.into_iter().filter(|line| line.contains(" production:")).collect::<Vec<_>>()
    };
    assert_eq!(productions(APP, &[]).len(), 1, "it could be deployed as it stands");
    assert!(productions("FROM python:3.12\nCOPY . /app\n", &[]).is_empty(), "no command");
    assert!(productions("FROM python:3.12\nCMD [\"python\", \"manage.py\", \"runserver\"]\n", &[]).is_empty());
    let entry = ("entry.sh", "#!/bin/sh\npython manage.py runserver 0.0.0.0:80\n");
    assert!(productions("FROM python:3.12\nCOPY . /app\nENTRYPOINT [\"/app/entry.sh\"]\n", &[entry]).is_empty());
    let procfile = [("Procfile", "web: gunicorn a.wsgi\n"), ("requirements.txt", "gunicorn\n")];
    let found = productions(APP, &procfile);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("Procfile"), "{found:?}");
}

#[test]
fn a_class_that_is_one_part_of_the_settings_is_no_environment() {
    let parts = "from pydantic_settings import BaseSettings\nclass AppSettings(BaseSettings):\n    NAME: str = 'a'\n\
        class TestSettings(BaseSettings):\n    LEVEL: str = 'b'\n";
    let named = |end: &str| {
        let text = format!("{parts}{end}");
        environments(&[("config.py", &text), ("Dockerfile", APP)]).iter().any(|line| line.contains(" test:"))
    };
    assert!(!named("class Settings(AppSettings, TestSettings):\n    pass\n"));
    assert!(named(""));
}

#[test]
fn a_variant_that_starts_a_server_for_others_is_no_production() {
    let compose = ("contrib/docker-compose-postgres.yml", "services: {db: {image: 'postgres:16'}}\n");
    let found = environments(&[compose, ("Dockerfile", APP)]);
    assert_eq!(found, ["production production: Dockerfile"]);
}

#[test]
fn a_file_for_flask_run_by_hand_is_development() {
    let found = environments(&[(".flaskenv", "FLASK_DEBUG=1\n"), ("Dockerfile", APP)]);
    assert!(found.iter().any(|line| line == "development development: .flaskenv"), "{found:?}");
}

#[test]
fn processes_that_a_service_starts_are_no_environment_beside_it() {
    let compose =
        ("compose.yml", "services: {web: {build: ., command: honcho start -f Procfile.dev, volumes: ['.:/app']}}\n");
    let found = environments(&[compose, ("Procfile.dev", "web: flask run\n"), ("Dockerfile", APP)]);
    assert!(!found.iter().any(|line| line.contains("Procfile.dev")), "{found:?}");
}

#[test]
fn a_site_that_nobody_packages_is_no_library_though_only_its_tests_are_seen() {
    let flow = "on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps: [{run: pytest}]\n";
    let site = |project: &str| {
        let files = [
            (".github/workflows/ci.yml", flow),
            ("manage.py", "import os\n"),
            ("settings.py", "ROOT_URLCONF = 'urls'\n"),
            ("pyproject.toml", project),
        ];
        environments(&files).len()
    };
    assert_eq!(site("[project]\nname = 'shop'\n"), 1);
    assert_eq!(site("[project]\nname = 'shop'\n[build-system]\nrequires = []\n"), 0, "a library with a site to try it");
}

#[test]
fn of_dockerfiles_beside_one_another_the_one_with_a_command_runs() {
    let found = environments(&[
        ("Dockerfile", "FROM python:3.13\nRUN pip install django\n"),
        ("Dockerfile.auto", "FROM python:3.13\nCOPY . .\nCMD gunicorn a.wsgi\n"),
        ("requirements.txt", "django\n"),
        ("manage.py", ""),
    ]);
    assert_eq!(found, ["production production: Dockerfile.auto"]);
}
