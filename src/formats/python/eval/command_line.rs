//! What code asks of the way it is run: the words of the command line, the modules that are loaded.

use super::machine::Machine;
use super::values::{Data, K, V};
use crate::formats::python::Run;

/// The words of the command line, or the modules that are loaded.
fn is_command_line(v: &V) -> bool {
    matches!(&v.k, K::Lib(path) if matches!(&**path, "sys.argv" | "sys.modules"))
}

/// A word of the command line that runs tests.
fn is_test_word(v: &V) -> bool {
    matches!(v.text(), Some("test" | "pytest"))
}

/// A word of the command line that does something once, which neither serves nor tests.
fn is_task_word(v: &V) -> bool {
    const TASKS: [&str; 12] = [
        "makemigrations",
        "migrate",
        "collectstatic",
        "compress",
        "shell",
        "dbshell",
        "loaddata",
        "dumpdata",
        "createsuperuser",
        "makemessages",
        "compilemessages",
        "spectacular",
    ];
    v.text().is_some_and(|word| TASKS.contains(&word))
}

impl Machine<'_> {
    /// Whether a word, or one of a list, is on the command line or among the loaded modules; none where that is not
    /// known of how the program is run.
    pub(crate) fn asked_of_run(&self, word: &V, line: &V) -> Option<bool> {
        let (word, line) = if is_command_line(word) { (line, word) } else { (word, line) };
        if !is_command_line(line) || self.run == Run::Unknown {
            return None;
        }
        let modules = matches!(&line.k, K::Lib(path) if &**path == "sys.modules");
        if !modules && (is_task_word(word) || self.are(word, is_task_word)) {
            return Some(false);
        }
        match self.run {
            Run::Served => (is_test_word(word) || self.are(word, is_test_word)).then_some(false),
            Run::Pytest if modules => (word.text() == Some("pytest")).then_some(true),
            Run::Pytest => (word.text() == Some("test")).then_some(false),
            Run::Django if modules => (word.text() == Some("pytest")).then_some(false),
            Run::Django => match word.text() {
                Some("test") => Some(true),
                Some("pytest") => Some(false),
                _ => self.are(word, is_test_word).then_some(true),
            },
            Run::Unknown => None,
        }
    }

    fn are(&self, v: &V, is: fn(&V) -> bool) -> bool {
        let all = |items: &[V]| !items.is_empty() && items.iter().all(is);
        match &v.k {
            K::Tuple(items) => all(items),
            K::Ref(id) => match self.heap.get(id).map(|obj| (&obj.data, &obj.doubt)) {
                Some((Data::List(items) | Data::Set(items), None)) => all(items),
                _ => false,
            },
            _ => false,
        }
    }
}
