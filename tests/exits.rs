//! The table of exit statuses: 0 below the level that fails, 1 at or above it, 2 for usage, configuration or reading.

use std::path::Path;

use assert_cmd::Command;

use crate::support::{files, root};

fn write(folder: &Path, path: &str, text: &[u8]) {
    let to = folder.join(path);
    std::fs::create_dir_all(to.parent().unwrap()).unwrap();
    std::fs::write(to, text).unwrap();
}

/// A folder of repositories: `errors` has two errors, `notes` has notes and nothing worse.
fn repositories() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, project) in [("errors", "a-two-images"), ("notes", "b-promotion")] {
        for (path, bytes) in files(&root().join("fixtures/projects").join(project)) {
            write(folder.path(), &format!("{name}/{path}"), &bytes);
        }
    }
    write(folder.path(), "empty/notes.txt", b"nothing\n");
    write(folder.path(), "library/pyproject.toml", b"[project]\nname = \"x\"\nversion = \"1\"\n");
    let errors: Vec<(String, Vec<u8>)> = files(&folder.path().join("errors")).into_iter().collect();
    for (name, config) in [
        ("wrong", "no-such-key = 1\n"),
        ("broken", "reference = \n"),
        ("future", "required-version = \">=99\"\n"),
        ("later", "enforce-from = \"2099-01-01\"\n"),
        ("never", "fail-on = \"never\"\n"),
        ("missing", "extends = \"no-such.toml\"\n"),
        ("norule", "rule-files = [\"no-such.toml\"]\n"),
    ] {
        for (path, bytes) in &errors {
            write(folder.path(), &format!("{name}/{path}"), bytes);
        }
        write(folder.path(), &format!("{name}/paritylint.toml"), config.as_bytes());
    }
    write(folder.path(), "bad.json", b"[]");
    folder
}

const TABLE: &[(i32, &[&str])] = &[
    // Findings.
    (1, &["check", "errors"]),
    (0, &["check", "notes"]),
    (1, &["check", "notes", "--fail-on", "note"]),
    (0, &["check", "errors", "--fail-on", "never"]),
    (1, &["check", "errors", "-q"]),
    (1, &["check", "errors", "-v"]),
    (1, &["check", "errors", "--format", "json"]),
    (1, &["check", "errors", "--format", "sarif"]),
    (0, &["check", "errors", "--select", "same-secret-across-environments"]),
    (0, &["check", "errors", "--write-baseline", "baseline.json"]),
    (0, &["check", "errors", "--baseline", "baseline.json"]),
    (0, &["check", "library"]),
    (0, &["check", "later"]),
    (1, &["check", "later", "--as-of", "2099-01-01"]),
    (0, &["check", "never"]),
    (1, &["check", "never", "--fail-on", "error"]),
    (0, &["check", "errors", "--diff"]),
    (1, &["check", "errors", "--diff", "--select", "staging-uses-dev-image"]),
    // Usage.
    (2, &[]),
    (2, &["chek"]),
    (2, &["check", "--no-such-flag"]),
    (2, &["check", "errors", "--fail-on", "eror"]),
    (2, &["check", "errors", "--as-of", "tomorrow"]),
    (2, &["check", "errors", "--select", "no-such-rule"]),
    (2, &["check", "errors", "--ignore", "no-such-rule"]),
    (2, &["check", "errors", "--profile", "no-such-profile"]),
    (2, &["check", "errors", "--env", "no-such"]),
    (2, &["check", "errors", "--reference", "no-such"]),
    (2, &["check", "errors", "--output", "report.doc"]),
    (2, &["why", "production", "DEBUGG", "--path", "errors"]),
    (2, &["explain", "no-such-rule"]),
    (2, &["summary"]),
    // Configuration.
    (2, &["check", "wrong"]),
    (2, &["check", "broken"]),
    (2, &["check", "future"]),
    (2, &["check", "missing"]),
    (2, &["check", "norule"]),
    (2, &["config", "wrong"]),
    (2, &["envs", "wrong"]),
    (2, &["compare", "--path", "wrong"]),
    (2, &["init", "wrong"]),
    // Reading and writing.
    (2, &["check", "no-such-folder"]),
    (2, &["check", "empty"]),
    (2, &["init", "empty"]),
    (2, &["check", "errors", "--baseline", "no-such.json"]),
    (2, &["check", "errors", "--baseline", "bad.json"]),
    (2, &["check", "errors", "--since", "HEAD"]),
    (2, &["check", "notes", "--output", "no-such-folder/report.json"]),
    (2, &["summary", "no-such.json"]),
    (2, &["summary", "bad.json"]),
    // Everything else.
    (0, &["--help"]),
    (0, &["--version"]),
    (0, &["rules"]),
    (0, &["schema"]),
    (0, &["explain", "libc-drift"]),
    (0, &["envs", "errors"]),
    (0, &["compare", "--path", "errors"]),
    (0, &["config", "errors"]),
    (0, &["init", "errors", "--print"]),
    (0, &["init", "library"]),
];

#[test]
fn every_status_is_as_the_table_says() {
    let folder = repositories();
    for (status, arguments) in TABLE {
        let mut command = Command::cargo_bin("paritylint").unwrap();
        command.current_dir(folder.path()).args(*arguments).env_remove("SOURCE_DATE_EPOCH");
        let output = command.output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(*status), "{arguments:?}: {err}");
        let clap = err.starts_with("A linter") || err.contains("Usage:") || err.contains("For more information");
        assert!(*status != 2 || clap || err.starts_with("error: "), "{arguments:?}: {err}");
    }
}
