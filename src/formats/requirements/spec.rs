//! One requirement: PEP 508, and what pip takes besides (paths, addresses, wheels).

use std::collections::BTreeSet;

use super::marker::Marker;
use super::{Clause, Direct, LineKind, Requirement, normalize, versions};
use crate::model::{SpanMap, Spanned};

/// A cursor over a text that lies somewhere in a file.
struct Cursor<'a> {
    text: &'a str,
    at: usize,
    map: &'a SpanMap,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn take(&mut self, test: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c| !test(c)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn eat(&mut self, c: char) -> bool {
        let found = self.rest().starts_with(c);
        self.at += if found { c.len_utf8() } else { 0 };
        found
    }

    fn spanned(&self, text: impl Into<String>, start: usize, end: usize) -> Spanned<String> {
        Spanned::new(text.into(), self.map.span(start, end))
    }
}

/// Reads a requirement of PEP 508. `map` leads from offsets of `text` to the file.
pub fn parse(text: &str, map: &SpanMap) -> Result<Requirement, String> {
    let mut c = Cursor { text, at: 0, map };
    c.skip();
    let start = c.at;
    let name = c.take(|x| x.is_ascii_alphanumeric() || matches!(x, '.' | '_' | '-'));
    let ends = |x: Option<char>| x.is_some_and(|x| x.is_ascii_alphanumeric());
    if !ends(name.chars().next()) || !ends(name.chars().next_back()) {
        return Err("Expected package name at the start of dependency specifier".into());
    }
    let name = c.spanned(normalize(name), start, c.at);
    c.skip();
    let extras = extras(&mut c)?;
    c.skip();
    let mut out = Requirement {
        span: map.span(start, text.trim_end().len().max(start)),
        name,
        extras,
        specifier: None,
        clauses: Vec::new(),
        url: None,
        marker: None,
        hashes: Vec::new(),
        editable: false,
    };
    if c.eat('@') {
        c.skip();
        let from = c.at;
        let url = c.take(|x| !x.is_whitespace());
        if url.is_empty() {
            return Err("no address after @".into());
        }
        out.url = Some(c.spanned(url, from, c.at));
    } else {
        specifier(&mut c, &mut out)?;
    }
    c.skip();
    if c.eat(';') {
        out.marker = Some(marker(&mut c)?);
    } else if !c.rest().is_empty() {
        return Err(format!("did not expect {:?}", c.rest()));
    }
    Ok(out)
}

fn marker(c: &mut Cursor<'_>) -> Result<Spanned<String>, String> {
    c.skip();
    let text = c.rest().trim_end();
    if Marker::parse(text).is_none() {
        return Err(format!("{text:?} is no marker"));
    }
    let from = c.at;
    c.at = c.text.len();
    Ok(c.spanned(text, from, from + text.len()))
}

fn extras(c: &mut Cursor<'_>) -> Result<BTreeSet<String>, String> {
    let mut out = BTreeSet::new();
    if !c.eat('[') {
        return Ok(out);
    }
    loop {
        c.skip();
        let name = c.take(|x| x.is_ascii_alphanumeric() || matches!(x, '.' | '_' | '-'));
        if !name.is_empty() {
            out.insert(normalize(name));
        }
        c.skip();
        match (c.eat(','), c.eat(']')) {
            (_, true) => return Ok(out),
            (true, false) if !name.is_empty() => {}
            _ => return Err("the extras do not end".into()),
        }
    }
}

fn specifier(c: &mut Cursor<'_>, out: &mut Requirement) -> Result<(), String> {
    let paren = c.eat('(');
    c.skip();
    let start = c.at;
    let mut end = c.at;
    loop {
        let from = c.at;
        let operator = c.take(|x| "<>=!~".contains(x));
        if operator.is_empty() {
            break;
        }
        if !matches!(operator, "==" | "!=" | "<=" | ">=" | "<" | ">" | "~=" | "===") {
            return Err(format!("no such operator: {operator}"));
        }
        c.skip();
        let at = c.at;
        let version = c.take(|x| !x.is_whitespace() && !matches!(x, ',' | ';' | ')'));
        if let Some(why) = versions::refused(operator, version) {
            return Err(why);
        }
        end = c.at;
        let version = c.spanned(version, at, end);
        out.clauses.push(Clause { operator: operator.into(), version, span: c.map.span(from, end) });
        c.skip();
        if !c.eat(',') {
            break;
        }
        c.skip();
    }
    c.skip();
    if paren && !c.eat(')') {
        return Err("the parenthesis does not end".into());
    }
    if end > start {
        out.specifier = Some(c.spanned(&c.text[start..end], start, end));
    }
    Ok(())
}

const ARCHIVES: [&str; 9] = [".zip", ".whl", ".tar.gz", ".tgz", ".tar", ".tar.bz2", ".tbz", ".tar.xz", ".txz"];
const VCS: [&str; 4] = ["git+", "hg+", "svn+", "bzr+"];

