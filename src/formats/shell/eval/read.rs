//! `read`: what it takes from a here-string is known.

use std::sync::Arc;

use super::super::ast::{Command, Item};
use super::state::{State, Text};
use super::{Runner, Status};
use crate::model::{Known, Reason};

/// What `read` is asked to do.
#[derive(Default)]
struct Asked<'w> {
    raw: bool,
    array: bool,
    names: Vec<&'w str>,
}

fn asked(texts: &[Text]) -> Option<Asked<'_>> {
    let mut out = Asked::default();
    let mut words = texts.iter().map(|text| text.known.one().map(String::as_str));
    while let Some(word) = words.next() {
        let word = word?;
        let Some(flags) = word.strip_prefix('-').filter(|flags| !flags.is_empty()) else {
            out.names.push(word);
            continue;
        };
        for (at, flag) in flags.char_indices() {
            match flag {
                'r' => out.raw = true,
                's' | 'e' => {}
                'a' => {
                    out.array = true;
                    let rest = &flags[at + 1..];
                    out.names.push(if rest.is_empty() { words.next()?? } else { rest });
                    break;
                }
                'p' | 't' => {
                    if at + 1 == flags.len() {
                        words.next()?;
                    }
                    break;
                }
                _ => return None,
            }
        }
    }
    Some(out)
}

/// Splits a line as `read` does, into so many fields at most; the last takes the rest.
fn split(line: &str, separators: &str, most: usize) -> Vec<String> {
    let blank = |c: char| separators.contains(c) && " \t\n".contains(c);
    let hard = |c: char| separators.contains(c) && !" \t\n".contains(c);
    let mut fields = Vec::new();
    let mut rest = line.trim_matches(blank);
    while !rest.is_empty() && fields.len() + 1 < most {
        let end = rest.find(|c| separators.contains(c)).unwrap_or(rest.len());
        fields.push(rest[..end].to_owned());
        rest = rest[end..].trim_start_matches(blank);
        if let Some(behind) = rest.chars().next().filter(|c| hard(*c)).map(|c| &rest[c.len_utf8()..]) {
            rest = behind.trim_start_matches(blank);
        }
    }
    if !rest.is_empty() {
        // One separator at the end of the last field belongs to nothing.
        let last = rest.strip_suffix(hard).filter(|inner| !inner.contains(hard)).unwrap_or(rest);
        fields.push(last.trim_end_matches(blank).to_owned());
    }
    fields
}

impl Runner<'_> {
    /// `read a b <<< "x y"`; none where what is read is not known.
    pub(super) fn read_known(&mut self, texts: &[Text], item: &Item, state: &mut State) -> Option<Status> {
        let redirects = item.redirects.iter().filter(|redirect| redirect.fd.is_none() && redirect.op.starts_with('<'));
        let [redirect] = redirects.collect::<Vec<_>>()[..] else { return None };
        let asked = asked(texts)?;
        let named = |name: &&str| super::super::lex::name_length(name) == name.len() && !name.is_empty();
        if redirect.op != "<<<" || self.piped > 0 || !asked.names.iter().all(named) {
            return None;
        }
        let given = self.text(state, &redirect.target);
        let text = given.known.one().filter(|text| asked.raw || !text.contains('\\'))?;
        let Command::Simple(simple) = &item.command else { return None };
        let own = simple
            .assigns
            .iter()
            .rev()
            .find(|assign| assign.name == "IFS")
            .map(|assign| self.text(state, &assign.value));
        let separators = match own.unwrap_or_else(|| state.lookup("IFS")).known {
            Known::Absent => super::expand::BLANKS.to_owned(),
            Known::One(separators) => separators,
            _ => return None,
        };
        let line = text.split('\n').next().unwrap_or_default();
        let made = |value: String| Text { known: Known::One(value), ..given.clone() };
        if asked.array {
            let [name] = asked.names[..] else { return None };
            let all = split(line, &separators, usize::MAX).into_iter().map(made).collect();
            state.lose(name, &Reason::at("it is read", item.span), item.span);
            Arc::make_mut(&mut state.shell).remove(name);
            Arc::make_mut(&mut state.arrays).insert(name.to_owned(), Arc::new(all));
        } else if asked.names.is_empty() {
            state.set("REPLY", made(line.to_owned()), item.span);
        } else {
            let mut fields = split(line, &separators, asked.names.len()).into_iter();
            for name in asked.names {
                state.set(name, made(fields.next().unwrap_or_default()), item.span);
            }
        }
        Some(Status::Is(true))
    }
}
