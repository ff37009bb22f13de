//! The shell-like lexer that expands `$X` and `${X…}` and takes quotes away.

use super::pattern::Pattern;

/// How a text is lexed.
#[derive(Clone, Copy)]
pub(super) struct Rules {
    /// The escape character.
    pub(super) escape: char,
    /// Keep quotes.
    pub(super) raw_quotes: bool,
    /// Keep escapes.
    pub(super) raw_escapes: bool,
    /// Quotes mean nothing (heredoc bodies).
    pub(super) no_quotes: bool,
    /// Keep uses of variables that are not set.
    pub(super) keep_unset: bool,
}

impl Rules {
    /// The rules for instruction words.
    pub(super) fn new(escape: char) -> Self {
        Self { escape, raw_quotes: false, raw_escapes: false, no_quotes: false, keep_unset: false }
    }
}

/// A lexed text: as one word, and as words parted at white space.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Lexed {
    pub(super) word: String,
    pub(super) words: Vec<String>,
}

type Lookup<'l> = &'l mut dyn FnMut(&str) -> Option<String>;

/// How deep `${X:-${Y:-…}}` may nest.
const DEPTH: usize = 100;

/// Lexes a text; the error is BuildKit's refusal.
pub(super) fn process(text: &str, rules: Rules, lookup: Lookup<'_>) -> Result<Lexed, String> {
    let chars: Vec<char> = text.chars().collect();
    Lexer { chars: &chars, at: 0, rules, lookup, depth: 0 }.until(None)
}

#[derive(Default)]
struct Words {
    words: Vec<String>,
    open: Option<String>,
}

impl Words {
    fn add(&mut self, c: char) {
        if c.is_whitespace() {
            self.words.extend(self.open.take_if(|word| !word.is_empty()));
        } else {
            self.raw().push(c);
        }
    }

    fn raw(&mut self) -> &mut String {
        self.open.get_or_insert_default()
    }

    fn finish(mut self) -> Vec<String> {
        self.words.extend(self.open.take_if(|word| !word.is_empty()));
        self.words
    }
}

struct Lexer<'l> {
    chars: &'l [char],
    at: usize,
    rules: Rules,
    lookup: Lookup<'l>,
    depth: usize,
}

