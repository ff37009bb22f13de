//! Requirements files, markers and versions.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| paritylint_fuzz::requirements::run(data));
