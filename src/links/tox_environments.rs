//! Environments of tox: what `tox -e x` comes to.

use super::runners::{MAX_TARGETS, Piece, values};
use crate::discover::{Tree, paths};
use crate::formats::shell::Dialect;
use crate::formats::small::tox::{self, Tox};
use crate::model::FileId;

/// What the environments of a call run; none where no file says it.
pub(super) fn pieces(tree: &Tree, argv: &[String], folder: &str) -> Option<Vec<Piece>> {
    let own: Vec<&str> = argv.iter().skip(1).map(String::as_str).take_while(|word| *word != "--").collect();
    let named = values(&own, "-e", "--env");
    let find = |name: &str| tree.find(&paths::join(folder, name)?).map(|file| (file, name.to_owned()));
    let given = values(&own, "-c", "--conf").pop();
    let (file, name) = match &given {
        Some(name) => find(name),
        None => ["tox.ini", "setup.cfg", "pyproject.toml", "tox.toml"].iter().find_map(|name| {
            let found = find(name)?;
            read(tree, found.0, name).map(|_| found)
        }),
    }?;
    let tox = read(tree, file, &name)?;
    let mut names: Vec<String> = named.iter().flat_map(|names| names.split(',')).map(str::to_owned).collect();
    if names.is_empty() || names.iter().any(|name| name == "ALL") {
        names = tox.env_list.iter().map(|name| name.value.clone()).collect();
    }
    let mut all = Vec::new();
    for name in names.iter().take(MAX_TARGETS) {
        let env = tox.environment(name);
        let moved = env.change_dir.as_ref().map(|dir| dir.value.as_str()).unwrap_or_default();
        let Some(folder) = paths::join(folder, moved) else { continue };
        all.extend(env.commands_pre.iter().chain(&env.commands).map(|command| Piece {
            text: command.text.text.clone(),
            map: command.text.map.clone(),
            folder: folder.clone(),
            vars: env.set_env.clone(),
            may_fail: command.ignores_errors,
            dialect: Dialect::Posix,
        }));
    }
    Some(all)
}

fn read(tree: &Tree, file: FileId, name: &str) -> Option<Tox> {
    let read = tree.parsed(file, |file, text| tox::parse(file, name, text)).ok()?;
    Option::clone(&read)
}

#[cfg(test)]
mod tests {
    use crate::discover::{Overlay, Tree};
    use crate::links::repository::Caller;
    use crate::links::{Meaning, Repository};

    fn tests(run: &str) -> bool {
        let workflow = format!(
            "on: push\njobs:\n  a:\n    runs-on: x\n    strategy:\n      matrix:\n        check: [docs, precommit, types]\n        \
             all: [docs, unit]\n    steps:\n      - run: {run}\n"
        );
        let tox = "[tox]\nenv_list = unit, docs\n[testenv:unit]\ncommands = docker compose run web pytest\n    python -m pytest\n\
                   [testenv:docs]\ncommands = sphinx-build -b html docs out\n[testenv:precommit]\ncommands = pre-commit run -a {posargs}\n\
                   [testenv:types]\ndeps = mypy\ncommands = mypy .\n[testenv:checks]\ncommands = pytest checks\n";
        let files = [(".github/workflows/a.yml", workflow.as_str()), ("tox.ini", tox)];
        let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
        let of_job = |call: &&crate::links::Call| matches!(call.caller, Caller::Job { .. });
        Repository::read(&tree).calls.iter().filter(of_job).any(|call| call.meaning == Meaning::Tests)
    }

    #[test]
    fn what_environments_run_says_whether_they_are_tests() {
        for run in
            ["tox -e unit", "tox", "tox -e docs,unit", "tox -e checks", "tox -e ${{ matrix.all }}", "tox -e py312"]
        {
            assert!(tests(run), "{run}");
        }
        for run in ["tox -e docs", "tox -e types", "tox -e ${{ matrix.check }}", "tox -c none.ini -e lint"] {
            assert!(!tests(run), "{run}");
        }
    }
}
