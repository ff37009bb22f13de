//! Words by which a comment says that a choice was made with open eyes.

use serde::Deserialize;

use super::table::table;

/// What a choice is about.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "kebab-case")]
pub enum Choice {
    /// That every host is let in.
    Hosts,
    /// That something simpler stands for a service.
    StandIn,
    /// That a value only stands there for a build.
    Build,
    /// That what is merged has been tested before.
    Gate,
    /// That a stack only stands there for trying what is deployed elsewhere.
    Try,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum Is {
    Topic,
    Reason,
    Doubt,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Word {
    about: Choice,
    is: Is,
    text: String,
    #[expect(dead_code, reason = "kept for the reader of the table")]
    source: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    pub(super) as_of: String,
    words: Vec<Word>,
}
table!(table, Table, "reasons.toml");

/// The date the table stands for.
pub fn as_of() -> &'static str {
    &table().as_of
}

/// Whether a comment speaks of a choice, gives a reason for it and does not take that back.
pub fn gives(choice: Choice, comment: &str) -> bool {
    let comment = comment.to_lowercase();
    let says = |is: Is| {
        let mut words = table().words.iter().filter(|row| row.about == choice && row.is == is);
        words.any(|row| begins_a_word(&comment, &row.text))
    };
    says(Is::Topic) && says(Is::Reason) && !says(Is::Doubt)
}

/// Whether a text stands in a comment, where a word begins.
fn begins_a_word(comment: &str, text: &str) -> bool {
    let before = |at: usize| comment[..at].chars().next_back();
    comment.match_indices(text).any(|(at, _)| !before(at).is_some_and(char::is_alphanumeric))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_speaks_of_its_choice_and_is_not_taken_back() {
        assert!(gives(Choice::StandIn, "SQLite here, to avoid a server in the workflow"));
        assert!(!gives(Choice::StandIn, "Use SQLite for tests"));
        assert!(!gives(Choice::StandIn, "SQLite because it is quick. TODO: should be PostgreSQL"));
        assert!(!gives(Choice::StandIn, "to avoid a server in the workflow"));
        assert!(!gives(Choice::Gate, "the latest has already passed"), "no test in it");
        assert!(gives(Choice::Try, "in use only by cypress") && gives(Choice::Try, "A key for this prod-like setup"));
        assert!(!gives(Choice::Try, "not intended for production use without a secret"));
        assert!(gives(Choice::Build, "Needed for the image to build") && !gives(Choice::Build, "the database"));
    }
}
