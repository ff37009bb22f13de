//! Text to tree: lists, pipelines and commands.
//!
//! The tokens depend on what is being read, so the lexer is part of the parser: `rune` gives characters, `lexer` tokens,
//! the rest the tree. The parser always stands at a token that was read and not yet used.

mod arithmetic;
mod assign;
mod compound;
mod condition;
mod heredoc;
mod lexer;
mod literal;
mod parameter;
mod redirect;
mod rune;
mod simple;
#[cfg(test)]
mod tests;
mod token;
mod word;

use super::ast::{Dialect, Heredoc, Item, Join, List, Script};
use crate::model::{Problem, Span, SpanMap};
use heredoc::Pending;
use token::{Quote, Tok};

/// A syntax error, already recorded.
#[derive(Debug)]
struct Fail;

type Read<T> = Result<T, Fail>;

/// Nesting beyond this is not read.
const MAX_DEPTH: usize = 60;

/// How much may be read again after errors before reading stops.
const MAX_AGAIN: usize = 4 << 20;

struct Parser<'t> {
    text: &'t str,
    map: &'t SpanMap,
    dialect: Dialect,
    problems: Vec<Problem>,
    heredocs: Vec<Heredoc>,
    depth: usize,
    /// Where reading goes on after the error.
    resume: usize,

    /// The current character, its offset and that of the next.
    r: u8,
    at: usize,
    next: usize,
    /// The text of the literal that is being read.
    literal: Option<String>,
    /// How many backquotes are open, and how many were before a quote.
    backquotes: usize,
    buried_backquotes: usize,
    /// How many backslashes stood before the last backquote.
    backquote_escapes: usize,
    expressions: Vec<std::ops::Range<usize>>,

    /// The current token, its offset, its text, and the end of the one before.
    tok: Tok,
    pos: usize,
    val: String,
    end: usize,
    /// Whether there is a blank before it.
    spaced: bool,
    /// Where the first `=` is in `val`.
    equals: Option<usize>,
    /// Whether the token before is part of a word.
    in_word: bool,

    quote: Quote,
    /// Whether `"…"` or a here-document is around.
    double: bool,
    /// Whether expansions are refused.
    fixed: bool,
    regex_open: usize,
    regex_starts: bool,

    /// Here-documents that wait for their bodies; those before `buried` belong to a line around this list.
    pending: Vec<Pending>,
    buried: usize,
    /// What ends the bodies that are being read.
    delimiters: Vec<Option<String>>,
    body_end: usize,
}

/// What a nested list saves of the text around it.
struct Around {
    quote: Quote,
    buried: usize,
    double: bool,
    in_word: bool,
}

pub(super) fn script(text: &str, map: &SpanMap, dialect: Dialect) -> Script {
    let mut parser = Parser {
        text,
        map,
        dialect,
        problems: Vec::new(),
        heredocs: Vec::new(),
        depth: 0,
        resume: 0,
        r: 0,
        at: 0,
        next: 0,
        literal: None,
        backquotes: 0,
        buried_backquotes: 0,
        backquote_escapes: 0,
        expressions: rune::expressions(text, dialect),
        tok: Tok::End,
        pos: 0,
        val: String::new(),
        end: 0,
        spaced: false,
        equals: None,
        in_word: false,
        quote: Quote::None,
        double: false,
        fixed: false,
        regex_open: 0,
        regex_starts: false,
        pending: Vec::new(),
        buried: 0,
        delimiters: Vec::new(),
        body_end: 0,
    };
    let items = parser.whole();
    Script { items, heredocs: parser.heredocs, problems: parser.problems }
}

/// Whether a text is a variable's name.
fn is_variable(text: &str) -> bool {
    !text.is_empty() && super::lex::name_length(text) == text.len()
}

