//! What a setting means: what knowledge says of its name and its value.

use super::Statement;
use super::setting::text;
use crate::formats::python::{Kind, Val};
use crate::knowledge::{packages, settings, variables};
use crate::model::{Certainty, Known};
use crate::resolve::settings::Loaded;

/// Roles in which a value may be called normal.
const ROLES: [&str; 4] = ["production", "staging", "test", "development"];

/// States what is known of a setting besides its value.
pub(super) fn state(
    fact: &mut Statement<'_>,
    name: &str,
    val: &Val,
    inner: &Val,
    certainty: &Certainty,
    loaded: &Loaded,
) {
    let refused = &loaded.refused;
    let origin = &val.origin;
    let unset = |name: &String| loaded.world.get(name).value == Known::Absent;
    let variables_unset = !val.variables.is_empty() && val.variables.iter().all(unset);
    fact.bool("fallback", certainty.is_default() || variables_unset, origin);
    fact.bool("overridable", certainty.is_default(), origin);
    let sampled = |name: &String| loaded.world.vars().get(name).is_some_and(|var| var.certainty.is_default());
    let mut holds = |name: &str, yes: bool| {
        if yes {
            fact.bool(name, true, origin);
        }
    };
    holds("sampled", val.variables.iter().any(sampled));
    holds("signs", settings::signs(name));
    holds("refused", refused.contains(name));
    holds("critical", settings::critical(name).is_some_and(|row| row.roles.is_empty()));
    holds("protects", settings::shared_with_staging(name).is_some());
    if let Some(text) = inner.as_str() {
        fact.bool("placeholder", variables::is_placeholder(text), origin);
    }
    if let Some(wanted) = settings::production_must(name) {
        fact.text("required", if wanted { "True" } else { "False" }, origin);
    }
    let shown = text(inner).unwrap_or_default();
    let normal = |role: &&&str| {
        settings::expected(name, role)
            .iter()
            .any(|row| row.values.is_empty() || row.values.iter().any(|value| shown.contains(value.as_str())))
    };
    let roles: Vec<String> = ROLES.iter().filter(normal).map(|role| (*role).to_owned()).collect();
    if !roles.is_empty() {
        fact.list("expected_in", roles, origin);
    }
    if let Kind::List(items) | Kind::Tuple(items) = &inner.kind {
        let tool = |label: &&str| {
            packages::package_of_label(label)
                .is_some_and(|name| matches!(packages::kind(name), packages::Kind::DevTool(_)))
        };
        let tools: Vec<String> = items.iter().filter_map(Val::as_str).filter(tool).map(str::to_owned).collect();
        if !tools.is_empty() {
            fact.list("dev_tools", tools, origin);
        }
    }
}
