//! Reading characters: continuations, the escapes of backquotes, the text of the current literal.

use super::super::ast::Dialect;
use super::Parser;

/// The end of the text.
pub(super) const END: u8 = 0xFF;
/// A backslash and the end of the line behind it.
pub(super) const JOINED: u8 = 0xFE;
/// Any character that means nothing to a shell.
pub(super) const OTHER: u8 = 0x80;

impl<'t> Parser<'t> {
    /// The byte behind the current character.
    pub(super) fn peek(&self) -> u8 {
        self.text.as_bytes().get(self.next).copied().unwrap_or(0)
    }

    pub(super) fn peeks(&self, with: &str) -> bool {
        self.text.as_bytes().get(self.next..).is_some_and(|rest| rest.starts_with(with.as_bytes()))
    }

    pub(super) fn slice(&self, start: usize, end: usize) -> &'t str {
        self.text.get(start..end.min(self.text.len())).unwrap_or("")
    }

    /// Steps to the next character.
    pub(super) fn rune(&mut self) -> u8 {
        let bytes = self.text.as_bytes();
        let mut escapes = 0;
        loop {
            self.at = self.next.min(bytes.len());
            let Some(&byte) = bytes.get(self.next) else {
                self.r = END;
                return END;
            };
            let before = self.expressions.partition_point(|range| range.start < self.next);
            let inside = before > 0 && self.next < self.expressions[before - 1].end;
            if byte >= 0x80 || inside {
                let length = self.slice(self.next, bytes.len()).chars().next().map_or(1, char::len_utf8);
                self.next += length;
                self.keep();
                self.r = OTHER;
                return OTHER;
            }
            self.next += 1;
            match byte {
                // As bash does.
                0 => continue,
                b'\\' => {
                    if self.r != b'\\' {
                        let length = if self.peek() == b'\n' { 1 } else { 2 * usize::from(self.peeks("\r\n")) };
                        if length > 0 {
                            self.next += length;
                            self.r = JOINED;
                            return JOINED;
                        }
                    }
                    if escapes < self.backquotes && matches!(self.peek(), b'$' | b'`' | b'\\') {
                        escapes += 1;
                        continue;
                    }
                }
                b'`' => self.backquote_escapes = escapes,
                _ => {}
            }
            self.keep();
            self.r = byte;
            return byte;
        }
    }

    /// Adds the current character to the literal that is being read.
    fn keep(&mut self) {
        let text = self.slice(self.at, self.next);
        if let Some(literal) = &mut self.literal {
            literal.push_str(text);
        }
    }

    /// Starts a literal at the current character.
    pub(super) fn begin(&mut self) {
        let text = if self.r == END || self.r == JOINED { "" } else { self.slice(self.at, self.next) };
        self.literal = Some(text.to_owned());
    }

    /// Ends a literal before the current character.
    pub(super) fn finish(&mut self) -> String {
        let mut text = self.literal.take().unwrap_or_default();
        if self.r != END && self.r != JOINED {
            text.pop();
        }
        text
    }

    pub(super) fn kept(&self) -> &str {
        self.literal.as_deref().unwrap_or("")
    }

    pub(super) fn keep_text(&mut self, text: &str) {
        if let Some(literal) = &mut self.literal {
            literal.push_str(text);
        }
    }

    /// Steps to the character at an offset.
    pub(super) fn jump(&mut self, to: usize) {
        self.next = to;
        self.r = OTHER;
        self.rune();
    }

    /// Where the expression that starts at the current character ends.
    pub(super) fn expression_end(&self) -> Option<usize> {
        let found = self.expressions.binary_search_by_key(&self.at, |range| range.start).ok()?;
        Some(self.expressions[found].end)
    }
}

/// The places of `${{ … }}`, which are put into the text before a shell sees it.
pub(super) fn expressions(text: &str, dialect: Dialect) -> Vec<std::ops::Range<usize>> {
    let mut ranges = Vec::new();
    let mut from = 0;
    while dialect == Dialect::Github {
        let Some(start) = text[from..].find("${{").map(|at| from + at) else { break };
        let Some(end) = text[start..].find("}}").map(|at| start + at + 2) else { break };
        ranges.push(start..end);
        from = end;
    }
    ranges
}
