//! The installers that a build or a job brings, and their versions: uv, Poetry, pip, and pnpm for assets.

use super::build;
use super::part::RuntimePart;
use crate::discover::Tree;
use crate::formats::dockerfile::{Action, Build, CopyFrom};
use crate::formats::shell::Executed;
use crate::formats::workflow::Job;
use crate::links::meaning;
use crate::links::repository::words;
use crate::model::{Certainty, Known, Origin, Span, StepKind};

/// A command as the installers' rows read it: the version that a script from the network is told by a variable before it stays.
pub(super) fn called(executed: &Executed) -> Vec<String> {
    let mut argv = words(executed);
    let piped = argv.get(1).is_some_and(|word| word == "-") && meaning::is_python(&argv[0]);
    let told = executed.assigns.iter().find(|(name, _)| piped && name == POETRY_VERSION);
    if let Some(version) = told.and_then(|(_, word)| word.text.one()) {
        argv.push(format!("--version={version}"));
    }
    argv
}

/// The variable that the script of Poetry takes the version from.
const POETRY_VERSION: &str = "POETRY_VERSION";

/// The installers of a build, each once: those of images before those that commands fetch.
pub(super) fn of(build: &Build, target: usize, commands: &[(Vec<String>, Span)]) -> Vec<RuntimePart> {
    let stages = || build.reachable.iter().filter_map(|index| build.stages.get(*index));
    let added = stages().flat_map(|stage| &stage.steps).find_map(|step| match &step.action {
        Action::Copy { sources, .. } => {
            sources.iter().find_map(|source| Some((of_script(&source.value)?, source.span)))
        }
        Action::Run { .. } => None,
    });
    let uv = of_image(build, target)
        .or_else(|| added.map(|(version, at)| fixed("uv", version, Origin::set(at))))
        .or_else(|| of_commands("uv", commands));
    let asked = script_of_poetry(commands).and_then(|(_, at)| {
        let var = stages().find_map(|stage| stage.env.get(POETRY_VERSION))?;
        let version = var.value.one().filter(|version| is_version(version))?;
        Some(fixed("poetry", version.clone(), var.origin.clone().then(StepKind::Used, at)))
    });
    // What a variable that is not known here may choose is not the newest.
    let told = stages().any(|stage| stage.env.contains_key(POETRY_VERSION)) && script_of_poetry(commands).is_some();
    let poetry = asked.or_else(|| {
        of_commands("poetry", commands).filter(|found| !told || found.version.one().is_none_or(|v| v != NEWEST))
    });
    let pip = of_commands("pip", commands);
    let pnpm = of_commands("pnpm", commands);
    uv.into_iter().chain(poetry).chain(pip).chain(pnpm).collect()
}

/// The command that fetches the script of Poetry, and where.
fn script_of_poetry(commands: &[(Vec<String>, Span)]) -> Option<(&[String], Span)> {
    let found = commands.iter().find(|(argv, _)| argv.iter().any(|word| word.contains("install.python-poetry.org")));
    found.map(|(argv, at)| (argv.as_slice(), *at))
}

/// What commands say of one installer: a version that they name, else that they take the newest.
pub(super) fn of_commands(tool: &'static str, commands: &[(Vec<String>, Span)]) -> Option<RuntimePart> {
    let named = |argv: &Vec<String>| match tool {
        "uv" => argv.iter().find_map(|word| of_script(word)).or_else(|| of_pip(argv, tool)),
        "poetry" => of_pip(argv, tool).or_else(|| told_script(argv)),
        "pnpm" => of_npm(argv, tool),
        _ => of_pip(argv, tool),
    };
    let found = commands.iter().find_map(|(argv, at)| Some((named(argv)?, *at)));
    let found = found.map(|(version, at)| fixed(tool, version, Origin::set(at)));
    found.or_else(|| newest(commands, tool))
}

/// `python - --version 1.8.3`, which is how the script of Poetry is told.
fn told_script(argv: &[String]) -> Option<String> {
    let of_poetry =
        |word: &String| word == "-" || word.ends_with("install-poetry.py") || word.ends_with("get-poetry.py");
    let is_script = argv.get(1).is_some_and(of_poetry) && meaning::is_python(argv.first()?);
    let mut words = argv.iter().filter(|_| is_script);
    let version = words.find_map(|word| word.strip_prefix("--version=")).or_else(|| {
        let at = argv.iter().position(|word| is_script && word == "--version")?;
        argv.get(at + 1).map(String::as_str)
    })?;
    is_version(version).then(|| version.to_owned())
}

