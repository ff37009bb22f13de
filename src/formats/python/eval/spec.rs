//! How values are written: `repr()`, format specifications, and the fields of `%`.

use super::machine::Machine;
use super::truth::placed;
use super::values::{Data, K, V};

/// The longest that a field may be padded to.
const MAX_WIDTH: usize = 1000;

/// A float as Python writes it.
pub(crate) fn float(n: f64) -> String {
    if n.is_nan() {
        return "nan".into();
    }
    if n.is_infinite() {
        return if n > 0.0 { "inf".into() } else { "-inf".into() };
    }
    if n != 0.0 && !(1e-4..1e16).contains(&n.abs()) {
        let text = format!("{n:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |e| ('-', e));
        return format!("{digits}e{sign}{exponent:0>2}");
    }
    let text = format!("{n}");
    if text.contains('.') { text } else { format!("{text}.0") }
}

/// A text in quotes; none where it holds what Python may escape in its own way.
pub(crate) fn quoted(text: &str) -> Option<String> {
    if text.chars().any(|c| !c.is_ascii() && c != super::values::MARK && !c.is_alphanumeric()) {
        return None;
    }
    let mark = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::from(mark);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == mark => out.extend(['\\', c]),
            c if c.is_ascii_control() => return None,
            c => out.push(c),
        }
    }
    out.push(mark);
    Some(out)
}

/// A parsed `[[fill]align][sign][#][0][width][,][.precision][type]`.
#[derive(Default)]
struct Spec {
    fill: Option<char>,
    align: Option<char>,
    sign: Option<char>,
    alternate: bool,
    zero: bool,
    width: usize,
    comma: bool,
    precision: Option<usize>,
    kind: Option<char>,
}

impl Spec {
    fn parse(spec: &str) -> Option<Self> {
        let mut out = Self::default();
        let mut chars = spec.chars().peekable();
        let all: Vec<char> = spec.chars().collect();
        if all.len() > 1 && "<>^=".contains(all[1]) {
            (out.fill, out.align) = (chars.next(), chars.next());
        } else if chars.peek().is_some_and(|c| "<>^=".contains(*c)) {
            out.align = chars.next();
        }
        out.sign = chars.next_if(|c| "+- ".contains(*c));
        out.alternate = chars.next_if_eq(&'#').is_some();
        out.zero = chars.next_if_eq(&'0').is_some();
        let mut digits = String::new();
        while let Some(c) = chars.next_if(char::is_ascii_digit) {
            digits.push(c);
        }
        out.width = if digits.is_empty() { 0 } else { digits.parse().ok().filter(|n| *n <= MAX_WIDTH)? };
        out.comma = chars.next_if_eq(&',').is_some();
        if chars.next_if_eq(&'.').is_some() {
            let mut digits = String::new();
            while let Some(c) = chars.next_if(char::is_ascii_digit) {
                digits.push(c);
            }
            out.precision = Some(digits.parse().ok().filter(|n| *n <= 60)?);
        }
        out.kind = chars.next();
        chars.next().is_none().then_some(out)
    }

    fn pad(&self, sign: &str, body: &str, number: bool) -> String {
        let zero = self.zero && self.align.is_none();
        let fill = self.fill.unwrap_or(if zero { '0' } else { ' ' });
        let have = sign.chars().count() + body.chars().count();
        let missing = self.width.saturating_sub(have);
        let pad = |n: usize| fill.to_string().repeat(n);
        match self.align.unwrap_or(if zero && number {
            '='
        } else if number {
            '>'
        } else {
            '<'
        }) {
            '<' => format!("{sign}{body}{}", pad(missing)),
            '^' => format!("{}{sign}{body}{}", pad(missing / 2), pad(missing - missing / 2)),
            '=' => format!("{sign}{}{body}", pad(missing)),
            _ => format!("{}{sign}{body}", pad(missing)),
        }
    }

    fn sign(&self, negative: bool) -> &'static str {
        match (negative, self.sign) {
            (true, _) => "-",
            (false, Some('+')) => "+",
            (false, Some(' ')) => " ",
            _ => "",
        }
    }
}

