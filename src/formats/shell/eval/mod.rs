//! Following a script: lists, pipelines and branches.

mod arithmetic;
mod arrays;
mod braces;
mod builtin;
#[cfg(test)]
mod cases;
mod command;
mod compound;
mod expand;
mod filters;
mod follow;
mod glob;
mod keyed;
mod meet;
mod own_folder;
mod parameter;
mod pattern;
mod read;
mod state;
mod test;
#[cfg(test)]
mod tests;

use super::ast::{Command, Item, Join};
use super::{Evaluation, Executed, Files, Script, Word, World};
use crate::model::{Certainty, Known, Problem, Reason, Step};
use state::{End, State, Text};

const MAX_STEPS: usize = 20_000;
const MAX_DEPTH: usize = 64;
/// Branches of one `if` or `case`; each is a level of recursion.
const MAX_ARMS: usize = 100;

/// How a command ended.
#[derive(Clone, Debug)]
enum Status {
    /// Nobody knows before it runs; a failure aborts.
    Ordinary,
    /// So.
    Is(bool),
    /// A test of something that is not known.
    Undecided(Reason),
}

struct Runner<'f> {
    files: &'f dyn Files,
    commands: Vec<Executed>,
    problems: Vec<Problem>,
    steps: usize,
    depth: usize,
    via: Vec<Step>,
    piped: usize,
    substitution: usize,
    condition: usize,
    /// How many `&&` and `||` stand behind what runs, so that a failure ends nothing.
    shield: usize,
    /// Steps that were spent on loops whose end was not found.
    spent: usize,
    /// Set when a variable with a default took part in a decision.
    leaned_on: Certainty,
}

/// Runs a text that is handed words: the first is what it is called by.
pub(super) fn run_inline(script: &Script, world: &World, words: &[Word], files: &dyn Files) -> Evaluation {
    let mut state = State::new(world, words.get(1..).unwrap_or_default());
    state.zero = words.first().map(Text::argument);
    follow(script, state, files)
}

pub(super) fn run(script: &Script, world: &World, args: &[Word], files: &dyn Files) -> Evaluation {
    follow(script, State::new(world, args), files)
}

fn follow(script: &Script, mut state: State, files: &dyn Files) -> Evaluation {
    let mut runner = Runner {
        files,
        commands: Vec::new(),
        problems: script.problems.clone(),
        steps: 0,
        depth: 0,
        via: Vec::new(),
        piped: 0,
        substitution: 0,
        condition: 0,
        shield: 0,
        spent: 0,
        leaned_on: Certainty::Stated,
    };
    runner.list(&script.items, &mut state, true);
    if !runner.commands.iter().any(|command| command.last) {
        let last = runner.commands.iter_mut().rev().find(|command| !command.substitution && !command.condition);
        if let Some(command) = last {
            command.last = true;
        }
    }
    let exports = std::sync::Arc::unwrap_or_clone(state.env);
    Evaluation { commands: runner.commands, exports, problems: runner.problems }
}

