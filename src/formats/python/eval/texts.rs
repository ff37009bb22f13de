//! The rarer methods of texts, and those of bytes.

use std::sync::Arc;

use super::machine::{MAX_SIZE, Machine};
use super::truth::placed;
use super::values::{Args, K, V};
use crate::model::Span;

/// Where a text is found in another, counted in characters.
fn place(text: &str, at: Option<usize>) -> i128 {
    at.and_then(|i| i128::try_from(text.get(..i)?.chars().count()).ok()).unwrap_or(-1)
}

fn padded(text: &str, width: i128, fill: &str, name: &str) -> Option<String> {
    let width = usize::try_from(width.max(0)).ok().filter(|w| *w <= MAX_SIZE)?;
    let missing = width.saturating_sub(text.chars().count());
    let left = match name {
        "ljust" => 0,
        "rjust" => missing,
        // CPython puts the odd one to the left where the width is odd as well.
        _ => missing / 2 + (missing & width & 1),
    };
    Some(format!("{}{text}{}", fill.repeat(left), fill.repeat(missing - left)))
}

fn title(text: &str) -> String {
    let mut inside = false;
    let each = |c: char| {
        let out = if inside { c.to_ascii_lowercase() } else { c.to_ascii_uppercase() };
        inside = c.is_ascii_alphabetic();
        out
    };
    text.chars().map(each).collect()
}

impl Machine<'_> {
    /// A method of a text whose receiver and arguments are settled; `None` if it is not modelled.
    pub(crate) fn rare_text_method(&mut self, text: &str, name: &str, args: &[V], at: Span) -> Option<V> {
        let scheme = name == "replace" && args.first().and_then(V::text).is_some_and(|old| old.ends_with("://"));
        if placed(text) && !scheme || args.iter().any(|v| v.text().is_some_and(placed)) {
            return None;
        }
        let arg = |i: usize| args.get(i).and_then(V::text);
        let int = |i: usize| if let Some(K::Int(n)) = args.get(i).map(|v| &v.k) { Some(*n) } else { None };
        let str = |t: String| (t.len() <= MAX_SIZE).then(|| V::at(K::Str(t.into()), at));
        let bool = |b: bool| Some(V::at(K::Bool(b), at));
        let parts = |a: &str, b: &str, c: &str| Some(V::at(K::Tuple(Arc::new([a, b, c].map(V::str).to_vec())), at));
        let bytes = text.as_bytes();
        let all = |test: fn(&u8) -> bool| bool(!bytes.is_empty() && bytes.iter().all(test));
        match (name, args.len()) {
            ("partition", 1) => match text.split_once(arg(0).filter(|s| !s.is_empty())?) {
                Some((a, b)) => parts(a, arg(0)?, b),
                None => parts(text, "", ""),
            },
            ("rpartition", 1) => match text.rsplit_once(arg(0).filter(|s| !s.is_empty())?) {
                Some((a, b)) => parts(a, arg(0)?, b),
                None => parts("", "", text),
            },
            ("find", 1) => Some(V::at(K::Int(place(text, text.find(arg(0)?))), at)),
            ("rfind", 1) => Some(V::at(K::Int(place(text, text.rfind(arg(0)?))), at)),
            ("index", 1) => Some(place(text, text.find(arg(0)?))).filter(|n| *n >= 0).map(|n| V::at(K::Int(n), at)),
            ("replace", 2) if arg(0)?.is_empty() => None,
            ("replace", 3) => {
                let (old, n) = (arg(0).filter(|old| !old.is_empty())?, int(2)?);
                match usize::try_from(n) {
                    Ok(n) => str(text.replacen(old, arg(1)?, n)),
                    Err(_) => str(text.replace(old, arg(1)?)),
                }
            }
            ("zfill", 1) => {
                let (sign, body) = match text.chars().next() {
                    Some(c @ ('+' | '-')) => (c.to_string(), &text[1..]),
                    _ => (String::new(), text),
                };
                let width = usize::try_from(int(0)?.max(0)).ok().filter(|w| *w <= MAX_SIZE)?;
                let zeros = width.saturating_sub(text.chars().count());
                str(format!("{sign}{}{body}", "0".repeat(zeros)))
            }
            ("center" | "ljust" | "rjust", 1) => str(padded(text, int(0)?, " ", name)?),
            ("center" | "ljust" | "rjust", 2) if arg(1)?.chars().count() == 1 => {
                str(padded(text, int(0)?, arg(1)?, name)?)
            }
            ("splitlines", 0) if text.is_ascii() && !bytes.iter().any(|b| matches!(b, 0x0b | 0x0c | 0x1c..=0x1e)) => {
                let whole = text.replace("\r\n", "\n").replace('\r', "\n");
                let items = whole.lines().map(V::str).collect();
                Some(self.list(items, at))
            }
            _ if !text.is_ascii() => None,
            ("lower" | "casefold", 0) => str(text.to_ascii_lowercase()),
            ("title", 0) => str(title(text)),
            ("capitalize", 0) => {
                let lower = text.to_ascii_lowercase();
                let mut chars = lower.chars();
                str(chars.next().map_or_else(String::new, |c| format!("{}{}", c.to_ascii_uppercase(), chars.as_str())))
            }
            ("swapcase", 0) => {
                let swap =
                    |c: char| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
                str(text.chars().map(swap).collect())
            }
            ("isalpha", 0) => all(u8::is_ascii_alphabetic),
            ("isalnum", 0) => all(u8::is_ascii_alphanumeric),
            ("isnumeric" | "isdecimal", 0) => all(u8::is_ascii_digit),
            ("isspace", 0) => all(|b| matches!(b, b' ' | 9..=13 | 0x1c..=0x1f)),
            ("isupper", 0) => {
                bool(bytes.iter().any(u8::is_ascii_uppercase) && !bytes.iter().any(u8::is_ascii_lowercase))
            }
            ("islower", 0) => {
                bool(bytes.iter().any(u8::is_ascii_lowercase) && !bytes.iter().any(u8::is_ascii_uppercase))
            }
            ("isidentifier", 0) => bool(
                bytes.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_')
                    && bytes.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_'),
            ),
            ("split", 2) if matches!(args[0].k, K::None) => {
                let mut n = int(1).filter(|n| *n >= 0)?;
                let mut rest = text.trim_start();
                let mut items = Vec::new();
                while !rest.is_empty() {
                    let cut = if n > 0 { rest.find(|c: char| c.is_ascii_whitespace()) } else { None };
                    let (head, tail) = cut.map_or((rest, ""), |cut| rest.split_at(cut));
                    items.push(V::str(head));
                    rest = tail.trim_start();
                    n -= 1;
                }
                Some(self.list(items, at))
            }
            _ => None,
        }
    }

    /// A method of bytes.
    pub(crate) fn bytes_method(&self, bytes: &[u8], name: &str, args: &Args, at: Span) -> Option<V> {
        let utf8 = match args.get(0, "encoding").map(|v| v.text()) {
            None => true,
            Some(name) => name.is_some_and(|n| matches!(n.to_ascii_lowercase().as_str(), "utf-8" | "utf8" | "ascii")),
        };
        match name {
            "decode" if utf8 && args.get(1, "errors").is_none() => {
                let text = std::str::from_utf8(bytes).ok()?;
                Some(V::at(K::Str(text.into()), at))
            }
            _ => None,
        }
    }
}
