//! What a server is told elsewhere than on its command line, and what its command sets for the application.

use crate::support::{facts, holds};

const REQUIREMENTS: (&str, &str) = ("requirements.txt", "django==5.2\ngunicorn==23.0\n");
const HEAD: &str = "FROM python:3.12-slim\nWORKDIR /code\nCOPY . .\nRUN pip install -r requirements.txt\n";

fn image(tail: &str, more: &[(&str, &str)]) -> Vec<String> {
    let docker = format!("{HEAD}{tail}\n");
    let mut files = vec![("Dockerfile", docker.as_str()), REQUIREMENTS, ("shop/wsgi.py", "application = None\n")];
    files.extend(more);
    facts(&files)
}

#[test]
fn a_configuration_file_of_gunicorn_says_where_it_listens_and_what_it_loads() {
    let config = "import os\nbind = ['0.0.0.0:9000']\nworkers = 3\nreload = os.getenv('X', '') == ''\nraw_env = ['LEVEL=info']\nwsgi_app = 'shop.wsgi'\n";
    let lines = image("ENV X=\nCMD [\"gunicorn\"]", &[("gunicorn.conf.py", config)]);
    holds(
        &lines,
        &[
            "production app process.app bind=0.0.0.0",
            "production app process.app port=9000",
            "production app process.app reload=true",
            "production app variable.LEVEL value=info",
        ],
    );
    let lines = image("CMD [\"gunicorn\", \"-b\", \":80\", \"shop.wsgi\"]", &[("gunicorn.conf.py", config)]);
    holds(&lines, &["production app process.app port=80"]);
    // What the file says is not known where it is not here, so no default is either.
    let lines = image("CMD [\"gunicorn\", \"-c\", \"/etc/shop.py\", \"shop.wsgi\"]", &[]);
    holds(&lines, &["production app process.app bind=?"]);
    let lines = image("ENV GUNICORN_CMD_ARGS=\"--bind=0.0.0.0:80 --reload\"\nCMD [\"gunicorn\", \"shop.wsgi\"]", &[]);
    holds(&lines, &["production app process.app port=80", "production app process.app server=gunicorn-reload"]);
}

#[test]
fn options_of_uwsgi_stand_in_its_file() {
    let options = "[uwsgi]\nport = 8123\nmodule = shop.wsgi:application\nhttp-socket = 0.0.0.0:%(port)\nenv = LEVEL=info\npy-autoreload = 1\n";
    let lines = image("CMD [\"uwsgi\", \"--ini\", \"deploy/uwsgi.ini\"]", &[("deploy/uwsgi.ini", options)]);
    holds(
        &lines,
        &[
            "production app process.app bind=0.0.0.0",
            "production app process.app port=8123",
            "production app process.app reload=true",
            "production app variable.LEVEL value=info",
        ],
    );
    let yaml = "uwsgi:\n  module: shop.wsgi\n  http: :8001\n";
    let lines = image("CMD uwsgi --yaml uwsgi.yaml", &[("uwsgi.yaml", yaml)]);
    holds(&lines, &["production app process.app port=8001"]);
}

#[test]
fn variables_that_a_command_is_given_are_those_of_the_application() {
    for tail in [
        "CMD LEVEL=info gunicorn shop.wsgi",
        "CMD [\"env\", \"LEVEL=info\", \"gunicorn\", \"shop.wsgi\"]",
        "CMD gunicorn --env LEVEL=info shop.wsgi",
        "ENV LEVEL=debug\nCMD LEVEL=info gunicorn shop.wsgi",
    ] {
        holds(&image(tail, &[]), &["production app variable.LEVEL value=info"]);
    }
    let lines = facts(&[("Procfile", "web: LEVEL=info gunicorn shop.wsgi\n"), REQUIREMENTS]);
    holds(&lines, &["production web variable.LEVEL value=info"]);
}

