//! Applications of Flask: how they are found, and what they run with where they do not say it.

use crate::support::{facts, holds};

const CONFIG: &str = "import os
from dotenv import load_dotenv
load_dotenv('.env')

class Config:
    SQLALCHEMY_DATABASE_URI = os.environ.get('DATABASE_URL', '').replace('postgres:', 'postgresql:') or 'sqlite:///a.db'
    REDIS_URL = os.environ.get('REDIS_URL') or 'redis://'
";
const FACTORY: &str = "from flask import Flask
from config import Config

def create_app(config_class=Config):
    app = Flask(__name__)
    app.config.from_object(config_class)
    return app
";
const TESTS: &str = "from app import create_app
from config import Config

class Own(Config):
    TESTING = True
    SQLALCHEMY_DATABASE_URI = 'sqlite://'

def test_it():
    create_app(Own)
";

#[test]
fn the_application_that_a_variable_names_has_its_settings() {
    let lines = facts(&[
        (".flaskenv", "FLASK_APP=shop.py\nFLASK_DEBUG=1\n"),
        ("Procfile", "web: gunicorn shop:app\nworker: rq worker shop-tasks\n"),
        ("requirements.txt", "flask==3.1\ngunicorn==23.0\nrq==2.0\n"),
        ("config.py", CONFIG),
        ("app/__init__.py", FACTORY),
        ("shop.py", "from app import create_app\n\napp = create_app()\n"),
        ("tests.py", TESTS),
    ]);
    holds(
        &lines,
        &[
            "development - service.database product=sqlite",
            "development - setting.DEBUG value=True",
            "production - setting.DEBUG value=False",
            "production - service.broker product=redis",
            "test - service.database product=sqlite",
            "test - setting.TESTING value=True",
        ],
    );
}

#[test]
fn a_text_that_says_no_turns_the_debug_of_flask_on() {
    let app =
        "from flask import Flask\nfrom config import Config\napp = Flask(__name__)\napp.config.from_object(Config)\n";
    let config = "import os\nclass Config(object):\n    DEBUG = os.environ['DEBUG']\n    SECRET_KEY = 'x'\n";
    let compose = "services:\n  web:\n    build: .\n    environment: {DEBUG: 'False'}\n    restart: always\n";
    let lines = crate::support::facts(&[
        ("compose.production.yaml", compose),
        ("Dockerfile", "FROM python:3.12\nWORKDIR /app\nCOPY . /app\nCMD [\"gunicorn\", \"app:app\"]\n"),
        ("app.py", app),
        ("config.py", config),
    ]);
    assert!(lines.iter().any(|line| line.contains("setting.DEBUG") && line.contains("value=True")), "{lines:#?}");
}

const CHOSEN: &str = "import os
from flask import Flask
from config import Config, configs

def create_app():
    app = Flask(__name__)
    stage = os.environ['STAGE']
    if stage in configs:
        app.config.from_object(configs[stage])
    else:
        app.config.from_object(Config)
    return app
";
const CLASSES: &str = "import os

class Config:
    PAGES = 9
    PREVIEW_API_KEY = os.environ.get('PREVIEW_API_KEY', 'preview-key')

class Development(Config):
    PAGES = 3

configs = {'development': Development}
";

#[test]
fn production_takes_the_class_that_is_left_for_names_of_no_case() {
    let lines = facts(&[
        ("Procfile", "web: gunicorn 'app:create_app()'\n"),
        ("requirements.txt", "flask==3.1\ngunicorn==23.0\n"),
        ("app.py", CHOSEN),
        ("config.py", CLASSES),
    ]);
    holds(&lines, &["production - setting.SETTINGS_MODULE value=config.Config", "production - setting.PAGES value=9"]);
}

#[test]
fn a_variable_turns_debug_on_for_a_class_that_does_not_say() {
    let compose = "services:\n  web:\n    build: .\n    command: flask run\n    environment: {STAGE: development, FLASK_DEBUG: 1}\n";
    let lines = facts(&[
        ("compose.yaml", compose),
        ("Dockerfile", "FROM python:3.12\nCOPY . .\n"),
        ("requirements.txt", "flask==3.1\n"),
        ("app.py", CHOSEN),
        ("config.py", CLASSES),
    ]);
    holds(&lines, &["development - setting.DEBUG value=True"]);
}

