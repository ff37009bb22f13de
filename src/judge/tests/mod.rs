//! Small models, made by hand, and what the judge says of them.

use super::*;
use crate::model::{Attr, Certainty, Confidence, Dimension, Known, Origin, Reason, Role, Severity, Value};
use made::{attr, component, coverage, environment, fact, rule, rule_on};

mod defaults;
mod lists;

pub(super) mod made {
    use std::collections::BTreeMap;

    use crate::judge::{Rule, load};
    use crate::model::{
        Attr, Component, ComponentKind, Confidence, Coverage, Dimension, Environment, Evidence, Fact, FactId, FileId,
        Origin, Role, Span,
    };

    pub(in crate::judge) fn environment(name: &str, role: Role, confidence: Confidence) -> Environment {
        Environment {
            project: ".".into(),
            name: name.into(),
            role,
            confidence,
            files: Vec::new(),
            because: vec![Evidence { span: Span::new(FileId(0), 0, 1), text: "it is said".into() }],
            although: Vec::new(),
        }
    }

    pub(super) fn component(environment: &str) -> Component {
        Component {
            project: ".".into(),
            environment: environment.into(),
            name: "web".into(),
            kind: ComponentKind::App,
            build_context: None,
            dockerfile: None,
            server: None,
            module: None,
            image_repository: None,
            span: None,
        }
    }

    pub(super) fn coverage(environment: &str, dimension: Dimension) -> Coverage {
        let component = Some("web".into());
        Coverage { project: ".".into(), environment: environment.into(), component, dimension, complete: Ok(()) }
    }

    /// A text that stands at `place` of the only file.
    pub(super) fn attr(text: &str, place: usize) -> Attr {
        Attr::text(text, Origin::set(Span::new(FileId(0), place, place + 1)))
    }

