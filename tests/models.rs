//! Settings that are objects: classes of pydantic and starlette's `Config`, plain classes, parsers of sections.

use crate::support::{facts, holds};

const DOCKERFILE: &str =
    "FROM python:3.12\nWORKDIR /code\nRUN pip install fastapi\nCOPY . /code\nCMD [\"uvicorn\", \"app.main:app\"]\n";
const COMPOSE: &str = "services:\n  web:\n    build: .\n    env_file: .env\n    command: uvicorn app.main:app --reload\n    volumes: ['.:/code']\n";

fn of(config: &str, env: &str) -> Vec<String> {
    facts(&[
        ("Dockerfile", DOCKERFILE),
        ("compose.yaml", COMPOSE),
        (".env", env),
        ("app/__init__.py", ""),
        ("app/main.py", "from fastapi import FastAPI\nfrom app.config import settings\napp = FastAPI()\n"),
        ("app/config.py", config),
    ])
}

#[test]
fn a_variable_wins_over_the_file_of_a_class_and_the_file_over_its_default() {
    let config = "import os, secrets
from pydantic_settings import BaseSettings, SettingsConfigDict

class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_file=os.getenv('ENV_FILE', 'app.env'))
    MODE: str
    LEVEL: str = 'INFO'
    SIZE: int = 5
    SECRET_KEY: str = secrets.token_urlsafe(32)

settings = Settings()
";
    let compose = COMPOSE.replace("    env_file: .env\n", "    environment: {MODE: fast, SECRET_KEY: abc}\n");
    let lines = facts(&[
        ("Dockerfile", DOCKERFILE),
        ("compose.yaml", &compose),
        ("app.env", "MODE=of the file\nLEVEL=DEBUG\n"),
        ("app/__init__.py", ""),
        ("app/main.py", "from fastapi import FastAPI\nfrom app.config import settings\napp = FastAPI()\n"),
        ("app/config.py", config),
    ]);
    holds(
        &lines,
        &[
            "development - setting.MODE value=fast",
            "development - setting.LEVEL value=DEBUG",
            "development - setting.SIZE value=5",
        ],
    );
    assert!(lines.iter().any(|line| line.starts_with("development - setting.SECRET_KEY value=(secret)")), "{lines:#?}");
}

#[test]
fn the_class_whose_object_is_called_settings_holds_those_of_the_program() {
    let config = "from pydantic_settings import BaseSettings, SettingsConfigDict

class Database(BaseSettings):
    model_config = SettingsConfigDict(env_prefix='DB_')
    host: str = 'localhost'

class Settings(BaseSettings):
    title: str = 'x'
    db: Database = Database()

def get_settings():
    return Settings()
";
    holds(
        &of(config, "DB_HOST=db\nTITLE=shop\n"),
        &["development - setting.title value=shop", "development - setting.db.host value=db"],
    );
}

#[test]
fn a_plain_class_whose_object_is_the_settings_is_read_like_a_module() {
    let config = "import os
from dataclasses import dataclass

@dataclass(frozen=True)
class Settings:
    LEVEL: str = os.getenv('LEVEL', 'WARNING')
    DEBUG: bool = os.getenv('DEBUG', 'false').lower() == 'true'

settings = Settings()
";
    holds(
        &of(config, "LEVEL=INFO\nDEBUG=true\n"),
        &["development - setting.LEVEL value=INFO", "development - setting.DEBUG value=True"],
    );
}

#[test]
fn an_address_of_pydantic_1_is_built_of_its_parts() {
    let config = "from pydantic import BaseSettings, PostgresDsn, validator

class Settings(BaseSettings):
    HOST: str
    USER: str
    DATABASE_URI: str = ''

    @validator('DATABASE_URI', pre=True, always=True)
    def put_together(cls, v, values):
        return v or PostgresDsn.build(scheme='postgresql', user=values.get('USER'), host=values.get('HOST'), path='/app')

settings = Settings()
";
    holds(&of(config, "HOST=db\nUSER=me\n"), &["development - setting.DATABASE_URI value=postgresql://me@db/app"]);
}

