//! From lexemes to concrete syntax, recovering from every error as GitHub's own parser does.

mod blocks;

use super::cst::{Cst, Item, Sign, Token, includes, is_blank};
use super::lexer::{Lexeme, lex};
use super::lines::Lines;

/// Deeper nesting is not read.
const DEPTH: usize = 300;

/// What is found between and in documents, in order.
pub(super) struct Stream {
    pub(super) found: Vec<Cst>,
    pub(super) lines: Lines,
    /// Where the text nests too deeply to be read on.
    pub(super) too_deep: Option<usize>,
}

struct Parser<'t> {
    text: &'t str,
    at_new_line: bool,
    at_scalar: bool,
    on_key_line: bool,
    indent: usize,
    offset: usize,
    stack: Vec<Cst>,
    sign: Sign,
    source: (usize, usize),
    out: Stream,
}

/// Reads a text.
pub(super) fn parse(text: &str) -> Stream {
    let out = Stream { found: Vec::new(), lines: Lines::default(), too_deep: None };
    let mut parser = Parser {
        text,
        at_new_line: true,
        at_scalar: false,
        on_key_line: false,
        indent: 0,
        offset: 0,
        stack: Vec::new(),
        sign: Sign::Error,
        source: (0, 0),
        out,
    };
    parser.out.lines.add(0);
    for lexeme in lex(text) {
        parser.next(lexeme);
        if parser.stack.len() > DEPTH {
            parser.out.too_deep = Some(parser.offset);
            break;
        }
    }
    while !parser.stack.is_empty() {
        parser.pop();
    }
    parser.out
}

fn sign_of(text: &str) -> Sign {
    match text {
        "\u{feff}" => return Sign::Bom,
        "---" => return Sign::DocumentStart,
        "..." => return Sign::DocumentEnd,
        "" | "\n" | "\r\n" => return Sign::Newline,
        "-" => return Sign::Item,
        "?" => return Sign::ExplicitKey,
        ":" => return Sign::Value,
        "{" => return Sign::MapStart,
        "}" => return Sign::MapEnd,
        "[" => return Sign::SeqStart,
        "]" => return Sign::SeqEnd,
        "," => return Sign::Comma,
        _ => {}
    }
    match text.as_bytes().first() {
        Some(b' ' | b'\t') => Sign::Space,
        Some(b'#') => Sign::Comment,
        Some(b'%') => Sign::Directive,
        Some(b'*') => Sign::Alias,
        Some(b'&') => Sign::Anchor,
        Some(b'!') => Sign::Tag,
        Some(b'\'') => Sign::Single,
        Some(b'"') => Sign::Double,
        Some(b'|' | b'>') => Sign::BlockHeader,
        _ => Sign::Error,
    }
}

/// Takes the properties of a key off the end of what stands before it.
fn first_key_start(before: Option<&mut Vec<Token>>) -> Vec<Token> {
    let Some(before) = before.filter(|before| !before.is_empty()) else { return Vec::new() };
    let stops = |token: &Token| {
        matches!(token.sign, Sign::DocumentStart | Sign::ExplicitKey | Sign::Value | Sign::Item | Sign::Newline)
    };
    let mut at = before.iter().rposition(stops).map_or(0, |at| at + 1);
    while before.get(at).is_some_and(|token| token.sign == Sign::Space) {
        at += 1;
    }
    before.split_off(at)
}

/// What stands before the next key of a node.
fn previous_props(parent: &mut Cst) -> Option<&mut Vec<Token>> {
    match parent {
        Cst::Document { start, .. } => Some(start),
        Cst::Map { items, .. } => items.last_mut().map(|item| item.sep.as_mut().unwrap_or(&mut item.start)),
        Cst::Seq { items, .. } => items.last_mut().map(|item| &mut item.start),
        _ => None,
    }
}

