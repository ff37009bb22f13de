//! Files of variables: one reader a dialect, because no two programs read them alike.

mod compose;
mod lines;
mod python;
mod read;
#[cfg(test)]
mod tests;

use crate::formats::{Var, Vars, World};
use crate::model::{Certainty, FileId, Known, Origin, Problem, Reason, Spanned};

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
    /// Whether what the value is made of is known.
    pub known: bool,
    /// The variable that may change the value, where a default written in it was taken.
    pub rests_on: Option<String>,
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
        vars.insert(entry.name.value.clone(), entry.var(value));
    }
    vars
}

impl Entry {
    fn var(&self, value: &Spanned<String>) -> Var {
        let known = if self.known {
            Known::One(value.value.clone())
        } else {
            Known::Unknown(Reason::at(format!("{} is made of what is not known here", self.name.value), value.span))
        };
        let certainty = match &self.rests_on {
            Some(variable) => Certainty::Default { variable: Some(variable.clone()) },
            None => Certainty::Stated,
        };
        Var { value: known, certainty, origin: Origin::set(value.span) }
    }
}
