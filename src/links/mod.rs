//! What runs what, before any environment is known: the meaning of commands, and where scripts of an image come from.

mod ci_files;
pub mod compose_call;
mod compose_files;
pub mod container;
pub mod docker_build;
mod hatch_scripts;
pub mod meaning;

mod mise_tasks;
mod project_tasks;
pub mod repository;
pub mod runners;
pub mod system_install;
pub mod view;

pub use container::Container;
pub use meaning::Meaning;
pub use repository::{Call, Caller, Repository};
