//! What a command does: the meaning of one argv, wrappers stripped.

use super::compose_call::{self, ComposeCall};
use super::deploy_call;
use super::docker_build::{self, BuildCall};
use super::docker_run::{self, RunCall};
use super::interpreter;
use super::system_install::{self, SystemInstall};
use crate::formats::locks::hatch;
use crate::knowledge::{packages, processes};

/// What a command does, as far as parity is concerned.
#[derive(Clone, PartialEq, Debug)]
pub enum Meaning {
    /// Starts a server, worker or scheduler.
    Serves(processes::Match),
    /// Installs Python packages; the words are those of the installer.
    InstallsPython(Vec<String>),
    /// Installs or removes packages of the distribution.
    InstallsSystem(SystemInstall),
    /// Runs tests.
    Tests,
    /// Runs `docker compose`.
    Composes(ComposeCall),
    /// Builds an image.
    Builds(BuildCall),
    /// Runs an image.
    RunsImage(RunCall),
    /// Pushes an image.
    Pushes(String),
    /// Deploys, with the word that may name the environment.
    Deploys(Option<String>),
    /// Runs a management command of Django that is no server and no test.
    Manages(String),
    /// Waits for, or talks to, a backing service.
    Talks(&'static str),
    /// Runs another script or target of the repository.
    Runs(Vec<String>),
    /// Anything else.
    Other,
}

/// The argv without what only wraps another command (`exec`, `tini --`, `poetry run`, `python -m` …).
pub fn unwrapped(argv: &[String]) -> Vec<String> {
    let mut words: Vec<&str> = argv.iter().map(String::as_str).collect();
    // Words that are there only if a variable is set are put before a command, which runs either way.
    if let Some((_, bare)) = words.first().and_then(|word| word.strip_prefix("${")?.split_once(":+")?.1.split_once('}'))
    {
        words[0] = bare;
        words.drain(..usize::from(bare.is_empty()));
    }
    interpreter::called(processes::strip_wrappers(&words).0.iter().map(|word| (*word).to_owned()).collect())
}

/// What a command does.
pub fn of(argv: &[String]) -> Meaning {
    if let Some(install) = python_install(argv) {
        return Meaning::InstallsPython(install);
    }
    if let Some(call) = hatch::call(argv).filter(|call| !call.runs.is_empty()) {
        return of(&call.runs);
    }
    let rest = interpreter::plain(unwrapped(argv));
    let words: Vec<&str> = rest.iter().map(String::as_str).collect();
    let Some(first) = words.first() else { return Meaning::Other };
    let program = first.rsplit('/').next().unwrap_or(first);
    if let Some(install) = python_install(&rest) {
        return Meaning::InstallsPython(install);
    }
    if let Some(install) = system_install::read(&words) {
        return Meaning::InstallsSystem(install);
    }
    if let Some(call) = compose_call::read(&words) {
        return Meaning::Composes(call);
    }
    if let Some(call) = docker_build::read(&words) {
        return Meaning::Builds(call);
    }
    if let Some(call) = docker_run::read(&words) {
        return Meaning::RunsImage(call);
    }
    if runs_tests(program, &words) {
        return Meaning::Tests;
    }
    if let Some(found) = processes::server(&words) {
        return Meaning::Serves(found);
    }
    if let Some(product) = talks_to(program) {
        return Meaning::Talks(product);
    }
    if let Some(target) = deploy_call::read(program, &words) {
        return Meaning::Deploys(target);
    }
    match (program, words.get(1), words.get(2)) {
        ("docker" | "podman", Some(&"push"), _) => {
            Meaning::Pushes(words.last().copied().unwrap_or_default().to_owned())
        }
        ("mise", Some(_), _) => Meaning::Runs(rest),
        (
            "make" | "just" | "task" | "bash" | "sh" | "invoke" | "inv" | "fab" | "npm" | "tox" | "nox" | "hatch",
            _,
            _,
        ) => Meaning::Runs(rest),
        ("manage.py" | "manage" | "django-admin", Some(command), _) => Meaning::Manages((*command).to_owned()),
        (python, Some(script), Some(command)) if is_python(python) && script.ends_with("manage.py") => {
            Meaning::Manages((*command).to_owned())
        }
        (python, Some(script), _) if is_python(python) && script.ends_with(".py") => Meaning::Runs(rest),
        _ if first.contains('/') || program.ends_with(".sh") => Meaning::Runs(rest),
        _ => Meaning::Other,
    }
}

/// Whether a word names a Python interpreter.
pub fn is_python(program: &str) -> bool {
    let program = program.rsplit('/').next().unwrap_or(program);
    program.strip_prefix("python").is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit() || c == '.'))
}

/// Options of installers that take the next word, where they stand before the verb.
const VALUED: [&str; 24] = [
    "--cache-dir",
    "--timeout",
    "--default-timeout",
    "--proxy",
    "--retries",
    "--cert",
    "--client-cert",
    "--trusted-host",
    "--log",
    "--python",
    "--exists-action",
    "--keyring-provider",
    "--project",
    "--directory",
    "--config-file",
    "--color",
    "-C",
    "-P",
    "-p",
    "-i",
    "--index-url",
    "--extra-index-url",
    "--log-file",
    "--use-feature",
];

