//! What the configuration says of rules.

use super::rule::Rule;
use super::{builtin, own};
use crate::discover::config::RuleSeverity;
use crate::discover::{Config, Tree};
use crate::model::near::hint;
use crate::model::{Problem, Role, Severity};

/// Sets the severities of the configuration.
pub fn apply(rules: &mut [Rule], config: &Config) {
    for rule in rules {
        match config.says.rules.get(&rule.name) {
            Some(RuleSeverity::All(word)) => {
                rule.set = rule.roles.keys().map(|role| (*role, Severity::of(word))).collect();
            }
            Some(RuleSeverity::ByRole(words)) => {
                let set = words.iter().filter_map(|(role, word)| Some((Role::of(role)?, Severity::of(word))));
                rule.set = set.collect();
            }
            None => {}
        }
    }
}

/// The names of the program's rules and of the repository's, sound or not.
pub fn names(tree: &Tree, config: &Config) -> Vec<String> {
    let own = config.says.rule_files.iter().flat_map(|entry| own::matching(tree, entry));
    let own = own.map(|file| tree.path(file).to_owned());
    let paths = builtin::FILES.iter().map(|(path, _)| (*path).to_owned()).chain(own);
    paths.map(|path| path.rsplit('/').next().unwrap_or_default().trim_end_matches(".toml").to_owned()).collect()
}

/// What is said of a rule that does not exist: the end of a message.
pub fn unknown(name: &str, names: &[String]) -> Option<String> {
    if names.iter().any(|known| known == name) {
        return None;
    }
    let near = hint(name, names.iter().map(String::as_str));
    let near = if near.contains("did you mean") { near } else { "; `paritylint rules` lists them".to_owned() };
    Some(format!("no such rule: {name}{near}"))
}

/// Rules that the configuration names and that do not exist, and rule files that are not there.
pub fn problems(tree: &Tree, config: &Config) -> Vec<Problem> {
    let names = names(tree, config);
    let mut problems = Vec::new();
    for (at, entry) in config.says.rule_files.iter().enumerate() {
        if let (true, Some(span)) =
            (own::matching(tree, entry).is_empty(), config.place(&["rule-files", &at.to_string()]))
        {
            problems.push(Problem::new(span, format!("there is no rule file {entry}")));
        }
    }
    let mut named: Vec<(String, Option<crate::model::Span>)> = Vec::new();
    for rule in config.says.rules.keys() {
        named.push((rule.clone(), config.at(&["rules", rule]).map(|node| node.key)));
    }
    for (at, rule) in config.says.ignore.iter().enumerate() {
        named.push((rule.clone(), config.place(&["ignore", &at.to_string()])));
    }
    for (at, allow) in config.says.allow.iter().enumerate().filter(|(_, allow)| !allow.rule.contains('*')) {
        named.push((allow.rule.clone(), config.place(&["allow", &at.to_string(), "rule"])));
    }
    for (key, span) in config.finals() {
        named.extend(key.strip_prefix("rules.").map(|rule| (rule.to_owned(), Some(span))));
    }
    for (rule, span) in named {
        if let (Some(message), Some(span)) = (unknown(&rule, &names), span) {
            problems.push(Problem::new(span, message));
        }
    }
    problems
}
