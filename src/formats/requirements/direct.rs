//! What pip takes besides PEP 508: paths, addresses, wheels, editables.

use std::collections::BTreeSet;

use super::spec::{Cursor, extras, marker, parse};
use super::{Clause, Direct, LineKind, Requirement, normalize, versions};
use crate::model::{Span, SpanMap, Spanned};

const SCHEMES: [&str; 26] = [
    "http",
    "https",
    "file",
    "ftp",
    "bzr+http",
    "bzr+https",
    "bzr+ssh",
    "bzr+sftp",
    "bzr+ftp",
    "bzr+lp",
    "bzr+file",
    "git+http",
    "git+https",
    "git+ssh",
    "git+git",
    "git+file",
    "hg+file",
    "hg+http",
    "hg+https",
    "hg+ssh",
    "hg+static-http",
    "svn+ssh",
    "svn+http",
    "svn+https",
    "svn+svn",
    "svn+file",
];

/// The scheme of an address that pip knows.
fn scheme(text: &str) -> Option<&'static str> {
    let found = text.split_once(':')?.0.to_ascii_lowercase();
    SCHEMES.into_iter().find(|scheme| *scheme == found)
}

/// Whether pip takes a text for an address.
pub fn is_address(text: &str) -> bool {
    scheme(text).is_some()
}

const ARCHIVES: [&str; 12] =
    [".zip", ".whl", ".tar.bz2", ".tbz", ".tar.gz", ".tgz", ".tar", ".tar.xz", ".txz", ".tlz", ".tar.lz", ".tar.lzma"];

/// Whether a path ends as an archive does that pip unpacks.
pub fn is_archive(path: &str) -> bool {
    let file = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let Some((stem, _)) = file.rsplit_once('.').filter(|(stem, _)| !stem.trim_matches('.').is_empty()) else {
        return false;
    };
    let start = stem.strip_suffix(".tar").map_or(stem.len(), str::len);
    // `.tar.zip` is no archive to pip: the two endings count as one.
    ARCHIVES.contains(&&file[start..])
}

/// Whether pip looks for a folder of this name: there is a slash, or a dot in front.
pub fn looks_like_path(text: &str) -> bool {
    text.contains('/') || text.starts_with('.')
}

/// Extras in brackets at the very end of a text, and where they start.
fn trailing(text: &str, map: &SpanMap) -> Result<Option<(usize, BTreeSet<String>)>, String> {
    let Some(inner) = text.strip_suffix(']') else { return Ok(None) };
    // The pattern takes as much as it can before the brackets: the last `[` counts.
    let Some(open) = inner.rfind('[').filter(|open| *open > 0 && !inner[*open..].contains(']')) else {
        return Ok(None);
    };
    if open + 1 == inner.len() {
        return Ok(None);
    }
    let mut c = Cursor { text, at: open, map };
    let found = extras(&mut c)?;
    if c.rest().is_empty() { Ok(Some((open, found))) } else { Err("the extras do not end".into()) }
}

/// Whether what stands in brackets at the end of a line are no extras: pip fails on the whole file then.
pub(super) fn broken_extras(text: &str, map: &SpanMap) -> bool {
    let body = text.split(';').next().unwrap_or(text).trim_end();
    !is_address(text) && trailing(body, map).is_err()
}

/// A line of a requirements file, its options cut off: a requirement, a path or an address.
pub fn pip_line(text: &str, map: &SpanMap, hashes: Vec<Spanned<String>>) -> Result<LineKind, String> {
    let address = is_address(text);
    let separator = if address { "; " } else { ";" };
    let (body, tail) = text.find(separator).map_or((text, None), |at| (&text[..at], Some(at + separator.len())));
    let body = body.trim_end();
    let marker = match tail.filter(|at| !text[*at..].trim().is_empty()) {
        Some(at) => {
            let lead = text[at..].len() - text[at..].trim_start().len();
            Some(marker(&mut Cursor { text, at: at + lead, map })?)
        }
        None => None,
    };
    if address {
        let target = Spanned::new(body.to_owned(), map.span(0, body.len()));
        return named(direct(target, BTreeSet::new(), marker, hashes, map.span(0, text.len())), map);
    }
    let found = trailing(body, map)?;
    let bare = found.as_ref().map_or(body, |(cut, _)| body[..*cut].trim_end());
    let named_address = body.split_once('@').is_some_and(|(left, _)| !looks_like_path(left));
    let parsed = parse(body, map);
    if (is_archive(bare) && !named_address) || (looks_like_path(body) && parsed.is_err()) {
        let target = Spanned::new(bare.to_owned(), map.span(0, bare.len()));
        let extras = found.map(|(_, extras)| extras).unwrap_or_default();
        return named(direct(target, extras, marker, hashes, map.span(0, text.len())), map);
    }
    let mut parsed = parsed?;
    // Extras at the end of the line go before those of the name: `foo[a] @ address#egg=foo[b]`.
    if let Some((_, extras)) = found {
        parsed.extras = extras;
    }
    parsed.hashes = hashes;
    parsed.span = map.span(0, text.len());
    parsed.marker = marker;
    Ok(LineKind::Requirement(parsed))
}

fn direct(
    target: Spanned<String>,
    extras: BTreeSet<String>,
    marker: Option<Spanned<String>>,
    hashes: Vec<Spanned<String>>,
    span: Span,
) -> Direct {
    Direct { target, extras, marker, hashes, editable: false, span }
}

