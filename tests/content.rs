//! What images and jobs really hold, and what they really start.

use crate::support::{facts, holds};

const REQUIREMENTS: (&str, &str) = ("requirements.txt", "django==5.2\ngunicorn==23.0.0\n");
const WEB: &str = "services:\n  web:\n    build: .\n    environment: {ENVIRONMENT: production}\n";

/// Whether any line begins so.
fn has(lines: &[String], head: &str) -> bool {
    lines.iter().any(|line| line.starts_with(head))
}

#[test]
fn an_argument_that_the_one_who_builds_does_not_give_is_not_set() {
    let docker = "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\nARG DEBUGGED\n\
                  RUN if [ \"$DEBUGGED\" = 1 ]; then pip install debugpy; fi\nCMD gunicorn shop.wsgi\n";
    let built = |compose: &str| facts(&[("Dockerfile", docker), ("compose.yaml", compose), REQUIREMENTS]);
    let lines = built(WEB);
    holds(&lines, &["production web package.django version=5.2"]);
    assert!(!has(&lines, "production web package.debugpy"), "{lines:#?}");
    let lines = built(&WEB.replace("build: .", "build: {context: ., args: {DEBUGGED: 1}}"));
    holds(&lines, &["production web package.debugpy pinned=false"]);
    // Whoever builds it elsewhere may give it: whether it is there, and pinned, is not known.
    let lines = facts(&[("Dockerfile", docker), REQUIREMENTS]);
    holds(&lines, &["production app package.debugpy pinned=?", "production app package.debugpy kind=?"]);
}

#[test]
fn an_environment_that_is_copied_alone_leaves_the_system_behind() {
    let docker = "FROM python:3.12-slim AS build\nRUN pip install cython\nENV VIRTUAL_ENV=/opt/venv\n\
                  RUN python3 -m venv $VIRTUAL_ENV\nENV PATH=\"$VIRTUAL_ENV/bin:$PATH\"\nCOPY requirements.txt ./\n\
                  RUN pip install -r requirements.txt\nFROM python:3.12-slim\nCOPY --from=build /opt/venv /opt/venv\n\
                  CMD [\"/opt/venv/bin/gunicorn\", \"shop.wsgi\"]\n";
    let lines = facts(&[("Dockerfile", docker), REQUIREMENTS]);
    holds(&lines, &["production app package.django version=5.2"]);
    holds(&lines, &["production app package.cython version=absent"]);
    let both = docker.replace("COPY --from=build /opt/venv /opt/venv", "COPY --from=build / /");
    let there = "production app package.cython pinned";
    assert!(has(&facts(&[("Dockerfile", &both), REQUIREMENTS]), there));
    let seen = docker.replace("-m venv ", "-m venv --system-site-packages ");
    assert!(has(&facts(&[("Dockerfile", &seen), REQUIREMENTS]), there));
    // What is asked for again inside is there.
    let again = [("Dockerfile", docker), ("requirements.txt", "django==5.2\ncython\n")];
    assert!(has(&facts(&again), there));
}

#[test]
fn a_build_from_a_folder_reads_the_lock_of_that_folder() {
    let member = "[project]\nname = 'shop'\nversion = '1'\nrequires-python = '>=3.12'\ndependencies = ['django']\n";
    let lock = |version: &str, source: &str| {
        format!(
            "version = 1\nrequires-python = '>=3.12'\n[[package]]\nname = 'shop'\nversion = '1'\nsource = {{ virtual = '{source}' }}\n\
             dependencies = [{{ name = 'django' }}]\n[[package]]\nname = 'django'\nversion = '{version}'\nsource = {{ registry = 'https://pypi.org/simple' }}\n"
        )
    };
    let (above, own) = (lock("4.2.1", "web"), lock("5.2.1", "."));
    let files = [
        ("pyproject.toml", "[tool.uv.workspace]\nmembers = ['web']\n"),
        ("uv.lock", above.as_str()),
        ("web/pyproject.toml", member),
        ("web/uv.lock", own.as_str()),
        (
            "web/Dockerfile",
            "FROM python:3.12-slim\nWORKDIR /app\nCOPY pyproject.toml uv.lock ./\nRUN uv sync --frozen\nCMD gunicorn a.wsgi\n",
        ),
        ("compose.yaml", "services:\n  web:\n    build: ./web\n    environment: {ENVIRONMENT: production}\n"),
        (
            ".github/workflows/t.yml",
            "on: push\njobs:\n  t:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: cd web && uv sync && uv run pytest\n",
        ),
    ];
    holds(&facts(&files), &["production web package.django version=5.2.1", "test t package.django version=4.2.1"]);
}

