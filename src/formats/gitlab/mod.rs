//! GitLab CI: `.gitlab-ci.yml` with its local includes, templates and references resolved.
//!
//! Mappings are merged key by key, everything else is replaced: an including file over what it includes, a job over what
//! it extends. A job's own keyword replaces that of `default`; variables are laid over each other. A job that triggers a
//! file of the repository starts a pipeline of its own, whose jobs run too.

mod as_workflow;
mod extends;
mod include;
mod inputs;
mod jobs;
mod node;
mod rules;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

pub(in crate::formats) use as_workflow::steps;
pub use as_workflow::workflow;
use include::Includes;
use inputs::Inputs;

use crate::discover::Tree;
use crate::formats::small::tree::{Kind, Node};
use crate::formats::small::{CommandText, Texts};
use crate::model::{FileId, Problem, Span, Spanned};

/// A pipeline, resolved.
#[derive(Clone, Default, Debug)]
pub struct Pipeline {
    /// `stages`, with those that are always there.
    pub stages: Vec<Spanned<String>>,
    /// Variables of all jobs.
    pub variables: Texts,
    /// The jobs that may run, in source order; templates (`.name`) are left out.
    pub jobs: Vec<Job>,
    /// Conditions of `workflow: rules`.
    pub rules: Vec<Rule>,
    /// What could not be read or followed.
    pub problems: Vec<Problem>,
    /// Includes that lie outside the repository.
    pub outside: Vec<Problem>,
    /// The files that it is made of, those of pipelines that it triggers among them.
    pub files: BTreeSet<FileId>,
    /// Variables that the job which triggers it hands on: they win over its own.
    pub handed: Texts,
}

/// One of a job's rules; its conditions are kept as they are written.
#[derive(Clone, Default, Debug)]
pub struct Rule {
    /// `if`.
    pub condition: Option<Spanned<String>>,
    /// `changes`.
    pub changes: Vec<Spanned<String>>,
    /// `exists`.
    pub exists: Vec<Spanned<String>>,
    /// Whether `exists` asks another project.
    pub elsewhere: bool,
    /// `when`.
    pub when: Option<Spanned<String>>,
    /// Variables that hold if it does.
    pub variables: Texts,
}

/// A service beside a job.
#[derive(Clone, Debug)]
pub struct Service {
    /// The image.
    pub image: Spanned<String>,
    /// The name that the job reaches it by.
    pub alias: Option<Spanned<String>>,
    /// Variables of it alone.
    pub variables: Texts,
    /// All of it.
    pub span: Span,
}

/// `environment`.
#[derive(Clone, Debug)]
pub struct Environment {
    /// Its name.
    pub name: Spanned<String>,
    /// Where it answers.
    pub url: Option<Spanned<String>>,
    /// What the job does with it: `start` if nothing is said.
    pub action: Option<Spanned<String>>,
}

/// `trigger`.
#[derive(Clone, Debug)]
pub struct Trigger {
    /// The pipeline of this repository that it starts.
    pub child: Option<Box<Pipeline>>,
    /// Whether the job waits for it and fails with it.
    pub depends: bool,
    /// Whether variables are handed on.
    forwards: bool,
    /// `include` as written.
    include: Option<Node>,
    /// All of it.
    pub span: Span,
}

/// A job.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its name.
    pub name: Spanned<String>,
    /// `stage`; `test` if nothing is said.
    pub stage: Option<Spanned<String>>,
    /// `image`.
    pub image: Option<Spanned<String>>,
    /// `services`.
    pub services: Vec<Service>,
    /// Its own variables.
    pub variables: Texts,
    /// The pipeline's variables that it takes over.
    pub inherited: Texts,
    /// `before_script`.
    pub before_script: Vec<CommandText>,
    /// `script`.
    pub script: Vec<CommandText>,
    /// `after_script`; its failure does not count.
    pub after_script: Vec<CommandText>,
    /// `needs`, without which a job waits for all earlier stages.
    pub needs: Option<Vec<Spanned<String>>>,
    /// `rules`.
    pub rules: Vec<Rule>,
    /// `only`: refs and expressions.
    pub only: Vec<Spanned<String>>,
    /// `except`: refs and expressions.
    pub except: Vec<Spanned<String>>,
    /// `environment`.
    pub environment: Option<Environment>,
    /// `when`.
    pub when: Option<Spanned<String>>,
    /// What it extends.
    pub extends: Vec<Spanned<String>>,
    /// Whether the pipeline goes on after it failed.
    pub allow_failure: bool,
    /// `parallel: matrix`: every combination.
    pub matrix: Vec<BTreeMap<String, Spanned<String>>>,
    /// `trigger`: a pipeline of its own.
    pub trigger: Option<Trigger>,
    /// The condition of the include without which the job is not there.
    pub doubted: Option<Spanned<String>>,
    /// Its extent.
    pub span: Span,
}

impl Job {
    /// Whether a person has to start it.
    pub fn by_hand(&self) -> bool {
        let manual = |when: &Option<Spanned<String>>| when.as_ref().is_some_and(|when| when.value == "manual");
        manual(&self.when)
            || !self.rules.is_empty()
                && self.rules.iter().all(|rule| manual(&rule.when) || never(rule))
                && self.rules.iter().any(|rule| manual(&rule.when))
    }
}

fn never(rule: &Rule) -> bool {
    rule.when.as_ref().is_some_and(|when| when.value == "never")
}

/// Pipelines within pipelines that GitLab starts.
const DEPTH: usize = 2;

/// Reads a pipeline with everything that it includes and triggers of the repository.
pub fn read(tree: &Tree, file: FileId) -> Pipeline {
    let mut includes = Includes::new(tree);
    let root = includes.whole(file, &Inputs::new());
    finish(tree, &root, includes, 0)
}

/// The pipeline of a merged tree, with those that its jobs trigger.
fn finish(tree: &Tree, root: &Node, includes: Includes<'_>, depth: usize) -> Pipeline {
    let Includes { mut problems, outside, files, doubted, .. } = includes;
    let read = problems.len();
    let root = extends::references(root, &mut problems);
    let mut pipeline = jobs::pipeline(&root, problems);
    // What is missing may stand in a file that lies elsewhere.
    if !outside.is_empty() {
        pipeline.problems.truncate(read);
    }
    pipeline.jobs.retain(|job| job.rules.is_empty() || rules::lets(tree, &job.rules) != Some(false));
    pipeline.outside = outside;
    pipeline.files = files;
    for job in &mut pipeline.jobs {
        job.doubted = doubted.get(&job.name.value).cloned();
        let mut handed = job.inherited.clone();
        handed.extend(job.variables.clone());
        let Some(trigger) = &mut job.trigger else { continue };
        let Some(include) = trigger.include.take().filter(|_| depth < DEPTH) else { continue };
        let mut child = child(tree, &include, depth);
        pipeline.problems.append(&mut child.problems);
        pipeline.outside.append(&mut child.outside);
        pipeline.files.extend(child.files.iter().copied());
        child.handed = if trigger.forwards { handed } else { Texts::new() };
        trigger.child = Some(Box::new(child)).filter(|child| !child.jobs.is_empty());
    }
    pipeline
}

/// The pipeline of the files that a trigger includes.
fn child(tree: &Tree, include: &Node, depth: usize) -> Pipeline {
    let mut includes = Includes::new(tree);
    let root = includes.merged(include.one_or_many(), Node::new(Kind::Map(Vec::new()), include.span));
    finish(tree, &root, includes, depth + 1)
}