#[test]
fn what_starlette_wraps_is_told_as_it_is() {
    let config = "from databases import DatabaseURL
from starlette.config import Config
from starlette.datastructures import CommaSeparatedStrings

config = Config('.env')
DATABASE_URL = config('DATABASE_URL', cast=DatabaseURL)
ALLOWED_HOSTS = config('ALLOWED_HOSTS', cast=CommaSeparatedStrings, default='a,b')
LEVEL = config('LEVEL', default='INFO')
";
    holds(
        &of(config, "DATABASE_URL=postgresql://me@db/app\nLEVEL=DEBUG\n"),
        &[
            "development - setting.DATABASE_URL value=postgresql://me@db/app",
            "development - setting.ALLOWED_HOSTS value=[\"a\", \"b\"]",
            "development - setting.LEVEL value=DEBUG",
        ],
    );
}

#[test]
fn a_parser_whose_interpolation_asks_the_variables_gives_what_they_say() {
    let config = "import configparser, os

class FromVariables(configparser.BasicInterpolation):
    def before_get(self, parser, section, option, value, defaults):
        value = super().before_get(parser, section, option, value, defaults)
        return os.getenv(option) or value

parser = configparser.ConfigParser(interpolation=FromVariables())
parser.optionxform = str
parser.read(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'shop.ini'))

class Config(object):
    LEVEL = parser['server']['LEVEL']
    REDIS = parser['server'].get('REDIS') or None

settings = Config()
for name, value in parser.items('extra'):
    setattr(settings, name, value)
";
    let lines = facts(&[
        ("Dockerfile", DOCKERFILE),
        ("compose.yaml", COMPOSE),
        (".env", "REDIS=redis://cache\n"),
        ("app/__init__.py", ""),
        ("app/main.py", "from fastapi import FastAPI\nfrom app.config import settings\napp = FastAPI()\n"),
        ("app/config.py", config),
        ("app/shop.ini", "[server]\nLEVEL = INFO\nREDIS =\n[extra]\nMORE = 1\n"),
    ]);
    holds(
        &lines,
        &[
            "development - setting.LEVEL value=INFO",
            "development - setting.REDIS value=redis://cache",
            "development - setting.MORE value=1",
        ],
    );
}

#[test]
fn a_file_is_not_the_database_of_a_program_that_waits_for_a_server() {
    let compose = |more: &str| {
        format!(
            "services:\n  web:\n    image: example/shop:1\n    command: [/start]\n    environment: {{MODE: x{more}}}\n    depends_on: [db]\n  db:\n    image: postgres:16\n"
        )
    };
    let settings = |default: &str| {
        format!("import dj_database_url\nDEBUG = False\nINSTALLED_APPS = []\nDATABASES = {{'default': {default}}}\n")
    };
    let by_default = settings("dj_database_url.config(default='sqlite:///a.db')");
    let literal = settings("{'ENGINE': 'django.db.backends.sqlite3', 'NAME': 'a.db'}");
    let of = |compose: &str, settings: &str| {
        facts(&[
            ("compose.production.yaml", compose),
            ("manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"),
            ("shop/__init__.py", ""),
            ("shop/settings.py", settings),
        ])
    };
    let has = |lines: &[String], product: &str| {
        lines.iter().any(|line| line.starts_with(&format!("production - service.database product={product}")))
    };
    let lines = of(&compose(""), &by_default);
    assert!(has(&lines, "postgres"), "{lines:#?}");
    let lines = of(&compose(", DATABASE_URL: 'sqlite:////data/b.db'"), &by_default);
    assert!(has(&lines, "sqlite"), "{lines:#?}");
    let lines = of(&compose(""), &literal);
    assert!(has(&lines, "sqlite"), "{lines:#?}");
}

