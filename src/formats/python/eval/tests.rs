use crate::discover::{Overlay, Tree};
use crate::formats::python::{Evaluator, Kind, Run, Settings};
use crate::formats::world::World;

fn run(text: &str, world: &World) -> Settings {
    let tree = Tree::open(Box::new(Overlay::of([("s.py", text)]))).ok();
    tree.map(|tree| Evaluator::new(&tree, vec![String::new()]).module("s", world, None)).unwrap_or_default()
}

fn open() -> World {
    World::Open(std::collections::BTreeMap::new())
}

#[test]
fn a_bare_bool_of_a_variable_is_true_for_false_looking_texts() {
    let got = run("import os\nDEBUG = bool(os.environ.get('DEBUG', ''))\n", &open());
    assert_eq!(got.values["DEBUG"].true_for, ["0", "false", "False", "no", "off", "n", "f"]);
}

#[test]
fn a_test_for_the_opposite_takes_no_text_for_a_yes() {
    let got = run("import os\nSTRICT = os.environ.get('LAX') != 'True'\n", &open());
    assert!(got.values["STRICT"].true_for.is_empty());
}

#[test]
fn a_cast_to_int_is_true_for_no_false_looking_text() {
    let got = run("import os\nDEBUG = int(os.environ.get('DEBUG', 0))\n", &open());
    assert!(got.values["DEBUG"].true_for.is_empty());
}

#[test]
fn a_branch_on_an_open_variable_is_not_decided() {
    let got = run("import os\nA = 1\nif os.environ.get('X') == 'y':\n    A = 2\n", &open());
    assert!(matches!(got.values["A"].kind, Kind::Depends { .. }));
}

#[test]
fn a_branch_in_a_closed_world_is_decided() {
    let got = run("import os\nA = [1]\nif not os.environ.get('X'):\n    A += [2]\n", &World::empty());
    assert!(matches!(&got.values["A"].kind, Kind::List(items) if items.len() == 2));
}

fn whole(text: &str, extra: &[(&str, &str)]) -> Settings {
    let mut files = vec![("s.py".to_owned(), text.to_owned())];
    files.extend(extra.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())));
    let tree = Tree::open(Box::new(Overlay::of(files)));
    let world = World::Closed(std::collections::BTreeMap::new());
    tree.map(|tree| Evaluator::new(&tree, vec![String::new()]).whole().module("s", &world, None)).unwrap_or_default()
}

fn text_of(settings: &Settings, name: &str) -> Option<String> {
    settings.values.get(name).and_then(|v| v.as_str()).map(str::to_owned)
}

#[test]
fn values_are_formatted_as_python_does() {
    let of = whole("A = '%05d|%-4s|%.1f' % (7, 'x', 2.25)\nB = f'{3.14159:.2f} {\"q\"!r} {[1, 2.0]}'\n", &[]);
    assert_eq!(text_of(&of, "A").as_deref(), Some("00007|x   |2.2"));
    assert_eq!(text_of(&of, "B").as_deref(), Some("3.14 'q' [1, 2.0]"));
}

#[test]
fn files_that_are_run_or_included_leave_their_names() {
    let code = "from split_settings.tools import include, optional\nexec(open(__file__[:0] + 'x').read()) if 0 else None\n\
                include('parts/*.py', optional('none.py'))\n";
    let of = whole(code, &[("parts/one.py", "A = 'a'\n"), ("parts/two.py", "B = A + 'b'\n")]);
    assert_eq!(text_of(&of, "B").as_deref(), Some("ab"));
}

#[test]
fn a_name_that_may_not_be_there_stays_in_doubt() {
    let of = whole("import lib\nif lib.on():\n    A = lib.value()\n", &[]);
    let absent = |v: &crate::formats::python::Val| matches!(&v.kind, crate::formats::python::Kind::OneOf(all) if all.iter().any(|v| v.kind == crate::formats::python::Kind::Undefined));
    assert!(of.values.get("A").is_some_and(absent));
}

