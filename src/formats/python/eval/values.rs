//! Values as the interpreter holds them: what can be changed in place lives on a heap, so that states can be forked.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ruff_python_ast as ast;

use crate::model::{Certainty, FileId, Origin, Reason, Span, StepKind};

/// Stands for the project's root inside texts and paths.
pub(crate) const ROOT: &str = "/\u{F0000}";
/// The character of it that no file contains.
pub(crate) const MARK: char = '\u{F0000}';

/// Stands for the folder that the project lies in.
pub(crate) const ABOVE: &str = "/\u{F0001}";
/// The character of that.
pub(crate) const ABOVE_MARK: char = '\u{F0001}';

pub(crate) type Id = u32;
pub(crate) type Names = BTreeSet<String>;

/// Where a value comes from and what it rests on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Meta {
    pub(crate) origin: Origin,
    pub(crate) vars: Names,
    pub(crate) certainty: Certainty,
    /// The variable whose unchanged text it is.
    pub(crate) raw: Option<Arc<str>>,
    pub(crate) true_for: Vec<String>,
    /// How the text begins, where the whole is not known.
    pub(crate) prefix: Option<Arc<str>>,
    /// The file whose whole contents it is.
    pub(crate) file: Option<FileId>,
    /// The file that the repository does not hold, whose contents it would be.
    pub(crate) absent: Option<Arc<str>>,
}

/// A value.
#[derive(Clone, Debug)]
pub(crate) struct V {
    pub(crate) k: K,
    pub(crate) m: Arc<Meta>,
}

/// What a value is.
#[derive(Clone, Debug)]
pub(crate) enum K {
    None,
    Bool(bool),
    Int(i128),
    Float(f64),
    Str(Arc<str>),
    Bytes(Arc<[u8]>),
    Tuple(Arc<Vec<V>>),
    /// What an iteration would give; not a sequence.
    Iter(Arc<Vec<V>>),
    Path(Arc<str>),
    Timedelta(f64),
    Lazy(Arc<str>),
    /// On the heap.
    Ref(Id),
    Func(Arc<Func>),
    /// A method bound to its object.
    Bound(Arc<(V, String)>),
    /// A function of the project bound to its object.
    Method(Arc<(V, V)>),
    /// Something of a library or of Python itself, by its dotted name.
    Lib(Arc<str>),
    /// What a call of a library gave: its class, and the arguments where they matter.
    Made(Arc<str>, Arc<Args>),
    Unknown(Arc<Reason>),
    OneOf(Arc<Vec<V>>),
    Depends(Arc<(Names, Option<V>)>),
    Undefined,
}

/// The arguments of a call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Args {
    pub(crate) pos: Vec<V>,
    pub(crate) named: Vec<(String, V)>,
    /// Whether there are arguments that are not known (`*x`, `**x`).
    pub(crate) open: bool,
}

impl Args {
    /// The argument at a position or of a name.
    pub(crate) fn get(&self, at: usize, name: &str) -> Option<&V> {
        self.pos.get(at).or_else(|| self.named(name))
    }

    /// All of them, by place and by name.
    pub(crate) fn all(&self) -> impl Iterator<Item = &V> {
        self.pos.iter().chain(self.named.iter().map(|(_, v)| v))
    }

    pub(crate) fn named(&self, name: &str) -> Option<&V> {
        self.named.iter().rev().find(|(n, _)| n == name).map(|(_, v)| v)
    }
}

/// What runs when a function is called.
#[derive(Clone, Debug)]
pub(crate) enum Code {
    Def(Arc<ast::StmtFunctionDef>),
    Lambda(Arc<ast::ExprLambda>),
}

/// A function of the project.
#[derive(Debug)]
pub(crate) struct Func {
    pub(crate) name: String,
    pub(crate) code: Code,
    pub(crate) scope: Scope,
    pub(crate) defaults: Vec<(String, V)>,
    pub(crate) kind: FuncKind,
}

