//! GitHub Actions: workflows, their matrices and expressions.

mod composite;
pub mod data;
pub mod evaluate;
pub mod expand;
pub mod expression;
pub mod matrix;
pub mod outcome;
pub mod parse;
pub mod template;
#[cfg(test)]
mod tests;
mod yaml;

use std::collections::BTreeMap;

pub use composite::{inlined, with_values};
pub use data::Data;
pub use expand::{Container, RunInstance, StepInstance, expand, handed};
pub use matrix::Matrix;
pub use parse::{action, parse};

use crate::formats::small::tree::{Kind, Node};
use crate::model::{FileId, Problem, Span, SpanMap, Spanned};

/// Texts by name, each with its place; expressions in them are not evaluated.
pub type Texts = BTreeMap<String, Spanned<String>>;

/// What runs a workflow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ci {
    /// GitHub Actions, the only one whose environments ask for approvals.
    GitHub,
    /// GitLab CI.
    GitLab,
    /// CircleCI.
    CircleCi,
    /// Travis CI.
    Travis,
    /// Azure Pipelines.
    Azure,
    /// Bitbucket Pipelines.
    Bitbucket,
    /// Drone or Woodpecker.
    Drone,
    /// Cloud Build.
    CloudBuild,
    /// CodeBuild.
    CodeBuild,
    /// Jenkins.
    Jenkins,
    /// Taskcluster.
    Taskcluster,
}

impl Ci {
    /// The variable that holds the folder of the checkout.
    pub fn checkout(self) -> Option<&'static str> {
        match self {
            Self::GitHub => Some("GITHUB_WORKSPACE"),
            Self::GitLab => Some("CI_PROJECT_DIR"),
            Self::Travis => Some("TRAVIS_BUILD_DIR"),
            Self::Azure => Some("BUILD_SOURCESDIRECTORY"),
            Self::Bitbucket => Some("BITBUCKET_CLONE_DIR"),
            Self::Drone => Some("CI_WORKSPACE"),
            Self::Jenkins => Some("WORKSPACE"),
            Self::CodeBuild => Some("CODEBUILD_SRC_DIR"),
            Self::CircleCi | Self::CloudBuild | Self::Taskcluster => None,
        }
    }
}

/// A workflow.
#[derive(Clone, Debug)]
pub struct Workflow {
    /// The file.
    pub file: FileId,
    /// Its name.
    pub name: Option<Spanned<String>>,
    /// What starts it.
    pub on: Vec<Trigger>,
    /// `env` of the whole workflow.
    pub env: Texts,
    /// `defaults.run` of the whole workflow.
    pub defaults: Defaults,
    /// The jobs, in source order.
    pub jobs: Vec<Job>,
    /// What could not be read.
    pub problems: Vec<Problem>,
    /// Whose it is.
    pub ci: Ci,
    /// What the jobs of the repository that reuse it hand to it: its inputs, one set a caller.
    pub callers: Vec<Inputs>,
}

impl Workflow {
    /// What a CI other than GitHub's runs for every change, proposed or taken.
    pub fn elsewhere(ci: Ci, file: FileId, jobs: Vec<Job>, problems: Vec<Problem>) -> Self {
        let event = |name: &str| Trigger::of(Spanned::new(name.to_owned(), Span::new(file, 0, 0)));
        Self {
            file,
            name: None,
            on: vec![event("push"), event("pull_request")],
            env: Texts::new(),
            defaults: Defaults::default(),
            jobs,
            problems,
            ci,
            callers: Vec::new(),
        }
    }
}

/// Values of inputs, each with its place.
pub type Inputs = BTreeMap<String, (Data, Span)>;

/// An event that starts a workflow, with its filters.
#[derive(Clone, Debug)]
pub struct Trigger {
    /// The event.
    pub event: Spanned<String>,
    /// `branches`.
    pub branches: Vec<Spanned<String>>,
    /// `tags`.
    pub tags: Vec<Spanned<String>>,
    /// `types`.
    pub types: Vec<Spanned<String>>,
    /// `workflows` of `workflow_run`.
    pub workflows: Vec<Spanned<String>>,
    /// `paths`.
    pub paths: Vec<Spanned<String>>,
    /// `inputs` of `workflow_call` and `workflow_dispatch`: name and default.
    pub inputs: BTreeMap<String, Option<Spanned<String>>>,
    /// The `options` that inputs are chosen from, by the input's name.
    pub choices: BTreeMap<String, Vec<Spanned<String>>>,
}

impl Job {
    /// A job that does nothing yet.
    pub fn blank(id: Spanned<String>) -> Self {
        Self {
            span: id.span,
            id,
            name: None,
            needs: Vec::new(),
            condition: None,
            uses: None,
            with: Texts::new(),
            secrets: Texts::new(),
            runs_on: None,
            environment: None,
            by_hand: false,
            container: None,
            services: BTreeMap::new(),
            env: Texts::new(),
            defaults: Defaults::default(),
            matrix: Matrix::default(),
            continue_on_error: false,
            steps: Vec::new(),
            outputs: Texts::new(),
        }
    }
}

impl ContainerSpec {
    /// A container that only its image describes.
    pub fn of(image: Spanned<String>) -> Self {
        Self {
            env: Texts::new(),
            ports: Vec::new(),
            volumes: Vec::new(),
            options: None,
            span: image.span,
            key: image.span,
            node: Node::new(Kind::Text(image.value.clone()), image.span),
            image,
        }
    }
}

impl Trigger {
    /// An event without filters.
    pub fn of(event: Spanned<String>) -> Self {
        Self {
            event,
            branches: Vec::new(),
            tags: Vec::new(),
            types: Vec::new(),
            workflows: Vec::new(),
            paths: Vec::new(),
            inputs: BTreeMap::new(),
            choices: BTreeMap::new(),
        }
    }
}

