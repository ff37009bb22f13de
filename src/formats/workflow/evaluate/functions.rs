//! The functions of expressions.

use super::super::data::{Data, fold};

/// The value of a function.
pub(super) fn call(name: &str, arguments: &[Data]) -> Data {
    if let Some(reason) = arguments.iter().find_map(Data::reason) {
        return Data::Unknown(reason.clone());
    }
    let upper = |data: &Data| fold(&data.text().unwrap_or_default());
    let lower = |data: &Data| data.text().unwrap_or_default().to_lowercase();
    let primitive = arguments.iter().all(Data::is_primitive);
    match (name, arguments) {
        ("case", arguments) => case(arguments),
        ("contains", [Data::List(items), wanted]) => {
            Data::Bool(items.iter().any(|item| item.equals(wanted) == Some(true)))
        }
        ("contains", [text, wanted]) => Data::Bool(primitive && lower(text).contains(&lower(wanted))),
        ("startswith", [text, wanted]) => Data::Bool(primitive && upper(text).starts_with(&upper(wanted))),
        ("endswith", [text, wanted]) => Data::Bool(primitive && upper(text).ends_with(&upper(wanted))),
        ("format", [text, values @ ..]) => format(&text.text().unwrap_or_default(), values),
        ("join", [Data::List(items), rest @ ..]) => {
            let separator = rest
                .first()
                .filter(|separator| separator.is_primitive())
                .and_then(Data::text)
                .unwrap_or_else(|| ",".into());
            let texts: Vec<String> = items.iter().filter_map(Data::text).collect();
            Data::Text(texts.join(&separator))
        }
        ("join", [Data::Map(_), ..]) => Data::Text(String::new()),
        ("join", [text, ..]) => Data::Text(text.text().unwrap_or_default()),
        ("tojson", [data]) => data.to_json().map_or(Data::Null, Data::Text),
        ("fromjson", [text]) => Data::from_json(&text.text().unwrap_or_default()),
        ("always", []) => Data::Bool(true),
        _ => Data::unknown(format!("`{name}()` is only known when the workflow runs")),
    }
}

/// The value behind the first condition that holds, else the last.
fn case(arguments: &[Data]) -> Data {
    let Some((default, pairs)) = arguments.split_last() else { return Data::Null };
    for pair in pairs.chunks(2) {
        match pair {
            [Data::Bool(true), value] => return value.clone(),
            [Data::Bool(false), _] => {}
            _ => return Data::unknown("a condition of `case` is neither true nor false"),
        }
    }
    default.clone()
}

/// `format('{0} {{x}}', …)`.
fn format(text: &str, values: &[Data]) -> Data {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let tail = &rest[at..];
        if tail.starts_with("{{") || tail.starts_with("}}") {
            out.push_str(&tail[..1]);
            rest = &tail[2..];
            continue;
        }
        // What stands between the number and the brace is dropped.
        let inside = tail.strip_prefix('{').and_then(|inner| inner.split_once('}'));
        let digits = |inner: &str| inner.len() - inner.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let value = inside
            .and_then(|(index, after)| Some((values.get(index.get(..digits(index))?.parse::<usize>().ok()?)?, after)));
        let Some((value, after)) = value else { return Data::unknown("the format text is not valid") };
        out.push_str(&value.text().unwrap_or_default());
        rest = after;
    }
    out.push_str(rest);
    Data::Text(out)
}
