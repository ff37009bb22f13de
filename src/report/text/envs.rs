//! `envs`: how the repository was understood.

use super::{Options, Page};
use crate::discover::Tree;
use crate::model::Audit;

/// The report of `envs`.
pub fn envs(audit: &Audit, tree: &Tree, options: &Options) -> String {
    Page::new(audit, tree, options).finish("")
}
