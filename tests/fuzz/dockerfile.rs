//! Dockerfiles: instructions, then stages.

use super::{FILE, holds, problems_hold, text};
use paritylint::formats::dockerfile::{BuildInputs, build, parse};

/// Reads the bytes as such a text; a fault panics.
pub fn run(data: &[u8]) {
    let text = text(data);
    let parsed = parse(FILE, &text);
    problems_hold(&text, &parsed.problems);
    for instruction in &parsed.instructions {
        holds(&text, instruction.span);
    }
    let built = build(&parsed, &text, &BuildInputs::default());
    problems_hold(&text, &built.problems);
    for stage in &built.stages {
        holds(&text, stage.from_span);
        holds(&text, stage.base.raw.span);
        for step in &stage.steps {
            holds(&text, step.span);
        }
    }
}
