//! JSON with comments, and TOML, as trees of nodes.

use super::{FILE, holds, problems_hold, text};
use paritylint::formats::small::tree::Node;
use paritylint::formats::small::{json, tree};

fn walk(text: &str, node: &Node) {
    holds(text, node.span);
    for (key, value) in node.entries() {
        holds(text, key.span);
        walk(text, value);
    }
    for item in node.items() {
        walk(text, item);
    }
}

/// Reads the bytes as such a text; a fault panics.
pub fn run(data: &[u8]) {
    let text = text(data);
    for (node, problems) in [json::parse(FILE, &text), tree::toml(FILE, &text), tree::yaml(FILE, &text)] {
        problems_hold(&text, &problems);
        if let Some(node) = &node {
            walk(&text, node);
        }
    }
}
