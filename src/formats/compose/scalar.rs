//! Scalars as Compose reads and prints them: `1.10` is the number 1.1, `010` is 8, `yes` is a text.

/// What a scalar is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Text,
    Int,
    /// A whole number that only fits without a sign.
    Large,
    Float,
    Bool,
    /// A point in time.
    Time,
}

/// What a plain text without a tag says: the text as Compose prints it, and what it is. None for null.
pub(super) fn plain(text: &str) -> Option<(String, Kind)> {
    if matches!(text, "" | "~" | "null" | "Null" | "NULL") {
        return None;
    }
    Some(word(text).or_else(|| date(text)).or_else(|| number(text)).unwrap_or_else(|| (text.to_owned(), Kind::Text)))
}

/// The same with a tag such as `!!int`; an error where the text is no such thing.
pub(super) fn tagged(tag: &str, text: &str) -> Result<Option<(String, Kind)>, String> {
    let wrong = || Err(format!("`{text}` is no {tag}"));
    let found = plain(text);
    let kind = found.as_ref().map(|(_, kind)| *kind);
    match (tag, kind) {
        ("!!null", None) => Ok(None),
        ("!!bool", Some(Kind::Bool)) | ("!!timestamp", Some(Kind::Time)) => Ok(found),
        ("!!int", Some(Kind::Int | Kind::Large)) | ("!!float", Some(Kind::Int | Kind::Float)) => {
            Ok(found.map(|(text, kind)| (text, if tag == "!!float" { Kind::Float } else { kind })))
        }
        ("!!null" | "!!bool" | "!!timestamp" | "!!int" | "!!float", _) => wrong(),
        ("!!binary", _) => base64(text).map_or_else(wrong, |text| Ok(Some((text, Kind::Text)))),
        _ => Ok(Some((text.to_owned(), Kind::Text))),
    }
}

/// The words that mean something.
fn word(text: &str) -> Option<(String, Kind)> {
    let (said, kind) = match text {
        "true" | "True" | "TRUE" => ("true", Kind::Bool),
        "false" | "False" | "FALSE" => ("false", Kind::Bool),
        ".nan" | ".NaN" | ".NAN" => ("NaN", Kind::Float),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => ("+Inf", Kind::Float),
        "-.inf" | "-.Inf" | "-.INF" => ("-Inf", Kind::Float),
        "-0" | "-0.0" => ("-0", Kind::Float),
        _ => return None,
    };
    Some((said.to_owned(), kind))
}

