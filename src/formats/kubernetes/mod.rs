//! Kubernetes manifests and templates of OpenShift: what runs, from which image, with which variables; and what Kustomize makes of them.

pub mod kustomize;
mod merge;
pub mod template;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use super::small::tree::{self, Node};
use crate::formats::compose::base64;
use crate::formats::{Var, Vars};
use crate::knowledge::variables;
use crate::model::{FileId, Known, Origin, Reason, Span, Spanned};

/// Kinds of objects that run containers, and where the pod stands in them.
const WORKLOADS: [(&str, &[&str]); 10] = [
    ("DeploymentConfig", &["spec", "template", "spec"]),
    ("Deployment", &["spec", "template", "spec"]),
    ("StatefulSet", &["spec", "template", "spec"]),
    ("DaemonSet", &["spec", "template", "spec"]),
    ("ReplicationController", &["spec", "template", "spec"]),
    ("ReplicaSet", &["spec", "template", "spec"]),
    ("Rollout", &["spec", "template", "spec"]),
    ("Job", &["spec", "template", "spec"]),
    ("CronJob", &["spec", "jobTemplate", "spec", "template", "spec"]),
    ("Pod", &["spec"]),
];

/// What some manifests say together.
#[derive(Clone, Default, Debug)]
pub struct Objects {
    /// What runs containers.
    pub workloads: Vec<Workload>,
    /// The data of ConfigMaps by name.
    configs: BTreeMap<String, Node>,
    /// The keys of Secrets by name.
    secrets: BTreeMap<String, Node>,
    /// Services: name and selector.
    services: Vec<(String, Node)>,
    /// What is built here.
    pub builds: Vec<Build>,
}

/// A build of an image from the repository.
#[derive(Clone, Debug)]
pub struct Build {
    /// The image that comes out, without its tag.
    pub image: String,
    /// The folder that it is built from.
    pub folder: String,
    /// The Dockerfile, from that folder; nothing where the sources are built in another way.
    pub dockerfile: Option<Spanned<String>>,
    /// The builder of Source-to-Image, where that makes an image of the sources.
    pub builder: Option<Builder>,
}

/// A builder of Source-to-Image, and what it is given.
#[derive(Clone, Debug)]
pub struct Builder {
    /// Its image.
    pub from: Option<Spanned<String>>,
    /// The variables of the build, which the image keeps.
    pub given: Vars,
}

/// An object that runs containers.
#[derive(Clone, Debug)]
pub struct Workload {
    /// Deployment, StatefulSet, CronJob …
    pub kind: String,
    /// Its name.
    pub name: Spanned<String>,
    /// Its containers.
    pub containers: Vec<Container>,
    /// The host under which others reach it.
    pub host: String,
}

/// A container.
#[derive(Clone, Debug)]
pub struct Container {
    /// Its name.
    pub name: Spanned<String>,
    /// The image.
    pub image: Option<Spanned<String>>,
    /// `command`, which stands for the image's entry point.
    pub command: Vec<Spanned<String>>,
    /// `args`, which stand for the image's command.
    pub args: Vec<Spanned<String>>,
    node: Node,
}

impl Container {
    /// Where it says that its image is taken from the node and from nowhere else.
    pub fn never_pulled(&self) -> Option<Span> {
        self.node.field("imagePullPolicy").filter(|policy| policy.value == "Never").map(|policy| policy.span)
    }
}

/// The objects of a file.
pub fn parse(file: FileId, text: &str) -> Vec<Node> {
    if is_program(text) {
        return Vec::new();
    }
    let objects = tree::yaml_all(file, text).into_iter();
    let listed = |node: Node| match node.get("items") {
        Some(items) if kind(&node).ends_with("List") => items.items().to_vec(),
        _ if template::is(&node) => template::objects(&node),
        _ => vec![node],
    };
    objects.flat_map(listed).filter(|node| node.get("kind").is_some()).collect()
}

/// Whether a text is one that a tool makes objects of; `${{NAME}}` is a parameter of a template.
fn is_program(text: &str) -> bool {
    text.match_indices("{{").any(|(at, _)| !text.get(..at).is_some_and(|before| before.ends_with('$')))
}