impl Runner<'_> {
    fn list(&mut self, items: &[Item], state: &mut State, tail: bool) -> Status {
        let mut status = Status::Is(true);
        let mut gate: Option<Join> = None;
        let (mut at, mut chain, mut before) = (0, self.commands.len(), self.commands.len());
        while at < items.len() && state.ended.is_none() {
            let length = items[at..].iter().take_while(|item| item.join.is_some_and(Join::is_pipe)).count() + 1;
            let end = (at + length).min(items.len());
            let pipeline = &items[at..end];
            let join = pipeline.last().and_then(|item| item.join);
            let tail = tail && end == items.len();
            let since = self.commands.len();
            if gate == Some(Join::Or) && matches!(status, Status::Ordinary) && forgives(pipeline) {
                self.commands[before..].iter_mut().for_each(|command| command.ignored_failure = true);
            }
            let skipped = matches!((gate, &status), (Some(gate), Status::Is(value)) if *value == (gate == Join::Or));
            let shielded = matches!(join, Some(Join::And | Join::Or));
            self.shield += usize::from(shielded);
            status = self.gated(gate, status, pipeline, state, tail);
            self.shield -= usize::from(shielded);
            let failed = matches!(status, Status::Is(false)) && !skipped && !shielded && join != Some(Join::Background);
            if failed && state.strict && self.shield + self.condition == 0 && !pipeline[0].negated {
                state.ended = state.ended.or(Some(End::Failed));
            }
            before = since;
            gate = join.filter(|join| matches!(join, Join::And | Join::Or));
            let chained =
                |item: &&Item| item.join.is_some_and(|join| join.is_pipe() || matches!(join, Join::And | Join::Or));
            let last = items[at..].iter().find(|item| !chained(item));
            if last.is_some_and(|item| item.join == Some(Join::Background)) {
                // What runs beside the script ends nothing of it.
                state.ended = None;
            }
            if join == Some(Join::Background) {
                self.commands[chain..].iter_mut().for_each(|command| command.background = true);
            }
            if gate.is_none() {
                chain = self.commands.len();
            }
            at = end;
        }
        status
    }

    /// A pipeline behind `&&` or `||`, given how what stands before ended.
    fn gated(
        &mut self,
        gate: Option<Join>,
        status: Status,
        pipeline: &[Item],
        state: &mut State,
        tail: bool,
    ) -> Status {
        let or = gate == Some(Join::Or);
        let reason = match (gate, &status) {
            (Some(_), Status::Undecided(reason)) => Some(reason.clone()),
            (Some(_), Status::Ordinary) if or => {
                let place = pipeline.first().map(|item| item.span);
                Some(Reason {
                    text: "it runs only if the command before fails".into(),
                    span: place,
                    answer_with: None,
                    given: false,
                })
            }
            _ => None,
        };
        match (gate, status, reason) {
            (Some(_), Status::Is(value), _) if value == or => Status::Is(value),
            (_, status, Some(reason)) => {
                let mut branch = state.clone();
                branch.when = branch.when.or_else(|| Some(reason.clone()));
                let after = self.pipeline(pipeline, &mut branch, tail);
                let other = state.clone();
                Self::meet(state, branch, other, &reason);
                match (status, after) {
                    (Status::Ordinary, _) => Status::Ordinary,
                    (_, Status::Is(value)) if value == or => Status::Is(value),
                    _ => Status::Undecided(reason),
                }
            }
            _ => self.pipeline(pipeline, state, tail),
        }
    }

    fn pipeline(&mut self, items: &[Item], state: &mut State, tail: bool) -> Status {
        let negated = items.first().is_some_and(|item| item.negated);
        let status = if let [item] = items {
            self.item(item, state, tail)
        } else {
            self.piped += 1;
            let mut status = Status::Ordinary;
            let mut fed = None;
            for (n, item) in items.iter().enumerate() {
                let last = n + 1 == items.len();
                let mut inner = state.clone();
                inner.output = Text::one("");
                let filtered = fed.take().and_then(|fed| self.filtered(item, &fed, &mut inner));
                status = self.item(item, &mut inner, tail && last);
                let output = filtered.unwrap_or(inner.output);
                if last {
                    state.output = std::mem::replace(&mut state.output, Text::one("")).concat(&output);
                } else {
                    fed = Some(output);
                }
                state.open |= inner.open;
            }
            self.piped -= 1;
            status
        };
        match status {
            Status::Is(value) => Status::Is(value != negated),
            Status::Ordinary if negated => {
                let span = items.first().map(|item| item.span);
                Status::Undecided(Reason {
                    text: "whether a command fails".into(),
                    span,
                    answer_with: None,
                    given: false,
                })
            }
            status => status,
        }
    }

    fn item(&mut self, item: &Item, state: &mut State, tail: bool) -> Status {
        self.steps += 1;
        let arms = match &item.command {
            Command::If { arms, .. } => arms.len(),
            Command::Case { items, .. } => items.len(),
            _ => 0,
        };
        if self.steps > MAX_STEPS || self.depth >= MAX_DEPTH || arms > MAX_ARMS {
            let message = "the script calls too much to be followed to its end";
            if !self.problems.iter().any(|problem| problem.message == message) {
                self.problems.push(Problem::new(item.span, message));
            }
            state.open = true;
            state.output = Text::unknown(Reason::at(message, item.span));
            return Status::Undecided(Reason::at(message, item.span));
        }
        self.depth += 1;
        let written = item.redirects.iter().any(|redirect| writes(redirect.op, redirect.fd.as_deref()));
        let output = written.then(|| state.output.clone());
        let status = match &item.command {
            Command::None => {
                // `$(<file)` gives what the file holds.
                if item.redirects.iter().any(|redirect| redirect.op == "<") {
                    state.output = Text::unknown(Reason::at("it is read from a file at run time", item.span));
                }
                Status::Is(true)
            }
            Command::Simple(simple) => self.simple(simple, item, state, tail),
            Command::Test { condition, .. } => self.decide(|runner| runner.condition(state, condition)),
            Command::Arithmetic { value, .. } => self.arithmetic(std::slice::from_ref(value), item, state),
            Command::Let { values, .. } => self.arithmetic(values, item, state),
            _ => self.compound(item, state, tail),
        };
        if let Some(output) = output {
            state.output = output;
        }
        self.depth -= 1;
        status
    }

    /// The output of a list, without the ends of lines behind it.
    fn substitution(&mut self, state: &mut State, list: &[Item]) -> Text {
        let mut inner = state.clone();
        inner.output = Text::one("");
        self.substitution += 1;
        self.list(list, &mut inner, false);
        self.substitution -= 1;
        state.open |= inner.open;
        let known = match inner.output.known {
            Known::OneOf(texts, why) => {
                Known::OneOf(texts.iter().map(|text| text.trim_end_matches('\n').to_owned()).collect(), why)
            }
            known => known.map(|text| text.trim_end_matches('\n').to_owned()),
        };
        let certainty = inner.output.certainty.and(&inner.certainty);
        Text { known, certainty, guess: inner.output.guess, many: false, written: None }
    }
}

fn writes(op: &str, fd: Option<&str>) -> bool {
    matches!(op, ">" | ">>" | ">|" | "&>" | "&>>") && fd.is_none_or(|fd| fd == "1") || (op == ">&" && fd.is_none())
}

/// Whether what follows `||` makes light of a failure.
fn forgives(pipeline: &[Item]) -> bool {
    let [Item { command: Command::Simple(simple), .. }] = pipeline else { return false };
    let words: Vec<&str> = simple.words.iter().map(|word| word.raw.as_str()).collect();
    matches!(words.as_slice(), ["true" | ":" | "echo" | "printf", ..] | ["exit", "0"])
}
