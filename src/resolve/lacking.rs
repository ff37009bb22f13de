//! Services that production uses and that surely nothing stands for in another environment.

use std::collections::BTreeSet;

use super::components::Context;
use super::part::{Host, Part};
use super::services::{Declared, EAGER, Used};
use super::settings::Loaded;
use super::state::Statements;
use crate::discover::{Kind, Tree, paths};
use crate::environments::plan::{Planned, Runs};
use crate::knowledge::services;
use crate::model::{Attr, Certainty, ComponentKind, Dimension, FileId, Known, Origin, Role, Span};

/// Families of services that a program cannot do without where it uses them.
const FAMILIES: [&str; 6] = ["relational", "keyvalue", "cache", "broker", "search", "document"];

/// A service that production uses.
pub(super) struct Want {
    role: String,
    product: String,
    /// The files of the settings that use it; none where variables of compose services do.
    settings: BTreeSet<FileId>,
    /// The compose services that are given its address, with the folder they are built from and their image.
    components: Vec<Built>,
}

/// A service of a compose file: its name, the folder of the file, the folder it is built from, its image.
type Built = (String, Option<String>, Option<String>, Option<String>);

fn built(part: &Part<'_>, tree: &Tree) -> Built {
    let image = part.image.as_ref();
    let context = image.and_then(|image| image.context.clone());
    let beside = part.span.map(|span| paths::parent(tree.path(span.file)).to_owned());
    (part.name.to_string(), beside, context, image.and_then(|image| Some(image.about.as_ref()?.name())))
}

/// The files of an environment's settings, where the component that loads them holds them.
fn files(parts: &[Part<'_>], loaded: Option<&Loaded>) -> BTreeSet<FileId> {
    let holds = |loaded: &&Loaded| {
        let part = parts.iter().find(|part| Some(&part.name) == loaded.component.as_ref());
        let inside =
            |part: &Part<'_>, file| part.container.as_ref().is_some_and(|inside| inside.inside(file).is_some());
        let ours = |part: &Part<'_>| {
            part.hostname.is_none() || part.image.as_ref().is_some_and(|image| image.dockerfile.is_some())
        };
        part.is_none_or(|part| ours(part) && loaded.settings.file.is_some_and(|file| inside(part, file)))
    };
    loaded.filter(holds).iter().flat_map(|loaded| &loaded.settings.files).map(|(file, _)| *file).collect()
}

/// What an environment has.
pub(super) struct Have {
    used: Vec<Used>,
    declared: Vec<Declared>,
    settings: Option<BTreeSet<FileId>>,
    /// Names that are given or taken in this environment: of services, images and variables' values.
    names: Vec<String>,
    components: Vec<Built>,
    anchor: Span,
}

