//! What task runners, buildpacks and guides say that runs, joined.

use crate::support::{facts, holds};

const REQUIREMENTS: (&str, &str) = ("requirements.txt", "django==5.2\ngunicorn==23.0\n");

#[test]
fn a_buildpack_takes_the_lock_of_pipenv_first_and_the_python_that_it_asks_for() {
    let lock = r#"{"_meta": {"requires": {"python_version": "3.11"}}, "default": {"django": {"version": "==4.2.1"}}, "develop": {}}"#;
    let files = [
        ("Procfile", "web: gunicorn a:b\n"),
        ("Pipfile.lock", lock),
        ("Pipfile", "[packages]\ndjango = '*'\n[requires]\npython_version = '3.11'\n"),
        REQUIREMENTS,
    ];
    let lines = facts(&files);
    holds(&lines, &["production web package.django version=4.2.1", "production web runtime.python version=3.11"]);
    let mut files = files.to_vec();
    files.push(("runtime.txt", "python-3.12.4\n"));
    holds(&facts(&files), &["production web runtime.python version=3.12.4"]);
}

#[test]
fn a_step_that_a_guide_tells_of_is_no_process_of_development() {
    let guide = "# Set up\n\n```\nflask db init\ncelery -A a worker\nflask run --with-threads\n```\n";
    let lines = facts(&[
        ("README.md", guide),
        ("Procfile", "web: gunicorn a:b\n"),
        REQUIREMENTS,
        (".flaskenv", "FLASK_APP=app\n"),
    ]);
    assert!(!lines.iter().any(|line| line.contains("server=release-step")), "{lines:#?}");
    holds(&lines, &["development host process.web server=flask-run"]);
}

#[test]
fn processes_that_runners_start_are_the_commands_behind_them() {
    let makefile = "run-dev: assets\n\tpython manage.py migrate\n\tpython manage.py runserver 0.0.0.0:8000\n\
                    assets:\n\ttouch x\nrun-prod:\n\tgunicorn site.wsgi -b 0.0.0.0:$(PORT) --workers 4\nPORT = 9000\n";
    let justfile = "port := '8001'\nserve *args: migrate\n    uvicorn site:app --port {{ port }} {{ args }}\nmigrate:\n    alembic upgrade head\n";
    let package = r#"{"scripts": {"start": "concurrently -n A,B \"npm run assets\" \"npm run flask\"", "assets": "webpack --watch",
        "flask": "flask run --host=0.0.0.0", "ui": "react-scripts start"}}"#;
    let compose = |command: &str| format!("services:\n  web:\n    build: .\n    command: {command}\n");
    let (dev, prod) = (compose("make run-dev"), compose("make run-prod"));
    let files = [
        ("Dockerfile", "FROM python:3.12-slim\nWORKDIR /code\nCOPY . .\nRUN pip install -r requirements.txt\n"),
        ("Makefile", makefile),
        ("justfile", justfile),
        ("package.json", package),
        ("docker-compose.dev.yml", &dev),
        ("docker-compose.prod.yml", &prod),
        REQUIREMENTS,
    ];
    let lines = facts(&files);
    holds(
        &lines,
        &[
            "dev web process.web server=django-runserver",
            "prod web process.web server=gunicorn",
            "prod web process.web port=9000",
        ],
    );
    assert!(!lines.iter().any(|line| line.contains("release-step")), "{lines:#?}");
    let mut files = files;
    let (dev, prod) = (compose("npm start"), compose("just serve --workers 2"));
    (files[4].1, files[5].1) = (&dev, &prod);
    let lines = facts(&files);
    holds(
        &lines,
        &[
            "dev web process.web server=flask-run",
            "prod web process.web command=uvicorn site:app --port 8001 --workers 2",
        ],
    );
    // What is no server of ours stays as it is called.
    let dev = compose("npm run ui");
    files[4].1 = &dev;
    holds(&facts(&files), &["dev web process.web command=npm run ui"]);
}

