//! What a build asks of its context in vain, and what it is told that should stay secret.

use std::collections::BTreeSet;

use crate::discover::{Tree, paths};
use crate::environments::ImageBuild;
use crate::formats::dockerfile::{Action, Build, CopyFrom, RunBody};
use crate::knowledge::variables;
use crate::model::Spanned;

/// The sources of `COPY` and `ADD` that surely are not in the repository: no file or folder of it ends with their path, and
/// nothing that writes, fetches or ignores files speaks of them.
pub(super) fn missing(tree: &Tree, build: &Build, target: usize, context: &str) -> Vec<Spanned<String>> {
    let mut found: Vec<Spanned<String>> = Vec::new();
    if !context.is_empty() && !tree.is_dir(context) {
        return found;
    }
    // What another file copies is told where that is built.
    for index in stages(build, target).into_iter().filter(|index| *index < build.own) {
        for step in build.stages.get(index).iter().flat_map(|stage| &stage.steps) {
            let Action::Copy { from: None, sources, decided: true, .. } = &step.action else { continue };
            // What an argument makes of a path, whoever builds gives it.
            let written = |source: &Spanned<String>| {
                let text = tree.text(source.span.file).unwrap_or_default();
                text.get(source.span.start as usize..source.span.end as usize).is_none_or(|text| !text.contains('$'))
            };
            let lost = sources.iter().filter(|source| written(source) && is_missing(tree, context, &source.value));
            found.extend(
                lost.filter(|source| !found.iter().any(|known| known.value == source.value))
                    .cloned()
                    .collect::<Vec<_>>(),
            );
        }
    }
    found
}

/// The stages that are built for a target: those it rests on and those it copies from.
fn stages(build: &Build, target: usize) -> BTreeSet<usize> {
    let (mut all, mut open) = (BTreeSet::new(), vec![target]);
    while let Some(next) = open.pop() {
        for index in build.chain(next).into_iter().filter(|index| all.insert(*index)).collect::<Vec<_>>() {
            for step in build.stages.get(index).iter().flat_map(|stage| &stage.steps) {
                if let Action::Copy { from: Some(CopyFrom::Stage(other)), .. } = &step.action {
                    open.push(*other);
                }
            }
        }
    }
    all
}

/// Names of what builds and package managers make.
const MADE: [&str; 12] = [
    "dist",
    "build",
    "target",
    "out",
    "wheels",
    "node_modules",
    "static",
    "staticfiles",
    "public",
    "bin",
    "vendor",
    "certs",
];

fn is_missing(tree: &Tree, context: &str, source: &str) -> bool {
    let source = source.trim_start_matches("./").trim_matches('/');
    let plain = !source.is_empty() && !source.contains(['*', '?', '[', '$', '{', '\\', ':', '~', '%']);
    let name = paths::name(source);
    let hidden = source.split('/').any(|part| part == ".." || part.starts_with(".git") || part.starts_with(".env"));
    if !plain || hidden || source.split('/').any(|part| MADE.contains(&part)) {
        return false;
    }
    let Some(path) = paths::join(context, source) else { return false };
    let here = tree.find(&path).is_some() || tree.is_dir(&path);
    let (end, within) = (format!("/{source}"), format!("/{source}/"));
    let elsewhere = || {
        tree.files().any(|(_, path)| {
            let path = format!("/{path}");
            path.ends_with(&end) || path.contains(&within)
        })
    };
    !here && !elsewhere() && !spoken_of(tree, name, source.split('/').next().unwrap_or(source))
}

/// Whether a file that makes, fetches or ignores others names one, or the folder it would lie in.
fn spoken_of(tree: &Tree, name: &str, folder: &str) -> bool {
    // A program that names a file in full is one that writes it: tasks, code that describes infrastructure.
    const PROGRAMS: [&str; 7] = [".py", ".ts", ".js", ".mjs", ".cjs", ".tf", ".hcl"];
    const NAMES: [&str; 12] = [
        ".gitignore",
        ".gitmodules",
        "Makefile",
        "makefile",
        "justfile",
        "Justfile",
        "Taskfile.yml",
        "package.json",
        "tasks.py",
        "fabfile.py",
        "noxfile.py",
        "tox.ini",
    ];
    let makes = |path: &str| {
        let last = paths::name(path);
        NAMES.contains(&last)
            || last.ends_with(".sh")
            || last.ends_with(".mk")
            || path.starts_with(".github/")
            || path.starts_with(".circleci/")
            || [".gitlab-ci.yml", ".travis.yml", "Jenkinsfile", "cloudbuild.yaml", "cloudbuild.yml", "buildspec.yml"]
                .contains(&last)
            || !last.contains('.')
                && (path.starts_with("bin/") || path.starts_with("scripts/") || path.starts_with("script/"))
    };
    let full = name.contains('.') && name.len() >= 8;
    let programs = |path: &str| full && PROGRAMS.iter().any(|end| path.ends_with(end));
    let within = format!("{folder}/");
    tree.files().any(|(file, path)| {
        let makes = makes(path);
        let text = if makes || programs(path) { tree.text(file).unwrap_or_default() } else { "" };
        text.contains(name) || makes && folder != name && text.contains(&within)
    })
}

/// Build arguments that hold a secret from outside and that a command of the image's own stages writes into its history.
pub(super) fn told_secrets(build: &Build, target: usize, asked: &ImageBuild) -> Vec<Spanned<String>> {
    let outside = |name: &str| matches!(asked.args.get(name), Some(None)) && variables::is_secret_name(name);
    let mut found: Vec<Spanned<String>> = Vec::new();
    for stage in build.chain(target).into_iter().filter_map(|index| build.stages.get(index)) {
        for name in stage.args.keys().filter(|name| outside(name)) {
            let used = stage.steps.iter().find_map(|step| match &step.action {
                Action::Run { body: RunBody::Shell { text, .. } | RunBody::Heredoc { text, .. }, .. } => {
                    (text.contains(&format!("${name}")) || text.contains(&format!("${{{name}"))).then_some(step.span)
                }
                _ => None,
            });
            let kept = || stage.env.get(name).and_then(|var| var.origin.primary());
            if let Some(span) = used.or_else(kept).filter(|_| !found.iter().any(|known| known.value == *name)) {
                found.push(Spanned::new(name.clone(), span));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::is_missing;
    use crate::discover::{Overlay, Tree};

    #[test]
    fn a_file_that_a_program_names_in_full_is_made_by_it() {
        let files = [
            ("infra/stack.py", "copy(source, './requirements.image.txt')\nfolder = 'assets/'\n"),
            ("infra/main.tf", "filename = \"service-account.json\"\n"),
            ("README.md", "Put settings.local.ini here.\n"),
        ];
        let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
        for made in ["requirements.image.txt", "service-account.json"] {
            assert!(!is_missing(&tree, "", made), "{made}");
        }
        for lost in ["settings.local.ini", "assets/logo.svg", "copy"] {
            assert!(is_missing(&tree, "", lost), "{lost}");
        }
    }
}
