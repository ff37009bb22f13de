//! The machine: the state, its limits, and what it noted on the way.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::comprehensions::Comprehended;
use super::values::{Data, Exc, Heap, Id, Names, Obj, R, Role, Scope, Space, Texts, V};
use crate::discover::Tree;
use crate::formats::python::parse::Cache;
use crate::formats::python::{Brought, EnvRead, MissingModule, Run};
use crate::formats::world::World;
use crate::model::{FileId, Problem, Reason, Span};

/// Steps that one evaluation may take.
const FUEL: u64 = 400_000;
/// Places at which what one `try` or `with` holds may fail: each keeps the state that it leaves.
const MAX_RAISES: usize = 2000;
/// How many states that only texts of variables lead to are told apart in one stretch of code.
const MOST_APART: usize = 6;
/// How deep calls, imports and expressions may nest.
const MAX_DEPTH: usize = 150;
/// The longest text or container.
pub(crate) const MAX_SIZE: usize = 100_000;

/// The modules that were imported.
pub(crate) const MODULES: Id = 0;
/// Variables that the program itself set.
pub(crate) const ENVIRON: Id = 1;

/// When something happened: what decided it, and whether it happens while those variables are not set.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cond {
    pub(crate) vars: Names,
    pub(crate) default: Option<bool>,
}

impl Cond {
    pub(crate) fn not(&self) -> Self {
        Self { vars: self.vars.clone(), default: self.default.map(|yes| !yes) }
    }

    pub(crate) fn and(&self, other: &Self) -> Self {
        let vars = self.vars.union(&other.vars).cloned().collect();
        let default = match (self.default, other.default) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        };
        Self { vars, default }
    }
}

/// An exception that may have been raised, the state that it left, and when.
pub(crate) type Raised = (Exc, Heap, Cond);

/// Whether only the text of a variable leads to it.
pub(crate) fn is_seldom((exc, _, cond): &Raised) -> bool {
    exc.call && !exc.texts.is_empty() && cond.default == Some(false)
}

/// Takes another that only the text of a variable leads to for the same.
pub(crate) fn also((exc, heap, cond): &mut Raised, (other, theirs, when): Raised) {
    exc.texts.extend(other.texts);
    cond.vars.extend(when.vars);
    *heap = super::join::join(heap, &theirs, &Cond::default(), None).0;
}

/// How a statement ends.
#[derive(Clone, Debug)]
pub(crate) enum Flow {
    Next,
    Return(V),
    Break,
    Continue,
    Raise(Exc),
}

/// An end that some runs take.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    pub(crate) flow: Flow,
    pub(crate) heap: Heap,
    pub(crate) cond: Cond,
}

/// A running body of code.
pub(crate) struct Frame {
    pub(crate) scope: Scope,
    pub(crate) locals: Id,
    pub(crate) global_names: BTreeSet<String>,
    pub(crate) pending: Vec<Pending>,
    pub(crate) class: bool,
}

impl Frame {
    pub(crate) fn file(&self) -> FileId {
        self.scope.file
    }
}

/// The interpreter.
pub(crate) struct Machine<'a> {
    pub(crate) tree: &'a Tree,
    pub(crate) roots: &'a [String],
    pub(crate) cache: &'a Cache,
    pub(crate) world: &'a World,
    pub(crate) heap: Heap,
    pub(crate) next: Id,
    fuel: u64,
    pub(crate) depth: usize,
    /// Why nothing is known any more.
    pub(crate) dead: Option<Reason>,
    /// Exceptions that may have been raised inside each `try` at hand.
    pub(crate) tries: Vec<Vec<Raised>>,
    /// How many modules were being run where each of them stands.
    pub(crate) tries_at: Vec<usize>,
    /// From where on states in one of them are of one module and one branch.
    pub(crate) stretches: Vec<usize>,
    /// What each handler at hand was called for: of these places one at least raises again.
    pub(crate) failing: Vec<Texts>,
    /// How many modules are being run.
    pub(crate) loads: usize,
    pub(crate) reads: Vec<EnvRead>,
    pub(crate) files: Vec<(FileId, Span)>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) missing: Vec<MissingModule>,
    pub(crate) missing_files: BTreeSet<String>,
    /// A variable and the text that it is supposed to have, while a truth is tried out.
    pub(crate) suppose: Option<(String, String)>,
    /// How often the supposed text was used.
    pub(crate) hits: u64,
    /// Why variables that are not written down may be set after all (a dotenv file that git ignores).
    pub(crate) env_open: bool,
    /// Whether a dotenv file was looked for that the repository does not hold.
    pub(crate) env_missing: bool,
    /// Whether an `environ.Env` was set to behave otherwise.
    pub(crate) odd_env: bool,
    /// The `environ.Env` that puts a prefix in front of the names it is asked for, and that prefix.
    pub(crate) env_prefix: Option<(Arc<super::values::Args>, Arc<str>)>,
    /// Whether the type of a default says what an `environ.Env` makes of a text (`smart_cast`).
    pub(crate) default_casts: bool,
    /// Variables that were set from files.
    pub(crate) from_files: Names,
    /// The comprehension at hand.
    pub(crate) comprehended: Comprehended,
    /// Prefixes of `with env.prefixed(...)`; none where one is not known.
    pub(crate) prefixes: Vec<Option<String>>,
    /// Whether the tree holds every file there is.
    pub(crate) whole: bool,
    /// How the program is run.
    pub(crate) run: Run,
    /// Where the files that are there are others than those of the tree.
    pub(crate) brought: Brought,
    /// Whether files were made on the way.
    pub(crate) made_files: bool,
    /// The file that is not here whose code was run, its names kept where they are not followed.
    pub(crate) local_code: Option<Arc<str>>,
    /// How many modules are being run that a sample stands in for: what they need is installed where it was copied.
    pub(crate) of_samples: usize,
    /// How many branches that are not decided are around.
    pub(crate) undecided: usize,
    /// How often what holds while variables are not set ended in an exception.
    pub(crate) defaults_raised: usize,
    /// Why the reads noted may be too many or too few.
    pub(crate) reads_unsure: Option<Reason>,
    /// The configurations of Flask applications.
    pub(crate) flask: Vec<Id>,
    /// The folders that their files are found in.
    pub(crate) flask_folders: BTreeMap<Id, Option<String>>,
    /// Why those may hold more than is listed.
    pub(crate) flask_open: Option<Reason>,
    /// What the program connects to: the role, and the URL.
    pub(crate) connections: Vec<(&'static str, V, Span)>,
    /// What wrapping validators hand on to.
    pub(crate) handlers: Vec<(Arc<crate::formats::python::lib::types::Type>, bool)>,
    /// The fields that are validated so far of each model at hand.
    pub(crate) validating: Vec<Vec<(V, V)>>,
    /// What `super()` stands for in methods that libraries call.
    pub(crate) supers: Vec<V>,
    /// The settings objects of dynaconf.
    pub(crate) dynaconf: BTreeSet<Id>,
    /// Where else imports start, and what else was set up.
    pub(crate) surroundings: crate::formats::python::lib::surroundings::Surroundings,
}

