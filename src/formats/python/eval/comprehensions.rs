//! Comprehensions.

use ruff_python_ast as ast;

use super::machine::{Cond, Frame, Machine};
use super::truth::{Truth, View, wrap};
use super::values::{Data, Exc, R, Role, Space, V};
use crate::model::Span;

/// What is at hand of a comprehension.
#[derive(Default)]
pub(crate) struct Comprehended {
    /// What it goes over first.
    pub(crate) over: Option<V>,
    /// Nothing, resting on what decided which items it gave.
    decided: Option<V>,
}

/// What a comprehension gives.
struct Rows {
    all: Vec<Vec<V>>,
    /// Nothing, resting on what decided which rows there are.
    decided: Option<V>,
}

impl Rows {
    fn rests_on(&mut self, value: &V) {
        self.decided = Some(self.decided.take().unwrap_or_else(V::none).resting([value]));
    }
}

impl Machine<'_> {
    /// A comprehension over what rests on variables rests on them, too.
    pub(crate) fn over_first(&mut self, e: &ast::Expr, first: &ast::Expr, at: Span, f: &mut Frame) -> R {
        let over = self.eval(first, f)?;
        match self.view(&over) {
            View::Depends(vars, default) => {
                self.may_raise(None, at, Cond { vars: vars.clone(), default: None });
                let Some(default) = default else { return Ok(V::depends(vars, None)) };
                Ok(wrap(vars, self.over_settled(e, default, at, f)?))
            }
            _ => self.over_settled(e, over, at, f),
        }
    }

    /// What a comprehension over something settled gives: it rests on all that was gone over, and on what took or left out items.
    fn over_settled(&mut self, e: &ast::Expr, over: V, at: Span, f: &mut Frame) -> R {
        self.comprehended.over = Some(over);
        let got = self.expression(e, at, f);
        self.comprehended.over = None;
        let decided = self.comprehended.decided.take();
        Ok(got?.resting(&decided))
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
        let mut rows = Rows { all: Vec::new(), decided: None };
        let unknown = self.generate(generators, elts, at, &mut inner, &mut rows)?;
        self.comprehended.decided = rows.decided;
        Ok(unknown.map_or(Ok(rows.all), Err))
    }

    fn generate(
        &mut self,
        generators: &[ast::Comprehension],
        elts: &[&ast::Expr],
        at: Span,
        f: &mut Frame,
        rows: &mut Rows,
    ) -> Result<Option<V>, Exc> {
        let Some((generator, rest)) = generators.split_first() else {
            let mut row = Vec::new();
            for elt in elts {
                row.push(self.eval(elt, f)?);
            }
            rows.all.push(row);
            return Ok((rows.all.len() > super::machine::MAX_SIZE).then(|| V::unknown("too many items", at)));
        };
        let over = match self.comprehended.over.take() {
            Some(over) => over,
            None => self.eval(&generator.iter, f)?,
        };
        let items = match self.iterate(&over, at)? {
            Ok(items) => items,
            Err(unknown) => return Ok(Some(unknown)),
        };
        rows.rests_on(&over);
        'items: for item in items {
            if !self.tick(at) {
                return Ok(Some(V::unknown("the evaluation was given up", at)));
            }
            self.assign(&generator.target, item.resting([&over]), f)?;
            for test in &generator.ifs {
                let test = self.eval(test, f)?;
                rows.rests_on(&test);
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::discover::{Overlay, Tree};
    use crate::formats::Var;
    use crate::formats::python::Evaluator;
    use crate::formats::world::World;
    use crate::model::{Certainty, Known, Origin};

    #[test]
    fn what_a_comprehension_takes_and_leaves_rests_on_what_it_goes_over_and_on_its_conditions() {
        let code = "import os\nRAW = os.environ['ORIGINS']\nPLAIN = [o for o in RAW.split(',') if 'http:' in o]\n\
            SECURE = False if PLAIN else True\nNONE = False if [o for o in RAW.split(',') if 'ftp:' in o] else True\n\
            BY = len([1 for n in (1, 2) if 'http:' in RAW])\nif PLAIN:\n    HERE = 1\nOTHER = bool([n for n in (1, 2) if n > 1])\n";
        let tree = Tree::open(Box::new(Overlay::of([("s.py", code)]))).unwrap();
        let value = Known::One("http://localhost:3000".to_owned());
        let certainty = Certainty::Default { variable: Some("ORIGINS".into()) };
        let vars = BTreeMap::from([("ORIGINS".to_owned(), Var { value, certainty, origin: Origin::default() })]);
        let got = Evaluator::new(&tree, vec![String::new()]).module("s", &World::Closed(vars), None);
        assert_eq!((got.values["SECURE"].as_bool(), got.values["NONE"].as_bool()), (Some(false), Some(true)));
        for name in ["SECURE", "NONE", "BY", "HERE"] {
            assert!(got.values[name].certainty.is_default(), "{name}: {:?}", got.values[name]);
        }
        assert!(!got.values["OTHER"].certainty.is_default());
    }
}
