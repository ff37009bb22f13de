//! Every test that looks at the program from outside, in one binary.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod support;

mod backing;
mod by_hand;
mod cli;
mod config;
mod content;
mod deployed;
mod exits;
mod fixes;
mod fixtures;
mod flask;
#[expect(unreachable_pub, reason = "the programs of the fuzzer call it from outside")]
#[path = "fuzz/lib.rs"]
mod fuzz;
mod fuzzing;
mod hooks;
mod installed;
mod known;
mod loading;
mod local_settings;
mod metamorphic;
mod models;
mod outputs;
mod pipelines;
mod places;
mod platforms;
mod projects;
mod reference;
mod robust;
mod rules;
mod runners;
mod servers;
mod settings;
mod starts;
mod tidy;
mod unselected;
mod walls;
