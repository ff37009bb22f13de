//! The lexemes of YAML, cut as the reader of GitHub's own parser cuts them.

mod scalars;

/// A piece of the text, or a mark between pieces.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Lexeme {
    /// A document starts.
    Document,
    /// A flow collection ends where it should not.
    FlowEnd,
    /// What follows is a scalar.
    Scalar,
    /// A slice of the text.
    Text(usize, usize),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Stream,
    BlockStart,
    Doc,
    Flow,
}

struct Lexer<'t> {
    text: &'t [u8],
    pos: usize,
    block_indent: Option<usize>,
    block_keep: bool,
    flow_key: bool,
    flow_level: usize,
    indent_next: usize,
    indent_value: usize,
    line_end: Option<Option<usize>>,
    out: Vec<Lexeme>,
}

/// Cuts a text into lexemes; together they are the whole text.
pub(super) fn lex(text: &str) -> Vec<Lexeme> {
    let mut lexer = Lexer {
        text: text.as_bytes(),
        pos: 0,
        block_indent: None,
        block_keep: false,
        flow_key: false,
        flow_level: 0,
        indent_next: 0,
        indent_value: 0,
        line_end: None,
        out: Vec::new(),
    };
    let mut state = State::Stream;
    let (mut last, mut still) = (0, 0);
    while lexer.pos < lexer.text.len() {
        state = match state {
            State::Stream => lexer.stream(),
            State::BlockStart => lexer.block_start(),
            State::Doc => lexer.document(),
            State::Flow => lexer.flow(),
        };
        still = if lexer.pos == last { still + 1 } else { 0 };
        if still > 8 {
            lexer.push(1);
        }
        last = lexer.pos;
    }
    lexer.out
}

fn is_empty(c: Option<u8>) -> bool {
    matches!(c, None | Some(b' ' | b'\n' | b'\r' | b'\t'))
}

fn is_flow_sign(c: Option<u8>) -> bool {
    matches!(c, Some(b',' | b'[' | b']' | b'{' | b'}'))
}

fn ends_anchor(c: Option<u8>) -> bool {
    matches!(c, None | Some(b' ' | b',' | b'[' | b']' | b'{' | b'}' | b'\n' | b'\r' | b'\t'))
}

fn is_tag_char(c: u8) -> bool {
    c.is_ascii_alphanumeric() || b"-#;/?:@&=+$_.!~*'()".contains(&c)
}

