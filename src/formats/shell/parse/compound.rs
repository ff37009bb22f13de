//! Compound commands.

use super::super::ast::{Arith, CaseItem, Command, List, Word};
use super::token::{Quote, Tok};
use super::{Parser, Read};

/// What begins a command that `coproc` can stand before without a name.
const COMPOUND: [&str; 16] = [
    "{", "if", "while", "until", "for", "case", "[[", "coproc", "let", "function", "declare", "local", "export",
    "readonly", "typeset", "nameref",
];

impl Parser<'_> {
    /// A list behind a reserved word; it may be empty only where a line or a `;` ends.
    fn following(&mut self, at: usize, stops: &[&str]) -> Read<List> {
        if self.got(Tok::Op(";"))? {
            return Ok(List::new());
        }
        let newline = self.got(Tok::Newline)?;
        let list = self.list(stops)?;
        if list.is_empty() && !newline {
            return self.fail(at, "expected a command");
        }
        Ok(list)
    }

    pub(super) fn subshell(&mut self) -> Read<Command> {
        self.parenthesised().map(Command::Subshell)
    }

    /// The list from here to its closing parenthesis.
    pub(super) fn parenthesised(&mut self) -> Read<List> {
        let at = self.pos;
        let around = self.enter(Quote::List);
        self.advance()?;
        let list = self.list(&[])?;
        self.leave(&around);
        self.close(at, ")")?;
        Ok(list)
    }

    pub(super) fn block(&mut self) -> Read<Command> {
        let at = self.pos;
        self.advance()?;
        let list = self.list(&["}"])?;
        self.expect_word(at, "}")?;
        Ok(Command::Block(list))
    }

    pub(super) fn conditional(&mut self) -> Read<Command> {
        let at = self.pos;
        let mut arms = Vec::new();
        let mut otherwise = None;
        loop {
            let arm = self.pos;
            self.advance()?;
            let condition = self.following(arm, &["then"])?;
            let then = self.pos;
            self.expect_word(at, "then")?;
            arms.push((condition, self.following(then, &["fi", "elif", "else"])?));
            if !self.is_word("elif") {
                break;
            }
        }
        if self.is_word("else") {
            let at = self.pos;
            self.advance()?;
            otherwise = Some(self.following(at, &["fi"])?);
        }
        self.expect_word(at, "fi")?;
        Ok(Command::If { arms, otherwise })
    }

    pub(super) fn repeated(&mut self, until: bool) -> Read<Command> {
        let at = self.pos;
        self.advance()?;
        let condition = self.following(at, &["do"])?;
        let body = self.done(at)?;
        Ok(Command::While { until, condition, body })
    }

    /// `do … done`
    fn done(&mut self, at: usize) -> Read<List> {
        let start = self.pos;
        self.expect_word(at, "do")?;
        let body = self.following(start, &["done"])?;
        self.expect_word(at, "done")?;
        Ok(body)
    }

    pub(super) fn each(&mut self, select: bool) -> Read<Command> {
        let at = self.pos;
        self.advance()?;
        let (mut name, mut words, mut counter) = (None, None, None);
        if !select && self.tok == Tok::Op("((") {
            counter = Some(Box::new(self.counted()?));
        } else {
            if self.is_posix() && self.tok == Tok::Op("(") {
                return self.fail(at, "a plain shell does not know this");
            }
            let (read, list) = self.named(at)?;
            (name, words) = (Some(read), list);
        }
        let body = if !select && self.is_word("{") {
            self.not_posix(self.pos)?;
            let start = self.pos;
            self.advance()?;
            let body = self.following(start, &["}"])?;
            self.expect_word(at, "}")?;
            body
        } else {
            self.done(at)?
        };
        Ok(Command::For { select, name, counter, words, body })
    }

    /// `(( a; b; c ))` of `for`.
    fn counted(&mut self) -> Read<[Option<Arith>; 3]> {
        let at = self.pos;
        let around = self.enter(Quote::ArithmeticCommand);
        self.advance()?;
        let first = self.arithmetic(false)?;
        let mut condition = None;
        if !self.got(Tok::Op(";;"))? {
            self.close(at, ";")?;
            condition = self.arithmetic(false)?;
            self.close(at, ";")?;
        }
        let step = self.arithmetic(false)?;
        self.arithmetic_end(at, &around)?;
        self.got(Tok::Op(";"))?;
        self.got(Tok::Newline)?;
        Ok([first, condition, step])
    }

    /// The variable of a loop, and its words if there is an `in`.
    fn named(&mut self, at: usize) -> Read<(String, Option<Vec<Word>>)> {
        if !matches!(self.tok, Tok::Word | Tok::Literal | Tok::Descriptor) {
            return self.fail(at, "expected the name of a variable");
        }
        let name = self.val.clone();
        self.advance()?;
        if self.got(Tok::Op(";"))? {
            self.got(Tok::Newline)?;
            return Ok((name, None));
        }
        self.got(Tok::Newline)?;
        if self.got_word("in")? {
            let mut words = Vec::new();
            while !self.stops() {
                match self.word()? {
                    Some(word) => words.push(word),
                    None => return self.fail(self.pos, "expected a word"),
                }
            }
            self.got(Tok::Op(";"))?;
            self.got(Tok::Newline)?;
            return Ok((name, Some(words)));
        }
        if self.is_word("do") {
            return Ok((name, None));
        }
        self.fail(at, "expected `in` or `do`")
    }

    pub(super) fn case(&mut self) -> Read<Command> {
        let at = self.pos;
        self.advance()?;
        let Some(word) = self.word()? else { return self.fail(at, "expected a word behind `case`") };
        self.got(Tok::Newline)?;
        self.expect_word(at, "in")?;
        self.got(Tok::Newline)?;
        let mut items = Vec::new();
        while self.tok != Tok::End && !self.is_word("esac") {
            let patterns = self.patterns()?;
            let around = self.enter(Quote::Case);
            self.advance()?;
            let body = self.list(&["esac"])?;
            self.leave(&around);
            let goes_on = match self.tok {
                Tok::Op(";&") => Some(false),
                Tok::Op(";;&") => Some(true),
                _ => None,
            };
            items.push(CaseItem { patterns, body, goes_on });
            if goes_on.is_none() && self.tok != Tok::Op(";;") {
                break;
            }
            self.advance()?;
            self.got(Tok::Newline)?;
        }
        self.expect_word(at, "esac")?;
        Ok(Command::Case { word, items })
    }

    /// The patterns of an item, up to their parenthesis.
    fn patterns(&mut self) -> Read<Vec<Word>> {
        self.got(Tok::Op("("))?;
        let mut patterns = Vec::new();
        loop {
            match self.word()? {
                Some(word) => patterns.push(word),
                None => return self.fail(self.pos, "expected a pattern"),
            }
            if self.tok == Tok::Op(")") {
                return Ok(patterns);
            }
            if !self.got(Tok::Op("|"))? {
                return self.fail(self.pos, "expected `)` behind the pattern");
            }
        }
    }

    pub(super) fn time(&mut self) -> Read<Command> {
        self.advance()?;
        self.got_word("-p")?;
        let mut list = List::new();
        self.pipeline(&mut list, false)?;
        Ok(Command::Time(list))
    }

    pub(super) fn coproc(&mut self) -> Read<Command> {
        let at = self.pos;
        self.advance()?;
        let compound =
            matches!(self.tok, Tok::Op("(" | "((")) || self.tok == Tok::Word && COMPOUND.contains(&self.val.as_str());
        let mut list = List::new();
        if compound {
            self.pipeline(&mut list, false)?;
            return Ok(Command::Coproc(list));
        }
        let name = self.word()?;
        let found = self.pipeline(&mut list, false)?;
        match (name, list.as_mut_slice()) {
            (None, _) if !found => return self.fail(at, "expected a command behind `coproc`"),
            // What looked like a name was the first word of the command.
            (Some(name), [item]) if matches!(item.command, Command::Simple(_)) => {
                (item.at, item.span) = (name.at, name.span.to(item.span));
                if let Command::Simple(simple) = &mut item.command {
                    simple.words.insert(0, name);
                }
            }
            (Some(name), []) => list.push(super::super::ast::Item::of(name)),
            _ => {}
        }
        Ok(Command::Coproc(list))
    }
}
