//! The Python that guides have people make an environment of.

use super::part::{Part, RuntimePart};
use crate::discover::aside::{documented, is_aside, outside_documents};
use crate::discover::{Kind, paths};
use crate::environments::{Planned, workstations};
use crate::formats::Vars;
use crate::formats::shell::Dialect;
use crate::links::Repository;
use crate::links::guides::shown;
use crate::links::repository::words;
use crate::model::{Certainty, FileId, Known, Origin, Span, SpanMap};

/// What declares such a Python.
const GUIDE: &str = "guide";
/// How the commands begin that make environments or fetch a Python.
const MAKING: [&str; 12] = [
    "python3.",
    "pyvenv",
    "python ",
    "python3 ",
    "virtualenv",
    "mkvirtualenv",
    "uv ",
    "pyenv ",
    "conda ",
    "mamba ",
    "pipenv ",
    "poetry ",
];

/// Gives a person's machine the Python that a guide names in the commands which make the environment: the guide that starts the
/// server there before those beside it.
pub(super) fn of(repository: &Repository<'_>, part: &mut Part<'_>, planned: &Planned) {
    if part.runtimes.iter().any(|runtime| runtime.tool == "python") {
        return;
    }
    let tree = repository.tree;
    let served = part.processes.iter().find_map(|process| process.origin.primary()).map(|span| span.file);
    let known = planned.environment.because.first().map(|evidence| evidence.span.file);
    let here = |path: &str| documented(path).unwrap_or_else(|| paths::parent(path)).to_owned();
    let about = |file: &FileId| {
        let (path, of) = (tree.path(*file), here(tree.path(*file)));
        let above = of.is_empty() || of == part.folder || part.folder.starts_with(&format!("{of}/"));
        above && !is_aside(&outside_documents(path)) && !workstations::is_for_others(path)
    };
    let mut guides: Vec<FileId> = repository.of(Kind::Guide).iter().copied().filter(about).collect();
    let named = |file: FileId| {
        let name = paths::name(tree.path(file)).to_ascii_lowercase();
        ["readme", "contributing", "install", "develop", "setup"].iter().position(|start| name.starts_with(start))
    };
    guides.sort_by_key(|file| {
        let own = [served, known].iter().position(|own| *own == Some(*file)).unwrap_or(2);
        (own, tree.path(*file).matches('/').count(), named(*file).unwrap_or(9))
    });
    if let Some((version, span)) = guides.into_iter().find_map(|file| in_guide(repository, file)) {
        part.runtimes.push(RuntimePart {
            tool: "python",
            version: Known::One(version),
            declared_in: GUIDE,
            origin: Origin::set(span),
            certainty: Certainty::Stated,
        });
    }
}

/// The one Python that the commands of a guide name; none where they name several.
fn in_guide(repository: &Repository<'_>, file: FileId) -> Option<(String, Span)> {
    let text = repository.tree.text(file).ok()?;
    let mut found: Vec<(String, Span)> = Vec::new();
    for shown in shown(repository.tree.path(file), text, |line| MAKING.iter().any(|start| line.starts_with(start))) {
        if !shown.block || workstations::is_in_container(text, shown.at) || workstations::is_in_machine(text, shown.at)
        {
            continue;
        }
        let map = SpanMap::Linear { file, base: u32::try_from(shown.at).unwrap_or(0) };
        for executed in repository.commands(shown.text, &map, "", Vars::new(), Dialect::Bash) {
            let argv = words(&executed);
            found.extend(named(&argv.iter().map(String::as_str).collect::<Vec<_>>()).map(|v| (v, executed.span)));
        }
    }
    let minor = |version: &str| version.split('.').take(2).collect::<Vec<_>>().join(".");
    let first = found.first()?.clone();
    found.iter().all(|(other, _)| minor(other) == minor(&first.0)).then_some(first)
}

/// The version that a command names which makes an environment or fetches a Python.
fn named(argv: &[&str]) -> Option<String> {
    let flagged = || {
        let mut words = argv.iter();
        words
            .by_ref()
            .find_map(|word| match *word {
                "-p" | "--python" => Some(None),
                _ => word.strip_prefix("--python=").or_else(|| word.strip_prefix("-p")).map(Some),
            })?
            .or_else(|| words.next().copied())
            .and_then(version)
    };
    match argv {
        [program, "-m", "venv" | "virtualenv", ..] if version(program).is_some() => version(program),
        ["python" | "python3", "-m", "virtualenv", ..] | ["virtualenv" | "mkvirtualenv" | "pipenv", ..] => flagged(),
        ["uv", "venv", ..] => flagged(),
        ["uv", "python", "install" | "pin", rest @ ..] => rest.iter().find_map(|word| version(word)),
        ["pyenv", "install" | "virtualenv" | "local" | "shell", rest @ ..] => {
            rest.iter().find_map(|word| version(word))
        }
        ["poetry", "env", "use", named, ..] => version(named),
        ["conda" | "mamba" | "micromamba", "create" | "install", rest @ ..] => {
            rest.iter().find_map(|word| version(word.strip_prefix("python=")?.trim_start_matches('=')))
        }
        [program, ..] => version(program.strip_prefix("pyvenv-")?),
        [] => None,
    }
}

/// The version in a name of an interpreter, with a minor one at least: `3.12`, `python3.12`, `/usr/bin/python3.12`.
fn version(word: &str) -> Option<String> {
    let bare = word.rsplit('/').next()?;
    let bare = bare.strip_prefix("python").unwrap_or(bare);
    let parts: Vec<&str> = bare.split('.').collect();
    let plain = parts.iter().all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit()));
    (plain && (2..=3).contains(&parts.len()) && ["2", "3"].contains(&parts[0])).then(|| bare.to_owned())
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn commands_that_make_an_environment_name_their_python() {
        let of = |text: &str| named(&text.split(' ').collect::<Vec<_>>());
        for (text, version) in [
            ("python3.12 -m venv env", "3.12"),
            ("pyvenv-3.5 env", "3.5"),
            ("virtualenv -p /usr/bin/python3.8 env", "3.8"),
            ("mkvirtualenv --python=python3.6 shop", "3.6"),
            ("uv venv --python 3.13", "3.13"),
            ("pyenv install -s 3.6.10", "3.6.10"),
            ("conda create -n shop python=3.9", "3.9"),
            ("poetry env use python3.11", "3.11"),
        ] {
            assert_eq!(of(text).as_deref(), Some(version), "{text}");
        }
        for text in [
            "python3 -m venv env",
            "virtualenv -p python3 env",
            "python3.12 manage.py runserver",
            "uv venv",
            "pyenv local shop",
        ] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