impl Lexer<'_> {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek();
        self.at += usize::from(c.is_some());
        c
    }

    /// Reads up to a stop character, which is taken, or to the end.
    fn until(&mut self, stop: Option<char>) -> Result<Lexed, String> {
        let (mut word, mut words) = (String::new(), Words::default());
        while let Some(c) = self.peek() {
            if Some(c) == stop {
                self.at += 1;
                return Ok(Lexed { word, words: words.finish() });
            }
            if let Some(part) = self.special(c)? {
                word.push_str(&part);
                if c == '$' {
                    part.chars().for_each(|c| words.add(c));
                } else {
                    words.raw().push_str(&part);
                }
                continue;
            }
            self.at += 1;
            if c == self.rules.escape {
                if self.rules.raw_escapes {
                    words.raw().push(c);
                    word.push(c);
                }
                let Some(escaped) = self.next() else { break };
                words.raw().push(escaped);
                word.push(escaped);
            } else {
                words.add(c);
                word.push(c);
            }
        }
        match stop {
            Some(stop) => Err(format!("no closing {stop}")),
            None => Ok(Lexed { word, words: words.finish() }),
        }
    }

    fn special(&mut self, c: char) -> Result<Option<String>, String> {
        match c {
            '$' => self.dollar().map(Some),
            '<' => Ok(Some(self.angle())),
            '\'' if !self.rules.no_quotes => self.single().map(Some),
            '"' if !self.rules.no_quotes => self.double().map(Some),
            _ => Ok(None),
        }
    }

    /// `<<` may have blanks behind it that belong to the marker.
    fn angle(&mut self) -> String {
        self.at += 1;
        if self.peek() != Some('<') {
            return "<".into();
        }
        self.at += 1;
        let mut out = String::from("<<");
        while let Some(c @ ('\t' | '\r' | ' ')) = self.peek() {
            out.push(c);
            self.at += 1;
        }
        out
    }

    fn single(&mut self) -> Result<String, String> {
        let mut out = String::new();
        self.at += 1;
        if self.rules.raw_quotes {
            out.push('\'');
        }
        loop {
            match self.next() {
                None => return Err("no closing single quote".into()),
                Some('\'') => break,
                Some(c) => out.push(c),
            }
        }
        if self.rules.raw_quotes {
            out.push('\'');
        }
        Ok(out)
    }

    fn double(&mut self) -> Result<String, String> {
        let mut out = String::new();
        self.at += 1;
        if self.rules.raw_quotes {
            out.push('"');
        }
        loop {
            match self.peek() {
                None => return Err("no closing double quote".into()),
                Some('"') => break,
                Some('$') => out.push_str(&self.dollar()?),
                Some(c) => {
                    self.at += 1;
                    if c != self.rules.escape {
                        out.push(c);
                        continue;
                    }
                    if self.rules.raw_escapes {
                        out.push(c);
                    }
                    match self.peek() {
                        None => {}
                        Some(next) if next == '"' || next == '$' || next == c => {
                            self.at += 1;
                            out.push(next);
                        }
                        Some(_) => out.push(c),
                    }
                }
            }
        }
        self.at += 1;
        if self.rules.raw_quotes {
            out.push('"');
        }
        Ok(out)
    }

    fn name(&mut self) -> String {
        let mut name = String::new();
        let digit = |c: char| c.is_numeric();
        match self.peek() {
            Some(c) if digit(c) => {
                while let Some(c) = self.peek().filter(|c| digit(*c)) {
                    name.push(c);
                    self.at += 1;
                }
            }
            Some(c) if "@*#?-$!0".contains(c) => {
                name.push(c);
                self.at += 1;
            }
            _ => {
                while let Some(c) = self.peek().filter(|c| c.is_alphanumeric() || *c == '_') {
                    name.push(c);
                    self.at += 1;
                }
            }
        }
        name
    }

    fn dollar(&mut self) -> Result<String, String> {
        self.at += 1;
        if self.peek() != Some('{') {
            let name = self.name();
            if name.is_empty() {
                return Ok("$".into());
            }
            let value = (self.lookup)(&name);
            return Ok(match value {
                None if self.rules.keep_unset => format!("${name}"),
                value => value.unwrap_or_default(),
            });
        }
        self.at += 1;
        if self.depth >= DEPTH {
            return Err("nested too deep".into());
        }
        self.depth += 1;
        let out = self.braces();
        self.depth -= 1;
        out
    }

    fn braces(&mut self) -> Result<String, String> {
        const OPEN: &str = "no closing }";
        match self.peek() {
            None => return Err(OPEN.into()),
            Some('{' | '}' | ':') => return Err("bad substitution".into()),
            Some(_) => {}
        }
        let name = self.name();
        let mut operator = self.next().ok_or(OPEN)?;
        let value = (self.lookup)(&name);
        if operator == '}' {
            return Ok(match value {
                None if self.rules.keep_unset => format!("${{{name}}}"),
                value => value.unwrap_or_default(),
            });
        }
        let colon = operator == ':';
        if colon {
            operator = self.next().ok_or(OPEN)?;
        }
        if operator == '/' && !colon {
            return self.replace(&name, value);
        }
        let trims = matches!(operator, '#' | '%');
        if !"+-?#%".contains(operator) || (colon && trims) {
            return Err(format!("unsupported modifier {operator} in substitution"));
        }
        let word = self.part('}', trims)?;
        if value.is_none() && self.rules.keep_unset {
            return Ok(format!("${{{name}{}{operator}{word}}}", if colon { ":" } else { "" }));
        }
        let unset = value.as_ref().is_none_or(|text| colon && text.is_empty());
        match operator {
            '-' => Ok(if unset { word } else { value.unwrap_or_default() }),
            '+' => Ok(if unset { String::new() } else { word }),
            '?' if unset && word.is_empty() => Err(format!("{name} is not set")),
            '?' if unset => Err(format!("{name}: {word}")),
            '?' => Ok(value.unwrap_or_default()),
            _ => {
                let longest = word.strip_prefix(operator);
                let pattern = Pattern::new(longest.unwrap_or(&word), longest.is_some())?;
                let value = value.unwrap_or_default();
                Ok(if operator == '#' { pattern.trim_start(&value) } else { pattern.trim_end(&value) })
            }
        }
    }

    fn replace(&mut self, name: &str, value: Option<String>) -> Result<String, String> {
        let all = self.peek() == Some('/');
        self.at += usize::from(all);
        let pattern = self.part('/', true)?;
        let with = self.part('}', true)?;
        if value.is_none() && self.rules.keep_unset {
            return Ok(format!("${{{name}{}{pattern}/{with}}}", if all { "//" } else { "/" }));
        }
        Ok(Pattern::new(&pattern, true)?.replace(&value.unwrap_or_default(), &with, all))
    }

    fn part(&mut self, stop: char, raw_escapes: bool) -> Result<String, String> {
        let former = std::mem::replace(&mut self.rules.raw_escapes, raw_escapes);
        let out = self.until(Some(stop));
        self.rules.raw_escapes = former;
        out.map(|lexed| lexed.word)
    }
}
