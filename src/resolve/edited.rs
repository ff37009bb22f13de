//! Files that an image's build rewrites with `sed -i`: in the image they say something else than in the repository.

use super::components::Context;
use super::part::Part;
use crate::discover::{Kind, paths};
use crate::model::FileId;

/// What a word written in a file has become in a component's image; none where that is not known.
pub(super) fn word(context: &Context<'_, '_>, part: Option<&Part<'_>>, file: FileId, text: &str) -> Option<String> {
    let Some(part) = part else { return Some(text.to_owned()) };
    let name = paths::name(context.repository.tree.path(file));
    if part.image.as_ref().is_some_and(|image| image.dockerfile.is_none()) && built_with_edits(context, name) {
        return None;
    }
    let mut text = text.to_owned();
    for (argv, _) in part.commands.iter().filter(|(argv, _)| edits(argv, name)) {
        let (from, to) = argv.iter().skip(1).find_map(|word| substitution(word))?;
        text = text.replace(&from, &to);
    }
    Some(text)
}

/// Whether a component's image holds another text of a file than the repository.
pub(super) fn is_edited(context: &Context<'_, '_>, part: Option<&Part<'_>>, file: FileId) -> bool {
    let name = paths::name(context.repository.tree.path(file));
    part.is_some_and(|part| part.commands.iter().any(|(argv, _)| edits(argv, name)))
}

/// Whether a command rewrites a file of that name in place.
fn edits(argv: &[String], name: &str) -> bool {
    argv.first().is_some_and(|program| paths::name(program) == "sed")
        && argv.iter().any(|word| word == "--in-place" || word.starts_with("-i") || word.starts_with("-ri"))
        && argv.iter().skip(1).any(|word| !word.starts_with('-') && paths::name(word) == name)
}

/// An image that is fetched may be one that a Dockerfile here builds: what that rewrites is not known there either.
fn built_with_edits(context: &Context<'_, '_>, name: &str) -> bool {
    let tree = context.repository.tree;
    let texts = context.repository.of(Kind::Dockerfile).iter().filter_map(|file| tree.text(*file).ok());
    texts.into_iter().flat_map(str::lines).any(|line| line.contains("sed -i") && line.contains(name))
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
    use super::{edits, substitution};

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
    fn only_in_place_edits_of_the_file_count() {
        let argv = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert!(edits(&argv("sed -i s/a/b/ /srv/manage.py"), "manage.py"));
        assert!(!edits(&argv("sed s/a/b/ manage.py"), "manage.py"));
        assert!(!edits(&argv("sed -i s/a/b/ other.py"), "manage.py"));
    }
}
