//! `fly.toml`.

use std::collections::BTreeMap;

use super::tree::{self, Node};
use super::{CommandText, Texts, texts};
use crate::model::{FileId, Problem, Spanned};

/// An app on Fly.io.
#[derive(Clone, Default, Debug)]
pub struct Fly {
    /// `app`.
    pub app: Option<Spanned<String>>,
    /// `[env]`.
    pub env: Texts,
    /// `[processes]`.
    pub processes: BTreeMap<String, CommandText>,
    /// `[build] dockerfile`.
    pub dockerfile: Option<Spanned<String>>,
    /// `[build] image`.
    pub image: Option<Spanned<String>>,
    /// `[build] build-target`.
    pub target: Option<Spanned<String>>,
    /// `[build.args]`.
    pub args: Texts,
    /// `[deploy] release_command`.
    pub release_command: Option<CommandText>,
    /// `[mounts]`: source and destination.
    pub mounts: Vec<Mount>,
    /// `internal_port` of the first service.
    pub internal_port: Option<Spanned<String>>,
}

/// A volume.
#[derive(Clone, Debug)]
pub struct Mount {
    /// `source`.
    pub source: Option<Spanned<String>>,
    /// `destination`.
    pub destination: Option<Spanned<String>>,
}

/// Reads `fly.toml`.
pub fn parse(file: FileId, text: &str) -> (Fly, Vec<Problem>) {
    let (root, problems) = tree::toml(file, text);
    let Some(root) = root else { return (Fly::default(), problems) };
    let build = |key: &str| root.path(&["build", key]).and_then(Node::spanned);
    let processes = root.get("processes").map_or(&[][..], Node::entries);
    let mounts = root.get("mounts").map_or(&[][..], Node::one_or_many);
    let mut services =
        root.get("http_service").into_iter().chain(root.get("services").map_or(&[][..], Node::one_or_many));
    let fly = Fly {
        app: root.field("app"),
        env: texts(root.get("env")),
        processes: processes.iter().filter_map(|(k, v)| Some((k.value.clone(), CommandText::of(v)?))).collect(),
        dockerfile: build("dockerfile"),
        image: build("image"),
        target: build("build-target"),
        args: texts(root.path(&["build", "args"])),
        release_command: root.path(&["deploy", "release_command"]).and_then(CommandText::of),
        mounts: mounts
            .iter()
            .map(|node| Mount { source: node.field("source"), destination: node.field("destination") })
            .collect(),
        internal_port: services.find_map(|service| service.field("internal_port")),
    };
    (fly, problems)
}
