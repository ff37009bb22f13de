//! Options with their values, and what is left of a command without them.

/// The words of a command, sorted.
#[derive(Debug, Default)]
pub(super) struct Sorted<'w> {
    /// Options in their order, with their values.
    pub(super) options: Vec<(&'w str, Option<&'w str>)>,
    /// The other words, with their places.
    pub(super) words: Vec<(usize, &'w str)>,
}

impl<'w> Sorted<'w> {
    /// The value of the last of these options that has one.
    pub(super) fn value(&self, names: &[&str]) -> Option<&'w str> {
        self.options.iter().rev().filter(|(name, _)| names.contains(name)).find_map(|(_, value)| *value)
    }

    pub(super) fn has(&self, names: &[&str]) -> bool {
        self.options.iter().any(|(name, _)| names.contains(name))
    }

    /// Whether a letter is among the short options, alone or in a cluster such as `-qqy`.
    pub(super) fn has_letter(&self, letter: char) -> bool {
        self.options.iter().any(|(name, _)| !name.starts_with("--") && name.contains(letter))
    }
}

/// Sorts words from `from` on. `valued` are the options that take the next word (`--option`, `-o`).
pub(super) fn sort<'w>(words: &[&'w str], from: usize, valued: &[&str]) -> Sorted<'w> {
    let mut sorted = Sorted::default();
    let mut at = from;
    let mut plain = false;
    while let Some(&word) = words.get(at) {
        at += 1;
        if plain || !word.starts_with('-') || word == "-" {
            sorted.words.push((at - 1, word));
        } else if word == "--" {
            plain = true;
        } else if let Some((name, value)) = word.split_once('=').filter(|_| word.starts_with("--")) {
            sorted.options.push((name, Some(value)));
        } else if valued.contains(&word) {
            sorted.options.push((word, words.get(at).copied()));
            at += 1;
        } else if let Some((name, value)) = inline(word, valued) {
            sorted.options.push((name, Some(value)));
        } else {
            let last = word.get(word.len() - 1..).unwrap_or("");
            let clustered =
                !word.starts_with("--") && valued.iter().any(|name| name.len() == 2 && name.ends_with(last));
            sorted.options.push((word, words.get(at).copied().filter(|_| clustered)));
            at += usize::from(clustered);
        }
    }
    sorted
}

/// `-oValue` and `-o=value`
fn inline<'w>(word: &'w str, valued: &[&str]) -> Option<(&'w str, &'w str)> {
    let (name, value) = (word.get(..2)?, word.get(2..)?);
    let takes = !word.starts_with("--") && !value.is_empty() && valued.contains(&name);
    takes.then(|| (name, value.strip_prefix('=').unwrap_or(value)))
}
