//! The interpreter that uv picks where nothing names one: any that the project allows.

use super::components::Context;
use super::machine::declared_python;
use super::part::{Host, Part, RuntimePart};
use super::required;
use crate::knowledge::eol;
use crate::model::{Certainty, Known, Origin, Reason, Spanned, StepKind};

/// What a pick is declared in.
pub const PICKED: &str = "uv";

/// What uv is told to fetch, if it is told to: a version, or none, which is the newest.
fn fetched(part: &Part<'_>) -> Option<Vec<Spanned<String>>> {
    let named = |argv: &[String]| match argv {
        [uv, python, install, rest @ ..] if uv == "uv" && python == "python" && install == "install" => {
            Some(rest.iter().filter(|word| !word.starts_with('-')).cloned().collect::<Vec<_>>())
        }
        _ => None,
    };
    let found = part.commands.iter().find_map(|(argv, at)| Some((named(argv)?, *at)))?;
    Some(found.0.into_iter().map(|version| Spanned::new(version, found.1)).collect())
}

/// Adds the interpreter of a component without one of its own, where uv makes the environment and is told of no version.
pub fn add(context: &Context<'_, '_>, part: &mut Part<'_>) {
    let has_one = part.runtimes.iter().any(|runtime| runtime.tool == "python")
        || part.installs.system.iter().any(|package| package.package.starts_with("python3"))
        || part.installs.python.is_some()
        || part.world.get("UV_PYTHON").value != Known::Absent;
    if has_one || !part.installs.installs_python {
        return;
    }
    let mut commands = part.installs.packages.values().map(|found| &found.installed_by);
    let Some(command) = commands.next() else { return };
    let told = |text: &str| text.split_whitespace().any(|word| word == "-p" || word.starts_with("--python"));
    let by_uv = |text: &str| ["uv sync", "uv run"].iter().any(|verb| text.starts_with(verb));
    // What is put beside the project's environment is not what chooses the interpreter.
    let mut by_others = std::iter::once(command).chain(commands).filter(|command| !by_uv(&command.value));
    let all_by_uv = by_others.all(|command| part.host == Host::Runner && command.value.starts_with("uv pip"));
    let place = part.installs.packages.values().map(|found| &found.installed_by).find(|command| by_uv(&command.value));
    let Some(command) = place.filter(|_| all_by_uv) else { return };
    let is_told = part.installs.packages.values().any(|found| told(&found.installed_by.value));
    if is_told {
        return;
    }
    let certainty = Certainty::Stated;
    if let Some((version, at, declared_in)) = declared_python(context, &part.folder, None, true) {
        // A file that an image does not have is not read there.
        let seen = part.container.as_ref().is_some_and(|container| container.inside(at.file).is_some());
        let (version, origin) = (Known::One(version), Origin::set(at).then(StepKind::Selected, command.span));
        let found = RuntimePart { tool: "python", version, declared_in, origin, certainty };
        part.runtimes.extend((part.host != Host::Container || seen).then_some(found));
        return;
    }
    let range = required::of_project(context.repository.tree, part);
    let fetches = fetched(part);
    let version = |text: &String| text.contains('.') && text.chars().all(|c| c.is_ascii_digit() || c == '.');
    let only = fetches
        .as_deref()
        .and_then(|all| if let [one] = all { version(&one.value).then(|| one.clone()) } else { None });
    let picked = range.as_ref().and_then(|range| Some(Spanned::new(required::only(&range.value)?, range.span)));
    let picked = picked.or(only);
    let fetches = part.host == Host::Runner && fetches.is_some_and(|all| all.is_empty());
    if picked.is_none() && part.host != Host::Container && !fetches {
        return;
    }
    let (version, origin) = if let Some(picked) = picked {
        (Known::One(picked.value), Origin::set(picked.span).then(StepKind::Selected, command.span))
    } else {
        let reason = Reason::at("uv takes any Python that the project allows", command.span);
        (Known::Unknown(reason), Origin::set(command.span))
    };
    part.runtimes.push(RuntimePart { tool: "python", version, declared_in: PICKED, origin, certainty });
}

/// Whether a range leaves more than one X.Y open.
pub fn is_open(range: &str) -> bool {
    let within = |cycle: &eol::Cycle| {
        let release = format!("{}.0", cycle.cycle);
        crate::formats::requirements::versions::satisfies(&release, range) == Some(true)
    };
    eol::cycles("python").filter(|cycle| within(cycle)).count() > 1
}

#[cfg(test)]
mod tests {
    use super::is_open;

    #[test]
    fn a_range_of_one_minor_leaves_nothing_open() {
        assert!(is_open(">=3.11") && is_open(">=3.11,<3.14"));
        assert!(!is_open("==3.12.*") && !is_open(">=3.12,<3.13") && !is_open("nonsense"));
    }
}
