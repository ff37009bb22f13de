//! A rule that was checked: every name in it exists, every condition compiles.

use std::collections::BTreeMap;

use super::conditions;
use super::rule_file::{On, RuleFile};
use crate::model::{Dimension, Role, Severity, schema};

/// What is wrong with a rule file, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RuleError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong and what was expected.
    pub message: String,
}

/// A rule, ready to be judged.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The name: that of its file.
    pub name: String,
    /// Where it was read from.
    pub path: String,
    /// The dimension.
    pub dimension: Dimension,
    /// Severity by role.
    pub roles: BTreeMap<Role, Severity>,
    /// Everything else, as written.
    pub file: RuleFile,
}

impl Rule {
    /// Whether the rule compares environments.
    pub fn is_drift(&self) -> bool {
        self.file.on == On::Pair
    }

    /// The profile it belongs to.
    pub fn profile(&self) -> &str {
        self.file.profile.as_deref().unwrap_or("core")
    }
}

/// Reads and checks a rule file.
pub fn load(path: &str, text: &str) -> Result<Rule, Vec<RuleError>> {
    let name = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".toml").to_owned();
    let line_of = |offset: usize| text.get(..offset).map_or(1, |before| before.matches('\n').count() + 1);
    let file: RuleFile = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| line_of(span.start));
        vec![RuleError { line, message: error.message().to_owned() }]
    })?;
    let mut errors = Vec::new();
    let mut wrong = |needle: &str, message: String| {
        let line = text.find(needle).map_or(1, line_of);
        errors.push(RuleError { line, message });
    };
    let dimension = Dimension::of(&file.dimension);
    if dimension.is_none() {
        wrong(&file.dimension, format!("no such dimension: {}", file.dimension));
    }
    if file.on == On::Pair && file.compare.is_none() {
        wrong("on", "a rule on pairs needs `compare`".into());
    }
    if let Some(dimension) = dimension {
        for attribute in file.compare.iter().chain([&file.at]).chain(&file.also) {
            if schema::attribute(dimension, attribute).is_none() {
                wrong(attribute, format!("{} has no attribute {attribute}", dimension.name()));
            }
        }
        for condition in conditions(&file) {
            for message in conditions::check(condition, dimension) {
                wrong(condition, message);
            }
        }
        for message in conditions::check_template(&file.message, dimension) {
            wrong(&file.message, message);
        }
    }
    let mut roles = BTreeMap::new();
    for (role, severity) in &file.roles {
        match (Role::of(role), Severity::of(severity)) {
            (Some(role), Some(severity)) => {
                roles.insert(role, severity);
            }
            (None, _) => wrong(role, format!("no such role: {role}")),
            (_, None) => wrong(severity, format!("no such severity: {severity}; expected error, warning or note")),
        }
    }
    for row in &file.severity {
        if row.is != "off" && Severity::of(&row.is).is_none() {
            wrong(&row.is, format!("no such severity: {}", row.is));
        }
        for role in row.roles.iter().filter(|role| Role::of(role).is_none()) {
            wrong(role, format!("no such role: {role}"));
        }
    }
    match dimension {
        Some(dimension) if errors.is_empty() => Ok(Rule { name, path: path.to_owned(), dimension, roles, file }),
        _ => Err(errors),
    }
}

/// Every condition of a rule.
fn conditions(file: &RuleFile) -> impl Iterator<Item = &str> {
    let guards = file.unless.iter().map(|guard| guard.when.as_str());
    let rows = file.severity.iter().map(|row| row.when.as_str());
    file.when.iter().map(String::as_str).chain(guards).chain(rows)
}
