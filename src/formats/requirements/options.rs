//! The options part of a line: split as a POSIX shell splits words, then read as pip's own list of options.

use super::FileOption;
use crate::model::{SpanMap, Spanned};

/// A word of the options part, unquoted, with its range.
struct Word {
    text: String,
    start: usize,
    end: usize,
}

/// Splits as a POSIX shell would, without expansions. A quote or an escape that does not end is an error.
fn words(text: &str, from: usize) -> Result<Vec<Word>, String> {
    let mut out: Vec<Word> = Vec::new();
    let mut open: Option<Word> = None;
    let mut quote: Option<char> = None;
    let mut chars = text[from..].char_indices();
    while let Some((at, c)) = chars.next() {
        let at = from + at;
        if quote.is_none() && matches!(c, ' ' | '\t' | '\r' | '\n') {
            out.extend(open.take());
            continue;
        }
        let word = open.get_or_insert(Word { text: String::new(), start: at, end: at });
        word.end = at + c.len_utf8();
        match (quote, c) {
            (Some(q), c) if q == c => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None | Some('"'), '\\') => {
                let Some((next, c)) = chars.next() else { return Err("nothing is escaped".into()) };
                if quote.is_some() && !matches!(c, '"' | '\\') {
                    word.text.push('\\');
                }
                word.text.push(c);
                word.end = from + next + c.len_utf8();
            }
            _ => word.text.push(c),
        }
    }
    if quote.is_some() {
        return Err("a quote does not end".into());
    }
    out.extend(open);
    Ok(out)
}

/// The long options that pip takes in a file, and whether each takes a value.
const OPTIONS: [(&str, bool); 20] = [
    ("--index-url", true),
    ("--pypi-url", true),
    ("--extra-index-url", true),
    ("--no-index", false),
    ("--constraint", true),
    ("--requirement", true),
    ("--editable", true),
    ("--find-links", true),
    ("--no-binary", true),
    ("--only-binary", true),
    ("--prefer-binary", false),
    ("--require-hashes", false),
    ("--no-require-hashes", false),
    ("--pre", false),
    ("--all-releases", true),
    ("--only-final", true),
    ("--trusted-host", true),
    ("--use-feature", true),
    ("--hash", true),
    ("--config-settings", true),
];

const FEATURES: [&str; 6] = [
    "fast-deps",
    "inprocess-build-deps",
    "venv-isolation",
    "truststore",
    "no-binary-enable-wheel-cache",
    "build-constraint",
];

/// The option that a long name means: itself, or the only one that starts so.
fn long(name: &str) -> Result<(&'static str, bool), String> {
    if let Some(found) = OPTIONS.iter().find(|(option, _)| *option == name) {
        return Ok(*found);
    }
    let mut possible = OPTIONS.iter().filter(|(option, _)| option.starts_with(name));
    match (possible.next(), possible.next()) {
        (Some(only), None) => Ok(*only),
        (None, _) => Err(format!("no such option: {name}")),
        _ => Err(format!("several options start with {name}")),
    }
}

fn short(letter: char) -> Result<&'static str, String> {
    Ok(match letter {
        'r' => "--requirement",
        'c' => "--constraint",
        'e' => "--editable",
        'i' => "--index-url",
        'f' => "--find-links",
        'C' => "--config-settings",
        _ => return Err(format!("no such option: -{letter}")),
    })
}

/// Why pip refuses a value of an option, if it does.
fn refused(name: &str, value: &str) -> Option<String> {
    let why = match name {
        "--hash" => match value.split_once(':') {
            Some(("sha256" | "sha384" | "sha512", _)) => return None,
            Some((algorithm, _)) => format!("{algorithm} is no hash that pip takes"),
            None => "a hash has a name, a colon and a value".to_owned(),
        },
        "--config-settings" if !value.contains('=') => "a setting is KEY=VALUE".to_owned(),
        "--use-feature" if !FEATURES.contains(&value) => format!("there is no feature {value}"),
        "--no-binary" | "--only-binary" | "--all-releases" | "--only-final" if value.starts_with('-') => {
            format!("{name} needs a value")
        }
        _ => return None,
    };
    Some(why)
}

/// The options of a text from a position on, in order, or why pip refuses it. Other words are passed over, as pip does.
pub(super) fn read(text: &str, from: usize, map: &SpanMap) -> Result<Vec<FileOption>, String> {
    let mut out = Vec::new();
    let mut words = words(text, from)?.into_iter();
    while let Some(word) = words.next() {
        if word.text == "--" {
            break;
        }
        if word.text.len() < 2 || !word.text.starts_with('-') {
            continue;
        }
        let (name, takes, inline) = if word.text.starts_with("--") {
            let (name, inline) =
                word.text.split_once('=').map_or((word.text.as_str(), None), |(n, _)| (n, Some(n.len() + 1)));
            let (name, takes) = long(name)?;
            (name, takes, inline)
        } else {
            let letter = word.text[1..].chars().next().unwrap_or('-');
            let at = 1 + letter.len_utf8();
            (short(letter)?, true, (word.text.len() > at).then_some(at))
        };
        let mut span = map.span(word.start, word.end);
        let value = match (takes, inline) {
            (false, None) => None,
            (false, Some(_)) => return Err(format!("{name} takes no value")),
            (true, Some(at)) => {
                let text = word.text[at..].to_owned();
                let plain = word.end - word.start == word.text.len();
                let start = if plain { word.start + at } else { word.start };
                Some(Spanned::new(text, map.span(start, word.end)))
            }
            (true, None) => {
                let Some(value) = words.next() else { return Err(format!("{name} needs a value")) };
                let place = map.span(value.start, value.end);
                span = span.to(place);
                Some(Spanned::new(value.text, place))
            }
        };
        if let Some(why) = value.as_ref().and_then(|value| refused(name, &value.value)) {
            return Err(why);
        }
        let name = if name == "--pypi-url" { "--index-url" } else { name };
        out.push(FileOption { name: name.to_owned(), value, span });
    }
    Ok(out)
}

/// The packages that `--no-binary` and `--only-binary` of one line name in the end: each takes from the other.
pub fn formats(options: &[FileOption]) -> [Vec<String>; 2] {
    let mut sets: [std::collections::BTreeSet<String>; 2] = Default::default();
    for option in options {
        let own = match option.name.as_str() {
            "--no-binary" => 0,
            "--only-binary" => 1,
            _ => continue,
        };
        let value = option.value.as_ref().map_or("", |value| value.value.as_str());
        let mut names: Vec<&str> = value.split(',').collect();
        let mut done = false;
        while let Some(all) = names.iter().position(|name| *name == ":all:") {
            sets[1 - own].clear();
            sets[own] = [":all:".to_owned()].into();
            names.drain(..=all);
            done = !names.contains(&":none:");
            if done {
                break;
            }
        }
        for name in names.into_iter().filter(|_| !done) {
            if name == ":none:" {
                sets[own].clear();
                continue;
            }
            let name = super::normalize(name);
            sets[1 - own].remove(&name);
            sets[own].insert(name);
        }
    }
    sets.map(|set| set.into_iter().collect())
}