#[test]
fn scripts_of_node_say_what_development_runs() {
    let package = r#"{"scripts": {"start": "run-script-os", "start:default": "npm-run-all -p assets web",
        "assets": "webpack", "web": "flask run --port 5001"}}"#;
    let files = [
        ("package.json", package),
        ("Procfile", "web: gunicorn a:b\n"),
        REQUIREMENTS,
        (".flaskenv", "FLASK_APP=app\n"),
    ];
    holds(&facts(&files), &["development host process.web server=flask-run", "development host process.web port=5001"]);
}

#[test]
fn an_image_without_a_python_has_the_one_that_its_commands_bring() {
    let python = |docker: &str| {
        let docker = format!("{docker}\nCOPY . .\nRUN pip3 install -r requirements.txt\nCMD [\"gunicorn\", \"a:b\"]\n");
        let lines = facts(&[("Dockerfile", &docker), ("manage.py", ""), REQUIREMENTS]);
        let found =
            lines.iter().find_map(|line| line.split_once("runtime.python version=").map(|(_, found)| found.to_owned()));
        found.unwrap_or_default()
    };
    let pyenv = "ENV PYTHON_VERSION=3.9.22\nRUN pyenv install $PYTHON_VERSION && pyenv global $PYTHON_VERSION";
    assert_eq!(python(&format!("FROM node:22-alpine3.19\n{pyenv}")), "3.9.22");
    assert_eq!(python("FROM ubuntu:22.04\nRUN pyenv install 3.11.4 && pyenv install 3.12.1"), "?");
    assert_eq!(python("FROM ubuntu:22.04\nRUN apt-get install -y python3 python3-pip"), "3.10");
    assert_eq!(python("FROM ubuntu:22.04\nRUN apt-get install -y python3.12 python3.12-venv"), "3.12");
    assert_eq!(python("FROM ubuntu:22.04\nRUN apt-get install -y python3 python3.12"), "");
    assert_eq!(python("FROM node:20-bookworm-slim\nRUN apt-get update && apt-get install -y python3-pip"), "3.11");
    assert_eq!(python("FROM alpine:3.19.1\nRUN apk add --no-cache py3-pip"), "3.11");
    assert_eq!(python("FROM python:3.13-slim-bookworm\nRUN apt-get install -y python3-dev"), "3.13");
    assert_eq!(python("FROM registry.internal/base:1\nRUN apt-get install -y python3"), "?");
    assert_eq!(python("ARG RELEASE\nFROM python:$RELEASE"), "?");
    assert_eq!(python("ARG RELEASE\nFROM python:${RELEASE}-slim"), "?");
}

#[test]
fn a_guide_tells_which_kind_of_service_productions_address_is_of() {
    let settings = "import os\nimport dj_database_url\nINSTALLED_APPS = []\n\
        DATABASES = {'default': dj_database_url.parse(os.environ.get('DATABASE_URL', 'sqlite:///db.sqlite3'))}\n";
    let of = |heading: &str, line: &str| {
        let guide = format!("# Shop\n\n## {heading}\n\n```\n{line}\n```\n");
        facts(&[
            ("Dockerfile", "FROM python:3.12\nCOPY . .\nRUN pip install -r requirements.txt\nCMD gunicorn shop.wsgi\n"),
            ("requirements.txt", "django==5.2\ndj-database-url==2.3\ngunicorn==23.0\n"),
            ("manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"),
            ("shop/wsgi.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"),
            ("shop/settings.py", settings),
            ("README.md", guide.as_str()),
        ])
    };
    let address = "DATABASE_URL=postgresql://<user>:<password>@<host>/<name>";
    holds(&of("Production environments", address), &["production - service.database product=postgres"]);
    holds(&of("Local development", address), &["production - service.database product=sqlite"]);
    holds(&of("Production", "DATABASE_URL=..."), &["production - service.database product=sqlite"]);
}