#[test]
fn a_path_from_the_checkout_of_a_job_is_one_of_the_repository() {
    let flow = |run: &str| {
        format!(
            "on: push\njobs:\n  t:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: |\n          {run}\n          pytest\n"
        )
    };
    for run in [
        "pip install -r \"${GITHUB_WORKSPACE}/requirements.txt\"",
        "cd $GITHUB_WORKSPACE && pip install -r requirements.txt",
        "pip install -r ${{ github.workspace }}/requirements.txt",
    ] {
        let flow = flow(run);
        let lines = facts(&[(".github/workflows/t.yml", flow.as_str()), REQUIREMENTS]);
        holds(&lines, &["test t package.django version=5.2"]);
        assert!(!lines.iter().any(|line| line.contains("GITHUB_WORKSPACE")), "{lines:#?}");
    }
}

#[test]
fn what_every_branch_of_a_start_script_serves_with_is_certain() {
    let docker =
        "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\nCMD [\"./start.sh\"]\n";
    let start = "#!/bin/sh\nif [ \"$MANAGED\" = yes ]; then\n  exec supervisord -c all.conf\nelse\n  exec uwsgi --http :9090 shop.ini\nfi\n";
    let all = |command: &str| format!("[supervisord]\nnodaemon=true\n[program:web]\ncommand={command}\n");
    let of = |command: &str| {
        let conf = all(command);
        let files = [("Dockerfile", docker), ("start.sh", start), ("all.conf", conf.as_str()), REQUIREMENTS];
        certainty(&files, "app", "engine")
    };
    assert_eq!(of("uwsgi --http :80 shop.ini"), "Stated");
    assert!(of("gunicorn shop.wsgi").starts_with("Default"));
}

#[test]
fn what_uwsgi_attaches_runs_beside_it() {
    let docker = "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\nCMD [\"uwsgi\", \"uwsgi.ini\"]\n";
    let ini = "[uwsgi]\nhttp-socket = :8000\nmodule = shop.wsgi\nhook-pre-app = exec:./manage.py migrate\n\
               attach-daemon = ./manage.py sendmail --loop\nsmart-attach-daemon = /tmp/c.pid celery -A shop worker\n";
    let lines = facts(&[("Dockerfile", docker), ("uwsgi.ini", ini), REQUIREMENTS]);
    holds(
        &lines,
        &[
            "production app process.app server=uwsgi",
            "production app process.app.sendmail command=./manage.py sendmail --loop",
            "production app process.app.celery-worker kind=worker",
            "production app process.app.release command=./manage.py migrate",
        ],
    );
}

#[test]
fn a_handler_of_a_platform_is_served_by_no_package_of_the_list() {
    let docker = |base: &str| format!("FROM {base}\nCOPY requirements.txt ./\nRUN pip install -r requirements.txt\n");
    let with = |base: &str, packages: &str| {
        let docker = docker(base);
        let files = [("Dockerfile", docker.as_str()), ("compose.yaml", WEB), ("requirements.txt", packages)];
        has(&facts(&files), "production web process.web server=gunicorn")
    };
    assert!(with("python:3.12-slim", "django==5.2\ngunicorn==23.0.0\n"));
    assert!(!with("public.ecr.aws/lambda/python:3.12", "django==5.2\ngunicorn==23.0.0\n"));
    assert!(!with("python:3.12-slim", "django==5.2\ngunicorn==23.0.0\nzappa==0.59\n"));
}

