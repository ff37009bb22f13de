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
    assert!(!has(&lines, "production app package.cython"), "{lines:#?}");
    let both = docker.replace("COPY --from=build /opt/venv /opt/venv", "COPY --from=build / /");
    assert!(has(&facts(&[("Dockerfile", &both), REQUIREMENTS]), "production app package.cython"));
    let seen = docker.replace("-m venv ", "-m venv --system-site-packages ");
    assert!(has(&facts(&[("Dockerfile", &seen), REQUIREMENTS]), "production app package.cython"));
    // What is asked for again inside is there.
    let again = [("Dockerfile", docker), ("requirements.txt", "django==5.2\ncython\n")];
    assert!(has(&facts(&again), "production app package.cython"));
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
        let compose =
            "services:\n  web:\n    build: .\n    command: python manage.py runserver\n    volumes: ['.:/app']\n";
        let files =
            [("Dockerfile", docker.as_str()), ("docker-compose.dev.yml", compose), ("requirements.txt", packages)];
        has(&facts(&files), "production app process.app server=gunicorn")
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
