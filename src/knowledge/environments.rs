//! The words by which files name environments, and the variables that choose one.

use serde::Deserialize;

use super::table::table;
use crate::model::Role;

/// What a word in a file name says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum WordClass {
    /// An environment of that role.
    Role(Role),
    /// Where or how things are deployed: production, unless another word says which environment.
    Platform,
    /// Values for building images only: never an environment.
    Build,
    /// A layer that several environments share.
    Shared,
    /// Documentation whose values are placeholders.
    Template,
    /// A variant of the product, not an environment.
    Variant,
}

/// What kind of selector a variable is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Selector {
    /// Its value names the environment.
    Named,
    /// Its value labels the environment and decides nothing.
    Weak,
    /// Its truth says which environment it is.
    Boolean,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WordRow {
    word: String,
    class: String,
    #[expect(dead_code, reason = "kept for the reader of the table")]
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AmbiguousRow {
    word: String,
    meaning: String,
    #[expect(dead_code, reason = "kept for the reader of the table")]
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SelectorRow {
    name: String,
    kind: String,
    #[serde(default)]
    weak: bool,
    #[expect(dead_code, reason = "kept for the reader of the table")]
    source: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    pub(super) as_of: String,
    words: Vec<WordRow>,
    ambiguous: Vec<AmbiguousRow>,
    selectors: Vec<SelectorRow>,
}
table!(table, Table, "environments.toml");

/// What a word says, in any letter case.
pub fn class_of_word(word: &str) -> Option<WordClass> {
    let row = table().words.iter().find(|row| row.word.eq_ignore_ascii_case(word))?;
    Some(match row.class.as_str() {
        "platform" => WordClass::Platform,
        "build" => WordClass::Build,
        "shared" => WordClass::Shared,
        "template" => WordClass::Template,
        "variant" => WordClass::Variant,
        role => WordClass::Role(Role::of(role)?),
    })
}

/// The role that a word names, in any letter case.
pub fn role_of_word(word: &str) -> Option<Role> {
    match class_of_word(word)? {
        WordClass::Role(role) => Some(role),
        WordClass::Platform => Some(Role::Production),
        _ => None,
    }
}

/// Why a word is not to be trusted alone.
pub fn ambiguous(word: &str) -> Option<&'static str> {
    table().ambiguous.iter().find(|row| row.word.eq_ignore_ascii_case(word)).map(|row| row.meaning.as_str())
}

/// The known words of a path, folders first, each part split at `.`, `_` and `-`; joined words such as `pre-prod` first.
pub fn tokens(path: &str) -> Vec<(String, WordClass)> {
    let mut found = Vec::new();
    for part in path.split('/') {
        let pieces: Vec<&str> = part.split(['.', '_', '-']).filter(|piece| !piece.is_empty()).collect();
        let mut at = 0;
        while let Some(piece) = pieces.get(at) {
            let joined = pieces.get(at + 1).and_then(|next| {
                let words = [format!("{piece}-{next}"), format!("{piece}_{next}")];
                words.into_iter().find_map(|word| class_of_word(&word).map(|class| (word.to_lowercase(), class)))
            });
            if let Some(joined) = joined {
                found.push(joined);
                at += 2;
                continue;
            }
            if let Some(class) = class_of_word(piece) {
                found.push((piece.to_lowercase(), class));
            }
            at += 1;
        }
    }
    found
}

/// What kind of selector a variable is, if it is one.
pub fn selector(variable: &str) -> Option<Selector> {
    let rows = &table().selectors;
    if let Some(row) = rows.iter().find(|row| row.kind == "exact" && row.name == variable) {
        return Some(if row.weak { Selector::Weak } else { Selector::Named });
    }
    if rows.iter().any(|row| row.kind == "boolean" && row.name == variable) {
        return Some(Selector::Boolean);
    }
    is_selector_by_suffix(variable).then_some(Selector::Named)
}

/// Whether a variable's name only ends as selectors do, `ACME_ENV`.
pub fn is_selector_by_suffix(variable: &str) -> bool {
    let rows = &table().selectors;
    !rows.iter().any(|row| row.kind == "exact" && row.name == variable)
        && rows.iter().any(|row| row.kind == "suffix" && variable.ends_with(&row.name))
}

/// Whether a variable's value names an environment.
pub fn is_selector(variable: &str) -> bool {
    selector(variable).is_some()
}

/// Whether a build argument of that name chooses what a build is for.
pub fn is_build_argument(name: &str) -> bool {
    table().selectors.iter().any(|row| row.kind == "build-arg" && row.name == name)
}

/// The date the table stands for.
pub fn as_of() -> &'static str {
    &table().as_of
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joined_words_come_before_their_parts() {
        assert_eq!(tokens("deploy.pre-prod.yml").last(), Some(&("pre-prod".into(), WordClass::Role(Role::Staging))));
        assert_eq!(role_of_word("PROD"), Some(Role::Production));
        assert_eq!(tokens(".envs/.local/.django"), vec![("local".into(), WordClass::Role(Role::Development))]);
        assert_eq!(tokens(".env.example"), vec![("example".into(), WordClass::Template)]);
        assert!(tokens("producer.py").is_empty());
    }

    #[test]
    fn selectors_are_exact_by_suffix_boolean_or_weak() {
        assert_eq!(selector("DJANGO_SETTINGS_MODULE"), Some(Selector::Named));
        assert_eq!(selector("NOTIFY_ENVIRONMENT"), Some(Selector::Named));
        assert_eq!(selector("SENTRY_ENVIRONMENT"), Some(Selector::Weak));
        assert_eq!(selector("LOCAL_DEV"), Some(Selector::Boolean));
        assert_eq!(selector("SECRET_KEY"), None);
    }
}
