//! paritylint: a linter for the differences between environments.

pub mod cli;
pub mod discover;
pub mod formats;
pub mod knowledge;
pub mod model;
pub mod links;
pub mod environments;
pub mod resolve;
pub mod report;
