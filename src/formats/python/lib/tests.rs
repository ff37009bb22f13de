use crate::discover::{Overlay, Tree};
use crate::formats::python::{Evaluator, Kind, Settings};
use crate::formats::world::{Var, World};
use crate::model::{Certainty, Origin};

pub(in crate::formats::python) fn run(text: &str, class: Option<&str>) -> Settings {
    let files = [("s.py", text), (".env", "KEY=from the file\n")];
    let tree = Tree::open(Box::new(Overlay::of(files))).ok();
    let open = World::Open(std::collections::BTreeMap::new());
    tree.map(|tree| Evaluator::new(&tree, vec![String::new()]).module("s", &open, class)).unwrap_or_default()
}

#[test]
fn a_database_url_is_a_default_with_the_place_of_its_literal() {
    let text = "import dj_database_url\nD = {'default': dj_database_url.config(default='postgres://h/n')}\n\
        D['default']['ATOMIC_REQUESTS'] = True\n";
    let got = run(text, None);
    let engine = got.values["D"].get("default").and_then(|d| d.get("ENGINE"));
    assert_eq!(engine.and_then(|v| v.as_str()), Some("django.db.backends.postgresql"));
    assert_eq!(engine.map(|v| v.certainty.clone()), Some(Certainty::Default { variable: Some("DATABASE_URL".into()) }));
    let first = engine.and_then(|v| v.origin.steps.first()).map(|step| step.span);
    assert_eq!(first.map(|at| &text[at.start as usize..at.end as usize]), Some("'postgres://h/n'"));
    let atomic = got.values["D"].get("default").and_then(|d| d.get("ATOMIC_REQUESTS"));
    assert_eq!(atomic.and_then(super::super::Val::as_bool), Some(true));
}

#[test]
fn the_scheme_of_a_url_is_known_where_its_parts_are_not() {
    let got = run("import os\nURI = f\"postgresql+psycopg2://{os.environ['U']}@{os.getenv('H', 'db')}/x\"\n", None);
    assert_eq!(got.values["URI"].prefix.as_deref(), Some("postgresql+psycopg2://"));
    let got = run("import os\nURI = 'mysql://' + os.environ['U'] + '@h'\n", None);
    assert_eq!(got.values["URI"].prefix.as_deref(), Some("mysql://"));
}

#[test]
fn a_built_url_of_pydantic_has_the_defaults_of_its_parts() {
    let text = "from pydantic import PostgresDsn, computed_field\nfrom pydantic_settings import BaseSettings\n\
        class S(BaseSettings):\n    HOST: str = 'db'\n    USER: str\n    @computed_field\n    @property\n    \
        def A(self) -> PostgresDsn:\n        return PostgresDsn.build(scheme='postgresql', host=self.HOST, path='x')\n    \
        @property\n    def B(self):\n        return str(PostgresDsn.build(scheme='pg+a', username=self.USER, host='h'))\n";
    let got = run(text, Some("S"));
    assert_eq!(got.values["A"].settled().and_then(|v| v.as_str()), Some("postgresql://db/x"));
    assert_eq!(got.values["B"].prefix.as_deref(), Some("pg+a://"));
}

#[test]
fn a_file_of_the_repository_gives_decouple_the_keys_it_holds() {
    let got = run("from decouple import config\nA = config('KEY')\nB = config('OTHER', default='x')\n", None);
    assert_eq!(got.values["A"].settled().and_then(|v| v.as_str()), Some("from the file"));
    assert_eq!(got.values["B"].settled().and_then(|v| v.as_str()), Some("x"));
}

