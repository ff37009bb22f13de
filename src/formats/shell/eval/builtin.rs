//! What the shell does itself.

use std::sync::Arc;

use super::super::ast::{Dialect, Item};
use super::super::{Executed, When, Word, parse};
use super::arrays::certain;
use super::command::placed;
use super::state::{Cwd, End, State, Text};
use super::{Runner, Status};
use crate::model::{Known, Reason, SpanMap};

impl Runner<'_> {
    /// Whether the branch that the script is in has written messages only: what it then exits with is the failure of before.
    fn only_says(&self, state: &State) -> bool {
        let Some(reason) = &state.when else { return false };
        let here = |executed: &&Executed| matches!(&executed.when, When::Maybe(other) if other == reason);
        let says = |executed: &Executed| {
            let program = executed.argv.first().and_then(|word| word.text.one());
            program.is_some_and(|program| ["echo", "printf"].contains(&program.as_str()))
        };
        self.commands.iter().rev().take_while(here).all(says)
    }

    /// Runs a command of the shell; none if it is no such command.
    pub(super) fn builtin(
        &mut self,
        name: &str,
        argv: &[(Text, Word)],
        item: &Item,
        state: &mut State,
    ) -> Option<Status> {
        let texts: Vec<Text> = argv.iter().skip(1).map(|(text, _)| text.clone()).collect();
        let first = texts.first().and_then(|text| text.known.one()).map_or("", String::as_str);
        let lists = ["set", "trap", "umask", "ulimit", "shopt", "hash", "alias", "export", "declare", "typeset"];
        if self.substitution > 0 && (lists.contains(&name) || matches!(name, "readonly" | "pushd" | "popd")) {
            state.output = Text::unknown(Reason::at("it is the output of a command", item.span));
        }
        match name {
            "true" | ":" | "wait" | "trap" | "umask" | "ulimit" | "shopt" | "hash" | "set" | "alias" => match name {
                "set" => set(&texts, state),
                "shopt" => options(&texts, state),
                _ => {}
            },
            "false" => return Some(Status::Is(false)),
            "test" => return Some(self.decide(|runner| runner.test(&texts))),
            "[" => {
                let inner = texts.split_last().map_or(&[][..], |(_, inner)| inner);
                return Some(self.decide(|runner| runner.test(inner)));
            }
            "cd" | "pushd" => change_folder(&texts, state),
            "popd" => state.cwd = Cwd::Unknown,
            "export" | "declare" | "local" | "readonly" | "typeset" => declare(name, &argv[1..], state),
            "unset" => unset(&texts, item, state),
            "shift" => return Some(shift(first, !texts.is_empty(), state)),
            "exit" => {
                let handed = texts.first().is_some_and(|text| text.known.one().is_none());
                let done = matches!(first, "" | "0") && !(handed && self.only_says(state));
                state.ended = Some(if done { End::Done } else { End::Failed });
                return Some(Status::Is(done));
            }
            "type" | "command" if self.substitution > 0 && first.starts_with('-') => {
                state.output = found_under(&texts)
                    .unwrap_or_else(|| Text::unknown(Reason::at("it is the output of a command", item.span)));
                return Some(Status::Ordinary);
            }
            "type" | "command" if self.condition > 0 => {
                return Some(Status::Undecided(Reason::at("it depends on what is installed", item.span)));
            }
            "type" | "command" => return Some(Status::Ordinary),
            "return" => {
                state.ended = Some(End::Returned);
                if let Ok(code) = first.parse::<i64>() {
                    return Some(Status::Is(code == 0));
                }
                return Some(Status::Ordinary);
            }
            "break" => state.ended = Some(End::Broken(first.parse().unwrap_or(1))),
            "continue" => state.ended = Some(End::Continued(first.parse().unwrap_or(1))),
            "printf" if first == "-v" => {
                if let Some(name) = texts.get(1).and_then(|text| text.known.one()) {
                    state.lose(name, &Reason::at("it is printed at run time", item.span), item.span);
                }
            }
            "read" | "mapfile" | "readarray" | "getopts" => {
                if let Some(status) = (name == "read").then(|| self.read_known(&texts, item, state)).flatten() {
                    return Some(status);
                }
                let mut names = 0;
                for text in texts.iter().skip(usize::from(name == "getopts")) {
                    let name = text.known.one().filter(|name| !name.is_empty());
                    if let Some(name) = name.filter(|name| super::super::lex::name_length(name) == name.len()) {
                        state.lose(name, &Reason::at(format!("{name} is read at run time"), item.span), item.span);
                        names += 1;
                    }
                }
                let unnamed = if name == "read" { "REPLY" } else { "MAPFILE" };
                if names == 0 && name != "getopts" {
                    state.lose(unnamed, &Reason::at("it is read at run time", item.span), item.span);
                }
                return Some(Status::Undecided(Reason::at("it depends on what is read", item.span)));
            }
            "eval" => {
                let all = texts.iter().fold(Text::one(""), |all, text| all.concat(&Text::one(" ")).concat(text));
                let Some(text) = all.known.one() else {
                    state.open = true;
                    return Some(Status::Ordinary);
                };
                self.steps += text.len() / 256;
                let script = parse(text, &SpanMap::Whole(item.span), Dialect::Bash);
                return Some(self.list(&script.items, state, false));
            }
            _ => return None,
        }
        Some(Status::Is(true))
    }
}

