//! Units of systemd: what a service starts, where, and with which variables.

use super::{CommandText, Texts, lines, spanned};
use crate::formats::shell::split_words;
use crate::model::{FileId, Span, SpanMap, Spanned};

/// What a unit of a service says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Service {
    /// The command that stays, its special signs left out.
    pub start: Option<CommandText>,
    /// `WorkingDirectory`.
    pub directory: Option<Spanned<String>>,
    /// `Environment`.
    pub environment: Texts,
    /// `EnvironmentFile`, without the sign of those that may be missing.
    pub files: Vec<Spanned<String>>,
}

/// Reads the `[Service]` of a unit; a line that ends in a backslash goes on.
pub fn parse(file: FileId, text: &str) -> Service {
    let mut service = Service::default();
    let mut within = false;
    let mut open: Option<(usize, String, usize)> = None;
    for (start, line) in lines(text) {
        if let Some((from, mut whole, count)) = open.take() {
            whole.push(' ');
            whole.push_str(line.trim_end_matches('\\').trim());
            if line.ends_with('\\') && count < 100 {
                open = Some((from, whole, count + 1));
            } else {
                entry(file, from, &whole, Some(start + line.len()), &mut service);
            }
            continue;
        }
        let bare = line.trim();
        if bare.starts_with('[') {
            within = bare.eq_ignore_ascii_case("[service]");
        } else if within && !bare.starts_with(['#', ';']) {
            match line.strip_suffix('\\') {
                Some(begun) => open = Some((start, begun.trim_end().to_owned(), 0)),
                None => entry(file, start, line, None, &mut service),
            }
        }
    }
    if let Some((from, whole, _)) = open {
        entry(file, from, &whole, Some(text.len()), &mut service);
    }
    service
}

/// Takes one setting. Where it goes over lines, `end` is where it ends, and its place is all of it.
fn entry(file: FileId, start: usize, line: &str, end: Option<usize>, service: &mut Service) {
    let Some((key, value)) = line.split_once('=') else { return };
    let at = start + key.len() + 1;
    let mut value = spanned(file, at, value);
    if let Some(end) = end {
        value.span = Span::new(file, start, end);
    }
    match key.trim() {
        "ExecStart" if value.value.is_empty() => service.start = None,
        "ExecStart" => {
            let text = unshelled(value.value.trim_start_matches(['-', '@', '+', '!', ':']));
            service.start = Some(CommandText { text, span: value.span, map: SpanMap::Whole(value.span) });
        }
        "WorkingDirectory" => {
            let bare = value.value.trim_start_matches('-').to_owned();
            value.value = bare;
            service.directory = Some(value);
        }
        "EnvironmentFile" if !value.value.is_empty() => {
            let bare = value.value.trim_start_matches('-').to_owned();
            value.value = bare;
            service.files.push(value);
        }
        "Environment" => {
            for (name, text) in assignments(&value.value) {
                service.environment.insert(name, Spanned::new(text, value.span));
            }
        }
        _ => {}
    }
}

/// What a shell is given to run (`sh -c 'A=1 exec program'`): its last command, without variables and `exec` before it.
fn unshelled(text: &str) -> String {
    let words = split_words(text);
    let shell = words
        .first()
        .is_some_and(|word| ["sh", "bash", "dash", "zsh"].contains(&word.rsplit('/').next().unwrap_or_default()));
    let (Some(flag), Some(inner)) = (words.get(1), words.get(2)) else { return text.to_owned() };
    if !shell || !flag.starts_with('-') || !flag.ends_with('c') {
        return text.to_owned();
    }
    let parts = inner.split("&&").flat_map(|part| part.split([';', '\n'])).map(str::trim);
    let last = parts.filter(|part| !part.is_empty()).last();
    let mut rest = last.unwrap_or(inner);
    while let Some((word, after)) = rest.split_once(char::is_whitespace) {
        let named =
            word.split_once('=').is_some_and(|(name, _)| !name.is_empty() && !name.contains(['/', '-', '"', '\'']));
        if word != "exec" && !named {
            break;
        }
        rest = after.trim_start();
    }
    rest.to_owned()
}

/// `A=1 "B=two words" 'C=3'`.
fn assignments(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let quote = (first == '"' || first == '\'').then_some(first);
        let inner = rest.get(usize::from(quote.is_some())..).unwrap_or_default();
        let end = inner.find(|c: char| quote.map_or(c.is_whitespace(), |quote| c == quote)).unwrap_or(inner.len());
        let word = inner.get(..end).unwrap_or_default();
        if let Some((name, value)) = word.split_once('=') {
            found.push((name.to_owned(), value.trim_matches(['"', '\'']).to_owned()));
        }
        let after = inner.get(end..).unwrap_or_default();
        rest = after.strip_prefix(['"', '\'']).unwrap_or(after).trim_start();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::parse;
    use crate::model::FileId;

    #[test]
    fn a_service_says_what_it_starts_and_with_what() {
        let text = "[Unit]\nDescription=x\n[Service]\n# ExecStart=no\nWorkingDirectory=/srv/shop\n\
            Environment=\"A=one two\" B=2\nEnvironmentFile=-/srv/shop/.env\nExecStart=-/srv/venv/bin/gunicorn \\\n  shop.wsgi \\\n  -w 3\n\
            [Install]\nExecStart=other\n";
        let service = parse(FileId(0), text);
        let start = service.start.unwrap();
        assert_eq!(start.text, "/srv/venv/bin/gunicorn shop.wsgi -w 3");
        assert!(text[start.span.range()].ends_with("-w 3"));
        assert_eq!(service.directory.unwrap().value, "/srv/shop");
        assert_eq!(
            (service.environment["A"].value.as_str(), service.environment["B"].value.as_str()),
            ("one two", "2")
        );
        assert_eq!(service.files[0].value, "/srv/shop/.env");
        assert!(parse(FileId(0), "[Service]\nExecStart=a\nExecStart=\n").start.is_none());
        let started = |line: &str| parse(FileId(0), &format!("[Service]\nExecStart={line}\n")).start.unwrap().text;
        assert_eq!(started("/bin/bash -c 'PATH=/x:$PATH exec /v/bin/gunicorn a.wsgi'"), "/v/bin/gunicorn a.wsgi");
        assert_eq!(started("sh -lc \"cd /srv && gunicorn a.wsgi\""), "gunicorn a.wsgi");
        assert_eq!(started("bash run.sh"), "bash run.sh");
    }
}
