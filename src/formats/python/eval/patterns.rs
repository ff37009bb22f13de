//! `match`.

use std::sync::Arc;

use ruff_python_ast as ast;

use super::machine::{Cond, Flow, Frame, Machine};
use super::truth::{Truth, View};
use super::values::{Data, Exc, K, V};
use crate::formats::python::parse::{span, span_of};

/// Whether all of these hold.
fn all(truths: Vec<Truth>) -> Truth {
    let mut open: Option<Cond> = None;
    for truth in truths {
        match truth {
            Truth::Yes => {}
            Truth::No => return Truth::No,
            Truth::Open(cond) => {
                open = Some(match open {
                    None => cond,
                    Some(other) => other.and(&cond),
                });
            }
        }
    }
    open.map_or(Truth::Yes, Truth::Open)
}

impl Machine<'_> {
    /// `match`: any pattern that is not decided may or may not fit.
    pub(crate) fn cases(&mut self, cases: &[ast::MatchCase], subject: &V, f: &mut Frame) -> Flow {
        let Some((case, rest)) = cases.split_first() else { return Flow::Next };
        let at = span_of(f.file(), case.range);
        let fits = match self.pattern(&case.pattern, subject, f) {
            Ok(truth) => truth,
            Err(exc) => return Flow::Raise(exc),
        };
        let guard = match (&case.guard, &fits) {
            (Some(guard), Truth::Yes) => match self.eval(guard, f) {
                Ok(value) => self.truth(&value),
                Err(exc) => return Flow::Raise(exc),
            },
            (Some(_), Truth::Open(_)) => Truth::Open(Cond::default()),
            _ => Truth::Yes,
        };
        match all(vec![fits, guard]) {
            Truth::Yes => self.block(&case.body, f),
            Truth::No => self.cases(rest, subject, f),
            Truth::Open(cond) => {
                self.tick(at);
                self.fork_flow(&cond, f, &mut |m, f| m.block(&case.body, f), &mut |m, f| m.cases(rest, subject, f))
            }
        }
    }

    fn capture(&mut self, name: Option<&ast::Identifier>, value: V, f: &mut Frame) {
        if let Some(name) = name {
            let id = if f.global_names.contains(name.as_str()) { f.scope.globals } else { f.locals };
            self.set_name(id, name.as_str(), value);
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
            ast::Pattern::MatchSingleton(of) => {
                let value = match of.value {
                    ast::Singleton::None => V::none(),
                    ast::Singleton::True => V::bool(true),
                    ast::Singleton::False => V::bool(false),
                };
                let same = self.compare(subject, ast::CmpOp::Is, &value, at)?;
                self.truth(&same)
            }
            ast::Pattern::MatchAs(of) => {
                let fits = match &of.pattern {
                    None => Truth::Yes,
                    Some(inner) => self.pattern(inner, subject, f)?,
                };
                if !matches!(fits, Truth::No) {
                    self.capture(of.name.as_ref(), subject.clone(), f);
                }
                fits
            }
            ast::Pattern::MatchOr(of) => {
                let mut open = None;
                for one in &of.patterns {
                    match self.pattern(one, subject, f)? {
                        Truth::Yes if open.is_none() => return Ok(Truth::Yes),
                        Truth::No => {}
                        other => open = Some(other),
                    }
                }
                open.map_or(Truth::No, |_| Truth::Open(Cond { vars: subject.m.vars.clone(), default: None }))
            }
            ast::Pattern::MatchSequence(of) => {
                let View::Plain(plain) = self.view(subject) else { return Ok(self.undecided_pattern(pattern, f)) };
                let items = match &plain.k {
                    K::Tuple(items) => items.to_vec(),
                    K::Ref(id) => match self.heap.get(id).map(|o| &o.data) {
                        Some(Data::List(items)) => items.clone(),
                        Some(Data::Dict(_) | Data::Set(_)) => return Ok(Truth::No),
                        _ => return Ok(self.undecided_pattern(pattern, f)),
                    },
                    K::None | K::Bool(_) | K::Int(_) | K::Float(_) | K::Str(_) | K::Bytes(_) => return Ok(Truth::No),
                    _ => return Ok(self.undecided_pattern(pattern, f)),
                };
                self.sequence_pattern(&of.patterns, &items, f)?
            }
            _ => self.undecided_pattern(pattern, f),
        })
    }

    fn sequence_pattern(&mut self, patterns: &[ast::Pattern], items: &[V], f: &mut Frame) -> Result<Truth, Exc> {
        let star = patterns.iter().position(ast::Pattern::is_match_star);
        let fixed = patterns.len() - usize::from(star.is_some());
        if items.len() < fixed || star.is_none() && items.len() != fixed {
            return Ok(Truth::No);
        }
        let mut truths = Vec::new();
        let mut next = 0;
        for pattern in patterns {
            if let ast::Pattern::MatchStar(of) = pattern {
                let end = next + items.len() - fixed;
                let middle = items.get(next..end).unwrap_or_default().to_vec();
                let list = V::new(K::Ref(self.alloc(Data::List(middle))));
                self.capture(of.name.as_ref(), list, f);
                next = end;
                continue;
            }
            let Some(item) = items.get(next) else { return Ok(Truth::No) };
            truths.push(self.pattern(pattern, item, f)?);
            next += 1;
        }
        Ok(all(truths))
    }

    /// A pattern that is not followed: what it captures is not known.
    fn undecided_pattern(&mut self, pattern: &ast::Pattern, f: &mut Frame) -> Truth {
        use ast::visitor::{Visitor, walk_pattern};
        #[derive(Default)]
        struct Names(Vec<ast::Identifier>);
        impl<'a> Visitor<'a> for Names {
            fn visit_pattern(&mut self, pattern: &'a ast::Pattern) {
                match pattern {
                    ast::Pattern::MatchAs(of) => self.0.extend(of.name.clone()),
                    ast::Pattern::MatchStar(of) => self.0.extend(of.name.clone()),
                    ast::Pattern::MatchMapping(of) => self.0.extend(of.rest.clone()),
                    _ => {}
                }
                walk_pattern(self, pattern);
            }
        }
        let at = span(f.file(), pattern);
        let mut names = Names::default();
        names.visit_pattern(pattern);
        for name in names.0 {
            let why = crate::model::Reason::at("a pattern that is not followed", at);
            self.capture(Some(&name), V::at(K::Unknown(Arc::new(why)), at), f);
        }
        Truth::Open(Cond::default())
    }
}
