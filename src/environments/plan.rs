//! What inference hands to resolution: environments, and what runs in each.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::discover::config::EnvironmentConfig;
use crate::formats::Vars;
use crate::formats::compose::Project;
use crate::model::{Confidence, Environment, Evidence, FileId, Reason, Role, Span, SpanMap, Spanned};

/// An image that the repository builds.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ImageBuild {
    /// The Dockerfile.
    pub dockerfile: FileId,
    /// The folder it is built from.
    pub context: String,
    /// The stage; the last where none is named.
    pub target: Option<String>,
    /// Build arguments; none where the value comes from outside.
    pub args: BTreeMap<String, Option<String>>,
    /// What asks for it.
    pub span: Option<Span>,
}

/// A command line written in a platform's file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CommandLine {
    /// The text.
    pub text: String,
    /// Where it is written.
    pub map: SpanMap,
    /// All of it.
    pub span: Span,
}

/// What a platform builds without a Dockerfile.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NativeBuild {
    /// The folder it builds in.
    pub folder: String,
    /// The command that builds; what is customary where none is given.
    pub build: Option<CommandLine>,
}

/// A container that an orchestrator starts.
#[derive(Clone)]
pub struct ContainerRun {
    /// The image, where the repository builds it.
    pub image: Option<ImageBuild>,
    /// The image by name.
    pub reference: Option<Spanned<String>>,
    /// What stands for the image's entry point.
    pub entry: Vec<Spanned<String>>,
    /// What stands for the image's command.
    pub command: Vec<Spanned<String>>,
    /// The name under which others reach it.
    pub host: Option<String>,
    /// Why it may have further variables, if it may.
    pub more: Option<Reason>,
    /// Where it is declared.
    pub span: Span,
}

impl Runs {
    /// The image that the repository builds for it, where that is said without reading a compose file.
    pub fn image(&self) -> Option<&ImageBuild> {
        match self {
            Self::Image(image) | Self::Process { image: Some(image), .. } => Some(image),
            Self::Container(run) => run.image.as_ref(),
            _ => None,
        }
    }
}

/// How one component runs.
#[derive(Clone)]
pub enum Runs {
    /// As a service of a compose project.
    Compose {
        /// The project, its files merged.
        project: Arc<Project>,
        /// The service.
        service: String,
        /// The folder of its first file.
        folder: String,
        /// The command that replaces the service's own (`docker compose run web pytest`).
        instead: Option<CommandLine>,
    },
    /// As an image by itself.
    Image(ImageBuild),
    /// As a process of a platform, with the image that the platform builds, if any.
    Process {
        /// The command.
        command: CommandLine,
        /// The image.
        image: Option<ImageBuild>,
        /// How the platform builds it, where it says so.
        native: Option<NativeBuild>,
    },
    /// As an image that the repository does not build.
    Pulled {
        /// The image.
        image: Spanned<String>,
        /// The command; the image's own where none is given.
        command: Option<CommandLine>,
    },
    /// As a container of an orchestrator.
    Container(Box<ContainerRun>),
    /// As a job of a workflow, on its runner or in its container.
    Job {
        /// The workflow.
        workflow: FileId,
        /// The job.
        job: String,
    },
    /// On a person's machine, from a checkout.
    Machine {
        /// The folder the application stands in.
        folder: String,
    },
}

/// What is done in a component before it is used: a development container's features and commands.
#[derive(Clone, Default)]
pub struct Setup {
    /// Interpreters that are put in: the tool, its version and what puts it in.
    pub runtimes: Vec<(&'static str, Spanned<String>)>,
    /// What puts them in, where it is no feature of a development container.
    pub by: &'static str,
    /// Commands that prepare it, in order.
    pub commands: Vec<CommandLine>,
    /// The folder of the repository they run in.
    pub folder: String,
    /// Whether its own command is not started.
    pub idle: bool,
    /// The image that it is built on, where no Dockerfile says so.
    pub image: Option<Spanned<String>>,
}

/// One thing that runs in an environment.
#[derive(Clone)]
pub struct Unit {
    /// Its name: the service, the process, `app`.
    pub name: String,
    /// How it runs.
    pub runs: Runs,
}

/// A settings module, and why it is that one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SettingsChoice {
    /// The module.
    pub module: String,
    /// The configuration class in it.
    pub class: Option<String>,
    /// What names it.
    pub span: Option<Span>,
}

