//! Commands that guides tell people to type.

use super::Repository;
use super::meaning::Meaning;
use super::repository::{Call, Caller, Script};
use crate::discover::aside::documented;
use crate::discover::{Tree, paths};
use crate::formats::Vars;
use crate::formats::shell::Dialect;
use crate::model::{FileId, SpanMap};

impl Repository<'_> {
    /// The code blocks of a guide, one command a line; a line that ends in a backslash goes on. Within a sentence only a server for
    /// development is told to be started: other commands are spoken of as well as typed.
    pub(super) fn guide_calls(&self, file: FileId, calls: &mut Vec<Call>) {
        let Ok(text) = self.tree.text(file) else { return };
        let path = self.tree.path(file);
        let folder = documented(path).unwrap_or_else(|| paths::parent(path)).to_owned();
        let end = begins_another(self.tree, text).unwrap_or(text.len());
        for shown in shown(path, text, tells).into_iter().take_while(|shown| shown.at < end) {
            if !shown.block && !is_told(text, &shown) {
                continue;
            }
            let map = SpanMap::Linear { file, base: u32::try_from(shown.at).unwrap_or(0) };
            let script = Script { text: shown.text, map: &map, folder: &folder, dialect: Dialect::Bash };
            let first = calls.len();
            self.add(&script, Vars::new(), &Caller::Guide(file), calls);
            let told = calls.split_off(first).into_iter();
            calls.extend(told.filter(|call| (shown.block || develops(call)) && !is_of_the_past(self.tree, call)));
        }
    }
}

/// Where a guide begins a project of the reader's own, of which the repository holds nothing: what it tells from there on is for that.
fn begins_another(tree: &Tree, text: &str) -> Option<usize> {
    let made = |line: &str| {
        let mut words = line.split_whitespace().skip_while(|word| *word != "startproject").skip(1);
        let name = words.find(|word| !word.starts_with('-'))?.to_owned();
        let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        (is_name && words.next().is_none() && line.contains("django-admin")).then_some(name)
    };
    let is_ours = |name: &str| {
        tree.files().any(|(_, path)| path.contains("{{") || path.split('/').rev().skip(1).any(|folder| folder == name))
    };
    let mut at = 0;
    text.split_inclusive('\n').find_map(|line| {
        at += line.len();
        made(line).is_some_and(|name| !is_ours(&name)).then_some(at)
    })
}

/// Whether a call names a script or a list of packages, with a folder, that no file of the repository is: the guide is older
/// than the files, or about others.
fn is_of_the_past(tree: &Tree, call: &Call) -> bool {
    let plain = |word: &str| {
        word.chars().all(|c| c.is_ascii_alphanumeric() || "./_-".contains(c)) && !word.starts_with(['/', '-'])
    };
    let listed =
        |at: usize| at > 0 && call.argv.get(at - 1).is_some_and(|flag| flag == "-r" || flag == "--requirement");
    let mut named = call.argv.iter().enumerate().take(5).filter(|(at, word)| {
        word.trim_start_matches("./").contains('/')
            && plain(word)
            && (word.ends_with(".py") || word.ends_with(".txt") && listed(*at))
    });
    let gone = |word: &str| {
        let word = word.trim_start_matches("./").trim_start_matches("../");
        let is = |path: &str| path.strip_suffix(word).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'));
        // Of a template, what is made of it has folders of other names.
        !tree.files().any(|(_, path)| is(path) || path.contains("{{"))
    };
    named.any(|(_, word)| gone(word))
}

/// Whether a call starts a server for development.
fn develops(call: &Call) -> bool {
    matches!(&call.meaning, Meaning::Serves(found) if found.kind == "development" && found.interface.is_some())
}

/// Whether a command within a sentence is to be typed: the sentence says nothing against it, nor is it about production.
fn is_told(text: &str, shown: &Shown<'_>) -> bool {
    let before = text.get(..shown.at).and_then(|before| before.rsplit('\n').next()).unwrap_or_default();
    let line = text.get(shown.at..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    !warns(before) && !warns(line) && !line.to_lowercase().contains("production")
}

/// Whether a line speaks of a command that is not to be used.
pub fn warns(line: &str) -> bool {
    let line = line.to_lowercase();
    ["not ", "n't ", "never ", "instead of ", "rather than "].iter().any(|word| line.contains(word))
}

/// A command that a page shows.
pub struct Shown<'t> {
    /// Where it begins.
    pub at: usize,
    /// The command, with the lines that it goes on in.
    pub text: &'t str,
    /// Whether it stands in a block of commands, not within a sentence.
    pub block: bool,
}