/// The words with which the templates of a file say what environments they are filled in for; nothing where it has none.
pub fn environments(file: FileId, text: &str) -> Option<Vec<String>> {
    if is_program(text) || !text.contains("Template") {
        return None;
    }
    let all = tree::yaml_all(file, text);
    let templates: Vec<&Node> = all.iter().filter(|node| template::is(node)).collect();
    (!templates.is_empty()).then(|| templates.into_iter().flat_map(template::environments).collect())
}

/// The kind of an object.
pub(super) fn kind(node: &Node) -> &str {
    node.get("kind").and_then(Node::as_str).unwrap_or_default()
}

/// The name of an object.
pub(super) fn name(node: &Node) -> Option<Spanned<String>> {
    node.path(&["metadata", "name"])?.spanned()
}

/// What objects say together.
pub fn read(nodes: &[Node]) -> Objects {
    let mut objects = Objects::default();
    for node in nodes {
        let Some(name) = name(node) else { continue };
        match kind(node) {
            "ConfigMap" => {
                objects.configs.insert(name.value, node.clone());
            }
            "Secret" | "SealedSecret" | "ExternalSecret" => {
                objects.secrets.insert(name.value, node.clone());
            }
            "BuildConfig" => objects.builds.extend(build(node)),
            "ClowdApp" => objects.workloads.extend(clowder(node)),
            "Service" => objects.services.extend(node.path(&["spec", "selector"]).map(|by| (name.value, by.clone()))),
            kind => {
                if let Some((_, path)) = WORKLOADS.iter().find(|(known, _)| *known == kind)
                    && let Some(pod) = node.path(path)
                {
                    let containers = pod.get("containers").map_or(&[][..], Node::items);
                    let host = name.value.clone();
                    let mut containers: Vec<Container> = containers.iter().filter_map(container).collect();
                    for container in &mut containers {
                        triggered(node, container);
                    }
                    objects.workloads.push(Workload { kind: kind.to_owned(), name, containers, host });
                }
            }
        }
    }
    objects.name_hosts(nodes);
    objects
}

/// The deployments and jobs of an application of Clowder, each with one container.
/// Source: <https://redhatinsights.github.io/clowder/clowder/dev/api_reference.html>.
fn clowder(app: &Node) -> Vec<Workload> {
    let mut found = Vec::new();
    for (key, sort) in [("deployments", "Deployment"), ("jobs", "CronJob")] {
        for one in app.path(&["spec", key]).map_or(&[][..], Node::items) {
            let Some((name, pod)) = one.field("name").zip(one.get("podSpec")) else { continue };
            let (containers, host) = (vec![container_named(pod, name.clone())], name.value.clone());
            found.push(Workload { kind: sort.to_owned(), name, containers, host });
        }
    }
    found
}

fn container(node: &Node) -> Option<Container> {
    Some(container_named(node, node.field("name")?))
}

fn container_named(node: &Node, name: Spanned<String>) -> Container {
    let texts = |key: &str| node.get(key).map(Node::texts).unwrap_or_default();
    Container { name, image: node.field("image"), command: texts("command"), args: texts("args"), node: node.clone() }
}

/// What a `BuildConfig` builds.
fn build(node: &Node) -> Option<Build> {
    let spec = node.get("spec")?;
    let docker = spec.path(&["strategy", "dockerStrategy"]);
    let to = spec.path(&["output", "to"])?.field("name")?;
    let named = |docker: &Node| {
        docker.field("dockerfilePath").unwrap_or_else(|| Spanned::new("Dockerfile".to_owned(), docker.span))
    };
    Some(Build {
        image: to.value.split(':').next().unwrap_or_default().to_owned(),
        folder: spec.path(&["source", "contextDir"]).and_then(Node::scalar).unwrap_or_default(),
        dockerfile: docker.map(named),
        builder: spec.path(&["strategy", "sourceStrategy"]).map(builder),
    })
}

