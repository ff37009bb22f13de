//! TOML and JSON as one tree of values with their places.

use crate::model::{FileId, Problem, Span, SpanMap, Spanned};

/// A value and its place; the place of a text leaves its quotes out.
#[derive(Clone, PartialEq, Debug)]
pub struct Node {
    /// The value.
    pub data: Data,
    /// Its place.
    pub span: Span,
}

/// A value.
#[derive(Clone, PartialEq, Debug)]
pub enum Data {
    /// `null`.
    Null,
    /// A truth value.
    Bool(bool),
    /// A number or a date, as written.
    Other(String),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A table; keys in the order of the parser.
    Table(Vec<(Spanned<String>, Node)>),
}

impl Node {
    /// An entry of a table.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().rev().find(|(k, _)| k.value == key).map(|(_, node)| node)
    }

    /// An entry several tables down.
    pub fn path(&self, keys: &[&str]) -> Option<&Self> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The entries of a table; none if it is no table.
    pub fn entries(&self) -> &[(Spanned<String>, Self)] {
        if let Data::Table(entries) = &self.data { entries } else { &[] }
    }

    /// The items of a list; none if it is no list.
    pub fn items(&self) -> &[Self] {
        if let Data::List(items) = &self.data { items } else { &[] }
    }

    /// The text.
    pub fn text(&self) -> Option<&str> {
        if let Data::Text(text) = &self.data { Some(text) } else { None }
    }

    /// The text and its place.
    pub fn own_text(&self) -> Option<Spanned<String>> {
        Some(Spanned::new(self.text()?.to_owned(), self.span))
    }

    /// The truth value.
    pub fn bool(&self) -> Option<bool> {
        if let Data::Bool(yes) = self.data { Some(yes) } else { None }
    }

    /// Whether it is a table.
    pub fn is_table(&self) -> bool {
        matches!(self.data, Data::Table(_))
    }

    /// The text of an entry.
    pub fn str(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Self::text)
    }

    /// The text of an entry and its place.
    pub fn spanned(&self, key: &str) -> Option<Spanned<String>> {
        let node = self.get(key)?;
        Some(Spanned::new(node.text()?.to_owned(), node.span))
    }

    /// The texts of a list.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.items().iter().filter_map(Self::text)
    }

    /// How offsets of its text lead to the file.
    pub fn map(&self) -> SpanMap {
        let length = (self.span.end - self.span.start) as usize;
        match self.text() {
            Some(text) if text.len() == length => SpanMap::Linear { file: self.span.file, base: self.span.start },
            _ => SpanMap::Whole(self.span),
        }
    }
}

/// Reads TOML; what can be read of a broken file is kept.
pub fn toml(file: FileId, text: &str) -> (Node, Vec<Problem>) {
    let mark = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let body = &text[mark..];
    let (table, errors) = toml::de::DeTable::parse_recoverable(body);
    let at = |range: std::ops::Range<usize>| Span::new(file, range.start + mark, range.end + mark);
    let problem = |e: toml::de::Error| Problem::new(at(e.span().unwrap_or(0..0)), e.message().trim().to_owned());
    let convert = Toml { file, text: body, mark };
    let span = at(table.span());
    let node = Node { data: convert.table(table.into_inner()), span };
    (node, errors.into_iter().map(problem).collect())
}

struct Toml<'a> {
    file: FileId,
    text: &'a str,
    mark: usize,
}

impl Toml<'_> {
    fn table(&self, table: toml::de::DeTable<'_>) -> Data {
        let entry = |(key, value): (toml::Spanned<toml::de::DeString<'_>>, toml::Spanned<toml::de::DeValue<'_>>)| {
            let span = self.inner(key.span(), key.get_ref());
            (Spanned::new(key.into_inner().into_owned(), span), self.value(value))
        };
        Data::Table(table.into_iter().map(entry).collect())
    }

    fn value(&self, value: toml::Spanned<toml::de::DeValue<'_>>) -> Node {
        use toml::de::DeValue;
        let range = value.span();
        let whole = Span::new(self.file, range.start + self.mark, range.end + self.mark);
        let slice = self.text.get(range.clone()).unwrap_or_default().to_owned();
        match value.into_inner() {
            DeValue::String(text) => {
                let span = self.inner(range, &text);
                Node { data: Data::Text(text.into_owned()), span }
            }
            DeValue::Boolean(yes) => Node { data: Data::Bool(yes), span: whole },
            DeValue::Array(items) => {
                let items = items.into_iter().map(|item| self.value(item)).collect();
                Node { data: Data::List(items), span: whole }
            }
            DeValue::Table(table) => Node { data: self.table(table), span: whole },
            DeValue::Integer(_) | DeValue::Float(_) | DeValue::Datetime(_) => {
                Node { data: Data::Other(slice), span: whole }
            }
        }
    }

    /// The place of a text inside its quotes; the whole literal if it has escapes.
    fn inner(&self, range: std::ops::Range<usize>, value: &str) -> Span {
        let raw = self.text.get(range.clone()).unwrap_or_default();
        let cut = ["\"\"\"", "'''", "\"", "'"].iter().find(|q| raw.starts_with(**q)).map_or(0, |q| q.len());
        let start = range.start + cut;
        if raw.get(cut..raw.len().saturating_sub(cut)) == Some(value) {
            return Span::new(self.file, start + self.mark, start + self.mark + value.len());
        }
        Span::new(self.file, range.start + self.mark, range.end + self.mark)
    }
}