const SETTINGS: &str = "import os
REDIS_URL = os.environ.get('REDIS_URL', 'redis://localhost:6379/0')
CSRF = os.environ.get('CSRF', 'true') == 'true'
SQLALCHEMY_DATABASE_URI = os.environ.get('DATABASE_URL', 'postgresql://localhost/shop')
";
const PROGRAM: &str = "from flask import Flask
def create_app():
    app = Flask(__name__)
    app.config.from_object('shop.settings')
    return app
";

/// A program whose tests are started by a command, with files of their own.
fn tested(command: &str, more: &[(&str, &str)]) -> Vec<String> {
    let flow = format!(
        "on: push\njobs:\n  test:\n    runs-on: ubuntu-24.04\n    env:\n      CSRF: 'true'\n    steps:\n      - run: pip install -r requirements.txt\n      - run: {command}\n"
    );
    let mut files = vec![
        (".github/workflows/ci.yml", flow.as_str()),
        ("Procfile", "web: gunicorn 'shop:create_app()'\n"),
        ("requirements.txt", "flask==3.1\ngunicorn==23.0\npytest==9.0\n"),
        ("shop/__init__.py", PROGRAM),
        ("shop/settings.py", SETTINGS),
    ];
    files.extend(more);
    facts(&files)
}

#[test]
fn the_package_of_the_tests_sets_variables_before_the_program_is_imported() {
    let init = "import os\nos.environ['CSRF'] = 'false'\nos.environ['REDIS_URL'] = \
                os.environ.get('REDIS_URL', 'redis://localhost:6379/0').replace('/0', '/5')\nfrom shop import create_app\n";
    let package = ("tests/__init__.py", init);
    let lines = tested("pytest", &[package]);
    holds(
        &lines,
        &[
            "test - setting.CSRF value=False",
            "test test variable.CSRF provider=tests",
            "test test variable.CSRF value=false",
            "test test variable.REDIS_URL value=redis://localhost:6379/5",
            "production - setting.CSRF value=True",
        ],
    );
    holds(&tested("python -m unittest", &[package]), &["test - setting.CSRF value=False"]);
    // What is discovered in a folder is not imported as its package; nor is that of tests that are not started.
    holds(&tested("python -m unittest discover -s tests", &[package]), &["test - setting.CSRF value=True"]);
    holds(&tested("pytest checks", &[package, ("checks/test_a.py", "")]), &["test - setting.CSRF value=True"]);
}

#[test]
fn tests_deeper_down_bring_their_own_variables_and_files_of_them() {
    let conftest = "from dotenv import load_dotenv\nload_dotenv('.env.test', override=True)\n";
    let deep = [("shop/tests/conftest.py", conftest), (".env.test", "CSRF=false\nDATABASE_URL=sqlite://\n")];
    let lines = tested("pytest shop/tests/", &deep);
    holds(&lines, &["test - setting.CSRF value=False", "test - service.database product=sqlite"]);
    holds(&tested("pytest", &deep), &["test - setting.CSRF value=True", "test - service.database product=postgres"]);
}

const NAMED: &str = "import os
class Config:
    TESTING = False
    SQLALCHEMY_DATABASE_URI = os.environ.get('DATABASE_URL', 'postgresql://localhost/shop')
class LiveConfig(Config):
    pass
class CheckedConfig(Config):
    TESTING = True
    SQLALCHEMY_DATABASE_URI = 'sqlite://'
named = {'live': LiveConfig, 'checked': CheckedConfig, 'default': LiveConfig}
";
const BY_NAME: &str = "import os
from flask import Flask
from config import named
def create_app(config_name=None):
    app = Flask(__name__)
    app.config.from_object(named[config_name or os.environ.get('FLASK_CONFIG', 'default')])
    return app
";

