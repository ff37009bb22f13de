//! A rule as it is written: strict TOML, an unknown key is an error at its place.

use std::collections::BTreeMap;

use serde::Deserialize;

/// What a rule is judged on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum On {
    /// Every fact of the dimension.
    Fact,
    /// Every fact and its counterpart in the reference, or in any other environment.
    Pair,
    /// Everything that could not be read.
    Problem,
}

impl On {
    /// The word in rules.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fact => "fact",
            Self::Pair => "pair",
            Self::Problem => "problem",
        }
    }
}

/// How the two sides of a pair must stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wanted {
    /// Decided and different.
    #[default]
    Differs,
    /// Decided and the same.
    Same,
    /// The fact is here; the complete set there lacks it.
    OnlyHere,
    /// The fact is there; the complete set here lacks it.
    OnlyThere,
    /// One side has the fact; the complete set of the other lacks it.
    OneSided,
}

/// Which environments are paired.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pairs {
    /// Each with the reference.
    #[default]
    Reference,
    /// Each with the reference and, where that decides nothing, with the next role that does.
    Next,
    /// As `Next`; of several, what runs inside the process is compared with each, unless another environment of the role has
    /// what that one has.
    Each,
    /// Each with each.
    Any,
}

/// How facts are paired.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Align {
    /// By key.
    #[default]
    Key,
    /// By the value of the compared attribute, whatever the key.
    Value,
}

/// A condition that keeps the rule silent on purpose.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guard {
    /// The name, for fixtures and verdicts.
    pub name: String,
    /// The condition.
    pub when: String,
    /// Why that is no problem.
    pub because: String,
}

/// A guard that holds below the rules, in what facts are stated.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Upheld {
    /// The name, for fixtures.
    pub name: String,
    /// Where and why.
    pub because: String,
}

/// A severity that takes the place of the role's.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// The name, for fixtures.
    pub name: String,
    /// The roles it holds for; all if none is named.
    #[serde(default)]
    pub roles: Vec<String>,
    /// The severity, or `off`.
    pub is: String,
    /// The condition.
    pub when: String,
}

/// The file as it is written.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleFile {
    /// What it finds, in one clause.
    pub summary: String,
    /// What it is judged on.
    pub on: On,
    /// The dimension.
    pub dimension: String,
    /// For pairs: the attribute that is compared.
    pub compare: Option<String>,
    /// For pairs: how the sides must stand.
    #[serde(default)]
    pub relation: Wanted,
    /// For pairs: which environments.
    #[serde(default)]
    pub pairs: Pairs,
    /// For pairs: how facts are paired.
    #[serde(default)]
    pub align: Align,
    /// Conditions; all must hold.
    #[serde(default)]
    pub when: Vec<String>,
    /// Severity by role; a role that is not named is off.
    pub roles: BTreeMap<String, String>,
    /// The attribute whose origin is the primary place; every rule but one on problems needs it.
    #[serde(default)]
    pub at: String,
    /// Attributes whose origins are shown too.
    #[serde(default)]
    pub also: Vec<String>,
    /// The headline, a template.
    pub message: String,
    /// Rules that this one explains.
    #[serde(default)]
    pub subsumes: Vec<String>,
    /// Rules that stay visible beside this one.
    #[serde(default)]
    pub keeps: Vec<String>,
    /// core, strict or audit.
    pub profile: Option<String>,
    /// The version that brought it, where that is not the first: it is a note in that minor release.
    pub since: Option<String>,
    /// What hurts, with a source.
    pub why: String,
    /// What to do.
    pub fix: String,
    /// Addresses to read on.
    pub references: Vec<String>,
    /// Controls it is evidence towards.
    #[serde(default)]
    pub controls: Vec<String>,
    /// One finding with items for each component.
    #[serde(default)]
    pub group: bool,
    /// Lists that begin in one file are one, whatever their environments: what is wrong is the file.
    #[serde(default)]
    pub one_file: bool,
    /// The rule is about defaults: a default value does not lower it.
    #[serde(default)]
    pub about_defaults: bool,
    /// What the rule finds is so unlikely where the application is served that it speaks against an environment which only
    /// the files name.
    #[serde(default)]
    pub doubts_environment: bool,
    /// Guards.
    #[serde(default)]
    pub unless: Vec<Guard>,
    /// Severities by condition; the first that holds counts.
    #[serde(default)]
    pub severity: Vec<Row>,
    /// Guards that live below the rules.
    #[serde(default)]
    pub upheld: Vec<Upheld>,
    /// The edit that mends it.
    pub edit: Option<Edit>,
}

/// An edit: the text at an attribute's place gives way to another, or gets more at its end.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    /// The attribute whose place is edited.
    pub replace: String,
    /// What is written there, a template.
    #[serde(default)]
    pub with: String,
    /// What is written behind it, a template, where it stays.
    pub append: Option<String>,
    /// When it can be done.
    pub when: String,
    /// Whether somebody must look at it: it may change what runs in ways that the files do not show.
    #[serde(default, rename = "unsafe")]
    pub risky: bool,
}
