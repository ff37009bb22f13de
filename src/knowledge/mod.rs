//! What the field knows: images, services, packages, processes, names of environments. Tables under `rules/knowledge` hold
//! the facts, each with its source; the modules here only look them up.

pub mod concepts;
pub mod credentials;
pub mod deployments;
pub mod environments;
pub mod eol;
pub mod hosts;
pub mod images;
pub mod packages;
pub mod processes;
pub mod proxies;
pub mod reasons;
pub mod services;
pub mod settings;
pub mod variables;

pub mod listens;
mod table;

pub use table::wildcard;

#[cfg(test)]
mod tests;

/// The day the tables stand for.
pub const AS_OF: &str = "2026-08-22";
