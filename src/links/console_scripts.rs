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
        Meaning::Other => managed(tree, argv).map_or(Meaning::Other, |argv| meaning::of(&argv)),
        known => known,
    }
}

/// The call of Django's own program that a call of the project's comes to.
pub fn managed(tree: &Tree, argv: &[String]) -> Option<Vec<String>> {
    let (target, rest) = called(tree, argv)?;
    let module = target.split(':').next()?.trim();
    manages(tree, module).is_some().then(|| std::iter::once("django-admin".to_owned()).chain(rest).collect())
}

/// The module and the function that a call of the project's own management runs: `shop.__main__:dev`, and the module's file.
pub fn entry(tree: &Tree, argv: &[String]) -> Option<(FileId, String)> {
    let (target, _) = called(tree, argv)?;
    let (module, function) = target.split_once(':')?;
    Some((manages(tree, module.trim())?, function.trim().to_owned()))
}

/// What a program of the project that is told a command of the management stands for, and the words it is told.
fn called(tree: &Tree, argv: &[String]) -> Option<(String, Vec<String>)> {
    let words = meaning::unwrapped(argv);
    let first = words.first()?;
    let covered = first.rsplit('/').next() == Some("coverage") && words.get(1).is_some_and(|verb| verb == "run");
    let words = if covered {
        words.get(2..)?.iter().skip_while(|word| word.starts_with('-')).cloned().collect()
    } else {
        words
    };
    let (name, rest) = words.split_first()?;
    rest.first().filter(|command| COMMANDS.contains(&command.as_str()))?;
    let name = name.rsplit('/').next().unwrap_or(name);
    let mut manifests = tree.files().filter(|(_, path)| is_manifest(path));
    let target = manifests.find_map(|(file, _)| target_of(tree, file, name))?;
    Some((target, rest.to_vec()))
}

fn is_manifest(path: &str) -> bool {
    ["pyproject.toml", "setup.py", "setup.cfg"].contains(&paths::name(path)) && path.matches('/').count() <= 1
}

/// The module and function behind a program of that name in a manifest.
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

/// The file of a module of the tree that hands its words to Django's management.
fn manages(tree: &Tree, module: &str) -> Option<FileId> {
    let path = module.replace('.', "/");
    let ends = [format!("{path}.py"), format!("{path}/__init__.py")];
    let is = |path: &str| ends.iter().any(|end| path == end || path.ends_with(&format!("/{end}")));
    let mut files = tree.files().filter(|(_, path)| is(path));
    let runs = |file: FileId| tree.text(file).is_ok_and(|text| text.contains("execute_from_command_line"));
    files.find(|(file, _)| runs(*file)).map(|(file, _)| file)
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
}
