//! Compound commands.

use std::sync::Arc;

use super::super::ast::{CaseItem, Command, Dialect, List};
use super::super::lex::{Parser, Read, ends_word};
use super::CLOSERS;

impl Parser<'_> {
    /// A compound command, if one is next.
    pub(super) fn compound(&mut self) -> Read<Option<Command>> {
        let bash = self.dialect != Dialect::Posix;
        if self.peek() == b'(' {
            if bash
                && self.peek_at(1) == b'('
                && let Some(end) = self.arithmetic_end()
            {
                let raw = self.slice(self.pos + 2, end).trim().to_owned();
                self.pos = end + 2;
                return Ok(Some(Command::Arithmetic(raw)));
            }
            return self.parenthesised().map(|list| Some(Command::Subshell(list)));
        }
        let at = self.pos;
        let word = self.plain_word();
        self.pos += word.len();
        let command = match word {
            "if" => self.conditional()?,
            "for" => self.loop_over(false)?,
            "select" if bash => self.loop_over(true)?,
            "while" | "until" => {
                let condition = self.body(&["do"])?;
                self.expect("do")?;
                let body = self.body(&["done"])?;
                self.expect("done")?;
                Command::While { until: word == "until", condition, body }
            }
            "case" => self.case()?,
            "{" => {
                let body = self.body(&["}"])?;
                self.expect("}")?;
                Command::Block(body)
            }
            "[[" if bash => self.test()?,
            "function" if bash => {
                self.blanks();
                let name = self.plain_word();
                self.pos += name.len();
                self.blanks();
                self.function(name.to_owned())?
            }
            "time" if bash => self.time()?,
            "coproc" if bash => self.coproc()?,
            "let" if bash => self.arithmetic_words()?,
            _ if CLOSERS.contains(&word) => return self.fail(at, format!("`{word}` closes nothing here")),
            _ => {
                self.pos = at;
                return Ok(None);
            }
        };
        Ok(Some(command))
    }

    fn conditional(&mut self) -> Read<Command> {
        let mut arms = Vec::new();
        let mut otherwise = None;
        loop {
            let condition = self.body(&["then"])?;
            self.expect("then")?;
            arms.push((condition, self.body(&["elif", "else", "fi"])?));
            if self.reserved("elif") {
                continue;
            }
            if self.reserved("else") {
                otherwise = Some(self.body(&["fi"])?);
            }
            self.expect("fi")?;
            return Ok(Command::If { arms, otherwise });
        }
    }

    fn loop_over(&mut self, select: bool) -> Read<Command> {
        self.blanks();
        let mut name = None;
        let mut words = None;
        if self.starts("((") && self.dialect != Dialect::Posix {
            let Some(end) = self.arithmetic_end() else { return self.fail(self.pos, "`((` is not closed") };
            self.pos = end + 2;
        } else {
            let word = self.plain_word();
            if word.is_empty() {
                return self.fail(self.pos, "expected the name of a variable");
            }
            self.pos += word.len();
            name = Some(word.to_owned());
            self.newlines();
            if self.reserved("in") {
                let mut list = Vec::new();
                loop {
                    self.blanks();
                    if self.at_end() || (ends_word(self.peek()) && !self.starts("<(")) {
                        break;
                    }
                    list.push(self.word()?);
                }
                words = Some(list);
            }
        }
        self.blanks();
        self.eat(";");
        self.newlines();
        let body = if self.dialect != Dialect::Posix && self.reserved("{") {
            let body = self.body(&["}"])?;
            self.expect("}")?;
            body
        } else {
            self.expect("do")?;
            let body = self.body(&["done"])?;
            self.expect("done")?;
            body
        };
        Ok(Command::For { select, name, words, body })
    }

    fn case(&mut self) -> Read<Command> {
        self.blanks();
        let word = self.word()?;
        self.expect("in")?;
        let mut items = Vec::new();
        loop {
            self.newlines();
            if self.reserved("esac") {
                return Ok(Command::Case { word, items });
            }
            self.eat("(");
            let mut patterns = Vec::new();
            loop {
                self.blanks();
                let pattern = self.word()?;
                if pattern.parts.is_empty() {
                    return self.fail(self.pos, "expected a pattern");
                }
                patterns.push(pattern);
                self.blanks();
                if !self.eat("|") {
                    break;
                }
            }
            if !self.eat(")") {
                return self.fail(self.pos, "expected `)` behind the pattern");
            }
            let body = self.list(&["esac"])?;
            let goes_on = self.eat(";;&") || (!self.starts(";;") && self.eat(";&"));
            items.push(CaseItem { patterns, body, goes_on });
            self.blanks();
            if !goes_on && !self.eat(";;") && self.plain_word() != "esac" {
                return self.fail(self.pos, "expected `;;` or `esac`");
            }
        }
    }

    /// A function behind its name, parentheses included.
    pub(super) fn function(&mut self, name: String) -> Read<Command> {
        if self.eat("(") {
            self.blanks();
            if !self.eat(")") {
                return self.fail(self.pos, "expected `)`");
            }
        }
        self.newlines();
        let body = Arc::new(self.nested(Self::item)?);
        Ok(Command::Function { name, body })
    }

    fn time(&mut self) -> Read<Command> {
        self.reserved("-p");
        self.blanks();
        let mut list = List::new();
        if !self.at_end() && (!ends_word(self.peek()) || self.peek() == b'(') {
            self.nested(|p| p.pipeline(&mut list))?;
        }
        Ok(Command::Time(list))
    }

    fn coproc(&mut self) -> Read<Command> {
        self.blanks();
        let at = self.pos;
        let compounds = ["{", "if", "for", "while", "until", "case", "[["];
        let name = self.plain_word();
        if !compounds.contains(&name) {
            self.pos += name.len();
            self.blanks();
            if !(compounds.contains(&self.plain_word()) || self.peek() == b'(') {
                self.pos = at;
            }
        }
        let item = self.nested(Self::item)?;
        Ok(Command::Coproc(vec![item]))
    }

    fn arithmetic_words(&mut self) -> Read<Command> {
        let start = self.pos;
        let mut end = start;
        loop {
            self.blanks();
            if self.at_end() || ends_word(self.peek()) {
                break;
            }
            self.word()?;
            end = self.pos;
        }
        self.pos = end;
        Ok(Command::Let(self.slice(start, end).trim().to_owned()))
    }
}
