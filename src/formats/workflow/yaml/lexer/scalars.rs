//! Where quoted, block and plain scalars end.

use super::{Lexeme, Lexer, State, is_empty, is_flow_sign};

impl Lexer<'_> {
    fn closing_quote(&self, quote: u8) -> Option<usize> {
        let mut end = self.find(quote, self.pos + 1);
        while let Some(at) = end {
            if quote == b'\'' {
                if self.byte(at + 1) != Some(b'\'') {
                    break;
                }
                end = self.find(quote, at + 2);
            } else {
                let before = self.text.get(..at).unwrap_or_default();
                if before.iter().rev().take_while(|c| **c == b'\\').count() % 2 == 0 {
                    break;
                }
                end = self.find(quote, at + 1);
            }
        }
        end
    }

    pub(super) fn quoted(&mut self) -> State {
        let found = self.closing_quote(self.here(0).unwrap_or(b'"'));
        let limit = found.unwrap_or(0);
        let newline = |from: usize| self.find(b'\n', from).filter(|at| *at < limit);
        let mut end = found.map_or(self.text.len(), |at| at + 1);
        let mut next = newline(self.pos);
        while let Some(at) = next {
            let Some(goes_on) = self.continues(at + 1) else {
                // The line is less indented than the text may be.
                end = if self.byte(at - 1) == Some(b'\r') { at - 1 } else { at };
                break;
            };
            next = newline(goes_on);
        }
        self.push_to(end, false);
        if self.flow_level > 0 { State::Flow } else { State::Doc }
    }

    pub(super) fn block_header(&mut self) {
        self.block_indent = None;
        self.block_keep = false;
        let mut at = self.pos + 1;
        loop {
            match self.byte(at) {
                Some(b'+') => self.block_keep = true,
                Some(c @ b'1'..=b'9') => self.block_indent = Some(usize::from(c - b'1')),
                Some(b'-') => {}
                _ => break,
            }
            at += 1;
        }
        self.push_until(|c| is_empty(c) || c == Some(b'#'));
    }

    /// The first line's indent, and where the line before it ends: one past the last line break.
    fn first_content(&self) -> (usize, usize) {
        let (mut line, mut indent, mut at) = (self.pos, 0, self.pos);
        while let Some(c) = self.byte(at) {
            match c {
                b' ' => indent += 1,
                b'\n' => {
                    line = at + 1;
                    indent = 0;
                }
                b'\r' if self.byte(at + 1) == Some(b'\n') => {}
                _ => break,
            }
            at += 1;
        }
        (indent, line)
    }

    pub(super) fn block_scalar(&mut self) -> State {
        // `after` is one past the line break that ends the scalar.
        let (indent, mut after) = self.first_content();
        if indent >= self.indent_next {
            self.indent_next = match self.block_indent {
                None => indent,
                Some(more) => more + self.indent_next.max(1),
            };
            while let Some(goes_on) = self.continues(after) {
                match self.find(b'\n', goes_on) {
                    Some(at) => after = at + 1,
                    None => {
                        after = self.text.len() + 1;
                        break;
                    }
                }
            }
        }
        let mut at = after;
        while self.byte(at) == Some(b' ') {
            at += 1;
        }
        if self.byte(at) == Some(b'\t') {
            while matches!(self.byte(at), Some(b'\t' | b' ' | b'\r' | b'\n')) {
                at += 1;
            }
            after = at;
        } else if !self.block_keep {
            while let Some(shorter) = self.without_last_blank(after, indent) {
                after = shorter;
            }
        }
        self.out.push(Lexeme::Scalar);
        self.push_to(after, true);
        self.line_start()
    }

    /// The end of a block scalar without its last line, if that line is blank and not more indented.
    fn without_last_blank(&self, after: usize, indent: usize) -> Option<usize> {
        let mut at = after.checked_sub(2)?;
        if self.byte(at) == Some(b'\r') {
            at = at.checked_sub(1)?;
        }
        let last = at;
        while self.byte(at) == Some(b' ') {
            at = at.checked_sub(1)?;
        }
        (self.byte(at) == Some(b'\n') && at >= self.pos && at + 1 + indent > last).then_some(at + 1)
    }

    pub(super) fn plain(&mut self) -> State {
        let flow = self.flow_level > 0;
        let (mut end, mut at) = (self.pos, self.pos);
        while let Some(mut c) = self.byte(at) {
            let mut next = self.byte(at + 1);
            if c == b':' {
                if is_empty(next) || flow && is_flow_sign(next) {
                    break;
                }
                end = at + 1;
            } else if is_empty(Some(c)) {
                if c == b'\r' {
                    if next == Some(b'\n') {
                        at += 1;
                        c = b'\n';
                        next = self.byte(at + 1);
                    } else {
                        end = at + 1;
                    }
                }
                if next == Some(b'#') || flow && is_flow_sign(next) {
                    break;
                }
                if c == b'\n' {
                    let Some(goes_on) = self.continues(at + 1) else { break };
                    at = at.max(goes_on.saturating_sub(2));
                }
            } else {
                if flow && is_flow_sign(Some(c)) {
                    break;
                }
                end = at + 1;
            }
            at += 1;
        }
        self.out.push(Lexeme::Scalar);
        self.push_to(end, true);
        if flow { State::Flow } else { State::Doc }
    }
}
