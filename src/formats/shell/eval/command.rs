//! Simple commands: assignments, what the shell does itself, and calls that are followed.

use std::sync::Arc;

use super::super::ast::{Item, Join, Part, Simple};
use super::super::{Executed, When, Word};
use super::state::{Cwd, End, State, Text};
use super::{Runner, Status, own_folder, writes};
use crate::formats::world::Var;
use crate::model::{Known, Origin, Reason, Span};

/// Commands that run something else inside this very shell.
pub(super) const SHELLS: [&str; 5] = ["sh", "bash", "dash", "ash", "zsh"];

/// A word that was expanded, with its text.
pub(super) type Argument = (Text, Word);

impl Runner<'_> {
    pub(super) fn simple(&mut self, simple: &Simple, item: &Item, state: &mut State, tail: bool) -> Status {
        let mut assigns = Vec::new();
        for assign in &simple.assigns {
            if assign.is_array() {
                self.assign_array(assign, state);
                continue;
            }
            let mut text = self.text(state, &assign.value);
            if assign.append {
                let before = state.lookup(&assign.name);
                text = if before.known == Known::Absent { text } else { before.concat(&text) };
            }
            let word = shown(&text, &assign.value.raw, assign.value.span);
            if simple.words.is_empty() {
                own_folder::note(state, &assign.name, &assign.value.raw, &text);
                state.set(&assign.name, text, assign.value.span);
            } else {
                assigns.push((assign.name.clone(), word, text.guess));
            }
        }
        let mut argv: Vec<Argument> = Vec::new();
        let mut arrays = Vec::new();
        for word in &simple.words {
            if let [Part::Literal(prefix), Part::Array(elements)] = word.parts.as_slice() {
                let name = prefix.trim_end_matches(['=', '+']).to_owned();
                let keys = if elements.iter().any(|element| element.index.is_some()) {
                    self.keys(elements, state)
                } else {
                    None
                };
                let found = if keys.is_some() { None } else { self.elements(elements, state) };
                let text = Text::one(name.as_str());
                let word = shown(&text, &name, word.span);
                argv.push((text, word));
                arrays.push((name, found, keys));
                continue;
            }
            let declared = simple.declares && word.raw.contains('=');
            let fields = if declared { vec![self.text(state, word)] } else { self.fields(state, word) };
            argv.extend(fields.into_iter().map(|text| {
                let shown = shown(&text, &word.raw, word.span);
                (text, shown)
            }));
        }
        own_folder::fill_in(&mut argv, state);
        let mut exec = false;
        if named(&argv) == Some("exec") {
            let flags = argv[1..].iter().take_while(|(text, _)| text.known.one().is_some_and(|t| t.starts_with('-')));
            let skip = 1 + flags.count();
            argv.drain(..skip);
            exec = !argv.is_empty();
        }
        // A script that hands itself to another user starts over there, and goes on where it would have gone on here.
        if exec && state.ended.is_none() && argv.iter().any(|(_, word)| is_itself(&word.raw)) {
            return Status::Ordinary;
        }
        if state.ended.is_some() {
            return Status::Is(false);
        }
        let mut direct = false;
        while matches!(named(&argv), Some("command" | "builtin"))
            && argv.get(1).is_some_and(|(text, _)| text.known.one().is_none_or(|text| !text.starts_with('-')))
        {
            argv.remove(0);
            direct = true;
        }
        if argv.is_empty() {
            // The status of `X=$(…)` is that of the command in it.
            let runs = |word: &super::super::ast::Word| word.parts.iter().any(substitutes);
            let plain = simple.words.is_empty() && !simple.assigns.iter().any(|assign| runs(&assign.value));
            return if plain { Status::Is(true) } else { Status::Ordinary };
        }
        let call = Call { item, tail: tail || exec, exec, direct, assigns };
        let status = self.call(&argv, call, state);
        for (name, found, keys) in arrays {
            let keyed = state.keyed.contains_key(&name);
            match (found.filter(|_| !keyed), keys.filter(|_| keyed)) {
                (Some(all), _) => drop(Arc::make_mut(&mut state.arrays).insert(name, Arc::new(all))),
                (None, Some(all)) => drop(Arc::make_mut(&mut state.keyed).insert(name, Arc::new(all))),
                (None, None) => state.lose(&name, &Reason::at("the array is not followed", item.span), item.span),
            }
        }
        if exec {
            state.ended = Some(End::Done);
        }
        status
    }

    fn call(&mut self, argv: &[Argument], call: Call, state: &mut State) -> Status {
        let name = named(argv).unwrap_or("").to_owned();
        // A function hides a command of the shell that has its name.
        let function = !call.direct && state.functions.contains_key(&name);
        if !call.exec
            && !function
            && let Some(status) = self.builtin(&name, argv, call.item, state)
        {
            return status;
        }
        if let Some(status) = self.follow(&name, argv, &call, state) {
            return status;
        }
        self.emit(argv, call, state);
        if matches!(name.as_str(), "echo" | "printf") {
            return Status::Is(true);
        }
        Status::Ordinary
    }

    pub(super) fn emit(&mut self, argv: &[Argument], call: Call, state: &mut State) {
        let mut vars = Arc::clone(&state.env);
        for (name, word, _) in &call.assigns {
            let var =
                Var { value: word.text.clone(), certainty: word.certainty.clone(), origin: Origin::set(word.span) };
            Arc::make_mut(&mut vars).insert(name.clone(), var);
        }
        let redirect = call.item.redirects.iter().find(|redirect| writes(redirect.op, redirect.fd.as_deref()));
        let stdout_to = redirect.map(|redirect| {
            let text = self.text(state, &redirect.target);
            shown(&text, &redirect.target.raw, redirect.target.span)
        });
        if stdout_to.is_none() {
            let written = said(argv)
                .unwrap_or_else(|| Text::unknown(Reason::at("it is the output of a command", call.item.span)));
            state.output = std::mem::replace(&mut state.output, Text::one("")).concat(&written);
        }
        let maybe = [&state.when, &state.cut, &state.flow].into_iter().find_map(Clone::clone);
        self.commands.push(Executed {
            argv: argv.iter().map(|(_, word)| word.clone()).collect(),
            assigns: call.assigns.into_iter().map(|(name, word, _)| (name, word)).collect(),
            span: call.item.span,
            when: maybe.map_or(When::Always, When::Maybe),
            certainty: state.certainty.clone(),
            cwd: if let Cwd::At(path) = &state.cwd { Some(path.clone()) } else { None },
            cwd_unknown: state.cwd == Cwd::Unknown,
            vars,
            open: state.open,
            exec: call.exec,
            last: call.tail && self.substitution == 0,
            background: call.item.join == Some(Join::Background),
            ignored_failure: false,
            piped: self.piped > 0,
            substitution: self.substitution > 0,
            condition: self.condition > 0,
            via: self.via.clone(),
            stdout_to,
        });
    }
}

