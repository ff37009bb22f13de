//! Gulp's tasks: which commands a task spells out in strings, by itself or through functions and other tasks of its file. No
//! JavaScript is evaluated: strings that stand in a row are the words of a command.

use std::collections::BTreeMap;
use std::ops::Range;

use super::quoted;
use crate::model::{FileId, Problem, Span, Spanned};

/// The most functions and tasks that one task is followed into, each once.
const MOST: usize = 64;

/// Functions whose strings are no commands.
const SAYS: [&str; 7] = ["require", "log", "warn", "error", "info", "src", "dest"];

/// The commands of each task, in the order in which they are written.
pub type Tasks = BTreeMap<String, Vec<Spanned<String>>>;

/// Reads a `gulpfile.js`.
pub fn parse(file: FileId, text: &str) -> (Tasks, Vec<Problem>) {
    let tokens = tokens(text);
    let gulpfile = Gulpfile { file, functions: functions(&tokens), named: named(&tokens), tokens };
    let names = gulpfile.named.keys().chain(gulpfile.functions.keys());
    let tasks = names.map(|name| {
        let mut found = Vec::new();
        gulpfile.collect(name, &mut Vec::new(), &mut found);
        ((*name).to_owned(), found)
    });
    (tasks.filter(|(_, commands)| !commands.is_empty()).collect(), Vec::new())
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Kind<'t> {
    Word(&'t str),
    Text(&'t str),
    Sign(char),
}

struct Token<'t> {
    kind: Kind<'t>,
    place: Range<usize>,
}

struct Gulpfile<'t> {
    file: FileId,
    tokens: Vec<Token<'t>>,
    /// Where the body of a function or the value of a constant at the top stands.
    functions: BTreeMap<&'t str, Range<usize>>,
    /// Where the arguments of `gulp.task("name", …)` stand.
    named: BTreeMap<&'t str, Range<usize>>,
}

impl<'t> Gulpfile<'t> {
    fn collect(&self, name: &'t str, seen: &mut Vec<&'t str>, found: &mut Vec<Spanned<String>>) {
        // A task may have the name of the function that it is.
        let ranges = [self.named.get(name), self.functions.get(name)];
        if seen.contains(&name) || seen.len() >= MOST {
            return;
        }
        seen.push(name);
        for range in ranges.into_iter().flatten() {
            let mut at = range.start;
            while at < range.end {
                match self.tokens[at].kind {
                    Kind::Text(_) => {
                        let until = self.row(at, range.end);
                        self.strings(at..until, seen, found);
                        at = until;
                    }
                    Kind::Word(word) if self.functions.contains_key(word) => {
                        self.collect(word, seen, found);
                        at += 1;
                    }
                    // The name of a module or of files is no command, nor is a message.
                    Kind::Word(word) if SAYS.contains(&word) && self.is_call(at) => {
                        at = closed(&self.tokens, at + 1) + 1;
                    }
                    _ => at += 1,
                }
            }
        }
    }

    /// Whether a bracket of arguments follows a word.
    fn is_call(&self, at: usize) -> bool {
        self.tokens.get(at + 1).is_some_and(|token| token.kind == Kind::Sign('('))
    }

    /// Where strings end that only commas and opening brackets part.
    fn row(&self, from: usize, end: usize) -> usize {
        let parts = |kind: Kind<'_>| matches!(kind, Kind::Text(_) | Kind::Sign(',' | '['));
        let length = self.tokens[from..end].iter().take_while(|token| parts(token.kind)).count();
        from + length
    }

    /// Names of tasks (`series("build", "watch")`), the words of a command, or a command line.
    fn strings(&self, row: Range<usize>, seen: &mut Vec<&'t str>, found: &mut Vec<Spanned<String>>) {
        let texts: Vec<(&'t str, &Range<usize>)> = self.tokens[row]
            .iter()
            .filter_map(|token| if let Kind::Text(text) = token.kind { Some((text, &token.place)) } else { None })
            .collect();
        let (Some(first), Some(last)) = (texts.first(), texts.last()) else { return };
        if texts.iter().all(|(text, _)| self.named.contains_key(text)) {
            for (text, _) in texts {
                self.collect(text, seen, found);
            }
            return;
        }
        let line = first.0.contains(' ');
        // Arguments for a runner that is named elsewhere: `spawn("pipenv", command)`.
        let bare = usize::from(texts.len() > 1 && first.0 == "run");
        let words = || texts[bare..].iter().map(|(text, _)| quoted(text)).collect::<Vec<_>>().join(" ");
        let text = if line { first.0.to_owned() } else { words() };
        let end = if line { first.1.end } else { last.1.end };
        found.push(Spanned::new(text, Span::new(self.file, first.1.start, end)));
    }
}

/// The tasks that `gulp.task("name", …)` names, with the tokens of what they do.
fn named<'t>(tokens: &[Token<'t>]) -> BTreeMap<&'t str, Range<usize>> {
    let mut found = BTreeMap::new();
    for at in 2..tokens.len().saturating_sub(2) {
        let call = tokens[at].kind == Kind::Word("task")
            && tokens[at - 1].kind == Kind::Sign('.')
            && tokens[at + 1].kind == Kind::Sign('(');
        if let (true, Kind::Text(name)) = (call, tokens[at + 2].kind) {
            found.insert(name, at + 3..closed(tokens, at + 1));
        }
    }
    found
}

