//! What people start by hand where they develop: with tasks, in editors, as guides tell.

use paritylint::model::Severity;

use crate::support::{facts, holds};

const DOCKERFILE: (&str, &str) = (
    "Dockerfile",
    "FROM python:3.12-slim\nWORKDIR /code\nCOPY . .\nRUN pip install -r requirements.txt\nCMD gunicorn shop.wsgi\n",
);
const REQUIREMENTS: (&str, &str) = ("requirements.txt", "django==5.2\ngunicorn==23.0\n");
const OPENED: (&str, &str) =
    (".devcontainer/devcontainer.json", "{\"image\": \"python:3.12\", \"postCreateCommand\": \"./manage.py migrate\"}");
const SITE: (&str, &str) = ("manage.py", "import django\n");

fn opened(more: &[(&str, &str)]) -> Vec<String> {
    let mut files = vec![DOCKERFILE, REQUIREMENTS, OPENED, SITE];
    files.extend(more);
    facts(&files)
}

#[test]
fn an_editors_container_runs_what_tasks_of_the_repository_and_of_the_editor_start() {
    let served = ["devcontainer app process.app server=django-runserver"];
    let makefile = "serve:\n\tuv run manage.py runserver\ntest:\n\tpytest\n";
    holds(&opened(&[("Makefile", makefile)]), &served);
    let tasks = "{\"tasks\": [{\"label\": \"up\", \"type\": \"shell\", // by hand\n \"command\": \"DEBUG=1 python3 manage.py runserver\"},]}";
    holds(&opened(&[(".vscode/tasks.json", tasks)]), &served);
    let launch = "{\"configurations\": [{\"name\": \"site\", \"type\": \"debugpy\", \
                  \"program\": \"${workspaceFolder}/manage.py\", \"args\": [\"runserver\", \"8001\"]}]}";
    holds(&opened(&[(".vscode/launch.json", launch)]), &["devcontainer app process.app port=8001"]);
    let gulpfile =
        "gulp.task('runserver', (cb) => { spawn('pipenv', ['run', 'python', 'manage.py', 'runserver']); });\n";
    holds(&opened(&[("gulpfile.js", gulpfile)]), &served);
    holds(&opened(&[("README.md", "```\npython manage.py runserver\n```\n")]), &served);
}

#[test]
fn a_container_that_only_waits_runs_what_is_started_in_it_by_hand() {
    let stack = "services:\n  web: {build: ., command: tail -f /dev/null, volumes: ['.:/code']}\n  db: {image: 'postgres:16'}\n";
    let of = |more: &[(&str, &str)]| {
        let mut files = vec![("compose.yml", stack), DOCKERFILE, REQUIREMENTS, SITE];
        files.extend(more);
        facts(&files)
    };
    let served = ["development web process.web server=django-runserver"];
    let make = "run:\n\tdocker compose exec web bash -c \"QUIET=1 django-admin runserver 0.0.0.0:8000\"\n";
    holds(&of(&[("Makefile", make)]), &served);
    holds(&of(&[("README.md", "```\ndocker-compose exec web python manage.py runserver\n```\n")]), &served);
    let launch = "{\"configurations\": [{\"name\": \"site\", \"type\": \"debugpy\", \
                  \"program\": \"${workspaceFolder}/manage.py\", \"args\": [\"runserver\"]}]}";
    holds(&of(&[(".vscode/launch.json", launch)]), &served);
    let other = "run:\n\tdocker compose exec db python manage.py runserver\n";
    let lines = of(&[("Makefile", other)]);
    assert!(!lines.iter().any(|line| line.contains("django-runserver")), "{lines:#?}");
}

#[test]
fn the_server_of_a_manager_that_is_not_djangos_is_not_djangos() {
    let own = ("manage.py", "from flask_script import Manager\n");
    let files = [REQUIREMENTS, OPENED, own, ("README.md", "```\npython manage.py runserver\n```\n")];
    holds(&facts(&files), &["devcontainer app process.app server=werkzeug"]);
}

#[test]
fn what_prepares_a_container_and_what_others_run_is_no_process_of_it() {
    let lines = opened(&[("Makefile", "up:\n\tdocker compose up\ntest:\n\tpytest\n")]);
    assert!(!lines.iter().any(|line| line.contains("devcontainer app process")), "{lines:#?}");
    let production = [
        ("Procfile", "web: gunicorn shop.wsgi\n"),
        ("Makefile", "serve:\n\t./manage.py runserver\n"),
        REQUIREMENTS,
        SITE,
    ];
    let lines = facts(&production);
    assert!(!lines.iter().any(|line| line.starts_with("production") && line.contains("runserver")), "{lines:#?}");
}

