//! Scripts that Python's tools name in their manifests: `pipenv run serve`, `pdm run test`, `poe lint`.

use super::meaning;
use super::runners::{MAX_TARGETS, Piece};
use crate::discover::{Tree, paths};
use crate::formats::Vars;
use crate::formats::shell::Dialect;
use crate::formats::small::tree::{Kind, Node};
use crate::formats::small::{CommandText, quoted, tree};
use crate::model::FileId;

/// A tool: its program, the verb before a script's name, the file and the table that has the scripts.
const TOOLS: [(&str, &str, &str, &[&str]); 5] = [
    ("pipenv", "run", "Pipfile", &["scripts"]),
    ("pdm", "run", "pyproject.toml", &["tool", "pdm", "scripts"]),
    ("rye", "run", "pyproject.toml", &["tool", "rye", "scripts"]),
    ("poe", "", "pyproject.toml", &["tool", "poe", "tasks"]),
    ("task", "", "pyproject.toml", &["tool", "taskipy", "tasks"]),
];
/// How deep scripts may name one another.
const MAX_DEPTH: usize = 4;

/// What a script that a manifest names runs; none where it is no such script.
pub(super) fn pieces(tree: &Tree, argv: &[String], folder: &str) -> Option<Vec<Piece>> {
    let bare = meaning::unwrapped(argv);
    [argv, &bare].into_iter().find_map(|argv| of_tool(tree, argv, folder))
}

fn of_tool(tree: &Tree, argv: &[String], folder: &str) -> Option<Vec<Piece>> {
    let program = argv.first()?.rsplit('/').next()?;
    let (_, verb, file, table) = TOOLS.iter().find(|tool| tool.0 == program)?;
    let mut rest = argv.iter().skip(1).skip_while(|word| word.starts_with('-'));
    if !verb.is_empty() {
        rest.next().filter(|word| word == verb)?;
    }
    let name = rest.find(|word| !word.starts_with('-'))?;
    let given: Vec<String> = rest.filter(|word| *word != "--").map(|word| quoted(word)).collect();
    let file = tree.find(&paths::join(folder, file)?)?;
    let root = tree.parsed(file, tree::toml).ok()?.0.clone()?;
    let scripts = root.path(table)?;
    let mut all = Vec::new();
    expand(scripts, name, &given, folder, 0, &mut all);
    (!all.is_empty()).then_some(all)
}

/// What every script of a manifest runs.
pub(super) fn every(tree: &Tree, file: FileId) -> Vec<(String, Vec<Piece>)> {
    let path = tree.path(file);
    let mut tools = TOOLS.iter().filter(|tool| paths::name(path) == tool.2).peekable();
    if tools.peek().is_none() {
        return Vec::new();
    }
    let Some(root) = tree.parsed(file, tree::toml).ok().and_then(|read| read.0.clone()) else { return Vec::new() };
    let mut found = Vec::new();
    for scripts in tools.filter_map(|tool| root.path(tool.3)) {
        for (name, _) in scripts.entries() {
            let mut all = Vec::new();
            expand(scripts, &name.value, &[], paths::parent(path), 0, &mut all);
            found.push((name.value.clone(), all));
        }
    }
    found
}

fn expand(scripts: &Node, name: &str, given: &[String], folder: &str, depth: usize, all: &mut Vec<Piece>) {
    if let Some(node) = scripts.get(name).filter(|_| depth < MAX_DEPTH) {
        script(scripts, node, given, folder, depth, all);
    }
}

fn script(scripts: &Node, node: &Node, given: &[String], folder: &str, depth: usize, all: &mut Vec<Piece>) {
    if all.len() >= MAX_TARGETS {
        return;
    }
    let run = |node: &Node, all: &mut Vec<Piece>| {
        let command = match node.items() {
            [] => CommandText::of(node),
            words => CommandText::joined(words, " "),
        };
        let Some(command) = command else { return };
        let text = [std::slice::from_ref(&command.text), given].concat().join(" ");
        let (folder, dialect) = (folder.to_owned(), Dialect::Posix);
        all.push(Piece { text, map: command.map, folder, vars: Vars::new(), may_fail: false, dialect });
    };
    // A list is a sequence; its texts are names of other scripts, or commands.
    let steps = |nodes: &[Node], all: &mut Vec<Piece>| {
        for node in nodes {
            let name = node.as_str().and_then(|text| text.split_whitespace().next()).unwrap_or_default();
            if node.as_str().is_some() && scripts.get(name).is_some() {
                expand(scripts, name, given, folder, depth + 1, all);
            } else {
                script(scripts, node, given, folder, depth + 1, all);
            }
        }
    };
    match &node.kind {
        _ if depth > MAX_DEPTH => {}
        Kind::Map(_) => {
            if let Some(node) = ["cmd", "shell"].iter().find_map(|key| node.get(key)) {
                run(node, all);
            } else if let Some(list) = ["composite", "sequence", "chain"].iter().find_map(|key| node.get(key)) {
                steps(list.items(), all);
            } else if let Some(name) = node.get("ref").and_then(Node::as_str) {
                expand(scripts, name, given, folder, depth + 1, all);
            }
        }
        _ if !node.items().is_empty() => steps(node.items(), all),
        _ => run(node, all),
    }
}

#[cfg(test)]
mod tests {
    use crate::discover::{Overlay, Tree};
    use crate::links::runners::pieces;
    use crate::model::{FileId, Span};

    #[test]
    fn scripts_of_manifests_are_tasks_that_nothing_has_to_call() {
        let manifest = "[tool.poe.tasks]\nstart.cmd = 'uvicorn a:b --reload'\n[tool.hatch.envs.web.scripts]\nserve = 'flask run'\n";
        let files = [("pyproject.toml", manifest), ("Taskfile.yml", "tasks:\n  web: python manage.py runserver\n")];
        let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
        let repository = crate::links::Repository::read(&tree);
        let mut served: Vec<String> = repository.calls.iter().map(|call| call.argv.join(" ")).collect();
        served.sort();
        assert_eq!(served, ["flask run", "python manage.py runserver", "uvicorn a:b --reload"]);
    }

    #[test]
    fn scripts_of_manifests_are_followed_by_the_tool_that_reads_them() {
        let manifest = "[tool.pdm.scripts]\nserve = 'uvicorn a:b'\nall = {composite = ['serve --reload', 'pytest']}\n\
                        [tool.poe.tasks]\nlint = 'ruff check'\nci = ['lint', {cmd = 'pytest -x'}]\n";
        let files = [("pyproject.toml", manifest), ("Pipfile", "[scripts]\nweb = \"flask run\"\n")];
        let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
        let texts = |text: &str| {
            let argv: Vec<String> = text.split(' ').map(str::to_owned).collect();
            let found = pieces(&tree, &argv, "", Span::new(FileId(0), 0, 0)).unwrap_or_default();
            found.into_iter().map(|piece| piece.text).collect::<Vec<_>>()
        };
        assert_eq!(texts("pdm run serve --port 1"), ["uvicorn a:b --port 1"]);
        assert_eq!(texts("pdm run all"), ["uvicorn a:b", "pytest"]);
        assert_eq!(texts("uv run poe ci"), ["ruff check", "pytest -x"]);
        assert_eq!(texts("pipenv run web"), ["flask run"]);
        assert_eq!(texts("pipenv run pytest"), Vec::<String>::new());
    }
}
