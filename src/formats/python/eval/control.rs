//! Loops, `try`, `match`: the statements that fork and join.

use std::sync::Arc;

use imbl::ordmap::DiffItem;
use ruff_python_ast as ast;

use super::join::{join, same};
use super::machine::{Cond, Flow, Frame, Machine, Pending, Raised, also, is_seldom};
use super::truth::Truth;
use super::values::{Data, Exc, Heap, K, V};
use crate::formats::python::parse::{span, span_of};
use crate::model::{Reason, Span};

type Side<'s, 'a> = &'s mut (dyn FnMut(&mut Machine<'a>, &mut Frame) -> Flow + 's);

impl<'a> Machine<'a> {
    /// Runs both sides of a branch and joins what they leave.
    pub(crate) fn fork_flow<'s>(&mut self, cond: &Cond, f: &mut Frame, yes: Side<'s, 'a>, no: Side<'s, 'a>) -> Flow {
        let start = self.heap.clone();
        let mut outcomes = Vec::new();
        for (cond, run) in [(cond.clone(), yes), (cond.not(), no)] {
            self.heap.clone_from(&start);
            let mark = f.pending.len();
            let flow = self.side(&cond, |m| run(m, f));
            for pending in f.pending.iter_mut().skip(mark) {
                pending.cond = pending.cond.and(&cond);
            }
            outcomes.push(Pending { flow, heap: std::mem::take(&mut self.heap), cond });
        }
        self.settle(outcomes, f)
    }

    /// Puts ends together: those that go on are joined, the others wait in the frame.
    pub(crate) fn settle(&mut self, outcomes: Vec<Pending>, f: &mut Frame) -> Flow {
        let (nexts, mut others): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(|o| matches!(o.flow, Flow::Next));
        let raised = others.iter().position(|o| !matches!(o.flow, Flow::Raise(_)));
        let main = if nexts.is_empty() { others.pop_at(raised.unwrap_or(0)) } else { None };
        for other in others {
            if let Flow::Raise(exc) = other.flow {
                self.heap = other.heap;
                self.note_raise(exc, other.cond);
            } else {
                f.pending.push(other);
            }
        }
        if let Some(main) = main {
            self.heap = main.heap;
            return main.flow;
        }
        let mut joined: Option<Heap> = None;
        for next in nexts.into_iter().rev() {
            joined = Some(match joined {
                None => next.heap,
                Some(rest) => join(&next.heap, &rest, &next.cond, None).0,
            });
        }
        self.heap = joined.unwrap_or_default();
        Flow::Next
    }

    /// `for`.
    pub(crate) fn for_loop(&mut self, of: &ast::StmtFor, f: &mut Frame) -> Result<Flow, Exc> {
        let at = span(f.file(), &*of.iter);
        let over = self.eval(&of.iter, f)?;
        let Ok(items) = self.iterate(&over, at)? else {
            return Ok(self.widen(f, at, &mut |m, f| {
                let unknown = V::unknown("what the loop runs over is not known", at).resting([&over]);
                if m.assign(&of.target, unknown, f).is_err() { Flow::Next } else { m.block(&of.body, f) }
            }));
        };
        let mut breaks = Vec::new();
        for item in items {
            let item = item.resting([&over]);
            match self.round(f, &mut breaks, &mut |m, f| match m.assign(&of.target, item.clone(), f) {
                Ok(()) => m.block(&of.body, f),
                Err(exc) => Flow::Raise(exc),
            }) {
                Flow::Next => {}
                Flow::Break => return Ok(self.settle(breaks, f)),
                other => return Ok(other),
            }
        }
        let flow = self.block(&of.orelse, f);
        breaks.push(Pending { flow, heap: std::mem::take(&mut self.heap), cond: Cond::default() });
        Ok(self.settle(breaks, f))
    }

    /// One round of a loop: `Next` goes on, `Break` says that no run goes on and some left the loop.
    fn round(&mut self, f: &mut Frame, breaks: &mut Vec<Pending>, run: Side<'_, 'a>) -> Flow {
        let mark = f.pending.len();
        let flow = run(self, f);
        let mut outcomes = f.pending.split_off(mark);
        outcomes.push(Pending { flow, heap: std::mem::take(&mut self.heap), cond: Cond::default() });
        let mut on = Vec::new();
        for mut outcome in outcomes {
            match outcome.flow {
                Flow::Continue | Flow::Next => {
                    outcome.flow = Flow::Next;
                    on.push(outcome);
                }
                Flow::Break => {
                    outcome.flow = Flow::Next;
                    breaks.push(outcome);
                }
                _ => on.push(outcome),
            }
        }
        if on.is_empty() { Flow::Break } else { self.leave(on, breaks, f) }
    }

    fn leave(&mut self, on: Vec<Pending>, breaks: &[Pending], f: &mut Frame) -> Flow {
        match self.settle(on, f) {
            Flow::Next => Flow::Next,
            other if breaks.is_empty() => other,
            other => {
                let heap = std::mem::take(&mut self.heap);
                if let Flow::Raise(exc) = other {
                    self.heap = heap;
                    self.note_raise(exc, Cond::default());
                } else {
                    f.pending.push(Pending { flow: other, heap, cond: Cond::default() });
                }
                Flow::Break
            }
        }
    }

    /// `while`.
    pub(crate) fn while_loop(&mut self, of: &ast::StmtWhile, f: &mut Frame) -> Result<Flow, Exc> {
        let at = span(f.file(), &*of.test);
        let mut breaks = Vec::new();
        for _ in 0..1000 {
            let test = self.eval(&of.test, f)?;
            match self.truth(&test) {
                Truth::Yes => {}
                Truth::No => {
                    let flow = self.block(&of.orelse, f);
                    breaks.push(Pending { flow, heap: std::mem::take(&mut self.heap), cond: Cond::default() });
                    return Ok(self.settle(breaks, f));
                }
                Truth::Open(_) => break,
            }
            if !self.tick(at) {
                return Ok(Flow::Next);
            }
            match self.round(f, &mut breaks, &mut |m, f| m.block(&of.body, f)) {
                Flow::Next => {}
                Flow::Break => return Ok(self.settle(breaks, f)),
                other => return Ok(other),
            }
        }
        let flow = self.widen(f, at, &mut |m, f| match m.eval(&of.test, f) {
            Ok(_) => m.block(&of.body, f),
            Err(exc) => Flow::Raise(exc),
        });
        breaks.push(Pending { flow, heap: std::mem::take(&mut self.heap), cond: Cond::default() });
        Ok(self.settle(breaks, f))
    }

    /// Runs a body any number of times: whatever it changes is not known afterwards.
    fn widen(&mut self, f: &mut Frame, at: Span, run: Side<'_, 'a>) -> Flow {
        let why = Arc::new(Reason::at("changed in a loop whose rounds are not known", at));
        let mut base = self.heap.clone();
        for _ in 0..8 {
            self.heap.clone_from(&base);
            let mark = f.pending.len();
            let flow = self.side(&Cond::default(), |m| run(m, f));
            let mut ends: Vec<Heap> = Vec::new();
            let kept = f.pending.split_off(mark);
            let last = Pending { flow, heap: std::mem::take(&mut self.heap), cond: Cond::default() };
            for end in kept.into_iter().chain([last]) {
                ends.push(end.heap.clone());
                match end.flow {
                    Flow::Return(value) => {
                        let flow = Flow::Return(value);
                        f.pending.push(Pending { flow, heap: end.heap, cond: Cond::default() });
                    }
                    Flow::Raise(exc) => {
                        self.heap = end.heap;
                        self.note_raise(exc, Cond::default());
                    }
                    _ => {}
                }
            }
            let mut stable = true;
            let mut wide = base.clone();
            for end in &ends {
                stable &= !widen_into(&mut wide, &base, end, &why);
            }
            base = wide;
            if stable {
                self.heap = base;
                return Flow::Next;
            }
            f.pending.truncate(mark);
        }
        self.dead.get_or_insert_with(|| Reason::at("a loop does not settle", at));
        self.heap = base;
        Flow::Next
    }

    /// `try`.
    pub(crate) fn try_statement(&mut self, of: &ast::StmtTry, f: &mut Frame) -> Result<Flow, Exc> {
        self.begin_try();
        let read_before = self.reads.len();
        let flow = self.block(&of.body, f);
        let read_after = self.reads.len();
        let mut raised = self.end_try();
        let heap = std::mem::take(&mut self.heap);
        let mut outcomes = Vec::new();
        let mut normal = None;
        if let Flow::Raise(exc) = flow {
            raised.push((exc, heap, Cond::default()));
        } else {
            normal = Some((flow, heap));
        }
        if raised.len() > 12 {
            raised = seldom_as_one(raised);
        }
        if raised.len() > 12 {
            let mut rest = raised.split_off(11).into_iter();
            if let Some((mut exc, mut heap, _)) = rest.next() {
                for (_, other, _) in rest {
                    heap = join(&heap, &other, &Cond::default(), None).0;
                }
                exc.name = None;
                raised.push((exc, heap, Cond::default()));
            }
        }
        let may_fail = !raised.is_empty();
        for (exc, heap, cond) in raised {
            self.handle(&of.handlers, &exc, &heap, &cond, f, &mut outcomes);
        }
        // What is read where its absence is caught is not required.
        if may_fail && !outcomes.iter().any(|outcome| matches!(outcome.flow, Flow::Raise(_))) {
            let caught = self.reads.iter_mut().take(read_after).skip(read_before);
            caught.for_each(|read| read.required = false);
        }
        if let Some((flow, heap)) = normal {
            self.heap = heap;
            let flow = if matches!(flow, Flow::Next) { self.block(&of.orelse, f) } else { flow };
            outcomes.push(Pending { flow, heap: std::mem::take(&mut self.heap), cond: Cond::default() });
        }
        let flow = self.settle(outcomes, f);
        let last = self.block(&of.finalbody, f);
        Ok(if matches!(last, Flow::Next) { flow } else { last })
    }

    fn handle(
        &mut self,
        handlers: &[ast::ExceptHandler],
        exc: &Exc,
        heap: &Heap,
        cond: &Cond,
        f: &mut Frame,
        outcomes: &mut Vec<Pending>,
    ) {
        for ast::ExceptHandler::ExceptHandler(handler) in handlers {
            self.heap.clone_from(heap);
            let at = span_of(f.file(), handler.range);
            let fits = match &handler.type_ {
                None => Some(true),
                Some(kind) => match self.eval(kind, f) {
                    Ok(kind) => catches(&kind, exc),
                    Err(_) => None,
                },
            };
            if fits == Some(false) {
                continue;
            }
            if let Some(name) = &handler.name {
                self.set_name(f.locals, name.as_str(), V::unknown("an exception", at));
            }
            let mark = f.pending.len();
            self.failing.push(exc.texts.clone());
            let raised = self.defaults_raised;
            let flow = self.side(cond, |m| m.block(&handler.body, f));
            self.failing.pop();
            // A handler that goes on only where a variable is set is not what holds while none is.
            let starts = raised == self.defaults_raised;
            for pending in f.pending.iter_mut().skip(mark) {
                pending.cond = pending.cond.and(cond);
            }
            // What does not happen while a variable is not set does not reach a handler then, whether or not that fits.
            let default = cond.default.filter(|yes| (fits == Some(true) && starts) || !yes);
            let cond = Cond { default, ..cond.clone() };
            outcomes.push(Pending { flow, heap: std::mem::take(&mut self.heap), cond });
            if fits == Some(true) {
                return;
            }
        }
        outcomes.push(Pending { flow: Flow::Raise(exc.clone()), heap: heap.clone(), cond: cond.clone() });
    }
}

