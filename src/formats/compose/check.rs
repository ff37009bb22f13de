//! What Compose refuses of a project that was read, because its parts do not go together.

use std::collections::{BTreeMap, BTreeSet};

use super::short::is_address;
use super::units::bytes;
use super::value::Node;
use super::{Project, Service};
use crate::model::{Known, Problem, Span};

type Errors = Vec<(Span, String)>;

/// Looks at what stands by itself: volumes, secrets, configs, addresses of ports, devices.
pub(super) fn resources(root: &Node) -> Errors {
    let mut errors = Errors::new();
    for (section, kinds) in
        [("configs", &["file", "environment", "content"][..]), ("secrets", &["file", "environment"])]
    {
        for (key, node) in root.get(section).map(Node::entries).unwrap_or_default() {
            let count = kinds.iter().filter(|kind| node.get(kind).is_some()).count();
            let elsewhere = node.get("driver").is_some() || node.get("external").is_some();
            if count > 1 || count == 0 && !elsewhere {
                errors.push((key.span, format!("{} needs one of {}", key.value, kinds.join(", "))));
            }
        }
    }
    for (key, node) in root.get("volumes").map(Node::entries).unwrap_or_default() {
        let other = |key: &str| !matches!(key, "name" | "external") && !key.starts_with("x-");
        let own = node.entries().iter().any(|(key, _)| other(&key.value));
        if own && node.get("external").is_some_and(Node::is_true) {
            errors.push((key.span, format!("the volume {} is external, so it has nothing but a name", key.value)));
        }
    }
    for (_, service) in root.get("services").map(Node::entries).unwrap_or_default() {
        for port in service.get("ports").map(Node::items).unwrap_or_default() {
            if port.get("host_ip").and_then(Node::one).is_some_and(|address| !is_address(address)) {
                errors.push((port.span, "not an IP address".to_owned()));
            }
        }
        let reserved = ["deploy", "resources", "reservations", "devices"];
        let reserved = reserved.iter().try_fold(service, |node, key| node.get(key));
        for devices in [reserved, service.get("gpus")].into_iter().flatten() {
            for device in devices.items() {
                if device.get("count").is_some() && device.get("device_ids").is_some() {
                    errors.push((device.span, "devices have a count or ids".to_owned()));
                }
            }
        }
        let watched = service.get("develop").and_then(|develop| develop.get("watch"));
        for trigger in watched.map(Node::items).unwrap_or_default() {
            if trigger.get("path").and_then(Node::one) == Some("") {
                errors.push((trigger.span, "what is watched needs a path".to_owned()));
            }
        }
    }
    errors
}

/// Looks at what services refer to. Only services that are on count.
pub(super) fn project(project: &mut Project, root: &Node) {
    let mut errors = Errors::new();
    let services = root.get("services").map(Node::entries).unwrap_or_default();
    let with_default = project.services.values().chain(project.inactive.values());
    let default = with_default.into_iter().any(|service| !service.provided && service.networks.contains("default"));
    let mut names: BTreeMap<&str, &str> = BTreeMap::new();
    for (key, node) in services {
        for name in ["network_mode", "ipc", "pid", "uts", "cgroup"] {
            if node.get(name).is_some_and(Node::is_null) {
                errors.push((key.span, format!("{name} of service {} is empty", key.value)));
            }
        }
        for node in [node.get("extra_hosts"), node.get("build").and_then(|build| build.get("extra_hosts"))] {
            hosts(node, &mut errors);
        }
        let Some(service) = project.services.get(&key.value) else { continue };
        let mut one = One { name: &key.value, span: key.span, node, service, project, root, errors: &mut errors };
        one.image_and_build();
        one.networks(default);
        one.grants();
        one.depends_on();
        one.amounts();
        one.mounts();
        let container = node.get("container_name").and_then(Node::one).filter(|name| !name.is_empty());
        if let Some(other) = container.and_then(|container| names.insert(container, &key.value)) {
            errors.push((key.span, format!("{} has the container name of {other}", key.value)));
        }
    }
    for (key, node) in root.get("secrets").map(Node::entries).unwrap_or_default() {
        let named = node.get("environment").and_then(Node::scalar).is_some_and(|scalar| !scalar.text.is_empty());
        let outside = node.get("external").is_some_and(Node::is_true);
        if node.is_map() && !outside && node.get("file").is_none() && !named {
            errors.push((key.span, format!("the secret {} is neither of a file nor of a variable", key.value)));
        }
    }
    for (name, service) in &project.services {
        if reaches(project, service, name) {
            errors.push((service.name.span, format!("service {name} depends on itself")));
        }
    }
    project.errors.extend(errors.into_iter().map(|(span, message)| Problem::new(span, message)));
}

