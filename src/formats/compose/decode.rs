//! From merged values to typed services.

use std::collections::{BTreeMap, BTreeSet};

use super::environment::{self, pairs};
use super::interpolate::UNKNOWN;
use super::load::Loader;
use super::scalar::Kind;
use super::value::{Data, Node, Scalar};
use super::{
    BuildSpec, CommandLine, Dependency, Field, Healthcheck, Mount, Port, Profiles, Service, locate, units, words,
};
use crate::formats::Var;
use crate::formats::shell::{HOLE, Word};
use crate::model::{Certainty, Known, Span, Spanned};

/// Fills the project.
pub(super) fn project(loader: &mut Loader<'_>, root: &Node) {
    for (key, node) in root.get("services").map(Node::entries).unwrap_or_default() {
        if !node.is_map() {
            continue;
        }
        let on = match &loader.options.profiles {
            _ if node.get("profiles").is_none_or(|profiles| profiles.items().is_empty()) => true,
            Profiles::All => true,
            Profiles::None => false,
            Profiles::Named(names) => names.contains("*") || !texts(node.get("profiles")).is_disjoint(names),
        };
        if on {
            environment::labels(loader, node);
        }
        let service = service(loader, key, node, on);
        let place = if on { &mut loader.project.services } else { &mut loader.project.inactive };
        place.insert(key.value.clone(), service);
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

/// A command: a text is split, a list is taken as it is; an empty one is none.
fn command_line(loader: &mut Loader<'_>, node: Option<&Node>) -> Option<CommandLine> {
    let node = node?;
    let mut all = Vec::new();
    let mut add = |text: String, scalar: &Scalar, span: Span| {
        let unknown = scalar.unknown.as_ref().filter(|_| text.contains(UNKNOWN));
        let raw = text.replace(UNKNOWN, HOLE);
        let text = unknown.map_or(Known::One(text), |reason| Known::Unknown(reason.clone()));
        all.push(Word { text, raw, span, certainty: scalar.certainty.clone() });
    };
    match &node.data {
        Data::Null | Data::Map(_) => return None,
        Data::Scalar(scalar) => {
            if scalar.kind != Kind::Text && scalar.unknown.is_none() {
                return None;
            }
            match words::split(&scalar.text) {
                Some(words) => words.into_iter().for_each(|word| add(word, scalar, node.span)),
                None => loader.error(node.span, "a quote is left open"),
            }
        }
        Data::Seq(items) => {
            for item in items {
                if let Some(scalar) = item.scalar() {
                    add(scalar.text.clone(), scalar, item.span);
                }
            }
        }
    }
    Some(CommandLine { words: all, origin: node.origin() })
}

fn number<T: std::str::FromStr>(node: &Node) -> Option<T> {
    let text = node.one()?;
    text.parse().ok().or_else(|| text.split_once('.')?.0.parse().ok())
}

fn ports(node: &Node) -> Vec<Port> {
    let of = |item: &Node| {
        // What a variable decides in part says so in its text.
        let part = |name: &str| item.get(name).and_then(Node::scalar).map(|scalar| scalar.text.clone());
        let filled = |name: &str| part(name).filter(|text| !text.is_empty());
        Some(Port {
            host_ip: filled("host_ip"),
            published: filled("published").filter(|text| !text.contains(UNKNOWN)),
            target: number(item.get("target")?)?,
            protocol: filled("protocol").unwrap_or_else(|| "tcp".to_owned()),
            span: item.span,
        })
    };
    node.items().iter().filter_map(of).collect()
}

fn mounts(node: &Node) -> Vec<Mount> {
    let of = |item: &Node| {
        let part = |name: &str| item.get(name).and_then(Node::one).filter(|text| !text.is_empty()).map(str::to_owned);
        let unknown = item.get("target").and_then(Node::scalar).is_some_and(|target| target.unknown.is_some());
        (!unknown).then(|| Mount {
            kind: part("type").unwrap_or_default(),
            source: part("source"),
            target: part("target").map(|target| locate::clean(&target)).unwrap_or_default(),
            read_only: item.get("read_only").is_some_and(Node::is_true),
            span: item.span,
        })
    };
    node.items().iter().filter_map(of).collect()
}

fn texts(node: Option<&Node>) -> BTreeSet<String> {
    node.map(|node| node.list().iter().filter_map(|item| item.one().map(str::to_owned)).collect()).unwrap_or_default()
}

/// The names that `secrets` or `configs` use.
fn sources(node: Option<&Node>) -> BTreeSet<String> {
    let items = node.map(Node::items).unwrap_or_default();
    let name = |item: &Node| {
        let name = if item.is_map() { item.get("source").map_or(Some(""), Node::one) } else { item.one() };
        name.map(str::to_owned)
    };
    items.iter().filter_map(name).collect()
}

fn service(loader: &mut Loader<'_>, key: &Spanned<String>, node: &Node, on: bool) -> Service {
    let text = |name: &str| text_field(node.get(name));
    let replicas = node.get("deploy").and_then(|deploy| deploy.get("replicas")).or_else(|| node.get("scale"));
    let mut secrets = sources(node.get("secrets"));
    secrets.extend(sources(node.get("build").and_then(|build| build.get("secrets"))));
    Service {
        name: key.clone(),
        image: text("image"),
        build: node.get("build").filter(|build| build.is_map()).map(|node| build(loader, node)),
        command: command_line(loader, node.get("command")),
        entrypoint: command_line(loader, node.get("entrypoint")),
        environment: environment::of(loader, &key.value, node, on),
        ports: node.get("ports").map(ports).unwrap_or_default(),
        expose: texts(node.get("expose")),
        volumes: node.get("volumes").map(mounts).unwrap_or_default(),
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
        replicas: replicas.and_then(number),
        provided: node.get("provider").is_some(),
    }
}

/// The networks; `default` where nothing else is said.
fn networks(node: &Node) -> BTreeSet<String> {
    let named: BTreeSet<String> =
        node.get("networks").map(Node::entries).unwrap_or_default().iter().map(|(key, _)| key.value.clone()).collect();
    let own = node.get("network_mode").is_some() || node.get("provider").is_some();
    if named.is_empty() && !own { BTreeSet::from(["default".to_owned()]) } else { named }
}

fn build(loader: &Loader<'_>, node: &Node) -> BuildSpec {
    let context = text_field(node.get("context")).unwrap_or_else(|| Field {
        value: Known::One(locate::locate(&loader.options.project_dir, ".")),
        certainty: Certainty::Stated,
        origin: node.origin(),
    });
    let mut args = BTreeMap::new();
    for (name, value) in node.get("args").map(pairs).unwrap_or_default() {
        let var = match &value.data {
            Data::Scalar(scalar) => {
                Some(Var { value: scalar.known(), certainty: scalar.certainty.clone(), origin: value.origin() })
            }
            _ => Some(loader.options.env.get(&name.value)).filter(|var| var.value != Known::Absent),
        };
        args.insert(name.value, var);
    }
    let contexts = node.get("additional_contexts").map(Node::entries).unwrap_or_default();
    let known = |(key, node): &(Spanned<String>, Node)| Some((key.value.clone(), node.one()?.to_owned()));
    let text = |name: &str| text_field(node.get(name));
    BuildSpec {
        context,
        dockerfile: text("dockerfile"),
        dockerfile_inline: text("dockerfile_inline"),
        target: text("target"),
        args,
        additional_contexts: contexts.iter().filter_map(known).collect(),
    }
}

/// Services that must be there first: named, linked, or shared with.
fn dependencies(node: &Node) -> BTreeMap<String, Dependency> {
    let mut found = BTreeMap::new();
    for (key, node) in node.get("depends_on").map(Node::entries).unwrap_or_default() {
        let condition = node.get("condition").and_then(Node::one).unwrap_or("service_started").to_owned();
        let required = node.get("required").is_none_or(Node::is_true);
        found.insert(key.value.clone(), Dependency { condition, required, span: key.span });
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
        if let Some(value) = node.get(name).and_then(Node::one).and_then(units::seconds) {
            seconds.insert(name, value);
        }
    }
    Healthcheck {
        disable: node.get("disable").is_some_and(Node::is_true),
        test,
        retries: node.get("retries").and_then(number),
        seconds,
        span: Some(node.span),
    }
}
