//! Heredoc markers: `[fd]<<[-]NAME`, the name quoted or not.

use super::lexer::{self, Rules};

/// A marker.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Marker {
    pub(super) name: String,
    pub(super) expand: bool,
    pub(super) chomp: bool,
}

/// The marker that a word is, if it is one.
pub(super) fn marker(word: &str) -> Option<Marker> {
    let rest = word.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix("<<")?;
    let (chomp, rest) = rest.strip_prefix('-').map_or((false, rest), |rest| (true, rest));
    let rest = rest.trim_start_matches(['\t', '\n', '\u{c}', '\r', ' ']);
    if rest.is_empty() || rest.contains('<') {
        return None;
    }
    let words = |raw_quotes| {
        let rules = Rules { raw_quotes, keep_unset: true, ..Rules::new('\\') };
        lexer::process(rest, rules, &mut |_| None).ok().map(|lexed| lexed.words)
    };
    let (plain, raw) = (words(false)?, words(true)?);
    let ([name], [quoted]) = (plain.as_slice(), raw.as_slice()) else {
        return None;
    };
    let count = |text: &str| text.matches(['\'', '"']).count();
    Some(Marker { name: name.clone(), expand: count(name) == count(quoted), chomp })
}

/// The markers in a logical line; none where its quotes do not close.
pub(super) fn markers(line: &str) -> Vec<Marker> {
    if !line.contains("<<") {
        return Vec::new();
    }
    let rules = Rules { raw_quotes: true, raw_escapes: true, keep_unset: true, ..Rules::new('\\') };
    let lexed = lexer::process(line, rules, &mut |_| None);
    lexed.map(|found| found.words.iter().filter_map(|word| marker(word)).collect()).unwrap_or_default()
}
