//! Values of GitHub's expressions: coercions, loose equality, JSON.

use std::cmp::Ordering;
use std::fmt::Write as _;

use crate::formats::small::json;
use crate::formats::small::tree::{Kind, Node};
use crate::model::{FileId, Known, Reason};

/// A value of an expression.
#[derive(Clone, PartialEq, Debug)]
pub enum Data {
    /// Nothing.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A number.
    Number(f64),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Data>),
    /// An object, in source order.
    Map(Vec<(String, Data)>),
    /// Only a run could tell.
    Unknown(Reason),
}

impl Data {
    /// A value that only a run could tell.
    pub fn unknown(why: impl Into<String>) -> Self {
        Self::Unknown(Reason::new(why))
    }

    /// Whether it, or a part of it, is not known.
    pub fn reason(&self) -> Option<&Reason> {
        match self {
            Self::Unknown(reason) => Some(reason),
            Self::List(items) => items.iter().find_map(Self::reason),
            Self::Map(entries) => entries.iter().find_map(|(_, value)| value.reason()),
            _ => None,
        }
    }

    /// The literal value of a node, without evaluating expressions in it.
    pub fn of(node: &Node) -> Self {
        match &node.kind {
            Kind::Null => Self::Null,
            Kind::Bool(yes) => Self::Bool(*yes),
            Kind::Number(number, _) => Self::Number(*number),
            Kind::Text(text) => Self::Text(text.clone()),
            Kind::List(items) => Self::List(items.iter().map(Self::of).collect()),
            Kind::Map(entries) => {
                Self::Map(entries.iter().map(|(key, value)| (key.value.clone(), Self::of(value))).collect())
            }
        }
    }

    /// The value as text, as GitHub puts it into a text; `None` if it is not known.
    pub fn text(&self) -> Option<String> {
        Some(match self {
            Self::Null => String::new(),
            Self::Bool(yes) => yes.to_string(),
            Self::Number(number) => number_text(*number),
            Self::Text(text) => text.clone(),
            Self::List(_) => "Array".into(),
            Self::Map(_) => "Object".into(),
            Self::Unknown(_) => return None,
        })
    }

    /// The value as text.
    pub fn known(&self) -> Known<String> {
        match self {
            Self::Unknown(reason) => Known::Unknown(reason.clone()),
            data => data.text().map_or(Known::Absent, Known::One),
        }
    }

    /// Whether it counts as true; `None` if it is not known.
    pub fn truth(&self) -> Option<bool> {
        match self {
            Self::Null => Some(false),
            Self::Bool(yes) => Some(*yes),
            Self::Number(number) => Some(*number != 0.0 && !number.is_nan()),
            Self::Text(text) => Some(!text.is_empty()),
            Self::List(_) | Self::Map(_) => Some(true),
            Self::Unknown(_) => None,
        }
    }

    fn number(&self) -> f64 {
        match self {
            Self::Null => 0.0,
            Self::Bool(yes) => f64::from(u8::from(*yes)),
            Self::Number(number) => *number,
            Self::Text(text) => text_number(text),
            Self::List(_) | Self::Map(_) | Self::Unknown(_) => f64::NAN,
        }
    }

    /// A property of an object by its name, without case.
    pub fn property(&self, name: &str) -> Option<&Self> {
        let Self::Map(entries) = self else { return None };
        let exact = entries.iter().find(|(key, _)| key == name);
        exact.or_else(|| entries.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))).map(|(_, value)| value)
    }

    /// GitHub's loose equality; `None` if it cannot be told.
    pub fn equals(&self, other: &Self) -> Option<bool> {
        match (self, other) {
            // Objects are compared by identity, which is not followed here.
            (Self::Unknown(_), _)
            | (_, Self::Unknown(_))
            | (Self::List(_), Self::List(_))
            | (Self::Map(_), Self::Map(_)) => None,
            (Self::Null, Self::Null) => Some(true),
            (Self::Text(a), Self::Text(b)) => Some(fold(a) == fold(b)),
            (a, b) => {
                let (a, b) = (a.number(), b.number());
                Some(a.partial_cmp(&b) == Some(Ordering::Equal))
            }
        }
    }

    /// GitHub's order; `Err` if it cannot be told, `Ok(None)` if the two cannot be compared.
    pub fn order(&self, other: &Self) -> Result<Option<Ordering>, Reason> {
        match (self, other) {
            (Self::Unknown(reason), _) | (_, Self::Unknown(reason)) => Err(reason.clone()),
            (Self::Text(a), Self::Text(b)) => Ok(Some(fold(a).cmp(&fold(b)))),
            (a, b) => Ok(a.number().partial_cmp(&b.number())),
        }
    }

    /// The value of a JSON text.
    pub fn from_json(text: &str) -> Self {
        match json::parse(FileId(0), text) {
            (Some(node), problems) if problems.is_empty() => Self::of(&node),
            _ => Self::unknown("fromJSON is given a text that is not JSON"),
        }
    }

    /// The value as indented JSON; `None` if it is not known.
    pub fn to_json(&self) -> Option<String> {
        if self.reason().is_some() {
            return None;
        }
        let mut out = String::new();
        self.write_json(&mut out, 0);
        Some(out)
    }

    fn write_json(&self, out: &mut String, depth: usize) {
        let pad = "  ".repeat(depth + 1);
        match self {
            Self::Null | Self::Unknown(_) => out.push_str("null"),
            Self::Bool(yes) => out.push_str(if *yes { "true" } else { "false" }),
            Self::Number(number) => out.push_str(&number_text(*number)),
            Self::Text(text) => out.push_str(&quoted(text)),
            Self::List(items) if items.is_empty() => out.push_str("[]"),
            Self::Map(entries) if entries.is_empty() => out.push_str("{}"),
            Self::List(items) => {
                for (i, item) in items.iter().enumerate() {
                    out.push_str(if i == 0 { "[\n" } else { ",\n" });
                    out.push_str(&pad);
                    item.write_json(out, depth + 1);
                }
                let _ = write!(out, "\n{}]", "  ".repeat(depth));
            }
            Self::Map(entries) => {
                for (i, (key, value)) in entries.iter().enumerate() {
                    out.push_str(if i == 0 { "{\n" } else { ",\n" });
                    let _ = write!(out, "{pad}{}: ", quoted(key));
                    value.write_json(out, depth + 1);
                }
                let _ = write!(out, "\n{}}}", "  ".repeat(depth));
            }
        }
    }
}

fn fold(text: &str) -> String {
    text.to_uppercase()
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A number as GitHub writes it: `3.10` is `3.1`.
pub fn number_text(number: f64) -> String {
    if number == 0.0 {
        return "0".into();
    }
    if number.is_infinite() {
        return if number > 0.0 { "Infinity".into() } else { "-Infinity".into() };
    }
    number.to_string()
}

/// The number that a text counts as; not a number for other texts.
fn text_number(text: &str) -> f64 {
    let text = text.trim();
    let radix = |digits: &str, radix| u32::from_str_radix(digits, radix).map_or(f64::NAN, f64::from);
    match text {
        "" => 0.0,
        "Infinity" => f64::INFINITY,
        "-Infinity" => f64::NEG_INFINITY,
        _ if text.starts_with("0x") => radix(&text[2..], 16),
        _ if text.starts_with("0o") => radix(&text[2..], 8),
        _ if text.chars().all(|c| c.is_ascii_digit() || "+-.eE".contains(c)) => text.parse().unwrap_or(f64::NAN),
        _ => f64::NAN,
    }
}
