//! CMD, ENTRYPOINT, HEALTHCHECK, RUN bodies and mounts, ports and paths.

use std::collections::BTreeMap;

use super::text::Text;
use super::{Command, Healthcheck, Instruction, RunBody, heredoc};
use crate::model::Spanned;

/// The shell that runs shell forms where no SHELL says otherwise.
pub(super) fn shell_of(shell: Option<&Vec<Spanned<String>>>) -> Vec<String> {
    let default = || vec!["/bin/sh".to_owned(), "-c".to_owned()];
    let given = shell.filter(|words| !words.is_empty());
    given.map_or_else(default, |words| words.iter().map(|word| word.value.clone()).collect())
}

/// The command of CMD and ENTRYPOINT.
pub(super) fn command(instruction: &Instruction, shell: Vec<String>) -> Command {
    form(instruction, &instruction.args, 0, shell)
}

fn form(instruction: &Instruction, words: &[Spanned<String>], at: usize, shell: Vec<String>) -> Command {
    let rest = instruction.rest.slice(at, instruction.rest.text.len());
    let span = rest.whole();
    if instruction.json {
        return Command::Exec { words: words.to_vec(), span };
    }
    Command::Shell { map: rest.map(), text: rest.text, span, shell }
}

/// A HEALTHCHECK; the error is BuildKit's refusal.
pub(super) fn healthcheck(instruction: &Instruction, shell: Vec<String>) -> Result<Healthcheck, String> {
    let Some((first, words)) = instruction.args.split_first() else {
        return Err("HEALTHCHECK needs NONE or CMD".into());
    };
    let kind = first.value.to_ascii_uppercase();
    let text = &instruction.rest.text;
    let at = first.value.len();
    let at = at + (text[at..].len() - text[at..].trim_start().len());
    let command = (kind == "CMD" && !words.is_empty()).then(|| form(instruction, words, at, shell));
    let kind = if kind == "CMD" && !instruction.json { "CMD-SHELL".to_owned() } else { kind };
    Ok(Healthcheck { kind, command, flags: instruction.flags.clone(), span: instruction.span })
}

/// What a RUN runs.
pub(super) fn run_body(run: &Instruction) -> RunBody {
    if run.json {
        return RunBody::Exec(run.args.clone());
    }
    if let ([script], Some(_)) = (run.heredocs.as_slice(), heredoc::marker(&run.rest.text)) {
        let (text, map) = script.body();
        let first = text.lines().next().unwrap_or_default();
        let interpreter = first.strip_prefix("#!").map(|rest| rest.trim().to_owned());
        return RunBody::Heredoc { text, map, interpreter };
    }
    let mut body: Text = run.rest.clone();
    for part in &run.heredocs {
        let (start, end) = (part.span.start as usize, part.span.end as usize);
        body.push("\n", start.saturating_sub(1));
        body.push(&part.content, start);
        body.push(&part.name, end);
    }
    RunBody::Shell { map: body.map(), text: body.text }
}

/// The mounts of a RUN: their fields, and the flag's place.
pub(super) fn mounts(run: &Instruction) -> Vec<(BTreeMap<String, String>, Spanned<String>)> {
    let mut found = Vec::new();
    for flag in run.flags.iter().filter(|flag| flag.name == "mount") {
        let Some(value) = &flag.value else { continue };
        let field = |field: &str| {
            let (name, value) = field.split_once('=').unwrap_or((field, ""));
            (name.to_ascii_lowercase(), value.to_owned())
        };
        found.push((value.value.split(',').map(field).collect(), value.clone()));
    }
    found
}

/// `8000/tcp` for every port of an EXPOSE word; the error is BuildKit's refusal.
pub(super) fn ports(word: &str) -> Result<Vec<String>, String> {
    let word = word.rsplit_once(':').map_or(word, |(_, container)| container);
    let (range, protocol) = word.split_once('/').unwrap_or((word, ""));
    let protocol = if protocol.is_empty() { "tcp".to_owned() } else { protocol.to_ascii_lowercase() };
    let number = |text: &str| text.trim().parse::<u16>().map_err(|_| format!("not a port: {word}"));
    let (first, last) = range.split_once('-').unwrap_or((range, ""));
    let first = number(first)?;
    let last = if last.is_empty() { first } else { number(last)? };
    Ok((first..=last).map(|port| format!("{port}/{protocol}")).collect())
}

/// A WORKDIR relative to the one before it.
pub(super) fn join_folder(base: Option<&str>, path: &str) -> String {
    let whole = if path.starts_with('/') { path.to_owned() } else { format!("{}/{path}", base.unwrap_or("/")) };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}
