//! The typed parts of a component, filled in order before any fact is stated.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::formats::locks::{Installed, Package};
use crate::formats::{Vars, World};
use crate::knowledge::images::Image;
use crate::knowledge::processes;
use crate::links::Container;
use crate::model::{Certainty, ComponentKind, FileId, Known, Origin, Reason, Span, Spanned};

/// Where a component runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Host {
    /// In a container.
    Container,
    /// On a CI runner.
    Runner,
    /// On a person's machine.
    Machine,
}

impl Host {
    /// The word in facts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Container => "container",
            Self::Runner => "runner",
            Self::Machine => "machine",
        }
    }
}

/// The image of a component.
#[derive(Clone, Debug)]
pub struct ImagePart {
    /// The external image its final stage rests on, or the image itself.
    pub reference: Known<String>,
    /// Whether a build argument outside may change it.
    pub certainty: Certainty,
    /// Where it is written.
    pub origin: Origin,
    /// What the reference means.
    pub about: Option<Image>,
    /// The Dockerfile that builds it.
    pub dockerfile: Option<FileId>,
    /// The name under which it is pulled, where another build of the repository makes it.
    pub pulled_as: Option<Spanned<String>>,
    /// The folder it is built from.
    pub context: Option<String>,
    /// The stage that is built.
    pub target: Option<Spanned<String>>,
    /// `platform`.
    pub platform: Option<Spanned<String>>,
    /// The other stages it needs: name, image, origin.
    pub stages: Vec<(String, Known<String>, Origin)>,
    /// What it copies of the context and that is not there.
    pub missing: Vec<Spanned<String>>,
    /// Secrets that it is told as build arguments, and where a command uses them.
    pub told: Vec<Spanned<String>>,
}

/// One package of the distribution.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SystemPart {
    /// The concept.
    pub concept: String,
    /// The name as written.
    pub package: String,
    /// The manager.
    pub manager: &'static str,
    /// The version asked for.
    pub version: Option<String>,
    /// The stage.
    pub stage: String,
    /// The virtual group, for `apk add --virtual`.
    pub group: Option<String>,
    /// Where it is named.
    pub span: Span,
    /// On a branch that the files do not decide.
    pub maybe: Option<Reason>,
    /// Whether it counts as installed automatically (`apt-mark auto`).
    pub automatic: bool,
    /// Whether `apt-mark showmanual` has written it down.
    pub shown: bool,
}

/// One Python package and the command that installs it.
#[derive(Clone, Debug)]
pub struct PackagePart {
    /// The package.
    pub package: Package,
    /// The installing command, and where it stands.
    pub installed_by: Spanned<String>,
    /// On a branch that the files do not decide.
    pub maybe: Option<Reason>,
}

/// A file or group that packages come from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourcePart {
    /// The file.
    pub file: FileId,
    /// The group or extra.
    pub group: Option<String>,
    /// The word that names it in the installing command.
    pub span: Span,
}

/// The packages of a lock as an installer writes them to a file for pip.
#[derive(Clone, Debug)]
pub struct Export {
    /// The packages.
    pub installed: Installed,
    /// The command that writes them.
    pub span: Span,
}

/// What a stage, a job or a machine has installed.
#[derive(Clone, Debug)]
pub struct Installs {
    /// Packages of the distribution.
    pub system: Vec<SystemPart>,
    /// Whether that is all of them.
    pub system_complete: Result<(), Reason>,
    /// Python packages by normalized name.
    pub packages: BTreeMap<String, PackagePart>,
    /// Whether that is all of them.
    pub packages_complete: Result<(), Reason>,
    /// Python packages that were built as wheels, not yet installed.
    pub wheels: BTreeMap<String, PackagePart>,
    /// Whether those wheels are all that is needed.
    pub wheels_complete: Result<(), Reason>,
    /// Files that installers wrote their locks' packages to, by their absolute paths.
    pub exports: BTreeMap<String, Export>,
    /// The folder of the project whose wheel was made.
    pub own_wheel: Option<String>,
    /// The virtual environments that were made.
    pub venvs: Vec<super::venvs::Venv>,
    /// Where wheels were built from.
    pub wheel_sources: Vec<SourcePart>,
    /// Where the packages come from.
    pub sources: Vec<SourcePart>,
    /// The option that keeps an installer from reading its lock.
    pub skips_lock: Option<Spanned<String>>,
    /// What the build installs and the image that runs has not.
    pub left: super::left_behind::Left,
    /// Whether anything installs Python packages.
    pub installs_python: bool,
    /// The interpreter that conda or pyenv puts before others; unknown where it is one of several.
    pub python: Option<Known<Spanned<String>>>,
    /// Who puts it there.
    pub python_by: &'static str,
    /// The version of Node whose packages NodeSource's repository brings.
    pub nodesource: Option<Known<Spanned<String>>>,
    /// Files or folders of other stages whose system files were copied (`/usr`, `*.so`).
    pub copied_libraries: bool,
}

impl Default for Installs {
    fn default() -> Self {
        Self {
            system: Vec::new(),
            system_complete: Ok(()),
            packages: BTreeMap::new(),
            packages_complete: Ok(()),
            wheels: BTreeMap::new(),
            wheels_complete: Ok(()),
            exports: BTreeMap::new(),
            own_wheel: None,
            venvs: Vec::new(),
            wheel_sources: Vec::new(),
            sources: Vec::new(),
            skips_lock: None,
            left: super::left_behind::Left::default(),
            installs_python: false,
            python: None,
            python_by: "conda",
            nodesource: None,
            copied_libraries: false,
        }
    }
}

