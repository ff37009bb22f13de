//! Files of variables, as each reader reads them.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| paritylint_fuzz::dotenv::run(data));