#[test]
fn everett_puts_variables_and_defaults_through_a_parser() {
    let text = "import os\nfrom everett.manager import ConfigManager, ConfigEnvFileEnv, ConfigOSEnv, ListOf\n\
        basic = ConfigManager.basic_config()\nown = ConfigManager([ConfigEnvFileEnv(os.path.join(os.path.dirname(__file__), '.env')), ConfigOSEnv()])\n\
        A = basic('OTHER', default='false', parser=bool)\nB = basic('hosts', parser=ListOf(str), default='a, b')\n\
        C = basic('OTHER', default='5', parser=int)\nD = own('KEY')\nE = own('NONE', raise_error=False)\n\
        F = basic('WORD', namespace='app', default='x')\nG = basic('OTHER', default='/x', parser=other)\n";
    let got = run(text, None);
    let held = |name: &str| got.values[name].settled().cloned();
    assert_eq!(held("A").and_then(|v| v.as_bool()), Some(false), "{:?}", got.values["A"]);
    assert!(
        matches!(held("B").map(|v| v.kind), Some(Kind::List(all)) if all.len() == 2 && all[1].as_str() == Some("b"))
    );
    assert_eq!(held("C").map(|v| v.kind), Some(Kind::Int(5)));
    assert_eq!(got.values["D"].as_str(), Some("from the file"), "the file is asked first");
    assert!(
        held("E").is_none_or(|v| matches!(v.kind, Kind::Unknown(_))) && held("G").is_none_or(|v| v.as_str().is_none())
    );
    assert!(matches!(&got.values["F"].kind, Kind::Depends { variables, .. } if variables.contains("APP_WORD")));
}

#[test]
fn what_an_update_by_a_variable_overrides_is_a_default() {
    let text = "import dj_database_url\nD = {'ENGINE': 'x'}\nD.update(dj_database_url.config())\n";
    let got = run(text, None);
    assert!(matches!(&got.values["D"].kind, Kind::Depends { variables, .. } if variables.contains("DATABASE_URL")));
}

#[test]
fn what_only_the_seldom_branch_loses_is_kept_as_the_default() {
    let text = "import os\nimport dj_database_url\nD = {'ENGINE': 'x'}\nD.update(dj_database_url.config())\n\
        if D.get('ENGINE') == 'mysql':\n    D.setdefault('OPTIONS', {})[os.getpid()] = 1\n    D.pop(os.getpid())\n";
    let got = run(text, None);
    let Kind::Depends { default, .. } = &got.values["D"].kind else { panic!("{:?}", got.values["D"]) };
    assert_eq!(default.as_ref().and_then(|d| d.get("ENGINE")).and_then(|v| v.as_str()), Some("x"));
}

#[test]
fn an_optional_part_that_is_not_in_the_repository_leaves_defaults() {
    let text = "import os\nfrom split_settings.tools import include, optional\nA = 'x'\nSECRET_KEY = os.getenv('K', 'k')\n\
        API_TOKEN = 'k'\ninclude(optional('local.py'))\n";
    let got = run(text, None);
    assert_eq!(got.values["A"].settled().and_then(|v| v.as_str()), Some("x"));
    assert!(got.values["SECRET_KEY"].settled().is_some(), "a variable is to give it, not the file");
    assert_eq!(got.values["API_TOKEN"].settled().and_then(|v| v.as_str()), Some("k"), "who forgets the file has it");
    assert_eq!(got.values["A"].certainty, Certainty::Default { variable: None });
}