#[test]
fn in_a_whole_tree_a_file_that_is_not_there_cannot_be_opened() {
    let of = whole("try:\n    A = open(__file__ + '.txt').read()\nexcept OSError:\n    A = 'none'\n", &[]);
    assert_eq!(text_of(&of, "A").as_deref(), Some("none"));
}

#[test]
fn a_variable_that_is_taken_out_is_gone() {
    let of = whole("import os\nos.environ['X'] = 'x'\nA = os.environ.pop('X')\nB = os.environ.get('X', 'gone')\n", &[]);
    assert_eq!((text_of(&of, "A").as_deref(), text_of(&of, "B").as_deref()), (Some("x"), Some("gone")));
}

#[test]
fn sequences_are_matched_by_their_parts() {
    let of = whole(
        "match ['a', 'b', 'c']:\n    case ['x', *_]:\n        A = 'x'\n    case [first, *_, last]:\n        A = first + last\n",
        &[],
    );
    assert_eq!(text_of(&of, "A").as_deref(), Some("ac"));
}

fn read_names(of: &Settings) -> Vec<&str> {
    of.reads.iter().map(|r| r.name.as_str()).collect()
}

#[test]
fn a_celery_application_reads_two_variables_and_no_more() {
    let of = whole("from celery import Celery\napp = Celery('x')\napp.conf.beat_schedule = {}\nA = 1\n", &[]);
    assert_eq!(read_names(&of), ["CELERY_LOADER", "DJANGO_SETTINGS_MODULE"]);
    assert_eq!(of.reads_unsure, None);
}

#[test]
fn a_file_above_the_repository_is_not_there_in_a_tree_that_is_whole() {
    let code = "from pathlib import Path\nUP = Path(__file__).resolve().parent.parent\n\
                try:\n    with (UP / 'a.json').open() as f:\n        A = f.read()\nexcept OSError:\n    A = 'none'\n";
    let of = whole(code, &[]);
    assert_eq!(text_of(&of, "A").as_deref(), Some("none"));
    assert!(matches!(of.values["UP"].kind, Kind::Unknown(_)));
}

#[test]
fn a_dataclass_takes_its_fields_in_order() {
    let code = "from dataclasses import dataclass, field\n@dataclass(frozen=True)\nclass B:\n    z: str\n    a: int = 2\n    l: list = field(default_factory=list)\n\
                b = B('x')\nA, Z, L = b.a, b.z, b.l\n";
    let of = whole(code, &[]);
    assert_eq!(text_of(&of, "Z").as_deref(), Some("x"));
    assert_eq!(of.values["A"].kind, Kind::Int(2));
    assert_eq!(of.values["L"].kind, Kind::List(Vec::new()));
}

#[test]
fn what_is_called_back_may_read_variables_only_where_it_names_them() {
    let of = |body: &str| whole(&format!("import os, lib\nlib.hook(lambda: {body})\n"), &[]).reads_unsure;
    assert_eq!(of("len('x')"), None);
    assert!(of("os.getenv('X')").is_some());
}

#[test]
fn a_call_far_inside_a_tried_import_is_not_what_the_handler_is_for() {
    let code = "try:\n    from dev import *\nexcept:\n    from prod import *\n";
    let of = whole(code, &[("dev.py", "import lib\nA = lib.call()\nB = 1\n"), ("prod.py", "C = 1\n")]);
    assert_eq!(of.values.keys().map(String::as_str).collect::<Vec<_>>(), ["A", "B"]);
    assert_eq!(of.values["B"].kind, Kind::Int(1));
}

#[test]
fn a_program_that_is_served_has_no_test_on_its_command_line() {
    let code = "import sys\nA = 'test' in sys.argv[:2]\nB = len(sys.argv) > 1 and sys.argv[1] == 'test'\n\
        C = 'x' in sys.argv\nif len(sys.argv) > 1 and 'test' == sys.argv[1]:\n    D = 1\n\
        E = sys.argv[1:2] == ['test'] or sys.argv[1] in ('test', 'pytest')\n";
    let tree = Tree::open(Box::new(Overlay::of([("s.py", code)]))).unwrap_or_else(|_| unreachable!());
    let got = Evaluator::new(&tree, vec![String::new()]).run(Run::Served).module("s", &open(), None);
    assert_eq!(got.values["A"].as_bool(), Some(false));
    assert!(!got.values["B"].as_bool().unwrap_or_default());
    assert_eq!(got.values["C"].as_bool(), None);
    assert!(!got.values.contains_key("D"));
    assert_eq!(got.values["E"].as_bool(), Some(false));
    let got = Evaluator::new(&tree, vec![String::new()]).module("s", &open(), None);
    assert_eq!(got.values["A"].as_bool(), None);
}