/// Where a program lies (`command -v uwsgi`, `which uwsgi`): its name is enough to start it, and decides nothing.
pub(super) fn found_under(texts: &[Text]) -> Option<Text> {
    let mut names = texts.iter().filter(|text| text.known.one().is_none_or(|text| !text.starts_with('-')));
    let name = names.next().filter(|name| name.known.one().is_some() && names.next().is_none())?;
    Some(Text { guess: true, ..name.clone() })
}

fn unset(texts: &[Text], item: &Item, state: &mut State) {
    let functions = texts.first().and_then(|text| text.known.one()).is_some_and(|flag| flag == "-f");
    for text in texts {
        let Some(name) = text.known.one().filter(|name| !name.starts_with('-')) else { continue };
        if functions || state.find(name).is_none() && state.functions.contains_key(name) {
            Arc::make_mut(&mut state.functions).remove(name);
        } else if let Some((array, key)) = name.split_once('[') {
            let key = key.strip_suffix(']').and_then(|key| state.key(key));
            if let (Some(key), Some(keyed)) = (key, Arc::make_mut(&mut state.keyed).get_mut(array)) {
                Arc::make_mut(keyed).remove(&key);
                continue;
            }
            state.lose(array, &Reason::at("an element is unset", item.span), item.span);
        } else {
            state.unset(name, item.span);
        }
    }
}

fn shift(first: &str, counted: bool, state: &mut State) -> Status {
    let count = if counted { first.parse::<usize>().ok() } else { Some(1) };
    let args = state.args.take().zip(count);
    let Some((args, count)) = args.filter(|(args, count)| certain(args.get(..*count).unwrap_or(args))) else {
        return Status::Ordinary;
    };
    let fits = count <= args.len();
    state.args = Some(if fits { Arc::new(args[count..].to_vec()) } else { args });
    Status::Is(fits)
}

/// `shopt -s nullglob` and its opposite.
fn options(texts: &[Text], state: &mut State) {
    let has = |word: &str| texts.iter().any(|text| text.known.one().is_some_and(|text| text == word));
    if has("nullglob") && (has("-s") || has("-u")) {
        state.null_glob = has("-s");
    }
}

/// `set`: options, and new arguments.
fn set(texts: &[Text], state: &mut State) {
    let mut at = 0;
    while let Some(text) = texts.get(at) {
        let Some(flag) = text.known.one() else { break };
        at += 1;
        match flag.as_str() {
            "--" | "-" => {
                state.args = Some(Arc::new(texts[at..].to_vec()));
                return;
            }
            "-o" | "+o" => {
                match texts.get(at).and_then(|text| text.known.one()).map_or("", String::as_str) {
                    "allexport" => state.all_exported = flag == "-o",
                    "errexit" => state.strict = flag == "-o",
                    _ => {}
                }
                at += 1;
            }
            flag if flag.starts_with('-') || flag.starts_with('+') => {
                let on = flag.starts_with('-');
                if flag.contains('a') {
                    state.all_exported = on;
                }
                if flag.contains('e') {
                    state.strict = on;
                }
                if flag.ends_with('o') {
                    if texts.get(at).and_then(|text| text.known.one()).is_some_and(|name| name == "errexit") {
                        state.strict = on;
                    }
                    at += 1;
                }
            }
            _ => {
                at -= 1;
                break;
            }
        }
    }
    if at < texts.len() {
        state.args = Some(Arc::new(texts[at..].to_vec()));
    }
}

