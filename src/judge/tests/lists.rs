//! What a list says of several environments.

use super::{SURE, attr, component, fact, judged, model, on_fact, package, pair, rule_on};
use crate::model::{Attr, Component, Dimension, FileId, Origin, Role, Span, StepKind};

#[test]
fn a_headline_counts_the_items_of_the_environment_that_it_names() {
    let said = |qa: &[&str]| {
        let environments = [("prod", Role::Production, SURE), ("qa", Role::Staging, SURE)];
        let mut facts = vec![package("prod", "black", attr("1", 1)), package("prod", "mypy", attr("1", 2))];
        facts.extend(qa.iter().map(|key| package("qa", key, attr("1", 3))));
        let audit = judged(model(&environments, facts), &[on_fact("r", "group = true\n")]);
        assert_eq!(audit.findings.len(), 1, "{:?}", audit.findings);
        audit.findings[0].message.clone()
    };
    assert_eq!(said(&["black", "mypy"]), "prod has black and 1 more; likewise qa");
    assert_eq!(said(&["black", "mypy", "ruff"]), "prod has black and 1 more; with other items qa");
}

#[test]
fn a_headline_counts_what_the_pair_that_it_names_shares() {
    let environments = [("a", Role::Production, SURE), ("b", Role::Production, SURE), ("qa", Role::Staging, SURE)];
    let facts = vec![
        package("a", "key", attr("1", 1)),
        package("a", "word", attr("7", 2)),
        package("b", "key", attr("2", 3)),
        package("b", "word", attr("9", 4)),
        package("qa", "key", attr("1", 5)),
        package("qa", "word", attr("9", 6)),
    ];
    let message = "message = \"{{ environment.name }} and {{ reference.name }} share {{ fact.key }}\"\n";
    let rule = format!(
        "on = \"pair\"\ncompare = \"version\"\npairs = \"any\"\nalign = \"value\"\nrelation = \"same\"\ngroup = true\n{message}roles = {{ staging = \"error\", production = \"error\" }}\n"
    );
    let audit = judged(model(&environments, facts), &[rule_on("package", "version", "r", &rule)]);
    assert!(audit.findings.iter().all(|finding| !finding.message.contains("more")), "{:?}", audit.findings);
}

#[test]
fn environments_that_differ_from_one_place_in_the_same_way_are_one_finding_whatever_runs_there() {
    let environments = [("prod", Role::Production, SURE), ("qa", Role::Staging, SURE), ("uat", Role::Staging, SURE)];
    let process = |environment: &str, key: &str, engine: &str, at: usize| {
        let attributes = [("engine", attr(engine, at)), ("kind", attr("production", at))];
        fact(environment, Dimension::Process, key, &attributes)
    };
    let said = |other: &str| {
        let facts = vec![
            process("prod", "web", "uwsgi", 1),
            process("qa", "api", "django", 2),
            process("uat", "host", other, 3),
        ];
        let mut model = model(&environments, facts);
        model.components.extend([Component { name: "api".into(), ..component("qa") }]);
        judged(model, &[rule_on("process", "engine", "r", &pair("engine"))]).findings.len()
    };
    assert_eq!((said("django"), said("flask")), (1, 2));
}

#[test]
fn a_step_that_two_environments_share_does_not_part_what_differs_from_one_place() {
    let environments = [("prod", Role::Production, SURE), ("qa", Role::Staging, SURE), ("uat", Role::Staging, SURE)];
    let included = Span::new(FileId(0), 50, 51);
    let started = |environment: &str, key: &str, server: &str, at: usize, shared: bool| {
        let origin = Origin::set(Span::new(FileId(0), at, at + 1));
        let origin = if shared { origin.then(StepKind::Included, included) } else { origin };
        let attributes = [("engine", Attr::text(server, origin)), ("kind", attr("production", at))];
        fact(environment, Dimension::Process, key, &attributes)
    };
    let facts = vec![
        started("prod", "web", "uwsgi", 1, true),
        started("qa", "api", "django", 2, true),
        started("uat", "host", "django", 3, false),
    ];
    let mut model = model(&environments, facts);
    model.components.extend([Component { name: "api".into(), ..component("qa") }]);
    let audit = judged(model, &[rule_on("process", "engine", "r", &pair("engine"))]);
    assert_eq!(audit.findings.len(), 1, "{:?}", audit.findings);
}

#[test]
fn an_environment_of_which_the_words_are_not_true_is_told_apart() {
    let environments = [("prod", Role::Production, SURE), ("qa", Role::Staging, SURE), ("uat", Role::Staging, SURE)];
    let message = "{{ environment.name }} has {{ fact.version }}";
    let rule =
        format!("on = \"pair\"\ncompare = \"version\"\nmessage = \"{message}\"\nroles = {{ staging = \"warning\" }}\n");
    let said = |other: &str| {
        let facts = vec![
            package("prod", "django", attr("3", 1)),
            package("qa", "django", attr("4", 2)),
            package("uat", "django", attr(other, 2)),
        ];
        let audit = judged(model(&environments, facts), &[rule_on("package", "version", "r", &rule)]);
        audit.findings.iter().map(|finding| finding.message.clone()).collect::<Vec<_>>()
    };
    assert_eq!(said("4"), ["qa has 4; likewise uat"]);
    assert_eq!(said("5"), ["qa has 4; in another way uat"]);
}

#[test]
fn services_of_one_line_are_one_list_and_the_same_value_of_three_files_is_one_finding() {
    let environments =
        [("prod", Role::Production, SURE), ("live", Role::Production, SURE), ("qa", Role::Staging, SURE)];
    let same = [("prod", "web"), ("prod", "worker"), ("qa", "api")];
    let facts = same.iter().map(|(environment, key)| package(environment, key, attr("latest", 4))).collect();
    let audit = judged(model(&environments, facts), &[on_fact("r", "group = true\n")]);
    assert_eq!(audit.findings.len(), 1, "{:?}", audit.findings.iter().map(|one| &one.message).collect::<Vec<_>>());
    let places = [("prod", 1), ("live", 9), ("qa", 17)];
    let facts = places.iter().map(|(environment, at)| package(environment, "hosts", attr("*", *at))).collect();
    let audit = judged(model(&environments, facts), &[on_fact("r", "")]);
    assert_eq!(audit.findings.len(), 1, "{:?}", audit.findings.iter().map(|one| &one.message).collect::<Vec<_>>());
}