#[test]
fn a_group_of_flask_in_a_program_of_its_own_is_flasks_server() {
    let manage = "import click\nfrom flask.cli import FlaskGroup\n@click.group(cls=FlaskGroup)\ndef cli():\n    pass\nif __name__ == '__main__':\n    cli()\n";
    let lines = image("CMD python manage.py run -h 0.0.0.0", &[("manage.py", manage)]);
    holds(&lines, &["production app process.app server=flask-run"]);
    let serves = "import uvicorn\nserver = uvicorn.Server(uvicorn.Config('a:b'))\nserver.run()\n";
    holds(&image("CMD python serve.py", &[("serve.py", serves)]), &["production app process.app server=uvicorn"]);
    let only_said = "# uvicorn.Server(config) was here\nfrom batch import worker\nworker.run()\n";
    holds(&image("CMD python serve.py", &[("serve.py", only_said)]), &["production app process.app kind=other"]);
}

#[test]
fn the_root_of_the_image_is_the_root_of_the_repository() {
    let project = "[project]\nname = 'shop'\nversion = '1'\ndependencies = ['requests==2.1']\n";
    for path in [".", "/code", "/code[x]"] {
        let lines =
            image(&format!("RUN pip install -e {path}\nCMD gunicorn shop.wsgi"), &[("pyproject.toml", project)]);
        holds(&lines, &["production app package.requests version=2.1"]);
    }
}

#[test]
fn node_comes_from_the_repository_that_was_set_up_and_python_from_the_runtime_of_a_platform() {
    let run = "ARG NODE_MAJOR=22\nRUN curl -sL https://deb.nodesource.com/setup_$NODE_MAJOR.x | bash - && apt-get install -y nodejs\nCMD gunicorn shop.wsgi";
    holds(&image(run, &[]), &["production app runtime.node version=22"]);
    let lines = facts(&[("app.yaml", "runtime: python39\nentrypoint: gunicorn shop.wsgi\n"), REQUIREMENTS]);
    holds(&lines, &["production default runtime.python version=3.9"]);
}

#[test]
fn variables_of_a_job_say_which_compose_files_it_runs_and_what_its_expressions_are() {
    let compose = |tag: &str| {
        format!("services:\n  web: {{build: ., command: python manage.py test}}\n  db: {{image: 'postgres:{tag}'}}\n")
    };
    let (plain, other) = (compose("15"), compose("14"));
    let flow = "on: push\nenv: {COMPOSE_FILE: ci/stack.yml, FILE: requirements.txt}\njobs:\n  t:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: docker compose run web python manage.py test\n";
    let docker = format!("{HEAD}CMD gunicorn a:b\n");
    let lines = facts(&[
        ("Dockerfile", &docker),
        ("docker-compose.yml", &plain),
        ("ci/stack.yml", &other),
        (".github/workflows/ci.yml", flow),
        REQUIREMENTS,
    ]);
    holds(&lines, &["ci - service.database image=postgres:14"]);
    let flow = "on: push\nenv: {FILE: requirements.txt}\njobs:\n  t:\n    runs-on: ubuntu-24.04\n    steps:\n      - uses: ./setup\n      - run: pytest\n";
    let action =
        "runs:\n  using: composite\n  steps:\n    - {run: 'bash ${{ github.action_path }}/install.sh', shell: bash}\n";
    let lines = facts(&[
        (".github/workflows/ci.yml", flow),
        ("setup/action.yml", action),
        ("setup/install.sh", "pip install -r requirements.txt\n"),
        REQUIREMENTS,
    ]);
    holds(&lines, &["test t package.django version=5.2"]);
    let direct = flow.replace("uses: ./setup", "run: pip install -r ${{ env.FILE }}");
    holds(&facts(&[(".github/workflows/ci.yml", &direct), REQUIREMENTS]), &["test t package.django version=5.2"]);
}

#[test]
fn requirements_that_a_job_compiles_are_those_that_it_compiles_from() {
    let flow = |install: &str| {
        format!(
            "on: push\njobs:\n  t:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: |\n          {install}\n          pytest\n"
        )
    };
    let compiled = flow("python -m piptools compile -o made.txt api/pyproject.toml\n          pip install -r made.txt");
    let project = "[project]\nname = 'api'\nversion = '1'\ndependencies = ['flask==3.0']\n";
    let lines = facts(&[
        (".github/workflows/ci.yml", &compiled),
        ("api/pyproject.toml", project),
        ("Dockerfile", HEAD),
        REQUIREMENTS,
    ]);
    holds(&lines, &["test t package.flask version=3.0"]);
}

