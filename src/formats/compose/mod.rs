//! Compose files: what the services of a project are, its files merged.

mod canonical;
mod check;
mod decode;
mod environment;
mod extends;
mod include;
pub(in crate::formats) mod interpolate;
mod load;
mod locate;
mod merge;
mod read;
mod scalar;
mod shape;
mod short;
#[cfg(test)]
mod tests;
mod unique;
mod units;
mod validate;
mod value;
mod words;

use std::collections::{BTreeMap, BTreeSet};

pub use environment::dot_env;
pub use interpolate::Found as Interpolation;
pub use load::load;
pub(crate) use scalar::base64;

use crate::discover::Presence;
use crate::formats::shell::Word;
use crate::formats::{Var, Vars, World};
use crate::model::{Certainty, FileId, Known, Origin, Problem, Reason, Span, Spanned};

/// Which profiles are on.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Profiles {
    /// None: services without profiles only.
    #[default]
    None,
    /// Every one.
    All,
    /// These.
    Named(BTreeSet<String>),
}

/// How files are loaded.
#[derive(Clone, Debug)]
pub struct Options {
    /// The variables of `${X}`.
    pub env: World,
    /// The profiles that are on.
    pub profiles: Profiles,
    /// The folder that paths are relative to.
    pub project_dir: String,
    /// Files of variables that are not in the tree and that something writes before the project is started, by their names.
    pub written: BTreeMap<String, Vars>,
}

/// A value, how sure it is, and where it comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Field<T> {
    /// The value.
    pub value: Known<T>,
    /// Whether a variable outside may change it.
    pub certainty: Certainty,
    /// The value's own place first, then what happened to it.
    pub origin: Origin,
}

/// A command; what a variable decides in it is unknown word by word.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CommandLine {
    /// The words.
    pub words: Vec<Word>,
    /// Its own place first, then what happened to it.
    pub origin: Origin,
}

impl CommandLine {
    /// All words, if all are known.
    pub fn known(&self) -> Known<Vec<String>> {
        let mut all = Vec::new();
        for word in &self.words {
            match &word.text {
                Known::One(text) => all.push(text.clone()),
                Known::Unknown(reason) => return Known::Unknown(reason.clone()),
                _ => return Known::Unknown(Reason::at("a word of the command is not known", word.span)),
            }
        }
        Known::One(all)
    }
}

/// How a service is built.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BuildSpec {
    /// The folder, from the root of the tree; a URL as it is.
    pub context: Field<String>,
    /// The Dockerfile, relative to the context.
    pub dockerfile: Option<Field<String>>,
    /// A Dockerfile written here.
    pub dockerfile_inline: Option<Field<String>>,
    /// The stage.
    pub target: Option<Field<String>>,
    /// Arguments; none where the value comes from outside.
    pub args: BTreeMap<String, Option<Var>>,
    /// Named contexts.
    pub additional_contexts: BTreeMap<String, String>,
}

/// Who gives a variable to a service.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Provider {
    /// A file of `env_file`.
    EnvFile,
    /// `environment`.
    Environment,
}

/// A variable of a service.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EnvVar {
    /// The variable.
    pub var: Var,
    /// Who gives it.
    pub provider: Provider,
    /// Whether it is named without a value, so that the shell's own is passed on.
    pub pass_through: bool,
}

/// A port.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Port {
    /// The address on the host.
    pub host_ip: Option<String>,
    /// The port on the host.
    pub published: Option<String>,
    /// The port in the container.
    pub target: u32,
    /// tcp or udp.
    pub protocol: String,
    /// Where it is written.
    pub span: Span,
}

/// A mount.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mount {
    /// bind, volume, tmpfs …; empty where a variable decides it.
    pub kind: String,
    /// The folder from the root of the tree, or the volume's name.
    pub source: Option<String>,
    /// The place in the container.
    pub target: String,
    /// Whether it cannot be written to.
    pub read_only: bool,
    /// Where it is written.
    pub span: Span,
}

