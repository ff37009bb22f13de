//! Settings modules, evaluated in a closed and in an open world.

use paritylint::formats::python::{Evaluator, entry, invoke, options};
use paritylint::formats::{Vars, World};

/// Reads the bytes as such a text; a fault panics.
pub fn run(data: &[u8]) {
    let tree = super::tree(data, "settings.py");
    let evaluator = Evaluator::new(&tree, vec![String::new()]);
    let whole = Evaluator::new(&tree, vec![String::new()]).whole();
    for (evaluator, world) in
        [(&evaluator, World::empty()), (&evaluator, World::Open(Vars::new())), (&whole, World::empty())]
    {
        let _ = evaluator.module("settings", &world, None);
        let _ = evaluator.module("settings", &world, Some("Config"));
    }
    if let Some(file) = tree.find("settings.py") {
        let _ = entry::entry_points(&tree, file);
        let _ = options::options(&tree, file, &World::Open(Vars::new()));
        for name in invoke::tasks(&tree, file) {
            let _ = invoke::task(&tree, file, &name, &invoke::Given::default());
        }
    }
}
