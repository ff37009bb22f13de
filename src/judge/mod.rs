//! Rules over facts and pairs: verdicts, then findings, folded into their causes.

pub mod accept;
pub mod builtin;
pub mod candidate;
pub mod conditions;
pub mod configured;
pub mod gather;
pub mod make;
pub mod names;

pub mod object;
pub mod own;
mod places;
pub mod problems;
pub mod rule;
pub mod rule_file;
pub mod several;
#[cfg(test)]
mod tests;
pub mod verdict;

use std::collections::BTreeMap;

use accept::allowance::Allowance;
use accept::comments::Comment;
pub use rule::{Rule, RuleError, load};
use verdict::{Outcome, Scope};

use crate::compare::{self, Index};
use crate::model::{Audit, Finding, Model, Tally};

/// What to judge.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The environment others are compared with; by role where none is named.
    pub reference: Option<String>,
    /// Rules to run; all of the profile where none is named.
    pub select: Vec<String>,
    /// Rules never to look at.
    pub ignore: Vec<String>,
    /// core, strict or audit.
    pub profile: Option<String>,
    /// The date on which time-dependent rules are judged.
    pub as_of: String,
    /// Allowances of the configuration.
    pub allowances: Vec<Allowance>,
    /// Allowances of comments.
    pub comments: Vec<Comment>,
    /// Rules that only a shared configuration may accept findings of.
    pub finals: Vec<String>,
}

impl Options {
    fn runs(&self, rule: &Rule) -> bool {
        let order = ["core", "strict", "audit"];
        let level = |name: &str| order.iter().position(|known| *known == name).unwrap_or(0);
        let profile = self.profile.as_deref().unwrap_or("core");
        let asked = rule.set.values().any(Option::is_some);
        let chosen = self.select.contains(&rule.name)
            || self.select.is_empty() && (asked || level(rule.profile()) <= level(profile));
        chosen && !self.ignore.contains(&rule.name)
    }

    /// Whether rules of that name, or of names that fit the pattern, are among those that a run looks at.
    fn looks_at(&self, pattern: &str) -> bool {
        let fits = |name: &String| crate::knowledge::wildcard(pattern, name);
        (self.select.is_empty() || self.select.iter().any(fits)) && !self.ignore.iter().any(fits)
    }
}

/// A verdict of one candidate, for fixtures: the environment, the key, and what was said.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// The rule.
    pub rule: String,
    /// The environment.
    pub environment: String,
    /// The key.
    pub key: String,
    /// `fires`, `undecided`, or the name of what stopped it.
    pub said: String,
}

/// Judges a model.
pub fn judge(model: Model, rules: &[Rule], options: &Options) -> Audit {
    judge_recorded(model, rules, options).0
}

/// Judges a model and keeps every verdict.
pub fn judge_recorded(model: Model, rules: &[Rule], options: &Options) -> (Audit, Vec<Record>) {
    let mut findings: Vec<Finding> = Vec::new();
    let mut verdicts: BTreeMap<String, Tally> = BTreeMap::new();
    let mut records = Vec::new();
    let named = options.reference.as_deref();
    let index = Index::of(&model);
    let scope = Scope::new(&model, &index);
    for rule in rules.iter().filter(|rule| options.runs(rule)) {
        let tally = verdicts.entry(rule.name.clone()).or_default();
        let mut found = problems::findings(rule, &model);
        tally.fired += found.len();
        for (candidate, compared) in candidate::of(rule, &index, &model.environments, named) {
            let said = match verdict::judge(rule, &candidate, compared, &scope) {
                Outcome::NotApplicable(condition) => condition,
                Outcome::Silent(by) => {
                    tally.silent += 1;
                    by
                }
                Outcome::Undecided(_) => {
                    tally.undecided += 1;
                    "undecided".into()
                }
                Outcome::Fires(severity, lowered) => {
                    tally.fired += 1;
                    found.extend(make::finding(rule, &candidate, &scope, severity, lowered));
                    "fires".into()
                }
            };
            records.push(Record {
                rule: rule.name.clone(),
                environment: candidate.environment.name.clone(),
                key: candidate.fact.id.key.clone(),
                said,
            });
        }
        findings.extend(gather::join(rule, found));
    }
    let by_name: BTreeMap<&str, &Rule> = rules.iter().map(|rule| (rule.name.as_str(), rule)).collect();
    gather::sort(&mut findings);
    gather::fold(&mut findings, &by_name);
    gather::sort(&mut findings);
    let pairs = compare::count(&index, &model.environments, named);
    let references = compare::reference::names(&model.environments, named);
    drop(scope);
    drop(index);
    let mut model = model;
    model.allowance_problems = accept::allowances(&mut findings, options, &model, &references);
    for rule in rules.iter().filter(|rule| options.runs(rule)) {
        findings.extend(problems::of(rule, &model, model.allowance_problems.iter()));
    }
    gather::sort(&mut findings);
    let audit =
        Audit { findings, verdicts, references, pairs, as_of: options.as_of.clone(), broken_rules: Vec::new(), model };
    (audit, records)
}
