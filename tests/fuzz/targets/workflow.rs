//! Workflows: jobs, matrices and expressions.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use paritylint::formats::workflow::expand::expand;
use paritylint::formats::workflow::{expression, parse};
use paritylint_fuzz::{FILE, holds, problems_hold, text};

fuzz_target!(|data: &[u8]| {
    let text = text(data);
    let workflow = parse::parse(FILE, &text);
    problems_hold(&text, &workflow.problems);
    for job in &workflow.jobs {
        holds(&text, job.span);
        let _ = expand(&workflow, job, &BTreeMap::new());
    }
    let _ = parse::action(FILE, &text);
    text.lines().take(8).for_each(|line| drop(expression::parse(line)));
});