/// The certainty of an attribute of production's process.
fn certainty(files: &[(&str, &str)], key: &str, attribute: &str) -> String {
    use paritylint::discover::{Config, Overlay, Tree};
    use paritylint::{environments, knowledge, links::Repository, model::Dimension, resolve};
    let files: Vec<(String, String)> = files.iter().map(|(path, text)| ((*path).into(), (*text).into())).collect();
    let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
    let repository = Repository::read(&tree);
    let plan = environments::infer(&repository, &Config::default(), false);
    let model = resolve::resolve(&repository, plan, &Config::default(), knowledge::AS_OF);
    let mine = |fact: &&paritylint::model::Fact| {
        fact.id.dimension == Dimension::Process && &*fact.id.environment == "production" && fact.id.key == key
    };
    let fact = model.facts.iter().find(mine).unwrap();
    format!("{:?}", fact.get(attribute).unwrap().certainty)
}

#[test]
fn what_passes_requests_on_is_told_by_image_or_by_program() {
    let image = "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nRUN apt-get update && apt-get install -y nginx && pip install -r requirements.txt\nCMD [\"./start.sh\"]\n";
    let start = "#!/bin/sh\nnginx -t\nservice nginx start\nexec gunicorn shop.wsgi\n";
    let inside = [("Dockerfile", image), ("start.sh", start), REQUIREMENTS];
    holds(&facts(&inside), &["production - service.proxy product=nginx", "production - service.proxy version=?"]);
    let with = |service: &str, conf: &str| {
        let compose = format!("{WEB}{service}");
        let edge = "FROM nginx:1.27-alpine\nCOPY site.conf /etc/nginx/conf.d/\n";
        facts(&[
            (
                "Dockerfile",
                "FROM python:3.12-slim\nCOPY . .\nRUN pip install -r requirements.txt\nCMD gunicorn a.wsgi\n",
            ),
            ("compose.yaml", compose.as_str()),
            ("edge/Dockerfile", edge),
            ("edge/site.conf", conf),
            REQUIREMENTS,
        ])
    };
    let passes = "server { location / { proxy_pass http://web:8000; } }\n";
    holds(&with("  edge:\n    image: traefik:v3.6\n", ""), &["production - service.proxy version=3.6"]);
    let built = "  edge:\n    build: ./edge\n";
    holds(
        &with(built, passes),
        &["production - service.proxy product=nginx", "production - service.proxy version=1.27"],
    );
    assert!(!has(&with(built, "server { root /site; }\n"), "production - service.proxy"), "it only serves files");
}

#[test]
fn an_installer_without_a_version_is_the_newest_one() {
    let flow = |steps: &str| {
        format!("on: push\njobs:\n  t:\n    runs-on: ubuntu-24.04\n    steps:\n{steps}      - run: pytest\n")
    };
    let of = |steps: &str, project: &str| {
        let flow = flow(steps);
        facts(&[(".github/workflows/t.yml", flow.as_str()), ("pyproject.toml", project), REQUIREMENTS])
    };
    let uv = "      - uses: astral-sh/setup-uv@v6\n";
    holds(&of(uv, ""), &["test t runtime.uv version=latest", "test t runtime.uv floating=true"]);
    assert!(!has(&of(uv, "[tool.uv]\nrequired-version = '>=0.8'\n"), "test t runtime.uv"));
    holds(&of("      - run: pipx install poetry\n", ""), &["test t runtime.poetry version=latest"]);
    holds(&of("      - run: pip install poetry==2.1.3\n", ""), &["test t runtime.poetry version=2.1.3"]);
    let action = "      - uses: snok/install-poetry@v1\n        with: {version: 1.8.3}\n";
    holds(&of(action, ""), &["test t runtime.poetry version=1.8.3"]);
}

