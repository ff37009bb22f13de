//! Simple commands, declarations, functions, and the way into compound commands.

use std::sync::Arc;

use super::super::ast::{Arith, Assign, Command, Dialect, Part, Redirect, Simple, Word};
use super::token::{Quote, Tok};
use super::{Parser, Read, is_variable};

/// Words that only end something.
const CLOSERS: [&str; 7] = ["then", "elif", "fi", "do", "done", "esac", "}"];

const DECLARING: [&str; 6] = ["declare", "local", "export", "readonly", "typeset", "nameref"];

/// A command, and where it starts unless that is at its first token.
type Started = (Command, Option<usize>);

impl Parser<'_> {
    /// A command without the redirections behind it, if one is next.
    pub(super) fn body(&mut self, redirects: &mut Vec<Redirect>) -> Read<Option<Started>> {
        let started = match self.tok {
            Tok::Word => {
                if let Some(command) = self.reserved()? {
                    return Ok(Some((command, None)));
                }
                if self.assigns() {
                    return self.call(Simple::default(), redirects).map(Some);
                }
                let (at, name) = (self.pos, self.val.clone());
                self.advance()?;
                if self.got(Tok::Op("("))? {
                    self.close(at, ")")?;
                    if self.is_posix() && !is_variable(&name) {
                        return self.fail(at, "this is no name of a function");
                    }
                    return self.function(name).map(|command| Some((command, None)));
                }
                let word = self.made(at, vec![Part::Literal(name)]);
                self.call(Simple { words: vec![word], ..Simple::default() }, redirects)?
            }
            _ if self.redirects() => {
                redirects.push(self.redirect()?);
                self.call(Simple::default(), redirects)?
            }
            Tok::Op("`") if self.backquote_ends() => return Ok(None),
            Tok::Literal if self.assigns() => self.call(Simple::default(), redirects)?,
            Tok::Op("(") => (self.subshell()?, None),
            Tok::Op("((") => (self.arithmetic_command()?, None),
            Tok::Literal | Tok::Op(_) => {
                let Some(word) = self.word()? else { return Ok(None) };
                if self.tok == Tok::Op("(") {
                    return self.fail(word.at, "this is no name of a function");
                }
                self.call(Simple { words: vec![word], ..Simple::default() }, redirects)?
            }
            _ => return Ok(None),
        };
        Ok(Some(started))
    }

    /// What a reserved word begins, if the word here is one.
    fn reserved(&mut self) -> Read<Option<Command>> {
        let bash = self.dialect != Dialect::Posix;
        let word = std::mem::take(&mut self.val);
        self.val.clone_from(&word);
        let command = match word.as_str() {
            "{" => self.block()?,
            "if" => self.conditional()?,
            "while" | "until" => self.repeated(word == "until")?,
            "for" => self.each(false)?,
            "select" if bash => self.each(true)?,
            "case" => self.case()?,
            "[[" if bash => self.test()?,
            "let" if bash => self.let_command()?,
            "function" if bash => self.named_function()?,
            "time" if bash => self.time()?,
            "coproc" if bash => self.coproc()?,
            "!" => return self.fail(self.pos, "`!` stands before a pipeline only"),
            "]]" if bash => return self.fail(self.pos, "`]]` closes nothing here"),
            word if bash && DECLARING.contains(&word) => self.declaration()?,
            word if CLOSERS.contains(&word) => return self.fail(self.pos, format!("`{word}` closes nothing here")),
            _ => return Ok(None),
        };
        Ok(Some(command))
    }

    /// The words, assignments and redirections of a simple command.
    fn call(&mut self, mut simple: Simple, redirects: &mut Vec<Redirect>) -> Read<Started> {
        loop {
            match self.tok {
                _ if self.redirects() => redirects.push(self.redirect()?),
                Tok::End | Tok::Newline => break,
                Tok::Word | Tok::Literal if simple.words.is_empty() && self.assigns() => {
                    let assign = self.assignment(true)?;
                    simple.assigns.push(assign);
                }
                Tok::Op("`") if self.backquote_ends() => break,
                Tok::Op(")") if self.quote == Quote::List => break,
                Tok::Op(";" | "&" | "|" | "&&" | "||" | "|&" | ";;" | ";&" | ";;&") => break,
                _ => match self.word()? {
                    Some(word) => simple.words.push(word),
                    None => return self.fail(self.pos, "expected a word or the end of the command"),
                },
            }
        }
        let start = simple.assigns.first().map(|assign| assign.at).or(simple.words.first().map(|word| word.at));
        if start.is_none() {
            return Ok((Command::None, None));
        }
        if !simple.words.is_empty()
            && let Some(array) = simple.assigns.iter().find(|assign| assign.is_array())
        {
            let at = array.at;
            return self.fail(at, "an array cannot be set for one command");
        }
        Ok((Command::Simple(simple), start))
    }

    /// `export` and its kin.
    fn declaration(&mut self) -> Read<Command> {
        let (at, name) = (self.pos, self.val.clone());
        self.advance()?;
        let mut words = vec![self.made(at, vec![Part::Literal(name)])];
        while !self.stops() && !self.redirects() {
            if self.assigns() {
                let assign = self.assignment(false)?;
                words.push(self.declared(assign));
            } else if matches!(self.tok, Tok::Word | Tok::Literal) && self.equals.is_some_and(|at| at > 0) {
                return self.fail(self.pos, "this is no name of a variable");
            } else {
                match self.word()? {
                    Some(word) => words.push(word),
                    None => return self.fail(self.pos, "expected a name or an assignment"),
                }
            }
        }
        Ok(Command::Simple(Simple { assigns: Vec::new(), words, declares: true }))
    }

    /// An assignment as the word of a declaration.
    fn declared(&self, assign: Assign) -> Word {
        let mut word = self.made(assign.at, assign.value.parts);
        let prefix = if assign.naked { assign.name } else { self.slice(assign.at, assign.value.at).to_owned() };
        match word.parts.first_mut() {
            Some(Part::Literal(first)) => first.insert_str(0, &prefix),
            _ => word.parts.insert(0, Part::Literal(prefix)),
        }
        word
    }

    /// `let …`
    fn let_command(&mut self) -> Read<Command> {
        let (at, start) = (self.pos, self.at);
        let around = self.enter(Quote::ArithmeticLet);
        self.advance()?;
        let mut values: Vec<Arith> = Vec::new();
        let mut end = start;
        while !self.stops() && !self.redirects() {
            let Some(value) = self.arithmetic(true)? else { break };
            values.push(value);
            end = self.end;
        }
        if values.is_empty() {
            return self.fail(at, "expected an expression behind `let`");
        }
        self.leave(&around);
        Ok(Command::Let { raw: self.slice(start, end).trim().to_owned(), values })
    }

    fn named_function(&mut self) -> Read<Command> {
        let at = self.pos;
        self.advance()?;
        if self.tok != Tok::Word {
            return self.fail(at, "expected a name behind `function`");
        }
        let name = self.val.clone();
        self.advance()?;
        if self.got(Tok::Op("("))? {
            self.close(at, ")")?;
        }
        self.function(name)
    }

    /// The body of a function.
    fn function(&mut self, name: String) -> Read<Command> {
        self.got(Tok::Newline)?;
        let at = self.pos;
        let negated = self.got_word("!")?;
        let Some(mut body) = self.command()? else { return self.fail(at, "expected the body of the function") };
        body.negated = negated;
        Ok(Command::Function { name, body: Arc::new(body) })
    }
}
