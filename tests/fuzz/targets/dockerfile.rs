//! Dockerfiles: instructions, then stages.
#![no_main]

use libfuzzer_sys::fuzz_target;
use paritylint::formats::dockerfile::{BuildInputs, build, parse};
use paritylint_fuzz::{FILE, holds, problems_hold, text};

fuzz_target!(|data: &[u8]| {
    let text = text(data);
    let parsed = parse(FILE, &text);
    problems_hold(&text, &parsed.problems);
    parsed.instructions.iter().for_each(|instruction| holds(&text, instruction.span));
    let built = build(&parsed, &text, &BuildInputs::default());
    problems_hold(&text, &built.problems);
    for stage in &built.stages {
        holds(&text, stage.from_span);
        holds(&text, stage.base.raw.span);
        stage.steps.iter().for_each(|step| holds(&text, step.span));
    }
});
