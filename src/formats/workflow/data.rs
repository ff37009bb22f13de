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

    /// The number that it counts as; not a number for lists and objects.
    pub fn number(&self) -> f64 {
        match self {
            Self::Null => 0.0,
            Self::Bool(yes) => f64::from(u8::from(*yes)),
            Self::Number(number) => *number,
            Self::Text(text) => text_number(text),
            Self::List(_) | Self::Map(_) | Self::Unknown(_) => f64::NAN,
        }
    }

    /// A property of an object by its name, without case; of several the first.
    pub fn property(&self, name: &str) -> Option<&Self> {
        let Self::Map(entries) = self else { return None };
        let name = name.to_lowercase();
        entries.iter().find(|(key, _)| key.to_lowercase() == name).map(|(_, value)| value)
    }

    /// Whether it is neither a list nor an object.
    pub fn is_primitive(&self) -> bool {
        !matches!(self, Self::List(_) | Self::Map(_))
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
            (Self::Text(a), Self::Text(b)) => Ok(Some(fold(a).encode_utf16().cmp(fold(b).encode_utf16()))),
            (a, b) => Ok(a.number().partial_cmp(&b.number())),
        }
    }

    /// The value of a JSON text.
    pub fn from_json(text: &str) -> Self {
        let strict = serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
        match json::parse(FileId(0), text) {
            (Some(node), problems) if strict && problems.is_empty() => Self::of(&node).without_doubles(),
            _ => Self::unknown("fromJSON is given a text that is not JSON"),
        }
    }

    /// Of keys that differ in case only the first counts.
    fn without_doubles(self) -> Self {
        match self {
            Self::List(items) => Self::List(items.into_iter().map(Self::without_doubles).collect()),
            Self::Map(entries) => {
                let mut seen = std::collections::BTreeSet::new();
                let entries = entries.into_iter().filter(|(name, _)| seen.insert(name.to_lowercase()));
                Self::Map(entries.map(|(name, value)| (name, value.without_doubles())).collect())
            }
            other => other,
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
            Self::Number(number) if number.is_finite() => out.push_str(&js_number(*number)),
            Self::Number(_) => out.push_str("null"),
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

/// A text without case, as GitHub compares it: the dotless i stays what it is.
pub fn fold(text: &str) -> String {
    text.split('ı').map(str::to_uppercase).collect::<Vec<_>>().join("ı")
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A number as GitHub writes it: `3.10` is `3.1`, and no more than fifteen digits stand behind the point.
pub fn number_text(number: f64) -> String {
    if number == 0.0 || !number.is_finite() || number.abs() >= 1e21 {
        return js_number(number);
    }
    js_number(format!("{number:.15}").parse().unwrap_or(number))
}

/// A number with as few digits as tell it apart, very large and very small ones with an exponent.
pub fn js_number(number: f64) -> String {
    if number == 0.0 {
        return "0".into();
    }
    if number.is_nan() {
        return "NaN".into();
    }
    let sign = if number < 0.0 { "-" } else { "" };
    if number.is_infinite() {
        return format!("{sign}Infinity");
    }
    let scientific = format!("{:e}", number.abs());
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-6..21).contains(&exponent) {
        return number.to_string();
    }
    let plus = if exponent < 0 { "" } else { "+" };
    format!("{sign}{mantissa}e{plus}{exponent}")
}

/// The number that a text counts as; not a number for other texts.
pub fn text_number(text: &str) -> f64 {
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    let radix = |digits: &str, radix: u32| {
        let digit = |value: f64, c: char| Some(value * f64::from(radix) + f64::from(c.to_digit(radix)?));
        if digits.is_empty() { None } else { digits.chars().try_fold(0.0, digit) }.unwrap_or(f64::NAN)
    };
    match text {
        "" => return 0.0,
        "Infinity" | "+Infinity" => return f64::INFINITY,
        "-Infinity" => return f64::NEG_INFINITY,
        _ => {}
    }
    match text.get(..2) {
        Some("0x" | "0X") => radix(&text[2..], 16),
        Some("0o" | "0O") => radix(&text[2..], 8),
        Some("0b" | "0B") => radix(&text[2..], 2),
        _ if text.chars().all(|c| c.is_ascii_digit() || "+-.eE".contains(c)) => text.parse().unwrap_or(f64::NAN),
        _ => f64::NAN,
    }
}
