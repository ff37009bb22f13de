//! From merged values to typed services.

use std::collections::{BTreeMap, BTreeSet};

use super::load::Loader;
use super::merge::{as_names, as_pairs};
use super::scalar::Kind;
use super::value::{Data, Node};
use super::{
    BuildSpec, Dependency, Field, Healthcheck, Mount, Port, Service, check, environment, locate, shapes, words,
};
use crate::formats::Var;
use crate::model::{Certainty, Known, Spanned};

/// Fills the project.
pub(super) fn project(loader: &mut Loader<'_>, root: &Node) {
    check::root(loader, root);
    for (key, node) in root.get("services").map(Node::entries).unwrap_or_default() {
        if node.entries().is_empty() && !matches!(node.data, Data::Map(_)) {
            loader.error(key.span, format!("service {} must be a mapping", key.value));
            continue;
        }
        check::service(loader, key, node);
        let service = service(loader, key, node);
        loader.project.services.insert(key.value.clone(), service);
    }
    let names = |key: &str| -> BTreeSet<String> {
        root.get(key).map(|node| node.entries().iter().map(|(key, _)| key.value.clone()).collect()).unwrap_or_default()
    };
    loader.project.volumes = names("volumes");
    loader.project.networks = names("networks");
    loader.project.secrets = names("secrets");
    loader.project.configs = names("configs");
}

fn text_field(node: Option<&Node>) -> Option<Field<String>> {
    let node = node?;
    let scalar = node.scalar()?;
    Some(Field { value: scalar.known(), certainty: scalar.certainty.clone(), origin: node.origin() })
}

fn path_field(node: Option<&Node>, folders: &[String]) -> Option<Field<String>> {
    let field = text_field(node)?;
    Some(Field { value: locate::known(node?, folders), ..field })
}

/// A command: a text is split, a list is taken as it is; an empty one is none.
fn command_field(loader: &mut Loader<'_>, node: Option<&Node>) -> Option<Field<Vec<String>>> {
    let node = node?;
    let (mut value, mut certainty) = (Vec::new(), Certainty::Stated);
    match &node.data {
        Data::Null | Data::Map(_) => return None,
        Data::Scalar(scalar) => {
            certainty = scalar.certainty.clone();
            if let Some(reason) = &scalar.unknown {
                return Some(Field { value: Known::Unknown(reason.clone()), certainty, origin: node.origin() });
            }
            match words::split(&scalar.text) {
                Some(words) => value = words,
                None => loader.error(node.span, "a quote is left open"),
            }
        }
        Data::Seq(items) => {
            for scalar in items.iter().filter_map(Node::scalar) {
                certainty = certainty.and(&scalar.certainty);
                if let Some(reason) = &scalar.unknown {
                    return Some(Field { value: Known::Unknown(reason.clone()), certainty, origin: node.origin() });
                }
                value.push(scalar.text.clone());
            }
        }
    }
    Some(Field { value: Known::One(value), certainty, origin: node.origin() })
}

fn ports(loader: &mut Loader<'_>, node: &Node) -> Vec<Port> {
    let mut found: Vec<(Port, bool)> = Vec::new();
    for item in node.items() {
        // Compose tells a published number from the same text.
        let number = item.get("published").and_then(Node::scalar).is_some_and(|scalar| scalar.kind == Kind::Int);
        match shapes::ports(item) {
            Ok(ports) => {
                for port in ports {
                    let key = |port: &Port| {
                        let host = port.host_ip.clone().unwrap_or_else(|| "0.0.0.0".into());
                        (host, port.published.clone(), port.target, port.protocol.clone())
                    };
                    match found.iter_mut().find(|(known, other)| *other == number && key(known) == key(&port)) {
                        Some(known) => known.0 = port,
                        None => found.push((port, number)),
                    }
                }
            }
            Err(message) => loader.error(item.span, message),
        }
    }
    found.into_iter().map(|(port, _)| port).collect()
}

fn mounts(loader: &mut Loader<'_>, node: &Node) -> Vec<Mount> {
    let mut found: Vec<Mount> = Vec::new();
    for item in node.items() {
        let folder = loader.folders.get(item.folder).cloned().unwrap_or_default();
        match shapes::mount(item, &folder) {
            Ok(Some(mount)) => match found.iter_mut().find(|known| known.target == mount.target) {
                Some(known) => *known = mount,
                None => found.push(mount),
            },
            Ok(None) => {}
            Err(message) => loader.error(item.span, message),
        }
    }
    found
}

fn texts(node: Option<&Node>) -> BTreeSet<String> {
    node.map(|node| node.items().iter().filter_map(|item| item.one().map(str::to_owned)).collect()).unwrap_or_default()
}

/// The names that `secrets` or `configs` use.
fn sources(node: Option<&Node>) -> BTreeSet<String> {
    let items = node.map(Node::items).unwrap_or_default();
    items.iter().filter_map(|item| item.get("source").unwrap_or(item).one().map(str::to_owned)).collect()
}

