//! The server that people start by hand where they develop: with a task of the repository or of an editor, or as a guide
//! tells.

use super::own_program::{by_script, started_by_program};
use super::part::{Otherwise, Part, ProcessPart};
use crate::discover::{Tree, paths};
use crate::environments::{Planned, workstations};
use crate::formats::small::quoted;
use crate::formats::{Vars, python};
use crate::knowledge::processes::Match;
use crate::links::{Call, Caller, Container, Meaning, Repository, console_scripts};
use crate::model::{Origin, Span, SpanMap};

/// Gives a component that starts no server by itself the one that is started there by hand, if the repository says which.
///
/// `virtual_machine` says that it is one which Vagrant brings up.
pub(super) fn start(repository: &Repository<'_>, part: &mut Part<'_>, key: &str, virtual_machine: bool) {
    if !part.processes.iter().all(idles) {
        return;
    }
    let Some((call, found)) = call(repository, virtual_machine) else { return };
    part.processes = vec![called(key, call, found)];
}

/// Whether a process only keeps a container open: that is no server.
fn idles(process: &ProcessPart) -> bool {
    process.server.as_ref().is_some_and(|server| server.id == "keepalive")
}

/// Gives a service of a compose file that only waits for people to work in it the server that they start there: by what calls it
/// with `docker compose exec`, or else as they start it anywhere.
pub(super) fn within(repository: &Repository<'_>, part: &mut Part<'_>, service: &str) {
    if part.processes.is_empty() || !part.processes.iter().all(idles) {
        return;
    }
    let inner = repository.calls.iter().flat_map(|call| executed(repository, call, service));
    let mut inner: Vec<(Call, Match)> = inner.collect();
    inner.sort_by_key(|(_, found)| found.kind != "development");
    match inner.into_iter().next() {
        Some((call, found)) => part.processes = vec![called(service, &call, found)],
        None => start(repository, part, service, false),
    }
}

/// The servers of the application that a call starts in a service which runs already.
fn executed(repository: &Repository<'_>, call: &Call, service: &str) -> Vec<(Call, Match)> {
    let (Meaning::Composes(compose), Caller::Make { .. } | Caller::Guide(_) | Caller::Script(_)) =
        (&call.meaning, &call.caller)
    else {
        return Vec::new();
    };
    if compose.action != "exec" || compose.services != [service] {
        return Vec::new();
    }
    let text = compose.command.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
    let map = SpanMap::Whole(call.span);
    let serves = |inner: Call| match inner.meaning.clone() {
        Meaning::Serves(found) if found.interface.is_some() => Some((inner, found)),
        _ => None,
    };
    let calls = repository.calls_of((&text, &map), &call.folder, Vars::new(), &call.caller);
    calls.into_iter().filter_map(serves).collect()
}

/// Gives a person's machine on which nothing else starts a server the one that the words stand for by which the machine is known:
/// a sentence of a guide, a script at hand, a file that only Flask's own command reads.
pub(super) fn told(repository: &Repository<'_>, part: &mut Part<'_>, planned: &Planned) {
    let Some(evidence) = planned.environment.because.first().filter(|_| part.processes.is_empty()) else { return };
    let argv = match evidence.text.as_str() {
        workstations::FLASK => vec!["flask".to_owned(), "run".to_owned()],
        workstations::TOLD => typed(repository, evidence.span),
        _ => return,
    };
    let found = match console_scripts::meaning_in(repository.tree, &argv) {
        Meaning::Serves(found) if found.interface.is_some() => found,
        _ => return,
    };
    part.processes.push(process("web", argv, Origin::set(evidence.span), found));
}

/// Gives a person's machine for which nothing tells how the server is started the program that starts it by itself, where one
/// file of the folder does.
pub(super) fn program(tree: &Tree, part: &mut Part<'_>, folder: &str) {
    if !part.processes.is_empty() {
        return;
    }
    let files = Container::checkout(tree, folder);
    let here = tree.under(folder).filter(|(_, path)| paths::parent(path) == folder && path.ends_with(".py"));
    let mut found = here.filter_map(|(file, path)| {
        let argv = vec!["python".to_owned(), paths::name(path).to_owned()];
        let server = started_by_program(&argv, &files, tree).filter(|server| server.kind == "development")?;
        // What a command of the program starts, or what is imported, it does not start by itself.
        let calls = python::entry_points(tree, file).runs;
        let span = calls.iter().find(|call| call.main)?.span;
        Some(process("web", argv, Origin::set(span), server))
    });
    let first = found.next();
    if found.next().is_none() {
        part.processes.extend(first);
    }
}

