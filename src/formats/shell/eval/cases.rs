//! What bash ran of small scripts, held against what the evaluator says.
//!
//! Each line of the `.jsonl` files is a case: variables, arguments, a script, and the commands that bash ran, in their order.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::super::{Dialect, Executed, NoFiles, When, Word, parse};
use super::run;
use crate::formats::world::{Var, World};
use crate::model::{FileId, Known, Origin, Span, SpanMap};

#[derive(Deserialize)]
struct Case {
    vars: BTreeMap<String, String>,
    args: Vec<String>,
    script: String,
    ran: Vec<Vec<String>>,
}

fn cases() -> Vec<Case> {
    let texts = [include_str!("cases-1.jsonl"), include_str!("cases-2.jsonl"), include_str!("cases-3.jsonl")];
    texts.iter().flat_map(|text| text.lines()).map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Whether a list of words can be what was run; an unknown word can be any number of words.
fn fits(words: &[crate::formats::shell::Word], ran: &[String]) -> bool {
    match (words, ran) {
        ([], []) => true,
        ([], _) => false,
        ([first, rest @ ..], ran) => match &first.text {
            Known::Unknown(_) => (0..=ran.len()).any(|skip| fits(rest, &ran[skip..])),
            known => ran
                .split_first()
                .is_some_and(|(word, left)| known.values().iter().any(|value| value == word) && fits(rest, left)),
        },
    }
}

fn possible(said: &[&Executed], ran: &[Vec<String>], maybe: &[&Executed]) -> bool {
    match (said, ran) {
        ([], []) => true,
        ([first, rest @ ..], [one, left @ ..]) if fits(&first.argv, one) && possible(rest, left, maybe) => true,
        ([first, rest @ ..], ran) if first.when != When::Always && possible(rest, ran, maybe) => true,
        (said, [one, left @ ..]) if maybe.iter().any(|again| fits(&again.argv, one)) => possible(said, left, maybe),
        _ => false,
    }
}

fn shown(commands: &[&Executed]) -> String {
    let mut text = String::new();
    for command in commands {
        let words = command.argv.iter().map(|word| match &word.text {
            Known::One(text) => text.clone(),
            Known::OneOf(texts, _) => texts.join("/"),
            other => format!("{other:?}"),
        });
        text += if command.when == When::Always { "" } else { "? " };
        text += &words.collect::<Vec<_>>().join("|");
        text += "\n";
    }
    text
}

#[test]
fn what_the_evaluator_says_is_what_bash_runs() {
    let all = cases();
    let (mut wrong, mut exact) = (Vec::new(), 0);
    let count = all.len();
    for case in all {
        let vars =
            case.vars.iter().map(|(name, value)| (name.clone(), Var::set(value.as_str(), Origin::default()))).collect();
        let script = parse(&case.script, &SpanMap::Linear { file: FileId(0), base: 0 }, Dialect::Bash);
        let args: Vec<Word> = case.args.iter().map(|arg| Word::known(arg, Span::new(FileId(0), 0, 0))).collect();
        let evaluation = run(&script, &World::Closed(vars), &args, &NoFiles);
        let silent = ["echo", "printf"];
        let named = |command: &&Executed| {
            !command
                .argv
                .first()
                .is_some_and(|word| silent.iter().any(|name| word.text.one().is_some_and(|text| text == name)))
        };
        let said: Vec<&Executed> = evaluation.commands.iter().filter(named).collect();
        let maybe: Vec<&Executed> = said.iter().copied().filter(|command| command.when != When::Always).collect();
        let known = said
            .iter()
            .all(|command| command.when == When::Always && command.argv.iter().all(|word| word.text.one().is_some()));
        exact += usize::from(known && said.len() == case.ran.len());
        if !possible(&said, &case.ran, &maybe) {
            wrong.push(format!("{}\n-- bash ran\n{:?}\n-- said\n{}", case.script, case.ran, shown(&said)));
        }
    }
    assert!(wrong.is_empty(), "{} of {count} wrong:\n{}", wrong.len(), wrong.join("\n==\n"));
    // The rest is known in part: what is read, or what a command prints, shows at run time only.
    assert!(exact * 10 > count * 8, "{exact} of {count} are known whole");
}
