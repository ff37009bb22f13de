//! What files of tests set before they import the program.

use super::apply;
use crate::discover::{Overlay, Tree};
use crate::formats::{Var, World};
use crate::model::Origin;

/// The variables after a file of the tests, in a world where `SET` is `old/0` and `DONE` is `1`.
fn after(code: &str) -> Vec<(String, Option<String>)> {
    let files = [("tests/conftest.py", code), ("tests/.env.test", "FROM=file\nSET=file\n")];
    let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
    let mut world = World::empty();
    for (name, text) in [("SET", "old/0"), ("DONE", "1")] {
        world.vars_mut().insert(name.into(), Var::set(text, Origin::default()));
    }
    let names = apply(&tree, tree.find("tests/conftest.py").unwrap(), "", &mut world);
    names.into_iter().map(|name| (name.clone(), world.vars()[&name].value.one().cloned())).collect()
}

fn expect(code: &str, wanted: &[(&str, Option<&str>)]) {
    let found = after(code);
    let found: Vec<_> = found.iter().map(|(name, text)| (name.as_str(), text.as_deref())).collect();
    assert_eq!(found, wanted, "{code}");
}

#[test]
fn what_is_set_at_the_top_is_there_before_the_program() {
    let code = "import os\nfrom pytest import MonkeyPatch\nos.environ['A'] = '1'\nos.environ.setdefault('B', '2')\n\
        mp = MonkeyPatch()\nmp.setenv('C', '3')\nos.environ['D'] = made()\nconfig['E'] = '5'\n\
        os.environ.setdefault('SET', 'new')\n\
        def later():\n    os.environ['F'] = '6'\n\
        def pytest_configure(config):\n    os.environ['G'] = '7'\n    if config.x:\n        os.environ['H'] = '8'\n";
    let [a, b, c] = [("A", Some("1")), ("B", Some("2")), ("C", Some("3"))];
    expect(code, &[a, b, c, ("D", None), ("G", Some("7")), ("H", None)]);
}

#[test]
fn values_are_made_of_what_is_there() {
    let set = "os.environ['SET'] = os.environ.get('SET', 'x').replace('/0', '/5')\n";
    expect(set, &[("SET", Some("old/5"))]);
    expect("os.environ['A'] = os.getenv('NONE', 'x') + '_test'\n", &[("A", Some("x_test"))]);
    expect(
        "URL = 'sqlite://'\nenviron['A'] = URL\nenviron['B'] = str(5)\n",
        &[("A", Some("sqlite://")), ("B", Some("5"))],
    );
    expect(
        "OWN = {'A': '1'}\nos.environ.update(OWN)\nos.environ.update(B='2')\n",
        &[("A", Some("1")), ("B", Some("2"))],
    );
    expect("os.environ |= {'A': '1'}\n", &[("A", Some("1"))]);
    expect(
        "os.environ.pop('SET', None)\nos.environ.setdefault('SET', 'b')\n",
        &[("SET", Some("b")), ("SET", Some("b"))],
    );
    expect("del os.environ['SET']\n", &[("SET", None)]);
}

#[test]
fn a_condition_is_decided_or_leaves_it_open() {
    expect(
        "if 'SET' not in os.environ:\n    os.environ['SET'] = 'n'\nelse:\n    os.environ['A'] = '1'\n",
        &[("A", Some("1"))],
    );
    expect("if not os.environ.get('NONE'):\n    os.environ['NONE'] = 'n'\n", &[("NONE", Some("n"))]);
    expect("if os.getenv('DONE') == '1':\n    os.environ['A'] = '1'\n", &[("A", Some("1"))]);
    expect("if os.environ.get('NONE') is not None:\n    os.environ['A'] = '1'\n", &[]);
    expect(
        "if windows():\n    os.environ['SET'] = '1'\nelse:\n    os.environ['SET'] = '2'\n",
        &[("SET", None), ("SET", None)],
    );
    expect("if windows():\n    os.environ['SET'] = 'old/0'\n", &[]);
}

#[test]
fn a_file_of_variables_is_loaded() {
    expect("load_dotenv('tests/.env.test')\n", &[("FROM", Some("file"))]);
    let over = "load_dotenv(Path(__file__).parent / '.env.test', override=True)\n";
    expect(over, &[("FROM", Some("file")), ("SET", Some("file"))]);
    expect("load_dotenv(find_dotenv('.env.none'))\n", &[]);
}