#[test]
fn a_stage_of_zappa_has_its_variables_its_python_and_what_is_installed() {
    let zappa = "production:\n  django_settings: shop.settings\n  runtime: python3.11\n  environment_variables: {LEVEL: info}\n";
    let lines = facts(&[
        ("zappa_settings.yml", zappa),
        ("shop/settings.py", "DEBUG = False\n"),
        ("requirements.txt", "django==5.2\n"),
    ]);
    holds(
        &lines,
        &[
            "production lambda variable.LEVEL value=info",
            "production lambda runtime.python version=3.11",
            "production lambda package.django version=5.2",
        ],
    );
    assert!(!lines.iter().any(|line| line.contains("process.")), "{lines:#?}");
}

#[test]
fn an_environment_of_conda_comes_along_with_its_place() {
    let docker = "FROM condaforge/miniforge3 AS made\nCOPY environment.yml /tmp/\nRUN mamba env create -p /env -f /tmp/environment.yml\nFROM debian:12\nCOPY --from=made /env /env\nCMD gunicorn a:b\n";
    let packages = "dependencies:\n  - python=3.12\n  - flask==3.0.1\n";
    let lines = facts(&[("Dockerfile", docker), ("environment.yml", packages)]);
    holds(&lines, &["production app package.flask version=3.0.1"]);
}

#[test]
fn a_manifest_that_a_deployment_fills_in_is_one() {
    let manifest = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      containers:\n      - name: web\n        image: shop:__TAG__\n        env: [{name: LEVEL, value: info}]\n";
    let lines = facts(&[
        ("kubernetes/deployment-production.tmpl", manifest),
        ("Dockerfile", &format!("{HEAD}CMD gunicorn a:b\n")),
        REQUIREMENTS,
    ]);
    assert!(
        lines.iter().any(|line| line.starts_with("production") && line.ends_with("variable.LEVEL value=info")),
        "{lines:#?}"
    );
}

#[test]
fn what_an_image_brings_as_its_file_of_variables_is_read_whatever_it_is_called() {
    let tail = "ENV MODE=fast\nCOPY .env-dist /code/.env\nCMD gunicorn shop.wsgi";
    let lines = image(tail, &[(".env-dist", "LEVEL=info\nMODE=slow\n")]);
    holds(&lines, &["production app variable.LEVEL value=info", "production app variable.MODE value=fast"]);
}

#[test]
fn options_for_an_entry_point_that_is_not_known_are_no_program() {
    let config = "defaults:\n  timer: histogram\n";
    let docker =
        "FROM registry.example/exporter\nCOPY mapping.conf /config/\nCMD [\"--mapping=/config/mapping.conf\"]\n";
    let lines = facts(&[("Dockerfile", docker), ("mapping.conf", config), REQUIREMENTS]);
    assert!(!lines.iter().any(|line| line.contains("process.")), "{lines:#?}");
}

#[test]
fn a_tool_that_a_makefile_looks_for_is_that_tool() {
    let makefile = "UV := $(shell command -v uv 2> /dev/null)\ntest:\n\t$(UV) run pytest\n";
    let flow = "on: push\njobs:\n  t:\n    runs-on: ubuntu-24.04\n    steps:\n      - uses: actions/setup-python@v5\n        with: {python-version: '3.12'}\n      - run: make test\n";
    let lines = facts(&[("Makefile", makefile), (".github/workflows/ci.yml", flow), REQUIREMENTS]);
    holds(&lines, &["test t runtime.python version=3.12"]);
}

#[test]
fn what_stands_behind_the_name_of_a_script_is_handed_to_it() {
    let lines = image(
        "ENTRYPOINT [\"/bin/sh\", \"start.sh\"]\nCMD [\"-c\", \"/code/options.py\"]",
        &[("start.sh", "exec gunicorn shop.wsgi \"$@\"\n"), ("options.py", "bind = '0.0.0.0:9000'\n")],
    );
    holds(&lines, &["production app process.app port=9000", "production app process.app server=gunicorn"]);
}

