//! Pipelines of GitLab, configurations of CircleCI and Travis CI.

use super::{problems_hold, text};
use paritylint::discover::{Overlay, Tree};
use paritylint::formats::{circleci, gitlab, travis};

/// Reads the bytes as such a text; a fault panics.
pub fn run(data: &[u8]) {
    let text = text(data);
    let files = [".gitlab-ci.yml", ".circleci/config.yml", ".travis.yml"].map(|path| (path, text.as_str()));
    let Ok(tree) = Tree::open(Box::new(Overlay::of(files))) else { return };
    if let Some(file) = tree.find(".gitlab-ci.yml") {
        problems_hold(&text, &gitlab::workflow(gitlab::read(&tree, file), file).problems);
    }
    if let Some(file) = tree.find(".circleci/config.yml") {
        problems_hold(&text, &circleci::workflow(&tree, file).problems);
    }
    if let Some(file) = tree.find(".travis.yml") {
        problems_hold(&text, &travis::workflow(&tree, file).problems);
    }
}
