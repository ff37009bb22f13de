//! `[[ … ]]`

use super::super::ast::{Command, Condition, Part, Word};
use super::super::lex::{Parser, Read};
use super::word::Until;

impl Parser<'_> {
    /// Behind `[[`.
    pub(super) fn test(&mut self) -> Read<Command> {
        let start = self.pos;
        let condition = self.disjunction()?;
        self.newlines();
        let end = self.pos;
        if self.plain_word() != "]]" {
            return self.fail(start, "`[[` is not closed");
        }
        self.pos += 2;
        Ok(Command::Test { raw: self.slice(start, end).trim().to_owned(), condition })
    }

    fn disjunction(&mut self) -> Read<Condition> {
        let mut terms = 0;
        let mut left = self.conjunction()?;
        loop {
            self.newlines();
            if !self.eat("||") {
                return Ok(left);
            }
            terms += 1;
            if terms > 50 {
                return self.fail(self.pos, "the condition is too long to be read");
            }
            left = Condition::Or(Box::new(left), Box::new(self.conjunction()?));
        }
    }

    fn conjunction(&mut self) -> Read<Condition> {
        let mut terms = 0;
        let mut left = self.nested(Self::negation)?;
        loop {
            self.newlines();
            if !self.eat("&&") {
                return Ok(left);
            }
            terms += 1;
            if terms > 50 {
                return self.fail(self.pos, "the condition is too long to be read");
            }
            let right = self.nested(Self::negation)?;
            left = Condition::And(Box::new(left), Box::new(right));
        }
    }

    fn negation(&mut self) -> Read<Condition> {
        self.newlines();
        if self.reserved("!") {
            return Ok(Condition::Not(Box::new(self.nested(Self::negation)?)));
        }
        if self.eat("(") {
            let inner = self.nested(Self::disjunction)?;
            self.newlines();
            return if self.eat(")") { Ok(inner) } else { self.fail(self.pos, "expected `)`") };
        }
        self.primary()
    }

    fn primary(&mut self) -> Read<Condition> {
        let first = self.operand()?;
        self.blanks();
        let raw = first.raw.as_str();
        let unary = raw.len() == 2 && raw.starts_with('-') && raw.as_bytes()[1].is_ascii_alphabetic();
        if unary && !self.condition_ends() {
            let operand = self.operand()?;
            return Ok(Condition::Unary(first.raw, operand));
        }
        if self.condition_ends() {
            return Ok(Condition::Word(first));
        }
        let operator = if self.eat("<") {
            "<".to_owned()
        } else if self.eat(">") {
            ">".to_owned()
        } else {
            self.word()?.raw
        };
        self.blanks();
        if operator == "=~" {
            let pattern = self.nested(|p| p.word_until(Until::Regex, false))?;
            return Ok(Condition::Binary(first, operator, pattern));
        }
        if self.condition_ends() {
            return self.fail(self.pos, "expected a word");
        }
        Ok(Condition::Binary(first, operator, self.operand()?))
    }

    fn operand(&mut self) -> Read<Word> {
        self.blanks();
        let word = self.word()?;
        if word.parts.is_empty() && !matches!(word.parts.as_slice(), [Part::Double(_)]) {
            return self.fail(self.pos, "expected a word");
        }
        Ok(word)
    }

    fn condition_ends(&self) -> bool {
        self.at_end()
            || self.plain_word() == "]]"
            || self.starts("&&")
            || self.starts("||")
            || matches!(self.peek(), b')' | b'\n')
    }
}
