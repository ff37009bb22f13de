//! JSON with comments, and TOML, as trees of nodes.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| paritylint_fuzz::json::run(data));
