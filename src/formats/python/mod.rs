//! Settings code: an abstract interpreter of Python that says what it knows and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use crate::discover::Tree;
use crate::formats::world::World;
use crate::model::{Certainty, FileId, Origin, Problem, Reason, Span};

mod by_key;
pub mod conftest;
pub mod connections;
pub mod entry;
mod entry_default;
mod entry_setup;
#[expect(
    clippy::many_single_char_names,
    clippy::similar_names,
    clippy::too_many_lines,
    clippy::unnecessary_wraps,
    clippy::unused_self,
    clippy::match_wildcard_for_single_variants,
    clippy::single_match_else,
    clippy::match_same_arms,
    clippy::needless_for_each,
    clippy::wrong_self_convention,
    reason = "an interpreter is tables of cases, one line each, and its methods share one shape"
)]
mod eval;
pub mod flask;
pub mod invoke;
mod invoke_texts;
#[expect(
    clippy::too_many_lines,
    clippy::unnecessary_wraps,
    clippy::unused_self,
    clippy::wrong_self_convention,
    clippy::match_same_arms,
    clippy::needless_for_each,
    clippy::case_sensitive_file_extension_comparisons,
    clippy::single_match_else,
    clippy::needless_pass_by_value,
    clippy::assigning_clones,
    reason = "a library is a table of its functions, and they share one shape"
)]
mod lib;
pub mod nox;
mod objects;
mod of_class;
pub mod options;
mod parse;
mod reads;
pub mod refusal;
pub mod setup;
mod test_app;
mod uses;

pub use connections::{Connection, connections, may_connect};
pub use flask::flask_config;
pub use reads::{Brought, EnvRead, MissingModule, RawTruth, Run};

pub use entry::{ConfigClass, EntryFacts, FromObject, RunCall, Selection, config_classes, entry_points, selections};
pub use entry_setup::entry_with_setup;
pub use objects::{dynaconf_object, imported, settings_class, settings_function, texts_of};
pub use test_app::{Change, Named, TestApp, test_app};

use eval::machine::Machine;
use eval::values::K;

/// What a value is.
#[derive(Clone, PartialEq, Debug)]
pub enum Kind {
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// An integer.
    Int(i128),
    /// A float.
    Float(f64),
    /// Text. The project root inside is `${ROOT}`.
    Str(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A list.
    List(Vec<Val>),
    /// A tuple.
    Tuple(Vec<Val>),
    /// A set, in any order.
    Set(Vec<Val>),
    /// A dict in insertion order.
    Dict(Vec<(Val, Val)>),
    /// A path; the project root inside is `${ROOT}`.
    Path(String),
    /// A `datetime.timedelta`, in seconds.
    Timedelta(f64),
    /// A text marked for translation, untranslated.
    Lazy(String),
    /// A decimal number, a pattern …: its kind and its text.
    Tagged(&'static str, String),
    /// A secret wrapper (pydantic's `SecretStr`) around a text.
    Secret(Box<Val>),
    /// A member of an enumeration: its class and its value.
    Enum(String, Box<Val>),
    /// A function, a class, an object of a library: what it is called.
    Opaque(String),
    /// The files do not decide it.
    Unknown(Reason),
    /// One of these.
    OneOf(Vec<Val>),
    /// What the code makes of these variables.
    Depends {
        /// The variables.
        variables: BTreeSet<String>,
        /// What it is while none of them is set.
        default: Option<Box<Val>>,
    },
    /// Not defined.
    Undefined,
}

/// A value with its history.
#[derive(Clone, PartialEq, Debug)]
pub struct Val {
    /// What it is.
    pub kind: Kind,
    /// Where it is written, and what led to it.
    pub origin: Origin,
    /// The variables it rests on.
    pub variables: BTreeSet<String>,
    /// Whether something outside may override it.
    pub certainty: Certainty,
    /// False-looking texts of its variable that make it true, where it is a boolean taken from raw text.
    pub true_for: Vec<String>,
    /// How its text (or that of its default) begins, where the whole is not known: `postgresql+psycopg://`.
    pub prefix: Option<String>,
}

/// The variable to name of several: rather one of the program than an option of the library that reads it, and rather one
/// that may choose another thing than one that only says in which folder it lies (`sqlite:///{DATA_DIR}/db`).
pub fn telling(variables: &BTreeSet<String>) -> Option<&String> {
    let option = |name: &str| {
        name.ends_with("_FOR_DYNACONF")
            || name.starts_with("DYNACONF_")
            || matches!(name, "PROJECT_ROOT" | "SETTINGS_MODULE" | "DYNACONF")
    };
    let folder = |name: &str| ["DIR", "ROOT", "PATH", "FOLDER"].iter().any(|end| name.ends_with(end));
    let own = || variables.iter().filter(|name| !option(name));
    own().find(|name| !folder(name)).or_else(|| own().next()).or_else(|| variables.iter().next())
}

/// The same for a setting of a name: a variable that is called so as well is its own.
pub fn telling_of<'v>(variables: &'v BTreeSet<String>, name: &str) -> Option<&'v String> {
    let same = |variable: &&String| variable.eq_ignore_ascii_case(name);
    let ends = |variable: &&String| {
        let (long, short) = (variable.to_ascii_uppercase(), name.to_ascii_uppercase());
        long.strip_suffix(&short).is_some_and(|start| start.ends_with('_'))
    };
    let own = || variables.iter().find(ends).filter(|_| !name.is_empty());
    variables.iter().find(same).or_else(own).or_else(|| telling(variables))
}

