//! How the words of an instruction are told apart, before any expansion.

use std::borrow::Cow;

/// A word and the range it was read from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The white space that parts words inside a logical line.
pub(super) fn is_blank(c: char) -> bool {
    matches!(c, '\t' | '\u{b}' | '\u{c}' | '\r' | ' ')
}

/// Words parted by blanks only.
pub(super) fn by_blanks(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        if !is_blank(c) {
            start = start.or(Some(at));
        } else if let Some(from) = start.take() {
            words.push(Word { text: text[from..at].to_owned(), start: from, end: at });
        }
    }
    words
}

/// Words parted by white space outside quotes; quotes and escapes stay in them.
pub(super) fn quoted(text: &str, escape: char) -> Vec<Word> {
    let mut words = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((start, first)) = chars.next() {
        if first.is_whitespace() {
            continue;
        }
        let (mut word, mut quote, mut end, mut next) = (String::new(), None, start, Some((start, first)));
        let mut blank_ok = false;
        while let Some((at, c)) = next {
            if quote.is_none() && c.is_whitespace() {
                break;
            }
            end = at + c.len_utf8();
            if c == escape && quote != Some('\'') {
                // An escape at the very end is dropped.
                if let Some((at, escaped)) = chars.next() {
                    word.push(c);
                    word.push(escaped);
                    end = at + escaped.len_utf8();
                }
            } else {
                if quote == Some(c) {
                    quote = None;
                } else if quote.is_none() && (c == '"' || c == '\'') {
                    quote = Some(c);
                    blank_ok = true;
                }
                word.push(c);
            }
            next = chars.next();
        }
        if blank_ok || !word.is_empty() {
            words.push(Word { text: word, start, end });
        }
    }
    words
}

/// White space as BuildKit sees it in flags, where it takes every byte for a character.
fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | b' ' | 0x85 | 0xa0)
}

/// The leading `--flag` words, quotes removed, and where the rest starts.
pub(super) fn flags(text: &str, escape: char) -> (Vec<Word>, usize) {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    loop {
        at += bytes[at..].iter().take_while(|byte| is_space(**byte)).count();
        if !bytes[at..].starts_with(b"--") {
            return (found, text.ceil_char_boundary(at));
        }
        let (start, mut word, mut quote) = (at, String::new(), None);
        while let Some(byte) = bytes.get(at).filter(|byte| quote.is_some() || !is_space(**byte)) {
            let c = char::from(*byte);
            at += 1;
            if c == escape {
                word.extend(bytes.get(at).map(|escaped| char::from(*escaped)));
                at = bytes.len().min(at + 1);
            } else if quote == Some(c) {
                quote = None;
            } else if quote.is_none() && (c == '"' || c == '\'') {
                quote = Some(c);
            } else {
                word.push(c);
            }
        }
        let end = text.ceil_char_boundary(at);
        if word == "--" {
            return (found, end);
        }
        found.push(Word { text: word, start: text.floor_char_boundary(start), end });
    }
}

/// What the exec form gives.
pub(super) enum Json {
    /// Not a list: shell form.
    No,
    /// A list with something else than texts in it.
    NotTexts,
    /// The texts.
    Words(Vec<Word>),
}

/// Reads an exec form. What follows the list is ignored, as BuildKit does.
pub(super) fn json(text: &str) -> Json {
    let start = text.len() - text.trim_start().len();
    if !text[start..].starts_with('[') {
        return Json::No;
    }
    let whole = unpaired(&text[start..]);
    let mut stream = serde_json::Deserializer::from_str(&whole).into_iter::<Vec<serde_json::Value>>();
    let Some(Ok(items)) = stream.next() else {
        return Json::No;
    };
    let mut words = Vec::new();
    let mut at = start;
    for item in items {
        let serde_json::Value::String(value) = item else {
            return Json::NotTexts;
        };
        let (from, to) = json_string(text, at);
        words.push(Word { text: value, start: from, end: to });
        at = to;
    }
    Json::Words(words)
}

/// Half of a surrogate pair stands for the replacement character in Go; the length stays as it is.
fn unpaired(text: &str) -> Cow<'_, str> {
    if !text.contains("\\u") {
        return Cow::Borrowed(text);
    }
    let unit = |at: usize| {
        let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok().filter(|unit| (0xd800..0xe000).contains(unit))
    };
    let (mut out, mut at) = (String::new(), 0);
    while let Some(c) = text[at..].chars().next() {
        let length = match unit(at) {
            Some(first) if first < 0xdc00 && unit(at + 6).is_some_and(|second| second >= 0xdc00) => 12,
            Some(_) => {
                out.push_str("\\ufffd");
                at += 6;
                continue;
            }
            // An escaped backslash starts nothing.
            None if c == '\\' => 1 + text[at + 1..].chars().next().map_or(0, char::len_utf8),
            None => c.len_utf8(),
        };
        out.push_str(&text[at..at + length]);
        at += length;
    }
    Cow::Owned(out)
}

/// The range of the next string behind `at`, without its quotes; the text is known to be valid.
fn json_string(text: &str, at: usize) -> (usize, usize) {
    let bytes = text.as_bytes();
    // Behind a former string stands its closing quote.
    let comma = if bytes.get(at) == Some(&b'"') { at + 1 } else { at };
    let open = bytes[comma..].iter().position(|byte| *byte == b'"').map_or(text.len(), |n| comma + n + 1);
    let mut end = open;
    while let Some(byte) = bytes.get(end) {
        match byte {
            b'"' => break,
            b'\\' => end += 2,
            _ => end += 1,
        }
    }
    (open.min(text.len()), end.min(text.len()))
}
