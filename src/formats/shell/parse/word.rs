//! Words and quoting.

use super::super::ast::{Part, Word};
use super::rune::{END, JOINED};
use super::token::{Quote, Tok};
use super::{Parser, Read};

impl Parser<'_> {
    /// A word, if one is next.
    pub(super) fn word(&mut self) -> Read<Option<Word>> {
        let at = self.pos;
        let parts = self.parts()?;
        Ok(if parts.is_empty() { None } else { Some(self.made(at, parts)) })
    }

    pub(super) fn made(&self, at: usize, parts: Vec<Part>) -> Word {
        Word { parts, raw: self.slice(at, self.end).to_owned(), span: self.span(at, self.end), at }
    }

    pub(super) fn parts(&mut self) -> Read<Vec<Part>> {
        let mut parts = Vec::new();
        loop {
            self.in_word = true;
            let part = self.part();
            self.in_word = false;
            let Some(part) = part? else { return Ok(parts) };
            parts.push(part);
            if self.spaced {
                return Ok(parts);
            }
        }
    }

    pub(super) fn no_expansion(&mut self) -> Read<()> {
        if self.fixed { self.fail(self.pos, "no expansion may stand here") } else { Ok(()) }
    }

    fn part(&mut self) -> Read<Option<Part>> {
        let op = match self.tok {
            Tok::Literal | Tok::Word => {
                let text = self.val.clone();
                self.advance()?;
                return Ok(Some(Part::Literal(text)));
            }
            Tok::Op(op) => op,
            _ => return Ok(None),
        };
        let part = match op {
            "${" => self.deeper(Self::parameter)?,
            "$((" | "$[" => self.deeper(|p| p.expanded(op))?,
            "$" => self.dollar()?,
            "${{" => {
                let text = self.slice(self.pos, self.at).to_owned();
                self.advance()?;
                Part::Expression(text)
            }
            "$(" | "<(" | ">(" => {
                self.no_expansion()?;
                let list = self.parenthesised()?;
                if op == "$(" { Part::Command(list) } else { Part::Process(list) }
            }
            "'" | "$'" => self.single(op == "$'")?,
            // The end of the quote around.
            "\"" if self.quote == Quote::Double => return Ok(None),
            "\"" | "$\"" => self.deeper(Self::double)?,
            "`" if self.backquote_ends() => return Ok(None),
            "`" => self.deeper(Self::substituted)?,
            "@(" => self.extended()?,
            _ => return Ok(None),
        };
        Ok(Some(part))
    }

    /// `$X`, or a `$` that is just that.
    fn dollar(&mut self) -> Read<Part> {
        let at = self.pos;
        match self.r {
            b'@' | b'*' | b'#' | b'$' | b'?' | b'!' | b'-' | b'0'..=b'9' => {
                self.val = char::from(self.r).to_string();
                self.rune();
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'\\' => self.literal_name(),
            _ => {
                self.advance()?;
                return Ok(Part::Literal("$".into()));
            }
        }
        self.no_expansion()?;
        let name = self.val.clone();
        let end = self.at;
        self.advance()?;
        if name.is_empty() {
            return Ok(Part::Literal("$".into()));
        }
        Ok(self.plain(name, at, end))
    }

    fn single(&mut self, ansi: bool) -> Read<Part> {
        let at = self.pos;
        self.begin();
        loop {
            match self.r {
                b'\\' if ansi => {
                    self.rune();
                }
                b'\'' => break,
                JOINED => self.keep_text("\\\n"),
                END => return self.fail(at, "the quote is not closed"),
                _ => {}
            }
            self.rune();
        }
        let text = self.finish();
        self.backquotes = std::mem::take(&mut self.buried_backquotes);
        self.rune();
        self.advance()?;
        Ok(Part::Single(if ansi { unquoted(&text) } else { text }))
    }

    /// `"…"`
    fn double(&mut self) -> Read<Part> {
        let at = self.pos;
        let quote = std::mem::replace(&mut self.quote, Quote::Double);
        let double = std::mem::replace(&mut self.double, true);
        self.advance()?;
        let parts = self.parts()?;
        (self.quote, self.double, self.in_word) = (quote, double, true);
        if self.tok != Tok::Op("\"") {
            return self.fail(at, "the quote is not closed");
        }
        self.advance()?;
        let literal = |part| if let Part::Literal(text) = part { Part::Single(escaped(&text)) } else { part };
        Ok(Part::Double(parts.into_iter().map(literal).collect()))
    }

    /// A command substitution in backquotes.
    fn substituted(&mut self) -> Read<Part> {
        self.no_expansion()?;
        let at = self.pos;
        let quoted = std::mem::replace(&mut self.backquotes_quoted, self.double);
        let around = self.enter(Quote::Backquotes);
        self.backquotes += 1;
        self.rune();
        self.advance()?;
        let list = self.list(&[])?;
        let unclosed = self.tok == Tok::Op("`") && self.backquote_escapes + 1 < self.backquotes;
        self.leave(&around);
        self.backquotes -= 1;
        self.backquotes_quoted = quoted;
        if unclosed || self.tok != Tok::Op("`") {
            return self.fail(at, "the backquote is not closed");
        }
        self.rune();
        self.advance()?;
        Ok(Part::Command(list))
    }

    /// `@(…)` and its kin, behind the parenthesis.
    fn extended(&mut self) -> Read<Part> {
        self.not_posix(self.pos)?;
        let (at, mut open) = (self.pos, 1);
        loop {
            match self.r {
                b'(' => open += 1,
                b')' => open -= 1,
                END => return self.fail(at, "the pattern is not closed"),
                _ => {}
            }
            if open == 0 {
                break;
            }
            self.rune();
        }
        self.rune();
        let text = self.slice(at, self.at).to_owned();
        self.advance()?;
        Ok(Part::Pattern(text))
    }
}

/// Text between double quotes without its escapes.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match chars.peek() {
            Some('$' | '`' | '"' | '\\') if c == '\\' => out.extend(chars.next()),
            Some('\n') if c == '\\' => {
                chars.next();
            }
            _ => out.push(c),
        }
    }
    out
}

/// Text between `$'` and `'` without its escapes.
fn unquoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let digits = |from: usize, radix, most| {
            let digits = rest.chars().skip(from).take(most);
            digits.take_while(|c| c.is_digit(radix)).count()
        };
        let (start, length, radix) = match rest.chars().next() {
            Some('x') => (1, digits(1, 16, 2), 16),
            Some('0'..='7') => (0, digits(0, 8, 3), 8),
            _ => (0, 0, 10),
        };
        let code = rest.get(start..start + length).and_then(|digits| u32::from_str_radix(digits, radix).ok());
        if let Some(code) = code.and_then(char::from_u32) {
            out.push(code);
            rest = &rest[start + length..];
            continue;
        }
        let Some(c) = rest.chars().next() else {
            out.push('\\');
            break;
        };
        match plain_escape(c) {
            Some(plain) => out.push(plain),
            None => out.extend(['\\', c]),
        }
        rest = &rest[c.len_utf8()..];
    }
    out.push_str(rest);
    out
}

fn plain_escape(c: char) -> Option<char> {
    Some(match c {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'a' => '\x07',
        'b' => '\x08',
        'f' => '\x0c',
        'v' => '\x0b',
        'e' | 'E' => '\x1b',
        '\'' | '"' | '\\' | '?' => c,
        _ => return None,
    })
}
