//! Interpreters.

use super::Statements;
use crate::knowledge::eol;
use crate::model::{Certainty, Dimension, Known};
use crate::resolve::part::Part;

/// X.Y of a version, if it fixes it.
fn minor(version: &str) -> Option<String> {
    let mut parts = version.trim_start_matches(['v', '=']).split('.');
    let (major, minor) = (parts.next()?, parts.next()?);
    let digits = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    let minor: String = minor.chars().take_while(char::is_ascii_digit).collect();
    (digits(major) && digits(&minor)).then(|| format!("{major}.{minor}"))
}

/// The newest X.Y that a floating `3` or `3.x` of a setup step means on a day: it takes the newest release.
fn newest(version: &str, as_of: &str) -> Option<String> {
    let major = version.strip_suffix(".x").unwrap_or(version);
    if major.is_empty() || !major.chars().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let number = |cycle: &str| cycle.split_once('.').and_then(|(_, minor)| minor.parse::<u32>().ok());
    let fits = |cycle: &&eol::Cycle| cycle.cycle.starts_with(&format!("{major}.")) && cycle.released.as_str() <= as_of;
    eol::cycles("python").filter(fits).max_by_key(|cycle| number(&cycle.cycle)).map(|cycle| cycle.cycle.clone())
}

/// States the interpreters of a component; of several declarations of one tool the first is effective.
pub fn state(statements: &mut Statements, part: &Part<'_>, as_of: &str) {
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
        let setup = runtime.tool == "python" && runtime.declared_in == "setup-python";
        let floating =
            runtime.version.one().filter(|_| setup && minors.is_none()).and_then(|version| newest(version, as_of));
        if let Some(newest) = floating {
            let certainty = Certainty::Default { variable: None };
            fact.known("minor", Known::One(newest), &certainty, &runtime.origin);
        }
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
    use super::{minor, newest};

    #[test]
    fn a_floating_major_means_the_newest_release_of_its_day() {
        assert_eq!(newest("3.x", "2026-08-22").as_deref(), Some("3.14"));
        assert_eq!(newest("3", "2021-01-01").as_deref(), Some("3.9"));
        assert_eq!(newest("3.8", "2026-08-22"), None);
    }

    #[test]
    fn a_minor_needs_two_numbers() {
        assert_eq!(minor("3.12.4").as_deref(), Some("3.12"));
        assert_eq!(minor("3.x"), None);
        assert_eq!(minor("3"), None);
        assert_eq!(minor("3.13-dev").as_deref(), Some("3.13"));
    }
}
