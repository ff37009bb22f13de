//! Text to tree: lists, pipelines and simple commands.

mod compound;
mod condition;
mod expansion;
mod redirect;
#[cfg(test)]
mod tests;
mod word;

use super::ast::{Assign, Command, Dialect, Item, Join, List, Part, Script, Simple};
use super::lex::{Parser, Read, ends_word, name_length};
use crate::model::SpanMap;

/// Words that only end something.
const CLOSERS: [&str; 8] = ["then", "else", "elif", "fi", "do", "done", "esac", "}"];

pub(super) fn script(text: &str, map: &SpanMap, dialect: Dialect) -> Script {
    let mut parser = Parser {
        text,
        pos: if text.starts_with('\u{feff}') { 3 } else { 0 },
        map,
        shift: 0,
        whole: None,
        dialect,
        depth: 0,
        problems: Vec::new(),
        heredocs: Vec::new(),
        pending: Vec::new(),
    };
    let items = parser.whole_script();
    Script { items, heredocs: parser.heredocs, problems: parser.problems }
}

impl Parser<'_> {
    /// Everything up to the end; after an error, from the next line on.
    pub(super) fn whole_script(&mut self) -> List {
        let mut items = List::new();
        while !self.at_end() {
            self.depth = 0;
            let read = self.list_into(&mut items, &[]);
            if read.is_ok() && !self.at_end() {
                let _ = self.fail::<()>(self.pos, "nothing is open here that this would close");
            }
            if !self.at_end() {
                self.next_line();
            }
        }
        settle(&mut items);
        items
    }

    /// A list up to a reserved word, `)` or `;;`, which is left to the caller.
    pub(super) fn list(&mut self, stops: &[&str]) -> Read<List> {
        let mut items = List::new();
        self.nested(|p| p.list_into(&mut items, stops))?;
        settle(&mut items);
        Ok(items)
    }

    /// A list that must not be empty.
    pub(super) fn body(&mut self, stops: &[&str]) -> Read<List> {
        let items = self.list(stops)?;
        if items.is_empty() {
            return self.fail(self.pos, "expected a command");
        }
        Ok(items)
    }

    fn list_into(&mut self, out: &mut List, stops: &[&str]) -> Read<()> {
        loop {
            self.newlines();
            if self.at_end() || self.peek() == b')' || self.starts(";;") || self.starts(";&") {
                return Ok(());
            }
            if stops.contains(&self.plain_word()) {
                return Ok(());
            }
            self.and_or(out)?;
            self.blanks();
            let join = match self.peek() {
                b';' if self.starts(";;") || self.starts(";&") => return Ok(()),
                b';' => Join::Semicolon,
                b'&' => Join::Background,
                b'\n' => Join::Newline,
                _ if self.at_end() || self.peek() == b')' => return Ok(()),
                _ => return self.fail(self.pos, "expected the end of the command"),
            };
            if join != Join::Newline {
                self.pos += 1;
            }
            if let Some(last) = out.last_mut() {
                last.join = Some(join);
            }
        }
    }

    fn and_or(&mut self, out: &mut List) -> Read<()> {
        loop {
            self.pipeline(out)?;
            self.blanks();
            let join = if self.eat("&&") {
                Join::And
            } else if self.eat("||") {
                Join::Or
            } else {
                return Ok(());
            };
            if let Some(last) = out.last_mut() {
                last.join = Some(join);
            }
            self.newlines();
        }
    }

    pub(super) fn pipeline(&mut self, out: &mut List) -> Read<()> {
        let negated = self.reserved("!");
        if negated && self.reserved("!") {
            return self.fail(self.pos, "a command can be negated once only");
        }
        let first = out.len();
        loop {
            self.blanks();
            let item = self.nested(Self::item)?;
            out.push(item);
            self.blanks();
            let join = if self.starts("||") {
                break;
            } else if self.dialect != Dialect::Posix && self.eat("|&") {
                Join::PipeBoth
            } else if self.eat("|") {
                Join::Pipe
            } else {
                break;
            };
            if let Some(last) = out.last_mut() {
                last.join = Some(join);
            }
            self.newlines();
        }
        if let Some(item) = out.get_mut(first) {
            item.negated = negated;
        }
        Ok(())
    }

    /// A command with its redirections.
    pub(super) fn item(&mut self) -> Read<Item> {
        let at = self.pos;
        let mut redirects = Vec::new();
        let (command, at) = match self.compound()? {
            Some(command) => {
                let end = self.pos;
                self.blanks();
                while let Some(redirect) = self.redirect()? {
                    redirects.push(redirect);
                    self.blanks();
                }
                if redirects.is_empty() {
                    self.pos = end;
                }
                (command, at)
            }
            None => self.simple(&mut redirects)?,
        };
        Ok(Item { command, redirects, negated: false, join: None, span: self.span(at, self.pos), at: self.shift + at })
    }

    /// A simple command or a function `name() …`, and where it starts.
    fn simple(&mut self, redirects: &mut Vec<super::ast::Redirect>) -> Read<(Command, usize)> {
        let begin = self.pos;
        let mut simple = Simple::default();
        let mut start = None;
        let mut end = self.pos;
        loop {
            self.blanks();
            if let Some(redirect) = self.redirect()? {
                redirects.push(redirect);
                end = self.pos;
                continue;
            }
            let process = self.dialect != Dialect::Posix && (self.starts("<(") || self.starts(">("));
            if self.at_end() || (ends_word(self.peek()) && !process) {
                break;
            }
            let at = self.pos;
            start = start.or(Some(at));
            if simple.words.is_empty()
                && let Some(assign) = self.assignment()?
            {
                simple.assigns.push(assign);
            } else {
                let word = if simple.declares { self.declaration()? } else { self.word()? };
                if simple.words.is_empty() && simple.assigns.is_empty() && self.dialect != Dialect::Posix {
                    let declaring = ["export", "declare", "local", "readonly", "typeset", "nameref"];
                    simple.declares = declaring.contains(&word.raw.as_str());
                }
                simple.words.push(word);
            }
            end = self.pos;
        }
        if let ([word], true) = (simple.words.as_slice(), simple.assigns.is_empty() && redirects.is_empty())
            && self.peek() == b'('
        {
            let (name, at) = (word.raw.clone(), start.unwrap_or(begin));
            return self.function(name).map(|command| (command, at));
        }
        if start.is_none() && redirects.is_empty() {
            let found = self.plain_word().to_owned();
            return self.fail(self.pos, format!("expected a command, found `{found}`"));
        }
        self.pos = end;
        Ok((if start.is_some() { Command::Simple(simple) } else { Command::None }, start.unwrap_or(begin)))
    }

    /// The length of `K=`, `K+=` or `K[i]=` here, and of the name in it.
    fn assignment_prefix(&self) -> Option<(usize, usize)> {
        let rest = self.rest();
        let name = name_length(rest);
        let bytes = rest.as_bytes();
        if name == 0 {
            return None;
        }
        let mut at = name;
        if bytes.get(at) == Some(&b'[') && self.dialect != Dialect::Posix {
            let line = rest.find('\n').unwrap_or(rest.len());
            let mut open = 0usize;
            at += 1 + rest.get(at..line)?.bytes().position(|c| {
                open += usize::from(c == b'[');
                open -= usize::from(c == b']');
                open == 0
            })?;
        }
        if bytes.get(at) == Some(&b'+') && self.dialect != Dialect::Posix {
            at += 1;
        }
        (bytes.get(at) == Some(&b'=')).then_some((at + 1, name))
    }

    fn assignment(&mut self) -> Read<Option<Assign>> {
        let Some((length, name)) = self.assignment_prefix() else { return Ok(None) };
        let at = self.pos;
        let prefix = self.slice(at, at + length);
        self.pos += length;
        let value = self.value()?;
        let array = prefix.contains('[') || matches!(value.parts.as_slice(), [Part::Array(_)]);
        Ok(Some(Assign {
            name: self.slice(at, at + name).to_owned(),
            append: prefix.ends_with("+="),
            array,
            value,
            span: self.span(at, self.pos),
        }))
    }

    /// A word behind `export` and the like, which can assign an array.
    fn declaration(&mut self) -> Read<super::ast::Word> {
        let at = self.pos;
        let Some((length, _)) = self.assignment_prefix() else { return self.word() };
        self.pos += length;
        let mut word = self.value()?;
        let prefix = self.slice(at, at + length).to_owned();
        if let Some(Part::Literal(first)) = word.parts.first_mut() {
            first.insert_str(0, &prefix);
        } else {
            word.parts.insert(0, Part::Literal(prefix));
        }
        self.slice(at, self.pos).clone_into(&mut word.raw);
        word.span = self.span(at, self.pos);
        word.at = self.shift + at;
        Ok(word)
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
