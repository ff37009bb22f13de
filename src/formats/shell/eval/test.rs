//! Conditions: `[[ … ]]`, `[ … ]`, `test`.

use super::super::ast::Condition;
use super::pattern;
use super::state::{State, Text};
use super::{Runner, Status};
use crate::model::{Certainty, Known, Reason};

type Truth = Result<bool, Reason>;

fn and(a: Truth, b: Truth) -> Truth {
    match (a, b) {
        (Ok(false), _) | (_, Ok(false)) => Ok(false),
        (Err(reason), _) | (_, Err(reason)) => Err(reason),
        _ => Ok(true),
    }
}

fn not(a: Truth) -> Truth {
    a.map(|value| !value)
}

impl Runner<'_> {
    pub(super) fn decide(&mut self, test: impl FnOnce(&mut Self) -> Truth) -> Status {
        match test(self) {
            Ok(value) => Status::Is(value),
            Err(reason) => Status::Undecided(reason),
        }
    }

    /// Whether a test holds for every value that the texts can have; undecided where they disagree.
    fn all(&mut self, a: &Text, b: &Text, test: impl Fn(&str, &str) -> Option<bool>) -> Truth {
        for text in [a, b] {
            if let Known::Unknown(reason) = &text.known {
                return Err(reason.clone());
            }
            if text.guess {
                let why = Reason::new("it rests on a variable that is set outside the repository");
                let Certainty::Default { variable: Some(name) } = &text.certainty else { return Err(why) };
                return Err(why.answered_with(format!("provides = [\"{name}\"]")));
            }
        }
        let mut results = a.known.values().iter().flat_map(|a| b.known.values().iter().map(|b| test(a, b)));
        let lost = || Reason::new("the values of the test are not the same on every branch");
        let first = results.next().flatten().ok_or_else(lost)?;
        if results.any(|result| result != Some(first)) {
            return Err(lost());
        }
        self.leaned_on = self.leaned_on.and(&a.certainty).and(&b.certainty);
        Ok(first)
    }

    pub(super) fn matched(&mut self, text: &Text, glob: &Text) -> Truth {
        self.all(text, glob, |text, glob| {
            let (glob, text): (Vec<char>, Vec<char>) = (glob.chars().collect(), text.chars().collect());
            Some(pattern::matches(&glob, &text))
        })
    }

    pub(super) fn condition(&mut self, state: &mut State, condition: &Condition) -> Truth {
        match condition {
            Condition::Word(word) => {
                let text = self.text(state, word);
                self.unary("-n", &text)
            }
            Condition::Unary(op, word) => {
                let text = self.text(state, word);
                self.unary(op, &text)
            }
            Condition::Binary(a, op, b) => {
                let left = self.text(state, a);
                match op.as_str() {
                    "=" | "==" | "!=" => {
                        let glob = self.pattern(state, b);
                        let truth = self.matched(&left, &glob);
                        if op == "!=" { not(truth) } else { truth }
                    }
                    op => {
                        let right = self.text(state, b);
                        let octal = |text: &Text| {
                            text.known.values().iter().any(|text| text.len() > 1 && text.starts_with('0'))
                        };
                        if op.starts_with('-') && (octal(&left) || octal(&right)) {
                            return Err(Reason::new("a number with a leading zero is not followed"));
                        }
                        self.binary(&left, op, &right)
                    }
                }
            }
            Condition::Not(inner) => not(self.condition(state, inner)),
            Condition::And(a, b) => {
                let a = self.condition(state, a);
                if a == Ok(false) { a } else { and(a, self.condition(state, b)) }
            }
            Condition::Or(a, b) => {
                let a = self.condition(state, a);
                if a == Ok(true) { a } else { not(and(not(a), not(self.condition(state, b)))) }
            }
        }
    }

    fn unary(&mut self, op: &str, text: &Text) -> Truth {
        match op {
            "-n" => self.all(text, &Text::one(""), |text, _| Some(!text.is_empty())),
            "-z" => self.all(text, &Text::one(""), |text, _| Some(text.is_empty())),
            _ => Err(Reason::new(format!("`{op}` tests what is there at run time"))),
        }
    }

    fn binary(&mut self, a: &Text, op: &str, b: &Text) -> Truth {
        let numbers = |a: &str, b: &str| Some((a.trim().parse::<i64>().ok()?, b.trim().parse::<i64>().ok()?));
        match op {
            "=" | "==" => self.all(a, b, |a, b| Some(a == b)),
            "!=" => self.all(a, b, |a, b| Some(a != b)),
            "-eq" => self.all(a, b, |a, b| numbers(a, b).map(|(a, b)| a == b)),
            "-ne" => self.all(a, b, |a, b| numbers(a, b).map(|(a, b)| a != b)),
            "-lt" => self.all(a, b, |a, b| numbers(a, b).map(|(a, b)| a < b)),
            "-le" => self.all(a, b, |a, b| numbers(a, b).map(|(a, b)| a <= b)),
            "-gt" => self.all(a, b, |a, b| numbers(a, b).map(|(a, b)| a > b)),
            "-ge" => self.all(a, b, |a, b| numbers(a, b).map(|(a, b)| a >= b)),
            _ => Err(Reason::new(format!("`{op}` is not followed"))),
        }
    }

    /// The words of `test`, without its name and bracket.
    pub(super) fn test(&mut self, words: &[Text]) -> Truth {
        let op = |at: usize| words.get(at).and_then(|text| text.known.one()).map_or("", String::as_str);
        match words {
            [] => Ok(false),
            _ if words.len() > 100 => Err(Reason::new("the test is too long to be followed")),
            [word] => self.unary("-n", word),
            [_, word] if op(0) == "!" => not(self.unary("-n", word)),
            [_, word] => self.unary(op(0), word),
            [a, _, b] if !matches!(op(1), "-a" | "-o") && op(0) != "!" => self.binary(a, op(1), b),
            _ => {
                // `-o` binds weaker than `-a`, both weaker than `!`.
                let split = |word: &str| (1..words.len()).find(|&at| op(at) == word);
                if op(0) == "(" || op(words.len() - 1) == ")" {
                    return Err(Reason::new("parentheses in a test are not followed"));
                }
                if let Some(at) = split("-o") {
                    let (a, b) = (self.test(&words[..at]), self.test(&words[at + 1..]));
                    return not(and(not(a), not(b)));
                }
                if let Some(at) = split("-a") {
                    let (a, b) = (self.test(&words[..at]), self.test(&words[at + 1..]));
                    return and(a, b);
                }
                if op(0) == "!" {
                    return not(self.test(&words[1..]));
                }
                Err(Reason::new("the test could not be read"))
            }
        }
    }
}
