//! The values of scalars.

use super::super::cst::{Sign, Token};
use super::{Composer, Kind, Node, numbers};

impl Composer<'_> {
    /// The full name of a tag; none where it has none.
    pub(super) fn tag_name(&mut self, token: Token) -> Option<String> {
        let source = self.text_of(token).to_owned();
        if source == "!" {
            return Some(source);
        }
        if let Some(verbatim) = source.strip_prefix("!<") {
            let name = verbatim.get(..verbatim.len().saturating_sub(1)).unwrap_or_default();
            if name == "!" || name == "!!" {
                self.error(token.start, "a verbatim tag without a name");
                return None;
            }
            if !source.ends_with('>') {
                self.error(token.start, "a verbatim tag must end with `>`");
            }
            return Some(name.to_owned());
        }
        let cut = source.rfind('!').map_or(0, |at| at + 1);
        let (handle, suffix) = source.split_at(cut);
        if suffix.is_empty() {
            self.error(token.start, "a tag without a name");
        }
        let own = self.handles.iter().rev().find(|(name, _)| name == handle).map(|(_, prefix)| prefix.clone());
        if let Some(prefix) = own.or_else(|| (handle == "!!").then(|| "tag:yaml.org,2002:".into())) {
            return Some(prefix + suffix);
        }
        if handle == "!" {
            return Some(source);
        }
        self.error(token.start, "a tag with a handle that is not declared");
        None
    }

    fn typed(&mut self, text: String, tag: Option<Token>, plain: bool) -> Kind {
        let Some(tag) = tag else {
            return if plain { numbers::plain(&text) } else { Kind::Text(text) };
        };
        let Some(name) = self.tag_name(tag) else {
            return if plain { numbers::plain(&text) } else { Kind::Text(text) };
        };
        match name.strip_prefix("tag:yaml.org,2002:") {
            Some("null" | "bool" | "int" | "float") => {
                let kind = numbers::plain(&text);
                let whole =
                    |number: f64| number.is_finite() && !text.contains(['.', 'e', 'E']) || text.starts_with("0x");
                let fits = match (&kind, name.rsplit(':').next()) {
                    (Kind::Null, Some("null")) | (Kind::Bool(_), Some("bool")) => true,
                    (Kind::Number(number), Some("int")) => whole(*number),
                    (Kind::Number(number), Some("float")) => !whole(*number),
                    _ => false,
                };
                if fits { kind } else { Kind::Text(text) }
            }
            _ => Kind::Text(text),
        }
    }

    pub(super) fn flow_scalar(&mut self, token: Token, tail: &[Token], tag: Option<Token>) -> Node {
        let source = self.text_of(token).to_owned();
        let text = match token.sign {
            Sign::Single => self.single(token.start, &source),
            Sign::Double => self.double(token.start, &source),
            _ => {
                if source.starts_with(['\t', ',', '%', '|', '>', '@', '`']) {
                    self.error(token.start, "a plain text cannot start with this character");
                }
                unfold(&source)
            }
        };
        let end = self.end_of_node(tail, token.end, true);
        let kind = self.typed(text, tag, token.sign == Sign::Plain);
        let range = (token.start, token.end, end);
        Node { kind, range, anchor: None, source: Some((token.start, token.end)) }
    }

    fn single(&mut self, start: usize, source: &str) -> String {
        if !source.ends_with('\'') || source.len() == 1 {
            self.error(start + source.len(), "the closing quote is missing");
        }
        unfold(without_ends(source)).replace("''", "'")
    }

    fn double(&mut self, start: usize, source: &str) -> String {
        let mut out = String::new();
        let inner = without_ends(source);
        let mut at = 0;
        while let Some(c) = inner.get(at..).and_then(|rest| rest.chars().next()) {
            let rest = inner.get(at..).unwrap_or_default();
            let width = c.len_utf8();
            match c {
                '\r' if rest.starts_with("\r\n") => at += 1,
                '\n' => {
                    let (fold, used) = fold_newline(rest);
                    out.push_str(&fold);
                    at += used;
                }
                '\\' => at += self.escape(start + 1 + at, rest, &mut out),
                ' ' | '\t' => {
                    let blank = rest.len() - rest.trim_start_matches([' ', '\t']).len();
                    let after = rest.get(blank..).unwrap_or_default();
                    if !after.starts_with('\n') && !after.starts_with("\r\n") {
                        out.push_str(rest.get(..blank).unwrap_or_default());
                    }
                    at += blank;
                }
                c => {
                    out.push(c);
                    at += width;
                }
            }
        }
        if !source.ends_with('"') || source.len() == 1 {
            self.error(start + source.len(), "the closing quote is missing");
        }
        out
    }

    /// One escape; gives back how much of the text it is.
    fn escape(&mut self, start: usize, rest: &str, out: &mut String) -> usize {
        let Some(next) = rest.chars().nth(1) else {
            self.error(start, "an escape that YAML does not know");
            out.push('\\');
            return 1;
        };
        let simple = match next {
            '0' => '\0',
            'a' => '\x07',
            'b' => '\x08',
            'e' => '\x1b',
            'f' => '\x0c',
            'n' => '\n',
            'r' => '\r',
            't' | '\t' => '\t',
            'v' => '\x0b',
            'N' => '\u{85}',
            '_' => '\u{a0}',
            'L' => '\u{2028}',
            'P' => '\u{2029}',
            ' ' | '"' | '/' | '\\' => next,
            _ => {
                let line = if rest.starts_with("\\\r\n") { 3 } else { 2 };
                if next == '\n' || line == 3 {
                    let after = rest.get(line..).unwrap_or_default();
                    return line + (after.len() - after.trim_start_matches([' ', '\t']).len());
                }
                let digits = match next {
                    'x' => 2,
                    'u' => 4,
                    'U' => 8,
                    _ => 0,
                };
                let code = rest.get(2..2 + digits).filter(|code| !code.is_empty());
                if let Some(code) = code.and_then(|code| u32::from_str_radix(code, 16).ok()) {
                    match char::from_u32(code) {
                        Some(c) => out.push(c),
                        None if code <= 0x0010_ffff => out.push('\u{fffd}'),
                        None => self.error(start, "an escape that YAML does not know"),
                    }
                    return 2 + digits;
                }
                self.error(start, "an escape that YAML does not know");
                out.push('\\');
                out.push(next);
                return 1 + next.len_utf8();
            }
        };
        out.push(simple);
        1 + next.len_utf8()
    }

    pub(super) fn block_scalar(
        &mut self,
        start: usize,
        indent: usize,
        props: &[Token],
        source: (usize, usize),
        tag: Option<Token>,
    ) -> Node {
        let header = self.header(start, props);
        let text = self.text.get(source.0..source.1).unwrap_or_default().to_owned();
        let value = self.block_text(&header, start + header.length, indent, &text);
        let end = start + header.length + text.len();
        let kind = self.typed(value, tag, false);
        Node { kind, range: (start, end, end), anchor: None, source: Some(source) }
    }

    fn header(&mut self, start: usize, props: &[Token]) -> Header {
        let source = props.first().map(|token| self.text_of(*token).to_owned()).unwrap_or_default();
        let mut header = Header { folded: source.starts_with('>'), indent: 0, chomp: None, length: source.len() };
        let mut wrong = None;
        for (at, c) in source.char_indices().skip(1) {
            match c {
                '-' | '+' if header.chomp.is_none() => header.chomp = Some(c),
                '1'..='9' if header.indent == 0 => header.indent = usize::from(u8::try_from(c).unwrap_or(b'0') - b'0'),
                _ => wrong = wrong.or(Some(start + at)),
            }
        }
        if let Some(at) = wrong {
            self.error(at, "the header of a block text holds more than it may");
        }
        let mut spaced = false;
        for token in props.iter().skip(1) {
            match token.sign {
                Sign::Space => spaced = true,
                Sign::Newline => {}
                Sign::Comment => {
                    if !spaced {
                        self.error(token.start, "a comment needs a blank before it");
                    }
                }
                _ => self.error(token.start, "the header of a block text holds more than it may"),
            }
            header.length += token.end - token.start;
        }
        header
    }

    fn block_text(&mut self, header: &Header, start: usize, indent: usize, text: &str) -> String {
        let lines: Vec<(&str, &str)> = if text.is_empty() { Vec::new() } else { text.split('\n').map(split).collect() };
        let blank = |line: &(&str, &str)| matches!(line.1, "" | "\r");
        let mut chomp = lines.iter().rposition(|line| !blank(line)).map_or(0, |at| at + 1);
        if chomp == 0 {
            let keeps = header.chomp == Some('+') && !lines.is_empty();
            return if keeps { "\n".repeat(lines.len().saturating_sub(1).max(1)) } else { String::new() };
        }
        let mut trim = indent + header.indent;
        let mut offset = start;
        let mut first = 0;
        for (at, line) in lines.iter().enumerate().take(chomp) {
            let width = line.0.len();
            if blank(line) {
                if header.indent == 0 {
                    trim = trim.max(width);
                }
            } else {
                if width < trim {
                    self.error(offset + width, "blank lines before a block text are more indented than it");
                }
                if header.indent == 0 {
                    trim = width;
                }
                first = at;
                if trim == 0 && !self.at_root {
                    self.error(offset, "a block text in a collection must be indented");
                }
                break;
            }
            offset += width + line.1.len() + 1;
        }
        if let Some(last) = lines.iter().rposition(|line| line.0.len() > trim) {
            chomp = chomp.max(last + 1);
        }
        let mut out = Folding { folded: header.folded, ..Folding::default() };
        for line in lines.iter().take(first) {
            out.value.push_str(line.0.get(trim..).unwrap_or_default());
            out.value.push('\n');
        }
        for (spaces, content) in lines.iter().take(chomp).skip(first) {
            offset += spaces.len() + content.len() + 1;
            let bare = content.strip_suffix('\r').unwrap_or(content);
            let mut spaces = *spaces;
            if !bare.is_empty() && spaces.len() < trim {
                let back = bare.len() + if bare.len() < content.len() { 2 } else { 1 };
                self.error(offset - back, "a line of a block text is less indented than its first");
                spaces = "";
            }
            out.line(spaces.get(trim..).unwrap_or_default(), spaces.len() > trim, bare);
        }
        match header.chomp {
            Some('-') => {}
            Some(_) => {
                for line in lines.iter().skip(chomp) {
                    out.value.push('\n');
                    out.value.push_str(line.0.get(trim..).unwrap_or_default());
                }
                if !out.value.ends_with('\n') {
                    out.value.push('\n');
                }
            }
            None => out.value.push('\n'),
        }
        out.value
    }
}

