//! Audits made by hand over small trees.

mod check;
mod document;
mod made;
mod nasty;
mod questions;
