//! YAML documents, walked whole.

use super::{FILE, holds, problems_hold, text};
use paritylint::formats::yaml::{NodeRef, parse, parse_all};

fn walk(text: &str, node: NodeRef<'_>, depth: usize, budget: &mut usize) {
    holds(text, node.span());
    let _ = (node.as_str(), node.as_bool(), node.as_int(), node.tag(), node.scalar_map());
    *budget = budget.saturating_sub(1);
    if depth > 40 || *budget == 0 {
        return;
    }
    node.items().into_iter().for_each(|item| walk(text, item, depth + 1, budget));
    for (key, value) in node.entries() {
        walk(text, key, depth + 1, budget);
        walk(text, value, depth + 1, budget);
    }
}

/// Reads the bytes as such a text; a fault panics.
pub fn run(data: &[u8]) {
    let text = text(data);
    for document in parse_all(FILE, &text).iter().chain([&parse(FILE, &text)]) {
        problems_hold(&text, &document.problems);
        if let Some(root) = document.root() {
            walk(&text, root, 0, &mut 5000);
        }
    }
}
