//! `paritylint explain RULE` and `paritylint rules`.

use super::Outcome;
use crate::judge::{Rule, builtin};
use crate::report::rules;

/// The arguments of `explain`.
#[derive(clap::Args, Debug, Default)]
pub struct Arguments {
    /// The rule
    pub rule: String,
}

/// Explains a rule.
pub fn run(arguments: &Arguments) -> Outcome {
    let (all, _) = builtin::rules();
    match all.iter().find(|rule| rule.name == arguments.rule) {
        Some(rule) => Outcome::success(rules::explain(rule)),
        None => Outcome::fault(format!("no such rule: {}{}", arguments.rule, near(&arguments.rule, &all))),
    }
}

/// The rule that was probably meant.
fn near(name: &str, all: &[Rule]) -> String {
    let shared = |rule: &&Rule| rule.name.split('-').filter(|word| name.contains(word)).count();
    match all.iter().max_by_key(shared).filter(|rule| shared(rule) > 0) {
        Some(rule) => format!("; did you mean {}?", rule.name),
        None => "; `paritylint rules` lists them".into(),
    }
}

/// Lists the rules.
pub fn list() -> Outcome {
    Outcome::success(rules::list(&builtin::rules().0))
}
