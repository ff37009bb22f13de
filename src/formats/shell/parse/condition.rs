//! `[[ … ]]`

use super::super::ast::{Command, Condition};
use super::token::{Quote, Tok};
use super::{Parser, Read};

const UNARY: [&str; 26] = [
    "-e", "-a", "-f", "-d", "-c", "-b", "-p", "-S", "-L", "-h", "-k", "-g", "-u", "-G", "-O", "-N", "-r", "-w", "-x",
    "-s", "-t", "-z", "-n", "-o", "-v", "-R",
];

const BINARY: [&str; 13] = ["=", "==", "!=", "=~", "-nt", "-ot", "-ef", "-eq", "-ne", "-le", "-ge", "-lt", "-gt"];

/// Terms of one condition; each is a level of recursion when it is followed.
const MAX_TERMS: usize = 50;

impl Parser<'_> {
    pub(super) fn test(&mut self) -> Read<Command> {
        let (at, start) = (self.pos, self.at);
        let around = self.enter(Quote::Test);
        self.advance()?;
        if self.is_word("]]") {
            return self.fail(at, "expected a condition");
        }
        let condition = self.condition(at)?;
        let end = self.pos;
        if !self.is_word("]]") {
            return self.fail(at, "`[[` is not closed");
        }
        self.leave(&around);
        self.advance()?;
        Ok(Command::Test { raw: self.slice(start, end).trim().to_owned(), condition })
    }

    /// Terms joined by `&&` and, more weakly, by `||`.
    fn condition(&mut self, at: usize) -> Read<Condition> {
        let mut any: Option<Condition> = None;
        let mut all = self.term(at)?;
        for _ in 0..MAX_TERMS {
            match self.tok {
                Tok::Op("&&") => {
                    self.advance()?;
                    all = Condition::And(Box::new(all), Box::new(self.term(at)?));
                }
                Tok::Op("||") => {
                    self.advance()?;
                    any = Some(either(any, all));
                    all = self.term(at)?;
                }
                _ => return Ok(either(any, all)),
            }
        }
        self.fail(self.pos, "the condition is too long to be read")
    }

    fn term(&mut self, at: usize) -> Read<Condition> {
        self.got(Tok::Newline)?;
        let term = self.deeper(|p| p.bare(at))?;
        self.got(Tok::Newline)?;
        Ok(term)
    }

    fn bare(&mut self, at: usize) -> Read<Condition> {
        if self.is_word("!") {
            self.advance()?;
            return Ok(Condition::Not(Box::new(self.term(at)?)));
        }
        if self.tok == Tok::Op("(") {
            let open = self.pos;
            self.advance()?;
            let inner = self.condition(open)?;
            self.close(open, ")")?;
            return Ok(inner);
        }
        if self.tok == Tok::Word && UNARY.contains(&self.val.as_str()) {
            let op = self.val.clone();
            self.advance()?;
            return match self.word()? {
                Some(word) => Ok(Condition::Unary(op, word)),
                None => self.fail(at, "expected a word behind the operator"),
            };
        }
        if self.is_word("]]") {
            return self.fail(at, "expected a condition");
        }
        let Some(left) = self.word()? else { return self.fail(at, "expected a condition") };
        self.got(Tok::Newline)?;
        let op = match self.tok {
            Tok::Op("&&" | "||" | ")") | Tok::End => return Ok(Condition::Word(left)),
            Tok::Op(op @ ("<" | ">")) => op.to_owned(),
            Tok::Word if self.val == "]]" => return Ok(Condition::Word(left)),
            Tok::Word if BINARY.contains(&self.val.as_str()) => self.val.clone(),
            _ => return self.fail(self.pos, "expected an operator of a condition"),
        };
        if op == "=~" {
            self.not_posix(self.pos)?;
            (self.regex_open, self.regex_starts) = (0, true);
            self.quote = Quote::Regex;
        }
        self.advance()?;
        let right = self.word()?;
        self.quote = Quote::Test;
        match right {
            Some(right) => Ok(Condition::Binary(left, op, right)),
            None => self.fail(at, "expected a word behind the operator"),
        }
    }
}

fn either(any: Option<Condition>, all: Condition) -> Condition {
    match any {
        Some(any) => Condition::Or(Box::new(any), Box::new(all)),
        None => all,
    }
}
