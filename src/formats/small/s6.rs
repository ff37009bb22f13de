//! Service directories of s6 and s6-overlay: the type, the `run` script, and command lines in execline.

use super::CommandText;
use crate::model::{FileId, Span, SpanMap, Spanned};

/// What a service of s6-rc is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ServiceType {
    /// A process that is kept running by its `run`.
    Longrun,
    /// A command that `up` names, run once.
    Oneshot,
    /// A name for others.
    Bundle,
}

/// The type that a `type` file names.
pub fn service_type(text: &str) -> Option<ServiceType> {
    match text.trim_start_matches('\u{feff}').lines().map(str::trim).find(|line| !line.is_empty())? {
        "longrun" => Some(ServiceType::Longrun),
        "oneshot" => Some(ServiceType::Oneshot),
        "bundle" => Some(ServiceType::Bundle),
        _ => None,
    }
}

/// What reads a `run` script.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Script {
    /// A shell; all of the file.
    Shell(CommandText),
    /// execline: the commands in the order in which they run, each in words.
    Execline(Vec<Vec<Spanned<String>>>),
    /// Something else, by the words of its first line.
    Other(Vec<String>),
}

/// Reads a `run` script, or another executable of a service directory.
pub fn run(file: FileId, text: &str) -> Script {
    let first = text.trim_start_matches('\u{feff}').lines().next().unwrap_or_default();
    let Some(line) = first.strip_prefix("#!") else { return Script::Shell(CommandText::slice(file, text, 0)) };
    let words: Vec<&str> = line.split_whitespace().collect();
    let names = || words.iter().map(|word| word.rsplit('/').next().unwrap_or(word));
    if names().any(|name| name == "execlineb") {
        return Script::Execline(execline(file, text));
    }
    if names().any(|name| ["sh", "bash", "ash", "dash", "ksh", "zsh"].contains(&name)) {
        return Script::Shell(CommandText::slice(file, text, 0));
    }
    Script::Other(words.iter().map(|word| (*word).to_owned()).collect())
}

/// The command line of an `up` file, which execline reads whatever its first line says.
pub fn up(file: FileId, text: &str) -> Vec<Vec<Spanned<String>>> {
    execline(file, text)
}

/// How deep blocks may nest.
const MAX_DEPTH: usize = 20;

/// A command line of execline as a list of commands: blocks of `foreground`, `background`, `if` and `ifelse` first, what
/// the line comes to last.
fn execline(file: FileId, text: &str) -> Vec<Vec<Spanned<String>>> {
    let tokens = tokens(file, text);
    let mut out = Vec::new();
    let mut at = 0;
    line(&tokens, &mut at, 0, &mut out);
    out
}

fn line(tokens: &[Token], at: &mut usize, depth: usize, out: &mut Vec<Vec<Spanned<String>>>) {
    let mut words: Vec<Spanned<String>> = Vec::new();
    let mut running = false;
    while let Some(token) = tokens.get(*at) {
        *at += 1;
        match token {
            Token::Word(word) => words.push(word.clone()),
            Token::Open if depth < MAX_DEPTH => {
                // A block belongs to the last program before it that takes one, or is a further block of the same.
                if let Some(program) = words.iter().rposition(|word| takes_block(&word.value)) {
                    running = !HOLDING.contains(&base(&words[program].value));
                    words.truncate(program);
                }
                let mut inner = Vec::new();
                line(tokens, at, depth + 1, &mut inner);
                if running {
                    out.extend(inner);
                }
            }
            Token::Open => {}
            Token::Close if depth > 0 => break,
            Token::Close => {}
        }
    }
    if !words.is_empty() {
        out.push(words);
    }
}

fn base(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or_default()
}

fn takes_block(word: &str) -> bool {
    RUNNING.contains(&base(word)) || HOLDING.contains(&base(word))
}

/// Programs that run their blocks before the line goes on.
const RUNNING: [&str; 9] =
    ["foreground", "background", "if", "ifelse", "ifte", "ifthenelse", "loopwhilex", "forx", "pipeline"];
/// Programs whose blocks are texts, or run at another time.
const HOLDING: [&str; 5] = ["backtick", "withstdinas", "trap", "forstdin", "wait"];

