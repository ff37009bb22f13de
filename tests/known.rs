//! What is known or accepted: allowances, baselines, revisions, and the keys that hold them fast.

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{commit, git, report, run, write, write_project};

/// A repository of which staging runs another libc, has DEBUG on, and more.
fn repository(config: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_project(folder.path(), "a-two-images");
    if !config.is_empty() {
        write(folder.path(), "paritylint.toml", config);
    }
    commit(folder.path());
    folder
}

const ALLOW: &str =
    "[[allow]]\nrule = \"debug-enabled\"\nreason = \"shown to nobody\"\nowner = \"web team\"\nuntil = \"2027-01-31\"\n";

/// Rule and severity of what counts, accepted findings left out.
fn counted(report: &Value) -> Vec<(String, String)> {
    let all = report["findings"].as_array().unwrap().iter();
    let counts = all.filter(|one| one["suppressed"].is_null() && one["part_of"].is_null());
    counts.map(|one| (one["rule"].as_str().unwrap().into(), one["severity"].as_str().unwrap().into())).collect()
}

fn has(report: &Value, rule: &str) -> bool {
    counted(report).iter().any(|(found, _)| found == rule)
}

#[test]
fn an_allowance_ends_on_its_last_day_and_is_then_a_finding_itself() {
    let folder = repository(ALLOW);
    let on = |day: &str| report(folder.path(), &["check", "--as-of", day]);
    let held = on("2027-01-31");
    assert!(!has(&held, "debug-enabled") && !has(&held, "expired-allowance"), "{:?}", counted(&held));
    let all = held["findings"].as_array().unwrap();
    let accepted = all.iter().find(|one| one["rule"] == "debug-enabled").unwrap();
    assert_eq!(accepted["suppressed"]["by"], "config");
    assert_eq!(accepted["suppressed"]["reason"], "shown to nobody, web team");
    assert_eq!(accepted["suppressed"]["until"], "2027-01-31");
    let past = on("2027-02-01");
    assert!(has(&past, "debug-enabled") && has(&past, "expired-allowance"), "{:?}", counted(&past));
    let (_, out, _) = run(folder.path(), &["check", "--as-of", "2027-02-01", "-v"]);
    assert!(out.contains("the allowance of debug-enabled ended on 2027-01-31"), "{out}");
    assert!(out.contains("paritylint.toml:2"), "{out}");
}

#[test]
fn an_allowance_speaks_only_of_what_it_names() {
    for (line, accepts) in [
        ("environment = \"staging\"", true),
        ("environment = \"stag*\"", true),
        ("environment = \"test\"", false),
        ("key = \"DEBUG\"", true),
        ("key = \"DEB\"", false),
        ("project = \".\"", true),
        ("project = \"services/*\"", false),
        ("component = \"no-such\"", false),
    ] {
        let folder = repository(&format!("[[allow]]\nrule = \"debug-*\"\nreason = \"x\"\n{line}\n"));
        let found = report(folder.path(), &["check"]);
        assert_eq!(!has(&found, "debug-enabled"), accepts, "{line}");
        assert_eq!(!has(&found, "unused-allowance"), accepts, "{line}");
    }
    let folder = repository("[[allow]]\nrule = \"debug-enabled\"\n");
    let (status, _, err) = run(folder.path(), &["check"]);
    assert_eq!((status, err.contains("needs reason")), (2, true), "{err}");
}

#[test]
fn final_keys_hold_the_baseline_and_all_rules() {
    let shared = "final = [\"rules\", \"baseline\"]\nbaseline = \"agreed.json\"\n";
    let folder = repository("extends = \"base.toml\"\n");
    write(folder.path(), "base.toml", shared);
    assert_eq!(run(folder.path(), &["check", "--write-baseline", "agreed.json"]).0, 0);
    assert_eq!(run(folder.path(), &["check"]).0, 0);
    for (config, key) in [
        ("baseline = \"mine.json\"", "baseline"),
        ("[rules]\nserver-drift = \"off\"", "rules"),
        ("[rules]\nserver-drift = { test = \"off\" }", "rules"),
        ("ignore = [\"server-drift\"]", "rules"),
    ] {
        write(folder.path(), "paritylint.toml", &format!("extends = \"base.toml\"\n{config}\n"));
        let (status, _, err) = run(folder.path(), &["check"]);
        let said = format!("{key} is final in the configuration that this one extends");
        assert_eq!((status, err.contains(&said)), (2, true), "{config}: {err}");
        assert!(err.contains("--> paritylint.toml:"), "{err}");
    }
    write(folder.path(), "paritylint.toml", "extends = \"base.toml\"\n");
    write(folder.path(), "mine.json", "{\"version\": 1, \"findings\": []}\n");
    for arguments in [["--baseline", "mine.json"], ["--ignore", "server-drift"]] {
        let (status, _, err) = run(folder.path(), &["check", arguments[0], arguments[1]]);
        assert_eq!((status, err.contains("is final in base.toml:1")), (2, true), "{err}");
    }
    // Where all rules are final, none is accepted by the repository.
    write(folder.path(), "paritylint.toml", &format!("extends = \"base.toml\"\n{ALLOW}"));
    write(folder.path(), "agreed.json", "{\"version\": 1, \"findings\": []}\n");
    assert!(has(&report(folder.path(), &["check"]), "debug-enabled"));
}

const IMAGE: &str = "COPY . /srv\nCMD [\"gunicorn\", \"shop.wsgi\"]\n";

