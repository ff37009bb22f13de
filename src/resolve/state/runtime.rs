//! Interpreters.

use super::Statements;
use crate::model::{Dimension, Known};
use crate::resolve::part::Part;

/// X.Y of a version, if it fixes it.
fn minor(version: &str) -> Option<String> {
    let mut parts = version.trim_start_matches(['v', '=']).split('.');
    let (major, minor) = (parts.next()?, parts.next()?);
    let digits = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    let minor: String = minor.chars().take_while(char::is_ascii_digit).collect();
    (digits(major) && digits(&minor)).then(|| format!("{major}.{minor}"))
}

/// States the interpreters of a component; of several declarations of one tool the first is effective.
pub fn state(statements: &mut Statements, part: &Part<'_>) {
    let mut seen = Vec::new();
    for runtime in &part.runtimes {
        if seen.contains(&runtime.tool) {
            continue;
        }
        seen.push(runtime.tool);
        let mut fact = statements.about(Some(&part.name), Dimension::Runtime, runtime.tool);
        fact.known("version", runtime.version.clone(), &runtime.certainty, &runtime.origin);
        fact.text("declared_in", runtime.declared_in, &runtime.origin);
        let values = runtime.version.values();
        if values.is_empty() {
            continue;
        }
        let minors: Option<Vec<String>> = values.iter().map(|version| minor(version)).collect();
        fact.bool("floating", minors.is_none(), &runtime.origin);
        let Some(minors) = minors else { continue };
        let mut at = minors.into_iter();
        let value = runtime.version.clone().map(|_| at.next().unwrap_or_default());
        let value = match value {
            Known::Every(mut all, why) => {
                all.dedup();
                if all.len() == 1 { Known::One(all.remove(0)) } else { Known::Every(all, why) }
            }
            value => value,
        };
        fact.known("minor", value, &runtime.certainty, &runtime.origin);
    }
}

#[cfg(test)]
mod tests {
    use super::minor;

    #[test]
    fn a_minor_needs_two_numbers() {
        assert_eq!(minor("3.12.4").as_deref(), Some("3.12"));
        assert_eq!(minor("3.x"), None);
        assert_eq!(minor("3"), None);
        assert_eq!(minor("3.13-dev").as_deref(), Some("3.13"));
    }
}
