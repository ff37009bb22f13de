//! An environment of a TOML file: `env_run_base`, `env.NAME`, lists of words, tables that replace.

use std::cell::Cell;
use std::collections::BTreeMap;

use super::{Command, Substituted, TestEnv, common, factor, substitute};
use crate::formats::Var;
use crate::formats::small::tree::{Kind, Node};
use crate::formats::small::{CommandText, quoted};
use crate::model::{SpanMap, Spanned};

/// How deep tables may refer to one another.
const MAX_DEPTH: usize = 10;
/// How many references one environment may follow.
const MAX_STEPS: u32 = 10_000;

/// The names of `env_list`; a product of factors is spelled out.
pub(super) fn env_list(node: &Node) -> Vec<Spanned<String>> {
    let mut out = Vec::new();
    for item in node.items() {
        if let Some(name) = item.spanned() {
            out.push(name);
            continue;
        }
        let mut all = vec![String::new()];
        for choices in item.get("product").map_or(&[][..], Node::items) {
            let choices = numbered(choices);
            if all.len() * choices.len() > 1_000 {
                return out;
            }
            let join = |start: &String, choice: &String| {
                if start.is_empty() { choice.clone() } else { format!("{start}-{choice}") }
            };
            all = all.iter().flat_map(|start| choices.iter().map(move |choice| join(start, choice))).collect();
        }
        let excluded = item.get("exclude").map(Node::texts).unwrap_or_default();
        all.retain(|name| !name.is_empty() && !excluded.iter().any(|no| no.value == *name));
        out.extend(all.into_iter().map(|name| Spanned::new(name, item.span)));
    }
    out
}

/// The choices of one factor: a list of words, or `{ prefix = "py3", start = 10, stop = 13 }`.
fn numbered(node: &Node) -> Vec<String> {
    let number = |key: &str| node.get(key)?.scalar()?.parse::<u32>().ok();
    match (node.field("prefix"), number("start"), number("stop")) {
        (Some(prefix), Some(start), Some(stop)) => {
            (start..=stop).take(1_000).map(|n| format!("{}{n}", prefix.value)).collect()
        }
        _ => node.texts().into_iter().map(|text| text.value).collect(),
    }
}

struct Reader<'n> {
    root: &'n Node,
    name: &'n str,
    moved: bool,
    set: BTreeMap<String, Var>,
    steps: Cell<u32>,
}

pub(super) fn environment(root: &Node, name: &str) -> TestEnv {
    let mut reader = Reader { root, name, moved: false, set: BTreeMap::new(), steps: Cell::new(0) };
    let change_dir = reader.setting("change_dir").and_then(Node::spanned);
    reader.moved = change_dir.as_ref().is_some_and(|dir| !matches!(dir.value.as_str(), "." | "./" | ""));
    let set = reader.setting("set_env").map_or(&[][..], Node::entries);
    for (key, value) in set {
        let found = match value.scalar() {
            Some(text) => reader.put_in(&text),
            None => reader.replacement(value, 0).unwrap_or(Substituted {
                text: key.value.clone(),
                known: false,
                variable: None,
            }),
        };
        reader.set.insert(key.value.clone(), found.var(value.span));
    }
    let list = |key: &str| reader.setting(key).map(|node| reader.words(node, 0)).unwrap_or_default();
    TestEnv {
        name: name.to_owned(),
        commands_pre: reader.commands("commands_pre"),
        commands: reader.commands("commands"),
        deps: list("deps").iter().flat_map(lines).collect(),
        pass_env: list("pass_env"),
        extras: list("extras"),
        groups: list("dependency_groups"),
        base_python: list("base_python"),
        skip_install: reader.setting("skip_install").and_then(Node::as_bool).unwrap_or_default(),
        runner: reader.setting("runner").and_then(Node::spanned),
        skips_package: reader.setting("package").and_then(Node::as_str) == Some("skip"),
        set_env: reader.set.clone(),
        change_dir,
    }
}

/// Requirements may stand in one text, a line each.
fn lines(text: &Spanned<String>) -> Vec<Spanned<String>> {
    let each = text.value.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    each.map(|line| Spanned::new(line.to_owned(), text.span)).collect()
}

