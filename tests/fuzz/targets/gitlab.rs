//! GitLab pipelines.
#![no_main]

use libfuzzer_sys::fuzz_target;
use paritylint::discover::{Overlay, Tree};
use paritylint::formats::gitlab;
use paritylint_fuzz::{problems_hold, text};

fuzz_target!(|data: &[u8]| {
    let text = text(data);
    let Ok(tree) = Tree::open(Box::new(Overlay::of([(".gitlab-ci.yml", text.as_str())]))) else { return };
    let Some(file) = tree.find(".gitlab-ci.yml") else { return };
    let flow = gitlab::workflow(gitlab::read(&tree, file), file);
    problems_hold(&text, &flow.problems);
});
