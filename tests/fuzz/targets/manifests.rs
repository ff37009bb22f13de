//! Manifests of projects.
#![no_main]

use libfuzzer_sys::fuzz_target;
use paritylint::formats::locks::manifest;
use paritylint_fuzz::{FILE, text};

fuzz_target!(|data: &[u8]| {
    let _ = manifest::parse(FILE, &text(data));
});