#[test]
fn a_long_table_is_read_and_a_key_that_stands_twice_keeps_its_place() {
    let table: Vec<String> = (0..3000).map(|n| format!("'k{n}': {n}")).collect();
    let table = table.join(", ");
    let text = format!(
        "T = {{{table}}}\nA = T['k2999']\nD = {{'a': 1, 'b': 2, 'a': 3, **{{'c': 4, 'b': 5}}, 'd': 6}}\nS = [*D.items()]\n"
    );
    let got = run(&text, &open());
    let shown = format!("{:?}", got.values["S"].kind);
    assert!(matches!(got.values["A"].kind, Kind::Int(2999)), "{:?}", got.values["A"].kind);
    let order: Vec<usize> = ["\"a\"", "Int(3)", "\"b\"", "Int(5)", "\"c\"", "Int(4)", "\"d\""]
        .iter()
        .map(|part| shown.find(part).unwrap_or_default())
        .collect();
    assert!(order.is_sorted() && order[0] > 0, "{shown}");
}

#[test]
fn a_module_that_a_guarded_import_may_have_run_has_the_values_of_either_run() {
    let package = "import other\ntry:\n    from p.db import models\n    other.go()\nexcept Exception:\n    pass\n";
    let config = "import os\nNAME = os.environ.get('NAME', 'x')\nHOST = os.environ['HOST']\n\
        URI = f'postgresql://{HOST}/{NAME}'\n";
    let files =
        [("p/__init__.py", package), ("p/db.py", "from p.conf import NAME\nimport other\nother.go()\nmodels = 1\n")];
    let tree = Tree::open(Box::new(Overlay::of([files[0], files[1], ("p/conf.py", config)]))).ok();
    let got = tree.map(|tree| Evaluator::new(&tree, vec![String::new()]).module("p.conf", &open(), None));
    let got = got.unwrap_or_default();
    assert_eq!(got.values["NAME"].settled().and_then(|v| v.as_str()), Some("x"));
    assert_eq!(got.values["URI"].prefix.as_deref(), Some("postgresql://"));
}

#[test]
fn names_that_are_set_through_the_dict_of_a_module_are_its_names() {
    let code = "import os\nNAMES = ['HOST', 'PORT']\nB = 1\nfor name in NAMES:\n    locals()[name] = os.environ.get(name, 'd')\n\
        for name in NAMES:\n    if not locals().get(name):\n        raise Exception(name)\n\
        globals().update({'E': 4}, F=5)\ndel globals()['B']\nG = 'B' in globals()\nH = globals()['E']\n";
    let got = whole(code, &[]);
    assert_eq!(text_of(&got, "PORT").as_deref(), Some("d"));
    assert_eq!(got.values["F"].kind, Kind::Int(5));
    assert_eq!(got.values["H"].kind, Kind::Int(4));
    assert_eq!(got.values["G"].as_bool(), Some(false));
    assert!(!got.values.contains_key("B"));
    let got = run("import os\nA = 1\nglobals()[os.environ['N']] = 2\nB = 3\n", &open());
    assert!(matches!(got.values["A"].kind, Kind::Unknown(_)) && got.incomplete.is_some());
    assert_eq!(got.values["B"].kind, Kind::Int(3));
}

