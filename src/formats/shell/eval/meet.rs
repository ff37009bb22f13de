//! How two branches of a script meet again, and what becomes of one that gives up in the end.

use std::sync::Arc;

use super::state::{Cwd, End, State, one_of};
use crate::formats::world::{Var, Vars};
use crate::model::{Known, Reason};

impl State {
    /// The state after one of two branches, nobody knows which.
    pub(super) fn join(self, other: Self, reason: &Reason) -> Self {
        let over = |state: &Self| state.ended.is_some_and(|end| end != End::Failed);
        match (self.ended, other.ended) {
            (Some(_), None) => other.after(&self, reason),
            (None, Some(_)) => self.after(&other, reason),
            _ => {
                let ended = if over(&self) { self.ended } else { other.ended };
                let mut joined = self.merged(other, reason);
                joined.ended = ended;
                joined
            }
        }
    }

    /// This state, where the other branch has ended.
    fn after(mut self, gone: &Self, reason: &Reason) -> Self {
        match gone.ended {
            Some(End::Done) => self.cut = self.cut.or_else(|| Some(reason.clone())),
            Some(end) if end.is_left() => self.flow = self.flow.or_else(|| Some(reason.clone())),
            _ => {}
        }
        let left = || Some(Arc::new(Self { returned: None, broken: None, ended: None, ..gone.clone() }));
        match gone.ended {
            Some(End::Returned) if self.returned.is_none() => self.returned = left(),
            Some(End::Broken(1)) if self.broken.is_none() => self.broken = left(),
            _ => {}
        }
        self.open |= gone.open;
        self.cut = self.cut.or_else(|| gone.cut.clone());
        self
    }

    fn merged(mut self, other: Self, reason: &Reason) -> Self {
        let (open, guessed) = (self.open || other.open, Arc::clone(&other.guessed));
        self.meet_arrays(&other, reason);
        for (mine, theirs) in self.frames.iter_mut().zip(&other.frames) {
            for (name, outer) in theirs {
                mine.entry(name.clone()).or_insert_with(|| outer.clone());
            }
        }
        self.strict &= other.strict;
        self.null_glob &= other.null_glob;
        merge(&mut self.env, &other.env, reason);
        merge(&mut self.shell, &other.shell, reason);
        if !Arc::ptr_eq(&self.guessed, &guessed) {
            Arc::make_mut(&mut self.guessed).extend(guessed.iter().cloned());
        }
        if !Arc::ptr_eq(&self.functions, &other.functions) {
            let functions = Arc::make_mut(&mut self.functions);
            for (name, body) in other.functions.iter() {
                functions.entry(name.clone()).or_insert_with(|| Arc::clone(body));
            }
        }
        if self.args != other.args {
            self.args = None;
        }
        if self.cwd != other.cwd {
            self.cwd = Cwd::Unknown;
        }
        if self.output != other.output {
            self.output.known = joined(&self.output.known, &other.output.known, reason);
            self.output.certainty = self.output.certainty.and(&other.output.certainty);
            self.output.guess |= other.output.guess;
        }
        self.open = open;
        self.cut = self.cut.or(other.cut);
        self.flow = self.flow.or(other.flow);
        self.returned = self.returned.or(other.returned);
        self.broken = self.broken.or(other.broken);
        self
    }

    /// What ends in a failure where it may have been left before: a start that succeeds has been.
    pub(super) fn as_left(&mut self, left: Option<Arc<Self>>) {
        if self.ended == Some(End::Failed)
            && let Some(left) = left
        {
            let left = Arc::unwrap_or_clone(left);
            let (when, cut, frames) = (self.when.clone(), self.cut.clone(), std::mem::take(&mut self.frames));
            *self = Self { frames, when, cut, ..left };
        }
    }
}

/// A value that is one of two.
fn joined(a: &Known<String>, b: &Known<String>, reason: &Reason) -> Known<String> {
    if a == b {
        return a.clone();
    }
    if a.values().is_empty() || b.values().is_empty() {
        return Known::Unknown(reason.clone());
    }
    let all = a.values().iter().chain(b.values()).cloned().collect();
    one_of(all, &Known::Unknown(reason.clone()), b)
}

fn merge(into: &mut Arc<Vars>, other: &Arc<Vars>, reason: &Reason) {
    if Arc::ptr_eq(into, other) || **into == **other {
        return;
    }
    let vars = Arc::make_mut(into);
    for (name, theirs) in other.iter() {
        match vars.get_mut(name) {
            Some(ours) if ours == theirs => {}
            Some(ours) => {
                ours.value = joined(&ours.value, &theirs.value, reason);
                ours.certainty = ours.certainty.and(&theirs.certainty);
                ours.origin = std::mem::take(&mut ours.origin).join(&theirs.origin);
            }
            None => {
                let why = Reason { text: format!("{name} is set on one branch alone"), ..reason.clone() };
                vars.insert(name.clone(), Var { value: Known::Unknown(why), ..theirs.clone() });
            }
        }
    }
    for (name, ours) in vars.iter_mut() {
        if !other.contains_key(name) {
            let why = Reason { text: format!("{name} is set on one branch alone"), ..reason.clone() };
            ours.value = Known::Unknown(why);
        }
    }
}
