//! Where a text shows the value of a secret: in an address, or behind its name.

use std::ops::Range;

use crate::knowledge::variables;

/// Whether the rest of a line is the beginning of a call and nothing else: `env.str(`.
pub(super) fn opens_call(rest: &str) -> bool {
    let name = rest.trim_end().strip_suffix('(');
    name.is_some_and(|name| {
        !name.is_empty()
            && name.split('.').all(|part| !part.is_empty() && part.chars().all(|c| c.is_alphabetic() || c == '_'))
    })
}

/// The passwords of the URLs in a text, wherever a URL begins in it.
pub(super) fn in_urls(text: &str) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    for (at, _) in text.match_indices("://") {
        let before = text.get(..at).unwrap_or_default();
        let of_scheme = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        let start = before.trim_end_matches(of_scheme).len();
        let Some(found) = text.get(start..).and_then(variables::password_in_url) else { continue };
        let range = start + found.start..start + found.end;
        if text.get(range.clone()).is_some_and(|password| !is_reference(password)) {
            ranges.push(range);
        }
    }
    ranges
}

/// Whether a text is a reference to a value that stands elsewhere: `$X`, `${X}`, `{x}`, `%(x)s`.
fn is_reference(text: &str) -> bool {
    let name = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let inside = |open: &str, close: &str| text.strip_prefix(open).is_some_and(|rest| rest.ends_with(close));
    text.strip_prefix('$').is_some_and(|rest| name(rest) && !rest.contains(|c: char| c.is_ascii_lowercase()))
        || text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).is_some_and(name)
        || inside("${{", "}}")
        || inside("{{", "}}")
        || text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).is_some_and(name)
        || inside("%(", ")s")
}

/// The values that a line gives to names of secrets: `NAME=value`, `NAME: value`, `"NAME", "default"`.
pub(super) fn assigned(text: &str) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let bytes = text.as_bytes();
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let mut at = 0;
    while at < bytes.len() {
        if !is_name(bytes[at]) {
            at += 1;
            continue;
        }
        let start = at;
        let called = start > 1 && bytes[start - 2] == b'(';
        while at < bytes.len() && is_name(bytes[at]) {
            at += 1;
        }
        let name = &text[start..at];
        if at - start < 3
            || !(variables::is_secret_name(name) || variables::is_secret_name(name.trim_end_matches(['s', 'S'])))
        {
            continue;
        }
        if let Some(range) = value_after(text, at, called) {
            at = range.end;
            if !text.get(range.start..).is_some_and(|rest| rest.starts_with("secret #")) {
                ranges.push(range);
            }
        }
    }
    ranges
}

/// The literal after a secret's name, if one follows.
fn value_after(text: &str, end: usize, called: bool) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let mut at = end;
    let quoted_name = matches!(bytes.get(at), Some(b'"' | b'\''));
    at += usize::from(quoted_name);
    while matches!(bytes.get(at), Some(b' ' | b']')) {
        at += 1;
    }
    let sign = *bytes.get(at)?;
    if !(sign == b'=' || sign == b':' || sign == b',' && quoted_name && called) {
        return None;
    }
    at += 1;
    while bytes.get(at) == Some(&b' ') {
        at += 1;
    }
    if sign == b',' {
        for word in ["default", "="] {
            if text.get(at..).is_some_and(|rest| rest.starts_with(word)) {
                at += word.len();
            }
        }
    }
    match bytes.get(at)? {
        quote @ (b'"' | b'\'') => {
            let close = text.get(at + 1..)?.find(*quote as char)? + at + 1;
            let inner = text.get(at + 1..close)?;
            (!inner.is_empty() && !inner.starts_with('$') && !inner.starts_with("{{")).then_some(at + 1..close)
        }
        b'[' | b'(' if text.get(at + 1..)?.starts_with(['\'', '"']) => {
            let close = text.get(at..)?.find([']', ')']).map_or(text.len(), |n| at + n);
            Some(at + 1..close)
        }
        b'$' | b'{' | b'=' | b'#' | b'[' | b'(' | b',' => None,
        _ if sign == b',' => None,
        _ => {
            let rest = text.get(at..)?;
            let code =
                ["os.", "env", "config(", "get", "None", "True", "False", "str", "secrets.", "self.", "settings."];
            let calls = opens_call(rest) || rest.contains('(') && rest.find('(') < rest.find(' ');
            if calls || code.iter().any(|word| rest.starts_with(word)) {
                return None;
            }
            let close = rest.find([' ', '\t', ',', ')']).map_or(text.len(), |stop| at + stop);
            (close > at).then_some(at..close)
        }
    }
}

/// Of a text that is nothing but a variable with a default (`${NAME:-text}`), in quotes or not, the default: that is the secret.
pub(super) fn of_default(text: &str, range: Range<usize>) -> Range<usize> {
    let inner = || {
        let found = text.get(range.clone())?;
        let quote = found.starts_with(['"', '\'']) && found.len() > 1 && found.ends_with(&found[..1]);
        let bare = if quote { found.get(1..found.len() - 1)? } else { found };
        let (name, default) = bare.strip_prefix("${")?.strip_suffix('}')?.split_once('-')?;
        let name = name.strip_suffix(':').unwrap_or(name);
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let whole = !default.is_empty() && !default.contains(['{', '}']);
        let end = range.end - usize::from(quote) - 1;
        (is_name && whole).then(|| end - default.len()..end)
    };
    inner().unwrap_or(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_of_a_variable_is_what_is_secret_of_it() {
        let shown = |text: &str| text[of_default(text, 0..text.len())].to_owned();
        assert_eq!(shown("${KEY:-hunter2}"), "hunter2");
        assert_eq!(shown("\"${KEY-hunter2}\""), "hunter2");
        for whole in ["${KEY:-${OTHER:-hunter2}}", "${a b:-x}", "${KEY}", "a${KEY:-x}", "${KEY:-}", "\""] {
            assert_eq!(shown(whole), whole);
        }
    }
}
