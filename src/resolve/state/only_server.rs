//! The server that the installed packages leave as the only answer where no file starts one.

use super::Statements;
use crate::knowledge::{packages, processes};
use crate::model::{Attr, Certainty, ComponentKind, Dimension, Known, Role, Value};
use crate::resolve::part::Part;

/// States which server runs in production where its command is outside the repository: what is deployed holds one server
/// that is there only for the asking. Something outside may still start another.
pub fn state(statements: &mut Statements, role: Role, parts: &[Part<'_>]) {
    let ours = || parts.iter().filter(|part| part.kind == ComponentKind::App);
    if !matches!(role, Role::Production | Role::Staging) || ours().any(|part| !part.processes.is_empty()) {
        return;
    }
    let mut parts = ours().filter(|part| part.installs.installs_python);
    let (Some(part), None) = (parts.next(), parts.next()) else { return };
    if is_called(part) {
        return;
    }
    let mut servers = part.installs.packages.iter().filter(|(name, found)| {
        found.maybe.is_none() && packages::kind(name) == packages::Kind::Server && *name != "uvicorn"
    });
    let (Some((name, found)), None) = (servers.next(), servers.next()) else { return };
    let Some(server) = processes::server(&[name]).filter(|_| found.package.direct && packages::is_asked_for(name))
    else {
        return;
    };
    let origin = &found.package.origin;
    let text = |text: &str| Attr {
        value: Known::One(Value::text(text)),
        certainty: Certainty::Default { variable: None },
        origin: origin.clone(),
    };
    let mut fact = statements.about(Some(&part.name), Dimension::Process, &part.name);
    fact.attr("server", text(server.id)).attr("kind", text(server.kind)).bool("usual", true, origin);
    // Its workers may be those of another server.
    if !part.installs.packages.contains_key("uvicorn") {
        fact.attr("engine", text(server.id));
    }
}

/// Whether a platform calls the application's function, so that no server does: the base image is one of its runtimes, or
/// what deploys it there is installed.
fn is_called(part: &Part<'_>) -> bool {
    let repository = part.image.as_ref().and_then(|image| image.about.as_ref()).map(|about| about.repository.as_str());
    let runtime = |repository: &str| repository.contains("lambda/") || repository.contains("aws-lambda");
    repository.is_some_and(runtime)
        || ["zappa", "chalice"].iter().any(|name| part.installs.packages.contains_key(*name))
}
