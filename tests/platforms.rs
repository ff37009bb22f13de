//! What platforms' files, development containers and task runners come to, joined.

use crate::support::{facts, holds};

const REQUIREMENTS: (&str, &str) = ("requirements.txt", "django==5.2\ngunicorn==23.0\n");

#[test]
fn a_blueprint_gives_its_services_what_groups_databases_and_other_services_hold() {
    let blueprint = "databases:\n  - {name: db, postgresMajorVersion: '16'}
services:
  - {type: keyvalue, name: cache}
  - type: web
    name: site
    runtime: python
    buildCommand: pip install -r requirements.txt
    preDeployCommand: python manage.py migrate
    startCommand: gunicorn site.wsgi
    envVars:
      - {key: PYTHON_VERSION, value: 3.12.4}
      - {fromGroup: shared}
      - {key: DATABASE_URL, fromDatabase: {name: db, property: connectionString}}
      - {key: MODE, fromService: {type: worker, name: jobs, envVarKey: MODE}}
  - type: worker
    name: jobs
    runtime: image
    image: {url: 'ghcr.io/x/jobs:1.4'}
    envVars: [{key: MODE, value: fast}]
envVarGroups:\n  - name: shared\n    envVars: [{key: LEVEL, value: info}]\n";
    let lines = facts(&[("render.yaml", blueprint), REQUIREMENTS]);
    holds(
        &lines,
        &[
            "production site runtime.python version=3.12.4",
            "production site package.django version=5.2",
            "production site variable.LEVEL value=info",
            "production site variable.MODE value=fast",
            "production site variable.RENDER value=true",
            "production site variable.DATABASE_URL value=?",
            "production jobs image.jobs tag=1.4",
            "production - service.database product=postgres",
            "production - service.database version=16",
        ],
    );
    assert!(lines.iter().any(|line| line.contains("service.") && line.ends_with("product=redis")), "{lines:#?}");
}

#[test]
fn fly_runs_commands_behind_the_entry_point_of_the_image() {
    let fly = "app = 'x'\n[env]\nMODE = 'live'\n[deploy]\nrelease_command = 'python manage.py migrate'\n\
               [processes]\nweb = 'gunicorn site.wsgi --bind :8000'\nworker = 'celery -A site worker'\n";
    let docker = "FROM python:3.12-slim\nCOPY . /app\nWORKDIR /app\nRUN pip install -r requirements.txt\nENTRYPOINT [\"/app/entry.sh\"]\nCMD [\"uvicorn\", \"a:b\"]\n";
    let entry = "#!/bin/sh\nexport ROLE=${1}\nexec \"$@\"\n";
    let lines = facts(&[("fly.toml", fly), ("Dockerfile", docker), ("entry.sh", entry), REQUIREMENTS]);
    holds(
        &lines,
        &[
            "production web process.web server=gunicorn",
            "production web variable.MODE value=live",
            "production web variable.ROLE value=gunicorn",
            "production worker process.worker server=celery-worker",
            "production release variable.ROLE value=python",
        ],
    );
    let pulled = "[build]\nimage = 'ghcr.io/x/y:2.1'\n[env]\nMODE = 'live'\n";
    let lines = facts(&[("fly.toml", pulled), REQUIREMENTS]);
    holds(&lines, &["production app image.app tag=2.1", "production app variable.MODE value=live"]);
    let builder = "[build]\nbuilder = 'paketobuildpacks/builder:base'\n";
    let lines = facts(&[
        ("fly.toml", builder),
        ("Procfile", "web: gunicorn a:b\n"),
        ("runtime.txt", "python-3.11.9"),
        REQUIREMENTS,
    ]);
    holds(&lines, &["production web process.web server=gunicorn", "production web package.django version=5.2"]);
    assert!(!lines.iter().any(|line| line.starts_with("platform")), "{lines:#?}");
}

#[test]
fn app_json_gives_variables_add_ons_and_the_tests() {
    let app = r#"{"env": {"LEVEL": "info", "KEY": {"generator": "secret"}}, "addons": ["heroku-postgresql", "heroku-redis"],
        "environments": {"test": {"addons": [{"plan": "heroku-postgresql:in-dyno", "options": {"version": "15"}}],
        "env": {"LEVEL": "debug"}, "scripts": {"test": "pytest -q"}}}}"#;
    let lines = facts(&[
        ("app.json", app),
        ("Procfile", "web: gunicorn a:b\n"),
        ("runtime.txt", "python-3.12.4\n"),
        REQUIREMENTS,
    ]);
    holds(
        &lines,
        &[
            "production web variable.LEVEL value=info",
            "production web runtime.python version=3.12.4",
            "production - service.database product=postgres",
            "test test variable.LEVEL value=debug",
            "test test package.django version=5.2",
            "test - service.database version=15",
        ],
    );
}