fn fixed(tool: &'static str, version: String, origin: Origin) -> RuntimePart {
    let (declared_in, certainty) = (INSTALLER, Certainty::Stated);
    RuntimePart { tool, version: Known::One(version), declared_in, origin, certainty }
}

/// What a version is declared in that a command or a step names.
pub(super) const INSTALLER: &str = "installer";
/// The word for the release that is the newest on the day of the installation.
const NEWEST: &str = "latest";
/// What it is declared in: nothing.
const UNPINNED: &str = "unpinned";

/// The installers that a job sets up or installs, where its actions name none: each in the version that it is told.
pub(super) fn of_job(tree: &Tree, job: &Job, commands: &[(Vec<String>, Span)]) -> Vec<RuntimePart> {
    const ACTIONS: [(&str, &str, &str); 4] = [
        ("astral-sh/setup-uv", "uv", "version"),
        ("snok/install-poetry", "poetry", "version"),
        ("abatilo/actions-poetry", "poetry", "poetry-version"),
        ("Gr1N/setup-poetry", "poetry", "poetry-version"),
    ];
    let set_up = |tool: &'static str| {
        job.steps.iter().find_map(|step| {
            let uses = step.uses.as_ref()?;
            let action = uses.value.split('@').next()?;
            let (.., input) = ACTIONS.iter().find(|row| row.0 == action && row.1 == tool)?;
            match step.with.get(*input).filter(|version| !version.value.is_empty()) {
                Some(version) if is_version(&version.value) => {
                    Some(fixed(tool, version.value.clone(), Origin::set(version.span)))
                }
                Some(version) if version.value != NEWEST => None,
                version => {
                    let elsewhere = step.with.contains_key("version-file") || tool == "uv" && is_required(tree);
                    let at = version.map_or(uses.span, |version| version.span);
                    let newest = fixed(tool, NEWEST.to_owned(), Origin::set(at));
                    (!elsewhere).then_some(RuntimePart { declared_in: UNPINNED, ..newest })
                }
            }
        })
    };
    let by_step = ["uv", "poetry"].into_iter().filter_map(|tool| {
        set_up(tool).or_else(|| {
            let told = job.steps.iter().any(|step| {
                let action = step.uses.as_ref().and_then(|uses| uses.value.split('@').next());
                ACTIONS.iter().any(|row| row.1 == tool && Some(row.0) == action)
            });
            // A step that is told of a version in a way that is not read here has brought it.
            if told { None } else { of_commands(tool, commands) }
        })
    });
    by_step.chain(["pip", "pnpm"].into_iter().filter_map(|tool| of_commands(tool, commands))).collect()
}

/// Whether the project says which version of uv it takes, as its setup step then does.
fn is_required(tree: &Tree) -> bool {
    let says = |path: &str| {
        tree.find(path).and_then(|file| tree.text(file).ok()).is_some_and(|text| text.contains("required-version"))
    };
    ["pyproject.toml", "uv.toml"].iter().any(|path| says(path))
}

/// The installer that a command fetches in whatever version is the newest.
fn newest(commands: &[(Vec<String>, Span)], tool: &'static str) -> Option<RuntimePart> {
    // That pip is brought up to date is no choice of a version.
    let by_pip =
        |argv: &[String]| tool != "pip" && tool != "pnpm" && installs(argv) && argv.iter().any(|word| word == tool);
    let by_script = |argv: &[String]| {
        let script = match tool {
            "uv" => "astral.sh/uv/install.sh",
            "poetry" => "install.python-poetry.org",
            _ => return false,
        };
        argv.iter().any(|word| word.contains(script))
    };
    let by_npm = |argv: &[String]| {
        tool == "pnpm" && is_npm(argv) && argv.iter().any(|word| word == tool || word == "pnpm@latest")
    };
    let named = |argv: &[String]| by_pip(argv) || by_script(argv) || by_npm(argv);
    // What a command behind it is told, and cannot be read, is not the newest.
    let told = |argv: &[String]| {
        argv.get(1).is_some_and(|word| word == "-") && argv.iter().any(|word| word.starts_with("--version"))
    };
    if tool == "poetry" && commands.iter().any(|(argv, _)| told(argv)) {
        return None;
    }
    let at = commands.iter().find(|(argv, _)| named(argv)).map(|(_, at)| *at)?;
    Some(RuntimePart { declared_in: UNPINNED, ..fixed(tool, NEWEST.to_owned(), Origin::set(at)) })
}

