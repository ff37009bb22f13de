//! What bash ran of small scripts, held against what the evaluator says.
//!
//! `cases.txt` has blocks of a head (`===`, variables, arguments in `<>`), a script, `---` and the commands that bash ran.

use super::super::{Dialect, Executed, NoFiles, When, parse};
use super::run;
use crate::formats::world::{Var, Vars, World};
use crate::model::{FileId, Known, Origin, SpanMap};

struct Case<'t> {
    vars: Vars,
    args: Vec<String>,
    script: &'t str,
    ran: Vec<Vec<&'t str>>,
}

fn cases(text: &str) -> Vec<Case<'_>> {
    let blocks = text.split("=== ").skip(1);
    let read = |block: &'static str| {
        let (head, rest) = block.split_once('\n').unwrap();
        let (script, ran) = rest.split_once("\n---\n").unwrap();
        let (mut vars, mut args) = (Vars::new(), Vec::new());
        for word in head.split('\t').filter(|word| !word.is_empty()) {
            match word.strip_prefix('<') {
                Some(arg) => args.push(arg.trim_end_matches('>').to_owned()),
                None => {
                    let (name, value) = word.split_once('=').unwrap();
                    vars.insert(name.to_owned(), Var::set(value, Origin::default()));
                }
            }
        }
        let mut commands: Vec<Vec<&str>> = Vec::new();
        for line in ran.split_terminator("]\n") {
            commands.push(line.trim_start_matches('[').split("][").collect());
        }
        Case { vars, args, script, ran: commands }
    };
    let blocks: Vec<&'static str> = blocks.map(|block| &*Box::leak(block.to_owned().into_boxed_str())).collect();
    blocks.into_iter().map(read).collect()
}

/// Whether a list of words can be what was run; an unknown word can be any number of words.
fn fits(words: &[crate::formats::shell::Word], ran: &[&str]) -> bool {
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

fn possible(said: &[&Executed], ran: &[Vec<&str>], maybe: &[&Executed]) -> bool {
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
    let all = cases(include_str!("cases.txt"));
    let (mut wrong, mut exact) = (Vec::new(), 0);
    let count = all.len();
    for case in all {
        let script = parse(case.script, &SpanMap::Linear { file: FileId(0), base: 0 }, Dialect::Bash);
        let evaluation = run(&script, &World::Closed(case.vars), &case.args, &NoFiles);
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
        if std::option_env!("SHOW").is_some() && !(known && said.len() == case.ran.len()) {
            wrong.push(format!("INEXACT {}\n-- bash ran\n{:?}\n-- said\n{}", case.script, case.ran, shown(&said)));
        }
    }
    assert!(wrong.is_empty(), "{} of {count} wrong, {exact} exact:\n{}", wrong.len(), wrong.join("\n==\n"));
}
