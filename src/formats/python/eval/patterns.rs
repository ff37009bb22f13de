//! `match`.

use ruff_python_ast as ast;

use super::machine::{Cond, Flow, Frame, Machine};
use super::truth::Truth;
use super::values::{Exc, V};
use crate::formats::python::parse::{span, span_of};
use crate::model::Reason;

impl Machine<'_> {
    /// `match`: literal and wildcard patterns; any other pattern may or may not fit.
    pub(crate) fn cases(&mut self, cases: &[ast::MatchCase], subject: &V, f: &mut Frame) -> Flow {
        let Some((case, rest)) = cases.split_first() else { return Flow::Next };
        let at = span_of(f.file(), case.range);
        let fits = match self.pattern(&case.pattern, subject, f) {
            Ok(truth) => truth,
            Err(exc) => return Flow::Raise(exc),
        };
        let fits = if case.guard.is_some() && !matches!(fits, Truth::No) { Truth::Open(Cond::default()) } else { fits };
        match fits {
            Truth::Yes => self.block(&case.body, f),
            Truth::No => self.cases(rest, subject, f),
            Truth::Open(cond) => {
                self.tick(at);
                self.fork_flow(&cond, f, &mut |m, f| m.block(&case.body, f), &mut |m, f| m.cases(rest, subject, f))
            }
        }
    }

    fn pattern(&mut self, pattern: &ast::Pattern, subject: &V, f: &mut Frame) -> Result<Truth, Exc> {
        let at = span(f.file(), pattern);
        Ok(match pattern {
            ast::Pattern::MatchValue(of) => {
                let value = self.eval(&of.value, f)?;
                let equal = self.compare(subject, ast::CmpOp::Eq, &value, at)?;
                self.truth(&equal)
            }
            ast::Pattern::MatchAs(of) if of.pattern.is_none() => {
                if let Some(name) = &of.name {
                    self.set_name(f.locals, name.as_str(), subject.clone());
                }
                Truth::Yes
            }
            ast::Pattern::MatchOr(of) => {
                let mut open = None;
                for one in &of.patterns {
                    match self.pattern(one, subject, f)? {
                        Truth::Yes => return Ok(Truth::Yes),
                        Truth::No => {}
                        other => open = Some(other),
                    }
                }
                open.map_or(Truth::No, |_| Truth::Open(Cond { vars: subject.m.vars.clone(), default: None }))
            }
            _ => {
                self.dead.get_or_insert_with(|| Reason::at("a pattern that is not followed", at));
                Truth::Open(Cond::default())
            }
        })
    }
}
