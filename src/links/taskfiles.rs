//! Tasks of go-task: what `task test` comes to.

use super::runners::{MAX_TARGETS, Piece};
use crate::discover::{Tree, paths};
use crate::formats::shell::Dialect;
use crate::formats::small::tree::{self, Node};
use crate::formats::small::{CommandText, quoted};
use crate::formats::{Var, Vars};
use crate::model::{FileId, Origin, SpanMap};

/// How the file may be called, the stronger name first.
const NAMES: [&str; 8] = [
    "Taskfile.yml",
    "taskfile.yml",
    "Taskfile.yaml",
    "taskfile.yaml",
    "Taskfile.dist.yml",
    "taskfile.dist.yml",
    "Taskfile.dist.yaml",
    "taskfile.dist.yaml",
];
/// How deep tasks may call one another.
const MAX_DEPTH: usize = 8;

/// Whether a file of this name is read by go-task.
pub(super) fn is_taskfile(name: &str) -> bool {
    NAMES.contains(&name)
}

/// What the tasks that a call names run; none where no file has them.
pub(super) fn pieces(tree: &Tree, argv: &[String], folder: &str) -> Option<Vec<Piece>> {
    let file = NAMES.iter().find_map(|name| tree.find(&paths::join(folder, name)?))?;
    let root = tree.parsed(file, tree::yaml).ok()?.0.clone()?;
    let mut words = argv.iter().skip(1);
    let named: Vec<&String> = words.by_ref().take_while(|word| *word != "--").collect();
    let given = words.map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
    let run = Run { tasks: root.get("tasks")?, env: root.get("env"), folder, given: &given };
    let mut all = Vec::new();
    for name in named.into_iter().filter(|word| !word.starts_with('-') && !word.contains('=')) {
        run.task(name, 0, &mut all);
    }
    (!all.is_empty()).then_some(all)
}

/// What every task of a file runs.
pub(super) fn every(tree: &Tree, file: FileId) -> Vec<(String, Vec<Piece>)> {
    let Some(root) = tree.parsed(file, tree::yaml).ok().and_then(|read| read.0.clone()) else { return Vec::new() };
    let Some(tasks) = root.get("tasks") else { return Vec::new() };
    let run = Run { tasks, env: root.get("env"), folder: paths::parent(tree.path(file)), given: "" };
    let of = |name: &str| {
        let mut all = Vec::new();
        run.task(name, 0, &mut all);
        all
    };
    tasks.entries().iter().map(|(name, _)| (name.value.clone(), of(&name.value))).collect()
}

/// A file's tasks as they are called.
struct Run<'t> {
    tasks: &'t Node,
    env: Option<&'t Node>,
    folder: &'t str,
    given: &'t str,
}

impl Run<'_> {
    fn task(&self, name: &str, depth: usize, all: &mut Vec<Piece>) {
        let Some(task) = self.tasks.get(name).filter(|_| depth < MAX_DEPTH) else { return };
        for needed in task.get("deps").map_or(&[][..], Node::items) {
            self.called(needed, depth, all);
        }
        let commands = task.get("cmds").or_else(|| task.get("cmd")).unwrap_or(task);
        let own = task.get("dir").and_then(Node::as_str);
        let Some(folder) = own.map_or_else(|| Some(self.folder.to_owned()), |dir| paths::join(self.folder, dir)) else {
            return;
        };
        let vars: Vars = [self.env, task.get("env")].into_iter().flatten().flat_map(variables).collect();
        for command in commands.one_or_many() {
            match command.get("cmd").or_else(|| command.as_str().map(|_| command)) {
                Some(text) => all.extend(self.command(text, &folder, &vars).filter(|_| all.len() < MAX_TARGETS)),
                None => self.called(command, depth, all),
            }
        }
    }

    /// A task that another names, by its name alone or in a table.
    fn called(&self, node: &Node, depth: usize, all: &mut Vec<Piece>) {
        if let Some(name) = node.as_str().or_else(|| node.get("task")?.as_str()) {
            self.task(name, depth + 1, all);
        }
    }

    /// A command with the call's arguments put in; another template only the run fills in.
    fn command(&self, node: &Node, folder: &str, vars: &Vars) -> Option<Piece> {
        let written = CommandText::of(node)?;
        let given = ["{{.CLI_ARGS}}", "{{ .CLI_ARGS }}"].iter().find(|hole| written.text.contains(**hole));
        let (text, map) = match given {
            Some(hole) => (written.text.replace(hole, self.given).trim().to_owned(), SpanMap::Whole(written.span)),
            None => (written.text, written.map),
        };
        let (folder, vars, dialect) = (folder.to_owned(), vars.clone(), Dialect::Posix);
        (!text.contains("{{")).then_some(Piece { text, map, folder, vars, may_fail: false, dialect })
    }
}

fn variables(env: &Node) -> Vec<(String, Var)> {
    let known = |node: &Node| node.scalar().filter(|text| !text.contains("{{"));
    let of = |(name, node): &(crate::model::Spanned<String>, Node)| {
        Some((name.value.clone(), Var::set(known(node)?, Origin::set(node.span))))
    };
    env.entries().iter().filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use crate::discover::{Overlay, Tree};
    use crate::links::runners::pieces;
    use crate::model::{FileId, Span};

    #[test]
    fn tasks_of_a_taskfile_are_followed() {
        let file = "version: '3'\ntasks:\n  web:\n    deps: [css]\n    dir: src\n    cmds:\n      - flask run\n  css: npm run css\n  \
                    test:\n    cmds:\n      - task: css\n      - pytest {{.CLI_ARGS}}\n      - echo {{.NAME}}\n";
        let tree = Tree::open(Box::new(Overlay::of([("Taskfile.yml", file)]))).unwrap();
        let texts = |text: &str| {
            let argv: Vec<String> = text.split(' ').map(str::to_owned).collect();
            let found = pieces(&tree, &argv, "", Span::new(FileId(0), 0, 0)).unwrap_or_default();
            found.into_iter().map(|piece| format!("{}: {}", piece.folder, piece.text)).collect::<Vec<_>>()
        };
        assert_eq!(texts("task web"), [": npm run css", "src: flask run"]);
        assert_eq!(texts("task test -- -x"), [": npm run css", ": pytest -x"]);
        assert_eq!(texts("task other"), Vec::<String>::new());
    }
}
