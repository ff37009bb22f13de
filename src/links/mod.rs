//! What runs what, before any environment is known: the meaning of commands, and where scripts of an image come from.

mod charts;
mod ci_files;
mod ci_places;
mod commit_hooks;
pub mod compose_call;
mod compose_files;
pub mod container;
mod container_exec;
mod coverage_command;
mod deploy_call;
pub mod docker_build;
pub mod docker_run;
mod editor_tasks;
mod gulp_tasks;
mod handed;
mod hatch_scripts;
pub mod ignored;
mod interpreter;
mod invoke_tasks;
mod just_recipes;
mod make_targets;
pub mod meaning;
mod mentioned;
mod mise_tasks;
mod node_scripts;
mod nox_sessions;
mod python_scripts;
pub mod repository;
pub mod runners;
pub mod system_install;
mod tox_environments;
pub mod view;
pub(crate) mod written;

pub use container::Container;
pub use meaning::Meaning;
pub use repository::{Call, Caller, Repository};
