//! The files that a pattern of paths stands for.

use super::super::ast::{Part, Word};
use super::super::lex;
use super::Runner;
use super::command::placed;
use super::pattern;
use super::state::{State, Text};

impl Runner<'_> {
    /// The words of a loop, patterns of files replaced by the files; none where that is not known.
    pub(super) fn looped(&mut self, words: &[Word], state: &mut State) -> Option<Vec<Text>> {
        let mut all = Vec::new();
        for word in words {
            if !lex::is_pattern(&word.raw) || !globs(&word.parts) {
                all.extend(self.fields(state, word));
                continue;
            }
            for field in self.fields(state, word) {
                let text = field.known.one().filter(|_| !field.guess)?;
                if !text.contains(['*', '?', '[']) {
                    all.push(field);
                    continue;
                }
                let found = self.matching(text, state)?;
                // Without a match the pattern stays, but others may put files there.
                if found.is_empty() && !state.null_glob {
                    return None;
                }
                all.extend(
                    found.into_iter().map(|path| Text { known: crate::model::Known::One(path), ..field.clone() }),
                );
            }
        }
        Some(all)
    }

    /// The files of the repository that match a pattern, as the shell writes them.
    fn matching(&self, written: &str, state: &State) -> Option<Vec<String>> {
        let (folder, name) = written.rsplit_once('/').map_or(("", written), |(folder, name)| (folder, name));
        if folder.contains(['*', '?', '[', '\\']) || name.contains('\\') || name.is_empty() {
            return None;
        }
        let rooted = written.starts_with('/') && folder.is_empty();
        let place = placed(&state.cwd, if rooted { "/" } else { folder })?;
        let glob: Vec<char> = name.chars().collect();
        let shown = |found: String| match written.rsplit_once('/') {
            Some((folder, _)) => format!("{folder}/{found}"),
            None => found,
        };
        let names = self.files.names(&place)?.into_iter();
        let fits = |found: &String| {
            let hidden = found.starts_with('.') && !name.starts_with('.');
            !hidden && pattern::matches(&glob, &found.chars().collect::<Vec<_>>())
        };
        Some(names.filter(fits).map(shown).collect())
    }
}

/// Whether a word that looks like a pattern is one: the signs stand outside quotes.
fn globs(parts: &[Part]) -> bool {
    parts.iter().any(|part| matches!(part, Part::Literal(text) if lex::is_pattern(text)))
}
