//! The stages of a pipeline, and the jobs that they come to.

use crate::formats::pipelines::{on_branches, push, slug};
use crate::formats::workflow::{ContainerSpec, Job, Step, Texts};
use crate::knowledge::deployments::{Says, says};
use crate::model::{Span, Spanned};

/// What holds where a command stands.
#[derive(Clone, Default)]
pub(super) struct Scope {
    pub(super) stage: Option<Spanned<String>>,
    pub(super) branches: Vec<Spanned<String>>,
    pub(super) container: Option<ContainerSpec>,
    pub(super) env: Texts,
    pub(super) folder: Option<Spanned<String>>,
    pub(super) by_hand: bool,
}

/// A stage with what it runs.
pub(super) struct Stage {
    pub(super) scope: Scope,
    pub(super) steps: Vec<Step>,
    pub(super) span: Span,
    /// A parameter of the pipeline that says where to.
    pub(super) chosen: Option<String>,
}

/// The jobs of stages: those that follow one another without a condition share their folder, so they are one.
pub(super) fn jobs(stages: Vec<Stage>) -> Vec<Job> {
    let mut jobs = Vec::new();
    let mut before: Option<Spanned<String>> = None;
    let mut open: Option<(Job, bool)> = None;
    for stage in stages {
        let name = stage.scope.stage.clone().unwrap_or_else(|| Spanned::new("pipeline".to_owned(), stage.span));
        let deploys = name
            .value
            .split(|c: char| !c.is_alphanumeric())
            .any(|word| says(&word.to_lowercase()) == Some(Says::Deploys));
        let apart = deploys || stage.scope.by_hand || stage.chosen.is_some();
        let tests = name.value.to_lowercase().contains("test");
        let mut job = Job::blank(Spanned::new(slug(&name.value), name.span));
        job.name = Some(name);
        job.span = stage.span;
        job.condition = on_branches(&stage.scope.branches);
        job.container = stage.scope.container;
        job.env = stage.scope.env;
        job.by_hand = stage.scope.by_hand;
        job.environment = stage.chosen.map(|name| Spanned::new(format!("${{{{ inputs.{name} }}}}"), stage.span));
        job.steps = stage.steps;
        let image = |job: &Job| job.container.as_ref().map(|container| container.image.value.clone());
        let condition = |job: &Job| job.condition.as_ref().map(|condition| condition.value.clone());
        if let Some((first, named)) = open.as_mut()
            && !apart
            && image(first) == image(&job)
            && condition(first) == condition(&job)
        {
            if tests && !*named {
                first.id = job.id;
                first.name = job.name;
                *named = true;
            }
            first.env.extend(job.env);
            first.steps.extend(job.steps);
            continue;
        }
        finish(open.take(), &mut jobs, &mut before);
        open = Some((job, tests));
        if apart {
            finish(open.take(), &mut jobs, &mut before);
        }
    }
    finish(open, &mut jobs, &mut before);
    jobs
}

fn finish(open: Option<(Job, bool)>, jobs: &mut Vec<Job>, before: &mut Option<Spanned<String>>) {
    if let Some((mut job, _)) = open {
        job.needs = before.iter().cloned().collect();
        *before = push(jobs, job).or(before.take());
    }
}