/// How a function is bound in a class.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum FuncKind {
    Plain,
    Static,
    Class,
    Property,
    /// Decorated by something that is not followed, or a generator or coroutine.
    Foreign,
}

/// Where names are looked up.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    pub(crate) file: FileId,
    pub(crate) module: Arc<str>,
    pub(crate) package: bool,
    pub(crate) globals: Id,
    pub(crate) enclosing: Vec<Id>,
}

/// A thing on the heap.
#[derive(Clone, Debug)]
pub(crate) struct Obj {
    pub(crate) data: Data,
    /// The contents are these while none of the variables is set, and anything otherwise.
    pub(crate) doubt: Option<Names>,
    /// Places where it was changed.
    pub(crate) changed: Vec<Span>,
}

/// The contents of a thing on the heap.
#[derive(Clone, Debug)]
pub(crate) enum Data {
    List(Vec<V>),
    Set(Vec<V>),
    Dict(Vec<(V, V)>),
    Space(Space),
    Unknown(Arc<Reason>),
    OneOf(Vec<Data>),
}

impl Data {
    /// How many items a container has; none for anything else.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::List(items) | Self::Set(items) => items.len(),
            Self::Dict(items) => items.len(),
            _ => 0,
        }
    }
}

/// A set of names: a module, a function's locals, a class, an instance.
#[derive(Clone, Debug)]
pub(crate) struct Space {
    pub(crate) names: BTreeMap<String, V>,
    /// Why there may be names, or newer values of them, that are not known.
    pub(crate) open: Option<Arc<Reason>>,
    pub(crate) role: Role,
}

/// What a set of names is.
#[derive(Clone, Debug)]
pub(crate) enum Role {
    Module(Arc<str>),
    Locals,
    Class { name: String, bases: Vec<V> },
    Instance(V),
}

/// All the things of a state. It is persistent: a fork copies nothing, and a join looks only at what differs.
pub(crate) type Heap = imbl::OrdMap<Id, Arc<Obj>>;

/// A thing is equal to itself only: what two states share was changed by neither.
impl PartialEq for Obj {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Obj {}

/// An exception on its way.
#[derive(Clone, Debug)]
pub(crate) struct Exc {
    /// The class; none for "some exception".
    pub(crate) name: Option<String>,
    pub(crate) span: Span,
    pub(crate) text: String,
    /// Whether it comes of a call or an operation that is not followed.
    pub(crate) call: bool,
    /// The texts of variables at which it may be raised, each with its place: the first time again they raise it again.
    pub(crate) texts: Texts,
}

/// Places that cannot do with what is in these variables.
pub(crate) type Texts = std::collections::BTreeSet<(Span, Names)>;

/// The value of an expression, or the exception that it surely raises.
pub(crate) type R = Result<V, Exc>;

impl V {
    pub(crate) fn new(k: K) -> Self {
        Self { k, m: Arc::default() }
    }

    pub(crate) fn at(k: K, span: Span) -> Self {
        Self { k, m: Arc::new(Meta { origin: Origin::set(span), ..Meta::default() }) }
    }

    pub(crate) fn str(text: impl AsRef<str>) -> Self {
        Self::new(K::Str(text.as_ref().into()))
    }

    pub(crate) fn none() -> Self {
        Self::new(K::None)
    }

    pub(crate) fn bool(yes: bool) -> Self {
        Self::new(K::Bool(yes))
    }

    pub(crate) fn int(n: i128) -> Self {
        Self::new(K::Int(n))
    }

    pub(crate) fn unknown(why: impl Into<String>, span: Span) -> Self {
        Self::at(K::Unknown(Arc::new(Reason::at(why, span))), span)
    }

    pub(crate) fn lib(path: impl AsRef<str>) -> Self {
        Self::new(K::Lib(path.as_ref().into()))
    }

