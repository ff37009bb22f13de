//! The variants of an environment: the combinations of its matrix, and what a text that names one of them comes to.

use std::collections::BTreeMap;

use super::super::data::Node;
use super::environment::Environment;

/// Values by the names of a matrix.
pub(super) type Values = BTreeMap<String, String>;

/// How many combinations are looked at.
const MAX_COMBINATIONS: usize = 1000;

/// Every combination with its name, as Hatch makes it.
fn combinations(environment: &Environment) -> Vec<(String, Values)> {
    let own = environment.get("matrix-name-format").and_then(Node::text).unwrap_or("{value}");
    let mut all: Vec<(String, Values)> = Vec::new();
    for row in environment.get("matrix").map_or(&[][..], Node::items) {
        let mut variables: Vec<(&str, Vec<&str>)> = row
            .entries()
            .iter()
            .map(|(name, values)| {
                let name = if name.value == "py" { "python" } else { name.value.as_str() };
                (name, values.items().iter().filter_map(Node::text).collect())
            })
            .collect();
        // The interpreter comes first.
        variables.sort_by_key(|(name, _)| *name != "python");
        let mut made = vec![(Vec::new(), Values::new())];
        for (variable, values) in variables {
            let mut next = Vec::new();
            for (parts, chosen) in &made {
                for value in values.iter().take(MAX_COMBINATIONS / made.len().max(1)) {
                    let part = match variable {
                        "python" if value.starts_with("py") => (*value).to_owned(),
                        "python" => format!("py{value}"),
                        _ => own.replace("{variable}", variable).replace("{value}", value),
                    };
                    let mut chosen = chosen.clone();
                    chosen.insert(variable.to_owned(), (*value).to_owned());
                    next.push(([&parts[..], &[part]].concat(), chosen));
                }
            }
            made = next;
        }
        all.extend(made.into_iter().map(|(parts, chosen)| (parts.join("-"), chosen)));
        all.truncate(MAX_COMBINATIONS);
    }
    all
}

/// What every variant that is run has alike, of those that these interpreters choose.
pub(super) fn chosen(environment: &Environment, pythons: &[String]) -> Values {
    let mut all = combinations(environment);
    if let Some(variant) = &environment.variant {
        all.retain(|(name, _)| name == variant);
    } else if !pythons.is_empty() {
        all.retain(|(_, values)| values.get("python").is_none_or(|python| pythons.contains(python)));
    }
    let Some((_, first)) = all.first() else { return Values::new() };
    let alike = |(name, value): &(&String, &String)| all.iter().all(|(_, values)| values.get(*name) == Some(*value));
    first.iter().filter(alike).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// A text with `{matrix:name}` and `{matrix:name:default}` put in; none where something in braces is not known.
pub(super) fn filled(text: &str, values: &Values) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, from)) = rest.split_once('{') {
        let (inner, behind) = from.split_once('}')?;
        out.push_str(before);
        let asked = inner.strip_prefix("matrix:")?;
        out.push_str(values.get(asked.split(':').next()?)?);
        rest = behind;
    }
    out.push_str(rest);
    Some(out)
}
