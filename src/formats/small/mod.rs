//! Small files: Procfile, runtime pins, platform manifests, task runners, test options.

pub mod json;
pub mod tree;
