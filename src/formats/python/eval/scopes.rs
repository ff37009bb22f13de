//! Names: looking up, binding, deleting.

use std::sync::Arc;

use ruff_python_ast as ast;

use super::machine::{Frame, Machine};
use super::values::{Data, Exc, Id, K, R, V};
use crate::formats::python::parse::span;
use crate::model::{Reason, Span, StepKind};

/// How many items a container may grow to: what reads lists of words or tables while it is imported is no setting, and each item is
/// compared with all the others.
const MOST_ITEMS: usize = 1000;

/// Names of Python itself that are modelled or at least known to exist.
const BUILTINS: &[&str] = &[
    "abs",
    "all",
    "any",
    "bool",
    "bytes",
    "callable",
    "chr",
    "dict",
    "dir",
    "divmod",
    "enumerate",
    "filter",
    "float",
    "format",
    "frozenset",
    "getattr",
    "globals",
    "hasattr",
    "hash",
    "hex",
    "id",
    "int",
    "isinstance",
    "issubclass",
    "iter",
    "len",
    "list",
    "locals",
    "map",
    "max",
    "min",
    "next",
    "object",
    "open",
    "ord",
    "pow",
    "print",
    "property",
    "range",
    "repr",
    "reversed",
    "round",
    "set",
    "setattr",
    "slice",
    "sorted",
    "staticmethod",
    "classmethod",
    "str",
    "sum",
    "super",
    "tuple",
    "type",
    "vars",
    "zip",
    "exec",
    "eval",
    "compile",
    "input",
    "__import__",
    "delattr",
    "NotImplemented",
    "bytearray",
    "oct",
    "bin",
    "complex",
    "memoryview",
    "exit",
    "quit",
    "breakpoint",
    "ascii",
];

