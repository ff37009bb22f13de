//! Manifests and locks, and what install commands take from them.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| paritylint_fuzz::locks::run(data));
