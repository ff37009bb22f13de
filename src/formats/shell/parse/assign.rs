//! Assignments.

use super::super::ast::{Assign, Element, Part};
use super::token::{Quote, Tok};
use super::{Parser, Read, is_variable};

impl Parser<'_> {
    /// Whether the word here begins `K=`, `K+=` or `K[`.
    pub(super) fn assigns(&self) -> bool {
        if !matches!(self.tok, Tok::Word | Tok::Literal) {
            return false;
        }
        match self.equals.filter(|&at| at > 0) {
            Some(at) => {
                let name = self.val.get(..at).unwrap_or("");
                let name = if self.is_posix() { name } else { name.strip_suffix('+').unwrap_or(name) };
                if is_variable(name) {
                    return true;
                }
            }
            None if !is_variable(&self.val) => return false,
            None => {}
        }
        self.r == b'['
    }

    /// An assignment; `K[i]` may stand without a value where `needs_value` is not set.
    pub(super) fn assignment(&mut self, needs_value: bool) -> Read<Assign> {
        let at = self.pos;
        let empty = self.made(at, Vec::new());
        let mut assign = Assign {
            name: String::new(),
            append: false,
            index: None,
            value: empty,
            naked: false,
            at,
            span: self.span(at, at),
        };
        let mut parts = Vec::new();
        if let Some(equals) = self.equals.filter(|&at| at > 0) {
            let name = self.val.get(..equals).unwrap_or("");
            let plain = if self.is_posix() { None } else { name.strip_suffix('+') };
            assign.append = plain.is_some();
            assign.name = plain.unwrap_or(name).to_owned();
            let rest = self.val.get(equals + 1..).unwrap_or("").to_owned();
            assign.value.at = self.behind(at, equals + 1);
            if !rest.is_empty() {
                parts.push(Part::Literal(rest));
            }
            self.advance()?;
        } else {
            assign.name.clone_from(&self.val);
            self.rune();
            self.pos += 1;
            assign.index = Some(Box::new(self.subscript()?));
            if self.spaced || self.stops() {
                if needs_value {
                    return self.fail(at, "expected `=` behind the element");
                }
                assign.naked = true;
                return Ok(self.assigned(assign, parts));
            }
            if let Some(rest) = self.val.strip_prefix('+') {
                assign.append = true;
                self.val = rest.to_owned();
                self.pos += 1;
            }
            let Some(rest) = self.val.strip_prefix('=') else {
                return self.fail(at, "expected `=` behind the element");
            };
            self.val = rest.to_owned();
            self.pos += 1;
            assign.value.at = self.pos;
            if self.val.is_empty() {
                self.advance()?;
            }
        }
        if self.spaced || self.stops() {
            return Ok(self.assigned(assign, parts));
        }
        if parts.is_empty() && self.tok == Tok::Op("(") {
            self.not_posix(self.pos)?;
            if assign.index.is_some() {
                return self.fail(self.pos, "an array cannot hold an array");
            }
            parts.push(self.array()?);
        } else {
            parts.extend(self.parts()?);
        }
        Ok(self.assigned(assign, parts))
    }

    fn assigned(&self, mut assign: Assign, parts: Vec<Part>) -> Assign {
        assign.span = self.span(assign.at, self.end);
        let at = assign.value.at;
        assign.value = self.made(at.min(self.end), parts);
        if assign.value.parts.is_empty() {
            assign.value.raw.clear();
        }
        assign
    }

    /// The offset `length` characters of a literal behind `at`, which may be continued on other lines.
    fn behind(&self, at: usize, length: usize) -> usize {
        let mut at = at;
        for _ in 0..length {
            while let Some(joined) =
                ["\\\n", "\\\r\n"].iter().find(|joined| self.slice(at, at + 3).starts_with(**joined))
            {
                at += joined.len();
            }
            at += 1;
        }
        at
    }

    /// `( … )` behind `K=`.
    fn array(&mut self) -> Read<Part> {
        let at = self.pos;
        let around = self.enter(Quote::Array);
        self.advance()?;
        self.got(Tok::Newline)?;
        let mut elements = Vec::new();
        while self.tok != Tok::End && self.tok != Tok::Op(")") {
            let mut index = None;
            if self.tok == Tok::Op("[") {
                let at = self.pos;
                index = Some(self.subscript()?);
                if !self.got(Tok::Op("="))? {
                    return self.fail(at, "expected `=` behind the element");
                }
            }
            let value = self.word()?;
            if value.is_none() && !matches!(self.tok, Tok::Newline | Tok::Op(")" | "[")) {
                return self.fail(self.pos, "expected a word or the end of the array");
            }
            elements.push(Element { index, value });
            self.got(Tok::Newline)?;
        }
        self.leave(&around);
        self.close(at, ")")?;
        Ok(Part::Array(elements))
    }
}
