//! What the tasks of a playbook install from the packages of a server's system.

use super::ansible::is_yaml;
use super::plan::{CommandLine, Setup};
use crate::formats::small::tree::{self, Node};
use crate::links::Repository;
use crate::model::{FileId, Span, SpanMap, Spanned};

/// Modules that install packages of the system.
const INSTALLERS: [&str; 8] = [
    "apt",
    "ansible.builtin.apt",
    "package",
    "ansible.builtin.package",
    "dnf",
    "ansible.builtin.dnf",
    "yum",
    "ansible.builtin.yum",
];

/// What tasks install from the system's own packages, and the Python that is among it, where it is one.
pub(super) fn installed(repository: &Repository<'_>, files: &[(FileId, &str)]) -> Setup {
    let mut setup = Setup { by: "playbook", ..Setup::default() };
    let mut packages = Vec::new();
    for (file, _) in files.iter().filter(|(_, path)| is_yaml(path)) {
        let parsed = repository.tree.parsed(*file, tree::yaml).ok();
        if let Some(root) = parsed.as_ref().and_then(|parsed| parsed.0.as_ref()) {
            asked(root, 0, &mut packages);
        }
    }
    for (name, span) in packages {
        let python = name.strip_prefix("python").filter(|version| {
            version
                .strip_prefix("3.")
                .is_some_and(|minor| !minor.is_empty() && minor.chars().all(|c| c.is_ascii_digit()))
        });
        setup.runtimes.extend(python.map(|version| ("python", Spanned::new(version.to_owned(), span))));
        let text = format!("apt-get install -y {name}");
        setup.commands.push(CommandLine { text, map: SpanMap::Whole(span), span });
    }
    // Of several the one that runs is not known.
    if setup.runtimes.iter().any(|(_, version)| version.value != setup.runtimes[0].1.value) {
        setup.runtimes.clear();
    }
    setup
}

/// The packages that tasks ask the system for; one that a template fills in is none that is known.
fn asked(node: &Node, depth: usize, packages: &mut Vec<(String, Span)>) {
    if depth > 6 {
        return;
    }
    for (name, value) in node.entries() {
        if !INSTALLERS.contains(&name.value.as_str()) {
            asked(value, depth + 1, packages);
            continue;
        }
        let gone = value.get("state").and_then(Node::as_str).is_some_and(|state| state == "absent");
        let listed = ["pkg", "name"].iter().find_map(|key| value.get(key)).filter(|_| !gone);
        let plain =
            |text: &Spanned<String>| text.value.chars().all(|c| c.is_ascii_alphanumeric() || "-_.+".contains(c));
        let texts = listed.into_iter().flat_map(Node::texts).filter(plain);
        packages.extend(texts.map(|text| (text.value.clone(), text.span)));
    }
    node.items().iter().for_each(|item| asked(item, depth + 1, packages));
}
