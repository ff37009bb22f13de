//! Values that hold while nobody sets another.

use super::*;

#[test]
fn a_default_on_the_other_side_lowers_too() {
    let environments = [("prod", Role::Production, SURE), ("qa", Role::Staging, SURE)];
    for (own, to) in [(attr("5", 2), Severity::Warning), (default_of("5", Some("W")), Severity::Note)] {
        let facts = vec![package("prod", "django", default_of("4", None)), package("qa", "django", own)];
        assert_eq!(judged(model(&environments, facts), &[on_pair("r", "")]).findings[0].severity, to);
    }
}

#[test]
fn what_one_reference_only_assumes_decides_nothing_beside_one_that_states_its_own() {
    let environments =
        [("image", Role::Production, SURE), ("prod", Role::Production, SURE), ("qa", Role::Staging, SURE)];
    let findings = |image: Attr, prod: Attr| {
        let qa = package("qa", "django", attr("4", 3));
        let facts = vec![package("image", "django", image), package("prod", "django", prod), qa];
        judged(model(&environments, facts), &[on_pair("r", "")]).findings
    };
    let told = findings(default_of("4", Some("W")), attr("5", 2));
    assert_eq!(told[0].environments.keys().collect::<Vec<_>>(), ["prod", "qa"]);
    assert!(findings(attr("4", 1), attr("5", 2)).is_empty(), "one states the same");
    assert!(findings(attr("4", 1), default_of("5", Some("W"))).is_empty(), "the other differs while nobody sets it");
    assert!(findings(default_of("4", Some("W")), default_of("5", Some("W"))).is_empty(), "nothing is stated");
}
