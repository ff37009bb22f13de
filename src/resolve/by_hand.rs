//! The server that people start by hand where they develop: with a task of the repository or of an editor, or as a guide
//! tells.

use super::part::{Part, ProcessPart};
use crate::environments::workstations;
use crate::links::{Call, Caller, Meaning, Repository};
use crate::model::Origin;

/// Gives a component that starts no server by itself the one that is started there by hand, if the repository says which.
pub(super) fn start(repository: &Repository<'_>, part: &mut Part<'_>, key: &str) {
    // What only keeps a container open is no server.
    let idles = |process: &ProcessPart| process.server.as_ref().is_some_and(|server| server.id == "keepalive");
    if !part.processes.iter().all(idles) {
        return;
    }
    let Some(call) = call(repository) else { return };
    let Meaning::Serves(found) = &call.meaning else { return };
    part.processes = vec![ProcessPart {
        key: key.to_owned(),
        argv: call.argv.clone(),
        server: Some(found.clone()),
        module: None,
        origin: Origin::set(call.span),
        script: None,
        maybe: None,
        unless: None,
        either: false,
        vars: Default::default(),
        options: Default::default(),
    }];
}

/// The call that starts the server of the application: one that is made for development before any other.
fn call<'r>(repository: &'r Repository<'_>) -> Option<&'r Call> {
    let by_hand = |call: &&Call| match &call.caller {
        Caller::Make { .. } => true,
        Caller::Guide(file) => {
            !repository.tree.text(*file).is_ok_and(|text| workstations::is_in_container(text, call.span.range().start))
        }
        Caller::Script(_) | Caller::Job { .. } => false,
    };
    let serves = |call: &&Call, development: bool| match &call.meaning {
        // No step that passes, no worker, nothing that serves other files.
        Meaning::Serves(found) if development => found.interface.is_some() && found.kind == "development",
        Meaning::Serves(found) => found.interface.is_some() || found.kind == "supervisor",
        _ => false,
    };
    let mut calls = repository.calls.iter().filter(by_hand);
    calls.clone().find(|call| serves(call, true)).or_else(|| calls.find(|call| serves(call, false)))
}
