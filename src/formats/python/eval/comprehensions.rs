//! Comprehensions.

use ruff_python_ast as ast;

use super::machine::{Cond, Frame, Machine};
use super::truth::{Truth, View, wrap};
use super::values::{Data, Exc, R, Role, Space, V};
use crate::model::Span;

impl Machine<'_> {
    /// A comprehension over what rests on variables rests on them, too.
    pub(crate) fn over_first(&mut self, e: &ast::Expr, first: &ast::Expr, at: Span, f: &mut Frame) -> R {
        let over = self.eval(first, f)?;
        match self.view(&over) {
            View::Depends(vars, default) => {
                self.may_raise(None, at, Cond { vars: vars.clone(), default: None });
                let Some(default) = default else { return Ok(V::depends(vars, None)) };
                self.over = Some(default);
                let got = self.expression(e, at, f);
                self.over = None;
                Ok(wrap(vars, got?))
            }
            _ => {
                self.over = Some(over);
                let got = self.expression(e, at, f);
                self.over = None;
                got
            }
        }
    }

    /// The rows of a comprehension, or an unknown value.
    pub(crate) fn comprehension(
        &mut self,
        generators: &[ast::Comprehension],
        elts: &[&ast::Expr],
        at: Span,
        f: &mut Frame,
    ) -> Result<Result<Vec<Vec<V>>, V>, Exc> {
        let mut scope = f.scope.clone();
        if f.locals != scope.globals {
            scope.enclosing.push(f.locals);
        }
        let locals = self.alloc(Data::Space(Space::new(Role::Locals)));
        let mut inner =
            Frame { scope, locals, global_names: std::collections::BTreeSet::new(), pending: Vec::new(), class: false };
        let mut rows = Vec::new();
        Ok(match self.generate(generators, elts, at, &mut inner, &mut rows)? {
            Some(unknown) => Err(unknown),
            None => Ok(rows),
        })
    }

    fn generate(
        &mut self,
        generators: &[ast::Comprehension],
        elts: &[&ast::Expr],
        at: Span,
        f: &mut Frame,
        rows: &mut Vec<Vec<V>>,
    ) -> Result<Option<V>, Exc> {
        let Some((generator, rest)) = generators.split_first() else {
            let mut row = Vec::new();
            for elt in elts {
                row.push(self.eval(elt, f)?);
            }
            rows.push(row);
            return Ok((rows.len() > super::machine::MAX_SIZE).then(|| V::unknown("too many items", at)));
        };
        let over = match self.over.take() {
            Some(over) => over,
            None => self.eval(&generator.iter, f)?,
        };
        let items = match self.iterate(&over, at)? {
            Ok(items) => items,
            Err(unknown) => return Ok(Some(unknown)),
        };
        'items: for item in items {
            if !self.tick(at) {
                return Ok(Some(V::unknown("the evaluation was given up", at)));
            }
            self.assign(&generator.target, item.resting([&over]), f)?;
            for test in &generator.ifs {
                let test = self.eval(test, f)?;
                match self.truth(&test) {
                    Truth::Yes => {}
                    Truth::No => continue 'items,
                    Truth::Open(_) => {
                        return Ok(Some(V::unknown("which items are taken is not decided", at).resting([&test])));
                    }
                }
            }
            if let Some(unknown) = self.generate(rest, elts, at, f, rows)? {
                return Ok(Some(unknown));
            }
        }
        Ok(None)
    }
}