#[test]
fn each_program_of_the_project_may_have_settings_of_its_own() {
    let entry = "import os, sys\ndef main(module):\n    os.environ.setdefault('DJANGO_SETTINGS_MODULE', module)\n    \
        from django.core.management import execute_from_command_line\n    execute_from_command_line(sys.argv)\n\
        def dev():\n    main('shop.settings.dev')\ndef prod():\n    main('shop.settings.prod')\n";
    let compose =
        "services:\n  web:\n    build: .\n    command: dev-shop runserver 0.0.0.0:80\n    volumes: ['.:/app']\n";
    let lines = facts(&[
        ("compose.yaml", compose),
        ("Dockerfile", "FROM python:3.12\nWORKDIR /app\nCOPY . /app\n"),
        ("pyproject.toml", "[project.scripts]\nshop = 'shop.__main__:prod'\ndev-shop = 'shop.__main__:dev'\n"),
        ("shop/__init__.py", ""),
        ("shop/__main__.py", entry),
        ("shop/wsgi.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings.prod')\n"),
        ("shop/settings/__init__.py", ""),
        ("shop/settings/base.py", "INSTALLED_APPS = []\nDEBUG = False\n"),
        ("shop/settings/dev.py", "from .base import *\nDEBUG = True\n"),
        ("shop/settings/prod.py", "from .base import *\n"),
    ]);
    holds(
        &lines,
        &["development - setting.SETTINGS_MODULE value=shop.settings.dev", "development - setting.DEBUG value=True"],
    );
}

#[test]
fn a_class_that_no_table_knows_is_told_by_its_name() {
    let lines = facts(&[
        (
            "compose.production.yaml",
            "services:\n  web:\n    image: example/shop:1\n    command: [/start]\n    environment: {DJANGO_SETTINGS_MODULE: shop.settings}\n",
        ),
        ("shop/__init__.py", ""),
        (
            "shop/settings.py",
            "INSTALLED_APPS = []\nSESSION_ENGINE = 'vault.sessions'\nDEFAULT_FILE_STORAGE = 'vault.storage.Vault'\n",
        ),
    ]);
    holds(
        &lines,
        &[
            "production - service.session product=vault.sessions",
            "production - service.storage.media product=vault.storage.Vault",
        ],
    );
}

#[test]
fn a_function_that_picks_a_class_by_a_variable_hands_out_the_settings() {
    let base = "from enum import Enum\nfrom pydantic_settings import BaseSettings\nclass Kinds(Enum):\n    prod: str = 'prod'\n    \
        dev: str = 'dev'\nclass Base(BaseSettings):\n    app_env: Kinds = Kinds.prod\n    debug: bool = False\n    name: str\n";
    let config = "from functools import lru_cache
from app.settings.base import Base, Kinds
from app.settings.development import Dev
from app.settings.production import Prod

kinds = {Kinds.dev: Dev, Kinds.prod: Prod}

@lru_cache
def get_app_settings() -> Base:
    return kinds[Base(name='').app_env]()
";
    let of = |env: &str| {
        facts(&[
            ("Dockerfile", DOCKERFILE),
            ("compose.yaml", COMPOSE),
            (".env", env),
            ("app/__init__.py", ""),
            ("app/main.py", "from fastapi import FastAPI\napp = FastAPI()\n"),
            ("app/config.py", config),
            ("app/settings/__init__.py", ""),
            ("app/settings/base.py", base),
            ("app/settings/development.py", "from .base import Base\nclass Dev(Base):\n    debug: bool = True\n"),
            ("app/settings/production.py", "from .base import Base\nclass Prod(Base):\n    level: str = 'WARNING'\n"),
        ])
    };
    let lines = of("APP_ENV=dev\nNAME=shop\n");
    assert!(lines.iter().any(|line| line.ends_with("setting.debug value=True")), "{lines:#?}");
    let lines = of("APP_ENV=prod\nNAME=shop\n");
    assert!(lines.iter().any(|line| line.ends_with("setting.level value=WARNING")), "{lines:#?}");
    assert!(lines.iter().any(|line| line.ends_with("setting.name value=shop")), "{lines:#?}");
}
