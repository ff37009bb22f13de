//! From a path to a tree of files: sources, the tree, git, what kind of file each is, and configuration.

pub mod aside;
pub mod classify;
pub mod config;
pub mod git;
pub mod paths;
pub mod source;
pub mod tree;

pub use classify::Kind;
pub use config::Config;
pub use source::{Disk, Overlay, ReadError, Source};
pub use tree::{Presence, Tree};
