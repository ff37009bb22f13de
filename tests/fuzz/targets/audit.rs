//! A whole tree: files to findings to bytes.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| paritylint_fuzz::audit::run(data));
