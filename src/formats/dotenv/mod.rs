//! Files of variables: one reader a dialect, because no two programs read them alike.

mod compose;
mod lines;
mod python;
#[cfg(test)]
mod tests;

use crate::formats::{Var, Vars, World};
use crate::model::{Certainty, FileId, Known, Origin, Problem, Reason, Span, Spanned, Step};

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

impl Dialect {
    /// Every dialect.
    pub const ALL: [Self; 5] =
        [Self::PythonDotenv, Self::Compose, Self::ComposeRaw, Self::DjangoEnviron, Self::Decouple];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::PythonDotenv => "python-dotenv",
            Self::Compose => "compose",
            Self::ComposeRaw => "compose-raw",
            Self::DjangoEnviron => "django-environ",
            Self::Decouple => "decouple",
        }
    }

    /// The dialect of that name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dialect| dialect.name() == name)
    }
}

/// One line that names a variable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The name.
    pub name: Spanned<String>,
    /// The value; none where only the name stands.
    pub value: Option<Spanned<String>>,
    /// Whether all that the value is made of is known.
    pub known: bool,
    /// Whether a variable outside may change the value.
    pub certainty: Certainty,
    /// What was put into the value.
    pub steps: Vec<Step>,
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
    parse_after(file, text, dialect, world, &Vars::new())
}

/// Reads files one after the other as Compose reads `--env-file`; later ones see and override what earlier ones say.
pub fn chain(files: &[(FileId, &str)], world: &World) -> (Vars, Vec<Problem>) {
    let (mut all, mut problems) = (Vars::new(), Vec::new());
    for (file, text) in files {
        let read = parse_after(*file, text, Dialect::Compose, world, &all);
        all.extend(vars(&read));
        problems.extend(read.problems);
    }
    (all, problems)
}

/// Reads a file whose `${X}` see `earlier` too, where nothing else says what they are.
pub fn parse_after(file: FileId, text: &str, dialect: Dialect, world: &World, earlier: &Vars) -> Dotenv {
    let mut reader = Reader { file, text, world, earlier, out: Dotenv::default() };
    match dialect {
        Dialect::PythonDotenv => python::read(&mut reader),
        Dialect::Compose => compose::read(&mut reader),
        Dialect::ComposeRaw => lines::raw(&mut reader),
        Dialect::DjangoEnviron => lines::django(&mut reader),
        Dialect::Decouple => lines::decouple(&mut reader),
    }
    reader.out
}

/// The variables of a file; the last line of a name counts.
pub fn vars(dotenv: &Dotenv) -> Vars {
    let mut vars = Vars::new();
    for entry in dotenv.entries.iter().filter(|entry| !entry.commented) {
        let Some(value) = &entry.value else { continue };
        let known = if entry.known {
            Known::One(value.value.clone())
        } else {
            let text = format!("{} is made of what is not known here", entry.name.value);
            Known::Unknown(Reason::at(text, value.span))
        };
        let mut origin = Origin::set(value.span);
        origin.steps.extend(entry.steps.iter().cloned());
        vars.insert(entry.name.value.clone(), Var { value: known, certainty: entry.certainty.clone(), origin });
    }
    vars
}

/// What every reader takes along.
struct Reader<'a> {
    file: FileId,
    text: &'a str,
    world: &'a World,
    /// What files before this one say.
    earlier: &'a Vars,
    out: Dotenv,
}

impl Reader<'_> {
    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, start, end)
    }

    /// The rest of the text.
    fn rest(&self, at: usize) -> &str {
        self.text.get(at..).unwrap_or_default()
    }

    /// Where the text begins: behind the mark that some editors leave.
    fn start(&self) -> usize {
        if self.text.starts_with('\u{feff}') { 3 } else { 0 }
    }

    fn problem(&mut self, start: usize, end: usize, message: &str) {
        self.out.problems.push(Problem::new(self.span(start, end), message));
    }

    fn push(&mut self, name: Spanned<String>, value: Option<Spanned<String>>) {
        let (known, certainty, steps, commented) = (true, Certainty::Stated, Vec::new(), false);
        self.out.entries.push(Entry { name, value, known, certainty, steps, commented });
    }

    /// What the lines before say of a name.
    fn before(&self, name: &str) -> Option<&Entry> {
        self.out.entries.iter().rev().find(|entry| !entry.commented && entry.name.value == name)
    }

    /// A name alone: its value comes from outside, or there is none.
    fn inherit(&mut self, name: Spanned<String>) {
        let var = self.world.get(&name.value);
        let (value, known) = match var.value {
            Known::One(value) => (value, true),
            Known::Absent => return,
            _ => (String::new(), false),
        };
        let (value, steps) = (Some(Spanned::new(value, name.span)), var.origin.steps);
        self.out.entries.push(Entry { name, value, known, certainty: var.certainty, steps, commented: false });
    }

    /// Keeps an assignment that is commented out; `start` is its `#`.
    fn comment(&mut self, start: usize, end: usize) {
        let Some(line) = self.text.get(start..end) else { return };
        let bare = line.trim_start_matches(['#', ' ', '\t']);
        let bare = bare.strip_prefix("export ").map_or(bare, str::trim_start);
        let at = start + line.len() - bare.len();
        let Some((name, value)) = bare.split_once('=') else { return };
        let shaped = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        if name.is_empty() || !name.chars().all(shaped) || name.starts_with(|c: char| c.is_ascii_digit()) {
            return;
        }
        let from = at + name.len() + 1;
        let quoted = value.trim();
        let from = from + (value.len() - value.trim_start().len());
        let inside = ['"', '\''].iter().find_map(|quote| quoted.strip_prefix(*quote)?.strip_suffix(*quote));
        let (value, from) = inside.map_or((quoted, from), |inside| (inside, from + 1));
        let value = Spanned::new(value.to_owned(), self.span(from, from + value.len()));
        let name = Spanned::new(name.to_owned(), self.span(at, at + name.len()));
        self.push(name, Some(value));
        if let Some(entry) = self.out.entries.last_mut() {
            entry.commented = true;
        }
    }
}

/// The end of the line that a place stands in, its newline excluded.
fn line_end(text: &str, at: usize) -> usize {
    text.get(at..).and_then(|rest| rest.find('\n')).map_or(text.len(), |n| at + n)
}
