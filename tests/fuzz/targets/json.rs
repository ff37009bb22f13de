//! JSON with comments, and TOML, as trees of nodes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use paritylint::formats::small::tree::Node;
use paritylint::formats::small::{json, tree};
use paritylint_fuzz::{FILE, holds, problems_hold, text};

fn walk(text: &str, node: &Node) {
    holds(text, node.span);
    for (key, value) in node.entries() {
        holds(text, key.span);
        walk(text, value);
    }
    node.items().iter().for_each(|item| walk(text, item));
}

fuzz_target!(|data: &[u8]| {
    let text = text(data);
    for (node, problems) in [json::parse(FILE, &text), tree::toml(FILE, &text), tree::yaml(FILE, &text)] {
        problems_hold(&text, &problems);
        node.iter().for_each(|node| walk(&text, node));
    }
});
