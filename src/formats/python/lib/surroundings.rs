//! What is around the program: where its imports start, temporary folders, and importers that are installed.

use super::os::Found;
use crate::formats::python::eval::machine::Machine;
use crate::formats::python::eval::values::{Args, R, V};
use crate::model::Span;

/// Further places where imports start, and what else was set up.
#[derive(Default)]
pub(crate) struct Surroundings {
    /// Folders before the import roots.
    pub(crate) before: Vec<String>,
    /// Folders behind them.
    pub(crate) behind: Vec<String>,
    /// Whether there are some that are not known.
    pub(crate) unknown: bool,
    /// How many modules were run a second time, because it was not known whether they had been.
    pub(crate) reruns: usize,
    /// Whether one of them is being run.
    pub(crate) rerunning: bool,
    /// Whether the variables were copied: which of both is changed later is not told apart.
    pub(crate) copied: bool,
    /// Whether the importer of django-configurations was installed: it sets up one class.
    pub(crate) importer: bool,
}

/// Variables that name the folder for temporary files.
const TEMPORARY: [&str; 3] = ["TMPDIR", "TEMP", "TMP"];

impl Machine<'_> {
    /// A function that changes or asks what is around; none if it is no such function.
    pub(crate) fn surrounding(&mut self, path: &str, args: &Args, at: Span) -> Option<R> {
        match (path, args.pos.as_slice()) {
            // What reads the copy reads the variables.
            ("os.environ.copy", []) => {
                self.surroundings.copied = true;
                Some(Ok(V::lib("os.environ")))
            }
            ("sys.path.insert", [_, folder]) | ("sys.path.append" | "site.addsitedir", [folder]) => {
                self.import_folder(folder, path.ends_with("insert"));
                Some(Ok(V::none()))
            }
            ("sys.path.extend", [folders]) => {
                match self.iterate(folders, at) {
                    Ok(Ok(folders)) => folders.iter().for_each(|folder| self.import_folder(folder, false)),
                    _ => self.surroundings.unknown = true,
                }
                Some(Ok(V::none()))
            }
            ("configurations.importer.install" | "configurations.setup", _) => {
                self.surroundings.importer = true;
                None
            }
            _ => {
                let name = path.strip_prefix("tempfile.")?;
                let makes = ["gettempdir", "mkdtemp", "mkstemp", "mktemp", "NamedTemporaryFile", "TemporaryDirectory"];
                makes.contains(&name).then(|| Ok(self.temporary(name, at)))
            }
        }
    }

    /// What a variable that is set by the program is from there on.
    pub(crate) fn kept_variable(&self, value: V, at: Span) -> V {
        if self.surroundings.copied { V::unknown("it may be set in a copy of the variables alone", at) } else { value }
    }

    fn import_folder(&mut self, folder: &V, before: bool) {
        // What lies there is the work of others, and large.
        let vendored = |path: &str| {
            let words = ["vendor", "vendored", "_vendor", "patched", "third_party", "thirdparty", "site-packages"];
            path.split('/').any(|part| words.contains(&part))
        };
        match folder.pathlike().and_then(Self::inside) {
            Some(path) if vendored(&path) => self.surroundings.unknown = true,
            Some(path) if before => self.surroundings.before.insert(0, path),
            Some(path) => self.surroundings.behind.push(path),
            // Folders outside hold no modules of the repository.
            None => self.surroundings.unknown |= folder.pathlike().is_none_or(|path| !path.starts_with('/')),
        }
    }

    /// The folder for temporary files, which variables name; what is made in it has a name of its own.
    fn temporary(&mut self, name: &str, at: Span) -> V {
        let absent = TEMPORARY.iter().all(|name| matches!(self.find_variable(name, at), Found::Unset));
        if !self.reads.iter().any(|read| read.via == "tempfile") {
            for variable in TEMPORARY {
                self.note_read(variable, None, false, "tempfile", at);
            }
        }
        if name == "gettempdir" && absent {
            V::at(crate::formats::python::eval::values::K::Str("/tmp".into()), at)
        } else {
            V::unknown("a temporary file or folder", at)
        }
    }
}
