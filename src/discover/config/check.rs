//! Whether a configuration holds only what it may: every fault at its place, with what was expected.

use super::keys::{ALLOW, ENVIRONMENT, Key, Kind, ROLES, SEVERITIES, TOP};
use super::node::{Node, Value};
use crate::knowledge::services;
use crate::model::near::hint;
use crate::model::{Problem, Role, Span};

/// What is wrong with a layer.
pub(super) fn check(root: &Node) -> Vec<Problem> {
    let mut check = Check::default();
    if let Value::Table(_) = &root.value {
        check.keys("", root, TOP);
    } else {
        check.wrong(root.span, format!("expected a table, found {}", root.value.kind()), None);
    }
    check.environments(root);
    check.problems.sort();
    check.problems
}

/// Whether a text is a day of the calendar, `YYYY-MM-DD`.
pub fn is_day(text: &str) -> bool {
    text.parse::<toml::value::Datetime>().is_ok_and(|when| when.date.is_some() && when.time.is_none())
}

#[derive(Default)]
struct Check {
    problems: Vec<Problem>,
}

impl Check {
    fn wrong(&mut self, span: Span, message: impl Into<String>, help: Option<String>) {
        self.problems.push(Problem { span, message: message.into(), help });
    }

    /// A table with known keys. `name` is how people call it: empty for the top.
    fn keys(&mut self, name: &str, node: &Node, keys: &[Key]) {
        let Value::Table(table) = &node.value else { return };
        let place = if name.is_empty() { String::new() } else { format!(" in {name}") };
        for (written, value) in table {
            match keys.iter().find(|key| key.name == written) {
                Some(key) => {
                    let label = inner(name.trim_matches(['[', ']']), key.name);
                    self.value(&label, value, key.kind);
                }
                None => self.unknown(written, value, &place, keys),
            }
        }
        for key in keys.iter().filter(|key| key.required && !table.contains_key(key.name)) {
            let help = format!("add {} = {}", key.name, key.example);
            self.wrong(node.key, format!("{name} needs {}: {}", key.name, lower(key.means)), Some(help));
        }
    }

    fn unknown(&mut self, written: &str, node: &Node, place: &str, keys: &[Key]) {
        let hint = hint(written, keys.iter().map(|key| key.name));
        let elsewhere = [("", TOP), ("[environments.NAME]", ENVIRONMENT), ("[[allow]]", ALLOW)];
        let better = elsewhere
            .iter()
            .find(|(_, others)| !std::ptr::eq(*others, keys) && others.iter().any(|key| key.name == written));
        let help = better.map(|(table, _)| {
            let table = if table.is_empty() { "at the top of the file, before the first table" } else { table };
            let into = if table.starts_with('[') { "into " } else { "" };
            format!("{written} belongs {into}{table}")
        });
        let hint = if help.is_some() { String::new() } else { hint };
        self.wrong(node.key, format!("unknown key {written}{place}{hint}"), help);
    }

