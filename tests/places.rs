//! A check of a folder of a repository: what paths are relative to, and which configuration holds there.

use std::path::Path;

use serde_json::Value;

use crate::support::{commit, run, write, write_project};

/// A repository with a project in `services/shop`.
fn repository(policy: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_project(&folder.path().join("services/shop"), "a-two-images");
    if !policy.is_empty() {
        write(folder.path(), "paritylint.toml", policy);
    }
    commit(folder.path());
    folder
}

const SHOP: &str = "services/shop";

fn sarif_paths(text: &str) -> Vec<String> {
    let log: Value = serde_json::from_str(text).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    let places = results.iter().flat_map(|one| one["locations"].as_array().unwrap().iter());
    let place = |place: &Value| {
        let file = &place["physicalLocation"]["artifactLocation"];
        assert!(log["runs"][0]["originalUriBaseIds"].get(file["uriBaseId"].as_str().unwrap()).is_some());
        file["uri"].as_str().unwrap().to_owned()
    };
    places.map(place).collect()
}

#[test]
fn reports_for_a_forge_name_files_from_the_root_of_the_repository() {
    let folder = repository("");
    let inside = folder.path().join(SHOP);
    for (from, path) in [(folder.path(), SHOP), (&inside, "."), (&inside.join("shelf"), "..")] {
        let of = |format: &str| run(from, &["check", path, "--format", format]).1;
        let sarif = sarif_paths(&of("sarif"));
        assert!(sarif.contains(&"services/shop/dev.Dockerfile".to_owned()), "{sarif:?}");
        assert!(sarif.iter().all(|path| path.starts_with("services/shop/")), "{sarif:?}");
        assert!(of("github").starts_with("::error file=services/shop/dev.Dockerfile,line=1,"));
        let gitlab: Value = serde_json::from_str(&of("gitlab")).unwrap();
        assert_eq!(gitlab[0]["location"]["path"], "services/shop/dev.Dockerfile");
        assert!(of("junit").contains("\nservices/shop/dev.Dockerfile:1: staging"));
        assert!(of("markdown").contains("| `services/shop/dev.Dockerfile:1` |"));
    }
}

#[test]
fn text_names_files_as_a_terminal_opens_them() {
    let folder = repository("");
    let (_, out, _) = run(folder.path(), &["check", SHOP]);
    assert!(out.starts_with("Comparing staging (services/shop/dev.Dockerfile)"), "{out}");
    assert!(out.contains("--> services/shop/dev.Dockerfile:1:6"), "{out}");
    assert!(out.lines().all(|line| line.chars().count() <= 80), "{out}");
    let place = "services/shop/shelf/settings/staging.py:8";
    assert!(out.contains(place), "{out}");
    let (status, why, err) = run(folder.path(), &["why", place, "--path", SHOP]);
    assert_eq!((status, why.contains("DEBUG")), (0, true), "what is shown can be asked for: {err}");
    let inside = run(&folder.path().join(SHOP), &["check"]).1;
    assert!(inside.contains("--> dev.Dockerfile:1:6"), "{inside}");
    // What init writes is read from the folder it stands in.
    let (_, written, _) = run(folder.path(), &["init", SHOP, "--print"]);
    assert!(written.contains("dockerfile = \"dev.Dockerfile\""), "{written}");
    let (_, diff, _) = run(folder.path(), &["check", SHOP, "--diff"]);
    assert!(diff.is_empty() || !diff.starts_with("--- a/") || diff.starts_with("--- a/services/shop/"), "{diff}");
}

#[test]
fn a_baseline_stands_beside_the_configuration_that_names_it() {
    let folder = repository("");
    let (status, _, err) = run(folder.path(), &["check", SHOP, "--write-baseline"]);
    assert_eq!((status, err.contains("\n      baseline = \"paritylint-baseline.json\"\n")), (0, true), "{err}");
    assert!(folder.path().join(SHOP).join("paritylint-baseline.json").is_file(), "{err}");
    assert_eq!(run(folder.path(), &["check", SHOP]).0, 1);
    write(folder.path(), "services/shop/paritylint.toml", "baseline = \"paritylint-baseline.json\"\n");
    assert_eq!(run(folder.path(), &["check", SHOP]).0, 0);
    // Without a name it is the configured one that is written.
    write(folder.path(), "services/shop/requirements.txt", "django==3.2\n");
    assert_eq!(run(&folder.path().join(SHOP), &["check", "--write-baseline"]).0, 0);
    assert_eq!(run(folder.path(), &["check", SHOP]).0, 0);
}

