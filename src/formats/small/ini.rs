//! Sections of `key = value` lines, as setup.cfg, tox.ini and supervisord read them.

use super::{CommandText, lines, spanned, trimmed};
use crate::model::{FileId, Span, SpanMap, Spanned};

/// A section.
#[derive(Clone, Debug)]
pub struct Section {
    /// Its name.
    pub name: Spanned<String>,
    /// Its entries; a value may have several lines.
    pub entries: Vec<(Spanned<String>, Vec<Spanned<String>>)>,
}

impl Section {
    /// The lines of a value, empty ones left out.
    pub fn lines(&self, key: &str) -> &[Spanned<String>] {
        self.entries.iter().rev().find(|(name, _)| name.value == key).map_or(&[], |(_, lines)| lines)
    }

    /// The first line of a value.
    pub fn first(&self, key: &str) -> Option<&Spanned<String>> {
        self.lines(key).first()
    }

    /// All lines of a value as one command.
    pub fn command(&self, key: &str) -> Option<CommandText> {
        let lines = self.lines(key);
        let (first, last) = (lines.first()?, lines.last()?);
        let (mut text, mut starts) = (String::new(), Vec::new());
        for line in lines {
            if !text.is_empty() {
                text.push(' ');
            }
            starts.push((u32::try_from(text.len()).unwrap_or(u32::MAX), line.span.start));
            text.push_str(&line.value);
        }
        let map = SpanMap::Pieces { file: first.span.file, starts };
        Some(CommandText { text, span: first.span.to(last.span), map })
    }
}

/// The section of a name; the last one counts.
pub fn section<'s>(sections: &'s [Section], name: &str) -> Option<&'s Section> {
    sections.iter().rev().find(|section| section.name.value == name)
}

/// The sections, in source order. `inline` are the characters that start a comment after a blank.
pub fn parse(file: FileId, text: &str, inline: &[char]) -> Vec<Section> {
    let mut out: Vec<Section> = Vec::new();
    for (start, line) in lines(text) {
        let line = comment(line, inline).map_or(line, |at| &line[..at]);
        let (at, bare) = trimmed(start, line);
        if bare.is_empty() || bare.starts_with(['#', ';']) {
            continue;
        }
        let indented = line.starts_with([' ', '\t']);
        let open = out.last_mut().and_then(|section| section.entries.last_mut());
        if let (true, Some((_, values))) = (indented, open) {
            values.push(spanned(file, at, bare));
        } else if let Some(name) = bare.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            out.push(Section { name: spanned(file, at + 1, name), entries: Vec::new() });
        } else if let Some(section) = out.last_mut() {
            let cut = bare.find(['=', ':']);
            let name = spanned(file, at, &bare[..cut.unwrap_or(bare.len())]);
            let value = cut.map(|cut| spanned(file, at + cut + 1, &bare[cut + 1..]));
            section.entries.push((name, value.into_iter().filter(|value| !value.value.is_empty()).collect()));
        }
    }
    out
}

fn comment(line: &str, inline: &[char]) -> Option<usize> {
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        if inline.contains(&c) && before.is_whitespace() {
            return Some(at);
        }
        before = c;
    }
    None
}

/// The place of a whole section: from its name to its last value.
pub fn extent(section: &Section) -> Span {
    let last = section.entries.last().map(|(name, values)| values.last().map_or(name.span, |value| value.span));
    last.map_or(section.name.span, |last| section.name.span.to(last))
}
