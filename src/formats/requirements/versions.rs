//! Versions and specifiers (PEP 440), on text.

use std::str::FromStr;

use pep440_rs::{Version, VersionSpecifier, VersionSpecifiers};

/// Why a clause is not one of PEP 440, if it is not. `===` takes any text.
pub fn refused(operator: &str, version: &str) -> Option<String> {
    if operator == "===" {
        return None;
    }
    if version.is_empty() || version.len() > 500 {
        return Some(format!("no version after {operator}"));
    }
    VersionSpecifier::from_str(&format!("{operator}{version}"))
        .err()
        .map(|_| format!("{operator}{version} is not a version specifier"))
}

/// Whether a version satisfies a specifier, pre-releases included; `None` if either cannot be read.
pub fn satisfies(version: &str, specifier: &str) -> Option<bool> {
    let version = Version::from_str(version.trim()).ok()?;
    let text = specifier.trim().trim_end_matches(',');
    let specifiers = VersionSpecifiers::from_str(text).ok()?;
    Some(specifiers.contains(&version))
}

/// Whether two texts are the same version: `1.0` and `1.0.0` are.
pub fn same(left: &str, right: &str) -> bool {
    match (Version::from_str(left), Version::from_str(right)) {
        (Ok(left), Ok(right)) => left == right,
        _ => left == right,
    }
}

/// A version as PEP 440 writes it; what is no version stays as it is.
pub fn canonical(text: &str) -> String {
    Version::from_str(text).map_or_else(|_| text.to_owned(), |version| version.to_string())
}

/// Whether a text is a version.
pub fn is_version(text: &str) -> bool {
    Version::from_str(text).is_ok()
}

/// Poetry's constraint (`^1.2`, `~1.2`, `1.*`, `1.2`) as a specifier of PEP 440; `None` if it has none.
pub fn from_poetry(constraint: &str) -> Option<String> {
    if constraint.contains('|') {
        return None;
    }
    let mut clauses = Vec::new();
    let spaced = constraint.replace(',', " ");
    let mut words = spaced.split_whitespace();
    while let Some(word) = words.next() {
        // The operator may stand apart from its version: `>= 1.0`.
        let whole = if word.chars().all(|c| "<>=!~^".contains(c)) {
            format!("{word}{}", words.next()?)
        } else {
            word.to_owned()
        };
        clauses.extend(poetry_clause(&whole)?);
    }
    clauses.sort_unstable();
    clauses.dedup();
    Some(clauses.join(","))
}

fn poetry_clause(text: &str) -> Option<Vec<String>> {
    let at = text.find(|c: char| !"<>=!~^".contains(c)).unwrap_or(text.len());
    let (operator, version) = text.split_at(at);
    let wild = version.ends_with(".*");
    match (operator, version) {
        ("" | "==" | "=", "*") => return Some(Vec::new()),
        ("" | "==" | "=", v) if wild => {
            Version::from_str(v.trim_end_matches(".*")).ok()?;
            return Some(vec![format!("=={}.*", canonical(v.trim_end_matches(".*")))]);
        }
        ("!=", v) if wild => return Some(vec![format!("!={}.*", canonical(v.trim_end_matches(".*")))]),
        ("^" | "~" | "~=", _) if wild => return None,
        _ => {}
    }
    let parsed = Version::from_str(version.trim_end_matches(".*")).ok()?;
    let release = parsed.release().to_vec();
    // As Poetry prints it, and so in PEP 440's spelling: `2.1-alpha.0` is `2.1a0`.
    let version = &parsed.to_string();
    match operator {
        "" | "=" | "==" => Some(vec![format!("=={version}")]),
        "^" => {
            let at = release.iter().position(|n| *n != 0).unwrap_or(release.len().saturating_sub(1));
            Some(vec![format!(">={version}"), format!("<{}", bump(version, at)?)])
        }
        "~" => {
            Some(vec![format!(">={version}"), format!("<{}", bump(version, release.len().min(2).saturating_sub(1))?)])
        }
        "~=" => {
            let at = release.len().checked_sub(2)?;
            Some(vec![format!(">={version}"), format!("<{}", bump(version, at)?)])
        }
        "!=" | ">=" | "<=" | "<" | ">" => Some(vec![format!("{operator}{version}")]),
        _ => None,
    }
}

/// The next version at a position of the release, with the same number of parts; `usize::MAX` for the last one.
fn bump(version: &str, at: usize) -> Option<String> {
    let parsed = Version::from_str(version).ok()?;
    let mut release = parsed.release().to_vec();
    let at = at.min(release.len().checked_sub(1)?);
    for (i, part) in release.iter_mut().enumerate() {
        match i.cmp(&at) {
            std::cmp::Ordering::Less => {}
            std::cmp::Ordering::Equal => *part += 1,
            std::cmp::Ordering::Greater => *part = 0,
        }
    }
    let release = release.iter().map(u64::to_string).collect::<Vec<_>>().join(".");
    Some(if parsed.epoch() == 0 { release } else { format!("{}!{release}", parsed.epoch()) })
}
