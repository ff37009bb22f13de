//! Configuration and rules of users.

use paritylint::discover::Config;
use paritylint::{Options, audit};

/// Reads the bytes as such a text; a fault panics.
pub fn run(data: &[u8]) {
    let mut all = b"FROM python:3.12-alpine\nCMD [\"gunicorn\", \"a.wsgi\"]\n=== paritylint.toml\nrules = [\"r.toml\"]\n=== r.toml\n".to_vec();
    all.extend_from_slice(data);
    let tree = super::tree(&all, "Dockerfile");
    let config = Config::read(&tree);
    let _ = audit(&tree, &config, &Options::default());
}