impl<'a> Machine<'a> {
    pub(crate) fn new(tree: &'a Tree, roots: &'a [String], cache: &'a Cache, world: &'a World) -> Self {
        let mut heap = Heap::new();
        let space = |name: &str| Arc::new(Obj::of(Data::Space(Space::new(Role::Module(name.into())))));
        heap.insert(MODULES, space("sys.modules"));
        heap.insert(ENVIRON, space("os.environ"));
        Self {
            tree,
            roots,
            cache,
            world,
            heap,
            next: 2,
            fuel: FUEL,
            depth: 0,
            dead: None,
            tries: Vec::new(),
            tries_at: Vec::new(),
            stretches: Vec::new(),
            failing: Vec::new(),
            loads: 0,
            reads: Vec::new(),
            files: Vec::new(),
            problems: Vec::new(),
            missing: Vec::new(),
            missing_files: BTreeSet::new(),
            suppose: None,
            hits: 0,
            env_open: false,
            env_missing: false,
            odd_env: false,
            env_prefix: None,
            default_casts: true,
            comprehended: Comprehended::default(),
            from_files: Names::new(),
            prefixes: Vec::new(),
            whole: false,
            run: Run::Unknown,
            brought: Brought::default(),
            made_files: false,
            local_code: None,
            of_samples: 0,
            undecided: 0,
            defaults_raised: 0,
            reads_unsure: None,
            flask: Vec::new(),
            flask_folders: BTreeMap::new(),
            flask_open: None,
            connections: Vec::new(),
            handlers: Vec::new(),
            validating: Vec::new(),
            supers: Vec::new(),
            dynaconf: BTreeSet::new(),
            surroundings: crate::formats::python::lib::surroundings::Surroundings::default(),
        }
    }

    /// Takes a step; false when there is no fuel left.
    pub(crate) fn tick(&mut self, span: Span) -> bool {
        self.fuel = self.fuel.saturating_sub(1);
        if self.fuel == 0 && self.dead.is_none() {
            self.dead = Some(Reason::at("the evaluation takes too many steps", span));
        }
        self.dead.is_none()
    }

    /// Runs something one level deeper; unknown past the limit.
    pub(crate) fn deeper(&mut self, span: Span, run: impl FnOnce(&mut Self) -> R) -> R {
        if self.depth >= MAX_DEPTH {
            self.dead.get_or_insert_with(|| Reason::at("nested too deep", span));
        }
        if self.dead.is_some() {
            return Ok(V::unknown("the evaluation was given up", span));
        }
        self.depth += 1;
        let out = run(self);
        self.depth -= 1;
        out
    }

    /// Notes that there may be reads which are not seen.
    pub(crate) fn unsure_reads(&mut self, why: &str, at: Span) {
        if self.suppose.is_none() {
            self.reads_unsure.get_or_insert_with(|| Reason::at(why, at));
        }
    }

    /// Puts a thing on the heap.
    pub(crate) fn alloc(&mut self, data: Data) -> Id {
        let id = self.next;
        self.next += 1;
        self.heap.insert(id, Arc::new(Obj::of(data)));
        id
    }