#[test]
fn a_library_for_one_topic_does_not_replace_what_is_the_projects_own() {
    let got = run("SECRET_KEY = 'k'\nFINDERS = []\nfrom lib.settings.pipeline import *\n", &open());
    assert_eq!(text_of(&got, "SECRET_KEY").as_deref(), Some("k"));
    assert!(matches!(got.values["FINDERS"].kind, Kind::Unknown(_)));
    let got = run("SECRET_KEY = 'k'\nfrom lib.settings.base import *\n", &open());
    assert!(matches!(got.values["SECRET_KEY"].kind, Kind::Unknown(_)));
}

#[test]
fn an_update_of_names_by_the_address_of_a_mail_server_leaves_the_others() {
    let code = "import environ\nenv = environ.Env()\nA = 1\nEMAIL_HOST = 'x'\n\
        vars().update(env.email_url('MAIL', default='smtp://u@localhost:25'))\n";
    let got = run(code, &open());
    assert_eq!(got.values["A"].kind, Kind::Int(1));
    assert_eq!(got.values["EMAIL_HOST"].settled().and_then(|v| v.as_str()), Some("localhost"));
    assert!(got.incomplete.is_none());
}

#[test]
fn a_folder_put_on_the_path_is_where_imports_start() {
    let code = "import sys, os\nfrom os.path import abspath, dirname, join\n\
        sys.path.insert(0, join(abspath(dirname(__file__)), 'apps'))\nfrom own.settings import *\n";
    let got =
        whole(code, &[("apps/own/__init__.py", ""), ("apps/own/settings.py", "A = 1\n"), ("requirements.txt", "x\n")]);
    assert_eq!(got.values["A"].kind, Kind::Int(1));
    // Of a package that lies elsewhere in the tree it is not sure that it gives nothing.
    let got = whole("from own.settings import *\n", &[("apps/own/__init__.py", ""), ("requirements.txt", "x\n")]);
    assert!(got.incomplete.is_some());
}

#[test]
fn a_temporary_folder_is_named_by_variables() {
    let got = whole("import tempfile\nA = tempfile.mkdtemp()\nB = tempfile.gettempdir()\n", &[]);
    let reads: Vec<&str> = got.reads.iter().map(|read| read.name.as_str()).collect();
    assert_eq!(reads, ["TMPDIR", "TEMP", "TMP"]);
    assert_eq!(text_of(&got, "B").as_deref(), Some("/tmp"));
}

#[test]
fn an_object_of_a_library_is_the_same_behind_a_branch() {
    let code = "import os, environ\nenv = environ.Env()\nif os.environ.get('S'):\n    B = 1\n\
        DEBUG = env.bool('DEBUG', default=True)\nown = os.environ.copy()\nA = own.get('A', 'x')\n";
    let got = run(code, &open());
    assert_eq!(got.values["DEBUG"].settled().and_then(super::super::Val::as_bool), Some(true));
    assert_eq!(got.values["DEBUG"].variables.iter().map(String::as_str).collect::<Vec<_>>(), ["DEBUG"]);
    assert_eq!(got.values["A"].settled().and_then(|v| v.as_str()), Some("x"));
}

#[test]
fn a_run_of_pytest_is_seen_in_the_loaded_modules() {
    let code = "import sys\nA = 'pytest' in sys.modules\nB = 'test' in sys.argv\nC = 'migrate' in sys.argv\n";
    let of = |run: Run| {
        let tree = Tree::open(Box::new(Overlay::of([("s.py", code)])));
        tree.map(|tree| Evaluator::new(&tree, vec![String::new()]).run(run).module("s", &open(), None))
            .map(|got| ["A", "B", "C"].map(|name| got.values.get(name).map(|v| v.kind.clone())))
            .unwrap_or_default()
    };
    let [no, yes] = [false, true].map(|yes| Some(Kind::Bool(yes)));
    assert_eq!(of(Run::Pytest), [yes.clone(), no.clone(), no.clone()]);
    assert_eq!(of(Run::Django), [no.clone(), yes, no.clone()]);
    assert_eq!(of(Run::Served), [no.clone(), no.clone(), no]);
}