    pub(super) fn fact(
        environment: &str,
        dimension: Dimension,
        key: &str,
        attributes: &[(&'static str, Attr)],
    ) -> Fact {
        let component = Some("web".into());
        let id = FactId { project: ".".into(), environment: environment.into(), dimension, key: key.into(), component };
        Fact { id, attributes: attributes.iter().cloned().collect::<BTreeMap<_, _>>() }
    }

    /// A rule on the package dimension, with further lines.
    pub(super) fn rule(name: &str, more: &str) -> Rule {
        rule_on("package", "version", name, more)
    }

    /// A rule on a dimension, at one of its attributes.
    pub(super) fn rule_on(dimension: &str, at: &str, name: &str, more: &str) -> Rule {
        let head = format!(
            "summary = \"s\"\ndimension = \"{dimension}\"\nat = \"{at}\"\nwhy = \"w\"\nfix = \"f\"\nreferences = []\n"
        );
        load(&format!("{dimension}/{name}.toml"), &format!("{head}{more}"))
            .unwrap_or_else(|errors| panic!("{errors:?}"))
    }
}

const ALL_ERRORS: &str =
    "roles = { production = \"error\", staging = \"error\", test = \"error\", development = \"error\" }\n";

fn on_fact(name: &str, more: &str) -> Rule {
    rule(
        name,
        &format!("on = \"fact\"\nmessage = \"{{{{ environment.name }}}} has {{{{ fact.key }}}}\"\n{ALL_ERRORS}{more}"),
    )
}

fn on_pair(name: &str, more: &str) -> Rule {
    rule(
        name,
        &format!("on = \"pair\"\ncompare = \"version\"\nmessage = \"{{{{ fact.key }}}} differs\"\n{ALL_ERRORS}{more}"),
    )
}

fn default_of(text: &str, variable: Option<&str>) -> Attr {
    Attr { certainty: Certainty::Default { variable: variable.map(str::to_owned) }, ..attr(text, 1) }
}

fn unknown() -> Attr {
    Attr::unknown(Reason::new("not in the repository"), Origin::default())
}

/// Environments, each with a component, and facts in the order given.
fn model(environments: &[(&str, Role, Confidence)], facts: Vec<crate::model::Fact>) -> Model {
    Model {
        environments: environments
            .iter()
            .map(|(name, role, confidence)| environment(name, *role, *confidence))
            .collect(),
        components: environments.iter().map(|(name, ..)| component(name)).collect(),
        coverage: environments.iter().map(|(name, ..)| coverage(name, Dimension::Package)).collect(),
        facts,
        ..Model::default()
    }
}

fn package(environment: &str, key: &str, version: Attr) -> crate::model::Fact {
    fact(environment, Dimension::Package, key, &[("version", version)])
}

fn judged(model: Model, rules: &[Rule]) -> Audit {
    judge(model, rules, &Options::default())
}

const SURE: Confidence = Confidence::Explicit;

#[test]
fn the_less_sure_an_environment_is_the_less_severe_a_finding_may_be() {
    let gates = [
        (Confidence::Explicit, Severity::Error),
        (Confidence::Invoked, Severity::Error),
        (Confidence::Named, Severity::Warning),
        (Confidence::Guessed, Severity::Note),
    ];
    for (confidence, gate) in gates {
        for stated in [Severity::Error, Severity::Warning, Severity::Note] {
            let row = format!("[[severity]]\nname = \"x\"\nis = \"{}\"\nwhen = \"true\"\n", stated.name());
            let facts = vec![package("prod", "django", attr("5", 1))];
            let audit = judged(model(&[("prod", Role::Production, confidence)], facts), &[on_fact("r", &row)]);
            let finding = &audit.findings[0];
            assert_eq!(finding.severity, stated.min(gate), "{confidence:?} {stated:?}");
            let lowered = finding.lowered.as_ref().map(|lowered| (lowered.from, lowered.because.contains("prod")));
            assert_eq!(lowered, (stated > gate).then_some((stated, true)), "{confidence:?} {stated:?}");
        }
    }
}

#[test]
fn what_speaks_against_an_environment_that_only_files_name_is_a_note_there() {
    let of = |confidence: Confidence| {
        let facts = vec![package("prod", "django", attr("5", 1))];
        let rules = [on_fact("r", "doubts_environment = true\n")];
        judged(model(&[("prod", Role::Production, confidence)], facts), &rules).findings[0].severity
    };
    assert_eq!((of(Confidence::Named), of(Confidence::Invoked)), (Severity::Note, Severity::Error));
}

#[test]
fn of_two_environments_the_less_sure_one_counts() {
    let environments = [("prod", Role::Production, Confidence::Guessed), ("qa", Role::Staging, SURE)];
    let facts = vec![package("prod", "django", attr("4", 1)), package("qa", "django", attr("5", 2))];
    let audit = judged(model(&environments, facts), &[on_pair("r", "")]);
    assert_eq!(audit.findings[0].severity, Severity::Note);
    assert!(audit.findings[0].lowered.as_ref().is_some_and(|lowered| lowered.because.starts_with("prod is guessed")));
}

#[test]
fn a_default_lowers_and_says_what_would_override_it() {
    let because = |version: Attr, confidence: Confidence, more: &str| {
        let facts = vec![package("prod", "django", version)];
        let mut audit = judged(model(&[("prod", Role::Production, confidence)], facts), &[on_fact("r", more)]);
        let finding = audit.findings.remove(0);
        (finding.severity, finding.lowered.map(|lowered| lowered.because).unwrap_or_default())
    };
    let unless = "it holds unless TAG is set".to_owned();
    assert_eq!(because(default_of("5", Some("TAG")), SURE, ""), (Severity::Warning, unless.clone()));
    assert_eq!(because(default_of("5", Some("TAG")), Confidence::Guessed, ""), (Severity::Note, unless));
    let outside = "it holds unless something outside overrides it".to_owned();
    assert_eq!(because(default_of("5", None), SURE, ""), (Severity::Warning, outside));
    assert_eq!(
        because(default_of("5", Some("TAG")), SURE, "about_defaults = true\n"),
        (Severity::Error, String::new())
    );
    assert_eq!(because(attr("5", 1), SURE, ""), (Severity::Error, String::new()));
}

#[test]
fn what_touches_an_unknown_is_counted_and_silent() {
    let guard = "[[unless]]\nname = \"g\"\nwhen = \"fact.version == '5'\"\nbecause = \"b\"\n";
    let row = "[[severity]]\nname = \"s\"\nis = \"warning\"\nwhen = \"fact.version == '5'\"\n";
    let cases = [
        ("when = [\"fact.version == '5'\"]\n", 0, 1),
        ("when = [\"fact.specifier is before('5')\"]\n", 0, 1),
        (guard, 0, 1),
        (row, 1, 0),
        ("when = [\"fact.key == 'flask'\", \"fact.version == '5'\"]\n", 0, 0),
    ];
    for (more, fired, undecided) in cases {
        let facts = vec![package("prod", "django", unknown())];
        let audit = judged(model(&[("prod", Role::Production, SURE)], facts), &[on_fact("r", more)]);
        let tally = audit.verdicts["r"];
        assert_eq!((tally.fired, tally.silent, tally.undecided), (fired, 0, undecided), "{more}");
        assert_eq!(audit.findings.len(), fired, "{more}");
        assert!(audit.findings.iter().all(|finding| finding.severity == Severity::Warning), "the lower one counts");
    }
}

#[test]
fn a_pair_with_an_unknown_side_neither_differs_nor_equals() {
    let environments = [("prod", Role::Production, SURE), ("qa", Role::Staging, SURE)];
    for relation in ["differs", "same"] {
        let facts = vec![package("prod", "django", unknown()), package("qa", "django", attr("5", 2))];
        let rule = on_pair("r", &format!("relation = \"{relation}\"\n"));
        let audit = judged(model(&environments, facts), &[rule]);
        assert_eq!((audit.findings.len(), audit.verdicts["r"].undecided), (0, 1), "{relation}");
    }
}

#[test]
fn absence_in_a_set_that_may_hold_more_is_undecided() {
    let environments = [("prod", Role::Production, SURE), ("qa", Role::Staging, SURE)];
    for (complete, fired) in [(Ok(()), 1), (Err(Reason::new("an unread file")), 0)] {
        let mut model = model(&environments, vec![package("qa", "django", attr("5", 2))]);
        model.coverage.iter_mut().for_each(|coverage| coverage.complete = complete.clone());
        let audit = judged(model, &[on_pair("r", "relation = \"only-here\"\n")]);
        assert_eq!((audit.findings.len(), audit.verdicts["r"].undecided), (fired, 1 - fired));
    }
}

#[test]
fn a_list_is_one_finding_with_items() {
    let facts = vec![package("prod", "mypy", attr("1", 1)), package("prod", "black", attr("2", 2))];
    let audit = judged(model(&[("prod", Role::Production, SURE)], facts.clone()), &[on_fact("r", "group = true\n")]);
    assert_eq!(audit.findings.len(), 1);
    let finding = &audit.findings[0];
    assert_eq!(finding.items.iter().map(|item| item.key.as_str()).collect::<Vec<_>>(), ["black", "mypy"]);
    assert_eq!((finding.key.as_str(), finding.message.ends_with("and 1 more")), ("black, mypy", true));
    assert_ne!(finding.items[0].fingerprint, finding.items[1].fingerprint);
    let shorter =
        judged(model(&[("prod", Role::Production, SURE)], facts[..1].to_vec()), &[on_fact("r", "group = true\n")]);
    assert_ne!(finding.fingerprint, shorter.findings[0].fingerprint, "a longer list is another finding");
    assert!(shorter.findings[0].items[0].fingerprint == finding.items[1].fingerprint, "an item stays what it is");
}

#[test]
fn a_finding_of_more_environments_is_another_finding() {
    let of = |names: &[&str]| {
        let mut environments = vec![("prod", Role::Production, SURE)];
        environments.extend(names.iter().map(|name| (*name, Role::Staging, SURE)));
        let mut facts = vec![package("prod", "django", attr("4", 1))];
        facts.extend(names.iter().map(|name| package(name, "django", attr("5", 2))));
        let audit = judged(model(&environments, facts), &[on_pair("r", "")]);
        assert_eq!(audit.findings.len(), 1);
        audit.findings[0].fingerprint.clone()
    };
    assert_ne!(of(&["qa", "uat"]), of(&["qa"]));
    assert_eq!(of(&["qa", "uat"]), of(&["uat", "qa"]));
}

#[test]
fn the_order_of_findings_does_not_depend_on_the_order_of_facts() {
    let environments = [("prod", Role::Production, SURE), ("qa", Role::Staging, Confidence::Named)];
    let mut facts = Vec::new();
    for (at, key) in ["django", "flask", "celery"].iter().enumerate() {
        facts.push(package("prod", key, attr("1", at)));
        facts.push(package("qa", key, attr("2", at + 10)));
    }
    let rules = [on_pair("a-rule", ""), on_fact("b-rule", "")];
    let named = |audit: &Audit| audit.findings.iter().map(|finding| finding.fingerprint.clone()).collect::<Vec<_>>();
    let first = judged(model(&environments, facts.clone()), &rules);
    facts.reverse();
    let second = judged(model(&environments, facts), &rules);
    assert_eq!(named(&first), named(&second));
    let mut shuffled = first.findings.clone();
    shuffled.reverse();
    gather::sort(&mut shuffled);
    assert!(shuffled == first.findings, "no two findings are equal in the order");
    let severities: Vec<Severity> = first.findings.iter().map(|finding| finding.severity).collect();
    assert!(severities.is_sorted_by(|a, b| a >= b), "the graver ones come first");
}

#[test]
fn a_matrix_and_a_branch_are_compared_by_their_values() {
    let environments = [("prod", Role::Production, SURE), ("ci", Role::Test, SURE)];
    let several = |value: fn(Vec<Value>, Reason) -> Known<Value>| {
        let values = vec![Value::text("4"), Value::text("5")];
        Attr { value: value(values, Reason::new("a matrix")), ..attr("", 1) }
    };
    for (version, fired, undecided) in [(several(Known::Every), 0, 0), (several(Known::OneOf), 0, 1)] {
        let facts = vec![package("ci", "django", version), package("prod", "django", attr("5", 2))];
        let tally = judged(model(&environments, facts), &[on_pair("r", "")]).verdicts["r"];
        assert_eq!((tally.fired, tally.undecided), (fired, undecided));
    }
}

#[test]
fn what_holds_by_default_explains_nothing_graver_that_holds_anyway() {
    let cause = |version: Attr| {
        let engine = on_fact("engine", "when = [\"fact.key == 'engine'\"]\nsubsumes = [\"driver\"]\n");
        let driver = on_fact("driver", "when = [\"fact.key == 'driver'\"]\n");
        let facts = vec![package("prod", "engine", version), package("prod", "driver", attr("2", 5))];
        let audit = judged(model(&[("prod", Role::Production, SURE)], facts), &[engine, driver]);
        let of = |rule: &str| audit.findings.iter().find(|finding| finding.rule == rule).cloned();
        (of("engine").map(|found| found.severity), of("driver").is_some_and(|found| found.part_of.is_some()))
    };
    assert_eq!(cause(attr("1", 1)), (Some(Severity::Error), true));
    assert_eq!(cause(default_of("1", Some("ENGINE"))), (Some(Severity::Warning), false));
}

#[test]
fn what_is_not_found_in_a_set_that_may_hold_more_decides_nothing() {
    let environments = [("prod", Role::Production, SURE)];
    let facts = vec![package("prod", "django", attr("5", 1))];
    let open = || Err(Reason::new("an unread file"));
    let unlisted = || Err(Reason::new(crate::model::UNLISTED));
    for (asked, complete, fired, undecided) in [
        ("key='celery') | list | length == 0", Ok(()), 1, 0),
        ("key='celery') | list | length == 0", open(), 0, 1),
        ("key='celery') | list | length > 0", open(), 0, 1),
        // What pip adds is nothing that the files name.
        ("key='celery') | list | length == 0", unlisted(), 1, 0),
        // What is found is there, whatever else may be.
        ("key='django') | list | length > 0", open(), 1, 0),
        ("key='django') | selectattr('version', 'eq', '4') | list | length == 0", open(), 0, 1),
        ("key='django') | rejectattr('version', 'eq', '4') | list | length == 1", open(), 1, 0),
        ("role='staging') | list | length == 0", open(), 1, 0),
        ("key='celery') | first is none", open(), 0, 1),
    ] {
        let mut model = model(&environments, facts.clone());
        model.coverage.iter_mut().for_each(|coverage| coverage.complete = complete.clone());
        let audit = judged(model, &[on_fact("r", &format!("when = [\"facts('package', {asked}\"]\n"))]);
        assert_eq!((audit.findings.len(), audit.verdicts["r"].undecided), (fired, undecided), "{asked} {complete:?}");
    }
}

#[test]
fn what_no_other_package_brings_is_absent_where_it_is_not_named() {
    let environments = [("prod", Role::Production, SURE), ("qa", Role::Staging, SURE)];
    for (root, reason, fired) in
        [(true, crate::model::UNLISTED, 1), (false, crate::model::UNLISTED, 0), (true, "an unread file", 0)]
    {
        let root = Attr::bool(root, Origin::default());
        let attributes = [("version", attr("22", 2)), ("root", root)];
        let mut model = model(&environments, vec![fact("prod", Dimension::Package, "gunicorn", &attributes)]);
        model.coverage.iter_mut().for_each(|coverage| coverage.complete = Err(Reason::new(reason)));
        let audit = judged(model, &[on_pair("r", "relation = \"only-there\"\n")]);
        assert_eq!(audit.findings.len(), fired, "{reason}");
    }
}

#[test]
fn a_package_that_another_component_has_is_not_absent() {
    let environments = [("prod", Role::Production, SURE), ("qa", Role::Staging, SURE)];
    let mut elsewhere = package("qa", "django", attr("5", 3));
    elsewhere.id.component = Some("worker".into());
    let facts = vec![package("prod", "django", attr("5", 2)), elsewhere];
    let audit = judged(model(&environments, facts), &[on_pair("r", "relation = \"only-there\"\n")]);
    assert_eq!((audit.findings.len(), audit.verdicts["r"].undecided), (0, 1));
}

/// A rule that warns of pairs which differ.
fn pair(compare: &str) -> String {
    format!("on = \"pair\"\ncompare = \"{compare}\"\nmessage = \"m\"\nroles = {{ staging = \"warning\" }}\n")
}

#[test]
fn a_default_that_such_an_environment_usually_runs_stays_a_warning() {
    let environments = [("prod", Role::Production, SURE), ("qa", Role::Staging, SURE)];
    for (usual, severity) in [(true, Severity::Warning), (false, Severity::Note)] {
        let attributes =
            [("product", default_of("redis", Some("CACHE"))), ("usual", Attr::bool(usual, Origin::default()))];
        let there = fact("prod", Dimension::Service, "cache", &attributes);
        let here = fact("qa", Dimension::Service, "cache", &[("product", attr("locmem", 2))]);
        let audit =
            judged(model(&environments, vec![there, here]), &[rule_on("service", "product", "r", &pair("product"))]);
        assert_eq!(audit.findings[0].severity, severity);
    }
}

#[test]
fn the_one_process_that_serves_is_the_counterpart_whatever_starts_it() {
    let environments = [("prod", Role::Production, SURE), ("qa", Role::Staging, SURE)];
    let process = |environment: &str, key: &str, engine: &str| {
        let attributes = [("engine", attr(engine, 2)), ("kind", attr("production", 3))];
        fact(environment, Dimension::Process, key, &attributes)
    };
    let facts = vec![process("prod", "web.uwsgi", "uwsgi"), process("qa", "web", "django")];
    let rules = [rule_on("process", "engine", "r", &pair("engine"))];
    assert_eq!(judged(model(&environments, facts), &rules).findings.len(), 1);
}
