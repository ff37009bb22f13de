//! The marker that Poetry writes for a dependency: from `markers`, `python`, `platform`, and the extras that ask for it.

use super::one_range;
use crate::formats::locks::data::Node;
use crate::formats::requirements::marker::Operand;
use crate::formats::requirements::{Marker, versions};

/// The marker of `markers`, `python` and `platform`.
pub(super) fn limits(value: &Node) -> Result<Option<String>, &'static str> {
    let several = ["markers", "python", "platform"].iter().filter(|key| value.get(key).is_some()).count();
    if several > 1 {
        return Err("Poetry joins several limits into one marker");
    }
    if let Some(python) = value.str("python") {
        return python_marker(python);
    }
    if let Some(platform) = value.str("platform") {
        let at = platform.find(|c: char| !"!=".contains(c)).unwrap_or(0);
        let (operator, name) = platform.split_at(at);
        let operator = if operator.is_empty() || operator == "=" { "==" } else { operator };
        let one = name.trim().chars().all(|c| c.is_ascii_alphanumeric());
        return if one {
            Ok(Some(format!("sys_platform {operator} \"{}\"", name.trim())))
        } else {
            Err("several platforms")
        };
    }
    value.str("markers").map_or(Ok(None), plain)
}

/// The marker of a constraint on Python.
fn python_marker(constraint: &str) -> Result<Option<String>, &'static str> {
    let Some(clauses) = versions::from_poetry(constraint).filter(|clauses| one_range(clauses)) else {
        return Err("the constraint on Python is no single range");
    };
    let mut parts = Vec::new();
    for clause in clauses.split(',').rev().filter(|clause| !clause.is_empty()) {
        let at = clause.find(|c: char| c.is_ascii_digit()).unwrap_or(0);
        let (operator, version) = clause.split_at(at);
        let precise = version.split('.').count() > 2;
        let exclusive = operator == ">" || operator == "<=";
        if exclusive && !precise || version.split('.').count() < 2 && operator == "==" {
            return Err("Poetry writes out the patch version");
        }
        let name = if precise { "python_full_version" } else { "python_version" };
        parts.push(format!("{name} {operator} \"{version}\""));
    }
    let minor = |clause: &str| clause.rsplit_once('.').and_then(|(_, n)| n.trim_end_matches('"').parse::<u32>().ok());
    if let [low, high] = parts.as_slice()
        && minor(low).zip(minor(high)).is_some_and(|(low, high)| low + 1 == high)
    {
        // One minor version is written as such.
        return Ok(Some(low.replace(">=", "==")));
    }
    Ok((!parts.is_empty()).then(|| parts.join(" and ")))
}

/// A marker that Poetry prints as it reads it: alternatives, each of comparisons of different variables, that no two of
/// could be written as one.
pub(super) fn plain(text: &str) -> Result<Option<String>, &'static str> {
    let marker = Marker::parse(text).ok_or("no marker")?;
    let mut alternatives = Vec::new();
    if branches(&marker, &mut alternatives) && apart(&alternatives) {
        return Ok(Some(marker.to_string()));
    }
    Err("Poetry writes the marker in another way")
}

/// A comparison: the variable, whether nothing but the same comparison can be joined with it, and how it bounds Python.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Compared {
    family: String,
    joined: bool,
    bound: Option<Bound>,
}

/// A lower or upper bound of Python's version.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Bound {
    upper: bool,
    version: Vec<u64>,
}

impl Bound {
    /// The bound of a comparison whose version has the parts that its variable has.
    fn of(name: &str, operator: &str, version: &str) -> Option<Self> {
        let parts = match name {
            "python_version" => 2,
            "python_full_version" => 3,
            _ => return None,
        };
        let version = version.split('.').map(|part| part.parse().ok()).collect::<Option<Vec<u64>>>()?;
        let known = version.len() == parts && [">=", ">", "<", "<="].contains(&operator);
        known.then(|| Self { upper: operator.starts_with('<'), version })
    }

    /// Whether the two stay as they are side by side: they leave more than one minor version, or a part of one.
    fn beside(&self, other: &Self) -> bool {
        let (low, high) = if self.upper { (other, self) } else { (self, other) };
        if low.upper || !high.upper {
            return false;
        }
        match (low.version.as_slice(), high.version.as_slice()) {
            ([major, minor], [top, upper]) => top > major || top == major && *upper > minor + 1,
            ([.., patch], [_, _]) => *patch > 0 && low.version[..2] < high.version[..],
            ([_, _], _) => low.version[..] < high.version[..2],
            _ => low.version < high.version,
        }
    }
}

fn branches(marker: &Marker, out: &mut Vec<Vec<Compared>>) -> bool {
    match marker {
        Marker::Group(inner) => branches(inner, out),
        Marker::Or(left, right) => branches(left, out) && branches(right, out),
        other => {
            let mut all = Vec::new();
            let plain = compared(other, &mut all);
            out.push(all);
            plain
        }
    }
}

fn compared(marker: &Marker, out: &mut Vec<Compared>) -> bool {
    match marker {
        Marker::Group(inner) => matches!(**inner, Marker::Compare { .. }) && compared(inner, out),
        Marker::And(left, right) => compared(left, out) && compared(right, out),
        Marker::Compare { left: Operand::Variable(name), operator, right: Operand::Text(text) } => {
            let family = name.replace("python_full_version", "python_version");
            let bound = Bound::of(name, operator, text);
            let mut before = out.iter().filter(|known| known.family == family);
            let fresh = match (before.next(), before.next()) {
                (None, _) => true,
                (Some(one), None) => one.bound.as_ref().zip(bound.as_ref()).is_some_and(|(one, two)| one.beside(two)),
                _ => false,
            };
            out.push(Compared { family, joined: ["==", "in", "~="].contains(&operator.as_str()), bound });
            fresh && name != "extra"
        }
        Marker::Or(..) | Marker::Compare { .. } => false,
    }
}

/// Whether no alternative could be joined with another.
fn apart(alternatives: &[Vec<Compared>]) -> bool {
    let apart = |one: &Compared, other: &Compared| one.family != other.family || one.joined && other.joined;
    let later = |at: usize| alternatives.iter().skip(at + 1).flatten();
    alternatives.iter().enumerate().all(|(at, list)| list.iter().all(|one| later(at).all(|other| apart(one, other))))
}

/// A marker and the extras that ask for the dependency.
pub(super) fn with_extras(
    marker: Result<Option<String>, &'static str>,
    extras: &[String],
) -> Result<Option<String>, &'static str> {
    let asked = extras.iter().map(|extra| format!("extra == \"{extra}\"")).collect::<Vec<_>>().join(" or ");
    match (marker?, asked.is_empty()) {
        (marker, true) => Ok(marker),
        (None, false) => Ok(Some(asked)),
        (Some(marker), false) => Ok(Some(format!("({marker}) and ({asked})"))),
    }
}
