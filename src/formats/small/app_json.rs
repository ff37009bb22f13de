//! `app.json` of Heroku.

use std::collections::BTreeMap;

use super::json;
use super::tree::{Kind, Node};
use super::{CommandText, Texts, texts};
use crate::model::{FileId, Problem, Spanned};

/// A variable that the app asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EnvVar {
    /// Its name.
    pub name: Spanned<String>,
    /// Its value, if given.
    pub value: Option<Spanned<String>>,
    /// Whether it must be given.
    pub required: bool,
    /// How it is made (`secret`).
    pub generator: Option<Spanned<String>>,
}

/// What holds for the app, or for one of its environments.
#[derive(Clone, Default, Debug)]
pub struct App {
    /// Variables.
    pub env: Vec<EnvVar>,
    /// Addons as written (`heroku-postgresql:mini`); the place is that of the plan.
    pub addons: Vec<Spanned<String>>,
    /// `formation`: the process types.
    pub formation: Vec<Spanned<String>>,
    /// `scripts`: name and command.
    pub scripts: BTreeMap<String, CommandText>,
    /// `buildpacks`.
    pub buildpacks: Vec<Spanned<String>>,
    /// `stack`.
    pub stack: Option<Spanned<String>>,
    /// `image`.
    pub image: Option<Spanned<String>>,
    /// `environments`: `test`, `review`.
    pub environments: BTreeMap<String, App>,
    /// Plain values of `env` by name.
    pub values: Texts,
}

/// Reads `app.json`.
pub fn parse(file: FileId, text: &str) -> (App, Vec<Problem>) {
    let (root, problems) = json::parse(file, text);
    (root.map(|root| app(&root, true)).unwrap_or_default(), problems)
}

fn app(node: &Node, outer: bool) -> App {
    let entries = |key: &str| node.get(key).map_or(&[][..], Node::entries);
    let addon = |node: &Node| node.field("plan").or_else(|| node.spanned());
    let buildpack = |node: &Node| node.field("url").or_else(|| node.spanned());
    let list = |key: &str, of: &dyn Fn(&Node) -> Option<Spanned<String>>| {
        node.get(key).map_or(&[][..], Node::items).iter().filter_map(of).collect()
    };
    let environments = entries("environments").iter().filter(|_| outer);
    App {
        env: entries("env").iter().map(|(name, node)| variable(name, node)).collect(),
        addons: list("addons", &addon),
        formation: entries("formation").iter().map(|(name, _)| name.clone()).collect(),
        scripts: entries("scripts").iter().filter_map(|(k, v)| Some((k.value.clone(), CommandText::of(v)?))).collect(),
        buildpacks: list("buildpacks", &buildpack),
        stack: node.field("stack"),
        image: node.field("image"),
        environments: environments.map(|(name, node)| (name.value.clone(), app(node, false))).collect(),
        values: texts(node.get("env")).into_iter().filter(|(_, text)| !text.value.is_empty()).collect(),
    }
}

fn variable(name: &Spanned<String>, node: &Node) -> EnvVar {
    let object = matches!(node.kind, Kind::Map(_));
    EnvVar {
        name: name.clone(),
        value: if object { node.field("value") } else { node.spanned() },
        required: !object || node.get("required").and_then(Node::as_bool).unwrap_or(true),
        generator: node.field("generator"),
    }
}
