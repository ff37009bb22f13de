//! What settings libraries make of the text of a variable.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::made::Plain;
use crate::formats::python::eval::machine::{Frame, MODULES, Machine};
use crate::formats::python::eval::truth::{View, placed};
use crate::formats::python::eval::values::{Args, Data, K, R, Role, Scope, V};
use crate::model::Span;

/// What a text is made into.
#[derive(Clone, Debug)]
pub(crate) enum Cast {
    /// Nothing is done.
    Raw,
    Text,
    Bool,
    Int,
    Float,
    List,
    Tuple,
    Dict,
    ListOf(Box<Cast>),
    TupleOf(Box<Cast>),
    /// Called with the text.
    Call(V),
    Other,
}

impl Machine<'_> {
    /// What an argument `cast=` asks for.
    pub(crate) fn cast_of(&mut self, asked: &V) -> Cast {
        match &asked.k {
            K::None => Cast::Raw,
            K::Lib(path) => match path.strip_prefix("builtins.") {
                Some("bool") => Cast::Bool,
                Some("int") => Cast::Int,
                Some("str") => Cast::Text,
                Some("float") => Cast::Float,
                Some("list") => Cast::List,
                Some("tuple") => Cast::Tuple,
                Some("dict") => Cast::Dict,
                _ => Cast::Call(asked.clone()),
            },
            K::Func(_) | K::Made(..) => Cast::Call(asked.clone()),
            K::Tuple(one) if one.len() == 1 => Cast::TupleOf(Box::new(self.cast_of(&one[0]))),
            K::Ref(id) => match self.heap.get(id).map(|obj| obj.data.clone()) {
                Some(Data::Space(space)) if matches!(space.role, Role::Class { .. }) => Cast::Call(asked.clone()),
                Some(Data::List(one)) if one.len() == 1 => Cast::ListOf(Box::new(self.cast_of(&one[0]))),
                _ => Cast::Other,
            },
            _ => Cast::Other,
        }
    }

    /// The cast that the type of a default means.
    pub(crate) fn cast_like(&mut self, default: &V) -> Cast {
        let View::Plain(default) = self.view(default) else { return Cast::Other };
        match &default.k {
            K::None => Cast::Raw,
            K::Bool(_) => Cast::Bool,
            K::Int(_) => Cast::Int,
            K::Float(_) => Cast::Float,
            K::Str(_) => Cast::Text,
            K::Tuple(_) => Cast::Tuple,
            K::Path(_) => Cast::Call(V::lib("pathlib.Path")),
            K::Ref(id) => match self.heap.get(id).map(|obj| &obj.data) {
                Some(Data::List(_)) => Cast::List,
                Some(Data::Dict(_)) => Cast::Dict,
                _ => Cast::Other,
            },
            _ => Cast::Other,
        }
    }

    /// Calls something outside of any code.
    pub(crate) fn apply(&mut self, callee: &V, pos: Vec<V>, at: Span) -> R {
        self.apply_args(callee, &Args { pos, ..Args::default() }, at)
    }

    /// The same with named arguments.
    pub(crate) fn apply_args(&mut self, callee: &V, args: &Args, at: Span) -> R {
        let scope = match &callee.k {
            K::Func(func) => func.scope.clone(),
            _ => Scope { file: at.file, module: "".into(), package: false, globals: MODULES, enclosing: Vec::new() },
        };
        let locals = scope.globals;
        let mut frame = Frame { scope, locals, global_names: BTreeSet::new(), pending: Vec::new(), class: false };
        self.call(callee, args, at, &mut frame)
    }

    /// `Env.parse_value` of django-environ.
    pub(crate) fn environ_cast(&mut self, cast: &Cast, v: &V, at: Span) -> R {
        let Some(text) = v.text().filter(|t| !placed(t)).map(str::to_owned) else {
            return Ok(match cast {
                Cast::Raw | Cast::Text => v.clone(),
                _ => V::unknown("a cast that is not followed", at).resting([v]),
            });
        };
        let parts = |text: &str| text.split(',').filter(|p| !p.is_empty()).map(str::to_owned).collect::<Vec<_>>();
        let texts = |all: Vec<String>| Plain::List(all.into_iter().map(Plain::from).collect());
        Ok(match cast {
            Cast::Raw | Cast::Text => v.clone(),
            Cast::Bool => {
                let yes = match text.trim().parse::<i128>() {
                    Ok(n) => n != 0,
                    Err(_) if text.contains('_') => return Ok(V::unknown("a truth", at).resting([v])),
                    Err(_) => {
                        matches!(text.to_lowercase().trim(), "true" | "on" | "ok" | "y" | "yes" | "1")
                    }
                };
                self.plain(&Plain::Bool(yes), v, at)
            }
            Cast::Int => return self.to_int(v, at),
            Cast::Float => match text.parse::<f64>() {
                Ok(n) if text.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-') => {
                    self.plain(&Plain::Float(n), v, at)
                }
                _ => V::unknown("a number", at).resting([v]),
            },
            Cast::List => self.plain(&texts(parts(&text)), v, at),
            Cast::Tuple | Cast::TupleOf(_) | Cast::ListOf(_) => {
                let inner = match cast {
                    Cast::TupleOf(inner) | Cast::ListOf(inner) => (**inner).clone(),
                    _ => Cast::Raw,
                };
                let list = matches!(cast, Cast::ListOf(_));
                let text = if list { &text } else { text.trim_matches('(').trim_matches(')') };
                let mut items = Vec::new();
                for part in parts(text) {
                    let part = V::at(K::Str(part.into()), at).resting([v]);
                    items.push(self.call_cast(&inner, &part, at)?);
                }
                if list { self.list(items, at).from(v) } else { V::at(K::Tuple(Arc::new(items)), at).from(v) }
            }
            Cast::Dict => {
                let mut dict = Vec::new();
                for part in parts(&text) {
                    let Some((key, value)) = part.split_once('=') else {
                        return self.raise("ValueError", "it is no dict", at);
                    };
                    super::made::put(&mut dict, key, value);
                }
                self.plain(&Plain::Dict(dict), v, at)
            }
            Cast::Call(callee) => self.apply(callee, vec![v.clone()], at)?,
            Cast::Other => V::unknown("a cast that is not followed", at).resting([v]),
        })
    }

    /// A cast that is called as Python calls it: `bool("False")` is true.
    pub(crate) fn call_cast(&mut self, cast: &Cast, v: &V, at: Span) -> R {
        let name = match cast {
            Cast::Raw | Cast::Text => return self.to_text(v, at),
            Cast::Bool => "bool",
            Cast::Int => "int",
            Cast::Float => "float",
            Cast::List => "list",
            Cast::Tuple => "tuple",
            Cast::Dict => "dict",
            Cast::Call(callee) => return self.apply(callee, vec![v.clone()], at),
            _ => return Ok(V::unknown("a cast that is not followed", at).resting([v])),
        };
        self.builtin(name, &Args { pos: vec![v.clone()], ..Args::default() }, at)
    }
}
