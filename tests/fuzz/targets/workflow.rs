//! Workflows: jobs, matrices and expressions.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| paritylint_fuzz::workflow::run(data));
