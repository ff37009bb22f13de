//! Allowances of the configuration: `[[allow]]`.

use crate::discover::config::Allow;
use crate::knowledge::wildcard;
use crate::model::{Finding, Part, Span, Suppression};

/// An allowance, and whether it accepted anything.
#[derive(Clone, Debug)]
pub struct Allowance {
    /// What it says.
    pub says: Allow,
    /// Where it stands.
    pub span: Span,
    /// Whether it stands in the repository's own configuration, not in a shared one.
    pub own: bool,
    /// Whether a finding was accepted by it.
    pub used: bool,
}

impl Allowance {
    /// Whether its last day is past on a day, both as `YYYY-MM-DD`.
    pub fn expired(&self, day: &str) -> bool {
        self.says.until.as_deref().is_some_and(|until| until < day)
    }

    /// Whether it speaks of a part of a finding.
    pub fn covers(&self, finding: &Finding, part: &Part) -> bool {
        let fits = |pattern: Option<&String>, text: &str| pattern.is_none_or(|pattern| wildcard(pattern, text));
        wildcard(&self.says.rule, &finding.rule)
            && fits(self.says.project.as_ref(), &finding.project)
            && fits(self.says.environment.as_ref(), &part.environment)
            && fits(self.says.component.as_ref(), part.component.as_deref().unwrap_or_default())
            && fits(self.says.key.as_ref(), &part.key)
    }

    /// Why a part is accepted by it.
    pub fn suppression(&self) -> Suppression {
        let owner = self.says.owner.as_ref().map(|owner| format!(", {owner}")).unwrap_or_default();
        Suppression { by: "config", reason: format!("{}{owner}", self.says.reason), until: self.says.until.clone() }
    }
}