#[test]
fn the_script_that_starts_a_unit_anew_installs_what_it_runs() {
    let unit = "[Service]\nWorkingDirectory=/srv/shop\nExecStart=/srv/shop/venv/bin/gunicorn shop.wsgi\n";
    let script = "#!/bin/bash\npushd \"$(dirname \"$0\")/..\"\npip install -r more.txt\nsudo systemctl restart shop\n";
    let files = [
        ("ops/shop.service", unit),
        ("ops/update.sh", script),
        ("more.txt", "django==5.2\ngunicorn==23.0\nflower==2.0\n"),
        ("manage.py", "import django\n"),
        REQUIREMENTS,
    ];
    let lines = facts(&files);
    assert!(lines.iter().any(|line| line.contains("package.flower")), "{lines:?}");
}

#[test]
fn a_manage_script_of_the_project_itself_is_not_djangos() {
    let with = |program: &str| image("CMD [\"python\", \"manage.py\", \"runserver\"]", &[("manage.py", program)]);
    holds(
        &with("from django.core.management import execute_from_command_line\n"),
        &["production app process.app server=django-runserver"],
    );
    holds(&with("from werkzeug.serving import run_simple\n"), &["production app process.app server=werkzeug"]);
}

const CHOOSING: &str = "#!/bin/sh
if [ \"$MANAGED\" = yes ]; then
  exec supervisord -c all.conf
else
  exec uwsgi --http :8000 uwsgi.ini
fi
";

#[test]
fn a_script_starts_what_it_does_while_the_variable_that_chooses_is_not_set() {
    let of = |script: &str| {
        facts(&[
            ("Dockerfile", "FROM python:3.12\nWORKDIR /app\nCOPY . /app\nCMD [\"./start.sh\"]\n"),
            ("all.conf", "[program:web]\ncommand=gunicorn shop.wsgi\n"),
            ("start.sh", script),
            ("manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"),
            ("shop/__init__.py", ""),
            ("shop/settings.py", "INSTALLED_APPS = []\nDEBUG = False\n"),
        ])
    };
    holds(&of(CHOOSING), &["production app process.app server=uwsgi"]);
    let develops = CHOOSING.replace("uwsgi --http :8000 uwsgi.ini", "python manage.py runserver");
    let lines = of(&develops);
    assert!(!lines.iter().any(|line| line.contains("process.app server=django")), "{lines:?}");
    let fails = CHOOSING.replace("if [ \"$MANAGED\" = yes ]", "if ./check");
    let lines = of(&fails);
    assert!(!lines.iter().any(|line| line.contains("process.app server=uwsgi")), "{lines:?}");
}

#[test]
fn a_script_that_waits_for_a_database_has_one() {
    let settings = "import os\nimport dj_database_url\nINSTALLED_APPS = []\nif 'DATABASE_URL' in os.environ:\n    \
        DATABASES = {'default': dj_database_url.config()}\nelse:\n    \
        DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': 'a.db'}}\n";
    let of = |script: &str| {
        facts(&[
            (
                "Dockerfile",
                "FROM python:3.12\nWORKDIR /app\nCOPY . /app\nENTRYPOINT [\"./start.sh\"]\nCMD [\"gunicorn\", \"shop.wsgi\"]\n",
            ),
            ("start.sh", script),
            ("manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"),
            ("shop/__init__.py", ""),
            ("shop/wsgi.py", ""),
            ("shop/settings.py", settings),
        ])
    };
    let waits = "#!/bin/sh\nuntil psql $DATABASE_URL -c '\\q'; do sleep 1; done\nexec \"$@\"\n";
    holds(&of(waits), &["production - service.database product=postgres"]);
    holds(&of("#!/bin/sh\nexec \"$@\"\n"), &["production - service.database product=sqlite"]);
}

#[test]
fn what_serves_a_package_has_it_installed_where_it_is_not_copied() {
    let settings = "INSTALLED_APPS = []\nALLOWED_HOSTS = ['*']\n";
    let with = |serves: &str| {
        let docker = format!(
            "FROM python:3.12 AS built\nCOPY . /src\nRUN pip wheel -w /dist /src\nFROM python:3.12-slim\nCOPY --from=built /dist /dist\nWORKDIR /srv\nCOPY manage.py /srv/\nRUN pip install /dist/shop-1.0.tar.gz\nCMD {serves}\n"
        );
        facts(&[
            ("Dockerfile", docker.as_str()),
            ("manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"),
            ("shop/__init__.py", ""),
            ("shop/wsgi.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"),
            ("shop/settings.py", settings),
        ])
    };
    let hosts =
        |lines: &[String]| lines.iter().any(|line| line.starts_with("production - setting.ALLOWED_HOSTS value"));
    let own = with("gunicorn shop.wsgi");
    assert!(hosts(&own), "{own:#?}");
    let other = with("gunicorn other.wsgi");
    assert!(!hosts(&other), "{other:#?}");
}

#[test]
fn a_playbook_that_starts_a_script_and_installs_a_python_is_what_servers_run() {
    let python = |asked: &str| {
        let task = format!("- hosts: shop\n  tasks:\n    - apt:\n        pkg: [{asked}, libpq-dev]\n");
        let lines = facts(&[
            ("ansible/site.yml", task.as_str()),
            (
                "ansible/templates/run.sh.j2",
                "#!/bin/bash\nexec {{ root }}/bin/gunicorn shop.wsgi \\\n    --bind {{ ip }}:{{ port }}\n",
            ),
            ("Dockerfile", "FROM python:3.9 AS production\nCOPY . /app\nCMD [\"gunicorn\", \"shop.wsgi\"]\n"),
            ("requirements.txt", "django==5.2\ngunicorn==23.0\n"),
            ("shop/wsgi.py", ""),
            ("manage.py", ""),
        ]);
        assert!(
            lines
                .iter()
                .any(|line| line.starts_with("production gunicorn process.") && line.ends_with("server=gunicorn")),
            "{lines:?}"
        );
        lines
            .into_iter()
            .filter(|line| line.starts_with("production gunicorn runtime.python version="))
            .collect::<Vec<_>>()
    };
    assert_eq!(python("python3.12"), ["production gunicorn runtime.python version=3.12"]);
    assert!(python("python3").is_empty());
    assert!(python("python3.11, python3.12").is_empty());
}

#[test]
fn a_playbook_installs_what_the_files_of_the_checkout_ask_for() {
    let packages = |tasks: &str| {
        let play = format!("- hosts: shop\n  tasks:\n{tasks}");
        let lines = facts(&[
            ("ansible/site.yml", play.as_str()),
            ("ansible/templates/run.sh.j2", "#!/bin/bash\nexec {{ root }}/bin/gunicorn shop.wsgi\n"),
            ("requirements/shop.txt", "django==5.2\ngunicorn==23.0\n"),
            ("shop/wsgi.py", ""),
            ("manage.py", ""),
        ]);
        lines.iter().any(|line| line == "production gunicorn package.django version=5.2")
    };
    assert!(packages("    - pip: {requirements: '{{ root }}/current/requirements/shop.txt'}\n"));
    assert!(packages("    - shell: /opt/bin/pip install -r requirements/shop.txt\n"));
    assert!(!packages("    - pip: {requirements: '{{ root }}/requirements/{{ place }}.txt'}\n"));
    assert!(!packages("    - shell: pip install -r requirements/shop.txt\n      when: first\n"));
}

#[test]
fn what_serves_pages_to_the_browser_does_not_speak_for_the_program() {
    let stack = "services:
  assets: {build: ., command: next dev, volumes: ['.:/code']}
  web: {build: ., command: gunicorn --reload shop.wsgi, volumes: ['.:/code'], environment: {DATABASE_URL: 'postgres://a@db/a'}}
  db: {image: 'postgres:17'}
";
    let settings = "import dj_database_url\nINSTALLED_APPS = []\n\
        DATABASES = {'default': dj_database_url.config(default='sqlite:///a.db')}\n";
    let lines = image(
        "CMD [\"gunicorn\", \"shop.wsgi\"]",
        &[
            ("compose.yml", stack),
            ("manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"),
            ("shop/settings.py", settings),
        ],
    );
    holds(&lines, &["development - service.database product=postgres"]);
}
