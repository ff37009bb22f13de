//! What is tried: imports that fall back on others, and modules that may not be there.

use crate::discover::{Overlay, Tree};
use crate::formats::python::{Brought, Evaluator, Kind, Settings, Val};
use crate::formats::world::World;

fn evaluated(files: &[(&str, &str)], module: &str, nowhere: &[&str]) -> Settings {
    let tree = Tree::open(Box::new(Overlay::of(files.iter().map(|(path, text)| (*path, *text)))));
    let nowhere = nowhere.iter().map(|name| (*name).to_owned()).collect();
    let open = World::Open(std::collections::BTreeMap::new());
    let of = |tree: Tree| {
        Evaluator::new(&tree, vec![String::new()])
            .brought(Brought { nowhere, ..Brought::default() })
            .module(module, &open, None)
    };
    tree.map(of).unwrap_or_default()
}

const FALLING_BACK: [(&str, &str); 4] = [
    ("s/__init__.py", "try:\n    from .dev import *\nexcept:\n    from .prod import *\n"),
    (
        "s/base.py",
        "import os, json\nA = os.getenv('A', False) in (True, 'True')\nB = int(os.getenv('B', 5))\n\
         C = json.loads(os.getenv('C') or '{}')\nD = 'x' if os.getenv('D') == 'y' else 'z'\nDEBUG = None\n\
         HAS = os.path.exists('lib.so')\n",
    ),
    ("s/dev.py", "from .base import *\nDEBUG = True\n"),
    (
        "s/prod.py",
        "from .base import *\nDEBUG = False\nhost = os.environ.get('H')\nif host:\n    HOSTS = [host]\nelse:\n    HOSTS = ['*']\n",
    ),
];

#[test]
fn a_module_whose_variables_cannot_be_read_fails_in_the_handler_as_well() {
    let got = evaluated(&FALLING_BACK, "s", &[]);
    assert_eq!(got.values["DEBUG"].kind, Kind::Bool(true));
    assert!(!got.values.contains_key("HOSTS"), "{:?}", got.values["HOSTS"]);
    let got = evaluated(&FALLING_BACK, "s.prod", &[]);
    assert_eq!(got.values["DEBUG"].kind, Kind::Bool(false));
    assert_eq!(got.values["D"].settled().and_then(Val::as_str), Some("z"));
    let hosts = got.values["HOSTS"].items().map(|items| items.iter().filter_map(Val::as_str).collect::<Vec<_>>());
    assert_eq!(hosts, Some(vec!["*"]));
    assert_eq!(got.values["HOSTS"].variables.iter().collect::<Vec<_>>(), ["H"]);
}

#[test]
fn a_comparison_with_any_text_comes_to_its_end() {
    let base = "import os\nAPPS = ['a']\nA = os.getenv('A', False) in (True, 'True')\nif A:\n    \
        B = os.getenv('B', True) in ['1', 'on']\n    C = os.getenv('C') == 'x'\n    D = os.getenv('D') is not None\n    \
        E = os.getenv('E', '') != 'y'\n";
    let files: Vec<_> =
        FALLING_BACK.iter().map(|(path, text)| (*path, if *path == "s/base.py" { base } else { text })).collect();
    let got = evaluated(&files, "s.prod", &[]);
    assert_eq!(got.values["DEBUG"].kind, Kind::Bool(false));
    assert_eq!(got.values["APPS"].items().map(<[Val]>::len), Some(1), "{:?}", got.values["APPS"]);
    let got = evaluated(
        &[("s.py", "import os\ntry:\n    A = 'a' in os.getenv('A')\nexcept TypeError:\n    A = 'none'\n")],
        "s",
        &[],
    );
    assert!(!matches!(got.values["A"].kind, Kind::Bool(_)), "nothing is not searched: {:?}", got.values["A"]);
}

#[test]
fn a_text_that_does_not_do_is_a_branch_that_is_not_taken_by_default() {
    let got = evaluated(
        &[("s.py", "import os\ntry:\n    A = int(os.getenv('A', 1))\nexcept ValueError:\n    A = 7\n")],
        "s",
        &[],
    );
    assert_eq!(got.values["A"].settled().map(|v| v.kind.clone()), Some(Kind::Int(1)));
}

const LOCAL: &str = "from pathlib import Path\nBASE = Path(__file__).resolve().parent.parent\nA = 1\nSECRET_KEY = 'x'\n\
    if (BASE / 's/local_settings.py').exists():\n    from .local_settings import *\nB = 2\n";

#[test]
fn a_branch_for_a_file_of_settings_that_is_not_there_leaves_what_stands() {
    let files = [("s/__init__.py", ""), ("s/conf.py", LOCAL)];
    let got = evaluated(&files, "s.conf", &[]);
    assert_eq!(got.values["A"].kind, Kind::Int(1));
    assert!(got.values["A"].certainty.is_default() && !got.values["B"].certainty.is_default());
    assert_eq!(got.values["SECRET_KEY"].as_str(), Some("x"), "it holds unless the file sets another");
    assert!(got.values["SECRET_KEY"].certainty.is_default() && got.incomplete.is_none());
    assert!(got.missing_modules.iter().any(|missing| missing.star));
    let got = evaluated(&files, "s.conf", &["s.local_settings"]);
    assert_eq!(got.values["SECRET_KEY"].as_str(), Some("x"));
    assert!(!got.values["A"].certainty.is_default() && got.missing_modules.is_empty());
}

