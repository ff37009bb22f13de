//! Splitting a string into words by POSIX quoting, nothing expanded.

/// The words of a string such as a compose `command`.
pub fn split_words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' | '\n' | '\r' => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                word.extend(chars.by_ref().take_while(|&c| c != '\''));
            }
            '"' => {
                let word = word.get_or_insert_default();
                while let Some(c) = chars.next() {
                    match c {
                        '"' => break,
                        '\\' if matches!(chars.peek(), Some('"' | '\\')) => word.extend(chars.next()),
                        c => word.push(c),
                    }
                }
            }
            '\\' => word.get_or_insert_default().extend(chars.next()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::split_words;

    #[test]
    fn quotes_group_and_vanish() {
        assert_eq!(
            split_words(r#"sh -c "a 'b' \"c\" \$d" e\ f '' x"y"'z'"#),
            ["sh", "-c", r#"a 'b' "c" \$d"#, "e f", "", "xyz"]
        );
    }

    #[test]
    fn blanks_alone_are_no_word_and_an_open_quote_ends_with_the_text() {
        assert!(split_words(" \t\n ").is_empty());
        assert_eq!(split_words("a 'b c"), ["a", "b c"]);
        assert_eq!(split_words("a \\"), ["a", ""]);
    }
}
