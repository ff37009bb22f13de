//! Plain scalars as Compose reads and prints them: `1.10` is the number 1.1, `010` is 8, `yes` is a text.

/// What a scalar is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Text,
    Int,
    Float,
    Bool,
}

/// The text as Compose prints it, and what it is.
pub(super) fn read(text: &str) -> (String, Kind) {
    let known = match text {
        "true" | "True" | "TRUE" => Some(("true".to_owned(), Kind::Bool)),
        "false" | "False" | "FALSE" => Some(("false".to_owned(), Kind::Bool)),
        _ if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) => None,
        _ => date(text).or_else(|| number(&text.replace('_', ""))),
    };
    known.unwrap_or_else(|| (text.to_owned(), Kind::Text))
}

/// A lone date is a point in time to Compose.
fn date(text: &str) -> Option<(String, Kind)> {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts[..] else { return None };
    let digits = |part: &str, least: usize, most: usize| {
        (least..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !(digits(year, 4, 4) && digits(month, 1, 2) && digits(day, 1, 2)) {
        return None;
    }
    let (month, day): (u32, u32) = (month.parse().ok()?, day.parse().ok()?);
    let real = (1..=12).contains(&month) && (1..=31).contains(&day);
    real.then(|| (format!("{year}-{month:02}-{day:02} 00:00:00 +0000 UTC"), Kind::Text))
}

fn number(text: &str) -> Option<(String, Kind)> {
    let (negative, bare) = match text.strip_prefix('-') {
        Some(bare) => (true, bare),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
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
        let fits = !negative || value <= 1 << 63;
        let sign = if negative && value > 0 { "-" } else { "" };
        return fits.then(|| (format!("{sign}{value}"), Kind::Int));
    }
    is_float(bare).then(|| text.parse().ok().map(|value| (float(value), Kind::Float))).flatten()
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

/// The shortest text of a number; very large and very small ones with an exponent.
fn float(value: f64) -> String {
    let short = format!("{value:e}");
    let Some((mantissa, exponent)) = short.split_once('e') else { return short };
    let power: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&power) {
        return format!("{value}");
    }
    let sign = if power < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", power.abs())
}

#[cfg(test)]
mod tests {
    use super::read;

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
            ("+5", "5"),
            ("True", "true"),
            ("yes", "yes"),
            ("12:30:45", "12:30:45"),
            ("1.2.3", "1.2.3"),
            ("12345678.5", "1.23456785e+07"),
            ("123456.5", "123456.5"),
            ("12345678901234567890123", "1.2345678901234568e+22"),
            ("0.00001", "1e-05"),
            ("-", "-"),
            ("0", "0"),
            ("2024-1-05", "2024-01-05 00:00:00 +0000 UTC"),
        ];
        for (written, wanted) in rows {
            assert_eq!(read(written).0, wanted, "{written}");
        }
    }
}