    pub(crate) fn tuple(items: Vec<V>) -> Self {
        Self::new(K::Tuple(Arc::new(items)))
    }

    pub(crate) fn depends(vars: Names, default: Option<V>) -> Self {
        let meta = Meta {
            origin: default.as_ref().map(|v| v.m.origin.clone()).unwrap_or_default(),
            certainty: Certainty::Default { variable: vars.first().cloned() },
            raw: default.as_ref().and_then(|v| v.m.raw.clone()),
            true_for: default.as_ref().map(|v| v.m.true_for.clone()).unwrap_or_default(),
            vars: vars.clone(),
            prefix: None,
            file: None,
            absent: None,
        };
        Self { k: K::Depends(Arc::new((vars, default))), m: Arc::new(meta) }
    }

    /// The same value, with more known of where it comes from.
    #[must_use]
    pub(crate) fn with(mut self, change: impl FnOnce(&mut Meta)) -> Self {
        change(Arc::make_mut(&mut self.m));
        self
    }

    /// The same value with a step behind the others.
    #[must_use]
    pub(crate) fn step(self, kind: StepKind, span: Span) -> Self {
        self.with(|m| m.origin = std::mem::take(&mut m.origin).then(kind, span))
    }

    /// The same value, resting on what the others rest on.
    #[must_use]
    pub(crate) fn resting<'a>(self, others: impl IntoIterator<Item = &'a V>) -> Self {
        let mut out = self;
        for other in others {
            if !other.m.vars.is_empty() || other.m.certainty.is_default() {
                let (vars, certainty) = (other.m.vars.clone(), other.m.certainty.clone());
                out = out.with(|m| {
                    m.vars.extend(vars);
                    m.certainty = m.certainty.and(&certainty);
                });
            }
            // What is made of a file that is not here is as little known, and of that file.
            if let (K::Unknown(_), None, Some(path)) = (&out.k, &out.m.absent, other.m.absent.clone()) {
                out = out.with(|m| m.absent = Some(path));
            }
        }
        out
    }

    /// The same value with another's origin in front of its own.
    #[must_use]
    pub(crate) fn from(self, other: &V) -> Self {
        if other.m.origin.steps.is_empty() {
            return self.resting([other]);
        }
        let origin = other.m.origin.clone().join(&self.m.origin);
        self.with(|m| m.origin = origin).resting([other])
    }

    /// Whether it is the text of a variable that is surely set, which only the outside knows.
    pub(crate) fn is_given(&self) -> bool {
        matches!(&self.k, K::Unknown(why) if why.given) && self.m.raw.is_some()
    }

    pub(crate) fn text(&self) -> Option<&str> {
        if let K::Str(text) = &self.k { Some(text) } else { None }
    }

    /// The same value; where it is not known, its text begins as the parts do.
    #[must_use]
    pub(crate) fn begins(self, parts: &[V]) -> Self {
        let open = matches!(&self.k, K::Unknown(_)) || matches!(&self.k, K::Depends(of) if of.1.is_none());
        let mut lead = String::new();
        for part in parts {
            match (&part.k, &part.m.prefix) {
                (K::Str(text), _) => lead.push_str(text),
                (K::Unknown(_) | K::Depends(_), Some(prefix)) => {
                    lead.push_str(prefix);
                    break;
                }
                _ => break,
            }
        }
        if open && !lead.is_empty() { self.with(|m| m.prefix = Some(lead.into())) } else { self }
    }

    /// Text or path.
    pub(crate) fn pathlike(&self) -> Option<&str> {
        if let K::Str(text) | K::Path(text) = &self.k { Some(text) } else { None }
    }
}

impl Obj {
    pub(crate) fn of(data: Data) -> Self {
        Self { data, doubt: None, changed: Vec::new() }
    }
}

impl Space {
    pub(crate) fn new(role: Role) -> Self {
        Self { names: BTreeMap::new(), open: None, role }
    }
}
