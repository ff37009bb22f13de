//! The bodies of here-documents.

use super::super::ast::{Heredoc, Part, Word};
use super::rune::{END, JOINED};
use super::token::{Quote, Tok};
use super::{Parser, Read};

/// A here-document whose body is still to come.
pub(super) struct Pending {
    /// The operator, for a message.
    at: usize,
    delimiter: String,
    quoted: bool,
    strip: bool,
    index: usize,
}

impl Parser<'_> {
    /// Announces a here-document, and gives its index.
    pub(super) fn announce(&mut self, at: usize, word: &Word, strip: bool) -> usize {
        let (mut delimiter, mut quoted) = (String::new(), false);
        for part in &word.parts {
            match part {
                Part::Literal(text) => {
                    quoted |= text.contains('\\');
                    delimiter.push_str(&super::super::lex::unescape(text));
                }
                Part::Single(text) => {
                    quoted = true;
                    delimiter.push_str(text);
                }
                Part::Double(parts) => {
                    quoted = true;
                    for part in parts {
                        if let Part::Single(text) = part {
                            delimiter.push_str(text);
                        }
                    }
                }
                _ => {}
            }
        }
        let index = self.heredocs.len();
        self.heredocs.push(Heredoc { text: String::new(), parts: Vec::new(), quoted, span: word.span });
        self.pending.push(Pending { at, delimiter, quoted, strip, index });
        index
    }

    /// Reads the bodies that were announced, at the end of the line.
    pub(super) fn here_documents(&mut self) -> Read<()> {
        let waiting = self.pending.split_off(self.buried.min(self.pending.len()));
        if waiting.is_empty() {
            return Ok(());
        }
        self.rune();
        let (quote, end, outer) = (self.quote, self.end, self.body_end);
        for (n, here) in waiting.into_iter().enumerate() {
            self.quote = if here.strip { Quote::HereTabs } else { Quote::HereBody };
            self.delimiters.push((!here.delimiter.is_empty()).then_some(here.delimiter));
            if n > 0 && self.r == b'\n' {
                self.rune();
            }
            let start = self.at;
            self.body_end = self.text.len();
            let parts = if here.quoted {
                self.quoted_body();
                Vec::new()
            } else {
                let double = std::mem::replace(&mut self.double, true);
                self.advance()?;
                let parts = self.parts()?;
                self.double = double;
                parts
            };
            if self.delimiters.pop().flatten().is_some() {
                return self.fail(here.at, "the here-document is not closed");
            }
            let body = self.slice(start, self.body_end.max(start));
            let text =
                if here.strip { body.split('\n').map(unindented).collect::<Vec<_>>().join("\n") } else { body.into() };
            let span = self.span(start, self.body_end);
            if let Some(slot) = self.heredocs.get_mut(here.index) {
                *slot = Heredoc { text, parts, quoted: here.quoted, span };
            }
        }
        (self.quote, self.end, self.body_end) = (quote, end, outer);
        Ok(())
    }

    /// Whether the line that starts at `from` in the literal is the delimiter; if so, nothing is open any more.
    fn closes(&mut self, from: usize) -> bool {
        let length = self.kept().len().saturating_sub(usize::from(self.r != END));
        let line = self.kept().get(from..length).unwrap_or("");
        let delimiter = self.delimiters.last().and_then(Option::as_deref).unwrap_or("");
        let closes = line == delimiter;
        if closes {
            self.body_end = self.body_end.min(self.at - line.len());
            if let Some(last) = self.delimiters.last_mut() {
                *last = None;
            }
        }
        closes
    }

    /// A piece of a body in which expansions count.
    pub(super) fn literal_here(&mut self) -> Tok {
        let mut joined = self.tok == Tok::Literal;
        while self.r == JOINED {
            self.rune();
            joined = true;
        }
        self.pos = self.at;
        self.begin();
        while self.quote == Quote::HereTabs && self.r == b'\t' {
            self.rune();
        }
        let mut line = Some(self.kept().len()).and_then(|length| length.checked_sub(usize::from(self.r != END)));
        loop {
            match self.r {
                JOINED | b'$' => {
                    self.val = self.finish();
                    return Tok::Literal;
                }
                b'\\' => {
                    self.rune();
                }
                b'`' if !self.backquote_ends() => {
                    self.val = self.finish();
                    return Tok::Literal;
                }
                b'\n' | b'`' | END => {
                    let from = line.unwrap_or(0);
                    let starts_here = from == 0 && joined;
                    if !starts_here && self.closes(from) {
                        self.val = self.finish();
                        self.val.truncate(from);
                        return if self.val.is_empty() { Tok::Newline } else { Tok::Word };
                    }
                    if self.r != b'\n' {
                        self.val = self.finish();
                        return Tok::Literal;
                    }
                    while self.quote == Quote::HereTabs && self.peek() == b'\t' {
                        self.rune();
                    }
                    line = Some(self.kept().len());
                }
                _ => {}
            }
            self.rune();
        }
    }

    /// A body that is taken as it stands.
    fn quoted_body(&mut self) {
        self.begin();
        while self.r != END {
            while self.quote == Quote::HereTabs && self.r == b'\t' {
                self.rune();
            }
            let from = self.kept().len().saturating_sub(usize::from(self.r != END && self.r != JOINED));
            loop {
                match self.r {
                    END | b'\n' => break,
                    b'`' if self.backquote_ends() => break,
                    JOINED => {
                        self.keep_text("\\\n");
                        break;
                    }
                    _ => {
                        self.rune();
                    }
                }
            }
            if self.closes(from) {
                break;
            }
            self.rune();
        }
        self.literal = None;
    }
}

fn unindented(line: &str) -> &str {
    line.trim_start_matches('\t')
}
