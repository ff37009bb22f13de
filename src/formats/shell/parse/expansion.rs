//! `$X`, `${X…}`, `$(…)`, `$((…))`, backquotes, `<(…)` and `${{ … }}`.

use super::super::ast::{Dialect, List, Operation, Parameter, Part};
use super::super::lex::{Parser, Read, is_name, name_length};
use super::word::Until;

impl Parser<'_> {
    /// What starts with the `$` here; none if it is just that character.
    pub(super) fn dollar(&mut self, quoted: bool) -> Read<Option<Part>> {
        let at = self.pos;
        if self.dialect == Dialect::Github && self.starts("${{") {
            let Some(length) = self.rest().find("}}") else { return self.fail(at, "the expression is not closed") };
            self.pos += length + 2;
            return Ok(Some(Part::Expression(self.slice(at, self.pos).to_owned())));
        }
        match self.peek_at(1) {
            b'(' => {
                self.pos += 1;
                if self.peek_at(1) == b'('
                    && let Some(end) = self.arithmetic_end()
                {
                    let raw = self.slice(self.pos + 2, end).to_owned();
                    self.pos = end + 2;
                    return Ok(Some(Part::Arithmetic(raw)));
                }
                self.parenthesised().map(|list| Some(Part::Command(list)))
            }
            b'{' => {
                self.pos += 2;
                self.braced(at, quoted).map(Some)
            }
            b'\'' if !quoted => {
                self.pos += 1;
                self.ansi().map(Some)
            }
            b'"' if !quoted => {
                self.pos += 1;
                self.double().map(Some)
            }
            b'@' | b'*' | b'#' | b'?' | b'$' | b'!' | b'-' | b'0'..=b'9' => {
                self.pos += 2;
                Ok(Some(self.plain(at, at + 1)))
            }
            c if is_name(c) => {
                self.pos += 1;
                self.pos += name_length(self.rest());
                Ok(Some(self.plain(at, at + 1)))
            }
            _ => Ok(None),
        }
    }

    fn plain(&self, at: usize, name: usize) -> Part {
        self.parameter(at, self.slice(name, self.pos), Operation::Plain)
    }

    fn parameter(&self, at: usize, name: &str, operation: Operation) -> Part {
        Part::Parameter(Box::new(Parameter { name: name.to_owned(), operation, span: self.span(at, self.pos) }))
    }

    /// `(list)`, at its parenthesis.
    pub(super) fn parenthesised(&mut self) -> Read<List> {
        let at = self.pos;
        self.pos += 1;
        let list = self.list(&[])?;
        if self.eat(")") { Ok(list) } else { self.fail(at, "the parenthesis is not closed") }
    }

    pub(super) fn process(&mut self) -> Read<Part> {
        self.pos += 1;
        self.parenthesised().map(Part::Process)
    }

    /// `${…}`, behind its brace; `at` is the dollar.
    fn braced(&mut self, at: usize, quoted: bool) -> Read<Part> {
        let length = self.peek() == b'#' && self.peek_at(1) != b'}';
        if length {
            self.pos += 1;
        }
        let start = self.pos;
        let named = name_length(self.rest());
        self.pos += match self.peek() {
            b'0'..=b'9' => self.rest().bytes().take_while(u8::is_ascii_digit).count(),
            b'@' | b'*' | b'#' | b'?' | b'$' | b'-' => 1,
            _ => named,
        };
        let name = self.slice(start, self.pos);
        let operation = if name.is_empty() {
            self.word_until(Until::Brace, quoted)?;
            Operation::Other
        } else if self.peek() == b'}' {
            if length { Operation::Length } else { Operation::Plain }
        } else {
            self.operation(quoted)?
        };
        if !self.eat("}") {
            return self.fail(at, "the expansion is not closed");
        }
        Ok(self.parameter(at, name, operation))
    }

    fn operation(&mut self, quoted: bool) -> Read<Operation> {
        let empty = self.peek() == b':' && matches!(self.peek_at(1), b'-' | b'=' | b'?' | b'+');
        let sign = if empty { self.peek_at(1) } else { self.peek() };
        self.pos += usize::from(empty);
        let twice = self.peek_at(1) == sign;
        let known = matches!(sign, b'-' | b'=' | b'?' | b'+' | b'#' | b'%' | b'^' | b',');
        if known {
            self.pos += 1;
        }
        let doubled = twice && matches!(sign, b'#' | b'%' | b'^' | b',');
        self.pos += usize::from(doubled);
        // Quotes in a pattern quote even inside "…".
        let word = self.word_until(Until::Brace, quoted && !matches!(sign, b'#' | b'%'))?;
        Ok(match sign {
            b'-' | b'=' => Operation::Default { empty, word, assign: sign == b'=' },
            b'?' => Operation::Required { empty },
            b'+' => Operation::Alternative { empty, word },
            b'#' | b'%' => Operation::Trim { end: sign == b'%', longest: doubled, pattern: word },
            b'^' | b',' if word.raw.is_empty() => Operation::Case { upper: sign == b'^', all: doubled },
            _ => Operation::Other,
        })
    }

    /// A command substitution in backquotes, at the first.
    pub(super) fn backquotes(&mut self) -> Read<Part> {
        let at = self.pos;
        let bytes = self.text.as_bytes();
        let mut end = at + 1;
        while end < bytes.len() && bytes[end] != b'`' {
            end += if bytes[end] == b'\\' { 2 } else { 1 };
        }
        if end >= bytes.len() {
            return self.fail(at, "the backquote is not closed");
        }
        let inner = self.slice(at + 1, end);
        let escaped = ["\\`", "\\$", "\\\\"].iter().any(|pair| inner.contains(pair));
        let text = if escaped { clean(inner) } else { inner.to_owned() };
        let mut parser = Parser {
            text: &text,
            pos: 0,
            map: self.map,
            shift: self.shift + at + 1,
            whole: if escaped { Some(self.span(at, end + 1)) } else { self.whole },
            dialect: self.dialect,
            depth: self.depth,
            problems: Vec::new(),
            heredocs: std::mem::take(&mut self.heredocs),
            pending: Vec::new(),
        };
        let list = parser.list(&[]);
        if list.is_ok() && !parser.at_end() {
            let _ = parser.fail::<()>(parser.pos, "nothing is open here that this would close");
        }
        self.heredocs = parser.heredocs;
        self.problems.extend(parser.problems);
        self.pos = end + 1;
        list.map(Part::Command)
    }
}

/// Text between backquotes without their own level of escapes.
fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match chars.peek() {
            Some(&next) if c == '\\' && matches!(next, '`' | '$' | '\\') => {
                out.push(next);
                chars.next();
            }
            _ => out.push(c),
        }
    }
    out
}
