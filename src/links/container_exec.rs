//! `docker exec` in a container of a stack that the same job or script brought up.

use super::compose_call::ComposeCall;
use super::meaning::Meaning;
use super::repository::{Call, Caller};
use crate::discover::{Tree, paths};
use crate::formats::small::tree;
use crate::model::FileId;

/// Options of `docker exec` that take the next word.
const VALUED: [&str; 7] = ["-e", "--env", "--env-file", "-u", "--user", "-w", "--workdir"];
/// What compose reads where no file is named, the stronger first.
const NAMES: [&str; 4] = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

/// The call of compose that a `docker exec` is the same as, and the folder of that stack.
pub(super) fn read(tree: &Tree, argv: &[String], caller: &Caller, calls: &[Call]) -> Option<(ComposeCall, String)> {
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
    let command: Vec<String> = rest.cloned().collect();
    calls.iter().rev().filter(|call| call.caller == *caller).find_map(|call| {
        let Meaning::Composes(up) = &call.meaning else { return None };
        let found = files(tree, &call.folder, up).into_iter().find_map(|file| service(tree, file, container));
        let service = found.filter(|_| matches!(up.action.as_str(), "up" | "start" | "create"))?;
        let services = vec![service];
        let exec =
            ComposeCall { action: "exec".into(), services, command: command.clone(), env: env.clone(), ..up.clone() };
        Some((exec, call.folder.clone()))
    })
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
}
