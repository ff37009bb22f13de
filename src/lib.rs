//! paritylint: a linter for the differences between environments.
//!
//! # The map
//!
//! Data flows one way: files -> trees -> links -> environments -> facts -> pairs -> verdicts -> bytes. The layers, lowest
//! first; a layer uses only those before it:
//!
//! 1. [`model`]: the nouns. Spans, values, origins, facts, environments, findings.
//! 2. [`knowledge`]: facts about the world, from the tables in `rules/knowledge/`.
//! 3. [`discover`]: a source (disk, git revision, overlay) becomes a tree of files, read and parsed once each.
//! 4. [`formats`]: what each file format means by itself. Two evaluators: shell and Python settings.
//! 5. [`links`]: what a command means, and which file of the repository a path in a container is.
//! 6. [`environments`]: which environments there are, and why.
//! 7. [`resolve`]: one environment becomes typed components, then facts.
//! 8. [`compare`]: components, then facts, side by side; the only place that says same, different, undecided.
//! 9. [`judge`]: rules, which are data, become verdicts and findings.
//! 10. [`fix`]: edits that mend findings, checked by auditing the edited tree in memory.
//! 11. [`report`]: bytes. Owns every output struct.
//! 12. [`cli`]: the arguments and one file a command.
//!
//! # Invariants
//!
//! - Parsers never fail and see one text. They give a tree and a list of problems.
//! - Only [`discover::Source`] touches the disk; everybody else asks the [`discover::Tree`].
//! - A file is read and parsed once, however many environments use it.
//! - Nothing below `cli` sees the process environment, so it cannot leak into `${VAR}`.
//! - Spans come from parsers and are never searched for again.
//! - Unknown never equals and never differs; absent is a fact only in a complete set.
//! - Types of the model are not `Serialize`; a [`model::Secret`] has no `Display`, `Debug` or `Serialize` either.
//! - The order of every output is total.
//! - A broken file or rule is a finding of its own, and the rest goes on.

pub mod cli;
pub mod compare;
pub mod discover;
pub mod environments;
pub mod fix;
pub mod formats;
pub mod judge;
pub mod knowledge;
pub mod links;
pub mod model;
pub mod report;
pub mod resolve;

use discover::{Config, Tree};
use judge::Record;
use links::Repository;
use model::{Audit, Problem};

/// What to look at and how.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The environment others are compared with.
    pub reference: Option<String>,
    /// Only these environments, and the reference.
    pub environments: Vec<String>,
    /// Only these rules.
    pub select: Vec<String>,
    /// Not these rules.
    pub ignore: Vec<String>,
    /// core, strict or audit.
    pub profile: Option<String>,
    /// The date for what depends on time, `YYYY-MM-DD`; that of the embedded tables where none is given.
    pub as_of: Option<String>,
    /// Audit even what looks like a library.
    pub force: bool,
}

/// Audits a tree. Pure: the same tree, configuration and options give the same audit.
pub fn audit(tree: &Tree, config: &Config, options: &Options) -> Audit {
    audit_recorded(tree, config, options).0
}

/// Audits a repository that is read already.
pub fn audit_read(repository: &Repository<'_>, config: &Config, options: &Options) -> Audit {
    recorded(repository, config, options).0
}

/// Audits a tree and keeps the verdict of every rule on every candidate.
pub fn audit_recorded(tree: &Tree, config: &Config, options: &Options) -> (Audit, Vec<Record>) {
    recorded(&Repository::read(tree), config, options)
}

fn recorded(repository: &Repository<'_>, config: &Config, options: &Options) -> (Audit, Vec<Record>) {
    let tree = repository.tree;
    let as_of = options
        .as_of
        .clone()
        .or_else(|| config.says.policy.as_of.clone())
        .unwrap_or_else(|| knowledge::AS_OF.to_owned());
    let mut plan = environments::infer(repository, config, options.force);
    let meant = |word: &String| {
        let all = plan.environments.iter().map(|planned| &planned.environment);
        model::Environment::meant(all, word).map(str::to_owned)
    };
    // What a shared configuration calls the reference need not be there.
    let configured = config.says.reference.as_ref().and_then(meant);
    let named = options.reference.as_ref().map(|word| meant(word).unwrap_or_else(|| word.clone())).or(configured);
    if !options.environments.is_empty() {
        let wanted: Vec<String> = options.environments.iter().filter_map(meant).collect();
        let kept = |name: &String| wanted.contains(name) || named.as_ref() == Some(name);
        let reference = plan.environments.first().map(|planned| planned.environment.name.clone());
        plan.environments
            .retain(|planned| kept(&planned.environment.name) || reference.as_ref() == Some(&planned.environment.name));
    }
    let mut model = resolve::resolve(repository, plan, config, &as_of);
    let (mut rules, mut broken) = judge::builtin::rules();
    let own = judge::own::read(tree, &config.says.rule_files, &rules, &model.environments);
    rules.extend(own.rules);
    judge::configured::apply(&mut rules, config);
    model.rule_problems = own.problems;
    broken.extend(own.missing.into_iter().map(|(entry, error)| (entry, vec![error])));
    let mut ignore = options.ignore.clone();
    ignore.extend(config.says.ignore.iter().cloned());
    let judged = judge::Options {
        reference: named,
        select: options.select.clone(),
        ignore,
        profile: options.profile.clone().or_else(|| config.says.profile.clone()),
        finals: rules
            .iter()
            .filter(|rule| config.final_at(&format!("rules.{}", rule.name)).is_some())
            .map(|rule| rule.name.clone())
            .collect(),
        as_of: as_of.clone(),
        allowances: allowances(config),
        comments: judge::accept::comments::of(tree),
    };
    let (mut audit, records) = judge::judge_recorded(model, &rules, &judged);
    for (path, errors) in broken {
        audit.broken_rules.extend(errors.into_iter().map(|error| (path.clone(), error.line, error.message)));
    }
    (audit, records)
}

fn allowances(config: &Config) -> Vec<judge::accept::allowance::Allowance> {
    let one = |(at, says): (usize, &discover::config::Allow)| {
        let at = at.to_string();
        let path = ["allow", at.as_str()];
        Some(judge::accept::allowance::Allowance {
            says: says.clone(),
            span: config.place(&[&path[..], &["rule"]].concat())?,
            own: config.is_own(&path),
            used: false,
        })
    };
    config.says.allow.iter().enumerate().filter_map(one).collect()
}

/// The rules that an audit of a tree is judged by: those that ship with the program, and the repository's own.
pub fn rules_of(tree: &Tree, config: &Config, audit: &Audit) -> Vec<judge::Rule> {
    let mut rules = judge::builtin::rules().0;
    let own = judge::own::read(tree, &config.says.rule_files, &rules, &audit.model.environments).rules;
    rules.extend(own);
    judge::configured::apply(&mut rules, config);
    rules
}

/// Whether there is anything in the repository that speaks of environments.
pub fn recognises(repository: &Repository<'_>) -> bool {
    !repository.is_empty()
}

/// What is wrong with the configuration, if anything is.
pub fn configuration_problems(repository: &Repository<'_>, config: &Config) -> Vec<Problem> {
    if !config.problems.is_empty() {
        return config.problems.clone();
    }
    let mut problems = judge::configured::problems(repository.tree, config);
    problems.extend(environments::configured::problems(repository, config));
    problems
}