#[test]
fn a_job_runs_the_tests_through_a_task_of_gulp() {
    let gulpfile = "function coverage(cb) {\n  spawn(\"pipenv\", [\n \"run\", \"coverage\", \"run\", \"manage.py\", \"test\",\n ]);\n}\n\
                    gulp.task(\"coverage\", coverage);\n";
    let flow = "on: push\njobs:\n  check:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: gulp coverage\n";
    let lines = facts(&[DOCKERFILE, REQUIREMENTS, SITE, ("gulpfile.js", gulpfile), (".github/workflows/ci.yml", flow)]);
    assert!(lines.iter().any(|line| line.starts_with("test ")), "{lines:#?}");
}

#[test]
fn the_server_behind_a_proxy_or_a_supervisor_stands_opposite_the_one_of_development() {
    let makefile = ("Makefile", "serve:\n\t./manage.py runserver\n");
    let fires = |script: &str| {
        let docker = DOCKERFILE.1.replace("CMD gunicorn shop.wsgi", "CMD [\"./start.sh\"]");
        let files = [("Dockerfile", docker.as_str()), REQUIREMENTS, OPENED, SITE, makefile, ("start.sh", script)];
        let (audit, _) = crate::support::audited(&crate::support::tree(&files));
        audit.findings.iter().any(|finding| finding.rule == "server-drift" && finding.severity > Severity::Note)
    };
    assert!(fires("#!/bin/sh\nnginx\nexec gunicorn shop.wsgi\n"), "a proxy is no server of its own");
    assert!(!fires(
        "#!/bin/sh\nif [ \"$MANAGED\" = yes ]; then exec uwsgi --ini a.ini; else exec gunicorn shop.wsgi; fi\n"
    ));
}

#[test]
fn what_a_start_goes_through_before_it_serves_is_told() {
    let docker = DOCKERFILE.1.replace("CMD gunicorn", "ENTRYPOINT [\"tini\", \"--\", \"./start.sh\"]\nCMD gunicorn");
    let script =
        "#!/bin/sh\npython manage.py collectstatic\npython manage.py migrate --noinput\nexec gunicorn shop.wsgi\n";
    let lines = facts(&[("Dockerfile", docker.as_str()), REQUIREMENTS, SITE, ("start.sh", script)]);
    let wanted = [
        "production app process.app.release command=python manage.py migrate --noinput",
        "production app process.app.entrypoint kind=entrypoint",
        "production app process.app server=gunicorn",
    ];
    holds(&lines, &wanted);
}

const LISTS: [(&str, &str); 2] = [("requirements.txt", "django==5.2\n"), ("requirements-dev.txt", "pytest==8.4.1\n")];
const PLAIN: (&str, &str) = ("Dockerfile", "FROM python:3.12-slim\nCOPY . /app\nCMD gunicorn shop.wsgi\n");

const BOTH: [&str; 2] =
    ["development host package.django version=5.2", "development host package.pytest version=8.4.1"];

/// What is said of the packages that are installed where one develops.
fn developed(more: &[(&str, &str)]) -> Vec<String> {
    let mut files = vec![PLAIN, SITE];
    files.extend(LISTS);
    files.extend(more);
    let lines = facts(&files);
    lines.into_iter().filter(|line| line.starts_with("development host package.")).collect()
}

#[test]
fn what_a_guide_tells_to_install_is_there_where_one_develops() {
    let with = |text: &str| developed(&[("README.md", text)]);
    let start = "## Run\n```\npython manage.py runserver\n```\n";
    let both = format!(
        "# Shop\n## Install\n```\n(venv) $ pip install -r requirements.txt\n$ pip install -r requirements-dev.txt\n```\n{start}"
    );
    holds(&with(&both), &BOTH);
    let inline = format!("# Shop\n## Install\n1. Type `pip install -r requirements.txt` first.\n{start}");
    let lines = with(&inline);
    holds(&lines, &[BOTH[0], "development host package.django installed_by=pip install -r requirements.txt"]);
    assert!(!lines.iter().any(|line| line.contains("package.pytest")), "{lines:#?}");
    let above = "# Shop\n```\ngit clone https://host.example/acme/shop\npip install -r shop/requirements.txt\n```\n";
    holds(&with(&format!("{above}{start}")), &BOTH[..1]);
    // What is told for others, or inside a container, is not installed there.
    for heading in ["Docker", "Deployment", "Building the docs"] {
        let lines = with(&format!("# Shop\n{start}## {heading}\n```\npip install -r requirements-dev.txt\n```\n"));
        assert!(!lines.iter().any(|line| line.contains("installed_by=pip install -r requirements-dev")), "{heading}");
    }
}