/// A version of an interpreter, and who says so.
#[derive(Clone, Debug)]
pub struct RuntimePart {
    /// python or node.
    pub tool: &'static str,
    /// The version as declared; several for a matrix.
    pub version: Known<String>,
    /// image, setup-python, .python-version …
    pub declared_in: &'static str,
    /// Where.
    pub origin: Origin,
    /// Whether something outside may change it.
    pub certainty: Certainty,
}

/// What the branch that is not taken starts in place of a process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Otherwise {
    /// The same server.
    Same,
    /// Servers that are made for who writes the code, in place of one that is not.
    Development,
    /// Something else, nothing, or what is not known; or there is no such branch.
    Other,
}

impl Otherwise {
    /// What the servers of the other branch are to the one that is started.
    pub fn of(server: Option<&processes::Match>, others: &[processes::Match]) -> Self {
        let all = |test: &dyn Fn(&processes::Match) -> bool| !others.is_empty() && others.iter().all(test);
        match server {
            Some(server) if all(&|other| other.id == server.id) => Self::Same,
            Some(server) if server.kind == "production" && all(&|other| other.kind == "development") => {
                Self::Development
            }
            _ => Self::Other,
        }
    }
}

/// One process that runs.
#[derive(Clone, Debug)]
pub struct ProcessPart {
    /// The key: the component's name, or the program's under a supervisor.
    pub key: String,
    /// The words.
    pub argv: Vec<String>,
    /// What it is.
    pub server: Option<processes::Match>,
    /// The module it loads.
    pub module: Option<String>,
    /// Where the command is written.
    pub origin: Origin,
    /// The start script, where there is one.
    pub script: Option<FileId>,
    /// On a branch that the files do not decide.
    pub maybe: Option<Reason>,
    /// The variable that would have another process started, where this one is started while it is not set.
    pub unless: Option<String>,
    /// What its script starts instead.
    pub otherwise: Otherwise,
    /// The variables it sees.
    pub vars: Arc<Vars>,
    /// What it is told elsewhere than on its command line.
    pub options: super::server_options::ServerOptions,
}

impl ProcessPart {
    /// The words, those among them that files and variables give.
    pub fn effective(&self) -> Vec<String> {
        self.options.among(&self.argv)
    }
}

/// A variable's provider: who sets it in this component.
pub type Providers = BTreeMap<String, &'static str>;

/// A component while it is resolved.
#[derive(Clone)]
pub struct Part<'t> {
    /// The name.
    pub name: Arc<str>,
    /// Whose it is.
    pub kind: ComponentKind,
    /// Where it runs.
    pub host: Host,
    /// Its image.
    pub image: Option<ImagePart>,
    /// Whether it is a container beside a CI job, which the job's file declares.
    pub beside_job: bool,
    /// What is installed.
    pub installs: Installs,
    /// Interpreters, the effective one first.
    pub runtimes: Vec<RuntimePart>,
    /// The variables it sees.
    pub world: World,
    /// A provider of variables that cannot be seen, so that no default is to be relied on.
    pub unseen: Option<Reason>,
    /// Who sets them.
    pub providers: Providers,
    /// The files it sees.
    pub container: Option<Container<'t>>,
    /// What it starts.
    pub processes: Vec<ProcessPart>,
    /// The files that its supervisors read.
    pub configs: Vec<FileId>,
    /// Every command its start and its build run, for what they register, wait for and install.
    pub commands: Vec<(Vec<String>, Span)>,
    /// The script of the repository that its start goes through: how it is called.
    pub entrypoint: Option<Spanned<String>>,
    /// The commands of its start that bring the database up to date before it serves.
    pub releases: Vec<(Vec<String>, Span)>,
    /// The commands that its start runs.
    pub started: Vec<(Vec<String>, Span)>,
    /// The place that declares it.
    pub span: Option<Span>,
    /// Host folders mounted over the code.
    pub mounts: Vec<Spanned<String>>,
    /// Volumes' targets.
    pub volumes: Vec<String>,
    /// `user`.
    pub user: Option<Spanned<String>>,
    /// The health check.
    pub healthcheck: Option<Spanned<String>>,
    /// The folder of the repository it works in.
    pub folder: String,
    /// A service of a compose file or job by the name others reach it by.
    pub hostname: Option<String>,
    /// The services that it waits for before it starts.
    pub needs: Vec<String>,
}

impl Part<'_> {
    /// An empty component.
    pub fn new(name: &str, kind: ComponentKind, host: Host) -> Self {
        Self {
            name: name.into(),
            kind,
            host,
            image: None,
            beside_job: false,
            installs: Installs::default(),
            runtimes: Vec::new(),
            world: World::empty(),
            unseen: None,
            providers: Providers::new(),
            container: None,
            processes: Vec::new(),
            configs: Vec::new(),
            commands: Vec::new(),
            entrypoint: None,
            releases: Vec::new(),
            started: Vec::new(),
            span: None,
            mounts: Vec::new(),
            volumes: Vec::new(),
            user: None,
            healthcheck: None,
            folder: String::new(),
            hostname: None,
            needs: Vec::new(),
        }
    }

    /// The Python the component runs, X.Y or longer, if exactly one is known.
    pub fn python(&self) -> Option<&str> {
        self.runtimes
            .iter()
            .find(|runtime| runtime.tool == "python")
            .and_then(|runtime| runtime.version.one())
            .map(String::as_str)
    }
}
