//! Manifests and kustomizations: one text as all the files of an overlay and its base.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| paritylint_fuzz::kubernetes::run(data));