    fn value(&mut self, label: &str, node: &Node, kind: Kind) {
        match (kind, &node.value) {
            (Kind::List(of), Value::List(items)) => {
                for item in items {
                    let label = if matches!(of, Kind::Table(_)) { format!("[[{label}]]") } else { label.to_owned() };
                    self.value(&label, item, *of);
                }
            }
            (Kind::OneOrMore(of), Value::List(items)) => items.iter().for_each(|item| self.value(label, item, *of)),
            (Kind::OneOrMore(of), _) => self.value(label, node, *of),
            (Kind::Table(keys), Value::Table(_)) => {
                let name = if label.starts_with('[') { label.to_owned() } else { format!("[{label}]") };
                self.keys(&name, node, keys);
            }
            (Kind::Named(of), Value::Table(table)) => {
                for (name, value) in table {
                    self.value(&inner(label, name), value, *of);
                }
            }
            (Kind::Severity, Value::Table(table)) => {
                for (role, value) in table {
                    if !ROLES.contains(&role.as_str()) {
                        let hint = hint(role, ROLES.iter().copied());
                        self.wrong(value.key, format!("no such role: {role}{hint}"), None);
                    }
                    self.word(label, value, SEVERITIES);
                }
            }
            (Kind::Severity, Value::Text(_)) => self.word(label, node, SEVERITIES),
            (Kind::Word(words), Value::Text(_)) => self.word(label, node, words),
            (Kind::Flag, Value::Flag(_)) => {}
            (Kind::Day, Value::Date(text) | Value::Text(text)) => {
                if !is_day(text) {
                    let message = format!("{label} = \"{text}\" is not a day; expected YYYY-MM-DD");
                    self.wrong(node.span, message, None);
                }
            }
            (Kind::Text | Kind::File | Kind::Versions | Kind::Job | Kind::Service, Value::Text(text)) => {
                self.text(label, node.span, text, kind);
            }
            (Kind::Named(_), Value::List(_)) if label == "rules" => {
                let message = "rules is a table of severities; files with rules of your own are rule-files";
                self.wrong(node.key, message, Some("write rule-files = […]".into()));
            }
            _ => {
                let message = format!("{label}: expected {}, found {}", kind.expected(), node.value.kind());
                self.wrong(node.span, message, None);
            }
        }
    }

    fn word(&mut self, label: &str, node: &Node, words: &[&str]) {
        match node.text() {
            Some(word) if words.contains(&word) => {}
            Some(word) => {
                let hint = hint(word, words.iter().copied());
                self.wrong(node.span, format!("{label} = \"{word}\" is not known{hint}"), None);
            }
            None => {
                let message = format!("{label}: expected {}, found {}", words.join(", "), node.value.kind());
                self.wrong(node.span, message, None);
            }
        }
    }

    fn text(&mut self, label: &str, span: Span, text: &str, kind: Kind) {
        if text.trim().is_empty() {
            let message = match label {
                "allow.reason" => "an allowance needs a reason".to_owned(),
                _ => format!("{label} is empty; expected {}", kind.expected()),
            };
            return self.wrong(span, message, None);
        }
        match kind {
            Kind::Job if !text.rsplit_once(':').is_some_and(|(file, job)| !file.is_empty() && !job.is_empty()) => {
                self.wrong(span, format!("{label}: expected {}, found \"{text}\"", kind.expected()), None);
            }
            Kind::Versions if text.parse::<pep440_rs::VersionSpecifiers>().is_err() => {
                self.wrong(span, format!("{label} = \"{text}\": expected {}", kind.expected()), None);
            }
            Kind::Service
                if services::by_image(crate::knowledge::images::describe(text, "").repository.as_str()).is_none() =>
            {
                let message = format!("{label} = \"{text}\" is no service that is known; expected {}", kind.expected());
                self.wrong(span, message, None);
            }
            _ => {}
        }
    }

    /// What keys of an environment need of one another.
    fn environments(&mut self, root: &Node) {
        let Some(Value::Table(all)) = root.at(&["environments"]).map(|node| &node.value) else { return };
        for (name, node) in all {
            let has = |key: &str| node.at(&[key]);
            if has("role").is_none() && Role::of(name).is_none() && matches!(node.value, Value::Table(_)) {
                let message = format!("environment {name} needs a role: production, staging, test or development");
                self.wrong(node.key, message, Some(format!("add role = \"staging\" below [environments.{name}]")));
            }
            for (key, needs) in [("target", "dockerfile"), ("class", "settings")] {
                if let (Some(written), None) = (has(key), has(needs)) {
                    self.wrong(written.key, format!("{key} of environment {name} needs {needs} beside it"), None);
                }
            }
        }
    }
}

fn inner(outer: &str, name: &str) -> String {
    if outer.is_empty() { name.to_owned() } else { format!("{outer}.{name}") }
}

fn lower(text: &str) -> String {
    let mut chars = text.trim_end_matches('.').chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}
