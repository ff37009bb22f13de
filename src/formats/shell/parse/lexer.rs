//! Characters to tokens.

use super::super::ast::Dialect;
use super::rune::{END, JOINED};
use super::token::{Quote, Tok};
use super::{Parser, Read};

/// Characters that start an operator wherever words are read.
fn is_operator(r: u8) -> bool {
    matches!(r, b';' | b'"' | b'\'' | b'(' | b')' | b'$' | b'|' | b'&' | b'>' | b'<' | b'`')
}

fn is_parameter_operator(r: u8) -> bool {
    b"}#!:-+=?%[]/^,@*".contains(&r)
}

fn is_arithmetic_operator(r: u8) -> bool {
    b"+-!~*/%()^<>:=,?|&[]#".contains(&r)
}

impl Parser<'_> {
    /// Reads the next token.
    pub(super) fn advance(&mut self) -> Read<()> {
        self.end = self.at;
        if self.r == END {
            self.tok = Tok::End;
            return Ok(());
        }
        self.spaced = false;
        if self.quote.keeps_spaces() {
            self.tok = self.token_in_text();
            return Ok(());
        }
        loop {
            match self.r {
                END => {
                    self.tok = Tok::End;
                    return Ok(());
                }
                JOINED => {}
                b' ' | b'\t' | b'\r' => self.spaced = true,
                b'\n' if self.tok == Tok::Newline => {}
                b'\n' => {
                    self.spaced = true;
                    self.tok = Tok::Newline;
                    if self.quote != Quote::HereWord && self.pending.len() > self.buried {
                        self.here_documents()?;
                    }
                    return Ok(());
                }
                b'#' if self.quote.is_regular() && !self.goes_on() => self.comment(),
                b' '..=b'~' | 0x80.. if self.quote == Quote::Regex && !self.regex_starts && self.spaced => {
                    self.quote = Quote::None;
                    continue;
                }
                _ => break,
            }
            self.rune();
        }
        self.pos = self.at;
        self.tok = self.token();
        Ok(())
    }

    /// Whether a `#` stands right behind a part of the same word.
    fn goes_on(&self) -> bool {
        !self.spaced && self.end == self.at && self.in_word
    }

    /// Up to the last character before the end of the line, or before the backquote that ends everything.
    fn comment(&mut self) {
        loop {
            match self.peek() {
                b'\n' => return,
                _ if self.next >= self.text.len() => return,
                b'`' if self.backquotes > 0 => return,
                // A backslash at the end of a comment continues nothing.
                b'\\' if matches!(self.text.as_bytes().get(self.next + 1), Some(b'\n')) => {
                    self.next += 1;
                    self.r = b' ';
                }
                _ => {
                    self.rune();
                    if self.r == JOINED {
                        // A backslash, a carriage return and the end of the line.
                        self.next -= 1;
                        self.r = b' ';
                        return;
                    }
                }
            }
        }
    }

    fn token(&mut self) -> Tok {
        let r = self.r;
        if self.quote.is_regular() {
            return match r {
                _ if is_operator(r) => self.operator(),
                b'[' | b'=' if self.quote == Quote::Array => self.parameter_token(),
                b'?' | b'*' | b'+' | b'@' | b'!' if self.opens_pattern() => {
                    self.rune();
                    self.rune();
                    Tok::Op("@(")
                }
                _ => self.literal_plain(),
            };
        }
        if self.quote.is_arithmetic() && is_arithmetic_operator(r) {
            return self.arithmetic_token();
        }
        if self.quote.is_parameter() && is_parameter_operator(r) {
            return self.parameter_token();
        }
        if self.quote == Quote::Regex {
            self.regex_starts = false;
            return match r {
                b';' | b'"' | b'\'' | b'$' | b'&' | b'>' | b'<' | b'`' => self.operator(),
                b')' if self.regex_open == 0 => {
                    self.quote = Quote::None;
                    self.rune();
                    Tok::Op(")")
                }
                _ => self.literal_regex(),
            };
        }
        if is_operator(r) { self.operator() } else { self.literal_other() }
    }

    /// A token where blanks are text.
    fn token_in_text(&mut self) -> Tok {
        let here = matches!(self.quote, Quote::HereBody | Quote::HereTabs);
        while self.r == JOINED && !here {
            self.rune();
        }
        self.pos = self.at;
        if self.r == END {
            return Tok::End;
        }
        match (self.quote, self.r) {
            (Quote::HereBody | Quote::HereTabs, b'`') | (Quote::Double, b'`') => Tok::Op("`"),
            (Quote::HereBody | Quote::HereTabs | Quote::Double, b'$') => self.dollar_token(false),
            (Quote::HereBody | Quote::HereTabs, _) => self.literal_here(),
            (Quote::Double, b'"') => self.operator(),
            (Quote::Double, _) => self.literal_double(),
            (Quote::ParameterReplace, b'/') | (_, b'}') => self.parameter_token(),
            (_, b'`' | b'"' | b'$' | b'\'') => self.operator(),
            _ => self.literal_other(),
        }
    }

    /// Whether the current character opens `@(…)` or its kin; `()` alone is more likely a function's.
    pub(super) fn opens_pattern(&self) -> bool {
        self.val != "function" && self.peek() == b'(' && !self.peeks("()")
    }

    /// Whether the token ends a command.
    pub(super) fn stops(&self) -> bool {
        match self.tok {
            Tok::End | Tok::Newline => true,
            Tok::Op("`") => self.backquote_ends(),
            Tok::Op(op) => matches!(op, ";" | "&" | "|" | "&&" | "||" | "|&" | ";;" | ";&" | ";;&" | ")"),
            _ => false,
        }
    }

    /// Whether the backquote here ends a substitution.
    pub(super) fn backquote_ends(&self) -> bool {
        self.backquote_escapes < self.backquotes
    }

    pub(super) fn redirects(&self) -> bool {
        match self.tok {
            Tok::Descriptor => true,
            Tok::Op(op) => {
                matches!(op, ">" | ">>" | "<" | "<&" | ">&" | ">|" | "<>" | "<<" | "<<-" | "<<<" | "&>" | "&>>")
            }
            _ => false,
        }
    }

    /// Steps over a token if it is next.
    pub(super) fn got(&mut self, tok: Tok) -> Read<bool> {
        let found = self.tok == tok;
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        self.tok == Tok::Word && self.val == word
    }

    /// Steps over a reserved word if it is next.
    pub(super) fn got_word(&mut self, word: &str) -> Read<bool> {
        let found = self.is_word(word);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    pub(super) fn expect_word(&mut self, at: usize, word: &str) -> Read<()> {
        if self.got_word(word)? { Ok(()) } else { self.fail(at, format!("expected `{word}`")) }
    }

    /// Steps over what closes something that opened at `at`.
    pub(super) fn close(&mut self, at: usize, with: &'static str) -> Read<()> {
        if self.got(Tok::Op(with))? { Ok(()) } else { self.fail(at, format!("expected `{with}` to close this")) }
    }

    pub(super) fn is_posix(&self) -> bool {
        self.dialect == Dialect::Posix
    }

    /// Refuses what a plain shell does not know.
    pub(super) fn not_posix(&mut self, at: usize) -> Read<()> {
        if self.is_posix() { self.fail(at, "a plain shell does not know this") } else { Ok(()) }
    }
}