fn service(loader: &mut Loader<'_>, key: &Spanned<String>, node: &Node) -> Service {
    let text = |name: &str| text_field(node.get(name));
    let replicas = node.get("deploy").and_then(|deploy| deploy.get("replicas")).or_else(|| node.get("scale"));
    let mut secrets = sources(node.get("secrets"));
    secrets.extend(sources(node.get("build").and_then(|build| build.get("secrets"))));
    Service {
        name: key.clone(),
        image: text("image"),
        build: node.get("build").and_then(|node| build(loader, node)),
        command: command_field(loader, node.get("command")),
        entrypoint: command_field(loader, node.get("entrypoint")),
        environment: environment::of(loader, &key.value, node),
        ports: node.get("ports").map(|node| ports(loader, node)).unwrap_or_default(),
        expose: texts(node.get("expose")),
        volumes: node.get("volumes").map(|node| mounts(loader, node)).unwrap_or_default(),
        depends_on: dependencies(node),
        healthcheck: node.get("healthcheck").filter(|node| !node.is_null()).map(healthcheck),
        profiles: texts(node.get("profiles")),
        networks: networks(node),
        network_mode: text("network_mode"),
        secrets,
        configs: sources(node.get("configs")),
        restart: text("restart"),
        user: text("user"),
        working_dir: text("working_dir"),
        platform: text("platform"),
        replicas: replicas.and_then(Node::one).and_then(|text| text.parse().ok()),
        provided: node.get("provider").is_some(),
    }
}

/// The networks; `default` where nothing else is said.
fn networks(node: &Node) -> BTreeSet<String> {
    if node.get("network_mode").is_some_and(|mode| !mode.is_null()) || node.get("provider").is_some() {
        return node.get("networks").map(as_names).unwrap_or_default().into_iter().map(|(key, _)| key.value).collect();
    }
    let named: BTreeSet<String> =
        node.get("networks").map(as_names).unwrap_or_default().into_iter().map(|(key, _)| key.value).collect();
    if named.is_empty() { BTreeSet::from(["default".to_owned()]) } else { named }
}

fn build(loader: &Loader<'_>, node: &Node) -> Option<BuildSpec> {
    let context = match &node.data {
        Data::Scalar(_) => path_field(Some(node), &loader.folders)?,
        Data::Map(_) => path_field(node.get("context"), &loader.folders).unwrap_or_else(|| Field {
            value: Known::One(locate::locate(&loader.options.project_dir, ".")),
            certainty: Certainty::Stated,
            origin: node.origin(),
        }),
        _ => return None,
    };
    let mut args = BTreeMap::new();
    for (name, value) in node.get("args").map(as_pairs).unwrap_or_default() {
        let var = match &value.data {
            Data::Scalar(scalar) => {
                Some(Var { value: scalar.known(), certainty: scalar.certainty.clone(), origin: value.origin() })
            }
            _ => Some(loader.options.env.get(&name.value)).filter(|var| var.value != Known::Absent),
        };
        args.insert(name.value, var);
    }
    let contexts = node.get("additional_contexts").map(as_pairs).unwrap_or_default();
    let located =
        |(key, node): (Spanned<String>, Node)| Some((key.value, locate::known(&node, &loader.folders).one()?.clone()));
    let filled =
        |name: &str| text_field(node.get(name)).filter(|field| field.value.one().is_none_or(|text| !text.is_empty()));
    Some(BuildSpec {
        context,
        dockerfile: filled("dockerfile"),
        dockerfile_inline: filled("dockerfile_inline"),
        target: filled("target"),
        args,
        additional_contexts: contexts.into_iter().filter_map(located).collect(),
    })
}

/// Services that must be there first: named, linked, or shared with.
fn dependencies(node: &Node) -> BTreeMap<String, Dependency> {
    let mut found = BTreeMap::new();
    for (key, node) in node.get("depends_on").map(as_names).unwrap_or_default() {
        let condition = node.get("condition").and_then(Node::one).unwrap_or("service_started").to_owned();
        let required = node.get("required").is_none_or(Node::is_true);
        found.insert(key.value, Dependency { condition, required, span: key.span });
    }
    let mut implied = |name: &str, span| {
        let started = Dependency { condition: "service_started".into(), required: true, span };
        found.entry(name.to_owned()).or_insert(started);
    };
    for link in node.get("links").map(Node::items).unwrap_or_default() {
        if let Some(text) = link.one() {
            let parts: Vec<&str> = text.split(':').collect();
            implied(if parts.len() == 2 { parts[0] } else { text }, link.span);
        }
    }
    for shared in ["network_mode", "ipc", "pid", "uts", "cgroup"].iter().filter_map(|name| node.get(name)) {
        if let Some(name) = shared.one().and_then(|text| text.strip_prefix("service:")) {
            implied(name, shared.span);
        }
    }
    for from in node.get("volumes_from").map(Node::items).unwrap_or_default() {
        if let Some(text) = from.one().filter(|text| !text.starts_with("container:")) {
            implied(text.split(':').next().unwrap_or_default(), from.span);
        }
    }
    found
}

fn healthcheck(node: &Node) -> Healthcheck {
    let test = node.get("test").and_then(|test| match &test.data {
        Data::Scalar(_) => test.one().map(|text| vec!["CMD-SHELL".to_owned(), text.to_owned()]),
        Data::Seq(items) => items.iter().map(|item| item.one().map(str::to_owned)).collect(),
        _ => None,
    });
    let mut seconds = BTreeMap::new();
    for name in ["interval", "timeout", "start_period", "start_interval"] {
        if let Some(value) = node.get(name).and_then(Node::one).and_then(shapes::seconds) {
            seconds.insert(name, value);
        }
    }
    Healthcheck {
        disable: node.get("disable").is_some_and(Node::is_true),
        test,
        retries: node.get("retries").and_then(Node::one).and_then(|text| text.parse().ok()),
        seconds,
        span: Some(node.span),
    }
}
