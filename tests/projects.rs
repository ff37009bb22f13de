//! Whole projects: their reports, and the findings that they were written for.

use paritylint::discover::{Disk, Tree};
use paritylint::model::Severity;
use paritylint::report::{json, text};
use serde::Deserialize;

use crate::support::{audited, deep, expect_file, read_text, root};

/// What a project was written to show, before the program ever saw it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Golden {
    /// Rule and environment of every finding that must be made, with its severity or worse.
    fires: Vec<(String, String, String)>,
    /// Rules that must stay silent.
    silent: Vec<String>,
}

fn project(name: &'static str) {
    deep(move || {
        let folder = root().join("fixtures/projects").join(name);
        let tree = Tree::open(Box::new(Disk::new(&folder))).unwrap();
        let (audit, _) = audited(&tree);
        let golden: Golden =
            toml::from_str(&read_text(&root().join(format!("fixtures/projects/{name}.golden.toml")))).unwrap();
        for (rule, environment, severity) in &golden.fires {
            let severity = Severity::of(severity).unwrap();
            let found = audit.findings.iter().any(|finding| {
                finding.rule == *rule && finding.deviating.contains(environment) && finding.severity >= severity
            });
            assert!(found, "{name}: {rule} does not fire for {environment} as {}", severity.name());
        }
        for rule in &golden.silent {
            let found = audit.findings.iter().find(|finding| finding.rule == *rule);
            assert!(found.is_none(), "{name}: {rule} fires: {}", found.map_or("", |finding| finding.message.as_str()));
        }
        let options = text::Options { utf8: true, ..text::Options::default() };
        expect_file(&root().join(format!("fixtures/projects/{name}.txt")), &text::check(&audit, &tree, &options));
        let again = json::render(&audited(&tree).0, &tree);
        assert_eq!(again, json::render(&audit, &tree), "the same tree gives the same bytes");
    });
}

#[test]
fn two_images_for_staging_and_production() {
    project("a-two-images");
}

#[test]
fn a_pipeline_that_promotes() {
    project("b-promotion");
}

#[test]
fn a_team_with_rules_of_its_own() {
    project("p-policy");
}

#[test]
fn a_flask_program_with_sqlite() {
    project("d-flask-sqlite");
}

#[test]
fn overlays_for_staging_and_production() {
    project("e-kustomize");
}

#[test]
fn services_that_nothing_joins() {
    project("f-monorepo");
}

#[test]
fn stages_for_production_and_development() {
    project("g-stages");
}

#[test]
fn the_readme_shows_the_real_report() {
    let readme = read_text(&root().join("README.md"));
    let report = read_text(&root().join("fixtures/projects/a-two-images.txt"));
    assert!(
        readme.contains(report.trim_end()),
        "README.md shows another report than fixtures/projects/a-two-images.txt"
    );
}
