//! Interpreters that commands of a build bring: by pyenv, or by the distribution's packages where the base has none.

use super::part::{Installs, RuntimePart, SystemPart};
use crate::formats::shell::{Executed, When};
use crate::knowledge::images::{self, Image};
use crate::links::meaning;
use crate::model::{Certainty, Known, Origin, Reason, Spanned};

/// Who declares an interpreter that a package of the distribution brings.
pub(super) const OF_SYSTEM: &str = "system package";

/// Notes the Python that pyenv installs or chooses; `global` and `local` decide between several.
pub(super) fn pyenv(installs: &mut Installs, argv: &[String], executed: &Executed) {
    let words = meaning::unwrapped(argv);
    let program = words.first().map_or("", |word| word.rsplit('/').next().unwrap_or(word));
    let verb = words.get(1).map_or("", String::as_str);
    if program != "pyenv" || !["install", "global", "local"].contains(&verb) {
        return;
    }
    let named: Vec<&String> = words.iter().skip(2).filter(|word| !word.starts_with('-')).collect();
    let plain = |text: &str| text.contains('.') && text.chars().all(|c| c.is_ascii_digit() || c == '.');
    let unknown = |why: &str| Known::Unknown(Reason::at(why, executed.span));
    let found = match named.as_slice() {
        [] => return,
        _ if matches!(executed.when, When::Maybe(_)) => unknown("pyenv is run on a branch that is not decided"),
        // The first one of `global` is `python`.
        [one, rest @ ..] if plain(one) && (rest.is_empty() || verb != "install") => {
            Known::One(Spanned::new((*one).clone(), executed.span))
        }
        _ => unknown("the version that pyenv is given is not known here"),
    };
    let same = |known: &Known<Spanned<String>>| known.one().map(|one| &one.value) == found.one().map(|one| &one.value);
    let several = verb == "install" && installs.python_by == "pyenv" && !installs.python.as_ref().is_none_or(same);
    installs.python = Some(if several { unknown("pyenv installs several") } else { found });
    installs.python_by = "pyenv";
}

/// The host of NodeSource's repositories, and how the paths there begin.
const NODESOURCE: [&str; 4] =
    ["deb.nodesource.com/setup_", "deb.nodesource.com/node_", "rpm.nodesource.com/setup_", "rpm.nodesource.com/pub_"];

/// Notes the version of Node that NodeSource's repository is set up for.
pub(super) fn nodesource(installs: &mut Installs, executed: &Executed, argv: &[String]) {
    let behind = |word: &String| {
        let at = NODESOURCE.iter().find_map(|begin| Some(word.find(begin)? + begin.len()))?;
        Some(word.get(at..)?.split(".x").next().unwrap_or_default().to_owned())
    };
    let Some(version) = argv.iter().find_map(behind) else { return };
    let known = version.chars().all(|c| c.is_ascii_digit()) && !version.is_empty();
    installs.nodesource = Some(match (&executed.when, known) {
        (When::Always, true) => Known::One(Spanned::new(version, executed.span)),
        (When::Maybe(reason), _) => Known::Unknown(reason.clone()),
        _ => Known::Unknown(Reason::at("the version of Node is not known here", executed.span)),
    });
}

/// The Node of NodeSource, once its package is installed.
pub(super) fn node(installs: &Installs) -> Option<RuntimePart> {
    let source = installs.nodesource.as_ref()?;
    let package = installs.system.iter().find(|part| part.package == "nodejs" && part.maybe.is_none())?;
    let (version, origin) = match source {
        Known::One(version) => (Known::One(version.value.clone()), Origin::set(version.span)),
        Known::Unknown(reason) => (Known::Unknown(reason.clone()), Origin::set(package.span)),
        _ => return None,
    };
    Some(RuntimePart { tool: "node", version, declared_in: "nodesource", origin, certainty: Certainty::Stated })
}

/// The Python of the distribution's packages: that of `python3.11`, else that which the release has as `python3`.
pub(super) fn of_system(installs: &Installs, about: Option<&Image>) -> Option<RuntimePart> {
    let about = about.filter(|about| matches!(about.python, Known::Absent))?;
    // What builds for Node asks for a Python of its own, and the project's code needs none there.
    if about.node.one().is_some() && !installs.installs_python {
        return None;
    }
    let mut found: Vec<(String, &SystemPart)> = Vec::new();
    for part in installs.system.iter().filter(|part| part.maybe.is_none()) {
        let Some(rest) = part.package.strip_prefix("python3").or_else(|| part.package.strip_prefix("py3-")) else {
            continue;
        };
        let version = match rest.strip_prefix('.').map(|rest| rest.split('-').next().unwrap_or(rest)) {
            Some(minor) if minor.chars().all(|c| c.is_ascii_digit()) => Some(format!("3.{minor}")),
            Some(_) => None,
            None if rest.is_empty() || rest.starts_with('-') || part.package.starts_with("py3-") => {
                let (distro, release) = about.distro.one().zip(about.release.one())?;
                images::system_python(distro, release).map(str::to_owned)
            }
            None => continue,
        };
        found.push((version?, part));
    }
    let (version, part) = found.first()?;
    found.iter().all(|(other, _)| other == version).then(|| RuntimePart {
        tool: "python",
        version: Known::One(version.clone()),
        declared_in: OF_SYSTEM,
        origin: Origin::set(part.span),
        certainty: Certainty::Stated,
    })
}