/// Hosts have a name without `:` and `=`, and an address.
fn hosts(node: Option<&Node>, errors: &mut Errors) {
    let Some(node) = node else { return };
    for item in node.items() {
        let Some(text) = item.scalar().map(|scalar| scalar.text.as_str()) else { continue };
        let parts = text.split_once('=').or_else(|| text.split_once(':'));
        if parts.is_none_or(|(name, _)| name.is_empty() || name.contains(':')) {
            errors.push((item.span, "a host is `name=address`".to_owned()));
        }
    }
    for (key, _) in node.entries().iter().filter(|(key, _)| key.value.is_empty() || key.value.contains([':', '='])) {
        errors.push((key.span, "a name of a host holds no `:` or `=`".to_owned()));
    }
}

/// One service that is on.
struct One<'a> {
    name: &'a str,
    span: Span,
    node: &'a Node,
    service: &'a Service,
    project: &'a Project,
    root: &'a Node,
    errors: &'a mut Errors,
}

impl One<'_> {
    fn refuse(&mut self, message: impl AsRef<str>) {
        self.errors.push((self.span, format!("service {} {}", self.name, message.as_ref())));
    }

    fn filled(&self, name: &str) -> bool {
        self.node.get(name).and_then(Node::scalar).is_some_and(|scalar| !scalar.text.is_empty())
    }

    fn declared(&self, section: &str, name: &str) -> bool {
        self.root.get(section).is_some_and(|section| section.get(name).is_some())
    }

    fn image_and_build(&mut self) {
        let build = self.node.get("build");
        if !self.filled("image") && build.is_none() && !self.service.provided {
            self.refuse("has neither an image nor a build");
        }
        let Some(build) = build else { return };
        let filled = |name: &str| build.get(name).and_then(Node::scalar).is_some_and(|scalar| !scalar.text.is_empty());
        if filled("dockerfile") && filled("dockerfile_inline") {
            self.refuse("has two Dockerfiles");
        }
        for (key, context) in build.get("additional_contexts").map(Node::entries).unwrap_or_default() {
            let Some(target) = context.one().and_then(|text| text.strip_prefix("service:")) else { continue };
            if self.project.services.get(target).is_none_or(|service| service.build.is_none()) {
                self.refuse(format!("has no service {target} for its context {}", key.value));
            }
        }
        let platforms: Vec<&str> =
            build.get("platforms").map(Node::items).unwrap_or_default().iter().filter_map(Node::one).collect();
        let wanted = self.node.get("platform").and_then(Node::one).filter(|platform| !platform.is_empty());
        if wanted.is_some_and(|wanted| !platforms.is_empty() && !platforms.contains(&wanted)) {
            self.refuse("is not built for the platform that it runs on");
        }
    }

    fn networks(&mut self, default: bool) {
        let mode = self.service.network_mode.as_ref().is_some_and(|mode| mode.value != Known::One(String::new()));
        if mode && !self.service.networks.is_empty() {
            self.refuse("has networks and a network mode");
        }
        for network in &self.service.networks {
            if !(self.declared("networks", network) || default && network == "default") {
                self.refuse(format!("uses the network {network}, which is not declared"));
            }
        }
        let mode = self.node.get("network_mode").and_then(Node::one);
        if let Some(shared) = mode.and_then(|mode| mode.strip_prefix("service:"))
            && !self.project.services.contains_key(shared)
        {
            self.refuse(format!("shares the network of {shared}, which is not there"));
        }
    }

    fn grants(&mut self) {
        for mount in self.service.volumes.iter().filter(|mount| mount.kind == "volume") {
            if let Some(volume) = mount.source.as_ref().filter(|volume| !self.declared("volumes", volume)) {
                self.refuse(format!("uses the volume {volume}, which is not declared"));
            }
        }
        for (section, used) in [("secrets", &self.service.secrets), ("configs", &self.service.configs)] {
            for name in used.iter().filter(|name| !self.declared(section, name)).collect::<Vec<_>>() {
                self.refuse(format!("uses {name}, which is not declared"));
            }
        }
        for (key, _) in self.node.get("models").map(Node::entries).unwrap_or_default() {
            if !self.declared("models", &key.value) {
                self.refuse(format!("uses the model {}, which is not declared", key.value));
            }
        }
    }

    fn depends_on(&mut self) {
        for (needed, dependency) in &self.service.depends_on {
            let off = self.project.inactive.contains_key(needed) && !dependency.required;
            if !self.project.services.contains_key(needed) && !off {
                let message = format!("service {} depends on {needed}, which is not there", self.name);
                self.errors.push((dependency.span, message));
            }
        }
        let test =
            self.service.healthcheck.as_ref().and_then(|check| check.test.as_ref()).and_then(|test| test.first());
        if test.is_some_and(|first| !matches!(first.as_str(), "CMD" | "CMD-SHELL" | "NONE")) {
            self.refuse("has a health check that does not begin with CMD, CMD-SHELL or NONE");
        }
    }

    fn amounts(&mut self) {
        let whole =
            |node: Option<&Node>| node.and_then(Node::one).and_then(|text| text.parse::<f64>().ok()).map(f64::trunc);
        let deploy = self.node.get("deploy").filter(|deploy| deploy.is_map());
        let scale = whole(self.node.get("scale"));
        let replicas = whole(deploy.and_then(|deploy| deploy.get("replicas")));
        if scale.is_some() && replicas.is_some() && scale != replicas {
            self.refuse("says twice how many run, and not the same");
        }
        if scale.or(replicas).is_some_and(|count| count < 0.0) {
            self.refuse("cannot run less than never");
        }
        if scale.or(replicas).is_some_and(|count| count > 1.0) && self.filled("container_name") {
            self.refuse("runs more than once under one name of a container");
        }
        let resources = deploy.and_then(|deploy| deploy.get("resources"));
        let limits = resources.and_then(|resources| resources.get("limits")).filter(|limits| limits.is_map());
        let reserved = resources.and_then(|resources| resources.get("reservations")).filter(|some| some.is_map());
        let pairs = [
            ("cpus", limits, "cpus"),
            ("mem_limit", limits, "memory"),
            ("mem_reservation", reserved, "memory"),
            ("pids_limit", limits, "pids"),
        ];
        for (key, section, name) in pairs {
            let Some(section) = section else { continue };
            let unknown = [self.node.get(key), section.get(name)].into_iter().flatten();
            if unknown.into_iter().any(|node| node.scalar().is_some_and(|scalar| scalar.unknown.is_some())) {
                continue;
            }
            let (own, other) = (amount(self.node.get(key)), amount(section.get(name)));
            if own.is_some_and(|own| own != 0.0) && own != Some(other.unwrap_or_default()) {
                self.refuse(format!("says two things of {key}"));
            }
        }
    }

    fn mounts(&mut self) {
        let watched = self.node.get("develop").and_then(|develop| develop.get("watch"));
        for trigger in watched.map(Node::items).unwrap_or_default() {
            let target = trigger.get("target").and_then(Node::scalar).is_some_and(|target| !target.text.is_empty());
            let action = trigger.get("action").and_then(Node::one);
            if !target && !matches!(action, None | Some("rebuild" | "restart")) {
                self.refuse("watches something without a target");
            }
        }
        let mut known: BTreeSet<String> = BTreeSet::new();
        let memory = self.node.get("tmpfs").map(Node::list).unwrap_or_default().iter().filter_map(Node::one);
        let memory = memory.map(|text| text.split(':').next().unwrap_or_default().to_owned());
        let mounted = self.service.volumes.iter().map(|mount| mount.target.clone());
        for target in memory.chain(mounted).collect::<Vec<_>>() {
            if !known.insert(target.clone()) {
                self.refuse(format!("mounts two things at {target}"));
            }
        }
    }
}

/// A number, or an amount of memory; as precise as Compose takes a share of a processor.
fn amount(node: Option<&Node>) -> Option<f64> {
    let text = node?.one()?;
    if let Ok(number) = text.parse::<f32>() {
        return Some(f64::from(number));
    }
    #[expect(clippy::cast_precision_loss, reason = "both sides lose the same")]
    bytes(text).map(|bytes| bytes as f64)
}

/// Whether a service needs another, however far away.
fn reaches(project: &Project, from: &Service, wanted: &str) -> bool {
    let mut open: Vec<&str> = from.depends_on.keys().map(String::as_str).collect();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    while let Some(name) = open.pop() {
        if name == wanted {
            return true;
        }
        if seen.insert(name) {
            let next = project.services.get(name).into_iter().flat_map(|service| service.depends_on.keys());
            open.extend(next.map(String::as_str));
        }
    }
    false
}