#[test]
fn settings_before_a_local_file_hold_unless_it_sets_them() {
    let exec = "import os\nA = 1\nP = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'local.py')\n\
        if os.path.exists(P):\n    with open(P) as fp:\n        code = compile(fp.read(), P, 'exec')\n    exec(code, globals())\nB = 2\n";
    let star = "A = 1\ntry:\n    from local_settings import *\nexcept ImportError:\n    pass\nB = 2\n";
    let conf = "import os\nimport types\nA = 1\npath = os.environ.get('CONF')\nif not path:\n    path = '/etc/app/app.conf'\n    \
        if not os.path.exists(path):\n        path = None\nif path:\n    d = types.ModuleType('config')\n    d.__file__ = path\n    \
        try:\n        with open(path) as config_file:\n            exec(compile(config_file.read(), path, 'exec'), d.__dict__)\n    \
        except IOError as e:\n        raise SystemExit(e)\n    else:\n        for key in dir(d):\n            \
        if key.isupper():\n                globals()[key] = getattr(d, key)\nB = 2\n";
    for code in [exec, star, conf] {
        let got = run(code, &open());
        assert_eq!(got.values["A"].kind, Kind::Int(1), "{code}");
        assert!(got.values["A"].certainty.is_default() && !got.values["B"].certainty.is_default(), "{code}");
        assert!(got.missing_modules.iter().any(|missing| missing.star));
    }
}

#[test]
fn attributes_of_an_application_of_flask_are_its_settings() {
    let code = "from flask import Flask\napp = Flask(__name__)\napp.secret_key = 'x'\nA = app.config['SECRET_KEY']\n";
    assert_eq!(text_of(&run(code, &open()), "A").as_deref(), Some("x"));
}

#[test]
fn a_class_of_the_project_is_a_cast() {
    let code = "import enum\nimport environ\nclass Kind(enum.Enum):\n    LOCAL = 'local'\n    LIVE = 'live'\n\
        env = environ.Env()\nOF = env.get_value('OF', Kind, default=Kind.LOCAL)\nA = OF == Kind.LIVE\n";
    let var = crate::formats::Var::set("live".to_owned(), crate::model::Origin::default());
    let world = World::Closed([("OF".to_owned(), var)].into());
    assert_eq!(run(code, &world).values["A"].kind, Kind::Bool(true));
    assert_eq!(run(code, &World::empty()).values["A"].kind, Kind::Bool(false));
}

#[test]
fn a_reader_of_variables_in_a_package_gives_its_default() {
    let code = "from acme.common.envs import get_bool, get_string\nA = get_bool(name='APP_A', default=True)\n\
        B = get_string('APP_B', 'b')\n";
    let got = run(code, &World::empty());
    assert_eq!(got.values["A"].kind, Kind::Bool(true));
    assert_eq!(text_of(&got, "B").as_deref(), Some("b"));
}

#[test]
fn what_may_fail_in_very_many_places_is_given_up() {
    let code =
        format!("import lib\nA = 1\nwith lib.held():\n    for x in '{}':\n        lib.call([x])\n", "x".repeat(2500));
    let got = run(&code, &open());
    assert!(got.problems.is_empty() && got.incomplete.is_some(), "{:?}", got.incomplete);
}

#[test]
fn what_is_cast_where_it_is_read_stays_so_under_a_name_of_its_own() {
    let with = |import: &str, read: &str| {
        let got = run(&format!("{import}\nx = {read}\nDEBUG = x\nif x:\n    A = 1\n"), &open());
        assert!(got.values["DEBUG"].true_for.is_empty(), "{read}");
        assert!(got.reads.iter().all(|read| read.raw_truth.is_none()), "{read}");
    };
    with("import environ\nenv = environ.Env()", "env.bool('D', default=False)");
    with("from environs import Env\nenv = Env()", "env.bool('D', default=False)");
    with("from decouple import config", "config('D', default=False, cast=bool)");
    with("from starlette.config import Config\nconfig = Config()", "config('D', cast=bool, default=False)");
    let got = run("from decouple import config\nx = config('D', default='')\nDEBUG = bool(x)\n", &open());
    assert!(!got.values["DEBUG"].true_for.is_empty());
}