/// A date, or a date with a time, is a point in time to Compose.
fn date(text: &str) -> Option<(String, Kind)> {
    if text.len() < 8 || text.as_bytes()[4] != b'-' {
        return None;
    }
    let (day, time) = match text.find(['T', 't', ' ']) {
        Some(at) => (&text[..at], Some((&text[at + 1..], text.as_bytes()[at] != b' '))),
        None => (text, None),
    };
    let parts: Vec<&str> = day.split('-').collect();
    let [year, month, day] = parts[..] else { return None };
    let (year, month, day) = (digits(year, 4, 4)?, digits(month, 1, 2)?, digits(day, 1, 2)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let longest = month.checked_sub(1).and_then(|at| days.get(usize::try_from(at).ok()?))?;
    if !(1..=*longest).contains(&day) {
        return None;
    }
    let clock = time.map_or(Some("00:00:00 +0000 UTC".to_owned()), |(time, zoned)| clock(time, zoned))?;
    Some((format!("{year:04}-{month:02}-{day:02} {clock}"), Kind::Time))
}

fn digits(text: &str, least: usize, most: usize) -> Option<u32> {
    let fits = (least..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| text.parse().ok()).flatten()
}

/// The time of a day; with a zone behind it where `zoned`.
fn clock(text: &str, zoned: bool) -> Option<String> {
    let (time, zone) = match text.find(['Z', '+', '-']).filter(|_| zoned) {
        Some(at) => text.split_at(at),
        None if zoned => return None,
        None => (text, "Z"),
    };
    let (time, fraction) = time.find(['.', ',']).map_or((time, ""), |at| (&time[..at], &time[at + 1..]));
    let parts: Vec<&str> = time.split(':').collect();
    let [hour, minute, second] = parts[..] else { return None };
    let (hour, minute, second) = (digits(hour, 1, 2)?, digits(minute, 1, 2)?, digits(second, 1, 2)?);
    if hour > 23 || minute > 59 || second > 59 || !fraction.is_empty() && digits(fraction, 1, 9).is_none() {
        return None;
    }
    let fraction = fraction.trim_end_matches('0');
    let dot = if fraction.is_empty() { "" } else { "." };
    let zone = match zone {
        "Z" => "+0000 UTC".to_owned(),
        zone => {
            let (hours, minutes) = zone[1..].split_once(':')?;
            let (hours, minutes) = (digits(hours, 2, 2)?, digits(minutes, 2, 2)?);
            let offset = format!("{}{hours:02}{minutes:02}", &zone[..1]);
            if hours > 24 || minutes > 59 {
                return None;
            }
            if hours + minutes == 0 { "+0000 UTC".to_owned() } else { format!("{offset} {offset}") }
        }
    };
    Some(format!("{hour:02}:{minute:02}:{second:02}{dot}{fraction} {zone}"))
}

fn number(text: &str) -> Option<(String, Kind)> {
    let first = text.chars().next()?;
    if first == '.' {
        return is_float(text).then(|| float_of(text)).flatten();
    }
    if !first.is_ascii_digit() && !matches!(first, '+' | '-') {
        return None;
    }
    let text = text.replace('_', "");
    let (negative, bare) = match text.strip_prefix('-') {
        Some(bare) => (true, bare),
        None => (false, text.strip_prefix('+').unwrap_or(&text)),
    };
    let lower = bare.to_ascii_lowercase();
    let (digits, radix) = match lower.get(..2) {
        Some("0x") => (&lower[2..], 16),
        Some("0o") => (&lower[2..], 8),
        Some("0b") => (&lower[2..], 2),
        _ if lower.len() > 1 && lower.starts_with('0') => (&lower[1..], 8),
        _ => (lower.as_str(), 10),
    };
    if digits.starts_with(|c: char| c.is_ascii_alphanumeric())
        && let Ok(value) = u64::from_str_radix(digits, radix)
    {
        let signed = text.starts_with(['+', '-']);
        let limit = (1 << 63) - u64::from(!negative);
        let kind = if value <= limit { Kind::Int } else { Kind::Large };
        if kind == Kind::Int || !signed {
            let sign = if negative && value > 0 { "-" } else { "" };
            return Some((format!("{sign}{value}"), kind));
        }
    }
    is_float(bare).then(|| float_of(&text)).flatten()
}

/// `1.`, `.5`, `1.5e3`.
fn is_float(text: &str) -> bool {
    let (mantissa, exponent) = text.split_once(['e', 'E']).map_or((text, None), |(m, e)| (m, Some(e)));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let whole = match mantissa.split_once('.') {
        Some(("", after)) => digits(after),
        Some((before, after)) => digits(before) && (after.is_empty() || digits(after)),
        None => digits(mantissa),
    };
    whole && exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
}

fn float_of(text: &str) -> Option<(String, Kind)> {
    let value: f64 = text.parse().ok()?;
    value.is_finite().then(|| (float(value), Kind::Float))
}

/// The shortest text of a number; very large and very small ones with an exponent.
pub(super) fn float(value: f64) -> String {
    let short = format!("{value:e}");
    let Some((mantissa, exponent)) = short.split_once('e') else { return short };
    let power: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&power) {
        return format!("{value}");
    }
    let sign = if power < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", power.abs())
}

/// The text that a base64 text stands for; none where it is none.
pub(crate) fn base64(text: &str) -> Option<String> {
    let text: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    if !text.len().is_multiple_of(4) {
        return None;
    }
    let bare = text.trim_end_matches('=');
    if text.len() - bare.len() > 2 {
        return None;
    }
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0_u32);
    for byte in bare.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        held = held << 6 & 0xffff | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xff).ok()?);
        }
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::{Kind, plain, tagged};

    #[test]
    fn numbers_are_printed_as_compose_prints_them() {
        let rows = [
            ("1.10", "1.1"),
            ("010", "8"),
            ("08", "8"),
            ("0x1F", "31"),
            ("0o17", "15"),
            ("1e3", "1000"),
            ("1_000", "1000"),
            ("-5", "-5"),
            ("-0", "-0"),
            ("+5", "5"),
            ("True", "true"),
            ("yes", "yes"),
            ("12:30:45", "12:30:45"),
            ("1.2.3", "1.2.3"),
            ("12345678.5", "1.23456785e+07"),
            ("123456.5", "123456.5"),
            ("18446744073709551615", "18446744073709551615"),
            ("+18446744073709551615", "1.8446744073709552e+19"),
            ("1e400", "1e400"),
            ("0.00001", "1e-05"),
            ("-", "-"),
            ("0", "0"),
            ("2024-1-05", "2024-01-05 00:00:00 +0000 UTC"),
            ("2024-02-30", "2024-02-30"),
            ("2001-12-14T21:59:43.10-05:00", "2001-12-14 21:59:43.1 -0500 -0500"),
            ("2001-12-14 1:2:3", "2001-12-14 01:02:03 +0000 UTC"),
        ];
        for (written, wanted) in rows {
            assert_eq!(plain(written).unwrap().0, wanted, "{written}");
        }
    }

    #[test]
    fn tags_say_what_a_text_must_be() {
        assert_eq!(tagged("!!str", "5"), Ok(Some(("5".into(), Kind::Text))));
        assert_eq!(tagged("!mine", "null"), Ok(Some(("null".into(), Kind::Text))));
        assert_eq!(tagged("!!binary", "aGVsbG8="), Ok(Some(("hello".into(), Kind::Text))));
        assert!(tagged("!!bool", "yes").is_err() && tagged("!!int", "x").is_err());
    }
}
