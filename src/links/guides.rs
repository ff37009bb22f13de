//! Commands that guides tell people to type.

use super::Repository;
use super::repository::{Call, Caller, Script};
use crate::discover::aside::documented;
use crate::discover::paths;
use crate::formats::Vars;
use crate::formats::shell::Dialect;
use crate::model::{FileId, SpanMap};

impl Repository<'_> {
    /// The code blocks of a guide, one command a line; a line that ends in a backslash goes on.
    pub(super) fn guide_calls(&self, file: FileId, calls: &mut Vec<Call>) {
        let Ok(text) = self.tree.text(file) else { return };
        let path = self.tree.path(file);
        let folder = documented(path).unwrap_or_else(|| paths::parent(path)).to_owned();
        // Where blocks are told by their indent alone, less of it makes one.
        let indent = if path.ends_with(".rst") { "  " } else { "    " };
        let (mut fenced, mut at, mut until) = (false, 0, 0);
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
            let command = whole.unwrap_or(trimmed).trim_start_matches(['$', '>']).trim_start();
            let block = whole.is_some() || fenced || line.starts_with(indent) || trimmed.starts_with('$');
            let word = command.strip_prefix("sudo ").unwrap_or(command);
            if start < until || !block || !tells(word) {
                continue;
            }
            let begin = start + line.find(command).unwrap_or(0);
            until = begin + continued(text.get(begin..).unwrap_or_default());
            let map = SpanMap::Linear { file, base: u32::try_from(begin).unwrap_or(0) };
            let text = text.get(begin..until).unwrap_or(command).trim_end().trim_end_matches("```").trim_end();
            let script = Script { text, map: &map, folder: &folder, dialect: Dialect::Bash };
            self.add(&script, Vars::new(), &Caller::Guide(file), calls);
        }
    }
}

/// Whether a line of a guide is a command that is followed: it begins with what is known, or is a program of the project that
/// starts the server of Django.
fn tells(line: &str) -> bool {
    TELLING.iter().any(|telling| line.starts_with(telling))
        || line.split_whitespace().nth(1).is_some_and(|word| ["runserver", "runserver_plus"].contains(&word))
}

/// What the commands of a guide that are followed begin with.
const TELLING: [&str; 23] = [
    "docker", "podman", "python", "pip", "make", "heroku", "flask", "gunicorn", "uv ", "poetry ", "pdm ", "pipenv ",
    "just ", "celery ", "uvicorn ", "./", "bash ", "sh ", "kubectl ", "alembic ", "fastapi ", "honcho ", "env ",
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
    fn a_program_of_the_project_may_start_the_server_of_django() {
        assert_eq!(told("README.md", "```\nshop migrate\nshop runserver\n```\n"), [": shop runserver"]);
    }
}