struct Header {
    folded: bool,
    indent: usize,
    chomp: Option<char>,
    length: usize,
}

/// A block text that grows line by line.
#[derive(Default)]
struct Folding {
    folded: bool,
    value: String,
    separator: &'static str,
    deeper: bool,
}

impl Folding {
    fn line(&mut self, spaces: &str, more_indented: bool, content: &str) {
        if !self.folded {
            self.value.push_str(self.separator);
            self.value.push_str(spaces);
            self.value.push_str(content);
            self.separator = "\n";
        } else if more_indented || content.starts_with('\t') {
            if self.separator == " " {
                self.separator = "\n";
            } else if !self.deeper && self.separator == "\n" {
                self.separator = "\n\n";
            }
            self.value.push_str(self.separator);
            self.value.push_str(spaces);
            self.value.push_str(content);
            self.separator = "\n";
            self.deeper = true;
        } else if content.is_empty() {
            if self.separator == "\n" {
                self.value.push('\n');
            } else {
                self.separator = "\n";
            }
        } else {
            self.value.push_str(self.separator);
            self.value.push_str(content);
            self.separator = " ";
            self.deeper = false;
        }
    }
}

fn split(line: &str) -> (&str, &str) {
    line.split_at(line.len() - line.trim_start_matches(' ').len())
}