#[test]
fn fields_of_pydantic_are_what_their_types_and_validators_make_of_them() {
    let text = "from typing import Annotated\nfrom pydantic import BaseModel, BeforeValidator, Field, SecretStr, field_validator\n\
        from pydantic_settings import BaseSettings\n\
        class Db(BaseModel):\n    host: str = 'db'\n\
        class S(BaseSettings):\n    DB: Db = Db()\n    KEYS: list[str] = Field(default_factory=list)\n    \
        ALL: Annotated[list[str] | str, BeforeValidator(lambda v: v.split(';'))] = 'a;b'\n    \
        HIDDEN: SecretStr = SecretStr('x')\n    UP: str = 'low'\n    \
        @field_validator('UP')\n    @classmethod\n    def up(cls, v):\n        return v.upper()\n";
    let got = run(text, Some("S"));
    let settled = |name: &str| got.values.get(name).and_then(|v| v.settled());
    assert_eq!(settled("DB").and_then(|v| v.get("host")).and_then(|v| v.as_str()), Some("db"));
    assert_eq!(settled("KEYS").and_then(|v| v.items()).map(<[_]>::len), Some(0));
    assert_eq!(settled("ALL").and_then(|v| v.items()).map(<[_]>::len), Some(2));
    assert!(matches!(settled("HIDDEN").map(|v| &v.kind), Some(Kind::Secret(inner)) if inner.as_str() == Some("x")));
    assert_eq!(settled("UP").and_then(|v| v.as_str()), Some("LOW"));
}

fn whole(files: &[(&str, &str)], vars: &[(&str, &str)], class: Option<&str>) -> Settings {
    let set = |(name, text): &(&str, &str)| ((*name).to_owned(), Var::set(*text, Origin::default()));
    let world = World::Closed(vars.iter().map(set).collect());
    let tree = Tree::open(Box::new(Overlay::of(files.iter().copied()))).ok();
    tree.map(|tree| Evaluator::new(&tree, vec![String::new()]).whole().module("s", &world, class)).unwrap_or_default()
}

fn text(of: &Settings, name: &str) -> Option<String> {
    of.values.get(name).and_then(|v| v.settled()).and_then(|v| v.as_str()).map(str::to_owned)
}

#[test]
fn parts_of_a_field_are_set_by_variables_of_their_own() {
    let code = "from pydantic import BaseModel\nfrom pydantic_settings import BaseSettings, SettingsConfigDict\n\
        class Db(BaseModel):\n    host: str = 'localhost'\n    port: int = 1\n\
        class S(BaseSettings):\n    model_config = SettingsConfigDict(env_nested_delimiter='__', env_file='.env')\n    \
        db: Db = Db()\n    key: str = ''\n";
    let got = whole(&[("s.py", code), (".env", "KEY=file\n")], &[("DB__HOST", "h")], Some("S"));
    assert_eq!(got.values["db"].get("host").and_then(|v| v.as_str()), Some("h"));
    assert_eq!(got.values["db"].get("port").map(|v| v.kind.clone()), Some(Kind::Int(1)));
    assert_eq!(text(&got, "key").as_deref(), Some("file"));
    let open = run(code, Some("S"));
    let host = open.values["db"].get("host").and_then(|v| v.as_str());
    assert!(matches!(&open.values["db"].kind, Kind::Depends { variables, .. } if variables.contains("DB__HOST")));
    assert_eq!(host, Some("localhost"));
}

#[test]
fn a_validator_is_told_of_the_fields_before_its_own() {
    let code = "from pydantic import field_validator\nfrom pydantic_settings import BaseSettings\n\
        class S(BaseSettings):\n    HOST: str = 'db'\n    URI: str = ''\n    \
        @field_validator('URI')\n    @classmethod\n    def f(cls, v, info):\n        \
        return v or 'postgresql://' + info.data.get('HOST')\n";
    assert_eq!(text(&whole(&[("s.py", code)], &[], Some("S")), "URI").as_deref(), Some("postgresql://db"));
}

#[test]
fn starlette_reads_a_file_behind_the_variables_and_puts_a_prefix_in_front() {
    let code = "from starlette.config import Config\nfrom starlette.datastructures import Secret\nc = Config('my.env')\n\
        p = Config(env_prefix='APP_')\nA = c('A')\nB = c('B', default='b')\nC = p('C', cast=int, default='3')\n\
        D = str(c('D', cast=Secret, default='s'))\n";
    let got = whole(&[("s.py", code), ("my.env", "A='x'\n")], &[("B", "env"), ("APP_C", "7")], None);
    assert_eq!((text(&got, "A"), text(&got, "B")), (Some("x".into()), Some("env".into())));
    assert_eq!(got.values["C"].kind, Kind::Int(7));
    assert_eq!(text(&got, "D").as_deref(), Some("s"));
}

