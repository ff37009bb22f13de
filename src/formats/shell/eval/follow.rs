//! Calls of functions, and of scripts that the repository holds.

use std::sync::Arc;

use super::super::ast::Dialect;
use super::super::{Word, is_script, parse};
use super::arrays::Frame;
use super::command::{Argument, Call, SHELLS, named, placed};
use super::own_folder::Place;
use super::state::{End, State, Text};
use super::{Runner, Status};
use crate::knowledge::processes;
use crate::model::{FileId, Span, SpanMap, Step, StepKind};

/// Wrappers that prepare something themselves (`uv run` does), so that they are commands too.
const PREPARING: [&str; 6] = ["uv", "poetry", "pipenv", "pdm", "rye", "hatch"];
/// Wrappers that say how what they run is served.
const RESTARTING: [&str; 3] = ["watchmedo", "watchfiles", "coverage"];

impl Runner<'_> {
    /// Calls of functions, of scripts and of shells with a script.
    pub(super) fn follow(&mut self, name: &str, argv: &[Argument], call: &Call, state: &mut State) -> Option<Status> {
        let behind = |from: usize| Arc::new(argv[from..].iter().map(|(text, _)| text.clone()).collect::<Vec<_>>());
        let span = call.item.span;
        if !call.exec
            && !call.direct
            && let Some(body) = state.functions.get(name).cloned()
        {
            let outer = (state.args.clone(), state.flow.clone());
            let before = state.returned.take();
            state.args = Some(behind(1));
            state.frames.push(Frame::new());
            for (name, word, guess) in &call.assigns {
                state.declare_local(name);
                let known = word.text.clone();
                let text = Text { known, certainty: word.certainty.clone(), guess: *guess, many: false, written: None };
                state.set(name, text, word.span);
                state.export(name);
            }
            self.via.push(Step { kind: StepKind::Used, span, note: Some(format!("{name}()")) });
            let status = self.item(&body, state, call.tail);
            self.via.pop();
            let left = std::mem::replace(&mut state.returned, before);
            state.as_left(left);
            if let Some(frame) = state.frames.pop() {
                state.leave(frame);
            }
            let undecided = state.flow.is_some() && state.flow != outer.1;
            (state.args, state.flow) = outer;
            if state.ended == Some(End::Returned) {
                state.ended = None;
            }
            // Where the function may have been left before its end, its last command says nothing.
            return Some(match status {
                Status::Is(_) if undecided => Status::Ordinary,
                status => status,
            });
        }
        if matches!(name, "." | "source") {
            return Some(self.source(argv, span, state));
        }
        if SHELLS.contains(&name.rsplit('/').next().unwrap_or(name)) {
            let mut at = 1;
            let mut is_inline = false;
            while let Some(flag) = argv.get(at).and_then(|(text, _)| text.known.one()) {
                if !flag.starts_with(['-', '+']) {
                    break;
                }
                let short = !flag.starts_with("--");
                is_inline |= short && flag.contains('c');
                at += if short && flag.ends_with('o') { 2 } else { 1 };
            }
            let (text, word) = argv.get(at)?;
            let text = text.known.one().filter(|_| !text.guess)?;
            if is_inline {
                let map = inline(text, word);
                let rest = behind((at + 2).min(argv.len()));
                let zero = argv.get(at + 1).map(|(text, _)| text.clone());
                return Some(self.child(text, &map, (zero, rest), call, state));
            }
            return self.script(text, behind(at + 1), call, state);
        }
        if matches!(base(name), "su" | "runuser")
            && let Some(at) = argv.iter().position(|(_, word)| matches!(word.written(), "-c" | "--command"))
            && let Some((text, word)) = argv.get(at + 1)
            && let Some(text) = text.known.one().filter(|_| !text.guess)
        {
            let map = inline(text, word);
            return Some(self.child(text, &map, (None, behind(argv.len())), call, state));
        }
        if let Some((text, word)) = typed(argv)
            && let Some(text) = text.known.one().filter(|_| !text.guess)
        {
            let map = inline(text, word);
            return Some(self.child(text, &map, (None, behind(argv.len())), call, state));
        }
        let script = name.rsplit_once('.').is_some_and(|(_, end)| matches!(end, "sh" | "bash"));
        let known = name.contains('/') || script;
        // `/sbin/tini -- script` is no script of the repository: it is looked at as what wraps another.
        if known
            && !waits(argv)
            && self.runs_by_itself(name, state)
            && let Some(status) = self.script(name, behind(1), call, state)
        {
            return Some(status);
        }
        if let Some(inner) = wrapped(argv).and_then(|from| argv.get(from..)) {
            // A script that starts itself again as another user comes to the same commands.
            let scripts = inner.iter().take(2).filter_map(|(text, _)| self.files.script(text.known.one()?));
            if scripts.into_iter().any(|(file, _)| file == span.file) {
                return None;
            }
            let since = self.commands.len();
            if PREPARING.contains(&base(name)) {
                self.emit(argv, call.clone(), state);
            }
            let status = self.follow(named(inner).unwrap_or(""), inner, call, state);
            if status.is_none() {
                self.commands.truncate(since);
            }
            return status;
        }
        let ours = |text: &str| !name.contains('/') && !waits(argv) && text.starts_with("#!");
        let found = self.files.command(name).filter(|(_, text)| ours(text))?;
        self.found(found, None, behind(1), call, state)
    }

    fn runs_by_itself(&self, path: &str, state: &State) -> bool {
        let found = placed(&state.cwd, path).and_then(|path| self.files.script(&path));
        found.is_some_and(|(_, text)| is_script(path, text))
    }

    fn script(&mut self, path: &str, args: Arc<Vec<Text>>, call: &Call, state: &mut State) -> Option<Status> {
        let path = placed(&state.cwd, path)?;
        let found = self.files.script(&path)?;
        self.found(found, Some(&path), args, call, state)
    }

    fn found(
        &mut self,
        (file, text): (FileId, &str),
        path: Option<&str>,
        args: Arc<Vec<Text>>,
        call: &Call,
        state: &mut State,
    ) -> Option<Status> {
        let first = text.lines().next().unwrap_or("");
        if first.starts_with("#!") && !first.contains("sh") {
            return None;
        }
        let outer = std::mem::replace(&mut state.place, Place::of_script(path));
        let status = self.child(text, &SpanMap::Linear { file, base: 0 }, (None, args), call, state);
        state.place = outer;
        Some(status)
    }

    /// Runs a text in a shell of its own.
    fn child(
        &mut self,
        text: &str,
        map: &SpanMap,
        (zero, args): (Option<Text>, Arc<Vec<Text>>),
        call: &Call,
        state: &mut State,
    ) -> Status {
        self.steps += text.len() / 256;
        let script = parse(text, map, Dialect::Bash);
        self.problems.extend(script.problems);
        let mut inner = state.clone();
        inner.shell = Arc::default();
        inner.functions = Arc::default();
        inner.arrays = Arc::default();
        inner.keyed = Arc::default();
        inner.frames = Vec::new();
        inner.strict = false;
        inner.args = Some(args);
        inner.zero = zero;
        for (name, word, guess) in &call.assigns {
            let text = Text {
                known: word.text.clone(),
                certainty: word.certainty.clone(),
                guess: *guess,
                many: false,
                written: None,
            };
            inner.set(name, text, word.span);
            inner.export(name);
        }
        self.via.push(Step { kind: StepKind::Included, span: call.item.span, note: None });
        self.list(&script.items, &mut inner, call.tail);
        self.via.pop();
        state.output = inner.output;
        Status::Ordinary
    }

    fn source(&mut self, argv: &[Argument], span: Span, state: &mut State) -> Status {
        let path = argv.get(1).and_then(|(text, _)| text.known.one());
        if path.is_some_and(|path| path.ends_with("bin/activate")) {
            return Status::Ordinary;
        }
        let path = path.and_then(|path| placed(&state.cwd, path));
        let found = path.as_deref().and_then(|path| self.files.script(path));
        let Some((file, text)) = found else {
            state.open = true;
            return Status::Ordinary;
        };
        self.steps += text.len() / 256;
        let script = parse(text, &SpanMap::Linear { file, base: 0 }, Dialect::Bash);
        self.problems.extend(script.problems);
        let outer = (state.args.clone(), state.flow.clone());
        let place = Arc::clone(&state.place);
        state.place = place.reading(path.as_deref().unwrap_or_default());
        if argv.len() > 2 {
            state.args = Some(Arc::new(argv[2..].iter().map(|(text, _)| text.clone()).collect()));
        }
        self.via.push(Step { kind: StepKind::Included, span, note: None });
        self.list(&script.items, state, false);
        self.via.pop();
        Arc::make_mut(&mut state.place).source.clone_from(&place.source);
        (state.args, state.flow) = outer;
        if state.ended == Some(End::Returned) {
            state.ended = None;
        }
        Status::Ordinary
    }
}