#[test]
fn guides_tell_what_is_set_on_a_platform() {
    let guide = "# Install\n\n```bash\n$ dokku config:set site MAIL_BACKEND='x.backends.Mail' \\\n  API_TOKEN=abc\n```\n\n\
                 Run `heroku config:set DEBUG=False HOST=example.com` and\n`heroku config:set -a site-staging LEVEL=staging`.\n";
    let settings = "import os\nMAIL = os.environ.get('MAIL_BACKEND', 'console')\nTOKEN = os.environ['API_TOKEN']\n";
    let lines = facts(&[
        ("INSTALL.md", guide),
        ("Procfile", "web: gunicorn a:b\n"),
        ("site/settings.py", settings),
        REQUIREMENTS,
    ]);
    holds(
        &lines,
        &[
            "production web variable.MAIL_BACKEND value=x.backends.Mail",
            "production web variable.API_TOKEN value=?",
            "production web variable.DEBUG value=False",
            "production web variable.HOST value=?",
        ],
    );
    assert!(!lines.iter().any(|line| line.contains("variable.LEVEL")), "{lines:#?}");
}

#[test]
fn a_job_and_a_service_of_one_name_are_both_there() {
    let workflow = "on: push\njobs:\n  test:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: pytest\n      \
                    - run: docker compose run test pytest -m slow\n";
    let compose = "services:\n  test:\n    build: .\n";
    let lines = facts(&[
        (".github/workflows/main.yml", workflow),
        ("compose.yml", compose),
        ("Dockerfile", "FROM python:3.12-slim\nCOPY . .\nRUN pip install -r requirements.txt\n"),
        REQUIREMENTS,
    ]);
    holds(&lines, &["test test image.test tag=3.12-slim"]);
    assert!(lines.iter().any(|line| line.starts_with("test main-test image.")), "{lines:#?}");
}

#[test]
fn scripts_behind_an_init_are_followed_however_it_is_named() {
    let docker = "FROM python:3.12-slim\nCOPY . /code\nWORKDIR /code\nRUN pip install -r requirements.txt\n";
    let script = "#!/bin/sh\npython manage.py migrate\nexec gunicorn site.wsgi \"$@\"\n";
    for entry in [
        "[\"tini\", \"--\", \"/code/boot.sh\", \"-w\", \"2\"]",
        "[\"/sbin/tini\", \"--\", \"/code/boot.sh\", \"-w\", \"2\"]",
        "[\"/usr/bin/dumb-init\", \"--\", \"/bin/bash\", \"/code/boot.sh\", \"-w\", \"2\"]",
    ] {
        let docker = format!("{docker}ENTRYPOINT {entry}\n");
        let lines = facts(&[("Dockerfile", &docker), ("boot.sh", script), ("manage.py", ""), REQUIREMENTS]);
        assert!(lines.iter().any(|line| line.ends_with("command=gunicorn site.wsgi -w 2")), "{entry}: {lines:#?}");
    }
}

#[test]
fn a_job_has_what_the_targets_it_makes_install_and_set() {
    let workflow = "on: push\njobs:\n  test:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: make install test\n";
    let makefile = "export LEVEL = high\ninstall:\n\tpip install -r requirements.txt\ntest:\n\tMULTI=false python manage.py test\n";
    let files = [(".github/workflows/main.yml", workflow), ("Makefile", makefile), ("manage.py", ""), REQUIREMENTS];
    holds(
        &facts(&files),
        &[
            "test test variable.MULTI value=false",
            "test test variable.LEVEL value=high",
            "test test package.django version=5.2",
        ],
    );
}

#[test]
fn a_script_of_commands_is_no_server() {
    let manage =
        "from flask_script import Manager\nmanager = Manager(app)\nif __name__ == '__main__':\n    manager.run()\n";
    let procfile = "web: gunicorn a:b\nrelease: python manage.py db upgrade\nworker: python work.py\n";
    let files = [("Procfile", procfile), ("manage.py", manage), ("work.py", "cli.run()\n"), REQUIREMENTS];
    let lines = facts(&files);
    assert!(!lines.iter().any(|line| line.contains("flask-app-run")), "{lines:#?}");
}