#[test]
fn flask_reads_files_and_variables_of_a_prefix() {
    let code = "import json\nfrom flask import Flask\napp = Flask(__name__)\napp.config.from_pyfile('a.cfg')\n\
        app.config.from_file('b.json', load=json.load)\napp.config.from_prefixed_env('MY')\n\
        A = app.config['A']\nB = app.config['B']\nC = app.config['C']\n";
    let files = [("s.py", code), ("a.cfg", "A = 'x' * 2\nB = 1\n"), ("b.json", "{\"B\": \"y\", \"C\": {\"d\": 1}}")];
    let got = whole(&files, &[("MY_C__e", "2")], None);
    assert_eq!((text(&got, "A"), text(&got, "B")), (Some("xx".into()), Some("y".into())));
    assert_eq!(got.values["C"].get("e").map(|v| v.kind.clone()), Some(Kind::Int(2)));
}

#[test]
fn members_of_an_enumeration_are_found_by_value_and_compared_as_what_they_are() {
    let code = "import os\nfrom enum import Enum\nclass E(str, Enum):\n    A = 'a'\n    B = 'b'\n\
        class N(Enum):\n    X = 1\nM = E(os.environ['M'])\nIS = M is E.B\nEQ = M == 'b'\nNE = N.X == 1\n\
        V = M.value\nALL = [e.name for e in E]\nF = f'{N.X}'\n";
    let got = whole(&[("s.py", code)], &[("M", "b")], None);
    assert!(matches!(&got.values["M"].kind, Kind::Enum(class, _) if class == "E"));
    let truths = ["IS", "EQ", "NE"].map(|name| got.values[name].as_bool());
    assert_eq!(truths, [Some(true), Some(true), Some(false)]);
    assert_eq!((text(&got, "V"), text(&got, "F")), (Some("b".into()), Some("N.X".into())));
    assert_eq!(got.values["ALL"].items().map(<[_]>::len), Some(2));
}

#[test]
fn a_parser_of_sections_gives_the_options_of_a_file() {
    let code = "import configparser\nc = configparser.ConfigParser()\nc.read('x.ini')\nA = c.get('m', 'a')\n\
        N = c.getint('m', 'n')\nD = c.get('m', 'none', fallback='d')\nS = c['m']['A']\n";
    let got = whole(&[("s.py", code), ("x.ini", "[m]\na = one\nn: 2\n")], &[], None);
    assert_eq!((text(&got, "A"), text(&got, "D")), (Some("one".into()), Some("d".into())));
    assert_eq!((&got.values["N"].kind, text(&got, "S")), (&Kind::Int(2), Some("one".into())));
}

#[test]
fn a_url_of_sqlalchemy_is_written_with_its_parts() {
    let code = "from sqlalchemy import URL\nu = URL.create('postgresql', username='u', password='p', host='h', port='5', database='d')\n\
        T = u.render_as_string(hide_password=False)\nH = str(u)\nP = u.port\n";
    let got = whole(&[("s.py", code)], &[], None);
    assert_eq!(text(&got, "T").as_deref(), Some("postgresql://u:p@h:5/d"));
    assert_eq!(text(&got, "H").as_deref(), Some("postgresql://u:***@h:5/d"));
    assert_eq!(got.values["P"].kind, Kind::Int(5));
}

#[test]
fn an_attribute_set_past_the_class_is_set_all_the_same() {
    let code = "class S:\n    def __init__(self):\n        object.__setattr__(self, 'a', 'x')\ns = S()\nA = s.a\n";
    assert_eq!(text(&whole(&[("s.py", code)], &[], None), "A").as_deref(), Some("x"));
}

