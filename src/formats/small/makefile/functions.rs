//! The functions of make that only look at text; `shell`, `wildcard` and their like are not decided here.

use super::expand::{Scope, outside};

/// A call's name and arguments.
pub(super) fn call(inner: &str) -> Option<(&str, &str)> {
    let end = inner.find(|c: char| !(c.is_ascii_lowercase() || c == '-'))?;
    let (name, rest) = inner.split_at(end);
    (rest.starts_with([' ', '\t']) && !name.is_empty()).then(|| (name, rest.trim_start()))
}

/// The arguments, split at commas outside references and parentheses; at most `most` of them.
fn arguments(rest: &str, most: usize) -> Vec<&str> {
    let (mut out, mut start, mut depth) = (Vec::new(), 0, 0i32);
    for at in outside(rest, &['(', ')', '{', '}', ',']) {
        match rest.as_bytes().get(at) {
            Some(b'(' | b'{') => depth += 1,
            Some(b')' | b'}') => depth -= 1,
            _ if depth <= 0 && out.len() + 1 < most => {
                out.push(rest.get(start..at).unwrap_or_default());
                start = at + 1;
            }
            _ => {}
        }
    }
    out.push(rest.get(start..).unwrap_or_default());
    out
}

/// The value of a function's call, if the text decides it.
pub(super) fn value(scope: &Scope<'_>, name: &str, rest: &str, args: &[String], depth: usize) -> Option<String> {
    let most = match name {
        "strip" | "sort" | "words" | "firstword" | "lastword" | "dir" | "notdir" | "suffix" | "basename" | "info"
        | "warning" | "shell" => 1,
        "filter" | "filter-out" | "addprefix" | "addsuffix" | "findstring" | "word" | "join" => 2,
        "subst" | "patsubst" | "if" | "foreach" | "wordlist" => 3,
        "or" | "and" | "call" => usize::MAX,
        _ => return None,
    };
    let raw = arguments(rest, most);
    let text = |at: usize| scope.decided(raw.get(at).copied().unwrap_or_default(), args, depth + 1);
    match name {
        "if" => {
            let condition = scope.decided(raw.first()?.trim(), args, depth + 1)?;
            if condition.is_empty() { text(2) } else { text(1) }
        }
        "or" => {
            for one in &raw {
                let value = scope.decided(one.trim(), args, depth + 1)?;
                if !value.is_empty() {
                    return Some(value);
                }
            }
            Some(String::new())
        }
        "and" => {
            let mut last = String::new();
            for one in &raw {
                last = scope.decided(one.trim(), args, depth + 1)?;
                if last.is_empty() {
                    break;
                }
            }
            Some(last)
        }
        "call" => {
            let mut given: Vec<String> = Vec::new();
            for one in &raw {
                given.push(scope.decided(one, args, depth + 1)?);
            }
            let function = given.first()?.trim().to_owned();
            scope.look_up(&function, &given, depth + 1)
        }
        "foreach" => None,
        "shell" => located(&text(0)?),
        "info" | "warning" => Some(String::new()),
        _ => {
            let mut given = Vec::new();
            for at in 0..raw.len() {
                given.push(text(at)?);
            }
            plain(name, &given)
        }
    }
}

/// The program that a shell command only looks for, by the name it has where it is found.
fn located(command: &str) -> Option<String> {
    let mut words = command.split_whitespace();
    let (first, second) = (words.next()?, words.next()?);
    let program = match (first, second) {
        ("command", "-v" | "-V") | ("type", "-p" | "-P") => words.next()?,
        ("which", "-s" | "-a") => words.next()?,
        ("which", program) => program,
        _ => return None,
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./+".contains(c);
    let further = words.next().is_none_or(|word| word.starts_with("2>") || ["||", ";", "|"].contains(&word));
    (further && program.chars().all(plain)).then(|| program.to_owned())
}

/// Functions whose arguments are all expanded first.
fn plain(name: &str, given: &[String]) -> Option<String> {
    let at = |place: usize| given.get(place).map_or("", String::as_str);
    let each = |text: &str, of: &dyn Fn(&str) -> String| {
        text.split_whitespace().map(of).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
    };
    let matches = |word: &str| at(0).split_whitespace().any(|pattern| stem(pattern, word).is_some());
    let kept =
        |wanted: bool| at(1).split_whitespace().filter(|word| matches(word) == wanted).collect::<Vec<_>>().join(" ");
    Some(match name {
        "strip" => each(at(0), &str::to_owned),
        "sort" => {
            let mut words: Vec<&str> = at(0).split_whitespace().collect();
            words.sort_unstable();
            words.dedup();
            words.join(" ")
        }
        "words" => at(0).split_whitespace().count().to_string(),
        "firstword" => at(0).split_whitespace().next().unwrap_or_default().to_owned(),
        "lastword" => at(0).split_whitespace().last().unwrap_or_default().to_owned(),
        "word" => {
            let place: usize = at(0).trim().parse().ok()?;
            at(1).split_whitespace().nth(place.checked_sub(1)?).unwrap_or_default().to_owned()
        }
        "dir" => each(at(0), &|word| word.rfind('/').map_or_else(|| "./".into(), |slash| word[..=slash].to_owned())),
        "notdir" => each(at(0), &|word| word.rsplit('/').next().unwrap_or_default().to_owned()),
        "suffix" => each(at(0), &|word| word[last_dot(word)..].to_owned()),
        "basename" => each(at(0), &|word| word[..last_dot(word)].to_owned()),
        "filter" => kept(true),
        "filter-out" => kept(false),
        "findstring" => {
            if at(1).contains(at(0)) {
                at(0).to_owned()
            } else {
                String::new()
            }
        }
        "addprefix" => each(at(1), &|word| format!("{}{word}", at(0))),
        "addsuffix" => each(at(1), &|word| format!("{word}{}", at(0))),
        "subst" if at(0).is_empty() => format!("{}{}", at(2), at(1)),
        "subst" => at(2).replace(at(0), at(1)),
        "patsubst" => substitute(at(2), at(0).trim(), at(1).trim()),
        _ => return None,
    })
}

fn last_dot(word: &str) -> usize {
    word.rfind('.').filter(|dot| !word[*dot..].contains('/')).unwrap_or(word.len())
}

/// What `%` stands for, if a word is of a pattern; a pattern without one must be the word.
pub(super) fn stem<'w>(pattern: &str, word: &'w str) -> Option<&'w str> {
    let Some((before, after)) = pattern.split_once('%') else { return (pattern == word).then_some("") };
    word.strip_prefix(before)?.strip_suffix(after)
}

/// Every word of a pattern made one of another pattern.
pub(super) fn substitute(text: &str, from: &str, to: &str) -> String {
    let one = |word: &str| {
        stem(from, word).map_or_else(
            || word.to_owned(),
            |stem| match (from.contains('%'), to.split_once('%')) {
                (true, Some((before, after))) => format!("{before}{stem}{after}"),
                _ => to.to_owned(),
            },
        )
    };
    text.split_whitespace().map(one).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}
