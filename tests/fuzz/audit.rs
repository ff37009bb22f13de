//! A whole tree: files to findings to bytes.

use paritylint::discover::Config;
use paritylint::{Options, audit};

/// Reads the bytes as such a text; a fault panics.
pub fn run(data: &[u8]) {
    let tree = super::tree(data, "Dockerfile");
    let config = Config::read(&tree);
    let _ = audit(&tree, &config, &Options::default());
}
