//! Sections of `key = value` lines, as setup.cfg, tox.ini and supervisord read them.

use super::{CommandText, lines, spanned, trimmed};
use crate::model::{FileId, Problem, Span, SpanMap, Spanned};

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
        self.value(key).unwrap_or_default()
    }

    /// The lines of a value, where the section has it.
    pub fn value(&self, key: &str) -> Option<&[Spanned<String>]> {
        self.entries.iter().rev().find(|(name, _)| name.value == key).map(|(_, lines)| lines.as_slice())
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

/// Who reads a file of this form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialect {
    /// Python's configparser, with the characters that start a comment behind a blank; names in lower case, a value
    /// goes on in lines that are indented further.
    ConfigParser(&'static [char]),
    /// pytest's iniconfig: no comment behind a value, a value goes on in lines that are indented at all.
    IniConfig,
}

/// A file.
#[derive(Clone, Default, Debug)]
pub struct Ini {
    /// Its sections, in source order, each name once.
    pub sections: Vec<Section>,
    /// Lines that say nothing.
    pub problems: Vec<Problem>,
}

impl Ini {
    /// The section of a name.
    pub fn section(&self, name: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.name.value == name)
    }
}

/// How many problems of one file are told.
const MAX_PROBLEMS: usize = 20;

/// Reads the sections.
pub fn parse(file: FileId, text: &str, dialect: Dialect) -> Ini {
    let mut ini = Ini::default();
    let inline = if let Dialect::ConfigParser(inline) = dialect { inline } else { &[] };
    let (mut open, mut indent): (Option<usize>, usize) = (None, 0);
    // Whether the last name of the open section may go on.
    let mut goes_on = false;
    for (start, whole) in lines(text) {
        let line = comment(whole, inline).map_or(whole, |at| &whole[..at]);
        let (at, bare) = trimmed(start, line);
        if bare.is_empty() || bare.starts_with(['#', ';']) {
            continue;
        }
        let depth = line.len() - line.trim_start().len();
        let section = open.and_then(|open| ini.sections.get_mut(open));
        let deeper = match dialect {
            Dialect::ConfigParser(_) => depth > indent,
            Dialect::IniConfig => depth > 0,
        };
        if let (true, Some((_, values))) = (deeper && goes_on, section.and_then(|section| section.entries.last_mut())) {
            values.push(spanned(file, at, bare));
            continue;
        }
        indent = depth;
        goes_on = false;
        let header = bare.strip_prefix('[').and_then(|rest| Some((rest, rest.rfind(']').filter(|end| *end > 0)?)));
        if let Some((rest, end)) = header {
            let name = Spanned::new(rest[..end].to_owned(), Span::new(file, at + 1, at + 1 + end));
            let known = ini.sections.iter().position(|section| section.name.value == name.value);
            open = known.or(Some(ini.sections.len()));
            if known.is_none() {
                ini.sections.push(Section { name, entries: Vec::new() });
            }
            continue;
        }
        let message = match (bare.find(['=', ':']), open.and_then(|open| ini.sections.get_mut(open))) {
            (Some(cut), Some(section)) if cut > 0 => {
                let mut name = spanned(file, at, &bare[..cut]);
                if dialect != Dialect::IniConfig {
                    name.value = name.value.to_lowercase();
                }
                let value = spanned(file, at + cut + 1, &bare[cut + 1..]);
                section.entries.push((name, Some(value).into_iter().filter(|value| !value.value.is_empty()).collect()));
                goes_on = true;
                continue;
            }
            (_, None) => "a line before the first section",
            _ => "neither a section nor `name = value`",
        };
        if ini.problems.len() < MAX_PROBLEMS {
            ini.problems.push(Problem::new(Span::new(file, at, at + bare.len()), message));
        }
    }
    inherit(&mut ini);
    ini
}

/// What `[DEFAULT]` says holds in every section that does not say it.
fn inherit(ini: &mut Ini) {
    let Some(defaults) = ini.section("DEFAULT").map(|section| section.entries.clone()) else { return };
    for section in ini.sections.iter_mut().filter(|section| section.name.value != "DEFAULT").take(1_000) {
        let own = std::mem::take(&mut section.entries);
        section.entries = defaults.iter().cloned().chain(own).collect();
    }
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
    let ends = section.entries.iter().map(|(name, values)| values.last().map_or(name.span, |value| value.span));
    ends.filter(|end| end.start > section.name.span.start).fold(section.name.span, Span::to)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, dialect: Dialect) -> String {
        let ini = parse(FileId(0), text, dialect);
        let entry = |(name, values): &(Spanned<String>, Vec<Spanned<String>>)| {
            assert!(values.iter().all(|value| text[value.span.range()] == value.value));
            let values: Vec<_> = values.iter().map(|value| value.value.as_str()).collect();
            format!("{}={}", name.value, values.join("|"))
        };
        let section = |section: &Section| {
            let entries: Vec<_> = section.entries.iter().map(entry).collect();
            format!("[{}]{}", section.name.value, entries.join(","))
        };
        let sections: Vec<_> = ini.sections.iter().map(section).collect();
        format!("{} {}", sections.join(""), ini.problems.len())
    }

    #[test]
    fn indentation_and_comments_are_those_of_the_reader() {
        let text = "[A] ; x\n Key = 1 ; c\n  2 # d\n\n   # e\n  3;f\n B: 4\n[ b ]\nc\n = d\n";
        assert_eq!(read(text, Dialect::ConfigParser(&[';', '#'])), "[A]key=1|2|3;f,b=4[ b ] 2");
        assert_eq!(read(text, Dialect::ConfigParser(&[])), "[A]key=1 ; c|2 # d|3;f,b=4[ b ] 2");
        assert_eq!(read("x\n[A]\nKey = 1\n 2 # d\n  B = 3\nc:4\n", Dialect::IniConfig), "[A]Key=1|2 # d|B = 3,c=4 1");
    }

    #[test]
    fn a_section_may_come_twice_and_defaults_hold_in_all() {
        let text = "[a]\nx=1\n[DEFAULT]\ny=2\n[a]\ny=3\nx=4\n[c]\n";
        assert_eq!(read(text, Dialect::ConfigParser(&[])), "[a]y=2,x=1,y=3,x=4[DEFAULT]y=2[c]y=2 0");
    }
}
