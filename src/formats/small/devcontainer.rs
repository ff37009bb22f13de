//! `devcontainer.json`.

use std::collections::BTreeMap;

use super::tree::{Kind, Node};
use super::{CommandText, Texts, json, quoted, texts};
use crate::formats::{Var, Vars};
use crate::model::{Certainty, FileId, Known, Origin, Problem, Reason, SpanMap, Spanned};

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
    /// `runServices`; all services where none is named.
    pub run_services: Vec<Spanned<String>>,
    /// `forwardPorts`.
    pub forward_ports: Vec<Spanned<String>>,
    /// `remoteEnv`.
    pub remote_env: Texts,
    /// `containerEnv`.
    pub container_env: Texts,
    /// `features`.
    pub features: Vec<Feature>,
    /// Whether the container's own command is left out; so it is where nothing is said, but for a compose service.
    pub override_command: Option<bool>,
    /// `postCreateCommand` and its like; a list is a command in words, an object gives several. That of `initializeCommand`
    /// runs outside of the container.
    pub commands: BTreeMap<String, Vec<CommandText>>,
}

/// A part that is put into the image.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Feature {
    /// Its reference (`ghcr.io/devcontainers/features/python:1`).
    pub reference: Spanned<String>,
    /// `version`, or the value alone.
    pub version: Option<Spanned<String>>,
    /// `packages`.
    pub packages: Option<Spanned<String>>,
}

impl Feature {
    /// Its name: the last part of the reference.
    pub fn name(&self) -> &str {
        let last = self.reference.value.rsplit('/').next().unwrap_or_default();
        last.split([':', '@']).next().unwrap_or_default()
    }
}

