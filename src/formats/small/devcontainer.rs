//! `devcontainer.json`.

use std::collections::BTreeMap;

use super::tree::{Kind, Node};
use super::{CommandText, Texts, json, texts};
use crate::model::{FileId, Problem, Spanned};

/// A development container.
#[derive(Clone, Default, Debug)]
pub struct Devcontainer {
    /// `image`.
    pub image: Option<Spanned<String>>,
    /// `build.dockerfile`, relative to the file's folder.
    pub dockerfile: Option<Spanned<String>>,
    /// `build.context`.
    pub context: Option<Spanned<String>>,
    /// `build.target`.
    pub target: Option<Spanned<String>>,
    /// `build.args`.
    pub args: Texts,
    /// `dockerComposeFile`.
    pub compose_files: Vec<Spanned<String>>,
    /// `service`.
    pub service: Option<Spanned<String>>,
    /// `remoteEnv`.
    pub remote_env: Texts,
    /// `containerEnv`.
    pub container_env: Texts,
    /// `features`: the name with its version.
    pub features: Vec<(Spanned<String>, Option<Spanned<String>>)>,
    /// `postCreateCommand` and its like; a list is joined by blanks, an object gives several.
    pub commands: BTreeMap<String, Vec<CommandText>>,
}

/// Reads `devcontainer.json`.
pub fn parse(file: FileId, text: &str) -> (Devcontainer, Vec<Problem>) {
    let (root, problems) = json::parse(file, text);
    let Some(root) = root else { return (Devcontainer::default(), problems) };
    let build = |key: &str| root.path(&["build", key]).and_then(Node::spanned);
    let names =
        ["onCreateCommand", "updateContentCommand", "postCreateCommand", "postStartCommand", "postAttachCommand"];
    let command = |name: &&str| Some(((*name).to_owned(), commands(root.get(name)?)));
    let feature =
        |(name, node): &(Spanned<String>, Node)| (name.clone(), node.field("version").or_else(|| node.spanned()));
    let container = Devcontainer {
        image: root.field("image"),
        dockerfile: build("dockerfile").or_else(|| root.field("dockerFile")),
        context: build("context").or_else(|| root.field("context")),
        target: build("target"),
        args: texts(root.path(&["build", "args"])),
        compose_files: root.get("dockerComposeFile").map(Node::texts).unwrap_or_default(),
        service: root.field("service"),
        remote_env: texts(root.get("remoteEnv")),
        container_env: texts(root.get("containerEnv")),
        features: root.get("features").map_or(&[][..], Node::entries).iter().map(feature).collect(),
        commands: names.iter().filter_map(command).collect(),
    };
    (container, problems)
}

fn commands(node: &Node) -> Vec<CommandText> {
    match &node.kind {
        Kind::Map(entries) => entries.iter().filter_map(|(_, node)| one(node)).collect(),
        _ => one(node).into_iter().collect(),
    }
}

fn one(node: &Node) -> Option<CommandText> {
    let Kind::List(items) = &node.kind else { return CommandText::of(node) };
    let words: Vec<String> = items.iter().filter_map(Node::scalar).collect();
    Some(CommandText { text: words.join(" "), span: node.span, map: node.map.clone() })
}
