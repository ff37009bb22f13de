//! `{a,b}` and `{1..3}`.

use super::super::ast::{Part, Word};

/// More words are not made of one.
const MAX_WORDS: usize = 512;

/// Nor are longer words or more lists in one word followed.
const MAX_LENGTH: usize = 4096;
const MAX_DEPTH: usize = 16;

/// The words that a word with braces stands for; none if it has no braces that count.
pub(super) fn expanded(word: &Word) -> Option<Vec<Word>> {
    if word.raw.len() > MAX_LENGTH && word.raw.contains('{') && !is_unknown(&word.parts) {
        return Some(vec![unknown(word)]);
    }
    nested(word, 0)
}

fn nested(word: &Word, depth: usize) -> Option<Vec<Word>> {
    for (n, part) in word.parts.iter().enumerate() {
        let Part::Literal(text) = part else { continue };
        for (at, _) in text.match_indices('{') {
            if text[..at].ends_with('\\') {
                continue;
            }
            let Some((choices, close)) = list(word, n, at) else { continue };
            if choices.len() > MAX_WORDS || depth > MAX_DEPTH {
                return Some(vec![unknown(word)]);
            }
            let (after, end) = close;
            let before: Vec<Part> = word.parts[..n].iter().cloned().chain(literal(&text[..at])).collect();
            let Part::Literal(last) = &word.parts[after] else { return None };
            let behind: Vec<Part> =
                literal(&last[end + 1..]).into_iter().chain(word.parts[after + 1..].iter().cloned()).collect();
            if choices.iter().any(|choice| grows(choice, &behind) || grows(&before, choice)) {
                return Some(vec![unknown(word)]);
            }
            let make = |choice: Vec<Part>| {
                let parts = before.iter().cloned().chain(choice).chain(behind.iter().cloned()).collect();
                Word { parts, ..word.clone() }
            };
            let words: Vec<Word> = choices.into_iter().map(make).collect();
            let mut all = Vec::new();
            for word in words {
                match nested(&word, depth + 1) {
                    // One unknown word makes all of them so.
                    Some(more) if matches!(more.as_slice(), [Word { parts, .. }] if is_unknown(parts)) => {
                        return Some(more);
                    }
                    Some(more) => all.extend(more),
                    None => all.push(word),
                }
                if all.len() > MAX_WORDS {
                    return Some(vec![unknown(&all[0])]);
                }
            }
            return Some(all);
        }
    }
    None
}

/// A word nobody knows: of too many words, or whose pieces make another expansion together.
fn unknown(word: &Word) -> Word {
    Word { parts: vec![Part::Array(Vec::new())], ..word.clone() }
}

fn is_unknown(parts: &[Part]) -> bool {
    matches!(parts, [Part::Array(elements)] if elements.is_empty())
}

/// Whether a variable at the end of the parts would take in the text behind it: `$X` and `c` are `$Xc`.
fn grows(parts: &[Part], behind: &[Part]) -> bool {
    let goes_on = |text: &str| text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '[');
    matches!((parts.last(), behind.first()), (Some(Part::Parameter(_)), Some(Part::Literal(text))) if goes_on(text))
}

fn literal(text: &str) -> Option<Part> {
    (!text.is_empty()).then(|| Part::Literal(text.to_owned()))
}

/// What braces stand for, and where they close: the part and the offset in it.
type Choices = (Vec<Vec<Part>>, (usize, usize));

/// The choices of the braces that open at `at` in the part `n`.
fn list(word: &Word, n: usize, at: usize) -> Option<Choices> {
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