/// Functions and constants at the top of a file, and what `exports.name = …` gives.
fn functions<'t>(tokens: &[Token<'t>]) -> BTreeMap<&'t str, Range<usize>> {
    let mut found = BTreeMap::new();
    let mut at = 0;
    while at + 2 < tokens.len() {
        match (tokens[at].kind, tokens[at + 1].kind, tokens[at + 2].kind) {
            (Kind::Word("function"), Kind::Word(name), Kind::Sign('(')) => {
                let body = closed(tokens, at + 2) + 1;
                let end = closed(tokens, body);
                found.insert(name, body..end);
                at = end;
            }
            (Kind::Word("const" | "let" | "var") | Kind::Sign('.'), Kind::Word(name), Kind::Sign('='))
                if tokens[at].kind != Kind::Sign('.') || at > 0 && tokens[at - 1].kind == Kind::Word("exports") =>
            {
                let end = ended(tokens, at + 3);
                // `exports.build = build` names what is there.
                found.entry(name).or_insert(at + 3..end);
                at = end;
            }
            (Kind::Sign('(' | '{' | '['), _, _) => at = closed(tokens, at),
            _ => at += 1,
        }
    }
    found
}

/// The token that closes what a bracket opens.
fn closed(tokens: &[Token<'_>], from: usize) -> usize {
    let mut depth = 0usize;
    for (at, token) in tokens.iter().enumerate().skip(from) {
        match token.kind {
            Kind::Sign('(' | '{' | '[') => depth += 1,
            Kind::Sign(')' | '}' | ']') if depth <= 1 => return at,
            Kind::Sign(')' | '}' | ']') => depth -= 1,
            _ => {}
        }
    }
    tokens.len()
}

/// Where a statement ends: at its semicolon, or before the next one at the top.
fn ended(tokens: &[Token<'_>], from: usize) -> usize {
    let mut at = from;
    while at < tokens.len() {
        match tokens[at].kind {
            Kind::Sign('(' | '{' | '[') => at = closed(tokens, at) + 1,
            Kind::Sign(';') | Kind::Word("const" | "let" | "var" | "exports" | "gulp") if at > from => return at,
            Kind::Sign(';') => return at,
            _ => at += 1,
        }
    }
    tokens.len()
}

/// The words, strings and signs of a text of JavaScript. A template with something to fill in is left out.
fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(first) = rest.chars().next() else { break };
        let word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if ['"', '\'', '`'].contains(&first) {
            let (length, kind) = string(rest, first);
            found.extend(kind.map(|kind| Token { kind, place: at..at + length }));
            length
        } else if word(first) {
            let length = rest.find(|c| !word(c)).unwrap_or(rest.len());
            found.push(Token { kind: Kind::Word(&rest[..length]), place: at..at + length });
            length
        } else {
            if !first.is_whitespace() {
                found.push(Token { kind: Kind::Sign(first), place: at..at + first.len_utf8() });
            }
            first.len_utf8()
        };
        at += length;
    }
    found
}

/// The length of a string with its quotes, and what it is; a quote that nothing closes in its line is a sign.
fn string(rest: &str, quote: char) -> (usize, Option<Kind<'_>>) {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            '\n' if quote != '`' => break,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => {
                let inner = &rest[1..at];
                let filled = quote == '`' && inner.contains("${");
                let plain = !filled && !inner.contains('\\');
                return (at + 1, Some(if plain { Kind::Text(inner) } else { Kind::Sign(quote) }));
            }
            _ => {}
        }
    }
    (1, Some(Kind::Sign(quote)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_that_is_brought_in_is_no_command_and_each_task_is_followed_once() {
        let text = "var gulp = require('gulp');\ngulp.task('a', gulp.parallel(['b', 'b']));\ngulp.task('b', function () { util.log('---- \"ready\"'); return run('flake8 .'); });\n";
        let tasks = parse(FileId(0), text).0;
        let found: Vec<&str> = tasks["a"].iter().map(|command| command.value.as_str()).collect();
        assert_eq!(found, ["flake8 ."]);
    }

    #[test]
    fn tasks_are_the_commands_that_they_and_what_they_call_spell_out() {
        let text = "import gulp from \"gulp\"; // it's \"python x\"\n\
            const { spawn } = require('child_process');\n\
            function runServer(cb) {\n  spawn('python', ['manage.py', 'runserver'], { stdio: 'inherit' }).on('exit', cb);\n}\n\
            function coverage() { es(\"pipenv run coverage run manage.py test\", {}); }\n\
            const styles = () => src(`${here}/x`).pipe(dest('css'));\n\
            gulp.task('tests', coverage);\n\
            gulp.task(\"serve\", function (cb) { let c = [\"run\", \"python\", \"manage.py\", \"runserver\"]; });\n\
            gulp.task(\"default\", gulp.series(\"serve\", gulp.parallel(\"tests\", styles)));\n\
            exports.dev = series(styles, runServer)\nexports.other = 1\n";
        let tasks = parse(FileId(0), text).0;
        let of = |name: &str| tasks[name].iter().map(|command| command.value.as_str()).collect::<Vec<_>>();
        assert_eq!(of("tests"), ["pipenv run coverage run manage.py test"]);
        assert_eq!(of("serve"), ["python manage.py runserver"]);
        assert_eq!(of("default"), ["python manage.py runserver", "pipenv run coverage run manage.py test"]);
        assert!(of("dev").contains(&"python manage.py runserver"), "{:?}", of("dev"));
        let span = tasks["serve"][0].span;
        assert_eq!(&text[span.range()], "\"run\", \"python\", \"manage.py\", \"runserver\"");
        assert!(parse(FileId(0), "gulp.task('a', function() { x('broken").0.is_empty());
    }
}
