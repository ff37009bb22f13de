//! Which module an environment's settings come from, and what else a component puts beside them.

use crate::support::{facts, holds};

const DJANGO: &str = "django==5.1\ngunicorn==22.0\n";
const IMAGE: &str =
    "FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\nCMD gunicorn shop.wsgi\n";
const ENTRY: &str = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n";

#[test]
fn a_component_that_comes_to_another_debug_is_told_by_itself() {
    let compose = "services:
  web:
    build: .
    environment: {SHOP_DEBUG: 'no'}
  worker:
    build: .
    command: celery -A shop worker
    environment: {SHOP_DEBUG: 'yes'}
";
    let lines = facts(&[
        ("compose.production.yaml", compose),
        ("Dockerfile", IMAGE),
        ("requirements.txt", DJANGO),
        ("shop/__init__.py", ""),
        ("shop/wsgi.py", ENTRY),
        ("shop/settings.py", "import os\nDEBUG = os.environ['SHOP_DEBUG'] == 'yes'\n"),
    ]);
    holds(&lines, &["production - setting.DEBUG value=False", "production worker setting.DEBUG value=True"]);
}

#[test]
fn settings_that_the_start_copies_to_their_place_are_followed() {
    let settings = "DEBUG = True\ntry:\n    from .local_settings import *\nexcept ImportError:\n    pass\n";
    let image = IMAGE.replace("CMD gunicorn shop.wsgi", "ENTRYPOINT [\"/app/start.sh\"]");
    let start = "#!/bin/sh\ncp shop/local_settings.py.image shop/local_settings.py\nexec gunicorn shop.wsgi\n";
    let lines = facts(&[
        ("Dockerfile", image.as_str()),
        ("start.sh", start),
        ("requirements.txt", DJANGO),
        ("shop/__init__.py", ""),
        ("shop/wsgi.py", ENTRY),
        ("shop/settings.py", settings),
        ("shop/local_settings.py.image", "DEBUG = False\n"),
    ]);
    holds(&lines, &["production - setting.DEBUG value=False"]);
}

#[test]
fn the_module_that_an_entry_file_names_needs_no_package_around_it() {
    let lines = facts(&[
        ("Dockerfile", IMAGE),
        ("requirements.txt", DJANGO),
        ("apps/__init__.py", ""),
        ("apps/notes/__init__.py", ""),
        ("apps/notes/settings.py", "NOTES = 3\n"),
        ("shop/wsgi.py", ENTRY),
        ("shop/settings.py", "DEBUG = True\nINSTALLED_APPS = []\n"),
    ]);
    holds(&lines, &["production - setting.DEBUG value=True"]);
}

#[test]
fn pages_that_are_called_settings_set_nothing() {
    let lines = facts(&[
        ("Dockerfile", IMAGE.replace("gunicorn shop.wsgi", "gunicorn shop.app:app").as_str()),
        ("requirements.txt", "flask==3.1\ngunicorn==22.0\n"),
        ("shop/__init__.py", ""),
        ("shop/pages/__init__.py", ""),
        ("shop/pages/settings.py", "import flask\n\ndef show():\n    return flask.render_template('a.html')\n"),
        ("shop/app.py", "from flask import Flask\napp = Flask(__name__)\napp.config.from_object('shop.values')\n"),
        ("shop/values.py", "DEBUG = True\n"),
    ]);
    holds(&lines, &["production - setting.DEBUG value=True"]);
}

#[test]
fn a_blueprint_that_is_called_settings_is_no_settings_module() {
    let pages = "from flask import Blueprint\nfrom shop.forms import SettingsForm\n\nsettings = Blueprint('settings', __name__)\n";
    let lines = facts(&[
        ("Dockerfile", IMAGE.replace("gunicorn shop.wsgi", "gunicorn shop.app:app").as_str()),
        ("requirements.txt", "flask==3.1\ngunicorn==22.0\n"),
        ("shop/__init__.py", ""),
        ("shop/pages/__init__.py", ""),
        ("shop/pages/settings/__init__.py", pages),
        ("shop/pages/settings/mail.py", "PAGES = 20\n"),
        ("shop/app.py", "from flask import Flask\napp = Flask(__name__)\n"),
    ]);
    assert!(!lines.iter().any(|line| line.contains("setting.PAGES") || line.contains("pages.settings")), "{lines:#?}");
}