#[test]
fn an_object_whose_table_of_attributes_is_taken_may_hold_anything() {
    let code = "import os\nclass S:\n    A = 'x'\n    def __init__(self):\n        self.__dict__.update(load(os.environ))\ns = S()\nA = s.A\n";
    let got = whole(&[("s.py", code)], &[], None);
    assert!(matches!(got.values["A"].kind, Kind::Unknown(_)), "{:?}", got.values["A"].kind);
}

#[test]
fn an_older_pinned_python_dotenv_leaves_open_which_variables_are_read() {
    let code = "from dotenv import load_dotenv\nload_dotenv()\nA = 1\n";
    let pinned = |line| whole(&[("s.py", code), ("requirements.txt", line)], &[], None).reads_unsure.is_some();
    assert!(pinned("python-dotenv==1.1.0\n"));
    assert!(!pinned("python-dotenv==1.2.1\n"));
}

#[test]
fn a_class_on_top_of_celery_is_made_as_celery_is() {
    let code = "from celery import Celery\nclass App(Celery):\n    def gen_task_name(self, name, module):\n        \
        return name\napp = App('x')\nA = 1\n";
    let got = whole(&[("s.py", code)], &[], None);
    let names: Vec<&str> = got.reads.iter().map(|read| read.name.as_str()).collect();
    assert_eq!(names, ["CELERY_LOADER", "DJANGO_SETTINGS_MODULE"]);
    assert_eq!(got.reads_unsure, None);
}

#[test]
fn an_env_that_knows_of_files_looks_for_the_variable_that_names_one() {
    let code = "import environ\nenv = environ.FileAwareEnv()\nA = env('A', default='x')\n";
    assert_eq!(text(&whole(&[("s.py", code)], &[], None), "A").as_deref(), Some("x"));
    let got = whole(&[("s.py", code)], &[("A_FILE", "/run/x")], None);
    assert!(matches!(got.values["A"].kind, Kind::Unknown(_)));
    let code = "from environs import FileAwareEnv\nenv = FileAwareEnv()\nA = env.list('A', ['x'])\nB = env('B', 'y')\n";
    let got = whole(&[("s.py", code)], &[], None);
    assert_eq!(text(&got, "B").as_deref(), Some("y"));
    assert!(got.values["A"].settled().is_some());
    let got = whole(&[("s.py", code)], &[("B_FILE", "/run/x"), ("B", "z")], None);
    assert!(matches!(got.values["B"].kind, Kind::Unknown(_)));
}

#[test]
fn a_file_that_does_not_name_a_variable_leaves_starlette_its_default() {
    let text = "from starlette.config import Config\nconfig = Config('.env')\n\
        A = config('NAME', default='x')\nB = config('KEY', default='y')\n";
    let got = run(text, None);
    assert_eq!(got.values["A"].settled().and_then(|v| v.as_str()), Some("x"));
    assert!(matches!(got.values["B"].kind, Kind::Unknown(_)));
}

#[test]
fn a_star_import_of_what_is_not_here_leaves_what_was_imported_by_name() {
    let text = "import os\nKEPT = 1\nfrom elsewhere.settings.pipeline import *\nKEY = os.environ.get('KEY', 'x')\n";
    let got = run(text, None);
    assert_eq!(got.values["KEY"].settled().and_then(|v| v.as_str()), Some("x"));
    assert!(matches!(got.values.get("KEPT").map(|v| &v.kind), None | Some(Kind::Unknown(_))));
}

#[test]
fn a_reader_of_variables_may_be_told_not_to_cast_by_defaults() {
    let text = "import environ\nenv = environ.Env()\nenv.smart_cast = False\nD = env('D', default=True)\nB = env.bool('B', default=False)\n";
    let got = run(text, None);
    assert_eq!(got.values["D"].settled().and_then(super::super::Val::as_bool), Some(true));
    assert_eq!(got.values["B"].settled().and_then(super::super::Val::as_bool), Some(false));
}

