//! Whether what a service of a compose file runs is ours.

use super::build::Built;
use super::components::Context;
use crate::discover::aside::stands_in;
use crate::formats::compose::Service;
use crate::formats::shell::Word;
use crate::knowledge::{images, services};
use crate::model::ComponentKind;

/// Images of distributions, which hold no program of ours.
const SYSTEMS: [&str; 5] = ["alpine", "busybox", "ubuntu", "debian", "bash"];

/// Whether a service only stays alive, for others to use its network or its volumes.
fn idles(service: &Service) -> bool {
    let first = service.command.as_ref().and_then(|command| command.words.first()).map(Word::written);
    first.is_some_and(|word| ["tail", "sleep", "true", "cat", "/bin/true"].contains(&word))
}

/// Ours if it is built from something that runs Python or is no known product; else a backing service.
pub(super) fn kind_of(service: &Service, built: Option<&Built<'_>>, context: &Context<'_, '_>) -> ComponentKind {
    let repository = |reference: &str| images::describe(reference, context.as_of).repository;
    let product = |reference: &str| {
        let name = repository(reference);
        services::by_image(&name).is_some() || services::is_edge_only(&name) || services::is_admin_tool(&name)
    };
    match (built, &service.image) {
        (Some(built), _) => {
            let base = built.image.reference.one().is_some_and(|reference| product(reference));
            let path = built.image.dockerfile.map(|file| context.repository.tree.path(file));
            let other = base && !built.installs.installs_python || path.is_some_and(stands_in);
            if other { ComponentKind::Service } else { ComponentKind::App }
        }
        (None, _) if service.build.is_some() => ComponentKind::App,
        (None, Some(image)) => match image.value.one() {
            Some(reference) if product(reference) => ComponentKind::Service,
            Some(_) if service.command.is_none() && service.env_count() < 3 => ComponentKind::Service,
            Some(reference) if SYSTEMS.contains(&repository(reference).as_str()) && idles(service) => {
                ComponentKind::Service
            }
            Some(reference) if is_its_own(service, &repository(reference)) => ComponentKind::Service,
            _ => ComponentKind::App,
        },
        (None, None) => ComponentKind::App,
    }
}

/// Whether a command is the image's own program, called by the image's name, or only gives it flags.
fn is_its_own(service: &Service, repository: &str) -> bool {
    let first = service.command.iter().flat_map(|command| &command.words).next().and_then(|word| word.text.one());
    let name = repository.rsplit('/').next().unwrap_or(repository);
    service.entrypoint.is_none() && first.is_some_and(|word| word == name || word.starts_with("--"))
}