/// Whether a command installs programs by pip or pipx.
fn installs(argv: &[String]) -> bool {
    let is_pip = |word: &String| ["pip", "pip3", "pipx"].contains(&word.rsplit('/').next().unwrap_or(word));
    // `uv pip install` has uv already, and puts nothing beside it.
    argv.iter().position(is_pip).is_some_and(|at| !argv[..at].iter().any(|word| word == "uv"))
        && argv.iter().any(|word| word == "install")
        && !argv.iter().any(|word| word == "-c" || word.starts_with("--constraint"))
}

/// Whether a command puts programs of Node where they are found: `npm install -g`, `corepack prepare`.
fn is_npm(argv: &[String]) -> bool {
    let words: Vec<&str> = argv.iter().map(String::as_str).collect();
    let global = words.iter().any(|word| ["-g", "--global"].contains(word));
    match words.as_slice() {
        ["npm", rest @ ..] => global && rest.iter().any(|word| ["install", "i", "add"].contains(word)),
        ["corepack", verb, ..] => ["prepare", "install", "use"].contains(verb),
        _ => false,
    }
}

/// The version of a program of Node that a command names: `pnpm@9.1.0`.
fn of_npm(argv: &[String], tool: &str) -> Option<String> {
    let named = argv.iter().filter(|_| is_npm(argv)).find_map(|word| word.strip_prefix(tool)?.strip_prefix('@'))?;
    let version = named.split('+').next().unwrap_or(named);
    (version.chars().all(|c| c.is_ascii_digit() || c == '.') && !version.is_empty()).then(|| version.to_owned())
}

fn is_version(text: &str) -> bool {
    text.contains('.') && text.chars().all(|c| c.is_ascii_digit() || c == '.')
}

/// The version in the address of uv's script: `https://astral.sh/uv/0.8.13/install.sh`.
fn of_script(address: &str) -> Option<String> {
    let version = address.split_once("astral.sh/uv/")?.1.split('/').next()?;
    is_version(version).then(|| version.to_owned())
}

/// The version of a tool that `pip install` or `pipx install` names.
fn of_pip(argv: &[String], tool: &str) -> Option<String> {
    let named = argv.iter().filter(|_| installs(argv)).find_map(|word| word.strip_prefix(tool)?.strip_prefix("=="))?;
    is_version(named).then(|| named.to_owned())
}

/// The uv that a stage rests on or copies its program from.
fn of_image(build: &Build, target: usize) -> Option<RuntimePart> {
    let version = |reference: &str| {
        let (repository, tag) = reference.split('@').next()?.rsplit_once(':')?;
        let known = ["ghcr.io/astral-sh/uv", "astral/uv", "docker.io/astral/uv"].contains(&repository);
        let version = tag.split('-').next()?;
        (known && (version == NEWEST || version.starts_with(|c: char| c.is_ascii_digit()))).then(|| version.to_owned())
    };
    let part = |version: String, origin: Origin, certainty: Certainty| RuntimePart {
        tool: "uv",
        declared_in: if version == NEWEST { UNPINNED } else { "image" },
        version: Known::One(version),
        origin,
        certainty,
    };
    let rests_on = |stage: usize| {
        let (reference, certainty, origin) = build::external_base(build, stage);
        Some(part(version(reference.one()?)?, origin, certainty))
    };
    let chain = build.chain(target);
    let others = build.reachable.iter().filter(|index| !chain.contains(index));
    let stages = chain.iter().rev().chain(others).filter_map(|index| build.stages.get(*index));
    let copied = stages.flat_map(|stage| &stage.steps).find_map(|step| match &step.action {
        Action::Copy { from: Some(CopyFrom::Image(image)), .. } => {
            Some(part(version(&image.value)?, Origin::set(image.span), Certainty::Stated))
        }
        Action::Copy { from: Some(CopyFrom::Stage(stage)), .. } => rests_on(*stage),
        _ => None,
    });
    copied.or_else(|| rests_on(target))
}