impl Parser<'_> {
    /// Everything up to the end; after an error, from the line behind it on.
    fn whole(&mut self) -> List {
        let mut items = List::new();
        let mut again = 0;
        loop {
            self.rune();
            if self.attempt(&mut items).is_ok() {
                break;
            }
            let line_end = self.text.get(self.resume..).and_then(|rest| rest.find('\n'));
            let Some(from) = line_end.map(|at| self.resume + at + 1).filter(|from| *from < self.text.len()) else {
                break;
            };
            again += self.at.saturating_sub(from);
            if again > MAX_AGAIN {
                break;
            }
            self.restart(from);
        }
        settle(&mut items);
        items
    }

    fn attempt(&mut self, items: &mut List) -> Read<()> {
        self.advance()?;
        self.list_into(items, &[])?;
        self.here_documents()
    }

    /// Begins anew at an offset.
    fn restart(&mut self, from: usize) {
        (self.r, self.at, self.next, self.literal) = (0, from, from, None);
        (self.backquotes, self.buried_backquotes, self.depth) = (0, 0, 0);
        (self.tok, self.quote, self.in_word) = (Tok::End, Quote::None, false);
        (self.double, self.fixed) = (false, false);
        (self.buried, self.body_end) = (0, 0);
        self.pending.clear();
        self.delimiters.clear();
        self.val.clear();
    }

    fn span(&self, start: usize, end: usize) -> Span {
        self.map.span(start, end.max(start))
    }

    fn fail<T>(&mut self, at: usize, message: impl Into<String>) -> Read<T> {
        self.problems.push(Problem::new(self.span(at, at), message));
        self.resume = at.max(self.resume);
        Err(Fail)
    }

    /// Reads something nested.
    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        if self.depth >= MAX_DEPTH {
            return self.fail(self.pos, "nested too deeply to be read");
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    /// Enters a list or an expression of its own.
    fn enter(&mut self, quote: Quote) -> Around {
        let around = Around { quote: self.quote, buried: self.buried, double: self.double, in_word: self.in_word };
        self.buried = self.pending.len();
        (self.quote, self.double, self.in_word) = (quote, false, false);
        around
    }

    fn leave(&mut self, around: &Around) {
        (self.quote, self.buried) = (around.quote, around.buried);
        (self.double, self.in_word) = (around.double, around.in_word);
    }

    /// A list up to a reserved word or an operator, which is left to the caller.
    fn list(&mut self, stops: &[&str]) -> Read<List> {
        let mut items = List::new();
        self.deeper(|p| p.list_into(&mut items, stops))?;
        settle(&mut items);
        Ok(items)
    }

    fn list_into(&mut self, out: &mut List, stops: &[&str]) -> Read<()> {
        let mut ended = true;
        while self.tok != Tok::End {
            let newline = self.got(Tok::Newline)?;
            match self.tok {
                Tok::Word if stops.contains(&self.val.as_str()) => break,
                Tok::Op(")") if self.quote == Quote::List => break,
                Tok::Op("`") if self.backquote_ends() => break,
                Tok::Op(";;" | ";&" | ";;&") if self.quote == Quote::Case => break,
                Tok::End => break,
                _ => {}
            }
            if !newline && !ended {
                return self.fail(self.pos, "expected the end of the command");
            }
            if !self.statement(out)? {
                return self.fail(self.pos, "expected a command");
            }
            let join = match self.tok {
                Tok::Op(";") => Some(Join::Semicolon),
                Tok::Op("&") => Some(Join::Background),
                _ => None,
            };
            ended = join.is_some();
            if ended {
                self.advance()?;
            }
            if let Some(last) = out.last_mut() {
                last.join = Some(join.unwrap_or(Join::Newline));
            }
        }
        Ok(())
    }

    /// Pipelines joined by `&&` and `||`.
    fn statement(&mut self, out: &mut List) -> Read<bool> {
        if !self.negatable(out)? {
            return Ok(false);
        }
        loop {
            let join = match self.tok {
                Tok::Op("&&") => Join::And,
                Tok::Op("||") => Join::Or,
                _ => return Ok(true),
            };
            self.joined(out, join)?;
            if !self.negatable(out)? {
                return self.fail(self.pos, "expected a command behind the operator");
            }
        }
    }

    fn joined(&mut self, out: &mut List, join: Join) -> Read<()> {
        self.advance()?;
        self.got(Tok::Newline)?;
        if let Some(last) = out.last_mut() {
            last.join = Some(join);
        }
        Ok(())
    }

    /// A pipeline, perhaps behind `!`.
    fn negatable(&mut self, out: &mut List) -> Read<bool> {
        let at = self.pos;
        let negated = self.got_word("!")?;
        if negated && (self.stops() || self.is_word("!")) {
            return self.fail(at, "`!` stands before one command");
        }
        self.pipeline(out, negated)
    }

    fn pipeline(&mut self, out: &mut List, negated: bool) -> Read<bool> {
        let Some(mut item) = self.command()? else { return Ok(false) };
        item.negated = negated;
        out.push(item);
        loop {
            let join = match self.tok {
                Tok::Op("|") => Join::Pipe,
                Tok::Op("|&") => Join::PipeBoth,
                _ => return Ok(true),
            };
            self.joined(out, join)?;
            let Some(item) = self.command()? else {
                return self.fail(self.pos, "expected a command behind the operator");
            };
            out.push(item);
        }
    }

    /// A command with its redirections.
    fn command(&mut self) -> Read<Option<Item>> {
        let (begin, mut redirects) = (self.pos, Vec::new());
        let Some((command, at)) = self.deeper(|p| p.body(&mut redirects))? else { return Ok(None) };
        while self.redirects() {
            redirects.push(self.redirect()?);
        }
        let at = at.unwrap_or(begin);
        let span = self.span(at, self.end);
        Ok(Some(Item { command, redirects, negated: false, join: None, span, at }))
    }
}

/// Nothing follows the last command of a list.
fn settle(items: &mut List) {
    if let Some(last) = items.last_mut()
        && last.join != Some(Join::Background)
    {
        last.join = None;
    }
}