fn is_address(text: &str) -> bool {
    let Some((scheme, _)) = text.split_once(':') else { return false };
    matches!(scheme, "http" | "https" | "file" | "ftp") || VCS.iter().any(|vcs| scheme.starts_with(vcs))
}

/// Whether pip takes the text for a path.
pub fn looks_like_path(text: &str) -> bool {
    let bare = text.split('[').next().unwrap_or(text).trim();
    let archive = ARCHIVES.iter().any(|end| bare.to_ascii_lowercase().ends_with(end));
    let named = text.split_once('@').is_some_and(|(left, _)| !left.contains('/') && !left.starts_with('.'));
    (bare.contains('/') || bare.starts_with('.') || archive) && !named
}

/// A line of a requirements file, its options cut off: a requirement, a path or an address.
pub fn pip_line(text: &str, map: &SpanMap, hashes: Vec<Spanned<String>>) -> Result<LineKind, String> {
    let address = is_address(text);
    if !address && !looks_like_path(text.split(';').next().unwrap_or(text)) {
        let mut found = parse(text, map)?;
        found.hashes = hashes;
        return Ok(LineKind::Requirement(found));
    }
    let separator = if address { "; " } else { ";" };
    let (body, tail) = text.find(separator).map_or((text, None), |at| (&text[..at], Some(at + separator.len())));
    let body = body.trim_end();
    let marker = match tail {
        Some(at) => {
            let mut c = Cursor { text, at, map };
            Some(marker(&mut c)?)
        }
        None => None,
    };
    let mut direct = direct(body, map)?;
    direct.marker = marker;
    direct.hashes = hashes;
    direct.span = map.span(0, text.len());
    Ok(named(direct, map))
}

/// A path or an address with its extras.
fn direct(text: &str, map: &SpanMap) -> Result<Direct, String> {
    let mut cut = text.len();
    let mut names = BTreeSet::new();
    if text.ends_with(']')
        && let Some(open) = text.rfind('[')
    {
        let mut c = Cursor { text, at: open, map };
        names = extras(&mut c)?;
        cut = open;
    }
    Ok(Direct {
        target: Spanned::new(text[..cut].to_owned(), map.span(0, cut)),
        extras: names,
        marker: None,
        hashes: Vec::new(),
        editable: false,
        span: map.span(0, text.len()),
    })
}

/// The range of the name in `#egg=name`.
fn egg(text: &str) -> Option<(usize, usize)> {
    let fragment = text.find('#')?;
    let at = text[fragment..].find("egg=")? + fragment + 4;
    let end = text[at..].find(['&', '[']).map_or(text.len(), |n| n + at);
    (end > at).then_some((at, end))
}

/// The ranges of name and version in a wheel's file name.
fn wheel(text: &str) -> Option<((usize, usize), (usize, usize))> {
    let bare = text.split(['#', '?']).next()?;
    let file = bare.rfind('/').map_or(0, |at| at + 1);
    let stem = bare[file..].strip_suffix(".whl")?;
    let mut parts = stem.split('-');
    let (name, version) = (parts.next()?, parts.next()?);
    parts.next()?;
    let start = file + name.len() + 1;
    Some(((file, file + name.len()), (start, start + version.len())))
}

/// Gives an address its name where it states one: by `#egg=`, or as a wheel.
fn named(direct: Direct, map: &SpanMap) -> LineKind {
    let text = direct.target.value.clone();
    let mut clauses = Vec::new();
    let range = if let Some((name, version)) = wheel(&text) {
        let span = map.span(version.0, version.1);
        let value = Spanned::new(text[version.0..version.1].replace('_', "-"), span);
        clauses.push(Clause { operator: "==".into(), version: value, span });
        name
    } else if let Some(range) = egg(&text) {
        range
    } else {
        return LineKind::Direct(direct);
    };
    LineKind::Requirement(Requirement {
        name: Spanned::new(normalize(&text[range.0..range.1]), map.span(range.0, range.1)),
        extras: direct.extras,
        specifier: clauses.first().map(|c| Spanned::new(c.text(), c.span)),
        clauses,
        url: Some(direct.target),
        marker: direct.marker,
        hashes: direct.hashes,
        editable: direct.editable,
        span: direct.span,
    })
}

/// What stands after `-e`.
pub fn editable(text: &str, map: &SpanMap) -> Result<LineKind, String> {
    if !is_address(text)
        && let Ok(mut found) = parse(text, map)
        && found.url.is_some()
    {
        found.editable = true;
        return Ok(LineKind::Requirement(found));
    }
    let mut direct = direct(text.trim(), map)?;
    direct.editable = true;
    let vcs = VCS.iter().any(|vcs| text.starts_with(vcs));
    match named(direct, map) {
        LineKind::Direct(d) if vcs => Err(format!("{} does not name its package", d.target.value)),
        kind => Ok(kind),
    }
}
