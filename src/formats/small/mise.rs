//! `mise.toml` beyond its tools: variables and tasks.

use std::collections::BTreeMap;

use super::tree::{self, Kind, Node};
use super::{CommandText, Texts};
use crate::formats::{Var, Vars};
use crate::model::{FileId, Known, Origin, Problem, Reason, Spanned};

/// A configuration of mise.
#[derive(Clone, Default, Debug)]
pub struct Mise {
    /// `[env]`, plain values; templates (`{{ … }}`) stay as they are written.
    pub env: Texts,
    /// Names that `[env]` takes away (`NAME = false`).
    pub unset: Vec<Spanned<String>>,
    /// `_.file`: files of variables.
    pub files: Vec<Spanned<String>>,
    /// `_.path`: folders put before the others.
    pub paths: Vec<Spanned<String>>,
    /// Tasks by name.
    pub tasks: BTreeMap<String, Task>,
}

/// A task.
#[derive(Clone, Default, Debug)]
pub struct Task {
    /// What it runs, one after the other.
    pub run: Vec<CommandText>,
    /// The tasks that run before.
    pub depends: Vec<Spanned<String>>,
    /// Its own variables.
    pub env: Texts,
    /// The folder it runs in.
    pub dir: Option<Spanned<String>>,
}

/// Reads `mise.toml`, or one of an environment (`mise.production.toml`).
pub fn parse(file: FileId, text: &str) -> (Mise, Vec<Problem>) {
    let (root, problems) = tree::toml(file, text);
    let Some(root) = root else { return (Mise::default(), problems) };
    let mut mise = Mise::default();
    // `[env]` may also be a list of tables.
    for table in root.get("env").map_or(&[][..], Node::one_or_many) {
        for (name, node) in table.entries() {
            match &node.kind {
                _ if name.value == "_" || name.value == "mise" => {
                    mise.files.extend(node.get("file").map(paths).unwrap_or_default());
                    mise.paths.extend(node.get("path").map(paths).unwrap_or_default());
                }
                Kind::Bool(false) => mise.unset.push(name.clone()),
                _ => {
                    mise.env.extend(value(node).map(|text| (name.value.clone(), text)));
                }
            }
        }
    }
    for (name, node) in root.get("tasks").map_or(&[][..], Node::entries) {
        mise.tasks.insert(name.value.clone(), task(node));
    }
    (mise, problems)
}

/// Variables as their values; one with a template is what mise makes of it.
pub fn variables(texts: &Texts) -> Vars {
    let var = |(name, text): (&String, &Spanned<String>)| {
        let mut var = Var::set(text.value.clone(), Origin::set(text.span));
        if is_template(&text.value) {
            var.value = Known::Unknown(Reason::at(format!("mise makes {name} of a template"), text.span));
        }
        (name.clone(), var)
    };
    texts.iter().map(var).collect()
}

/// Whether mise fills something into a text.
pub fn is_template(text: &str) -> bool {
    ["{{", "{%", "{#"].iter().any(|sign| text.contains(sign))
}

fn value(node: &Node) -> Option<Spanned<String>> {
    node.field("value").or_else(|| node.field("default")).or_else(|| node.spanned())
}

fn paths(node: &Node) -> Vec<Spanned<String>> {
    node.one_or_many().iter().filter_map(|item| item.field("path").or_else(|| item.spanned())).collect()
}

fn task(node: &Node) -> Task {
    let commands = |node: &Node| node.one_or_many().iter().filter_map(CommandText::of).collect();
    if !matches!(node.kind, Kind::Map(_)) {
        return Task { run: commands(node), ..Task::default() };
    }
    let env = node.get("env").map_or(&[][..], Node::entries);
    Task {
        run: node.get("run").map(commands).unwrap_or_default(),
        depends: node.get("depends").map(Node::texts).unwrap_or_default(),
        env: env.iter().filter_map(|(name, node)| Some((name.value.clone(), value(node)?))).collect(),
        dir: node.field("dir"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_files_and_tasks_come_in_every_form() {
        let text = "tasks.short = 'echo a'\n[env]\nA = 'x'\nB = 2\nC = false\nD = {value = 'v', redact = true}\n\
                    _.file = ['.env', {path = '.env.local', redact = true}]\n_.path = './bin'\n\
                    [tasks.'db:up']\nrun = ['docker compose up -d', 'wait']\ndepends = 'short'\nenv = {E = '1'}\ndir = 'x'\n";
        let (mise, problems) = parse(FileId(0), text);
        assert!(problems.is_empty());
        let env: Vec<_> = mise.env.iter().map(|(name, text)| format!("{name}={}", text.value)).collect();
        assert_eq!(env, ["A=x", "B=2", "D=v"]);
        assert_eq!(mise.unset[0].value, "C");
        assert_eq!(mise.files.iter().map(|path| path.value.as_str()).collect::<Vec<_>>(), [".env", ".env.local"]);
        assert_eq!(mise.paths.len(), 1);
        assert_eq!(mise.tasks["short"].run[0].text, "echo a");
        let task = &mise.tasks["db:up"];
        assert_eq!((task.run.len(), task.depends.len(), task.env.len()), (2, 1, 1));
        assert_eq!(&text[task.run[0].map.span(0, 6).range()], "docker");
        assert!(!parse(FileId(0), "[env\n").1.is_empty());
    }
}