/// Reads JSON; after an error what was read so far is kept.
pub fn json(file: FileId, text: &str) -> (Node, Vec<Problem>) {
    let at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut reader = Json { file, text, at, problem: None };
    let node = reader.value(0);
    reader.space();
    if reader.problem.is_none() && reader.at < text.len() {
        reader.fail("did not expect more after the value");
    }
    (node, reader.problem.into_iter().collect())
}

struct Json<'a> {
    file: FileId,
    text: &'a str,
    at: usize,
    problem: Option<Problem>,
}

impl Json<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while self.peek().is_some_and(|b| b.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn fail(&mut self, message: &str) {
        let span = Span::new(self.file, self.at, self.at);
        self.problem.get_or_insert_with(|| Problem::new(span, message));
        self.at = self.text.len();
    }

    fn eat(&mut self, byte: u8) -> bool {
        self.space();
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn value(&mut self, depth: usize) -> Node {
        self.space();
        let start = self.at;
        let data = match self.peek() {
            _ if depth > 100 => {
                self.fail("nested too deeply");
                Data::Null
            }
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => {
                let (text, span) = self.string();
                return Node { data: Data::Text(text), span };
            }
            Some(_) => self.word(),
            None => {
                self.fail("expected a value");
                Data::Null
            }
        };
        Node { data, span: Span::new(self.file, start, self.at) }
    }

    fn object(&mut self, depth: usize) -> Data {
        self.at += 1;
        let mut entries = Vec::new();
        if self.eat(b'}') {
            return Data::Table(entries);
        }
        while self.problem.is_none() {
            self.space();
            if self.peek() != Some(b'"') {
                self.fail("expected a name in quotes");
                break;
            }
            let (key, span) = self.string();
            if !self.eat(b':') {
                self.fail("expected a colon");
                break;
            }
            entries.push((Spanned::new(key, span), self.value(depth + 1)));
            if self.eat(b'}') {
                break;
            }
            if !self.eat(b',') {
                self.fail("expected a comma or the end of the object");
            }
        }
        Data::Table(entries)
    }

    fn array(&mut self, depth: usize) -> Data {
        self.at += 1;
        let mut items = Vec::new();
        if self.eat(b']') {
            return Data::List(items);
        }
        while self.problem.is_none() {
            items.push(self.value(depth + 1));
            if self.eat(b']') {
                break;
            }
            if !self.eat(b',') {
                self.fail("expected a comma or the end of the list");
            }
        }
        Data::List(items)
    }

    /// A string literal; its place is inside the quotes.
    fn string(&mut self) -> (String, Span) {
        let start = self.at;
        self.at += 1;
        while let Some(byte) = self.peek() {
            self.at += 1 + usize::from(byte == b'\\');
            if byte == b'"' {
                break;
            }
        }
        self.at = self.at.min(self.text.len());
        let decoded = self.text.get(start..self.at).and_then(|raw| serde_json::from_str::<String>(raw).ok());
        let span = Span::new(self.file, start + 1, self.at.saturating_sub(1));
        let Some(text) = decoded else {
            self.fail("not a text literal");
            return (String::new(), Span::new(self.file, start, start));
        };
        (text, span)
    }

    fn word(&mut self) -> Data {
        let start = self.at;
        while self.peek().is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.')) {
            self.at += 1;
        }
        match self.text.get(start..self.at) {
            Some("true") => Data::Bool(true),
            Some("false") => Data::Bool(false),
            Some("null") => Data::Null,
            Some(word) if word.starts_with(|c: char| c.is_ascii_digit() || c == '-') => Data::Other(word.to_owned()),
            _ => {
                self.fail("expected a value");
                Data::Null
            }
        }
    }
}