#[test]
fn tests_that_a_shell_of_a_service_runs_or_a_service_that_is_brought_up_are_the_environment_of_tests() {
    let dockerfile =
        "FROM python:3.12\nWORKDIR /src\nCOPY . .\nRUN pip install django==5.0\nCMD python manage.py runserver\n";
    let compose = "services:\n  web:\n    build: .\n    volumes: ['.:/src']\n";
    let brought = "services:\n  web:\n    build: .\n    entrypoint: pytest\n    command: -n 2\n";
    for (run, file) in [
        ("docker compose run web bash -c 'coverage run manage.py test && coverage xml'", compose),
        ("docker compose up --exit-code-from web", brought),
    ] {
        let workflow = format!("on: push\njobs:\n  checks:\n    runs-on: x\n    steps:\n      - run: {run}\n");
        let files = [
            (".github/workflows/a.yml", workflow.as_str()),
            ("Dockerfile", dockerfile),
            ("docker-compose.yml", file),
            ("manage.py", "import django\n"),
        ];
        let lines = facts(&files);
        assert!(lines.iter().any(|line| line.starts_with("test web")), "{run}: {lines:?}");
    }
}

#[test]
fn tests_in_a_running_service_are_in_what_the_job_brought_up_with_all_its_files() {
    let flow = "on: push\njobs: {t: {runs-on: u, steps: [{run: docker compose -f compose.yml -f compose.local.yml up -d}, {run: make test}]}}\n";
    let files = [
        (".github/workflows/t.yml", flow),
        (
            "Makefile",
            "test:\n\tdocker compose exec web bash -c \"coverage run manage.py test --settings=shop.tests\"\n",
        ),
        ("compose.yml", "services: {db: {image: 'postgres:16'}}\n"),
        ("compose.local.yml", "services: {web: {build: .}}\n"),
        ("Dockerfile", "FROM python:3.13-slim\nCOPY . /app\nCMD gunicorn shop.wsgi\n"),
        ("manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"),
        ("shop/settings.py", "DEBUG = False\n"),
        ("shop/tests.py", "DEBUG = False\n"),
    ];
    let wanted = ["test web image.web reference=python:3.13-slim", "test - setting.SETTINGS_MODULE value=shop.tests"];
    holds(&facts(&files), &wanted);
}

#[test]
fn variables_that_a_call_hands_to_a_service_are_those_of_what_runs_there() {
    let flow = "on: push\njobs: {t: {runs-on: u, steps: [{run: docker compose run -e DJANGO_SETTINGS_MODULE=shop.tests web bash -c 'pytest -x'}]}}\n";
    let files = [
        (".github/workflows/t.yml", flow),
        ("compose.yml", "services: {web: {build: ., environment: {DJANGO_SETTINGS_MODULE: shop.dev}}}\n"),
        ("Dockerfile", "FROM python:3.13-slim\nCOPY . /app\nCMD gunicorn shop.wsgi\n"),
        ("manage.py", "import os\n"),
        ("shop/dev.py", "DEBUG = True\nINSTALLED_APPS = []\n"),
        ("shop/tests.py", "DEBUG = False\nINSTALLED_APPS = []\n"),
    ];
    holds(&facts(&files), &["test - setting.SETTINGS_MODULE value=shop.tests"]);
}

#[test]
fn a_password_that_is_only_fallen_back_to_is_told_from_one_that_is_given() {
    let of = |password: &str| {
        let compose = format!(
            "services:\n  db:\n    image: postgres:16\n    environment:\n      POSTGRES_USER: postgres\n      POSTGRES_PASSWORD: {password}\n"
        );
        let lines = facts(&[("compose.production.yaml", compose.as_str())]);
        let about = |line: &&String| line.contains("variable.POSTGRES_PASSWORD fallback=");
        lines.iter().filter(about).count()
    };
    assert_eq!(of("${DB_PASSWORD:-postgres}"), 1);
    assert_eq!(of("postgres"), 0);
}

#[test]
fn a_secret_of_a_service_may_be_the_variable_of_its_name() {
    let with = |secrets: &str| {
        let compose = format!(
            "services:\n  web:\n    build: .\n    command: gunicorn shop.wsgi\n{secrets}    environment:\n      DJANGO_SETTINGS_MODULE: shop.settings\nsecrets:\n  secret_key: {{file: ./key}}\n"
        );
        let lines = facts(&[
            ("compose.production.yaml", compose.as_str()),
            ("Dockerfile", "FROM python:3.12\nCOPY . .\n"),
            ("shop/__init__.py", ""),
            (
                "shop/settings.py",
                "import os\nDEBUG = False\nSECRET_KEY = os.environ.get('SECRET_KEY')\nINSTALLED_APPS = []\n",
            ),
        ]);
        lines.into_iter().find(|line| line.contains("setting.SECRET_KEY value=")).unwrap_or_default()
    };
    assert!(with("    secrets: [secret_key]\n").ends_with("value=?"), "{}", with("    secrets: [secret_key]\n"));
    assert!(!with("").ends_with("value=?"), "{}", with(""));
}

