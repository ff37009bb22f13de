//! Every output format once, whole, on the same project.

use std::path::PathBuf;

use assert_cmd::Command;

use crate::support::{expect_file, read_text, root, run, write_project};

/// A project that lies in no repository: paths are those of its folder.
fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_project(folder.path(), "d-flask-sqlite");
    folder
}

fn expected(name: &str) -> PathBuf {
    root().join("tests/outputs").join(name)
}

#[test]
fn every_format_is_as_it_was() {
    let project = project();
    for (format, name) in [
        ("json", "report.json"),
        ("ndjson", "report.ndjson"),
        ("sarif", "report.sarif"),
        ("github", "github.txt"),
        ("gitlab", "gitlab.json"),
        ("junit", "junit.xml"),
        ("markdown", "report.md"),
    ] {
        let (status, out, err) = run(project.path(), &["check", "--format", format]);
        assert_eq!(status, 1, "{err}");
        expect_file(&expected(name), &out);
    }
}

#[test]
fn reports_go_to_files_beside_the_text() {
    let folder = tempfile::tempdir().unwrap();
    let sarif = folder.path().join("x.sarif");
    let junit = folder.path().join("any name");
    let as_junit = format!("junit={}", junit.display());
    let arguments = ["check", "--output", sarif.to_str().unwrap(), "--output", &as_junit];
    let (status, out, _) = run(project().path(), &arguments);
    assert_eq!(status, 1);
    assert!(out.starts_with("Comparing"));
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
