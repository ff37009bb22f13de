//! What a shell knows at a point of a script, and how two branches meet again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::Word;
use super::super::ast::Item;
use super::arrays::Frame;
use super::keyed::Keyed;
use super::own_folder::Place;
use crate::formats::world::{Var, Vars, World};
use crate::model::{Certainty, Known, Origin, Reason, Span, StepKind};

/// Longer texts are not followed.
const MAX_TEXT: usize = 65_536;

/// A text as far as it is known; `Absent` for a variable that is not set.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Text {
    pub(super) known: Known<String>,
    pub(super) certainty: Certainty,
    /// Whether the default of an open variable was taken: good as a value, no ground for a decision.
    pub(super) guess: bool,
    /// Whether it may stand for any number of words.
    pub(super) many: bool,
    /// What to show of an argument that is not known.
    pub(super) written: Option<String>,
}

impl Text {
    pub(super) fn one(text: impl Into<String>) -> Self {
        Self { known: Known::One(text.into()), certainty: Certainty::Stated, guess: false, many: false, written: None }
    }

    pub(super) fn unknown(reason: Reason) -> Self {
        Self { known: Known::Unknown(reason), certainty: Certainty::Stated, guess: false, many: false, written: None }
    }

    /// A word that the script is called with.
    pub(super) fn argument(word: &Word) -> Self {
        let known = word.text.one().is_some();
        let (many, written) = (!known, (!known).then(|| word.raw.clone()));
        Self { known: word.text.clone(), certainty: word.certainty.clone(), guess: false, many, written }
    }

    /// This text and another behind it.
    pub(super) fn concat(self, other: &Self) -> Self {
        let certainty = self.certainty.and(&other.certainty);
        let guess = self.guess || other.guess;
        let many = self.many || other.many;
        let known = match (self.known, &other.known) {
            (Known::Unknown(reason), _) => Known::Unknown(reason),
            (_, Known::Unknown(reason)) => Known::Unknown(reason.clone()),
            (Known::One(a), Known::One(b)) if a.len() + b.len() > MAX_TEXT => {
                Known::Unknown(Reason::new("it is too long to be followed"))
            }
            (Known::One(a), Known::One(b)) => Known::One(a + b),
            (a, b) => {
                let empty = [String::new()];
                let left = if a == Known::Absent { &empty[..] } else { a.values() };
                let right = if *b == Known::Absent { &empty[..] } else { b.values() };
                let all: Vec<String> = left.iter().flat_map(|a| right.iter().map(move |b| format!("{a}{b}"))).collect();
                one_of(all, &a, b)
            }
        };
        Self { known, certainty, guess, many, written: None }
    }
}

pub(super) fn one_of(mut all: Vec<String>, a: &Known<String>, b: &Known<String>) -> Known<String> {
    let reason = [a, b].into_iter().find_map(|known| match known {
        Known::OneOf(_, reason) | Known::Every(_, reason) | Known::Unknown(reason) => Some(reason.clone()),
        _ => None,
    });
    let reason = reason.unwrap_or_else(|| Reason::new("it depends on a branch"));
    all.sort();
    all.dedup();
    match all.len() {
        1 => Known::One(all.remove(0)),
        2..=16 => Known::OneOf(all, reason),
        _ => Known::Unknown(reason),
    }
}

/// How a shell or a function came to its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum End {
    /// `exit` with a failure.
    Failed,
    /// `exit` otherwise, or `exec`.
    Done,
    /// `return`
    Returned,
    /// `break`, of so many loops.
    Broken(usize),
    /// `continue`, of the loop so many levels up.
    Continued(usize),
}

impl End {
    /// Whether more of the script runs behind it.
    pub(super) fn is_left(self) -> bool {
        matches!(self, Self::Returned | Self::Broken(_) | Self::Continued(_))
    }
}

#[derive(Clone, PartialEq, Debug)]
pub(super) enum Cwd {
    Start,
    At(String),
    Unknown,
}

#[derive(Clone, Debug)]
pub(super) struct State {
    pub(super) env: Arc<Vars>,
    pub(super) shell: Arc<Vars>,
    /// Arrays whose elements are known one by one.
    pub(super) arrays: Arc<BTreeMap<String, Arc<Vec<Text>>>>,
    /// Arrays with keys.
    pub(super) keyed: Arc<BTreeMap<String, Arc<Keyed>>>,
    /// Whether a pattern without a match is no word.
    pub(super) null_glob: bool,
    /// The variables of the functions that run.
    pub(super) frames: Vec<Frame>,
    pub(super) functions: Arc<BTreeMap<String, Arc<Item>>>,
    pub(super) args: Option<Arc<Vec<Text>>>,
    /// What a text that runs is called by (`sh -c TEXT NAME`).
    pub(super) zero: Option<Text>,
    pub(super) cwd: Cwd,
    /// Where the script itself lies.
    pub(super) place: Arc<Place>,
    pub(super) all_exported: bool,
    /// Whether a failure ends the script.
    pub(super) strict: bool,
    /// Names exported before they are set.
    pub(super) marked: Arc<BTreeSet<String>>,
    /// Names that cannot be set again.
    pub(super) fixed: Arc<BTreeSet<String>>,
    pub(super) guessed: Arc<BTreeSet<String>>,
    pub(super) open: bool,
    /// Why commands here run only perhaps: the branch they stand on, a script that may have ended before, and a function
    /// or loop that may have been left before.
    pub(super) when: Option<Reason>,
    pub(super) cut: Option<Reason>,
    pub(super) flow: Option<Reason>,
    pub(super) certainty: Certainty,
    pub(super) ended: Option<End>,
    /// How things stood where a function may have been left, and where a loop may.
    pub(super) returned: Option<Arc<State>>,
    pub(super) broken: Option<Arc<State>>,
    /// What was written to standard output.
    pub(super) output: Text,
}

