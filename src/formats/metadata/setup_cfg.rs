//! `setup.cfg`, as setuptools reads it.

use super::{Known, Metadata, dependency};
use crate::discover::{Tree, paths};
use crate::formats::requirements::normalize;
use crate::formats::small::ini::{self, Section};
use crate::model::{FileId, Reason, Span, Spanned};

/// What it says; none if it says nothing of packages.
pub(super) fn metadata(tree: &Tree, file: FileId, folder: &str) -> Option<Metadata> {
    let text = tree.text(file).ok()?;
    let sections = ini::parse(file, text, ini::Dialect::ConfigParser(&[]));
    let find = |name: &str| sections.section(name);
    let (about, options, extras) = (find("metadata"), find("options"), find("options.extras_require"));
    if about.is_none() && options.is_none() && extras.is_none() {
        return None;
    }
    let one = |section: Option<&Section>, key: &str| section.and_then(|section| section.first(key).cloned());
    let list = |lines: &[Spanned<String>]| requirements(tree, folder, lines);
    let known =
        |section: &Section| section.entries.iter().map(|(name, lines)| (normalize(&name.value), list(lines))).collect();
    Some(Metadata {
        name: one(about, "name"),
        requires_python: one(options, "python_requires"),
        dependencies: options.filter(|o| has(o, "install_requires")).map(|o| list(o.lines("install_requires"))),
        extras: extras.map(|section| Ok(known(section))),
    })
}

fn has(section: &Section, key: &str) -> bool {
    section.entries.iter().any(|(name, _)| name.value == key)
}

/// A list of requirements: a line each, or, on one line, parted by `;`; or the lines of files.
fn requirements(tree: &Tree, folder: &str, lines: &[Spanned<String>]) -> Known {
    if let [only] = lines {
        if let Some(names) = only.value.strip_prefix("file:") {
            let mut all = Vec::new();
            for name in names.split(',').map(str::trim) {
                all.extend(of_file(tree, folder, name, only.span)?);
            }
            return Ok(all);
        }
        if only.value.contains(';') {
            return Ok(parted(only).into_iter().map(dependency).collect());
        }
    }
    Ok(lines.iter().filter(|line| !line.value.starts_with('#')).cloned().map(dependency).collect())
}

fn parted(line: &Spanned<String>) -> Vec<Spanned<String>> {
    let mut out = Vec::new();
    let mut at = line.span.start as usize;
    for part in line.value.split(';') {
        let bare = part.trim();
        let start = at + part.len() - part.trim_start().len();
        if !bare.is_empty() {
            out.push(Spanned::new(bare.to_owned(), Span::new(line.span.file, start, start + bare.len())));
        }
        at += part.len() + 1;
    }
    out
}

pub(super) fn of_file(tree: &Tree, folder: &str, name: &str, at: Span) -> Known {
    let missing = || Reason::at(format!("{name} cannot be read"), at);
    let file = paths::join(folder, name).and_then(|path| tree.find(&path)).ok_or_else(missing)?;
    let text = tree.text(file).map_err(|_| missing())?;
    let mut out = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let bare = line.trim();
        let from = start + line.len() - line.trim_start().len();
        if bare.starts_with('-') {
            return Err(Reason::at(format!("{bare} is an option of pip, which setuptools refuses"), at));
        }
        if !bare.is_empty() && !bare.starts_with('#') {
            out.push(dependency(Spanned::new(bare.to_owned(), Span::new(file, from, from + bare.len()))));
        }
        start += line.len();
    }
    Ok(out)
}
