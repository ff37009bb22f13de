//! Branches and loops.

use std::sync::Arc;

use super::super::ast::{Arith, CaseItem, Command, Item, List, Operation, Part, Word};
use super::state::{End, State, Text};
use super::{Runner, Status};
use crate::model::{Certainty, FileId, Known, Reason, Span};

/// A decided loop is followed for so many turns, and so many steps.
const MAX_TURNS: usize = 64;
const MAX_TURN_STEPS: usize = 2000;

/// So many steps are spent on loops whose end is not found.
const MAX_SPENT: usize = 20_000;

impl Runner<'_> {
    pub(super) fn compound(&mut self, item: &Item, state: &mut State, tail: bool) -> Status {
        match &item.command {
            Command::If { arms, otherwise } => self.arms(arms, otherwise.as_ref(), state, tail),
            Command::For { select: false, counter: Some(counter), body, .. } => self.count(counter, body, item, state),
            Command::For { select, name, words, body, .. } => {
                let words = words.as_deref();
                self.each(name.as_deref().filter(|_| !select), words, body, item, state);
                Status::Ordinary
            }
            Command::While { until, condition, body } => self.repeat(*until, condition, body, item, state),
            Command::Case { word, items } => {
                let subject = self.text(state, word);
                self.case(&subject, items, state, tail)
            }
            Command::Subshell(list) => {
                let mut inner = state.clone();
                let status = self.list(list, &mut inner, tail);
                state.output = inner.output;
                state.open |= inner.open;
                status
            }
            Command::Function { name, body } => {
                Arc::make_mut(&mut state.functions).insert(name.clone(), Arc::clone(body));
                Status::Is(true)
            }
            Command::Block(list) | Command::Time(list) => self.list(list, state, tail),
            Command::Coproc(list) => {
                let since = self.commands.len();
                self.list(list, &mut state.clone(), false);
                self.commands[since..].iter_mut().for_each(|command| command.background = true);
                Status::Ordinary
            }
            _ => Status::Ordinary,
        }
    }

    /// The status of a condition, and what it leaned on.
    fn judged(&mut self, list: &[Item], state: &mut State) -> (Status, Certainty) {
        let before = std::mem::take(&mut self.leaned_on);
        self.condition += 1;
        let status = self.list(list, state, false);
        self.condition -= 1;
        let leaned_on = std::mem::replace(&mut self.leaned_on, before);
        self.leaned_on = self.leaned_on.and(&leaned_on);
        let place = list.first().map(|item| item.span);
        let status = match status {
            Status::Ordinary => Status::Undecided(Reason {
                text: "it depends on whether a command succeeds".into(),
                span: place,
                answer_with: None,
                given: false,
            }),
            Status::Undecided(reason) => Status::Undecided(Reason { span: reason.span.or(place), ..reason }),
            status @ Status::Is(_) => status,
        };
        (status, leaned_on)
    }

    fn arms(&mut self, arms: &[(List, List)], otherwise: Option<&List>, state: &mut State, tail: bool) -> Status {
        let Some(((condition, body), rest)) = arms.split_first() else {
            return otherwise.map_or(Status::Is(true), |body| self.list(body, state, tail));
        };
        let (status, leaned_on) = self.judged(condition, state);
        if state.ended.is_some() {
            return status;
        }
        let before = state.certainty.clone();
        state.certainty = before.and(&leaned_on);
        let status = match status {
            Status::Is(true) => self.list(body, state, tail),
            Status::Undecided(reason) => {
                let mut taken = state.clone();
                taken.when = taken.when.or_else(|| Some(reason.clone()));
                let mut other = taken.clone();
                self.list(body, &mut taken, tail);
                self.arms(rest, otherwise, &mut other, tail);
                Self::meet(state, taken, other, &reason);
                Status::Ordinary
            }
            _ => self.arms(rest, otherwise, state, tail),
        };
        state.certainty = before;
        status
    }

    /// Joins two branches, both of which began as `state`.
    pub(super) fn meet(state: &mut State, mut a: State, mut b: State, reason: &Reason) {
        let when = state.when.clone();
        a.when.clone_from(&when);
        b.when.clone_from(&when);
        *state = a.join(b, reason);
    }

    /// Runs a body that runs once at least, and perhaps more often.
    fn surely(&mut self, body: &[Item], state: &mut State, reason: &Reason) {
        let when = state.when.clone();
        self.again(body, state, reason, when);
    }

    /// Runs a body that runs only perhaps, and once or more.
    fn perhaps(&mut self, body: &[Item], state: &mut State, reason: &Reason) {
        let maybe = state.when.clone().or_else(|| Some(reason.clone()));
        self.again(body, state, reason, maybe);
    }

    fn again(&mut self, body: &[Item], state: &mut State, reason: &Reason, when: Option<Reason>) {
        Self::forget(body, state, reason);
        let mut taken = State { when, broken: None, ..state.clone() };
        self.list(body, &mut taken, false);
        let left = std::mem::replace(&mut taken.broken, state.broken.clone());
        taken.as_left(left);
        if matches!(taken.ended, Some(End::Broken(_) | End::Continued(_))) {
            taken.ended = None;
        }
        taken.flow.clone_from(&state.flow);
        let other = state.clone();
        Self::meet(state, taken, other, reason);
    }

    /// Variables that a loop assigns are not known inside it.
    fn forget(body: &[Item], state: &mut State, reason: &Reason) {
        for item in body {
            match &item.command {
                Command::Simple(simple) => {
                    for assign in &simple.assigns {
                        if simple.words.is_empty() {
                            state.lose(&assign.name, reason, assign.span);
                        }
                    }
                    for word in simple.words.iter().filter(|_| simple.declares) {
                        if let Some((name, _)) = word.raw.split_once('=') {
                            state.lose(name.trim_end_matches('+'), reason, word.span);
                        }
                    }
                    for word in &simple.words {
                        Self::forget_assigned(&word.parts, state, reason);
                    }
                    if simple.words.first().is_some_and(|word| word.raw == "shift" || word.raw == "set") {
                        state.args = None;
                    }
                }
                Command::If { arms, otherwise } => {
                    for list in arms.iter().flat_map(|(a, b)| [a, b]).chain(otherwise) {
                        Self::forget(list, state, reason);
                    }
                }
                Command::While { condition, body, .. } => {
                    Self::forget(condition, state, reason);
                    Self::forget(body, state, reason);
                }
                Command::For { body: list, .. } | Command::Block(list) | Command::Time(list) => {
                    Self::forget(list, state, reason);
                }
                Command::Arithmetic { value, .. } => Self::lose(state, value, item.span),
                Command::Let { values, .. } => values.iter().for_each(|value| Self::lose(state, value, item.span)),
                Command::Case { items, .. } => items.iter().for_each(|item| Self::forget(&item.body, state, reason)),
                _ => {}
            }
        }
    }

    /// Variables that an expansion assigns.
    fn forget_assigned(parts: &[Part], state: &mut State, reason: &Reason) {
        for part in parts {
            match part {
                Part::Double(inner) => Self::forget_assigned(inner, state, reason),
                Part::Arithmetic(value) => {
                    Self::lose(state, value, reason.span.unwrap_or(Span::new(FileId(0), 0, 0)));
                }
                Part::Parameter(parameter) => {
                    if matches!(parameter.operation, Operation::Default { assign: true, .. }) {
                        state.lose(&parameter.name, reason, parameter.span);
                    }
                }
                _ => {}
            }
        }
    }

    /// What becomes of the loop behind its body: whether it goes on.
    fn goes_on(state: &mut State) -> bool {
        match state.ended {
            None => return true,
            Some(End::Continued(1)) => {
                state.ended = None;
                return true;
            }
            Some(End::Broken(1)) => state.ended = None,
            Some(End::Broken(n)) => state.ended = Some(End::Broken(n - 1)),
            Some(End::Continued(n)) => state.ended = Some(End::Continued(n - 1)),
            Some(_) => {}
        }
        false
    }

    /// Runs a loop whose every turn is decided; otherwise nothing has happened and the answer is no.
    fn unrolled(&mut self, state: &mut State, mut turn: impl FnMut(&mut Self, &mut State) -> Option<bool>) -> bool {
        if self.spent > MAX_SPENT {
            return false;
        }
        let (commands, problems, steps) = (self.commands.len(), self.problems.len(), self.steps);
        let mut inner = state.clone();
        let (flow, cut) = (inner.flow.clone(), inner.cut.clone());
        for _ in 0..MAX_TURNS {
            let more = turn(self, &mut inner);
            let decided = inner.flow == flow && inner.cut == cut && self.steps - steps < MAX_TURN_STEPS;
            match more.filter(|_| decided) {
                Some(true) => {}
                Some(false) => {
                    *state = inner;
                    return true;
                }
                None => break,
            }
        }
        self.commands.truncate(commands);
        self.problems.truncate(problems);
        self.spent += self.steps - steps;
        self.steps = steps + 1;
        false
    }

    /// `for (( a; b; c ))`
    fn count(&mut self, counter: &[Option<Arith>; 3], body: &[Item], item: &Item, state: &mut State) -> Status {
        let [first, condition, step] = counter;
        if let Some(first) = first {
            self.arithmetic(std::slice::from_ref(first), item, state);
        }
        let done = self.unrolled(state, |runner, state| {
            if let Some(condition) = condition {
                match runner.arithmetic(std::slice::from_ref(condition), item, state) {
                    Status::Is(true) => {}
                    Status::Is(false) => return Some(false),
                    _ => return None,
                }
            }
            runner.list(body, state, false);
            let more = Self::goes_on(state);
            if let Some(step) = step.as_ref().filter(|_| more) {
                runner.arithmetic(std::slice::from_ref(step), item, state);
            }
            Some(more)
        });
        if !done {
            let reason = Reason::at("how often the loop runs is not known", item.span);
            counter.iter().flatten().for_each(|value| Self::lose(state, value, item.span));
            self.perhaps(body, state, &reason);
        }
        Status::Ordinary
    }

    fn each(&mut self, name: Option<&str>, words: Option<&[Word]>, body: &[Item], item: &Item, state: &mut State) {
        let reason = Reason::at("how often the loop runs is not known", item.span);
        let list = match (name, words) {
            (None, _) => None,
            (Some(_), None) => state.args.as_ref().map(|args| args.to_vec()),
            (Some(_), Some(words)) => self.looped(words, state),
        };
        let known = list.filter(|list: &Vec<Text>| {
            list.len() <= 64 && list.iter().all(|text| text.known.one().is_some() && !text.many)
        });
        let flow = state.flow.clone();
        let before = state.broken.take();
        let Some(known) = known else {
            state.broken = before;
            if let Some(name) = name {
                state.set(name, Text::unknown(reason.clone()), item.span);
            }
            return self.perhaps(body, state, &reason);
        };
        for text in known {
            if let Some(name) = name {
                state.set(name, text, item.span);
            }
            self.list(body, state, false);
            if !Self::goes_on(state) {
                break;
            }
        }
        let left = std::mem::replace(&mut state.broken, before);
        state.as_left(left);
        state.flow = flow;
    }

    fn repeat(&mut self, until: bool, condition: &[Item], body: &[Item], item: &Item, state: &mut State) -> Status {
        let done = self.unrolled(state, |runner, state| {
            match runner.judged(condition, state).0 {
                Status::Is(value) if value == until => return Some(false),
                Status::Is(_) => {}
                _ => return None,
            }
            if !Self::goes_on(state) {
                return Some(false);
            }
            runner.list(body, state, false);
            Some(Self::goes_on(state))
        });
        if done {
            return Status::Ordinary;
        }
        let (status, _) = self.judged(condition, state);
        let reason = match status {
            Status::Is(value) if value == until => return Status::Is(true),
            // Its first turn is sure.
            Status::Is(_) => {
                let reason = Reason::at("how often the loop runs is not known", item.span);
                Self::forget(condition, state, &reason);
                self.surely(body, state, &reason);
                return Status::Ordinary;
            }
            Status::Undecided(reason) => reason,
            Status::Ordinary => Reason::at("it depends on whether a command succeeds", item.span),
        };
        Self::forget(condition, state, &reason);
        self.perhaps(body, state, &reason);
        Status::Ordinary
    }

    fn case(&mut self, subject: &Text, items: &[CaseItem], state: &mut State, tail: bool) -> Status {
        let Some((item, rest)) = items.split_first() else { return Status::Is(true) };
        let mut matched: Result<bool, Reason> = Ok(false);
        for pattern in &item.patterns {
            let all = pattern.raw == "*";
            let pattern = self.pattern(state, pattern);
            let this = if all { Ok(true) } else { self.matched(subject, &pattern) };
            matched = match (matched, this) {
                (Ok(true), _) | (_, Ok(true)) => Ok(true),
                (Err(reason), _) | (_, Err(reason)) => Err(reason),
                _ => Ok(false),
            };
        }
        let before = state.certainty.clone();
        if matches!(subject.known, Known::One(_)) && matched.is_ok() {
            state.certainty = before.and(&subject.certainty);
        }
        let reason = match matched {
            Ok(true) if item.goes_on == Some(false) => {
                let mut status = self.list(&item.body, state, tail);
                // The bodies behind `;&` run without a look at their patterns.
                let (mut goes_on, mut items) = (true, rest);
                while let ([next, behind @ ..], true, None) = (items, goes_on, state.ended) {
                    status = self.list(&next.body, state, tail);
                    (goes_on, items) = (next.goes_on == Some(false), behind);
                    if next.goes_on == Some(true) {
                        status = self.case(subject, behind, state, tail);
                    }
                }
                state.certainty = before;
                return status;
            }
            Ok(true) if item.goes_on == Some(true) => {
                let status = self.list(&item.body, state, tail);
                let status = if state.ended.is_some() { status } else { self.case(subject, rest, state, tail) };
                state.certainty = before;
                return status;
            }
            Ok(true) => {
                let status = self.list(&item.body, state, tail);
                state.certainty = before;
                return status;
            }
            Ok(false) => {
                let status = self.case(subject, rest, state, tail);
                state.certainty = before;
                return status;
            }
            Err(reason) => Reason { span: reason.span.or(Some(subject_span(item))), ..reason },
        };
        let mut taken = state.clone();
        taken.when = taken.when.or_else(|| Some(reason.clone()));
        let mut other = taken.clone();
        self.list(&item.body, &mut taken, tail);
        self.case(subject, rest, &mut other, tail);
        Self::meet(state, taken, other, &reason);
        state.certainty = before;
        Status::Ordinary
    }
}

fn subject_span(item: &CaseItem) -> crate::model::Span {
    item.patterns.first().map_or_else(|| crate::model::Span::new(crate::model::FileId(0), 0, 0), |pattern| pattern.span)
}
