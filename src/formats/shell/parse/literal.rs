//! Unquoted text, by what surrounds it.

use super::super::lex::is_name;
use super::Parser;
use super::rune::{END, JOINED};
use super::token::{Quote, Tok};

impl Parser<'_> {
    fn literal(&mut self, tok: Tok) -> Tok {
        self.val = self.finish();
        tok
    }

    /// A name behind `$`.
    pub(super) fn literal_name(&mut self) {
        self.begin();
        while self.r == JOINED || is_name(self.r) {
            self.rune();
        }
        self.tok = self.literal(Tok::Word);
    }

    /// In an expansion or in arithmetic.
    pub(super) fn literal_other(&mut self) -> Tok {
        let mut tok = Tok::Word;
        self.begin();
        let (arithmetic, posix) = (self.quote.is_arithmetic(), self.is_posix());
        while self.r != END {
            let ends = match self.r {
                b'\\' => {
                    self.rune();
                    false
                }
                b'\'' | b'"' | b'`' | b'$' => {
                    tok = Tok::Literal;
                    true
                }
                b'}' => self.quote.is_parameter(),
                b'/' => self.quote != Quote::ParameterWord,
                b':' | b'=' | b'%' | b'^' | b',' | b'?' | b'!' | b'~' | b'*' => {
                    arithmetic || self.quote == Quote::ParameterName
                }
                b'[' | b']' if arithmetic && !posix => true,
                b'[' | b']' | b'#' | b'@' => self.quote.is_name(),
                b'+' | b'-' | b' ' | b'\t' | b';' | b'&' | b'>' | b'<' | b'|' | b'(' | b')' | b'\n' | b'\r' => {
                    !self.quote.keeps_spaces()
                }
                _ => false,
            };
            if ends {
                break;
            }
            self.rune();
        }
        self.literal(tok)
    }

    /// A word, or the part of one up to a quote or an expansion.
    pub(super) fn literal_plain(&mut self) -> Tok {
        self.equals = None;
        let mut tok = Tok::Word;
        self.begin();
        while self.r != END {
            match self.r {
                b' ' | b'\t' | b'\n' | b'\r' | b'&' | b'|' | b';' | b'(' | b')' => break,
                b'\\' => {
                    self.rune();
                }
                b'>' | b'<' => {
                    if self.peek() == b'(' {
                        tok = Tok::Literal;
                    } else if self.describes() {
                        tok = Tok::Descriptor;
                    }
                    break;
                }
                b'`' => {
                    if self.quote != Quote::Backquotes {
                        tok = Tok::Literal;
                    }
                    break;
                }
                b'"' | b'\'' | b'$' => {
                    tok = Tok::Literal;
                    break;
                }
                b'?' | b'*' | b'+' | b'@' | b'!' if self.opens_pattern() => {
                    tok = Tok::Literal;
                    break;
                }
                b'=' => self.equals = self.equals.or(Some(self.kept().len() - 1)),
                b'[' if !self.is_posix() && self.kept().len() > 1 && !self.kept().starts_with('[') => {
                    tok = Tok::Literal;
                    break;
                }
                _ => {}
            }
            self.rune();
        }
        self.literal(tok)
    }

    /// Whether the literal before `<` or `>` is the number or the name of a descriptor.
    fn describes(&self) -> bool {
        let kept = self.kept();
        let text = kept.get(..kept.len().saturating_sub(1)).unwrap_or("");
        match text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
            Some(name) => super::is_variable(name),
            None => text.bytes().all(|c| c.is_ascii_digit()),
        }
    }

    pub(super) fn literal_double(&mut self) -> Tok {
        let mut tok = Tok::Word;
        self.begin();
        while self.r != END {
            match self.r {
                b'"' => break,
                b'\\' => {
                    self.rune();
                }
                JOINED | b'`' | b'$' => {
                    tok = Tok::Literal;
                    break;
                }
                _ => {}
            }
            self.rune();
        }
        self.literal(tok)
    }

    pub(super) fn literal_regex(&mut self) -> Tok {
        self.begin();
        loop {
            let ends = match self.r {
                b'\\' => {
                    self.rune();
                    false
                }
                b'(' => {
                    self.regex_open += 1;
                    false
                }
                b')' if self.regex_open == 0 => true,
                b')' => {
                    self.regex_open -= 1;
                    false
                }
                b' ' | b'\t' | b'\r' | b'\n' | b';' | b'&' | b'>' | b'<' => self.regex_open == 0,
                b'"' | b'\'' | b'$' | b'`' => return self.literal(Tok::Literal),
                END => true,
                _ => false,
            };
            if ends {
                self.quote = Quote::None;
                return self.literal(Tok::Word);
            }
            self.rune();
        }
    }
}
