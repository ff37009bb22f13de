//! Lines to logical lines to instructions, with directives, comments and heredocs.

use super::heredoc::{self, Marker};
use super::text::Text;
use super::{Dockerfile, Heredoc, Instruction};
use super::{instruction, shape};
use crate::model::{FileId, Problem, Span, Spanned};

/// Reads a Dockerfile. It never fails: what cannot be read is a problem, and the rest is kept.
pub fn parse(file: FileId, text: &str) -> Dockerfile {
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut lines = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let mark = if at == 0 { start } else { 0 };
        lines.push((at + mark, &line[mark..]));
        at += line.len();
    }
    let result = Dockerfile {
        file,
        escape: '\\',
        syntax: None,
        instructions: Vec::new(),
        problems: Vec::new(),
        refused: Vec::new(),
    };
    let mut parser = Parser { lines, next: 0, directives: Some(Vec::new()), lost: false, result };
    parser.too_long();
    while parser.next < parser.lines.len() {
        parser.logical_line();
    }
    if parser.result.instructions.is_empty() && parser.result.problems.is_empty() {
        let problem = Problem::new(Span::new(file, 0, 0), "the file has no instructions");
        parser.result.problems.push(problem);
    }
    parser.result
}

/// The size of BuildKit's buffer for a line.
const LONGEST: usize = 64 * 1024;

struct Parser<'t> {
    /// Offset and text of every line, newlines included.
    lines: Vec<(usize, &'t str)>,
    next: usize,
    /// The directives seen, while there can still be one.
    directives: Option<Vec<String>>,
    /// After an unterminated heredoc: lines that are no instructions are skipped in silence.
    lost: bool,
    result: Dockerfile,
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with('#')
}

/// The line's length without a continuation character, if it ends in one.
fn continued(line: &str, escape: char) -> Option<usize> {
    let kept = line.trim_end_matches([' ', '\t']).strip_suffix(escape)?;
    // An escaped escape character does not continue the line.
    (!kept.ends_with(escape)).then_some(kept.len())
}

impl<'t> Parser<'t> {
    fn line(&self, index: usize) -> (usize, &'t str) {
        let (at, line) = self.lines[index];
        (at, line.trim_end_matches(['\r', '\n']))
    }

    fn problem(&mut self, span: Span, message: impl Into<String>) {
        self.result.problems.push(Problem::new(span, message));
    }

    /// BuildKit's scanner gives up at a line that does not fit its buffer; here it is read all the same.
    fn too_long(&mut self) {
        for index in 0..self.lines.len() {
            let (at, line) = self.lines[index];
            let mark = if index == 0 { at } else { 0 };
            if mark + line.trim_end_matches('\n').len() >= LONGEST {
                let span = Span::new(self.result.file, at, at + line.len());
                self.problem(span, format!("a line is longer than {} bytes", LONGEST - 1));
            }
        }
    }

    fn directive(&mut self, at: usize, line: &str) {
        let Some(seen) = &mut self.directives else { return };
        let Some((name, value)) = directive(line) else {
            self.directives = None;
            return;
        };
        let file = self.result.file;
        let span = Span::new(file, at, at + line.len());
        let key = name.to_ascii_lowercase();
        if seen.contains(&key) {
            self.problem(span, format!("only one {key} directive can be used"));
            return;
        }
        seen.push(key.clone());
        let offset = at + (value.as_ptr().addr() - line.as_ptr().addr());
        let place = Span::new(file, offset, offset + value.len());
        match (key.as_str(), value) {
            ("escape", "\\" | "`") => self.result.escape = if value == "`" { '`' } else { '\\' },
            ("escape", _) => self.problem(place, "the escape character must be a backslash or a backtick"),
            ("syntax", _) => self.result.syntax = Some(Spanned::new(value.to_owned(), place)),
            _ => {}
        }
    }

    fn logical_line(&mut self) {
        let first = self.next;
        let (at, full) = self.line(first);
        self.next += 1;
        let line = full.trim_start();
        let at = at + full.len() - line.len();
        self.directive(at, line);
        if line.is_empty() || is_comment(line) {
            return;
        }
        let escape = self.result.escape;
        let mut text = Text::new(self.result.file);
        let mut end = continued(line, escape);
        text.push(&line[..end.unwrap_or(line.len())], at);
        while end.is_some() && self.next < self.lines.len() {
            let (at, line) = self.line(self.next);
            self.next += 1;
            if line.trim_start().is_empty() || is_comment(line) {
                continue;
            }
            end = continued(line, escape);
            text.push(&line[..end.unwrap_or(line.len())], at);
        }
        if self.lost && !instruction::starts_with_keyword(&text.text) {
            return;
        }
        self.lost = false;
        match instruction::read(&text, escape) {
            Ok(found) => self.add(found, first, &text),
            Err(message) => self.problem(text.whole(), message),
        }
    }

    fn add(&mut self, mut found: Instruction, first: usize, text: &Text) {
        if instruction::takes_heredocs(&found) {
            let back = self.next;
            for marker in heredoc::markers(&text.text) {
                if let Some(body) = self.heredoc(marker) {
                    found.heredocs.push(body);
                } else {
                    self.problem(text.whole(), "a heredoc has no end");
                    self.lost = true;
                    self.next = back;
                    found.heredocs.clear();
                    break;
                }
            }
            if let Some(inner) = &mut found.onbuild {
                inner.heredocs.clone_from(&found.heredocs);
            }
        }
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        found.first_line = number(first + 1);
        found.last_line = number(self.next);
        if !found.heredocs.is_empty() {
            let (at, line) = self.line(self.next - 1);
            found.span = found.span.to(Span::new(self.result.file, at, at + line.len()));
        }
        if let Some(message) = shape::refusal(&found) {
            self.result.refused.push(Problem::new(found.span, message));
        }
        self.result.instructions.push(found);
    }

    fn heredoc(&mut self, marker: Marker) -> Option<Heredoc> {
        let file = self.result.file;
        let start = self.lines.get(self.next).map(|(at, _)| *at)?;
        let mut content = String::new();
        while self.next < self.lines.len() {
            let (at, line) = self.lines[self.next];
            self.next += 1;
            let bare = line.trim_end_matches(['\r', '\n']);
            let bare = if marker.chomp { bare.trim_start_matches('\t') } else { bare };
            if bare == marker.name {
                let span = Span::new(file, start, at);
                let Marker { name, expand, chomp } = marker;
                return Some(Heredoc { name, content, span, expand, chomp });
            }
            content.push_str(line);
        }
        None
    }
}

/// `# name=value` of a directive that BuildKit knows.
fn directive(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.strip_prefix('#')?.split_once('=')?;
    let (name, value) = (name.trim(), value.trim());
    let known = ["syntax", "escape", "check"].iter().any(|known| known.eq_ignore_ascii_case(name));
    (known && !value.is_empty()).then_some((name, value))
}
