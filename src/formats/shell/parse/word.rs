//! Words and quoting.

use super::super::ast::{Dialect, Part, Word};
use super::super::lex::{Parser, Read, ends_word};

/// Where a word ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    /// At a blank or an operator.
    Blank,
    /// At the `}` of an expansion.
    Brace,
    /// At a blank outside parentheses (a regular expression).
    Regex,
}

impl Parser<'_> {
    pub(super) fn word(&mut self) -> Read<Word> {
        self.nested(|p| p.word_until(Until::Blank, false))
    }

    /// The value of an assignment: a word, an array, or nothing.
    pub(super) fn value(&mut self) -> Read<Word> {
        if self.peek() != b'(' || self.dialect == Dialect::Posix {
            return self.word();
        }
        let at = self.pos;
        self.pos += 1;
        let mut words = Vec::new();
        loop {
            self.newlines();
            if self.eat(")") {
                break;
            }
            if self.at_end() || (ends_word(self.peek()) && !self.starts("<(")) {
                return self.fail(at, "the array is not closed");
            }
            words.push(self.word()?);
        }
        Ok(self.made(at, vec![Part::Array(words)]))
    }

    pub(super) fn made(&self, at: usize, parts: Vec<Part>) -> Word {
        Word { parts, raw: self.slice(at, self.pos).to_owned(), span: self.span(at, self.pos), at: self.shift + at }
    }

    pub(super) fn word_until(&mut self, until: Until, quoted: bool) -> Read<Word> {
        let at = self.pos;
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut open = 0usize;
        while !self.at_end() {
            let c = self.peek();
            let process = (c == b'<' || c == b'>') && self.peek_at(1) == b'(' && until == Until::Blank;
            match until {
                Until::Blank if ends_word(c) && !(process && self.dialect != Dialect::Posix) => break,
                Until::Blank if c == b'\r' && self.peek_at(1) == b'\n' => break,
                Until::Brace if c == b'}' => break,
                Until::Regex if c == b'(' => open += 1,
                Until::Regex if c == b')' && open > 0 => open -= 1,
                Until::Regex if c == b'\n' || (open == 0 && matches!(c, b' ' | b'\t' | b')')) => break,
                _ => {}
            }
            let part = match c {
                b'\\' => {
                    self.escape(&mut literal);
                    continue;
                }
                b'\'' if !quoted => Some(self.single()?),
                b'"' => Some(self.double()?),
                b'`' => Some(self.nested(Self::backquotes)?),
                b'$' => self.nested(|p| p.dollar(quoted))?,
                b'<' | b'>' if process => Some(self.nested(Self::process)?),
                b'?' | b'*' | b'+' | b'@' | b'!' if self.peek_at(1) == b'(' && until == Until::Blank => {
                    self.extended_glob()?
                }
                _ => None,
            };
            if let Some(part) = part {
                if !literal.is_empty() {
                    parts.push(Part::Literal(std::mem::take(&mut literal)));
                }
                parts.push(part);
            } else {
                let length = self.char_len();
                literal.push_str(self.slice(self.pos, self.pos + length));
                self.pos += length;
            }
        }
        if !literal.is_empty() {
            parts.push(Part::Literal(literal));
        }
        Ok(self.made(at, parts))
    }

    /// A backslash outside quotes; a continuation is dropped.
    fn escape(&mut self, literal: &mut String) {
        self.pos += 1;
        if self.eat("\n") || self.eat("\r\n") {
            return;
        }
        let length = if self.at_end() { 0 } else { self.char_len() };
        literal.push('\\');
        literal.push_str(self.slice(self.pos, self.pos + length));
        self.pos += length;
    }

    fn single(&mut self) -> Read<Part> {
        let at = self.pos;
        let Some(length) = self.text.get(at + 1..).and_then(|rest| rest.find('\'')) else {
            return self.fail(at, "the quote is not closed");
        };
        self.pos = at + length + 2;
        Ok(Part::Single(self.slice(at + 1, at + 1 + length).to_owned()))
    }

    /// `"…"`, at its first quote.
    pub(super) fn double(&mut self) -> Read<Part> {
        let at = self.pos;
        self.pos += 1;
        let mut parts = Vec::new();
        let mut literal = String::new();
        loop {
            if self.at_end() {
                return self.fail(at, "the quote is not closed");
            }
            let part = match self.peek() {
                b'"' => {
                    self.pos += 1;
                    break;
                }
                b'\\' => {
                    match self.peek_at(1) {
                        c @ (b'$' | b'`' | b'"' | b'\\') => literal.push(char::from(c)),
                        b'\n' => {}
                        _ => {
                            literal.push('\\');
                            self.pos += 1;
                            continue;
                        }
                    }
                    self.pos += 2;
                    continue;
                }
                b'$' => self.nested(|p| p.dollar(true))?,
                b'`' => Some(self.nested(Self::backquotes)?),
                _ => None,
            };
            if let Some(part) = part {
                if !literal.is_empty() {
                    parts.push(Part::Single(std::mem::take(&mut literal)));
                }
                parts.push(part);
            } else {
                let length = self.char_len();
                literal.push_str(self.slice(self.pos, self.pos + length));
                self.pos += length;
            }
        }
        if !literal.is_empty() {
            parts.push(Part::Single(literal));
        }
        Ok(Part::Double(parts))
    }

    /// `$'…'`, at its quote.
    pub(super) fn ansi(&mut self) -> Read<Part> {
        let at = self.pos;
        self.pos += 1;
        let mut text = String::new();
        loop {
            if self.at_end() {
                return self.fail(at, "the quote is not closed");
            }
            if self.eat("'") {
                return Ok(Part::Single(text));
            }
            if !self.eat("\\") {
                let length = self.char_len();
                text.push_str(self.slice(self.pos, self.pos + length));
                self.pos += length;
                continue;
            }
            let numeric = |text: &str, radix, most: usize| {
                let count = text.chars().take(most).take_while(|c| c.is_digit(radix)).count();
                let code = u32::from_str_radix(text.get(..count).unwrap_or(""), radix).ok().and_then(char::from_u32);
                (count, code)
            };
            let rest = self.rest();
            let (length, code) = match self.peek() {
                b'x' => {
                    let (count, code) = numeric(rest.get(1..).unwrap_or(""), 16, 2);
                    (count + 1, code)
                }
                b'0'..=b'7' => numeric(rest, 8, 3),
                c => (self.char_len(), plain_escape(c)),
            };
            if let Some(code) = code {
                text.push(code);
            } else {
                text.push('\\');
                text.push_str(self.slice(self.pos, self.pos + length));
            }
            self.pos += length;
        }
    }

    fn extended_glob(&mut self) -> Read<Option<Part>> {
        if self.dialect == Dialect::Posix {
            return Ok(None);
        }
        let at = self.pos;
        let mut open = 0usize;
        while !self.at_end() {
            match self.peek() {
                b'\\' => self.pos += 1,
                b'(' => open += 1,
                b')' => {
                    open -= 1;
                    if open == 0 {
                        self.pos += 1;
                        return Ok(Some(Part::Pattern(self.slice(at, self.pos).to_owned())));
                    }
                }
                b'\n' => break,
                _ => {}
            }
            self.pos += if self.at_end() { 0 } else { self.char_len() };
        }
        self.fail(at, "the pattern is not closed")
    }
}

fn plain_escape(c: u8) -> Option<char> {
    Some(match c {
        b'n' => '\n',
        b't' => '\t',
        b'r' => '\r',
        b'a' => '\x07',
        b'b' => '\x08',
        b'f' => '\x0c',
        b'v' => '\x0b',
        b'e' | b'E' => '\x1b',
        b'\'' | b'"' | b'\\' | b'?' => char::from(c),
        _ => return None,
    })
}