/// An environment and what runs in it.
#[derive(Clone)]
pub struct Planned {
    /// The environment.
    pub environment: Environment,
    /// What runs there.
    pub units: Vec<Unit>,
    /// The settings that belong to it by name, for where no runner selects any.
    pub settings: Option<SettingsChoice>,
    /// Variables that a platform's file gives to units, by the unit's name.
    pub variables: BTreeMap<String, Vars>,
    /// What is done in units before they are used, by the unit's name.
    pub setups: BTreeMap<String, Setup>,
    /// What configuration says of it.
    pub config: EnvironmentConfig,
    /// Its name in the files of the project, where configuration gives it another.
    pub found_as: Option<String>,
    /// Whether a runner may hold an environment together with further ones it names (a deploy job alone).
    pub only_named: bool,
    /// Variables that are given to all that runs there.
    pub given: Vars,
    /// Whether what runs there is known from another environment, which is deployed in the same way.
    pub shared: bool,
    /// Why nothing of the repository says which variables are set there, where that is so.
    pub unseen: Option<Reason>,
    /// The deployments that are to it: workflow, job and the word for it.
    pub deployed_by: Vec<(FileId, String, String)>,
    /// The deployments that are to other environments found beside it.
    pub deployed_elsewhere: Vec<(FileId, String, String)>,
}

impl Planned {
    /// Whether it has a role.
    pub fn is_of(&self, role: Role) -> bool {
        self.environment.role == role
    }

    /// A new environment of the root project.
    pub fn new(name: &str, role: Role, confidence: Confidence) -> Self {
        let environment = Environment {
            project: ".".into(),
            name: name.into(),
            role,
            confidence,
            files: Vec::new(),
            because: Vec::new(),
            although: Vec::new(),
        };
        Self {
            environment,
            units: Vec::new(),
            settings: None,
            variables: BTreeMap::new(),
            setups: BTreeMap::new(),
            config: EnvironmentConfig::default(),
            found_as: None,
            only_named: false,
            given: Vars::new(),
            shared: false,
            unseen: None,
            deployed_by: Vec::new(),
            deployed_elsewhere: Vec::new(),
        }
    }

    /// Adds evidence, and the file it stands in.
    #[must_use]
    pub fn because(mut self, span: Span, text: impl Into<String>) -> Self {
        self.add_evidence(span, text);
        self
    }

    /// Adds evidence in place.
    pub fn add_evidence(&mut self, span: Span, text: impl Into<String>) {
        self.add_file(span.file);
        let evidence = Evidence { span, text: text.into() };
        if !self.environment.because.contains(&evidence) {
            self.environment.because.push(evidence);
        }
    }

    /// Adds a file that defines the environment.
    pub fn add_file(&mut self, file: FileId) {
        if !self.environment.files.contains(&file) {
            self.environment.files.push(file);
        }
    }

    /// The settings that an environment is known by: their name says that it is there.
    pub fn known_by(&self) -> Option<&SettingsChoice> {
        let first = self.environment.because.first().map(|evidence| evidence.span);
        self.settings.as_ref().filter(|choice| choice.span.is_some() && choice.span == first)
    }

    /// Raises the confidence.
    pub fn at_least(&mut self, confidence: Confidence) {
        self.environment.confidence = self.environment.confidence.max(confidence);
    }
}

/// Everything inference found.
#[derive(Clone, Default)]
pub struct Plan {
    /// The environments.
    pub environments: Vec<Planned>,
    /// The folders of the projects.
    pub roots: Vec<String>,
    /// How many folders of a collection were left out: nothing joins them, and nothing says where they run.
    pub collection: Option<usize>,
    /// Roles that no environment has, and where one would have been seen.
    pub not_found: Vec<(Role, String)>,
    /// Why there is nothing to audit, where that is so.
    pub nothing: Option<String>,
}
