//! One requirement of PEP 508.

use std::collections::BTreeSet;

pub use super::direct::{decoded, editable, is_address, is_archive, looks_like_path, pip_line};
use super::marker::Marker;
use super::{Clause, Requirement, normalize, versions};
use crate::model::{SpanMap, Spanned};

/// A cursor over a text that lies somewhere in a file.
pub(super) struct Cursor<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
    pub(super) map: &'a SpanMap,
}

impl<'a> Cursor<'a> {
    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip(&mut self) {
        self.take(|c| matches!(c, ' ' | '\t'));
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

/// Whether `packaging` takes a word for a name: the last character must end a word.
fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric()) && !name.ends_with(['.', '-'])
}

/// Reads a requirement of PEP 508. `map` leads from offsets of `text` to the file.
pub fn parse(text: &str, map: &SpanMap) -> Result<Requirement, String> {
    let mut c = Cursor { text, at: 0, map };
    c.skip();
    let start = c.at;
    let name = c.take(|x| x.is_ascii_alphanumeric() || matches!(x, '.' | '_' | '-'));
    if !is_identifier(name) {
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
        let url = c.take(|x| !matches!(x, ' ' | '\t'));
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
        return Err(unexpected(out.url.is_some(), !out.clauses.is_empty()));
    }
    Ok(out)
}

/// What `packaging` says of a text that goes on where it should end.
fn unexpected(url: bool, versions: bool) -> String {
    let wanted = match (url, versions) {
        (true, _) => "semicolon (after URL and whitespace)",
        (_, true) => "comma (within version specifier), semicolon (after version specifier)",
        _ => "semicolon (after name with no version specifier)",
    };
    format!("Expected {wanted} or end")
}

pub(super) fn marker(c: &mut Cursor<'_>) -> Result<Spanned<String>, String> {
    c.skip();
    let text = c.rest().trim_end();
    if Marker::parse(text).is_none() {
        return Err(format!("{text:?} is no marker"));
    }
    let from = c.at;
    c.at = c.text.len();
    Ok(c.spanned(text, from, from + text.len()))
}

pub(super) fn extras(c: &mut Cursor<'_>) -> Result<BTreeSet<String>, String> {
    let mut out = BTreeSet::new();
    if !c.eat('[') {
        return Ok(out);
    }
    loop {
        c.skip();
        let name = c.take(|x| x.is_ascii_alphanumeric() || matches!(x, '.' | '_' | '-'));
        if !name.is_empty() {
            if !is_identifier(name) {
                return Err(format!("{name} is no name of an extra"));
            }
            out.insert(normalize(name));
        }
        c.skip();
        let more = c.eat(',');
        match (more, !more && c.eat(']')) {
            (_, true) if !name.is_empty() || out.is_empty() => return Ok(out),
            (true, _) if !name.is_empty() => {}
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
        if versions::refused(operator, version).is_some() {
            let begun = version.trim_start_matches(['v', 'V']).starts_with(|c: char| c.is_ascii_digit());
            return Err(unexpected(false, begun || !out.clauses.is_empty()));
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
