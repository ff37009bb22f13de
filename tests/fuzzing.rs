//! What the fuzzer runs is compiled with every test run, and meets at least the files that the fixtures hold.

use crate::fuzz;
use crate::support::{deep, files, root};

/// The name of a target of the fuzzer, and what it runs.
type Target = (&'static str, fn(&[u8]));

/// Every target of the fuzzer.
const TARGETS: [Target; 16] = [
    ("audit", fuzz::audit::run),
    ("compose", fuzz::compose::run),
    ("dockerfile", fuzz::dockerfile::run),
    ("dotenv", fuzz::dotenv::run),
    ("json", fuzz::json::run),
    ("kubernetes", fuzz::kubernetes::run),
    ("locks", fuzz::locks::run),
    ("manifests", fuzz::manifests::run),
    ("pipelines", fuzz::pipelines::run),
    ("python", fuzz::python::run),
    ("requirements", fuzz::requirements::run),
    ("rules", fuzz::rules::run),
    ("shell", fuzz::shell::run),
    ("small", fuzz::small::run),
    ("workflow", fuzz::workflow::run),
    ("yaml", fuzz::yaml::run),
];

#[test]
fn every_target_survives_the_files_of_the_projects() {
    deep(|| {
        for bytes in files(&root().join("fixtures/projects")).values() {
            for (_, run) in TARGETS {
                run(bytes);
            }
        }
    });
}

#[test]
fn every_target_has_its_program() {
    let programs = files(&root().join("tests/fuzz/targets"));
    let names: Vec<&str> = programs.keys().filter_map(|path| path.strip_suffix(".rs")).collect();
    assert_eq!(names, TARGETS.map(|(name, _)| name));
}