impl Lexer<'_> {
    fn byte(&self, at: usize) -> Option<u8> {
        self.text.get(at).copied()
    }

    fn here(&self, ahead: usize) -> Option<u8> {
        self.byte(self.pos + ahead)
    }

    fn find(&self, wanted: u8, from: usize) -> Option<usize> {
        let rest = self.text.get(from..)?;
        rest.iter().position(|byte| *byte == wanted).map(|at| from + at)
    }

    /// The end of the line, without its line break.
    fn line(&mut self) -> usize {
        let end = match self.line_end {
            Some(None) => None,
            Some(Some(end)) if end >= self.pos => Some(end),
            _ => self.find(b'\n', self.pos),
        };
        self.line_end = Some(end);
        match end {
            None => self.text.len(),
            Some(end) if end > self.pos && self.byte(end - 1) == Some(b'\r') => end - 1,
            Some(end) => end,
        }
    }

    fn push(&mut self, count: usize) -> usize {
        let count = count.min(self.text.len() - self.pos);
        if count > 0 {
            self.out.push(Lexeme::Text(self.pos, self.pos + count));
            self.pos += count;
        }
        count
    }

    fn push_to(&mut self, end: usize, allow_empty: bool) -> usize {
        let pushed = self.push(end.saturating_sub(self.pos));
        if pushed == 0 && allow_empty {
            self.out.push(Lexeme::Text(self.pos, self.pos));
        }
        pushed
    }

    fn push_spaces(&mut self, tabs: bool) -> usize {
        let blank = |c: &&u8| **c == b' ' || (tabs && **c == b'\t');
        let count = self.text.get(self.pos..).unwrap_or_default().iter().take_while(blank).count();
        self.push(count)
    }

    fn push_newline(&mut self) -> usize {
        match (self.here(0), self.here(1)) {
            (Some(b'\n'), _) => self.push(1),
            (Some(b'\r'), Some(b'\n')) => self.push(2),
            _ => 0,
        }
    }

    fn push_until(&mut self, ends: fn(Option<u8>) -> bool) -> usize {
        let mut at = self.pos;
        while !ends(self.byte(at)) {
            at += 1;
        }
        self.push_to(at, false)
    }

    fn at_line_end(&self) -> bool {
        let mut at = self.pos;
        while matches!(self.byte(at), Some(b' ' | b'\t')) {
            at += 1;
        }
        match self.byte(at) {
            None | Some(b'#' | b'\n') => true,
            Some(b'\r') => self.byte(at + 1) == Some(b'\n'),
            _ => false,
        }
    }

    fn marks_document(&self, at: usize) -> bool {
        let three = self.text.get(at..at + 3);
        (three == Some(b"---") || three == Some(b"...")) && is_empty(self.byte(at + 3))
    }

    /// Where a scalar goes on in the line that starts at an offset; none if it ends before it.
    fn continues(&self, offset: usize) -> Option<usize> {
        if self.indent_next > 0 {
            let mut indent = 0;
            while self.byte(offset + indent) == Some(b' ') {
                indent += 1;
            }
            let c = self.byte(offset + indent);
            if c == Some(b'\r') && self.byte(offset + indent + 1) == Some(b'\n') {
                return Some(offset + indent + 1);
            }
            return (c == Some(b'\n') || indent >= self.indent_next).then_some(offset + indent);
        }
        (!self.marks_document(offset)).then_some(offset)
    }

    fn stream(&mut self) -> State {
        if self.text.get(self.pos..).is_some_and(|rest| rest.starts_with("\u{feff}".as_bytes())) {
            self.push(3);
        }
        let end = self.line();
        let start = self.pos;
        if self.here(0) == Some(b'%') {
            let line = self.text.get(start..end).unwrap_or_default();
            let blank = |at: usize| matches!(line.get(at), Some(b' ' | b'\t'));
            let comment = (1..line.len()).find(|at| line.get(*at) == Some(&b'#') && blank(at - 1));
            let mut stop = comment.map_or(line.len(), |at| at - 1);
            while stop > 0 && blank(stop - 1) {
                stop -= 1;
            }
            self.push(stop);
            self.push_spaces(true);
            self.push(end.saturating_sub(self.pos));
            return State::Stream;
        }
        if self.at_line_end() {
            self.push_spaces(true);
            self.push(end.saturating_sub(self.pos));
            self.push_newline();
            return State::Stream;
        }
        self.out.push(Lexeme::Document);
        self.line_start()
    }

    fn line_start(&mut self) -> State {
        if self.marks_document(self.pos) {
            let document = self.here(0) == Some(b'-');
            self.push(3);
            self.indent_value = 0;
            self.indent_next = 0;
            return if document { State::Doc } else { State::Stream };
        }
        self.indent_value = self.push_spaces(false);
        // The character behind the first one, in units of UTF-16: of one outside the basic plane its own second half.
        let second = match self.here(0) {
            Some(0xc0..=0xdf) => self.here(2),
            Some(0xe0..=0xef) => self.here(3),
            _ => self.here(1),
        };
        if self.indent_next > self.indent_value && !is_empty(second) {
            self.indent_next = self.indent_value;
        }
        self.block_start()
    }

    fn block_start(&mut self) -> State {
        if matches!(self.here(0), Some(b'-' | b'?' | b':')) && is_empty(self.here(1)) {
            let pushed = self.push(1) + self.push_spaces(true);
            self.indent_next = self.indent_value + 1;
            self.indent_value += pushed;
            return State::BlockStart;
        }
        State::Doc
    }

    fn document(&mut self) -> State {
        self.push_spaces(true);
        let end = self.line();
        self.push_indicators();
        let next = if self.pos < end { self.here(0) } else { None };
        match next {
            None | Some(b'#') => {
                self.push(end.saturating_sub(self.pos));
                self.push_newline();
                return self.line_start();
            }
            Some(b'{' | b'[') => {
                self.push(1);
                self.flow_key = false;
                self.flow_level = 1;
                return State::Flow;
            }
            Some(b'}' | b']') => {
                self.push(1);
            }
            Some(b'*') => {
                self.push_until(ends_anchor);
            }
            Some(b'"' | b'\'') => return self.quoted(),
            Some(b'|' | b'>') => {
                self.block_header();
                self.push_spaces(true);
                self.push(end.saturating_sub(self.pos));
                self.push_newline();
                return self.block_scalar();
            }
            Some(_) => return self.plain(),
        }
        State::Doc
    }

    fn flow(&mut self) -> State {
        let mut indent = None;
        loop {
            let newline = self.push_newline();
            let mut spaces = 0;
            if newline > 0 {
                spaces = self.push_spaces(false);
                self.indent_value = spaces;
                indent = Some(spaces);
            }
            spaces += self.push_spaces(true);
            if newline + spaces == 0 {
                break;
            }
        }
        let end = self.line();
        let first = if self.pos < end { self.here(0) } else { None };
        let dedented = indent.is_some_and(|indent| indent < self.indent_next) && first != Some(b'#');
        if dedented || indent == Some(0) && self.marks_document(self.pos) {
            let closes = indent.is_some_and(|indent| indent + 1 == self.indent_next)
                && self.flow_level == 1
                && matches!(first, Some(b']' | b'}'));
            if !closes {
                self.flow_level = 0;
                self.out.push(Lexeme::FlowEnd);
                return self.line_start();
            }
        }
        while self.pos < end && self.here(0) == Some(b',') {
            self.push(1);
            self.push_spaces(true);
            self.flow_key = false;
        }
        self.push_indicators();
        self.flow_item(end)
    }

    fn flow_item(&mut self, end: usize) -> State {
        match if self.pos < end { self.here(0) } else { None } {
            None => return State::Flow,
            Some(b'#') => {
                self.push(end.saturating_sub(self.pos));
            }
            Some(b'{' | b'[') => {
                self.push(1);
                self.flow_key = false;
                self.flow_level += 1;
            }
            Some(b'}' | b']') => {
                self.push(1);
                self.flow_key = true;
                self.flow_level = self.flow_level.saturating_sub(1);
                return if self.flow_level > 0 { State::Flow } else { State::Doc };
            }
            Some(b'*') => {
                self.push_until(ends_anchor);
            }
            Some(b'"' | b'\'') => {
                self.flow_key = true;
                return self.quoted();
            }
            Some(b':') if self.flow_key || is_empty(self.here(1)) || self.here(1) == Some(b',') => {
                self.flow_key = false;
                self.push(1);
                self.push_spaces(true);
            }
            Some(_) => {
                self.flow_key = false;
                return self.plain();
            }
        }
        State::Flow
    }

    fn push_indicators(&mut self) {
        loop {
            match self.here(0) {
                Some(b'!') => self.push_tag(),
                Some(b'&') => {
                    self.push_until(ends_anchor);
                }
                Some(b'-' | b'?' | b':')
                    if is_empty(self.here(1)) || self.flow_level > 0 && is_flow_sign(self.here(1)) =>
                {
                    if self.flow_level == 0 {
                        self.indent_next = self.indent_value + 1;
                    } else {
                        self.flow_key = false;
                    }
                    self.push(1);
                }
                _ => return,
            }
            self.push_spaces(true);
        }
    }

    fn push_tag(&mut self) {
        let mut at = self.pos + 1;
        if self.here(1) == Some(b'<') {
            while !is_empty(self.byte(at)) && self.byte(at) != Some(b'>') {
                at += 1;
            }
            at += usize::from(self.byte(at) == Some(b'>'));
        } else {
            let hex = |at: usize| self.byte(at).is_some_and(|c| c.is_ascii_hexdigit());
            while let Some(c) = self.byte(at) {
                if is_tag_char(c) {
                    at += 1;
                } else if c == b'%' && hex(at + 1) && hex(at + 2) {
                    at += 3;
                } else {
                    break;
                }
            }
        }
        self.push_to(at, false);
    }
}
