//! Sets the expressions of a text apart.

use super::super::expression;
use super::events::Literal;
use super::read::{Reader, Stopped};
use super::schema::Place;
use super::{Kind, Token};

enum Segment {
    Text(String),
    Expression(String),
    Insert,
}

impl Reader<'_> {
    /// The value of a scalar. A text over several lines is taken as it is written, quotes and indentation included,
    /// if it has expressions in it: so does GitHub's published parser (a run does not).
    pub(super) fn scalar(&mut self, literal: Literal, place: &Place) -> Result<Token, Stopped> {
        let token = Token { kind: literal.value, line: Some(literal.line), range: literal.range };
        let Kind::Text(value) = &token.kind else { return Ok(token) };
        if literal.odd_key {
            return Err(Stopped("a key is no text".into()));
        }
        let one_line = literal.line == literal.end_line;
        let source = literal.source.filter(|_| !one_line);
        let raw = source.and_then(|(start, end)| self.text.get(start..end)).unwrap_or(value).to_owned();
        if value.is_empty() || !raw.contains("${{") {
            return Ok(token);
        }
        let Some(segments) = self.segments(&raw, &token, one_line, place) else { return Ok(token) };
        let kind = match segments.as_slice() {
            [Segment::Expression(text)] => match expression::quoted_only(text) {
                Some(text) => Kind::Text(text),
                None => Kind::Expression(text.clone()),
            },
            [Segment::Insert] => Kind::Insert,
            segments => Kind::Expression(as_format(segments)),
        };
        Ok(Token { kind, ..token })
    }

    /// The parts of a text; none if something in it is wrong.
    fn segments(&mut self, raw: &str, token: &Token, one_line: bool, place: &Place) -> Option<Vec<Segment>> {
        let mut out: Vec<Segment> = Vec::new();
        let (mut at, mut failed) = (0, false);
        while let Some(start) = raw.get(at..).and_then(|rest| rest.find("${{")).map(|found| at + found) {
            if start > at {
                out.push(Segment::Text(raw.get(at..start).unwrap_or_default().to_owned()));
            }
            let Some(end) = expression_end(raw, start + 3) else {
                self.wrong(token, "the expression is not closed");
                return None;
            };
            let inner = raw.get(start + 3..end - 2).unwrap_or_default().trim();
            let before = raw.get(..start).unwrap_or_default().matches('\n').count();
            let line = token.line.map(|line| if one_line { line } else { line + before + 1 });
            let mut directive = false;
            let problem = match inner.strip_prefix("insert") {
                _ if inner.is_empty() => Some("an expression was expected".to_owned()),
                Some("") => {
                    directive = true;
                    None
                }
                Some(rest) if rest.starts_with(char::is_whitespace) => Some("`insert` takes nothing".into()),
                _ => expression::check(inner, &place.allowed).err(),
            };
            match problem {
                Some(problem) => {
                    self.fault(line, Some(token.range.0), format!("`{inner}` is not an expression: {problem}"));
                    failed = true;
                }
                None if directive && (start != 0 || end < raw.len()) => {
                    self.wrong(token, "`insert` must stand alone");
                    return None;
                }
                None if directive => out.push(Segment::Insert),
                None => out.push(Segment::Expression(inner.to_owned())),
            }
            at = end;
        }
        if failed {
            return None;
        }
        if at < raw.len() {
            out.push(Segment::Text(raw.get(at..).unwrap_or_default().to_owned()));
        }
        Some(out)
    }
}

/// Where the expression that starts here ends, `}}` included.
fn expression_end(raw: &str, start: usize) -> Option<usize> {
    let bytes = raw.as_bytes();
    let mut quoted = false;
    for at in start..bytes.len() {
        match bytes.get(at) {
            Some(b'\'') => quoted = !quoted,
            Some(b'}') if !quoted && bytes.get(at.wrapping_sub(1)) == Some(&b'}') => return Some(at + 1),
            _ => {}
        }
    }
    None
}

fn as_format(segments: &[Segment]) -> String {
    let (mut text, mut arguments, mut count) = (String::new(), String::new(), 0);
    for segment in segments {
        match segment {
            Segment::Text(part) => text.push_str(&part.replace('\'', "''").replace('{', "{{").replace('}', "}}")),
            Segment::Expression(inner) => {
                text.push_str(&format!("{{{count}}}"));
                arguments.push_str(", ");
                arguments.push_str(inner);
                count += 1;
            }
            Segment::Insert => {}
        }
    }
    format!("format('{text}'{arguments})")
}
