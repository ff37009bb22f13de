//! `${…}`

use super::super::ast::{Arith, Operation, Parameter, Part, Word};
use super::token::{Quote, Tok};
use super::word::escaped;
use super::{Parser, Read, is_variable};

impl Parser<'_> {
    /// `$X`
    pub(super) fn plain(&self, name: String, at: usize, end: usize) -> Part {
        let span = self.span(at, end);
        Part::Parameter(Box::new(Parameter { name, index: None, operation: Operation::Plain, span }))
    }

    /// `${…}`, at what opens it.
    pub(super) fn parameter(&mut self) -> Read<Part> {
        self.no_expansion()?;
        let at = self.pos;
        if matches!(self.r, b' ' | b'\t' | b'\n' | b'|') {
            return self.fail(at, "a command cannot stand here");
        }
        let quote = std::mem::replace(&mut self.quote, Quote::ParameterName);
        if self.r == b'#' {
            (self.tok, self.pos) = (Tok::Op("#"), self.at);
            self.rune();
        } else {
            self.advance()?;
        }
        let (mut length, mut indirect) = (false, false);
        match self.tok {
            Tok::Op("#") if self.names() => {
                length = true;
                self.advance()?;
            }
            Tok::Op("!") if self.names() => {
                self.not_posix(self.pos)?;
                indirect = true;
                self.advance()?;
            }
            _ => {}
        }
        let name = self.parameter_name(&mut length)?;
        if matches!(self.tok, Tok::Word | Tok::Literal) {
            return self.fail(self.pos, "expected an operator behind the name");
        }
        let mut index = None;
        if self.tok == Tok::Op("[") {
            self.not_posix(self.pos)?;
            if !is_variable(&name) {
                return self.fail(self.pos, "this cannot have elements");
            }
            index = Some(self.subscript()?);
        }
        let operation = if self.tok == Tok::Op("}") {
            if length { Operation::Length } else { Operation::Plain }
        } else if length {
            return self.fail(self.pos, "expected `}`");
        } else {
            self.operation(indirect)?
        };
        let operation = match operation {
            Operation::Plain if indirect => Operation::Indirect,
            _ if indirect => Operation::Other,
            operation => operation,
        };
        self.quote = quote;
        let end = self.at;
        self.close(at, "}")?;
        let span = self.span(at, end);
        Ok(Part::Parameter(Box::new(Parameter { name, index, operation, span })))
    }

    /// Whether the character here can begin a name.
    fn names(&self) -> bool {
        !b"}:+=%[]/^,".contains(&self.r)
    }

    fn parameter_name(&mut self, length: &mut bool) -> Read<String> {
        let name = match self.tok {
            Tok::Word | Tok::Literal => {
                if !is_variable(&self.val) && !self.val.bytes().all(|c| c.is_ascii_digit()) {
                    return self.fail(self.pos, "this is no name of a variable");
                }
                self.val.clone()
            }
            // `${#-default}` and `${#?message}`, not a length.
            Tok::Op("?" | "-") if *length && self.r != b'}' => {
                *length = false;
                return Ok("#".into());
            }
            Tok::Op(op @ ("?" | "-" | "@" | "*" | "#" | "!" | "$")) => op.to_owned(),
            _ => return self.fail(self.pos, "expected the name of a variable"),
        };
        self.advance()?;
        Ok(name)
    }

    /// What is done to the variable, at its operator.
    fn operation(&mut self, indirect: bool) -> Read<Operation> {
        let Tok::Op(op) = self.tok else { return self.fail(self.pos, "the expansion is not closed") };
        let empty = op.starts_with(':');
        Ok(match op {
            "/" | "//" => {
                self.not_posix(self.pos)?;
                self.replacement(op == "//")?
            }
            ":" => {
                self.not_posix(self.pos)?;
                self.slicing()?
            }
            "^" | "^^" | "," | ",," => {
                self.not_posix(self.pos)?;
                let pattern = self.argument(false)?;
                if pattern.parts.is_empty() {
                    Operation::Case { upper: op.starts_with('^'), all: op.len() == 2 }
                } else {
                    Operation::Other
                }
            }
            "*" if !indirect => return self.fail(self.pos, "this is no operation of an expansion"),
            "@" | "*" if indirect && self.r == b'}' => {
                self.advance()?;
                Operation::Other
            }
            "*" => {
                self.argument(false)?;
                Operation::Other
            }
            "@" => {
                self.not_posix(self.pos)?;
                self.quote = Quote::ParameterWord;
                self.advance()?;
                let known = matches!(self.val.as_str(), "a" | "u" | "A" | "E" | "K" | "L" | "P" | "U" | "Q");
                if !(matches!(self.tok, Tok::Word | Tok::Literal) && known) {
                    return self.fail(self.pos, "this is no operation of an expansion");
                }
                self.word()?;
                Operation::Other
            }
            "-" | ":-" | "=" | ":=" => {
                let word = self.argument(true)?;
                Operation::Default { empty, word, assign: op.ends_with('=') }
            }
            "?" | ":?" => {
                self.argument(true)?;
                Operation::Required { empty }
            }
            "+" | ":+" => Operation::Alternative { empty, word: self.argument(true)? },
            "#" | "##" | "%" | "%%" => {
                let pattern = self.argument(false)?;
                Operation::Trim { end: op.starts_with('%'), longest: op.len() == 2, pattern }
            }
            _ => return self.fail(self.pos, "this is no operation of an expansion"),
        })
    }

    /// The word behind an operator; `text` where it is text and no pattern, so that quotes around the expansion count.
    fn argument(&mut self, text: bool) -> Read<Word> {
        let quoted = text && self.double;
        self.quote = Quote::ParameterWord;
        self.advance()?;
        let at = self.pos;
        let mut word = self.word()?.unwrap_or_else(|| self.made(at, Vec::new()));
        if quoted {
            for part in &mut word.parts {
                match part {
                    Part::Literal(text) => *part = Part::Single(escaped(&text.replace("\\}", "}"))),
                    // Single quotes come in pairs here, and are text.
                    Part::Single(text) => *part = Part::Single(format!("'{text}'")),
                    _ => {}
                }
            }
        }
        Ok(word)
    }

    fn replacement(&mut self, all: bool) -> Read<Operation> {
        self.quote = Quote::ParameterReplace;
        self.advance()?;
        let pattern = self.word()?;
        self.quote = Quote::ParameterWord;
        let with = if self.got(Tok::Op("/"))? { self.word()? } else { None };
        Ok(Operation::Replace { all, pattern, with })
    }

    fn slicing(&mut self) -> Read<Operation> {
        let at = self.pos;
        self.quote = Quote::ParameterSlice;
        self.advance()?;
        let read = |p: &mut Self| -> Read<Option<Arith>> { p.expression(at).map(Some) };
        let offset = if self.tok == Tok::Op(":") { None } else { read(self)? };
        let length = if self.got(Tok::Op(":"))? { read(self)? } else { None };
        Ok(Operation::Slice { offset, length })
    }
}
