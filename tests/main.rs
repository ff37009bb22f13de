//! Every test that looks at the program from outside, in one binary.

mod support;

mod cli;
mod fixtures;
mod projects;
mod reference;
mod robust;
mod rules;
mod tidy;
mod walls;