/// How a simple command is called.
#[derive(Clone)]
pub(super) struct Call<'i> {
    pub(super) item: &'i Item,
    pub(super) tail: bool,
    pub(super) exec: bool,
    /// Whether functions are passed over (`command`, `builtin`).
    pub(super) direct: bool,
    pub(super) assigns: Vec<(String, Word, bool)>,
}

pub(super) fn named(argv: &[Argument]) -> Option<&str> {
    argv.first().and_then(|(text, _)| text.known.one()).map(String::as_str)
}

/// Whether a word is the path of the script that it stands in.
fn is_itself(raw: &str) -> bool {
    ["$0", "${0}", "$BASH_SOURCE", "${BASH_SOURCE}", "${BASH_SOURCE[0]}"].contains(&raw.trim_matches('"'))
}

fn shown(text: &Text, raw: &str, span: Span) -> Word {
    Word {
        text: text.known.clone(),
        raw: text.written.as_deref().unwrap_or(raw).to_owned(),
        span,
        certainty: text.certainty.clone(),
    }
}

/// Whether a part runs a command.
fn substitutes(part: &Part) -> bool {
    match part {
        Part::Command(_) => true,
        Part::Double(inner) => inner.iter().any(substitutes),
        _ => false,
    }
}

/// What `echo` writes.
fn said(argv: &[Argument]) -> Option<Text> {
    let mut words = argv.get(1..)?;
    if named(argv) == Some("which") {
        return super::builtin::found_under(&words.iter().map(|(text, _)| text.clone()).collect::<Vec<_>>());
    }
    if named(argv) != Some("echo") {
        return None;
    }
    let mut end = "\n";
    if words.first().is_some_and(|(text, _)| text.known.one().is_some_and(|text| text == "-n")) {
        (words, end) = (&words[1..], "");
    }
    let escapes = |text: &str| text.starts_with('-') && text.contains('e') || text.contains('\\');
    let mut result = Text::one("");
    for (n, (text, word)) in words.iter().enumerate() {
        if text
            .known
            .values()
            .iter()
            .any(|text| n == 0 && text.starts_with("-e") || escapes(text) && text.contains('\\'))
            || (!word.raw.contains(['"', '\'']) && super::super::lex::is_pattern(&word.raw))
        {
            return None;
        }
        let space = Text::one(if n > 0 { " " } else { "" });
        result = result.concat(&space).concat(text);
    }
    Some(result.concat(&Text::one(end)))
}

/// A path as seen from the start folder.
pub(super) fn placed(cwd: &Cwd, path: &str) -> Option<String> {
    let base = match cwd {
        _ if path.starts_with('/') => "",
        Cwd::Start => "",
        Cwd::At(folder) => folder,
        Cwd::Unknown => return None,
    };
    let whole = format!("{base}/{path}");
    let absolute = path.starts_with('/') || base.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/').filter(|part| !part.is_empty() && *part != ".") {
        if part == ".." && parts.last().is_some_and(|last| *last != "..") {
            parts.pop();
        } else if part != ".." || !absolute {
            parts.push(part);
        }
    }
    Some(format!("{}{}", if absolute { "/" } else { "" }, parts.join("/")))
}