impl Val {
    /// A value without history.
    pub fn of(kind: Kind) -> Self {
        Self {
            kind,
            origin: Origin::default(),
            variables: BTreeSet::new(),
            certainty: Certainty::Stated,
            true_for: Vec::new(),
            prefix: None,
        }
    }

    /// The variable to name, of those that decide it: rather one of the program than an option of the library that reads it.
    pub fn variable(&self) -> Option<&String> {
        telling(&self.variables)
    }

    /// The text, if it is plain text, a secret one, or a path.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::Str(text) | Kind::Path(text) | Kind::Lazy(text) => Some(text),
            Kind::Enum(_, value) | Kind::Secret(value) => value.as_str(),
            _ => None,
        }
    }

    /// Yes or no, if it is a plain one.
    pub fn as_bool(&self) -> Option<bool> {
        if let Kind::Bool(yes) = self.kind { Some(yes) } else { None }
    }

    /// The value to go by: itself, or its default while its variables are not set.
    pub fn settled(&self) -> Option<&Val> {
        match &self.kind {
            Kind::Depends { default, .. } => default.as_deref().and_then(Val::settled),
            Kind::Unknown(_) | Kind::Undefined | Kind::OneOf(_) => None,
            _ => Some(self),
        }
    }

    /// The value behind the default of its variables, however uncertain it is; itself where there is none.
    pub fn behind(&self) -> &Val {
        match &self.kind {
            Kind::Depends { default: Some(default), .. } => default.behind(),
            _ => self,
        }
    }

    /// The entry of a dict, through defaults.
    pub fn get(&self, key: &str) -> Option<&Val> {
        let Kind::Dict(items) = &self.settled()?.kind else { return None };
        items.iter().rev().find(|(name, _)| name.as_str() == Some(key)).map(|(_, value)| value)
    }

    /// The items of a list, tuple or set, through defaults.
    pub fn items(&self) -> Option<&[Val]> {
        match &self.settled()?.kind {
            Kind::List(items) | Kind::Tuple(items) | Kind::Set(items) => Some(items),
            _ => None,
        }
    }
}

/// What a settings module, or a class in it, comes to in one world.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Settings {
    /// The module's dotted name.
    pub module: String,
    /// Its file; none if it is not in the repository.
    pub file: Option<FileId>,
    /// The settings by name.
    pub values: BTreeMap<String, Val>,
    /// Those of them that properties compute: a class of pydantic does not list them.
    pub computed: BTreeSet<String>,
    /// The variables that were read, in order.
    pub reads: Vec<EnvRead>,
    /// Every file that was run, and the import that led to it.
    pub files: Vec<(FileId, Span)>,
    /// What went wrong.
    pub problems: Vec<Problem>,
    /// Modules that are not in the repository.
    pub missing_modules: Vec<MissingModule>,
    /// Files, by their paths, that are not in the repository and that the settings look for.
    pub missing_files: BTreeSet<String>,
    /// Classes of django-configurations that the module offers, each with its place.
    pub classes: Vec<(String, Span)>,
    /// Whether the importer of django-configurations sets the class up, if it is the one that is chosen.
    pub by_importer: bool,
    /// Why there may be settings that are not listed.
    pub incomplete: Option<Reason>,
    /// Why there may be reads that are not listed, or listed ones that do not happen.
    pub reads_unsure: Option<Reason>,
}

