//! Workflows: jobs, matrices and expressions.

use std::collections::BTreeMap;

use super::{FILE, holds, problems_hold, text};
use paritylint::formats::workflow::expand::expand;
use paritylint::formats::workflow::{expression, parse};

/// Reads the bytes as such a text; a fault panics.
pub fn run(data: &[u8]) {
    let text = text(data);
    let workflow = parse::parse(FILE, &text);
    problems_hold(&text, &workflow.problems);
    for job in &workflow.jobs {
        holds(&text, job.span);
        let _ = expand(&workflow, job, &BTreeMap::new());
    }
    let _ = parse::action(FILE, &text);
    text.lines().take(8).for_each(|line| drop(expression::parse(line)));
}
