//! Settings modules, evaluated in a closed and in an open world.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| paritylint_fuzz::python::run(data));
