//! Assignments and the other lines that are no rule: `export`, `include`, `define`, `undefine`, `vpath`.

use super::read::{Logical, Reader};
use crate::model::Spanned;

/// How a variable is set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Sign {
    /// `=`.
    Recursive,
    /// `:=`, `::=`.
    Simple,
    /// `?=`.
    Default,
    /// `+=`.
    Append,
    /// `!=`.
    Shell,
}

/// An assignment: the places of name and value.
pub(super) struct Assignment {
    pub(super) name: std::ops::Range<usize>,
    pub(super) sign: Sign,
    pub(super) value: std::ops::Range<usize>,
    pub(super) exported: bool,
    pub(super) overrides: bool,
}

/// The assignment that a text from an offset on is, if it is one.
pub(super) fn assignment(text: &str, from: usize) -> Option<Assignment> {
    let (mut at, mut exported, mut overrides) = (from, false, false);
    loop {
        at = skip_blank(text, at);
        if let Some((end, sign, value)) = sign_after(text, at) {
            let value = skip_blank(text, value);
            return Some(Assignment { name: at..end, sign, value: value..text.len(), exported, overrides });
        }
        let word = word_at(text, at);
        match text.get(word.clone())? {
            "export" => exported = true,
            "override" => overrides = true,
            "private" => {}
            _ => return None,
        }
        at = word.end;
    }
}

/// After a name: where it ends, the sign, and where the value starts.
fn sign_after(text: &str, at: usize) -> Option<(usize, Sign, usize)> {
    let mut end = at;
    let bytes = text.as_bytes();
    while let Some(byte) = bytes.get(end) {
        match byte {
            b' ' | b'\t' | b'=' | b':' | b'#' => break,
            b'?' | b'+' | b'!' if bytes.get(end + 1) == Some(&b'=') => break,
            b'$' => end = super::expand::reference_end(text, end),
            _ => end += 1,
        }
    }
    if end == at {
        return None;
    }
    let start = skip_blank(text, end);
    let rest = text.get(start..)?;
    let signs = [
        (":::=", Sign::Simple),
        ("::=", Sign::Simple),
        (":=", Sign::Simple),
        ("?=", Sign::Default),
        ("+=", Sign::Append),
        ("!=", Sign::Shell),
        ("=", Sign::Recursive),
    ];
    let (sign, kind) = signs.iter().find(|(sign, _)| rest.starts_with(sign))?;
    Some((end, *kind, start + sign.len()))
}

fn skip_blank(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    text.len() - rest.trim_start().len()
}

fn word_at(text: &str, at: usize) -> std::ops::Range<usize> {
    let rest = text.get(at..).unwrap_or_default();
    at..at + rest.find([' ', '\t']).unwrap_or(rest.len())
}

/// Reads a line that is no rule; whether it was one.
pub(super) fn directive(reader: &mut Reader, line: &Logical) -> bool {
    if let Some(found) = assignment(&line.text, 0) {
        set(reader, line, &found);
        reader.open.clear();
        return true;
    }
    let start = skip_blank(&line.text, 0);
    let word = word_at(&line.text, start);
    let rest = word.end..line.text.len();
    let expanded = |reader: &Reader| reader.scope().text(line.text.get(rest.clone()).unwrap_or_default()).text;
    match line.text.get(word).unwrap_or_default() {
        "export" => {
            let names = expanded(reader);
            reader.makefile.exports_all |= names.trim().is_empty();
            reader.makefile.exported.extend(names.split_whitespace().map(str::to_owned));
        }
        "unexport" => {
            let names = expanded(reader);
            reader.makefile.exports_all &= !names.trim().is_empty();
            for name in names.split_whitespace() {
                reader.makefile.exported.remove(name);
            }
        }
        "include" | "-include" | "sinclude" => {
            let found = expanded(reader);
            let span = line.piece(rest).span;
            reader.makefile.includes.extend(found.split_whitespace().map(|path| Spanned::new(path.to_owned(), span)));
        }
        "define" | "override" if line.text.contains("define ") => {
            let from = line.text.find("define ").map_or(rest.start, |at| at + "define ".len());
            let (name, sign) = match sign_after(&line.text, skip_blank(&line.text, from)) {
                Some((end, sign, _)) => (line.piece(from..end), sign),
                None => (line.piece(from..line.text.len()), Sign::Recursive),
            };
            reader.start_define(name, sign);
        }
        "undefine" => {
            let name = expanded(reader);
            reader.makefile.variables.remove(name.trim());
        }
        "vpath" | "load" | "-load" => {}
        _ => return false,
    }
    reader.open.clear();
    true
}

fn set(reader: &mut Reader, line: &Logical, found: &Assignment) {
    let name = reader.scope().text(line.text.get(found.name.clone()).unwrap_or_default());
    if !name.known {
        return;
    }
    if found.exported {
        reader.makefile.exported.insert(name.text.clone());
    }
    // Blanks behind a value belong to it for make; nobody means them, but where words are put before others.
    let value = line.piece(found.value.clone());
    let before = reader.maybe() && line.text.ends_with([' ', '\t']) && !value.value.is_empty();
    let blank = if before { " " } else { "" };
    let value = Spanned::new(value.value.replace("\\#", "#") + blank, value.span);
    reader.assign(&name.text, found.sign, value, found.overrides);
}