/// `defaults.run`.
#[derive(Clone, Default, Debug)]
pub struct Defaults {
    /// `shell`.
    pub shell: Option<Spanned<String>>,
    /// `working-directory`.
    pub working_directory: Option<Spanned<String>>,
}

/// A job.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its key.
    pub id: Spanned<String>,
    /// Its whole extent, key included.
    pub span: Span,
    /// Its name.
    pub name: Option<Spanned<String>>,
    /// The jobs that must have run before.
    pub needs: Vec<Spanned<String>>,
    /// `if`, without `${{ }}` around it.
    pub condition: Option<Spanned<String>>,
    /// A reusable workflow.
    pub uses: Option<Spanned<String>>,
    /// Its inputs.
    pub with: Texts,
    /// `secrets` handed on: names; `inherit` stands as a name of its own.
    pub secrets: Texts,
    /// `runs-on` as written.
    pub runs_on: Option<Node>,
    /// The name of the deployment environment.
    pub environment: Option<Spanned<String>>,
    /// Whether a person has to start it.
    pub by_hand: bool,
    /// The container that the steps run in.
    pub container: Option<ContainerSpec>,
    /// Service containers.
    pub services: BTreeMap<String, ContainerSpec>,
    /// `env` of the job.
    pub env: Texts,
    /// `defaults.run` of the job.
    pub defaults: Defaults,
    /// `strategy.matrix`.
    pub matrix: Matrix,
    /// Whether the workflow goes on after it failed; an expression counts as yes.
    pub continue_on_error: bool,
    /// The steps.
    pub steps: Vec<Step>,
    /// `outputs`.
    pub outputs: Texts,
}

/// A container as written.
#[derive(Clone, Debug)]
pub struct ContainerSpec {
    /// The image.
    pub image: Spanned<String>,
    /// Its variables.
    pub env: Texts,
    /// `ports`.
    pub ports: Vec<Spanned<String>>,
    /// `volumes`.
    pub volumes: Vec<Spanned<String>>,
    /// `options`.
    pub options: Option<Spanned<String>>,
    /// Its whole extent.
    pub span: Span,
    /// The key of a service, or of `container`.
    pub key: Span,
    /// All of it as written.
    pub node: Node,
}

/// A step.
#[derive(Clone, Debug)]
pub struct Step {
    /// `id`.
    pub id: Option<Spanned<String>>,
    /// `name`.
    pub name: Option<Spanned<String>>,
    /// An action.
    pub uses: Option<Spanned<String>>,
    /// A script.
    pub run: Option<RunText>,
    /// Inputs of the action.
    pub with: Texts,
    /// `env` of the step.
    pub env: Texts,
    /// `if`, without `${{ }}` around it.
    pub condition: Option<Spanned<String>>,
    /// Whether the job goes on after it failed; an expression counts as yes.
    pub continue_on_error: bool,
    /// Its extent.
    pub span: Span,
}

impl Step {
    /// A step that does nothing yet.
    pub fn blank(span: Span) -> Self {
        Self {
            id: None,
            name: None,
            uses: None,
            run: None,
            with: Texts::new(),
            env: Texts::new(),
            condition: None,
            continue_on_error: false,
            span,
        }
    }
}

/// The script of a step.
#[derive(Clone, Debug)]
pub struct RunText {
    /// The script, expressions not evaluated.
    pub text: String,
    /// How its offsets lead back to the file.
    pub map: SpanMap,
    /// Its extent.
    pub span: Span,
    /// The shell: of the step, of the job's defaults, of the workflow's.
    pub shell: Option<Spanned<String>>,
    /// The folder, found in the same way.
    pub working_directory: Option<Spanned<String>>,
}

/// A composite action of the repository (`action.yml`).
#[derive(Clone, Debug)]
pub struct Action {
    /// The file.
    pub file: FileId,
    /// `runs.using`.
    pub using: Option<Spanned<String>>,
    /// Inputs: name and default.
    pub inputs: BTreeMap<String, Option<Spanned<String>>>,
    /// `runs.image` of a Docker action.
    pub image: Option<Spanned<String>>,
    /// The steps of a composite action.
    pub steps: Vec<Step>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// Where a `uses` leads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target {
    /// A reusable workflow of this repository: its path.
    Workflow(String),
    /// An action of this repository: its folder; the file is `action.yml` or `action.yaml` in it.
    Action(String),
    /// An action or workflow elsewhere: `owner/name[/path]` and the ref.
    Remote {
        /// `owner/name[/path]`.
        name: String,
        /// What stands after `@`.
        reference: String,
    },
    /// `docker://image`.
    Docker(String),
}

/// Where a `uses` leads.
pub fn target(uses: &str) -> Target {
    if let Some(image) = uses.strip_prefix("docker://") {
        return Target::Docker(image.to_owned());
    }
    if let Some(path) = uses.strip_prefix("./") {
        let path = crate::discover::paths::join("", path).unwrap_or_else(|| path.to_owned());
        let workflow = [".yml", ".yaml"].iter().any(|end| path.ends_with(end));
        return if workflow { Target::Workflow(path) } else { Target::Action(path) };
    }
    let (name, reference) = uses.split_once('@').unwrap_or((uses, ""));
    Target::Remote { name: name.to_owned(), reference: reference.to_owned() }
}

/// Whether an `if` asks how the steps before went: without that, it only holds after success.
pub fn condition_has_status_function(condition: &str) -> bool {
    expression::parse(condition).is_ok_and(|expression| expression.has_status_function())
}