/// The states that only the text of a variable leads to, as one: which of them it is, nothing asks that holds without it.
fn seldom_as_one(raised: Vec<Raised>) -> Vec<Raised> {
    let (seldom, mut rest): (Vec<_>, Vec<_>) = raised.into_iter().partition(is_seldom);
    let as_one = seldom.into_iter().reduce(|mut one, other| {
        also(&mut one, other);
        one
    });
    rest.extend(as_one);
    rest
}

/// `Vec::remove` that may be out of range.
trait PopAt<T> {
    fn pop_at(&mut self, at: usize) -> Option<T>;
}

impl<T> PopAt<T> for Vec<T> {
    fn pop_at(&mut self, at: usize) -> Option<T> {
        if at < self.len() { Some(self.remove(at)) } else { None }
    }
}

/// Whether a value is not known, if it is there at all.
fn half_known(v: &V) -> bool {
    matches!(&v.k, K::OneOf(all) if all.iter().any(|v| matches!(v.k, K::Unknown(_))))
}

/// Takes into `wide` what `end` changed of `base`; whether it changed anything.
fn widen_into(wide: &mut Heap, base: &Heap, end: &Heap, why: &Arc<Reason>) -> bool {
    let mut changed = false;
    for item in base.diff(end) {
        let DiffItem::Update { old: (id, ours), new: (_, theirs) } = item else { continue };
        let Some(target) = wide.get_mut(id) else { continue };
        match (&ours.data, &theirs.data) {
            (Data::Space(old), Data::Space(new)) => {
                let names = new.names.iter().filter(|(name, value)| {
                    old.names.get(*name).is_none_or(|v| {
                        !matches!(v.k, K::Unknown(_)) && !half_known(v) && !same(base, v, end, value, 0)
                    })
                });
                for (name, _) in names {
                    let unknown = V::new(K::Unknown(Arc::clone(why)));
                    let fresh = old.names.get(name).is_none_or(|v| matches!(v.k, K::Undefined));
                    let unknown = if fresh && matches!(new.role, super::values::Role::Module(_)) {
                        V::new(K::OneOf(Arc::new(vec![V::new(K::Undefined), unknown])))
                    } else {
                        unknown
                    };
                    if let Data::Space(space) = &mut Arc::make_mut(target).data {
                        space.names.insert(name.clone(), unknown);
                        changed = true;
                    }
                }
            }
            (Data::Unknown(_), _) => {}
            _ => {
                Arc::make_mut(target).data = Data::Unknown(Arc::clone(why));
                changed = true;
            }
        }
    }
    changed
}