#[test]
fn a_task_or_the_program_before_the_server_tells_what_is_installed() {
    let start = "serve:\n\tpython manage.py runserver\n";
    let make = format!("install-dev:\n\tpip install -r requirements.txt -r requirements-dev.txt\n{start}");
    holds(&developed(&[("Makefile", &make)]), &BOTH);
    let manifest =
        "[tool.poetry]\nname = 'shop'\nversion = '1'\n[tool.poetry.dependencies]\npython = '^3.12'\ndjango = '5.1'\n";
    let guide = "# Shop\n## Run\n```\npoetry run python manage.py runserver\n```\n";
    let lines = developed(&[("README.md", guide), ("pyproject.toml", manifest)]);
    holds(&lines, &["development host package.django installed_by=poetry install"]);
    // A folder that the guide enters is where its commands find their files.
    let guide = "# Shop\n```\ncd web\npip install -r requirements.txt\npython manage.py runserver\n```\n";
    let below = [("README.md", guide), ("web/requirements.txt", "django==4.2\n"), ("web/manage.py", "import os\n")];
    holds(&developed(&below), &["development host package.django version=4.2"]);
}

#[test]
fn services_alone_are_what_the_application_finds_beside_it_on_a_persons_machine() {
    let stack = ("compose.yaml", "services: {db: {image: 'postgres:16', ports: ['5432:5432']}}\n");
    let guide =
        ("README.md", "```\ndocker compose up -d\npip install -r requirements.txt\npython manage.py runserver\n```\n");
    let lines = facts(&[PLAIN, SITE, LISTS[0], stack, guide]);
    holds(
        &lines,
        &["development host process.web server=django-runserver", "development host package.django version=5.2"],
    );
    holds(&lines, &["development db image.db repository=postgres"]);
}

#[test]
fn workers_that_are_started_by_hand_stand_beside_the_server() {
    let make =
        "serve:\n\tpython manage.py runserver\nwork:\n\tcelery -A shop worker -l info\ntick:\n\tcelery -A shop beat\n";
    let lines = facts(&[PLAIN, SITE, LISTS[0], ("Makefile", make)]);
    let wanted = [
        "development host process.web server=django-runserver",
        "development host process.worker server=celery-worker",
    ];
    holds(&lines, &wanted);
    holds(&lines, &["development host process.beat server=celery-beat"]);
    let inside = "serve:\n\tpython manage.py runserver\nwork:\n\tdocker compose run web celery -A shop worker\n";
    let lines = facts(&[PLAIN, SITE, LISTS[0], ("Makefile", inside)]);
    assert!(!lines.iter().any(|line| line.contains("process.worker")), "{lines:#?}");
}

#[test]
fn a_guide_starts_another_machine_where_the_containers_load_other_settings_than_the_entry_does() {
    let of = |module: &str| {
        let stack = format!(
            "services: {{web: {{build: ., volumes: ['.:/code'], environment: {{DJANGO_SETTINGS_MODULE: {module}}}}}, db: {{image: 'postgres:16'}}}}\n"
        );
        facts(&[
            ("compose.yml", stack.as_str()),
            DOCKERFILE,
            REQUIREMENTS,
            (
                "manage.py",
                "from django.core.management import execute_from_command_line\nfrom shop.setup import setup_env\nsetup_env()\n",
            ),
            (
                "shop/setup.py",
                "import os\ndef setup_env():\n    os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.conf.dev')\n",
            ),
            ("shop/conf/dev.py", "from .base import *\nDEBUG = True\n"),
            ("shop/conf/base.py", "DEBUG = False\nINSTALLED_APPS = []\n"),
            ("shop/conf/docker.py", "from .base import *\n"),
            (
                "docs/development/getting_started.rst",
                "Start it:\n\n.. code-block:: bash\n\n   python manage.py runserver\n",
            ),
        ])
    };
    let wanted = ["local host process.web server=django-runserver", "local - setting.DEBUG value=True"];
    holds(&of("shop.conf.docker"), &wanted);
    assert!(
        !of("shop.conf.dev").iter().any(|line| line.starts_with("local ")),
        "the same settings on the same machine"
    );
}