#[test]
fn what_concerns_types_only_leaves_the_fields_of_a_settings_class() {
    let text = "from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    A: str = 'x'\n    class Config:\n        ignored_types = (type(1),)\n";
    let got = run(text, Some("S"));
    assert_eq!(got.values["A"].settled().and_then(|v| v.as_str()), Some("x"));
}

fn texts(of: &Settings, name: &str) -> Vec<String> {
    let items = of.values.get(name).and_then(super::super::Val::items).unwrap_or_default();
    items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

#[test]
fn a_type_that_has_a_name_of_its_own_is_followed() {
    let code = "from typing import Literal, Optional\nfrom pydantic_settings import BaseSettings\n\
        Kind = Literal['a', 'b']\nText = str | None\nMany = list[Kind]\nclass S(BaseSettings):\n    A: Kind = 'a'\n    \
        B: Text = None\n    C: Optional[Kind] = 'b'\n    D: Many = ['a']\n";
    let set = [("A", "b"), ("B", "x"), ("C", "a"), ("D", "[\"b\"]")];
    let got = whole(&[("s.py", code)], &set, Some("S"));
    for (name, is) in [("A", "b"), ("B", "x"), ("C", "a")] {
        assert_eq!(text(&got, name).as_deref(), Some(is), "{name}");
    }
    assert_eq!(texts(&got, "D"), ["b"]);
}

#[test]
fn what_the_settings_of_the_program_are_asked_for_is_what_their_module_says() {
    let base = "APPS = ['a']\nDATA = {'x': {'y': 'old'}}\nLATE = ['a']\n";
    let code = "from django.conf import settings\nfrom base import *\nif hasattr(settings, 'APPS'):\n    \
        settings.APPS.append('b')\nsettings.DATA['x'].update({'y': 'new'})\nLATE = ['c']\nsettings.LATE.append('d')\n";
    let got = whole(&[("s.py", code), ("base.py", base)], &[("DJANGO_SETTINGS_MODULE", "s")], None);
    assert_eq!(texts(&got, "APPS"), ["a", "b"]);
    let y = got.values["DATA"].get("x").and_then(|x| x.get("y"));
    assert_eq!(y.and_then(super::super::Val::as_str), Some("new"));
    assert_eq!(texts(&got, "LATE"), ["c"]);
}

#[test]
fn a_change_through_the_settings_of_a_program_whose_module_is_not_certain_is_not_missed() {
    let change = "from django.conf import settings\nAPPS = ['a']\nDATA = {'x': {'y': 'old'}}\nLEFT = ['a']\n\
        settings.APPS.append('b')\nsettings.DATA['x'].update({'y': 'new'})\n";
    let named = format!("import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 's')\n{change}");
    let got = run(&named, None);
    assert!(
        matches!(&got.values["APPS"].kind, Kind::Depends { variables, .. } if variables.contains("DJANGO_SETTINGS_MODULE"))
    );
    assert_eq!(texts(&got, "APPS"), ["a", "b"]);
    let y = got.values["DATA"].get("x").and_then(|x| x.get("y"));
    assert_eq!(y.and_then(super::super::Val::as_str), Some("new"));
    let got = run(change, None);
    assert!(got.values["APPS"].settled().is_none(), "{:?}", got.values["APPS"]);
    assert!(got.values["DATA"].get("x").and_then(|x| x.get("y")).is_none(), "{:?}", got.values["DATA"]);
    assert_eq!(texts(&got, "LEFT"), ["a"]);
}

#[test]
fn an_env_puts_its_prefix_in_front_of_the_names_it_is_asked_for() {
    let code = "import environ\nenv = environ.Env()\nother = environ.Env()\nenv.prefix = 'APP_'\n\
        A = env.str('A', default='none')\nB = other.str('B', default='none')\n";
    let got = whole(&[("s.py", code)], &[("APP_A", "a"), ("B", "b"), ("A", "not this")], None);
    assert_eq!((text(&got, "A").as_deref(), text(&got, "B").as_deref()), (Some("a"), Some("b")));
}

#[test]
fn what_is_taken_where_a_variable_of_environs_is_not_set_is_the_default() {
    let text =
        "from environs import Env, EnvError\nenv = Env()\ntry:\n    A = env('A')\nexcept EnvError:\n    A = 'b'\n";
    let got = run(text, None);
    assert_eq!(got.values["A"].settled().and_then(|v| v.as_str()), Some("b"));
    assert!(got.values["A"].variables.contains("A"));
}

#[test]
fn a_value_that_may_stand_in_a_file_falls_back_as_others_do() {
    let text = "from configurations import Configuration\nfrom lasuite.configuration.values import SecretFileValue\n\
        class Base(Configuration):\n    PASS_WORD = SecretFileValue('pass', environ_name='PASS', environ_prefix=None)\n";
    let got = run(text, Some("Base"));
    assert_eq!(got.values["PASS_WORD"].settled().and_then(|v| v.as_str()), Some("pass"));
}

#[test]
fn a_value_that_names_its_variable_is_made_wherever_it_stands() {
    let text = "from configurations import Configuration, values\n\
        class Base(Configuration):\n    DATABASES = {'default': {\n        'ENGINE': values.Value('a.b', environ_name='ENGINE', \
        environ_prefix=None),\n        'PORT': values.Value(5432),\n    } if not values.Value(None, environ_name='URL') else {}}\n";
    let got = run(text, Some("Base"));
    let default = got.values["DATABASES"].get("default");
    let engine = default.and_then(|default| default.get("ENGINE"));
    assert_eq!(engine.and_then(|v| v.settled()?.as_str()), Some("a.b"));
    assert!(engine.is_some_and(|v| v.variables.contains("ENGINE")), "{engine:?}");
    // Without a name of its own it waits for that of its attribute, which it has not got in a dict.
    assert!(default.and_then(|default| default.get("PORT")).is_some_and(|v| matches!(v.kind, Kind::Opaque(_))));
}

#[test]
fn the_type_of_an_address_names_its_product() {
    let text = "from typing import Optional\nfrom pydantic import AnyUrl, PostgresDsn, RedisDsn\n\
        from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    URL: PostgresDsn\n    MAYBE: Optional[RedisDsn] = None\n    \
        ANY: AnyUrl\n    SET: RedisDsn = 'redis://h:1/0'\n";
    let got = run(text, Some("S"));
    let prefix = |name: &str| got.values[name].prefix.as_deref();
    assert_eq!((prefix("URL"), prefix("MAYBE"), prefix("ANY")), (Some("postgresql://"), None, None));
    assert_eq!(got.values["SET"].settled().and_then(|v| v.as_str()), Some("redis://h:1/0"));
}

#[test]
fn what_was_copied_is_run_where_its_text_is_opened() {
    let code = "import os\nA = 1\ntry:\n    with open(os.path.join(os.path.dirname(__file__), 'local.py')) as f:\n        \
        exec(f.read(), globals())\nexcept IOError:\n    pass\n";
    let tree = Tree::open(Box::new(Overlay::of([("s.py", code), (".ci.py", "A = 2\n")]))).unwrap();
    let with = |standing_in| {
        let brought = crate::formats::python::Brought { standing_in, ..Default::default() };
        let got = Evaluator::new(&tree, vec![String::new()]).brought(brought).module(
            "s",
            &World::Open(crate::formats::Vars::new()),
            None,
        );
        (got.values["A"].kind.clone(), got.values["A"].certainty.is_default())
    };
    assert_eq!(with([("local.py".to_owned(), tree.find(".ci.py").unwrap())].into()), (Kind::Int(2), false));
    assert!(with(Default::default()).1, "what is not here may set it");
}
