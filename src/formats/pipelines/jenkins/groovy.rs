//! The words, texts and signs of a pipeline that is written in Groovy; nothing of it is evaluated.

use crate::model::{FileId, Span, SpanMap};

/// Tokens that are read of one file.
const MOST_TOKENS: usize = 50_000;

/// What a token is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum What {
    /// A name with what is asked of it: `docker.image`, `.inside`.
    Word(String),
    /// A text; names that are put into it stand as variables of a shell.
    Text(String, SpanMap),
    /// Any other sign.
    Sign(char),
    /// The end of a line.
    Line,
}

/// A token and its place.
#[derive(Clone, Debug)]
pub(super) struct Token {
    /// What it is.
    pub(super) what: What,
    /// Where.
    pub(super) span: Span,
}

impl Token {
    /// The name that it is.
    pub(super) fn word(&self) -> Option<&str> {
        if let What::Word(word) = &self.what { Some(word) } else { None }
    }

    /// The text that it is.
    pub(super) fn text(&self) -> Option<(&str, &SpanMap)> {
        if let What::Text(text, map) = &self.what { Some((text, map)) } else { None }
    }

    /// Whether it is a sign.
    pub(super) fn is(&self, sign: char) -> bool {
        self.what == What::Sign(sign)
    }
}

/// The tokens of a text.
pub(super) fn tokens(file: FileId, text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty() && found.len() < MOST_TOKENS) {
        let start = at;
        let what = if let Some(length) = comment(rest) {
            at += length;
            continue;
        } else if rest.starts_with(['\'', '"']) {
            let (value, length) = quoted(rest);
            at += length;
            let quote = if rest.starts_with("'''") || rest.starts_with("\"\"\"") { 3 } else { 1 };
            let whole = Span::new(file, start, at);
            let linear = rest.get(quote..quote + value.len()) == Some(value.as_str());
            let base = u32::try_from(start + quote).unwrap_or(u32::MAX);
            What::Text(value, if linear { SpanMap::Linear { file, base } } else { SpanMap::Whole(whole) })
        } else if rest.starts_with(begins) {
            let length = rest.find(|c: char| !(begins(c) || c.is_ascii_digit())).unwrap_or(rest.len());
            at += length;
            What::Word(rest.get(..length).unwrap_or_default().replace('?', ""))
        } else {
            let Some(sign) = rest.chars().next() else { break };
            at += sign.len_utf8();
            match sign {
                '\n' => What::Line,
                _ if sign.is_whitespace() => continue,
                _ => What::Sign(sign),
            }
        };
        found.push(Token { what, span: Span::new(file, start, at) });
    }
    found
}

/// Whether a name may begin so, or go on.
fn begins(c: char) -> bool {
    c.is_alphabetic() || matches!(c, '_' | '.' | '?')
}

/// The length of a comment.
fn comment(rest: &str) -> Option<usize> {
    if rest.starts_with("//") || rest.starts_with("#!") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    rest.starts_with("/*").then(|| rest.find("*/").map_or(rest.len(), |end| end + 2))
}

/// The value of a quoted text and the length of all of it; one of a line ends with that at the latest.
fn quoted(rest: &str) -> (String, usize) {
    let triple = ["'''", "\"\"\""].into_iter().find(|quote| rest.starts_with(quote));
    let quote = triple.unwrap_or(if rest.starts_with('"') { "\"" } else { "'" });
    let filled = quote.starts_with('"');
    let mut value = String::new();
    let mut at = quote.len();
    while let Some(left) = rest.get(at..).filter(|left| !left.is_empty()) {
        if left.starts_with(quote) {
            return (value, at + quote.len());
        }
        let Some(c) = left.chars().next() else { break };
        if c == '\n' && triple.is_none() {
            return (value, at);
        }
        at += c.len_utf8();
        let next = left.chars().nth(1);
        match (c, next) {
            ('\\', Some(next)) => {
                at += next.len_utf8();
                match next {
                    'n' => value.push('\n'),
                    't' => value.push('\t'),
                    '\n' => {}
                    _ => value.push(next),
                }
            }
            ('$', Some('{')) if filled => {
                let inner = left.get(2..).unwrap_or_default();
                let end = inner.find('}').unwrap_or(inner.len());
                value.push_str(&variable(inner.get(..end).unwrap_or_default()));
                at += (end + 2).min(left.len().saturating_sub(1));
            }
            _ => value.push(c),
        }
    }
    (value, rest.len())
}

/// What stands in a shell for a value that is put into a text: `env.NAME` is its variable.
fn variable(expression: &str) -> String {
    let last = expression.trim().rsplit('.').next().unwrap_or_default();
    let plain = !last.is_empty() && last.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain { format!("${{{last}}}") } else { "${_}".to_owned() }
}
