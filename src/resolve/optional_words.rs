//! Installations with words that only one way through a script gives: `uv sync $(if …; then echo "--group live"; fi)`.

use crate::formats::shell::{Executed, When, Word};
use crate::model::Known;

/// Beginnings of options that leave something out.
const LEAVES_OUT: [&str; 4] = ["--no-", "--without", "--only", "--production"];

/// What such a command surely installs, and what it installs if it takes the other way; none where all is decided.
pub(super) fn ways(executed: &Executed) -> Option<(Executed, Executed)> {
    let open = |word: &&Word| matches!(word.text, Known::OneOf(..));
    let mut optional = executed.argv.iter().enumerate().filter(|(_, word)| open(word));
    let ((at, word), None) = (optional.next()?, optional.next()) else { return None };
    let Known::OneOf(values, why) = &word.text else { return None };
    let [one, other] = values.as_slice() else { return None };
    let (given, empty) = if one.is_empty() { (other, one) } else { (one, other) };
    if !empty.is_empty() || given.is_empty() {
        return None;
    }
    let with = |text: &str| {
        let split = text.split_whitespace().map(|part| Word { text: Known::One(part.to_owned()), ..word.clone() });
        let mut argv = executed.argv.clone();
        argv.splice(at..=at, split);
        Executed { argv, ..executed.clone() }
    };
    let leaves_out = LEAVES_OUT.iter().any(|start| given.starts_with(start));
    let (sure, other) = if leaves_out { (with(given), with("")) } else { (with(""), with(given)) };
    let when = When::Maybe(why.clone());
    Some((sure, Executed { when, ..other }))
}
