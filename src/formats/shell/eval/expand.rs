//! Words to texts.

use super::super::ast::{Operation, Parameter, Part, Word};
use super::super::lex;
use super::Runner;
use super::pattern;
use super::state::{State, Text};
use crate::model::{Certainty, Known, Reason};

/// A piece of a word; `split` where blanks in it end the word, `next` where a new word starts before it.
struct Piece {
    text: Text,
    split: bool,
    next: bool,
}

impl Runner<'_> {
    /// The words that a word becomes.
    pub(super) fn fields(&mut self, state: &mut State, word: &Word) -> Vec<Text> {
        let mut pieces = Vec::new();
        self.pieces(state, &word.parts, false, &mut pieces);
        let mut fields = Vec::new();
        let mut current: Option<Text> = None;
        for piece in pieces {
            if piece.next {
                fields.extend(current.take());
            }
            let Some(text) = piece.text.known.one().filter(|_| piece.split) else {
                current = Some(current.take().map_or_else(|| piece.text.clone(), |text| text.concat(&piece.text)));
                continue;
            };
            if text.starts_with([' ', '\t', '\n']) {
                fields.extend(current.take());
            }
            for (n, part) in text.split_ascii_whitespace().enumerate() {
                if n > 0 {
                    fields.extend(current.take());
                }
                let part = Text { known: Known::One(part.to_owned()), ..piece.text.clone() };
                current = Some(current.take().map_or_else(|| part.clone(), |text| text.concat(&part)));
            }
            if text.ends_with([' ', '\t', '\n']) {
                fields.extend(current.take());
            }
        }
        fields.extend(current);
        fields
    }

    /// The text of a word that is not split.
    pub(super) fn text(&mut self, state: &mut State, word: &Word) -> Text {
        let mut pieces = Vec::new();
        self.pieces(state, &word.parts, false, &mut pieces);
        let mut result = Text::one("");
        for piece in pieces {
            if piece.next {
                result = result.concat(&Text::one(" "));
            }
            result = result.concat(&piece.text);
        }
        result
    }

    /// A word as a pattern: what is quoted is escaped.
    pub(super) fn pattern(&mut self, state: &mut State, word: &Word) -> Text {
        let mut result = Text::one("");
        for part in &word.parts {
            let text = match part {
                Part::Literal(literal) => Text::one(literal.as_str()),
                Part::Pattern(_) => Text::unknown(Reason::at("an extended pattern is not followed", word.span)),
                part => {
                    let single = Word { parts: vec![part.clone()], ..word.clone() };
                    let text = self.text(state, &single);
                    Text { known: text.known.map(|text| escape(&text)), ..text }
                }
            };
            result = result.concat(&text);
        }
        result
    }

    fn pieces(&mut self, state: &mut State, parts: &[Part], quoted: bool, out: &mut Vec<Piece>) {
        for part in parts {
            let split = !quoted;
            let unknown = |why: &str| Text::unknown(Reason::new(why));
            let (text, split) = match part {
                Part::Literal(text) if text.contains('{') && lex::is_pattern(text) => {
                    (unknown("a brace list is not followed"), false)
                }
                Part::Literal(text) => (Text::one(lex::unescape(text)), false),
                Part::Single(text) | Part::Pattern(text) => (Text::one(text.as_str()), false),
                Part::Double(inner) => {
                    let before = out.len();
                    let all = matches!(inner.as_slice(), [Part::Parameter(parameter)] if parameter.name == "@");
                    self.pieces(state, inner, true, out);
                    if out.len() > before || all {
                        continue;
                    }
                    (Text::one(""), false)
                }
                Part::Parameter(parameter) if matches!(parameter.name.as_str(), "@" | "*") => {
                    Self::all_arguments(state, parameter, quoted, out);
                    continue;
                }
                Part::Parameter(parameter) => (self.parameter(state, parameter), split),
                Part::Command(list) => (self.substitution(state, list), split),
                Part::Arithmetic(_) => (unknown("arithmetic is not followed"), false),
                Part::Process(list) => {
                    self.substitution(state, list);
                    (unknown("it is the name of a pipe"), false)
                }
                Part::Expression(_) => (unknown("it is an expression of the workflow"), split),
                Part::Array(_) => (unknown("arrays are not followed"), false),
            };
            out.push(Piece { text, split, next: false });
        }
    }

    fn all_arguments(state: &State, parameter: &Parameter, quoted: bool, out: &mut Vec<Piece>) {
        let plain = matches!(parameter.operation, Operation::Plain);
        let Some(args) = state.args.clone().filter(|_| plain) else {
            let text = Text::unknown(Reason::at("the arguments are not known", parameter.span));
            return out.push(Piece { text, split: !quoted, next: false });
        };
        let joined = quoted && parameter.name == "*";
        for (n, text) in args.iter().enumerate() {
            if joined && n > 0 {
                out.push(Piece { text: Text::one(" "), split: false, next: false });
            }
            out.push(Piece { text: text.clone(), split: !quoted, next: !joined && n > 0 });
        }
    }

    fn raw(state: &State, parameter: &Parameter) -> Text {
        let absent = Text { known: Known::Absent, certainty: Certainty::Stated, guess: false };
        match parameter.name.as_str() {
            "#" => match &state.args {
                Some(args) => Text::one(args.len().to_string()),
                None => Text::unknown(Reason::at("the arguments are not known", parameter.span)),
            },
            "0" | "?" | "$" | "!" | "-" => {
                Text::unknown(Reason::at(format!("${} is known at run time only", parameter.name), parameter.span))
            }
            name => match (name.parse::<usize>(), &state.args) {
                (Ok(n), Some(args)) => n.checked_sub(1).and_then(|n| args.get(n)).cloned().unwrap_or(absent),
                (Ok(_), None) => Text::unknown(Reason::at("the arguments are not known", parameter.span)),
                _ => state.lookup(name),
            },
        }
    }

    fn parameter(&mut self, state: &mut State, parameter: &Parameter) -> Text {
        let mut value = Self::raw(state, parameter);
        let name = parameter.name.as_str();
        let lost = |why: &str| Text::unknown(Reason::at(why, parameter.span));
        let missing = |value: &Text, empty: bool| match &value.known {
            Known::Absent => Some(true),
            Known::One(text) => Some(empty && text.is_empty()),
            Known::OneOf(texts, _) => (!texts.iter().any(String::is_empty) || !empty).then_some(false),
            _ => None,
        };
        if parameter.index.is_some() {
            return lost("arrays are not followed");
        }
        match &parameter.operation {
            Operation::Plain | Operation::Required { .. } => {}
            Operation::Default { empty, word, assign } => match missing(&value, *empty) {
                Some(true) => {
                    let certainty = value.certainty.clone();
                    value = self.text(state, word);
                    value.certainty = certainty.and(&value.certainty);
                    if *assign {
                        state.set(name, value.clone(), parameter.span);
                    }
                }
                Some(false) => {}
                None => {
                    let outside = state.open && state.find(name).is_none();
                    let default = self.text(state, word);
                    let stated = default.known.one().is_some_and(|text| !text.is_empty());
                    if outside && stated {
                        value = default;
                        value.certainty = Certainty::Default { variable: Some(name.to_owned()) };
                        value.guess = true;
                        if *assign {
                            state.set(name, value.clone(), parameter.span);
                        }
                    } else if !value.known.is_unknown() {
                        value = lost("one of its values is empty");
                    }
                }
            },
            Operation::Alternative { empty, word } => {
                value = match missing(&value, *empty) {
                    Some(true) => Text { known: Known::One(String::new()), ..value },
                    Some(false) => {
                        let text = self.text(state, word);
                        Text {
                            certainty: value.certainty.and(&text.certainty),
                            guess: value.guess || text.guess,
                            ..text
                        }
                    }
                    None if value.known.is_unknown() => value,
                    None => lost("one of its values is empty"),
                };
            }
            Operation::Length => {
                if !value.known.is_unknown() && value.known != Known::Absent {
                    value.known = value.known.map(|text| text.chars().count().to_string());
                }
            }
            Operation::Trim { end, longest, pattern } => {
                let pattern = self.pattern(state, pattern);
                value = match pattern.known {
                    Known::One(pattern) => {
                        let pattern: Vec<char> = pattern.chars().collect();
                        Text { known: value.known.map(|text| trim(&text, &pattern, *end, *longest)), ..value }
                    }
                    _ => lost("the pattern is not known"),
                };
            }
            Operation::Case { upper, all: true } => {
                let change = |text: String| if *upper { text.to_uppercase() } else { text.to_lowercase() };
                value.known = value.known.map(change);
            }
            Operation::Case { .. }
            | Operation::Indirect
            | Operation::Slice { .. }
            | Operation::Replace { .. }
            | Operation::Other => value = lost("this form of expansion is not followed"),
        }
        if value.known == Known::Absent {
            value.known = Known::One(String::new());
        }
        value
    }
}

fn escape(text: &str) -> String {
    text.chars().flat_map(|c| ['\\', c]).collect()
}

fn trim(text: &str, pattern: &[char], end: bool, longest: bool) -> String {
    let chars: Vec<char> = text.chars().take(4096).collect();
    let mut cuts: Vec<usize> = (0..=chars.len()).collect();
    if longest != end {
        cuts.reverse();
    }
    for cut in cuts {
        let (head, tail) = chars.split_at(cut);
        let (gone, kept) = if end { (tail, head) } else { (head, tail) };
        if pattern::matches(pattern, gone) {
            return kept.iter().collect();
        }
    }
    text.to_owned()
}
