//! Backing services: what the settings use, and what only stands beside the application.

use crate::support::{facts, holds};

const ENTRY: &str = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n";
const DOCKERFILE: &str = "FROM python:3.12\nWORKDIR /app\nCOPY . /app\nCMD [\"gunicorn\", \"shop.wsgi\"]\n";

fn stated(settings: &str, more: &[(&str, &str)]) -> Vec<String> {
    let mut files = vec![
        ("Dockerfile", DOCKERFILE),
        ("manage.py", ENTRY),
        ("shop/__init__.py", ""),
        ("shop/wsgi.py", ENTRY),
        ("shop/settings.py", settings),
    ];
    files.extend(more);
    facts(&files)
}

#[test]
fn a_store_that_is_the_broker_is_no_cache_by_its_mere_presence() {
    let settings = "from acme.base import *\nINSTALLED_APPS = []\nCELERY_BROKER_URL = 'redis://redis:6379/0'\n";
    let compose = |more: &str| format!("services: {{web: {{build: .}}, redis: {{image: 'redis:8'}}{more}}}\n");
    let lines = stated(settings, &[("compose.production.yaml", &compose(""))]);
    holds(&lines, &["production - service.broker product=redis", "production - service.broker version=8"]);
    assert!(!lines.iter().any(|line| line.contains("service.cache ")), "{lines:#?}");
    let lines = stated(settings, &[("compose.production.yaml", &compose(", store: {image: 'valkey/valkey:9'}"))]);
    holds(&lines, &["production - service.cache product=valkey"]);
}

#[test]
fn the_queue_of_the_tests_is_the_one_that_their_settings_name() {
    let broker = |class: &str| format!("DRAMATIQ_BROKER = {{'BROKER': 'dramatiq.brokers.{class}', 'OPTIONS': {{}}}}\n");
    let workflow = "on: push\njobs:\n  test:\n    runs-on: ubuntu-24.04\n    services: {mq: {image: 'rabbitmq:4'}}\n    \
                    steps:\n    - run: pytest\n";
    let lines = stated(
        &format!("INSTALLED_APPS = []\n{}", broker("rabbitmq.RabbitmqBroker")),
        &[
            ("shop/testing.py", &format!("from .settings import *\n{}", broker("stub.StubBroker"))),
            ("pytest.ini", "[pytest]\naddopts = -m \"not slow\" --ds=\"shop.testing\"\n"),
            (".github/workflows/ci.yml", workflow),
        ],
    );
    holds(&lines, &["test - service.broker product=memory_broker", "production - service.broker product=rabbitmq"]);
}

#[test]
fn a_sample_whose_name_spells_the_dot_out_stands_for_the_file_of_variables() {
    let settings = "import os\nDEBUG = os.environ.get('DEBUG') == 'True'\nINSTALLED_APPS = []\n";
    let compose =
        "services: {web: {build: ., env_file: .env, volumes: ['.:/app'], command: python manage.py runserver}}\n";
    let lines = stated(settings, &[("compose.yaml", compose), ("dotenv-sample", "DEBUG=True\n")]);
    holds(&lines, &["development - setting.DEBUG value=True"]);
}

#[test]
fn a_cache_that_a_branch_adds_leaves_no_doubt_about_the_others() {
    let settings = "import importlib.util\nINSTALLED_APPS = []\n\
        CACHES = {'default': {'BACKEND': 'django.core.cache.backends.locmem.LocMemCache'}}\n\
        if importlib.util.find_spec('acme') is not None:\n    \
        CACHES['more'] = {'BACKEND': 'django.core.cache.backends.db.DatabaseCache'}\n";
    let lines = stated(settings, &[("compose.production.yaml", "services: {web: {build: .}}\n")]);
    holds(&lines, &["production - service.cache product=locmem"]);
    assert!(!lines.iter().any(|line| line.contains("service.cache.more")), "{lines:#?}");
}

