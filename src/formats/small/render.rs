//! `render.yaml`.

use super::CommandText;
use super::tree::{self, Node};
use crate::model::{FileId, Problem, Span, Spanned};

/// A blueprint.
#[derive(Clone, Default, Debug)]
pub struct Blueprint {
    /// Services.
    pub services: Vec<Service>,
    /// Databases.
    pub databases: Vec<Database>,
    /// `envVarGroups`: name and variables.
    pub groups: Vec<(Spanned<String>, Vec<EnvVar>)>,
}

/// A service.
#[derive(Clone, Debug)]
pub struct Service {
    /// `type`: web, worker, cron, pserv, keyvalue.
    pub kind: Option<Spanned<String>>,
    /// `name`.
    pub name: Option<Spanned<String>>,
    /// `runtime`, in older files `env`.
    pub runtime: Option<Spanned<String>>,
    /// `dockerfilePath`.
    pub dockerfile: Option<Spanned<String>>,
    /// `image.url`.
    pub image: Option<Spanned<String>>,
    /// `startCommand`, or `dockerCommand`.
    pub start: Option<CommandText>,
    /// `buildCommand`.
    pub build: Option<CommandText>,
    /// `preDeployCommand`.
    pub pre_deploy: Option<CommandText>,
    /// `rootDir`.
    pub root: Option<Spanned<String>>,
    /// `envVars`.
    pub env: Vec<EnvVar>,
    /// Its extent.
    pub span: Span,
}

/// A variable of a service.
#[derive(Clone, Debug)]
pub struct EnvVar {
    /// `key`; none where a group is taken over.
    pub name: Option<Spanned<String>>,
    /// `value`.
    pub value: Option<Spanned<String>>,
    /// `fromGroup`.
    pub group: Option<Spanned<String>>,
    /// `fromDatabase.name`.
    pub database: Option<Spanned<String>>,
    /// `fromService.name`.
    pub service: Option<Spanned<String>>,
    /// `generateValue: true`.
    pub generated: bool,
    /// `sync: false`: given by hand.
    pub by_hand: bool,
}

/// A database.
#[derive(Clone, Debug)]
pub struct Database {
    /// `name`.
    pub name: Option<Spanned<String>>,
    /// `postgresMajorVersion`.
    pub version: Option<Spanned<String>>,
    /// Its extent.
    pub span: Span,
}

/// Reads `render.yaml`.
pub fn parse(file: FileId, text: &str) -> (Blueprint, Vec<Problem>) {
    let (root, problems) = tree::yaml(file, text);
    let Some(root) = root else { return (Blueprint::default(), problems) };
    let list = |key: &str| root.get(key).map_or(&[][..], Node::items);
    let database = |node: &Node| Database {
        name: node.field("name"),
        version: node.field("postgresMajorVersion"),
        span: node.span,
    };
    let blueprint = Blueprint {
        services: list("services").iter().map(service).collect(),
        databases: list("databases").iter().map(database).collect(),
        groups: list("envVarGroups").iter().filter_map(|node| Some((node.field("name")?, variables(node)))).collect(),
    };
    (blueprint, problems)
}

fn service(node: &Node) -> Service {
    let command = |key: &str| node.get(key).and_then(CommandText::of);
    Service {
        kind: node.field("type"),
        name: node.field("name"),
        runtime: node.field("runtime").or_else(|| node.field("env")),
        dockerfile: node.field("dockerfilePath"),
        image: node.path(&["image", "url"]).and_then(Node::spanned),
        start: command("startCommand").or_else(|| command("dockerCommand")),
        build: command("buildCommand"),
        pre_deploy: command("preDeployCommand"),
        root: node.field("rootDir"),
        env: variables(node),
        span: node.span,
    }
}

fn variables(node: &Node) -> Vec<EnvVar> {
    let yes = |node: &Node, key: &str| node.get(key).and_then(Node::as_bool);
    let variable = |node: &Node| EnvVar {
        name: node.field("key"),
        value: node.field("value"),
        group: node.field("fromGroup"),
        database: node.get("fromDatabase").and_then(|from| from.field("name")),
        service: node.get("fromService").and_then(|from| from.field("name")),
        generated: yes(node, "generateValue") == Some(true),
        by_hand: yes(node, "sync") == Some(false),
    };
    node.get("envVars").map_or(&[][..], Node::items).iter().map(variable).collect()
}
