//! Manifests and kustomizations: one text as all the files of an overlay and its base.

use super::{FILE, text};
use paritylint::discover::{Overlay, Tree};
use paritylint::formats::kubernetes::{self as k, kustomize};

/// Reads the bytes as such a text; a fault panics.
pub fn run(data: &[u8]) {
    let text = text(data);
    let _ = k::environments(FILE, &text);
    let objects = k::read(&k::parse(FILE, &text));
    objects.workloads.iter().flat_map(|workload| &workload.containers).for_each(|one| drop(objects.variables(one)));
    let names = ["kustomization.yaml", "base/kustomization.yaml", "base/all.yaml"];
    let Ok(tree) = Tree::open(Box::new(Overlay::of(names.map(|name| (name, text.as_str()))))) else { return };
    if let Some(file) = tree.find("kustomization.yaml") {
        let _ = kustomize::build(&tree, file);
    }
}