#[test]
fn a_handler_that_only_a_variable_lets_go_on_is_not_what_holds_by_default() {
    let code = "import os\ntry:\n    os.environ['A']\n    ON = True\nexcept KeyError:\n    if os.environ.get('D'):\n        ON = False\n\
                \x20   else:\n        raise\n";
    let got = evaluated(&[("s.py", code)], "s", &[]);
    assert!(matches!(got.values["ON"].kind, Kind::OneOf(_)), "{:?}", got.values["ON"]);
}

#[test]
fn a_library_that_reads_words_gives_truth_values() {
    let code = "import os\nfrom str2bool import str2bool\nA = str2bool('True')\nB = str2bool('on')\n\
                C = str2bool(os.environ.get('C'))\n";
    let got = evaluated(&[("a.py", code)], "a", &[]);
    assert_eq!((&got.values["A"].kind, &got.values["B"].kind), (&Kind::Bool(true), &Kind::None));
    assert!(got.values["C"].true_for.is_empty() && !matches!(got.values["C"].kind, Kind::Unknown(_)));
}

#[test]
fn a_dict_that_a_variable_chooses_stays_known_where_a_branch_adds_to_it() {
    let text = "import os\nif os.environ.get('A'):\n    X = {'k': 1}\nelse:\n    X = {'k': 2}\n\
        if os.environ.get('B'):\n    X['more'] = 3\n    OTHER = ['a']\n";
    let tree = Tree::open(Box::new(Overlay::of([("s.py", text)]))).unwrap();
    let open = World::Open(std::collections::BTreeMap::new());
    let got = Evaluator::new(&tree, vec![String::new()]).module("s", &open, None);
    assert_eq!(got.values["X"].get("k").map(|v| v.kind.clone()), Some(Kind::Int(2)), "{:?}", got.values["X"]);
}

#[test]
fn what_the_language_brings_is_itself_behind_names_that_are_not_known() {
    let code = "from gone import *\nimport yaml\nA = ['*']\nB = len('xy')\nvars().update(yaml.safe_load(open(PATH)))\n";
    let got = evaluated(&[("s.py", code)], "s", &[]);
    assert!(matches!(got.values["A"].kind, Kind::Unknown(_)), "what is read may set it");
    let got = evaluated(&[("s.py", "from gone import *\nB = len('xy')\n")], "s", &[]);
    assert_eq!(got.values["B"].kind, Kind::Int(2));
}

#[test]
fn what_stands_holds_unless_a_file_that_a_variable_names_sets_it() {
    let code = "import codecs, os, yaml\nHOSTS = ['*']\nSECRET_KEY = 'x'\nwith codecs.open(os.environ['CFG']) as f:\n\
        \x20   read = yaml.load(f, Loader=yaml.SafeLoader)\n    more = {key: read.pop(key, None) for key in ('A', 'B')}\n\
        \x20   vars().update(read)\nLATER = 1\n";
    let got = evaluated(&[("s.py", code)], "s", &[]);
    assert_eq!(got.values["SECRET_KEY"].as_str(), Some("x"), "{:?}", got.values["SECRET_KEY"]);
    assert!(got.values["SECRET_KEY"].certainty.is_default() && got.values["HOSTS"].certainty.is_default());
    assert!(matches!(got.values["HOSTS"].kind, Kind::List(_)), "{:?}", got.values["HOSTS"]);
    assert!(!got.values["LATER"].certainty.is_default());
}

#[test]
fn what_django_heroku_does_not_set_stands() {
    let code = "import django_heroku\nSECRET_KEY = 'x'\nDEBUG = False\nDATABASES = {}\n\
        django_heroku.settings(locals(), allowed_hosts=False)\n";
    let got = evaluated(&[("s.py", code)], "s", &[]);
    assert_eq!(got.values["DEBUG"].as_bool(), Some(false), "{:?}", got.values["DEBUG"]);
    assert!(
        matches!(&got.values["SECRET_KEY"].kind, Kind::Depends { variables, .. } if variables.contains("SECRET_KEY"))
    );
    assert!(matches!(got.values["DATABASES"].kind, Kind::Unknown(_)) && !got.values.contains_key("ALLOWED_HOSTS"));
    assert!(got.values["STATICFILES_STORAGE"].as_str().is_some_and(|storage| storage.starts_with("whitenoise.")));
}

#[test]
fn the_scheme_of_an_address_is_known_where_its_path_lies_in_the_project() {
    let code = "import os\nfrom pathlib import Path\nBASE = Path(__file__).parent\n\
        url = os.getenv('DATABASE_URL', f'sqlite:///{BASE}/x.db')\nRAW = url.replace('postgres://', 'postgresql://', 1)\n\
        if url.startswith('postgres://'):\n    url = 'other'\nURL = url\nHERE = f'sqlite:///{BASE}'.startswith(('sqlite', 'x'))\n\
        UNSURE = f'{BASE}'.startswith('/srv')\n";
    let got = evaluated(&[("s.py", code)], "s", &[]);
    for name in ["URL", "RAW"] {
        let held = match &got.values[name].kind {
            Kind::Depends { default: Some(held), .. } => held.as_str(),
            _ => got.values[name].as_str(),
        };
        assert_eq!(held, Some("sqlite:///${ROOT}/x.db"), "{name}: {:?}", got.values[name].kind);
    }
    assert_eq!(got.values["HERE"].as_bool(), Some(true));
    assert_eq!(got.values["UNSURE"].as_bool(), None);
}
