//! Redirections.

use super::super::ast::Redirect;
use super::token::{Quote, Tok};
use super::{Parser, Read};

impl Parser<'_> {
    /// A redirection, at its descriptor or operator.
    pub(super) fn redirect(&mut self) -> Read<Redirect> {
        let mut fd = None;
        if self.tok == Tok::Descriptor {
            if self.val.starts_with('{') {
                self.not_posix(self.pos)?;
            }
            fd = Some(self.val.clone());
            self.advance()?;
        }
        let (at, op) = (self.pos, if let Tok::Op(op) = self.tok { op } else { "" });
        let here = op == "<<" || op == "<<-";
        if !here {
            self.advance()?;
            let target = self.redirected(at)?;
            return Ok(Redirect { fd, op, target, heredoc: None });
        }
        let quote = std::mem::replace(&mut self.quote, Quote::HereWord);
        self.fixed = true;
        self.advance()?;
        let target = self.redirected(at)?;
        (self.quote, self.fixed) = (quote, false);
        let heredoc = Some(self.announce(at, &target, op == "<<-"));
        if self.tok == Tok::Newline {
            self.here_documents()?;
        }
        Ok(Redirect { fd, op, target, heredoc })
    }

    fn redirected(&mut self, at: usize) -> Read<super::super::ast::Word> {
        match self.word()? {
            Some(word) => Ok(word),
            None => self.fail(at, "expected a word behind the operator"),
        }
    }
}
