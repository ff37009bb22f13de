//! What a filter makes of the text that is piped into it, where its words say all of it: `tr`.

use super::super::ast::{Command, Item};
use super::Runner;
use super::state::{State, Text};

/// How many characters a set may have.
const MAX_SET: usize = 256;

impl Runner<'_> {
    /// The output of a command of a pipeline that is fed a text; none where it is no filter, or not followed.
    pub(super) fn filtered(&mut self, item: &Item, fed: &Text, state: &mut State) -> Option<Text> {
        let Command::Simple(simple) = &item.command else { return None };
        if simple.words.first()?.raw != "tr" || !item.redirects.is_empty() || !simple.assigns.is_empty() {
            return None;
        }
        let words: Vec<Text> = simple.words.iter().skip(1).map(|word| self.text(state, word)).collect();
        let words: Vec<&str> = words.iter().map(|word| word.known.one().map(String::as_str)).collect::<Option<_>>()?;
        let (from, to) = match words.as_slice() {
            ["-d", from] => (set(from)?, None),
            [from, to] if !from.starts_with('-') => (set(from)?, Some(set(to)?)),
            _ => return None,
        };
        // The last character of a set that is shorter stands for the rest.
        let change = |c: char| match (from.iter().position(|one| *one == c), &to) {
            (None, _) => Some(c),
            (Some(_), None) => None,
            (Some(at), Some(to)) => to.get(at).or(to.last()).copied(),
        };
        let mut text = fed.clone();
        text.known = text.known.map(|text| text.chars().filter_map(change).collect());
        Some(text)
    }
}

/// The characters of a set of `tr`: plain ones and ranges.
fn set(text: &str) -> Option<Vec<char>> {
    let text = match text {
        "[:upper:]" => "A-Z",
        "[:lower:]" => "a-z",
        "\\n" => return Some(vec!['\n']),
        text if text.is_empty() || text.contains(['[', '\\', ']']) => return None,
        text => text,
    };
    let chars: Vec<char> = text.chars().collect();
    let mut set = Vec::new();
    let mut at = 0;
    while let Some(first) = chars.get(at) {
        let last = chars.get(at + 1).filter(|c| **c == '-').and_then(|_| chars.get(at + 2));
        set.extend(*first..=*last.unwrap_or(first));
        at += if last.is_some() { 3 } else { 1 };
        if set.len() > MAX_SET {
            return None;
        }
    }
    Some(set)
}