#[test]
fn a_project_s_own_settings_stay_where_a_plugin_is_handed_the_module() {
    let got = run("import plug\nSECRET_KEY = 'a'\nINSTALLED_APPS = []\nplug.settings(globals())\n", &open());
    assert!(got.values["SECRET_KEY"].as_str() == Some("a") && got.values["SECRET_KEY"].certainty.is_default());
    assert!(matches!(got.values["INSTALLED_APPS"].kind, Kind::Unknown(_)));
    let text = "import django_heroku\nALLOWED_HOSTS = ['a']\ndjango_heroku.settings(locals())\n";
    let hosts = run(text, &open()).values["ALLOWED_HOSTS"].clone();
    assert_eq!(hosts.items().and_then(|items| items.first()?.as_str()), Some("*"));
    let text = "import os\nimport django_heroku\nALLOWED_HOSTS = ['*']\nif os.getenv('DYNO'):\n    django_heroku.settings(locals())\n";
    assert!(matches!(run(text, &open()).values["ALLOWED_HOSTS"].kind, Kind::List(_)), "either way it is the same");
}

#[test]
fn what_a_class_sets_itself_is_set_where_it_hands_over_its_own() {
    let class =
        "from boogie import Conf\nclass Mine:\n    DEBUG = True\nclass Own(Mine, Conf):\n    ALLOWED_HOSTS = ['*']\n";
    let got = run(&format!("{class}Own.save_settings(globals())\n"), &open());
    let sure = |name: &str| got.values.get(name).is_some_and(|v| v.certainty.is_default());
    assert!(sure("ALLOWED_HOSTS") && sure("DEBUG"));
    assert!(matches!(&got.values["ALLOWED_HOSTS"].kind, Kind::List(items) if items.len() == 1));
}

#[test]
fn a_container_that_grows_too_long_is_not_known_and_nothing_else_suffers() {
    let with = |times: usize| {
        format!("A = set()\nB = {{}}\nfor i in range({times}):\n    A.add(str(i))\n    B[i] = 1\nC = 'x'\nD = B[7]\n")
    };
    let long = whole(&with(1200), &[]);
    assert!(matches!(long.values["A"].kind, Kind::Unknown(_)), "{:?}", long.values["A"].kind);
    assert!(matches!(long.values["D"].kind, Kind::Unknown(_)));
    assert_eq!(text_of(&long, "C").as_deref(), Some("x"));
    let short = whole(&with(100), &[]);
    assert!(matches!(short.values["D"].kind, Kind::Int(1)), "{:?}", short.values["D"].kind);
}

#[test]
fn what_a_sample_that_was_copied_needs_is_installed() {
    let code = "A = 1\ntry:\n    from local import *\nexcept ImportError:\n    pass\n";
    let sample = "from acme_client import Client\nA = 2\nB = Client()\n";
    let tree = Tree::open(Box::new(Overlay::of([("s.py", code), ("local.py.example", sample)]))).unwrap();
    let standing_in = [("local.py".to_owned(), tree.find("local.py.example").unwrap())].into();
    let brought = crate::formats::python::Brought { standing_in, ..Default::default() };
    let got = Evaluator::new(&tree, vec![String::new()]).brought(brought).module("s", &open(), None);
    assert_eq!(got.values["A"].kind, Kind::Int(2));
}

#[test]
fn a_variable_that_a_sample_names_may_be_in_the_file_that_is_not_here() {
    let code = "import os\nfrom dotenv import load_dotenv\nload_dotenv()\nA = os.getenv('A')\nB = os.getenv('B')\n";
    let tree = Tree::open(Box::new(Overlay::of([("s.py", code)]))).unwrap();
    let brought = crate::formats::python::Brought { opened: ["A".to_owned()].into(), ..Default::default() };
    let got = Evaluator::new(&tree, vec![String::new()]).brought(brought).module("s", &World::empty(), None);
    assert!(matches!(got.values["A"].kind, Kind::Depends { .. }), "{:?}", got.values["A"]);
    assert_eq!(got.values["B"].kind, Kind::None);
}
