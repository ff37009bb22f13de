//! Which component speaks for an environment.

use super::part::Part;
use crate::links::{Meaning, meaning};
use crate::model::{ComponentKind, Role};

/// The component whose settings stand for the environment: one that serves, else the first of ours.
pub(super) fn of<'p, 't>(parts: &'p [Part<'t>], role: Role) -> Option<&'p Part<'t>> {
    let ours = || parts.iter().filter(|part| part.kind == ComponentKind::App);
    let serves = |part: &&Part<'_>| {
        part.processes
            .iter()
            .any(|process| process.server.as_ref().is_some_and(|s| matches!(s.kind, "production" | "development")))
    };
    let runs = || ours().filter(|part| !part.processes.is_empty());
    let built_here = |part: &&Part<'_>| part.image.as_ref().is_some_and(|image| image.dockerfile.is_some());
    // What runs the tests speaks for them.
    let tests = |part: &&Part<'_>| {
        role == Role::Test && part.processes.iter().any(|process| meaning::of(&process.argv) == Meaning::Tests)
    };
    ours()
        .find(tests)
        .or_else(|| ours().find(serves))
        .or_else(|| runs().find(|part| part.installs.installs_python))
        .or_else(|| runs().find(built_here))
        .or_else(|| runs().find(|part| part.container.is_some() && part.image.is_some()))
        .or_else(|| ours().next())
}