fn builder(node: &Node) -> Builder {
    let variable = |item: &Node| {
        let (name, value) = (item.field("name")?, item.get("value")?);
        let set = Var::set(value.scalar().unwrap_or_default(), Origin::set(value.span));
        let open = value.scalar().is_none_or(|text| text.contains("${"));
        let unknown = || Known::Unknown(Reason::at("it is filled in when the template is", value.span));
        Some((name.value, if open { Var { value: unknown(), ..set } } else { set }))
    };
    let given = node.get("env").map_or(&[][..], Node::items).iter().filter_map(variable).collect();
    Builder { from: node.get("from").and_then(|from| from.field("name")), given }
}

/// The image of a container that none is written for is that whose change rolls it out.
fn triggered(node: &Node, container: &mut Container) {
    if container.image.as_ref().is_some_and(|image| !image.value.trim().is_empty()) {
        return;
    }
    let triggers = node.path(&["spec", "triggers"]).map_or(&[][..], Node::items).iter();
    let mut changes = triggers.filter_map(|trigger| trigger.get("imageChangeParams"));
    let named = |change: &&Node| {
        let names = change.get("containerNames").map(Node::texts).unwrap_or_default();
        names.iter().any(|name| name.value == container.name.value)
    };
    container.image = changes.find(named).and_then(|change| change.get("from")).and_then(|from| from.field("name"));
}

impl Objects {
    /// A pod is reached under the name of the Service that selects it.
    fn name_hosts(&mut self, nodes: &[Node]) {
        for workload in &mut self.workloads {
            let own = |node: &&Node| {
                kind(node) == workload.kind && name(node).is_some_and(|name| name.value == workload.name.value)
            };
            let Some(labels) =
                nodes.iter().find(own).and_then(|node| node.path(&["spec", "template", "metadata", "labels"]))
            else {
                continue;
            };
            let selects = |by: &Node| {
                let same = |(key, value): &(Spanned<String>, Node)| {
                    labels.get(&key.value).and_then(Node::scalar) == value.scalar()
                };
                !by.entries().is_empty() && by.entries().iter().all(same)
            };
            if let Some((host, _)) = self.services.iter().find(|(_, by)| selects(by)) {
                workload.host.clone_from(host);
            }
        }
    }

    /// The variables of a container, and why there may be more, if there may.
    pub fn variables(&self, container: &Container) -> (Vars, Option<Reason>) {
        let mut vars = Vars::new();
        let mut more = None;
        for from in container.node.get("envFrom").map_or(&[][..], Node::items) {
            let prefix = from.get("prefix").and_then(Node::as_str).unwrap_or_default();
            let (source, secret) = match (from.get("configMapRef"), from.get("secretRef")) {
                (Some(config), _) => (config, false),
                (None, Some(secret)) => (secret, true),
                _ => continue,
            };
            let Some(named) = source.field("name") else { continue };
            let all = if secret { &self.secrets } else { &self.configs };
            if let Some(object) = all.get(&named.value) {
                more = more.or(pour(&mut vars, object, prefix, secret));
            } else {
                let what = if secret { "secret" } else { "ConfigMap" };
                more = Some(Reason::at(format!("the {what} {} is not in the repository", named.value), named.span));
            }
        }
        for entry in container.node.get("env").map_or(&[][..], Node::items) {
            let Some(name) = entry.field("name") else { continue };
            let default = entry.field(template::DEFAULT);
            let var = match (entry.get("value"), entry.get("valueFrom")) {
                (Some(value), _) => default.map_or_else(|| literal(value, &vars), |default| Var::by_default(&default)),
                (None, Some(from)) => self.referred(from, &name),
                (None, None) => Var::set("", Origin::set(name.span)),
            };
            vars.insert(name.value, var);
        }
        (vars, more)
    }