#[test]
fn a_mapping_that_is_looked_into_with_a_variable_gives_the_class() {
    let config = "class Base:\n    DEBUG = False\nclass Local(Base):\n    DEBUG = True\n\
        class Live(Base):\n    pass\n\nconfigs = {'local': Local, 'live': Live}\n";
    let start = "import os\nfrom flask import Flask\nfrom config import configs\n\n\
        def create_app(chosen):\n    app = Flask(__name__)\n    app.config.from_object(chosen)\n    return app\n\n\
        kind = os.environ.get('KIND', 'local')\napp = create_app(configs[kind])\n";
    let image = IMAGE.replace("gunicorn shop.wsgi", "gunicorn run:app");
    let lines = facts(&[
        ("Dockerfile", image.replace("CMD", "ENV KIND=live\nCMD").as_str()),
        ("requirements.txt", "flask==3.1\ngunicorn==22.0\n"),
        ("config.py", config),
        ("run.py", start),
    ]);
    holds(&lines, &["production - setting.DEBUG value=False"]);
}

#[test]
fn what_only_a_platform_sets_is_not_set_in_development() {
    let lines = facts(&[
        (
            "compose.yaml",
            "services:\n  web:\n    build: .\n    volumes: ['.:/app']\n    command: python manage.py runserver\n",
        ),
        ("Dockerfile", IMAGE),
        ("requirements.txt", DJANGO),
        ("manage.py", ENTRY),
        ("shop/__init__.py", ""),
        ("shop/settings.py", "import os\nDEBUG = 'RENDER' not in os.environ\n"),
    ]);
    holds(&lines, &["development - setting.DEBUG value=True"]);
    assert!(!lines.iter().any(|line| line == "development - setting.DEBUG overridable=true"));
}

#[test]
fn an_image_that_only_adds_the_settings_of_production_to_a_base_of_the_project_is_production() {
    let make = "build-base:\n\tdocker build -f docker/base/Dockerfile -t acme/base:latest .\nbuild:\n\tdocker build -f docker/site/Dockerfile -t acme/site .\n";
    let base = "FROM python:3.12-slim\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n";
    let lines = facts(&[
        ("Makefile", make),
        ("docker/base/Dockerfile", base),
        (
            "docker/site/Dockerfile",
            "FROM acme/base:latest\nENV DJANGO_SETTINGS_MODULE=shop.settings.prod\nCOPY . /app\n",
        ),
        ("requirements.txt", "django==5.2\npsycopg2-binary==2.9.10\n"),
        ("manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings.dev')\n"),
        ("shop/settings/base.py", "ROOT_URLCONF = 'shop.urls'\nDEBUG = True\n"),
        ("shop/settings/dev.py", "from .base import *\n"),
        ("shop/settings/prod.py", "from .base import *\nDEBUG = False\n"),
    ]);
    holds(&lines, &["prod app package.psycopg2-binary version=2.9.10", "prod - setting.DEBUG value=False"]);
}

#[test]
fn an_entry_point_that_a_shell_runs_is_handed_the_command() {
    let image =
        IMAGE.replace("CMD gunicorn shop.wsgi", "ENTRYPOINT ./start.sh $0 $@\nCMD [\"gunicorn\", \"shop.wsgi\"]");
    let start =
        "#!/bin/bash\nBEFORE=()\nif [[ \"$1\" == shop ]]; then BEFORE=(uv run); fi\nexec \"${BEFORE[@]}\" \"$@\"\n";
    let lines = facts(&[
        ("Dockerfile", image.as_str()),
        ("start.sh", start),
        ("requirements.txt", DJANGO),
        ("shop/__init__.py", ""),
        ("shop/wsgi.py", ENTRY),
        ("shop/settings.py", "DEBUG = False\n"),
    ]);
    holds(&lines, &["production app process.app server=gunicorn"]);
}

#[test]
fn what_another_environment_selects_that_is_deployed_alike_is_not_known_here() {
    let of = |config: &str| {
        let deploy = |name: &str| {
            format!(
                "on: push\njobs:\n  ship:\n    runs-on: u\n    environment: {name}\n    steps: [{{uses: dokku/github-action@v1}}]\n"
            )
        };
        facts(&[
            (".github/workflows/a.yml", &deploy("staging")),
            (".github/workflows/b.yml", &deploy("production")),
            ("Procfile", "web: gunicorn shop.wsgi\n"),
            ("app.json", &format!("{{\"env\": {config}}}")),
            ("requirements.txt", DJANGO),
            ("shop/__init__.py", ""),
            ("shop/wsgi.py", ENTRY),
            ("shop/settings.py", "DEBUG = True\nINSTALLED_APPS = []\n"),
            ("shop/live.py", "from .settings import *\nDEBUG = False\n"),
        ])
    };
    let lines = of("{\"DJANGO_SETTINGS_MODULE\": \"shop.live\"}");
    holds(&lines, &["production - setting.DEBUG value=False"]);
    assert!(!lines.iter().any(|line| line.starts_with("staging - setting.DEBUG value")), "{lines:?}");
    holds(&of("{\"A\": \"b\"}"), &["staging - setting.DEBUG value=True"]);
}