/// Reads `devcontainer.json`.
pub fn parse(file: FileId, text: &str) -> (Devcontainer, Vec<Problem>) {
    let (root, problems) = json::parse(file, text);
    let Some(root) = root else { return (Devcontainer::default(), problems) };
    let build = |key: &str| root.path(&["build", key]).and_then(Node::spanned);
    let names = [
        "initializeCommand",
        "onCreateCommand",
        "updateContentCommand",
        "postCreateCommand",
        "postStartCommand",
        "postAttachCommand",
    ];
    let command = |name: &&str| Some(((*name).to_owned(), commands(root.get(name)?)));
    let feature = |(name, node): &(Spanned<String>, Node)| Feature {
        reference: name.clone(),
        version: node.field("version").or_else(|| node.spanned()),
        packages: node.field("packages"),
    };
    let container = Devcontainer {
        image: root.field("image"),
        dockerfile: build("dockerfile").or_else(|| root.field("dockerFile")),
        context: build("context").or_else(|| root.field("context")),
        target: build("target"),
        args: texts(root.path(&["build", "args"])),
        compose_files: root.get("dockerComposeFile").map(Node::texts).unwrap_or_default(),
        service: root.field("service"),
        run_services: root.get("runServices").map(Node::texts).unwrap_or_default(),
        forward_ports: root.get("forwardPorts").map(Node::texts).unwrap_or_default(),
        remote_env: texts(root.get("remoteEnv")),
        container_env: texts(root.get("containerEnv")),
        features: root.get("features").map_or(&[][..], Node::entries).iter().map(feature).collect(),
        override_command: root.get("overrideCommand").and_then(Node::as_bool),
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
    let words: Vec<String> = items.iter().filter_map(Node::scalar).map(|word| quoted(&word)).collect();
    Some(CommandText { text: words.join(" "), span: node.span, map: SpanMap::Whole(node.span) })
}

impl Devcontainer {
    /// The variables that commands see in the container, substitutions put in: those of the container, then those of
    /// the editor's server in it.
    pub fn variables(&self) -> Vars {
        let mut all = Vars::new();
        for (name, text) in self.container_env.iter().chain(&self.remote_env) {
            let var = substituted(text, &all);
            all.insert(name.clone(), var);
        }
        all
    }
}

/// `${localEnv:X}`, `${localEnv:X:default}`, `${containerEnv:X}`; other names are those of folders that only the
/// editor knows.
fn substituted(text: &Spanned<String>, known: &Vars) -> Var {
    let mut out = String::new();
    let mut rest = text.value.as_str();
    let mut certainty = Certainty::Stated;
    let mut unknown: Option<String> = None;
    while let Some((before, tail)) = rest.split_once("${") {
        out.push_str(before);
        let Some((inner, after)) = tail.split_once('}') else {
            out.push_str("${");
            rest = tail;
            continue;
        };
        let mut parts = inner.splitn(3, ':');
        let (kind, name, default) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
        match (kind, name, default) {
            ("containerEnv", Some(name), _) if known.get(name).is_some_and(|var| var.value.one().is_some()) => {
                out.push_str(known.get(name).and_then(|var| var.value.one()).map_or("", String::as_str));
            }
            ("localEnv" | "env", Some(name), Some(default)) => {
                certainty = Certainty::Default { variable: Some(name.to_owned()) };
                out.push_str(default);
            }
            _ => unknown = Some(inner.to_owned()),
        }
        rest = after;
    }
    out.push_str(rest);
    let value = match unknown {
        Some(inner) => Known::Unknown(Reason::at(format!("{inner} comes from where the editor runs"), text.span)),
        None => Known::One(out),
    };
    Var { value, certainty, origin: Origin::set(text.span) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_old_names_and_every_form_of_a_command_are_read() {
        let text = r#"{ // c
            "dockerFile": "../Dockerfile", "context": "..", "build": {"target": "dev", "args": {"V": "3.12",}},
            "dockerComposeFile": ["a.yml", "b.yml"], "service": "app", "runServices": ["db"], "forwardPorts": [8000, "db:5432"],
            "features": {"ghcr.io/x/node:1": {"version": "20"}, "y": "latest", "z": {}},
            "postCreateCommand": ["sh", "-c", "a && b"], "postStartCommand": {"one": "x", "two": ["y", "z"]}, "initializeCommand": "i",
        }"#;
        let (found, problems) = parse(FileId(0), text);
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!((found.compose_files.len(), found.run_services.len(), found.forward_ports.len()), (2, 1, 2));
        assert_eq!(found.dockerfile.map(|text| text.value).as_deref(), Some("../Dockerfile"));
        assert_eq!(
            (found.target.map(|text| text.value).as_deref(), found.args["V"].value.as_str()),
            (Some("dev"), "3.12")
        );
        let versions: Vec<_> =
            found.features.iter().map(|one| one.version.as_ref().map(|text| text.value.as_str())).collect();
        assert_eq!(versions, [Some("20"), Some("latest"), None]);
        assert_eq!(found.features.iter().map(Feature::name).collect::<Vec<_>>(), ["node", "y", "z"]);
        assert_eq!(found.commands["postCreateCommand"][0].text, "sh -c 'a && b'");
        assert_eq!(found.commands["postStartCommand"].len(), 2);
        assert!(found.commands.contains_key("initializeCommand"));
    }

    #[test]
    fn variables_are_put_together_as_far_as_the_file_goes() {
        let text = r#"{"containerEnv": {"A": "1", "B": "${localEnv:HOME_B:none:x}/y", "C": "${localEnv:C}"},
            "remoteEnv": {"P": "/x:${containerEnv:A}", "Q": "${containerEnv:PATH}", "R": "${bad"}}"#;
        let vars = parse(FileId(0), text).0.variables();
        assert_eq!(vars["B"].value, Known::One("none:x/y".into()));
        assert_eq!(vars["B"].certainty, Certainty::Default { variable: Some("HOME_B".into()) });
        assert_eq!(
            (vars["P"].value.one().map(String::as_str), vars["R"].value.one().map(String::as_str)),
            (Some("/x:1"), Some("${bad"))
        );
        assert!(vars["C"].value.is_unknown() && vars["Q"].value.is_unknown());
    }
}
