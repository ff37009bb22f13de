//! What the tasks of a playbook install: packages of a server's system, and the program's own.

use super::ansible::is_yaml;
use super::plan::{CommandLine, Setup};
use crate::discover::{Tree, paths};
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
    let (mut packages, mut own) = (Vec::new(), Some(Vec::new()));
    for (file, _) in files.iter().filter(|(_, path)| is_yaml(path)) {
        let parsed = repository.tree.parsed(*file, tree::yaml).ok();
        if let Some(root) = parsed.as_ref().and_then(|parsed| parsed.0.as_ref()) {
            asked(root, 0, &mut packages);
            requirements(repository.tree, root, 0, &mut own);
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
    for (text, span) in own.unwrap_or_default() {
        if !setup.commands.iter().any(|known| known.text == text) {
            setup.commands.push(CommandLine { text, map: SpanMap::Whole(span), span });
        }
    }
    // Of several the one that runs is not known.
    if setup.runtimes.iter().any(|(_, version)| version.value != setup.runtimes[0].1.value) {
        setup.runtimes.clear();
    }
    setup
}

/// The commands by which tasks install what the program asks for, from its files at the top of the repository; none are known
/// where one of them is done on a condition, or what it installs is filled in.
fn requirements(tree: &Tree, node: &Node, depth: usize, own: &mut Option<Vec<(String, Span)>>) {
    if depth > 6 {
        return;
    }
    let bound = node.get("when").is_some();
    for (name, value) in node.entries() {
        let module = name.value.trim_start_matches("ansible.builtin.");
        let found: Vec<(Option<String>, Span)> = match module {
            "pip" => value
                .field("requirements")
                .map(|file| (of_checkout(tree, &file.value).map(|path| format!("pip install -r {path}")), file.span))
                .into_iter()
                .collect(),
            "shell" | "command" => {
                let text = value.spanned().or_else(|| value.field("cmd"));
                let lines = text.iter().flat_map(|text| text.value.lines().map(|line| (line, text.span)));
                let known = |text: String| (!text.contains("{{") && !text.contains('$')).then_some(text);
                lines.filter_map(|(line, span)| Some((known(installing(line)?), span))).collect()
            }
            _ => {
                requirements(tree, value, depth + 1, own);
                Vec::new()
            }
        };
        for (text, span) in found {
            match (text.filter(|_| !bound), own.as_mut()) {
                (Some(text), Some(own)) => own.push((text, span)),
                _ => *own = None,
            }
        }
    }
    node.items().iter().for_each(|item| requirements(tree, item, depth + 1, own));
}

/// The file of the repository at the end of a path whose beginning a template fills in.
fn of_checkout(tree: &Tree, path: &str) -> Option<String> {
    let rest = path.rsplit("}}").next()?.trim_start_matches('/');
    let mut ends = std::iter::successors(Some(rest), |rest| rest.split_once('/').map(|(_, below)| below));
    ends.find(|end| tree.find(end).is_some()).map(str::to_owned)
}

/// The command of a line that installs what the files of the project ask for, its program without a folder, if it is one.
fn installing(line: &str) -> Option<String> {
    let mut words = line.split_whitespace();
    let program = paths::name(words.next()?);
    let rest: Vec<&str> = words.collect();
    let installs = match program {
        "uv" | "pdm" | "pipenv" => rest.first().is_some_and(|word| ["sync", "install"].contains(word)),
        "poetry" => rest.first() == Some(&"install"),
        "pip" | "pip3" => rest.first() == Some(&"install") && rest.contains(&"-r"),
        _ => false,
    };
    installs.then(|| format!("{program} {}", rest.join(" ")))
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
