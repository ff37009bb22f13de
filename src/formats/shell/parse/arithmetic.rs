//! Arithmetic: `$(( … ))`, `(( … ))`, `$[ … ]`, `let` and subscripts.

use super::super::ast::{Arith, Command, Part, Word};
use super::super::subscript::Subscript;
use super::token::{Quote, Tok};
use super::{Around, Parser, Read, is_variable};

type Found = Read<Option<Arith>>;

const ASSIGNING: [&str; 11] = ["+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>=", "="];

/// Terms of one expression at one level; each is a level of recursion when it is followed.
const MAX_TERMS: usize = 100;

/// Operators by how weakly they bind, the weakest first. Those above `,` are read by their own functions.
const LEVELS: [&[&str]; 10] = [
    &["||"],
    &["&&"],
    &["|"],
    &["^"],
    &["&"],
    &["==", "!="],
    &["<", ">", "<=", ">="],
    &["<<", ">>"],
    &["+", "-"],
    &["*", "/", "%"],
];

impl Parser<'_> {
    /// `$(( … ))` or `$[ … ]`
    pub(super) fn expanded(&mut self, open: &'static str) -> Read<Part> {
        self.no_expansion()?;
        let at = self.pos;
        let bracket = open == "$[";
        let around = self.enter(if bracket { Quote::ArithmeticBracket } else { Quote::Arithmetic });
        self.advance()?;
        let value = self.expression(at)?;
        if bracket {
            if self.tok != Tok::Op("]") {
                return self.fail(at, "expected `]` to close this");
            }
            self.leave(&around);
            self.advance()?;
        } else {
            self.arithmetic_end(at, &around)?;
        }
        Ok(Part::Arithmetic(Box::new(value)))
    }

    /// `(( … ))`
    pub(super) fn arithmetic_command(&mut self) -> Read<Command> {
        let (at, start) = (self.pos, self.at);
        let around = self.enter(Quote::ArithmeticCommand);
        self.advance()?;
        let value = self.expression(at)?;
        let end = self.pos;
        self.arithmetic_end(at, &around)?;
        Ok(Command::Arithmetic { raw: self.slice(start, end).trim().to_owned(), value })
    }

    /// `))`
    pub(super) fn arithmetic_end(&mut self, at: usize, around: &Around) -> Read<()> {
        if self.tok != Tok::Op(")") || self.r != b')' {
            return self.fail(at, "expected `))` to close this");
        }
        self.rune();
        self.leave(around);
        self.advance()
    }

    /// `[ … ]` behind a name, at its bracket.
    pub(super) fn subscript(&mut self) -> Read<Subscript> {
        let at = self.pos;
        let from = self.at;
        let until = self.bracket(from);
        let quote = std::mem::replace(&mut self.quote, Quote::ArithmeticBracket);
        let (depth, around, in_word) = (self.depth, self.double, self.in_word);
        let value = match self.subscribed(at) {
            Ok(value) => value,
            // A key need be no expression: what it is, the array decides.
            Err(fail) => {
                let Some(until) = until.filter(|_| self.backquotes == 0 && self.pending.is_empty()) else {
                    return Err(fail);
                };
                (self.depth, self.double, self.in_word, self.literal) = (depth, around, in_word, None);
                (self.quote, self.next) = (Quote::ArithmeticBracket, until);
                self.rune();
                self.advance()?;
                let key = self.slice(from, until).to_owned();
                Arith::Word(Word { raw: key.clone(), ..self.made(from, vec![Part::Single(key)]) })
            }
        };
        let raw = until.map_or("", |until| self.slice(from, until)).to_owned();
        self.quote = quote;
        self.close(at, "]")?;
        Ok(Subscript { value, raw })
    }

    fn subscribed(&mut self, at: usize) -> Read<Arith> {
        self.advance()?;
        if let Tok::Op(op @ ("*" | "@")) = self.tok {
            (self.tok, self.val) = (Tok::Word, op.to_owned());
        }
        let value = self.deeper(|p| p.expression(at))?;
        if self.tok == Tok::Op("]") { Ok(value) } else { self.fail(at, "expected `]` to close this") }
    }

    /// Where the bracket closes that opens before an offset, on the same line.
    fn bracket(&self, from: usize) -> Option<usize> {
        let mut depth = 0usize;
        let mut quote = None;
        let mut escaped = false;
        for (at, c) in self.text.get(from..)?.char_indices() {
            match c {
                _ if escaped => escaped = false,
                '\n' => return None,
                '\\' if quote != Some('\'') => escaped = true,
                '\'' | '"' if quote == Some(c) => quote = None,
                '\'' | '"' if quote.is_none() => quote = Some(c),
                '[' if quote.is_none() => depth += 1,
                ']' if quote.is_none() && depth == 0 => return Some(from + at),
                ']' if quote.is_none() => depth -= 1,
                _ => {}
            }
        }
        None
    }

    /// An expression that must be there.
    pub(super) fn expression(&mut self, at: usize) -> Read<Arith> {
        self.required(at, |p| p.arithmetic(false))
    }

    fn required(&mut self, at: usize, read: impl FnOnce(&mut Self) -> Found) -> Read<Arith> {
        match read(self)? {
            Some(value) => Ok(value),
            None => self.fail(at, "expected an expression"),
        }
    }

    /// An expression, if there is one; `compact` where blanks end it.
    pub(super) fn arithmetic(&mut self, compact: bool) -> Found {
        let mut left = self.assigning(compact)?;
        let mut terms = 0;
        while self.tok == Tok::Op(",") && !(compact && self.spaced) {
            terms += 1;
            if terms > MAX_TERMS {
                return self.fail(self.pos, "the expression is too long to be read");
            }
            left = Some(self.behind_operator(left, ",", compact, Self::assigning)?);
        }
        Ok(left)
    }

    /// The rest of an operation, at its operator.
    fn behind_operator(
        &mut self,
        left: Option<Arith>,
        op: &'static str,
        compact: bool,
        read: impl FnOnce(&mut Self, bool) -> Found,
    ) -> Read<Arith> {
        let at = self.pos;
        let Some(left) = left else { return self.fail(at, format!("expected an expression before `{op}`")) };
        self.step(compact)?;
        let right = self.deeper(|p| p.required(at, |p| read(p, compact)))?;
        Ok(Arith::Binary(Box::new(left), op, Box::new(right)))
    }

    fn assigning(&mut self, compact: bool) -> Found {
        let left = self.choice(compact)?;
        match self.tok {
            Tok::Op(op) if ASSIGNING.contains(&op) && !(compact && self.spaced) => {
                if !left.as_ref().is_some_and(is_assignable) {
                    return self.fail(self.pos, format!("expected a name before `{op}`"));
                }
                self.behind_operator(left, op, compact, Self::assigning).map(Some)
            }
            _ => Ok(left),
        }
    }

    fn choice(&mut self, compact: bool) -> Found {
        let condition = self.level(0, compact)?;
        if self.tok != Tok::Op("?") || compact && self.spaced {
            return Ok(condition);
        }
        let at = self.pos;
        let Some(condition) = condition else { return self.fail(at, "expected an expression before `?`") };
        self.step(compact)?;
        let yes = self.deeper(|p| p.required(at, |p| p.arithmetic(compact)))?;
        if self.tok != Tok::Op(":") {
            return self.fail(at, "expected `:` behind `?`");
        }
        let at = self.pos;
        self.step(compact)?;
        let no = self.deeper(|p| p.required(at, |p| p.choice(compact)))?;
        Ok(Some(Arith::Choice(Box::new([condition, yes, no]))))
    }

    fn level(&mut self, level: usize, compact: bool) -> Found {
        let Some(operators) = LEVELS.get(level) else { return self.power(compact) };
        let mut left = self.level(level + 1, compact)?;
        for _ in 0..MAX_TERMS {
            match self.tok {
                Tok::Op(op) if operators.contains(&op) && !(compact && self.spaced) => {
                    left = Some(self.behind_operator(left, op, compact, |p, compact| p.level(level + 1, compact))?);
                }
                _ => return Ok(left),
            }
        }
        self.fail(self.pos, "the expression is too long to be read")
    }

    fn power(&mut self, compact: bool) -> Found {
        let left = self.prefix(compact)?;
        if self.tok != Tok::Op("**") || compact && self.spaced {
            return Ok(left);
        }
        self.behind_operator(left, "**", compact, Self::power).map(Some)
    }

    fn prefix(&mut self, compact: bool) -> Found {
        if !compact {
            self.got(Tok::Newline)?;
        }
        if let Tok::Op(op @ ("!" | "~" | "+" | "-")) = self.tok {
            let at = self.pos;
            self.step(compact)?;
            let operand = self.deeper(|p| p.required(at, |p| p.prefix(compact)))?;
            return Ok(Some(Arith::Prefix(op, Box::new(operand))));
        }
        self.operand(compact)
    }

    fn operand(&mut self, compact: bool) -> Found {
        let at = self.pos;
        let value = match self.tok {
            Tok::Op(op @ ("++" | "--")) => {
                self.blank(compact)?;
                if self.tok != Tok::Word {
                    return self.fail(at, format!("expected a name behind `{op}`"));
                }
                let operand = self.deeper(|p| p.required(at, |p| p.operand(compact)))?;
                return Ok(Some(Arith::Prefix(op, Box::new(operand))));
            }
            Tok::Op("(") => {
                self.step(compact)?;
                let inner = self.deeper(|p| p.expression(at))?;
                self.close(at, ")")?;
                Arith::Group(Box::new(inner))
            }
            Tok::Op("[") => return self.fail(at, "expected a name before `[`"),
            Tok::Op(":") => return self.fail(at, "expected `?` before `:`"),
            Tok::Word => {
                let name = self.val.clone();
                self.advance()?;
                if self.tok == Tok::Op("[") {
                    Arith::Element(name, Box::new(self.subscript()?.value))
                } else {
                    Arith::Word(self.made(at, vec![Part::Literal(name)]))
                }
            }
            Tok::Op("`") if self.quote == Quote::ArithmeticLet && self.backquotes > 0 => return Ok(None),
            _ => match self.word()? {
                Some(word) => Arith::Word(word),
                None => return Ok(None),
            },
        };
        if compact && self.spaced {
            return Ok(Some(value));
        }
        if !compact {
            self.got(Tok::Newline)?;
        }
        match self.tok {
            Tok::Op(op @ ("++" | "--")) => {
                if !is_assignable(&value) {
                    return self.fail(self.pos, format!("expected a name before `{op}`"));
                }
                self.blank(compact)?;
                Ok(Some(Arith::Postfix(op, Box::new(value))))
            }
            _ => Ok(Some(value)),
        }
    }

    /// Steps over an operator; whether a blank ends the expression there.
    fn blank(&mut self, compact: bool) -> Read<bool> {
        self.advance()?;
        if compact && self.spaced {
            return Ok(true);
        }
        if !compact {
            self.got(Tok::Newline)?;
        }
        Ok(false)
    }

    /// Steps over an operator that needs something behind it.
    fn step(&mut self, compact: bool) -> Read<()> {
        let at = self.pos;
        if self.blank(compact)? { self.fail(at, "expected an expression") } else { Ok(()) }
    }
}

/// Whether a value can be assigned to.
fn is_assignable(value: &Arith) -> bool {
    match value {
        Arith::Word(Word { parts, .. }) => matches!(parts.as_slice(), [Part::Literal(name)] if is_variable(name)),
        Arith::Element(..) => true,
        _ => false,
    }
}
