//! Columns, lines and words.

use annotate_snippets::renderer::{self, Style};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How many columns a text takes.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// How many columns a character takes.
pub(super) fn char_width(c: char) -> usize {
    c.width().unwrap_or(0)
}

/// Whether a character would move the cursor, turn the text around or cannot be seen.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// What is shown for a character: itself, spaces for a tab, a mark for what must not reach a terminal.
pub(super) fn shown(c: char) -> &'static str {
    match c {
        '\t' => "    ",
        '\r' | '\n' => " ",
        '\u{feff}' => "",
        c if is_unsafe(c) => "\u{fffd}",
        _ => "\0",
    }
}

/// A text on one line, without control characters.
pub(super) fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match shown(c) {
            "\0" => out.push(c),
            other => out.push_str(other),
        }
    }
    out
}

/// The beginning of a text that takes at most `max` columns, with an ellipsis where something is left out.
pub(super) fn cut(text: &str, max: usize) -> String {
    if width(text) <= max {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 0;
    for c in text.chars() {
        used += char_width(c);
        if used + 1 > max {
            break;
        }
        out.push(c);
    }
    if max > 0 {
        out.push('…');
    }
    out
}

/// The end of a text (a path) that takes at most `max` columns.
pub(super) fn cut_front(text: &str, max: usize) -> String {
    if width(text) <= max {
        return text.to_owned();
    }
    let mut kept: Vec<char> = Vec::new();
    let mut used = 1;
    for c in text.chars().rev() {
        used += char_width(c);
        if used > max {
            break;
        }
        kept.push(c);
    }
    std::iter::once('…').chain(kept.into_iter().rev()).collect()
}

/// A text filled up with spaces.
pub(super) fn pad(text: &str, to: usize) -> String {
    format!("{text}{}", " ".repeat(to.saturating_sub(width(text))))
}

/// A text in lines of at most `max` columns; the words of a line stay as they are, longer words are split.
pub(super) fn wrap(text: &str, max: usize) -> Vec<String> {
    let max = max.max(4);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && width(&line) + 1 + width(word) > max {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        for c in word.chars() {
            if width(&line) + char_width(c) > max {
                lines.push(std::mem::take(&mut line));
            }
            line.push(c);
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// A text after a head, in lines that all begin under the head's end; a head that leaves too little room gets its own line.
pub(super) fn hang(head: &str, text: &str, max: usize) -> String {
    let indent = width(head);
    if indent + 24 > max && indent + width(text) > max {
        let head = cut(head.trim_end(), max);
        let own = if head.is_empty() { String::new() } else { format!("{head}\n") };
        return own + &hang(&" ".repeat(14), text, max);
    }
    let mut out = String::new();
    for (at, line) in wrap(text, max.saturating_sub(indent)).iter().enumerate() {
        let start = if at == 0 { head.to_owned() } else { " ".repeat(indent) };
        out.push_str(format!("{start}{line}").trim_end());
        out.push('\n');
    }
    out
}

/// Adds a piece to a text.
pub(super) fn add(out: &mut String, piece: std::fmt::Arguments<'_>) {
    // Writing to a `String` cannot fail.
    let _ = std::fmt::Write::write_fmt(out, piece);
}

/// `1 error`, `2 errors`.
pub(super) fn count(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn list<T: AsRef<str>>(items: &[T], and: &str) -> String {
    match items {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
            format!("{} {and} {}", first.join(", "), last.as_ref())
        }
    }
}

/// Whether `word` stands in a text on its own.
pub(super) fn has_word(text: &str, word: &str) -> bool {
    let edge = |c: Option<char>| c.is_none_or(|c| !(c.is_alphanumeric() || c == '_' || c == '-' || c == '.'));
    let mut found = text.match_indices(word);
    found.any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|after| after.chars().next());
        edge(before) && edge(after.filter(|c| *c != '.'))
    })
}

/// What a piece of text is, which decides its colour.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    /// An error's word.
    Error,
    /// A warning's word.
    Warning,
    /// A note's word.
    Note,
    /// The word help.
    Help,
    /// A headline.
    Strong,
    /// A gutter, a place.
    Quiet,
}

/// A text in its colour.
pub(super) fn paint(text: &str, ink: Ink, color: bool) -> String {
    if !color {
        return text.to_owned();
    }
    let style: Style = match ink {
        Ink::Error => renderer::DEFAULT_ERROR_STYLE,
        Ink::Warning => renderer::DEFAULT_WARNING_STYLE,
        Ink::Note => renderer::DEFAULT_NOTE_STYLE,
        Ink::Help => renderer::DEFAULT_HELP_STYLE,
        Ink::Strong => renderer::DEFAULT_EMPHASIS_STYLE,
        Ink::Quiet => renderer::DEFAULT_LINE_NUM_STYLE,
    };
    format!("{style}{text}{style:#}")
}

/// Cuts every line at `max` columns (colour codes take none) and drops spaces at line ends; without UTF-8, all in ASCII.
pub(super) fn fit(text: &str, max: usize, utf8: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        let ascii = |c| {
            if c == '…' {
                '~'
            } else if char::is_ascii(&c) {
                c
            } else {
                '?'
            }
        };
        let line: String = if utf8 { line.to_owned() } else { line.chars().map(ascii).collect() };
        let fitted = fit_line(&line, max, if utf8 { '…' } else { '~' });
        out.push_str(fitted.trim_end());
        out.push('\n');
    }
    out
}

fn fit_line(line: &str, max: usize, ellipsis: char) -> String {
    let mut out = String::new();
    let mut used = 0;
    let mut escape = false;
    let total: usize = width(&plain(line));
    for c in line.chars() {
        escape |= c == '\u{1b}';
        if escape {
            out.push(c);
            escape = c != 'm';
            continue;
        }
        let next = used + char_width(c);
        if total > max && next > max - 1 {
            if used <= max {
                out.push(ellipsis);
                used = max + 1;
            }
            continue;
        }
        out.push(c);
        used = next;
    }
    out
}

/// A line without its colour codes.
pub(super) fn plain(line: &str) -> String {
    let mut escape = false;
    let visible = |c: &char| {
        escape |= *c == '\u{1b}';
        let hidden = escape;
        escape &= *c != 'm';
        !hidden
    };
    line.chars().filter(visible).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_by_columns_not_by_characters() {
        assert_eq!(cut("日本語日本語", 7), "日本語…");
        assert_eq!(cut_front("very/long/path.py", 9), "…/path.py");
    }

    #[test]
    fn words_longer_than_a_line_are_split() {
        assert_eq!(wrap("ab cdefghi j", 4), ["ab", "cdef", "ghi", "j"]);
    }

    #[test]
    fn colour_codes_take_no_columns() {
        let line = paint("abcdef", Ink::Error, true);
        assert_eq!(plain(&fit(&line, 4, true)).trim_end(), "abc…");
        assert!(fit(&line, 4, true).contains("\u{1b}[0m"));
    }

    #[test]
    fn a_name_inside_another_is_not_the_word() {
        assert!(has_word("set in dev.", "dev"));
        assert!(!has_word("dev.Dockerfile", "Dockerfile"));
        assert!(!has_word("development", "dev"));
    }
}
