//! From a path to a tree of files: sources, the tree, git, what kind of file each is, and configuration.

pub mod paths;
pub mod source;
pub mod tree;

pub use source::{Disk, Overlay, ReadError, Source};
pub use tree::{Presence, Tree};
