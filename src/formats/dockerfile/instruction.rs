//! One logical line as an instruction.

use super::text::Text;
use super::words::{self, Json, Word};
use super::{Flag, Instruction};
use crate::model::Spanned;

const KEYWORDS: [&str; 18] = [
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

/// Whether heredoc markers mean anything in the instruction.
pub(super) fn takes_heredocs(instruction: &Instruction) -> bool {
    let inner = instruction.onbuild.as_deref().unwrap_or(instruction);
    matches!(inner.keyword.value.as_str(), "ADD" | "COPY" | "RUN") && !inner.json
}

/// Whether BuildKit has an instruction of that name, in upper case.
pub(super) fn is_known(keyword: &str) -> bool {
    KEYWORDS.contains(&keyword)
}

/// Whether a line starts with a keyword; used to find the way back after an unreadable part.
pub(super) fn starts_with_keyword(line: &str) -> bool {
    let word = line.trim_start().split(words::is_blank).next().unwrap_or_default();
    KEYWORDS.iter().any(|keyword| keyword.eq_ignore_ascii_case(word.trim_end()))
}

/// Reads a logical line; the error says why BuildKit's parser refuses it. Line numbers are filled in by the caller.
pub(super) fn read(line: &Text, escape: char) -> Result<Instruction, String> {
    read_nested(line, escape, 0)
}

/// How deep ONBUILD may stand in ONBUILD; each is a call deeper.
const DEPTH: usize = 50;

fn read_nested(line: &Text, escape: char, depth: usize) -> Result<Instruction, String> {
    let text = line.text.as_str();
    let start = text.len() - text.trim_start().len();
    let end = text.trim_end().len().max(start);
    let length = text[start..end].find(words::is_blank).unwrap_or(end - start);
    let (written, behind) = (&text[start..start + length], start + length);
    let keyword = written.to_ascii_uppercase();
    if depth == 0 && !is_known(&keyword) {
        return Err(format!("unknown instruction: {written}"));
    }
    if depth > DEPTH {
        return Err("ONBUILD is nested too deep".into());
    }
    let after = &text[behind..end];
    let (found, rest_at) = words::flags(after, escape);
    let flags = found.into_iter().map(|flag| flag_of(line, flag, behind)).collect();
    let rest_start = behind + rest_at + (after[rest_at..].len() - after[rest_at..].trim_start().len());
    let rest = line.slice(rest_start, end);
    let mut instruction = Instruction {
        keyword: line.spanned(keyword, start, start + length),
        span: line.span(start, end),
        first_line: 0,
        last_line: 0,
        flags,
        json: false,
        args: Vec::new(),
        rest,
        heredocs: Vec::new(),
        onbuild: None,
    };
    arguments(&mut instruction, escape, depth)?;
    Ok(instruction)
}

fn flag_of(line: &Text, flag: Word, behind: usize) -> Flag {
    let (start, end) = (behind + flag.start, behind + flag.end);
    let raw = &line.text[start..end];
    let body = flag.text.strip_prefix("--").unwrap_or(&flag.text);
    let (name, value) = match body.split_once('=') {
        Some((name, value)) => {
            let at = raw.find('=').map_or(start, |offset| start + offset + 1);
            (name.to_owned(), Some(line.spanned(value, at, end)))
        }
        None => (body.to_owned(), None),
    };
    Flag { name, value, span: line.span(start, end), text: flag.text }
}

fn arguments(instruction: &mut Instruction, escape: char, depth: usize) -> Result<(), String> {
    let rest = instruction.rest.clone();
    let text = rest.text.as_str();
    let give = |words: Vec<Word>| -> Vec<Spanned<String>> {
        words.into_iter().map(|word| rest.spanned(word.text, word.start, word.end)).collect()
    };
    match instruction.keyword.value.as_str() {
        "ARG" => instruction.args = give(words::quoted(text, escape)),
        "ENV" | "LABEL" => instruction.args = pairs(&rest, escape, &instruction.keyword.value)?,
        "FROM" | "EXPOSE" => instruction.args = give(words::by_blanks(text)),
        "RUN" | "CMD" | "ENTRYPOINT" | "SHELL" => exec_or(instruction, 0, |text| whole(text, 0))?,
        // Quotes do not hold words together here: a path with blanks needs the exec form.
        "ADD" | "COPY" | "VOLUME" => exec_or(instruction, 0, words::by_blanks)?,
        "HEALTHCHECK" => {
            let first = text.find(char::is_whitespace).unwrap_or(text.len());
            let at = first + (text[first..].len() - text[first..].trim_start().len());
            exec_or(instruction, at, |text| whole(text, 0))?;
            if first > 0 {
                instruction.args.insert(0, rest.spanned(&text[..first], 0, first));
            }
        }
        "ONBUILD" if text.is_empty() => {}
        "ONBUILD" => {
            let inner = read_nested(&rest, escape, depth + 1)?;
            // What a trigger cannot be has an empty word in BuildKit's tree.
            let nothing = inner.onbuild.is_some() || !is_known(&inner.keyword.value);
            let empty = || vec![rest.spanned("", text.len(), text.len())];
            instruction.args = if nothing { empty() } else { inner.args.clone() };
            instruction.json = inner.json;
            instruction.onbuild = Some(Box::new(inner));
        }
        _ => instruction.args = give(whole(text, 0)),
    }
    Ok(())
}

fn whole(text: &str, start: usize) -> Vec<Word> {
    if text.is_empty() { Vec::new() } else { vec![Word { text: text.to_owned(), start, end: start + text.len() }] }
}

/// Exec form if it is one, else what `shell` makes of the text; both from `at` on.
fn exec_or(instruction: &mut Instruction, at: usize, shell: impl FnOnce(&str) -> Vec<Word>) -> Result<(), String> {
    let rest = &instruction.rest;
    let text = &rest.text[at..];
    let words = match words::json(text) {
        Json::NotTexts => return Err("an exec form must hold texts only".into()),
        Json::Words(words) => {
            instruction.json = true;
            words
        }
        Json::No => shell(text),
    };
    instruction.args = words.into_iter().map(|word| rest.spanned(word.text, at + word.start, at + word.end)).collect();
    Ok(())
}

/// `NAME=value …`, or the old `NAME value`.
fn pairs(rest: &Text, escape: char, keyword: &str) -> Result<Vec<Spanned<String>>, String> {
    let text = rest.text.as_str();
    let words = words::quoted(text, escape);
    let Some(first) = words.first() else {
        return Ok(Vec::new());
    };
    if !first.text.contains('=') {
        let Some(end) = text.find(words::is_blank) else {
            return Err(format!("{keyword} must have a name and a value"));
        };
        let value = end + (text[end..].len() - text[end..].trim_start_matches(words::is_blank).len());
        let (name, value) = (rest.spanned(&text[..end], 0, end), rest.spanned(&text[value..], value, text.len()));
        return Ok(vec![name, value]);
    }
    let mut args = Vec::new();
    for word in words {
        let Some((name, value)) = word.text.split_once('=') else {
            return Err(format!("{keyword}: {} has no =, must be NAME=value", word.text));
        };
        let middle = word.start + name.len();
        args.push(rest.spanned(name, word.start, middle));
        args.push(rest.spanned(value, middle + 1, word.end));
    }
    Ok(args)
}
