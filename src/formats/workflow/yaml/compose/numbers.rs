//! What a plain scalar is by the core schema of YAML 1.2.

use super::Kind;

/// The value of a plain scalar.
pub(super) fn plain(text: &str) -> Kind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Kind::Null,
        "true" | "True" | "TRUE" => Kind::Bool(true),
        "false" | "False" | "FALSE" => Kind::Bool(false),
        _ => number(text).map_or_else(|| Kind::Text(text.to_owned()), Kind::Number),
    }
}

/// The number that a plain scalar is, if it is one.
fn number(text: &str) -> Option<f64> {
    let digits = |digits: &str, radix: u32| -> Option<f64> {
        let mut value = 0.0;
        for c in digits.chars() {
            value = value * f64::from(radix) + f64::from(c.to_digit(radix)?);
        }
        (!digits.is_empty()).then_some(value)
    };
    if let Some(octal) = text.strip_prefix("0o") {
        return digits(octal, 8);
    }
    if let Some(hex) = text.strip_prefix("0x") {
        return digits(hex, 16);
    }
    match text {
        ".nan" | ".NaN" | ".NAN" => return Some(f64::NAN),
        _ => {}
    }
    let bare = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(bare, ".inf" | ".Inf" | ".INF") {
        return Some(if text.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY });
    }
    let all = |text: &str| text.bytes().all(|c| c.is_ascii_digit());
    let (mantissa, exponent) = match bare.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (bare, None),
    };
    let shaped = match mantissa.split_once('.') {
        None => !mantissa.is_empty() && all(mantissa),
        Some(("", fraction)) => !fraction.is_empty() && all(fraction),
        Some((whole, fraction)) => all(whole) && all(fraction),
    };
    let powered = exponent.is_none_or(|exponent| {
        let bare = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !bare.is_empty() && all(bare)
    });
    if shaped && powered { text.parse().ok() } else { None }
}
