//! What a list says of several environments.

use super::{SURE, attr, judged, model, on_fact, package};
use crate::model::Role;

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