#[test]
fn what_a_script_of_a_virtual_machine_exports_the_program_has_there() {
    let settings = "import os\nimport dj_database_url\nINSTALLED_APPS = []\n\
        DATABASES = {'default': dj_database_url.config(default='sqlite:///a.db')}\n";
    let vagrant = "$start = <<SCRIPT\nexport DATABASE_URL=\"mysql://shop@localhost/shop\"\npython manage.py runserver\nSCRIPT\n\
        Vagrant.configure(2) do |config|\n  config.vm.provision :shell, :inline => $start\nend\n";
    let lines = stated(settings, &[("Vagrantfile", vagrant), ("requirements.txt", "django==5.2\n")]);
    holds(&lines, &["development - service.database product=mysql"]);
}

#[test]
fn the_tests_of_another_program_do_not_speak_for_the_settings() {
    let compose = "services:\n  runner: {build: api}\n  shop: {build: ., command: pytest}\n";
    let lines = stated(
        "DEBUG = False\nINSTALLED_APPS = []\n",
        &[
            ("api/Dockerfile", "FROM python:3.12\nCOPY . .\nCMD pytest\n"),
            ("api/test_shop.py", ""),
            ("pytest.ini", "[pytest]\nDJANGO_SETTINGS_MODULE = shop.settings\n"),
            ("docker-compose.test.yml", compose),
        ],
    );
    holds(&lines, &["test - setting.DEBUG value=False"]);
}

#[test]
fn a_variable_that_an_addon_sets_is_there_whatever_it_holds() {
    let settings = "import os\nINSTALLED_APPS = []\nif os.environ.get('STORE_SERVERS') is not None:\n    \
        CACHES = {'default': {'BACKEND': 'django_bmemcached.memcached.BMemcached'}}\nelse:\n    \
        CACHES = {'default': {'BACKEND': 'django.core.cache.backends.locmem.LocMemCache'}}\n\
        ALLOWED_HOSTS = ['shop'] if os.environ.get('STORE_SERVERS') else ['*']\n";
    let app = |addons: &str| format!("{{\"addons\": [{addons}], \"buildpacks\": [], \"env\": {{}}}}");
    let addon = app("{\"plan\": \"memcachier\", \"as\": \"STORE\"}");
    let lines = stated(settings, &[("Procfile", "web: gunicorn shop.wsgi\n"), ("app.json", &addon)]);
    let at = |name: &str| lines.iter().any(|line| line.starts_with("production") && line.contains(name));
    assert!(at("service.cache product=memcached") && at("setting.ALLOWED_HOSTS value=[\"shop\"]"), "{lines:#?}");
    let lines = stated(settings, &[("Procfile", "web: gunicorn shop.wsgi\n"), ("app.json", &app(""))]);
    assert!(!lines.iter().any(|line| line.contains("product=memcached")), "{lines:#?}");
}

#[test]
fn a_worker_of_arq_takes_its_tasks_from_redis() {
    let compose = "services:\n  web: {build: ., command: uvicorn app:app --reload, volumes: ['.:/app']}\n  \
        worker: {build: ., command: arq app.WorkerSettings}\n  redis: {image: 'redis:7.4'}\n";
    let lines = facts(&[
        ("compose.yaml", compose),
        ("Dockerfile", "FROM python:3.12\nWORKDIR /app\nCOPY . /app\n"),
        ("app.py", "from fastapi import FastAPI\napp = FastAPI()\n"),
    ]);
    holds(&lines, &["development - service.broker product=redis", "development - service.broker version=7.4"]);
}

#[test]
fn of_several_servers_that_a_job_starts_none_is_surely_the_database() {
    let flow = |more: &str| {
        format!(
            "on: push\njobs: {{t: {{runs-on: u, services: {{mariadb: {{image: 'mariadb:11'}}{more}}}, steps: [{{run: pytest}}]}}}}\n"
        )
    };
    let settings = "from acme.base import *\nINSTALLED_APPS = []\n";
    let of = |more: &str| stated(settings, &[(".github/workflows/t.yml", &flow(more)), ("conftest.py", "")]);
    holds(&of(""), &["test - service.database product=mariadb"]);
    let lines = of(", postgres: {image: 'postgres:17'}");
    assert!(!lines.iter().any(|line| line.contains("test - service.database ")), "{lines:#?}");
    holds(&lines, &["test - service.postgres product=postgres", "test - service.mariadb product=mariadb"]);
}

