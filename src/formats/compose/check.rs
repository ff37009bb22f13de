//! What Compose refuses of a project that was read.

use super::load::Loader;
use super::scalar::Kind;
use super::value::{Data, Node};
use super::{Project, Service};
use crate::model::{Known, Problem};

/// The sections of a file.
const SECTIONS: [&str; 9] =
    ["version", "name", "include", "services", "networks", "volumes", "secrets", "configs", "models"];

/// Keys of a service whose values are texts.
const TEXTS: [&str; 16] = [
    "image", "user", "working_dir", "restart", "platform", "container_name", "hostname", "domainname", "network_mode",
    "pid", "ipc", "uts", "stop_signal", "stop_grace_period", "pull_policy", "runtime",
];

/// Keys of a service whose values are lists.
const LISTS: [&str; 10] = [
    "ports", "volumes", "expose", "profiles", "links", "external_links", "cap_add", "cap_drop", "security_opt", "devices",
];

/// Looks at the sections of a file.
pub(super) fn root(loader: &mut Loader<'_>, root: &Node) {
    for (key, node) in root.entries() {
        if !SECTIONS.contains(&key.value.as_str()) && !key.value.starts_with("x-") {
            loader.error(key.span, format!("no section {} is known", key.value));
        }
        let mapping = matches!(node.data, Data::Map(_) | Data::Null);
        if !mapping && SECTIONS[3..].contains(&key.value.as_str()) {
            loader.error(node.span, format!("{} must be a mapping", key.value));
        }
    }
}

fn is_text(node: &Node) -> bool {
    node.scalar().is_some_and(|scalar| scalar.kind == Kind::Text)
}

/// Looks at the types of what a service says.
pub(super) fn service(loader: &mut Loader<'_>, name: &str, node: &Node) {
    for (key, value) in node.entries() {
        let text = TEXTS.contains(&key.value.as_str());
        let list = LISTS.contains(&key.value.as_str());
        let words = matches!(key.value.as_str(), "command" | "entrypoint");
        let wrong = match &value.data {
            Data::Null => text || list,
            Data::Scalar(_) => list || (text || words) && !is_text(value),
            Data::Seq(items) => text || words && !items.iter().all(is_text),
            Data::Map(_) => text || list || words,
        };
        if wrong {
            loader.error(value.span, format!("{} of service {name} is not of the type that Compose expects", key.value));
        }
    }
    for (key, value) in node.get("environment").map(Node::entries).unwrap_or_default() {
        if !matches!(value.data, Data::Null | Data::Scalar(_)) {
            loader.error(value.span, format!("the variable {} is not a text", key.value));
        }
    }
}

/// Looks at what services refer to. Only services that are on count.
pub(super) fn project(project: &mut Project) {
    let mut errors = Vec::new();
    for (name, service) in &project.services {
        let span = service.name.span;
        let mut refuse = |message: String| errors.push(Problem::new(span, message));
        let image = service.image.as_ref().is_some_and(|image| image.value.one().is_none_or(|text| !text.is_empty()));
        if !image && service.build.is_none() && !service.provided {
            refuse(format!("service {name} has neither an image nor a build"));
        }
        if service.build.as_ref().is_some_and(|build| build.dockerfile.is_some() && build.dockerfile_inline.is_some()) {
            refuse(format!("service {name} has two Dockerfiles"));
        }
        let mode = service.network_mode.as_ref().is_some_and(|mode| mode.value != Known::One(String::new()));
        if mode && !service.networks.is_empty() {
            refuse(format!("service {name} has networks and a network mode"));
        }
        for network in service.networks.iter().filter(|network| *network != "default") {
            if !project.networks.contains(network) {
                refuse(format!("service {name} uses the network {network}, which is not declared"));
            }
        }
        for mount in service.volumes.iter().filter(|mount| mount.kind == "volume") {
            if let Some(volume) = mount.source.as_ref().filter(|volume| !project.volumes.contains(*volume)) {
                refuse(format!("service {name} uses the volume {volume}, which is not declared"));
            }
        }
        for (declared, used) in [(&project.secrets, &service.secrets), (&project.configs, &service.configs)] {
            for missing in used.difference(declared) {
                refuse(format!("service {name} uses {missing}, which is not declared"));
            }
        }
        let test = service.healthcheck.as_ref().and_then(|check| check.test.as_ref()).and_then(|test| test.first());
        if test.is_some_and(|first| !matches!(first.as_str(), "CMD" | "CMD-SHELL" | "NONE")) {
            refuse(format!("the health check of {name} must begin with CMD, CMD-SHELL or NONE"));
        }
        for (needed, dependency) in &service.depends_on {
            let off = project.inactive.contains_key(needed) && !dependency.required;
            if !project.services.contains_key(needed) && !off {
                errors.push(Problem::new(dependency.span, format!("service {name} depends on {needed}, which is not there")));
            }
        }
    }
    for (name, service) in &project.services {
        if reaches(project, service, name) {
            errors.push(Problem::new(service.name.span, format!("service {name} depends on itself")));
        }
    }
    project.errors.extend(errors);
}

/// Whether a service needs another, however far away.
fn reaches(project: &Project, from: &Service, wanted: &str) -> bool {
    let mut open: Vec<&str> = from.depends_on.keys().map(String::as_str).collect();
    let mut seen: Vec<&str> = Vec::new();
    while let Some(name) = open.pop() {
        if name == wanted {
            return true;
        }
        if !seen.contains(&name) {
            seen.push(name);
            open.extend(project.services.get(name).into_iter().flat_map(|service| service.depends_on.keys().map(String::as_str)));
        }
    }
    false
}
