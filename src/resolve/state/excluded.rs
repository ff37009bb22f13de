//! Requirements whose markers leave them out.

use std::collections::BTreeSet;

use super::Statement;
use crate::discover::Tree;
use crate::formats::requirements::{Entry, MarkerEnv, Requirement, Target, load};
use crate::model::Origin;
use crate::resolve::part::Part;

/// States the packages of requirements files that a marker on Python's version leaves out: one that asks for exactly one
/// version, or one that most of the file's lines have. Others are backports, which their markers are for.
pub(super) fn state(fact: &mut Statement<'_>, part: &Part<'_>, tree: &Tree) {
    let Some(python) = part.python() else { return };
    let mut names = BTreeSet::new();
    let mut origin = None;
    let files: BTreeSet<_> = part.installs.sources.iter().map(|source| source.file).collect();
    for file in files.into_iter().filter(|file| tree.path(*file).ends_with(".txt")) {
        let loaded = load(tree, file, &MarkerEnv::linux(Some(python)));
        let lines: Vec<(&Entry, &Requirement)> = loaded
            .entries
            .iter()
            .filter(|entry| !entry.constraint)
            .filter_map(|entry| if let Target::Named(found) = &entry.target { Some((entry, found)) } else { None })
            .collect();
        let marker = |found: &Requirement| found.marker.as_ref().map(|marker| marker.value.clone());
        for (entry, found) in &lines {
            let Some(text) = marker(found).filter(|_| entry.applies == Some(false)) else { continue };
            let common = lines.iter().filter(|(_, other)| marker(other).as_ref() == Some(&text)).count();
            let whole = common >= 3 && common * 2 > lines.len();
            let name = &found.name.value;
            if of_python(&text, whole) && !part.installs.packages.contains_key(name) {
                names.insert(name.clone());
                origin
                    .get_or_insert_with(|| Origin::set(found.marker.as_ref().map_or(entry.span, |marker| marker.span)));
            }
        }
    }
    if let Some(origin) = origin {
        fact.list("excluded", names.into_iter().collect(), &origin);
    }
}

/// Whether a marker speaks of Python's version and nothing else, and of one exactly, unless most lines have it.
fn of_python(marker: &str, whole: bool) -> bool {
    let platforms = ["platform", "os_name", "implementation", "extra"];
    let exactly = marker.contains("==") && !marker.contains(" or ") && !marker.contains("in ");
    marker.contains("python_") && !platforms.iter().any(|word| marker.contains(word)) && (exactly || whole)
}

#[cfg(test)]
mod tests {
    use super::of_python;

    #[test]
    fn a_marker_for_one_python_or_for_the_whole_file_leaves_out_what_it_should_not() {
        assert!(of_python("python_full_version == '3.11.3'", false));
        assert!(of_python("python_version >= '3.9' and python_version < '3.12'", true));
        for marker in
            ["python_version < '3.11'", "sys_platform == 'win32'", "python_version == '3.8' or python_version == '3.9'"]
        {
            assert!(!of_python(marker, false), "{marker}");
        }
    }
}