#[test]
fn of_two_versions_of_a_server_the_one_that_is_plainly_called_so_is_the_database() {
    let of = |first: &str, second: &str| {
        let stack = format!(
            "services:\n  web: {{build: ., command: gunicorn shop.wsgi}}\n  {first}: {{image: 'postgres:14'}}\n  {second}: {{image: 'postgres:16'}}\n"
        );
        stated("from acme.base import *\nINSTALLED_APPS = []\n", &[("compose.production.yaml", &stack)])
    };
    let lines = of("forms-db", "shop-db");
    assert!(!lines.iter().any(|line| line.contains("production - service.database ")), "{lines:#?}");
    holds(&lines, &["production - service.shop-db version=16", "production - service.forms-db version=14"]);
    holds(&of("accounts-db", "db"), &["production - service.database version=16"]);
}

#[test]
fn an_engine_of_the_project_is_of_the_product_that_it_builds_on() {
    let settings = "INSTALLED_APPS = []\nDATABASES = {\n    'default': {'ENGINE': 'django.db.backends.postgresql', 'HOST': 'localhost'},\n    \
        'counts': {'ENGINE': 'shop.counting', 'HOST': 'localhost', 'PORT': 9000},\n}\n";
    let base = |engine: &str| {
        format!(
            "from {engine}.base import DatabaseWrapper as Known\n\nclass DatabaseWrapper(Known):\n    vendor_rows = True\n"
        )
    };
    let compose = ("compose.production.yaml", "services: {web: {build: .}, db: {image: 'postgres:17'}}\n");
    let lines = stated(settings, &[compose, ("shop/counting/base.py", &base("clickhouse_backend.backend"))]);
    holds(&lines, &["production - service.database.counts product=clickhouse"]);
    // One that builds on something that is not known stands beside the declared database and is not that.
    let lines = stated(settings, &[compose, ("shop/counting/base.py", &base("acme.engine"))]);
    holds(&lines, &["production - service.database version=17"]);
    assert!(lines.contains(&"production - service.database.counts product=?".to_owned()), "{lines:#?}");
}

#[test]
fn a_driver_names_no_server_where_the_program_chooses_a_file_by_default() {
    let settings = |engine: &str| {
        format!(
            "import os\nimport secrets_of_shop\nINSTALLED_APPS = []\nDB_ENGINE = os.environ.get('DB_ENGINE', '{engine}')\n\
             DATABASES = {{'default': {{'ENGINE': secrets_of_shop.engine_of(DB_ENGINE)}}}}\n"
        )
    };
    let dockerfile = "FROM python:3.12\nWORKDIR /app\nRUN pip install django==5.2 psycopg==3.2 gunicorn==23.0\nCOPY . .\nCMD [\"gunicorn\", \"shop.wsgi\"]\n";
    let postgres = |engine: &str| {
        let lines = stated(&settings(engine), &[("Dockerfile", dockerfile)]);
        lines.contains(&"production - service.database product=postgres".to_owned())
    };
    assert!(postgres("postgres"));
    assert!(!postgres("sqlite"));
    // Not even its own name keeps the variable's default where branches above are not decided.
    let read = "import os\nimport secrets_of_shop\nINSTALLED_APPS = []\n\
        DATABASES = {'default': secrets_of_shop.make(os.environ.get('SHOP_DB_ENGINE', 'sqlite'))}\n";
    let lines = stated(read, &[("Dockerfile", dockerfile)]);
    assert!(!lines.contains(&"production - service.database product=postgres".to_owned()), "{lines:#?}");
}