/// The range of the name in `#egg=name`, or why pip refuses it.
fn egg(text: &str) -> Result<Option<(usize, usize)>, String> {
    let starts = ["#egg=", "&egg="].iter().filter_map(|mark| text.find(mark)).min();
    let Some(at) = starts.map(|at| at + 5) else { return Ok(None) };
    let end = text[at..].find('&').map_or(text.len(), |n| n + at);
    // Old versions of pip take a version behind the name; the address says what is installed.
    let whole = &text[at..end];
    let name = whole.split_once("==").map_or(whole, |(name, _)| name);
    let end = at + name.len();
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    if plain && edge(name.chars().next()) && edge(name.chars().next_back()) {
        return Ok(Some((at, end)));
    }
    Err(format!("egg={name} does not name a package"))
}

/// The ranges of name and version in a wheel's file name; none if it is no wheel.
fn wheel(text: &str, address: bool) -> Result<Option<[(usize, usize); 2]>, String> {
    let path = if address { text.split(['#', '?']).next().unwrap_or(text) } else { text }.trim_end_matches('/');
    let file = path.rfind('/').map_or(0, |at| at + 1);
    let Some(stem) = path[file..].strip_suffix(".whl").filter(|stem| !stem.trim_matches('.').is_empty()) else {
        return Ok(None);
    };
    let refused = || format!("{stem}.whl is no name of a wheel");
    let parts: Vec<&str> = stem.split('-').collect();
    let [name, version, .., python, abi, platform] = parts[..] else { return Err(refused()) };
    let build = if let [_, _, build, _, _, _] = parts[..] { Some(build) } else { None };
    let tags = [python, abi, platform].iter().all(|tag| tag.split('.').all(|part| !part.is_empty()));
    let plain = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    let good = parts.len() <= 6
        && tags
        && !name.is_empty()
        && !name.contains("__")
        && name.chars().all(plain)
        && build.is_none_or(|build| build.starts_with(|c: char| c.is_ascii_digit()))
        && versions::is_version(&decoded(version));
    if !good {
        return Err(refused());
    }
    let start = file + name.len() + 1;
    Ok(Some([(file, file + name.len()), (start, start + version.len())]))
}

/// A part of an address with its `%2B` and the like replaced.
pub fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).and_then(|b| char::from(*b).to_digit(16)).and_then(|d| u8::try_from(d).ok());
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        if let (b'%', Some(high), Some(low)) = (byte, digit(at + 1), digit(at + 2)) {
            out.push(high * 16 + low);
            at += 3;
        } else {
            out.push(*byte);
            at += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Gives an address its name where it states one: by `#egg=`, or as a wheel.
fn named(direct: Direct, map: &SpanMap) -> Result<LineKind, String> {
    let text = direct.target.value.clone();
    let address = is_address(&text);
    let egg = if address { egg(&text)? } else { None };
    let mut clauses = Vec::new();
    let range = if let Some([name, version]) = wheel(&text, address)? {
        let span = map.span(version.0, version.1);
        let value = Spanned::new(versions::canonical(&decoded(&text[version.0..version.1])), span);
        clauses.push(Clause { operator: "==".into(), version: value, span });
        name
    } else if let Some(range) = egg {
        range
    } else {
        return Ok(LineKind::Direct(direct));
    };
    Ok(LineKind::Requirement(Requirement {
        name: Spanned::new(normalize(&text[range.0..range.1]), map.span(range.0, range.1)),
        extras: direct.extras,
        specifier: clauses.first().map(|c| Spanned::new(c.text(), c.span)),
        clauses,
        url: Some(direct.target),
        marker: direct.marker,
        hashes: direct.hashes,
        editable: direct.editable,
        span: direct.span,
    }))
}

/// What stands after `-e`.
pub fn editable(text: &str, map: &SpanMap) -> Result<LineKind, String> {
    let refused = || format!("{text} is neither a folder nor an address of a version control system");
    let vcs = |address: &str| scheme(address).is_some_and(|scheme| scheme.contains('+'));
    if let Ok(mut found) = parse(text, map)
        && let Some(url) = &found.url
    {
        if !vcs(&url.value) && !url.value.starts_with("file:") {
            return Err(refused());
        }
        found.editable = true;
        return Ok(LineKind::Requirement(found));
    }
    let found = trailing(text, map)?;
    let (bare, extras) = found.map_or((text, BTreeSet::new()), |(cut, extras)| (text[..cut].trim_end(), extras));
    let whole = map.span(0, text.len());
    let mut direct = direct(Spanned::new(bare.to_owned(), map.span(0, bare.len())), extras, None, Vec::new(), whole);
    direct.editable = true;
    let lower = text.to_ascii_lowercase();
    let short = ["bzr:", "git:", "hg:", "svn:"].iter().find(|vcs| lower.starts_with(**vcs));
    let full = short.map_or(text.to_owned(), |vcs| format!("{}+{text}", &vcs[..vcs.len() - 1]));
    if lower.starts_with("file:") {
        // Only its `#egg=` names it: a folder is no wheel.
        return match egg(bare)? {
            Some(_) if wheel(bare, true)?.is_none() => named(direct, map),
            _ => Ok(LineKind::Direct(direct)),
        };
    }
    if !vcs(&full) {
        return if is_address(text) || bare.is_empty() { Err(refused()) } else { Ok(LineKind::Direct(direct)) };
    }
    let Some(name) = egg(text)? else { return Err(format!("{text} does not name its package")) };
    Ok(LineKind::Requirement(Requirement {
        name: Spanned::new(normalize(&text[name.0..name.1]), map.span(name.0, name.1)),
        extras: BTreeSet::new(),
        specifier: None,
        clauses: Vec::new(),
        url: Some(Spanned::new(full, whole)),
        marker: None,
        hashes: Vec::new(),
        editable: true,
        span: whole,
    }))
}
