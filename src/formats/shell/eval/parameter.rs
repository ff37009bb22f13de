//! `${…}`: what is done to the value of a variable.

use super::super::ast::{Arith, Operation, Parameter, Word};
use super::super::subscript::Subscript;
use super::Runner;
use super::arrays::certain;
use super::expand::every_value;
use super::pattern;
use super::state::{End, State, Text};
use crate::model::{Certainty, Known, Reason};

/// Longer texts are not searched for patterns.
const MAX_SEARCHED: usize = 4096;

/// Whether a value is missing, or empty where that counts; none where that is not decided.
pub(super) fn missing(value: &Text, empty: bool) -> Option<bool> {
    match &value.known {
        Known::Absent => Some(true),
        Known::One(text) => Some(empty && text.is_empty()),
        Known::OneOf(texts, _) => (!texts.iter().any(String::is_empty) || !empty).then_some(false),
        _ => None,
    }
}

impl Runner<'_> {
    /// The value before anything is done to it.
    pub(super) fn value(state: &State, parameter: &Parameter) -> Text {
        let absent = Text { known: Known::Absent, ..Text::one("") };
        let lost = |why: &str| Text::unknown(Reason::at(why, parameter.span));
        let nth = |all: &[Text], n: usize| {
            if certain(all.get(..n).unwrap_or(all)) {
                all.get(n).cloned().unwrap_or_else(|| absent.clone())
            } else {
                lost("how many values stand before it is not known")
            }
        };
        if parameter.index.as_ref().is_some_and(Subscript::is_all) || matches!(parameter.name.as_str(), "@" | "*") {
            return match every_value(state, parameter) {
                Some(all) if all.is_empty() => absent,
                Some(all) => {
                    all.iter().skip(1).fold(all[0].clone(), |text, next| text.concat(&Text::one(" ")).concat(next))
                }
                None => lost("the values are not known"),
            };
        }
        if let Some(index) = &parameter.index {
            if let Some(element) = state.element(&parameter.name, Some(index)) {
                return element;
            }
            let number = state.key(&index.raw).and_then(|number| number.parse::<usize>().ok());
            return match (number, state.arrays.get(&parameter.name)) {
                (Some(n), Some(array)) => nth(array, n),
                _ => lost("the element is not known"),
            };
        }
        if let Some(array) = state.arrays.get(&parameter.name) {
            return nth(array, 0);
        }
        match parameter.name.as_str() {
            "#" => match &state.args {
                Some(args) if certain(args) => Text::one(args.len().to_string()),
                _ => lost("the arguments are not known"),
            },
            "0" => state.zero.clone().unwrap_or_else(|| lost("$0 is known at run time only")),
            "?" | "$" | "!" | "-" => lost(&format!("${} is known at run time only", parameter.name)),
            name => match (name.parse::<usize>(), &state.args) {
                (Ok(n), Some(args)) => n.checked_sub(1).map_or_else(|| absent.clone(), |n| nth(args, n)),
                (Ok(_), None) => lost("the arguments are not known"),
                _ => state.lookup(name),
            },
        }
    }

    pub(super) fn parameter(&mut self, state: &mut State, parameter: &Parameter) -> Text {
        let mut value = Self::value(state, parameter);
        let lost = |why: &str| Text::unknown(Reason::at(why, parameter.span));
        match &parameter.operation {
            Operation::Plain => {}
            Operation::Required { empty } => {
                // The shell ends here.
                if missing(&value, *empty) == Some(true) && !value.guess && self.substitution == 0 {
                    state.ended = Some(End::Failed);
                }
            }
            Operation::Default { empty, word, assign } => {
                value = self.with_default(state, parameter, value, (*empty, word, *assign));
            }
            Operation::Alternative { empty, word } => {
                value = match missing(&value, *empty) {
                    Some(true) => Text { known: Known::One(String::new()), ..value },
                    Some(false) => {
                        let text = self.text(state, word);
                        let certainty = value.certainty.and(&text.certainty);
                        Text { certainty, guess: value.guess || text.guess, ..text }
                    }
                    None if value.known.is_unknown() => value,
                    None => lost("one of its values is empty"),
                };
            }
            Operation::Length => value = Self::length(state, parameter, value),
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
            Operation::Case { upper, all } => {
                value.known = value.known.map(|text| cased(&text, *upper, *all));
            }
            Operation::Indirect => value = Self::indirect(state, parameter, &value),
            Operation::Slice { offset, length } => {
                let mut number = |part: &Option<Arith>| match part {
                    Some(part) => self.number(state, part, parameter.span).known.one()?.parse::<i64>().ok().map(Some),
                    None => Some(None),
                };
                value = match (number(offset), number(length)) {
                    (Some(offset), Some(length)) => slice(value, offset.unwrap_or(0), length)
                        .unwrap_or_else(|| lost("the part of the text is not known")),
                    _ => lost("the part of the text is not known"),
                };
            }
            Operation::Replace { all, pattern, with } => {
                value = self.replaced(state, value, *all, pattern.as_ref(), with.as_ref());
            }
            Operation::Other => value = lost("this form of expansion is not followed"),
        }
        if value.known == Known::Absent {
            value.known = Known::One(String::new());
        }
        value
    }

    /// `${X:-w}` and `${X:=w}`
    fn with_default(
        &mut self,
        state: &mut State,
        parameter: &Parameter,
        value: Text,
        (empty, word, assign): (bool, &Word, bool),
    ) -> Text {
        let name = parameter.name.as_str();
        let mut value = value;
        match missing(&value, empty) {
            Some(true) => {
                let certainty = value.certainty.clone();
                let guess = value.guess;
                value = self.text(state, word);
                value.certainty = certainty.and(&value.certainty);
                value.guess |= guess;
                if assign {
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
                } else if !value.known.is_unknown() {
                    value = Text::unknown(Reason::at("one of its values is empty", parameter.span));
                }
                if assign && (outside || !value.known.is_unknown()) {
                    state.set(name, value.clone(), parameter.span);
                }
            }
        }
        value
    }

    fn length(state: &State, parameter: &Parameter, value: Text) -> Text {
        let lost = |why: &str| Text::unknown(Reason::at(why, parameter.span));
        let counted =
            parameter.index.as_ref().is_some_and(Subscript::is_all) || matches!(parameter.name.as_str(), "@" | "*");
        if counted {
            return match every_value(state, parameter) {
                Some(all) if certain(&all) => Text::one(all.len().to_string()),
                _ => lost("how many values there are is not known"),
            };
        }
        match &value.known {
            Known::Absent => Text { known: Known::One("0".into()), ..value },
            Known::Unknown(_) => value,
            known if known.values().iter().all(|text| text.is_ascii()) => {
                Text { known: value.known.map(|text| text.len().to_string()), ..value }
            }
            _ => lost("how many characters there are depends on the locale"),
        }
    }

    /// `${!X}`
    fn indirect(state: &State, parameter: &Parameter, value: &Text) -> Text {
        match value.known.one() {
            Some(name) if super::super::lex::name_length(name) == name.len() && !value.guess => state.lookup(name),
            _ => Text::unknown(Reason::at("which variable it is, is not known", parameter.span)),
        }
    }

    /// `${X/p/w}`
    fn replaced(
        &mut self,
        state: &mut State,
        value: Text,
        all: bool,
        pattern: Option<&Word>,
        with: Option<&Word>,
    ) -> Text {
        let mut glob = pattern.map_or_else(|| Text::one(""), |pattern| self.pattern(state, pattern));
        let with = with.map_or_else(|| Text::one(""), |with| self.text(state, with));
        let lost = || Text::unknown(Reason::new("what is replaced is not known"));
        let (Some(written), Some(with)) = (glob.known.one().cloned(), with.known.one()) else { return lost() };
        // `&` stands for the match in newer shells.
        if with.contains(['&', '\\']) {
            return lost();
        }
        let anchor = written.chars().next().filter(|c| !all && matches!(c, '#' | '%'));
        if anchor.is_some() {
            glob.known = Known::One(written[1..].to_owned());
        }
        let pattern: Vec<char> = glob.known.one().map(|text| text.chars().collect()).unwrap_or_default();
        let change = |text: String| replace(&text, &pattern, with, all, anchor);
        let too_long = value.known.values().iter().any(|text| text.len() > MAX_SEARCHED / 8);
        if too_long { lost() } else { Text { known: value.known.map(change), ..value } }
    }
}

