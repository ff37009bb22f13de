//! `heroku.yml`.

use std::collections::BTreeMap;

use super::tree::{self, Node};
use super::{CommandText, Texts, texts};
use crate::model::{FileId, Problem, Spanned};

/// An app that Heroku builds from Dockerfiles.
#[derive(Clone, Default, Debug)]
pub struct HerokuYml {
    /// `build.docker`: process type and Dockerfile.
    pub docker: Texts,
    /// `build.config`: build arguments.
    pub config: Texts,
    /// `setup.config`.
    pub setup_config: Texts,
    /// `setup.addons`: the plans.
    pub addons: Vec<Spanned<String>>,
    /// `run`: process type and command.
    pub run: BTreeMap<String, CommandText>,
    /// `release.command`.
    pub release: Vec<CommandText>,
}

/// Reads `heroku.yml`.
pub fn parse(file: FileId, text: &str) -> (HerokuYml, Vec<Problem>) {
    let (root, problems) = tree::yaml(file, text);
    let Some(root) = root else { return (HerokuYml::default(), problems) };
    let list = |keys: &[&str]| root.path(keys).map_or(&[][..], Node::one_or_many);
    let command = |node: &Node| {
        let command = node.get("command").map_or(node, |node| node.items().first().unwrap_or(node));
        CommandText::of(command)
    };
    let run = root.get("run").map_or(&[][..], Node::entries);
    let heroku = HerokuYml {
        docker: texts(root.path(&["build", "docker"])),
        config: texts(root.path(&["build", "config"])),
        setup_config: texts(root.path(&["setup", "config"])),
        addons: list(&["setup", "addons"]).iter().filter_map(|node| node.field("plan")).collect(),
        run: run.iter().filter_map(|(name, node)| Some((name.value.clone(), command(node)?))).collect(),
        release: list(&["release", "command"]).iter().filter_map(CommandText::of).collect(),
    };
    (heroku, problems)
}