impl<'n> Reader<'n> {
    fn setting(&self, key: &str) -> Option<&'n Node> {
        let own = self.root.path(&["env", self.name]);
        let bases = own.and_then(|own| own.get("base")).map(Node::texts);
        if let Some(found) = own.and_then(|own| own.get(key)) {
            return Some(found);
        }
        let named = bases.iter().flatten().find_map(|base| self.root.path(&["env", &base.value, key]));
        named.or_else(|| self.root.path(&["env_run_base", key]))
    }

    fn put_in(&self, text: &str) -> Substituted {
        substitute(text, &|inner| common(inner, self.name, self.moved, &self.set))
    }

    /// The text that a table which replaces stands for, if it is one text.
    fn replacement(&self, node: &Node, depth: usize) -> Option<Substituted> {
        let kind = node.field("replace")?;
        let default = node.get("default");
        match kind.value.as_str() {
            "env" => {
                let name = node.field("name")?.value;
                if let Some(known) = self.set.get(&name).and_then(|var| var.value.one()) {
                    return Some(Substituted { text: known.clone(), known: true, variable: None });
                }
                let found = self.put_in(&default?.scalar()?);
                Some(Substituted { variable: Some(name), ..found })
            }
            "posargs" | "ref" => {
                let words: Vec<String> = self.table(node, depth).into_iter().map(|word| word.value).collect();
                Some(Substituted { text: words.join(" "), known: true, variable: None })
            }
            _ => None,
        }
    }

    /// The words of a list, tables in it replaced.
    fn words(&self, node: &Node, depth: usize) -> Vec<Spanned<String>> {
        self.steps.set(self.steps.get().saturating_add(1));
        if depth > MAX_DEPTH || self.steps.get() > MAX_STEPS {
            return Vec::new();
        }
        let mut out = Vec::new();
        for item in node.one_or_many() {
            match &item.kind {
                Kind::Map(_) => out.extend(self.table(item, depth)),
                _ => out.extend(item.scalar().map(|text| Spanned::new(self.put_in(&text).text, item.span))),
            }
        }
        out
    }

    fn table(&self, node: &Node, depth: usize) -> Vec<Spanned<String>> {
        let default = || node.get("default").map(|node| self.words(node, depth + 1)).unwrap_or_default();
        match node.field("replace").as_ref().map(|kind| kind.value.as_str()) {
            Some("posargs") => default(),
            Some("ref") => {
                let found = node.get("of").map(Node::texts).unwrap_or_default();
                let path: Vec<&str> = found.iter().map(|key| key.value.as_str()).collect();
                let raw = if path.is_empty() {
                    let (env, key) = (node.field("env"), node.field("key"));
                    env.zip(key).and_then(|(env, key)| self.root.path(&["env", &env.value, &key.value]))
                } else {
                    self.root.path(&path).or_else(|| self.root.path(path.get(2..).unwrap_or_default()))
                };
                raw.map_or_else(default, |raw| self.words(raw, depth + 1))
            }
            Some("if") => {
                // A condition may ask what only the run knows.
                let condition = node.field("condition").map(|text| text.value).unwrap_or_default();
                let factor = condition.strip_prefix("factor['").and_then(|rest| rest.strip_suffix("']"));
                let branch = |key: &str| node.get(key).map(|node| self.words(node, depth + 1)).unwrap_or_default();
                match factor {
                    Some(factor) if factor::holds(&[factor.to_owned()], self.name) => branch("then"),
                    Some(_) => branch("else"),
                    None => Vec::new(),
                }
            }
            _ => {
                self.replacement(node, depth).map(|found| vec![Spanned::new(found.text, node.span)]).unwrap_or_default()
            }
        }
    }

    fn commands(&self, key: &str) -> Vec<Command> {
        let Some(list) = self.setting(key) else { return Vec::new() };
        let mut out = Vec::new();
        self.each_command(list, 0, &mut out);
        out
    }

    fn each_command(&self, list: &Node, depth: usize, out: &mut Vec<Command>) {
        for item in list.items().iter().filter(|_| depth < MAX_DEPTH) {
            if out.len() > 1_000 {
                return;
            }
            if let Kind::Map(_) = item.kind {
                // Commands of another environment.
                let path: Vec<String> =
                    item.get("of").map(Node::texts).unwrap_or_default().into_iter().map(|key| key.value).collect();
                let path: Vec<&str> = path.iter().map(String::as_str).collect();
                if let Some(found) = self.root.path(&path).filter(|_| !path.is_empty()) {
                    self.each_command(found, depth + 1, out);
                }
                continue;
            }
            let mut words: Vec<String> = self.words(item, 0).into_iter().map(|word| word.value).collect();
            let ignores_errors = words.first().is_some_and(|word| word == "-" || word.starts_with('-'));
            if let Some(first) = words.first_mut() {
                *first = first.trim_start_matches(['-', '!']).trim_start().to_owned();
            }
            words.retain(|word| !word.is_empty());
            let text = words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
            out.push(Command {
                text: CommandText { text, span: item.span, map: SpanMap::Whole(item.span) },
                ignores_errors,
            });
        }
    }
}
