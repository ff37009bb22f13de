//! Which component speaks for an environment.

use super::part::Part;
use crate::discover::Tree;
use crate::environments::settings::Module;
use crate::knowledge::services;
use crate::links::{Meaning, meaning};
use crate::model::{ComponentKind, Role};

/// The component whose settings stand for the environment: one that serves, else the first of ours.
pub(super) fn of<'p, 't>(tree: &Tree, modules: &[Module], parts: &'p [Part<'t>], role: Role) -> Option<&'p Part<'t>> {
    // What is built of other code of the repository has other settings, or none.
    let foreign = |part: &Part<'_>| {
        let built = part.image.as_ref().is_some_and(|image| image.dockerfile.is_some());
        let lacks = |module: &Module| part.container.as_ref().is_some_and(|container| container.lacks(module.file));
        built && !modules.is_empty() && modules.iter().all(lacks)
    };
    let all = || parts.iter().filter(|part| part.kind == ComponentKind::App);
    let own = all().any(|part| !foreign(part));
    let ours = || all().filter(|part| !own || !foreign(part));
    // A proxy serves what others make.
    let serves = |part: &&Part<'_>| {
        let mut servers = part.processes.iter().filter_map(|process| process.server.as_ref());
        servers.any(|server| matches!(server.kind, "production" | "development") && server.id != "nginx")
    };
    // What a server of pages for the browser is given, the program is not.
    let speaks_python = |part: &&Part<'_>| {
        let mut servers = part.processes.iter().filter_map(|process| process.server.as_ref());
        serves(part) && servers.any(|server| server.interface.is_some())
    };
    let selects = |part: &&Part<'_>| part.world.vars().contains_key("DJANGO_SETTINGS_MODULE");
    let runs = || ours().filter(|part| !part.processes.is_empty());
    let built_here = |part: &&Part<'_>| part.image.as_ref().is_some_and(|image| image.dockerfile.is_some());
    // What runs the tests speaks for them.
    let tests = |part: &&Part<'_>| {
        role == Role::Test && part.processes.iter().any(|process| meaning::of(&process.argv) == Meaning::Tests)
    };
    ours()
        .find(tests)
        .or_else(|| ours().find(speaks_python))
        .or_else(|| ours().find(serves))
        .or_else(|| ours().find(selects))
        .or_else(|| runs().find(|part| part.installs.installs_python))
        .or_else(|| runs().find(built_here))
        .or_else(|| {
            let asked = |part: &&Part<'_>| !is_product(part) && read_by(tree, modules, part) > 0;
            parts.iter().filter(asked).max_by_key(|part| read_by(tree, modules, part))
        })
        .or_else(|| runs().find(|part| part.container.is_some() && part.image.is_some()))
        .or_else(|| ours().next())
}

/// Whether a component's image is that of a known server, which is given some of the same variables.
fn is_product(part: &Part<'_>) -> bool {
    let about = part.image.as_ref().and_then(|image| image.about.as_ref());
    about.is_none_or(|about| services::by_image(&about.repository).is_some())
}

/// How many of a component's variables the settings read by their names: of images built elsewhere, the application is the
/// one that is given what its settings ask for.
fn read_by(tree: &Tree, modules: &[Module], part: &Part<'_>) -> usize {
    let texts: Vec<&str> = modules.iter().filter_map(|module| tree.text(module.file).ok()).collect();
    let reads = |name: &&String| {
        let quoted = [format!("\"{name}\""), format!("'{name}'")];
        texts.iter().any(|text| quoted.iter().any(|word| text.contains(word)))
    };
    part.providers.keys().filter(reads).count()
}

/// Whether a deployed stack runs nothing but the products of others, such as a proxy and what renews its certificates.
pub(super) fn foreign(parts: &[Part<'_>], role: Role) -> bool {
    let deployed = matches!(role, Role::Production | Role::Staging);
    deployed && !parts.is_empty() && parts.iter().all(|part| part.kind == ComponentKind::Service)
}
