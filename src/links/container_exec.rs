//! `docker exec` in a container that the same job or script started, by itself or with the stack that it is part of.

use super::compose_call::ComposeCall;
use super::docker_run::RunCall;
use super::meaning::Meaning;
use super::repository::{Call, Caller};
use crate::discover::{Tree, paths};
use crate::formats::small::tree;
use crate::model::FileId;

/// Options of `docker exec` that take the next word.
const VALUED: [&str; 7] = ["-e", "--env", "--env-file", "-u", "--user", "-w", "--workdir"];
/// What compose reads where no file is named, the stronger first.
const NAMES: [&str; 4] = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

/// What a `docker exec` is the same as, and the folder that this is done in: a call of compose for a service of its stack, or one
/// that runs another command in the image of a container.
pub(super) fn read(tree: &Tree, argv: &[String], caller: &Caller, calls: &[Call]) -> Option<(Meaning, String)> {
    let (container, env, command) = executed(argv)?;
    calls.iter().rev().filter(|call| call.caller == *caller).find_map(|call| match &call.meaning {
        Meaning::Composes(up) => {
            let found = files(tree, &call.folder, up).into_iter().find_map(|file| service(tree, file, &container));
            let service = found.filter(|_| matches!(up.action.as_str(), "up" | "start" | "create"))?;
            let (services, command, env) = (vec![service], command.clone(), env.clone());
            let exec = ComposeCall { action: "exec".into(), services, command, env, ..up.clone() };
            Some((Meaning::Composes(exec), call.folder.clone()))
        }
        Meaning::RunsImage(run) => {
            run.name.as_ref().filter(|name| **name == container)?;
            let env = run.env.iter().chain(&env).cloned().collect();
            let exec = RunCall { command: command.clone(), env, ..run.clone() };
            Some((Meaning::RunsImage(exec), call.folder.clone()))
        }
        _ => None,
    })
}

/// Whether a command runs tests in a container, whatever has started that.
pub(crate) fn tests(argv: &[String]) -> bool {
    executed(argv).is_some_and(|(_, _, command)| super::meaning::of(&command) == Meaning::Tests)
}

/// The container, the variables and the command of a `docker exec`.
fn executed(argv: &[String]) -> Option<(String, Vec<String>, Vec<String>)> {
    let words = super::meaning::unwrapped(argv);
    let program = words.first()?.rsplit('/').next()?;
    let mut rest = words.get(1..).filter(|_| ["docker", "podman"].contains(&program))?.iter();
    if rest.next().is_some_and(|word| word == "container") {
        rest.next().filter(|word| *word == "exec")?;
    } else {
        words.get(1).filter(|word| *word == "exec")?;
    }
    let mut env = Vec::new();
    let container = loop {
        let word = rest.next()?;
        let (flag, joined) = word.split_once('=').map_or((word.as_str(), None), |(flag, value)| (flag, Some(value)));
        if !flag.starts_with('-') {
            break word;
        }
        let value = if VALUED.contains(&flag) { joined.or_else(|| rest.next().map(String::as_str)) } else { None };
        env.extend(value.filter(|_| matches!(flag, "-e" | "--env")).map(str::to_owned));
    };
    Some((container.clone(), env, rest.cloned().collect()))
}

fn files(tree: &Tree, folder: &str, up: &ComposeCall) -> Vec<FileId> {
    let base = up.directory.as_ref().and_then(|path| paths::join(folder, path)).unwrap_or_else(|| folder.to_owned());
    let find = |name: &str| tree.find(&paths::join(&base, name)?).or_else(|| tree.find(&paths::join(folder, name)?));
    if up.files.is_empty() {
        return NAMES.iter().find_map(|name| find(name)).into_iter().collect();
    }
    up.files.iter().filter_map(|name| find(name)).collect()
}

/// The service whose container has a name: the one that says so, else the first container of a service.
fn service(tree: &Tree, file: FileId, container: &str) -> Option<String> {
    let root = tree.parsed(file, tree::yaml).ok()?.0.clone()?;
    let services = root.get("services")?.entries();
    let says = |name: &str, node: &tree::Node| match node.get("container_name").and_then(tree::Node::as_str) {
        Some(own) => own == container,
        None => ["-", "_"].iter().any(|sign| container.ends_with(&format!("{sign}{name}{sign}1"))),
    };
    services.iter().find(|(name, node)| says(&name.value, node)).map(|(name, _)| name.value.clone())
}

#[cfg(test)]
mod tests {
    use crate::discover::{Overlay, Tree};
    use crate::links::{Meaning, Repository};

    #[test]
    fn a_container_of_the_stack_that_was_brought_up_is_its_service() {
        let step = "docker compose -f a.yml up -d\n          docker exec --env A -u x site_web pytest -x\n          \
                    docker exec proj-db-1 psql\n          docker exec other pytest";
        let workflow = format!("on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: |\n          {step}\n");
        let compose = "services:\n  web:\n    build: .\n    container_name: site_web\n  db:\n    image: postgres:16\n";
        let files = [(".github/workflows/a.yml", workflow.as_str()), ("a.yml", compose)];
        let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
        let found = Repository::read(&tree).calls;
        let shown: Vec<_> = found
            .iter()
            .filter_map(|call| if let Meaning::Composes(call) = &call.meaning { Some(call) } else { None })
            .map(|call| format!("{} {} {}", call.action, call.services.join(" "), call.command.join(" ")))
            .collect();
        assert_eq!(shown, ["up  ", "exec web pytest -x", "exec db psql"]);
    }

    #[test]
    fn a_container_that_was_run_by_itself_is_its_image() {
        let step = "docker run -d --name shop -e A=1 acme/shop\n          docker exec -e B=2 shop pytest -x\n          docker exec other pytest";
        let workflow = format!("on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: |\n          {step}\n");
        let tree = Tree::open(Box::new(Overlay::of([(".github/workflows/a.yml", workflow.as_str())]))).unwrap();
        let found = Repository::read(&tree).calls;
        let run = |call: &crate::links::Call| match &call.meaning {
            Meaning::RunsImage(run) => Some(format!("{} {} {}", run.image, run.env.join(" "), run.command.join(" "))),
            _ => None,
        };
        let shown: Vec<_> = found.iter().filter_map(run).collect();
        assert_eq!(shown, ["acme/shop A=1 ", "acme/shop A=1 B=2 pytest -x"]);
    }
}