/// The words of an installing command, `python -m` and paths stripped.
fn python_install(argv: &[String]) -> Option<Vec<String>> {
    let mut words = argv;
    if words.first().is_some_and(|word| word.rsplit('/').next() == Some("xargs")) {
        let plain: Vec<&str> = argv.iter().map(String::as_str).collect();
        let inner = argv.get(system_install::behind_xargs(&plain)?..)?;
        // What it appends is not known.
        return python_install(inner).map(|mut words| {
            words.push("$names".into());
            words
        });
    }
    if words.first().is_some_and(|word| is_python(word)) {
        let flags = words[1..].iter().take_while(|word| word.starts_with('-') && !word.ends_with('m')).count();
        if words.get(1 + flags).is_some_and(|word| word.starts_with('-')) {
            words = words.get(2 + flags..)?;
        }
    }
    let program = words.first()?.rsplit('/').next()?;
    let mut verbs = Vec::new();
    let mut at = 1;
    while let Some(word) = words.get(at) {
        at += if VALUED.contains(&word.as_str()) { 2 } else { 1 };
        if !word.starts_with('-') {
            verbs.push(word.as_str());
        }
    }
    let (first, second) = (verbs.first().copied().unwrap_or(""), verbs.get(1).copied().unwrap_or(""));
    let pip = program.strip_prefix("pip").is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit() || c == '.'));
    let dry = words.iter().any(|word| word == "--dry-run" || word == "--help");
    let installs = match program {
        _ if dry => false,
        _ if pip => matches!(first, "install" | "wheel" | "download"),
        "pip-sync" | "pip-sync-faster" | "easy_install" => true,
        "uv" => matches!(first, "sync" | "add") || first == "pip" && matches!(second, "install" | "sync"),
        "poetry" | "pdm" => matches!(first, "install" | "sync" | "add" | "update"),
        "pipenv" => matches!(first, "install" | "sync" | "update"),
        "conda" | "mamba" | "micromamba" => {
            matches!(first, "install" | "create" | "update" | "upgrade")
                || first == "env" && matches!(second, "create" | "update")
        }
        "conda-lock" | "pixi" | "flit" => first == "install",
        "piptools" => first == "sync",
        _ => false,
    };
    installs.then(|| {
        let name = if pip { "pip" } else { program };
        std::iter::once(name.to_owned()).chain(words.iter().skip(1).cloned()).collect()
    })
}

fn runs_tests(program: &str, words: &[&str]) -> bool {
    let second = words.get(1).copied().unwrap_or_default();
    match program {
        "pytest" | "py.test" | "nosetests" | "nose2" | "unittest" | "trial" | "behave" | "ward" => true,
        "manage.py" | "django-admin" | "manage" | "flask" | "setup.py" | "hatch" => second == "test",
        "coverage" => second == "run" && runs_covered_tests(words.get(2..).unwrap_or_default()),
        "tox" | "nox" => named_tests(words),
        // A program that is not known here, run as Python or coverage is: `"$PYTHON" -m pytest`.
        _ if program.contains('$') => {
            let flags = words.iter().zip(words.iter().skip(1));
            let module = |(flag, module): (&&str, &&str)| {
                matches!(*flag, "-m" | "--module") && ["pytest", "unittest", "nose2"].contains(module)
            };
            flags.into_iter().any(module) || second.ends_with("manage.py") && words.get(2) == Some(&"test")
        }
        _ if is_python(program) => match (second, words.get(2).copied().unwrap_or_default()) {
            (script, "test") if script.ends_with("manage.py") => true,
            (script, _) => {
                script.rsplit('/').next().is_some_and(|name| name == "runtests.py" || name == "run_tests.py")
            }
        },
        _ => false,
    }
}

/// Words in the names of environments that hold no tests.
const NO_TESTS: [&str; 14] = [
    "lint",
    "docs",
    "flake8",
    "mypy",
    "black",
    "precommit",
    "pre-commit",
    "pre_commit",
    "ruff",
    "isort",
    "format",
    "pylint",
    "typing",
    "bandit",
];

/// Whether the environments that a call names may hold tests, by their names alone; one that names none may.
fn named_tests(words: &[&str]) -> bool {
    // What is handed on is what runs there, where it is a command of its own.
    let handed = words.iter().position(|word| *word == "--").and_then(|at| words.get(at + 1..)).unwrap_or_default();
    let handed: Vec<String> = handed.iter().map(|word| (*word).to_owned()).collect();
    if handed.first().is_some_and(|program| is_python(program)) || checks(&handed) {
        return of(&handed) == Meaning::Tests;
    }
    let named: Vec<&str> = words.iter().skip(1).flat_map(|word| word.split(',')).collect();
    let says = |name: &str| NO_TESTS.iter().any(|no| name.contains(no));
    let checks = named.iter().filter(|name| says(name)).count();
    let plain = named.iter().filter(|name| !says(name) && (name.starts_with("py") || name.contains("test"))).count();
    checks == 0 || plain > 0
}