impl Machine<'_> {
    /// The value of a name.
    pub(crate) fn lookup(&mut self, name: &str, at: Span, f: &Frame) -> R {
        let mut spaces: Vec<Id> = Vec::new();
        if !f.global_names.contains(name) {
            spaces.push(f.locals);
            spaces.extend(f.scope.enclosing.iter().rev());
        }
        spaces.push(f.scope.globals);
        for id in spaces {
            let Some(space) = self.space(id) else {
                return Ok(V::unknown("the names here are not known", at));
            };
            let (value, open) = (space.names.get(name).cloned(), space.open.clone());
            match value.map(|v| (v.k.clone(), v)) {
                Some((K::Undefined, _)) => {}
                Some((_, value)) => return Ok(self.supposed(value)),
                // What is not followed seldom takes the place of what the language brings.
                None => {
                    if let Some(why) = open.filter(|_| !BUILTINS.contains(&name)) {
                        return Ok(V::at(K::Unknown(why), at));
                    }
                }
            }
        }
        if BUILTINS.contains(&name)
            || name.ends_with("Error")
            || name.ends_with("Exception")
            || name.ends_with("Warning")
        {
            return Ok(V::lib(format!("builtins.{name}")));
        }
        if matches!(name, "KeyboardInterrupt" | "SystemExit" | "StopIteration" | "Ellipsis" | "__debug__") {
            return Ok(V::lib(format!("builtins.{name}")));
        }
        self.raise("NameError", format!("{name} is not defined"), at)
    }

    /// While a truth is tried out, a variable's unchanged text is the supposed one.
    fn supposed(&mut self, value: V) -> V {
        if let (Some((name, text)), Some(raw)) = (&self.suppose, &value.m.raw)
            && **raw == **name
        {
            let out = V::str(text).with(|m| m.raw = Some(Arc::clone(raw)));
            self.hits += 1;
            return out;
        }
        value
    }

    /// Binds a name in a space.
    pub(crate) fn set_name(&mut self, id: Id, name: &str, value: V) {
        if let Some(space) = self.space_mut(id) {
            space.names.insert(name.to_owned(), value);
        }
    }

    /// Binds a target.
    pub(crate) fn assign(&mut self, target: &ast::Expr, value: V, f: &mut Frame) -> Result<(), Exc> {
        let at = span(f.file(), target);
        match target {
            ast::Expr::Name(name) => {
                let id = if f.global_names.contains(name.id.as_str()) { f.scope.globals } else { f.locals };
                self.set_name(id, name.id.as_str(), value);
            }
            ast::Expr::Attribute(attribute) => {
                let object = self.eval(&attribute.value, f)?;
                self.set_attribute(&object, attribute.attr.as_str(), value, at);
            }
            ast::Expr::Subscript(subscript) => {
                let object = self.eval(&subscript.value, f)?;
                let key = self.eval(&subscript.slice, f)?;
                return self.set_item(&object, &key, value, at);
            }
            ast::Expr::Starred(starred) => return self.assign(&starred.value, value, f),
            ast::Expr::List(ast::ExprList { elts, .. }) | ast::Expr::Tuple(ast::ExprTuple { elts, .. }) => {
                return self.unpack(elts, &value, at, f);
            }
            _ => {}
        }
        Ok(())
    }

    fn unpack(&mut self, targets: &[ast::Expr], value: &V, at: Span, f: &mut Frame) -> Result<(), Exc> {
        let star = targets.iter().position(ast::Expr::is_starred_expr);
        let items = self.iterate(value, at)?;
        let fits = |n: usize| if star.is_some() { n + 1 >= targets.len() } else { n == targets.len() };
        match items {
            Ok(items) if fits(items.len()) => {
                let tail = star.map_or(0, |at| targets.len() - at - 1);
                for (i, target) in targets.iter().enumerate() {
                    let part = match star {
                        Some(s) if i == s => {
                            let middle = items[s..items.len() - tail].to_vec();
                            V::new(K::Ref(self.alloc(Data::List(middle))))
                        }
                        Some(s) if i > s => items[items.len() - (targets.len() - i)].clone(),
                        _ => items[i].clone(),
                    };
                    self.assign(target, part.resting([value]), f)?;
                }
                Ok(())
            }
            Ok(_) => match self.raise("ValueError", "the number of values does not fit", at) {
                Ok(unknown) => targets.iter().try_for_each(|target| self.assign(target, unknown.clone(), f)),
                Err(exc) => Err(exc),
            },
            Err(unknown) => targets.iter().try_for_each(|target| self.assign(target, unknown.clone(), f)),
        }
    }

    /// Sets an attribute of a module, class or instance.
    pub(crate) fn set_attribute(&mut self, object: &V, name: &str, value: V, at: Span) {
        match &object.k {
            K::Ref(id) => {
                let why = Arc::new(Reason::at("it is set by code that is not followed", at));
                if self.dynaconf.contains(id) {
                    self.set_name(*id, &name.to_uppercase(), value);
                } else if self.set_flask_attribute(*id, name, &value, at) {
                } else if self.space(*id).is_some() {
                    self.set_name(*id, name, value);
                } else {
                    self.forget(*id, &why);
                }
            }
            K::OneOf(_) | K::Depends(_) => self.forget_value(object, at),
            K::Made(class, made) if &**class == "environ.Env" => match (name, &value.k) {
                ("smart_cast", K::Bool(yes)) => self.default_casts = *yes,
                ("prefix", K::Str(prefix)) if self.undecided == 0 => {
                    self.env_prefix = Some((Arc::clone(made), Arc::clone(prefix)));
                }
                _ => self.odd_env = true,
            },
            K::Made(class, _) if &**class == "celery.conf" => self.connects_celery(&[(name.to_owned(), value)], at),
            _ => {}
        }
    }

    /// `object[key] = value`.
    pub(crate) fn set_item(&mut self, object: &V, key: &V, value: V, at: Span) -> Result<(), Exc> {
        match &object.k {
            K::Lib(path) if &**path == "os.environ" => {
                match key.text() {
                    Some(name) => {
                        let value = self.kept_variable(value, at);
                        self.set_name(super::machine::ENVIRON, name, value);
                    }
                    None => self.env_open = true,
                }
                return Ok(());
            }
            K::Ref(_) | K::Depends(_) => {}
            _ => {
                self.forget_value(object, at);
                return Ok(());
            }
        }
        if let Some(id) = self.namespace(object) {
            self.set_namespace(id, key, value, at);
            return Ok(());
        }
        let settled = self.settled_key(key);
        let mut raised = false;
        self.mutate(object, at, &mut |m, data| {
            let Some(key) = &settled else { return false };
            match data {
                Data::Dict(items) => {
                    for item in items.iter_mut() {
                        match m.equal(&item.0, key) {
                            Some(true) => {
                                item.1 = value.clone();
                                return true;
                            }
                            Some(false) => {}
                            None => return false,
                        }
                    }
                    items.push((key.clone(), value.clone()));
                    true
                }
                Data::List(items) => {
                    let K::Int(n) = key.k else { return false };
                    match index(n, items.len()) {
                        Some(i) => items[i] = value.clone(),
                        None => raised = true,
                    }
                    true
                }
                _ => false,
            }
        });
        if raised {
            self.raise("IndexError", "there is no such place in the list", at)?;
        }
        Ok(())
    }

    /// A key that is settled; none if it is not.
    #[expect(clippy::self_only_used_in_recursion, reason = "it reads like the other look-ups")]
    pub(crate) fn settled_key(&self, key: &V) -> Option<V> {
        match &key.k {
            K::Made(class, _) if &**class == super::enums::MEMBER => Some(key.clone()),
            K::Unknown(_) | K::OneOf(_) | K::Depends(_) | K::Undefined | K::Made(..) | K::Ref(_) => None,
            K::Tuple(items) => items.iter().all(|v| self.settled_key(v).is_some()).then(|| key.clone()),
            _ => Some(key.clone()),
        }
    }

    /// Changes a container in place; its contents are forgotten where `change` says that it could not.
    pub(crate) fn mutate(&mut self, object: &V, at: Span, change: &mut dyn FnMut(&mut Self, &mut Data) -> bool) {
        if let K::Depends(of) = &object.k
            && let (vars, Some(inner @ V { k: K::Ref(id), .. })) = (&of.0, &of.1)
        {
            self.mutate(inner, at, change);
            self.doubt(*id, vars);
            return;
        }
        let K::Ref(id) = &object.k else { return self.forget_value(object, at) };
        let Some(obj) = self.heap.get(id).cloned() else { return };
        let mut obj = (*obj).clone();
        let why = || Data::Unknown(Arc::new(Reason::at("changed by something that is not followed", at)));
        match &mut obj.data {
            Data::OneOf(all) => {
                let fine = all.iter_mut().all(|data| change(self, data));
                if !fine {
                    obj.data = why();
                }
            }
            Data::Unknown(_) => {}
            data => {
                if !change(self, data) {
                    if matches!(data, Data::Space(_)) {
                        let why = Arc::new(Reason::at("changed by something that is not followed", at));
                        return self.forget(*id, &why);
                    }
                    *data = why();
                }
                if data.len() > MOST_ITEMS {
                    *data = Data::Unknown(Arc::new(Reason::at("it holds more items than are followed", at)));
                }
            }
        }
        if !obj.changed.contains(&at) && obj.changed.len() < 50 {
            obj.changed.push(at);
        }
        self.heap.insert(*id, Arc::new(obj));
    }

    /// Forgets whatever a value may refer to.
    pub(crate) fn forget_value(&mut self, value: &V, at: Span) {
        let why = Arc::new(Reason::at("changed by something that is not followed", at));
        self.forget_deep(value, &why, 0);
    }

    fn forget_deep(&mut self, value: &V, why: &Arc<Reason>, depth: usize) {
        if depth > 20 {
            return;
        }
        let parts: Vec<V> = match &value.k {
            // What extensions add to an application's configuration, they add with `setdefault`.
            K::Ref(id) if depth == 0 && self.space(*id).is_some() && self.is_flask(*id) => return,
            K::Ref(id) => {
                let inner = match self.heap.get(id).map(|obj| &obj.data) {
                    Some(Data::List(items) | Data::Set(items)) => items.clone(),
                    Some(Data::Dict(items)) => items.iter().map(|(_, v)| v.clone()).collect(),
                    Some(Data::OneOf(_)) | None => Vec::new(),
                    Some(Data::Unknown(_)) => return,
                    Some(Data::Space(space)) => match space.role {
                        super::values::Role::Instance(_) => Vec::new(),
                        _ => return,
                    },
                };
                self.forget(*id, why);
                inner
            }
            K::OneOf(all) => all.to_vec(),
            K::Tuple(all) | K::Iter(all) => all.to_vec(),
            K::Depends(of) => of.1.iter().cloned().collect(),
            _ => return,
        };
        for part in &parts {
            self.forget_deep(part, why, depth + 1);
        }
    }

    /// Notes on a value that a container was changed.
    pub(crate) fn changes(&self, value: V) -> V {
        let K::Ref(id) = &value.k else { return value };
        let changed = self.heap.get(id).map(|obj| obj.changed.clone()).unwrap_or_default();
        changed.into_iter().fold(value, |value, at| value.step(StepKind::Changed, at))
    }
}

/// A Python index, negative ones from the end.
pub(crate) fn index(n: i128, len: usize) -> Option<usize> {
    let len = i128::try_from(len).ok()?;
    let n = if n < 0 { n + len } else { n };
    if (0..len).contains(&n) { usize::try_from(n).ok() } else { None }
}
