//! Matching of `*`, `?` and `[…]`.

/// A pattern: `\x` is the character itself.
pub(super) fn matches(pattern: &[char], text: &[char]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    loop {
        if p < pattern.len() && pattern[p] == '*' {
            retry = Some((p + 1, t));
            p += 1;
            continue;
        }
        if t == text.len() && p == pattern.len() {
            return true;
        }
        let step = if t < text.len() { one(&pattern[p..], text[t]) } else { None };
        match (step, retry) {
            (Some(length), _) => {
                p += length;
                t += 1;
            }
            (None, Some((after, at))) if at < text.len() => {
                retry = Some((after, at + 1));
                (p, t) = (after, at + 1);
            }
            _ => return false,
        }
    }
}

/// The length of the pattern that matches one character.
fn one(pattern: &[char], c: char) -> Option<usize> {
    match pattern {
        [] => None,
        ['\\', literal, ..] => (*literal == c).then_some(2),
        ['?', ..] => Some(1),
        ['[', rest @ ..] => {
            let close = rest.iter().skip(1).position(|&c| c == ']').map(|at| at + 1);
            let Some(close) = close else { return (c == '[').then_some(1) };
            let set = &rest[..close];
            let (negated, set) = match set {
                ['!' | '^', rest @ ..] => (true, rest),
                set => (false, set),
            };
            let mut found = false;
            let mut at = 0;
            while at < set.len() {
                if at + 2 < set.len() && set[at + 1] == '-' {
                    found |= set[at] <= c && c <= set[at + 2];
                    at += 3;
                } else {
                    found |= set[at] == c;
                    at += 1;
                }
            }
            (found != negated).then_some(close + 2)
        }
        [literal, ..] => (*literal == c).then_some(1),
    }
}
