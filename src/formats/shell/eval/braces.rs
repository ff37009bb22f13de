//! `{a,b}` and `{1..3}`.

use super::super::ast::{Part, Word};

/// More words are not made of one.
const MAX_WORDS: usize = 256;

/// The words that a word with braces stands for; none if it has no braces that count.
pub(super) fn expanded(word: &Word) -> Option<Vec<Word>> {
    for (n, part) in word.parts.iter().enumerate() {
        let Part::Literal(text) = part else { continue };
        for (at, _) in text.match_indices('{') {
            if text[..at].ends_with('\\') {
                continue;
            }
            let Some((choices, close)) = list(word, n, at) else { continue };
            if choices.len() > MAX_WORDS {
                return None;
            }
            let (after, end) = close;
            let before: Vec<Part> = word.parts[..n].iter().cloned().chain(literal(&text[..at])).collect();
            let Part::Literal(last) = &word.parts[after] else { return None };
            let behind: Vec<Part> =
                literal(&last[end + 1..]).into_iter().chain(word.parts[after + 1..].iter().cloned()).collect();
            let make = |choice: Vec<Part>| {
                let parts = before.iter().cloned().chain(choice).chain(behind.iter().cloned()).collect();
                Word { parts, ..word.clone() }
            };
            let words: Vec<Word> = choices.into_iter().map(make).collect();
            let mut all = Vec::new();
            for word in words {
                match expanded(&word) {
                    Some(more) => all.extend(more),
                    None => all.push(word),
                }
                if all.len() > MAX_WORDS {
                    return None;
                }
            }
            return Some(all);
        }
    }
    None
}

fn literal(text: &str) -> Option<Part> {
    (!text.is_empty()).then(|| Part::Literal(text.to_owned()))
}

/// The choices of the braces that open at `at` in the part `n`, and where they close.
fn list(word: &Word, n: usize, at: usize) -> Option<(Vec<Vec<Part>>, (usize, usize))> {
    let mut choices: Vec<Vec<Part>> = vec![Vec::new()];
    let mut text = String::new();
    let mut depth = 0usize;
    for (index, part) in word.parts.iter().enumerate().skip(n) {
        let Part::Literal(literal_text) = part else {
            choices.last_mut()?.extend(literal(&std::mem::take(&mut text)));
            choices.last_mut()?.push(part.clone());
            continue;
        };
        let start = if index == n { at + 1 } else { 0 };
        let mut escaped = false;
        for (offset, c) in literal_text.char_indices().skip_while(|(offset, _)| *offset < start) {
            if escaped || c == '\\' {
                escaped = !escaped;
                text.push(c);
                continue;
            }
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => {
                    if choices.len() == 1 && choices[0].is_empty() && !text.is_empty() {
                        return sequence(&text).map(|choices| (choices, (index, offset)));
                    }
                    choices.last_mut()?.extend(literal(&text));
                    return (choices.len() > 1).then_some((choices, (index, offset)));
                }
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    choices.last_mut()?.extend(literal(&std::mem::take(&mut text)));
                    choices.push(Vec::new());
                    continue;
                }
                _ => {}
            }
            text.push(c);
        }
    }
    None
}

/// `1..3`, `a..e..2`
fn sequence(text: &str) -> Option<Vec<Vec<Part>>> {
    let parts: Vec<&str> = text.split("..").collect();
    let (from, to, step) = match parts.as_slice() {
        [from, to] => (*from, *to, 1),
        [from, to, step] => (*from, *to, step.parse::<i64>().ok()?.abs().max(1)),
        _ => return None,
    };
    let letter = |text: &str| match text.as_bytes() {
        [c] if c.is_ascii_alphabetic() => Some(i64::from(*c)),
        _ => None,
    };
    let number = |text: &str| text.parse::<i64>().ok();
    let letters = letter(from).zip(letter(to));
    let (a, b) = letters.or(number(from).zip(number(to)))?;
    let padded = |text: &str| text.trim_start_matches('-').len() > 1 && text.trim_start_matches('-').starts_with('0');
    let width = if letters.is_none() && (padded(from) || padded(to)) { from.len().max(to.len()) } else { 0 };
    let count = usize::try_from((a - b).abs() / step).ok()? + 1;
    if count > MAX_WORDS {
        return None;
    }
    let values = (0..count).map(|n| a + i64::try_from(n).unwrap_or(0) * if a <= b { step } else { -step });
    let show = |value: i64| match letters {
        Some(_) => u8::try_from(value).map_or(String::new(), |c| char::from(c).to_string()),
        None => format!("{value:0width$}"),
    };
    Some(values.map(|value| vec![Part::Single(show(value))]).collect())
}
