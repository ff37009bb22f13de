//! Manifests of projects.

use super::{FILE, text};
use paritylint::formats::locks::manifest;

/// Reads the bytes as such a text; a fault panics.
pub fn run(data: &[u8]) {
    let _ = manifest::parse(FILE, &text(data));
}
