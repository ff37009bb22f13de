//! Types of pydantic's fields: what an annotation says, and what validation makes of a value.

use std::sync::Arc;

use ruff_python_ast as ast;

use crate::formats::python::eval::machine::{Frame, Machine};
use crate::formats::python::eval::values::{Args, Id, K, V};
use crate::model::Span;

/// The mark of a type with arguments; the first is what is subscripted.
const OF: &str = "type.of";
/// The mark of `A | B`.
const UNION: &str = "type.union";
/// A text that is not shown.
pub(crate) const SECRET: &str = "pydantic.Secret";
/// A URL that is an object of its own.
pub(crate) const URL: &str = "pydantic.Url";

/// A type.
#[derive(Clone, Debug)]
pub(crate) enum Type {
    Any,
    None,
    Str,
    Int,
    Float,
    Bool,
    Path,
    Timedelta,
    Email,
    Secret,
    /// `PostgresDsn` …
    Url(String),
    /// `Literal[...]`.
    Choice(Vec<V>),
    List(Box<Type>),
    Set(Box<Type>),
    /// The types of its items; or of all of them.
    Tuple(Vec<Type>, bool),
    /// Of texts to these.
    Dict(Box<Type>),
    /// A model of the project.
    Model(Id),
    /// An enumeration of the project.
    Enum(Id),
    Union(Vec<Type>),
    /// With functions that are called before and after, and whether texts are taken as they are.
    Called(Box<Type>, Vec<V>, Vec<V>, bool),
    /// No field at all.
    Class,
    Other,
}

/// How the text of a variable is taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reading {
    Raw,
    Json,
    /// As JSON if it is JSON.
    Either,
}

impl Type {
    pub(crate) fn reading(&self) -> Reading {
        match self {
            Self::List(_) | Self::Set(_) | Self::Tuple(..) | Self::Dict(_) | Self::Model(_) => Reading::Json,
            Self::Union(all) if all.iter().any(|one| one.reading() != Reading::Raw) => Reading::Either,
            Self::Called(_, _, _, true) => Reading::Raw,
            Self::Called(of, ..) => of.reading(),
            _ => Reading::Raw,
        }
    }

    /// Whether it has parts that variables of their own may set.
    pub(crate) fn nests(&self) -> bool {
        match self {
            Self::Dict(_) | Self::Model(_) | Self::Other | Self::Any => true,
            Self::Union(all) => all.iter().any(Self::nests),
            Self::Called(of, ..) => of.nests(),
            _ => false,
        }
    }

    /// A type of a library, without arguments.
    fn named(path: &str) -> Self {
        let any = || Box::new(Self::Any);
        match path {
            "builtins.str" => Self::Str,
            "builtins.int" => Self::Int,
            "builtins.float" => Self::Float,
            "builtins.bool" => Self::Bool,
            "builtins.list" | "typing.List" => Self::List(any()),
            "builtins.set" | "typing.Set" => Self::Set(any()),
            "builtins.tuple" | "typing.Tuple" => Self::Tuple(vec![Self::Any], true),
            "builtins.dict" | "typing.Dict" => Self::Dict(any()),
            "typing.Any" | "builtins.object" => Self::Any,
            "pathlib.Path" => Self::Path,
            "datetime.timedelta" => Self::Timedelta,
            "typing.ClassVar" => Self::Class,
            _ => match path.strip_prefix("pydantic.").map(|rest| rest.rsplit('.').next().unwrap_or(rest)) {
                Some("SecretStr") => Self::Secret,
                Some("EmailStr") => Self::Email,
                Some("PositiveInt" | "NonNegativeInt" | "NegativeInt" | "NonPositiveInt") => Self::Int,
                Some("PositiveFloat" | "NonNegativeFloat") => Self::Float,
                Some(
                    name @ ("AnyUrl" | "AnyHttpUrl" | "HttpUrl" | "PostgresDsn" | "RedisDsn" | "AmqpDsn"
                    | "AnyWebsocketUrl" | "WebsocketUrl" | "MySQLDsn" | "MariaDBDsn" | "MongoDsn"
                    | "CockroachDsn" | "KafkaDsn" | "NatsDsn" | "ClickHouseDsn" | "SnowflakeDsn" | "FtpUrl"
                    | "FileUrl"),
                ) => Self::Url(name.to_owned()),
                _ => Self::Other,
            },
        }
    }
}

/// Whether a value is a type that takes arguments or stands in `A | B`: what it then is, is a type again.
pub(crate) fn is_type(v: &V) -> bool {
    match &v.k {
        K::Lib(path) => {
            let bare = path.strip_prefix("typing.").or_else(|| path.strip_prefix("typing_extensions."));
            bare.is_some_and(|name| matches!(name, "Literal" | "Annotated" | "Optional" | "Union" | "ClassVar"))
                || !matches!(Type::named(path), Type::Other)
        }
        K::Made(mark, _) => matches!(&**mark, OF | UNION),
        _ => false,
    }
}

/// `A | B`, where both are types, or one of them is and the other is `None`.
pub(crate) fn union(a: &V, b: &V, at: Span) -> Option<V> {
    let none = |v: &V| matches!(v.k, K::None);
    let types = is_type(a) && (is_type(b) || none(b)) || none(a) && is_type(b);
    let args = || Args { pos: vec![a.clone(), b.clone()], ..Args::default() };
    types.then(|| V::at(K::Made(UNION.into(), Arc::new(args())), at))
}

