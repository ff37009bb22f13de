//! GitLab pipelines.
#![no_main]

use libfuzzer_sys::fuzz_target;
use paritylint::formats::small::gitlab;
use paritylint_fuzz::{FILE, problems_hold, text};

fuzz_target!(|data: &[u8]| {
    let text = text(data);
    let (_, problems) = gitlab::parse(FILE, &text);
    problems_hold(&text, &problems);
});
