//! Every output format once, whole, on the same project.

use std::path::PathBuf;

use assert_cmd::Command;

use crate::support::{expect_file, read_text, root};

fn check(format: &str) -> String {
    let mut command = Command::cargo_bin("paritylint").unwrap();
    command.current_dir(root().join("fixtures/projects/d-flask-sqlite")).env_remove("SOURCE_DATE_EPOCH");
    let output = command.args(["check", "--format", format]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn expected(name: &str) -> PathBuf {
    root().join("tests/outputs").join(name)
}

#[test]
fn every_format_is_as_it_was() {
    for (format, name) in [
        ("json", "report.json"),
        ("ndjson", "report.ndjson"),
        ("sarif", "report.sarif"),
        ("github", "github.txt"),
        ("gitlab", "gitlab.json"),
        ("junit", "junit.xml"),
        ("markdown", "report.md"),
    ] {
        expect_file(&expected(name), &check(format));
    }
}

#[test]
fn reports_go_to_files_beside_the_text() {
    let folder = tempfile::tempdir().unwrap();
    let sarif = folder.path().join("x.sarif");
    let junit = folder.path().join("any name");
    let mut command = Command::cargo_bin("paritylint").unwrap();
    command.current_dir(root().join("fixtures/projects/d-flask-sqlite")).args(["check", "--output"]).arg(&sarif);
    let output = command.arg("--output").arg(format!("junit={}", junit.display())).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stdout).unwrap().starts_with("Comparing"));
    expect_file(&expected("report.sarif"), &read_text(&sarif));
    expect_file(&expected("junit.xml"), &read_text(&junit));
}

#[test]
fn a_file_whose_name_tells_no_format_is_a_wrong_usage() {
    let mut command = Command::cargo_bin("paritylint").unwrap();
    let output = command.args(["check", "--output", "report.doc"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("write FORMAT=FILE"));
}
