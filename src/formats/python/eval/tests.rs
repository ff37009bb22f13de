use crate::discover::{Overlay, Tree};
use crate::formats::python::{Evaluator, Kind, Settings};
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
