//! What the configuration says, typed. What may be written stands in [`super::keys`].

use std::collections::BTreeMap;

use serde::Deserialize;

/// One environment, as configuration names it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
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
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct PolicyConfig {
    /// The date on which time-dependent rules are judged.
    pub as_of: Option<String>,
}

/// An accepted finding: `[[allow]]`. Patterns may hold `*`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
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

/// The severity of a rule: one for all its roles, or by role.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum RuleSeverity {
    /// For every role that the rule speaks of.
    All(String),
    /// For the roles that are named.
    ByRole(BTreeMap<String, String>),
}

/// One or several.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum OneOrMore {
    /// One.
    One(String),
    /// Several.
    More(Vec<String>),
}

impl Default for OneOrMore {
    fn default() -> Self {
        Self::More(Vec::new())
    }
}

/// The configuration, all layers in one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ConfigFile {
    /// What a run of the program must be for this configuration to be read.
    pub required_version: Option<String>,
    /// The configurations that this one builds on.
    pub extends: OneOrMore,
    /// Folders in which Python packages are installed.
    pub site_packages: Vec<String>,
    /// Keys that whatever builds on this one may not set.
    #[serde(rename = "final")]
    pub finals: Vec<String>,
    /// The environment that others are compared with.
    pub reference: Option<String>,
    /// core, strict or audit.
    pub profile: Option<String>,
    /// From which severity on a run fails.
    pub fail_on: Option<String>,
    /// The first day on which findings fail a run.
    pub enforce_from: Option<String>,
    /// The baseline.
    pub baseline: Option<String>,
    /// The folders that are projects of their own, where the configuration says so.
    pub projects: Option<Vec<String>>,
    /// Environments by name.
    pub environments: BTreeMap<String, EnvironmentConfig>,
    /// Severities by rule.
    pub rules: BTreeMap<String, RuleSeverity>,
    /// Rules that are never looked at.
    pub ignore: Vec<String>,
    /// Findings that are accepted.
    pub allow: Vec<Allow>,
    /// Further rule files.
    pub rule_files: Vec<String>,
    /// Policy.
    pub policy: PolicyConfig,
}
