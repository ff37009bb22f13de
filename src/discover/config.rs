//! `paritylint.toml`, or `[tool.paritylint]` in pyproject.toml: only what the files of the project cannot say.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned as TomlSpanned;

use super::tree::Tree;
use crate::model::{FileId, Problem, Role, Span};

/// One environment, as configuration names it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct EnvironmentConfig {
    /// What it is for; by its name where the name is a role.
    pub role: Option<String>,
    /// The compose files, in order.
    pub compose: Vec<String>,
    /// The Dockerfile that is built.
    pub dockerfile: Option<String>,
    /// The stage of it.
    pub target: Option<String>,
    /// The Procfile.
    pub procfile: Option<String>,
    /// The CI jobs, as `workflow.yml:job`.
    pub jobs: Vec<String>,
    /// The settings module.
    pub settings: Option<String>,
    /// The configuration class in it.
    pub class: Option<String>,
    /// Variables that are set outside the repository.
    pub provides: Vec<String>,
    /// Whether every variable is to be seen in the repository.
    pub complete: bool,
    /// Services outside the repository, as `database = "postgres:16.3"`.
    pub services: BTreeMap<String, String>,
    /// `false` says that there is no such environment.
    pub exists: Option<bool>,
}

/// `[policy]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct PolicyConfig {
    /// The date on which time-dependent rules are judged.
    pub as_of: Option<String>,
}

/// An accepted finding: `[[allow]]`. Patterns may hold `*`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Allow {
    /// The rule.
    pub rule: String,
    /// The project.
    pub project: Option<String>,
    /// The environment that deviates, or that the finding is about.
    pub environment: Option<String>,
    /// The component.
    pub component: Option<String>,
    /// The key.
    pub key: Option<String>,
    /// Why it is accepted.
    pub reason: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The last day it holds, `YYYY-MM-DD`.
    pub until: Option<String>,
}

/// The file as it is written.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ConfigFile {
    /// The environment that others are compared with.
    pub reference: Option<String>,
    /// Environments by name.
    pub environments: BTreeMap<String, TomlSpanned<EnvironmentConfig>>,
    /// Rules that are never looked at.
    pub ignore: Vec<String>,
    /// Findings that are accepted.
    pub allow: Vec<TomlSpanned<Allow>>,
    /// Further rule files.
    pub rules: Vec<String>,
    /// Policy.
    pub policy: PolicyConfig,
}

/// The configuration of a run.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The file it comes from.
    pub file: Option<FileId>,
    /// What it says.
    pub says: ConfigFile,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
}

impl Config {
    /// Reads the configuration at the root of a tree.
    pub fn read(tree: &Tree) -> Self {
        if let Some(file) = tree.find("paritylint.toml").or_else(|| tree.find(".paritylint.toml")) {
            return Self::parse(tree, file, false);
        }
        match tree.find("pyproject.toml") {
            Some(file) if tree.text(file).is_ok_and(|text| text.contains("[tool.paritylint")) => {
                Self::parse(tree, file, true)
            }
            _ => Self::default(),
        }
    }

    fn parse(tree: &Tree, file: FileId, nested: bool) -> Self {
        let mut config = Self { file: Some(file), ..Self::default() };
        let Ok(text) = tree.text(file) else {
            config.problems.push(Problem::new(Span::new(file, 0, 0), "the configuration cannot be read"));
            return config;
        };
        let read = if nested {
            toml::from_str::<Pyproject>(text).map(|all| all.tool.paritylint)
        } else {
            toml::from_str::<ConfigFile>(text)
        };
        match read {
            Ok(says) => config.says = says,
            Err(error) => {
                let at = error.span().unwrap_or(0..0);
                config.problems.push(Problem::new(Span::new(file, at.start, at.end), error.message().to_owned()));
            }
        }
        config.check_roles(file);
        config.check_allowances(file);
        config
    }

    fn check_roles(&mut self, file: FileId) {
        for (name, written) in &self.says.environments {
            let role = written.get_ref().role.as_deref();
            let span = Span::new(file, written.span().start, written.span().end);
            match role {
                Some(role) if Role::of(role).is_none() => {
                    let message = format!("no such role: {role}; expected production, staging, test or development");
                    self.problems.push(Problem::new(span, message));
                }
                None if Role::of(name).is_none() => {
                    let message = format!("environment {name} needs a role: production, staging, test or development");
                    self.problems.push(Problem::new(span, message));
                }
                _ => {}
            }
        }
    }

    fn check_allowances(&mut self, file: FileId) {
        for written in &self.says.allow {
            let allow = written.get_ref();
            let span = Span::new(file, written.span().start, written.span().start + 1);
            if allow.reason.trim().is_empty() {
                self.problems.push(Problem::new(span, "an allowance needs a reason"));
            }
            if let Some(until) = allow.until.as_ref().filter(|until| !is_day(until)) {
                self.problems
                    .push(Problem::new(span, format!("until = \"{until}\" is not a day; expected YYYY-MM-DD")));
            }
        }
    }

    /// The place that declares an environment.
    pub fn span_of(&self, environment: &str) -> Option<Span> {
        let written = self.says.environments.get(environment)?.span();
        Some(Span::new(self.file?, written.start, written.start + 1))
    }

    /// What is said of an environment.
    pub fn environment(&self, name: &str) -> Option<&EnvironmentConfig> {
        self.says.environments.get(name).map(TomlSpanned::get_ref)
    }
}

/// Whether a text is a day of the calendar, `YYYY-MM-DD`.
fn is_day(text: &str) -> bool {
    text.parse::<toml::value::Datetime>().is_ok_and(|when| when.date.is_some() && when.time.is_none())
}

#[derive(Deserialize)]
struct Pyproject {
    tool: Tool,
}

#[derive(Deserialize)]
struct Tool {
    paritylint: ConfigFile,
}
