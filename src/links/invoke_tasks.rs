//! Tasks of invoke and Fabric: what `inv test` comes to.

use super::runners::{MAX_TARGETS, Piece};
use crate::discover::{Tree, paths};
use crate::formats::Vars;
use crate::formats::python::invoke::{self, Given, Line};
use crate::formats::shell::Dialect;
use crate::model::{FileId, SpanMap};

/// Options of the programs themselves that take the next word.
const VALUED: [&str; 14] = [
    "-c",
    "--collection",
    "-r",
    "--search-root",
    "-f",
    "--config",
    "-T",
    "--command-timeout",
    "-H",
    "--hosts",
    "-i",
    "--identity",
    "-F",
    "--list-format",
];

/// A task that a command names, and what it hands it.
struct Named {
    name: String,
    given: Given,
}

/// What the tasks of a call run; none where no file of tasks is there.
pub(super) fn pieces(tree: &Tree, argv: &[String], folder: &str) -> Option<Vec<Piece>> {
    let program = argv.first()?.rsplit('/').next()?;
    let stem = if program == "fab" { "fabfile" } else { "tasks" };
    let find = |path: String| tree.find(&paths::join(folder, &path)?);
    let file = find(format!("{stem}.py")).or_else(|| find(format!("{stem}/__init__.py")))?;
    let mut all = Vec::new();
    for named in read(argv).into_iter().take(MAX_TARGETS) {
        // `docs.build` is the task of a module beside; a package may gather the tasks of all of them.
        let (module, name) = named.name.rsplit_once('.').unwrap_or(("", &named.name));
        let beside = find(format!("{stem}/{}.py", module.replace('.', "/")));
        let own = beside.into_iter().chain([file]).find_map(|file| lines(tree, file, name, &named.given, folder));
        all.extend(own.into_iter().flatten());
    }
    Some(all)
}

/// The tasks of a command, each with its flags: `--name=x`, `--no-name`, `--name x`.
fn read(argv: &[String]) -> Vec<Named> {
    let mut found: Vec<Named> = Vec::new();
    let mut words = argv.iter().skip(1).peekable();
    while let Some(word) = words.next() {
        let Some(flag) = word.strip_prefix('-') else {
            found.push(Named { name: word.clone(), given: Given::new() });
            continue;
        };
        let Some(task) = found.last_mut() else {
            if VALUED.contains(&word.as_str()) {
                words.next();
            }
            continue;
        };
        let flag = flag.trim_start_matches('-');
        let (name, value) = flag.split_once('=').map_or((flag, None), |(name, value)| (name, Some(value.to_owned())));
        let name = name.replace('-', "_");
        if let Some(positive) = name.strip_prefix("no_") {
            task.given.insert(positive.to_owned(), "false".into());
            continue;
        }
        let next = value.or_else(|| words.next_if(|next| !next.starts_with('-')).cloned());
        task.given.insert(name, next.unwrap_or_else(|| "true".into()));
    }
    found
}

fn lines(tree: &Tree, file: FileId, name: &str, given: &Given, folder: &str) -> Option<Vec<Piece>> {
    let piece = |line: Line| {
        let folder = paths::join(folder, &line.folder)?;
        let map = SpanMap::Whole(line.span);
        Some(Piece { text: line.text, map, folder, vars: Vars::new(), may_fail: false, dialect: Dialect::Bash })
    };
    Some(invoke::task(tree, file, name, given)?.into_iter().filter_map(piece).collect())
}

/// Whether a file holds tasks.
pub(super) fn is_file(tree: &Tree, file: FileId) -> bool {
    let named = ["tasks.py", "fabfile.py"].contains(&paths::name(tree.path(file)));
    named && tree.text(file).is_ok_and(|text| text.contains("@task"))
}

/// What every task of a file runs.
pub(super) fn every(tree: &Tree, file: FileId) -> Vec<(String, Vec<Piece>)> {
    let folder = paths::parent(tree.path(file)).to_owned();
    let names = invoke::tasks(tree, file).into_iter().take(MAX_TARGETS);
    names.filter_map(|name| Some((name.clone(), lines(tree, file, &name, &Given::new(), &folder)?))).collect()
}

#[cfg(test)]
mod tests {
    use crate::discover::{Overlay, Tree};
    use crate::links::repository::Caller;
    use crate::links::{Meaning, Repository};

    #[test]
    fn a_job_that_calls_a_task_runs_what_the_task_runs() {
        let flow =
            "on: push\njobs: {a: {runs-on: u, steps: [{run: poetry run inv -c tasks test --no-database -k x}]}}\n";
        let tasks = "from invoke import task\n@task\ndef test(c, database=True, k=''):\n    if database:\n        c.run('psql')\n    c.run('pytest -k ' + k)\n";
        let tree = Tree::open(Box::new(Overlay::of([(".github/workflows/a.yml", flow), ("tasks.py", tasks)]))).unwrap();
        let repository = Repository::read(&tree);
        let of_job = repository.calls.iter().filter(|call| matches!(call.caller, Caller::Job { .. }));
        let found: Vec<_> = of_job.map(|call| (call.argv.join(" "), call.meaning == Meaning::Tests)).collect();
        assert_eq!(found, [("pytest -k x".to_owned(), true)]);
        let by_itself = repository.calls.iter().filter(|call| matches!(call.caller, Caller::Make { .. }));
        assert_eq!(by_itself.count(), 2, "tasks are targets by themselves");
    }
}