fn cased(text: &str, upper: bool, all: bool) -> String {
    let change = |text: &str| if upper { text.to_uppercase() } else { text.to_lowercase() };
    let first = text.chars().next().map_or(0, char::len_utf8);
    let (head, rest) = text.split_at(if all { text.len() } else { first });
    change(head) + rest
}

fn slice(value: Text, offset: i64, length: Option<i64>) -> Option<Text> {
    let cut = |text: &str| -> Option<String> {
        if !text.is_ascii() {
            return None;
        }
        let count = i64::try_from(text.len()).ok()?;
        let start = if offset < 0 { count + offset } else { offset };
        if start < 0 || start > count {
            return Some(String::new());
        }
        let end = match length {
            None => count,
            Some(length) if length < 0 => count + length,
            Some(length) => count.min(start + length),
        };
        text.get(usize::try_from(start).ok()?..usize::try_from(end).ok()?).map(str::to_owned)
    };
    let known = match &value.known {
        Known::Absent => Known::One(String::new()),
        Known::One(text) => Known::One(cut(text)?),
        Known::Unknown(reason) => Known::Unknown(reason.clone()),
        _ => return None,
    };
    Some(Text { known, ..value })
}

fn trim(text: &str, pattern: &[char], end: bool, longest: bool) -> String {
    let chars: Vec<char> = text.chars().take(MAX_SEARCHED).collect();
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

/// The longest match at each place, from left to right.
fn replace(text: &str, pattern: &[char], with: &str, all: bool, anchor: Option<char>) -> String {
    let chars: Vec<char> = text.chars().collect();
    let found = |start: usize| {
        let ends = (start..=chars.len()).rev();
        ends.filter(|end| *end > start || anchor.is_some())
            .find(|&end| (anchor != Some('%') || end == chars.len()) && pattern::matches(pattern, &chars[start..end]))
    };
    let mut out = String::new();
    let mut at = 0;
    while at < chars.len() || anchor.is_some() && at == 0 {
        if (anchor != Some('#') || at == 0)
            && let Some(end) = found(at).filter(|_| !pattern.is_empty() || anchor.is_some())
        {
            out.push_str(with);
            at = end;
            if all && at < chars.len() {
                continue;
            }
            break;
        }
        if at < chars.len() {
            out.push(chars[at]);
        }
        at += 1;
    }
    out.extend(chars.get(at..).unwrap_or(&[]));
    out
}