#[test]
fn what_a_start_installs_is_there() {
    let compose = "services:\n  web:\n    build: .\n    volumes: ['.:/app']\n    \
                   command: sh -c \"pip install -r requirements.txt && python manage.py runserver\"\n";
    let docker = "FROM python:3.12-slim\nWORKDIR /app\nRUN apt-get update\n";
    let files =
        [("docker-compose.dev.yml", compose), ("Dockerfile", docker), ("manage.py", "import django\n"), REQUIREMENTS];
    let lines = facts(&files);
    holds(&lines, &["dev web package.django version=5.2", "dev web process.web server=django-runserver"]);
}

#[test]
fn the_node_of_a_stage_that_is_copied_from_built_the_assets() {
    let docker = "FROM node:22-alpine AS assets\nRUN npm ci\nFROM python:3.12-slim\nCOPY --from=assets /x /x\nCOPY . .\n\
                  RUN pip install -r requirements.txt\nCMD gunicorn shop.wsgi\n";
    let lines = facts(&[("Dockerfile", docker), REQUIREMENTS]);
    holds(&lines, &["production app runtime.node version=22", "production app runtime.node declared_in=build stage"]);
    assert!(!has(&lines, "production app runtime.node ended"));
}

#[test]
fn a_program_of_the_project_that_is_djangos_management_serves_and_tests() {
    let setup = "from setuptools import setup\nsetup(name='shop', entry_points={'console_scripts': ['shop = shop.__main__:main']})\n";
    let flow = "on: push\njobs:\n  t:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: pip install -r requirements.txt && make cover\n";
    let lines = facts(&[
        ("setup.py", setup),
        ("shop/__main__.py", "from django.core.management import execute_from_command_line as main\n"),
        ("Makefile", "cover:\n\tcoverage run $(shell which shop) test shop\nrun:\n\tshop runserver 0.0.0.0:8000\n"),
        (".github/workflows/t.yml", flow),
        ("Dockerfile", "FROM python:3.12-slim\nCOPY . .\nRUN pip install -r requirements.txt\nCMD gunicorn a.wsgi\n"),
        REQUIREMENTS,
    ]);
    holds(
        &lines,
        &[
            "test t process.test command=coverage run shop test shop",
            "development host process.web server=django-runserver",
        ],
    );
}

#[test]
fn the_wheel_that_a_build_makes_of_the_project_is_the_project() {
    let project = "[project]\nname = 'shop'\nversion = '1'\ndependencies = ['django==5.2']\n\
                   [project.optional-dependencies]\nserved = ['gunicorn==23.0.0']\n";
    let single = "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nRUN python -m venv /venv\n\
                  RUN poetry build && /venv/bin/pip install dist/*.whl\nCMD [\"/venv/bin/gunicorn\", \"shop.wsgi\"]\n";
    let staged = "FROM python:3.12 AS build\nWORKDIR /build\nCOPY . .\nRUN pip install --user build\nRUN python -m build\n\
                  FROM python:3.12-slim\nCOPY --from=build /build/dist /build/dist\n\
                  RUN pip install \"$(find /build/dist -name 'shop*.whl')[served]\"\nCMD gunicorn shop.wsgi\n";
    let by_uv = "FROM python:3.12 AS build\nCOPY . /src\nRUN cd /src && uv build && mv dist /dist\n\
                 FROM python:3.12-slim\nCOPY --from=build /dist/*.whl /tmp/dist/\n\
                 RUN uv pip install --system -U /tmp/dist/*.whl\nCMD gunicorn shop.wsgi\n";
    for (docker, server) in [(single, false), (staged, true), (by_uv, false)] {
        let lines = facts(&[("Dockerfile", docker), ("pyproject.toml", project)]);
        holds(&lines, &["production app package.django version=5.2"]);
        assert_eq!(has(&lines, "production app package.gunicorn version=23.0.0"), server, "{docker}");
    }
}

