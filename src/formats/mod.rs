//! What each file format means by itself; nothing here knows of environments or parity.
//!
//! Parsers never fail and see one text: they give a spanned tree and a list of problems.

pub mod circleci;
pub mod compose;
pub mod dockerfile;
pub mod dotenv;
pub mod gitlab;
pub mod kubernetes;
pub mod locks;
pub mod metadata;
pub mod pipelines;
pub mod python;
pub mod requirements;
pub mod shell;
pub mod small;
pub mod travis;
pub mod workflow;
pub mod world;
pub mod yaml;

pub use world::{Var, Vars, World};
