//! Programs that the project installs under a name of its own and that are Django's management: `shop migrate`.

use super::meaning::{self, Meaning};
use crate::discover::{Tree, paths};
use crate::formats::small::tree::{self, Node};
use crate::model::FileId;

/// Commands of the management that say what an environment runs; only a call of one of these is looked at.
const COMMANDS: [&str; 7] = ["runserver", "runserver_plus", "test", "migrate", "check", "collectstatic", "runworker"];

/// What a command does, calls of the project's own management by its name included.
pub fn meaning_in(tree: &Tree, argv: &[String]) -> Meaning {
    match meaning::of(argv) {
        known @ (Meaning::Other | Meaning::Manages(_)) => managed(tree, argv).map_or(known, |argv| meaning::of(&argv)),
        known => known,
    }
}

/// The call of Django's own program that a call of the project's comes to.
pub fn managed(tree: &Tree, argv: &[String]) -> Option<Vec<String>> {
    let words = uncovered(argv)?;
    let (name, rest) = words.split_first()?;
    let command = rest.first()?;
    let called = name.rsplit('/').next().unwrap_or(name);
    if called == "manage.py" || called == "django-admin" || meaning::is_python(called) {
        let behind = words.iter().skip_while(|word| !word.ends_with("manage.py") && *word != "django-admin");
        let behind: Vec<String> = behind.skip(1).skip_while(|word| word.starts_with('-')).cloned().collect();
        return started_by(tree, &behind).or_else(|| started_in(tree, &words, behind.first()?));
    }
    let known = COMMANDS.contains(&command.as_str());
    let own = || started_by(tree, rest);
    if !known && own().is_none() {
        return None;
    }
    if !modules_of(tree, called).iter().any(|file| hands_on(tree, *file)) {
        return None;
    }
    if known { Some(std::iter::once("django-admin".to_owned()).chain(rest.iter().cloned()).collect()) } else { own() }
}

/// The file and the function that a program of the project's starts in, where that is its own management.
pub fn entry(tree: &Tree, argv: &[String]) -> Option<(FileId, String)> {
    let words = uncovered(argv)?;
    let name = words.first()?.rsplit('/').next()?;
    let mut manifests = tree.files().filter(|(_, path)| is_manifest(path));
    let target = manifests.find_map(|(file, _)| target_of(tree, file, name))?;
    let file = modules_of(tree, name).into_iter().find(|file| hands_on(tree, *file))?;
    Some((file, target.split_once(':')?.1.trim().to_owned()))
}

/// The words of a command without what measures it.
fn uncovered(argv: &[String]) -> Option<Vec<String>> {
    let words = meaning::unwrapped(argv);
    let covered =
        words.first()?.rsplit('/').next() == Some("coverage") && words.get(1).is_some_and(|verb| verb == "run");
    Some(if covered {
        words.get(2..)?.iter().skip_while(|word| word.starts_with('-')).cloned().collect()
    } else {
        words
    })
}

/// What code of a command for Django's management hands on to, and whether with the words behind it.
const STARTS: [(&str, &[&str], bool); 7] = [
    ("commands.runserver import", &["django-admin", "runserver"], true),
    ("call_command(\"runserver\"", &["django-admin", "runserver"], false),
    ("celery.bin", &["celery"], true),
    ("commands.pyuwsgi import", &["uwsgi"], true),
    ("uvicorn.run(", &["uvicorn"], false),
    ("waitress import serve", &["waitress-serve"], false),
    ("gunicorn.app", &["gunicorn"], false),
];

/// What a command of the project's for Django's management starts, by the server that its code hands on to.
fn started_by(tree: &Tree, called: &[String]) -> Option<Vec<String>> {
    let (command, rest) = called.split_first()?;
    let end = format!("/management/commands/{command}.py");
    let (file, _) = tree.files().find(|(_, path)| path.ends_with(&end))?;
    let (words, hands_on) = starts(tree.text(file).ok()?)?;
    let rest = if hands_on { rest } else { &[] };
    Some(words.iter().map(|word| (*word).to_owned()).chain(rest.iter().cloned()).collect())
}

/// The server that the script for the management itself starts at a word of its own.
fn started_in(tree: &Tree, words: &[String], command: &str) -> Option<Vec<String>> {
    let script = words.iter().find(|word| word.ends_with("manage.py"))?;
    let script = script.trim_start_matches("./").trim_start_matches('/');
    let is_it = |path: &str| path == script || path.ends_with(&format!("/{script}")) || script.ends_with(path);
    let (file, _) = tree.files().find(|(_, path)| paths::name(path) == "manage.py" && is_it(path))?;
    let text = tree.text(file).ok()?;
    let own = [format!("\"{command}\""), format!("'{command}'")].iter().any(|word| text.contains(word));
    let (words, hands_on) = starts(text).filter(|_| own && command != "test")?;
    (!hands_on).then(|| words.iter().map(|word| (*word).to_owned()).collect())
}

