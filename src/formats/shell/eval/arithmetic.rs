//! Values of arithmetic, as far as their variables are known.

use super::super::ast::{Arith, Item, Word};
use super::super::lex::name_length;
use super::state::{State, Text};
use super::{Runner, Status};
use crate::model::{Known, Reason, Span};

/// A number; none where something is not known.
type Number = Option<i64>;

/// Variables whose values are expressions themselves are followed this far.
const MAX_DEPTH: usize = 8;

impl Runner<'_> {
    /// The value of `$(( … ))`.
    pub(super) fn number(&mut self, state: &mut State, value: &Arith, span: Span) -> Text {
        match self.compute(state, value, span, 0) {
            Some(number) => Text::one(number.to_string()),
            None => Text::unknown(Reason::at("the arithmetic rests on what is not known", span)),
        }
    }

    /// `(( … ))` and `let`: true unless the value is 0.
    pub(super) fn arithmetic(&mut self, values: &[Arith], item: &Item, state: &mut State) -> Status {
        let mut last = None;
        for value in values {
            last = self.compute(state, value, item.span, 0);
        }
        match last {
            Some(number) => Status::Is(number != 0),
            None => Status::Undecided(Reason::at("the arithmetic rests on what is not known", item.span)),
        }
    }

    fn compute(&mut self, state: &mut State, value: &Arith, span: Span, depth: usize) -> Number {
        if depth > 64 {
            return None;
        }
        let deeper = depth + 1;
        match value {
            Arith::Word(word) => self.operand(state, word),
            Arith::Element(..) => None,
            Arith::Group(inner) => self.compute(state, inner, span, deeper),
            Arith::Choice(parts) => {
                let [condition, yes, no] = &**parts;
                match self.compute(state, condition, span, deeper) {
                    Some(0) => self.compute(state, no, span, deeper),
                    Some(_) => self.compute(state, yes, span, deeper),
                    None => {
                        Self::lose(state, yes, span);
                        Self::lose(state, no, span);
                        None
                    }
                }
            }
            Arith::Prefix(op @ ("++" | "--"), inner) => {
                let number = self.compute(state, inner, span, deeper);
                let number = number.and_then(|number| number.checked_add(if *op == "++" { 1 } else { -1 }));
                Self::assign(state, inner, number, span);
                number
            }
            Arith::Postfix(op, inner) => {
                let number = self.compute(state, inner, span, deeper);
                let changed = number.and_then(|number| number.checked_add(if *op == "++" { 1 } else { -1 }));
                Self::assign(state, inner, changed, span);
                number
            }
            Arith::Prefix(op, inner) => {
                let number = self.compute(state, inner, span, deeper)?;
                match *op {
                    "!" => Some(i64::from(number == 0)),
                    "~" => Some(!number),
                    "-" => number.checked_neg(),
                    _ => Some(number),
                }
            }
            Arith::Binary(left, op, right) => self.binary_number(state, (left, op, right), span, deeper),
        }
    }

    fn binary_number(&mut self, state: &mut State, parts: (&Arith, &str, &Arith), span: Span, depth: usize) -> Number {
        let (left, op, right) = parts;
        if op == "=" {
            let number = self.compute(state, right, span, depth);
            Self::assign(state, left, number, span);
            return number;
        }
        let a = self.compute(state, left, span, depth);
        if matches!(op, "&&" | "||") {
            return match a {
                Some(a) if (a != 0) == (op == "||") => Some(i64::from(a != 0)),
                Some(_) => self.compute(state, right, span, depth).map(|b| i64::from(b != 0)),
                None => {
                    Self::lose(state, right, span);
                    None
                }
            };
        }
        let b = self.compute(state, right, span, depth);
        if let Some(op) = op.strip_suffix('=').filter(|op| !matches!(*op, "=" | "!" | "<" | ">")) {
            let number = a.zip(b).and_then(|(a, b)| operate(a, op, b));
            Self::assign(state, left, number, span);
            return number;
        }
        operate(a?, op, b?)
    }

    /// The value of a word: a number, a variable, or an expansion that gives one of them.
    fn operand(&mut self, state: &mut State, word: &Word) -> Number {
        let text = self.text(state, word);
        let mut text = if text.guess { return None } else { text.known.one()?.trim().to_owned() };
        for _ in 0..MAX_DEPTH {
            if text.is_empty() {
                return Some(0);
            }
            if name_length(&text) != text.len() {
                // `let "x = 1"` is an expression in quotes.
                if text.contains('=') || text.contains("++") || text.contains("--") {
                    let reason = Reason::at("the arithmetic is not followed", word.span);
                    for name in text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
                        if name_length(name) > 0 {
                            state.lose(name, &reason, word.span);
                        }
                    }
                }
                return constant(&text);
            }
            let value = state.lookup(&text);
            text = match value.known {
                Known::Absent => return Some(0),
                Known::One(value_text) if !value.guess => value_text.trim().to_owned(),
                _ => return None,
            };
        }
        None
    }

    fn assign(state: &mut State, target: &Arith, number: Number, span: Span) {
        let Arith::Word(word) = target else {
            if let Arith::Element(name, _) = target {
                state.lose(name, &Reason::at("an element is computed", span), span);
            }
            return;
        };
        let text = match number {
            Some(number) => Text::one(number.to_string()),
            None => Text::unknown(Reason::at("the arithmetic rests on what is not known", span)),
        };
        state.set(&word.raw, text, span);
    }

    /// What an expression may assign is not known any more.
    pub(super) fn lose(state: &mut State, value: &Arith, span: Span) {
        match value {
            Arith::Word(_) => {}
            Arith::Element(_, inner) | Arith::Group(inner) => Self::lose(state, inner, span),
            Arith::Prefix(op, inner) | Arith::Postfix(op, inner) => {
                if matches!(*op, "++" | "--") {
                    Self::assign(state, inner, None, span);
                }
                Self::lose(state, inner, span);
            }
            Arith::Choice(parts) => parts.iter().for_each(|part| Self::lose(state, part, span)),
            Arith::Binary(left, op, right) => {
                if op.ends_with('=') && !matches!(*op, "==" | "!=" | "<=" | ">=") {
                    Self::assign(state, left, None, span);
                }
                Self::lose(state, left, span);
                Self::lose(state, right, span);
            }
        }
    }
}