impl Settings {
    /// Puts alternatives that are dicts together key by key: what all of them say alike is no longer in doubt.
    pub fn by_key(&mut self) {
        let values = std::mem::take(&mut self.values);
        self.values = values.into_iter().map(|(name, value)| (name, by_key::of(value))).collect();
    }
}

/// Evaluates settings modules; each file is parsed once.
pub struct Evaluator<'t> {
    tree: &'t Tree,
    roots: Vec<String>,
    cache: parse::Cache,
    whole: bool,
    run: Run,
    brought: Brought,
}

impl<'t> Evaluator<'t> {
    /// An evaluator over a tree whose modules are found under these folders, in order.
    pub fn new(tree: &'t Tree, roots: Vec<String>) -> Self {
        Self {
            tree,
            roots,
            cache: parse::Cache::default(),
            whole: false,
            run: Run::Unknown,
            brought: Brought::default(),
        }
    }

    /// The same for a tree that holds every file there is: what is not in it is nowhere.
    #[must_use]
    pub fn whole(mut self) -> Self {
        self.whole = true;
        self
    }

    /// The same for a program that is run so: its code may ask for the words of its command line.
    #[must_use]
    pub fn run(mut self, run: Run) -> Self {
        self.run = run;
        self
    }

    /// The same for a program whose files are not quite those of the tree.
    #[must_use]
    pub fn brought(mut self, brought: Brought) -> Self {
        self.brought = brought;
        self
    }

    /// What a module, or a class in it, comes to.
    pub fn module(&self, name: &str, world: &World, class: Option<&str>) -> Settings {
        let mut machine = Machine::new(self.tree, &self.roots, &self.cache, world);
        (machine.whole, machine.run) = (self.whole, self.run);
        machine.brought.clone_from(&self.brought);
        let file = machine.find(name).and_then(|(file, _)| file);
        let mut out = Settings { module: name.to_owned(), file, ..Settings::default() };
        let at = Span::new(file.unwrap_or(FileId(0)), 0, 0);
        let loaded = machine.load(name, at).ok().flatten();
        match loaded {
            None => out.incomplete = Some(Reason::new(format!("{name} is not in the repository"))),
            Some(module) => match class {
                None => {
                    if let K::Ref(id) = module.k
                        && let Some(space) = machine.space(id)
                    {
                        out.incomplete = space.open.as_deref().cloned();
                        out.values = machine.exported(&Machine::upper(space));
                        out.classes = machine.configuration_classes(space);
                    } else {
                        out.incomplete = Some(Reason::new("whether the module was run already is not decided"));
                    }
                }
                Some(class) => machine.class_values(&module, class, at, &mut out),
            },
        }
        if let Some(why) = machine.dead.take() {
            for value in out.values.values_mut() {
                value.kind = Kind::Unknown(why.clone());
            }
            out.reads_unsure = Some(why.clone());
            out.incomplete = Some(why);
        }
        out.reads_unsure = out.reads_unsure.or(machine.reads_unsure.take()).or_else(|| out.incomplete.clone());
        out.values.retain(|_, value| value.kind != Kind::Undefined);
        out.reads = machine.reads;
        out.files = machine.files;
        out.problems = machine.problems;
        out.missing_modules = machine.missing;
        out.missing_files = machine.missing_files;
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_named_by_its_variable_and_not_by_the_folder_within_it() {
        let named = |names: &[&str]| telling(&names.iter().map(|&name| name.to_owned()).collect()).cloned();
        assert_eq!(named(&["DATABASE_URL", "DATA_DIR"]).as_deref(), Some("DATABASE_URL"));
        assert_eq!(named(&["BASE_PATH", "SETTINGS_MODULE"]).as_deref(), Some("BASE_PATH"));
        assert_eq!(named(&["DATA_DIR", "WORK_DIR"]).as_deref(), Some("DATA_DIR"));
        assert_eq!(named(&[]), None);
    }
}
