//! What an entry script starts for other first arguments than the image gives it: `case "$1" in worker) …`. Who deploys the
//! image chooses among them.

use super::handing_on;
use super::part::{Part, ProcessPart};
use super::process::{self, CommandWords};
use super::{runner, server_options, supervised};
use crate::discover::Tree;
use crate::formats::shell::{Files, When, Word, is_script};
use crate::links::repository::words;

/// More choices are not tried.
const MAX_CHOICES: usize = 64;

/// Adds the workers, schedulers and steps of a release that a component's entry script offers, and the server, where the
/// image by itself starts nothing and every choice that serves is the same one.
pub(super) fn add(part: &mut Part<'_>, command: &CommandWords, tree: &Tree) {
    let Some(container) = part.container.clone() else { return };
    let scripts = command.words.iter().enumerate().filter_map(|(at, word)| {
        let path = word.text.one()?;
        let (_, text) = container.script(path).filter(|(_, text)| is_script(path, text))?;
        Some((at, text))
    });
    let Some((at, text)) = scripts.take(1).next() else { return };
    if handing_on::behind(&command.words, &container).is_some() {
        return;
    }
    let mut found = Part { processes: Vec::new(), ..part.clone() };
    for choice in choices(text).into_iter().take(MAX_CHOICES) {
        let chosen = Word::known(choice.as_str(), command.span);
        let line = CommandWords {
            words: command.words[..=at].iter().cloned().chain([chosen]).collect(),
            span: command.span,
            map: None,
        };
        one(&mut found, &choice, &line, tree);
    }
    take(part, &found.processes);
}

/// Puts in what is offered and is not known to run already.
fn take(part: &mut Part<'_>, offered: &[ProcessPart]) {
    let kind = |process: &ProcessPart| process.server.as_ref().map_or("", |server| server.kind);
    let serves = |process: &ProcessPart| process.server.as_ref().is_some_and(|server| server.interface.is_some());
    let runs = part.processes.iter().any(|process| process.maybe.is_none() && process.server.is_some());
    let servers: Vec<&ProcessPart> =
        offered.iter().filter(|process| serves(process) && kind(process) == "production").collect();
    let id = |process: &ProcessPart| process.server.as_ref().map(|server| server.id);
    if let Some((first, rest)) = servers.split_first().filter(|_| !runs)
        && rest.iter().all(|other| id(other) == id(first))
    {
        part.processes = vec![ProcessPart { key: part.name.to_string(), ..(*first).clone() }];
    } else if !runs && servers.is_empty() {
        return;
    }
    for wanted in ["worker", "scheduler", "oneshot"] {
        let known = part.processes.iter().any(|process| kind(process) == wanted)
            || wanted == "oneshot" && !part.releases.is_empty();
        part.processes.extend(offered.iter().find(|process| kind(process) == wanted && !known).cloned());
    }
}

/// What one choice starts, if it is known for sure.
fn one(found: &mut Part<'_>, choice: &str, line: &CommandWords, tree: &Tree) {
    let Some(container) = found.container.clone() else { return };
    let (evaluation, script) = process::evaluate(line, &found.world, &container);
    let mut world = found.world.clone();
    world.vars_mut().extend(evaluation.exports.clone());
    let all = runner::expanded(evaluation.commands, &container, tree);
    let mut configs = Vec::new();
    for executed in process::chosen(&all.iter().collect::<Vec<_>>(), &container, tree) {
        if executed.when != When::Always {
            continue;
        }
        let key = format!("{}.{choice}", found.name);
        let programs = supervised::programs(&words(executed), &world, &container, tree, &mut configs);
        for program in programs.unwrap_or_default() {
            let (evaluation, script) = process::evaluate(&program.command, &program.world, &container);
            for inner in &evaluation.commands {
                begin(found, &key, inner, &container, (line, script, tree));
            }
        }
        begin(found, &key, executed, &container, (line, script, tree));
    }
}

fn begin(
    found: &mut Part<'_>,
    key: &str,
    executed: &crate::formats::shell::Executed,
    container: &crate::links::Container<'_>,
    (line, script, tree): (&CommandWords, Option<crate::model::FileId>, &Tree),
) {
    let options = server_options::of(&words(executed), executed, container, tree);
    let Some(served) = process::served(executed, &options, container, tree) else { return };
    let passes = served.kind != "oneshot" || process::releases(executed);
    if passes && served.kind != "supervisor" {
        process::add(found, key.to_owned(), (executed, Some(served), options), line.span, script);
    }
}

/// The words that a script may compare its arguments with, or that name its functions.
fn choices(text: &str) -> Vec<String> {
    let plain = |word: &str| {
        let word = word.trim().trim_matches(['"', '\'']);
        let fits = |c: char| c.is_ascii_alphanumeric() || "_-.:".contains(c);
        (!word.is_empty() && word.len() < 48 && word.chars().all(fits)).then(|| word.to_owned())
    };
    let mut found: Vec<String> = Vec::new();
    for line in text.lines().map(str::trim) {
        let function = line.split_once("()").map(|(name, _)| name.trim_start_matches("function ").trim());
        let patterns =
            line.split_once(')').filter(|_| function.is_none()).map(|(list, _)| list.trim_start_matches('('));
        let all: Option<Vec<String>> = patterns.map_or(Some(Vec::new()), |list| list.split('|').map(plain).collect());
        let compared = line.split(['=']).skip(1).filter(|_| line.contains('$')).filter_map(|rest| {
            let rest = rest.trim_start();
            plain(rest.split([' ', ']', ';']).next()?)
        });
        let named = function.and_then(plain);
        for word in all.unwrap_or_default().into_iter().chain(compared).chain(named) {
            if !found.contains(&word) {
                found.push(word);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    #[test]
    fn choices_are_patterns_compared_words_and_functions() {
        let script = "run_web() {\n  gunicorn a\n}\ncase \"$1\" in\n  'web-prod' | worker)\n    x ;;\n  *) y ;;\nesac\nif [ \"$1\" = \"beat\" ]; then z; fi\n";
        assert_eq!(super::choices(script), ["run_web", "web-prod", "worker", "beat"]);
    }
}
