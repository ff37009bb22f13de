//! `supervisord.conf` and the files that it includes.

use std::collections::BTreeMap;

use super::ini::{self, Dialect, Section};
use super::{CommandText, Texts};
use crate::model::{FileId, Problem, Span, Spanned};

/// What a section that starts processes is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ProgramKind {
    /// `[program:x]`.
    Program,
    /// `[fcgi-program:x]`.
    FastCgi,
    /// `[eventlistener:x]`, which only listens to supervisord.
    EventListener,
}

/// A program that supervisord runs.
#[derive(Clone, Debug)]
pub struct Program {
    /// What it is for.
    pub kind: ProgramKind,
    /// Its name.
    pub name: Spanned<String>,
    /// Its command as written; supervisord starts it without a shell.
    pub command: CommandText,
    /// Whether it starts by itself; none where a variable decides it.
    pub autostart: Option<bool>,
    /// `numprocs`; none where a variable decides it.
    pub processes: Option<u32>,
    /// `directory` as written.
    pub directory: Option<Spanned<String>>,
    /// `environment`, values as written.
    pub environment: Texts,
    /// `user`.
    pub user: Option<Spanned<String>>,
    /// Its extent.
    pub span: Span,
}

/// A configuration.
#[derive(Clone, Default, Debug)]
pub struct Config {
    /// The programs, in source order.
    pub programs: Vec<Program>,
    /// `[supervisord] environment`, which all programs get.
    pub environment: Texts,
    /// The patterns of `[include] files`, as written.
    pub includes: Vec<Spanned<String>>,
    /// What cannot be read.
    pub problems: Vec<Problem>,
}

/// Reads a configuration.
pub fn parse(file: FileId, text: &str) -> Config {
    let ini = ini::parse(file, text, Dialect::ConfigParser(&[';', '#']));
    let mut config = Config { problems: ini.problems, ..Config::default() };
    for section in &ini.sections {
        match section.name.value.as_str() {
            "supervisord" => config.environment = environment(section, &mut config.problems),
            "include" => config.includes = section.lines("files").iter().flat_map(words_of_line).collect(),
            _ => config.programs.extend(program(section, &mut config.problems)),
        }
    }
    config
}

fn words_of_line(line: &Spanned<String>) -> Vec<Spanned<String>> {
    let whole = CommandText::slice(line.span.file, &line.value, line.span.start as usize);
    words(&whole, &|_| None)
}

fn program(section: &Section, problems: &mut Vec<Problem>) -> Option<Program> {
    let (kind, name) = section.name.value.split_once(':')?;
    let kind = match kind {
        "program" => ProgramKind::Program,
        "fcgi-program" => ProgramKind::FastCgi,
        "eventlistener" => ProgramKind::EventListener,
        _ => return None,
    };
    let Some(command) = section.command("command") else {
        problems.push(Problem::new(section.name.span, "the program has no command"));
        return None;
    };
    let truth = |value: &Spanned<String>| match value.value.to_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Some(true),
        "false" | "no" | "off" | "0" => Some(false),
        _ => None,
    };
    Some(Program {
        kind,
        name: Spanned::new(name.trim().to_owned(), section.name.span),
        command,
        autostart: section.first("autostart").map_or(Some(true), truth),
        processes: section.first("numprocs").map_or(Some(1), |count| count.value.parse().ok()),
        directory: section.first("directory").cloned(),
        environment: environment(section, problems),
        user: section.first("user").cloned(),
        span: ini::extent(section),
    })
}

/// `NAME=value,NAME="value, too"`: words, signs and quoted texts as shlex cuts them, every fourth a comma.
fn environment(section: &Section, problems: &mut Vec<Problem>) -> Texts {
    let Some(all) = section.command("environment") else { return Texts::new() };
    let tokens = tokens(&all);
    let mut out = Texts::new();
    for entry in tokens.chunks(4) {
        let [name, equals, value, ..] = entry else {
            problems.push(Problem::new(all.span, "`environment` needs NAME=value pairs, parted by commas"));
            break;
        };
        if equals.value != "=" {
            problems.push(Problem::new(equals.span, "expected `=` after the name of a variable"));
            break;
        }
        let text = value.value.trim_matches(['\'', '"']).to_owned();
        out.insert(name.value.clone(), Spanned::new(text, value.span));
    }
    out
}

