//! Enumerations: their members in order, looking them up, and what members are compared with.

use std::sync::Arc;

use ruff_python_ast as ast;

use super::machine::Machine;
use super::values::{Args, Data, FuncKind, Id, K, R, Role, V};
use crate::model::Span;

/// The class of a member: its value, its name and its class.
pub(crate) const MEMBER: &str = "enum.Member";
/// The name under which a class keeps the order of its members.
const ORDER: &str = "__members__";

/// What an enumeration's members are besides.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mixin {
    /// Nothing else.
    Plain,
    /// Texts, written as their class and name, or as their text, by the release of Python.
    Text,
    /// Texts throughout.
    StrEnum,
    Number,
    Other,
}

/// The parts of a member: value and name.
pub(crate) fn member(v: &V) -> Option<(&V, &str)> {
    let K::Made(class, made) = &v.k else { return None };
    if &**class != MEMBER {
        return None;
    }
    Some((made.pos.first()?, made.pos.get(1)?.text()?))
}

/// The class of a member.
fn class_of(v: &V) -> Option<Id> {
    let K::Made(class, made) = &v.k else { return None };
    match made.pos.get(2) {
        Some(V { k: K::Ref(id), .. }) if &**class == MEMBER => Some(*id),
        _ => None,
    }
}

impl Machine<'_> {
    /// What the members of a class are; none if it is no enumeration.
    pub(crate) fn mixin(&self, id: Id) -> Option<Mixin> {
        let (mut is, mut mixin) = (false, Mixin::Plain);
        for class in self.mro(id).into_iter().flatten() {
            let Role::Class { bases, .. } = &self.space(class)?.role else { continue };
            for base in bases {
                let K::Lib(path) = &base.k else { continue };
                match &**path {
                    "enum.Enum" => is = true,
                    "enum.StrEnum" => (is, mixin) = (true, Mixin::StrEnum),
                    "enum.IntEnum" => (is, mixin) = (true, Mixin::Number),
                    "builtins.str" => mixin = Mixin::Text,
                    "builtins.int" => mixin = Mixin::Number,
                    path if path.starts_with("enum.") || path.ends_with("Choices") || path.ends_with("StrEnum") => {
                        (is, mixin) = (true, Mixin::Other);
                    }
                    _ => mixin = Mixin::Other,
                }
            }
        }
        is.then_some(mixin)
    }

    /// Makes the names of a class that is an enumeration its members; false where that is not followed.
    pub(crate) fn enumerate(&mut self, id: Id, def: &ast::StmtClassDef, at: Span) -> bool {
        let Some(mixin) = self.mixin(id) else { return true };
        let Some(space) = self.space(id).cloned() else { return false };
        let mut order: Vec<V> = Vec::new();
        for statement in &def.body {
            let target = match statement {
                ast::Stmt::Assign(assign) if assign.targets.len() == 1 => assign.targets.first(),
                // What only says of a name which type it has makes no member.
                ast::Stmt::AnnAssign(assign) if assign.value.is_none() => continue,
                ast::Stmt::AnnAssign(assign) => Some(&*assign.target),
                _ => None,
            };
            match statement {
                ast::Stmt::Assign(_) | ast::Stmt::AnnAssign(_) => {
                    let name = target.and_then(ast::Expr::as_name_expr).map(|n| n.id.to_string());
                    let Some(name) = name.filter(|name| !name.starts_with('_')) else { return false };
                    order.push(V::str(name));
                }
                ast::Stmt::FunctionDef(_) | ast::Stmt::Pass(_) => {}
                ast::Stmt::Expr(e) if e.value.is_string_literal_expr() || e.value.is_ellipsis_literal_expr() => {}
                _ => return false,
            }
        }
        let odd = ["__new__", "__init__", "__eq__", "__getattribute__", "__hash__"];
        if mixin == Mixin::Other || odd.iter().any(|name| space.names.contains_key(*name)) {
            return order.is_empty();
        }
        let mut members: Vec<V> = Vec::new();
        for name in &order {
            let Some(value) = name.text().and_then(|name| space.names.get(name)) else { return false };
            let value = match (&value.k, mixin) {
                (K::Made(path, _), Mixin::StrEnum) if &**path == "enum.auto" => {
                    V::str(name.text().unwrap_or_default().to_lowercase())
                }
                (K::Made(path, _), Mixin::Plain | Mixin::Number) if &**path == "enum.auto" => {
                    if space.names.contains_key("_generate_next_value_") {
                        return false;
                    }
                    let numbers = members.iter().filter_map(member).map(|(value, _)| &value.k);
                    let last = numbers.filter_map(|k| if let K::Int(n) = k { Some(*n) } else { None }).max();
                    V::int(last.unwrap_or(0) + 1)
                }
                (K::Str(_), Mixin::Text | Mixin::StrEnum) | (K::Int(_), Mixin::Number) => value.clone(),
                (K::Str(_) | K::Int(_) | K::Bool(_) | K::None | K::Float(_) | K::Tuple(_), Mixin::Plain) => {
                    value.clone()
                }
                _ => return false,
            };
            let twin =
                members.iter().find(|have| member(have).is_some_and(|(v, _)| self.equal(v, &value) == Some(true)));
            let made = match twin {
                Some(twin) => twin.clone(),
                None => {
                    let pos = vec![value.clone(), name.clone(), V::new(K::Ref(id))];
                    let made =
                        V::at(K::Made(MEMBER.into(), Arc::new(Args { pos, ..Args::default() })), at).from(&value);
                    members.push(made.clone());
                    made
                }
            };
            self.set_name(id, name.text().unwrap_or_default(), made);
        }
        self.set_name(id, ORDER, V::tuple(members));
        true
    }

    /// The members of an enumeration in order; none if it is none.
    pub(crate) fn members_of(&self, id: Id) -> Option<Vec<V>> {
        self.mixin(id)?;
        match self.space(id)?.names.get(ORDER).map(|v| &v.k) {
            Some(K::Tuple(all)) => Some(all.to_vec()),
            _ => None,
        }
    }

    /// `Class["NAME"]`, an alias or a member.
    pub(crate) fn named_member(&self, all: &[V], id: Id, name: &str) -> Option<V> {
        let found = self.space(id)?.names.get(name).filter(|v| member(v).is_some());
        found.or_else(|| all.iter().find(|one| member(one).is_some_and(|(_, own)| own == name))).cloned()
    }

    /// `Class(value)`; none where the class is no enumeration with members.
    pub(crate) fn member_by_value(&mut self, id: Id, args: &Args, at: Span) -> Option<R> {
        let members = self.members_of(id).filter(|members| !members.is_empty())?;
        let ([value], true, false) = (args.pos.as_slice(), args.named.is_empty(), args.open) else {
            return Some(Ok(V::unknown("a call of an enumeration", at)));
        };
        let missing = self.member_func(id, "_missing_").is_some();
        Some(self.lift(&value.clone(), at, &mut |m, v| {
            if member(v).is_some() && class_of(v) == Some(id) {
                return Ok(v.clone());
            }
            for one in &members {
                match member(one).and_then(|(value, _)| m.equal(value, v)) {
                    Some(true) => return Ok(one.clone().from(v).with(|m| m.raw = None)),
                    Some(false) => {}
                    None => return Ok(V::unknown("which member this is", at).resting([v])),
                }
            }
            if missing {
                return Ok(V::unknown("which member this is", at).resting([v]));
            }
            m.raise("ValueError", "it is no member", at)
        }))
    }

    /// A function that the class, or one it builds on, defines.
    fn member_func(&self, id: Id, name: &str) -> Option<V> {
        let found = |class: Id| self.space(class)?.names.get(name).filter(|v| matches!(v.k, K::Func(_))).cloned();
        self.mro(id).into_iter().flatten().find_map(found)
    }

    /// An attribute of a member; none where the member has no such thing of its own.
    pub(crate) fn member_attribute(&mut self, object: &V, name: &str, at: Span) -> Option<R> {
        let (value, own) = member(object)?;
        let (value, own) = (value.clone(), own.to_owned());
        let id = class_of(object)?;
        if let Some(func_value) = self.member_func(id, name)
            && let K::Func(func) = &func_value.k
        {
            let (func, func_value) = (Arc::clone(func), func_value.clone());
            return Some(match func.kind {
                FuncKind::Plain => Ok(V::at(K::Method(Arc::new((object.clone(), func_value))), at)),
                FuncKind::Property => self.property(object, &func, at),
                FuncKind::Static => Ok(func_value),
                FuncKind::Class => Ok(V::at(K::Method(Arc::new((V::new(K::Ref(id)), func_value))), at)),
                FuncKind::Foreign => Ok(V::unknown("a property or a decorated method", at)),
            });
        }
        Some(match name {
            "value" | "_value_" => Ok(value.from(object)),
            "name" | "_name_" => Ok(V::at(K::Str(own.into()), at).resting([object])),
            _ if matches!(self.mixin(id), Some(Mixin::Text | Mixin::StrEnum)) => {
                self.attribute(&value.resting([object]), name, at)
            }
            _ => Ok(V::unknown("a part of a member", at).resting([object])),
        })
    }

    /// How a member is written as text; none where that is not followed.
    pub(crate) fn member_text(&mut self, object: &V, at: Span) -> Option<R> {
        let (value, own) = member(object)?;
        let (value, own) = (value.clone(), own.to_owned());
        let id = class_of(object)?;
        if let Some(func) = self.member_func(id, "__str__") {
            let text = self.apply(&func, vec![object.clone()], at);
            return Some(text.map(|v| v.resting([object])));
        }
        if self.member_func(id, "__format__").is_some() {
            return Some(Ok(V::unknown("how this is written as text", at).resting([object])));
        }
        let class = match self.space(id).map(|space| &space.role) {
            Some(Role::Class { name, .. }) => name.clone(),
            _ => return None,
        };
        Some(Ok(match self.mixin(id)? {
            Mixin::StrEnum => value.resting([object]),
            Mixin::Plain => V::at(K::Str(format!("{class}.{own}").into()), at).resting([object]),
            _ => V::unknown("how this is written as text", at).resting([object]),
        }))
    }

    /// Whether two values are equal where one is a member at least; none inside where that is not known.
    #[expect(clippy::option_option, reason = "no member, not known, and the answer are three things")]
    pub(crate) fn member_equal(&self, a: &V, b: &V) -> Option<Option<bool>> {
        let loose = |v: &V| class_of(v).and_then(|id| self.mixin(id)).is_some_and(|mixin| mixin != Mixin::Plain);
        match (member(a), member(b)) {
            (None, None) => None,
            (Some((x, one)), Some((y, other))) => {
                if class_of(a) == class_of(b) {
                    return Some(Some(one == other));
                }
                Some(if loose(a) && loose(b) { self.equal(x, y) } else { Some(false) })
            }
            (Some((x, _)), None) => Some(self.unlike(a, x, b)),
            (None, Some((y, _))) => Some(self.unlike(b, y, a)),
        }
    }

    fn unlike(&self, one: &V, value: &V, other: &V) -> Option<bool> {
        match class_of(one).and_then(|id| self.mixin(id))? {
            Mixin::Plain => match &other.k {
                K::Str(_) | K::Int(_) | K::Bool(_) | K::None | K::Float(_) | K::Path(_) | K::Tuple(_) | K::Bytes(_) => {
                    Some(false)
                }
                _ => None,
            },
            Mixin::Other => None,
            _ => self.equal(value, other),
        }
    }

    /// Whether a member is true; none where that is not known.
    pub(crate) fn member_truth(&self, object: &V) -> Option<bool> {
        let (value, _) = member(object)?;
        let id = class_of(object)?;
        if self.space(id).is_some_and(|space| space.names.contains_key("__bool__")) {
            return None;
        }
        match (self.mixin(id)?, &value.k) {
            (Mixin::Plain, _) => Some(true),
            (Mixin::Text | Mixin::StrEnum, K::Str(text)) => Some(!text.is_empty()),
            (Mixin::Number, K::Int(n)) => Some(*n != 0),
            _ => None,
        }
    }

    /// The class name and the value of a member, as others see it.
    pub(crate) fn member_shown(&self, object: &V) -> Option<(String, V)> {
        let (value, _) = member(object)?;
        let id = class_of(object)?;
        match self.heap.get(&id).map(|obj| &obj.data) {
            Some(Data::Space(space)) => match &space.role {
                Role::Class { name, .. } => Some((name.clone(), value.clone())),
                _ => None,
            },
            _ => None,
        }
    }
}
