//! Compose files: one or several, merged, with all profiles.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| paritylint_fuzz::compose::run(data));