enum Token {
    Word(Spanned<String>),
    Open,
    Close,
}

fn tokens(file: FileId, text: &str) -> Vec<Token> {
    let mut out = Vec::new();
    let mut chars = text.char_indices().peekable();
    let mut word: Option<(String, usize, bool)> = None;
    let mut finish = |word: &mut Option<(String, usize, bool)>, end: usize| {
        if let Some((text, start, quoted)) = word.take() {
            out.push(match text.as_str() {
                "{" if !quoted => Token::Open,
                "}" if !quoted => Token::Close,
                _ => Token::Word(Spanned::new(text, Span::new(file, start, end))),
            });
        }
    };
    while let Some((at, c)) = chars.next() {
        match c {
            c if c.is_whitespace() || c == '\u{feff}' => finish(&mut word, at),
            '#' if word.is_none() => while chars.next_if(|(_, c)| *c != '\n').is_some() {},
            '"' => {
                let (text, _, quoted) = word.get_or_insert((String::new(), at, true));
                *quoted = true;
                while let Some((_, c)) = chars.next() {
                    match c {
                        '"' => break,
                        '\\' => match chars.next() {
                            Some((_, 'n')) => text.push('\n'),
                            Some((_, 't')) => text.push('\t'),
                            Some((_, '\n')) | None => {}
                            Some((_, c)) => text.push(c),
                        },
                        c => text.push(c),
                    }
                }
            }
            '\\' => {
                let next = chars.next().map(|(_, c)| c);
                if let Some(next) = next.filter(|next| *next != '\n') {
                    let (text, _, quoted) = word.get_or_insert((String::new(), at, true));
                    *quoted = true;
                    text.push(next);
                }
            }
            c => word.get_or_insert((String::new(), at, false)).0.push(c),
        }
    }
    finish(&mut word, text.len());
    out
}

/// How a script that is a whole file lies over it.
pub fn whole(file: FileId) -> SpanMap {
    SpanMap::Linear { file, base: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(commands: &[Vec<Spanned<String>>]) -> Vec<String> {
        let word = |word: &Spanned<String>| word.value.clone();
        commands.iter().map(|words| words.iter().map(word).collect::<Vec<_>>().join(" ")).collect()
    }

    #[test]
    fn types_and_interpreters_are_told_apart() {
        assert_eq!(service_type("longrun\n"), Some(ServiceType::Longrun));
        assert_eq!(service_type("\n oneshot"), Some(ServiceType::Oneshot));
        assert_eq!(service_type("daemon"), None);
        for shell in ["#!/usr/bin/with-contenv bash\n", "#!/command/with-contenv sh\n", "#!/bin/sh -e\n", "exec x\n"] {
            assert!(matches!(run(FileId(0), shell), Script::Shell(_)), "{shell}");
        }
        assert_eq!(
            run(FileId(0), "#!/usr/bin/env python3\n"),
            Script::Other(vec!["/usr/bin/env".into(), "python3".into()])
        );
    }

    #[test]
    fn execline_gives_its_blocks_first_and_then_what_it_comes_to() {
        let text = "#!/command/execlineb -P\nwith-contenv\nforeground { echo \"a \\\" b\" }\n# no\n\
                    importas -D 1 N WORKERS\nbacktick V { date }\ns6-setuidgid app cd /app gunicorn a:b -w ${N} \\#x\n";
        let Script::Execline(commands) = run(FileId(0), text) else { return assert!(text.is_empty()) };
        assert_eq!(
            shown(&commands),
            ["echo a \" b", "with-contenv importas -D 1 N WORKERS s6-setuidgid app cd /app gunicorn a:b -w ${N} #x",]
        );
        let last = commands.last().and_then(|words| words.iter().find(|word| word.value == "gunicorn"));
        assert_eq!(last.map(|word| &text[word.span.range()]), Some("gunicorn"));
        assert_eq!(shown(&up(FileId(0), "/etc/s6-overlay/scripts/init\n")), ["/etc/s6-overlay/scripts/init"]);
        assert_eq!(shown(&up(FileId(0), "if { a } { \"b")), ["a", "b"]);
    }
}
