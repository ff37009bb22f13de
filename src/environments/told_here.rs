//! What guides tell to start on the machine itself, beside containers for development.

use super::alike::MODULE;
use super::plan::{Planned, Runs};
use super::settings::named_by_entries;
use super::words::naming;
use super::workstations::{is_application, is_for_others, is_in_container, is_in_machine};
use crate::links::guides::headings;
use crate::links::{Call, Caller, Repository};
use crate::model::Role;

/// Words of headings below which a guide tells how one works on a project in no container.
const APART: [&str; 8] =
    ["venv", "virtualenv", "virtualenvs", "virtualenvwrapper", "pipenv", "native", "manual", "manually"];

/// Whether a guide for those who work on the application starts it, and not in a container.
pub(super) fn is(repository: &Repository<'_>, call: &Call) -> bool {
    let Caller::Guide(file) = call.caller else { return false };
    let at = call.span.range().start;
    let Ok(text) = repository.tree.text(file) else { return false };
    is_application(repository, call)
        && !is_for_others(repository.tree.path(file))
        && !is_in_container(text, at)
        && !is_in_machine(text, at)
}

/// Whether a guide starts the application below a heading which says that it is in no container.
pub(super) fn is_apart(repository: &Repository<'_>, call: &Call) -> bool {
    let apart = |heading: &str| {
        let heading = heading.to_lowercase();
        let mut words = heading.split(|c: char| !c.is_alphanumeric());
        words.any(|word| APART.contains(&word)) || heading.contains("without docker")
    };
    let text = || repository.tree.text(call.span.file).ok()?.get(..call.span.range().start);
    is(repository, call) && text().is_some_and(|before| headings(before).into_iter().any(apart))
}

/// Whether the containers for development are told to load other settings than the entry files of Django load by themselves,
/// which are named for development.
pub(super) fn has_other_settings(repository: &Repository<'_>, known: &[&Planned]) -> bool {
    let named = named_by_entries(repository);
    let develops = |module: &str| {
        let last = module.rsplit(['/', '.']).next().unwrap_or(module);
        naming(&format!("{last}.x")).role.is_some_and(|(role, _)| role == Role::Development)
    };
    let mut told = known.iter().flat_map(|planned| &planned.units).filter_map(|unit| {
        let Runs::Compose { project, service, .. } = &unit.runs else { return None };
        let module = project.services.get(service)?.environment.get(MODULE)?;
        module.var.value.one()
    });
    let Some(first) = told.next() else { return false };
    named.iter().any(|module| develops(module)) && !develops(first) && told.all(|module| !develops(module))
}
