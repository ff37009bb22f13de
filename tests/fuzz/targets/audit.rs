//! A whole tree: files to findings to bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use paritylint::discover::Config;
use paritylint::{Options, audit};

fuzz_target!(|data: &[u8]| {
    let tree = paritylint_fuzz::tree(data, "Dockerfile");
    let config = Config::read(&tree);
    let _ = audit(&tree, &config, &Options::default());
});
