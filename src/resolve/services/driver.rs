//! The database server that the installed drivers leave as the only answer.

use super::Used;
use crate::discover::Kind;
use crate::environments::Planned;
use crate::environments::plan::{Runs, Unit};
use crate::formats::locks::UNLISTED;
use crate::formats::python::{EnvRead, Kind as Py, Val};
use crate::knowledge::services;
use crate::links::Repository;
use crate::model::{Certainty, ComponentKind, Known, Origin, Role};
use crate::resolve::part::{Host, Part};
use crate::resolve::settings::Loaded;

/// Names the server behind an address that only the deployment knows: a set of packages that is wholly known holds the drivers
/// of one server alone. `mysqlclient` speaks to two products, so it names none. Something outside may still say otherwise.
///
/// A file of SQLite that stands in where a variable is unset is no database of a platform without disks.
pub(super) fn infer(
    repository: &Repository<'_>,
    planned: &Planned,
    loaded: Option<&Loaded>,
    parts: &[Part<'_>],
    used: &mut [Used],
) {
    if !matches!(planned.environment.role, Role::Production | Role::Staging) {
        return;
    }
    let kept = lasts(repository, planned, parts);
    if kept && loaded.is_some_and(chooses_a_file) {
        return;
    }
    let stands_in = |one: &Used| {
        one.certainty.is_default() && !kept && one.product.one().is_some_and(|product| product == "sqlite")
    };
    let open = |one: &&mut Used| one.role == "database" && (one.product.is_unknown() || stands_in(one));
    let Some(database) = used.iter_mut().find(open) else { return };
    let Some((product, origin)) = only_server(parts) else { return };
    database.origin = database.origin.clone().join(&origin);
    database.driver = database.driver.take().filter(|_| database.product.is_unknown());
    database.product = Known::One(product.to_owned());
    database.certainty = Certainty::Default { variable: None };
}

/// Whether a setting or a variable of the program's own chooses the engine, and a file of SQLite while nothing is said: that
/// needs no driver.
fn chooses_a_file(loaded: &Loaded) -> bool {
    let chooses = |name: &str| {
        ["DB", "DATABASE"].iter().any(|word| name.contains(word))
            && ["ENGINE", "TYPE", "BACKEND", "DIALECT", "DRIVER"].iter().any(|end| name.ends_with(end))
    };
    let file = |val: &Val| val.behind().as_str().is_some_and(|text| text.to_ascii_lowercase().starts_with("sqlite"));
    let falls_back = |read: &EnvRead| chooses(&read.name) && !read.set && read.default.as_ref().is_some_and(file);
    loaded.settings.values.iter().any(|(name, val)| chooses(&name.to_ascii_uppercase()) && file(val))
        || loaded.settings.reads.iter().any(falls_back)
}

/// On Heroku, `DATABASE_URL` is the address of Heroku Postgres, which attaches itself under that name.
pub(super) fn of_heroku(
    repository: &Repository<'_>,
    planned: &Planned,
    loaded: Option<&Loaded>,
    parts: &[Part<'_>],
    used: &mut [Used],
) {
    let deployed = matches!(planned.environment.role, Role::Production | Role::Staging);
    let Some(loaded) = loaded.filter(|_| deployed && !lasts(repository, planned, parts)) else { return };
    let asks = loaded.settings.reads.iter().any(|read| read.name == "DYNO");
    if !asks && !parts.iter().any(|part| part.world.vars().contains_key("DYNO")) {
        return;
    }
    let values = &loaded.settings.values;
    let address = values.get("DATABASES").and_then(|all| all.get("default")).or(values.get("SQLALCHEMY_DATABASE_URI"));
    if !address.is_some_and(|val| rests_on(val, "DATABASE_URL", 0)) {
        return;
    }
    let open = |one: &&mut Used| one.role == "database" && one.product.is_unknown();
    if let Some(database) = used.iter_mut().find(open) {
        database.product = Known::One("postgres".to_owned());
        database.certainty = Certainty::Default { variable: None };
    }
}

/// Whether a variable decides a value, or a part of it.
fn rests_on(val: &Val, variable: &str, depth: usize) -> bool {
    let deeper = |val: &Val| depth < 4 && rests_on(val, variable, depth + 1);
    val.variables.contains(variable)
        || match &val.kind {
            Py::Depends { variables, default } => {
                variables.contains(variable) || default.as_deref().is_some_and(deeper)
            }
            Py::Dict(items) => items.iter().any(|(_, val)| deeper(val)),
            Py::OneOf(all) => all.iter().any(deeper),
            _ => false,
        }
}

/// Whether a component may keep a file: what a platform runs does not, but on a disk that it is given.
fn lasts(repository: &Repository<'_>, planned: &Planned, parts: &[Part<'_>]) -> bool {
    let platform = repository.of(Kind::Platform).iter().any(|file| planned.environment.files.contains(file));
    let hosted = |part: &Part<'_>| {
        let is_hosted =
            |unit: &Unit| *unit.name == *part.name && matches!(unit.runs, Runs::Process { .. } | Runs::Container(_));
        part.volumes.is_empty() && (platform || planned.units.iter().any(is_hosted))
    };
    let keeps = |part: &&Part<'_>| part.image.is_some() || part.host == Host::Machine;
    parts.iter().filter(|part| part.kind == ComponentKind::App).filter(keeps).any(|part| !hosted(part))
}

fn only_server(parts: &[Part<'_>]) -> Option<(&'static str, Origin)> {
    let mut found: Option<(&'static str, Origin)> = None;
    let ours = |part: &&Part<'_>| part.kind == ComponentKind::App && part.installs.installs_python;
    for part in parts.iter().filter(ours) {
        // What pip adds for a package is seldom a driver of another server.
        if part.installs.packages_complete.as_ref().is_err_and(|reason| reason.text != UNLISTED) {
            return None;
        }
        for (name, package) in &part.installs.packages {
            let mut servers = services::databases_of_client(name);
            let Some(server) = servers.next() else { continue };
            let another = found.as_ref().is_some_and(|(known, _)| *known != server);
            if another || servers.next().is_some() || package.maybe.is_some() {
                return None;
            }
            found.get_or_insert_with(|| (server, package.package.origin.clone()));
        }
    }
    found
}