impl Machine<'_> {
    /// An annotation as a value: names are looked up where it stands.
    pub(crate) fn annotation(&mut self, of: &ast::Expr, at: Span, f: &mut Frame, depth: usize) -> V {
        let unknown = V::unknown("a type that is not followed", at);
        let made = |mark: &str, pos: Vec<V>| V::at(K::Made(mark.into(), Arc::new(Args { pos, ..Args::default() })), at);
        if depth > 12 {
            return unknown;
        }
        match of {
            ast::Expr::NoneLiteral(_) => V::none(),
            ast::Expr::EllipsisLiteral(_) => V::lib("builtins.Ellipsis"),
            ast::Expr::Name(_) | ast::Expr::Attribute(_) => self.eval(of, f).unwrap_or(unknown),
            ast::Expr::BinOp(op) if op.op == ast::Operator::BitOr => {
                let sides = [&op.left, &op.right].map(|side| self.annotation(side, at, f, depth + 1));
                made(UNION, sides.to_vec())
            }
            ast::Expr::Subscript(s) => self.type_with_arguments(s, at, f, depth),
            _ => unknown,
        }
    }

    /// `list[str]`, `Literal["a"]` …
    pub(crate) fn type_with_arguments(&mut self, s: &ast::ExprSubscript, at: Span, f: &mut Frame, depth: usize) -> V {
        let base = self.annotation(&s.value, at, f, depth + 1);
        let all: Vec<&ast::Expr> = match &*s.slice {
            ast::Expr::Tuple(all) => all.elts.iter().collect(),
            one => vec![one],
        };
        let name = if let K::Lib(path) = &base.k { path.rsplit('.').next().unwrap_or(path) } else { "" };
        let from = match name {
            "Literal" => 0,
            "Annotated" => 1,
            _ => all.len(),
        };
        let mut pos = vec![base.clone()];
        for (i, one) in all.into_iter().enumerate() {
            let value = if i < from {
                self.annotation(one, at, f, depth + 1)
            } else {
                self.eval(one, f).unwrap_or_else(|_| V::unknown("a type that is not followed", at))
            };
            pos.push(value);
        }
        V::at(K::Made(OF.into(), Arc::new(Args { pos, ..Args::default() })), at)
    }

    /// The type that such a value means, and the `Field(...)` within it.
    pub(crate) fn type_of(&self, v: &V, field: &mut Option<V>) -> Type {
        match &v.k {
            K::None => Type::None,
            K::Lib(path) => Type::named(path),
            K::Ref(id) if self.is_model(*id) => Type::Model(*id),
            K::Ref(id) if self.members_of(*id).is_some() => Type::Enum(*id),
            K::Made(mark, args) if &**mark == UNION => self.union_of(&args.pos),
            K::Made(mark, args) if &**mark == OF => {
                let Some((K::Lib(base), rest)) = args.pos.split_first().map(|(base, rest)| (&base.k, rest)) else {
                    return Type::Other;
                };
                let of = |v: &V| Box::new(self.type_of(v, &mut None));
                match (base.rsplit('.').next().unwrap_or(base), rest) {
                    ("Optional", [one]) => Type::Union(vec![*of(one), Type::None]),
                    ("Union", all) => self.union_of(all),
                    ("Literal", all) => Type::Choice(all.to_vec()),
                    ("ClassVar", _) => Type::Class,
                    ("Annotated", [one, rest @ ..]) => self.annotated(one, rest, field),
                    ("list" | "List", [one]) => Type::List(of(one)),
                    ("set" | "Set", [one]) => Type::Set(of(one)),
                    ("dict" | "Dict", [key, value]) => match *of(key) {
                        Type::Str | Type::Any => Type::Dict(of(value)),
                        _ => Type::Other,
                    },
                    ("tuple" | "Tuple", [one, V { k: K::Lib(path), .. }]) if path.ends_with("Ellipsis") => {
                        Type::Tuple(vec![*of(one)], true)
                    }
                    ("tuple" | "Tuple", all) => Type::Tuple(all.iter().map(|one| *of(one)).collect(), false),
                    _ => Type::Other,
                }
            }
            _ => Type::Other,
        }
    }

    fn union_of(&self, all: &[V]) -> Type {
        let flat = |one: &V| match self.type_of(one, &mut None) {
            Type::Union(all) => all,
            one => vec![one],
        };
        Type::Union(all.iter().flat_map(flat).collect())
    }

    fn annotated(&self, of: &V, extra: &[V], field: &mut Option<V>) -> Type {
        let inner = self.type_of(of, field);
        let (mut before, mut after, mut raw) = (Vec::new(), Vec::new(), false);
        for one in extra {
            match &one.k {
                K::Made(path, _) if path.ends_with(".Field") => *field = Some(one.clone()),
                K::Made(path, args) if path.ends_with(".BeforeValidator") && args.pos.len() == 1 => {
                    before.insert(0, args.pos[0].clone());
                }
                K::Made(path, args) if path.ends_with(".AfterValidator") && args.pos.len() == 1 => {
                    after.push(args.pos[0].clone());
                }
                K::Lib(path) if path.ends_with("pydantic_settings.NoDecode") => raw = true,
                K::Str(_) => {}
                _ => return Type::Other,
            }
        }
        if before.is_empty() && after.is_empty() && !raw {
            return inner;
        }
        Type::Called(Box::new(inner), before, after, raw)
    }
}