/// A number as the shell writes them: `10`, `0x1f`, `017`, `2#101`.
fn constant(text: &str) -> Number {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let number = if let Some((base, rest)) = digits.split_once('#') {
        i64::from_str_radix(rest, base.parse::<u32>().ok().filter(|base| (2..=36).contains(base))?).ok()?
    } else if let Some(rest) = digits.strip_prefix("0x").or(digits.strip_prefix("0X")) {
        i64::from_str_radix(rest, 16).ok()?
    } else if digits.len() > 1 && digits.starts_with('0') {
        i64::from_str_radix(digits, 8).ok()?
    } else if digits.bytes().all(|c| c.is_ascii_digit()) {
        digits.parse().ok()?
    } else {
        return None;
    };
    Some(if negative { -number } else { number })
}

fn operate(a: i64, op: &str, b: i64) -> Number {
    let shift = || u32::try_from(b).ok().filter(|b| *b < 64);
    match op {
        "+" => Some(a.wrapping_add(b)),
        "-" => Some(a.wrapping_sub(b)),
        "*" => Some(a.wrapping_mul(b)),
        "/" => a.checked_div(b),
        "%" => a.checked_rem(b),
        "**" => u32::try_from(b).ok().and_then(|b| a.checked_pow(b)),
        "<<" => shift().map(|b| a << b),
        ">>" => shift().map(|b| a >> b),
        "&" => Some(a & b),
        "|" => Some(a | b),
        "^" => Some(a ^ b),
        "," => Some(b),
        "==" => Some(i64::from(a == b)),
        "!=" => Some(i64::from(a != b)),
        "<" => Some(i64::from(a < b)),
        ">" => Some(i64::from(a > b)),
        "<=" => Some(i64::from(a <= b)),
        ">=" => Some(i64::from(a >= b)),
        _ => None,
    }
}