/// What production uses, by the settings and by the addresses that its compose services are given.
pub(super) fn wants(
    used: &[Used],
    declared: &[Declared],
    parts: &[Part<'_>],
    loaded: Option<&Loaded>,
    tree: &Tree,
) -> Vec<Want> {
    let mut found: Vec<Want> = Vec::new();
    let files = files(parts, loaded);
    for one in used {
        let Some(row) = one.product.one().and_then(|product| services::product(product)) else { continue };
        if !FAMILIES.contains(&row.family.as_str()) || row.in_process || row.embedded || row.product == EAGER {
            continue;
        }
        let near = one.host.as_ref().is_some_and(|host| is_near(host, declared));
        if near || files.is_empty() {
            continue;
        }
        let product = row.product.clone();
        found.push(Want { role: one.role.clone(), product, settings: files.clone(), components: Vec::new() });
    }
    for one in declared.iter().filter(|one| FAMILIES.contains(&one.family.as_str()) && !one.emulates) {
        let known = found.iter().any(|want| services::wire_compatible(&want.product, &one.product));
        let ours = parts.iter().filter(|part| part.kind == ComponentKind::App && part.hostname.is_some());
        let given = ours.filter(|part| {
            part.world.vars().values().filter_map(|var| var.value.one()).any(|text| is_address(text, &one.name))
        });
        let components: Vec<Built> = given.map(|part| built(part, tree)).collect();
        if !known && !components.is_empty() {
            let (role, product) = (one.name.clone(), one.product.clone());
            found.push(Want { role, product, settings: BTreeSet::new(), components });
        }
    }
    found
}

/// Whether a host is this machine, or a name that no declared service has: nothing that a file shows answers there.
fn is_near(host: &str, declared: &[Declared]) -> bool {
    let local = ["localhost", "127.0.0.1"].contains(&host);
    local || !host.contains('.') && !declared.iter().any(|one| one.name == host)
}

/// Whether a value is the name of a host, or an address of it.
pub(super) fn is_address(text: &str, host: &str) -> bool {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let authority = rest.split(['/', '?']).next().unwrap_or(rest);
    let authority = authority.rsplit('@').next().unwrap_or(authority);
    authority.split(':').next() == Some(host)
}

/// What an environment has, where all of that can be seen.
pub(super) fn have(
    context: &Context<'_, '_>,
    planned: &Planned,
    parts: &[Part<'_>],
    used: &[Used],
    declared: &[Declared],
    loaded: Option<&Loaded>,
) -> Option<Have> {
    let seen = |runs: &Runs| matches!(runs, Runs::Compose { .. } | Runs::Job { .. });
    let ours = || parts.iter().filter(|part| part.kind == ComponentKind::App);
    let followed = loaded.is_none_or(|loaded| {
        let settings = &loaded.settings;
        let whole = settings.incomplete.is_none() && settings.problems.is_empty();
        whole && settings.missing_modules.iter().all(|module| !module.star) && loaded.unseen.is_none()
    });
    let open = |part: &Part<'_>| {
        let unknown = part.world.vars().iter().any(|(name, var)| var.value.is_unknown() && is_place(name));
        unknown
            || part.unseen.is_some()
            || part.host == Host::Machine
            || part.host == Host::Container && part.world.is_open()
    };
    let all = !planned.units.is_empty() && planned.units.iter().all(|unit| seen(&unit.runs));
    if planned.environment.role == Role::Production || !all || !followed || ours().next().is_none() || ours().any(open)
    {
        return None;
    }
    let jobs = planned.units.iter().any(|unit| matches!(unit.runs, Runs::Job { .. }));
    if jobs && starts_more(context) {
        return None;
    }
    let anchor = planned.environment.because.first().map(|evidence| evidence.span)?;
    let mut names: Vec<String> = parts.iter().map(|part| part.name.to_lowercase()).collect();
    let images = parts.iter().filter_map(|part| part.image.as_ref()?.reference.one().cloned());
    names.extend(images);
    // A client is what the program asks the service with; it starts none.
    let starts = |name: &&String| !services::is_client(name) || services::package_emulates(name).is_some();
    names.extend(parts.iter().flat_map(|part| part.installs.packages.keys().filter(starts).cloned()));
    names.extend(parts.iter().flat_map(|part| &part.commands).map(|(argv, _)| argv.join(" ")));
    if jobs {
        names.extend(
            planned
                .environment
                .files
                .iter()
                .filter_map(|file| context.repository.tree.text(*file).ok())
                .map(str::to_owned),
        );
    }
    let chosen = loaded.filter(|loaded| loaded.selected);
    let settings = chosen.map(|_| files(parts, chosen));
    let components = ours().map(|part| built(part, context.repository.tree)).collect();
    Some(Have { used: used.to_vec(), declared: declared.to_vec(), settings, names, components, anchor })
}

/// Whether a variable's name says that it tells where something is.
fn is_place(name: &str) -> bool {
    ["URL", "URI", "HOST", "DSN", "BROKER", "SERVER", "ADDR"].iter().any(|word| name.contains(word))
}

/// Whether commands or tests may start services that no file declares.
fn starts_more(context: &Context<'_, '_>) -> bool {
    let tree = context.repository.tree;
    let words = ["docker run", "docker start", "testcontainers", "pytest-docker", "pytest_docker", "docker-services"];
    let speaks = |file: &FileId| tree.text(*file).is_ok_and(|text| words.iter().any(|word| text.contains(word)));
    let kinds = [Kind::Workflow, Kind::Makefile, Kind::Shell, Kind::Project, Kind::Requirements, Kind::Lock];
    let fixtures = tree.files().filter(|(_, path)| paths::name(path) == "conftest.py").map(|(file, _)| file);
    kinds.iter().flat_map(|kind| context.repository.of(*kind).iter().copied()).chain(fixtures).any(|file| speaks(&file))
}

/// States what an environment lacks of what production uses.
pub(super) fn state(statements: &mut Statements, have: &Have, wants: &[Want]) {
    for want in wants {
        let Some((place, certainty)) = lacks(have, want) else { continue };
        let origin = Origin::set(place);
        let mut fact = statements.about(None, Dimension::Service, &want.role);
        fact.attr("lacks", Attr { certainty, ..Attr::text(&want.product, origin) });
    }
}

/// The place that shows that an environment lacks a service, if it surely does.
fn lacks(have: &Have, want: &Want) -> Option<(Span, Certainty)> {
    let same = match &have.settings {
        _ if !want.components.is_empty() => want.components.iter().any(|name| have.components.contains(name)),
        Some(files) => files.intersection(&want.settings).next().is_some(),
        None => false,
    };
    let speaks = |one: &Declared| services::wire_compatible(&one.product, &want.product) || one.emulates;
    let word = want.product.to_lowercase();
    let named = have.names.iter().any(|name| name.to_lowercase().contains(&word));
    if !same || named || have.declared.iter().any(speaks) {
        return None;
    }
    let tasks = have.used.iter().find(|one| one.role == "tasks").map(|one| &one.product);
    let eager = tasks.is_some_and(|product| product.one().is_none_or(|product| product != "queue"));
    if eager && ["broker", "result-backend"].contains(&want.role.as_str()) {
        return None;
    }
    let Some(used) = have.used.iter().find(|one| one.role == want.role) else {
        return Some((have.anchor, Certainty::Stated));
    };
    let alike = match &used.product {
        Known::One(product) => services::wire_compatible(product, &want.product),
        _ => false,
    };
    let unserved = alike && used.host.as_ref().is_some_and(|host| is_near(host, &have.declared));
    unserved.then(|| Some((used.origin.primary()?, used.certainty.clone()))).flatten()
}