/// A quoted text without its first and last character.
fn without_ends(source: &str) -> &str {
    let mut inner = source.chars();
    inner.next();
    inner.next_back();
    inner.as_str()
}

fn fold_newline(rest: &str) -> (String, usize) {
    let bytes = rest.as_bytes();
    let mut fold = String::new();
    let mut at = 1;
    while let Some(c @ (b' ' | b'\t' | b'\n' | b'\r')) = bytes.get(at) {
        if *c == b'\r' && bytes.get(at + 1) != Some(&b'\n') {
            break;
        }
        if *c == b'\n' {
            fold.push('\n');
        }
        at += 1;
    }
    if fold.is_empty() {
        fold.push(' ');
    }
    (fold, at)
}

/// Lines of a flow scalar become one; blank lines are its line breaks.
fn unfold(source: &str) -> String {
    let Some((first, mut rest)) = source.split_once('\n') else { return source.to_owned() };
    let blank = [' ', '\t'];
    let bare = |line: &str| line.strip_suffix('\r').unwrap_or(line).to_owned();
    let mut out = bare(first).trim_end_matches(blank).to_owned();
    let mut separator = " ";
    while let Some((line, after)) = rest.split_once('\n') {
        let line = bare(line);
        let line = line.trim_matches(blank);
        if line.is_empty() {
            if separator == "\n" {
                out.push('\n');
            } else {
                separator = "\n";
            }
        } else {
            out.push_str(separator);
            out.push_str(line);
            separator = " ";
        }
        rest = after;
    }
    out.push_str(separator);
    out.push_str(rest.trim_start_matches(blank));
    out
}