#[test]
fn outside_of_a_repository_paths_are_those_of_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    write_project(&folder.path().join("shop"), "a-two-images");
    assert!(run(folder.path(), &["check", "shop", "--format", "github"]).1.starts_with("::error file=dev.Dockerfile,"));
}

/// What is wrong with the configuration of the shop.
fn fault(folder: &Path) -> String {
    let (status, _, err) = run(folder, &["check", SHOP]);
    assert_eq!(status, 2, "{err}");
    err
}

#[test]
fn the_configuration_of_a_folder_above_holds_below_but_for_its_own_environments() {
    let policy = "final = [\"rules.debug-enabled\"]\nfail-on = \"warning\"\nbaseline = \"known.json\"\n\
        rule-files = [\"policy/*.toml\"]\n[environments.staging]\nexists = false\n[rules]\ndebug-enabled = \"error\"\n";
    let folder = repository(policy);
    let rule = "summary = \"x\"\non = \"fact\"\ndimension = \"image\"\nroles = { production = \"warning\" }\n\
        at = \"reference\"\nmessage = \"old\"\nwhy = \"x\"\nfix = \"x\"\nreferences = []\n";
    write(folder.path(), "policy/acme-image.toml", rule);
    let (_, out, _) = run(folder.path(), &["config", SHOP, "--show-origin"]);
    assert!(out.contains("paritylint.toml:2") && !out.contains("known.json") && !out.contains("environments"), "{out}");
    let (status, out, err) = run(folder.path(), &["check", SHOP, "--select", "acme-image"]);
    assert_eq!(status, 1, "{err}");
    assert!(out.contains("warning[acme-image]: old") && out.contains("Comparing staging"), "{out}");
    // The folder's own configuration stands over it.
    write(folder.path(), "services/shop/paritylint.toml", "fail-on = \"never\"\n");
    assert_eq!(run(folder.path(), &["check", SHOP]).0, 0);
    write(folder.path(), "services/shop/paritylint.toml", "[rules]\ndebug-enabled = \"off\"\n");
    assert!(fault(folder.path()).contains("rules.debug-enabled is final"));
    // Also where a revision is compared with, and where the table stands in another file.
    write(folder.path(), "services/shop/paritylint.toml", "");
    let since = run(folder.path(), &["check", SHOP, "--select", "acme-image", "--since", "HEAD"]);
    assert_eq!(since.0, 0, "{since:?}");
    std::fs::remove_file(folder.path().join("paritylint.toml")).unwrap();
    write(folder.path(), "pyproject.toml", "[project]\nname = \"all\"\n[tool.paritylint]\nfail-on = \"never\"\n");
    assert_eq!(run(folder.path(), &["check", SHOP]).0, 0);
}

#[test]
fn a_configuration_may_build_on_any_file_of_the_checkout_and_on_none_beyond() {
    let folder = repository("");
    write(folder.path(), "policy/base.toml", "fail-on = \"never\"\n");
    write(folder.path(), "services/shop/paritylint.toml", "extends = \"../../policy/base.toml\"\n");
    assert_eq!(run(folder.path(), &["check", SHOP]).0, 0);
    assert_eq!(run(&folder.path().join(SHOP), &["check"]).0, 0);
    write(folder.path(), "services/shop/paritylint.toml", "extends = \"../../policy/bse.toml\"\n");
    assert!(fault(folder.path()).contains("there is no file ../../policy/bse.toml"));
    write(folder.path(), "services/shop/paritylint.toml", "extends = \"../../../base.toml\"\n");
    assert!(fault(folder.path()).contains("../../../base.toml lies outside the repository"));
    let beyond = tempfile::tempdir().unwrap();
    write(beyond.path(), "base.toml", "fail-on = \"never\"\n");
    #[cfg(unix)]
    std::os::unix::fs::symlink(beyond.path().join("base.toml"), folder.path().join("link.toml")).unwrap();
    write(folder.path(), "services/shop/paritylint.toml", "extends = \"../../link.toml\"\n");
    assert!(fault(folder.path()).contains("there is no file"));
}
