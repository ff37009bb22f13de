//! Expressions cut into words.

use super::super::data::text_number;
use super::Reading;

/// The longest expression that is read.
const MAX_LENGTH: usize = 21_000;

/// A word; of a quoted text what it says.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Word {
    pub(super) kind: WordKind,
    pub(super) text: String,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum WordKind {
    Name,
    Null,
    Bool(bool),
    Number(f64),
    Text,
    Sign,
}

const SIGNS: [&str; 15] = ["&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", "(", ")", "[", "]", ",", "*"];

fn is_boundary(c: char) -> bool {
    "([)],.!><=&|".contains(c) || c.is_whitespace() || c == '\u{feff}'
}

/// Cuts an expression.
pub(super) fn words(text: &str, reading: Reading) -> Result<Vec<Word>, String> {
    if text.chars().map(char::len_utf16).sum::<usize>() > MAX_LENGTH {
        return Err("the expression is too long".into());
    }
    let mut out: Vec<Word> = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let used = match first {
            ' ' | '\r' | '\t' | '\n' => 1,
            '\'' => {
                let (text, used) = quoted(rest, reading)?;
                out.push(Word { kind: WordKind::Text, text });
                used
            }
            '.' if follows_value(out.last()) => {
                out.push(Word { kind: WordKind::Sign, text: ".".into() });
                1
            }
            '.' | '-' | '+' | '0'..='9' => number(rest, &mut out)?,
            _ => match SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
                Some(sign) => {
                    out.push(Word { kind: WordKind::Sign, text: (*sign).to_owned() });
                    sign.len()
                }
                None => name(rest, &mut out)?,
            },
        };
        rest = rest.get(used..).unwrap_or_default();
    }
    Ok(out)
}

/// Whether `.` behind a word asks for a property.
fn follows_value(before: Option<&Word>) -> bool {
    before.is_some_and(|word| match word.kind {
        WordKind::Name => true,
        WordKind::Sign => matches!(word.text.as_str(), "]" | ")" | "*"),
        _ => false,
    })
}

fn quoted(text: &str, reading: Reading) -> Result<(String, usize), String> {
    let mut at = 1;
    loop {
        let end = text.get(at..).and_then(|rest| rest.find('\'')).map(|found| at + found);
        let end = end.ok_or("the text does not end")?;
        if text.get(end + 1..).is_some_and(|rest| rest.starts_with('\'')) {
            at = end + 2;
            continue;
        }
        let inner = text.get(1..end).unwrap_or_default();
        let value = match reading {
            Reading::Run => inner.replace("''", "'"),
            Reading::Library => inner.replacen("''", "'", 1),
        };
        return Ok((value, end + 1));
    }
}

fn number(text: &str, out: &mut Vec<Word>) -> Result<usize, String> {
    let end = text.char_indices().skip(1).find(|(_, c)| is_boundary(*c) && *c != '.').map_or(text.len(), |(at, _)| at);
    let word = text.get(..end).unwrap_or_default();
    let number = text_number(word);
    if number.is_nan() {
        return Err(format!("unexpected `{word}`"));
    }
    out.push(Word { kind: WordKind::Number(number), text: word.to_owned() });
    Ok(end)
}

fn name(text: &str, out: &mut Vec<Word>) -> Result<usize, String> {
    let end = text.char_indices().skip(1).find(|(_, c)| is_boundary(*c)).map_or(text.len(), |(at, _)| at);
    let word = text.get(..end).unwrap_or_default();
    let starts = word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if !starts || !word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
        return Err(format!("unexpected `{word}`"));
    }
    let after_dot = out.last().is_some_and(|word| word.kind == WordKind::Sign && word.text == ".");
    let kind = match word {
        _ if after_dot => WordKind::Name,
        "true" => WordKind::Bool(true),
        "false" => WordKind::Bool(false),
        "null" => WordKind::Null,
        "NaN" => WordKind::Number(f64::NAN),
        "Infinity" => WordKind::Number(f64::INFINITY),
        _ => WordKind::Name,
    };
    out.push(Word { kind, text: word.to_owned() });
    Ok(end)
}
