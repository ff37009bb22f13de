//! The program as it is run: exit status, usage, commands.

use assert_cmd::Command;

use crate::support::root;

fn run(arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::cargo_bin("paritylint").unwrap();
    for name in ["CI", "NO_COLOR", "SOURCE_DATE_EPOCH", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    let output = command.current_dir(root()).args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn findings_below_the_level_exit_0_and_at_it_1() {
    let project = "fixtures/projects/b-promotion";
    assert_eq!(run(&["check", project]).0, 0);
    assert_eq!(run(&["check", project, "--fail-on", "note"]).0, 1);
    assert_eq!(run(&["check", "fixtures/projects/a-two-images"]).0, 1);
    assert_eq!(run(&["check", "fixtures/projects/a-two-images", "--fail-on", "never"]).0, 0);
}

#[test]
fn nothing_recognised_is_a_fault() {
    let folder = tempfile::tempdir().unwrap();
    let (status, _, err) = run(&["check", folder.path().to_str().unwrap()]);
    assert_eq!(status, 2);
    assert!(err.contains("no Dockerfile, compose file, settings, requirements or workflow found under"), "{err}");
}

#[test]
fn a_wrong_configuration_names_its_line() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("Dockerfile"), "FROM python:3.12-slim\nCMD [\"gunicorn\", \"a\"]\n").unwrap();
    std::fs::write(folder.path().join("paritylint.toml"), "[environments.production]\ndocker-file = \"x\"\n").unwrap();
    let (status, _, err) = run(&["check", folder.path().to_str().unwrap()]);
    assert_eq!(status, 2);
    assert!(err.contains("paritylint.toml:2") && err.contains("docker-file"), "{err}");
}

#[test]
fn an_unknown_rule_is_a_fault() {
    assert_eq!(run(&["check", "fixtures/projects/a-two-images", "--select", "no-such"]).0, 2);
    let (status, _, err) = run(&["explain", "libc-drft"]);
    assert_eq!(status, 2);
    assert!(err.contains("no such rule"), "{err}");
}

#[test]
fn an_unknown_environment_is_a_fault() {
    let project = "fixtures/projects/a-two-images";
    for arguments in [
        vec!["check", project, "--env", "stagin"],
        vec!["check", project, "--reference", "prod"],
        vec!["compare", "stagin", "--path", project],
    ] {
        let (status, _, err) = run(&arguments);
        assert_eq!(status, 2, "{arguments:?}");
        assert!(err.contains("no environment is named"), "{err}");
    }
    let (_, _, err) = run(&["compare", project]);
    assert!(err.contains(&format!("--path {project}")), "{err}");
}

#[test]
fn every_command_speaks() {
    let project = "fixtures/projects/a-two-images";
    for arguments in [
        vec!["envs", project],
        vec!["compare", "--path", project],
        vec!["why", "staging", "setting", "DEBUG", "--path", project],
        vec!["explain", "libc-drift"],
        vec!["rules"],
        vec!["inspect", "fixtures/projects/a-two-images/Dockerfile"],
        vec!["inspect", "fixtures/projects/b-promotion/compose.yaml"],
        vec!["inspect", "fixtures/projects/a-two-images/requirements-dev.txt"],
        vec!["check", project, "--format", "json", "--fail-on", "never"],
    ] {
        let (status, out, err) = run(&arguments);
        assert_eq!(status, 0, "{arguments:?}: {err}");
        assert!(!out.is_empty(), "{arguments:?}");
    }
}

#[test]
fn text_stays_within_80_columns() {
    for project in ["a-two-images", "b-promotion", "d-flask-sqlite"] {
        let path = format!("fixtures/projects/{project}");
        for arguments in [vec!["check", "-v", &path], vec!["envs", &path], vec!["compare", "--path", &path]] {
            let (_, out, _) = run(&arguments);
            for line in out.lines() {
                assert!(line.chars().count() <= 80, "{arguments:?}: {line}");
            }
        }
    }
}

#[test]
fn colour_only_when_it_is_asked_for() {
    let project = "fixtures/projects/a-two-images";
    assert!(!run(&["check", project]).1.contains('\u{1b}'));
    assert!(run(&["check", project, "--color", "always"]).1.contains('\u{1b}'));
}

#[test]
fn a_fix_mends_its_finding_and_brings_none() {
    let folder = tempfile::tempdir().unwrap();
    for (path, bytes) in crate::support::files(&root().join("fixtures/projects/d-flask-sqlite")) {
        let to = folder.path().join(path);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::write(to, bytes).unwrap();
    }
    let path = folder.path().to_str().unwrap();
    let (status, diff, _) = run(&["check", "--diff", path]);
    assert_eq!(status, 0);
    assert!(
        diff.contains("-          python-version: '3.x'") && diff.contains("+          python-version: '3.8'"),
        "{diff}"
    );
    assert!(run(&["check", path]).1.contains("python-minor-drift"), "--diff changes nothing");
    let (_, out, _) = run(&["check", "--fix", path]);
    assert!(!out.contains("python-minor-drift") && out.contains("dev-server-in-production"), "{out}");
}

