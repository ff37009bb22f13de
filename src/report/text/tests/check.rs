//! `check`.

use super::super::{Options, Style, check, compare};
use super::made::{PLAIN, at, environment, finding, seed, tree};
use crate::model::*;

#[test]
fn errors_stand_in_full_warnings_concise_and_notes_are_counted() {
    let (tree, audit) = seed();
    insta::assert_snapshot!(check(&audit, &tree, &PLAIN), @r#"
    Comparing staging (dev.Dockerfile) with production (Dockerfile).
    No development or test environment found.

    error[debug-enabled]: staging runs with DEBUG on
     --> staging.py:5:1
      |
    5 | DEBUG = True
      | ^^^^^^^^^^^^ staging: True
      |
     ::: Dockerfile:2:5
      |
    2 | ENV DEBUG 'False'
      |     ------------- production: False
      |
      = note: the cause of 1 more finding: libc-drift
      = help: delete the line: staging then inherits production's value

    warning[secret-key-unsafe-default]: staging's SECRET_KEY falls back to a literal
      staging.py:3                       staging: os.getenv('SECRET_KEY', 'secret #…

    1 error, 1 warning, 1 note (and 1 finding folded into its cause)
    4 facts of 2 environments: 2 equal, 1 differs, 1 cannot be decided here
    "#);
}

#[test]
fn every_place_of_a_verbose_report_is_quoted_without_its_secret() {
    let (tree, audit) = seed();
    let shown = check(&audit, &tree, &Options { verbose: true, quiet: true, ..PLAIN });
    insta::assert_snapshot!(shown, @r#"
    error[debug-enabled]: staging runs with DEBUG on
     --> staging.py:5:1
      |
    5 | DEBUG = True
      | ^^^^^^^^^^^^ staging: True
      |
     ::: Dockerfile:2:5
      |
    2 | ENV DEBUG 'False'
      |     ------------- production: False
      |
      = note: the cause of 1 more finding: libc-drift
      = help: delete the line: staging then inherits production's value

    warning[secret-key-unsafe-default]: staging's SECRET_KEY falls back to a literal
     --> staging.py:3:14
      |
    3 | SECRET_KEY = os.getenv('SECRET_KEY', 'secret #1')
      |              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ staging

    note[component-eol]: Python 3.8 is old
      Dockerfile:1                       production: 3.8

    1 error, 1 warning, 1 note (and 1 finding folded into its cause)
    4 facts of 2 environments: 2 equal, 1 differs, 1 cannot be decided here
    "#);
}

#[test]
fn places_of_one_file_share_a_piece_and_a_single_line_between_is_shown() {
    let dev = "FROM python:3.8-buster\n\nRUN apt-get update && \\\n    apt-get install -y libpq-dev python3-dev cron\nRUN pip install -r requirements-dev.txt\n\nCMD [\"gunicorn\"]\n";
    let tree = tree(&[("Dockerfile", "FROM python:3.8-alpine\n"), ("dev.Dockerfile", dev)]);
    let place = |text: &str| at(&tree, "dev.Dockerfile", text);
    let mut one = finding(
        "staging-uses-dev-image",
        Severity::Error,
        "staging is not built like production, and this title goes on past the last column of a line",
        &[
            (place("python:3.8-buster"), "staging", "Debian 10, glibc"),
            (place("cron"), "staging", "only in staging"),
            (place("requirements-dev.txt"), "staging", "development's package set"),
            (at(&tree, "Dockerfile", "python:3.8-alpine"), "production", "Alpine 3.20, musl"),
            (place("\"gunicorn\""), "staging", "the only process"),
            (at(&tree, "Dockerfile", "python:3.8-alpine"), "preview", "Alpine 3.20, musl"),
        ],
    );
    one.lowered = Some(Lowered { from: Severity::Error, because: "nothing in the repository runs it".into() });
    let mut audit = Audit { findings: vec![one], ..Audit::default() };
    insta::assert_snapshot!(check(&audit, &tree, &Options { quiet: true, ..PLAIN }), @r#"
    error[staging-uses-dev-image]: staging is not built like production, and this
                                   title goes on past the last column of a line
     --> dev.Dockerfile:1:6
      |
    1 | FROM python:3.8-buster
      |      ^^^^^^^^^^^^^^^^^ staging: Debian 10, glibc
    ...
    4 |     apt-get install -y libpq-dev python3-dev cron
      |                                              ---- only in staging
    5 | RUN pip install -r requirements-dev.txt
      |                    -------------------- staging: development's package set
    6 |
    7 | CMD ["gunicorn"]
      |      ---------- staging: the only process
      |
     ::: Dockerfile:1:6
      |
    1 | FROM python:3.8-alpine
      |      ----------------- production, preview: Alpine 3.20, musl
      |
      = note: not an error, because nothing in the repository runs it

    1 error, 0 warnings, 0 notes
    Only rules about a single environment were judged.
    "#);
    audit.findings[0].severity = Severity::Warning;
    insta::assert_snapshot!(check(&audit, &tree, &Options { quiet: true, ..PLAIN }), @r#"
    warning[staging-uses-dev-image]: staging is not built like production, and this
                                     title goes on past the last column of a line
      dev.Dockerfile:1                   staging: Debian 10, glibc
      dev.Dockerfile:4                   only in staging
      dev.Dockerfile:5                   staging: development's package set
      Dockerfile:1                       production, preview: Alpine 3.20, musl
      and 1 more place
      not an error, because nothing in the repository runs it

    0 errors, 1 warning, 0 notes
    Only rules about a single environment were judged.
    "#);
}

#[test]
fn a_first_run_says_what_could_not_be_compared() {
    let (tree, mut audit) = seed();
    audit.findings.clear();
    let staging = audit.model.environments.pop();
    insta::assert_snapshot!(check(&audit, &tree, &PLAIN), @r#"
    Found one environment, production (Dockerfile); nothing to compare it with.

    0 errors, 0 warnings, 0 notes
    Only rules about a single environment were judged.
    "#);
    assert!(compare(&audit, &tree, &PLAIN).starts_with("0 facts of one environment"));
    audit.model.environments = vec![environment(&tree, "ci", Role::Test, "Dockerfile")];
    audit.model.environments.extend(staging);
    audit.references.insert(".".into(), "staging".into());
    insta::assert_snapshot!(check(&audit, &tree, &Options { has_config: false, ..PLAIN }), @r#"
    No production environment found. Compared with each other: ci, staging
    (--reference staging).
    If there is one, name it in paritylint.toml, with what is known of it:
      [environments.production]
      dockerfile = "Dockerfile"        # or compose = [...], jobs, settings
      services = { database = "postgres:16" }

    0 errors, 0 warnings, 0 notes
    4 facts of 2 environments: 2 equal, 1 differs, 1 cannot be decided here

    Next: paritylint envs                   see how the repository was understood
          paritylint check -v               show notes, and source lines for all
          paritylint init                   answer what cannot be decided
          paritylint check --write-baseline accept today, fail on new drift only
    "#);
    audit.model.nothing = Some("This looks like a library: nothing to audit.".into());
    assert_eq!(check(&audit, &tree, &PLAIN), "This looks like a library: nothing to audit.\n");
}

#[test]
fn each_project_has_a_head_and_the_table_comes_first() {
    let (tree, mut audit) = seed();
    for environment in audit.model.environments.clone() {
        audit.model.environments.push(Environment { project: "billing".into(), ..environment });
    }
    audit.references.insert("billing".into(), "production".into());
    let shown = check(&audit, &tree, &Options { style: Style::Concise, ..PLAIN });
    assert!(
        shown.starts_with("2 projects: . 1 error, 1 warning, 1 note; billing no findings.\n\n== .\nComparing"),
        "{shown}"
    );
    assert!(shown.contains("== billing\nComparing staging (dev.Dockerfile) with production (Dockerfile)."), "{shown}");
    assert!(shown.contains("  staging.py:5                       staging: True\n"), "{shown}");
}

#[test]
fn what_only_holds_the_value_is_no_place_of_its_own() {
    let text = "CACHES = {\n    'default': {\n        'BACKEND': 'locmem',\n    },\n}\n";
    let tree = tree(&[("staging.py", text), ("production.py", "CACHES = {'default': 1}\n")]);
    let place = |text: &str| at(&tree, "staging.py", text);
    let other = at(&tree, "production.py", "{'default': 1}");
    let caches = finding(
        "cache-backend-drift",
        Severity::Warning,
        "staging caches in locmem",
        &[
            (place("'locmem'"), "staging", "staging: locmem"),
            (place("{\n        'BACKEND': 'locmem',\n    }"), "staging", "staging"),
            (other, "production", "production"),
        ],
    );
    let audit = Audit { findings: vec![caches], ..Audit::default() };
    let shown = check(&audit, &tree, &Options { quiet: true, ..PLAIN });
    assert!(shown.contains("staging.py:3") && !shown.contains("staging.py:2"), "{shown}");
    assert!(shown.contains("production.py:1"), "what holds nothing else stays: {shown}");
}

#[test]
fn a_whole_file_that_leads_to_a_value_is_not_quoted() {
    let tree = tree(&[("production.txt", "#\n# made by pip-compile\ngunicorn==23.0.0\n")]);
    let file = at(&tree, "production.txt", "");
    let places = [
        (at(&tree, "production.txt", "23.0.0"), "production", "production: 23.0.0"),
        (file, "production", "production: installed by"),
    ];
    let installed = finding("package-pin-drift", Severity::Warning, "production installs gunicorn", &places);
    let audit = Audit { findings: vec![installed], ..Audit::default() };
    let shown = check(&audit, &tree, &Options { quiet: true, ..PLAIN });
    assert!(shown.contains("production: installed by this file"), "{shown}");
}
