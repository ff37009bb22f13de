//! What guides tell to start where the project is deployed, on no platform and in no container.

use super::workstations::{is_in_container, is_in_machine};
use crate::discover::aside::{is_aside, outside_documents};
use crate::links::guides::headings;
use crate::links::{Call, Caller, Meaning, Repository};

/// What headings and names of pages hold that tell of deployments.
const DEPLOYING: [&str; 5] = ["deploy", "production", "self-host", "self host", "selfhost"];
/// What they hold where it is another's page, or is done for development as well.
const OTHERWISE: [&str; 4] = ["develop", "local", "test", "not "];

/// The server for production that a guide starts where it tells of deployments.
pub(super) fn call<'r>(repository: &'r Repository<'_>) -> Option<&'r Call> {
    repository.calls.iter().find(|call| {
        let Caller::Guide(file) = call.caller else { return false };
        let (path, at) = (repository.tree.path(file), call.span.range().start);
        let Ok(text) = repository.tree.text(file) else { return false };
        let Some(before) = text.get(..at) else { return false };
        let serves =
            matches!(&call.meaning, Meaning::Serves(found) if found.kind == "production" && found.interface.is_some());
        let reloads = || call.argv.iter().any(|word| word == "--reload" || word == "--debug");
        let told = || deploys(path) || headings(before).into_iter().any(deploys);
        serves
            && !reloads()
            && !is_aside(&outside_documents(path))
            && told()
            && !is_in_container(text, at)
            && !is_in_machine(text, at)
    })
}

/// Whether a heading or the name of a page tells of deployments.
fn deploys(text: &str) -> bool {
    let text = text.to_lowercase();
    DEPLOYING.iter().any(|word| text.contains(word)) && !OTHERWISE.iter().any(|word| text.contains(word))
}