    pub(crate) fn space(&self, id: Id) -> Option<&Space> {
        match &self.heap.get(&id)?.data {
            Data::Space(space) => Some(space),
            _ => None,
        }
    }

    pub(crate) fn space_mut(&mut self, id: Id) -> Option<&mut Space> {
        match &mut Arc::make_mut(self.heap.get_mut(&id)?).data {
            Data::Space(space) => Some(space),
            _ => None,
        }
    }

    /// Notes that an exception may be raised here: the handlers around will see this state.
    pub(crate) fn may_raise(&mut self, name: Option<&str>, span: Span, cond: Cond) {
        let exc = Exc { name: name.map(str::to_owned), span, text: String::new(), call: true, texts: Texts::new() };
        let heap = self.heap.clone();
        self.may_raise_in(heap, exc, cond);
    }

    /// The same for a state that has passed.
    fn may_raise_in(&mut self, heap: Heap, exc: Exc, cond: Cond) {
        let Some(noted) = self.tries.last().map(Vec::len) else { return };
        if noted >= MAX_RAISES {
            self.dead.get_or_insert_with(|| Reason::at("what is tried may fail in too many places", exc.span));
            return;
        }
        if let Some(inner) = self.tries.last_mut() {
            inner.push((exc, heap, cond));
        }
    }

    /// Notes that what is in some variables may not do here, which raises: where they are not set it goes well.
    pub(crate) fn may_not_do(&mut self, heap: Heap, vars: &Names, span: Span) {
        let texts = [(span, vars.clone())].into();
        let exc = Exc { name: None, span, text: String::new(), call: true, texts };
        let cond = Cond { vars: vars.clone(), default: Some(false) };
        let from = self.stretches.last().copied().unwrap_or_default();
        // Which of many it was, nobody asks.
        let last = self.tries.last_mut().filter(|tries| tries.len() >= from + MOST_APART);
        match last.and_then(|tries| tries.last_mut()).filter(|last| is_seldom(last)) {
            Some(last) => also(last, (exc, heap, cond)),
            None => self.may_raise_in(heap, exc, cond),
        }
    }

    /// What may be raised from here on is told apart from what was before.
    pub(crate) fn new_stretch(&mut self) {
        let noted = self.tries.last().map_or(0, Vec::len);
        if let Some(stretch) = self.stretches.last_mut() {
            *stretch = noted;
        }
    }

    /// Begins what exceptions may be caught of.
    pub(crate) fn begin_try(&mut self) {
        self.tries.push(Vec::new());
        self.tries_at.push(self.loads);
        self.stretches.push(0);
    }

    /// Ends it: what may have been raised.
    pub(crate) fn end_try(&mut self) -> Vec<Raised> {
        self.tries_at.pop();
        self.stretches.pop();
        self.tries.pop().unwrap_or_default()
    }

    /// Whether what called a handler is raised here for sure: it is the last place that it may have come from.
    pub(crate) fn fails_again(&mut self, vars: &Names, span: Span) -> Option<Exc> {
        let key = (span, vars.clone());
        let last = self.failing.iter_mut().any(|places| places.remove(&key) && places.is_empty());
        let texts = [key].into();
        last.then(|| Exc { name: None, span, text: String::new(), call: true, texts })
    }

    /// The same for a call that is not followed and is given these. What goes wrong far inside a module whose import is
    /// tried, and not for a variable's sake, is not what the handler is for: the module would never work.
    pub(crate) fn may_fail<'v>(&mut self, likely: bool, given: impl IntoIterator<Item = &'v V>, span: Span) {
        if likely || self.direct() {
            return self.may_raise(None, span, Cond::default());
        }
        let vars: Names = given.into_iter().flat_map(|v| v.m.vars.iter().cloned()).collect();
        if !vars.is_empty() {
            let heap = self.heap.clone();
            self.may_not_do(heap, &vars, span);
        }
    }

    /// Whether the handler at hand stands in the module that is being run.
    fn direct(&self) -> bool {
        self.tries_at.last().is_some_and(|loads| *loads == self.loads)
    }

    /// Whether a handler may be meant for what goes wrong here: one of the same module, where the tree is whole.
    pub(crate) fn guarded(&self) -> bool {
        !self.whole || self.direct()
    }

    /// Raises for sure, or goes on with an unknown value where nobody would catch it: what the rest of the module says is
    /// still worth knowing.
    pub(crate) fn raise(&mut self, name: &str, text: impl Into<String>, span: Span) -> R {
        let text = text.into();
        if !self.tries.is_empty() || self.suppose.is_some() {
            return Err(Exc { name: Some(name.to_owned()), span, text, call: false, texts: Texts::new() });
        }
        self.problem(span, format!("{name}: {text}"));
        Ok(V::unknown(text, span))
    }

    pub(crate) fn problem(&mut self, span: Span, message: String) {
        let problem = Problem::new(span, message);
        if self.suppose.is_none() && !self.problems.contains(&problem) && self.problems.len() < 200 {
            self.problems.push(problem);
        }
    }
}