/// Production, staging and test, each with an image of its own.
fn three(production: &str, staging: &str, test: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut config = String::new();
    for (name, from) in [("production", production), ("staging", staging), ("test", test)] {
        write(folder.path(), &format!("{name}.Dockerfile"), &format!("FROM {from}\n{IMAGE}"));
        let table = format!("[environments.{name}]\ndockerfile = \"{name}.Dockerfile\"\n");
        config.push_str(&table);
    }
    write(folder.path(), "paritylint.toml", &config);
    folder
}

/// The environments of which a rule is found and counts.
fn environments(report: &Value, rule: &str) -> Vec<String> {
    let all = report["findings"].as_array().unwrap().iter();
    let counts = all.filter(|one| one["rule"] == rule && one["suppressed"].is_null());
    let names = counts.flat_map(|one| one["environments"].as_object().unwrap().keys().cloned());
    names.filter(|name| name != "production").collect()
}

#[test]
fn the_baseline_of_one_environment_hides_no_other() {
    let (slim, alpine) = ("python:3.12-slim", "python:3.12-alpine");
    let folder = three(slim, alpine, slim);
    let only = ["check", "--select", "libc-drift"];
    assert_eq!(environments(&report(folder.path(), &only), "libc-drift"), ["staging"]);
    assert_eq!(run(folder.path(), &[&only[..], &["--write-baseline", "known.json"]].concat()).0, 0);
    let known = [&only[..], &["--baseline", "known.json"]].concat();
    assert_eq!(counted(&report(folder.path(), &known)), []);
    // The same drift in another environment is new, also where both are one finding.
    write(folder.path(), "test.Dockerfile", &format!("FROM {alpine}\n{IMAGE}"));
    let found = report(folder.path(), &known);
    assert_eq!(environments(&found, "libc-drift"), ["test"], "{found:#}");
    // A drift whose values change is new as well.
    let other = [&["check", "--select", "python-minor-drift", "--baseline", "known.json"][..]].concat();
    write(folder.path(), "staging.Dockerfile", &format!("FROM python:3.11-slim\n{IMAGE}"));
    assert_eq!(run(folder.path(), &[&other[..], &["--write-baseline", "known.json"]].concat()).0, 0);
    assert_eq!(counted(&report(folder.path(), &other)), []);
    write(folder.path(), "staging.Dockerfile", &format!("FROM python:3.10-slim\n{IMAGE}"));
    assert_eq!(environments(&report(folder.path(), &other), "python-minor-drift"), ["staging"]);
}

#[test]
fn both_sides_of_a_revision_are_judged_by_the_configuration_of_now() {
    let folder = repository("");
    let since = ["check", "--since", "HEAD", "--fail-on", "note"];
    assert_eq!(counted(&report(folder.path(), &since)), []);
    // A rule that is made more severe finds nothing new by that, nor does one that was off then.
    write(folder.path(), "paritylint.toml", "[rules]\ncomponent-eol = \"error\"\ndebug-enabled = \"error\"\n");
    assert_eq!(counted(&report(folder.path(), &since)), []);
    write(folder.path(), "paritylint.toml", "ignore = [\"debug-enabled\"]\n");
    commit(folder.path());
    write(folder.path(), "paritylint.toml", "");
    assert_eq!(counted(&report(folder.path(), &since)), []);
    // What was allowed then and is not now was there all the same.
    write(folder.path(), "paritylint.toml", ALLOW);
    commit(folder.path());
    write(folder.path(), "paritylint.toml", "");
    assert_eq!(counted(&report(folder.path(), &since)), []);
    // An environment that is named now is named then.
    write(folder.path(), "paritylint.toml", "[environments.qa]\nrole = \"staging\"\ndockerfile = \"dev.Dockerfile\"\n");
    assert_eq!(counted(&report(folder.path(), &since)), []);
    write(folder.path(), "requirements-dev.txt", "-r requirements.txt\npsycopg2-binary==2.8.5\nblack==24.4.2\n");
    let sarif = run(folder.path(), &[&since[..], &["--format", "sarif"]].concat()).1;
    let log: Value = serde_json::from_str(&sarif).unwrap();
    let states: Vec<&str> = log["runs"][0]["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["baselineState"].as_str().unwrap())
        .collect();
    assert!(states.contains(&"unchanged"), "{states:?}");
}

#[test]
fn a_shallow_clone_without_the_revision_says_what_fetches_it() {
    let folder = repository("");
    git(folder.path(), &["tag", "v1.0"]);
    git(folder.path(), &["branch", "old"]);
    for text in ["x\n", "y\n"] {
        write(folder.path(), "notes.txt", text);
        commit(folder.path());
    }
    let from = format!("file://{}", folder.path().display());
    let first = String::from_utf8(git(folder.path(), &["rev-parse", "HEAD~2"])).unwrap();
    for revision in ["origin/old", "old", "v1.0", first.trim(), "HEAD~2", "HEAD^^"] {
        let parent = tempfile::tempdir().unwrap();
        git(parent.path(), &["clone", "-q", "--depth=1", &from, "clone"]);
        let clone = parent.path().join("clone");
        let (status, out, err) = run(&clone, &["check", "--since", revision]);
        assert_eq!((status, out.as_str()), (2, ""));
        assert!(err.starts_with(&format!("error: --since {revision}: this clone is shallow")), "{err}");
        // The command does what it says.
        let command = err.lines().last().unwrap().trim().strip_prefix("git ").unwrap();
        git(&clone, &command.split_whitespace().collect::<Vec<_>>());
        let (status, _, err) = run(&clone, &["check", "--since", revision]);
        assert_eq!(status, 0, "{revision}: {command}: {err}");
    }
    let (status, _, err) = run(folder.path(), &["check", "--since", "no-such"]);
    assert_eq!((status, err.contains("no-such")), (2, true), "{err}");
}
