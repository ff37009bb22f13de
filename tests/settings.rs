//! Which settings an environment is taken to load, and what is joined with them.

use crate::support::{facts, holds};

#[test]
fn the_component_that_selects_the_settings_speaks_for_them_not_the_proxy_before_it() {
    let compose = "services:
  proxy:
    image: example/front:1
    command: [nginx, -g, 'daemon off;']
    environment: {A: 1, B: 2, C: 3}
  web:
    image: example/back:1
    command: [/opt/start.sh]
    environment:
      DJANGO_SETTINGS_MODULE: shop.settings.production
      DATABASE_URL: postgres://shop@db/shop
";
    let lines = facts(&[
        ("compose.production.yaml", compose),
        ("shop/__init__.py", ""),
        ("shop/settings/__init__.py", ""),
        (
            "shop/settings/base.py",
            "import dj_database_url\nDEBUG = True\nDATABASES = {'default': dj_database_url.config(default='sqlite:///a.db')}\n",
        ),
        ("shop/settings/aws.py", "from .base import *\n"),
        ("shop/settings/production.py", "from .base import *\nDEBUG = False\n"),
    ]);
    holds(&lines, &["production - service.database product=postgres", "production - setting.DEBUG value=False"]);
}

#[test]
fn settings_named_for_production_are_its_own_before_those_of_a_platform() {
    let lines = facts(&[
        ("compose.production.yaml", "services:\n  web:\n    image: example/back:1\n    command: [/start]\n"),
        ("shop/__init__.py", ""),
        ("shop/settings/__init__.py", ""),
        ("shop/settings/aws.py", "DEBUG = True\n"),
        ("shop/settings/production.py", "DEBUG = False\n"),
    ]);
    holds(&lines, &["production - setting.DEBUG value=False"]);
}

#[test]
fn the_class_that_the_factory_of_the_program_takes_is_the_configuration() {
    let config = "import os

class Config:
    SQLALCHEMY_DATABASE_URI = os.environ.get('DATABASE_URL') or 'sqlite:///app.db'
";
    let factory = "from flask import Flask
from config import Config

def create_app(config_class=Config):
    app = Flask(__name__)
    app.config.from_object(config_class)
    return app
";
    let lines = facts(&[
        ("Procfile", "web: gunicorn shop:app\n"),
        ("requirements.txt", "flask==3.1\ngunicorn==23.0\n"),
        ("config.py", config),
        ("app/__init__.py", factory),
        ("shop.py", "from app import create_app\n\napp = create_app()\n"),
    ]);
    holds(&lines, &["production - service.database product=sqlite"]);
}