/// In a flow sequence what looks like a key without a value is an item.
fn fix_flow_items(flow: &mut Cst) {
    let Cst::Flow { open, items, .. } = flow else { return };
    if open.sign != Sign::SeqStart {
        return;
    }
    for item in items {
        let lone = item.value.is_none()
            && !includes(&item.start, Sign::ExplicitKey)
            && item.sep.as_ref().is_some_and(|sep| !includes(sep, Sign::Value));
        if !lone {
            continue;
        }
        let sep = item.sep.take().unwrap_or_default();
        if item.key.is_some() {
            item.value = item.key.take();
        }
        match item.value.as_deref_mut() {
            Some(Cst::Scalar { tail, .. }) => tail.get_or_insert_default().extend(sep),
            Some(Cst::Flow { end, .. }) => end.extend(sep),
            _ => item.start.extend(sep),
        }
    }
}

impl Parser<'_> {
    fn next(&mut self, lexeme: Lexeme) {
        self.source = match lexeme {
            Lexeme::Text(start, end) => (start, end),
            _ => (self.offset, self.offset),
        };
        let length = self.source.1 - self.source.0;
        if self.at_scalar {
            self.at_scalar = false;
            self.step();
            self.offset += length;
            return;
        }
        let text = self.text.get(self.source.0..self.source.1).unwrap_or_default();
        let sign = match lexeme {
            Lexeme::Document => Sign::Document,
            Lexeme::FlowEnd => Sign::FlowEnd,
            Lexeme::Scalar => {
                self.at_new_line = false;
                self.at_scalar = true;
                self.sign = Sign::Plain;
                return;
            }
            Lexeme::Text(..) => sign_of(text),
        };
        if sign == Sign::Error {
            let token = Token { sign, ..self.token() };
            self.put(Cst::Lone(token));
            self.offset += length;
            return;
        }
        self.sign = sign;
        self.step();
        match sign {
            Sign::Newline => {
                self.at_new_line = true;
                self.indent = 0;
                self.out.lines.add(self.offset + length);
            }
            Sign::Space if self.at_new_line && text.starts_with(' ') => self.indent += length,
            Sign::ExplicitKey | Sign::Value | Sign::Item if self.at_new_line => self.indent += length,
            Sign::Space | Sign::ExplicitKey | Sign::Value | Sign::Item => {}
            Sign::Document | Sign::FlowEnd => return,
            _ => self.at_new_line = false,
        }
        self.offset += length;
    }

    fn token(&self) -> Token {
        Token { sign: self.sign, start: self.offset, end: self.source.1, indent: self.indent }
    }

    fn step(&mut self) {
        while self.once() {}
    }

    /// One step; whether the same lexeme is to be looked at again, the innermost node being closed.
    fn once(&mut self) -> bool {
        if self.sign == Sign::DocumentEnd && !matches!(self.stack.last(), Some(Cst::DocumentEnd { .. })) {
            while !self.stack.is_empty() {
                self.pop();
            }
            let token = self.token();
            self.stack.push(Cst::DocumentEnd { token, end: Vec::new() });
            return false;
        }
        match self.stack.last() {
            None => self.stream(),
            Some(Cst::Document { .. }) => return self.document(),
            Some(Cst::Scalar { .. }) => return self.scalar(),
            Some(Cst::Block { .. }) => return self.block_scalar(),
            Some(Cst::Map { .. }) => return self.block_map(),
            Some(Cst::Seq { .. }) => return self.block_sequence(),
            Some(Cst::Flow { .. }) => return self.flow_collection(),
            Some(Cst::DocumentEnd { .. }) => self.document_end(),
            Some(Cst::Lone(_)) => self.pop(),
        }
        false
    }

    fn pop(&mut self) {
        if let Some(token) = self.stack.pop() {
            self.put(token);
        }
    }

    /// Puts a finished node into the one around it.
    fn put(&mut self, mut token: Cst) {
        while !matches!(
            self.stack.last(),
            None | Some(
                Cst::Document { .. } | Cst::Block { .. } | Cst::Map { .. } | Cst::Seq { .. } | Cst::Flow { .. }
            )
        ) {
            self.pop();
        }
        let Some(top) = self.stack.last_mut() else {
            self.out.found.push(token);
            return;
        };
        match &mut token {
            Cst::Block { indent, .. } => *indent = top.indent().unwrap_or(0),
            Cst::Flow { indent, .. } if matches!(top, Cst::Document { .. }) => *indent = 0,
            _ => {}
        }
        fix_flow_items(&mut token);
        let in_flow = matches!(top, Cst::Flow { .. });
        let trailing = if in_flow { None } else { trailing_blank(&mut token) };
        match top {
            Cst::Document { value, .. } => *value = Some(Box::new(token)),
            Cst::Block { props, .. } => {
                if let Cst::Lone(token) = token {
                    props.push(token);
                }
                return;
            }
            Cst::Map { items, .. } => match items.last_mut() {
                Some(item) if item.value.is_none() && item.sep.is_some() => item.value = Some(Box::new(token)),
                Some(item) if item.value.is_none() => {
                    item.key = Some(Box::new(token));
                    item.sep = Some(Vec::new());
                    self.on_key_line = !item.explicit;
                    restore(item.key.as_deref_mut(), trailing);
                    return;
                }
                _ => {
                    items.push(Item::keyed(Vec::new(), Some(Box::new(token)), Vec::new()));
                    self.on_key_line = true;
                    restore(items.last_mut().and_then(|item| item.key.as_deref_mut()), trailing);
                    return;
                }
            },
            Cst::Seq { items, .. } => match items.last_mut() {
                Some(item) if item.value.is_none() => item.value = Some(Box::new(token)),
                _ => items.push(Item { value: Some(Box::new(token)), ..Item::default() }),
            },
            Cst::Flow { items, .. } => {
                match items.last_mut() {
                    Some(item) if item.value.is_none() && item.sep.is_some() => item.value = Some(Box::new(token)),
                    Some(item) if item.value.is_none() => {
                        item.key = Some(Box::new(token));
                        item.sep = Some(Vec::new());
                    }
                    _ => items.push(Item::keyed(Vec::new(), Some(Box::new(token)), Vec::new())),
                }
                return;
            }
            _ => return,
        }
        if let Some(item) = trailing {
            match self.stack.last_mut() {
                Some(Cst::Document { end, .. }) => *end = Some(item.start),
                Some(Cst::Map { items, .. } | Cst::Seq { items, .. }) => items.push(Item::starting(item.start)),
                _ => {}
            }
        }
    }

    fn stream(&mut self) {
        let token = self.token();
        match self.sign {
            Sign::Document => {
                self.stack.push(Cst::Document { offset: self.offset, start: Vec::new(), value: None, end: None })
            }
            Sign::DocumentStart => {
                self.stack.push(Cst::Document { offset: self.offset, start: vec![token], value: None, end: None })
            }
            Sign::Directive | Sign::Bom | Sign::Space | Sign::Comment | Sign::Newline => {
                self.out.found.push(Cst::Lone(token));
            }
            _ => self.out.found.push(Cst::Lone(Token { sign: Sign::Error, ..token })),
        }
    }

    fn document(&mut self) -> bool {
        let token = self.token();
        let Some(Cst::Document { start, value, .. }) = self.stack.last_mut() else { return false };
        if value.is_some() {
            return self.line_end();
        }
        match token.sign {
            Sign::DocumentStart if start.iter().any(|token| !is_blank(token)) => {
                self.pop();
                return true;
            }
            Sign::DocumentStart | Sign::Anchor | Sign::Tag | Sign::Space | Sign::Comment | Sign::Newline => {
                start.push(token);
            }
            _ => match self.block_value() {
                Some(node) => self.stack.push(node),
                None => self.out.found.push(Cst::Lone(Token { sign: Sign::Error, ..token })),
            },
        }
        false
    }

    fn scalar(&mut self) -> bool {
        if self.sign != Sign::Value {
            return self.line_end();
        }
        let value = self.token();
        let Some(mut key) = self.stack.pop() else { return false };
        let start = first_key_start(self.stack.last_mut().and_then(previous_props));
        let mut sep = match &mut key {
            Cst::Scalar { tail, .. } => tail.take().unwrap_or_default(),
            _ => Vec::new(),
        };
        sep.push(value);
        let (offset, indent) = (key.offset(), key.indent().unwrap_or(0));
        self.on_key_line = true;
        let items = vec![Item::keyed(start, Some(Box::new(key)), sep)];
        self.stack.push(Cst::Map { start: offset, indent, items });
        false
    }

    fn block_scalar(&mut self) -> bool {
        let token = self.token();
        let Some(Cst::Block { props, source, .. }) = self.stack.last_mut() else { return false };
        match token.sign {
            Sign::Space | Sign::Comment | Sign::Newline => props.push(token),
            Sign::Plain => {
                *source = (token.start, token.end);
                self.at_new_line = true;
                self.indent = 0;
                self.add_lines();
                self.pop();
            }
            _ => {
                self.pop();
                return true;
            }
        }
        false
    }

    fn add_lines(&mut self) {
        let text = self.text.get(self.source.0..self.source.1).unwrap_or_default();
        for (at, _) in text.match_indices('\n') {
            self.out.lines.add(self.source.0 + at + 1);
        }
    }

    fn flow_scalar(&mut self) -> Cst {
        self.add_lines();
        Cst::Scalar { token: self.token(), tail: None }
    }

    /// The node that a lexeme starts in the innermost one.
    fn block_value(&mut self) -> Option<Cst> {
        let token = self.token();
        let (start, indent) = (self.offset, self.indent);
        Some(match self.sign {
            Sign::Alias | Sign::Plain | Sign::Single | Sign::Double => self.flow_scalar(),
            Sign::BlockHeader => Cst::Block { start, indent, props: vec![token], source: (token.end, token.end) },
            Sign::MapStart | Sign::SeqStart => Cst::Flow { indent, open: token, items: Vec::new(), end: Vec::new() },
            Sign::Item => Cst::Seq { start, indent, items: vec![Item::starting(vec![token])] },
            Sign::ExplicitKey => {
                self.on_key_line = true;
                let mut before = first_key_start(self.stack.last_mut().and_then(previous_props));
                before.push(token);
                Cst::Map { start, indent, items: vec![Item { explicit: true, ..Item::starting(before) }] }
            }
            Sign::Value => {
                self.on_key_line = true;
                let before = first_key_start(self.stack.last_mut().and_then(previous_props));
                Cst::Map { start, indent, items: vec![Item::keyed(before, None, vec![token])] }
            }
            _ => return None,
        })
    }

    fn document_end(&mut self) {
        let token = self.token();
        if self.sign == Sign::Document {
            return;
        }
        if let Some(Cst::DocumentEnd { end, .. }) = self.stack.last_mut() {
            end.push(token);
        }
        if token.sign == Sign::Newline {
            self.pop();
        }
    }

    fn line_end(&mut self) -> bool {
        let token = self.token();
        match token.sign {
            Sign::Comma | Sign::DocumentStart | Sign::DocumentEnd | Sign::SeqEnd | Sign::MapEnd | Sign::Value => {
                self.pop();
                return true;
            }
            Sign::Newline => self.on_key_line = false,
            _ => {}
        }
        match self.stack.last_mut() {
            Some(Cst::Scalar { tail: end, .. } | Cst::Document { end, .. }) => end.get_or_insert_default().push(token),
            Some(Cst::Flow { end, .. }) => end.push(token),
            _ => {}
        }
        if token.sign == Sign::Newline {
            self.pop();
        }
        false
    }
}

/// Takes blank lines off the end of a block collection: they belong to what is around it.
fn trailing_blank(token: &mut Cst) -> Option<Item> {
    let indent = token.indent();
    let (Cst::Map { items, .. } | Cst::Seq { items, .. }) = token else { return None };
    let outside = |token: &Token| token.sign != Sign::Comment || Some(token.indent) < indent;
    let last = items.last()?;
    let blank = last.sep.is_none() && last.value.is_none() && !last.start.is_empty() && last.start.iter().all(is_blank);
    if blank && (indent == Some(0) || last.start.iter().all(outside)) { items.pop() } else { None }
}

fn restore(collection: Option<&mut Cst>, trailing: Option<Item>) {
    if let (Some(items), Some(item)) = (collection.and_then(Cst::items), trailing) {
        items.push(item);
    }
}
