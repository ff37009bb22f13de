//! Environments of tox: what `tox -e x` comes to.

use super::meaning::{self, Meaning};
use super::runners::{MAX_TARGETS, Piece, values};
use crate::discover::{Tree, paths};
use crate::formats::shell::Dialect;
use crate::formats::small::quoted;
use crate::formats::small::tox::{self, Command, TestEnv, Tox};
use crate::model::{FileId, SpanMap};

/// The configuration that a call reads, and the environments that it names.
fn called(tree: &Tree, argv: &[String], folder: &str) -> Option<(Tox, Vec<String>)> {
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
    Some((tox, names))
}

/// What the environments of a call run; none where no file says it.
pub(super) fn pieces(tree: &Tree, argv: &[String], folder: &str) -> Option<Vec<Piece>> {
    let (tox, names) = called(tree, argv, folder)?;
    let handed = argv.iter().position(|word| word == "--").and_then(|at| argv.get(at + 1..)).unwrap_or_default();
    let mut all = Vec::new();
    for name in names.iter().take(MAX_TARGETS) {
        let env = tox.environment(name);
        let moved = env.change_dir.as_ref().map(|dir| dir.value.as_str()).unwrap_or_default();
        let Some(folder) = paths::join(folder, moved) else { continue };
        all.extend(env.commands_pre.iter().chain(&env.commands).map(|command| {
            let (text, map) = given(tree, command, handed).map_or_else(
                || (command.text.text.clone(), command.text.map.clone()),
                |text| (text, SpanMap::Whole(command.text.span)),
            );
            let (folder, vars) = (folder.clone(), env.set_env.clone());
            Piece { text, map, folder, vars, may_fail: command.ignores_errors, dialect: Dialect::Posix }
        }));
    }
    Some(all)
}

/// What a call hands to the environment, where a command of that is nothing else: `{posargs:pytest}`.
fn given(tree: &Tree, command: &Command, handed: &[String]) -> Option<String> {
    let span = command.text.span;
    let written = tree.text(span.file).ok()?.get(span.range())?.trim();
    let whole = written.starts_with("{posargs") && written.find('}') == Some(written.len() - 1);
    let words: Vec<String> = handed.iter().map(|word| quoted(word)).collect();
    (whole && !words.is_empty()).then(|| words.join(" "))
}

/// The commands that install what the environments of a call have, those that run tests before any other; none where nothing
/// says it, or where they differ in it.
pub(super) fn installs(tree: &Tree, argv: &[String], folder: &str) -> Option<Vec<Vec<String>>> {
    let (tox, names) = called(tree, argv, folder)?;
    let all: Vec<TestEnv> = names.iter().take(MAX_TARGETS).map(|name| tox.environment(name)).collect();
    let tests = |env: &&TestEnv| env.commands.iter().any(|command| meaning::of(&split(command)) == Meaning::Tests);
    let mut chosen: Vec<&TestEnv> = all.iter().filter(tests).collect();
    if chosen.is_empty() {
        chosen = all.iter().collect();
    }
    let mut found = chosen.into_iter().map(|env| of_environment(env, tox.skips_package()));
    let first = found.next()??;
    found.all(|other| other.as_ref() == Some(&first)).then_some(first)
}

fn split(command: &Command) -> Vec<String> {
    command.text.text.split_whitespace().map(str::to_owned).collect()
}

fn of_environment(env: &TestEnv, skips: bool) -> Option<Vec<Vec<String>>> {
    let skips = skips || env.skip_install || env.skips_package;
    let mut all = Vec::new();
    let word = |text: &str| text.to_owned();
    if env.runner.as_ref().is_some_and(|runner| runner.value.ends_with("lock-runner")) {
        // tox-uv: groups that are named stand in place of the default ones.
        let mut sync = vec![word("uv"), word("sync"), word("--locked")];
        sync.extend((!env.groups.is_empty()).then(|| word("--no-default-groups")));
        sync.extend(env.groups.iter().flat_map(|group| [word("--group"), group.value.clone()]));
        sync.extend(env.extras.iter().flat_map(|extra| [word("--extra"), extra.value.clone()]));
        sync.extend(skips.then(|| word("--no-install-project")));
        all.push(sync);
    } else {
        let mut pip = vec![word("pip"), word("install")];
        for line in &env.deps {
            let line = line.value.replace("{toxinidir}/", "").replace("{tox_root}/", "");
            let flag = ["-r", "-c", "-e"].iter().find_map(|flag| Some((*flag, line.strip_prefix(flag)?.trim())));
            match flag {
                Some((flag, path)) => pip.extend([word(flag), word(path)]),
                None => pip.push(line.split_whitespace().collect()),
            }
        }
        pip.extend(env.groups.iter().flat_map(|group| [word("--group"), group.value.clone()]));
        if !skips {
            let extras: Vec<&str> = env.extras.iter().map(|extra| extra.value.as_str()).collect();
            pip.push(if extras.is_empty() { word(".") } else { format!(".[{}]", extras.join(",")) });
        }
        all.extend((pip.len() > 2).then_some(pip));
    }
    let before = env.commands_pre.iter().chain(&env.commands).map(split);
    all.extend(before.filter(|words| matches!(meaning::of(words), Meaning::InstallsPython(_))));
    let known = all.iter().flatten().all(|word| !word.contains(['{', '}']));
    (known && !all.is_empty()).then_some(all)
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
    fn a_command_that_is_handed_on_takes_the_place_of_the_usual_one() {
        let tests = |run: &str| {
            let workflow = format!("on: push\njobs: {{a: {{runs-on: x, steps: [{{run: '{run}'}}]}}}}\n");
            let make = "TOX =\nifdef TOXENV\nTOX := tox -- # apart\nendif\ntest:\n\t$(TOX)pytest -x\nstyle:\n\t$(TOX)isort a\n";
            let tox = "[tox]\nenvlist = py312\n[testenv]\ncommands = {posargs:pytest}\n";
            let files = [(".github/workflows/a.yml", workflow.as_str()), ("tox.ini", tox), ("Makefile", make)];
            let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
            let of_job = |call: &&crate::links::Call| matches!(call.caller, Caller::Job { .. });
            Repository::read(&tree).calls.iter().filter(of_job).any(|call| call.meaning == Meaning::Tests)
        };
        for run in
            ["tox", "tox -- pytest -x", "make test", "TOXENV=py312 make test", "TOXENV=${{ matrix.a }} make test"]
        {
            assert!(tests(run), "{run}");
        }
        for run in ["tox -- isort -c .", "make style", "TOXENV=py312 make style"] {
            assert!(!tests(run), "{run}");
        }
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