/// Whether a handler's class catches an exception; none where that is not known.
fn catches(kind: &V, exc: &Exc) -> Option<bool> {
    if let K::Tuple(kinds) = &kind.k {
        let all: Vec<Option<bool>> = kinds.iter().map(|kind| catches(kind, exc)).collect();
        return if all.contains(&Some(true)) { Some(true) } else { all.iter().copied().reduce(Option::and).flatten() };
    }
    let K::Lib(path) = &kind.k else { return None };
    let handler = path.strip_prefix("builtins.").unwrap_or(path);
    if matches!(handler, "Exception" | "BaseException") {
        return Some(true);
    }
    let short = handler.rsplit('.').next().unwrap_or(handler);
    // What a call raises is hardly ever the failure of an import: imports say so themselves.
    if exc.name.is_none() && exc.call && matches!(short, "ImportError" | "ModuleNotFoundError") {
        return Some(false);
    }
    let name = exc.name.as_deref()?;
    if short == name {
        return Some(true);
    }
    let parents: &[&str] = match name {
        "ModuleNotFoundError" => &["ImportError"],
        "KeyError" | "IndexError" => &["LookupError"],
        "FileNotFoundError" => &["OSError", "IOError", "EnvironmentError"],
        "EnvNotSetError" | "EnvValidationError" => &["EnvError", "ValueError"],
        "UnicodeDecodeError" | "JSONDecodeError" => &["ValueError"],
        "NameError" | "AttributeError" | "TypeError" | "ValueError" | "ImportError" | "AssertionError"
        | "RuntimeError" | "ZeroDivisionError" | "OSError" => &[],
        _ => return None,
    };
    Some(parents.contains(&short))
}