/// How the text of `sh -c TEXT` lies over its file.
fn inline(text: &str, word: &Word) -> SpanMap {
    let quoted = (word.span.end - word.span.start) as usize == text.len() + 2;
    if quoted { SpanMap::Linear { file: word.span.file, base: word.span.start + 1 } } else { SpanMap::Whole(word.span) }
}

/// The line that a terminal multiplexer runs or types, as a text of its own (tmux(1)).
fn typed(argv: &[Argument]) -> Option<&Argument> {
    const RUNNING: [&str; 7] = ["new-session", "new", "new-window", "neww", "split-window", "splitw", "respawn-pane"];
    let word = |at: usize| argv.get(at).map_or("", |(_, word)| word.written());
    let enters = |text: &str| matches!(text, "C-m" | "Enter" | "ENTER");
    let (name, last) = (named(argv)?, argv.len().checked_sub(1)?);
    let found = match word(1) {
        _ if base(name) != "tmux" => None,
        does if RUNNING.contains(&does) => argv.last(),
        "send-keys" | "send" if enters(word(last)) => argv.get(last - 1),
        _ => None,
    };
    found.filter(|(text, _)| text.known.one().is_some_and(|text| text.trim().contains(' ')))
}

/// Where the command starts that another only wraps (an init, a change of user, a runner of virtual environments), if
/// that is a script.
fn wrapped(argv: &[Argument]) -> Option<usize> {
    let name = named(argv).filter(|name| !RESTARTING.contains(&base(name)))?;
    let words: Vec<&str> = std::iter::once(name).chain(argv.iter().skip(1).map(|(_, word)| word.written())).collect();
    let inner = processes::strip_wrappers(&words).0;
    let first = inner.first().filter(|_| inner.len() < words.len())?;
    let script = first.contains('/') || first.ends_with(".sh") || SHELLS.contains(first);
    script.then(|| words.len() - inner.len())
}

/// Whether a command is one of the well-known scripts that wait for a service and then run what is given to them: how they
/// read their words says less than what stands behind `--`.
fn waits(argv: &[Argument]) -> bool {
    let words: Vec<&str> = argv.iter().map(|(_, word)| word.written()).collect();
    words.first().is_some_and(|name| base(name).starts_with("wait"))
        && processes::strip_wrappers(&words).0.len() < words.len()
}

fn base(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}
