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
fn what_pushes_the_sources_has_them_built_by_a_buildpack() {
    let with = |input: &str| {
        let flow = format!(
            "on: push\njobs:\n  ship:\n    runs-on: ubuntu-24.04\n    steps:\n      - uses: akhileshns/heroku-deploy@v4\n        with:\n          heroku_app_name: shop\n{input}"
        );
        let files =
            [("Dockerfile", "FROM python:3.12\nCOPY . /code\n"), ("Procfile", "web: gunicorn a:b\n"), REQUIREMENTS];
        facts(&[&files[..], &[(".github/workflows/ship.yml", &flow)]].concat())
    };
    let image =
        |lines: &[String]| lines.iter().any(|line| line.contains(" image.") && line.contains("repository=python"));
    let pushed = with("");
    assert!(!image(&pushed) && pushed.iter().any(|line| line.contains("package.django version=5.2")), "{pushed:#?}");
    let built = with("          usedocker: true\n");
    assert!(image(&built), "{built:#?}");
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
    let container = r#"{"dockerComposeFile": "compose.yaml", "service": "app", "runServices": ["app"], "remoteEnv": {"LEVEL": "debug"}}"#;
    let lines =
        facts(&[(".devcontainer/compose.yaml", compose), (".devcontainer/devcontainer.json", container), REQUIREMENTS]);
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

const DJANGO: &str = "import dj_database_url, os\nif 'DYNO' in os.environ and 'CI' not in os.environ:\n    DATABASES = \
    {'default': dj_database_url.config()}\nelse:\n    DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', \
    'NAME': 'db'}}\n";

#[test]
fn an_add_on_sets_its_variable_and_the_platform_tests_with_ci_set() {
    let app = r#"{"addons": ["heroku-postgresql:mini"], "environments": {"test": {"scripts": {"test": "pytest"}}}}"#;
    let lines = facts(&[
        ("app.json", app),
        ("Procfile", "web: gunicorn site.wsgi\n"),
        ("site/settings.py", DJANGO),
        ("site/wsgi.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site.settings')\n"),
        REQUIREMENTS,
    ]);
    holds(
        &lines,
        &[
            "production web variable.DATABASE_URL value=?",
            "production - service.database product=postgres",
            "test - service.database product=sqlite",
        ],
    );
}

#[test]
fn the_only_driver_that_production_installs_names_its_server() {
    let server = |driver: &str| {
        let files = [
            ("Procfile", "web: gunicorn site.wsgi\n"),
            (
                "site/settings.py",
                "import os, dj_database_url\nDATABASES = {'default': dj_database_url.parse(os.environ['DATABASE_URL'])}\n",
            ),
            ("site/wsgi.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site.settings')\n"),
            ("requirements.txt", driver),
        ];
        let lines = facts(&files);
        let product = "production - service.database product=";
        lines.iter().find_map(|line| line.strip_prefix(product).map(str::to_owned)).unwrap_or_default()
    };
    assert_eq!(server("django==5.2\npsycopg[binary]==3.2.1\n"), "postgres");
    assert_eq!(server("django==5.2\npsycopg2==2.9.9\nmysqlclient==2.2.4\n"), "?", "two servers");
    assert_eq!(server("django==5.2\nmysqlclient==2.2.4\n"), "?", "a driver of two products");
    assert_eq!(server("django==5.2\n"), "?", "no driver");
}

#[test]
fn a_file_that_stands_in_for_an_unset_address_is_not_what_a_driver_is_for() {
    let settings = "import os\nclass ProductionConfig:\n    SQLALCHEMY_DATABASE_URI = os.environ.get('DATABASE_URL') or \
        'sqlite:///data.db'\n";
    let product = |runner: (&str, &str)| {
        let packages = ("requirements.txt", "flask==3.0\npsycopg2==2.9.9\n");
        let lines = facts(&[runner, ("config.py", settings), packages]);
        let product = "production - service.database product=";
        lines.iter().find_map(|line| line.strip_prefix(product).map(str::to_owned)).unwrap_or_default()
    };
    assert_eq!(product(("Procfile", "web: gunicorn app:app\n")), "postgres", "a platform keeps no file");
    let image = "FROM python:3.13\nCOPY . .\nRUN pip install -r requirements.txt\nCMD gunicorn app:app\n";
    assert_eq!(product(("Dockerfile", image)), "sqlite", "so it is unless the variable is set");
}

#[test]
fn an_image_with_an_entry_point_of_its_own_is_not_what_a_buildpack_builds() {
    let lines = facts(&[
        ("Procfile", "web: gunicorn shop:app\n"),
        ("Dockerfile", "FROM python:3.9-alpine\nCOPY boot.sh ./\nENTRYPOINT [\"./boot.sh\"]\n"),
        ("boot.sh", "#!/bin/sh\nexec gunicorn -b :5000 shop:app\n"),
        ("requirements.txt", "gunicorn==23.0\n"),
    ]);
    let platform: Vec<&String> = lines.iter().filter(|line| line.contains(" web package.gunicorn version")).collect();
    assert_eq!(platform.len(), 1, "{lines:#?}");
    assert!(!lines.iter().any(|line| line.contains(" web image.")), "{lines:#?}");
}

#[test]
fn tests_without_requirements_of_their_own_run_on_those_of_development() {
    let lines = facts(&[
        ("config.py", "class Config:\n    pass\nclass TestingConfig(Config):\n    TESTING = True\n"),
        ("requirements.txt", "flask==3.0\ngunicorn==23.0\n"),
        ("requirements/dev.txt", "flask==3.0\ncoverage==7.6\n"),
    ]);
    assert!(lines.iter().any(|line| line.contains("package.coverage version=7.6")), "{lines:#?}");
    assert!(!lines.iter().any(|line| line.contains("package.gunicorn")), "{lines:#?}");
}

#[test]
fn settings_are_those_of_the_container_that_the_repository_builds() {
    let compose = "services:\n  convert: {image: 'acme/convert:8', command: [convert, --serve]}\n  work:\n    \
        build: .\n    command: sleep infinity\n    environment: {SHOP_DEBUG: 'true'}\n";
    let lines = facts(&[
        (".devcontainer/devcontainer.json", r#"{"dockerComposeFile": "../compose.yml", "service": "work"}"#),
        ("compose.yml", compose),
        ("Dockerfile", "FROM python:3.13\nCOPY . .\n"),
        ("shop/settings.py", "import os\nDEBUG = os.environ.get('SHOP_DEBUG') == 'true'\nINSTALLED_APPS = []\n"),
        ("manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"),
    ]);
    assert!(lines.iter().any(|line| line == "development - setting.DEBUG value=True"), "{lines:#?}");
}

#[test]
fn of_images_built_elsewhere_the_one_that_is_given_what_the_settings_read_speaks() {
    let compose = "services:\n  convert: {image: 'acme/convert:8', command: [convert, --serve]}\n  web:\n    image: \
        'acme/shop:4.2'\n    environment: {SHOP_DEBUG: 'true'}\n";
    let lines = facts(&[
        ("docker-compose.production.yml", compose),
        ("shop/settings.py", "import os\nDEBUG = os.environ.get('SHOP_DEBUG') == 'true'\nINSTALLED_APPS = []\n"),
        ("manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"),
    ]);
    assert!(lines.iter().any(|line| line == "production - setting.DEBUG value=True"), "{lines:#?}");
}

const SHOP: &str = "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\nENTRYPOINT [\"/app/entry.sh\"]\nCMD [\"gunicorn\", \"a:b\"]\n";

const POD: &str = "kind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n\
    \x20       - name: web\n          image: registry.example/acme/shop:1.0\n          args: [gunicorn, 'a:b', --bind, '0.0.0.0:80']\n\
    \x20         env: [{name: DATABASE_URL, value: 'postgres://u@db:5432/shop'}]\n          envFrom: [{configMapRef: {name: settings}}]\n---\n\
    kind: ConfigMap\nmetadata: {name: settings}\ndata: {LEVEL: info}\n---\n\
    kind: StatefulSet\nmetadata: {name: postgres}\nspec:\n  template:\n    metadata: {labels: {app: postgres}}\n    spec:\n\
    \x20     containers: [{name: postgres, image: 'postgres:16.2'}]\n---\n\
    kind: Service\nmetadata: {name: db}\nspec: {selector: {app: postgres}}\n---\n\
    kind: CronJob\nmetadata: {name: sweep}\nspec:\n  jobTemplate:\n    spec:\n      template:\n        spec:\n\
    \x20         containers: [{name: sweep, image: 'registry.example/acme/shop:1.0', command: [python, manage.py, clearsessions]}]\n";

#[test]
fn manifests_run_images_of_the_repository_with_their_variables_and_services() {
    let lines =
        facts(&[("k8s/all.yaml", POD), ("Dockerfile", SHOP), ("entry.sh", "#!/bin/sh\nexec \"$@\"\n"), REQUIREMENTS]);
    holds(
        &lines,
        &[
            "production web variable.LEVEL value=info",
            "production web package.django version=5.2",
            "production web runtime.python version=3.12",
            "production web process.web server=gunicorn",
            "production - service.database version=16.2",
            "production sweep package.django version=5.2",
        ],
    );
}

#[test]
fn overlays_are_environments_with_what_they_change() {
    let base = "resources: [all.yaml]\n";
    let overlay = |tag: &str, level: &str| {
        format!(
            "resources: [../../base]\nimages: [{{name: registry.example/acme/shop, newTag: '{tag}'}}]\npatches:\n  - patch: |-\n      kind: ConfigMap\n      \
             metadata: {{name: settings}}\n      data: {{LEVEL: {level}, ENVIRONMENT: staging}}\n"
        )
    };
    let (staging, live) = (overlay("2.0", "debug"), overlay("1.0", "warn").replace("ENVIRONMENT: staging", "A: b"));
    let lines = facts(&[
        ("deploy/base/kustomization.yaml", base),
        ("deploy/base/all.yaml", POD),
        ("deploy/overlays/staging/kustomization.yaml", &staging),
        ("deploy/overlays/production/kustomization.yaml", &live),
    ]);
    holds(
        &lines,
        &[
            "staging web variable.LEVEL value=debug",
            "staging web image.web tag=2.0",
            "production web variable.LEVEL value=warn",
            "production web image.web tag=1.0",
            "staging - service.database version=16.2",
        ],
    );
}

#[test]
fn a_task_definition_runs_its_containers() {
    let task = r#"{"family": "shop", "containerDefinitions": [{"name": "web", "image": "1.dkr.ecr.eu-west-1.amazonaws.com/shop:latest",
        "command": ["gunicorn", "a:b"], "environment": [{"name": "LEVEL", "value": "info"}], "secrets": [{"name": "KEY", "valueFrom": "arn"}]}]}"#;
    let lines = facts(&[
        ("task-definition.json", task),
        ("Dockerfile", SHOP),
        ("entry.sh", "#!/bin/sh\nexec \"$@\"\n"),
        REQUIREMENTS,
    ]);
    holds(
        &lines,
        &[
            "production web variable.LEVEL value=info",
            "production web variable.KEY value=?",
            "production web package.django version=5.2",
            "production web process.web server=gunicorn",
        ],
    );
}

#[test]
fn a_base_of_requirements_is_no_image_that_a_platform_runs() {
    let with = |copies: &str| {
        let other = format!("FROM python:3.8\n{copies}RUN pip install -r requirements.txt\n");
        let files = [
            ("Procfile", "web: gunicorn site.wsgi\n"),
            ("Dockerfile", "FROM acme/base\nCOPY . /app\n"),
            ("Dockerfile.packages", other.as_str()),
            ("site/wsgi.py", ""),
            REQUIREMENTS,
        ];
        facts(&files).iter().any(|line| line.contains("image.") && line.contains("tag=3.8"))
    };
    assert!(with("COPY . /app\n"));
    assert!(!with("COPY requirements.txt .\n"));
}