fn tokens(all: &CommandText) -> Vec<Spanned<String>> {
    let text = all.text.as_str();
    let wordly = |c: char| c.is_ascii_alphanumeric() || "_/.+-():".contains(c) || !c.is_ascii();
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = text.get(at..).unwrap_or_default();
        let length = match c {
            c if c.is_whitespace() => {
                at += c.len_utf8();
                continue;
            }
            '\'' | '"' => rest.get(1..).and_then(|inner| inner.find(c)).map_or(rest.len(), |end| end + 2),
            // The format of a variable is one piece: supervisord puts it in before it cuts.
            '%' if rest.starts_with("%(") => {
                rest.find(')').map_or(1, |close| close + 1 + run(&rest[close + 1..], &wordly))
            }
            c if wordly(c) => run(rest, &wordly),
            c => c.len_utf8(),
        };
        out.push(Spanned::new(text.get(at..at + length).unwrap_or_default().to_owned(), all.map.span(at, at + length)));
        at += length;
    }
    join(out)
}

/// The length of the characters of a kind that a text starts with; formats of variables belong to it.
fn run(text: &str, wordly: &dyn Fn(char) -> bool) -> usize {
    text.find(|c: char| !wordly(c)).unwrap_or(text.len())
}

/// A value may be put together from words and formats that stand side by side.
fn join(tokens: Vec<Spanned<String>>) -> Vec<Spanned<String>> {
    let mut out: Vec<Spanned<String>> = Vec::new();
    for token in tokens {
        match out.last_mut() {
            Some(last)
                if last.span.end == token.span.start
                    && (token.value.starts_with("%(") || last.value.contains("%("))
                    && !["=", ","].contains(&token.value.as_str())
                    && !["=", ","].contains(&last.value.as_str()) =>
            {
                last.value.push_str(&token.value);
                last.span = last.span.to(token.span);
            }
            _ => out.push(token),
        }
    }
    out
}

/// A text with `%(ENV_X)s` and its like put in by `look`, and `%%` made `%`; none where one is not decided.
pub fn expand(text: &str, look: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        let tail = &rest[at + 1..];
        if let Some(after) = tail.strip_prefix('%') {
            out.push('%');
            rest = after;
            continue;
        }
        let (name, after) = tail.strip_prefix('(')?.split_once(')')?;
        let digits = after.trim_start_matches(|c: char| c.is_ascii_digit());
        let width = &after[..after.len() - digits.len()];
        let value = look(name)?;
        if let Some(after) = digits.strip_prefix('d') {
            let width: usize = width.parse().unwrap_or(0);
            out.push_str(&"0".repeat(width.min(20).saturating_sub(value.len())));
            out.push_str(&value);
            rest = after;
        } else {
            out.push_str(&value);
            rest = digits.strip_prefix('s')?;
        }
    }
    out.push_str(rest);
    Some(out)
}

/// The words of a command as shlex splits it, variables put in; a word whose variable is not decided stays as written.
pub fn words(command: &CommandText, look: &dyn Fn(&str) -> Option<String>) -> Vec<Spanned<String>> {
    let mut out = Vec::new();
    let mut word: Option<(String, usize)> = None;
    let mut quote: Option<char> = None;
    let mut chars = command.text.char_indices().peekable();
    let map = &command.map;
    let mut end = |word: &mut Option<(String, usize)>, at: usize| {
        if let Some((text, start)) = word.take() {
            out.extend(split(&text, look).into_iter().map(|piece| Spanned::new(piece, map.span(start, at))));
        }
    };
    while let Some((at, c)) = chars.next() {
        match (quote, c) {
            (None, c) if c.is_whitespace() => {
                end(&mut word, at);
                continue;
            }
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert((String::new(), at));
                continue;
            }
            (Some(open), c) if open == c => {
                quote = None;
                continue;
            }
            _ => {}
        }
        let (text, _) = word.get_or_insert((String::new(), at));
        let escapes = |next: char| quote.is_none() || quote == Some('"') && matches!(next, '"' | '\\');
        if c == '\\'
            && let Some((_, next)) = chars.next_if(|(_, next)| escapes(*next))
        {
            text.push(next);
        } else {
            text.push(c);
        }
    }
    end(&mut word, command.text.len());
    out
}