fn change_folder(texts: &[Text], state: &mut State) {
    let folder =
        texts.iter().find(|text| text.known.one().is_none_or(|text| !matches!(text.as_str(), "--" | "-P" | "-L")));
    let folder = folder.filter(|text| !text.guess).and_then(|text| text.known.one());
    state.cwd = match folder.filter(|folder| *folder != "-" && !folder.starts_with('~')) {
        Some(folder) => match placed(&state.cwd, folder) {
            Some(path) if path.is_empty() => Cwd::Start,
            Some(path) => Cwd::At(path),
            None => Cwd::Unknown,
        },
        None => Cwd::Unknown,
    };
}

/// `export` and its kin.
fn declare(builtin: &str, words: &[(Text, Word)], state: &mut State) {
    let flagged = |flag: char| {
        let flags = words.iter().filter_map(|(text, _)| text.known.one()).filter(|text| text.starts_with('-'));
        flags.into_iter().any(|text| text.contains(flag))
    };
    let exports = (builtin == "export" && !flagged('n')) || flagged('x');
    let local = matches!(builtin, "local" | "declare" | "typeset") && !flagged('g') && !state.frames.is_empty();
    let keyed = flagged('A');
    let kept = flagged('i') || flagged('n') && builtin != "export" || flagged('u') || flagged('l');
    let fixes = (builtin == "readonly" || flagged('r')) && !local;
    for (text, word) in words {
        if text.known.one().is_some_and(|text| text.starts_with(['-', '+'])) {
            continue;
        }
        let length = super::super::lex::name_length(&word.raw);
        let name = word.raw.get(..length).unwrap_or("");
        let rest = word.raw.get(length..).unwrap_or("");
        let append = rest.starts_with("+=");
        let named =
            if length > 0 { Some(name) } else { text.known.one().map(|text| text.split('=').next().unwrap_or("")) };
        if let Some(name) = named.filter(|name| !name.is_empty()) {
            if local {
                state.declare_local(name);
            }
            if keyed && (rest.is_empty() || rest.starts_with("=(")) {
                if local && !state.shell.contains_key(name) {
                    state.drop_arrays(name);
                }
                state.declare_keyed(name);
                continue;
            }
            if keyed || kept || rest.starts_with('[') {
                state.lose(name, &Reason::at("its attributes are not followed", word.span), word.span);
                continue;
            }
        }
        if length > 0 && (rest.starts_with('=') || append) {
            let skip = length + if append { 2 } else { 1 };
            let cut = |text: String| text.get(skip..).unwrap_or("").to_owned();
            let mut value = Text { known: text.known.clone().map(cut), ..text.clone() };
            if append {
                let before = state.lookup(name);
                value = if before.known == Known::Absent { value } else { before.concat(&value) };
            }
            super::own_folder::note(state, name, rest.get(skip - length..).unwrap_or(""), &value);
            state.set(name, value, word.span);
            if exports {
                state.export(name);
            }
        } else if let Some(name) = text.known.one() {
            match name.split_once('=') {
                Some((name, value)) => {
                    state.set(name, Text { known: Known::One(value.to_owned()), ..text.clone() }, word.span);
                    if exports {
                        state.export(name);
                    }
                }
                None if exports => state.export(name),
                None if local => state.unset_here(name),
                None => {}
            }
        } else {
            // `export $(… .env …)`: any variable may be set here.
            state.open = true;
        }
        if let Some(name) = named.map(str::to_owned).filter(|name| fixes && !name.is_empty()) {
            Arc::make_mut(&mut state.fixed).insert(name);
        }
    }
}
