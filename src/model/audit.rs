//! What one audit has to say, before anybody renders it.

use std::collections::BTreeMap;

use super::component::Component;
use super::environment::{Environment, Role};
use super::fact::{Coverage, Fact};
use super::finding::{Finding, Tally};
use super::problem::Unresolved;
use super::secret::Secret;
use super::span::{FileId, Span};

/// All that is known of the environments of a repository: what rules are judged on.
#[derive(Clone, Default)]
pub struct Model {
    /// The environments, ordered by project, then role, then name.
    pub environments: Vec<Environment>,
    /// The components.
    pub components: Vec<Component>,
    /// The facts, ordered by id.
    pub facts: Vec<Fact>,
    /// Which sets are complete.
    pub coverage: Vec<Coverage>,
    /// What the files do not decide.
    pub unresolved: Vec<Unresolved>,
    /// Problems met while reading: the place, the message, and whether an environment's chain reaches the file.
    pub problems: Vec<ReadProblem>,
    /// What is wrong with rule files of the repository.
    pub rule_problems: Vec<ReadProblem>,
    /// What is wrong with allowances.
    pub allowance_problems: Vec<ReadProblem>,
    /// Roles that no environment has, and where one would have been seen.
    pub not_found: Vec<(Role, String)>,
    /// Every secret that was met: nothing of them may be printed.
    pub secrets: Vec<Secret>,
    /// Places whose text is a secret, short or placeholder-like ones included.
    pub secret_spans: Vec<Span>,
    /// Why there is nothing to audit, where that is so ("This looks like a library …").
    pub nothing: Option<String>,
}

/// A problem met while reading a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReadProblem {
    /// What is wrong: `file`, `rule`, or something about an allowance. Rules on problems ask for it.
    pub kind: &'static str,
    /// The file.
    pub file: FileId,
    /// Where in it, if the problem has a place.
    pub span: Option<Span>,
    /// What is wrong, and what was expected.
    pub message: String,
    /// The environments whose chain reaches the file, as `(project, environment)`.
    pub reached_by: Vec<(String, String)>,
}

/// How many aligned facts were equal, different, or not to be decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PairCounts {
    /// The same on both sides.
    pub equal: usize,
    /// Different.
    pub differ: usize,
    /// Not to be decided.
    pub undecided: usize,
}

/// The whole result of an audit.
#[derive(Clone, Default)]
pub struct Audit {
    /// What is known.
    pub model: Model,
    /// The findings in report order, suppressed and folded ones included.
    pub findings: Vec<Finding>,
    /// Verdicts counted by rule.
    pub verdicts: BTreeMap<String, Tally>,
    /// The name of the reference environment by project.
    pub references: BTreeMap<String, String>,
    /// Pairs counted.
    pub pairs: PairCounts,
    /// The date on which time-dependent rules were judged, `YYYY-MM-DD`.
    pub as_of: String,
    /// Rules that could not be judged: `(file, line, message)`.
    pub broken_rules: Vec<(String, usize, String)>,
}
