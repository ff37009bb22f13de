//! Runners that a component is started by: `make run`, `just serve`, `npm start` come to the commands behind them.

use super::process;
use crate::discover::{Tree, paths};
use crate::formats::World;
use crate::formats::shell::{self, Executed, When};
use crate::links::container::{Container, absolute};
use crate::links::repository::words;
use crate::links::{Meaning, meaning, runners};
use crate::model::{Step, StepKind};

/// Runners of scripts for Node: mostly another server beside the application, which is known by its call alone.
const OF_NODE: [&str; 7] = ["npm", "pnpm", "yarn", "bun", "concurrently", "run-p", "npm-run-all"];
/// Runners that bring environments of their own.
const WHOLE: [&str; 2] = ["tox", "nox"];

/// Whether a call is one of a runner that installs what it runs by itself.
pub(super) fn brings_its_own(argv: &[String]) -> bool {
    let program = meaning::unwrapped(argv).first().cloned().unwrap_or_default();
    WHOLE.contains(&program.rsplit('/').next().unwrap_or_default())
}

/// Commands with what the calls of runners among them come to in their place.
pub(super) fn expanded(commands: Vec<Executed>, container: &Container<'_>, tree: &Tree) -> Vec<Executed> {
    at(commands, container, tree, &|found, executed| says_more(found, executed, container, tree), 0)
}

/// Commands of a job with all that the calls of runners among them run in their place.
pub(super) fn followed(commands: Vec<Executed>, container: &Container<'_>, tree: &Tree) -> Vec<Executed> {
    at(commands, container, tree, &|found, _| !found.is_empty(), 0)
}

/// Whether what a call comes to says more than the call.
type Says<'s> = &'s dyn Fn(&[Executed], &Executed) -> bool;

fn at(commands: Vec<Executed>, container: &Container<'_>, tree: &Tree, says: Says<'_>, depth: usize) -> Vec<Executed> {
    let mut all = Vec::new();
    for executed in commands {
        match behind(&executed, container, tree, says, depth) {
            // What a runner with environments of its own does besides its tests stays behind its call.
            Some(found) if brings_its_own(&words(&executed)) => match tests(found) {
                found if found.is_empty() => all.push(executed),
                found => all.extend(found),
            },
            Some(found) => all.extend(found),
            None => all.push(executed),
        }
    }
    all
}

/// The commands that run tests, each once.
fn tests(commands: Vec<Executed>) -> Vec<Executed> {
    let mut found: Vec<Executed> = Vec::new();
    for executed in commands {
        let known = found.iter().any(|other| words(other) == words(&executed) && other.vars == executed.vars);
        if meaning::of(&words(&executed)) == Meaning::Tests && !known {
            found.push(executed);
        }
    }
    found
}

/// What a call of a runner comes to; none where it is none, or where nothing better is known than the call.
fn behind(
    executed: &Executed,
    container: &Container<'_>,
    tree: &Tree,
    says: Says<'_>,
    depth: usize,
) -> Option<Vec<Executed>> {
    let argv = words(executed);
    if depth > runners::MAX_DEPTH || executed.substitution {
        return None;
    }
    let cwd = absolute(&container.workdir, executed.cwd.as_deref().unwrap_or_default());
    let here = container.outside(&cwd).or_else(|| described(container, tree, &cwd));
    let here = here.filter(|_| !executed.cwd_unknown)?;
    let pieces = runners::pieces(tree, &argv, &here, executed.span)?;
    let count = pieces.len();
    let mut all = Vec::new();
    for (index, piece) in pieces.into_iter().enumerate() {
        let mut container = container.clone();
        container.workdir = inside(&here, &piece.folder, &cwd)?;
        let mut vars = (*executed.vars).clone();
        vars.extend(piece.vars);
        let world = if executed.open { World::Open(vars) } else { World::Closed(vars) };
        let script = shell::parse(&piece.text, &piece.map, piece.dialect);
        let found = shell::evaluate(&script, &world, &[], &container).commands;
        let mut found = at(found, &container, tree, says, depth + 1);
        for inner in &mut found {
            let step = Step { kind: StepKind::Selected, span: executed.span, note: Some(argv.join(" ")) };
            inner.via = executed.via.iter().cloned().chain([step]).chain(inner.via.drain(..)).collect();
            inner.last &= index + 1 == count && (executed.last || executed.exec);
            inner.background |= executed.background;
            if let (When::Maybe(_), When::Always) = (&executed.when, &inner.when) {
                inner.when = executed.when.clone();
            }
            // Paths of the call's words are those of its own folder.
            let folder = absolute(&container.workdir, inner.cwd.as_deref().unwrap_or_default());
            inner.cwd = (!inner.cwd_unknown).then_some(folder);
        }
        all.extend(found);
    }
    says(&all, executed).then_some(all)
}

/// The folder of the file with a runner's tasks, where that was copied by itself.
fn described(container: &Container<'_>, tree: &Tree, cwd: &str) -> Option<String> {
    let files =
        ["Makefile", "makefile", "GNUmakefile", "justfile", "Justfile", "tox.ini", "noxfile.py", "pyproject.toml"];
    let file = files.iter().find_map(|name| container.find(&absolute(cwd, name)))?;
    Some(paths::parent(tree.path(file)).to_owned())
}

/// Whether the commands behind a call make a better process than the call.
fn says_more(all: &[Executed], executed: &Executed, container: &Container<'_>, tree: &Tree) -> bool {
    let argv = meaning::unwrapped(&words(executed));
    let program = argv.first().map_or("", |word| word.rsplit('/').next().unwrap_or(word));
    let known = |executed: &Executed| process::started(executed, container, tree).is_some();
    let stays = |executed: &Executed| process::serves(executed).is_none_or(|found| found.kind != "oneshot");
    let serves = all.iter().any(|inner| known(inner) && stays(inner));
    // A step before the last one is no process, whatever it comes to.
    let last = executed.last || executed.exec;
    serves || last && !all.is_empty() && !OF_NODE.contains(&program) && process::serves(executed).is_none()
}

/// The folder in the container of a folder of the repository, where `here` stands at `cwd`.
fn inside(here: &str, folder: &str, cwd: &str) -> Option<String> {
    if here == folder {
        return Some(cwd.to_owned());
    }
    let below =
        if here.is_empty() { Some(folder) } else { folder.strip_prefix(here).and_then(|rest| rest.strip_prefix('/')) };
    if let Some(below) = below {
        return Some(absolute(cwd, below));
    }
    // A runner whose file stands in a folder above.
    let rest = here.strip_prefix(folder)?.trim_start_matches('/');
    let mut cwd = cwd;
    for _ in rest.split('/') {
        cwd = paths::parent(cwd);
    }
    Some(if cwd.is_empty() { "/".to_owned() } else { cwd.to_owned() })
}
