//! The installers of Python packages that a build brings, where it names their version: uv and Poetry.

use super::build;
use super::part::RuntimePart;
use crate::formats::dockerfile::{Action, Build, CopyFrom};
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
    let uv = of_image(build, target).or_else(|| script("uv", added.or_else(fetched).or_else(|| by_pip("uv"))));
    // The script of Poetry takes the version from its variable.
    let piped = commands.iter().find(|(argv, _)| argv.iter().any(|word| word.contains("install.python-poetry.org")));
    let asked = piped.and_then(|(_, at)| {
        let var = stages().find_map(|stage| stage.env.get("POETRY_VERSION"))?;
        let version = var.value.one().filter(|version| is_version(version))?;
        Some(fixed("poetry", version.clone(), var.origin.clone().then(StepKind::Used, *at)))
    });
    let poetry = asked.or_else(|| script("poetry", by_pip("poetry")));
    uv.into_iter().chain(poetry).collect()
}

fn fixed(tool: &'static str, version: String, origin: Origin) -> RuntimePart {
    let (declared_in, certainty) = ("installer", Certainty::Stated);
    RuntimePart { tool, version: Known::One(version), declared_in, origin, certainty }
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
    let installs = argv.iter().any(|word| word == "install")
        && argv.iter().any(|word| ["pip", "pip3", "pipx"].contains(&word.rsplit('/').next().unwrap_or(word)));
    let named = argv.iter().filter(|_| installs).find_map(|word| word.strip_prefix(tool)?.strip_prefix("=="))?;
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
