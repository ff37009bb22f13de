//! JSON with places, tolerant of comments and trailing commas.

use super::tree::{Kind, MAX_DEPTH, Node};
use crate::model::{FileId, Problem, Span, SpanMap, Spanned};

/// The tree of a JSON text. What is broken is left out, and said in the problems.
pub fn parse(file: FileId, text: &str) -> (Option<Node>, Vec<Problem>) {
    let mut reader = Reader { file, text, at: 0, problems: Vec::new() };
    if text.starts_with('\u{feff}') {
        reader.at = '\u{feff}'.len_utf8();
    }
    let node = reader.value(0);
    reader.blank();
    if node.is_some() && reader.at < text.len() {
        reader.problem("text after the end of the JSON value");
    }
    (node, reader.problems)
}

struct Reader<'t> {
    file: FileId,
    text: &'t str,
    at: usize,
    problems: Vec<Problem>,
}

impl<'t> Reader<'t> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn problem(&mut self, message: &str) {
        if self.problems.len() < 5 {
            self.problems.push(Problem::new(Span::new(self.file, self.at, self.at), message));
        }
    }

    /// Skips blanks and comments.
    fn blank(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            let skip = if let Some(comment) = trimmed.strip_prefix("//") {
                2 + comment.find('\n').unwrap_or(comment.len())
            } else if let Some(comment) = trimmed.strip_prefix("/*") {
                2 + comment.find("*/").map_or(comment.len(), |end| end + 2)
            } else {
                return;
            };
            self.at += skip;
        }
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn value(&mut self, depth: usize) -> Option<Node> {
        self.blank();
        if depth > MAX_DEPTH {
            self.problem("nested too deeply");
            self.at = self.text.len();
            return None;
        }
        let start = self.at;
        match self.peek() {
            Some(b'{') => Some(self.map(depth)),
            Some(b'[') => Some(self.list(depth)),
            Some(b'"') => Some(self.string()),
            Some(_) => {
                let end = self.rest().find(|c: char| c.is_whitespace() || ",]}:/\"[{".contains(c));
                self.at += end.unwrap_or(self.rest().len());
                let span = Span::new(self.file, start, self.at);
                let word = &self.text[start..self.at];
                let kind = match word {
                    "null" => Kind::Null,
                    "true" => Kind::Bool(true),
                    "false" => Kind::Bool(false),
                    _ if word.starts_with(|c: char| c.is_ascii_digit() || c == '-') => {
                        Kind::Number(word.parse().ok()?, word.to_owned())
                    }
                    _ => {
                        self.problem("expected a JSON value");
                        return None;
                    }
                };
                Some(Node { kind, span, map: SpanMap::Linear { file: self.file, base: span.start } })
            }
            None => {
                self.problem("expected a JSON value");
                None
            }
        }
    }

    fn map(&mut self, depth: usize) -> Node {
        let start = self.at;
        self.at += 1;
        let mut entries = Vec::new();
        loop {
            self.blank();
            match self.peek() {
                Some(b'}') => {
                    self.at += 1;
                    break;
                }
                Some(b'"') => {}
                _ => {
                    self.problem("expected a key or `}`");
                    break;
                }
            }
            let key = self.string();
            self.blank();
            if !self.eat(b':') {
                self.problem("expected `:`");
                break;
            }
            let Some(value) = self.value(depth + 1) else { break };
            let name = key.as_str().unwrap_or_default().to_owned();
            entries.push((Spanned::new(name, key.span), value));
            self.blank();
            if !self.eat(b',') && self.peek() != Some(b'}') {
                self.problem("expected `,` or `}`");
                break;
            }
        }
        Node::new(Kind::Map(entries), Span::new(self.file, start, self.at))
    }

    fn list(&mut self, depth: usize) -> Node {
        let start = self.at;
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.blank();
            if self.eat(b']') {
                break;
            }
            let Some(value) = self.value(depth + 1) else { break };
            items.push(value);
            self.blank();
            if !self.eat(b',') && self.peek() != Some(b']') {
                self.problem("expected `,` or `]`");
                break;
            }
        }
        Node::new(Kind::List(items), Span::new(self.file, start, self.at))
    }

    /// A string; its span holds the quotes.
    fn string(&mut self) -> Node {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        let mut escaped = false;
        loop {
            let Some(c) = self.rest().chars().next() else {
                self.problem("the string does not end");
                break;
            };
            self.at += c.len_utf8();
            match c {
                '"' => break,
                '\\' => {
                    escaped = true;
                    self.escape(&mut text);
                }
                c => text.push(c),
            }
        }
        let span = Span::new(self.file, start, self.at);
        let map =
            if escaped { SpanMap::Whole(span) } else { SpanMap::Linear { file: self.file, base: span.start + 1 } };
        Node { kind: Kind::Text(text), span, map }
    }

    fn escape(&mut self, text: &mut String) {
        let Some(c) = self.rest().chars().next() else { return };
        self.at += c.len_utf8();
        match c {
            'n' => text.push('\n'),
            't' => text.push('\t'),
            'r' => text.push('\r'),
            'b' => text.push('\u{8}'),
            'f' => text.push('\u{c}'),
            'u' => {
                let mut unit = self.hex();
                if (0xD800..0xDC00).contains(&unit) && self.rest().starts_with("\\u") {
                    self.at += 2;
                    let low = self.hex();
                    unit = 0x1_0000 + ((unit - 0xD800) << 10) + (low.saturating_sub(0xDC00) & 0x3FF);
                }
                text.push(char::from_u32(unit).unwrap_or('\u{fffd}'));
            }
            c => text.push(c),
        }
    }

    fn hex(&mut self) -> u32 {
        let digits = self.rest().get(..4).and_then(|digits| u32::from_str_radix(digits, 16).ok());
        if digits.is_some() {
            self.at += 4;
        } else {
            self.problem("expected four hexadecimal digits");
        }
        digits.unwrap_or(0xFFFD)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_trailing_commas_are_read_over() {
        let text = "{ // c\n \"a\": [1, 2,], /* x */ \"b\": \"q\\u0041\",\n}";
        let (node, problems) = parse(FileId(0), text);
        let node = node.unwrap_or_else(|| Node::new(Kind::Null, Span::new(FileId(0), 0, 0)));
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(node.get("a").map(|list| list.items().len()), Some(2));
        assert_eq!(node.get("b").and_then(Node::as_str), Some("qA"));
        assert_eq!(node.get("b").map(|b| &text[b.span.range()]), Some("\"q\\u0041\""));
    }

    #[test]
    fn broken_text_gives_what_was_read_and_problems() {
        for text in ["", "{", "{\"a\"", "{\"a\":", "[1,", "\"\\u12", "nope", "{\"a\": 1 \"b\": 2}", "é"] {
            assert!(!parse(FileId(0), text).1.is_empty(), "{text}");
        }
        assert!(!parse(FileId(0), &"[".repeat(5000)).1.is_empty());
    }
}
