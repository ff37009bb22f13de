//! Redirections and here-documents.

use super::super::ast::{Dialect, Heredoc, Redirect};
use super::super::lex::{Parser, Pending, Read, ends_word, fixed, name_length};

const OPERATORS: [&str; 12] = ["<<<", "<<-", "<<", "<&", "<>", "<", "&>>", "&>", ">>", ">&", ">|", ">"];

impl Parser<'_> {
    /// A redirection, if one is next.
    pub(super) fn redirect(&mut self) -> Read<Option<Redirect>> {
        let at = self.pos;
        let rest = self.rest();
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let prefix = if rest.starts_with('{') {
            let name = name_length(rest.get(1..).unwrap_or(""));
            if name > 0 && rest.as_bytes().get(name + 1) == Some(&b'}') { name + 2 } else { 0 }
        } else {
            digits
        };
        self.pos += prefix;
        let posix = self.dialect == Dialect::Posix;
        let process = !posix && prefix == 0 && (self.starts("<(") || self.starts(">("));
        let operator = OPERATORS.iter().copied().find(|operator| {
            let both = operator.starts_with('&');
            self.starts(operator) && !(both && (posix || prefix > 0))
        });
        let Some(op) = operator.filter(|_| !process) else {
            self.pos = at;
            return Ok(None);
        };
        self.pos += op.len();
        self.blanks();
        if self.at_end() || (ends_word(self.peek()) && !self.starts("<(") && !self.starts(">(")) {
            return self.fail(self.pos, format!("expected a word behind `{op}`"));
        }
        let target = self.word()?;
        let mut heredoc = None;
        if op == "<<" || op == "<<-" {
            let delimiter = fixed(&target).unwrap_or_else(|| target.raw.clone());
            let quoted = target.raw.contains(['\'', '"', '\\']);
            heredoc = Some(self.heredocs.len());
            let pending = Pending { delimiter, quoted, strip: op == "<<-", index: self.heredocs.len() };
            self.heredocs.push(Heredoc { text: String::new(), quoted, span: target.span });
            self.pending.push(pending);
        }
        let fd = (prefix > 0).then(|| self.slice(at, at + prefix).to_owned());
        Ok(Some(Redirect { fd, op, target, heredoc }))
    }
}
