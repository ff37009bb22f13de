//! Settings that take over those of a file which git does not hold.

use crate::support::{facts, holds};

const SETTINGS: &str = "from pathlib import Path
BASE = Path(__file__).resolve().parent.parent
DEBUG = True
INSTALLED_APPS = []
DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': 'a.db'}}
if (BASE / 'shop/local_settings.py').exists():
    from .local_settings import *
";
const ENTRY: &str = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n";
const WORKFLOW: &str = "on: push\njobs:\n  test:\n    runs-on: ubuntu-24.04\n    env: {A: b}\n    steps:\n    - uses: actions/checkout@v4\n    - run: python manage.py test\n";
const COMPOSE: &str = "services:\n  web:\n    build: .\n    command: gunicorn shop.wsgi\n    environment: {A: b}\n";

fn stated(workflow: &str, compose: &str) -> Vec<String> {
    facts(&[
        (".github/workflows/ci.yml", workflow),
        ("compose.production.yaml", compose),
        ("Dockerfile", "FROM python:3.12\nWORKDIR /app\nCOPY . /app\n"),
        ("manage.py", ENTRY),
        ("shop/__init__.py", ""),
        ("shop/wsgi.py", ENTRY),
        ("shop/settings.py", SETTINGS),
    ])
}

#[test]
fn neither_a_checkout_nor_an_image_made_of_it_has_local_settings() {
    let lines = stated(WORKFLOW, COMPOSE);
    holds(&lines, &["test - setting.DEBUG value=True", "production - setting.DEBUG value=True"]);
    holds(&lines, &["production - service.database product=sqlite"]);
    let by_default: Vec<_> = lines.iter().filter(|line| line.contains("setting.DEBUG overridable=true")).collect();
    assert_eq!(by_default, ["development - setting.DEBUG overridable=true"], "a developer may have some");
}

#[test]
fn local_settings_that_a_step_writes_or_a_folder_brings_may_say_anything() {
    let written =
        WORKFLOW.replace("    - run: py", "    - run: ./make-settings > shop/local_settings.py\n    - run: py");
    let mounted = format!("{COMPOSE}    volumes: ['./:/app']\n");
    holds(&stated(&written, COMPOSE), &["test - setting.DEBUG overridable=true"]);
    holds(&stated(WORKFLOW, &mounted), &["production - setting.DEBUG overridable=true"]);
}

#[test]
fn what_a_job_mounts_is_its_own_checkout() {
    let workflow = WORKFLOW.replace("python manage.py test", "docker compose run web python manage.py test");
    let lines = facts(&[
        (".github/workflows/ci.yml", &workflow),
        ("compose.yaml", &format!("{COMPOSE}    volumes: ['./:/app']\n")),
        ("Dockerfile", "FROM python:3.12\nWORKDIR /app\nCOPY . /app\n"),
        ("manage.py", ENTRY),
        ("shop/__init__.py", ""),
        ("shop/wsgi.py", ENTRY),
        ("shop/settings.py", SETTINGS),
    ]);
    let by_default = |line: &&String| line.contains("test") && line.contains("setting.DEBUG overridable=true");
    assert_eq!(lines.iter().find(by_default), None);
    assert!(
        lines.iter().any(|line| line.starts_with("test") && line.contains("setting.DEBUG value=True")),
        "{lines:?}"
    );
}

#[test]
fn what_a_person_adds_over_a_file_of_variables_is_not_part_of_an_environment() {
    let compose = |files: &str| format!("services: {{web: {{build: ., volumes: ['.:/app'], env_file: {files}}}}}\n");
    let of = |files: &str| {
        facts(&[
            ("manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"),
            ("shop/settings.py", "import os\nCELERY_BROKER_URL = os.environ.get('BROKER', 'redis://redis/0')\n"),
            ("Dockerfile", "FROM python:3.12\nCOPY . .\nCMD python manage.py runserver\n"),
            ("web.env", "A=1\n"),
            ("compose.dev.yml", &compose(files)),
        ])
    };
    for over in ["[web.env, web.env.local]", "[{path: web.env}, {path: more.env, required: false}]"] {
        let lines = of(over);
        assert!(
            lines.iter().any(|line| line.contains("service.broker") && line.contains("product=redis")),
            "{lines:?}"
        );
    }
    for part in ["[web.env, more.env]", "[{path: web.env}, {path: .env.prod, required: false}]"] {
        let lines = of(part);
        assert!(
            !lines.iter().any(|line| line.contains("service.broker") && line.contains("product=redis")),
            "{lines:?}"
        );
    }
}

