//! Pipelines of GitLab, configurations of CircleCI and Travis CI.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| paritylint_fuzz::pipelines::run(data));