#[test]
fn the_tests_that_tox_runs_have_the_settings_that_it_gives_them() {
    let tox = "[tox]\nenvlist = py{311,312},lint\n[testenv]\ncommands = pytest --ds=shop.settings.test {posargs}\n";
    let flow = "on: push\njobs:\n  checks:\n    runs-on: ubuntu-latest\n    steps: [{uses: actions/checkout@v4}, {run: tox}]\n";
    let lines = facts(&[
        ("tox.ini", tox),
        (".github/workflows/ci.yml", flow),
        ("manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings.live')\n"),
        ("shop/settings/live.py", "DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql'}}\n"),
        ("shop/settings/test.py", "DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3'}}\n"),
    ]);
    assert!(lines.iter().any(|line| line.contains("test") && line.contains("product=sqlite")), "{lines:?}");
    assert!(!lines.iter().any(|line| line.starts_with("test") && line.contains("product=postgres")), "{lines:?}");
}

#[test]
fn what_an_entry_file_sets_for_tests_alone_holds_for_them_alone() {
    let manage = "import os, sys\nif sys.argv[1] == 'test':\n    os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.test')\n\
                  else:\n    os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.local')\n";
    let flow = "on: push\njobs:\n  checks:\n    runs-on: ubuntu-latest\n    steps: [{run: python manage.py test}]\n";
    let lines = facts(&[
        ("manage.py", manage),
        ("shop/local.py", "A = 1\n"),
        ("shop/test.py", "A = 2\n"),
        ("Dockerfile", "FROM python:3.12\nCOPY . .\nCMD python manage.py runserver\n"),
        ("compose.dev.yml", "services: {web: {build: ., volumes: ['.:/app'], command: python manage.py runserver}}\n"),
        (".github/workflows/ci.yml", flow),
    ]);
    holds(&lines, &["test - setting.A value=2", "dev - setting.A value=1"]);
}

#[test]
fn the_wheel_of_a_project_whose_lock_is_installed_changes_nothing() {
    let project =
        "[tool.poetry]\nname = 'shop'\nversion = '1'\n[tool.poetry.dependencies]\npython = '^3.12'\ndjango = '^5.1'\n";
    let docker = "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nRUN pip install -r lock.txt\n\
                  RUN poetry build && pip install dist/*.whl\nCMD gunicorn shop.wsgi\n";
    let of = |lock: &str| facts(&[("Dockerfile", docker), ("pyproject.toml", project), ("lock.txt", lock)]);
    holds(&of("django==5.2\n"), &["production app package.django version=5.2"]);
    holds(&of("flask==3.1.0\n"), &["production app package.django version=?"]);
}

#[test]
fn containers_beside_a_job_have_an_image_each() {
    let flow = |images: [&str; 2]| {
        let job = |name: &str, image: &str| {
            format!(
                "  {name}:\n    runs-on: ubuntu-24.04\n    services:\n      db:\n        image: {image}\n    steps:\n      - run: pytest\n"
            )
        };
        format!("on: push\njobs:\n{}{}", job("one", images[0]), job("two", images[1]))
    };
    let of = |images: [&str; 2]| facts(&[(".github/workflows/t.yml", flow(images).as_str()), REQUIREMENTS]);
    let lines = of(["postgres", "postgres:16"]);
    holds(&lines, &["test db image.db moving=true", "test two-db image.two-db tag=16"]);
    assert!(!has(&of(["postgres:16", "postgres:16"]), "test two-db"));
    holds(&of(["postgres:16", "postgres:16"]), &["test - service.database version=16"]);
    assert!(!has(&of(["postgres:16", "postgres:16"]), "test - service.db"), "one service is told once");
}

#[test]
fn a_version_with_a_star_is_no_pattern_of_files() {
    let docker = "FROM python:3.12-slim\nCOPY requirements.txt .\nRUN pip install gunicorn==23.* -r requirements.txt\nCMD gunicorn a.wsgi\n";
    let lines = facts(&[("Dockerfile", docker), REQUIREMENTS]);
    holds(&lines, &["production app package.django version=5.2"]);
}