#[test]
fn what_an_image_brings_to_the_path_of_a_missing_module_is_that_module() {
    let of = |docker: &str| {
        facts(&[
            ("manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"),
            (
                "shop/settings.py",
                "DEBUG = True\ntry:\n    from .local_settings import *\nexcept ImportError:\n    pass\n",
            ),
            ("docker/live.py", "DEBUG = False\n"),
            ("Dockerfile", docker),
        ])
    };
    let image = "FROM python:3.12\nWORKDIR /srv\nCOPY . .\nCMD gunicorn shop.wsgi\n";
    let with = image.replace("CMD", "COPY docker/live.py /srv/shop/local_settings.py\nCMD");
    holds(&of(&with), &["production - setting.DEBUG value=False"]);
    assert!(!of(image).iter().any(|line| line.contains("setting.DEBUG value=False")));
}

#[test]
fn names_of_a_library_that_a_module_takes_all_of_hide_neither_paths_nor_its_own_place() {
    let lines = facts(&[
        ("manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings.local')\n"),
        ("shop/settings/__init__.py", ""),
        ("shop/settings/store.py", "from catalogue.defaults import *\n"),
        ("shop/settings/base.py", "import os\nfrom os.path import dirname, join\nfrom shop.settings.store import *\n"),
        (
            "shop/settings/local.py",
            "from .base import *\nDEBUG = True\nif os.path.isfile(join(dirname(__file__), 'own.py')):\n    from .own import *\n",
        ),
        ("requirements.txt", "django==5.2\n"),
        ("requirements/production.txt", "gunicorn==23.0.0\n"),
        ("shop/settings/production.py", "from .base import *\nDEBUG = False\n"),
    ]);
    holds(&lines, &["local - setting.DEBUG value=True", "local - setting.DEBUG overridable=true"]);
    holds(&lines, &["production app package.gunicorn version=23.0.0"]);
}

#[test]
fn tests_whose_job_copies_the_sample_of_local_settings_run_with_it() {
    let settings = "CACHES = {'default': {'BACKEND': 'django.core.cache.backends.locmem.LocMemCache'}}\nINSTALLED_APPS = []\n\
        from .local_settings import *\n";
    let of = |copied: &str| {
        facts(&[
            (
                ".github/workflows/ci.yml",
                &WORKFLOW.replace("    - run: py", &format!("    - run: {copied}\n    - run: py")),
            ),
            ("manage.py", ENTRY),
            ("shop/__init__.py", ""),
            ("shop/settings.py", settings),
            ("shop/local_settings.example.py", "LEVEL = 'test'\n"),
        ])
    };
    let lines = of("cp shop/local_settings.example.py shop/local_settings.py");
    holds(&lines, &["test - setting.LEVEL value=test", "test - service.cache product=locmem"]);
    assert!(!of("./make-settings").iter().any(|line| line.contains("setting.LEVEL value=test")));
}

#[test]
fn a_checkout_on_a_runner_lacks_the_file_that_settings_look_for_unless_a_step_writes_it() {
    let settings = "import json\nimport os\n\nPATH = os.path.join(os.path.dirname(os.path.dirname(__file__)), 'local', 'site.json')\nif os.path.exists(PATH):\n    site = json.load(open(PATH))\nelse:\n    site = {'debug': True}\nDEBUG = bool(site.get('debug'))\nSECRET_KEY = 'x'\nROOT_URLCONF = 'shop.urls'\n";
    let found = |job: &str, step: &str, script: &str| {
        let flow = format!(
            "on: push\njobs:\n  test:\n    runs-on: ubuntu-24.04{job}\n    steps:\n      - uses: actions/checkout@v4\n      - run: {step}\n      - run: python manage.py test\n"
        );
        let lines = facts(&[
            ("manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"),
            ("shop/__init__.py", ""),
            ("shop/settings.py", settings),
            ("requirements.txt", "django==5.2\n"),
            ("bin/prepare.sh", script),
            (".gitignore", "/local\n"),
            (".github/workflows/tests.yml", &flow),
        ]);
        lines.into_iter().filter(|line| line.starts_with("test ") && line.contains("setting.DEBUG")).collect::<Vec<_>>()
    };
    let known =
        |job: &str, step: &str, script: &str| found(job, step, script).iter().any(|line| line.contains("value=True"));
    let writes = "cp samples/site.json local/site.json\n";
    assert!(known("", "pip install -r requirements.txt", writes), "{:?}", found("", "true", writes));
    assert!(known("\n    container: python:3.12", "pip install -r requirements.txt", writes));
    assert!(known("", "bin/prepare.sh", "jq . local/site.json\n"));
    assert!(!known("", "bin/prepare.sh", writes));
    assert!(!known("", "echo '{}' > local/site.json", ""));
}

#[test]
fn who_develops_makes_the_module_that_the_program_names_of_its_sample() {
    let of = |entry: &str| {
        facts(&[
            ("manage.py", entry),
            ("shop/__init__.py", ""),
            ("shop/base.py", "INSTALLED_APPS = []\nDEBUG = False\n"),
            (
                "local_settings.py.example",
                "from shop.base import *\nDEBUG = True\nDATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql'}}\n",
            ),
            ("requirements.txt", "django==5.2\n"),
            ("Makefile", "serve:\n\t./manage.py runserver\n"),
            ("Procfile", "web: gunicorn shop.wsgi\n"),
        ])
    };
    let lines = of("import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'local_settings')\n");
    holds(&lines, &["development - service.database product=postgres", "development - setting.DEBUG value=True"]);
    let lines = of("import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.base')\n");
    assert!(!lines.iter().any(|line| line.contains("product=postgres")), "{lines:?}");
}

