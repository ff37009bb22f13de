//! Names, escapes and patterns.

use super::ast::{Part, Word};

/// Whether a character can be part of a variable's name.
pub(super) fn is_name(c: u8) -> bool {
    c.is_ascii_alphanumeric() || c == b'_'
}

/// The length of a variable name at the start of `text`.
pub(super) fn name_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    if bytes.first().is_none_or(u8::is_ascii_digit) {
        return 0;
    }
    bytes.iter().take_while(|&&c| is_name(c)).count()
}

/// An unquoted literal without its escapes.
pub(super) fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c == '\\' { out.push(chars.next().unwrap_or('\\')) } else { out.push(c) }
    }
    out
}

/// The text of a word without expansions; none if it has some.
pub(super) fn fixed(word: &Word) -> Option<String> {
    let mut text = String::new();
    for part in &word.parts {
        match part {
            Part::Literal(literal) => text.push_str(&unescape(literal)),
            Part::Single(single) => text.push_str(single),
            Part::Double(parts) => {
                for part in parts {
                    let Part::Single(literal) = part else { return None };
                    text.push_str(literal);
                }
            }
            _ => return None,
        }
    }
    Some(text)
}

/// Whether an unquoted literal has unescaped `*`, `?`, `[…]`, or a brace list.
pub(super) fn is_pattern(text: &str) -> bool {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        if escaped {
            escaped = false;
            continue;
        }
        match c {
            '\\' => escaped = true,
            '*' | '?' => return true,
            '[' if text.get(at + 1..).and_then(|rest| rest.find(']')).is_some_and(|close| close > 0) => return true,
            '{' => {
                let inner = text.get(at + 1..).unwrap_or("");
                let close = inner.find(['{', '}']).filter(|&close| inner.as_bytes().get(close) == Some(&b'}'));
                let list = close.and_then(|close| inner.get(..close)).unwrap_or("");
                if list.contains(',') || list.contains("..") {
                    return true;
                }
            }
            _ => {}
        }
    }
    false
}