fn grouped(digits: &str) -> String {
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// `format(value, spec)`; none where it is not followed.
pub(crate) fn formatted(value: &V, spec: &str) -> Option<String> {
    let of = Spec::parse(spec)?;
    match &value.k {
        K::Str(text) if !placed(text) => {
            let plain = of.sign.is_none() && !of.alternate && !of.comma && of.align != Some('=') && !of.zero;
            if !plain || !matches!(of.kind, None | Some('s')) {
                return None;
            }
            let text: String = text.chars().take(of.precision.unwrap_or(usize::MAX)).collect();
            Some(of.pad("", &text, false))
        }
        K::Int(n) if of.precision.is_none() && matches!(of.kind, None | Some('d' | 'x' | 'X' | 'o' | 'b')) => {
            let abs = n.unsigned_abs();
            let (prefix, digits) = match of.kind {
                Some('x') => ("0x", format!("{abs:x}")),
                Some('X') => ("0X", format!("{abs:X}")),
                Some('o') => ("0o", format!("{abs:o}")),
                Some('b') => ("0b", format!("{abs:b}")),
                _ => ("", abs.to_string()),
            };
            if of.comma && (of.zero || !prefix.is_empty()) {
                return None;
            }
            let digits = if of.comma { grouped(&digits) } else { digits };
            let sign = format!("{}{}", of.sign(*n < 0), if of.alternate { prefix } else { "" });
            Some(of.pad(&sign, &digits, true))
        }
        K::Float(_) | K::Int(_) if matches!(of.kind, Some('f' | 'F' | '%')) && !of.alternate => {
            #[expect(clippy::cast_precision_loss, reason = "checked to be small")]
            let n = match value.k {
                K::Float(n) if n.is_finite() => n,
                K::Int(n) if n.abs() < 1 << 53 => n as f64,
                _ => return None,
            };
            let percent = of.kind == Some('%');
            let n = if percent { n * 100.0 } else { n };
            let text = format!("{:.*}", of.precision.unwrap_or(6), n.abs());
            let (whole, rest) =
                text.split_once('.').map_or((text.as_str(), String::new()), |(w, r)| (w, format!(".{r}")));
            if of.comma && of.zero {
                return None;
            }
            let whole = if of.comma { grouped(whole) } else { whole.to_owned() };
            let tail = if percent { "%" } else { "" };
            Some(of.pad(of.sign(n.is_sign_negative()), &format!("{whole}{rest}{tail}"), true))
        }
        _ => None,
    }
}

impl Machine<'_> {
    /// `repr(value)`; none where it is not followed.
    pub(crate) fn repr(&self, value: &V, depth: usize) -> Option<String> {
        if depth > 20 {
            return None;
        }
        let all = |items: &[V]| -> Option<String> {
            let parts: Option<Vec<String>> = items.iter().map(|v| self.repr(v, depth + 1)).collect();
            parts.map(|parts| parts.join(", "))
        };
        Some(match &value.k {
            K::None => "None".into(),
            K::Bool(true) => "True".into(),
            K::Bool(false) => "False".into(),
            K::Int(n) => n.to_string(),
            K::Float(n) => float(*n),
            K::Str(text) => quoted(text)?,
            K::Path(text) => format!("PosixPath({})", quoted(text)?),
            K::Tuple(items) if items.len() == 1 => format!("({},)", all(items)?),
            K::Tuple(items) => format!("({})", all(items)?),
            K::Ref(id) => {
                let obj = self.heap.get(id).filter(|obj| obj.doubt.is_none())?;
                match &obj.data {
                    Data::List(items) => format!("[{}]", all(items)?),
                    Data::Set(items) if items.len() == 1 => format!("{{{}}}", all(items)?),
                    Data::Dict(items) => {
                        let pair = |(k, v): &(V, V)| {
                            Some(format!("{}: {}", self.repr(k, depth + 1)?, self.repr(v, depth + 1)?))
                        };
                        let parts: Option<Vec<String>> = items.iter().map(pair).collect();
                        format!("{{{}}}", parts?.join(", "))
                    }
                    _ => return None,
                }
            }
            _ => return None,
        })
    }

    /// `str(value)` of what is settled; none where it is not followed.
    pub(crate) fn plain_text(&self, value: &V) -> Option<String> {
        match &value.k {
            K::Str(text) | K::Path(text) => Some(text.to_string()),
            _ => self.repr(value, 0),
        }
    }

    /// One field of `%`: flags, width and precision, and the letter of its kind.
    pub(crate) fn percent_field(&self, flags: &str, kind: char, value: &V) -> Option<String> {
        let number = |value: &V| match (&value.k, kind) {
            (K::Bool(b), _) => Some(V::int(i128::from(*b))),
            #[expect(clippy::cast_possible_truncation, reason = "checked to be small")]
            (K::Float(n), 'd' | 'i') if n.abs() < 1e15 => Some(V::int(n.trunc() as i128)),
            (K::Int(_) | K::Float(_), _) => Some(value.clone()),
            _ => None,
        };
        let left = flags.contains('-');
        let rest = flags.trim_start_matches(['-', '+', ' ', '#']);
        if flags.contains(['#', '*']) {
            return None;
        }
        let sign = if flags.starts_with('+') { "+" } else { "" };
        match kind {
            's' | 'r' => {
                let text = if kind == 'r' { self.repr(value, 0)? } else { self.plain_text(value)? };
                if flags.is_empty() {
                    return Some(text);
                }
                let align = if left { '<' } else { '>' };
                formatted(&V::str(text), &format!("{align}{}s", rest.trim_start_matches('0')))
            }
            'd' | 'i' if left => formatted(&number(value)?, &format!("<{sign}{rest}d")),
            'd' | 'i' => formatted(&number(value)?, &format!("{sign}{rest}d")),
            'x' | 'X' | 'o' if matches!(value.k, K::Int(_)) && !left => formatted(value, &format!("{rest}{kind}")),
            'f' | 'F' if !left => formatted(&number(value)?, &format!("{sign}{rest}f")),
            'c' if flags.is_empty() => value.text().filter(|t| t.chars().count() == 1).map(str::to_owned),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_written_as_python_does() {
        let all = [1.0, 0.1, 1e16, 1e-5, 123_456.75, 1e22].map(float);
        assert_eq!(all, ["1.0", "0.1", "1e+16", "1e-05", "123456.75", "1e+22"]);
    }

    #[test]
    fn a_specification_pads_signs_and_groups() {
        let number = V::int(-1_234_567);
        assert_eq!(formatted(&number, ",").as_deref(), Some("-1,234,567"));
        assert_eq!(formatted(&V::int(42), "05d").as_deref(), Some("00042"));
        assert_eq!(formatted(&V::str("a"), "*^4").as_deref(), Some("*a**"));
        assert_eq!(formatted(&V::new(K::Float(2.5)), ".0f").as_deref(), Some("2"));
        assert_eq!(formatted(&V::str("a"), "05"), None);
    }

    #[test]
    fn quotes_are_chosen_by_the_text() {
        assert_eq!(quoted("it's").as_deref(), Some("\"it's\""));
        assert_eq!(quoted("a\n'\"").as_deref(), Some("'a\\n\\'\"'"));
    }
}