fn split(text: &str, look: &dyn Fn(&str) -> Option<String>) -> Vec<String> {
    if !text.contains('%') {
        return vec![text.to_owned()];
    }
    match expand(text, look) {
        // A variable that stands alone may hold several words.
        Some(value) if text.starts_with("%(") && text.ends_with(")s") && text.matches('%').count() == 1 => {
            value.split_whitespace().map(str::to_owned).collect()
        }
        Some(value) => vec![value],
        None => vec![text.to_owned()],
    }
}

/// The variables of a program: supervisord's own first, then its own.
pub fn environment_of(config: &Config, program: &Program) -> BTreeMap<String, Spanned<String>> {
    let mut all = config.environment.clone();
    all.extend(program.environment.clone());
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Config {
        parse(FileId(0), text)
    }

    #[test]
    fn sections_give_programs_variables_and_includes() {
        let text = "[supervisord]\nenvironment=A=1 # no\n[include]\nfiles = conf.d/*.conf\n  %(here)s/x.ini ; c\n\
                    [program:web]\ncommand = gunicorn\n  app:x # why\n  -w 2\nautostart=%(ENV_ON)s\nnumprocs=3\n\
                    environment=A='2',\n  B=%(ENV_D)s/sub,C=\"x, y\",\n[eventlistener:l]\ncommand=l\nautostart=No\n[program:none]\n";
        let config = read(text);
        assert_eq!(
            config.includes.iter().map(|path| path.value.as_str()).collect::<Vec<_>>(),
            ["conf.d/*.conf", "%(here)s/x.ini"]
        );
        let web = &config.programs[0];
        assert_eq!(web.command.text, "gunicorn app:x -w 2");
        assert_eq!((web.autostart, web.processes), (None, Some(3)));
        let all = environment_of(&config, web);
        let shown: Vec<_> = all.iter().map(|(name, text)| format!("{name}={}", text.value)).collect();
        assert_eq!(shown, ["A=2", "B=%(ENV_D)s/sub", "C=x, y"]);
        assert_eq!(&text[all["B"].span.range()], "%(ENV_D)s/sub");
        assert_eq!((config.programs[1].kind, config.programs[1].autostart), (ProgramKind::EventListener, Some(false)));
        assert_eq!(config.problems.len(), 1);
    }

    #[test]
    fn commands_are_cut_like_a_shell_would_and_get_their_variables() {
        let config =
            read("[program:x]\ncommand=sh -c \"a 'b' \\\\\" 'c d'e %(ENV_N)s %(ENV_M)s %(process_num)02d 5%% f\\ g\n");
        let look = |name: &str| match name {
            "ENV_N" => Some("n m".to_owned()),
            "process_num" => Some("3".to_owned()),
            _ => None,
        };
        let words = words(&config.programs[0].command, &look);
        let words: Vec<_> = words.iter().map(|word| word.value.as_str()).collect();
        assert_eq!(words, ["sh", "-c", "a 'b' \\", "c de", "n", "m", "%(ENV_M)s", "03", "5%", "f g"]);
    }

    #[test]
    fn broken_variables_are_told() {
        assert_eq!(read("[program:x]\ncommand=a\nenvironment=A=b@c\n").problems.len(), 1);
        assert_eq!(read("[program:x]\ncommand=a\nenvironment=A\n").problems.len(), 1);
    }
}