#[test]
fn a_development_container_has_its_image_its_features_and_what_its_commands_install() {
    let container = r#"{"image": "mcr.microsoft.com/devcontainers/base:bookworm",
        "features": {"ghcr.io/devcontainers/features/python:1": {"version": "3.13"}, "ghcr.io/devcontainers/features/node:1": {}},
        "containerEnv": {"LEVEL": "debug"},
        "postCreateCommand": "pip install -r requirements.txt", "postStartCommand": "python manage.py runserver"}"#;
    let lines = facts(&[(".devcontainer/devcontainer.json", container), REQUIREMENTS]);
    holds(
        &lines,
        &[
            "devcontainer app runtime.python version=3.13",
            "devcontainer app runtime.node version=?",
            "devcontainer app package.django version=5.2",
            "devcontainer app variable.LEVEL value=debug",
            "devcontainer app process.app server=django-runserver",
        ],
    );
    // The editor keeps the container up by a command of its own.
    let docker = "FROM python:3.12-slim\nRUN pip install django==5.2\nCMD [\"gunicorn\", \"a:b\"]\n";
    let files = [
        (".devcontainer/devcontainer.json", r#"{"build": {"dockerfile": "Dockerfile"}}"#),
        (".devcontainer/Dockerfile", docker),
    ];
    let lines = facts(&files);
    holds(&lines, &["devcontainer app runtime.python version=3.12"]);
    assert!(!lines.iter().any(|line| line.contains("process.")), "{lines:#?}");
}

#[test]
fn a_library_stays_one_in_an_editors_container() {
    let project = "[project]\nname = 'lib'\nversion = '1'\n";
    let container = r#"{"image": "python:3.12", "postCreateCommand": "pip install -e ."}"#;
    assert_eq!(facts(&[("pyproject.toml", project), (".devcontainer/devcontainer.json", container)]), [""; 0]);
}

#[test]
fn an_editor_starts_the_services_that_it_is_told_to() {
    let compose = "services:\n  app: {image: 'python:3.12', depends_on: [db]}\n  db: {image: 'postgres:16'}\n  docs: {image: 'python:3.9', environment: {A: b, C: d, E: f}}\n";
    let container = r#"{"dockerComposeFile": "../compose.yaml", "service": "app", "runServices": ["app"], "remoteEnv": {"LEVEL": "debug"}}"#;
    let lines = facts(&[("compose.yaml", compose), (".devcontainer/devcontainer.json", container), REQUIREMENTS]);
    holds(&lines, &["devcontainer app variable.LEVEL value=debug"]);
    let of_container = |line: &&String| line.starts_with("devcontainer docs");
    assert!(!lines.iter().any(|line| of_container(&line)), "{lines:#?}");
}

#[test]
fn the_entry_point_of_an_image_without_a_command_stays_before_that_of_a_service() {
    let docker = "FROM python:3.12-slim\nCOPY entry.sh /\nENTRYPOINT [\"/entry.sh\"]\n";
    let entry = "#!/bin/sh\nexport LEVEL=info\nexec \"$@\"\n";
    let compose = "services:\n  web:\n    build: .\n    command: gunicorn a:b\n";
    let lines = facts(&[("compose.production.yaml", compose), ("Dockerfile", docker), ("entry.sh", entry)]);
    holds(&lines, &["production web variable.LEVEL value=info", "production web process.web server=gunicorn"]);
}

#[test]
fn tasks_of_mise_stand_for_what_they_run() {
    let mise = "[tools]\npython = '3.12'\n[env]\nLEVEL = 'debug'\n[tasks.setup]\nrun = 'pip install -r requirements.txt'\n\
                [tasks.test]\ndepends = ['setup']\nrun = ['pytest -q', 'echo {{ done }}']\n";
    let flow = "on: push\njobs:\n  check:\n    runs-on: ubuntu-24.04\n    steps:\n      - uses: jdx/mise-action@v2\n      - run: mise run test -- -x\n";
    let lines = facts(&[("mise.toml", mise), (".github/workflows/ci.yml", flow), REQUIREMENTS]);
    holds(&lines, &["test check runtime.python version=3.12"]);
}
