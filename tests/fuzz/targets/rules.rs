//! Configuration and rules of users.
#![no_main]

use libfuzzer_sys::fuzz_target;
use paritylint::discover::Config;
use paritylint::{Options, audit};

fuzz_target!(|data: &[u8]| {
    let mut all = b"FROM python:3.12-alpine\nCMD [\"gunicorn\", \"a.wsgi\"]\n=== paritylint.toml\nrules = [\"r.toml\"]\n=== r.toml\n".to_vec();
    all.extend_from_slice(data);
    let tree = paritylint_fuzz::tree(&all, "Dockerfile");
    let config = Config::read(&tree);
    let _ = audit(&tree, &config, &Options::default());
});
