//! Durations and amounts of memory.

/// A duration such as `1m30s`, in seconds.
pub(super) fn seconds(text: &str) -> Option<f64> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0.0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total = 0.0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).filter(|end| *end > 0)?;
        let number: f64 = rest[..end].parse().ok()?;
        let unit_end = rest[end..].find(|c: char| c.is_ascii_digit() || c == '.').map_or(rest.len(), |n| end + n);
        total += number
            * match &rest[end..unit_end] {
                "w" => 604_800.0,
                "d" => 86_400.0,
                "h" => 3600.0,
                "m" => 60.0,
                "s" => 1.0,
                "ms" => 0.001,
                "us" | "µs" | "μs" => 0.000_001,
                "ns" => 0.000_000_001,
                _ => return None,
            };
        rest = &rest[unit_end..];
    }
    // Longer ones do not fit into the nanoseconds that Compose counts.
    (total < 9_223_372_036.0).then_some(sign * total)
}

/// An amount such as `1.5g`, in bytes.
pub(super) fn bytes(text: &str) -> Option<i64> {
    if let Ok(number) = text.parse::<i64>() {
        return Some(number);
    }
    let last = text.rfind(|c: char| c.is_ascii_digit() || matches!(c, '.' | ' '))?;
    let (number, unit) = text.split_at(last + 1);
    let number = number.strip_suffix(' ').unwrap_or(number);
    let number: f64 = number.parse().ok().filter(|number| *number >= 0.0)?;
    let unit = unit.to_ascii_lowercase();
    let power = match unit.as_bytes() {
        [] | [b'b'] => 0,
        [first] | [first, b'b'] | [first, b'i', b'b'] => 1 + b"kmgtp".iter().position(|known| known == first)?,
        _ => return None,
    };
    let scaled = number * 1024_f64.powi(i32::try_from(power).ok()?);
    #[expect(clippy::cast_possible_truncation, reason = "Compose cuts off the fraction too")]
    Some(scaled as i64)
}

#[cfg(test)]
mod tests {
    use super::{bytes, seconds};

    #[test]
    fn durations_need_units_except_nothing_at_all() {
        let rows = [
            ("1m30s", Some(90.0)),
            ("500ms", Some(0.5)),
            ("0", Some(0.0)),
            ("-5s", Some(-5.0)),
            ("10", None),
            ("", None),
            ("300000w", None),
        ];
        for (text, wanted) in rows {
            assert_eq!(seconds(text), wanted, "{text}");
        }
    }

    #[test]
    fn amounts_of_memory_have_units_of_1024() {
        let rows = [
            ("-1", Some(-1)),
            ("512m", Some(536_870_912)),
            ("1.5 GiB", Some(1_610_612_736)),
            ("10B", Some(10)),
            ("1kk", None),
            ("m", None),
            ("-1.5m", None),
        ];
        for (text, wanted) in rows {
            assert_eq!(bytes(text), wanted, "{text}");
        }
    }
}
