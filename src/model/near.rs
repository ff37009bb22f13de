//! "Did you mean …?"

/// How many letters have to change to make one word of the other.
pub fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, here) in a.chars().enumerate() {
        let mut before = i;
        let mut last = i + 1;
        for (j, there) in b.iter().enumerate() {
            let above = row.get(j + 1).copied().unwrap_or_default();
            last = (before + usize::from(here != *there)).min(last + 1).min(above + 1);
            before = above;
            if let Some(cell) = row.get_mut(j + 1) {
                *cell = last;
            }
        }
    }
    row.last().copied().unwrap_or_default()
}

/// The word that was probably meant, as the end of a message; otherwise all that could have been.
pub fn hint<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    let close = known
        .iter()
        .map(|one| (distance(word, one), *one))
        .min()
        .filter(|(far, _)| *far <= word.chars().count() / 3 + 1);
    match close {
        Some((_, meant)) => format!("; did you mean {meant}?"),
        None if known.is_empty() => String::new(),
        None => format!("; expected one of {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_word_is_meant() {
        assert_eq!(hint("libx", ["variant", "libc"]), "; did you mean libc?");
        assert_eq!(hint("packge", ["package", "image"]), "; did you mean package?");
    }

    #[test]
    fn a_word_that_is_like_none_gets_them_all() {
        assert_eq!(hint("colour", ["on", "at"]), "; expected one of on, at");
    }

    #[test]
    fn letters_are_counted_not_bytes() {
        assert_eq!(distance("é", "e"), 1);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