#[test]
fn a_sample_that_a_guide_copies_stands_for_the_variables_of_a_developers_machine() {
    let of = |guide: &str| {
        facts(&[
            ("README.md", guide),
            ("justfile", "serve:\n    python manage.py runserver\n"),
            ("manage.py", ENTRY),
            ("shop/__init__.py", ""),
            (
                "shop/settings.py",
                "import os\nfrom dotenv import load_dotenv\nload_dotenv()\nDEBUG = os.environ.get('DEBUG') == '1'\nCACHES = {}\n",
            ),
            (".env.example", "DEBUG=1\n"),
            ("compose.yaml", "services: {db: {image: 'postgres:16'}}\n"),
        ])
    };
    holds(&of("1. `cp .env.example .env`\n2. just serve\n"), &["development - setting.DEBUG value=True"]);
    let lines = of("Copy what you like.\n");
    assert!(!lines.iter().any(|line| line == "development - setting.DEBUG value=True"), "{lines:?}");
}

#[test]
fn pytest_takes_its_options_from_one_file() {
    let of = |more: &[(&str, &str)]| {
        let project = "[tool.pytest.ini_options]\nenv = ['DEBUG=1']\n";
        let mut files = vec![
            (
                ".github/workflows/ci.yml",
                "on: push\njobs:\n  test:\n    runs-on: ubuntu-24.04\n    steps:\n    - uses: actions/checkout@v4\n    - run: pip install django pytest-env pytest-django\n    - run: pytest\n",
            ),
            ("manage.py", ENTRY),
            ("shop/__init__.py", ""),
            ("shop/settings.py", "import os\nDEBUG = os.environ.get('DEBUG') == '1'\n"),
            ("pyproject.toml", project),
        ];
        files.retain(|(path, _)| more.iter().all(|(other, _)| other != path));
        files.extend(more);
        facts(&files)
    };
    holds(&of(&[]), &["test - setting.DEBUG value=True"]);
    let ini = ("pytest.ini", "[pytest]\nenv =\n    DEBUG=0\n");
    holds(&of(&[ini]), &["test - setting.DEBUG value=False"]);
    holds(&of(&[("pytest.ini", "")]), &["test - setting.DEBUG value=False"]);
    let own = ("pyproject.toml", "[tool.pytest_env]\nDEBUG = '1'\n");
    holds(&of(&[own, ini]), &["test - setting.DEBUG value=True"]);
}

#[test]
fn a_developer_has_the_local_settings_that_a_sample_shows() {
    let of = |sample: &str| {
        facts(&[
            ("README.md", "```\npip install -r requirements.txt\npython manage.py runserver\n```\n"),
            ("requirements.txt", "django==5.1\n"),
            ("Dockerfile", "FROM python:3.12\nWORKDIR /app\nCOPY . /app\nCMD gunicorn shop.wsgi\n"),
            ("manage.py", ENTRY),
            ("shop/wsgi.py", ENTRY),
            ("shop/__init__.py", ""),
            (
                "shop/settings.py",
                "ALLOWED_HOSTS = []\nDEBUG = False\ntry:\n    from .local import *\nexcept ImportError:\n    pass\n",
            ),
            (sample, "DEBUG = True\n"),
        ])
    };
    holds(&of("shop/local.example.py"), &["development - setting.DEBUG value=True"]);
    for other in ["shop/more.example.py", "shop/local.example.txt"] {
        let lines = of(other);
        assert!(!lines.iter().any(|line| line.contains("setting.DEBUG value=True")), "{lines:?}");
    }
}

#[test]
fn what_django_takes_by_default_holds_unless_a_persons_own_settings_say_otherwise() {
    let of = |last: &str| {
        let settings = format!("INSTALLED_APPS = ['shop']\nSTATIC_URL = '/static/'\n{last}");
        facts(&[
            ("Dockerfile", "FROM python:3.12\nWORKDIR /app\nCOPY . /app\nCMD gunicorn shop.wsgi\n"),
            ("manage.py", ENTRY),
            ("shop/wsgi.py", ENTRY),
            ("shop/__init__.py", ""),
            ("shop/settings.py", settings.as_str()),
        ])
    };
    let files = ["production - service.storage.static product=files"];
    holds(&of("try:\n    from .mine import *\nexcept ImportError:\n    pass\n"), &files);
    let others = of("from somewhere.settings import *\n");
    assert!(!others.iter().any(|line| line.contains("storage.static")), "{others:?}");
}