#[test]
fn a_sentence_of_a_guide_starts_a_server_for_development_and_no_other() {
    let settings = ("shop/settings/local.py", "DEBUG = True\n");
    let with = |name: &str, guide: &str| facts(&[DOCKERFILE, REQUIREMENTS, SITE, settings, (name, guide)]);
    let served = ["local host process.web server=django-runserver"];
    holds(&with("README.md", "3. `python manage.py runserver` starts it at http://127.0.0.1:8000\n"), &served);
    holds(&with("INSTALL.rst", "You can now run it::\n\n    $ python manage.py runserver\n"), &served);
    let none = |guide: &str| {
        let lines = with("README.md", guide);
        assert!(!lines.iter().any(|line| line.starts_with("local host process")), "{guide}: {lines:#?}");
    };
    none("Do not use `python manage.py runserver` for that.\n");
    none("`python manage.py runserver` is not made for others.\n");
    none("On servers `gunicorn shop.wsgi` runs.\n");
}

#[test]
fn a_program_that_starts_its_server_by_itself_is_how_a_machine_starts_it_where_nothing_else_says_so() {
    let config = (
        "config.py",
        "class Config:\n    pass\nclass DevelopmentConfig(Config):\n    DEBUG = True\nclass ProductionConfig(Config):\n    pass\n",
    );
    let program = "from flask import Flask\napp = Flask(__name__)\nif __name__ == '__main__':\n    app.run()\n";
    let with = |more: &[(&str, &str)]| {
        let files = [("Procfile", "web: gunicorn run:app\n"), ("requirements.txt", "flask==3.0\n"), config];
        facts(&[&files[..], more].concat())
    };
    holds(&with(&[("run.py", program)]), &["development host process.web server=flask-app-run"]);
    let silent = |more: &[(&str, &str)]| {
        let lines = with(more);
        assert!(!lines.iter().any(|line| line.starts_with("development host process")), "{lines:#?}");
    };
    silent(&[("run.py", program), ("other.py", program)]);
    silent(&[("run.py", "from shop import app\ndef serve():\n    app.run()\n")]);
}

#[test]
fn a_guide_names_the_program_that_its_command_starts() {
    let program = "import os\nfrom flask import Flask\nSECRET_KEY = os.environ['KEY']\nLEVEL = 'high'\napp = Flask(__name__)\n\
                   app.config.from_object(__name__)\n";
    let with = |guide: &str| {
        let guide = format!("```\n{guide}\n```\n");
        let files = [("Procfile", "web: gunicorn shop.site:app\n"), ("requirements.txt", "flask==3.0\n")];
        facts(&[&files[..], &[("shop/site.py", program), ("README.md", &guide)]].concat())
    };
    let loaded = ["development - setting.LEVEL value=high"];
    holds(&with("FLASK_APP=shop/site.py flask run"), &loaded);
    holds(&with("export FLASK_APP=shop.site\nexport KEY=x\nflask run"), &loaded);
    let unnamed = with("flask run\nexport FLASK_APP=shop.site");
    assert!(!unnamed.iter().any(|line| line.starts_with("development - setting.LEVEL")), "{unnamed:#?}");
}

#[test]
fn variables_of_a_front_end_are_no_sign_of_a_machine_and_a_page_that_is_named_for_it_is_a_guide() {
    let of = |more: &[(&str, &str)]| facts(&[&[DOCKERFILE, REQUIREMENTS, SITE][..], more].concat());
    let machine = |lines: &[String]| lines.iter().any(|line| line.starts_with("development "));
    assert!(!machine(&of(&[("ui/.env", "WATCH=1\n"), ("ui/package.json", "{}")])));
    assert!(machine(&of(&[(".env", "SHOP=1\n"), ("package.json", "{}")])));
    let page = "```\n./manage.py runserver\n```\n";
    let served = ["development host process.web server=django-runserver"];
    holds(&of(&[("deploy/SHOP_LOCAL_DEVELOPMENT.md", page)]), &served);
}
