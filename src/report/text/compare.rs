//! `compare`: the matrix of environments.

use super::{Options, Page};
use crate::discover::Tree;
use crate::model::Audit;

/// The matrix.
pub fn compare(audit: &Audit, tree: &Tree, options: &Options) -> String {
    Page::new(audit, tree, options).finish("")
}