/// A repository with one finding, and git.
fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| std::fs::write(folder.path().join(path), text).unwrap();
    write(
        "Dockerfile",
        "FROM python:3.12-slim\nCOPY . .\nRUN pip install -r r.txt\nCMD [\"gunicorn\", \"shop.wsgi\"]\n",
    );
    write("r.txt", "django==5.0\npytest==8.2.1\n");
    write("paritylint.toml", "[environments.production]\ndockerfile = \"Dockerfile\"\n");
    for arguments in [vec!["init", "-q"], vec!["add", "."], vec!["commit", "-qm", "one"]] {
        let mut git = std::process::Command::new("git");
        git.current_dir(folder.path()).args(["-c", "user.name=a", "-c", "user.email=a@b"]).args(arguments);
        assert!(git.status().unwrap().success());
    }
    folder
}

#[test]
fn a_baseline_and_a_revision_let_only_new_drift_count() {
    let folder = repository();
    let path = folder.path().to_str().unwrap();
    let baseline = folder.path().join("known.json");
    let baseline = baseline.to_str().unwrap();
    let strict = ["check", path, "--verbose", "--fail-on", "note"];
    assert_eq!(run(&strict).0, 1);
    let (status, _, err) = run(&[&strict[..], &["--write-baseline", baseline]].concat());
    assert_eq!(status, 0, "{err}");
    for known in [["--baseline", baseline], ["--since", "HEAD"]] {
        let (status, out, err) = run(&[&strict[..], &known].concat());
        assert_eq!(status, 0, "{out}{err}");
        assert!(out.contains("1 accepted"), "{out}");
    }
    std::fs::write(folder.path().join("r.txt"), "django==5.0\npytest==8.2.1\nblack==24.4.2\n").unwrap();
    for known in [["--baseline", baseline], ["--since", "HEAD"]] {
        let (status, out, _) = run(&[&strict[..], &known].concat());
        assert_eq!(status, 1, "{out}");
        assert!(out.contains("black") && !out.contains("pytest"), "a list shows only its new items: {out}");
    }
    std::fs::write(folder.path().join("r.txt"), "django==5.0\n").unwrap();
    let (status, _, err) = run(&[&strict[..], &["--baseline", baseline]].concat());
    assert_eq!(status, 0);
    assert!(err.contains("holds what is no longer found; --write-baseline"), "{err}");
    assert!(err.contains("\n      dev-tool-in-production of production: pytest\n"), "{err}");
    let (status, _, err) = run(&["check", path, "--since", "no-such"]);
    assert_eq!(status, 2, "{err}");
}

#[test]
fn a_file_that_git_tracks_is_read_although_an_ignore_file_names_it() {
    let folder = repository();
    let path = folder.path().to_str().unwrap();
    std::fs::write(folder.path().join(".gitignore"), "r.txt\nlocal.txt\n").unwrap();
    std::fs::write(folder.path().join("local.txt"), "black==24.4.2\n").unwrap();
    let (_, out, _) = run(&["why", "production", "package", "pytest", "--path", path]);
    assert!(out.contains("8.2.1"), "{out}");
    std::fs::write(folder.path().join("Dockerfile"), "FROM python:3.12-slim\nCOPY . .\nRUN pip install -r local.txt\n")
        .unwrap();
    let (_, out, err) = run(&["why", "production", "package", "black", "--path", path]);
    assert!(!out.contains("24.4.2"), "what git does not track stays out: {out}{err}");
}

#[test]
fn inspect_reads_no_file_as_variables_that_holds_none() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).unwrap();
        folder.path().join(name).to_str().unwrap().to_owned()
    };
    let guide = write("README.md", "# A title\n\nSome words, A=1.\n");
    let code = write("app.conf", "server {\n  listen 80;\n}\n");
    for path in [&guide, &code, &folder.path().to_str().unwrap().to_owned()] {
        let (status, out, err) = run(&["inspect", path]);
        assert_eq!((status, out.as_str()), (2, ""), "{path}");
        assert!(err.contains("--as") || err.contains("--command"), "{err}");
    }
    for path in [write("prod.env", "not a variable\n"), write("settings.conf", "# c\nA=1\nexport B.C = 2\n\n")] {
        assert_eq!(run(&["inspect", &path]).0, 0, "{path}");
    }
    assert_eq!(run(&["inspect", &guide, "--as", "dotenv"]).0, 0);
}
