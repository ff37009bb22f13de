//! The hook of pre-commit: it runs where a file is changed that is read, and only there.

use fancy_regex::Regex;
use paritylint::discover::classify::{classify, pattern};

use crate::support::{expect_file, files, root};

/// The hook as it is shipped: the pattern comes from the table of file kinds.
fn hooks() -> String {
    let pattern = pattern().replace('\n', "\n    ");
    let hook = |id: &str, language: &str, more: &str| {
        format!(
            "- id: {id}\n  name: paritylint\n  description: Reports differences between environments that will hurt{more}\n  \
             entry: paritylint check\n  language: {language}\n  pass_filenames: false\n  files: |-\n    {pattern}\n"
        )
    };
    hook("paritylint", "rust", "") + &hook("paritylint-system", "system", " (with the paritylint that is installed)")
}

#[test]
fn the_hook_has_the_pattern_of_the_table() {
    expect_file(&root().join(".pre-commit-hooks.yaml"), &hooks());
}

/// Paths made of what names are made of, in every order.
fn made() -> Vec<String> {
    let words = [
        "dockerfile",
        "Containerfile",
        "compose",
        "docker",
        "stack",
        "Procfile",
        "app",
        "devcontainer",
        "Makefile",
        "requirements",
        "reqs",
        "constraints",
        "env",
        ".env",
        "fly",
        "render",
        "readme",
        "deploy",
        "settings",
        "ignore",
        "pyproject",
        "paritylint",
        "runtime",
        "uv",
        "x",
        "",
    ];
    let ends = [
        "",
        ".yml",
        ".yaml",
        ".txt",
        ".in",
        ".pip",
        ".toml",
        ".py",
        ".sh",
        ".bash",
        ".md",
        ".json",
        ".env",
        ".prod",
        ".j2",
        ".lock",
        ".procfile",
        ".dockerignore",
        "_sample",
        "-example",
    ];
    let folders = [
        "",
        "a/",
        ".github/workflows/",
        "x/.github/workflows/",
        "x.github/workflows/",
        ".github/workflows/x/",
        "env/",
        "a/.envs/b/",
        "environs/",
        "requirements/",
        "a/deps/",
        "requirements/x/",
        "docker-compose/",
        "my-docker-compose/",
        "docker-compose/x/",
    ];
    let mut paths = Vec::new();
    for first in words {
        for sign in [".", "-", "_", ""] {
            for second in words {
                for end in ends {
                    for folder in folders {
                        let name = format!("{first}{sign}{second}{end}");
                        if !name.is_empty() && name != "." {
                            paths.push(format!("{folder}{name}"));
                        }
                    }
                }
            }
        }
    }
    paths
}

#[test]
fn the_pattern_finds_just_what_is_read() {
    let pattern = Regex::new(&pattern()).unwrap();
    let real = files(&root().join("fixtures")).into_keys().chain(files(&root().join("src")).into_keys());
    let own = |path: &str| {
        let name = path.rsplit('/').next().unwrap().to_ascii_lowercase();
        paritylint::discover::config::NAMES.contains(&name.as_str())
    };
    // One in seven: all of them take a minute.
    let made = made();
    for path in made.iter().step_by(7).cloned().chain(real) {
        let read = classify(&path).is_some() || own(&path);
        assert_eq!(pattern.is_match(&path).unwrap(), read, "{path}");
    }
}