#[test]
fn wheels_of_a_stage_that_is_mounted_are_what_a_command_installs() {
    let docker = "FROM python:3.12-slim AS builder\nCOPY requirements.txt /tmp\n\
                  RUN pip wheel --wheel-dir /wheels uwsgi requests==2.32.0 -r /tmp/requirements.txt\n\
                  FROM python:3.12-slim\nRUN --mount=type=bind,target=/wheels,source=/wheels,from=builder \\\n  pip install --no-cache /wheels/*\n\
                  COPY . /code\nCMD uwsgi --http :8000\n";
    let lines = facts(&[("Dockerfile", docker), REQUIREMENTS]);
    let package = |name: &str, value: &str| format!("production app package.{name} {value}");
    let wanted =
        [package("django", "version=5.2"), package("requests", "version=2.32.0"), package("uwsgi", "pinned=false")];
    holds(&lines, &wanted.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn groups_that_an_argument_of_the_build_lists_are_installed() {
    let docker = "FROM python:3.12-slim\nCOPY pyproject.toml uv.lock ./\nARG groups=\"main,dev\"\nRUN <<EOF\n\
                  flags=\"\"\nfor group in $(echo \"$groups\" | tr ',' ' '); do\n  if [ \"$group\" != \"main\" ]; then flags=\"$flags --group $group\"; fi\ndone\n\
                  uv sync --frozen --no-default-groups $flags\nEOF\nCMD gunicorn a.wsgi\n";
    let project =
        "[project]\nname = 'a'\nversion = '1'\ndependencies = ['django']\n[dependency-groups]\ndev = ['pytest']\n";
    let lock = "version = 1\n[[package]]\nname = 'a'\nversion = '1'\nsource = { virtual = '.' }\ndependencies = [{ name = 'django' }]\n\
                [package.dev-dependencies]\ndev = [{ name = 'pytest' }]\n[[package]]\nname = 'django'\nversion = '5.2'\n\
                [[package]]\nname = 'pytest'\nversion = '8.0.0'\n";
    let lines = facts(&[("Dockerfile", docker), ("pyproject.toml", project), ("uv.lock", lock)]);
    holds(&lines, &["production app package.pytest version=8.0.0", "production app package.django version=5.2"]);
}

#[test]
fn installers_that_a_build_fetches_have_the_version_that_it_names() {
    let with = |lines: &str| {
        let docker = format!("FROM python:3.12-slim\n{lines}\nCOPY . /code\nCMD gunicorn a.wsgi\n");
        facts(&[("Dockerfile", docker.as_str()), REQUIREMENTS])
    };
    let uv = ["production app runtime.uv version=0.8.13"];
    holds(&with("ADD https://astral.sh/uv/0.8.13/install.sh /get.sh\nRUN sh /get.sh"), &uv);
    holds(&with("RUN curl -LsSf https://astral.sh/uv/0.8.13/install.sh | sh"), &uv);
    holds(&with("RUN pip install uv==0.8.13"), &uv);
    let poetry = ["production app runtime.poetry version=1.3.1"];
    holds(&with("ENV POETRY_VERSION=1.3.1\nRUN curl -sSL https://install.python-poetry.org | python3 -"), &poetry);
    holds(&with("ARG V=1.3.1\nRUN pip install \"poetry==$V\""), &poetry);
    let open = with("RUN curl -sSL https://install.python-poetry.org | python3 -");
    holds(
        &open,
        &["production app runtime.poetry version=latest", "production app runtime.poetry declared_in=unpinned"],
    );
    let told = with("ARG V\nENV POETRY_VERSION=$V\nRUN curl -sSL https://install.python-poetry.org | python3 -");
    assert!(!told.iter().any(|line| line.contains("runtime.poetry")), "{told:#?}");
}
