//! Virtual environments that a build makes: what was installed before one was made is not in it.

use std::collections::BTreeMap;

use super::part::{Installs, PackagePart};
use crate::links::container::absolute;
use crate::links::meaning;
use crate::model::Span;

/// An environment, and what was installed elsewhere when it was made, each package with the command that did.
#[derive(Clone, Debug)]
pub struct Venv {
    path: String,
    before: BTreeMap<String, Span>,
}

/// Notes the environment that a command makes or removes; whether it does either.
pub(super) fn note(installs: &mut Installs, argv: &[String], cwd: &str) -> bool {
    if argv.first().is_some_and(|program| program == "rm") {
        return remove(installs, argv, cwd);
    }
    let Some(path) = made(argv) else { return false };
    let before = installs.packages.iter().map(|(name, part)| (name.clone(), part.installed_by.span)).collect();
    installs.venvs.push(Venv { path: absolute(cwd, &path), before });
    true
}

/// Drops what was installed since the environments were made that a command removes; whether it removes one.
fn remove(installs: &mut Installs, argv: &[String], cwd: &str) -> bool {
    let folders = argv.iter().skip(1).filter(|word| !word.starts_with('-') && !word.contains(['*', '$']));
    let folders: Vec<String> = folders.map(|word| absolute(cwd, word.trim_end_matches('/'))).collect();
    let gone = |venv: &Venv| folders.iter().any(|folder| within(&venv.path, folder));
    let Some(first) = installs.venvs.iter().position(gone) else { return false };
    let before = std::mem::take(&mut installs.venvs[first].before);
    installs.packages.retain(|name, _| before.contains_key(name));
    installs.venvs.retain(|venv| !gone(venv));
    true
}

/// The folder of the environment that a command makes; none for one that sees the packages of the system.
fn made(argv: &[String]) -> Option<String> {
    let words = meaning::unwrapped(argv);
    let first = words.first()?;
    let program = first.rsplit('/').next().unwrap_or(first);
    let module = |name: &str| words.get(1).is_some_and(|flag| flag == "-m") && words.get(2).is_some_and(|w| w == name);
    let behind = match program {
        "venv" | "virtualenv" => 1,
        "uv" if words.get(1).is_some_and(|verb| verb == "venv") => 2,
        _ if (meaning::is_python(program) || program.contains("which python"))
            && (module("venv") || module("virtualenv")) =>
        {
            3
        }
        _ => return None,
    };
    let rest = words.get(behind..)?;
    if rest.iter().any(|word| word == "--system-site-packages" || word.contains('$')) {
        return None;
    }
    let valued = ["-p", "--python", "--prompt", "--seeder", "--index-url", "--upgrade-deps"];
    let takes = |at: usize| at > 0 && valued.contains(&rest[at - 1].as_str());
    let path = rest.iter().enumerate().find(|(at, word)| !word.starts_with('-') && !takes(*at));
    path.map(|(_, word)| word.clone()).or_else(|| (program == "uv").then(|| ".venv".to_owned()))
}

/// Whether a package lies outside the environment that was made last, so that asking for it inside installs it.
pub(super) fn outside(installs: &Installs, name: &str) -> bool {
    let part = installs.packages.get(name);
    installs.venvs.last().is_some_and(|venv| part.is_some_and(|part| venv.was_there(name, part)))
}

/// Whether copying a folder of a stage leaves a package behind: the folder is an environment made after it was installed.
pub(super) fn leaves(there: &Installs, source: &str, name: &str, part: &PackagePart) -> bool {
    let mut made = there.venvs.iter().filter(|venv| within(source, &venv.path));
    made.any(|venv| venv.was_there(name, part))
}

/// Whether a path is a folder or lies in it.
fn within(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl Venv {
    fn was_there(&self, name: &str, part: &PackagePart) -> bool {
        self.before.get(name) == Some(&part.installed_by.span)
    }
}

#[cfg(test)]
mod tests {
    use super::made;

    #[test]
    fn environments_are_made_by_several_programs() {
        let of = |text: &str| made(&text.split(' ').map(str::to_owned).collect::<Vec<_>>());
        for text in ["python3 -m venv /opt/venv", "virtualenv -p python3 /opt/venv", "uv venv --python 3.12 /opt/venv"]
        {
            assert_eq!(of(text).as_deref(), Some("/opt/venv"), "{text}");
        }
        assert_eq!(of("uv venv").as_deref(), Some(".venv"));
        for text in ["python3 -m venv --system-site-packages /opt/venv", "uv sync", "python3 -m pip install venv"] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
