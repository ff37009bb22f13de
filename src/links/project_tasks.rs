//! Tasks that manifests name: taskipy's, Poe's and PDM's in `pyproject.toml`, the scripts of `package.json`.

use super::meaning;
use super::repository::{Call, Caller, Repository, Script};
use super::runners::MAX_TARGETS;
use crate::discover::paths;
use crate::formats::shell::Dialect;
use crate::formats::small::CommandText;
use crate::formats::small::tree::{self, Node};

/// How deep tasks may name one another.
const MAX_DEPTH: usize = 6;

/// Where a runner's tasks stand, and the task that a command asks for.
fn asked(argv: &[String]) -> Option<(&'static str, &'static [&'static str], String)> {
    let word = |words: &[String], at: usize| words.get(at).filter(|word| !word.starts_with('-')).cloned();
    if argv.first().is_some_and(|first| first == "pdm") && argv.get(1).is_some_and(|verb| verb == "run") {
        return Some(("pyproject.toml", &["tool", "pdm", "scripts"], word(argv, 2)?));
    }
    let words = meaning::unwrapped(argv);
    let second = word(&words, 1)?;
    match words.first()?.as_str() {
        "task" => Some(("pyproject.toml", &["tool", "taskipy", "tasks"], second)),
        "poe" => Some(("pyproject.toml", &["tool", "poe", "tasks"], second)),
        "npm" | "yarn" | "pnpm" => {
            let name = if ["run", "run-script"].contains(&second.as_str()) { word(&words, 2)? } else { second };
            Some(("package.json", &["scripts"], name))
        }
        _ => None,
    }
}

/// The commands of a task, those of the tasks that it names put in.
fn commands(tasks: &Node, node: &Node, depth: usize, out: &mut Vec<CommandText>) {
    if depth > MAX_DEPTH || out.len() > MAX_TARGETS {
        return;
    }
    if node.as_str().is_some() {
        out.extend(CommandText::of(node));
        return;
    }
    for key in ["cmd", "shell"] {
        match node.get(key) {
            Some(cmd) if cmd.items().is_empty() => out.extend(CommandText::of(cmd)),
            Some(cmd) => out.extend(CommandText::joined(cmd.items(), " ")),
            None => {}
        }
    }
    let listed = ["sequence", "composite"].iter().find_map(|key| node.get(key)).unwrap_or(node);
    for item in listed.items() {
        let named = item.as_str().and_then(|name| tasks.get(name.split(' ').next().unwrap_or(name)));
        commands(tasks, named.unwrap_or(item), depth + 1, out);
    }
}

impl Repository<'_> {
    /// Adds the calls of a task that a manifest names; whether there is one.
    pub(super) fn follow_project(
        &self,
        argv: &[String],
        folder: &str,
        caller: &Caller,
        depth: usize,
        calls: &mut Vec<Call>,
    ) -> bool {
        let Some((file, keys, name)) = asked(argv) else { return false };
        let Some(file) = paths::join(folder, file).and_then(|path| self.tree.find(&path)) else { return false };
        let read = if file_is_json(self.tree.path(file)) {
            self.tree.parsed(file, tree::yaml)
        } else {
            self.tree.parsed(file, tree::toml)
        };
        let Ok(read) = read else { return false };
        let Some(tasks) = read.0.as_ref().and_then(|root| root.path(keys)) else { return false };
        let Some(task) = tasks.get(&name) else { return false };
        let mut found = Vec::new();
        commands(tasks, task, 0, &mut found);
        for command in &found {
            let script = Script { text: &command.text, map: &command.map, folder, dialect: Dialect::Posix };
            self.add_at(&script, Default::default(), caller, depth + 1, calls);
        }
        !found.is_empty()
    }
}

fn file_is_json(path: &str) -> bool {
    paths::name(path).ends_with("json")
}

#[cfg(test)]
mod tests {
    use crate::discover::{Overlay, Tree};
    use crate::links::{Meaning, Repository};

    /// What a step of a workflow in `app` comes to.
    fn calls(run: &str) -> Vec<String> {
        let workflow = format!(
            "on: push\njobs:\n  a:\n    runs-on: u\n    steps:\n      - run: {run}\n        working-directory: app\n"
        );
        let manifest = "[tool.taskipy.tasks]\ntest = 'pytest -x'\n[tool.poe.tasks]\nunit = {cmd = 'pytest unit'}\nall = ['unit']\nloop = ['loop']\n\
                        [tool.pdm.scripts]\ncheck = {composite = ['pytest a', 'pytest b']}\n";
        let package = "{\"scripts\": {\"test\": \"pytest web\", \"start\": \"flask run\"}}";
        let files = [
            (".github/workflows/a.yml", workflow.as_str()),
            ("app/pyproject.toml", manifest),
            ("app/package.json", package),
        ];
        let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
        let repository = Repository::read(&tree);
        let known = repository.calls.iter().filter(|call| matches!(call.meaning, Meaning::Tests | Meaning::Serves(_)));
        known.map(|call| call.argv.join(" ")).collect()
    }

    #[test]
    fn tasks_of_manifests_are_followed() {
        assert_eq!(calls("poetry run task test"), ["pytest -x"]);
        assert_eq!(calls("poe all"), ["pytest unit"]);
        assert_eq!(calls("pdm run check"), ["pytest a", "pytest b"]);
        assert_eq!(calls("npm test"), ["pytest web"]);
        assert_eq!(calls("npm run start"), ["flask run"]);
        assert!(calls("poe loop").is_empty());
    }
}