#[test]
fn an_image_that_is_named_for_the_ci_is_not_what_is_published() {
    let flow = |name: &str| {
        format!(
            "on: push\njobs:\n  image:\n    runs-on: ubuntu-24.04\n    steps:\n      - uses: docker/build-push-action@v6\n        \
             with: {{context: ., push: true, tags: 'ghcr.io/acme/{name}:latest'}}\n"
        )
    };
    let published = |name: &str| {
        let docker = "FROM python:3.12-slim\nCOPY . .\nRUN pip install -r requirements.txt\nCMD gunicorn a.wsgi\n";
        let lines = facts(&[("Dockerfile", docker), (".github/workflows/i.yml", flow(name).as_str()), REQUIREMENTS]);
        lines.iter().any(|line| line.contains("pipeline."))
    };
    assert!(published("shop"));
    assert!(!published("shop-ci"));
}

#[test]
fn what_only_the_build_has_is_absent_from_what_runs() {
    let docker = "FROM python:3.12-slim AS build\nRUN apt-get update && apt-get install -y build-essential libpq-dev\n\
                  RUN pip install flake8==7.1.0\nCOPY requirements.txt .\nRUN python -m venv /venv && /venv/bin/pip install -r requirements.txt\n\
                  FROM python:3.12-slim\nRUN apt-get update && apt-get install -y libpq5 git && apt-get purge -y git\n\
                  COPY --from=build /venv /venv\nCMD [\"/venv/bin/gunicorn\", \"shop.wsgi\"]\n";
    let lines = facts(&[("Dockerfile", docker), REQUIREMENTS]);
    holds(
        &lines,
        &[
            "production app system-package.gcc package=absent",
            "production app system-package.git package=absent",
            "production app system-package.libpq package=libpq5",
            "production app package.flake8 version=absent",
            "production app package.django version=5.2",
        ],
    );
    let copied = docker.replace("COPY --from=build /venv /venv", "COPY --from=build /usr /usr");
    assert!(!has(&facts(&[("Dockerfile", &copied), REQUIREMENTS]), "production app system-package.gcc"));
    let full = docker.replace("FROM python:3.12-slim\n", "FROM python:3.12\n");
    assert!(!has(&facts(&[("Dockerfile", &full), REQUIREMENTS]), "production app system-package.gcc"));
}

#[test]
fn a_script_that_hands_itself_to_another_user_goes_on_there() {
    let docker = "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\nENTRYPOINT [\"./entry.sh\"]\n";
    let entry = "#!/bin/bash\nif [ \"$(id -u)\" = 0 ]; then\n  chown -R app /app\n  exec gosu app \"$0\" \"$@\"\nfi\nexec gunicorn shop.wsgi\n";
    let lines = facts(&[("Dockerfile", docker), ("entry.sh", entry), REQUIREMENTS]);
    holds(&lines, &["production app process.app server=gunicorn"]);
}

#[test]
fn an_interpreter_that_a_job_has_uv_fetch_is_any_that_the_project_allows() {
    let project = |range: &str| {
        format!("[project]\nname = 'shop'\nversion = '1'\nrequires-python = '{range}'\ndependencies = ['django']\n")
    };
    let flow = "on: push\njobs:\n  t:\n    runs-on: ubuntu-24.04\n    steps:\n      - uses: astral-sh/setup-uv@v6\n      \
                - run: uv python install\n      - run: uv sync\n      - run: uv run pytest\n";
    let docker = "FROM python:3.12-slim\nCOPY . .\nCMD gunicorn shop.wsgi\n";
    let of = |range: &str| {
        let project = project(range);
        facts(&[(".github/workflows/t.yml", flow), ("pyproject.toml", project.as_str()), ("Dockerfile", docker)])
    };
    holds(&of(">=3.12"), &["test t runtime.python allowed=>=3.12", "test t runtime.python floating=true"]);
    assert!(!has(&of("==3.12.*"), "test t runtime.python floating=true"));
}
