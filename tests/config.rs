//! The configuration as the program reads it: faults, layers, severities, dates.

use tempfile::TempDir;

use crate::support::{run, write, write_project};

/// A repository of which staging installs pytest in another libc, with a configuration.
fn repository(config: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_project(folder.path(), "a-two-images");
    if !config.is_empty() {
        write(folder.path(), "paritylint.toml", config);
    }
    folder
}

#[test]
fn every_fault_says_where_it_is_what_was_expected_and_what_to_do() {
    let folder = repository(
        "fail_on = \"error\"\n\n[environments.stagging]\ndockerfile = \"dev.Dockerfil\"\n[policy]\nrules = []\n",
    );
    let (status, _, err) = run(folder.path(), &["check"]);
    assert_eq!(status, 2);
    insta::assert_snapshot!(err, @r#"
    error: unknown key fail_on; did you mean fail-on?
     --> paritylint.toml:1:1
      |
    1 | fail_on = "error"
      | ^^^^^^^

    error: environment stagging needs a role: production, staging, test or
           development
     --> paritylint.toml:3:15
      |
    3 | [environments.stagging]
      |               ^^^^^^^^
      = help: add role = "staging" below [environments.stagging]

    error: unknown key rules in [policy]
     --> paritylint.toml:6:1
      |
    6 | rules = []
      | ^^^^^
      = help: rules belongs at the top of the file, before the first table
    "#);
    assert!(err.lines().all(|line| line.chars().count() <= 80), "{err}");
}

#[test]
fn names_that_do_not_exist_are_faults() {
    for (config, said) in [
        ("ignore = [\"libc-drft\"]", "no such rule: libc-drft; did you mean libc-drift?"),
        ("[rules]\nlibc = \"off\"", "no such rule: libc"),
        ("[[allow]]\nrule = \"libc-drif\"\nreason = \"x\"", "no such rule: libc-drif; did you mean libc-drift?"),
        ("reference = \"prodution\"", "no environment is named prodution; did you mean production?"),
        ("rule-files = [\"policy/*.toml\"]", "there is no rule file policy/*.toml"),
        ("[environments.staging]\ndockerfile = \"Dockerfle\"", "there is no file Dockerfle; did you mean Dockerfile?"),
        ("required-version = \">=9\"", "the configuration asks for >=9"),
    ] {
        let folder = repository(config);
        let (status, _, err) = run(folder.path(), &["check"]);
        assert_eq!(status, 2, "{config}");
        assert!(err.contains(said) && err.contains("--> paritylint.toml:"), "{config}: {err}");
    }
}

#[test]
fn a_severity_holds_for_the_roles_that_are_named() {
    let severity = |config: &str| {
        let folder = repository(config);
        let (_, out, err) = run(folder.path(), &["check", "--format", "json", "--select", "libc-drift"]);
        let report: serde_json::Value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {err}"));
        report["findings"].as_array().unwrap().first().map(|finding| finding["severity"].as_str().unwrap().to_owned())
    };
    assert_eq!(severity("").as_deref(), Some("error"));
    assert_eq!(severity("[rules]\nlibc-drift = \"note\"").as_deref(), Some("note"));
    assert_eq!(severity("[rules]\nlibc-drift = { staging = \"warning\" }").as_deref(), Some("warning"));
    assert_eq!(severity("[rules]\nlibc-drift = { test = \"warning\" }").as_deref(), Some("error"));
    assert_eq!(severity("[rules]\nlibc-drift = \"off\"").as_deref(), None);
    assert_eq!(severity("ignore = [\"libc-drift\"]").as_deref(), None);
}

#[test]
fn a_severity_may_be_set_in_pyproject() {
    let folder = repository("");
    write(
        folder.path(),
        "pyproject.toml",
        "[tool.black]\nline-length = 88\n\n[tool.paritylint]\nfail-on = \"never\"\n",
    );
    assert_eq!(run(folder.path(), &["check"]).0, 0);
    write(folder.path(), "pyproject.toml", "[tool.black]\nline-length = 88\n\n[tool.paritylint]\nfail-on = \"nevr\"\n");
    let (status, _, err) = run(folder.path(), &["check"]);
    assert_eq!(status, 2);
    assert!(err.contains("did you mean never?") && err.contains("--> pyproject.toml:5:11"), "{err}");
}

#[test]
fn until_the_day_on_which_it_is_enforced_a_run_reports_and_does_not_fail() {
    let folder = repository("enforce-from = \"2027-01-01\"\n");
    let (status, out, err) = run(folder.path(), &["check", "--as-of", "2026-12-31"]);
    assert_eq!(status, 0);
    assert!(out.contains("error[staging-uses-dev-image]"), "{out}");
    assert_eq!(err, "note: this fails from 2027-01-01 on (enforce-from); it was judged as of 2026-12-31 (--as-of)\n");
    assert_eq!(run(folder.path(), &["check", "--as-of", "2027-01-01"]).0, 1);
    let (status, _, err) = run(folder.path(), &["check", "--as-of", "soon"]);
    assert_eq!(status, 2);
    assert!(err.contains("expected a day"), "{err}");
}

const SHARED: &str =
    "final = [\"rules.libc-drift\", \"fail-on\"]\nfail-on = \"warning\"\n[rules]\nlibc-drift = \"error\"\n";

#[test]
fn a_shared_configuration_holds_what_is_final() {
    let folder = repository("extends = \"policy/base.toml\"\n");
    write(folder.path(), "policy/base.toml", SHARED);
    assert_eq!(run(folder.path(), &["check"]).0, 1);
    for (arguments, said) in [
        (["--fail-on", "never"], "--fail-on: fail-on is final in policy/base.toml:1; leave the flag out"),
        (["--ignore", "libc-drift"], "--ignore: rules.libc-drift is final in policy/base.toml:1; leave the flag out"),
    ] {
        let (status, _, err) = run(folder.path(), &["check", arguments[0], arguments[1]]);
        assert_eq!((status, err.contains(said)), (2, true), "{err}");
    }
    let accepts = "\n[[allow]]\nrule = \"*\"\nreason = \"no\"\n";
    write(folder.path(), "paritylint.toml", &format!("extends = \"policy/base.toml\"\n{accepts}"));
    let (_, out, _) = run(folder.path(), &["check", "--select", "libc-drift,unused-allowance"]);
    assert!(out.contains("error[libc-drift]"), "what is final is not accepted by a repository: {out}");
    write(folder.path(), "paritylint.toml", "extends = \"policy/base.toml\"\n[rules]\nlibc-drift = \"off\"\n");
    let (status, _, err) = run(folder.path(), &["check"]);
    assert_eq!(status, 2);
    assert!(err.contains("rules.libc-drift is final in the configuration that this one extends"), "{err}");
}

#[test]
fn a_shared_configuration_may_lie_in_an_installed_package_with_its_rules() {
    let config = "extends = \"package:acme-policy\"\nsite-packages = [\".venv/lib/python3*/site-packages\"]\n";
    let folder = repository(config);
    let (status, _, err) = run(folder.path(), &["check"]);
    assert_eq!(status, 2);
    assert!(err.contains("the package acme-policy with a paritylint.toml is not found"), "{err}");
    let site = ".venv/lib/python3.12/site-packages/acme_policy";
    write(folder.path(), ".gitignore", ".venv\n");
    write(folder.path(), &format!("{site}/paritylint.toml"), &format!("rule-files = [\"rules/*.toml\"]\n{SHARED}"));
    write(folder.path(), &format!("{site}/__init__.py"), "raise SystemExit('never run')\n");
    let rule = "summary = \"x\"\non = \"fact\"\ndimension = \"image\"\nroles = { production = \"warning\" }\nat = \"reference\"\nmessage = \"{{ fact.reference }} is old\"\nwhy = \"x\"\nfix = \"x\"\nreferences = []\n";
    write(folder.path(), &format!("{site}/rules/acme-image.toml"), rule);
    let (status, out, err) = run(folder.path(), &["check", "--select", "acme-image"]);
    assert_eq!(status, 1, "{err}");
    assert!(out.contains("warning[acme-image]: python:3.8-alpine is old"), "{out}");
    let (_, out, _) = run(folder.path(), &["config", "--show-origin"]);
    assert!(out.contains("# package:acme_policy/paritylint.toml:5"), "{out}");
    // A folder of another place is given by an argument.
    let elsewhere = tempfile::tempdir().unwrap();
    let site = folder.path().join(".venv/lib/python3.12/site-packages");
    std::fs::rename(site.join("acme_policy"), elsewhere.path().join("acme_policy")).unwrap();
    let given = elsewhere.path().to_str().unwrap();
    assert_eq!(run(folder.path(), &["check", "--site-packages", given, "--select", "acme-image"]).0, 1);
}

#[test]
fn what_is_in_force_is_shown_with_its_origin() {
    let folder = repository("extends = \"policy/base.toml\"\n[environments.staging]\nprovides = [\"SECRET_KEY\"]\n");
    write(folder.path(), "policy/base.toml", SHARED);
    insta::assert_snapshot!(run(folder.path(), &["config", "--show-origin"]).1, @r#"
    environments.staging.provides = ["SECRET_KEY"]  # paritylint.toml:3
    extends = "policy/base.toml"                    # paritylint.toml:1
    fail-on = "warning"                             # policy/base.toml:2
    final = ["rules.libc-drift", "fail-on"]         # policy/base.toml:1
    rules.libc-drift = "error"                      # policy/base.toml:4
    profile = "core"                                # default
    policy.as-of = "2026-08-22"                     # default
    "#);
}

#[test]
fn init_writes_what_changes_nothing_and_check_reads() {
    for project in ["a-two-images", "b-promotion", "d-flask-sqlite"] {
        let folder = tempfile::tempdir().unwrap();
        write_project(folder.path(), project);
        let findings = || {
            let (status, out, err) = run(folder.path(), &["check", "--format", "ndjson"]);
            assert_ne!(status, 2, "{err}");
            out
        };
        let before = findings();
        let (status, out, err) = run(folder.path(), &["init"]);
        assert_eq!((status, err.as_str()), (0, ""), "{out}");
        assert_eq!(findings(), before, "{project}");
        let written = crate::support::read_text(&folder.path().join("paritylint.toml"));
        assert!(!written.lines().any(|line| line.starts_with("ignore") || line.contains("[[allow]]")), "{written}");
        let (status, _, err) = run(folder.path(), &["init"]);
        assert_eq!((status, err.contains("paritylint.toml is there already")), (2, true), "{err}");
    }
}

#[test]
fn an_environment_that_was_named_apart_is_configured_by_that_name() {
    let folder = tempfile::tempdir().unwrap();
    let image = "FROM python:3.12-slim\nWORKDIR /srv\nCOPY . .\nENV ENVIRONMENT=production\nCMD [\"gunicorn\", \"shop.wsgi\"]\n";
    let compose = "services:\n  web:\n    build: ./web\n    environment: {ENVIRONMENT: production}\n";
    write(folder.path(), "Dockerfile", image);
    write(folder.path(), "web/Dockerfile", image);
    write(folder.path(), "compose.production.yaml", compose);
    let names = || {
        let (_, out, err) = run(folder.path(), &["check", "--format", "json"]);
        let report: serde_json::Value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {err}"));
        let all = report["environments"].as_array().unwrap();
        all.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(), ["production", "image"]);
    assert_eq!(run(folder.path(), &["init"]).0, 0);
    assert_eq!(names(), ["production", "image"]);
}

#[test]
fn a_rule_is_a_note_in_the_minor_release_that_brings_it_unless_somebody_sets_it() {
    let rule = |since: &str| {
        format!(
            "since = \"{since}\"\nsummary = \"x\"\non = \"fact\"\ndimension = \"image\"\nroles = {{ production = \"error\" }}\n\
             at = \"reference\"\nmessage = \"old\"\nwhy = \"x\"\nfix = \"x\"\nreferences = []\n"
        )
    };
    let this = env!("CARGO_PKG_VERSION");
    for (since, set, said) in [(this, "", false), (this, "[rules]\nacme = \"error\"", true), ("0.0.1", "", true)] {
        let folder = repository(&format!("rule-files = [\"acme.toml\"]\n{set}\n"));
        write(folder.path(), "acme.toml", &rule(since));
        let (_, out, err) = run(folder.path(), &["check", "--select", "acme"]);
        assert_eq!(out.contains("error[acme]"), said, "{since} {set}: {out}{err}");
    }
}

#[test]
fn the_configurations_of_the_readme_are_read() {
    let readme = crate::support::read_text(&crate::support::root().join("README.md"));
    let blocks = readme.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let mut seen = 0;
    for block in blocks {
        let folder = repository(block);
        write(folder.path(), ".venv/lib/python3.12/site-packages/acme_policy/paritylint.toml", "");
        write(folder.path(), ".gitignore", ".venv\n");
        let (status, _, err) = run(folder.path(), &["config"]);
        assert_eq!((status, err.as_str()), (0, ""), "{block}");
        seen += 1;
    }
    assert!(seen >= 3, "{seen}");
}

#[test]
fn the_configured_baseline_is_read_and_written() {
    let folder = repository("baseline = \"known.json\"\n");
    let (status, _, err) = run(folder.path(), &["check"]);
    assert_eq!(status, 2);
    assert!(err.contains("cannot be read") && err.contains("--write-baseline"), "{err}");
    assert_eq!(run(folder.path(), &["check", "--write-baseline", "known.json"]).0, 0);
    assert_eq!(run(folder.path(), &["check"]).0, 0);
}