fn handed(tests: &[(&str, &str)]) -> Vec<String> {
    let flow = "on: push\njobs:\n  test:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: pip install flask==3.1 pytest==9.0\n      - run: pytest\n";
    let mut files = vec![
        (".github/workflows/ci.yml", flow),
        ("Procfile", "web: gunicorn 'shop:create_app()'\n"),
        ("requirements.txt", "flask==3.1\ngunicorn==23.0\n"),
        ("config.py", NAMED),
        ("shop/__init__.py", BY_NAME),
    ];
    files.extend(tests);
    facts(&files)
}

#[test]
fn tests_hand_their_class_to_the_factory() {
    let checked = ["test - setting.TESTING value=True", "test - service.database product=sqlite"];
    let with = |call: &str| format!("import pytest\n@pytest.fixture\ndef app():\n    return {call}\n");
    for call in ["create_app('checked')", "create_app(config_name='checked')", "create_app(config.CheckedConfig)"] {
        holds(&handed(&[("tests/conftest.py", &with(call))]), &checked);
    }
    let base = "class Base(TestCase):\n    def create_app(self):\n        app.config.from_object('config.CheckedConfig')\n        return app\n";
    holds(&handed(&[("tests/base.py", base)]), &checked);
    // One test that makes another says nothing against what all share.
    let other = ("tests/test_a.py", "def test_a():\n    app = create_app('live')\n    app.config['TESTING'] = 1\n");
    holds(&handed(&[("tests/conftest.py", &with("create_app('checked')")), other]), &checked);
}

#[test]
fn tests_change_the_configuration_of_the_application() {
    let fixture = "import pytest\n@pytest.fixture\ndef app():\n    app = create_app('live')\n    \
                   app.config.update(TESTING=True, SQLALCHEMY_DATABASE_URI='sqlite://')\n    app.config['SEED'] = seed()\n    yield app\n";
    let lines = handed(&[("tests/conftest.py", fixture)]);
    holds(&lines, &["test - setting.TESTING value=True", "test - setting.SEED value=?"]);
    // An engine that is made with the application knows nothing of what is set then.
    let known = ["sqlite", "postgres"].map(|product| format!("test - service.database product={product}"));
    assert!(!lines.iter().any(|line| known.contains(line)), "{lines:#?}");
    holds(&lines, &["production - setting.TESTING value=False"]);
}

#[test]
fn what_is_handed_to_the_factory_is_there_while_the_application_is_made() {
    let fixture = "import pytest\nCHANGES = {'TESTING': True, 'SQLALCHEMY_DATABASE_URI': 'sqlite://'}\n@pytest.fixture\n\
                   def app():\n    return create_app('live', settings_override=CHANGES)\n";
    holds(
        &handed(&[("tests/conftest.py", fixture)]),
        &["test - setting.TESTING value=True", "test - service.database product=sqlite"],
    );
}

#[test]
fn pytest_reads_the_file_that_it_is_told() {
    let off = "test - setting.CSRF value=False";
    let on = "test - setting.CSRF value=True";
    let own = ("ci/own.ini", "[pytest]\nenv =\n    CSRF=false\n");
    holds(&tested("pytest -c ci/own.ini", &[own]), &[off]);
    holds(
        &tested("pytest --config-file=ci/own.ini", &[own, ("pytest.ini", "[pytest]\nenv =\n    CSRF=true\n")]),
        &[off],
    );
    holds(&tested("pytest", &[own]), &[on]);
    // That of the folder of the tests is found before that of the root.
    let deep = [
        ("checks/pytest.ini", "[pytest]\nenv =\n    CSRF=false\n"),
        ("checks/a/test_a.py", ""),
        ("setup.cfg", "[tool:pytest]\n"),
    ];
    holds(&tested("pytest checks/a", &deep), &[off]);
    let files = [
        ("pytest.ini", "[pytest]\nenv_files = .env.ci\nenv_override_existing_values = 1\n"),
        (".env.ci", "CSRF=false\n"),
    ];
    holds(&tested("pytest", &files), &[off]);
    let files = [("pytest.ini", "[pytest]\nenv_files = .env.ci\n"), (".env.ci", "CSRF=false\n")];
    holds(&tested("pytest", &files), &[on]);
}
