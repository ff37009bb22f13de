//! What Compose refuses of a project that was read.

use super::load::Loader;
use super::scalar::Kind;
use super::value::{Data, Node};
use super::{Project, Service, shapes};
use crate::model::{Known, Problem, Spanned};

/// The sections of a file.
const SECTIONS: [&str; 9] =
    ["version", "name", "include", "services", "networks", "volumes", "secrets", "configs", "models"];

/// Keys of a service whose values are texts.
const TEXTS: &str = "cgroup cgroup_parent container_name cpuset domainname hostname image ipc isolation mac_address \
    network_mode platform pull_policy pull_refresh_after restart runtime stop_grace_period stop_signal user userns_mode \
    uts working_dir";
/// Keys whose values are lists.
const LISTS: &str = "cap_add cap_drop device_cgroup_rules devices dns_opt expose external_links group_add links ports \
    post_start pre_start pre_stop profiles security_opt volumes volumes_from";
/// Keys whose values are yes or no.
const SWITCHES: &str = "init oom_kill_disable privileged read_only stdin_open tty";
/// Keys whose values are commands.
const COMMANDS: &str = "command entrypoint";
/// Keys whose values take several shapes.
const OTHERS: &str = "annotations attach blkio_config build configs cpu_count cpu_percent cpu_period cpu_quota \
    cpu_rt_period cpu_rt_runtime cpu_shares cpus credential_spec depends_on deploy develop dns dns_search env_file \
    environment extends extra_hosts gpus healthcheck label_file labels logging mem_limit mem_reservation mem_swappiness \
    memswap_limit models networks oom_score_adj pid pids_limit provider scale secrets shm_size storage_opt sysctls \
    tmpfs ulimits use_api_socket";
/// Keys of a build whose values are texts.
const BUILD_TEXTS: &str = "context dockerfile dockerfile_inline isolation network target";
/// Other keys of a build.
const BUILD_OTHERS: &str = "additional_contexts args cache_from cache_to entitlements extra_hosts labels no_cache \
    no_cache_filter platforms privileged provenance pull sbom secrets shm_size ssh tags ulimits";
/// Durations of a health check.
const DURATIONS: [&str; 4] = ["interval", "timeout", "start_period", "start_interval"];

fn among(list: &str, key: &str) -> bool {
    list.split_ascii_whitespace().any(|known| known == key)
}

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
    if root.entries().is_empty() {
        loader.error(root.span, "empty compose file");
    }
}

fn is_text(node: &Node) -> bool {
    node.scalar().is_some_and(|scalar| scalar.kind == Kind::Text)
}

/// Whether a scalar says yes or no; a text that is not decided may.
fn is_switch(node: &Node) -> bool {
    let words = ["true", "false", "y", "yes", "on", "n", "no", "off"];
    node.scalar()
        .is_some_and(|scalar| scalar.unknown.is_some() || words.contains(&scalar.text.to_ascii_lowercase().as_str()))
}

fn is_whole(node: &Node) -> bool {
    node.scalar().is_some_and(|scalar| scalar.unknown.is_some() || scalar.text.parse::<i64>().is_ok())
}

/// Looks at the types of what a service says.
pub(super) fn service(loader: &mut Loader<'_>, name: &Spanned<String>, node: &Node) {
    let shaped = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if name.value.is_empty() || !name.value.chars().all(shaped) {
        loader.error(name.span, format!("{} is no name for a service", name.value));
    }
    for (key, value) in node.entries() {
        let key_text = key.value.as_str();
        let text = among(TEXTS, key_text);
        let list = among(LISTS, key_text);
        let command = among(COMMANDS, key_text);
        let switch = among(SWITCHES, key_text);
        if !(text || list || command || switch || among(OTHERS, key_text) || key_text.starts_with("x-")) {
            loader.error(key.span, format!("a service knows no key {key_text}"));
        }
        let mixed = matches!(key_text, "environment" | "labels" | "depends_on" | "networks");
        let wrong = match &value.data {
            Data::Null => text || list || switch || matches!(key_text, "build" | "environment" | "depends_on"),
            Data::Scalar(_) => {
                list || mixed
                    || (text || command) && !is_text(value)
                    || switch && !is_switch(value)
                    || key_text == "scale" && !is_whole(value)
            }
            Data::Seq(items) => text || switch || command && !items.iter().all(is_text),
            Data::Map(_) => text || list || switch || command,
        };
        if wrong {
            loader.error(
                value.span,
                format!("{key_text} of service {} is not of the type that Compose expects", name.value),
            );
        }
    }
    for (key, value) in node.get("environment").map(Node::entries).unwrap_or_default() {
        if !matches!(value.data, Data::Null | Data::Scalar(_)) {
            loader.error(value.span, format!("the variable {} is not a text", key.value));
        }
    }
    if let Some(needed) = node.get("depends_on") {
        for (key, value) in needed.entries() {
            if value.get("condition").is_none() {
                loader.error(key.span, format!("on what of {} does {} depend?", key.value, name.value));
            }
        }
    }
    amounts(loader, &name.value, node);
    build(loader, node.get("build"));
    healthcheck(loader, node.get("healthcheck"));
}

/// Looks at how long a service may take to stop, and how many of it run.
fn amounts(loader: &mut Loader<'_>, name: &str, node: &Node) {
    let grace = node.get("stop_grace_period").filter(|node| is_text(node));
    if let Some(node) = grace.filter(|node| node.one().is_some_and(|text| shapes::seconds(text).is_none())) {
        loader.error(node.span, format!("the grace period of service {name} is no duration"));
    }
    let scale = node.get("scale");
    let replicas = node.get("deploy").and_then(|deploy| deploy.get("replicas"));
    if let (Some(scale), Some(replicas)) = (scale, replicas)
        && scale.one().zip(replicas.one()).is_some_and(|(a, b)| a != b)
    {
        loader.error(scale.span, format!("service {name} says twice how many run, and not the same"));
    }
}

fn build(loader: &mut Loader<'_>, node: Option<&Node>) {
    for (key, value) in node.map(Node::entries).unwrap_or_default() {
        let text = among(BUILD_TEXTS, &key.value);
        if !text && !among(BUILD_OTHERS, &key.value) && !key.value.starts_with("x-") {
            loader.error(key.span, format!("a build knows no key {}", key.value));
        }
        if text && !is_text(value) {
            loader.error(value.span, format!("{} of a build must be a text", key.value));
        }
    }
}

fn healthcheck(loader: &mut Loader<'_>, node: Option<&Node>) {
    for (key, value) in node.map(Node::entries).unwrap_or_default() {
        let fine = match key.value.as_str() {
            "test" => match &value.data {
                Data::Seq(items) => items.iter().all(is_text),
                _ => is_text(value),
            },
            "disable" => is_switch(value),
            "retries" => is_whole(value),
            name if DURATIONS.contains(&name) => {
                let unknown = value.scalar().is_some_and(|scalar| scalar.unknown.is_some());
                is_text(value) && (unknown || value.one().and_then(shapes::seconds).is_some())
            }
            name => name.starts_with("x-"),
        };
        if !fine {
            loader.error(value.span, format!("{} of a health check is not as Compose expects it", key.value));
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
                errors.push(Problem::new(
                    dependency.span,
                    format!("service {name} depends on {needed}, which is not there"),
                ));
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
            open.extend(
                project
                    .services
                    .get(name)
                    .into_iter()
                    .flat_map(|service| service.depends_on.keys().map(String::as_str)),
            );
        }
    }
    false
}
