//! Words to texts.

use super::super::ast::{Arith, Operation, Parameter, Part, Word};
use super::super::lex;
use super::super::subscript::Subscript;
use super::Runner;
use super::arrays::certain;
use super::braces;
use super::state::{State, Text};
use crate::model::{Known, Reason};

/// What the shell splits unquoted text at, unless told otherwise.
pub(super) const BLANKS: &str = " \t\n";

/// A piece of a word; `split` where blanks in it end the word, `next` where a new word starts before it.
struct Piece {
    text: Text,
    split: bool,
    next: bool,
}

/// How the parts of a word are read.
#[derive(Clone, Copy)]
struct Manner {
    /// Inside `"…"`.
    quoted: bool,
    /// In the word of an expansion, whose unquoted text is split.
    inner: bool,
}

const PLAIN: Manner = Manner { quoted: false, inner: false };

impl Runner<'_> {
    /// The words that a word becomes.
    pub(super) fn fields(&mut self, state: &mut State, word: &Word) -> Vec<Text> {
        if let Some(words) = braces::expanded(word) {
            return words.iter().flat_map(|word| self.fields(state, word)).collect();
        }
        let mut pieces = Vec::new();
        self.pieces(state, &word.parts, PLAIN, &mut pieces);
        let separators = separators(state);
        let mut fields = Vec::new();
        let mut current: Option<Text> = None;
        for piece in pieces {
            if piece.next {
                fields.extend(current.take());
            }
            let joined = |current: &mut Option<Text>, text: Text| {
                *current = Some(current.take().map_or_else(|| text.clone(), |before| before.concat(&text)));
            };
            let text = match piece.text.known.one() {
                Some(text) if piece.split => text.clone(),
                _ => {
                    let many = piece.split && !piece.text.known.values().iter().all(|text| is_one(text));
                    let many = many || piece.split && piece.text.known.is_unknown();
                    joined(&mut current, Text { many: piece.text.many || many, ..piece.text });
                    continue;
                }
            };
            let Some(separators) = &separators else {
                let known = Known::Unknown(Reason::new("it is split at characters that are not known"));
                joined(&mut current, Text { known, many: true, ..piece.text });
                continue;
            };
            if separators != BLANKS {
                if !separators.is_empty() && text.contains(|c| separators.contains(c)) {
                    let known = Known::Unknown(Reason::new("it is split at other characters than blanks"));
                    joined(&mut current, Text { known, many: true, ..piece.text });
                } else if !text.is_empty() {
                    joined(&mut current, piece.text);
                }
                continue;
            }
            let is_blank = |c: char| BLANKS.contains(c);
            if text.starts_with(is_blank) {
                fields.extend(current.take());
            }
            for (n, part) in text.split(is_blank).filter(|part| !part.is_empty()).enumerate() {
                if n > 0 {
                    fields.extend(current.take());
                }
                joined(&mut current, Text { known: Known::One(part.to_owned()), ..piece.text.clone() });
            }
            if text.ends_with(is_blank) {
                fields.extend(current.take());
            }
        }
        fields.extend(current);
        fields
    }

    /// The text of a word that is not split.
    pub(super) fn text(&mut self, state: &mut State, word: &Word) -> Text {
        let mut pieces = Vec::new();
        self.pieces(state, &word.parts, PLAIN, &mut pieces);
        let mut result = Text::one("");
        for piece in pieces {
            if piece.next {
                result = result.concat(&Text::one(" "));
            }
            result = result.concat(&piece.text);
        }
        Text { many: false, ..result }
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
                    // A pattern in a variable is one, unless quoted.
                    let quoted = matches!(part, Part::Single(_) | Part::Double(_));
                    if quoted { Text { known: text.known.map(|text| escape(&text)), ..text } } else { text }
                }
            };
            result = result.concat(&text);
        }
        result
    }

    fn pieces(&mut self, state: &mut State, parts: &[Part], manner: Manner, out: &mut Vec<Piece>) {
        let quoted = manner.quoted;
        for (n, part) in parts.iter().enumerate() {
            let split = !quoted;
            let unknown = |why: &str| Text::unknown(Reason::new(why));
            let (text, split) = match part {
                Part::Literal(text) if n == 0 && text.starts_with('~') && !quoted => (home(state, text), false),
                Part::Literal(text) => (Text::one(lex::unescape(text)), manner.inner && !text.contains('\\')),
                Part::Single(text) if text.contains("${{") => (unknown("it is an expression of the workflow"), false),
                Part::Single(text) | Part::Pattern(text) => (Text::one(text.as_str()), false),
                Part::Double(inner) => {
                    let before = out.len();
                    let all = matches!(inner.as_slice(), [Part::Parameter(parameter)] if every(parameter));
                    self.pieces(state, inner, Manner { quoted: true, ..manner }, out);
                    if out.len() > before || all {
                        continue;
                    }
                    (Text::one(""), false)
                }
                Part::Parameter(parameter) if many(parameter) || stays(state, parameter) => {
                    self.values(state, parameter, quoted, out);
                    continue;
                }
                Part::Parameter(parameter) => match Self::instead(state, parameter) {
                    Some(word) => {
                        let word = word.clone();
                        self.pieces(state, &word.parts, Manner { quoted, inner: true }, out);
                        continue;
                    }
                    None => (self.parameter(state, parameter), split),
                },
                Part::Command(list) => (self.substitution(state, list), split),
                Part::Arithmetic(value) => {
                    let span = crate::model::Span::new(crate::model::FileId(0), 0, 0);
                    (Text { ..self.number(state, value, span) }, false)
                }
                Part::Process(list) => {
                    self.substitution(state, list);
                    (unknown("it is the name of a pipe"), false)
                }
                Part::Expression(_) => (unknown("it is an expression of the workflow"), split),
                Part::Array(_) => (unknown("the array is not followed"), false),
            };
            out.push(Piece { text, split, next: false });
        }
    }

    /// The word that stands in for a variable, where that is decided and nothing is assigned.
    fn instead<'p>(state: &State, parameter: &'p Parameter) -> Option<&'p Word> {
        let value = Self::value(state, parameter);
        if value.guess || value.certainty != crate::model::Certainty::Stated {
            return None;
        }
        let missing = |empty: bool| super::parameter::missing(&value, empty);
        match &parameter.operation {
            Operation::Default { empty, word, assign: false } if missing(*empty) == Some(true) => Some(word),
            Operation::Alternative { empty, word } if missing(*empty) == Some(false) => Some(word),
            _ => None,
        }
    }

    /// `$@`, `${A[@]}` and their kin.
    fn values(&mut self, state: &mut State, parameter: &Parameter, quoted: bool, out: &mut Vec<Piece>) {
        let all = match &parameter.operation {
            Operation::Plain | Operation::Default { .. } => every_value(state, parameter),
            Operation::Indirect if parameter.index.is_some() => state.subscripts(&parameter.name),
            Operation::Slice { offset, length } => every_value(state, parameter)
                .and_then(|all| self.sliced(state, all, parameter, offset.as_ref(), length.as_ref())),
            _ => None,
        };
        let Some(all) = all else {
            let mut text = Text::unknown(Reason::at("the values are not known", parameter.span));
            text.many = true;
            return out.push(Piece { text, split: !quoted, next: false });
        };
        let star = parameter.name == "*" || parameter.index.as_ref().is_some_and(|index| index.raw == "*");
        let joined = quoted && star;
        let between = if joined && all.len() > 1 {
            match separators(state) {
                Some(separators) => Text::one(separators.chars().next().map_or(String::new(), String::from)),
                None => Text::unknown(Reason::at("what joins the values is not known", parameter.span)),
            }
        } else {
            Text::one(" ")
        };
        for (n, text) in all.into_iter().enumerate() {
            if joined && n > 0 {
                out.push(Piece { text: between.clone(), split: false, next: false });
            }
            out.push(Piece { text, split: !quoted, next: !joined && n > 0 });
        }
    }

    fn sliced(
        &mut self,
        state: &mut State,
        all: Vec<Text>,
        parameter: &Parameter,
        offset: Option<&Arith>,
        length: Option<&Arith>,
    ) -> Option<Vec<Text>> {
        let mut number = |value: Option<&Arith>| match value {
            Some(value) => self.number(state, value, parameter.span).known.one()?.parse::<i64>().ok().map(Some),
            None => Some(None),
        };
        let (offset, length) = (number(offset)?.unwrap_or(0), number(length)?);
        // Of the arguments, the first has the number 1.
        let arguments = parameter.index.is_none();
        if !certain(&all) || arguments && offset == 0 {
            return None;
        }
        let count = i64::try_from(all.len()).ok()?;
        let from = if offset < 0 { count + offset } else { offset - i64::from(arguments) };
        let from = usize::try_from(from).ok()?;
        let most = length.map_or(Some(usize::MAX), |length| usize::try_from(length).ok())?;
        Some(all.into_iter().skip(from).take(most).collect())
    }
}