/// The commands that a page shows and that are wanted, in order.
pub fn shown<'t>(path: &str, text: &'t str, wanted: impl Fn(&str) -> bool) -> Vec<Shown<'t>> {
    // Where blocks are told by their indent alone, less of it makes one.
    let indent = if path.ends_with(".rst") { "  " } else { "    " };
    let (mut fenced, mut at, mut until) = (false, 0, 0);
    let mut found = Vec::new();
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let trimmed = line.trim();
        // A block of one line opens and closes in it.
        let whole = trimmed.strip_prefix("```").and_then(|rest| rest.strip_suffix("```")).map(str::trim);
        if whole.is_none() && (trimmed.starts_with("```") || trimmed.starts_with("~~~")) {
            fenced = !fenced;
            continue;
        }
        let command = unprompted(whole.unwrap_or(trimmed));
        let block = whole.is_some() || fenced || line.starts_with(indent) || trimmed.starts_with('$');
        let word = command.strip_prefix("sudo ").unwrap_or(command);
        if start < until {
            continue;
        }
        if block && wanted(word) {
            let begin = start + line.find(command).unwrap_or(0);
            until = begin + continued(text.get(begin..).unwrap_or_default());
            let text = text.get(begin..until).unwrap_or(command).trim_end().trim_end_matches("```").trim_end();
            found.push(Shown { at: begin, text, block });
        } else if !fenced {
            let within = quoted(line).into_iter().filter(|(_, text)| wanted(text));
            found.extend(within.map(|(offset, text)| Shown { at: start + offset, text, block: false }));
        }
    }
    found
}

/// A command without the prompt before it: `$ `, `> `, `(venv) $ `.
fn unprompted(line: &str) -> &str {
    let bare = line
        .strip_prefix('(')
        .and_then(|rest| rest.split_once(')'))
        .map_or(line, |(name, rest)| if name.contains(' ') { line } else { rest.trim_start() });
    bare.trim_start_matches(['$', '>']).trim_start()
}

/// What stands between backticks in a line, and where.
fn quoted(line: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = line.get(at..).and_then(|rest| rest.find('`')).map(|offset| at + offset) {
        let ticks = line[open..].chars().take_while(|c| *c == '`').count();
        let begin = open + ticks;
        let Some(length) = line[begin..].find(&"`".repeat(ticks)) else { break };
        found.push((begin, line[begin..begin + length].trim_end()));
        at = begin + length + ticks;
    }
    found
}

/// The headings that a place of a guide stands below, the innermost last: those of Markdown by their level, the last one that is
/// underlined.
pub fn headings(text: &str) -> Vec<&str> {
    let mut open: Vec<(usize, &str)> = Vec::new();
    let (mut fenced, mut before) = (false, "");
    for line in text.lines() {
        fenced ^= line.trim_start().starts_with("```");
        let level = line.chars().take_while(|c| *c == '#').count();
        let under = line.trim().len() > 2
            && ["=", "-", "~", "^"].iter().any(|mark| line.trim_end().replace(mark, "").is_empty());
        let found = match level {
            1..7 if !fenced => Some((level, line)),
            _ if under && !fenced && !before.trim().is_empty() => {
                Some((if line.starts_with('=') { 1 } else { 2 }, before))
            }
            _ => None,
        };
        if let Some((level, heading)) = found {
            open.retain(|(outer, _)| *outer < level);
            open.push((level, heading));
        }
        before = line;
    }
    open.into_iter().map(|(_, heading)| heading).collect()
}

/// Whether a line of a guide is a command that is followed: it begins with what is known, or is a program of the project that
/// starts the server of Django.
fn tells(line: &str) -> bool {
    TELLING.iter().any(|telling| line.starts_with(telling))
        || line.split_whitespace().nth(1).is_some_and(|word| ["runserver", "runserver_plus"].contains(&word))
}