/// The server that the code of a command hands on to, and whether with the words behind the command.
fn starts(text: &str) -> Option<(&'static [&'static str], bool)> {
    let text = text.replace('\'', "\"");
    STARTS.iter().find(|(sign, ..)| text.contains(sign)).map(|(_, words, hands_on)| (*words, *hands_on))
}

/// The files of the module that a program of the project's starts in.
pub fn modules_of(tree: &Tree, program: &str) -> Vec<FileId> {
    let named = tree.files().filter(|(_, path)| is_manifest(path));
    let Some(module) = named.into_iter().find_map(|(file, _)| module_of(tree, file, program)) else {
        return Vec::new();
    };
    let path = module.replace('.', "/");
    let ends = [format!("{path}.py"), format!("{path}/__init__.py")];
    let is = |path: &str| ends.iter().any(|end| path == end || path.ends_with(&format!("/{end}")));
    tree.files().filter(|(_, path)| is(path)).map(|(file, _)| file).collect()
}

fn is_manifest(path: &str) -> bool {
    ["pyproject.toml", "setup.py", "setup.cfg"].contains(&paths::name(path)) && path.matches('/').count() <= 1
}

/// The module behind a program of that name in a manifest.
fn module_of(tree: &Tree, file: FileId, name: &str) -> Option<String> {
    Some(target_of(tree, file, name)?.split(':').next()?.trim().to_owned())
}

/// The module and the function behind a program of that name in a manifest.
fn target_of(tree: &Tree, file: FileId, name: &str) -> Option<String> {
    if paths::name(tree.path(file)) == "pyproject.toml" {
        let root = tree.parsed(file, tree::toml).ok()?.0.clone()?;
        let tables: [&[&str]; 2] = [&["project", "scripts"], &["tool", "poetry", "scripts"]];
        let named = |table: &[&str]| root.path(table)?.get(name).and_then(Node::as_str).map(str::to_owned);
        tables.into_iter().find_map(named)
    } else {
        of_setup(tree.text(file).ok()?, name)
    }
}

/// The entry point of that name in what a setup script or its configuration lists: `name = module:function`.
fn of_setup(text: &str, name: &str) -> Option<String> {
    let list = text.split_once("console_scripts")?.1;
    let list = list.split([']', ')', '}']).next()?;
    let entries = list.split(['\n', '\'', '"', ',', '[', '(']);
    let entry = entries.filter_map(|entry| entry.split_once('=')).find(|(known, _)| known.trim() == name)?;
    Some(entry.1.trim().to_owned()).filter(|target| target.contains(':'))
}

/// Whether a file hands its words to Django's management.
fn hands_on(tree: &Tree, file: FileId) -> bool {
    tree.text(file).is_ok_and(|text| text.contains("execute_from_command_line"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::Overlay;

    #[test]
    fn a_program_of_the_project_may_be_the_management() {
        let entry = "from django.core.management import execute_from_command_line\n";
        let setup = "setup(entry_points={\n  'console_scripts': [\n    'shop = shop.__main__:main',\n    'shop-x = shop.x:main',\n  ],\n})\n";
        for (path, text) in [
            ("setup.py", setup),
            ("setup.cfg", "[options.entry_points]\nconsole_scripts =\n    shop = shop.__main__:main\n"),
            ("pyproject.toml", "[project.scripts]\nshop = 'shop.__main__:main'\n"),
        ] {
            let files = [("src/shop/__main__.py", entry), ("src/shop/x.py", "import sys\n"), (path, text)];
            let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
            let of = |text: &str| meaning_in(&tree, &text.split(' ').map(str::to_owned).collect::<Vec<_>>());
            assert_eq!(of("coverage run --branch shop test a"), Meaning::Tests, "{path}");
            assert!(
                matches!(of("shop runserver_plus 0.0.0.0:80"), Meaning::Serves(found) if found.kind == "development")
            );
            assert_eq!(of("shop-x test"), Meaning::Other);
        }
    }

    #[test]
    fn a_command_of_the_projects_own_may_be_a_server() {
        let code = "from django.core.management.commands.runserver import Command as Base\n";
        let worker = "from celery.bin.celery import celery\n";
        let files = [
            ("shop/management/commands/devserver.py", code),
            ("shop/management/commands/celery.py", worker),
            ("shop/management/commands/report.py", "import csv\n"),
            ("manage.py", "import os\n"),
        ];
        let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
        let of = |text: &str| meaning_in(&tree, &text.split(' ').map(str::to_owned).collect::<Vec<_>>());
        let kind = |text: &str| if let Meaning::Serves(found) = of(text) { found.kind } else { "none" };
        assert_eq!(kind("uv run python manage.py devserver 0.0.0.0:8000"), "development");
        assert_eq!(kind("./manage.py celery worker -l info"), "worker");
        assert_eq!(of("./manage.py report"), Meaning::Manages("report".into()));
    }
}