/// Whether a parameter stands for any number of words.
fn many(parameter: &Parameter) -> bool {
    let all = matches!(parameter.name.as_str(), "@" | "*") || parameter.index.as_ref().is_some_and(Subscript::is_all);
    let values = matches!(parameter.operation, Operation::Plain | Operation::Slice { .. });
    all && (values
        || !matches!(
            parameter.operation,
            Operation::Length | Operation::Default { .. } | Operation::Alternative { .. } | Operation::Required { .. }
        ))
}

/// Whether `${@:-word}` is the arguments, for sure.
fn stays(state: &State, parameter: &Parameter) -> bool {
    let Operation::Default { empty, .. } = &parameter.operation else { return false };
    if parameter.index.is_some() || !matches!(parameter.name.as_str(), "@" | "*") {
        return false;
    }
    let value = Runner::value(state, parameter);
    super::parameter::missing(&value, *empty) == Some(false)
        && !value.guess
        && value.certainty == crate::model::Certainty::Stated
}

/// Whether no word is left of it in quotes, if it has no value.
fn every(parameter: &Parameter) -> bool {
    parameter.name == "@"
        || parameter.index.as_ref().is_some_and(|index| index.raw == "@")
        || matches!(&parameter.operation, Operation::Alternative { word, .. } | Operation::Default { word, .. }
            if matches!(word.parts.as_slice(), [Part::Double(inner)] if matches!(inner.as_slice(), [Part::Parameter(inner)] if inner.name == "@")))
}