/// What the commands of a guide that are followed begin with.
const TELLING: [&str; 33] = [
    "docker",
    "podman",
    "python",
    "pip",
    "make",
    "heroku",
    "flask",
    "gunicorn",
    "uv ",
    "poetry ",
    "pdm ",
    "pipenv ",
    "just ",
    "celery ",
    "uvicorn ",
    "./",
    "bash ",
    "sh ",
    "kubectl ",
    "alembic ",
    "fastapi ",
    "honcho ",
    "env ",
    "foreman ",
    "overmind ",
    "quart ",
    "pserve ",
    "uwsgi ",
    "daphne ",
    "hypercorn ",
    "granian ",
    "waitress-serve ",
    "hatch ",
];
/// How many lines of a guide one command may take.
const MAX_LINES: usize = 20;

/// The length of the command that a text begins with, the lines that it goes on in with it.
fn continued(text: &str) -> usize {
    let mut length = 0;
    for line in text.split_inclusive('\n').take(MAX_LINES) {
        length += line.len();
        if !line.trim_end().ends_with('\\') {
            break;
        }
    }
    length
}

#[cfg(test)]
mod tests {
    use crate::discover::{Overlay, Tree};
    use crate::links::{Caller, Repository};

    /// The folder and words of each command that a guide tells.
    fn told(path: &str, text: &str) -> Vec<String> {
        let tree = Tree::open(Box::new(Overlay::of([(path, text), ("Dockerfile", "FROM python:3.13\n")]))).unwrap();
        let calls = Repository::read(&tree).calls;
        let guides = calls.iter().filter(|call| matches!(call.caller, Caller::Guide(_)));
        guides.map(|call| format!("{}: {}", call.folder, call.argv.join(" "))).collect()
    }

    #[test]
    fn pages_of_documentation_are_typed_where_what_they_document_lies() {
        let block = "Then::\n\n  ./manage.py runserver\n";
        assert_eq!(told("docs/source/set_dev_env.rst", block), [": ./manage.py runserver"]);
        assert_eq!(told("api/docs/install.rst", block), ["api: ./manage.py runserver"]);
        assert_eq!(told("api/README.rst", block), ["api: ./manage.py runserver"]);
        assert!(told("docs/models.rst", block).is_empty());
    }

    #[test]
    fn what_is_told_for_a_project_that_the_reader_makes_is_for_that() {
        let block = "```\n$ django-admin startproject tryout\n$ python manage.py runserver\n```\n";
        assert!(told("README.md", block).is_empty());
        assert_eq!(told("README.md", &block.replace("tryout", "tryout .")), [": python manage.py runserver"]);
        assert_eq!(told("tryout/README.md", block), ["tryout: python manage.py runserver"]);
    }

    #[test]
    fn the_indent_of_a_command_underlines_nothing() {
        let page = "Deployment\n----------\n\n.. code-block:: bash\n    ";
        assert_eq!(super::headings(page), ["Deployment"]);
    }

    #[test]
    fn what_names_a_file_that_is_gone_is_of_the_past() {
        let typed = |path: &str| {
            let told = told(
                "README.md",
                &format!("```\npip install -r {path}/needed.txt\npython {path}/manage.py runserver\n```\n"),
            );
            told.len()
        };
        assert_eq!(typed("shop/api"), 0, "no such file");
        let block =
            "```\npython api/manage.py runserver\n./manage.py runserver\npython $ROOT/api/manage.py runserver\n```\n";
        let tree = [("README.md", block), ("src/api/manage.py", ""), ("Dockerfile", "FROM python:3.13\n")];
        let tree = Tree::open(Box::new(Overlay::of(tree))).unwrap();
        let guides =
            Repository::read(&tree).calls.iter().filter(|call| matches!(call.caller, Caller::Guide(_))).count();
        assert_eq!(guides, 3);
    }

    #[test]
    fn a_program_of_the_project_may_start_the_server_of_django() {
        assert_eq!(told("README.md", "```\nshop migrate\nshop runserver\n```\n"), [": shop runserver"]);
    }
}