/// Whether a command checks or documents code without running its tests.
pub fn checks(argv: &[String]) -> bool {
    let rest = unwrapped(argv);
    let program = rest.first().map_or("", |word| word.rsplit('/').next().unwrap_or(word));
    let second = rest.get(1).map_or("", String::as_str);
    match program {
        "coverage" => second != "run",
        "npm" | "pnpm" | "yarn" => {
            ["install", "ci"].contains(&second) || rest.iter().any(|word| NO_TESTS.iter().any(|no| word.contains(no)))
        }
        "echo" | "mkdir" | "rm" | "cp" | "mv" | "twine" | "check-manifest" | "doc8" => true,
        _ => matches!(packages::kind(program), packages::Kind::DevTool(kind) if !["test", "debug"].contains(&kind)),
    }
}

/// What `coverage run` runs: its own options, then `-m module` or a script.
fn runs_covered_tests(words: &[&str]) -> bool {
    let module = words.iter().position(|word| *word == "-m" || *word == "--module");
    if let Some(at) = module {
        let module = words.get(at + 1).copied().unwrap_or_default();
        return ["pytest", "unittest", "nose2"].contains(&module)
            || module == "manage" && words.get(at + 2) == Some(&"test");
    }
    let script = words.iter().position(|word| word.ends_with(".py"));
    script.is_some_and(|at| {
        words[at].ends_with("manage.py") && words.get(at + 1) == Some(&"test") || words[at].contains("test")
    })
}

/// The product whose client or wait loop a program is.
fn talks_to(program: &str) -> Option<&'static str> {
    Some(match program {
        "psql" | "pg_isready" | "createdb" | "pg_dump" | "pg_restore" => "postgres",
        "mysql" | "mysqladmin" | "mysqldump" => "mysql",
        "mariadb" | "mariadb-admin" => "mariadb",
        "redis-cli" => "redis",
        "valkey-cli" => "valkey",
        "rabbitmqctl" => "rabbitmq",
        "mongosh" | "mongo" => "mongodb",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{Meaning, of};

    fn python(text: &str) -> Option<String> {
        let argv: Vec<String> = text.split(' ').map(str::to_owned).collect();
        if let Meaning::InstallsPython(words) = of(&argv) { Some(words.join(" ")) } else { None }
    }

    #[test]
    fn what_only_brings_variables_is_seen_through() {
        for text in [
            "dotenv -f .env.test run -- pytest",
            "dotenv -e .env.test -- pytest",
            "envdir env pytest",
            "direnv exec . pytest",
        ] {
            let argv: Vec<String> = text.split(' ').map(str::to_owned).collect();
            assert_eq!(of(&argv), Meaning::Tests, "{text}");
        }
    }

    #[test]
    fn what_is_handed_to_tox_is_what_it_runs() {
        let tests = |text: &str| {
            let argv: Vec<String> = text.split(' ').map(str::to_owned).collect();
            of(&argv) == Meaning::Tests
        };
        assert!(
            ["tox", "tox -- -x", "tox -- a/tests", "tox -- pytest", "tox -- python -m pytest"].into_iter().all(tests)
        );
        assert!(!["tox -- isort -c", "tox -- python manage.py collectstatic"].into_iter().any(tests));
    }

    #[test]
    fn installers_of_python_packages_are_known_by_their_verbs() {
        for text in [
            "pip install -r a.txt",
            "pip --timeout 100 --no-cache-dir install a",
            "uv --project x sync --frozen",
            "uv pip install a",
            "poetry -C x install",
            "pipenv --python 3.12 install --deploy",
            "pdm sync --prod",
            "conda install -y -c conda-forge a",
            "mamba env update -f environment.yml",
            "micromamba create -n x a",
            "conda env create -f environment.yml",
            "poetry add a",
            "pip wheel -w x a",
        ] {
            assert_eq!(python(text).as_deref(), Some(text));
        }
        assert_eq!(python("/venv/bin/pip3.12 install a").as_deref(), Some("pip install a"));
        assert_eq!(python("python3 -m pip install a").as_deref(), Some("pip install a"));
        assert_eq!(python("python -I -m uv pip install a").as_deref(), Some("uv pip install a"));
        assert_eq!(python("sudo -H pip install a").as_deref(), Some("pip install a"));
        assert_eq!(python("xargs -n 1 pip install").as_deref(), Some("pip install $names"));
    }

    #[test]
    fn tests_under_coverage_are_tests_whatever_its_options_are() {
        for text in
            ["coverage run --data-file $here/.coverage -m pytest", "coverage run --context x --source=a -m pytest -x"]
        {
            let argv: Vec<String> = text.split(' ').map(str::to_owned).collect();
            assert_eq!(of(&argv), Meaning::Tests, "{text}");
        }
    }

    #[test]
    fn other_commands_of_the_installers_install_nothing_here() {
        for text in [
            "pip list",
            "pip install --dry-run a",
            "uv lock",
            "uv tool install a",
            "pipx install a",
            "poetry build",
            "conda clean -afy",
            "conda activate x",
            "uv venv install",
            "npm install",
            "pip show install",
        ] {
            assert_eq!(python(text), None, "{text}");
        }
    }
}