/// A service that another waits for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dependency {
    /// service_started, service_healthy …
    pub condition: String,
    /// Whether it must be there.
    pub required: bool,
    /// Where it is written.
    pub span: Span,
}

/// A health check.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Healthcheck {
    /// The command, `CMD` or `CMD-SHELL` first.
    pub test: Option<Vec<String>>,
    /// Whether it is turned off.
    pub disable: bool,
    /// How often it may fail.
    pub retries: Option<i64>,
    /// Durations by name, in seconds.
    pub seconds: BTreeMap<&'static str, f64>,
    /// Where it is written.
    pub span: Option<Span>,
}

/// A service.
#[derive(Clone, PartialEq, Debug)]
pub struct Service {
    /// The name.
    pub name: Spanned<String>,
    /// The image.
    pub image: Option<Field<String>>,
    /// How it is built.
    pub build: Option<BuildSpec>,
    /// The command.
    pub command: Option<CommandLine>,
    /// The entry point.
    pub entrypoint: Option<CommandLine>,
    /// Variables.
    pub environment: BTreeMap<String, EnvVar>,
    /// Ports.
    pub ports: Vec<Port>,
    /// Ports for other services.
    pub expose: BTreeSet<String>,
    /// Mounts.
    pub volumes: Vec<Mount>,
    /// Services it waits for.
    pub depends_on: BTreeMap<String, Dependency>,
    /// The health check.
    pub healthcheck: Option<Healthcheck>,
    /// Profiles; none is always on.
    pub profiles: BTreeSet<String>,
    /// Networks; `default` where it names none.
    pub networks: BTreeSet<String>,
    /// The network mode, which stands in place of networks.
    pub network_mode: Option<Field<String>>,
    /// The names of the secrets it uses, those of its build included.
    pub secrets: BTreeSet<String>,
    /// The names of the configs it uses.
    pub configs: BTreeSet<String>,
    /// The restart policy.
    pub restart: Option<Field<String>>,
    /// The user.
    pub user: Option<Field<String>>,
    /// The working directory.
    pub working_dir: Option<Field<String>>,
    /// The platform.
    pub platform: Option<Field<String>>,
    /// How many run; none where nothing says so.
    pub replicas: Option<u64>,
    /// Whether a provider runs it in place of a container.
    pub provided: bool,
}

impl Service {
    /// How many variables it is given.
    pub fn env_count(&self) -> usize {
        self.environment.len()
    }
}

/// A use of a file of variables.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EnvFileUse {
    /// The service.
    pub service: String,
    /// The path, from the root of the tree.
    pub path: String,
    /// Where it is named.
    pub span: Span,
    /// Whether it is there.
    pub presence: Presence,
    /// Whether Compose refuses to run without it.
    pub required: bool,
    /// `raw`, where that is asked for.
    pub format: Option<String>,
    /// Whether something writes it before the project is started.
    pub written: bool,
}

/// A project: files merged, profiles applied.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Project {
    /// The files that it was loaded from.
    pub files: Vec<FileId>,
    /// The services that run.
    pub services: BTreeMap<String, Service>,
    /// The services that others of their file extend.
    pub extended: BTreeSet<String>,
    /// The services whose profiles are off.
    pub inactive: BTreeMap<String, Service>,
    /// Names of volumes.
    pub volumes: BTreeSet<String>,
    /// Names of networks.
    pub networks: BTreeSet<String>,
    /// Names of secrets.
    pub secrets: BTreeSet<String>,
    /// Names of configs.
    pub configs: BTreeSet<String>,
    /// What could not be read.
    pub problems: Vec<Problem>,
    /// What Compose would refuse.
    pub errors: Vec<Problem>,
    /// Paths that leave the tree.
    pub outside: Vec<Spanned<String>>,
    /// The files of variables.
    pub env_files: Vec<EnvFileUse>,
    /// The variables that texts name.
    pub interpolated: Vec<Interpolation>,
}
