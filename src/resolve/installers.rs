//! The installers of Python packages that a build brings, where it names their version: uv and Poetry.

use super::build;
use super::part::RuntimePart;
use crate::discover::Tree;
use crate::formats::dockerfile::{Action, Build, CopyFrom};
use crate::formats::workflow::Job;
use crate::model::{Certainty, Known, Origin, Span, StepKind};

/// The installers of a build, each once: those of images before those that commands fetch.
pub(super) fn of(build: &Build, target: usize, commands: &[(Vec<String>, Span)]) -> Vec<RuntimePart> {
    let stages = || build.reachable.iter().filter_map(|index| build.stages.get(*index));
    let added = stages().flat_map(|stage| &stage.steps).find_map(|step| match &step.action {
        Action::Copy { sources, .. } => {
            sources.iter().find_map(|source| Some((of_script(&source.value)?, source.span)))
        }
        Action::Run { .. } => None,
    });
    let fetched = || commands.iter().find_map(|(argv, at)| Some((argv.iter().find_map(|word| of_script(word))?, *at)));
    let by_pip = |tool: &str| commands.iter().find_map(|(argv, at)| Some((of_pip(argv, tool)?, *at)));
    let script = |tool: &'static str, found: Option<(String, Span)>| {
        let (version, at) = found?;
        Some(fixed(tool, version, Origin::set(at)))
    };
    let uv = of_image(build, target)
        .or_else(|| script("uv", added.or_else(fetched).or_else(|| by_pip("uv"))))
        .or_else(|| newest(commands, "uv"));
    // The script of Poetry takes the version from its variable.
    let piped = commands.iter().find(|(argv, _)| argv.iter().any(|word| word.contains("install.python-poetry.org")));
    let asked = piped.and_then(|(_, at)| {
        let var = stages().find_map(|stage| stage.env.get("POETRY_VERSION"))?;
        let version = var.value.one().filter(|version| is_version(version))?;
        Some(fixed("poetry", version.clone(), var.origin.clone().then(StepKind::Used, *at)))
    });
    // What a variable that is not known here may choose is not the newest.
    let told = piped.is_some() && stages().any(|stage| stage.env.contains_key("POETRY_VERSION"));
    let poetry =
        asked.or_else(|| script("poetry", by_pip("poetry"))).or_else(|| newest(commands, "poetry").filter(|_| !told));
    uv.into_iter().chain(poetry).collect()
}

fn fixed(tool: &'static str, version: String, origin: Origin) -> RuntimePart {
    let (declared_in, certainty) = ("installer", Certainty::Stated);
    RuntimePart { tool, version: Known::One(version), declared_in, origin, certainty }
}

/// The word for the release that is the newest on the day of the installation.
const NEWEST: &str = "latest";

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
                    (!elsewhere).then(|| fixed(tool, NEWEST.to_owned(), Origin::set(at)))
                }
            }
        })
    };
    let by_pip = |tool: &'static str| {
        let found = commands.iter().find_map(|(argv, at)| Some((of_pip(argv, tool)?, *at)));
        found.map(|(version, at)| fixed(tool, version, Origin::set(at))).or_else(|| newest(commands, tool))
    };
    ["uv", "poetry"].into_iter().filter_map(|tool| set_up(tool).or_else(|| by_pip(tool))).collect()
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
    let named = |argv: &Vec<String>| installs(argv) && argv.iter().any(|word| word == tool);
    let at = commands.iter().find(|(argv, _)| named(argv)).map(|(_, at)| *at)?;
    Some(fixed(tool, NEWEST.to_owned(), Origin::set(at)))
}

/// Whether a command installs programs by pip or pipx.
fn installs(argv: &[String]) -> bool {
    argv.iter().any(|word| word == "install")
        && argv.iter().any(|word| ["pip", "pip3", "pipx"].contains(&word.rsplit('/').next().unwrap_or(word)))
        && !argv.iter().any(|word| word == "-c" || word.starts_with("--constraint"))
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
        (known && version.starts_with(|c: char| c.is_ascii_digit())).then(|| version.to_owned())
    };
    let part = |version: String, origin: Origin, certainty: Certainty| RuntimePart {
        tool: "uv",
        version: Known::One(version),
        declared_in: "image",
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
