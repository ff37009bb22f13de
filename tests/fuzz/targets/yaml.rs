//! YAML documents, walked whole.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| paritylint_fuzz::yaml::run(data));