#[test]
fn services_that_jobs_side_by_side_declare_alike_are_one() {
    let job = "    services:
      db:
        image: postgres:12
    steps:
      - run: pytest
        env: {DATABASE_URL: postgres://shop@localhost/shop}
";
    let workflow = format!(
        "on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n{job}  b:\n    runs-on: ubuntu-24.04\n{}",
        job.replace("db:", "store:")
    );
    let lines = facts(&[
        (".github/workflows/tests.yml", workflow.as_str()),
        ("requirements.txt", "django==5.2\n"),
        ("manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"),
        ("shop/__init__.py", ""),
        (
            "shop/settings.py",
            "import dj_database_url\nDATABASES = {'default': dj_database_url.config(default='postgres:///a')}\n",
        ),
    ]);
    holds(&lines, &["test - service.database version=12"]);
}

#[test]
fn an_image_of_other_code_does_not_load_the_settings_of_the_application() {
    let lines = facts(&[
        ("manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"),
        ("shop/__init__.py", ""),
        ("shop/settings.py", "DEBUG = True\n"),
        ("tools/scan/Dockerfile", "FROM python:3.12-slim\nCOPY app.py .\nCMD [\"gunicorn\", \"app:app\"]\n"),
        ("tools/scan/app.py", "import os\n"),
    ]);
    assert!(lines.iter().all(|line| !line.contains("setting.DEBUG")), "{lines:#?}");
}

#[test]
fn a_module_that_a_condition_chooses_is_not_that_of_another_entry_file() {
    let lines = facts(&[
        ("Dockerfile", "FROM python:3.12\nCOPY . .\nCMD [\"gunicorn\", \"shop.wsgi\"]\n"),
        (
            "shop/wsgi.py",
            "import os\nname = 'shop.hosted' if 'SITE' in os.environ else 'shop.settings'\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', name)\n",
        ),
        ("shop/asgi.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"),
        ("shop/settings.py", "DEBUG = True\nINSTALLED_APPS = []\n"),
        ("shop/hosted.py", "from .settings import *\nDEBUG = False\n"),
    ]);
    assert!(
        !lines.iter().any(|line| line.contains("production") && line.contains("setting.DEBUG value=True")),
        "{lines:#?}"
    );
}

#[test]
fn a_job_that_only_computes_what_others_deploy_with_deploys_nothing() {
    let deploys = |name: &str| {
        let job = format!("  {name}:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: ./site branch\n");
        let lines = facts(&[
            ("Dockerfile", "FROM python:3.12\nCOPY . .\nCMD [\"gunicorn\", \"shop.wsgi\"]\n"),
            ("shop/wsgi.py", ""),
            (".github/workflows/a.yml", &format!("on: push\njobs:\n{job}")),
        ]);
        lines.iter().any(|line| line.contains("deploys=production"))
    };
    assert_eq!((deploys("deploy_site"), deploys("get_deployment_meta")), (true, false));
}

#[test]
fn the_class_named_for_the_environment_is_its_configuration_where_nothing_here_chooses_one() {
    let settings = "from configurations import Configuration, values

class Base(Configuration):
    DEBUG = False
    DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', 'NAME': 'a'}}

class Development(Base):
    DEBUG = True

class PreProduction(Base):
    ALLOWED_HOSTS = ['pre']

class Staging(Base):
    ALLOWED_HOSTS = ['staging']

class Production(Base):
    ALLOWED_HOSTS = ['shop']
";
    let manage = "import os
os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')
os.environ.setdefault('DJANGO_CONFIGURATION', 'Development')
";
    let lines = facts(&[
        ("Procfile", "web: gunicorn shop.wsgi\n"),
        ("manage.py", manage),
        (
            "compose.yaml",
            "services:\n  web:\n    build: .\n    environment: {DJANGO_CONFIGURATION: Development}\n    command: python manage.py runserver\n",
        ),
        ("Dockerfile", "FROM python:3.12\nCOPY . .\n"),
        ("shop/__init__.py", ""),
        ("shop/wsgi.py", manage),
        ("shop/settings.py", settings),
    ]);
    holds(
        &lines,
        &[
            "production - service.database product=postgres",
            "production - setting.ALLOWED_HOSTS value=[\"shop\"]",
            "staging - setting.ALLOWED_HOSTS value=[\"staging\"]",
            "pre-production - setting.ALLOWED_HOSTS value=[\"pre\"]",
            "development - setting.DEBUG value=True",
        ],
    );
}

#[test]
fn modules_that_the_entry_files_name_are_settings_wherever_they_lie() {
    let manage = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.django.base')\n";
    let lines = facts(&[
        ("Procfile", "web: gunicorn config.wsgi\n"),
        ("manage.py", manage),
        ("config/__init__.py", ""),
        ("config/wsgi.py", manage),
        ("config/django/__init__.py", ""),
        ("config/django/base.py", "DEBUG = True\nfrom config.settings.celery import *\n"),
        ("config/django/production.py", "from .base import *\nDEBUG = False\n"),
        ("config/django/test.py", "from .base import *\nROOT_URLCONF = 'shop.urls'\n"),
        ("config/settings/__init__.py", ""),
        ("config/settings/celery.py", "CELERY_BROKER_URL = 'amqp://q'\n"),
    ]);
    holds(&lines, &["test - setting.ROOT_URLCONF value=shop.urls", "test - setting.CELERY_BROKER_URL value=amqp://q"]);
}

#[test]
fn a_package_of_settings_that_is_named_for_an_environment_is_a_module() {
    let manage = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n";
    let lines = facts(&[
        ("Procfile", "web: gunicorn shop.wsgi\n"),
        ("manage.py", manage),
        ("shop/__init__.py", ""),
        ("shop/wsgi.py", manage),
        ("shop/settings/__init__.py", ""),
        ("shop/settings/base.py", "DEBUG = True\n"),
        ("shop/settings/production/__init__.py", "from ..base import *\nDEBUG = False\n"),
        ("shop/settings/staging/__init__.py", "from ..base import *\nDEBUG = False\nA = 1\n"),
    ]);
    holds(&lines, &["production - setting.DEBUG value=False", "staging - setting.A value=1"]);
}

#[test]
fn an_address_that_heroku_gives_is_that_of_its_postgres_and_the_file_beside_the_procfile_is_for_running_it_by_hand() {
    let settings = "import os, dj_database_url
DEBUG = os.environ.get('ENVIRONMENT') == 'development'
if 'DYNO' in os.environ:
    DATABASES = {'default': dj_database_url.config(conn_max_age=600, ssl_require=True)}
else:
    DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': 'a'}}
";
    let manage = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n";
    let lines = facts(&[
        ("Procfile", "web: gunicorn shop.wsgi\n"),
        ("app.json", "{\"name\": \"shop\", \"stack\": \"heroku-24\"}"),
        (".env", "ENVIRONMENT=development\n"),
        ("requirements.txt", "django==5.2\ngunicorn==23.0\n"),
        ("manage.py", manage),
        ("shop/__init__.py", ""),
        ("shop/wsgi.py", manage),
        ("shop/settings.py", settings),
    ]);
    holds(
        &lines,
        &[
            "production - service.database product=postgres",
            "development - service.database product=sqlite",
            "development - setting.DEBUG value=True",
        ],
    );
}

#[test]
fn a_module_that_sets_hosts_and_the_key_is_settings_whatever_its_name() {
    let settings =
        "import os\nALLOWED_HOSTS = os.environ.get('HOSTS', '*').split(' ')\nSECRET_KEY = os.environ['KEY']\n";
    let lines = facts(&[
        ("compose.production.yaml", "services:\n  web:\n    image: example/shop:1\n    command: [/start]\n"),
        ("configuration/configuration.py", settings),
    ]);
    holds(&lines, &["production - setting.ALLOWED_HOSTS value=[\"*\"]"]);
}

#[test]
fn a_database_that_waits_for_its_address_is_not_known_to_be_none() {
    let settings = "import os\nimport dj_database_url\nINSTALLED_APPS = ['a']\nif os.getenv('DATABASE_URL'):\n    DATABASES = {'default': dj_database_url.parse(os.getenv('DATABASE_URL'))}\n";
    let lines = facts(&[
        (
            "Dockerfile",
            "FROM python:3.13\nCOPY . .\nENV DJANGO_SETTINGS_MODULE=shop.settings\nCMD [\"gunicorn\", \"shop.wsgi\"]\n",
        ),
        ("manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"),
        ("shop/settings.py", settings),
    ]);
    let none = |line: &String| line.contains("database") && line.contains("product=absent");
    assert!(lines.iter().any(|line| line.contains("database")) && !lines.iter().any(none), "{lines:#?}");
}

#[test]
fn a_command_of_django_loads_the_module_of_its_option() {
    let flow = "on: push\njobs:\n  t:\n    runs-on: u\n    steps:\n      - run: pip install -r requirements.txt\n      - run: python manage.py test --settings=shop.settings.ci\n";
    let lines = facts(&[
        (".github/workflows/c.yml", flow),
        ("requirements.txt", "django\n"),
        ("manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings.base')\n"),
        ("shop/settings/__init__.py", ""),
        ("shop/settings/base.py", "DEBUG = True\n"),
        ("shop/settings/ci.py", "from .base import *\nDEBUG = False\n"),
        ("Dockerfile", "FROM python:3.13\nCOPY . .\nCMD [\"gunicorn\", \"shop.wsgi\"]\n"),
    ]);
    let loads = |line: &String| line.starts_with("test ") && line.contains("DEBUG value=False");
    assert!(lines.iter().any(loads), "{lines:#?}");
}

#[test]
fn a_file_of_variables_that_the_image_does_not_bring_is_not_read_there() {
    let settings = "from decouple import config\nDEBUG = config('DEBUG', default=False, cast=bool)\n";
    let with = |dockerfile: &str, ignore: &str, wanted: &str| {
        let lines = facts(&[
            ("Dockerfile", dockerfile),
            (".dockerignore", ignore),
            (".env", "DEBUG=True\n"),
            ("manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"),
            ("shop/__init__.py", ""),
            ("shop/settings.py", settings),
        ]);
        holds(&lines, &[wanted]);
    };
    let all = "FROM python:3.12\nWORKDIR /app\nCOPY . .\nCMD python manage.py runserver\n";
    let some = "FROM python:3.12\nWORKDIR /app\nCOPY shop shop\nCOPY manage.py .\nCMD python manage.py runserver\n";
    with(all, "venv\n", "production - setting.DEBUG value=True");
    with(all, "venv\n.env\n", "production - setting.DEBUG value=False");
    with(some, "", "production - setting.DEBUG value=False");
}

#[test]
fn a_list_is_as_certain_as_its_items() {
    let with = |hosts: &str, wanted: &str| {
        let lines = facts(&[
            ("Dockerfile", "FROM python:3.12\nWORKDIR /app\nCOPY . .\nCMD python manage.py runserver\n"),
            ("manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"),
            ("shop/__init__.py", ""),
            ("shop/settings.py", &format!("import os\nALLOWED_HOSTS = {hosts}\n")),
        ]);
        holds(&lines, &[wanted]);
    };
    with("[os.getenv('HOSTS', '*')]", "production - setting.ALLOWED_HOSTS overridable=true");
    with("[os.getenv('HOSTS', '*')]", "production - setting.ALLOWED_HOSTS variable=HOSTS");
    with("['*', os.getenv('HOSTS', 'a.example')]", "production - setting.ALLOWED_HOSTS overridable=false");
    with("['a.example']", "production - setting.ALLOWED_HOSTS overridable=false");
}

#[test]
fn a_value_that_lies_in_a_sample_is_one_whichever_variable_may_stand_above_it() {
    let app = "from flask import Flask
class Config:
    DEBUG = False
app = Flask(__name__)
app.config.from_object(Config)
app.config['SECRET_KEY'] = os.environ['SECRET_KEY']
app.config.from_prefixed_env()
";
    let lines = facts(&[
        ("Dockerfile", "FROM python:3.12\nWORKDIR /app\nCOPY . .\nCMD gunicorn app:app\n"),
        ("compose.production.yaml", "services:\n  web:\n    build: .\n    env_file: .env.prod\n"),
        (".env.prod.example", "SECRET_KEY=replace-with-another\n"),
        ("app.py", &format!("import os\n{app}")),
    ]);
    holds(&lines, &["production - setting.SECRET_KEY sampled=true"]);
}

#[test]
fn a_service_whose_entry_file_falls_to_development_runs_it_where_nothing_sets_another() {
    let with = |env: &str, sample: &str| {
        facts(&[
            ("Dockerfile", "FROM python:3.12\nWORKDIR /app\nCOPY . .\nCMD gunicorn shop.wsgi\n"),
            ("compose.production.yaml", &format!("services:\n  web:\n    build: .\n{env}")),
            (".env.example", sample),
            ("shop/__init__.py", ""),
            (
                "shop/wsgi.py",
                "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings.development')\n",
            ),
            ("shop/settings/__init__.py", ""),
            ("shop/settings/development.py", "DEBUG = True\nINSTALLED_APPS = []\n"),
            ("shop/settings/production.py", "DEBUG = False\nINSTALLED_APPS = []\n"),
        ])
    };
    let has = |lines: &[String], what: &str| lines.iter().any(|line| line.contains(what));
    let falls = |lines: &[String]| has(lines, "falls_back_to=shop.settings.development");
    assert!(has(&with("", "A=1\n"), "production - setting.SETTINGS_MODULE named_for=development"));
    assert!(falls(&with("    env_file: .env\n", "DJANGO_SETTINGS_MODULE=shop.settings.development\n")));
    assert!(!falls(&with("    env_file: .env\n", "DJANGO_SETTINGS_MODULE=shop.settings.production\n")));
    let handed = "    environment:\n      - DJANGO_SETTINGS_MODULE=${DJANGO_SETTINGS_MODULE}\n";
    assert!(!falls(&with(handed, "A=1\n")));
}

#[test]
fn an_image_whose_entry_file_names_settings_for_a_developer_is_told_its_own_where_it_is_deployed() {
    let lines = facts(&[
        ("Dockerfile", "FROM python:3.12\nWORKDIR /app\nCOPY . .\nCMD gunicorn shop.wsgi\n"),
        ("shop/__init__.py", ""),
        ("shop/wsgi.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings.dev')\n"),
        ("shop/settings/__init__.py", ""),
        ("shop/settings/dev.py", "DEBUG = True\nINSTALLED_APPS = []\n"),
    ]);
    assert!(!lines.iter().any(|line| line.starts_with("production - setting.DEBUG")), "{lines:#?}");
}
