//! The interpreter that uv picks where nothing names one: any that the project allows.

use super::components::Context;
use super::machine::declared_python;
use super::part::{Host, Part, RuntimePart};
use crate::knowledge::eol;
use crate::model::{Certainty, Known, Origin, Reason};

/// What a pick is declared in.
pub const PICKED: &str = "uv";

/// Whether a job has uv fetch an interpreter, and tells it of no version.
fn fetched(part: &Part<'_>) -> bool {
    part.host == Host::Runner && part.commands.iter().any(|(argv, _)| *argv == ["uv", "python", "install"])
}

/// Adds the interpreter of a container, or of a job that has one fetched, without one of their own, where uv makes the environment and is told of no version.
pub fn add(context: &Context<'_, '_>, part: &mut Part<'_>) {
    let has_one = part.runtimes.iter().any(|runtime| runtime.tool == "python")
        || part.installs.system.iter().any(|package| package.package.starts_with("python3"))
        || part.installs.python.is_some()
        || part.world.get("UV_PYTHON").value != Known::Absent;
    if has_one || part.host != Host::Container && !fetched(part) || !part.installs.installs_python {
        return;
    }
    let mut commands = part.installs.packages.values().map(|found| &found.installed_by);
    let Some(command) = commands.next() else { return };
    let told = |text: &str| text.split_whitespace().any(|word| word == "-p" || word.starts_with("--python"));
    let by_uv = |text: &str| ["uv sync", "uv run"].iter().any(|verb| text.starts_with(verb));
    let all_by_uv =
        std::iter::once(command).chain(commands).all(|command| by_uv(&command.value) && !told(&command.value));
    if !all_by_uv || declared_python(context, &part.folder, None, true).is_some() {
        return;
    }
    let reason = Reason::at("uv takes any Python that the project allows", command.span);
    part.runtimes.push(RuntimePart {
        tool: "python",
        version: Known::Unknown(reason),
        declared_in: PICKED,
        origin: Origin::set(command.span),
        certainty: Certainty::Stated,
    });
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