    /// A variable whose value another object holds.
    fn referred(&self, from: &Node, name: &Spanned<String>) -> Var {
        let given = |why: String, span: Span| {
            let value = Known::Unknown(Reason::at(why, span));
            Var { value, ..Var::set("", Origin::set(span)) }
        };
        let key = |source: &Node| Some((source.field("name")?, source.field("key")?));
        if let Some((config, key)) = from.get("configMapKeyRef").and_then(key) {
            let data = self.configs.get(&config.value).and_then(|config| config.get("data"));
            return match data.and_then(|data| data.get(&key.value)) {
                Some(value) => literal(value, &Vars::new()),
                None => given(format!("the ConfigMap {} is not in the repository", config.value), key.span),
            };
        }
        if let Some((secret, key)) = from.get("secretKeyRef").and_then(key) {
            let written = self.secrets.get(&secret.value).and_then(|object| written(object, &key.value, &name.value));
            if let Some(var) = written {
                return var;
            }
            let why = Reason::at(format!("the secret {} holds it", secret.value), key.span);
            let optional = from.path(&["secretKeyRef", "optional"]).and_then(Node::scalar);
            let why = if optional.is_some_and(|text| text == "true") { why } else { why.of_what_is_given() };
            return Var { value: Known::Unknown(why), ..Var::set("", Origin::set(key.span)) };
        }
        given("the cluster gives it".into(), name.span)
    }
}

/// The keys of an object as variables; why there may be more of them.
fn pour(vars: &mut Vars, object: &Node, prefix: &str, secret: bool) -> Option<Reason> {
    let mut more = None;
    let parts = ["data", "stringData"].iter().filter_map(|part| object.get(part));
    let encrypted = object.path(&["spec", "encryptedData"]);
    for (key, value) in parts.chain(encrypted).flat_map(Node::entries) {
        if key.value.is_empty() {
            more = Some(Reason::at("the file that it is made from is not in the repository", value.span));
            continue;
        }
        let name = format!("{prefix}{}", key.value);
        if let Some(var) = written(object, &key.value, &name) {
            vars.insert(name, var);
            continue;
        }
        let var = if secret || encrypted.is_some() {
            let why = Reason::at("a secret holds it", key.span).of_what_is_given();
            Var { value: Known::Unknown(why), ..Var::set("", Origin::set(key.span)) }
        } else {
            literal(value, &Vars::new())
        };
        vars.insert(name, var);
    }
    if kind(object) == "ExternalSecret" {
        more = Some(Reason::at("the secret is kept elsewhere", object.span));
    }
    more
}

/// A secret that a manifest holds in clear, as text or in base64: not what is encrypted, filled in when it is applied, or
/// put there for another to replace.
fn written(object: &Node, key: &str, variable: &str) -> Option<Var> {
    if kind(object) != "Secret" || object.get("sops").is_some() {
        return None;
    }
    let field = |part: &str| object.get(part).and_then(|part| part.get(key));
    let (value, plain) = match (field("stringData"), field("data")) {
        (Some(value), _) => (value, true),
        (None, value) => (value?, false),
    };
    let text = value.scalar()?;
    let text = if plain { text } else { base64(text.trim())?.trim().to_owned() };
    let filled = ["${", "$(", "{{", "<", "ENC["].iter().any(|hole| text.contains(hole));
    let real = !filled && !variables::is_placeholder(&text) && !variables::is_own_name(variable, &text);
    let shaped = variables::is_secret_name(variable) || variables::token_shape(&text).is_some();
    (real && shaped).then(|| Var::set(text, Origin::set(value.span)))
}

/// A value as written, `$(NAME)` of the variables before it put in; unknown where a tool fills it in before it is applied.
fn literal(value: &Node, before: &Vars) -> Var {
    let origin = Origin::set(value.span);
    let unknown =
        |why: &str| Var { value: Known::Unknown(Reason::at(why, value.span)), ..Var::set("", origin.clone()) };
    let Some(mut text) = value.scalar() else { return Var::set("", origin.clone()) };
    if text.contains("${") || text.contains("<%") {
        return unknown("it is filled in when it is applied");
    }
    for (name, var) in before {
        let hole = format!("$({name})");
        if text.contains(&hole) {
            match var.value.one() {
                Some(known) => text = text.replace(&hole, known),
                None => return unknown("it holds a value that is not known"),
            }
        }
    }
    Var::set(text, origin)
}