/// Variables that a shell has even where nobody sets them.
const ALWAYS_SET: [&str; 19] = [
    "PWD", "OLDPWD", "HOME", "HOSTNAME", "PATH", "UID", "EUID", "RANDOM", "SECONDS", "LINENO", "IFS", "SHLVL", "PPID",
    "USER", "SHELL", "OPTIND", "OPTARG", "OSTYPE", "_",
];

impl State {
    pub(super) fn new(world: &World, args: &[Word]) -> Self {
        Self {
            env: Arc::new(world.vars().clone()),
            shell: Arc::default(),
            arrays: Arc::default(),
            keyed: Arc::default(),
            null_glob: false,
            frames: Vec::new(),
            functions: Arc::default(),
            args: Some(Arc::new(args.iter().map(Text::argument).collect())),
            zero: None,
            cwd: Cwd::Start,
            place: Arc::default(),
            all_exported: false,
            strict: false,
            marked: Arc::default(),
            fixed: Arc::default(),
            guessed: Arc::default(),
            open: world.is_open(),
            when: None,
            cut: None,
            flow: None,
            certainty: Certainty::Stated,
            ended: None,
            returned: None,
            broken: None,
            output: Text::one(""),
        }
    }

    pub(super) fn find(&self, name: &str) -> Option<&Var> {
        self.shell.get(name).or_else(|| self.env.get(name))
    }

    pub(super) fn lookup(&self, name: &str) -> Text {
        if let Some(var) = self.find(name) {
            let guess = self.guessed.contains(name);
            return Text {
                known: var.value.clone(),
                certainty: var.certainty.clone(),
                guess,
                many: false,
                written: None,
            };
        }
        if let Some(element) = self.element(name, None) {
            return element;
        }
        if let Some(array) = self.arrays.get(name) {
            return array.first().cloned().unwrap_or_else(|| Text { known: Known::Absent, ..Text::one("") });
        }
        if name == "IFS" {
            return Text::one(super::expand::BLANKS);
        }
        if self.open {
            let reason = Reason::new(format!("{name} is set outside the repository"));
            return Text::unknown(reason.answered_with(format!("provides = [\"{name}\"]")));
        }
        if ALWAYS_SET.contains(&name) || name.starts_with("BASH") {
            return Text::unknown(Reason::new(format!("{name} is set by the shell")));
        }
        Text { known: Known::Absent, ..Text::one("") }
    }

    pub(super) fn set(&mut self, name: &str, mut text: Text, span: Span) {
        // A shell ends here, or goes on with the next line and the value of before.
        if self.fixed.contains(name) {
            let reason = Reason::at(format!("{name} is read-only"), span);
            text = Text::unknown(reason.clone());
            self.cut.get_or_insert(reason);
        }
        if let Some(keyed) = Arc::make_mut(&mut self.keyed).get_mut(name) {
            Arc::make_mut(keyed).insert("0".into(), text);
            return;
        }
        if self.arrays.contains_key(name)
            && let Some(array) = Arc::make_mut(&mut self.arrays).get_mut(name)
        {
            let array = Arc::make_mut(array);
            if array.is_empty() {
                array.push(text);
            } else {
                array[0] = text;
            }
            return;
        }
        let mut origin = Origin::set(span);
        if let Some(before) = self.find(name).and_then(|var| var.origin.primary()) {
            origin = origin.then(StepKind::Overridden, before);
        }
        if text.guess != self.guessed.contains(name) {
            let guessed = Arc::make_mut(&mut self.guessed);
            if text.guess {
                guessed.insert(name.to_owned())
            } else {
                guessed.remove(name)
            };
        }
        let var = Var { value: text.known, certainty: text.certainty, origin };
        let exported = self.all_exported || self.env.contains_key(name) || self.marked.contains(name);
        let vars = if exported && !self.shell.contains_key(name) { &mut self.env } else { &mut self.shell };
        Arc::make_mut(vars).insert(name.to_owned(), var);
        if self.all_exported {
            self.export(name);
        }
    }

    pub(super) fn export(&mut self, name: &str) {
        if self.shell.contains_key(name) {
            if let Some(var) = Arc::make_mut(&mut self.shell).remove(name) {
                Arc::make_mut(&mut self.env).insert(name.to_owned(), var);
            }
        } else if !self.env.contains_key(name) {
            Arc::make_mut(&mut self.marked).insert(name.to_owned());
        }
    }

    pub(super) fn unset(&mut self, name: &str, span: Span) {
        if self.shell.contains_key(name) {
            Arc::make_mut(&mut self.shell).remove(name);
        }
        self.drop_arrays(name);
        let var = Var { value: Known::Absent, certainty: Certainty::Stated, origin: Origin::set(span) };
        Arc::make_mut(&mut self.env).insert(name.to_owned(), var);
    }
}
