//! `envs`, `compare` and `why`.

use std::sync::Arc;

use super::super::{Options, compare, envs, why};
use super::made::{PLAIN, at, environment, fact, with_facts};
use crate::model::*;

fn asked(words: &[&str]) -> Result<String, String> {
    let (tree, audit) = with_facts();
    why(&audit, &tree, &PLAIN, &words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
}

#[test]
fn envs_says_how_the_repository_was_understood() {
    let (tree, audit) = with_facts();
    insta::assert_snapshot!(envs(&audit, &tree, &Options { has_config: false, ..PLAIN }), @r#"
    2 environments in 1 project. Reference: production.

    production                         role production, invoked
      image      python:3.8-alpine     Dockerfile:1

    staging                            role staging, invoked
      image      python:3.8-buster     dev.Dockerfile:1
      because    DEBUG is on           staging.py:5
      although   the file name         Dockerfile

    Not found: development (no compose file),
               test (no CI workflow)
    Not in the repository, so not compared:
      production SECRET_KEY            read here, set nowhere (staging.py:3)
                 answer with           [environments.production]
                                       provides = ["SECRET_KEY"]
    Wrong? paritylint init writes all of this to paritylint.toml for you to edit.
    "#);
}

#[test]
fn compare_shows_what_differs_and_counts_the_rest() {
    let (tree, audit) = with_facts();
    insta::assert_snapshot!(compare(&audit, &tree, &PLAIN), @r#"
    6 facts: 1 equal (folded, --all shows them), 3 differ, 2 cannot be decided

                          production                 staging
    image
      ≠ app               python:3.8-alpine          python:3.8-buster
          libc            musl                       glibc
    runtime                                                              (1 equal)
    setting
    E ≠ DEBUG             False (default)            True
      ≠ INSTALLED_APPS    4 items                    + debug_toolbar
      ? SECRET_KEY        set outside                secret #1
    variable
      ? DEBUG             False                      -

    E W n  part of an error, warning or note     ≠ differs  = equal  ? undecidable
    -  absent    (default)  holds unless overridden outside the repository
    One cell: paritylint why ENVIRONMENT DIMENSION KEY
    "#);
}

#[test]
fn four_environments_are_listed_by_value() {
    let (tree, mut audit) = with_facts();
    for name in ["qa", "preview"] {
        audit.model.environments.push(environment(&tree, name, Role::Staging, "dev.Dockerfile"));
        let own: Vec<Fact> =
            audit.model.facts.iter().filter(|fact| &*fact.id.environment == "staging").cloned().collect();
        audit.model.facts.extend(own.into_iter().map(|mut fact| {
            fact.id.environment = Arc::from(name);
            fact
        }));
    }
    audit.model.facts.retain(|fact| fact.id.dimension == Dimension::Setting);
    insta::assert_snapshot!(compare(&audit, &tree, &Options { quiet: true, utf8: false, ..PLAIN }), @r#"
    setting
    E != DEBUG
            False (default)                     production
            True                                staging, qa, preview
      != INSTALLED_APPS
            4 items                             production
            + debug_toolbar                     staging, qa, preview
      ?  SECRET_KEY
            set outside                         production
            secret #1                           staging, qa, preview
    "#);
}

#[test]
fn why_takes_what_people_paste() {
    insta::assert_snapshot!(asked(&["staging", "DEBUG"]).unwrap_or_default(), @r#"
    staging setting DEBUG = True
      value        True
        staging.py:5                            set
          DEBUG = True
        Dockerfile:2                            overrides
          ENV DEBUG 'False'
    "#);
    for words in [
        &["staging.py:3"][..],
        &["./staging.py:3:14:"],
        &["secret_key", "staging"],
        &["staging", "setting", "SECRET_KEY"],
    ] {
        assert!(
            asked(words).is_ok_and(|text| text.contains("SECRET_KEY = secret #1")),
            "{words:?}: {:?}",
            asked(words)
        );
    }
}

#[test]
fn why_shows_a_line_once_though_several_parts_of_it_are_steps() {
    let (tree, mut audit) = with_facts();
    let span = at(&tree, "staging.py", "DEBUG = True");
    let (name, part) = (at(&tree, "staging.py", "DEBUG ="), at(&tree, "staging.py", "True"));
    let value = Attr::stated(Value::text("9"), Origin::set(span).then(StepKind::Set, part).then(StepKind::Used, name));
    audit.model.facts.push(fact("staging", Dimension::Setting, "PAGES", "value", value));
    let shown = why(&audit, &tree, &PLAIN, &["PAGES".to_owned()]).unwrap_or_default();
    assert_eq!(shown.matches("DEBUG = True").count(), 2, "{shown}");
}

#[test]
fn why_names_the_candidates_where_several_fit() {
    insta::assert_snapshot!(asked(&["production", "DEBUG"]).err().unwrap_or_default(), @r#"
    2 facts fit; ask for one of them:
      paritylint why production setting DEBUG
      paritylint why production variable DEBUG
    "#);
    insta::assert_snapshot!(asked(&["production", "SECRET"]).err().unwrap_or_default(), @r#"
    Nothing is known of `production SECRET`.
    What comes near:
      paritylint why production setting SECRET_KEY
      paritylint why staging setting SECRET_KEY
    "#);
}

#[test]
fn why_takes_a_role_for_the_only_environment_that_has_it() {
    let (tree, mut audit) = with_facts();
    for environment in &mut audit.model.environments {
        environment.name = environment.name.replace("production", "prod");
    }
    for fact in &mut audit.model.facts {
        fact.id.environment = Arc::from(fact.id.environment.replace("production", "prod"));
    }
    let ask =
        |words: &[&str]| why(&audit, &tree, &PLAIN, &words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
    assert!(ask(&["production", "setting", "DEBUG"]).is_ok_and(|text| text.starts_with("prod setting DEBUG")));
    let mut two = audit.clone();
    two.model.environments.push(environment(&tree, "live", Role::Production, "Dockerfile"));
    let words = ["production", "setting", "DEBUG"].map(str::to_owned);
    assert!(why(&two, &tree, &PLAIN, &words).is_err(), "two environments have the role");
}

#[test]
fn what_comes_near_starts_with_the_nearest() {
    insta::assert_snapshot!(asked(&["staging", "setting", "DEBUGG"]).err().unwrap_or_default(), @r#"
    Nothing is known of `staging setting DEBUGG`.
    What comes near:
      paritylint why staging setting DEBUG
      paritylint why production setting DEBUG
      paritylint why production variable DEBUG
    "#);
}

#[test]
fn a_package_and_its_twin_share_a_row() {
    let (tree, mut audit) = with_facts();
    audit.model.facts.clear();
    for (environment, name) in [("production", "psycopg2"), ("staging", "psycopg2-binary")] {
        let stated = |value: &str| Attr::text(value, Origin::default());
        let mut one = fact(environment, Dimension::Package, name, "version", stated("2.8.5"));
        one.attributes.insert("twin", stated("psycopg2"));
        audit.model.facts.push(one);
    }
    let shown = compare(&audit, &tree, &Options { quiet: true, ..PLAIN });
    assert!(
        shown.contains("  ≠ psycopg2          2.8.5                      psycopg2-binary 2.8.5 (twin)\n"),
        "{shown}"
    );
}

#[test]
fn what_has_no_counterpart_is_counted_and_shown_only_with_all() {
    let (tree, mut audit) = with_facts();
    let alone = |fact: &Fact| fact.id.dimension == Dimension::Image && &*fact.id.environment == "production";
    let mut mailer = audit.model.facts.iter().find(|fact| alone(fact)).cloned().expect("an image");
    (mailer.id.key, mailer.id.component) = ("mailer".into(), Some(Arc::from("mailer")));
    audit.model.facts.push(mailer);
    let shown = compare(&audit, &tree, &PLAIN);
    assert!(shown.contains("(1 without counterpart)") && !shown.contains("mailer"), "{shown}");
    assert!(compare(&audit, &tree, &Options { all: true, ..PLAIN }).contains("? mailer"));
}

#[test]
fn components_that_say_the_same_share_a_row() {
    let (tree, mut audit) = with_facts();
    audit.model.facts.retain(|fact| fact.id.dimension == Dimension::Setting && fact.id.key == "DEBUG");
    let mut both = Vec::new();
    for name in ["beat", "web", "worker"] {
        both.extend(audit.model.facts.iter().cloned().map(|mut fact| {
            fact.id.component = Some(Arc::from(name));
            fact
        }));
    }
    audit.model.facts = both;
    let options = Options { quiet: true, ..PLAIN };
    assert_eq!(compare(&audit, &tree, &options).matches("DEBUG").count(), 1);
    audit.model.facts[3].attributes.clear();
    let shown = compare(&audit, &tree, &options);
    assert!(shown.contains("DEBUG web") && shown.contains("DEBUG beat, w"), "those that still agree do: {shown}");
    assert_eq!(shown.matches("DEBUG").count(), 2);
}

#[test]
fn a_component_that_an_environment_does_not_have_lacks_nothing_there() {
    let (tree, mut audit) = with_facts();
    let version = || Attr::stated(Value::text("9.1"), Origin::default());
    let mut package = fact("production", Dimension::Package, "onlyhere", "version", version());
    package.id.component = Some(Arc::from("release"));
    audit.model.facts.push(package);
    audit.model.coverage.push(Coverage {
        project: Arc::from("."),
        environment: Arc::from("staging"),
        dimension: Dimension::Package,
        component: None,
        complete: Ok(()),
    });
    assert!(!compare(&audit, &tree, &PLAIN).contains("onlyhere"));
    let all = compare(&audit, &tree, &Options { all: true, ..PLAIN });
    assert!(all.lines().any(|line| line.contains("? onlyhere")), "{all}");
}
