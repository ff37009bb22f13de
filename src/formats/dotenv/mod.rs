//! Files of variables: one reader a dialect, because no two programs read them alike.

mod read;

use crate::formats::{Var, Vars, World};
use crate::model::{FileId, Known, Origin, Problem, Spanned};

/// Whose reading it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialect {
    /// python-dotenv.
    PythonDotenv,
    /// Compose's `env_file` and `.env`.
    Compose,
    /// Compose's `format: raw`.
    ComposeRaw,
    /// django-environ.
    DjangoEnviron,
    /// python-decouple.
    Decouple,
}

/// One line that names a variable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The name.
    pub name: Spanned<String>,
    /// The value; none where only the name stands.
    pub value: Option<Spanned<String>>,
    /// Whether what the value is made of is not known.
    pub known: bool,
    /// Whether the line is commented out: documentation, not a value.
    pub commented: bool,
}

/// A file as a dialect reads it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Dotenv {
    /// The entries, in source order.
    pub entries: Vec<Entry>,
    /// Lines that the dialect refuses.
    pub problems: Vec<Problem>,
}

/// Reads a file. `world` is what its `${X}` see besides the lines before.
pub fn parse(file: FileId, text: &str, dialect: Dialect, world: &World) -> Dotenv {
    read::file(file, text, dialect, world)
}

/// The variables of a file; the last line of a name counts.
pub fn vars(dotenv: &Dotenv) -> Vars {
    let mut vars = Vars::new();
    for entry in dotenv.entries.iter().filter(|entry| !entry.commented) {
        let Some(value) = &entry.value else { continue };
        let known = if entry.known {
            Known::One(value.value.clone())
        } else {
            Known::Unknown(crate::model::Reason::at(
                format!("{} is made of what is not known here", entry.name.value),
                value.span,
            ))
        };
        let var = Var { value: known, certainty: crate::model::Certainty::Stated, origin: Origin::set(value.span) };
        vars.insert(entry.name.value.clone(), var);
    }
    vars
}
