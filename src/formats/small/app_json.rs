//! `app.json` of Heroku.

use std::collections::BTreeMap;

use super::json;
use super::tree::{Kind, Node};
use super::{CommandText, Texts};
use crate::knowledge::services;
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

/// An add-on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Addon {
    /// Its plan as written (`heroku-postgresql:mini`).
    pub plan: Spanned<String>,
    /// `options.version`.
    pub version: Option<Spanned<String>>,
    /// `as`: the name that its variables start with.
    pub attached_as: Option<Spanned<String>>,
}

/// What holds for the app, or for one of its environments.
#[derive(Clone, Default, Debug)]
pub struct App {
    /// Whether the file is one of Heroku's; others have a file of this name too.
    pub is_heroku: bool,
    /// Variables.
    pub env: Vec<EnvVar>,
    /// Add-ons; none where nothing is said of them, which is not the same as an empty list.
    pub addons: Option<Vec<Addon>>,
    /// `formation`: process types and their number.
    pub formation: Vec<(Spanned<String>, Option<Spanned<String>>)>,
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

impl App {
    /// The add-ons of an environment: its own, else those of the app.
    pub fn addons_of(&self, environment: &str) -> &[Addon] {
        let own = self.environments.get(environment).and_then(|app| app.addons.as_deref());
        own.or(self.addons.as_deref()).unwrap_or_default()
    }
}

impl Addon {
    /// The variable that the add-on sets: `<name>_URL`, or `<name>_SERVERS` where its own ends so, if it was given a name.
    pub fn variable(&self) -> Option<String> {
        let own = &services::add_on(&self.plan.value)?.variable;
        let last = own.rsplit('_').next().unwrap_or(own);
        Some(self.attached_as.as_ref().map_or_else(|| own.clone(), |name| format!("{}_{last}", name.value)))
    }
}

/// Keys of Heroku's schema that say that a file is one of its own.
const KEYS: [&str; 9] =
    ["env", "addons", "formation", "scripts", "buildpacks", "stack", "image", "environments", "success_url"];

fn app(node: &Node, outer: bool) -> App {
    let entries = |key: &str| node.get(key).map_or(&[][..], Node::entries);
    let items = |key: &str| node.get(key).map_or(&[][..], Node::items);
    let addon = |node: &Node| {
        Some(Addon {
            plan: node.field("plan").or_else(|| node.spanned())?,
            version: node.path(&["options", "version"]).and_then(Node::spanned),
            attached_as: node.field("as"),
        })
    };
    let script = |node: &Node| node.get("command").map_or_else(|| CommandText::of(node), CommandText::of);
    let environments = entries("environments").iter().filter(|_| outer);
    let env: Vec<EnvVar> = entries("env").iter().map(|(name, node)| variable(name, node)).collect();
    let value = |var: &EnvVar| Some((var.name.value.clone(), var.value.clone()?));
    App {
        is_heroku: node.get("expo").is_none() && KEYS.iter().any(|key| node.get(key).is_some()),
        values: env.iter().filter_map(value).collect(),
        env,
        addons: node.get("addons").map(|_| items("addons").iter().filter_map(addon).collect()),
        formation: entries("formation").iter().map(|(name, node)| (name.clone(), node.field("quantity"))).collect(),
        scripts: entries("scripts").iter().filter_map(|(k, v)| Some((k.value.clone(), script(v)?))).collect(),
        buildpacks: items("buildpacks")
            .iter()
            .filter_map(|node| node.field("url").or_else(|| node.spanned()))
            .collect(),
        stack: node.field("stack"),
        image: node.field("image"),
        environments: environments.map(|(name, node)| (name.value.clone(), app(node, false))).collect(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_an_entry_is_read() {
        let text = r#"{ "env": {"A": "1", "B": {"value": "2", "required": false}, "C": {"generator": "secret"}, "D": {}},
            "addons": ["heroku-redis", {"plan": "heroku-postgresql:mini", "as": "DB", "options": {"version": "15"}}],
            "formation": {"web": {"quantity": 2}}, "buildpacks": [{"url": "heroku/python"}, "x"],
            "scripts": {"postdeploy": {"command": "m", "size": "s"}, "test": "pytest"},
            "environments": {"test": {"addons": [], "env": {"A": "t"}, "scripts": {"test": "tox"}}, "review": {}} }"#;
        let (app, problems) = parse(FileId(0), text);
        assert!(problems.is_empty() && app.is_heroku);
        assert_eq!(app.values.keys().collect::<Vec<_>>(), ["A", "B"]);
        assert_eq!(app.env.iter().map(|var| var.required).collect::<Vec<_>>(), [true, false, true, true]);
        assert_eq!(app.addons_of("review")[1].version.as_ref().map(|text| text.value.as_str()), Some("15"));
        assert_eq!((app.addons_of("test").len(), app.addons_of("production").len()), (0, 2));
        let variables: Vec<_> = app.addons_of("production").iter().map(Addon::variable).collect();
        assert_eq!(variables, [Some("REDIS_URL".to_owned()), Some("DB_URL".to_owned())]);
        let (cache, _) = parse(FileId(0), r#"{"addons": [{"plan": "memcachier", "as": "CACHE"}]}"#);
        assert_eq!(cache.addons_of("production")[0].variable().as_deref(), Some("CACHE_SERVERS"));
        assert_eq!(app.formation[0].1.as_ref().map(|text| text.value.as_str()), Some("2"));
        assert_eq!((app.scripts["postdeploy"].text.as_str(), app.scripts["test"].text.as_str()), ("m", "pytest"));
        assert_eq!(app.buildpacks.len(), 2);
        assert!(!parse(FileId(0), r#"{"expo": {"name": "x"}}"#).0.is_heroku);
    }
}