/// The values of `$@` or of an array.
pub(super) fn every_value(state: &State, parameter: &Parameter) -> Option<Vec<Text>> {
    if parameter.index.is_none() {
        return state.args.as_ref().map(|args| args.to_vec());
    }
    if let Some(all) = state.every_element(&parameter.name) {
        return Some(all);
    }
    if let Some(array) = state.arrays.get(&parameter.name) {
        return Some(array.to_vec());
    }
    match state.lookup(&parameter.name) {
        text if text.known == Known::Absent => Some(Vec::new()),
        text if text.known.one().is_some() => Some(vec![text]),
        _ => None,
    }
}

/// What unquoted text is split at; none if that is not known.
fn separators(state: &State) -> Option<String> {
    match state.lookup("IFS").known {
        Known::Absent => Some(BLANKS.into()),
        Known::One(text) => Some(text),
        _ => None,
    }
}

/// Whether a text stays one word when it is split.
fn is_one(text: &str) -> bool {
    !text.is_empty() && !text.contains(|c| BLANKS.contains(c))
}

/// A text that starts with `~`.
fn home(state: &State, literal: &str) -> Text {
    let rest = literal.get(1..).unwrap_or("");
    let own = rest.is_empty() || rest.starts_with('/');
    match state.find("HOME").map(|var| var.value.clone()) {
        Some(Known::One(home)) if own => Text::one(format!("{home}{}", lex::unescape(rest))),
        _ => Text::unknown(Reason::new("the home folder is not known")),
    }
}

fn escape(text: &str) -> String {
    text.chars().flat_map(|c| ['\\', c]).collect()
}