/// The words of a command in a text, as far as its line or its quotes go.
fn typed(repository: &Repository<'_>, span: Span) -> Vec<String> {
    let text = repository.tree.text(span.file).ok().and_then(|text| text.get(span.start as usize..));
    let line = text.and_then(|text| text.lines().next()).unwrap_or_default();
    let line = line.split(['`', '"', '\'', '<', ',', ';', '&', '|', '#']).next().unwrap_or_default();
    line.split_whitespace().map(|word| word.trim_end_matches(['.', ')', ':']).to_owned()).collect()
}

/// Gives a person's machine the workers and schedulers that are started there by hand, the first one told of each kind.
pub(super) fn workers(repository: &Repository<'_>, part: &mut Part<'_>, virtual_machine: bool) {
    if part.processes.is_empty() {
        return;
    }
    for (kind, key) in [("worker", "worker"), ("scheduler", "beat")] {
        let of_kind = |call: &&Call| matches!(&call.meaning, Meaning::Serves(found) if found.kind == kind);
        let told = by_hand(repository, virtual_machine);
        let call = repository.calls.iter().filter(|call| told(call)).find(of_kind);
        if let Some((call, Meaning::Serves(found))) = call.map(|call| (call, call.meaning.clone())) {
            part.processes.push(called(key, call, found));
        }
    }
}

/// A process that a call starts.
fn called(key: &str, call: &Call, server: Match) -> ProcessPart {
    process(key, call.argv.clone(), Origin::set(call.span), server)
}

/// A process of some words.
pub(super) fn process(key: &str, argv: Vec<String>, origin: Origin, server: Match) -> ProcessPart {
    ProcessPart {
        key: key.to_owned(),
        argv,
        server: Some(server),
        module: None,
        origin,
        script: None,
        maybe: None,
        unless: None,
        otherwise: Otherwise::Other,
        vars: Default::default(),
        options: Default::default(),
    }
}

/// Whether a call is one that people type where they develop.
fn by_hand<'r>(repository: &'r Repository<'_>, virtual_machine: bool) -> impl Fn(&Call) -> bool + 'r {
    move |call: &Call| match &call.caller {
        Caller::Make { .. } => !virtual_machine,
        Caller::Guide(file) => {
            let (at, text) = (call.span.range().start, repository.tree.text(*file).unwrap_or_default());
            !workstations::is_for_others(repository.tree.path(*file))
                && !workstations::is_in_container(text, at)
                && workstations::is_in_machine(text, at) == virtual_machine
        }
        Caller::Script(_) | Caller::Job { .. } => false,
    }
}

/// The call that starts the server of the application, and that: one that is made for development before any other.
fn call<'r>(repository: &'r Repository<'_>, virtual_machine: bool) -> Option<(&'r Call, Match)> {
    let told = by_hand(repository, virtual_machine);
    let serves = |call: &Call, development: bool| match &call.meaning {
        // No step that passes, no worker, nothing that serves other files.
        Meaning::Serves(found) if development => found.interface.is_some() && found.kind == "development",
        Meaning::Serves(found) => found.interface.is_some() || found.kind == "supervisor",
        _ => false,
    };
    let known = |call: &'r Call| match &call.meaning {
        Meaning::Serves(found) => Some((call, found.clone())),
        _ => None,
    };
    let files = |call: &Call| Container::checkout(repository.tree, &call.folder);
    let program =
        |call: &'r Call| started_by_program(&call.argv, &files(call), repository.tree).map(|found| (call, found));
    let mut calls = repository.calls.iter().filter(|call| told(call));
    let first =
        calls.clone().find(|call| serves(call, true)).or_else(|| calls.clone().find(|call| serves(call, false)));
    let first = first.and_then(known);
    first
        .map(|(call, found)| (call, by_script(found, &call.argv, &files(call), repository.tree)))
        .or_else(|| calls.find_map(program))
}
