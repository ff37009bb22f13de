//! `Procfile`.

use std::collections::BTreeSet;

use super::{CommandText, lines, spanned, trimmed};
use crate::model::{FileId, Problem, Span, Spanned};

/// One process type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Process {
    /// Its name.
    pub name: Spanned<String>,
    /// What it runs.
    pub command: CommandText,
}

/// The process types, in source order.
pub fn parse(file: FileId, text: &str) -> Vec<Process> {
    read(file, text).0
}

/// The process types, and the lines that say none: `name: command`, the colon right behind the name.
pub fn read(file: FileId, text: &str) -> (Vec<Process>, Vec<Problem>) {
    let (mut out, mut problems) = (Vec::new(), Vec::new());
    let mut names = BTreeSet::new();
    for (start, line) in lines(text) {
        let (at, bare) = trimmed(start, line);
        if bare.is_empty() || bare.starts_with('#') {
            continue;
        }
        let whole = Span::new(file, at, at + bare.len());
        let cut = bare.split_once(':').filter(|(name, _)| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        });
        let Some((name, command)) = cut else {
            problems.push(Problem::new(whole, "not `name: command`"));
            continue;
        };
        let (from, command) = trimmed(at + name.len() + 1, command);
        if command.is_empty() {
            problems.push(Problem::new(whole, "a process type without a command"));
            continue;
        }
        let (name, command) = (spanned(file, at, name), CommandText::slice(file, command, from));
        if !names.insert(name.value.clone()) {
            problems.push(Problem::new(whole, format!("`{}` stands here a second time", name.value)));
            out.retain(|process: &Process| process.name.value != name.value);
        }
        out.push(Process { name, command });
    }
    (out, problems)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_commands_have_their_places_and_other_lines_are_told() {
        let text = "\u{feff}web: gunicorn a:b --x #y\r\n# no\r\n#old: x\r\nrelease : x\na b: y\nempty:\nworker-1:python w.py\nweb:  last \n{% if %}\n";
        let (found, problems) = read(FileId(0), text);
        let shown: Vec<_> = found.iter().map(|one| format!("{}={}", one.name.value, one.command.text)).collect();
        assert_eq!(shown, ["worker-1=python w.py", "web=last"]);
        assert_eq!(&text[found[0].command.span.range()], "python w.py");
        assert_eq!(&text[found[1].name.span.range()], "web");
        assert_eq!(problems.len(), 5);
        assert_eq!(parse(FileId(0), "a: b $PORT ${X:-1}").len(), 1);
    }
}
