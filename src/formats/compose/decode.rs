//! From merged values to typed services.

use std::collections::{BTreeMap, BTreeSet};

use super::load::{Loader, ROOTED, named};
use super::merge::{as_names, as_pairs};
use super::value::{Data, Node};
use super::{BuildSpec, Dependency, Field, Healthcheck, Service, environment, shapes};
use crate::formats::Var;
use crate::formats::shell::split_words;
use crate::model::{Certainty, Known, Reason, Spanned};

/// Fills the project.
pub(super) fn project(loader: &mut Loader<'_>, root: &Node) {
    for (key, node) in root.get("services").map(Node::entries).unwrap_or_default() {
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

/// A path of the tree without its mark.
pub(super) fn unmarked(text: &str) -> String {
    match text.strip_prefix(ROOTED) {
        Some("") => ".".to_owned(),
        Some(path) => path.to_owned(),
        None => text.to_owned(),
    }
}

fn text_field(node: Option<&Node>) -> Option<Field<String>> {
    let node = node?;
    let value = node.text()?.clone().map(|text| unmarked(&text));
    Some(Field { value, certainty: node.certainty(), origin: node.origin() })
}

/// A command: a text is split as a shell would, a list is taken as it is.
fn command_field(node: Option<&Node>) -> Option<Field<Vec<String>>> {
    let node = node?;
    match &node.data {
        Data::Null => None,
        Data::Text { value, certainty, .. } => {
            let value = value.clone().map(|text| split_words(&text));
            Some(Field { value, certainty: certainty.clone(), origin: node.origin() })
        }
        Data::Seq(items) => {
            let mut words = Vec::new();
            let mut certainty = Certainty::Stated;
            for item in items {
                certainty = certainty.and(&item.certainty());
                match item.text() {
                    Some(Known::One(text)) => words.push(text.clone()),
                    Some(Known::Unknown(reason)) => {
                        return Some(Field { value: Known::Unknown(reason.clone()), certainty, origin: node.origin() });
                    }
                    _ => words.push(String::new()),
                }
            }
            Some(Field { value: Known::One(words), certainty, origin: node.origin() })
        }
        Data::Map(_) => None,
    }
}

fn service(loader: &mut Loader<'_>, key: &Spanned<String>, node: &Node) -> Service {
    let text = |name: &str| text_field(node.get(name));
    let set = |name: &str| -> BTreeSet<String> {
        node.get(name)
            .map(|node| node.items().iter().filter_map(|item| item.one().map(str::to_owned)).collect())
            .unwrap_or_default()
    };
    let networks = node
        .get("networks")
        .map(|node| as_names(node).into_iter().map(|(key, _)| key.value).collect())
        .unwrap_or_default();
    let replicas =
        node.get("deploy").and_then(|deploy| deploy.get("replicas")).or_else(|| node.get("scale")).and_then(Node::one);
    Service {
        name: named(key),
        image: text("image"),
        build: node.get("build").and_then(|node| build(loader, node)),
        command: command_field(node.get("command")),
        entrypoint: command_field(node.get("entrypoint")),
        environment: environment::of(loader, &key.value, node),
        ports: node.get("ports").map(|node| node.items().iter().flat_map(shapes::ports).collect()).unwrap_or_default(),
        expose: set("expose"),
        volumes: node
            .get("volumes")
            .map(|node| node.items().iter().filter_map(shapes::mount).collect())
            .unwrap_or_default(),
        depends_on: node.get("depends_on").map(dependencies).unwrap_or_default(),
        healthcheck: node.get("healthcheck").filter(|node| !node.is_null()).map(healthcheck),
        profiles: set("profiles"),
        networks,
        restart: text("restart"),
        user: text("user"),
        working_dir: text("working_dir"),
        platform: text("platform"),
        replicas: replicas.and_then(|text| text.parse().ok()),
    }
}

fn build(loader: &mut Loader<'_>, node: &Node) -> Option<BuildSpec> {
    let context = match &node.data {
        Data::Text { .. } => text_field(Some(node))?,
        Data::Map(_) => text_field(node.get("context")).unwrap_or_else(|| Field {
            value: Known::One(if loader.options.project_dir.is_empty() {
                ".".into()
            } else {
                loader.options.project_dir.clone()
            }),
            certainty: Certainty::Stated,
            origin: node.origin(),
        }),
        _ => return None,
    };
    let mut args = BTreeMap::new();
    for (name, value) in node.get("args").map(as_pairs).unwrap_or_default() {
        let var = match &value.data {
            Data::Text { value: text, certainty, .. } => {
                Some(Var { value: text.clone(), certainty: certainty.clone(), origin: value.origin() })
            }
            _ => match loader.options.env.get(&name.value) {
                var if var.value == Known::Absent => None,
                var => Some(var),
            },
        };
        args.insert(name.value, var);
    }
    let contexts = node.get("additional_contexts").map(as_pairs).unwrap_or_default();
    Some(BuildSpec {
        context,
        dockerfile: text_field(node.get("dockerfile")),
        dockerfile_inline: text_field(node.get("dockerfile_inline")),
        target: text_field(node.get("target"))
            .filter(|target| target.value.one().is_none_or(|target| !target.is_empty())),
        args,
        additional_contexts: contexts
            .into_iter()
            .filter_map(|(key, node)| Some((key.value, node.one()?.to_owned())))
            .collect(),
    })
}

fn dependencies(node: &Node) -> BTreeMap<String, Dependency> {
    let mut found = BTreeMap::new();
    for (key, node) in as_names(node) {
        let condition = node.get("condition").and_then(Node::one).unwrap_or("service_started").to_owned();
        let required = node.get("required").and_then(Node::one) != Some("false");
        found.insert(key.value, Dependency { condition, required, span: key.span });
    }
    found
}

fn healthcheck(node: &Node) -> Healthcheck {
    let test = node.get("test").and_then(|test| match &test.data {
        Data::Text { value: Known::One(text), .. } => Some(vec!["CMD-SHELL".to_owned(), text.clone()]),
        Data::Seq(items) => Some(items.iter().map(|item| item.one().unwrap_or_default().to_owned()).collect()),
        _ => None,
    });
    let mut seconds = BTreeMap::new();
    for name in ["interval", "timeout", "start_period", "start_interval"] {
        if let Some(value) = node.get(name).and_then(Node::one).and_then(shapes::seconds) {
            seconds.insert(name, value);
        }
    }
    Healthcheck {
        disable: node.get("disable").and_then(Node::one) == Some("true")
            || test.as_ref().is_some_and(|test: &Vec<String>| test.first().is_some_and(|word| word == "NONE")),
        test,
        retries: node.get("retries").and_then(Node::one).and_then(|text| text.parse().ok()),
        seconds,
        span: Some(node.span),
    }
}

/// A reason for what a node leaves open.
pub(super) fn reason(node: &Node) -> Reason {
    match node.text() {
        Some(Known::Unknown(reason)) => reason.clone(),
        _ => Reason::at("the value is not known", node.span),
    }
}
