//! Shell text in each dialect, and what it runs in a closed and in an open world.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| paritylint_fuzz::shell::run(data));
