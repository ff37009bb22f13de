//! Files that an image's build rewrites with `sed -i`: in the image they say something else than in the repository.

use super::components::Context;
use super::part::Part;
use crate::discover::{Kind, paths};
use crate::model::{FileId, Span};

/// What a word written in a file has become in a component's image; none where that is not known.
pub(super) fn word(context: &Context<'_, '_>, part: Option<&Part<'_>>, at: Span, text: &str) -> Option<String> {
    let Some(part) = part else { return Some(text.to_owned()) };
    let tree = context.repository.tree;
    let name = paths::name(tree.path(at.file));
    let line = tree.text(at.file).map_or("", |file| line_of(file, at.start as usize));
    if part.image.as_ref().is_some_and(|image| image.dockerfile.is_none()) && built_with_edits(context, name, line) {
        return None;
    }
    let mut text = text.to_owned();
    for (argv, _) in part.commands.iter().filter(|(argv, _)| edits(argv, name) && touches(argv, line)) {
        let (from, to) = argv.iter().skip(1).find_map(|word| substitution(word))?;
        text = text.replace(&from, &to);
    }
    Some(text)
}

/// Whether a component's image holds another text of a file than the repository.
pub(super) fn is_edited(context: &Context<'_, '_>, part: Option<&Part<'_>>, file: FileId) -> bool {
    let name = paths::name(context.repository.tree.path(file));
    let text = context.repository.tree.text(file).unwrap_or_default();
    part.is_some_and(|part| part.commands.iter().any(|(argv, _)| edits(argv, name) && touches(argv, text)))
}

fn line_of(text: &str, at: usize) -> &str {
    let start = text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
    text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or("")
}

/// Whether a rewriting command can match in a text: every longer literal run of its pattern stands there.
fn touches(argv: &[String], text: &str) -> bool {
    let patterns: Vec<&str> = argv.iter().skip(1).filter_map(|word| pattern(word)).collect();
    patterns.is_empty() || patterns.iter().any(|pattern| runs(pattern).iter().all(|run| text.contains(run.as_str())))
}

/// The pattern of `s/pattern/…/`, an address before it or not.
fn pattern(expression: &str) -> Option<&str> {
    let rest = expression.trim_start_matches(|c: char| c.is_ascii_digit() || c == ',' || c == '$').strip_prefix('s')?;
    let delimiter = rest.chars().next().filter(char::is_ascii_punctuation)?;
    let from = rest.get(1..)?.split(delimiter).next()?;
    rest.matches(delimiter).nth(2).map(|_| from)
}

/// The runs of three and more letters that a pattern matches literally.
fn runs(pattern: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        let literal = match c {
            '\\' => chars.next().filter(|next| !next.is_alphanumeric()),
            '.' | '^' | '$' | '(' | ')' | '{' | '}' | '|' => None,
            '*' | '?' | '+' | '[' => {
                // What stands before it may be missing; what a set holds is not read.
                found.last_mut().map(String::pop);
                None
            }
            c => Some(c),
        };
        match (literal, found.last_mut()) {
            (Some(c), Some(run)) => run.push(c),
            _ => found.push(String::new()),
        }
    }
    let alternatives = pattern.contains(['|', '[']);
    found.into_iter().filter(|run| run.chars().count() >= 3 && !alternatives).collect()
}

/// Whether a command rewrites a file of that name in place.
fn edits(argv: &[String], name: &str) -> bool {
    argv.first().is_some_and(|program| paths::name(program) == "sed")
        && argv.iter().any(|word| word == "--in-place" || word.starts_with("-i") || word.starts_with("-ri"))
        && argv.iter().skip(1).any(|word| !word.starts_with('-') && paths::name(word) == name)
}

/// An image that is fetched may be one that a Dockerfile here builds: what that rewrites is not known there either.
fn built_with_edits(context: &Context<'_, '_>, name: &str, text: &str) -> bool {
    let tree = context.repository.tree;
    let texts = context.repository.of(Kind::Dockerfile).iter().filter_map(|file| tree.text(*file).ok());
    let words = |line: &str| line.split(['"', '\'', ' ']).map(str::to_owned).collect::<Vec<_>>();
    texts
        .into_iter()
        .flat_map(str::lines)
        .any(|line| line.contains("sed -i") && line.contains(name) && touches(&words(line), text))
}

/// `s/from/to/` with plain words on both sides.
fn substitution(expression: &str) -> Option<(String, String)> {
    let rest = expression.strip_prefix('s')?;
    let delimiter = rest.chars().next().filter(char::is_ascii_punctuation)?;
    let mut parts = rest.get(1..)?.split(delimiter);
    let (from, to, flags) = (parts.next()?, parts.next()?, parts.next()?);
    let plain = |text: &str| !text.contains(['*', '[', '^', '$', '(', '&', '{', '+', '?', '|']);
    let known = parts.next().is_none() && (flags.is_empty() || flags == "g") && !from.is_empty();
    let from = from.replace("\\.", ".");
    (known && plain(&from) && plain(to) && !from.contains('\\') && !to.contains('\\')).then(|| (from, to.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::{edits, substitution, touches};

    #[test]
    fn plain_substitutions_are_followed_and_others_are_not() {
        let pair = |a: &str, b: &str| Some((a.to_owned(), b.to_owned()));
        assert_eq!(substitution("s/app.dev/app.live/"), pair("app.dev", "app.live"));
        assert_eq!(substitution("s|a\\.b|c|g"), pair("a.b", "c"));
        for other in ["s/a*/b/", "s/(a)/\\1/", "/x/d", "s/a/b/I", "manage.py"] {
            assert_eq!(substitution(other), None, "{other}");
        }
    }

    #[test]
    fn a_pattern_that_does_not_stand_in_a_text_changes_nothing_there() {
        let argv = |pattern: &str| vec!["sed".to_owned(), "-i".to_owned(), pattern.to_owned(), "manage.py".to_owned()];
        assert!(!touches(&argv("1s|^#!/usr/bin/env python3|#!/opt/run|"), "module = 'app.dev'"));
        assert!(touches(&argv("s/app.dev/app.live/"), "module = 'app.dev'"));
        assert!(touches(&argv("s/.*/x/"), "module = 'app.dev'"));
        assert!(touches(&argv("s/[a-z]*dev|other/x/"), "module = 'app.dev'"));
    }

    #[test]
    fn only_in_place_edits_of_the_file_count() {
        let argv = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert!(edits(&argv("sed -i s/a/b/ /srv/manage.py"), "manage.py"));
        assert!(!edits(&argv("sed s/a/b/ manage.py"), "manage.py"));
        assert!(!edits(&argv("sed -i s/a/b/ other.py"), "manage.py"));
    }
}
